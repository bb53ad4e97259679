"""The view that asks whether predictions tell specific genes."""

import hashlib

import numpy as np
import streamlit as st

from scx_core.analyses.specific_genes import (
    THRESHOLD,
    Side,
    SpecificGenes,
    classify_specific_genes,
    read_partners,
)
from scx_core.figures.analyses import precision_recall_figure, roc_figure
from scx_core.isolation import run_isolated
from scx_core.ui.analyses_parts import Asked, downloads, statements
from scx_core.ui.choose import population_box
from scx_core.ui.gone import say_if_gone
from scx_core.ui.loading import model_key, open_dataset, open_model
from scx_core.ui.plain import plain
from scx_core.ui.show import chart
from scx_core.ui.uploads import UPLOAD_MB


def specific_view(asked: Asked) -> None:
    """Ask for two populations, and draw how well the difference of predictions finds their genes."""
    first, second, third, fourth = st.columns([1.2, 1.2, 1.2, 0.7])
    with first:
        population = population_box(list(asked.model.populations))
    names = asked.context.workspace.models()
    say_if_gone("specific_model", "model", names)
    with second:
        other_name = st.selectbox(
            "Against the model", names, index=names.index(asked.model.name), key="specific_model",
            help="The same model, or another with genes in common, such as of another dataset.",
        )  # fmt: skip
    other = open_model(asked.context.workspace.model_path(other_name))
    with third:
        choices = [
            name
            for name in other.populations
            if other.name != asked.model.name or name != population
        ]
        other_population = st.selectbox(
            "Population of that model", choices, index=_least_alike(asked, population, choices),
            key=f"specific_{other.name}_{population}",
        )  # fmt: skip
    with fourth:
        threshold = st.number_input(
            "Least difference", 0.1, 6.0, THRESHOLD, 0.1, key="specific_threshold",
            help="Observed difference from which a gene is specific, log10: 1 is ten times.",
        )  # fmt: skip
    content = b""
    with st.expander("The models name their genes differently, such as of two species"):
        given = st.file_uploader(
            "Table of partners (gene of the first, gene of the second)", key="specific_partners",
            type=["tsv", "csv", "txt"], max_upload_size=UPLOAD_MB,
        )  # fmt: skip
        content = given.getvalue() if given is not None else b""
    if other_population is None:
        st.info("The model has no second population; choose another model.")
        return
    sides = (
        Side(asked.model, asked.dataset, population),
        Side(
            other,
            open_dataset(asked.context.workspace.dataset_path(other.dataset_name)),
            str(other_population),
        ),
    )
    _show(asked, sides, _find(sides, float(threshold), content), float(threshold))


def _least_alike(asked: Asked, population: str, choices: list[str]) -> int | None:
    """Place of the population whose observed expression is least like that of another."""
    if not choices:
        return None
    observed = asked.dataset.expression
    if any(name not in observed for name in choices):
        return 0
    return int(np.argmin(observed[choices].corrwith(observed[population]).to_numpy()))


def _find(sides: tuple[Side, Side], threshold: float, content: bytes) -> SpecificGenes:
    keys = tuple((model_key(side.dataset, side.ensemble, side.population)) for side in sides)
    return _computed(keys, threshold, hashlib.sha256(content).hexdigest(), sides, content)


@st.cache_resource(max_entries=16, show_spinner="Drawing genes anew for the intervals")
def _computed(
    keys: object,  # noqa: ARG001
    threshold: float,
    digest: str,  # noqa: ARG001
    _sides: tuple[Side, Side],
    _content: bytes,
) -> SpecificGenes:
    partners = (
        run_isolated(read_partners, _content, name="The table of partners") if _content else None
    )
    return classify_specific_genes(*_sides, threshold=threshold, partners=partners)


def _show(asked: Asked, sides: tuple[Side, Side], found: SpecificGenes, threshold: float) -> None:
    same = sides[0].ensemble.name == sides[1].ensemble.name
    labels = {
        letter: side.population if same else side.label
        for letter, side in zip("AB", sides, strict=True)
    }
    for letter, row in found.table.iterrows():
        shown = plain(labels[str(letter)])
        if row["auc"] != row["auc"]:
            st.markdown(f"Too few genes are specific to **{shown}** ({int(row['n_specific'])}).")
            continue
        st.markdown(
            f"Of n = {int(row['n_specific']):,} genes specific to **{shown}**, a randomly drawn one "
            f"has a higher predicted difference than a randomly drawn other gene in "
            f"**{row['auc']:.0%}** of cases (AUC {row['auc']:.2f}, 95 % {row['auc_low']:.2f}–"
            f"{row['auc_high']:.2f}; guessing 0.50)."
        )
    about = {"a": sides[0].label, "b": sides[1].label, "threshold log10": threshold}
    left, right = st.columns(2)
    with left:
        chart(
            roc_figure(found.roc, found.table, labels, asked.theme), "specific_roc",
            "ROC curve of the genes specific to each population",
        )  # fmt: skip
        downloads(
            asked, "specific_roc_files", "specific_genes_roc",
            lambda: roc_figure(found.roc, found.table, labels, "light"), lambda: found.roc,
            " ".join(found.statements), **about,
        )  # fmt: skip
    with right:
        chart(
            precision_recall_figure(found.precision_recall, found.table, labels, asked.theme),
            "specific_precision", "Precision and recall of the genes specific to each population",
        )  # fmt: skip
        downloads(
            asked, "specific_precision_files", "specific_genes_precision",
            lambda: precision_recall_figure(found.precision_recall, found.table, labels, "light"),
            lambda: found.precision_recall, " ".join(found.statements), **about,
        )  # fmt: skip
    statements(found.statements)
    with st.expander("The specific genes", key="specific_genes"):
        specific = found.genes[found.genes["specific"] != ""]
        ordered = specific.sort_values("observed_difference", ascending=False)
        number = st.column_config.NumberColumn
        columns = ["gene_name", "specific", "observed_difference", "predicted_difference"]
        st.dataframe(
            ordered[columns].replace({"specific": labels}).reset_index(), hide_index=True,
            key="specific_table", height=360,
            column_config={
                "gene_id": "Id", "gene_name": "Gene", "specific": "Specific to",
                "observed_difference": number("Observed difference", format="%+.2f"),
                "predicted_difference": number("Predicted difference", format="%+.2f"),
            },
            alt="Genes that are specific to one of the populations",
        )  # fmt: skip

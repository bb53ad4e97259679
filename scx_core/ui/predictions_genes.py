"""Two views of the Predictions page: all genes of a population, and how they vary over populations."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.errors import counted
from scx_core.evaluate import pearson_interval
from scx_core.figures.predictions import scatter_figure
from scx_core.figures.predictions_genes import variation_figure
from scx_core.figures.predictions_populations import ROWS, gene_figure
from scx_core.figures.style import Theme
from scx_core.ui.missing_part import learned_from, offer_missing_part
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.predictions_parts import (
    Chosen,
    choose_gene,
    choose_population,
    clickable_chart,
    downloads,
    shown_name,
)
from scx_core.ui.predictions_words import order_by_class, variation_sentence, with_interval
from scx_core.ui.trust import trust_warnings
from scx_core.ui.words import decimal


def genes_view(chosen: Chosen) -> None:
    """All genes of the population on the left, the chosen gene over all populations on the right."""
    left, right = st.columns([1.1, 1.0], gap="medium")
    with left:
        _all_genes(chosen)
    with right:
        one_gene(chosen)


def variation_view(chosen: Chosen) -> None:
    """Variance against r of all genes on the left, the chosen gene on the right."""
    table = chosen.variation
    st.markdown(variation_sentence(table))
    left, right = st.columns([1.1, 1.0], gap="medium")
    with left:
        _variation(chosen, table)
    with right:
        one_gene(chosen)


def _all_genes(chosen: Chosen) -> None:
    st.header(f"All genes in {plain(chosen.population)}")
    observed, predicted = chosen.observed, chosen.predicted
    score = chosen.model.metrics.loc[[chosen.population]].iloc[0]

    def figure(theme: Theme = "light") -> go.Figure:
        return scatter_figure(observed, predicted, chosen.names, chosen.unit, theme, chosen.gene_id)

    def table() -> pd.DataFrame:
        genes = chosen.dataset.genes.loc[predicted.index]
        return pd.DataFrame(
            {
                "gene_id": predicted.index,
                "gene_name": genes["gene_name"].astype(str).to_numpy(),
                "observed": observed.to_numpy(),
                "predicted": predicted.to_numpy(),
                "fold": chosen.model.folds.loc[predicted.index].to_numpy(),
            }
        )

    clickable_chart(
        figure(chosen.theme), "scatter",
        f"Observed against predicted expression of {counted(len(predicted), 'gene')} in "
        f"{chosen.population}; Pearson r = {decimal(score['pearson'])}",
        tuple(chosen.names), choose_gene,
    )  # fmt: skip
    told = (
        "One point is one gene, stronger in colour where many lie together; the dashed line is a "
        "perfect prediction."
    )
    floor = float(chosen.dataset.metadata["floor"])
    unseen = int((observed <= floor).sum())
    if unseen:
        told += (
            f" {counted(unseen, 'gene was', 'genes were')} never seen here and "
            f"{'lies' if unseen == 1 else 'lie'} at the floor, {f'{floor:g}'.replace('-', '−')}."
        )
    st.caption(f"{told} **Click a point** to see that gene on the right; drag to zoom.")
    downloads(
        chosen, "scatter_files", f"{chosen.population}_genes", figure, table,
        f"Observed against out-of-fold predicted expression ({chosen.unit}) of "
        f"n = {counted(len(predicted), 'gene')} in {chosen.population}. {told} Pearson r = "
        f"{with_interval(float(score['pearson']), pearson_interval(float(score['pearson']), int(score['n'])))}"
        " (95 % confidence interval by Fisher's z).",
        population=chosen.population,
    )  # fmt: skip


def one_gene(chosen: Chosen) -> None:
    """Draw the chosen gene over all populations, or say why it cannot be."""
    name = shown_name(chosen)
    st.header(f"{plain(name) or 'One gene'} in all populations")
    gene_id, model = chosen.gene_id, chosen.model
    if gene_id is None:
        st.info("Click a point in the plot, or search a gene above.")
        return
    if learned_from(model, gene_id):
        offer_missing_part(chosen.dataset, model)
        return
    if gene_id not in model.predictions.index:
        st.info(
            f"{plain(name)} is in a fold of which this model holds no network, so there is no "
            "prediction by one that never saw it; import a release with that fold."
        )
        return
    trust_warnings(chosen.dataset, model, gene_id, chosen.population)
    names = list(model.populations)
    observed = chosen.dataset.expression.loc[[gene_id], names].iloc[0]
    predicted = model.predictions.loc[[gene_id], names].iloc[0]
    classes = chosen.classes
    # Many stand side by side without names: sorted, they can be read.
    order = order_by_class(names, classes, observed if len(names) > ROWS else None)

    def figure(theme: Theme = "light") -> go.Figure:
        return gene_figure(
            observed, predicted, order, chosen.unit, theme, chosen.population, classes
        )

    def table() -> pd.DataFrame:
        return pd.DataFrame(
            {
                "population": order,
                "class": [classes.get(name, "") for name in order],
                "observed": observed[order].to_numpy(),
                "predicted": predicted[order].to_numpy(),
            }
        )

    r = float(observed.corr(predicted)) if len(names) > 1 else float("nan")
    told = (
        "not defined (no variation)"
        if pd.isna(r)
        else with_interval(r, pearson_interval(r, len(names)), said="95 % ")
    )
    clickable_chart(
        figure(chosen.theme), "one_gene",
        f"Observed and predicted expression of {name} in {len(names)} populations; Pearson r {told}",
        tuple(names), choose_population,
    )  # fmt: skip
    sentence = f"{name}: Pearson r over its n = {len(names)} populations is {told}."
    first = ", the strongest first" if len(names) > ROWS else ""
    st.caption(
        f"{plain_sentence(sentence)} Filled: observed{first}; open: predicted. Fold {model.fold_of(gene_id)}, mean "
        f"of {counted(model.runs_of(gene_id), 'run')}. Click a population to choose it."
    )
    downloads(
        chosen, "one_gene_files", f"{name}_populations", figure, table,
        f"Observed (filled) and out-of-fold predicted (open) expression ({chosen.unit}) of {name} "
        f"({gene_id}) in {len(names)} populations. {sentence}",
        gene=gene_id,
    )  # fmt: skip
    st.page_link(
        "pages/gene.py", label=f"Which letters matter for {plain(name)}?",
        icon=":material/arrow_forward:",
        query_params={
            "dataset": chosen.dataset.name, "model": model.name, "population": chosen.population,
            "gene": str(chosen.names[gene_id]),
        },
    )  # fmt: skip


def _variation(chosen: Chosen, genes: pd.DataFrame) -> None:
    n = len(chosen.model.populations)
    st.header("Is variation predicted?")
    known = genes["pearson_across_populations"].notna()

    def figure(theme: Theme = "light") -> go.Figure:
        return variation_figure(genes, chosen.names, theme, chosen.gene_id)

    def table() -> pd.DataFrame:
        names = chosen.dataset.genes.loc[genes.index, "gene_name"].astype(str)
        return genes.assign(gene_name=names).rename_axis("gene_id").reset_index()

    clickable_chart(
        figure(chosen.theme), "variation",
        f"Correlation over {n} populations against variance of {counted(int(known.sum()), 'gene')}",
        tuple(chosen.names), choose_gene,
    )  # fmt: skip
    left_out = int((~known).sum())
    told = (
        f"One point is one gene (n = {int(known.sum()):,}): r between its observed and predicted "
        f"expression over {n} populations, by how much it varies over them. Lines: median and "
        "quartiles of tenths of the genes."
    )
    if left_out:
        told += f" {counted(left_out, 'gene does', 'genes do')} not vary: no r."
    st.caption(f"{told} **Click a point** to see that gene.")
    downloads(chosen, "variation_files", "variation", figure, table, told)

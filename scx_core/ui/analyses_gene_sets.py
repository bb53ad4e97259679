"""The view that holds a list of genes against all others."""

from typing import Final

import pandas as pd
import streamlit as st

from scx_core.analyses.gene_sets import GeneSetResiduals, gene_set_residuals, split_names
from scx_core.errors import counted
from scx_core.figures.analyses import cumulative_figure
from scx_core.ui.analyses_parts import Asked, downloads, probability, statements
from scx_core.ui.choose import population_box
from scx_core.ui.loading import model_key
from scx_core.ui.plain import plain
from scx_core.ui.show import chart
from scx_core.ui.words import signed

_SURE: Final = 0.05
_NAMES: Final = "analysis_genes"


def gene_set_view(asked: Asked) -> None:
    """Ask for a list, say on which side it lies, and draw both cumulative curves."""
    left, right = st.columns([1, 1.7], gap="large")
    with left:
        population = population_box(list(asked.model.populations))
        text = st.text_area(
            "Genes", key=_NAMES, height=240, placeholder="Symbols or ids, one a line or with commas",
            help="Any list: the targets of a transcription factor, a pathway, a disease. Each name "
            "counts once.",
        )  # fmt: skip
    names = split_names(text or "")
    with right:
        if not names:
            st.info("Paste a list of genes to hold it against all others.")
            return
        found = _residuals(asked, tuple(names))
        _answer(asked, found, population)
    _all_populations(asked, found)


def _residuals(asked: Asked, names: tuple[str, ...]) -> GeneSetResiduals:
    key = model_key(asked.dataset, asked.model, "gene set")
    return _computed(key, names, asked)


@st.cache_resource(max_entries=16, show_spinner="Comparing the list with all other genes")
def _computed(key: object, names: tuple[str, ...], _asked: Asked) -> GeneSetResiduals:  # noqa: ARG001
    return gene_set_residuals(_asked.model, _asked.dataset, names)


def sentence(row: pd.Series, population: str) -> str:
    """Say on which side the list lies, and how sure that is; `population` as it is to be read."""
    above, below = float(row["p_above"]), float(row["p_below"])
    if min(above, below) >= _SURE:
        side = "is **not clearly** expressed more or less than its sequence predicts"
    elif max(above, below) < _SURE:
        side = "is spread **wider** than the others: some genes more, some less than predicted"
    else:
        side = f"is expressed **{'more' if above < below else 'less'}** than its sequence predicts"
    return (
        f"In **{population}** the list of n = {counted(int(row['n_set']), 'gene')} {side}: "
        f"its median residual is {signed(float(row['median_difference']), 2)} (log10) from that of "
        f"{int(row['n_rest']):,} others. One-sided Kolmogorov–Smirnov tests: more, "
        f"D = {row['d_above']:.2f}, {probability(above)}; less, D = {row['d_below']:.2f}, "
        f"{probability(below)}."
    )


def _answer(asked: Asked, found: GeneSetResiduals, population: str) -> None:
    row = found.table.loc[[population]].iloc[0]
    st.markdown(sentence(row, plain(population)))
    values, inside = found.residuals[population], found.residuals["in_set"]
    chart(
        cumulative_figure(values, inside, asked.unit, asked.theme), "gene_set",
        f"Cumulative residuals of the list and of all other genes in {population}",
    )  # fmt: skip
    downloads(
        asked, "gene_set_files", f"{population}_gene_set",
        lambda: cumulative_figure(values, inside, asked.unit, "light"),
        lambda: found.residuals[["gene_name", "in_set", population]]
        .rename(columns={population: "residual"}).rename_axis("gene_id").reset_index(),
        f"{sentence(row, population).replace('**', '')} The residual is observed − predicted, out of fold.",
        population=population,
    )  # fmt: skip
    statements(found.statements)


def _all_populations(asked: Asked, found: GeneSetResiduals) -> None:
    with st.expander(f"All {len(found.table)} populations", key="gene_set_all"):
        number = st.column_config.NumberColumn
        columns = ["median_difference", "d_above", "q_above", "d_below", "q_below"]
        st.dataframe(
            found.table[columns].sort_values("median_difference", ascending=False).reset_index(),
            hide_index=True, key="gene_set_table",
            column_config={
                "population": "Population",
                "median_difference": number(
                    "Median difference", format="%+.3f",
                    help=f"Median residual of the list − that of all others, {asked.unit}",
                ),
                "d_above": number("D, more", format="%.3f"),
                "q_above": number("q, more", format="%.2g", help="Adjusted over the populations "
                                  "(Benjamini–Hochberg)."),
                "d_below": number("D, less", format="%.3f"),
                "q_below": number("q, less", format="%.2g", help="Adjusted over the populations "
                                  "(Benjamini–Hochberg)."),
            },
            alt="The list in all populations",
        )  # fmt: skip
        st.caption(
            "Populations share most of what they express: that many agree is no more evidence than "
            "that one does."
        )

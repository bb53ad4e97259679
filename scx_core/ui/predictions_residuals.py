"""The view of the Predictions page that lists the genes that predictions miss most."""

from typing import Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.errors import counted
from scx_core.evaluate import residuals
from scx_core.figures.predictions_genes import FAR, residual_figure
from scx_core.figures.style import Theme
from scx_core.ui.plain import plain
from scx_core.ui.predictions_parts import Chosen, choose_gene, downloads, shown_name
from scx_core.ui.show import chart
from scx_core.ui.words import signed

_SHOWN: Final = 200
_ALL: Final = "all"
_MORE: Final = "More than predicted"
_LESS: Final = "Less than predicted"
_SIDES: Final = (_MORE, _LESS, "Either")


def residuals_view(chosen: Chosen) -> None:
    """List the genes farthest from their prediction, and show where they lie among all."""
    genes = _table(chosen)
    _sentence(chosen, genes)
    filters = _filters(genes)
    left, right = st.columns([1.7, 1.0], gap="medium")
    with left:
        _listed(chosen, genes, *filters)
    with right:
        _histogram(chosen, genes)


def _table(chosen: Chosen) -> pd.DataFrame:
    found = residuals(chosen.observed, chosen.predicted)
    about = chosen.dataset.genes.loc[
        found.index, ["gene_name", "chromosome", "strand", "tss"]
    ].astype({"gene_name": str, "chromosome": str, "strand": str})
    return about.join(found).assign(fold=chosen.model.folds.loc[found.index])


def _sentence(chosen: Chosen, genes: pd.DataFrame) -> None:
    more, less = int((genes["z"] > FAR).sum()), int((genes["z"] < -FAR).sum())
    st.markdown(
        f"In **{plain(chosen.population)}**, of n = {counted(len(genes), 'gene')} predicted out of fold, "
        f"**{more:,}** are expressed more and **{less:,}** less than predicted by over {FAR:g} "
        "standard deviations of the residuals."
    )


def select(genes: pd.DataFrame, side: str, chromosome: str, text: str) -> pd.DataFrame:
    """Filter and sort genes by their residual.

    Parameters
    ----------
    genes : DataFrame
        By gene id: ``gene_name, chromosome, z``.
    side : "More than predicted", "Less than predicted" or "Either"
        The farthest come first.
    chromosome : str
        ``"all"`` for all.
    text : str
        Part of a symbol or an id, in any case; spaces or commas part several, of which one suffices.
    """
    chosen = pd.Series(True, index=genes.index)
    if side in (_MORE, _LESS):
        chosen &= genes["z"] > 0 if side == _MORE else genes["z"] < 0
    if chromosome != _ALL:
        chosen &= genes["chromosome"] == chromosome
    wanted = text.upper().replace(",", " ").split()
    if wanted:
        told = (genes["gene_name"] + " " + genes.index.to_series()).str.upper()
        chosen &= told.map(lambda name: any(part in name for part in wanted))
    kept = genes[chosen]
    if side in (_MORE, _LESS):
        return kept.sort_values("z", ascending=side == _LESS, kind="stable")
    return kept.sort_values("z", key=lambda z: -z.abs(), kind="stable")


def _filters(genes: pd.DataFrame) -> tuple[str, str, str]:
    chromosomes = sorted(genes["chromosome"].unique(), key=lambda name: (len(name), name))
    first, second, third = st.columns([1.2, 0.7, 1.0], vertical_alignment="bottom")
    with first:
        side = st.segmented_control(
            "Expressed", _SIDES, default=_MORE, key="residual_side", bind="query-params",
            required=True,
        )  # fmt: skip
    with second:
        chromosome = st.selectbox("Chromosome", [_ALL, *chromosomes], key="residual_chromosome")
    with third:
        text = st.text_input("Gene", key="residual_text", placeholder="part of a symbol or id")
    return str(side), str(chromosome), text or ""


def _listed(chosen: Chosen, genes: pd.DataFrame, side: str, chromosome: str, text: str) -> None:
    found = select(genes, side, chromosome, text)
    if found.empty:
        st.info("No gene matches; take a filter away.")
        return
    shown = found.head(_SHOWN)
    names = [str(chosen.names[gene_id]) for gene_id in shown.index]

    def row_chosen() -> None:
        rows = st.session_state["residual_table"].selection.rows
        if rows and rows[0] < len(names):
            choose_gene(names[rows[0]])

    columns = [
        "gene_name",
        "observed",
        "predicted",
        "residual",
        "z",
        "chromosome",
        "tss",
        "strand",
        "fold",
    ]
    number = st.column_config.NumberColumn
    st.dataframe(
        shown[columns].rename_axis("gene_id").reset_index(), key="residual_table", hide_index=True, height=420,
        on_select=row_chosen, selection_mode="single-row",
        column_order=[*columns, "gene_id"],
        column_config={
            "gene_name": "Gene", "gene_id": "Id", "chromosome": "Chromosome", "strand": "Strand",
            "observed": number("Observed", format="%.2f", help=chosen.unit),
            "predicted": number("Predicted", format="%.2f", help=chosen.unit),
            "residual": number(
                "Residual", format="%+.2f", help=f"Observed − predicted, {chosen.unit}"
            ),
            "z": number("z", format="%+.1f", help="Residual in standard deviations of all genes."),
            "tss": number("TSS", format="localized", help="1-based"),
            "fold": number("Fold", help="Test fold: its models never saw the gene."),
        },
        alt=f"Genes of {chosen.population} by residual",
    )  # fmt: skip
    more = (
        f" (the first {len(shown)} are shown, the file has all)" if len(found) > len(shown) else ""
    )
    st.caption(
        f"{counted(len(found), 'gene')}{more}. Choose a row to choose its gene. Predictions spread "
        "less than observations do, so that very high and very low genes are always among the "
        "largest misses."
    )
    filters = {"filter": f"{side}; chromosome {chromosome}; gene {text or 'any'}"}

    def figure() -> go.Figure:
        return residual_figure(genes["z"], "light", _marked(chosen, genes))

    downloads(
        chosen, "residual_files", f"{chosen.population}_residuals", figure,
        lambda: found.rename_axis("gene_id").reset_index(),
        f"Residuals (observed − out-of-fold predicted, in standard deviations over n = "
        f"{counted(len(genes), 'gene')}) in {chosen.population}.",
        population=chosen.population, **filters,
    )  # fmt: skip


def _marked(chosen: Chosen, genes: pd.DataFrame) -> tuple[str, float] | None:
    if chosen.gene_id is None or chosen.gene_id not in genes.index:
        return None
    return shown_name(chosen), float(genes["z"].loc[chosen.gene_id])


def _histogram(chosen: Chosen, genes: pd.DataFrame) -> None:
    theme: Theme = chosen.theme
    marked = _marked(chosen, genes)
    chart(
        residual_figure(genes["z"], theme, marked), "residuals",
        f"Histogram of the residuals of {counted(len(genes), 'gene')} in {chosen.population}",
    )  # fmt: skip
    if marked is not None:
        st.caption(f"{plain(marked[0])}: z = {signed(marked[1], 1)}.")

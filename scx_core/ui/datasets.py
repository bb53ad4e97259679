"""Parts of the Datasets page."""

import json
from typing import Any, Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import counted
from scx_core.export.tables import table_bytes
from scx_core.figures.dataset import correlation_figure, pseudobulk_histogram
from scx_core.figures.style import Theme
from scx_core.ui.choose import population_box, set_population
from scx_core.ui.datasets_genes import dataset_header
from scx_core.ui.datasets_tables import (
    group_of,
    marking_level,
    population_table,
    population_tree,
)
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.loading import correlations
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.show import chart, download, permalink
from scx_core.ui.words import decimal, expression_unit

_TABLE: Final = "population_table"
#: Rows of the drop report that are sent at once; the file has all.
_MOST_DROPPED: Final = 2000


def summary(dataset: Dataset) -> None:
    """Say in one sentence what the dataset is."""
    levels = dataset.populations["level"].value_counts()
    by_level = ", ".join(f"{levels[level]} at level {plain(level)}" for level in dataset.levels)
    told = f" ({by_level})" if len(levels) > 1 else ""
    finest = dataset.populations.loc[dataset.finest_populations, "n_cells"]
    cells = f" from {int(finest.sum()):,} cells" if finest.notna().all() else ""
    st.markdown(
        f"**{plain(dataset.name)}** has {counted(len(dataset.genes), 'gene')} and "
        f"{counted(len(dataset.populations), 'population')}{told}{cells} on the genome "
        f"{plain(dataset.metadata.get('assembly', 'not named'))}. Each gene is read from "
        f"{dataset.upstream:,} bases before to {dataset.downstream:,} bases after its start."
    )


def population_view(dataset: Dataset, theme: Theme) -> None:
    """Show the populations of a level, the distribution of one, and how alike they are."""
    level, names = _level(dataset)
    order = tuple(names)
    left, right = st.columns([1.15, 1.0], gap="large")
    with left:
        st.header("Populations")
        _populations(dataset, order, level)
        st.header("Expression of one population")
        _distribution(dataset, order, theme)
    with right:
        st.header("How alike the populations are")
        _similarity(dataset, order, level, theme)


def _level(dataset: Dataset) -> tuple[str, list[str]]:
    levels = dataset.levels
    level = levels[0]
    if len(levels) > 1:
        level = st.segmented_control(
            "Level",
            levels,
            default=levels[0],
            required=True,
            key="level",
            bind="query-params",
            format_func=plain,
        )
    return level, dataset.populations_at(level)


def _count_bars(table: pd.DataFrame, unit: str) -> dict[str, Any]:
    """Columns of counts as bars, up to the largest of each."""

    def bar(name: str, told: str) -> Any:
        largest = max(float(table[name].max()), 1.0) if name in table else 1.0
        return st.column_config.ProgressColumn(
            format="localized",
            min_value=0.0,
            max_value=largest,
            help=told,
            color="gray",
            width=95,
        )

    return {
        "Cells": bar("Cells", "Cells whose mean the pseudobulk is."),
        "Genes expressed": bar("Genes expressed", "Genes seen in at least one cell."),
        "Median": st.column_config.NumberColumn(
            format="%.2f",
            help=f"Median over the genes expressed, {unit}.",
            width=55,
        ),
    }


def _populations(dataset: Dataset, order: tuple[str, ...], level: str) -> None:
    table = population_table(dataset, order)

    def choose() -> None:
        rows = st.session_state[_TABLE].selection.rows
        if rows:
            set_population(order[rows[0]])

    st.dataframe(
        table, hide_index=True, key=_TABLE, on_select=choose, selection_mode="single-row",
        column_config=_count_bars(table, expression_unit(dataset.metadata)),
        height=min(35 * len(table) + 37, 330),
        alt=f"Populations of level {level} with parent, cells and genes expressed",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Tick a row to see its expression.")
        download(
            "TSV", lambda: table_bytes(table, dataset_header(dataset)),
            f"{dataset.name}_{level}_populations.tsv", "download_populations",
        )  # fmt: skip


def _distribution(dataset: Dataset, order: tuple[str, ...], theme: Theme) -> None:
    name = population_box(order)
    values = dataset.expression[name]
    floor = float(dataset.metadata["floor"])
    unit = expression_unit(dataset.metadata)
    chart(
        pseudobulk_histogram(values, floor, unit, theme), "histogram",
        f"Distribution of expression of {name} over genes, {unit}",
    )  # fmt: skip
    added = float(dataset.metadata.get("offset", 0.0))
    unseen = (
        f"is at log10({added:g}), the lowest value there is, {decimal(floor)}."
        if added
        else f"has no logarithm and is set to the floor, {decimal(floor, 0)}."
    )
    told = f"n = {len(values):,} genes. A gene never seen in {name} {unseen}"
    st.caption(plain_sentence(told))
    figure_downloads(
        lambda: pseudobulk_histogram(values, floor, unit, "light"), key="histogram_files",
        name=f"{dataset.name}_{name}_expression", header={**dataset_header(dataset), "unit": unit},
        table=lambda: values.rename_axis("gene_id").rename("expression").reset_index(),
        caption=f"Distribution of the expression of {name} over genes ({unit}). {told}",
    )  # fmt: skip


def _similarity(dataset: Dataset, order: tuple[str, ...], level: str, theme: Theme) -> None:
    correlation = correlations(dataset.digest, order, dataset)
    above = marking_level(dataset, level)
    classes = None if above is None else group_of(dataset.populations, order, above)
    chart(
        correlation_figure(correlation, theme, classes), "similarity",
        f"Clustered correlation between the {len(order)} populations of level {level}",
    )  # fmt: skip
    told = (
        f"Pearson r over {len(dataset.genes):,} genes. Columns stand in the order of the rows, the "
        "most alike beside each other."
    )
    if above is not None:
        told += f" The strip on the left is their {above}."
    st.caption(plain_sentence(told))
    figure_downloads(
        lambda: correlation_figure(correlation, "light", classes), key="similarity_files",
        name=f"{dataset.name}_{level}_similarity", header=dataset_header(dataset), index=True,
        table=lambda: correlation.rename_axis("population"),
        caption=f"Correlation between the populations of level {level}. {told} Order: average "
        "linkage of 1 − r with optimal order of leaves.",
    )  # fmt: skip


def grouping(dataset: Dataset) -> None:
    """Show the levels of the populations as a tree, where there is more than one."""
    if len(dataset.levels) < 2:
        return
    levels = " → ".join(reversed(dataset.levels))
    with st.expander(f"How the populations are grouped: {plain(levels)}"):
        table = population_tree(dataset)
        st.dataframe(
            table, hide_index=True, column_config=_count_bars(table, ""),
            height=min(36 * len(table) + 40, 420), alt="Tree of populations, indented by level",
        )  # fmt: skip


def dropped_report(dataset: Dataset) -> None:
    """List the genes left out, by reason, and the genes of a chosen reason."""
    dropped = dataset.dropped
    with st.expander(f"Left out: {len(dropped):,} rows, each with its reason"):
        if not len(dropped):
            st.markdown("Nothing was left out.")
            return
        counts = dropped.groupby(["source", "reason"], observed=True).size()
        table = counts.sort_values(ascending=False).rename("Rows").reset_index()
        reasons, genes = st.columns(2, gap="medium")
        with reasons:
            state = st.dataframe(
                table.rename(columns={"source": "File", "reason": "Reason"}), hide_index=True,
                key="dropped_reasons", on_select="rerun", selection_mode="single-row",
                alt="Number of rows left out by file and reason",
            )  # fmt: skip
        chosen = state.selection.rows
        row = table.iloc[min(chosen[0] if chosen else 0, len(table) - 1)]
        with genes:
            same = (dropped["source"] == row["source"]) & (dropped["reason"] == row["reason"])
            st.dataframe(
                dropped.loc[same, ["gene_name", "gene_id"]].head(_MOST_DROPPED), hide_index=True,
                column_config={"gene_name": "Gene", "gene_id": "Gene id"}, height=240,
                alt=f"Genes left out because {row['reason']}",
            )  # fmt: skip
            st.caption(
                f"{min(int(same.sum()), _MOST_DROPPED):,} of {int(same.sum()):,} rows: {plain_sentence(row['reason'])}."
            )
        download(
            "The whole report (TSV)", lambda: table_bytes(dropped, dataset_header(dataset)),
            f"{dataset.name}_dropped.tsv", "download_dropped",
        )  # fmt: skip


def link_view(dataset: Dataset) -> None:
    """Offer the address of the page with every choice."""
    state = st.session_state
    permalink(
        "datasets",
        {
            "dataset": dataset.name,
            **{name: state.get(name) or None for name in ("level", "population", "search")},
            "chromosome": state.get("chromosome") or None,
        },
    )


def provenance_view(dataset: Dataset) -> None:
    """Show from which files, with which parameters and when the dataset was made."""
    with st.expander("Where it comes from"):
        origin = dataset.metadata.get("provenance", {})
        st.markdown(
            f"Imported {plain(origin.get('created', 'at an unknown time'), 10)} with version "
            f"{plain(origin.get('code_version', 'unknown'), 20)}; content digest `{dataset.digest}`."
        )
        inputs = origin.get("inputs", {})
        if inputs:
            st.dataframe(
                pd.DataFrame(
                    {
                        "Use": list(inputs),
                        "File": [entry["file"] for entry in inputs.values()],
                        "MB": [entry["bytes"] / 1e6 for entry in inputs.values()],
                        "SHA-256": [entry["sha256"] for entry in inputs.values()],
                    }
                ),
                hide_index=True,
                column_config={"MB": st.column_config.NumberColumn(format="%.1f")},
                alt="Input files with size and digest",
            )
        download(
            "Everything (JSON)",
            lambda: json.dumps(dict(dataset.metadata), indent=1).encode(),
            f"{dataset.name}_dataset.json", "download_provenance", "application/json",
        )  # fmt: skip

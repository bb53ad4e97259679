"""Parts of the Datasets page."""

import json
from typing import Any, Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import counted
from scx_core.figures.dataset import correlation_figure, pseudobulk_histogram
from scx_core.figures.style import Theme
from scx_core.ui.choose import population_box
from scx_core.ui.loading import correlations
from scx_core.ui.show import chart, download, tsv
from scx_core.ui.words import expression_unit, plain

_SHOWN_GENES = 2000  # rows sent at once; search reaches the others
_GENE_COLUMNS: Final[dict[str, Any]] = {
    "gene_id": "Gene id",
    "gene_name": "Gene",
    "chromosome": "Chromosome",
    "tss": st.column_config.NumberColumn("TSS (1-based)", format="localized"),
    "strand": "Strand",
    "transcript_id": "Transcript",
    "transcript_rule": "Chosen because",
    "n_transcripts": st.column_config.NumberColumn("Transcripts", format="localized"),
    "utr5_length": st.column_config.NumberColumn("5′UTR (bp)", format="localized"),
    "utr3_length": st.column_config.NumberColumn("3′UTR (bp)", format="localized"),
    "orf_length": st.column_config.NumberColumn("ORF (bp)", format="localized"),
    "intron_length": st.column_config.NumberColumn("Introns (bp)", format="localized"),
    "exon_density": st.column_config.NumberColumn("Exons per kb ORF", format="%.2f"),
    "unknown_fraction": st.column_config.NumberColumn("N in window", format="percent"),
}


_POPULATION_COLUMNS: Final[dict[str, Any]] = {
    "Cells": st.column_config.NumberColumn(format="localized", width=60),
    "Genes seen": st.column_config.NumberColumn(format="localized", width=85),
}


def summary(dataset: Dataset) -> None:
    """Say in one sentence what the dataset is."""
    levels = dataset.populations["level"].value_counts()
    by_level = ", ".join(f"{levels[level]} at level {level}" for level in dataset.levels)
    told = f" ({by_level})" if len(levels) > 1 else ""
    st.markdown(
        f"**{dataset.name}** has {counted(len(dataset.genes), 'gene')} and "
        f"{counted(len(dataset.populations), 'population')}{told} on the genome "
        f"{dataset.metadata.get('assembly', 'not named')}. Each gene is read from "
        f"{dataset.upstream:,} bases before to {dataset.downstream:,} bases after its start."
    )


def population_view(dataset: Dataset, theme: Theme) -> None:
    """Show populations, the distribution of one, and how alike they are."""
    level, names = _level(dataset)
    table, histogram, similarity = st.columns([1.3, 1.0, 1.1], gap="medium")
    order = list(names)
    with table:
        st.subheader("Populations")
        st.dataframe(
            population_table(dataset, order), hide_index=True, column_config=_POPULATION_COLUMNS,
            alt=f"Populations of level {level} with parent, cells and genes seen",
        )  # fmt: skip
    with histogram:
        st.subheader("Expression of one population")
        name = population_box(order)
        values = dataset.expression[name]
        floor = float(dataset.metadata["floor"])
        unit = expression_unit(dataset.metadata)
        figure = pseudobulk_histogram(values, floor, unit, theme)
        chart(figure, "histogram", f"Distribution of expression of {name} over genes, {unit}")
        st.caption(
            f"n = {len(values):,} genes. A gene never seen in {name} has no logarithm and is set to "
            f"the floor, {plain(floor, 0)}."
        )
    with similarity:
        st.subheader("How alike the populations are")
        correlation = correlations(dataset.digest, tuple(order), dataset)
        chart(
            correlation_figure(correlation, theme), "similarity",
            f"Clustered correlation between the {len(order)} populations of level {level}",
        )  # fmt: skip
        st.caption(
            f"Pearson r over {len(dataset.genes):,} genes. Columns stand in the order of the rows, the most alike beside each other."
        )


def _level(dataset: Dataset) -> tuple[str, list[str]]:
    levels = dataset.levels
    level = levels[0]
    if len(levels) > 1:
        level = st.segmented_control(
            "Level", levels, default=levels[0], required=True, key="level", bind="query-params"
        )
    return level, dataset.populations_at(level)


def population_table(dataset: Dataset, order: list[str]) -> pd.DataFrame:
    """Tabulate populations: parent, cells, genes seen, median of the genes seen."""
    values = dataset.expression[order]
    seen = values > float(dataset.metadata["floor"])
    rows = dataset.populations.loc[order]
    table = pd.DataFrame(
        {
            "Population": order,
            "Part of": rows["parent"].astype(str).to_numpy(),
            "Cells": rows["n_cells"].to_numpy(float),
            "Genes seen": seen.sum().to_numpy(),
        }
    )
    if not table["Part of"].any():
        table = table.drop(columns="Part of")
    return table if table["Cells"].notna().any() else table.drop(columns="Cells")


def gene_table(dataset: Dataset) -> None:
    """Show the gene table with a search over symbol, id and chromosome."""
    st.subheader("Genes")
    text = st.text_input(
        "Search", key="search", bind="query-params", placeholder="Symbol, id or chromosome",
        icon=":material/search:", width=360,
    )  # fmt: skip
    found = search_genes(dataset.genes, text or "")
    columns = [name for name in _GENE_COLUMNS if name in found.columns]
    columns = [name for name in columns if _says_something(found[name])]
    st.dataframe(
        found[columns].head(_SHOWN_GENES), column_config=_GENE_COLUMNS,
        height=320, alt="Genes with position, transcript and half-life features",
    )  # fmt: skip
    shown = min(len(found), _SHOWN_GENES)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{shown:,} of {len(found):,} genes shown. Lengths are of spliced sequence.")
        download(
            f"All {len(dataset.genes):,} genes (TSV)",
            lambda: tsv(dataset.genes.reset_index(), _header(dataset)),
            f"{dataset.name}_genes.tsv", "download_genes",
        )  # fmt: skip


def _says_something(column: pd.Series) -> bool:
    return not column.astype(str).isin(["", "nan", "None"]).all()


def search_genes(genes: pd.DataFrame, text: str) -> pd.DataFrame:
    """Genes whose symbol or id contains a text, or that lie on the chromosome it names."""
    text = text.strip()
    if not text:
        return genes
    by_name = genes["gene_name"].astype(str).str.contains(text, case=False, regex=False)
    by_id = genes.index.astype(str).str.contains(text, case=False, regex=False)
    chromosome = genes["chromosome"].astype(str).str.lower()
    return genes[by_name | by_id | (chromosome == text.lower())]


def dropped_report(dataset: Dataset) -> None:
    """List the genes left out, by reason."""
    dropped = dataset.dropped
    with st.expander(f"Left out: {len(dropped):,} rows, each with its reason"):
        if not len(dropped):
            st.markdown("Nothing was left out.")
            return
        counts = dropped.groupby(["source", "reason"], observed=True).size()
        table = counts.sort_values(ascending=False).rename("Rows").reset_index()
        st.dataframe(
            table.rename(columns={"source": "File", "reason": "Reason"}), hide_index=True,
            alt="Number of rows left out by file and reason",
        )  # fmt: skip
        download(
            "The whole report (TSV)", lambda: tsv(dropped, _header(dataset)),
            f"{dataset.name}_dropped.tsv", "download_dropped",
        )  # fmt: skip


def provenance_view(dataset: Dataset) -> None:
    """Show from which files, with which parameters and when the dataset was made."""
    with st.expander("Where it comes from"):
        origin = dataset.metadata.get("provenance", {})
        st.markdown(
            f"Imported {str(origin.get('created', 'at an unknown time'))[:10]} with version "
            f"{origin.get('code_version', 'unknown')}; content digest `{dataset.digest}`."
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


def _header(dataset: Dataset) -> dict[str, object]:
    return {
        "dataset": dataset.name,
        "dataset digest": dataset.digest,
        "genome": dataset.metadata.get("assembly", ""),
        "positions": "1-based",
    }

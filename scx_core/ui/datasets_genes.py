"""The gene table of the Datasets page."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.export.tables import table_bytes
from scx_core.ui.choose import gene_name
from scx_core.ui.datasets_tables import chromosomes_of, search_genes
from scx_core.ui.gone import fragment
from scx_core.ui.show import download

#: A table in which rows can be chosen is sent whole: 20,000 rows are 1.2 MB.
_MOST_GENES: Final = 20_000
_TABLE: Final = "gene_table"
_COLUMNS: Final[dict[str, Any]] = {
    "gene_name": st.column_config.TextColumn("Gene", pinned=True),
    "gene_id": "Gene id",
    "judged": st.column_config.CheckboxColumn(
        "Model can judge", help="Whether the chosen model holds networks that never saw the gene."
    ),
    "chromosome": "Chromosome",
    "tss": st.column_config.NumberColumn("TSS (1-based)", format="localized"),
    "strand": "Strand",
    "transcript_id": "Transcript",
    "transcript_rule": st.column_config.TextColumn(
        "Chosen because", help="The rule by which this transcript was taken for the gene."
    ),
    "n_transcripts": st.column_config.NumberColumn("Transcripts", format="localized"),
    "utr5_length": st.column_config.NumberColumn("5′UTR (bp)", format="localized"),
    "utr3_length": st.column_config.NumberColumn("3′UTR (bp)", format="localized"),
    "orf_length": st.column_config.NumberColumn("ORF (bp)", format="localized"),
    "intron_length": st.column_config.NumberColumn("Introns (bp)", format="localized"),
    "exon_density": st.column_config.NumberColumn("Exons per kb ORF", format="%.2f"),
    "unknown_fraction": st.column_config.NumberColumn(
        "N in window", format="percent", help="Share of letters that the genome file does not know."
    ),
    "expression_name": st.column_config.TextColumn(
        "Name in expression", help="What the expression file calls the gene."
    ),
}


@fragment
def gene_table(dataset: Dataset, judged: frozenset[str] | None) -> None:
    """Show the genes with a search; a chosen row opens the gene's Mutagenesis page.

    Parameters
    ----------
    dataset : Dataset
    judged : frozenset of str, optional
        Genes that the chosen model can judge; None where no model is chosen.
    """
    st.header("Genes")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            "Search", key="search", bind="query-params", icon=":material/search:", width=360,
            placeholder="Symbol, gene or transcript id, chromosome",
        )  # fmt: skip
        chosen = st.multiselect(
            "Chromosomes", chromosomes_of(dataset.genes), key="chromosome", width=300,
            placeholder="All", bind="query-params",
        )  # fmt: skip
    found = search_genes(dataset.genes, text or "", chosen)
    if found.empty:
        st.info("No gene fits; shorten the text or take a chromosome out.")
        return
    shown = found.head(_MOST_GENES).rename_axis("gene_id").reset_index()
    if judged is not None:
        shown["judged"] = shown["gene_id"].isin(judged)
    columns = [name for name in _COLUMNS if name in shown and _says_something(shown[name])]
    state = st.dataframe(
        shown[columns], column_config=_COLUMNS, height=320, hide_index=True, key=_TABLE,
        on_select="rerun", selection_mode="single-row",
        alt="Genes with position, transcript and half-life features",
    )  # fmt: skip
    rows = state.selection.rows
    if rows:
        _open_gene(dataset, str(shown["gene_id"].iloc[rows[0]]))
    told = f"{len(shown):,} of {len(dataset.genes):,} genes"
    if len(shown) < len(found):
        told += f" ({len(found):,} fit; search for the others)"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{told}. Tick a row to open the gene. Lengths are of spliced sequence.")
        if len(found) < len(dataset.genes):
            _offer(dataset, f"These {len(found):,} genes (TSV)", found, "download_found")
        every = f"All {len(dataset.genes):,} genes (TSV)"
        _offer(dataset, every, dataset.genes, "download_genes")


def _offer(dataset: Dataset, label: str, genes: pd.DataFrame, key: str) -> None:
    name = f"{dataset.name}_{'genes' if key == 'download_genes' else 'genes_found'}.tsv"
    table = genes.rename_axis("gene_id")
    download(label, lambda: table_bytes(table.reset_index(), dataset_header(dataset)), name, key)


def _open_gene(dataset: Dataset, gene_id: str) -> None:
    name = gene_name(dataset, gene_id)
    shared = (dataset.genes["gene_name"].astype(str) == name).sum() > 1
    st.switch_page("pages/gene.py", query_params={"gene": gene_id if shared else name})


def _says_something(column: pd.Series) -> bool:
    return not column.astype(str).isin(["", "nan", "None"]).all()


def dataset_header(dataset: Dataset) -> dict[str, object]:
    """Give what a file made from a dataset says of it."""
    return {
        "dataset": dataset.name,
        "dataset digest": dataset.digest,
        "genome": dataset.metadata.get("assembly", ""),
        "positions": "1-based",
    }

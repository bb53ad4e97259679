"""Genes that have no row of their own, put together from their transcripts."""

from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation.half_life import Integers
from scx_core.errors import counted

_PLACE: Final = ["key", "chromosome", "strand"]


def extents(parts: pd.DataFrame, codes: Integers) -> tuple[Integers, Integers]:
    """Give first and last base (1-based) of the parts of transcripts, by their numbers."""
    ends = (
        parts[parts["transcript"].isin(codes)]
        .groupby("transcript")
        .agg({"start": "min", "end": "max"})
    )
    found = ends.loc[codes]
    return found["start"].to_numpy(np.int64), found["end"].to_numpy(np.int64)


def add_genes(genes: pd.DataFrame, transcripts: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Add the genes that only transcript rows name (UCSC, StringTie, gffread); give the notices.

    A gene reaches from the first to the last base of its transcripts on one strand of a chromosome.
    Its id is what the transcripts say; where StringTie found one gene of the reference at its own
    (``MSTRG.1``), and found it nowhere else, it is that gene's.

    Parameters
    ----------
    genes, transcripts : DataFrame
        Of `scx_core.annotation.gathering.Gather`; transcripts with what their rows say of the gene.
    """
    if transcripts.empty:
        return genes, []
    known = set(genes["key"]) if len(genes) else set()
    unowned = transcripts[~transcripts["gene_key"].isin(known)]
    if unowned.empty:
        return genes, []
    unowned = unowned.assign(key=unowned["gene_key"])
    unowned["gene_id"] = unowned["gene_id"].where(unowned["gene_id"] != "", unowned["key"])
    grouped = unowned.groupby(_PLACE, sort=False)
    added = grouped.agg(
        gene_id=("gene_id", "first"),
        gene_name=("gene_name", _first_given),
        gene_type=("gene_type", _first_given),
        start=("start", "min"),
        end=("end", "max"),
    ).reset_index()
    reference = _reference_ids(unowned)
    added["gene_id"] = added["key"].map(reference).fillna(added["gene_id"])
    added["gene_name"] = added["gene_name"].where(added["gene_name"] != "", added["gene_id"])
    notice = (
        counted(len(added), "gene has no row of its own and was", "genes have no rows of their own "
                "and were")
        + " put together from transcripts."
    )  # fmt: skip
    return pd.concat([genes, added], ignore_index=True), [notice]


def _first_given(values: pd.Series) -> str:
    given = values[values != ""]
    return str(given.iloc[0]) if len(given) else ""


def _reference_ids(unowned: pd.DataFrame) -> dict[str, str]:
    """Gene of the reference by own gene, where each is the other's only one."""
    pairs = unowned.loc[unowned["reference_gene"] != "", ["key", "reference_gene"]]
    pairs = pairs.drop_duplicates()
    single = ~pairs["key"].duplicated(keep=False) & ~pairs["reference_gene"].duplicated(keep=False)
    return dict(zip(pairs.loc[single, "key"], pairs.loc[single, "reference_gene"], strict=True))

"""A table with one TSS per gene, and a table of half-life features."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation.blocks import POSITION_DIGITS
from scx_core.annotation.delimited import (
    DelimitedTable,
    first_line,
    read_delimited,
    require_unique,
)
from scx_core.annotation.half_life import ALL_HALF_LIFE_FEATURES, GC_PARTS, HALF_LIFE_FEATURES
from scx_core.errors import ScxError, join_some
from scx_core.gene_ids import strip_version

_GENE_ID: Final = ("gene_id", "ensembl_gene_id", "wbgene", "gene", "id")
_CHROMOSOME: Final = ("chromosome", "chrom", "chr", "seqid", "seqname")
_TSS: Final = ("tss", "tss_position", "tss_1based", "transcription_start_site", "position")
_STRAND: Final = ("strand",)
_GENE_NAME: Final = (
    "gene_name",
    "symbol",
    "gene_symbol",
    "sequence_name",
    "seqname",
    "name",
    "gene",
)
_TRANSCRIPT: Final = ("transcript_id", "transcript", "ensembl_transcript_id")
#: Plain digits, or with commas between the thousands.
_POSITION: Final = (
    rf"(?=.*[1-9])(?:[0-9]{{1,{POSITION_DIGITS}}}|[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,3}})"
)
_STRANDS: Final = {"+": "+", "-": "-", "1": "+", "+1": "+", "-1": "-"}


def read_tss_table(path: Path) -> pd.DataFrame:
    """Read genes with their TSS.

    The columns, in any order: gene id, chromosome, TSS (1-based) and strand (+, -, 1, -1); of
    choice gene name, transcript id and any of `ALL_HALF_LIFE_FEATURES` (raw values). The gene id may
    be called gene_id, ensembl_gene_id, WBGene, gene or id; the chromosome chromosome, chrom, chr,
    seqid or seqname.

    Returns
    -------
    DataFrame
        ``gene_id`` (Ensembl version stripped), ``gene_name``, ``chromosome``, ``strand``, ``tss``,
        ``transcript_id`` ("" if none) and the features (NaN if none; GC contents only where the
        table has them); the index is the line.

    Raises
    ------
    ScxError
        If a column is missing, a gene stands twice, or a TSS or strand is not one (with the line).
    """
    table = read_delimited(path)
    wanted = {
        "gene id": table.find(*_GENE_ID),
        "chromosome": table.find(*_CHROMOSOME),
        "tss": table.find(*_TSS),
        "strand": table.find(*_STRAND),
    }
    missing = [name for name, column in wanted.items() if column is None]
    if missing:
        raise ScxError(
            f"{path.name} is neither a GTF or GFF3 nor a table of TSSs: it lacks a column for "
            f"{', '.join(missing)}; its columns are {join_some(table.cells.columns, 12)}."
        )
    gene_id, chromosome, tss, strand = (str(column) for column in wanted.values())
    ids = strip_version(table.cells[gene_id])
    require_unique(table, ids, "gene id")
    name = _other_column(table, _GENE_NAME, used=(gene_id, chromosome))
    transcript = table.find(*_TRANSCRIPT)
    genes = pd.DataFrame(
        {
            "gene_id": ids,
            "gene_name": ids if name is None else table.cells[name].mask(lambda x: x == "", ids),
            "chromosome": table.cells[chromosome],
            "strand": _strands(table, strand),
            "tss": _positions(table, tss),
            "transcript_id": "" if transcript is None else table.cells[transcript],
        }
    )
    if (genes["chromosome"] == "").any():
        line = first_line(genes["chromosome"] == "")
        raise ScxError(f"{path.name}, line {line:,}: the chromosome is empty; fix the line.")
    for feature in ALL_HALF_LIFE_FEATURES:
        column = table.find(feature)
        if column is not None:
            genes[feature] = _feature(table, feature, column)
        elif feature in HALF_LIFE_FEATURES:
            genes[feature] = np.nan
    return genes


def _feature(table: DelimitedTable, feature: str, column: str) -> pd.Series:
    """Read a column of features; a GC content is a fraction."""
    values = table.numbers(column)
    wrong = values > 1
    if feature in GC_PARTS and wrong.any():
        line = first_line(wrong)
        raise ScxError(
            f"{table.file}, line {line:,}: {column} is {table.cells[column][line]!r}; give GC "
            "contents as fractions from 0 to 1."
        )
    return values


def _other_column(
    table: DelimitedTable, names: tuple[str, ...], used: tuple[str, ...]
) -> str | None:
    """First column of these names that has no other role (``seqname`` may be either)."""
    found = (table.find(name) for name in names)
    return next((column for column in found if column is not None and column not in used), None)


def _positions(table: DelimitedTable, column: str) -> pd.Series:
    whole = table.cells[column].str.fullmatch(_POSITION)
    if not whole.all():
        line = first_line(~whole)
        raise ScxError(
            f"{table.file}, line {line:,}: {column} is {table.cells[column][line]!r}, not a position "
            f"(a whole number from 1, of at most {POSITION_DIGITS} digits); fix or remove the line."
        )
    return table.cells[column].str.replace(",", "", regex=False).astype(np.int64)


def _strands(table: DelimitedTable, column: str) -> pd.Series:
    strands = table.cells[column].map(_STRANDS)
    if strands.isna().any():
        line = first_line(strands.isna())
        raise ScxError(
            f"{table.file}, line {line:,}: strand is {table.cells[column][line]!r}; use + or -."
        )
    return strands


def read_feature_table(path: Path) -> pd.DataFrame:
    """Read a user's own half-life features: a gene id column and any of `ALL_HALF_LIFE_FEATURES`.

    Returns
    -------
    DataFrame
        Index ``gene_id`` (Ensembl version stripped); the features there are, raw values, NaN where
        the cell is empty.

    Raises
    ------
    ScxError
        If a column is missing, a gene stands twice, or a value is not a number (with the line).
    """
    table = read_delimited(path)
    gene_id = table.find(*_GENE_ID)
    columns = {feature: table.find(feature) for feature in ALL_HALF_LIFE_FEATURES}
    found = {feature: column for feature, column in columns.items() if column is not None}
    if gene_id is None or not found:
        raise ScxError(
            f"{path.name} needs a column gene_id and at least one of "
            f"{', '.join(ALL_HALF_LIFE_FEATURES)}; its columns are {join_some(table.cells.columns, 12)}."
        )
    ids = strip_version(table.cells[gene_id])
    require_unique(table, ids, "gene id")
    values = pd.DataFrame({name: _feature(table, name, column) for name, column in found.items()})
    return values.set_index(pd.Index(ids, name="gene_id"))

"""What every reader hands on: a matrix with the names of its rows and columns."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, counted, join_some
from scx_core.expression.blocks import BLOCK_VALUES, Block, Matrix
from scx_core.expression.not_genes import why_no_gene

#: Headers that name a column of gene identifiers, in lower case.
ID_HEADERS = frozenset(
    [
        "gene_id",
        "gene_ids",
        "geneid",
        "gene_name",
        "gene_names",
        "genename",
        "gene",
        "gene_symbol",
        "gene_symbols",
        "symbol",
        "symbols",
        "gene_short_name",
        "feature_id",
        "feature_ids",
        "feature_name",
        "ensembl",
        "ensembl_id",
        "ensembl_ids",
        "ensembl_gene_id",
        "ensemblid",
        "entrez",
        "entrez_id",
        "entrezgene",
        "hgnc_symbol",
        "hgnc_id",
        "wbgene",
    ]
)

#: Words of a header over row names; other words there may be the first row of a table without one.
_HEADER_WORDS: Final = frozenset(
    {
        "gene", "genes", "geneid", "geneids", "genename", "genenames", "id", "ids", "name",
        "names", "symbol", "symbols", "feature", "features", "transcript", "probe", "probeset",
        "cell", "cells", "cellid", "barcode", "barcodes", "cluster", "clusters", "population",
        "populations", "celltype", "index", "row", "rows", "rowname", "rownames", "unnamed",
        "sample", "samples", "label", "labels", "x", "ensembl", "locus", "target", "bc", "wells",
    }
)  # fmt: skip


def is_header_word(text: str) -> bool:
    """Whether a text is a header over names of genes or cells, rather than one of the names."""
    parts = re.sub(r"([a-z])([A-Z])", r"\1 \2", text).lower()
    words = set(re.split(r"[^a-z0-9]+", parts))
    return text.lower() in ID_HEADERS or bool(words & _HEADER_WORDS)


@dataclass(frozen=True)
class Source:
    """Cells (or ready populations) x names, with what is known of each.

    Attributes
    ----------
    file : str
        The file's name, for messages.
    matrix : Matrix
        Read block by block; the file behind it is open as long as the reader's context.
    annotation : pandas.DataFrame
        One row per row of the matrix; the index holds the cell ids.
    names : pandas.DataFrame
        One row per column; the index holds the names in the file, the columns other identifiers.
    matrices : tuple of str
        Other matrices that the file keeps, as a layer is asked for: ``"raw"`` and layers.
    logged : bool
        Whether the file says that its values are log1p-transformed.
    kinds : pandas.Series or None
        What the file says that each name is ("Gene Expression", "spike-in"), if it does.
    unread : tuple of str
        Annotation columns of the file that were not asked for, for messages.
    notices : tuple of str
        What the reader has to say.
    """

    file: str
    matrix: Matrix
    annotation: pd.DataFrame
    names: pd.DataFrame
    matrices: tuple[str, ...] = ()
    logged: bool = False
    kinds: pd.Series | None = None
    unread: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n_rows, n_columns = self.matrix.shape
        if n_rows == 0 or n_columns == 0:
            raise ScxError(
                f"{self.file} holds an empty matrix ({n_rows:,} rows x {n_columns:,} names); give "
                "one with cells and genes."
            )
        if (n_rows, n_columns) != (len(self.annotation), len(self.names)):
            raise ScxError(
                f"{self.file}: the matrix is {n_rows:,} x {n_columns:,}, but there are "
                f"{len(self.annotation):,} row names and {len(self.names):,} column names; the "
                "file is damaged or its parts do not belong together."
            )

    @cached_property
    def no_gene(self) -> np.ndarray:
        """Why each name is no gene, ``""`` for genes."""
        return why_no_gene(self.names, self.kinds)


def refuse_repeated_rows(source: Source, why: str) -> None:
    """Refuse row names that appear more than once, where something depends on them.

    Parameters
    ----------
    source : Source
    why : str
        What depends on them, for the message.
    """
    cells = source.annotation.index
    if not cells.is_unique:
        repeated = cells[cells.duplicated()].unique()
        raise ScxError(
            f"{source.file} has names of cells or populations that appear more than once ({join_some(repeated)}), and "
            f"{why}: make them unique (for AnnData: obs_names_make_unique), or remove the repeats."
        )


def name_table(index: pd.Index, others: pd.DataFrame) -> pd.DataFrame:
    """Make the table of names: the name in the file, and the identifiers found beside it.

    A column beside the name counts as an identifier when its header says so, or when it is text
    and at least nine tenths of its values differ.

    Parameters
    ----------
    index : pandas.Index
        The names in the file.
    others : pandas.DataFrame
        Everything found beside them, one row per name.
    """
    table = pd.DataFrame(index=pd.Index(index.astype(str), name="name"))
    for header in others.columns:
        column = others[header]
        text = not pd.api.types.is_numeric_dtype(column.dtype)
        differing = column.nunique() >= 0.9 * max(1, len(column))
        if str(header).lower() in ID_HEADERS or (text and differing and len(column) > 1):
            values = column.astype(object).where(column.notna(), "")
            table[str(header)] = values.astype(str).to_numpy()
    return table


def check_block(source: Source, block: Block) -> None:
    """Refuse a value that is negative, infinite or not a number, naming the first and the count."""
    if not _is_wrong(block.entries.data).any():
        return
    total = sum(
        int(_is_wrong(other.entries.data).sum()) for other in source.matrix.blocks(BLOCK_VALUES)
    )
    entries = block.entries.tocoo()
    first = int(np.flatnonzero(_is_wrong(entries.data))[0])
    value = entries.data[first]
    cell = source.annotation.index[block.rows.start + entries.row[first]]
    name = source.names.index[block.columns.start + entries.col[first]]
    place = (
        f"{source.file} has {counted(total, 'value')} that cannot be expression, "
        f"the first at {cell!r}, {name!r}: {value:g}"
    )
    if value < 0 and "raw" in source.matrices:
        raise ScxError(f'{place}; scaled values cannot be used, choose layer "raw".')
    if value < 0:
        raise ScxError(
            f"{place}; scaled or log-ratio values cannot be used, give the matrix from before "
            "scaling."
        )
    raise ScxError(f"{place}; replace missing values, with 0 where nothing was measured.")


def _is_wrong(values: np.ndarray) -> np.ndarray:
    return ~np.isfinite(values) | (values < 0)

"""Matrix Market files with their lists of genes and cells, as each program lays them out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse

from scx_core.errors import ScxError, join_some
from scx_core.expression.blocks import SparseRows
from scx_core.expression.matrix_market import read_matrix_market
from scx_core.expression.source import Source, is_header_word, name_table
from scx_core.expression.text import open_text


@dataclass(frozen=True)
class _Family:
    """How a program names the parts.

    Attributes
    ----------
    matrix : str
        How the matrix's name ends; what precedes it precedes the other parts too.
    genes, cells : tuple of str
        How the lists are called after that.
    symbols : str
        Another list of genes, with their symbols; ``""`` where there is none.
    genes_first : bool
        Whether rows are genes; believed only where the sizes do not tell.
    """

    matrix: str
    genes: tuple[str, ...]
    cells: tuple[str, ...]
    symbols: str = ""
    genes_first: bool = True


#: The first family that finds its parts is taken.
_FAMILIES: Final = (
    # Cell Ranger 2 (genes) and 3 on (features), STARsolo
    _Family("matrix.mtx", ("features.tsv", "genes.tsv"), ("barcodes.tsv",)),
    # Parse Biosciences' split-pipe, versions 1 (DGE, genes) and 2 on
    _Family(
        "count_matrix.mtx", ("all_genes.csv", "genes.csv"), ("cell_metadata.csv",),
        genes_first=False,
    ),
    _Family("DGE.mtx", ("all_genes.csv", "genes.csv"), ("cell_metadata.csv",), genes_first=False),
    # alevin-fry
    _Family(
        "quants_mat.mtx", ("quants_mat_cols.txt",), ("quants_mat_rows.txt",), genes_first=False
    ),
    # EBI's Single Cell Expression Atlas
    _Family(".mtx", (".mtx_rows",), (".mtx_cols",)),
    # kallisto-bustools: cells_x_genes.mtx, or any name given to bustools count
    _Family(
        ".mtx", (".genes.txt",), (".barcodes.txt",), symbols=".genes.names.txt", genes_first=False
    ),
)  # fmt: skip

#: What 10x calls features, other than genes.
_OTHER_FEATURES: Final = frozenset(
    {
        "Antibody Capture", "CRISPR Guide Capture", "Multiplexing Capture", "Custom", "Peaks",
        "Antigen Capture", "VDJ", "VDJ-T", "VDJ-B",
    }
)  # fmt: skip


@dataclass(frozen=True)
class _Parts:
    family: _Family
    genes: Path
    cells: Path
    symbols: Path | None


@contextmanager
def open_mtx(path: Path) -> Iterator[Source]:
    """Read ``.mtx`` with its lists of genes and cells, packed or not, any prefix.

    Which axis holds the genes is told by the lengths of the lists. A list may have a header: it is
    then one line longer than the matrix, and its first line names columns. Columns of a list of
    cells with a header are their annotation.

    Parameters
    ----------
    path : Path
        The folder, or the matrix.
    """
    matrix_path = _find_matrix(path) if path.is_dir() else path
    parts = _find_parts(matrix_path)
    genes, cells = _read_list(parts.genes), _read_list(parts.cells)
    stored = read_matrix_market(matrix_path)
    genes, cells, genes_first = _fit(stored.shape, genes, cells, parts, matrix_path.name)
    by_cells = sparse.csr_matrix(stored.T if genes_first else stored)
    kept = _are_genes(genes, matrix_path.name)
    symbols = _symbols(genes, parts, matrix_path.name)[kept]
    names = name_table(
        pd.Index(symbols), pd.DataFrame({"gene_ids": genes.iloc[:, 0].to_numpy()[kept]})
    )
    index = pd.Index(cells.iloc[:, 0])
    annotation = cells.iloc[:, 1:] if isinstance(cells.columns[0], str) else pd.DataFrame()
    yield Source(
        matrix_path.name,
        SparseRows(by_cells if kept.all() else by_cells[:, np.flatnonzero(kept)]),
        annotation.set_axis(index) if len(annotation.columns) else pd.DataFrame(index=index),
        names,
    )


def _find_matrix(folder: Path) -> Path:
    found = [file for file in sorted(folder.iterdir()) if _plain(file).endswith(".mtx")]
    named = [file for file in found if _plain(file).endswith("matrix.mtx")]
    found = named or found
    if len(found) != 1:
        raise ScxError(
            f"{folder.name} has several matrices ({join_some(file.name for file in found)}); name the "
            ".mtx file itself."
            if found
            else f"{folder.name} has no .mtx file; give the folder that holds the matrix."
        )
    return found[0]


def _find_parts(matrix: Path) -> _Parts:
    there = {_plain(file): file for file in sorted(matrix.parent.iterdir(), reverse=True)}
    tried: list[str] = []
    for family in _FAMILIES:
        if not _plain(matrix).endswith(family.matrix):
            continue
        prefix = _plain(matrix).removesuffix(family.matrix)
        genes, cells = (
            next((there[prefix + name] for name in names if prefix + name in there), None)
            for names in (family.genes, family.cells)
        )
        if genes is not None and cells is not None:
            return _Parts(family, genes, cells, there.get(prefix + family.symbols))
        missing = family.genes if genes is None else family.cells
        tried.append(" or ".join(prefix + name for name in missing))
    raise ScxError(
        f"{matrix.parent.name} has no {'; nor '.join(tried)}; put the lists of genes and of cells "
        f"beside {matrix.name}, under the names that the program gave them."
    )


def _plain(file: Path) -> str:
    return file.name.removesuffix(".gz")


def _read_list(path: Path, *, blanks: bool = False) -> pd.DataFrame:
    """Read a list; with `blanks`, an empty line is an entry."""
    with open_text(path) as handle:
        try:
            return pd.read_csv(
                handle,
                sep="," if _plain(path).endswith(".csv") else "\t",
                header=None,
                dtype=str,
                keep_default_na=False,
                skip_blank_lines=not blanks,
            )
        except pd.errors.EmptyDataError as error:
            raise ScxError(f"{path.name} is empty; copy it again.") from error


def _fit(
    shape: tuple[int, int], genes: pd.DataFrame, cells: pd.DataFrame, parts: _Parts, name: str
) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
    """Drop headers of the lists, and find which axis holds the genes."""
    fitting = []
    for genes_first in (parts.family.genes_first, not parts.family.genes_first):
        n_genes, n_cells = shape if genes_first else shape[::-1]
        lists = _without_header(genes, n_genes), _without_header(cells, n_cells)
        if lists[0] is not None and lists[1] is not None:
            fitting.append((lists[0], lists[1], genes_first))
    if not fitting:
        raise ScxError(
            f"{name} is {shape[0]:,} x {shape[1]:,}, but there are {len(genes):,} features in "
            f"{parts.genes.name} and {len(cells):,} barcodes in {parts.cells.name}; the files do not "
            "belong together."
        )
    return fitting[0]


def _without_header(names: pd.DataFrame, size: int) -> pd.DataFrame | None:
    """Give a list of that size, without its header if it has one; None where it does not fit."""
    if len(names) == size:
        return names
    header = [str(name).strip() for name in names.iloc[0]] if len(names) else []
    if len(names) != size + 1 or not is_header_word(header[0]):
        return None
    return names.iloc[1:].reset_index(drop=True).set_axis(header, axis=1)


def _are_genes(genes: pd.DataFrame, name: str) -> np.ndarray:
    """Say which features are genes; columns that hold something else do not tell."""
    for column in range(2, genes.shape[1]):
        kinds = genes.iloc[:, column]
        if (kinds == "Gene Expression").any():
            return (kinds == "Gene Expression").to_numpy()
        if kinds.isin(_OTHER_FEATURES).all():
            raise ScxError(f"{name} has no feature of type 'Gene Expression'.")
    return np.ones(len(genes), dtype=bool)


def _symbols(genes: pd.DataFrame, parts: _Parts, name: str) -> np.ndarray:
    if parts.symbols is None or not parts.family.symbols:
        return genes.iloc[:, min(1, genes.shape[1] - 1)].to_numpy()
    symbols = _read_list(parts.symbols, blanks=True)
    if len(symbols) != len(genes):
        raise ScxError(
            f"{parts.symbols.name} has {len(symbols):,} names for {len(genes):,} genes of {name}; the "
            "files do not belong together."
        )
    return symbols.iloc[:, 0].where(symbols.iloc[:, 0] != "", genes.iloc[:, 0]).to_numpy()

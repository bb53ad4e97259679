"""Normalised expression, summed over the cells of each group in one or two passes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from scx_core.expression.blocks import BLOCK_VALUES, Block
from scx_core.expression.normalise import TARGET_SUM
from scx_core.expression.source import Source, check_block
from scx_core.progress import Progress, no_progress, part_of


@dataclass(frozen=True)
class GroupSums:
    """Sums over cells.

    Attributes
    ----------
    sums : numpy.ndarray
        Groups x names, float64.
    n_cells : numpy.ndarray
        Cells per group, float64.
    n_empty : int
        Cells of the groups in which nothing was counted; they stay zero and count as cells.
    """

    sums: np.ndarray
    n_cells: np.ndarray
    n_empty: int


@dataclass(frozen=True)
class Scaling:
    """How values are brought to one library size.

    Attributes
    ----------
    normalisation : str
        ``"cpm"``, ``"cp10k"``, ``"tpm"`` or ``"none"``.
    log1p : bool
        Whether the values are log1p-transformed, to be undone first.
    lengths : numpy.ndarray or None
        For ``"tpm"``: bases of transcript per name, NaN where unknown (left out of the sum).
    genes : numpy.ndarray or None
        Which names are genes; the others do not count in the library size. None where all are.
    """

    normalisation: str
    log1p: bool = False
    lengths: np.ndarray | None = None
    genes: np.ndarray | None = None


def sum_groups(
    source: Source,
    groups: np.ndarray,
    n_groups: int,
    scaling: Scaling,
    *,
    block_values: int = BLOCK_VALUES,
    progress: Progress = no_progress,
) -> GroupSums:
    """Normalise each cell and sum the cells of each group.

    A matrix stored by rows is read once. One stored by columns is read once for the library sizes
    and once for the sums.

    Parameters
    ----------
    source : Source
    groups : numpy.ndarray
        Group of each row, −1 for a row that is left out.
    n_groups : int
    scaling : Scaling
    block_values : int
        Stored values held in memory at once; the result does not depend on it.
    progress : Progress

    Returns
    -------
    GroupSums

    Raises
    ------
    ScxError
        When a value is negative, infinite or not a number.
    """
    normalised = scaling.normalisation != "none"
    totals = np.zeros(source.matrix.shape[0])
    rest = progress
    if normalised and not source.matrix.by_rows:
        counting, rest = part_of(progress, 0.0, 0.4), part_of(progress, 0.4, 1.0)
        for block in _read_blocks(source, scaling, block_values, counting, "Library sizes"):
            totals += _row_sums(block, scaling.genes)
    sums = np.zeros((n_groups, source.matrix.shape[1]))
    cells = None
    for block in _read_blocks(source, scaling, block_values, rest, "Mean expression"):
        if normalised and source.matrix.by_rows:
            totals[block.rows] = _row_sums(block, scaling.genes)
        values = block.entries
        if normalised:
            values = _scale_rows(values, totals[block.rows], TARGET_SUM[scaling.normalisation])
        if cells is None or source.matrix.by_rows:  # else every block has the same cells
            cells = _group_table(groups[block.rows])
        _add_groups(sums, values, cells, block.columns)
    kept = groups >= 0
    n_cells = np.bincount(groups[kept], minlength=n_groups).astype(np.float64)
    n_empty = int((totals[kept] == 0).sum()) if normalised else 0
    return GroupSums(sums, n_cells, n_empty)


def _read_blocks(
    source: Source, scaling: Scaling, block_values: int, progress: Progress, message: str
) -> Iterator[Block]:
    """Read linear values, per base of transcript where lengths are given."""
    n_rows, n_columns = source.matrix.shape
    for block in source.matrix.blocks(block_values):
        check_block(source, block)
        if scaling.log1p:
            np.expm1(block.entries.data, out=block.entries.data)
        values = block.entries
        if scaling.lengths is not None:
            known = scaling.lengths[block.columns]
            values = values @ sparse.diags_array(np.where(np.isnan(known), 0.0, 1.0 / known))
            values = sparse.csr_matrix(values)
        yield Block(block.rows, block.columns, values)
        done = block.rows.stop / n_rows * block.columns.stop / n_columns
        progress(done, f"{message}: {source.file}")


def _row_sums(block: Block, genes: np.ndarray | None) -> np.ndarray:
    if genes is not None:
        return block.entries @ genes[block.columns].astype(np.float64)
    return np.asarray(block.entries.sum(axis=1)).ravel()


def _scale_rows(values: sparse.csr_matrix, totals: np.ndarray, target: float) -> sparse.csr_matrix:
    """Give each cell the same total, as ``scanpy.pp.normalize_total``; an empty cell stays zero.

    scanpy's own needs whole rows, which a matrix stored by columns cannot give.
    """
    factors = np.divide(target, totals, out=np.zeros_like(totals), where=totals > 0)
    return sparse.csr_matrix(sparse.diags_array(factors) @ values)


def _group_table(groups: np.ndarray) -> pd.DataFrame:
    """Make the table that AnnData wants; its names of cells take longer than the sums."""
    return pd.DataFrame(
        {"group": pd.Categorical(groups), "kept": groups >= 0}, index=_text_range(len(groups))
    )


def _add_groups(
    sums: np.ndarray, values: sparse.csr_matrix, cells: pd.DataFrame, columns: slice
) -> None:
    import anndata  # this and scanpy take seconds to import: only once a file is read
    import scanpy

    if not cells["kept"].any():
        return
    block = anndata.AnnData(
        X=values, obs=cells, var=pd.DataFrame(index=_text_range(values.shape[1]))
    )
    kept = None if cells["kept"].all() else "kept"
    added = scanpy.get.aggregate(block, by="group", func="sum", mask=kept)
    groups = added.obs["group"].to_numpy(dtype=np.intp)
    sums[groups[groups >= 0], columns] += added.layers["sum"][groups >= 0]


def _text_range(size: int) -> pd.Index:
    return pd.RangeIndex(size).astype(str)

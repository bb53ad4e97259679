"""Matrices of cells x names that are read a block at a time.

Rows are cells (or ready populations). A matrix stored by rows (dense, CSR, in memory) is cut into
blocks of whole rows. One stored by columns (CSC) is cut into blocks of whole columns: slicing rows
out of it would read the whole file for every block. Either way, memory is bounded by the block.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from scipy import sparse

from scx_core.errors import ScxError
from scx_core.expression.attributes import matrix_format, matrix_shape

#: Values held at once; about 85 bytes each while they are worked on, 330 MB in all (measured on
#: 200,000 cells x 20,000 genes, 5% stored).
BLOCK_VALUES = 4_000_000

#: Values looked at to tell counts from normalised values, at each of three places.
SAMPLE_VALUES = 50_000


@dataclass(frozen=True)
class Block:
    """Whole rows or whole columns of a matrix.

    Attributes
    ----------
    rows, columns : slice
        Where the block lies, 0-based half-open; one of the two spans the matrix.
    entries : scipy.sparse.csr_matrix
        The block, float64, its own copy.
    """

    rows: slice
    columns: slice
    entries: sparse.csr_matrix


class Matrix(Protocol):
    """Cells x names."""

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and names."""

    @property
    def by_rows(self) -> bool:
        """Whether the blocks hold whole rows (else whole columns)."""

    def blocks(self, values: int) -> Iterator[Block]:
        """Cut into blocks of at most about that many values (a row or column is never cut)."""

    def sample(self) -> np.ndarray:
        """Take non-zero values from the start, the middle and the end."""


@dataclass(frozen=True)
class SparseRows:
    """A CSR matrix in memory."""

    matrix: sparse.csr_matrix
    by_rows: bool = True

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and names."""
        return self.matrix.shape

    def blocks(self, values: int) -> Iterator[Block]:
        """Cut into blocks of whole rows."""
        for part in cut(self.matrix.indptr, values):
            block = self.matrix[part].astype(np.float64, copy=True)
            yield Block(part, slice(0, self.shape[1]), block)

    def sample(self) -> np.ndarray:
        """Take non-zero values from the start, the middle and the end."""
        return _sample_stored(self.matrix.data)


@dataclass(frozen=True)
class BackedSparse:
    """A CSR or CSC matrix in an open HDF5 file.

    Attributes
    ----------
    group : h5py.Group
        Holds ``data``, ``indices`` and ``indptr``.
    """

    group: Any

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and names."""
        rows, columns = matrix_shape(self.group)
        return rows, columns

    @property
    def by_rows(self) -> bool:
        """Whether the matrix is stored by rows."""
        return matrix_format(self.group).startswith("csr")

    def blocks(self, values: int) -> Iterator[Block]:
        """Cut into blocks of whole rows (CSR) or whole columns (CSC)."""
        (n_rows, n_columns), by_rows = self.shape, self.by_rows
        pointers = self.group["indptr"][:].astype(np.int64)
        compressed = sparse.csr_matrix if by_rows else sparse.csc_matrix
        for part in cut(pointers, values):
            rows = part if by_rows else slice(0, n_rows)
            columns = slice(0, n_columns) if by_rows else part
            stored = slice(pointers[part.start], pointers[part.stop])
            indices = self.group["indices"][stored]
            refuse_outside(indices, n_columns if by_rows else n_rows, self.group)
            own = pointers[part.start : part.stop + 1] - pointers[part.start]
            block = compressed(
                (self.group["data"][stored].astype(np.float64), indices, own),
                shape=(rows.stop - rows.start, columns.stop - columns.start),
            )
            yield Block(rows, columns, sparse.csr_matrix(block))

    def sample(self) -> np.ndarray:
        """Take non-zero values from the start, the middle and the end."""
        return _sample_stored(self.group["data"])


@dataclass(frozen=True)
class BackedDense:
    """A dense matrix in an open HDF5 file.

    Attributes
    ----------
    dataset : h5py.Dataset
        Two-dimensional.
    """

    dataset: Any
    by_rows: bool = True

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and names."""
        rows, columns = self.dataset.shape
        return int(rows), int(columns)

    def blocks(self, values: int) -> Iterator[Block]:
        """Cut into blocks of whole rows, along the file's own chunks where they are smaller."""
        n_rows, n_columns = self.shape
        step = max(1, values // max(1, n_columns))
        stored = self.dataset.chunks[0] if self.dataset.chunks else 1
        if stored <= step:
            step -= step % stored  # else the chunks at each seam are unpacked twice
        for start in range(0, n_rows, step):
            part = slice(start, min(start + step, n_rows))
            block = sparse.csr_matrix(self.dataset[part].astype(np.float64))
            yield Block(part, slice(0, n_columns), block)

    def sample(self) -> np.ndarray:
        """Take non-zero values from the start, the middle and the end."""
        n_rows, n_columns = self.shape
        step = max(1, SAMPLE_VALUES // max(1, n_columns))
        starts = sorted({0, max(0, n_rows // 2), max(0, n_rows - step)})
        values = np.concatenate([self.dataset[start : start + step].ravel() for start in starts])
        return values[values != 0].astype(np.float64)


def refuse_damaged(group: Any, n_major: int, n_minor: int, *, whole: bool = False) -> None:
    """Refuse a compressed matrix in an HDF5 file whose parts do not fit each other.

    Code that works on compressed matrices trusts them, and ends the whole process on one that
    points outside its own arrays.

    Parameters
    ----------
    group : h5py.Group
        Holds ``data``, ``indices`` and ``indptr``.
    n_major, n_minor : int
        Length of the axis that ``indptr`` cuts, and of the other.
    whole : bool
        Whether to check every index now; else `BackedSparse.blocks` does so block by block.

    Raises
    ------
    ScxError
        When a part is missing or of the wrong type or size, when ``indptr`` does not rise from 0
        to the number of values, or when an index lies outside the matrix.
    """
    parts = {name: group.get(name) for name in ("data", "indices", "indptr")}
    for name, kinds in (("data", "iufb"), ("indices", "iu"), ("indptr", "iu")):
        part = parts[name]
        if getattr(part, "ndim", None) != 1 or part.dtype.kind not in kinds:
            raise _damaged(group, f"it has no list of numbers {name!r}")
    pointers = parts["indptr"][:].astype(np.int64)
    n_stored = parts["data"].shape[0]
    if len(pointers) != n_major + 1 or parts["indices"].shape[0] != n_stored:
        raise _damaged(group, "its parts differ in length")
    if pointers[0] != 0 or pointers[-1] != n_stored or (np.diff(pointers) < 0).any():
        raise _damaged(group, f"indptr does not rise from 0 to its {n_stored:,} values")
    for start in range(0, n_stored if whole else 0, BLOCK_VALUES):
        refuse_outside(parts["indices"][start : start + BLOCK_VALUES], n_minor, group)


def refuse_outside(indices: np.ndarray, size: int, group: Any) -> None:
    """Refuse indices that lie outside a matrix of that size."""
    if not indices.size:
        return
    worst = int(indices.min()) if indices.min() < 0 else int(indices.max())
    if not 0 <= worst < size:
        raise _damaged(group, f"it stores a value at index {worst:,}, outside 0 to {size - 1:,}")


def _damaged(group: Any, problem: str) -> ScxError:
    file = Path(str(group.file.filename)).name
    return ScxError(
        f"{file}: the matrix {group.name.strip('/')} is damaged ({problem}); copy the file again, "
        "or write it again from its source."
    )


def cut(pointers: np.ndarray, values: int) -> Iterator[slice]:
    """Cut the long axis of a compressed matrix so that each part stores at most `values` values.

    Parameters
    ----------
    pointers : numpy.ndarray
        The ``indptr`` of the matrix.
    values : int
        Stored values per part; a part has at least one row.
    """
    start, end = 0, len(pointers) - 1
    while start < end:
        stop = int(np.searchsorted(pointers, pointers[start] + values, side="right")) - 1
        stop = min(max(stop, start + 1), end)
        yield slice(start, stop)
        start = stop


def _sample_stored(stored: Any) -> np.ndarray:
    size = stored.shape[0]
    starts = sorted({0, max(0, size // 2), max(0, size - SAMPLE_VALUES)})
    values = np.concatenate([stored[start : start + SAMPLE_VALUES] for start in starts])
    return values[values != 0].astype(np.float64)

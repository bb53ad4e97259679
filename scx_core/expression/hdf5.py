"""AnnData files: opened, checked and read no further than needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import pandas as pd

from scx_core.errors import ScxError, join_some
from scx_core.expression.attributes import matrix_format, matrix_shape
from scx_core.expression.blocks import BackedDense, BackedSparse, Matrix, refuse_damaged
from scx_core.expression.frames import read_frame
from scx_core.expression.source import Source, name_table
from scx_core.hdf5 import open_hdf5, refuse_claims


@contextmanager
def open_h5ad(path: Path, layer: str | None, columns: list[str] | None) -> Iterator[Source]:
    """Open an AnnData file; the matrix stays in the file.

    Only the matrix that is asked for is touched: `anndata.read_h5ad` would load the layers, the
    embeddings and the neighbour graphs, backed or not.

    Parameters
    ----------
    path : Path
    layer : str or None
        A layer, ``"raw"`` for the matrix that AnnData keeps as raw, None for X.
    columns : list of str or None
        Annotation columns wanted; None for all.
    """
    with open_hdf5(path) as file:
        stored, var = _choose_matrix(file, layer, path)
        for part in (file.get("obs"), file.get(var), stored):
            refuse_claims(part, path)
        annotation, unread = read_frame(file, "obs", columns, path)
        names, _ = read_frame(file, var, None, path)
        uns = file.get("uns")
        yield Source(
            file=path.name,
            matrix=_as_matrix(stored, path),
            annotation=annotation,
            names=name_table(names.index, names),
            matrices=tuple(name for name in _matrices(file) if name != layer),
            kinds=_kinds(names),
            unread=unread,
            logged=isinstance(uns, h5py.Group) and "log1p" in uns,
        )


def _kinds(var: pd.DataFrame) -> pd.Series | None:
    """Find the column that says what each feature is: 10x's, or the CELLxGENE schema's."""
    for header in ("feature_types", "feature_type", "feature_biotype"):
        if header in var:
            return var[header]
    return None


def _choose_matrix(file: h5py.File, layer: str | None, path: Path) -> tuple[Any, str]:
    """Find the matrix and the path of the table that names its columns."""
    there = _matrices(file)
    if layer == "raw" and "raw/X" in file:
        return file["raw/X"], "raw/var"
    if layer is not None and layer not in there:
        raise ScxError(
            f"{path.name} has no layer {layer!r}; the layers there are: "
            f"{join_some(there, 20) or 'none'}."
        )
    if layer is not None:
        return file["layers"][layer], "var"
    if "X" not in file or matrix_format(file["X"]) == "null":
        raise ScxError(
            f"{path.name} has no matrix X; choose one of its layers "
            f"({join_some(there, 20) or 'none'})."
        )
    return file["X"], "var"


def _matrices(file: h5py.File) -> list[str]:
    """List the matrices beside X: layers, and raw."""
    layers = list(file["layers"]) if isinstance(file.get("layers"), h5py.Group) else []
    return [*layers, *(["raw"] if "raw/X" in file and "raw" not in layers else [])]


def _as_matrix(stored: Any, path: Path) -> Matrix:
    if isinstance(stored, h5py.Dataset):
        if stored.ndim != 2 or stored.dtype.kind not in "iuf":
            raise ScxError(
                f"{path.name}: the matrix is no table of numbers (shape {stored.shape}, type "
                f"{stored.dtype}); write it again with anndata."
            )
        return BackedDense(stored)
    if matrix_format(stored) not in ("csr_matrix", "csc_matrix", "csr", "csc"):
        raise ScxError(
            f"{path.name}: the matrix is stored as {matrix_format(stored) or 'something unknown'!r}; "
            "write it dense, CSR or CSC."
        )
    shape = matrix_shape(stored)
    if len(shape) != 2:
        raise ScxError(
            f"{path.name}: the matrix has no shape, so the file is damaged; copy it again."
        )
    n_rows, n_columns = shape
    by_rows = matrix_format(stored).startswith("csr")
    n_major, n_minor = (n_rows, n_columns) if by_rows else (n_columns, n_rows)
    refuse_damaged(stored, n_major, n_minor)
    return BackedSparse(stored)

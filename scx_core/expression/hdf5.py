"""AnnData and 10x files: opened, checked and read no further than needed."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import pandas as pd
from scipy import sparse

from scx_core.errors import ScxError, join_some
from scx_core.expression.blocks import BackedDense, BackedSparse, Matrix, SparseRows
from scx_core.expression.source import Source, name_table


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, with one sentence for what can be wrong with it."""
    if not h5py.is_hdf5(path):
        raise ScxError(
            f"{path.name} is not an HDF5 file, as .h5ad and .h5 files are; check that it was "
            "copied completely and is no other format renamed."
        )
    try:
        with h5py.File(path, "r") as file:
            yield file
    except OSError as error:
        raise ScxError(
            f"{path.name} is a truncated or damaged HDF5 file ({error}); copy it again."
        ) from error


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
        for part in ("obs", "var"):
            if not isinstance(file.get(part), h5py.Group):
                raise ScxError(
                    f"{path.name} has no {part} table in AnnData's present format; open it with "
                    "anndata and write it again."
                )
        stored, var = _choose_matrix(file, layer, path)
        names, _ = _read_frame(var, None)
        annotation, unread = _read_frame(file["obs"], columns)
        yield Source(
            file=path.name,
            matrix=_as_matrix(stored, path),
            annotation=annotation,
            names=name_table(names.index, names),
            raw_matrix="raw/X" in file and layer != "raw",
            unread=unread,
            logged="log1p" in file.get("uns", {}),
        )


@contextmanager
def open_10x_h5(path: Path) -> Iterator[Source]:
    """Read a 10x ``.h5`` file into a sparse matrix: gene expression only."""
    import scanpy  # seconds to import: only once a file is read

    if not path.is_file() or not h5py.is_hdf5(path):
        raise ScxError(f"{path.name} is not an HDF5 file; check that it was copied completely.")
    try:
        with warnings.catch_warnings():
            # repeated symbols are usual here, and matching deals with them
            warnings.filterwarnings("ignore", message="Variable names are not unique")
            cells = scanpy.read_10x_h5(path)
    except (OSError, KeyError, ValueError) as error:
        raise ScxError(
            f"{path.name} is not a complete 10x matrix file ({error}); copy it again."
        ) from error
    yield Source(
        file=path.name,
        matrix=SparseRows(sparse.csr_matrix(cells.X)),
        annotation=cells.obs,
        names=name_table(cells.var_names, cells.var),
    )


def _choose_matrix(file: h5py.File, layer: str | None, path: Path) -> tuple[Any, h5py.Group]:
    layers = list(file.get("layers", {}))
    if layer == "raw" and "raw/X" in file:
        return file["raw/X"], file["raw/var"]
    if layer is not None and layer not in layers:
        there = [*layers, *(["raw"] if "raw/X" in file else [])]
        raise ScxError(
            f"{path.name} has no layer {layer!r}; the layers there are: "
            f"{join_some(there, 20) or 'none'}."
        )
    if layer is not None:
        return file["layers"][layer], file["var"]
    if "X" not in file or _encoding(file["X"]) == "null":
        raise ScxError(
            f"{path.name} has no matrix X; choose one of its layers "
            f"({join_some(layers, 20) or 'none'}), or raw."
        )
    return file["X"], file["var"]


def _encoding(stored: Any) -> str:
    return str(stored.attrs.get("encoding-type", stored.attrs.get("h5sparse_format", "")))


def _as_matrix(stored: Any, path: Path) -> Matrix:
    if isinstance(stored, h5py.Dataset):
        if stored.ndim != 2 or stored.dtype.kind not in "iuf":
            raise ScxError(
                f"{path.name}: the matrix is no table of numbers (shape {stored.shape}, type "
                f"{stored.dtype}); write it again with anndata."
            )
        return BackedDense(stored)
    if _encoding(stored) not in ("csr_matrix", "csc_matrix", "csr", "csc"):
        raise ScxError(
            f"{path.name}: the matrix is stored as {_encoding(stored) or 'something unknown'!r}; "
            "write it dense, CSR or CSC."
        )
    return BackedSparse(stored)


def _read_frame(
    group: h5py.Group, columns: list[str] | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a table, all columns or those wanted; give the names of the columns not read too."""
    from anndata.io import read_elem  # 1 s to import: only once a file is read

    unread: tuple[str, ...] = ()
    if columns is None or group.attrs.get("encoding-version") != "0.2.0":
        frame = read_elem(group)
    else:
        there = [str(name) for name in group.attrs["column-order"]]
        frame = pd.DataFrame(
            {name: read_elem(group[name]) for name in there if name in columns},
            index=pd.Index(read_elem(group[group.attrs["_index"]])),
        )
        unread = tuple(name for name in there if name not in columns)
    return frame.set_axis(frame.index.astype(str)), unread

"""10x HDF5 files, checked before scanpy reads them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
from scipy import sparse

from scx_core.errors import ScxError, join_some, reason_of
from scx_core.expression.blocks import SparseRows, refuse_damaged
from scx_core.expression.source import Source, name_table
from scx_core.hdf5 import open_hdf5, refuse_claims

_MATRIX = ("barcodes", "data", "indices", "indptr", "shape")
#: Cell Ranger 3 and later keep one group ``matrix``; before, one per genome.
_NEW: tuple[str, ...] = (*_MATRIX, "features/id", "features/name", "features/feature_type")
_OLD: tuple[str, ...] = (*_MATRIX, "genes", "gene_names")


@contextmanager
def open_10x_h5(path: Path) -> Iterator[Source]:
    """Read a 10x ``.h5`` file into a sparse matrix: gene expression only."""
    import scanpy  # seconds to import: only once a file is read

    with open_hdf5(path) as file:
        _refuse_other(file, path)
    try:
        with warnings.catch_warnings():
            # repeated symbols are usual here, and matching deals with them
            warnings.filterwarnings("ignore", message="Variable names are not unique")
            cells = scanpy.read_10x_h5(path)
    except (OSError, KeyError, ValueError) as error:
        raise ScxError(
            f"{path.name} is not a complete 10x matrix file ({reason_of(error)}); copy it again."
        ) from error
    yield Source(
        file=path.name,
        matrix=SparseRows(sparse.csr_matrix(cells.X)),
        annotation=cells.obs,
        names=name_table(cells.var_names, cells.var),
    )


def _refuse_other(file: h5py.File, path: Path) -> None:
    """Refuse an HDF5 file that is not 10x, and a matrix that points outside itself."""
    found, needed = ([file["matrix"]], _NEW) if "matrix" in file else (list(file.values()), _OLD)
    whole = [group for group in found if all(_holds(group, name) for name in needed)]
    if not whole:
        raise ScxError(
            f"{path.name} is an HDF5 file, but neither AnnData (obs, var, X) nor a 10x matrix "
            f"(it holds {join_some(file) or 'nothing'}); give one of these."
        )
    for group in whole:
        refuse_claims(group, path)
        shape = group["shape"]
        if shape.shape != (2,):
            raise ScxError(
                f"{path.name}: the matrix has no shape, so it is damaged; copy it again."
            )
        refuse_damaged(group, int(shape[1]), int(shape[0]), whole=True)


def _holds(group: object, name: str) -> bool:
    return isinstance(group, h5py.Group) and isinstance(group.get(name), h5py.Dataset)

"""Any expression file as a source: the format is told by its content."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd
from scipy import sparse

from scx_core.errors import ScxError, counted, join_some
from scx_core.expression.blocks import SparseRows
from scx_core.expression.columns import ColumnChoice
from scx_core.expression.hdf5 import open_h5ad
from scx_core.expression.long_tables import from_long, take_populations
from scx_core.expression.mtx import open_mtx
from scx_core.expression.source import Source, name_table, refuse_repeated_rows
from scx_core.expression.tables import TextMatrix, read_annotation_table, read_matrix
from scx_core.expression.ten_x import open_10x_h5
from scx_core.hdf5 import open_hdf5

#: A pseudobulk matrix that is wider than long is turned only from this many columns on: no atlas
#: lists so few genes, and few have so many populations.
TURN_FROM = 500


def tell_format(path: Path) -> str:
    """Tell the format of a file or folder: ``"h5ad"``, ``"10x"``, ``"mtx"`` or ``"text"``.

    Raises
    ------
    ScxError
        When there is nothing at the path.
    """
    if path.is_dir() or path.name.endswith((".mtx", ".mtx.gz")):
        if not path.exists():
            raise ScxError(f"There is no file {path.name} in {path.parent}; check the path.")
        return "mtx"
    if not path.is_file():
        raise ScxError(f"There is no file {path.name} in {path.parent}; check the path.")
    with path.open("rb") as handle:
        hdf5 = handle.read(4) == b"\x89HDF"
    if not hdf5:
        return "h5ad" if path.suffix in (".h5ad", ".h5", ".hdf5") else "text"
    with open_hdf5(path) as file:
        return "h5ad" if "obs" in file or path.suffix == ".h5ad" else "10x"


def open_cells(
    path: Path, layer: str | None, columns: list[str], metadata: Path | None
) -> AbstractContextManager[Source]:
    """Open a matrix of cells with its annotation.

    Parameters
    ----------
    path : Path
        AnnData, 10x ``.h5``, a folder or file of ``.mtx``, or a table of text.
    layer : str or None
        For AnnData only.
    columns : list of str
        Annotation columns wanted.
    metadata : Path or None
        Table cell → annotation columns, first column the cell id; overrides the file's own.
    """
    table = None if metadata is None else read_annotation_table(metadata)
    return _annotated(_open(path, layer, columns, table), table, metadata)


@contextmanager
def open_pseudobulk(
    path: Path, layer: str | None, ids: pd.Index | None, choice: ColumnChoice
) -> Iterator[Source]:
    """Open a ready pseudobulk matrix: rows of the source are populations.

    Parameters
    ----------
    path : Path
        AnnData (obs are populations) or a table of text, genes x populations unless `ids` match
        the rows better than the columns, or it has more columns than rows and at least
        `TURN_FROM` columns.
    layer : str or None
        For AnnData only.
    ids : pandas.Index or None
        Known names of populations.
    choice : ColumnChoice
        What is said of columns of numbers of a table: populations or not.
    """
    kind = tell_format(path)
    if kind == "h5ad":
        with open_h5ad(path, layer, None) as source:
            yield source
        return
    if kind != "text":
        raise ScxError(
            f"{path.name} holds cells, not ready pseudobulk; name the annotation columns (levels) "
            "and give the metadata table that holds them."
        )
    _refuse_layer(path, layer)
    table = read_matrix(path)
    if ids is None:
        turned = len(table.columns) > len(table.rows) and len(table.columns) >= TURN_FROM
    else:
        turned = table.rows.isin(ids).sum() > table.columns.isin(ids).sum()
    notices = (
        (
            f"{path.name} was read as populations x genes "
            f"({counted(table.numbers.shape[0], 'population')}).",
        )
        if turned
        else ()
    )
    if not turned:
        table = from_long(take_populations(table, choice, path.name), path.name)
    yield _from_text(table, path, rows_are_cells=bool(turned), notices=notices)


def _open(
    path: Path, layer: str | None, columns: list[str], table: pd.DataFrame | None
) -> AbstractContextManager[Source]:
    kind = tell_format(path)
    if kind == "h5ad":
        return open_h5ad(path, layer, columns)
    _refuse_layer(path, layer)
    if kind == "10x":
        return open_10x_h5(path)
    return open_mtx(path) if kind == "mtx" else _read_text_cells(path, columns, table)


@contextmanager
def _annotated(
    opened: AbstractContextManager[Source], table: pd.DataFrame | None, metadata: Path | None
) -> Iterator[Source]:
    """Join the metadata table to the cells."""
    with opened as source:
        if table is None or metadata is None:
            yield source
            return
        refuse_repeated_rows(source, f"{metadata.name} finds a cell by its name")
        cells = source.annotation.index
        found = cells.isin(table.index)
        if not found.any():
            raise ScxError(
                f"No cell of {metadata.name} is in {source.file}: the table has "
                f"{join_some(table.index, 3)}, the matrix {join_some(cells, 3)}; make the ids "
                "equal."
            )
        notices = list(source.notices)
        if not found.all():
            n_lost = int((~found).sum())
            notices.append(
                f"{n_lost:,} of {counted(len(cells), 'cell')} of {source.file} "
                f"{'is' if n_lost == 1 else 'are'} not in {metadata.name}."
            )
        n_extra = int((~table.index.isin(cells)).sum())
        if n_extra:
            notices.append(
                f"{counted(n_extra, 'cell')} of {metadata.name} "
                f"{'is' if n_extra == 1 else 'are'} not in {source.file}."
            )
        own = source.annotation.drop(columns=table.columns, errors="ignore")
        yield replace(source, annotation=own.join(table), notices=tuple(notices))


@contextmanager
def _read_text_cells(
    path: Path, columns: list[str], table: pd.DataFrame | None
) -> Iterator[Source]:
    """Read a table of cells; its axis that matches the metadata's ids holds the cells."""
    matrix = read_matrix(path)
    annotated = set(columns) <= set(matrix.beside.columns)
    if table is None and not annotated:
        raise ScxError(
            f"{path.name} is a matrix without annotation; give a metadata table (cell → "
            f"{join_some(columns)}), or no levels when it is ready pseudobulk."
        )
    rows_are_cells = annotated
    if table is not None:
        rows_are_cells = (
            matrix.rows.isin(table.index).sum() > matrix.columns.isin(table.index).sum()
        )
    yield _from_text(matrix, path, rows_are_cells=bool(rows_are_cells), notices=())


def _from_text(
    table: TextMatrix, path: Path, *, rows_are_cells: bool, notices: tuple[str, ...]
) -> Source:
    if rows_are_cells:
        annotation, names = table.beside, name_table(table.columns, pd.DataFrame())
        matrix = table.numbers
    else:
        annotation = pd.DataFrame(index=table.columns)
        names = name_table(table.rows, table.beside)
        matrix = sparse.csr_matrix(table.numbers.T)
    return Source(
        path.name, SparseRows(matrix), annotation, names, notices=(*table.notices, *notices)
    )


def _refuse_layer(path: Path, layer: str | None) -> None:
    if layer is not None:
        raise ScxError(f"{path.name} has no layers; leave the layer {layer!r} out.")

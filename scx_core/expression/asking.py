"""What a person is asked about an expression file before it is imported."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scx_core.expression.columns import Column, ColumnChoice, sort_columns
from scx_core.expression.hdf5 import open_h5ad
from scx_core.expression.matrices import TURN_FROM, tell_format
from scx_core.expression.normalise import find_logs, look_at
from scx_core.expression.tables import read_matrix

#: Larger tables are left to the import, which asks in a sentence.
_LARGEST_TABLE: Final = 50_000_000


@dataclass(frozen=True)
class Asked:
    """What is open about an expression file.

    Attributes
    ----------
    matrices : tuple of str
        Other matrices of the file, as a layer is asked for.
    logs : str
        What shows that the values of the matrix are logarithms, to follow the file's name; ``""`` where
        nothing does.
    columns : tuple of Column
        Columns of numbers of a table, with what each was taken for; empty for other files.
    """

    matrices: tuple[str, ...] = ()
    logs: str = ""
    columns: tuple[Column, ...] = ()


def ask_about(path: Path, layer: str | None, cells: bool) -> Asked:
    """Find what is open about an expression file.

    Parameters
    ----------
    path : Path
    layer : str or None
        The matrix chosen of AnnData; None for X.
    cells : bool
        Whether its rows are cells, not ready populations (AnnData only).

    Raises
    ------
    ScxError
        When the file is missing or damaged.
    """
    kind = tell_format(path)
    if kind == "h5ad":
        with open_h5ad(path, layer, []) as source:
            look = look_at(source, log1p=False)
            logs = "" if look.counts else find_logs(source, look, cells=cells).reason
            return Asked(source.matrices, logs)
    if kind != "text" or path.stat().st_size > _LARGEST_TABLE:
        return Asked()
    table = read_matrix(path)
    if len(table.columns) >= TURN_FROM:
        return Asked()
    headers = [str(header) for header in table.columns]
    return Asked(columns=tuple(sort_columns(headers, table.numbers, ColumnChoice())))

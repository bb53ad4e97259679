"""The table of labels of a release: log10 pseudobulk, genes x populations."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.errors import ScxError, counted, join_some, reason_of
from scx_core.release.layout import ReleaseLayout
from scx_core.unpacking import LONGEST_LINE, open_unpacked, refuse_wide, too_long


@dataclass(frozen=True)
class Labels:
    """Expression of the genes of a release, in the order of its rows.

    Attributes
    ----------
    populations : tuple of str
    log10 : ndarray of float64, shape (genes, populations)
    unused : tuple of str
        Names in the table that the sequences do not have.
    notices : tuple of str
    """

    populations: tuple[str, ...]
    log10: NDArray[np.float64]
    unused: tuple[str, ...]
    notices: tuple[str, ...]


def choose_labels(layout: ReleaseLayout, wanted: Path | None, n_outputs: int) -> Path:
    """Find the table that a model was trained on: the one wanted, or the only one that fits.

    Parameters
    ----------
    layout : ReleaseLayout
    wanted : Path, optional
        Relative to the release's folder, or absolute.
    n_outputs : int
        Populations that the checkpoints predict.

    Raises
    ------
    ScxError
        If there is none, or more than one fits.
    """
    if wanted is not None:
        path = wanted if wanted.is_absolute() else layout.folder / wanted
        if not path.is_file():
            raise ScxError(f"There is no table of labels at {path}; check the path.")
        return path
    if not layout.labels:
        raise ScxError(
            f"{layout.folder} holds no CSV of labels; give the folder of a whole release, or name "
            "the table (--labels)."
        )
    if len(layout.labels) == 1:
        return layout.labels[0]
    widths = {path: _width(path) for path in layout.labels}
    for extra in (0, 1):
        fitting = [path for path, width in widths.items() if width == n_outputs + extra]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            break
    names = join_some([path.relative_to(layout.folder) for path in fitting or layout.labels])
    raise ScxError(
        f"{layout.folder} holds several tables of labels, of which "
        f"{'more than one fits' if fitting else 'none fits'} {counted(n_outputs, 'output')}: {names}; "
        "choose one (--labels)."
    )


def _width(path: Path) -> int:
    """Count the data columns of a CSV; -1 where it cannot be read."""
    try:
        _refuse_wide(path)
        return pd.read_csv(path, index_col=0, nrows=0).shape[1]
    except (ScxError, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError):
        return -1


def read_labels(
    path: Path, names: tuple[str, ...], n_outputs: int, columns: tuple[int, ...] = ()
) -> Labels:
    """Read the labels of the genes of a release.

    Where the table lists the same names in the same order, rows belong together; else names do. A
    name that is there several times is matched in order, if both have it equally often.

    Parameters
    ----------
    path : Path
    names : tuple of str
        Of the sequences.
    n_outputs : int
        Populations that the checkpoints predict.
    columns : tuple of int
        Columns (from 0, the names not counted) that the model was trained on. If none are given: all
        of them; the first one is left out where there is one more than outputs, as by the published
        code.

    Raises
    ------
    ScxError
        If the table lacks a gene, a value is not a number, or the columns are not the outputs.
    """
    table = _read(path)
    chosen, notices = _choose_columns(path, table, n_outputs, columns)
    rows, unused = _match(path, tuple(table.index), names)
    if unused:
        notices.append(
            f"{counted(len(unused), 'row', 'rows')} of {path.name} "
            f"{'names a gene' if len(unused) == 1 else 'name genes'} that the sequences do not have "
            f"({join_some(unused, 3)}) and {'is' if len(unused) == 1 else 'are'} not used."
        )
    values = _numbers(path, table.iloc[rows, chosen], names)
    populations = tuple(str(table.columns[column]) for column in chosen)
    twice = [name for name, number in Counter(populations).items() if number > 1]
    if twice:
        raise ScxError(f"{path.name} has two columns {twice[0]!r}; rename one.")
    for name in populations:
        if not name.strip() or not name.isprintable():
            raise ScxError(
                f"The population name {name!r} of {path.name} is empty or holds control characters; "
                "rename it."
            )
    return Labels(populations, values, unused, tuple(notices))


def _read(path: Path) -> pd.DataFrame:
    _refuse_wide(path)
    try:
        # As text: pandas would number columns of one name, and take genes called NA for missing.
        raw = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise ScxError(
            f"{path.name} cannot be read as a CSV ({reason_of(error)}); mend it."
        ) from error
    if raw.shape[1] < 2 or len(raw) < 2:
        raise ScxError(
            f"{path.name} is no table of labels: it needs a column of gene names and a column for "
            "each population."
        )
    table = raw.iloc[1:, 1:]
    table.columns = pd.Index(raw.iloc[0, 1:])
    table.index = pd.Index(raw.iloc[1:, 0])
    return table


def _refuse_wide(path: Path) -> None:
    """Look at the first line alone: pandas takes minutes for a million columns."""
    with open_unpacked(path) as file:
        line = file.readline(LONGEST_LINE + 1)
    if len(line) > LONGEST_LINE:
        raise too_long(path.name, 1)
    refuse_wide(line.count(b",") + 1, path.name)


def _choose_columns(
    path: Path, table: pd.DataFrame, n_outputs: int, columns: tuple[int, ...]
) -> tuple[list[int], list[str]]:
    n_columns = table.shape[1]
    if columns:
        beyond = [column for column in columns if not 0 <= column < n_columns]
        if beyond:
            raise ScxError(
                f"{path.name} has the columns 0 to {n_columns - 1}, not {join_some(beyond)}; check "
                "--columns."
            )
        if len(columns) != n_outputs:
            raise ScxError(
                f"{counted(len(columns), 'column was', 'columns were')} chosen, but the checkpoints "
                f"have {counted(n_outputs, 'output')}; they must agree."
            )
        return list(columns), []
    if n_columns == n_outputs:
        return list(range(n_columns)), []
    if n_columns == n_outputs + 1:
        first = table.columns[0]
        return list(range(1, n_columns)), [
            f"The first column of {path.name} ({first}) is left out, as by the published code: the "
            f"checkpoints have {counted(n_outputs, 'output')}, the table {n_columns} columns."
        ]
    raise ScxError(
        f"{path.name} has {counted(n_columns, 'column')}, the checkpoints "
        f"{counted(n_outputs, 'output')}; name the columns that they were trained on (--columns), or "
        "another table (--labels)."
    )


def _match(
    path: Path, index: tuple[str, ...], names: tuple[str, ...]
) -> tuple[list[int], tuple[str, ...]]:
    """Row of the table for each name, and the names that are not used."""
    if index == names:
        return list(range(len(names))), ()
    rows_of: dict[str, list[int]] = {}
    for row, name in enumerate(index):
        rows_of.setdefault(name, []).append(row)
    wanted = Counter(names)
    missing = [name for name in wanted if name not in rows_of]
    if missing:
        extra = [name for name in rows_of if name not in wanted]
        raise ScxError(
            f"{path.name} lacks {counted(len(missing), 'gene')} of the sequences ({join_some(missing, 3)})"
            + (f" and has {len(extra):,} others ({join_some(extra, 3)})" if extra else "")
            + "; give the labels that belong to these sequences."
        )
    uneven = [name for name, number in wanted.items() if len(rows_of[name]) != number]
    if uneven:
        name = uneven[0]
        raise ScxError(
            f"{path.name} has {name} {len(rows_of[name])} times, the sequences {wanted[name]} times; "
            "which row belongs to which cannot be told: mend the table."
        )
    taken: Counter[str] = Counter()
    rows = []
    for name in names:
        rows.append(rows_of[name][taken[name]])
        taken[name] += 1
    return rows, tuple(name for name in rows_of if name not in wanted)


def _numbers(path: Path, cells: pd.DataFrame, names: tuple[str, ...]) -> NDArray[np.float64]:
    values = cells.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = wrong[0]
        raise ScxError(
            f"{path.name}, gene {names[row]}, column {cells.columns[column]}: "
            f"{cells.iloc[row, column]!r} is not a finite number; labels are log10 values, with a "
            "floor for genes never seen."
        )
    return values

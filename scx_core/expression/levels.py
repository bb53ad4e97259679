"""Resolutions of the cell annotation: population, subclass, class, tissue."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, counted, join_some
from scx_core.expression.table import POPULATION_COLUMNS
from scx_core.numbers import Style, decide_style, read_number

#: Above this, the column is an identifier or a measurement rather than an annotation.
MAX_POPULATIONS = 10_000

#: Labels that say that there is none, in small letters. "unknown" and "unassigned" are labels: they
#: say that somebody looked.
NO_LABEL = frozenset({"", "na", "n/a", "nan", "none", "null", "<na>", "nat", "#n/a", "nil"})


def label_cells(
    annotation: pd.DataFrame, levels: Mapping[str, str], where: str, unread: Sequence[str] = ()
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take the annotation columns as text labels.

    A cell that lacks a label at any level is left out at all of them, so that a coarser mean is
    exactly the mean over the cells of its finer groups.

    Parameters
    ----------
    annotation : pandas.DataFrame
        One row per cell.
    levels : mapping of str to str
        Level → column, finest first.
    where : str
        What holds the columns, for messages.
    unread : sequence of str
        Further columns that could be asked for, for messages.

    Returns
    -------
    labels : pandas.DataFrame
        Cells x levels, categorical; missing where the cell is left out.
    notices : tuple of str

    Raises
    ------
    ScxError
        When a column is missing, is a measurement rather than a label, or leaves no cell.
    """
    there = [*annotation.columns, *unread]
    for level, column in levels.items():
        if column not in annotation.columns:
            raise ScxError(
                f"{where} has no annotation column {column!r} (asked for as {level}); the columns "
                f"there are: {join_some(there, 30) or 'none'}."
            )
    labels = pd.DataFrame(
        {
            level: _as_text(annotation[column], column, where).to_numpy()
            for level, column in levels.items()
        },
        index=annotation.index,
        dtype=object,
    )
    missing = labels.isna()
    left_out = missing.any(axis=1)
    labels.loc[left_out] = None
    if left_out.all():
        raise ScxError(
            f"No cell of {where} has a label in {join_some(levels.values())}; choose other columns."
        )
    notices = tuple(
        f"{lost:,} of {counted(len(labels), 'cell')} {'has' if lost == 1 else 'have'} no label in "
        f"{column!r}{_words_of_none(annotation[column])} and {'is' if lost == 1 else 'are'} left out."
        for level, column in levels.items()
        if (lost := int(missing[level].sum()))
    )
    for level, column in levels.items():
        order = _order_of(annotation[column], labels[level])
        if len(order) > MAX_POPULATIONS:
            raise ScxError(
                f"Column {column!r} of {where} has {len(order):,} different values, more than the "
                f"{MAX_POPULATIONS:,} that can be populations; choose an annotation column."
            )
        labels[level] = pd.Categorical(labels[level], categories=order)
    return labels, notices


def label_populations(about: pd.DataFrame, levels: Mapping[str, str], where: str) -> pd.DataFrame:
    """Take the coarser labels of ready populations as text; one may be missing.

    Parameters
    ----------
    about : pandas.DataFrame
        One row per population.
    levels : mapping of str to str
        Level → column, finest first.
    where : str
        What holds the columns, for messages.

    Returns
    -------
    pandas.DataFrame
        Populations x levels, text or None, numbered from 0.

    Raises
    ------
    ScxError
        When a column holds measurements, or a group lies in two groups of the next level.
    """
    labels = pd.DataFrame(
        {level: _as_text(about[column], column, where) for level, column in levels.items()}
    )
    find_groups(labels)
    return labels


def find_groups(labels: pd.DataFrame) -> pd.DataFrame:
    """Find which coarser groups each finest group lies in.

    Parameters
    ----------
    labels : pandas.DataFrame
        Cells x levels, finest first, categorical.

    Returns
    -------
    pandas.DataFrame
        Finest groups (in category order) x levels, categorical with the same categories.

    Raises
    ------
    ScxError
        When a group lies in two groups of the next level.
    """
    levels = list(labels.columns)
    unique = labels.dropna().drop_duplicates()
    for finer, coarser in pairwise(levels):
        pairs = labels[[finer, coarser]].dropna().drop_duplicates()
        split = pairs[finer][pairs[finer].duplicated()]
        if not split.empty:
            name = split.iloc[0]
            parents = pairs.loc[pairs[finer] == name, coarser]
            raise ScxError(
                f"The {finer} {name!r} lies in more than one {coarser} ({join_some(parents)}); "
                f"each {finer} must lie in exactly one: name the levels finest first, or "
                "make its name unique."
            )
    return unique.sort_values(levels[0]).reset_index(drop=True)


def roll_up(
    groups: pd.DataFrame, mean: np.ndarray, n_cells: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, pd.DataFrame]:
    """Stack the means of all levels, the finest first.

    Parameters
    ----------
    groups : pandas.DataFrame
        Finest groups x levels, finest first; a coarser label may be missing.
    mean : numpy.ndarray
        Finest groups x names, linear.
    n_cells : numpy.ndarray
        Cells per finest group, NaN when unknown.
    weights : numpy.ndarray
        Weight of each finest group in the coarser means: the number of cells (giving the mean over
        cells), or 1.

    Returns
    -------
    mean : numpy.ndarray
        Groups of all levels x names.
    populations : pandas.DataFrame
        The population table.
    """
    levels = list(groups.columns)
    members = {level: _members(groups[level]) for level in levels}
    shown = _unique_names(members)
    means, rows = [], []
    for position, level in enumerate(levels):
        for name, indices in members[level].items():
            share = weights[indices]
            means.append(share @ mean[indices] / share.sum() if position else mean[indices[0]])
            parent = ""
            if position + 1 < len(levels):
                above = groups[levels[position + 1]].iloc[indices[0]]
                parent = "" if pd.isna(above) else shown[levels[position + 1], str(above)]
            rows.append((shown[level, name], level, parent, float(n_cells[indices].sum())))
    table = pd.DataFrame(rows, columns=["population", *POPULATION_COLUMNS])
    return np.stack(means), table.set_index("population")


def small_populations(populations: pd.DataFrame, min_cells: int) -> tuple[str, ...]:
    """Say which finest populations have fewer than `min_cells` cells."""
    finest = populations[populations["level"] == populations["level"].iloc[0]]
    small = finest.loc[finest["n_cells"] < min_cells, "n_cells"]
    if small.empty:
        return ()
    listed = join_some(f"{name} ({int(count)})" for name, count in small.items())
    return (
        f"{len(small):,} of {counted(len(finest), 'population')} "
        f"{'has' if len(small) == 1 else 'have'} fewer than {counted(min_cells, 'cell')}, so "
        f"{'its mean is' if len(small) == 1 else 'their means are'} uncertain: {listed}.",
    )


def read_counts(column: pd.Series, where: str) -> np.ndarray:
    """Read numbers of cells per population from a metadata column; NaN where not given."""
    given = column.notna().to_numpy()
    texts = column[given].astype(str)
    style = decide_style(texts).style
    if style is Style.UNKNOWN:  # 1,234 cells are 1234: numbers of cells are whole
        style = Style.POINT
    numbers = np.full(len(column), np.nan)
    numbers[given] = [read_number(text, style).value for text in texts]
    wrong = (given & np.isnan(numbers)) | (numbers < 1)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise ScxError(
            f"{where}: n_cells of {column.index[first]!r} is {column.iloc[first]!r}; give a "
            "number of cells of at least 1, or leave it empty."
        )
    return numbers


def _words_of_none(column: pd.Series) -> str:
    """List what stands in place of a label, such as "nan" as text."""
    given = column[column.notna() & without_label(column)].astype(str).str.strip()
    words = sorted(set(given) - {""})
    return f" (it says {join_some(map(repr, words))})" if words else ""


def without_label(column: pd.Series) -> pd.Series:
    """Say which rows of a column of labels have none, whether missing or in words ("nan")."""
    words = [value for value in column.dropna().unique() if str(value).strip().lower() in NO_LABEL]
    return column.isna() | column.isin(words)


def _as_text(column: pd.Series, name: str, where: str) -> pd.Series:
    values = column.astype(object).where(column.notna(), None)
    present = values.dropna()
    if pd.api.types.is_float_dtype(column.dtype) and len(present):
        numbers = present.to_numpy(dtype=np.float64)
        if not (numbers == np.round(numbers)).all():
            raise ScxError(
                f"Column {name!r} of {where} holds measurements such as {numbers[0]:g}, not "
                "labels; choose an annotation column."
            )
        present = present.astype(np.int64)
    words = present.astype(str).str.strip()
    labels = words.to_numpy(dtype=object)
    labels[words.str.lower().isin(NO_LABEL).to_numpy()] = None
    filled = np.full(len(values), None, dtype=object)
    filled[values.notna().to_numpy()] = labels
    return pd.Series(filled)


def _order_of(column: pd.Series, labels: pd.Series) -> list[str]:
    present = set(labels.dropna())
    if isinstance(column.dtype, pd.CategoricalDtype):
        listed = [str(category).strip() for category in column.cat.categories]
        ordered = [name for name in dict.fromkeys(listed) if name in present]
        if len(ordered) == len(present):
            return ordered
    numeric = all(name.lstrip("-").isdigit() for name in present)
    return sorted(present, key=int) if numeric else sorted(present)


def _members(labels: pd.Series) -> dict[str, np.ndarray]:
    """Positions of the finest groups in each group of one level, in category or file order."""
    if isinstance(labels.dtype, pd.CategoricalDtype):
        order = list(labels.cat.categories)
    else:
        order = list(pd.unique(labels.dropna()))
    values = labels.to_numpy(dtype=object)
    return {str(name): np.flatnonzero(values == name) for name in order if (values == name).any()}


def _unique_names(members: Mapping[str, Mapping[str, np.ndarray]]) -> dict[tuple[str, str], str]:
    """Name each group; one that several levels share becomes ``name (level)`` at all of them."""
    keys = [(level, name) for level, groups in members.items() for name in groups]
    times = pd.Series([name for _, name in keys]).value_counts()
    shown = {
        (level, name): name if times[name] == 1 else f"{name} ({level})" for level, name in keys
    }
    repeated = pd.Series(list(shown.values()))
    if repeated.duplicated().any():
        raise ScxError(
            f"The population name {repeated[repeated.duplicated()].iloc[0]!r} arises twice; rename "
            "that population in the annotation."
        )
    return shown

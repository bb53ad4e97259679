"""What the readers of each format have in common."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.variants.reading.variant_list import EffectAllele, as_objects

#: Kind and sentence for rows on another build than the first of the list.
WRONG_BUILD: Final = "wrong build"


class Parser(Protocol):
    """Understands the lines of one format.

    Attributes
    ----------
    format : str
        See `VariantList.format`.
    columns : tuple of str
        Of the user's rows.
    roles : mapping of str to str
        Column by role.
    build : str
        As far as the lines parsed so far state it.
    effect : EffectAllele
        Which allele the effects belong to.
    """

    format: str
    columns: tuple[str, ...]
    roles: Mapping[str, str]
    effect: EffectAllele

    @property
    def notices(self) -> Sequence[str]:
        """Sentences about the list; more come while lines are parsed."""

    @property
    def build(self) -> str:
        """Genome build as far as it is stated."""

    def records(self, lines: Iterator[str]) -> Iterator[str]:
        """Give the data rows (of one line or, with quotes, several), without header and comments."""

    def parse(self, records: Sequence[str], first_row: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give the rows (index ``row`` from ``first_row``) and the alleles of some records."""


class StatedBuild:
    """The build that the rows of a list state: that of the first one that states any.

    Parameters
    ----------
    build : str
        As stated for the whole list, ``""`` if it is not.
    """

    def __init__(self, build: str = "") -> None:
        self.build = build

    def check(self, builds: Sequence[str], texts: dict[str, list[str]]) -> None:
        """Give a reason to the parts on another build.

        Parameters
        ----------
        builds : sequence of str
            As each part states it, ``""`` if it does not.
        texts : dict of str to list of str
            ``reason`` and ``reason_kind`` are set.
        """
        for place, build in enumerate(builds):
            if not build:
                continue
            self.build = self.build or build
            if build != self.build and not texts["reason"][place]:
                texts["reason"][place] = (
                    f"the row is on {build}, those before it on {self.build}; give it in a list of "
                    "its own"
                )
                texts["reason_kind"][place] = WRONG_BUILD


def number_rows(cells: Mapping[str, Sequence[str]], n_rows: int, first_row: int) -> pd.DataFrame:
    """Make the user's rows from their columns."""
    index = pd.RangeIndex(first_row, first_row + n_rows, name="row")
    made = {
        name: pd.Series(as_objects(values), index, dtype=object) for name, values in cells.items()
    }
    return pd.DataFrame(made, index=index, columns=list(cells), copy=False)


def unique_names(columns: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Tell columns of the same name apart, and name those without.

    Returns
    -------
    names : tuple of str
    notices : list of str
        A sentence if there were such columns.
    """
    names: list[str] = []
    renamed = []
    for number, column in enumerate(columns, start=1):
        name = column.strip() or f"column {number}"
        again = 2
        while name in names:
            name = f"{column.strip()} ({again})"
            again += 1
        names.append(name)
        if column.strip() and name != column.strip():
            renamed.append(f"{name!r}")
    notice = f"Columns of the same name were told apart: {', '.join(renamed)}." if renamed else ""
    return tuple(names), [notice] if notice else []


def fit_cells(
    cells: list[list[str]], n_columns: int, separator: str, optional: int = 0
) -> dict[int, str]:
    """Make all rows as long as the header, in place.

    Parameters
    ----------
    cells : list of list of str
        Surplus cells that hold anything are kept in the last column.
    n_columns : int
    separator : str
        Put between surplus cells.
    optional : int
        So many cells may be missing at the end of a row.

    Returns
    -------
    dict of int to str
        Why a row cannot be used, by its place.
    """
    problems = {}
    for place, row in enumerate(cells):
        n_cells = len(row)
        if n_cells == n_columns:
            continue
        if n_cells < n_columns:
            if n_cells < n_columns - optional:
                problems[place] = f"the row ends after {n_cells} of {n_columns} columns"
            row.extend([""] * (n_columns - n_cells))
        else:
            if any(cell.strip() for cell in row[n_columns:]):
                problems[place] = f"the row has {n_cells} cells, the header {n_columns}"
                row[n_columns - 1] = separator.join(row[n_columns - 1 :])
            del row[n_columns:]
    return problems


def cut_columns(
    records: Sequence[str], columns: Sequence[str], separator: str
) -> dict[str, list[str]] | None:
    """Cut lines into columns at once, if all have as many cells as there are columns.

    A list for each line would cost more in the garbage collector than the cutting itself.
    """
    n_between = len(columns) - 1
    if any(line.count(separator) != n_between for line in records):
        return None
    cells = separator.join(records).split(separator)
    return {name: _share(cells[place :: len(columns)]) for place, name in enumerate(columns)}


def _share(cells: list[str]) -> list[str]:
    """Let equal cells be one text in memory, where there are many of them."""
    unique = {cell: cell for cell in cells}
    return [unique[cell] for cell in cells] if 2 * len(unique) < len(cells) else cells


def stand_columns(cells: Sequence[Sequence[str]], columns: Sequence[str]) -> dict[str, list[str]]:
    """Turn rows of cells into columns."""
    return dict(zip(columns, map(list, zip(*cells, strict=True)), strict=True))


def split_alternatives(
    texts: dict[str, list[str]], n_rows: int
) -> tuple[dict[str, list[str]], NDArray[np.int64], NDArray[np.int64]]:
    """Make a part of each alternative allele of ``C,T``.

    Parameters
    ----------
    texts : dict of str to list of str
        One entry a row.
    n_rows : int

    Returns
    -------
    texts : dict of str to list of str
        One entry a part.
    places : ndarray of int64
        Row of each part, from 0.
    parts : ndarray of int64
    """
    alternatives = texts.get("alternative", [])
    if not any("," in text for text in alternatives):
        return texts, np.arange(n_rows), np.zeros(n_rows, np.int64)
    split = [text.split(",") for text in alternatives]
    counts = np.array([len(pieces) for pieces in split])
    places = np.repeat(np.arange(n_rows), counts)
    parts = np.arange(len(places)) - np.repeat(np.cumsum(counts) - counts, counts)
    wanted = places.tolist()
    made = {name: [values[place] for place in wanted] for name, values in texts.items()}
    made["alternative"] = [piece for pieces in split for piece in pieces]
    for name in ("effect_allele", "other_allele", "spelled_alternative"):
        if name in made:
            # Effects of the alternative are, in each part, those of its own.
            whole = [alternatives[place] for place in wanted]
            made[name] = [
                piece if text == all_ else text
                for text, all_, piece in zip(made[name], whole, made["alternative"], strict=True)
            ]
    return made, places, parts

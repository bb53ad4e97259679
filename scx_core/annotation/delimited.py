"""Tables with a header (TSV or CSV), every cell with its line number."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation.blocks import read_blocks
from scx_core.errors import ScxError, join_some
from scx_core.unpacking import refuse_wide

_NOTHING: Final = frozenset({"", "na", "nan", "n/a", "null", "none", "."})


@dataclass(frozen=True)
class DelimitedTable:
    """A table of text.

    Attributes
    ----------
    file : str
        Name of the file.
    cells : DataFrame of str
        Column names as in the file; the index is the 1-based line number.
    """

    file: str
    cells: pd.DataFrame

    def find(self, *names: str) -> str | None:
        """Find the column with one of these names (case and ``_`` do not matter), in this order."""
        by_name = {_plain(column): column for column in reversed(self.cells.columns)}
        return next((by_name[_plain(name)] for name in names if _plain(name) in by_name), None)

    def numbers(self, column: str) -> pd.Series:
        """Read a column as numbers that are not negative; NaN where the cell is empty or NA."""
        text = self.cells[column]
        empty = text.str.lower().isin(_NOTHING)
        values = pd.to_numeric(text.mask(empty), errors="coerce").astype(float)
        wrong = ~empty & ~(np.isfinite(values) & (values >= 0))
        if wrong.any():
            line = first_line(wrong)
            raise ScxError(
                f"{self.file}, line {line:,}: {column} is {text[line]!r}, not a number of at least "
                "0; fix the value or leave it empty."
            )
        return values


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "").replace(" ", "").replace("-", "")


def first_line(mask: pd.Series) -> int:
    """Line number (the index) of the first row in ``mask``."""
    return int(mask.index[int(np.argmax(mask.to_numpy(bool)))])


def read_delimited(path: Path) -> DelimitedTable:
    """Read a TSV or CSV with a header line, plain or gzip; ``#`` starts a comment line.

    Raises
    ------
    ScxError
        If a row has another number of cells than the header (with its line number), a column name
        occurs twice, or there are no rows.
    """
    content = b"".join(block.content for block in read_blocks(path)).decode()
    numbered = [
        (number, line) for number, line in enumerate(content.splitlines(), 1) if line.strip()
    ]
    numbered = _without_comments(numbered)
    if len(numbered) < 2:
        raise ScxError(f"{path.name} has no rows below its header; give the complete table.")
    separator = _separator(numbered[0][1])
    refuse_wide(numbered[0][1].count(separator) + 1, path.name)
    reader = csv.reader((line for _, line in numbered), delimiter=separator)
    try:
        rows = list(reader)
    except csv.Error as error:
        number = numbered[max(reader.line_num, 1) - 1][0]
        raise ScxError(
            f"{path.name}, line {number:,}: a cell cannot be read ({error}); fix or remove the line."
        ) from error
    if len(rows) != len(numbered):
        raise ScxError(f"{path.name} has quotes that do not close; fix or remove them.")
    header = [name.strip() for name in rows[0]]
    twice = [name for name in dict.fromkeys(header) if header.count(name) > 1]
    if twice:
        raise ScxError(f"{path.name} has the column {join_some(twice)} more than once; keep one.")
    for (number, _), row in zip(numbered, rows, strict=True):
        if len(row) != len(header):
            raise ScxError(
                f"{path.name}, line {number:,}: {len(row)} columns instead of the {len(header)} of "
                "the header; fix or remove the line."
            )
    cells = pd.DataFrame(rows[1:], columns=header, index=[number for number, _ in numbered[1:]])
    return DelimitedTable(path.name, cells.apply(lambda column: column.str.strip()))


def _separator(header: str) -> str:
    return "\t" if "\t" in header else ","


def _without_comments(numbered: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Drop comment lines, but keep a header that begins with # as many programs write it.

    That is the last comment before the first row, if it has as many columns (at least two).
    """
    is_comment = [line.startswith("#") for _, line in numbered]
    rows = [row for row, comment in zip(numbered, is_comment, strict=True) if not comment]
    first = is_comment.index(False) if rows else 0
    if first:
        number, line = numbered[first - 1]
        separator = _separator(line)
        columns = line.count(separator)
        if columns and columns == numbered[first][1].count(separator):
            return [(number, line.lstrip("#")), *rows]
    return rows


def require_unique(table: DelimitedTable, ids: pd.Series, what: str) -> None:
    """Refuse ids that are empty or occur twice, with their lines."""
    if (ids == "").any():
        line = first_line(ids == "")
        raise ScxError(f"{table.file}, line {line:,}: the {what} is empty; fix or remove the line.")
    twice = ids[ids.duplicated(keep=False)]
    if len(twice):
        lines: Sequence[int] = twice.index[twice == twice.iloc[0]]
        raise ScxError(
            f"{table.file} has the {what} {twice.iloc[0]} on lines {join_some(lines)} "
            f"({twice.nunique():,} such in all); keep one line each."
        )

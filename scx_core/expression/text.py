"""Tables of text (CSV, TSV, gzip or not), read with the line and column of what is wrong."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
from scipy import sparse

from scx_core.errors import ScxError
from scx_core.expression.levels import without_label
from scx_core.expression.source import ID_HEADERS
from scx_core.unpacking import bounded_lines, open_unpacked, refuse_wide

#: Cells of a table held as numbers before they are made sparse.
_TABLE_VALUES = 4_000_000


@dataclass(frozen=True)
class Layout:
    """How a table is laid out.

    Attributes
    ----------
    path : Path
    separator : str
    header : list of str
        One entry per column, the first being that of the row names (``""`` where R left it out).
    header_line : int
        Line of the header, 1-based.
    blank_lines : tuple of int
        Empty lines after the header, 1-based.
    n_rows : int
        Rows below the header.
    """

    path: Path
    separator: str
    header: list[str]
    header_line: int
    blank_lines: tuple[int, ...]
    n_rows: int

    def line_of(self, row: int) -> int:
        """Find the line (1-based) of a row (0-based, below the header)."""
        line = self.header_line + 1 + row
        for blank in self.blank_lines:
            line += int(blank <= line)
        return line


@dataclass(frozen=True)
class TextMatrix:
    """A table of numbers with row names, identifier columns and column names.

    Attributes
    ----------
    rows : pandas.Index
        First field of each row.
    beside : pandas.DataFrame
        Text columns between the row names and the numbers, one row per row.
    columns : pandas.Index
        Headers of the numbers.
    numbers : scipy.sparse.csr_matrix
        Rows x columns, float64.
    """

    rows: pd.Index
    beside: pd.DataFrame
    columns: pd.Index
    numbers: sparse.csr_matrix


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """Open a text file, gzip or not, with one sentence for what can be wrong with it."""
    try:
        with (
            open_unpacked(path) as unpacked,
            io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="") as handle,
        ):
            yield handle
    except pd.errors.ParserError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ScxError(
            f"{path.name} cannot be read as a table ({reason}); check its quotes and separators."
        ) from error
    except UnicodeDecodeError as error:
        raise ScxError(
            f"{path.name} is not text in UTF-8 (byte {error.start:,}); save it as CSV or TSV text."
        ) from error


def scan(path: Path) -> Layout:
    """Find the layout of a table, and refuse one whose rows differ in length.

    A header that is one field shorter than most rows is R's: it leaves out the row names.

    Raises
    ------
    ScxError
        When there is no row, or only one column, or a row has too many or too few fields.
    """
    with open_text(path) as handle:
        numbered = (
            (number, line.rstrip("\r\n"))
            for number, line in enumerate(bounded_lines(handle, path.name), 1)
        )
        header_line, header_text = next(
            ((number, line) for number, line in numbered if line), (0, "")
        )
        if not header_text:
            raise ScxError(f"{path.name} is empty; give a table with a header and rows.")
        separator = max("\t,;", key=header_text.count)
        header = _split(header_text, separator, header_line, path)
        blank: list[int] = []
        widths: dict[int, tuple[int, int]] = {}  # fields -> first line with so many, how often
        for number, line in numbered:
            if not line:
                blank.append(number)
                continue
            width = (
                len(_split(line, separator, number, path))
                if '"' in line
                else line.count(separator) + 1
            )
            refuse_wide(width, path.name)
            first, times = widths.get(width, (number, 0))
            widths[width] = first, times + 1
    n_rows = sum(times for _, times in widths.values())
    if n_rows == 0:
        raise ScxError(f"{path.name} has a header but no rows; give a table with rows.")
    usual = max(widths, key=lambda fields: (widths[fields][1], fields == len(header)))
    if usual == len(header) + 1:
        header = ["", *header]
    ragged = sorted((first, width) for width, (first, _) in widths.items() if width != len(header))
    if ragged:
        place, width = ragged[0]
        raise ScxError(
            f"Line {place:,} of {path.name} has {width:,} columns, but the header has "
            f"{len(header):,}; mend that line, or the separator."
        )
    if len(header) < 2:
        raise ScxError(f"{path.name} has only one column; separate columns with tabs or commas.")
    names = [name.strip() for name in header]
    return Layout(path, separator, names, header_line, tuple(blank), n_rows)


def read_matrix(path: Path) -> TextMatrix:
    """Read a table of numbers, part by part into a sparse matrix.

    The first column holds the row names. Columns next to it are identifiers or annotations while
    their header names an identifier or none of their values is a number.

    Raises
    ------
    ScxError
        When a row is ragged or a value is not a number (line and column are named).
    """
    layout = scan(path)
    width = len(layout.header)
    rows: list[pd.Series] = []
    beside: list[pd.DataFrame] = []
    parts: list[sparse.csr_matrix] = []
    first_number = 0
    for frame in _read_parts(layout, max(1, _TABLE_VALUES // width)):
        if not rows:
            first_number = _first_number(frame, layout)
        offset = sum(len(part) for part in rows)
        rows.append(frame[0].astype(str).str.strip())
        beside.append(frame[list(range(1, first_number))].astype(str))
        numbers = [_as_numbers(frame[c], layout, c, offset) for c in range(first_number, width)]
        parts.append(sparse.csr_matrix(np.column_stack(numbers)))
    index = pd.Index(pd.concat(rows))
    text = pd.concat(beside).set_axis(index).set_axis(layout.header[1:first_number], axis=1)
    columns = pd.Index(layout.header[first_number:])
    return TextMatrix(index, text, columns, sparse.csr_matrix(sparse.vstack(parts)))


def read_annotation_table(path: Path) -> pd.DataFrame:
    """Read a table of labels as text: first column → index (unique), empty and words such as ``NA`` → missing.

    Raises
    ------
    ScxError
        When the file is missing, ragged, or has a name twice.
    """
    if not path.is_file():
        raise ScxError(f"There is no metadata table {path.name} in {path.parent}; check the path.")
    layout = scan(path)
    with open_text(path) as handle:
        table = pd.read_csv(
            handle,
            sep=layout.separator,
            header=None,
            names=list(range(len(layout.header))),
            skiprows=layout.header_line,
            dtype=str,
            keep_default_na=False,  # a population or a cell may be called NA
        )
    names = table[0].str.strip()
    table = table.drop(columns=0).apply(lambda column: column.mask(without_label(column)))
    repeated = names[names.duplicated()]
    if not repeated.empty:
        row = int(repeated.index[0])
        raise ScxError(
            f"Line {layout.line_of(row):,} of {path.name} repeats the name {repeated.iloc[0]!r}; "
            "keep one line for each."
        )
    table.columns = pd.Index(layout.header[1:])
    return table.set_axis(pd.Index(names, name=layout.header[0]))


def _split(line: str, separator: str, number: int, path: Path) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error as error:
        raise ScxError(
            f"Line {number:,} of {path.name} cannot be split into columns ({error}); check that it "
            "is a table of text with one value per column."
        ) from error


def _read_parts(layout: Layout, rows: int) -> Iterator[pd.DataFrame]:
    with open_text(layout.path) as handle:
        yield from pd.read_csv(
            handle,
            sep=layout.separator,
            header=None,
            names=list(range(len(layout.header))),
            skiprows=layout.header_line,
            dtype={0: str},
            keep_default_na=False,  # a gene may be called NA, and an empty number is an error
            low_memory=False,
            chunksize=rows,
        )


def _first_number(frame: pd.DataFrame, layout: Layout) -> int:
    for column in range(1, len(layout.header)):
        if layout.header[column].lower() in ID_HEADERS:
            continue
        if pd.to_numeric(frame[column], errors="coerce").notna().any():
            return column
    raise ScxError(
        f"{layout.path.name} has no column of numbers; give a matrix of expression values."
    )


def _as_numbers(column: pd.Series, layout: Layout, position: int, offset: int) -> np.ndarray:
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64)
    numbers = pd.to_numeric(column.astype(str), errors="coerce")
    wrong = np.flatnonzero(numbers.isna().to_numpy())
    if wrong.size:
        row = int(wrong[0])
        value = column.iloc[row]
        raise ScxError(
            f"Line {layout.line_of(offset + row):,}, column {position + 1:,} "
            f"({layout.header[position]!r}) of {layout.path.name} holds {value!r}, which is not a "
            "number; replace it, with 0 where nothing was measured."
        )
    return numbers.to_numpy(dtype=np.float64)

"""How a table of text is laid out: what precedes its header, its separator, its rows."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError
from scx_core.expression.text import open_text
from scx_core.numbers import read_number
from scx_core.unpacking import bounded_lines, refuse_wide

#: Lines and characters by which the separator is chosen, and cells of each line.
_SAMPLE_LINES: Final = 50
_SAMPLE_CHARACTERS: Final = 1_000_000
_SAMPLE_CELLS: Final = 100

#: Separators in the order in which they are preferred where the table is regular with several.
#: ``" "`` stands for any run of spaces.
_SEPARATORS: Final = "\t;, "

#: GenePattern's GCT: the first line names the version, the second the sizes of the table.
_GCT: Final = re.compile(r"#1\.[23]\s*")

#: A number with a comma in it where a cell begins.
_COMMA_NUMBER: Final = r"[+\-−]?[0-9.\s]*,[0-9]"


@dataclass(frozen=True)
class Layout:
    """How a table is laid out.

    Attributes
    ----------
    path : Path
    separator : str
        One character; ``" "`` stands for any run of spaces.
    header : list of str
        One entry per column, the first being that of the row names (``""`` where R left it out).
    body_line : int
        Line where the rows begin, 1-based.
    blank_lines : tuple of int
        Empty lines among the rows, 1-based.
    n_rows : int
        Rows below the header.
    n_beside : int or None
        Columns beside the row names that are no numbers, where the format says so.
    commas : bool
        Whether numbers may be written with commas, or the file comes from programs that do so.
    notices : tuple of str
        What was passed over.
    """

    path: Path
    separator: str
    header: list[str]
    body_line: int
    blank_lines: tuple[int, ...]
    n_rows: int
    n_beside: int | None = None
    commas: bool = False
    notices: tuple[str, ...] = ()

    def line_of(self, row: int) -> int:
        """Find the line (1-based) of a row (0-based)."""
        line = self.body_line + row
        for blank in self.blank_lines:
            line += int(blank <= line)
        return line


@dataclass(frozen=True)
class TableStart:
    """What a table begins with.

    Attributes
    ----------
    header_line, body_line : int
        Lines of the header and of the first row, 1-based.
    header : str
    rows : list of (int, str)
        The first lines below the header, with their numbers.
    n_meta_rows : int
        Rows between header and body that describe columns (GCT 1.3).
    n_beside : int or None
        See `Layout`.
    separators : str
        Those that the format allows.
    """

    header_line: int
    header: str
    body_line: int
    rows: list[tuple[int, str]]
    n_meta_rows: int = 0
    n_beside: int | None = None
    separators: str = _SEPARATORS


@dataclass
class _Rows:
    """The lines below the header, as they are counted."""

    separator: str
    name: str
    blank: list[int] = field(default_factory=list)
    widths: dict[int, tuple[int, int]] = field(default_factory=dict)  # fields -> first line, times
    commas: bool = False

    def count(self, lines: Iterable[tuple[int, str]]) -> None:
        mark = "" if self.separator == " " else self.separator
        # Between commas, only a number in quotes can hold one.
        before = '"' if mark == "," else f'[{mark or " "}]"?'
        number_with_comma = re.compile(before + _COMMA_NUMBER)
        for number, line in lines:
            if not line:
                self.blank.append(number)
                continue
            width = n_fields(line, self.separator, number, self.name)
            refuse_wide(width, self.name)
            first, times = self.widths.get(width, (number, 0))
            self.widths[width] = first, times + 1
            if not self.commas and ("," in line if mark != "," else '"' in line):
                self.commas = number_with_comma.search(line) is not None

    @property
    def n_rows(self) -> int:
        return sum(times for _, times in self.widths.values())


def find_layout(path: Path) -> Layout:
    """Find the layout of a table, and refuse one whose rows differ in length.

    Comment lines (``#``) before the header are passed over; a header may begin with ``#`` itself.
    The separator is the one with which header and rows have the same number of columns. A header
    that is one field shorter than most rows is R's: it leaves out the row names. GCT 1.2 and 1.3
    are known.

    Raises
    ------
    ScxError
        When there is no row, or only one column, or a row has too many or too few fields.
    """
    with open_text(path) as handle:
        lines = _numbered(bounded_lines(handle, path.name))
        start = _read_start(lines, path.name)
        separator = choose_separator(start.header, [row for _, row in start.rows], start.separators)
        header = split_line(start.header, separator, start.header_line, path.name)
        rows = _Rows(separator, path.name)
        rows.count(chain(start.rows, lines))
    if rows.n_rows == 0:
        raise ScxError(f"{path.name} has a header but no rows; give a table with rows.")
    widths = rows.widths
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
    return Layout(
        path,
        separator,
        [name.strip() for name in header],
        start.body_line,
        tuple(rows.blank),
        rows.n_rows,
        start.n_beside,
        rows.commas or separator == ";",
        _say_passed_over(start, path.name),
    )


def choose_separator(header: str, rows: list[str], separators: str = _SEPARATORS) -> str:
    """Choose the separator with which a table is regular.

    Parameters
    ----------
    header : str
    rows : list of str
        Some lines below it; empty ones do not count.
    separators : str
        Those to choose from; at a tie the first wins.
    """
    filled = [row for row in rows if row]

    def fit(separator: str) -> tuple[float, bool, float]:
        n_header = len(_try_split(header, separator))
        split = [_try_split(row, separator) for row in filled]
        usual, times = Counter(map(len, split)).most_common(1)[0]
        if usual < 2 or n_header not in (usual, usual - 1):
            return 0.0, False, 0.0
        cells = [cell for row in split for cell in row[1:_SAMPLE_CELLS]]
        numbers = sum(not read_number(cell).problem for cell in cells)
        return round(times / len(split), 1), n_header == usual, numbers / len(cells)

    fits = {separator: fit(separator) for separator in separators} if filled else {}
    if any(share for share, _, _ in fits.values()):
        return max(separators, key=fits.__getitem__)
    # It is regular with none: the message names the columns by the most usual sign of the header.
    return max(separators.strip(" ") or " ", key=header.count)


def split_line(line: str, separator: str, number: int, name: str) -> list[str]:
    """Split a line into cells; quotes are respected.

    Raises
    ------
    ScxError
        When the line cannot be split.
    """
    try:
        return _split(line, separator)
    except csv.Error as error:
        raise ScxError(
            f"Line {number:,} of {name} cannot be split into columns ({error}); check that it "
            "is a table of text with one value per column."
        ) from error


def n_fields(line: str, separator: str, number: int, name: str) -> int:
    """Count the cells of a line."""
    if '"' in line:
        return len(split_line(line, separator, number, name))
    return len(line.split()) if separator == " " else line.count(separator) + 1


def _split(line: str, separator: str) -> list[str]:
    if separator == " ":
        line = line.strip()
    return next(csv.reader([line], delimiter=separator, skipinitialspace=separator == " "), [])


def _try_split(line: str, separator: str) -> list[str]:
    try:
        return _split(line, separator)
    except csv.Error:
        return []


def begin_table(lines: Iterable[str], name: str) -> TableStart:
    """Read the beginning of a table: what precedes the header, the header, the first rows.

    Parameters
    ----------
    lines : iterable of str
    name : str
        The file's name, for messages.

    Raises
    ------
    ScxError
        When there is no line, or the beginning of a GCT is broken.
    """
    return _read_start(_numbered(lines), name)


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        yield number, line.rstrip("\r\n")


def _sample(lines: Iterator[tuple[int, str]]) -> list[tuple[int, str]]:
    """Take the first lines, as many as tell the separator."""
    sample: list[tuple[int, str]] = []
    left = _SAMPLE_CHARACTERS
    for number, line in islice(lines, _SAMPLE_LINES):
        sample.append((number, line))
        left -= len(line)
        if left < 0:
            break
    return sample


def _read_start(lines: Iterator[tuple[int, str]], name: str) -> TableStart:
    comments: list[tuple[int, str]] = []
    for number, line in lines:
        if not line:
            continue
        if _GCT.fullmatch(line) and not comments:
            return _read_gct_start(lines, line.strip(), name)
        if line.startswith("#"):
            comments.append((number, line))
            continue
        rows = _sample(lines)
        if comments and _is_header(comments[-1][1], line, [row for _, row in rows]):
            place, header = comments[-1]
            return TableStart(place, header.lstrip("#").strip(" "), number, [(number, line), *rows])
        return TableStart(number, line, number + 1, rows)
    if comments:
        raise ScxError(f"{name} holds only comments; give a table with a header and rows.")
    raise ScxError(f"{name} is empty; give a table with a header and rows.")


def _is_header(comment: str, line: str, rows: list[str]) -> bool:
    """Whether the last comment is the header: as long as the line below it, which is a row."""
    text = comment.lstrip("#").strip(" ")
    separator = choose_separator(text, [line, *rows])
    names, cells = _try_split(text, separator), _try_split(line, separator)
    return (
        len(names) >= 2
        and len(names) in (len(cells), len(cells) - 1)
        and any(not read_number(cell).problem for cell in cells[1:])
    )


def _read_gct_start(lines: Iterator[tuple[int, str]], version: str, name: str) -> TableStart:
    _, sizes = next(lines, (0, ""))
    counts = [int(word) for word in sizes.split() if word.isdecimal()]
    number, header = next(lines, (0, ""))
    if len(counts) != (2 if version == "#1.2" else 4) or not header:
        raise ScxError(
            f"{name} begins as GCT {version[1:]}, but its second line does not hold the sizes of the "
            "table, or there is no header; copy the file again."
        )
    # 1.2 has one column of descriptions; 1.3 says how many, and how many rows describe columns.
    n_beside, n_meta_rows = (1, 0) if version == "#1.2" else (counts[2], counts[3])
    passed = list(islice(lines, n_meta_rows))
    rows = _sample(lines)
    body_line = number + 1 + n_meta_rows
    return TableStart(number, header, body_line, rows, len(passed), n_beside, "\t")


def _say_passed_over(start: TableStart, name: str) -> tuple[str, ...]:
    if not start.n_meta_rows:
        return ()
    return (
        f"{start.n_meta_rows:,} rows of {name} that describe its columns (GCT 1.3) were not read.",
    )

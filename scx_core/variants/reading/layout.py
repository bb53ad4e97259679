"""How a table is laid out: its separator, its header, where the rows begin."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from scx_core.variants.reading.spellings import KNOWN_COLUMNS, PROVIDERS, plain_name
from scx_core.variants.reading.typed import is_readable

_SEPARATORS: Final = ("\t", ";", ",", "|")
#: Rows that are looked at.
SAMPLE: Final = 200
_NUMBER: Final = re.compile(r"[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?")
#: Cells that are data and no name (``FRQ_A_53386`` is a name).
_DATA: Final = re.compile(
    r"rs[0-9]+|[\w.]+:[0-9,]+(?:\W.*)?|[\w.]+[_-][0-9]+[_-][ACGT]+[_-][ACGT]+(?:_.*)?|NC_.*:g\..*",
    re.IGNORECASE,
)
#: A quoted cell may hold line ends; an open quote is not looked for further than this.
_MOST_LINES: Final = 50
_KNOWN: Final = frozenset(name for names in KNOWN_COLUMNS.values() for name in names).union(
    *(provider.needs for provider in PROVIDERS)
)


@dataclass(frozen=True)
class Layout:
    """How a table is laid out.

    Attributes
    ----------
    separator : str
        ``""`` stands for any run of spaces.
    header : tuple of str
        Names of the columns; empty where the first row is data.
    first_line : int
        Index of the first line below the header.
    comments : tuple of str
        Lines above the header.
    """

    separator: str
    header: tuple[str, ...]
    first_line: int
    comments: tuple[str, ...]


def find_layout(head: Sequence[str]) -> Layout:
    """Find out how the first lines of a list are laid out."""
    n_comments = next(
        (n for n, line in enumerate(head) if line.strip() and not line.startswith("#")), len(head)
    )
    comments = [line for line in head[:n_comments] if line.strip()]
    body = [line for line in head[n_comments:] if line.strip()][: SAMPLE + 1]
    if not body:
        # All that there is may be a header: "#chrom pos".
        names = comments[-1].lstrip("#") if comments else ""
        separator = find_separator([names])
        header = split_or_whole(names, separator)
        known = len(header) > 1 and any(plain_name(name) in _KNOWN for name in header)
        return Layout(separator, tuple(header) if known else (), len(head), tuple(comments))
    if looks_like_header(body[0]):
        separator, header = _separate(body[0], body[1:])
        first_line = next(n for n in range(n_comments, len(head)) if head[n].strip()) + 1
        if len(header) > 1 or plain_name(header[0]) in _KNOWN:
            return Layout(separator, tuple(header), first_line, tuple(comments))
    elif comments and not comments[-1].startswith("##"):
        separator, header = _separate(comments[-1][1:].strip(" "), body)
        if len(header) > 1 and len(header) == len(split_or_whole(body[0], separator)):
            return Layout(separator, tuple(header), n_comments, tuple(comments[:-1]))
    return Layout(find_separator(body), (), n_comments, tuple(comments))


def _separate(names: str, rows: Sequence[str]) -> tuple[str, list[str]]:
    """Find the separator of the rows and the cells of the header, which may have another one.

    Headers that were typed or pasted by hand are parted by spaces above rows parted by tabs.
    """
    separator = find_separator([names, *rows])
    header = split_or_whole(names, separator)
    if rows and (below := find_separator(rows)) != separator:
        widths = [len(split_or_whole(row, below)) for row in rows]
        if len(header) > 1 and widths.count(len(header)) > len(rows) // 2:
            return below, header
    return separator, header


def find_separator(lines: Sequence[str]) -> str:
    """Find what stands between the cells.

    Tabs are. Of others, the one that cuts all lines into the same number of cells: a comma may also
    be a decimal sign, or stand between alleles. If none does, the first line decides.
    """
    counts = {separator: lines[0].count(separator) for separator in _SEPARATORS}
    if counts["\t"]:
        return "\t"
    even = [
        separator
        for separator in _SEPARATORS
        if counts[separator]
        and all(count_cells(line, separator) == counts[separator] + 1 for line in lines)
    ]
    best = max(even or counts, key=lambda separator: counts[separator])
    return best if counts[best] else ""


def looks_like_header(line: str) -> bool:
    """Say whether a line is of names: no number, rsID or variant among its cells."""
    cells = split_or_whole(line, find_separator([line]))
    if any(_NUMBER.fullmatch(cell.strip()) for cell in cells):
        return False
    return not is_readable(line) and not any(_DATA.fullmatch(cell.strip()) for cell in cells)


def split_line(line: str, separator: str) -> list[str]:
    """Split one row into cells, whatever line ends its quotes hold.

    Raises
    ------
    csv.Error
        If a quote is not closed.
    """
    if '"' not in line:
        return line.split(separator) if separator else line.split()
    if separator == "\t":
        # Between tabs a quote is a letter, unless quotes enclose the cell.
        return [_unquote(cell) for cell in line.split("\t")]
    if not separator:
        line = " ".join(line.split())
    return next(csv.reader([line], delimiter=separator or " ", strict=True))


def split_or_whole(line: str, separator: str) -> list[str]:
    """Split one row into cells; one whose quotes are wrong is one cell."""
    try:
        return split_line(line, separator)
    except csv.Error:
        return [line]


def _unquote(cell: str) -> str:
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        return cell[1:-1].replace('""', '"')
    return cell


def join_quoted(lines: Iterator[str], separator: str, n_columns: int) -> Iterator[str]:
    """Put lines together again that one quoted cell spans.

    A quote that is still open after 50 lines, or closes where the row would not have its columns,
    ends with its own line: the rows below go on.
    """
    waiting: list[str] = []
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        if line.count('"') % 2:
            waiting += islice(lines, max(_MOST_LINES - len(waiting), 0))
            last = next((n for n, text in enumerate(waiting) if text.count('"') % 2), None)
            joined = "\n".join([line, *waiting[: last + 1]]) if last is not None else ""
            if last is not None and count_cells(joined, separator) == n_columns:
                waiting = waiting[last + 1 :]
                line = joined
        yield line


def count_cells(line: str, separator: str) -> int:
    """Count the cells of a row, 0 if its quotes are wrong."""
    try:
        return len(split_line(line, separator))
    except csv.Error:
        return 0

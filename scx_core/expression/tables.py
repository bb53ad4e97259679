"""Tables of text (CSV, TSV, GCT), read with the line and column of what is wrong."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from scipy import sparse

from scx_core.errors import ScxError, join_some
from scx_core.expression.columns import kind_by_name
from scx_core.expression.layout import Layout, find_layout
from scx_core.expression.levels import NO_LABEL, without_label
from scx_core.expression.source import ID_HEADERS, is_header_word
from scx_core.expression.text import open_text
from scx_core.numbers import Style, decide_style, read_number

#: Cells of a table held as numbers before they are made sparse.
_TABLE_VALUES = 4_000_000

#: Different cells by which the decimal sign is decided.
_STYLE_CELLS: Final = 200_000

#: How STAR's ReadsPerGene.out.tab begins.
_STAR_ROW: Final = "N_unmapped"


@dataclass(frozen=True)
class TextMatrix:
    """A table of numbers with row names, identifier columns and column names.

    Attributes
    ----------
    rows : pandas.Index
        First field of each row.
    beside : pandas.DataFrame
        Columns of text, one row per row.
    columns : pandas.Index
        Headers of the numbers.
    numbers : scipy.sparse.csr_matrix
        Rows x columns, float64.
    notices : tuple of str
        How the table was read, where that is not plain.
    """

    rows: pd.Index
    beside: pd.DataFrame
    columns: pd.Index
    numbers: sparse.csr_matrix
    notices: tuple[str, ...] = ()


def read_matrix(path: Path) -> TextMatrix:
    """Read a table of numbers, part by part into a sparse matrix.

    The first column holds the row names. Columns whose header names an identifier, or in which no
    value is a number, stand beside them; so does a column that mixes both where its header names a
    position, a chromosome or another kind of value that is no expression.

    Raises
    ------
    ScxError
        When the table has no header, a row is ragged, a value is not a number (line and column are
        named), or numbers with commas may mean two things.
    """
    layout = find_layout(path)
    style, notices = _settle_style(layout)
    width = len(layout.header)
    rows: list[pd.Series] = []
    texts: list[pd.DataFrame] = []
    parts: list[sparse.csr_matrix] = []
    beside: list[int] = []
    for frame in _read_parts(layout, max(1, _TABLE_VALUES // width), as_text=layout.commas):
        if not rows:
            beside = _beside(frame, layout, style)
            _refuse_no_header(layout, frame, beside)
        offset = sum(len(part) for part in rows)
        rows.append(frame[0].astype(str).str.strip())
        texts.append(frame[beside].astype(str))
        numbers = [
            _as_numbers(frame[c], layout, c, offset, style)
            for c in range(1, width)
            if c not in beside
        ]
        parts.append(sparse.csr_matrix(np.column_stack(numbers)))
    index = pd.Index(pd.concat(rows))
    text = pd.concat(texts).set_axis(index).set_axis([layout.header[c] for c in beside], axis=1)
    places = [c for c in range(1, width) if c not in beside]
    columns = [layout.header[c] for c in places]
    numbers_of_all = sparse.csr_matrix(sparse.vstack(parts))
    said = (*layout.notices, *notices)
    late = [repr(layout.header[c]) for c in beside if c > places[0]]
    if late:
        said += (
            f"Columns of {path.name} that are no numbers were not read as populations: "
            f"{join_some(late)}.",
        )
    return TextMatrix(index, text, pd.Index(columns), numbers_of_all, said)


def read_annotation_table(path: Path) -> pd.DataFrame:
    """Read a table of labels as text: first column → index (unique).

    Empty cells, and words such as ``NA``, are missing labels.

    Raises
    ------
    ScxError
        When the file is missing, ragged, or has a name twice.
    """
    if not path.is_file():
        raise ScxError(f"There is no metadata table {path.name} in {path.parent}; check the path.")
    layout = find_layout(path)
    table = pd.concat(_read_parts(layout, _TABLE_VALUES, as_text=True))
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


def _read_parts(layout: Layout, rows: int, *, as_text: bool) -> Iterator[pd.DataFrame]:
    with open_text(layout.path) as handle:
        yield from pd.read_csv(
            handle,
            sep=r"\s+" if layout.separator == " " else layout.separator,
            header=None,
            names=list(range(len(layout.header))),
            skiprows=layout.body_line - 1,
            dtype=str if as_text else {0: str},
            keep_default_na=False,  # a gene may be called NA, and an empty number is an error
            low_memory=False,
            chunksize=rows,
        )


def _beside(frame: pd.DataFrame, layout: Layout, style: Style) -> list[int]:
    """Find the columns that stand beside the numbers, by the first rows."""
    beside = []
    for column in range(1, len(layout.header)):
        header = layout.header[column]
        known = header.lower() in ID_HEADERS
        if known or (layout.n_beside is not None and column <= layout.n_beside):
            beside.append(column)
        elif frame[column].dtype.kind not in "iuf":
            cells = pd.Series(frame[column].astype(str).unique())
            numbers = cells.map(lambda cell: not read_number(cell, style).problem)
            nothing = cells.str.strip().str.lower().isin(NO_LABEL)
            mixed = not numbers.all() and bool(kind_by_name(header))
            if mixed or not (numbers.any() or nothing.all()):
                beside.append(column)
    if len(beside) == len(layout.header) - 1:
        raise ScxError(
            f"{layout.path.name} has no column of numbers; give a matrix of expression values."
        )
    return beside


def _refuse_no_header(layout: Layout, frame: pd.DataFrame, beside: list[int]) -> None:
    """Refuse a table whose first line is a row: it holds numbers where names should stand."""
    names = [name for c, name in enumerate(layout.header) if c > 0 and c not in beside]
    name = layout.path.name
    if any(read_number(text).problem for text in names):
        return
    if len(layout.header) == 4 and _STAR_ROW in (layout.header[0], *frame[0].head()):
        raise ScxError(
            f"{name} is STAR's ReadsPerGene.out.tab: no header, and three counts of one sample "
            "(column 2 unstranded, 3 and 4 by strand), which are no populations; join the column "
            "of your protocol of all samples into one table, with a first line of gene and the "
            "names of the samples."
        )
    if layout.header[0] and not is_header_word(layout.header[0]):
        begin = ", ".join(layout.header[:4])
        raise ScxError(
            f"The first line of {name} ({begin}{' …' if len(layout.header) > 4 else ''}) holds "
            "numbers where the names of populations should stand, so the table seems to have no "
            "header: put a line with gene and their names above it; if it is the header, call its "
            "first column gene."
        )


def _settle_style(layout: Layout) -> tuple[Style, tuple[str, ...]]:
    """Decide the decimal sign from all numbers of the table, and say so where it is no point."""
    if not layout.commas:
        return Style.POINT, ()
    seen: dict[str, tuple[int, int]] = {}  # cell -> row and column where it stands first
    rows = max(1, _TABLE_VALUES // len(layout.header))
    for frame in _read_parts(layout, rows, as_text=True):
        for column in range(1, len(layout.header)):
            cells = frame[column].drop_duplicates()
            for row, cell in zip(cells.index, cells, strict=True):
                seen.setdefault(cell, (int(row), column))
        if len(seen) > _STYLE_CELLS:
            break
    decision = decide_style(seen, point_is_usual=layout.separator != ";")
    name = layout.path.name

    def where(cell: str) -> str:
        row, column = next(place for text, place in seen.items() if text.strip() == cell)
        return f"{cell!r} (line {layout.line_of(row):,}, column {layout.header[column]!r})"

    if len(decision.examples) > 1:
        first, second = decision.examples[:2]
        raise ScxError(
            f"{name} writes numbers in two ways, {where(first)} and {where(second)}; write all with "
            "a decimal point and without a sign for thousands."
        )
    if decision.examples:
        cell = decision.examples[0]
        bare = re.sub("[.,]", "", cell)
        raise ScxError(
            f"{where(cell)} of {name} may be {bare} or {cell.replace(',', '.')}, and no other number "
            "of the file tells which; write numbers with a decimal point and without a sign for "
            "thousands."
        )
    if decision.style is Style.COMMA:
        return Style.COMMA, (f"Numbers of {name} were read with a decimal comma.",)
    grouped = [cell for cell in islice(seen, _STYLE_CELLS) if re.fullmatch(_GROUPED, cell.strip())]
    if not grouped:
        return Style.POINT, ()
    return Style.POINT, (
        f"Commas in numbers of {name} were read as signs for thousands ({join_some(grouped, 2)}).",
    )


_GROUPED: Final = r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?"


def _as_numbers(
    column: pd.Series, layout: Layout, position: int, offset: int, style: Style
) -> np.ndarray:
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=np.float64)
    codes, cells = pd.factorize(column.astype(str))
    read = [read_number(cell, style) for cell in cells]
    wrong = np.array([bool(number.problem) for number in read])[codes]
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        style_of_all = " with a decimal comma, as others there are" if style is Style.COMMA else ""
        raise ScxError(
            f"Line {layout.line_of(offset + row):,}, column {position + 1:,} "
            f"({layout.header[position]!r}) of {layout.path.name} holds {column.iloc[row]!r}, which "
            f"{read[codes[row]].problem}{style_of_all}; replace it, with 0 where nothing was measured."
        )
    return np.array([number.value for number in read], dtype=np.float64)[codes]

"""Regions of the genome, such as candidate cis-regulatory elements (cCREs), from BED."""

import re
from io import BytesIO
from pathlib import Path
from typing import Final

import bioframe
import numpy as np
import pandas as pd

from scx_core.annotation.blocks import POSITION_DIGITS, Lines, read_blocks, split_lines
from scx_core.errors import ScxError, counted
from scx_core.sequence.interval import Interval

REGION_COLUMNS: Final = ["chromosome", "start", "end", "name", "region_class"]
_NO_CLASS: Final = "region"
_ACCESSION: Final = r"E[HM]\d+E\d+"


def read_regions(path: Path) -> pd.DataFrame:
    """Read BED regions, plain or gzip.

    The name is column 4. The class is column 10 of ENCODE's BED9+ (PLS, pELS, dELS, …); in the
    six-column download of SCREEN, the name is column 5 (EH38E…) and the class column 6. Other BED
    files have the class ``"region"``; regions without a name are named by their place, as
    ``chr22:39,570,245-39,570,564`` (1-based). Lines that start with ``browser``, ``track`` or
    ``#`` are skipped.

    Returns
    -------
    DataFrame
        ``chromosome``, ``start``, ``end`` (0-based half-open), ``name``, ``region_class``, in file
        order.

    Raises
    ------
    ScxError
        If a line is broken (with its number) or there is no region.
    """
    return _name(read_bed(path, "regions").reset_index(drop=True))


def read_bed(path: Path, what: str) -> pd.DataFrame:
    """Read all columns of a BED file, plain or gzip.

    Parameters
    ----------
    path : Path
    what : str
        What the lines are, for a message.

    Returns
    -------
    DataFrame
        ``chromosome``, ``start``, ``end`` (0-based half-open) and, as text, ``column4`` and so on;
        the index is the 1-based line.

    Raises
    ------
    ScxError
        If a line is broken (with its number) or there is none.
    """
    tables = []
    columns: int | None = None
    for block in read_blocks(path):
        content = block.content
        if b"\t" not in content:  # BED may use spaces; names then hold none
            content = re.sub(rb" +", b"\t", content)
        lines = split_lines(content)
        keep = lines.is_data & ~_is_header(lines)
        if not keep.any():
            continue
        columns = columns or int(lines.columns[keep][0])
        _refuse_columns(lines, keep, columns, path, block.first_line)
        numbers = block.first_line + np.flatnonzero(keep)
        tables.append(_parse(lines.keep(keep), columns, numbers, path).set_index(numbers))
    if not tables:
        raise ScxError(f"{path.name} holds no {what}; give a BED file.")
    return pd.concat(tables)


def _is_header(lines: Lines) -> np.ndarray:
    """Lines of the genome browser: few, and at the start of the file or of a track."""
    first = lines.bytes_[lines.starts]
    mask = np.zeros(len(first), dtype=bool)
    for line in np.flatnonzero((first == ord("b")) | (first == ord("t"))):
        mask[line] = re.match(r"(browser|track)\b", lines.text(int(line))) is not None
    return mask


def _refuse_columns(
    lines: Lines, keep: np.ndarray, columns: int, path: Path, first_line: int
) -> None:
    if columns < 3:
        line = first_line + int(np.argmax(keep))
        raise ScxError(
            f"{path.name}, line {line:,}: {counted(columns, 'column')}; BED has at least "
            "chromosome, start and end, separated by tabs."
        )
    wrong = np.flatnonzero(keep & (lines.columns != columns))
    if wrong.size:
        raise ScxError(
            f"{path.name}, line {first_line + wrong[0]:,}: {lines.columns[wrong[0]]} columns instead "
            f"of the {columns} of the first line; fix or remove the line."
        )


def _parse(content: bytes, columns: int, numbers: np.ndarray, path: Path) -> pd.DataFrame:
    names = ["chromosome", "start", "end", *(f"column{place}" for place in range(4, columns + 1))]
    table = bioframe.read_table(
        BytesIO(content), schema=names, dtype=str, quoting=3, keep_default_na=False
    )
    for column in ("start", "end"):
        whole = table[column].str.fullmatch(rf"[0-9]{{1,{POSITION_DIGITS}}}")
        if not whole.all():
            row = int(np.argmin(whole.to_numpy()))
            raise ScxError(
                f"{path.name}, line {numbers[row]:,}: {column} {table[column][row]!r} is not a whole "
                f"number of 1 to {POSITION_DIGITS} digits; fix or remove the line."
            )
        table[column] = table[column].astype(np.int64)
    wrong = np.flatnonzero(table["end"] <= table["start"])
    if wrong.size:
        row = int(wrong[0])
        raise ScxError(
            f"{path.name}, line {numbers[row]:,}: end {table['end'][row]} is not after start "
            f"{table['start'][row]}; fix or remove the line."
        )
    if (table["chromosome"] == "").any():
        row = int(np.argmax(table["chromosome"] == ""))
        raise ScxError(
            f"{path.name}, line {numbers[row]:,}: the chromosome is empty; fix the line."
        )
    return table


def _name(table: pd.DataFrame) -> pd.DataFrame:
    """Find the columns with name and class, and name the nameless."""
    name, region_class = _name_and_class(table)
    places = zip(table["chromosome"], table["start"], table["end"], strict=True)
    nameless = name.isin(["", "."])
    if nameless.any():
        shown = pd.Series([str(Interval(*place)) for place in places], index=table.index)
        name = name.where(~nameless, shown)
    return table.assign(name=name, region_class=region_class)[REGION_COLUMNS]


def _name_and_class(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    none = pd.Series("", index=table.index, dtype=object)
    classless = none.replace("", _NO_CLASS)
    is_screen = "column6" in table and table["column5"].str.fullmatch(_ACCESSION).all()
    if is_screen:
        return table["column5"], table["column6"]
    name = table.get("column4", none)
    # Column 10 is a number in BED12 (blocks) and narrowPeak (summit): no class.
    if "column10" in table and not table["column10"].str.fullmatch(r"-?[\d.]*").any():
        return name, table["column10"]
    return name, classless

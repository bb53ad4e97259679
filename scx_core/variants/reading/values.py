"""What cells of a table mean, and what spreadsheets did to them.

Each reader of a cell gives the value, what is wrong (without full stop) and what was mended. Only
what has one meaning is mended: ``39570542.0`` is a position, ``3.957E+07`` has lost digits.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core import numbers
from scx_core.numbers import Style, decide_style
from scx_core.spreadsheets import name_damage
from scx_core.variants.variant import MOST_DIGITS

#: Cells that say that nothing is known, in small letters.
NOTHING: Final = frozenset(
    {"", ".", "na", "n/a", "nan", "none", "null", "nr", "?", "#n/a", "<na>", "unknown"}
)

_LETTERS: Final = re.compile(r"[ACGT]+")
_WITH_N: Final = re.compile(r"[ACGTN]+")
_CODES: Final = frozenset({"I", "D", "INS", "DEL", "DUP", "INV", "CNV", "SV"})
_POINT_ZERO: Final = re.compile(r"([0-9]+)\.0*")
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:([, '’\u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*")
_GROUPED_BY_DOT: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_SCIENTIFIC: Final = re.compile(r"([0-9])(?:[.,]([0-9]+))?([eE])\+?([0-9]{1,2})")


@dataclass(frozen=True)
class Cell:
    """A cell that was understood, or not.

    Attributes
    ----------
    value : str
        ``""`` where nothing is known.
    reason, kind : str
        Why it cannot be used, and of which kind that is; ``""`` if it can.
    note : str
        What was mended.
    """

    value: str
    reason: str = ""
    kind: str = ""
    note: str = ""


#: A number as programs write it, of which there is nothing to mend.
_PLAIN: Final = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
#: What stands for an allele that is not known: also PLINK's 0 and -9.
_NO_ALLELE: Final = NOTHING | {"0", "-9"}


def is_unknown_allele(text: str) -> bool:
    """Say whether a cell gives no allele: it is empty, or says that none is known."""
    return text.strip().lower() in _NO_ALLELE


def is_nothing(text: str) -> bool:
    """Say whether a cell says that nothing is known."""
    return text.strip().lower() in NOTHING


def read_allele(text: str, which: str) -> Cell:
    """Read an allele; ``-`` is left to `write_deletion`.

    Parameters
    ----------
    text : str
    which : str
        How the sentence calls it, such as ``"reference allele"``.
    """
    allele = text.strip().upper()
    if _LETTERS.fullmatch(allele) or allele == "-":
        return Cell(allele)
    if is_unknown_allele(allele):
        return Cell("")
    shown = repr(text.strip()[:30])
    if allele == "TRUE":
        return Cell("T", note=f"{which} TRUE read as T, which R had made of it")
    if allele[0] in "<*" or "[" in allele or "]" in allele or allele[0] == "." or allele[-1] == ".":
        return Cell("", f"the {which} {shown} is symbolic, it names no letters", "symbolic allele")
    if allele in _CODES:
        return Cell("", f"the {which} {shown} is a code, it names no letters", "symbolic allele")
    if _WITH_N.fullmatch(allele):
        return Cell("", f"the {which} {shown} holds unknown letters (N)", "unknown sequence")
    return Cell("", f"the {which} {shown} is not written in A, C, G, T", "unreadable")


def read_chromosome(text: str) -> Cell:
    """Read a chromosome's name; ``22.0`` is 22, ``0`` is unknown."""
    name = text.strip()
    if is_nothing(name) or name == "0":
        return Cell("")
    if match := _POINT_ZERO.fullmatch(name):
        return Cell(match[1], note=f"chromosome {name} read as {match[1]}")
    if len(name) > 100 or any(letter.isspace() for letter in name):
        return Cell("", f"the chromosome {name[:30]!r} is no name of one", "unreadable")
    return Cell(name)


def read_position(text: str) -> Cell:
    """Read a 1-based position: digits, or what can only mean these digits."""
    cell = text.strip()
    digits, note = cell, ""
    if is_nothing(cell):
        return Cell("")
    if not (cell.isascii() and cell.isdecimal()):
        digits = _mend_position(cell)
        note = f"position {cell} read as {digits}"
    if not digits:
        what = (
            "has lost digits in a spreadsheet"
            if _SCIENTIFIC.fullmatch(cell)
            else "is not a whole number"
        )
        return Cell("", f"the position {cell[:30]!r} {what}", "unreadable")
    digits = digits.lstrip("0")
    if not digits:
        return Cell("", "the position is 0; positions begin at 1", "unreadable")
    if len(digits) > MOST_DIGITS:
        return Cell("", f"the position {cell[:30]} is beyond every chromosome", "unreadable")
    return Cell(digits, note=note)


def _mend_position(cell: str) -> str:
    """Give the digits that a damaged position must have had, ``""`` if that is not certain."""
    if match := _POINT_ZERO.fullmatch(cell):
        return match[1]
    if _GROUPED.fullmatch(cell) or _GROUPED_BY_DOT.fullmatch(cell):
        return "".join(letter for letter in cell if letter.isdecimal())
    match = _SCIENTIFIC.fullmatch(cell)
    if match is None:
        return ""
    fraction, exponent = match[2] or "", int(match[4])
    if exponent > MOST_DIGITS or len(fraction.rstrip("0")) > exponent:
        return ""
    digits = match[1] + fraction.ljust(exponent, "0")[:exponent]
    # All digits are there; or R wrote it, which does so without loss where that is shorter.
    by_r = match[3] == "e" and "+" in cell and len(match[4]) == 2 and len(cell) < len(digits)
    return digits if len(fraction) >= exponent or by_r else ""


def read_positions(texts: Sequence[str]) -> tuple[pd.arrays.IntegerArray, dict[int, Cell]]:
    """Read a column of positions.

    Returns
    -------
    values : IntegerArray
        NA where there is none.
    others : dict of int to Cell
        By place in the column: those that were mended or cannot be used.
    """
    values = np.zeros(len(texts), np.int64)
    others = {}
    for place, text in enumerate(texts):
        # By far the most are plain digits, so this loop is the price of a million rows.
        if text.isdecimal() and text.isascii() and len(text) <= MOST_DIGITS:
            values[place] = int(text)
        if values[place] == 0:
            cell = read_position(text)
            values[place] = int(cell.value or 0)
            if cell.note or cell.reason:
                others[place] = cell
    return pd.arrays.IntegerArray(values, values == 0), others


def read_each(
    texts: Sequence[str], read: Callable[[str], Cell]
) -> tuple[list[str], dict[int, Cell]]:
    """Read a column in which the same cells come again and again, each kind once.

    Returns
    -------
    values : list of str
    others : dict of int to Cell
        By place in the column: those that were mended or cannot be used.
    """
    cells = {text: read(text) for text in set(texts)}
    odd = {text for text, cell in cells.items() if cell.note or cell.reason}
    others = {p: cells[text] for p, text in enumerate(texts) if text in odd} if odd else {}
    return [cells[text].value for text in texts], others


def read_numbers(
    texts: Sequence[str], which: str, valid: Callable[[float], bool]
) -> tuple[NDArray[np.float64], dict[int, str]]:
    """Read a column of numbers; its decimal sign is decided from all of them.

    Parameters
    ----------
    texts : sequence of str
    which : str
        How notes call it, such as ``"p-value"``.
    valid : callable
        Which numbers are possible; others become NaN, with a note.

    Returns
    -------
    values : ndarray of float64
        NaN where there is none.
    notes : dict of int to str
        By place in the column: what was mended or left out.
    """
    style = decide_style(texts).style
    values = np.full(len(texts), np.nan)
    notes = {}
    points = style is not Style.COMMA
    for place, text in enumerate(texts):
        # By far the most are plain numbers, so this is the price of a million rows.
        if points and _PLAIN.fullmatch(text):
            value = float(text)
            if value and math.isfinite(value) and valid(value):
                values[place] = value
                continue
        if is_nothing(text):
            continue
        value, note = read_number(text, which, style)
        if math.isfinite(value) and not valid(value):
            value, note = math.nan, f"{which} {text.strip()[:30]!r} is impossible, so left out"
        values[place] = value
        if note:
            notes[place] = note
    return values, notes


def read_number(text: str, which: str, style: Style = Style.UNKNOWN) -> tuple[float, str]:
    """Read a number that is given; NaN and a note if it is none."""
    number = numbers.read_number(text.strip().lstrip("<≤ "), style)
    if number.problem:
        return math.nan, f"{which} {text.strip()[:30]!r} {number.problem}, so left out"
    return number.value, f"{which} {text.strip()} {number.note}" if number.note else ""


def describe_date(text: str) -> str:
    """Note what a spreadsheet made of a gene's name (``1-Mar``, ``2-Sep``), else ``""``."""
    damage = name_damage(text)
    return f"gene {text.strip()!r} is {damage}; it is not used" if damage else ""

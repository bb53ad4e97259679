"""Numbers as people and their programs write them.

A file is written with one decimal sign. ``1,234`` is 1234 where the point is the decimal sign and
1.234 where the comma is, so one cell alone does not say; all numbers of a column or file together
mostly do (`decide_style`). What cannot be decided is never guessed: it is `Number.problem`.
"""

import math
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

#: Minus signs that word processors and journals write.
_MINUS: Final = str.maketrans(dict.fromkeys("−–‒﹣－", "-"))
#: Signs that group thousands and are never a decimal sign.
_SPACES: Final = " '’\u00a0\u2009\u202f"

_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_WITH_COMMA: Final = re.compile(r"[+-]?(?:[0-9]+,[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_POWER: Final = re.compile(r"(.+?)\s*[x×*·]\s*10\s*\^?\s*([+-]?[0-9]{1,6})", re.IGNORECASE)
#: One group of thousands: a point or a comma here may be either sign.
_ONE_GROUP: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
#: Grouped thousands that show what the other sign is.
_BY_COMMA: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+\.[0-9]*|(?:,[0-9]{3}){2,})")
_BY_POINT: Final = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:(?:\.[0-9]{3})+,[0-9]*|(?:\.[0-9]{3}){2,})")
_BY_SPACE: Final = re.compile(
    rf"([+-]?[1-9][0-9]{{0,2}})((?:([{_SPACES}])[0-9]{{3}})(?:\3[0-9]{{3}})*)([.,][0-9]*)?"
)
#: Nothing else can change what the cells of a column mean: no comma, no number with two points.
_TELLING: Final = re.compile(r"[0-9],|,[0-9]|\.[0-9]+\.")


class Style(Enum):
    """Which sign parts the whole from the fraction."""

    POINT = "decimal point"
    COMMA = "decimal comma"
    UNKNOWN = "not known"


@dataclass(frozen=True)
class Number:
    """A cell that was read as a number, or not.

    Attributes
    ----------
    value : float
        NaN where it is no number.
    problem : str
        Why it is none, to follow the quoted cell (``"is not a number"``); ``""`` if it is one.
    note : str
        What was mended, to follow the quoted cell (``"read as 0.5"``).
    """

    value: float
    problem: str = ""
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """The style of a column or file.

    Attributes
    ----------
    style : Style
    examples : tuple of str
        Where the style is unknown although cells need it: a cell that may be two numbers, or two
        cells that contradict each other. Else empty.
    """

    style: Style
    examples: tuple[str, ...] = ()


def decide_style(texts: Iterable[str], *, point_is_usual: bool = True) -> Decision:
    """Decide from all numbers of a column or file which sign is the decimal sign.

    Parameters
    ----------
    texts : iterable of str
        Cells; those that are no numbers are passed over.
    point_is_usual : bool
        Whether points that could as well group thousands (``1.234``, and nothing else tells) are
        decimal points. False for files of programs that keep the comma for decimals, such as CSV
        with semicolons.

    Returns
    -------
    Decision
        ``Style.POINT`` where no cell has a comma or groups of thousands.
    """
    cells = list(dict.fromkeys(texts))
    if point_is_usual and not _TELLING.search("\n".join(cells)):
        return Decision(Style.POINT)
    says: dict[Style, str] = {}
    either: dict[str, str] = {}
    for text in cells:
        cell = _tidy(text)
        if _ONE_GROUP.fullmatch(cell):
            either.setdefault("," if "," in cell else ".", text.strip())
        elif (said := _says(cell)) is not Style.UNKNOWN:
            says.setdefault(said, text.strip())
    if len(says) == 2:
        return Decision(Style.UNKNOWN, tuple(says.values()))
    if says:
        return Decision(next(iter(says)))
    if "," in either or ("." in either and not point_is_usual):
        return Decision(Style.UNKNOWN, tuple(either.values()))
    return Decision(Style.POINT)


def read_number(text: str, style: Style = Style.UNKNOWN) -> Number:
    """Read a cell.

    Parameters
    ----------
    text : str
        Decimal point or comma, thousands grouped by point, comma, space or apostrophe, any minus
        sign, ``1e-8``, ``1.2 × 10^-8``.
    style : Style
        From `decide_style`. Where it is unknown, a cell is read if it has one meaning by itself;
        ``1.234`` is then 1.234.

    Returns
    -------
    Number
        A number smaller than a float can be becomes the smallest float, with a note.
    """
    cell = _tidy(text)
    plain = _as_plain(cell, style)
    if not plain:
        if style is Style.UNKNOWN and _ONE_GROUP.fullmatch(cell):
            whole, fraction = cell.split(",")
            return Number(math.nan, f"may be {whole}{fraction} or {whole}.{fraction}")
        return Number(math.nan, "is not a number")
    value = float(plain)
    if not math.isfinite(value):
        return Number(math.nan, "is too large")
    if value == 0 and re.search(r"[1-9]", plain.lower().partition("e")[0]):
        smallest = math.copysign(sys.float_info.min, -1 if plain.startswith("-") else 1)
        return Number(smallest, note="is smaller than a number can be; the smallest stands for it")
    return Number(value, note="" if plain == cell else f"read as {plain}")


def _tidy(text: str) -> str:
    return text.strip().translate(_MINUS)


def _says(cell: str) -> Style:
    """Say which style a cell alone shows; unknown where it is no number or may be either."""
    if power := _POWER.fullmatch(cell):
        cell = power[1]
    if grouped := _BY_SPACE.fullmatch(cell):
        cell = f"0{grouped[4] or ''}"
    if _BY_COMMA.fullmatch(cell):
        return Style.POINT
    if _BY_POINT.fullmatch(cell):
        return Style.COMMA
    if _ONE_GROUP.fullmatch(cell):
        return Style.UNKNOWN
    if "." in cell and _PLAIN.fullmatch(cell):
        return Style.POINT
    return Style.COMMA if _WITH_COMMA.fullmatch(cell) else Style.UNKNOWN


def _as_plain(cell: str, style: Style) -> str:
    """Write a number with a decimal point and nothing else; ``""`` if it is none."""
    if style is not Style.COMMA and _PLAIN.fullmatch(cell):
        return cell
    if power := _POWER.fullmatch(cell):
        factor = _as_plain(power[1].strip(), style)
        return f"{factor}e{int(power[2])}" if factor and "e" not in factor.lower() else ""
    if grouped := _BY_SPACE.fullmatch(cell):
        whole = grouped[1] + "".join(digit for digit in grouped[2] if digit.isdecimal())
        rest = grouped[4] or ""
        if style is not Style.UNKNOWN and rest and rest[0] != _SIGN[style]:
            return ""
        return whole + rest.replace(",", ".")
    own = _says(cell)
    if own is Style.UNKNOWN and _ONE_GROUP.fullmatch(cell):
        own = style
    if style is not own and style is not Style.UNKNOWN:
        return cell if _PLAIN.fullmatch(cell) and "." not in cell else ""
    if own is Style.UNKNOWN:
        return ""
    decimal = _SIGN[own]
    bare = cell.replace("," if decimal == "." else ".", "")
    # Without a fraction, several groups of the other sign are left: 1.234.567.
    return bare.replace(",", ".") if _PLAIN.fullmatch(bare.replace(",", ".")) else ""


_SIGN: Final = {Style.POINT: ".", Style.COMMA: ","}

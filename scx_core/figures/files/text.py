"""Text with the little HTML that plotly knows: lines, bold, italic, raised, lowered, coloured."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from scx_core.errors import ScxError

_TAG: Final = re.compile(r"<(/?)([A-Za-z]+)((?:\s[^<>]*)?)/?>")
_COLOR: Final = re.compile(r"""^\s*style=(['"])color:\s*([^;'"]+);?\1\s*$""")
_RAISED: Final = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOWERED: Final = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one look."""

    text: str
    bold: bool = False
    italic: bool = False
    color: str | None = None

    @property
    def look(self) -> tuple[bool, bool, str | None]:
        """All but the letters."""
        return self.bold, self.italic, self.color


def lines_of_runs(text: object) -> list[list[Run]]:
    """Split text at its tags into lines of runs.

    Raises
    ------
    ScxError
        If it has a tag that files cannot show.
    """
    lines: list[list[Run]] = [[]]
    open_: list[tuple[str, Run]] = []
    now, level = Run(""), ""
    end = 0
    written = str(text)
    for tag in _TAG.finditer(written):
        _add(lines, now, written[end : tag.start()], level)
        end = tag.end()
        closing, name, rest = tag.group(1), tag.group(2).lower(), tag.group(3)
        if name == "br":
            lines.append([])
        elif closing:
            if not open_ or open_[-1][0] != name:
                raise ScxError(f"Files cannot show the text {written!r}: </{name}> closes nothing.")
            now = open_.pop()[1]
            level = "" if name in ("sup", "sub") else level
        else:
            open_.append((name, now))
            now = _looking(now, name, rest, written)
            level = name if name in ("sup", "sub") else level
    _add(lines, now, written[end:], level)
    return lines


def _looking(now: Run, name: str, rest: str, written: str) -> Run:
    if name in ("b", "strong"):
        return replace(now, bold=True)
    if name in ("i", "em"):
        return replace(now, italic=True)
    if name in ("sup", "sub"):
        return now
    color = _COLOR.match(rest)
    if name == "span" and color:
        return replace(now, color=color.group(2).strip())
    raise ScxError(
        f"Files cannot show <{name}{rest}> in the text {written!r}; use <b>, <i>, <br>, <sup>, "
        "<sub> or <span style='color:…'>."
    )


def _add(lines: list[list[Run]], now: Run, letters: str, level: str) -> None:
    letters = html.unescape(letters)
    if level:
        letters = letters.translate(_RAISED if level == "sup" else _LOWERED)
    if letters:
        lines[-1].append(replace(now, text=letters))


def one_look(text: object) -> tuple[str, dict[str, Any]] | None:
    """Give text and its font if all of it looks the same, else None."""
    lines = lines_of_runs(text)
    looks = {run.look for line in lines for run in line if run.text.strip()}
    if len(looks) > 1:
        return None
    bold, italic, color = looks.pop() if looks else (False, False, None)
    return join(lines), font_of(Run("", bold, italic, color))


def font_of(run: Run) -> dict[str, Any]:
    """Properties of matplotlib for the look of a run."""
    font: dict[str, Any] = {}
    if run.bold:
        font["fontweight"] = "bold"
    if run.italic:
        font["fontstyle"] = "italic"
    if run.color:
        font["color"] = run.color
    return font


def join(lines: Sequence[Sequence[Run]]) -> str:
    """Text without tags."""
    return "\n".join("".join(run.text for run in line) for line in lines)


def plain(text: object) -> tuple[str, dict[str, Any]]:
    """Text and font where only one look can be drawn: titles, ticks, legends.

    Raises
    ------
    ScxError
        If it has several.
    """
    found = one_look(text)
    if found is None:
        raise ScxError(
            f"Files can show only one look in titles, ticks and legends, not {str(text)!r}; take "
            "out the tags around parts of it."
        )
    return found

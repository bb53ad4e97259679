"""One axis of a figure: where values lie on it, how far it reaches, what its ticks say."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.figures.files.values import Spec, get, is_text, numbers

_PAD: Final = 0.05  # of the span, where plotly leaves room
_D3: Final = re.compile(r"(?P<sign>\+)?(?P<comma>,)?(?:\.(?P<digits>\d+))?(?P<kind>[dfeg%])?")
_NUMBER: Final = re.compile(r"[+−-]?[\d.,]+%?|")
_WIDE: Final = 0.55  # of a figure or letter, in the size of the text
_POINTS_FOR_TICK: Final = {"x": 42.0, "y": 18.0}


@dataclass
class Axis:
    """One axis while a figure is drawn.

    Attributes
    ----------
    name : str
        ``"x"``, ``"x2"``, ``"y"`` …
    options : dict
        As plotly describes it.
    kind : str
        ``"linear"``, ``"log"`` or ``"category"``.
    categories : list of str
    low, high : float
        Ends: the left or lower one first, so that ``low > high`` runs backwards. Of a logarithmic
        axis, in powers of ten; of categories, in their numbers from 0.
    """

    name: str
    options: Spec
    kind: str = "linear"
    categories: list[str] = field(default_factory=list)
    low: float = 0.0
    high: float = 1.0
    _known: dict[str, int] = field(default_factory=dict)

    @property
    def letter(self) -> str:
        """``"x"`` or ``"y"``."""
        return self.name[0]

    @property
    def domain(self) -> tuple[float, float]:
        """Part of the plot that it takes, from 0 to 1."""
        low, high = self.options.get("domain", (0.0, 1.0))
        return float(low), float(high)

    @property
    def visible(self) -> bool:
        """Whether anything of it is drawn."""
        return bool(self.options.get("visible", True))

    @property
    def labelled(self) -> bool:
        """Whether its ticks have labels."""
        return self.visible and bool(self.options.get("showticklabels", True))

    def learn(self, values: Any) -> None:
        """Take up names as categories, in the order in which they come."""
        if self.kind != "category":
            return
        for value in np.asarray(values, dtype=object).ravel():
            if value is not None and str(value) not in self._known:
                self._known[str(value)] = len(self.categories)
                self.categories.append(str(value))

    def place(self, values: Any) -> NDArray[np.float64]:
        """Where values lie: numbers, powers of ten, or numbers of categories."""
        if self.kind == "category":
            if is_text(values):
                return np.array(
                    [
                        np.nan if value is None else self._known[str(value)]
                        for value in np.asarray(values, dtype=object).ravel()
                    ]
                )
            # Names that look like numbers are names where a category has them.
            return numbers(values)
        array = numbers(values)
        if self.kind == "log":
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.where(array > 0, np.log10(array), np.nan)
        return array

    def place_one(self, value: Any, *, in_powers: bool = False) -> float:
        """Where one value lies; annotations give logarithmic places in powers of ten."""
        if self.kind == "category":
            if isinstance(value, str):
                if value not in self._known:
                    raise ScxError(f"The axis {self.name} has no {value!r} to mark.")
                return float(self._known[value])
            return float(value)
        if self.kind == "log" and not in_powers:
            return math.log10(float(value))
        return float(value)


def kind_of(name: str, options: Spec, coordinates: Sequence[Any]) -> str:
    """Say what an axis is: of its own type, or of names if any trace has names on it.

    Raises
    ------
    ScxError
        If it is of a type that files cannot show, such as dates.
    """
    kind = options.get("type", "-")
    if kind in ("linear", "log", "category"):
        return str(kind)
    if kind != "-":
        raise ScxError(f"Files cannot show the {kind} axis {name}; use numbers or names.")
    for values in coordinates:
        if np.asarray(values).dtype.kind == "M":
            raise ScxError(f"Files cannot show dates on the axis {name}; use numbers or names.")
        if is_text(values):
            return "category"
    return "linear"


def order_categories(axis: Axis) -> None:
    """Bring categories into the order that the axis asks for.

    Raises
    ------
    ScxError
        If files do not know that order.
    """
    order = axis.options.get(
        "categoryorder", "array" if "categoryarray" in axis.options else "trace"
    )
    given = [str(name) for name in axis.options.get("categoryarray", ())]
    if order == "trace":
        return
    if order == "array":
        listed = given + [name for name in axis.categories if name not in set(given)]
    elif order in ("category ascending", "category descending"):
        listed = sorted(axis.categories, reverse=order.endswith("descending"))
    else:
        raise ScxError(f"Files cannot show the category order {order!r} of the axis {axis.name}.")
    axis.categories[:] = listed
    axis._known.clear()
    axis._known.update({name: place for place, name in enumerate(listed)})


def set_ends(axis: Axis, extents: Sequence[tuple[float, float, bool]]) -> None:
    """Decide how far an axis reaches, as plotly does.

    Parameters
    ----------
    axis : Axis
    extents : sequence of (low, high, padded)
        Of the traces, in places; a padded one gets room beyond its ends.
    """
    given = axis.options.get("range")
    backwards = axis.options.get("autorange") == "reversed"
    if given is not None and not (given[0] is None or given[1] is None):
        axis.low, axis.high = float(given[0]), float(given[1])
        return
    known = [extent for extent in extents if math.isfinite(extent[0]) and math.isfinite(extent[1])]
    if axis.kind == "category":
        known.append((-0.5, max(len(axis.categories), 1) - 0.5, False))
    low = min((extent[0] for extent in known), default=0.0)
    high = max((extent[1] for extent in known), default=1.0)
    mode = axis.options.get("rangemode", "normal")
    if mode == "tozero":
        low, high = min(low, 0.0), max(high, 0.0)
    span = high - low or abs(high) or 1.0
    if high == low:
        low, high = low - 0.5 * span, high + 0.5 * span
    elif axis.kind != "category":
        pad_low = any(extent[2] and extent[0] <= low + 1e-9 * span for extent in known)
        pad_high = any(extent[2] and extent[1] >= high - 1e-9 * span for extent in known)
        low, high = low - _PAD * span * pad_low, high + _PAD * span * pad_high
    lowest = min((extent[0] for extent in known), default=0.0)
    if mode in ("tozero", "nonnegative") and low < 0 <= lowest:
        low = 0.0
    if given is not None:
        low = low if given[0] is None else float(given[0])
        high = high if given[1] is None else float(given[1])
    axis.low, axis.high = (high, low) if backwards else (low, high)


def ticks(axis: Axis, length: float, size: float) -> tuple[NDArray[np.float64], list[str]]:
    """Places and labels of the ticks on an axis of a length, with text of a size, in points."""
    low, high = sorted((axis.low, axis.high))
    given = axis.options.get("tickvals")
    if given is not None and axis.options.get("tickmode", "array") == "array":
        places = axis.place(given)
        labels = axis.options.get("ticktext")
        written = (
            [str(label) for label in labels] if labels is not None
            else _labels(axis, places if axis.kind != "category" else numbers(places))
        )  # fmt: skip
        written = written[: len(places)] + [""] * (len(places) - len(written))
    elif axis.kind == "category":
        places = np.arange(len(axis.categories), dtype=float)
        written = list(axis.categories)
    else:
        places, written = _with_room(axis, low, high, length, size)
    inside = (places >= low - 1e-9 * (high - low)) & (places <= high + 1e-9 * (high - low))
    return places[inside], [text for text, kept in zip(written, inside, strict=True) if kept]


def fits(labels: Sequence[str], size: float, length: float) -> bool:
    """Say whether labels stand side by side on an axis that runs across, all in points."""
    longest = max((len(label) for label in labels), default=0) * _WIDE * size
    return longest * len(labels) <= length * 1.05


def are_numbers(labels: Sequence[str]) -> bool:
    """Say whether all labels are numbers, of which some may be left out."""
    return all(_NUMBER.fullmatch(label) for label in labels)


def _with_room(
    axis: Axis, low: float, high: float, length: float, size: float
) -> tuple[NDArray[np.float64], list[str]]:
    """Round numbers, so many that their labels have room beside each other."""
    room = length
    while True:
        places = _round_places(axis, low, high, room)
        written = _labels(axis, places)
        few = room < 2 * _POINTS_FOR_TICK["x"]
        if axis.letter == "y" or few or fits(written, size, length):
            return places, written
        room *= 0.8


def _round_places(axis: Axis, low: float, high: float, length: float) -> NDArray[np.float64]:
    step = axis.options.get("dtick")
    if axis.kind == "log":
        first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
        if last > first:
            every = max(1, math.ceil((last - first) / max(length / _POINTS_FOR_TICK["y"], 1)))
            return np.arange(first, last + 1, every, dtype=np.float64)
        linear = np.asarray(MaxNLocator(4, steps=[1, 2, 5, 10]).tick_values(10**low, 10**high))
        return np.log10(linear[linear > 0]).astype(np.float64)
    if step is not None:
        start = float(axis.options.get("tick0", 0.0))
        first = math.ceil((low - start) / float(step) - 1e-9)
        last = math.floor((high - start) / float(step) + 1e-9)
        return start + float(step) * np.arange(first, last + 1, dtype=np.float64)
    most = axis.options.get("nticks") or 100
    count = int(max(2, min(most, length / _POINTS_FOR_TICK[axis.letter])))
    places = MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return np.asarray(places, dtype=np.float64)


def _labels(axis: Axis, places: NDArray[np.float64]) -> list[str]:
    form = axis.options.get("tickformat", "")
    before, after = (axis.options.get(name, "") for name in ("tickprefix", "ticksuffix"))
    if axis.kind == "category":
        return [axis.categories[int(place)] for place in places]
    values = 10.0**places if axis.kind == "log" else places
    if form:
        texts = [format_number(value, form) for value in values]
    elif axis.kind == "log":
        texts = [_power(place) for place in places]
    else:
        texts = shortest(values)
    return [f"{before}{text}{after}" for text in texts]


def _power(place: float) -> str:
    value = 10.0**place
    if 1e-3 <= value < 1e6 or place != round(place):
        return f"{value:,.6g}"
    raised = str(round(place)).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
    return f"10{raised}"


def shortest(values: NDArray[np.float64]) -> list[str]:
    """Write numbers with the fewest decimals that tell them apart."""
    values = np.where(np.abs(values) < 1e-12, 0.0, values)
    size = float(np.abs(values).max(initial=0.0))
    if size and (size >= 1e7 or size < 1e-4):
        return [_minus(f"{value:.3g}") for value in values]
    for digits in range(10):
        if np.allclose(np.round(values, digits), values, rtol=0, atol=1e-6 * (size or 1)):
            break
    return [_minus(f"{value:,.{digits}f}") for value in values]


def format_number(value: float, form: str) -> str:
    """Write a number in a format of d3: ``,d``, ``.2f``, ``+.1f``, ``.0%``, ``.3g``.

    Raises
    ------
    ScxError
        If it is another format.
    """
    match = _D3.fullmatch(form)
    if match is None:
        raise ScxError(f"Files cannot show numbers in the format {form!r}; use such as ,d or .2f.")
    kind = match["kind"] or "g"
    sign, comma = match["sign"] or "", match["comma"] or ""
    if kind == "d":
        return _minus(f"{round(value):{sign}{comma}d}")
    digits = f".{match['digits']}" if match["digits"] else ""
    return _minus(f"{float(value):{sign}{comma}{digits}{kind}}")


def _minus(text: str) -> str:
    return text.replace("-", "−")


def option(axis: Axis, path: str, default: Any = None) -> Any:
    """Look up an option of an axis."""
    return get(axis.options, path, default)

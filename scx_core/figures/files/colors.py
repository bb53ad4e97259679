"""Colours and colour scales, from the words of plotly to those of matplotlib."""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgba
from numpy.typing import NDArray

from scx_core.errors import ScxError

Rgba = tuple[float, float, float, float]

_FUNCTION: Final = re.compile(r"rgba?\(([^)]*)\)")


def rgba(color: object, opacity: float = 1.0) -> Rgba:
    """Red, green, blue and opacity (0 to 1) of a colour as plotly writes it.

    Raises
    ------
    ScxError
        If it is no colour that files know.
    """
    text = str(color).strip()
    match = _FUNCTION.fullmatch(text.replace(" ", ""))
    try:
        if match:
            parts = [float(part) for part in match.group(1).split(",")]
            red, green, blue = (part / 255 for part in parts[:3])
            return red, green, blue, (parts[3] if len(parts) > 3 else 1.0) * opacity
        red, green, blue, alpha = to_rgba(text)
    except ValueError as error:
        raise ScxError(
            f"Files cannot show the colour {text!r}; give it as #rrggbb or rgba(r,g,b,a)."
        ) from error
    return red, green, blue, alpha * opacity


def rgba_array(colors: object, count: int, opacity: float = 1.0) -> NDArray[np.float64]:
    """Give ``count`` colours, of one for all or one for each, shape (count, 4)."""
    if isinstance(colors, str):
        return np.tile(rgba(colors, opacity), (count, 1))
    listed = list(np.asarray(colors, dtype=object).ravel())
    known = {color: rgba(color, opacity) for color in set(listed)}
    return np.array([known[color] for color in listed]).reshape(-1, 4)


def color_map(scale: Sequence[Sequence[Any]], *, backwards: bool = False) -> Colormap:
    """Turn the steps of a colour scale into a colour map; what is not a number is transparent."""
    steps = [(float(place), rgba(color)) for place, color in scale]
    if backwards:
        steps = [(1 - place, color) for place, color in reversed(steps)]
    made = LinearSegmentedColormap.from_list("scale", steps, N=1024)
    return made.with_extremes(bad=(0, 0, 0, 0))


def is_grey(color: object) -> bool:
    """Say whether a colour has next to no hue."""
    red, green, blue, _ = rgba(color)
    return max(red, green, blue) - min(red, green, blue) < 0.15


def is_light(color: object) -> bool:
    """Say whether a colour would vanish on white paper."""
    red, green, blue, _ = rgba(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.7


def ink(color: object | None) -> Rgba:
    """Colour of text on paper: greys, which are for the screen, become black."""
    if color is None or is_grey(color):
        return 0.0, 0.0, 0.0, 1.0
    return rgba(color)

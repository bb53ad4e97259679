"""Lines, areas, markers and text of scatter traces."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.markers import MarkerStyle
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.figures.files.colors import color_map, ink, rgba, rgba_array
from scx_core.figures.files.measures import points, text_size
from scx_core.figures.files.page import Page
from scx_core.figures.files.text import plain
from scx_core.figures.files.values import Spec, each, get, numbers

Floats = NDArray[np.float64]

#: Markers of matplotlib by the symbols of plotly.
SYMBOLS: Final[Mapping[str, Any]] = {
    "circle": "o", "square": "s", "diamond": "D", "cross": "P", "x": "X", "triangle-up": "^",
    "triangle-down": "v", "triangle-left": "<", "triangle-right": ">", "pentagon": "p",
    "hexagon": "h", "hexagon2": "H", "octagon": "8", "star": "*", "diamond-tall": "d",
    "cross-thin": "+", "x-thin": "x", "line-ns": "|", "line-ew": "_",
}  # fmt: skip
#: Symbols without an inside.
_STROKES: Final = ("cross-thin", "x-thin", "line-ns", "line-ew")
#: Size of a symbol of matplotlib whose extent is that of plotly's of the same size.
_GROWN: Final = {"D": 0.92, "*": 1.35, "h": 1.1, "p": 1.1}
#: Dashes and gaps, in widths of the line.
DASHES: Final[Mapping[str, tuple[float, ...]]] = {
    "dash": (5, 3), "dot": (1.2, 1.8), "dashdot": (5, 2, 1.2, 2), "longdash": (9, 4),
    "longdashdot": (9, 3, 1.2, 3),
}  # fmt: skip
_THINNEST: Final = 0.25


def draw_scatter(
    page: Page, panel: Axes, trace: Spec, color: str, before: Spec | None, z: float
) -> None:
    """Draw a scatter trace.

    Parameters
    ----------
    page : Page
    panel : Axes
    trace : dict
        With ``x`` and ``y`` as places on the axes.
    color : str
        For what has no colour of its own.
    before : dict, optional
        The trace before it on the same panel, for ``fill="tonexty"``.
    z : float
        Height in the pile of what is drawn.
    """
    x, y = trace["x"], trace["y"]
    mode = str(trace.get("mode", "lines" if len(x) > 20 else "lines+markers"))
    opacity = float(trace.get("opacity", 1.0))
    line_color = get(trace, "line.color", get(trace, "marker.color", color))
    if not isinstance(line_color, str):
        line_color = color
    shaped = _shaped(trace, x, y)
    _fill(panel, trace, shaped, before, line_color, opacity, z)
    width = float(get(trace, "line.width", 2.0))
    if "lines" in mode and width > 0:
        line_x, line_y = shaped
        if trace.get("connectgaps"):
            there = np.isfinite(line_x) & np.isfinite(line_y)
            line_x, line_y = line_x[there], line_y[there]
        panel.plot(
            line_x, line_y, color=rgba(line_color, opacity), zorder=z + 1e-4, solid_capstyle="butt",
            clip_on=trace.get("cliponaxis", True), scalex=False, scaley=False,
            **line_style(width, get(trace, "line.dash")),
        )  # fmt: skip
    draw_error_bars(panel, trace, line_color, z + 2e-4)
    if "markers" in mode:
        draw_markers(panel, trace, color, z + 3e-4)
    if "text" in mode:
        _write(page, panel, trace, z + 4e-4)


def line_style(width: float, dash: object | None) -> dict[str, Any]:
    """Width and dashes of a line of ``width`` pixels; half a point for each pixel.

    Raises
    ------
    ScxError
        If the dashes are not known.
    """
    drawn = max(0.5 * width, _THINNEST)
    if dash in (None, "solid"):
        return {"linewidth": drawn}
    if dash not in DASHES:
        raise ScxError(
            f"Files cannot show lines of the dash {dash!r}; use one of {', '.join(DASHES)}."
        )
    # Dashes of matplotlib grow with the line.
    return {"linewidth": drawn, "linestyle": (0, DASHES[str(dash)])}


def _shaped(trace: Spec, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Turn steps into corners."""
    shape = get(trace, "line.shape", "linear")
    if shape == "linear" or len(x) < 2:
        return x, y
    if shape not in ("hv", "vh", "hvh", "vhv"):
        raise ScxError(
            f"Files cannot show lines of the shape {shape!r}; use linear, hv, vh or hvh."
        )
    if shape in ("hv", "vh"):
        new_x, new_y = np.repeat(x, 2), np.repeat(y, 2)
        return (new_x[1:], new_y[:-1]) if shape == "hv" else (new_x[:-1], new_y[1:])
    along, across = (x, y) if shape == "hvh" else (y, x)
    middle = (along[:-1] + along[1:]) / 2
    corner = np.concatenate([along[:1], np.repeat(middle, 2), along[-1:]])
    level = np.repeat(across, 2)
    return (corner, level) if shape == "hvh" else (level, corner)


def _fill(
    panel: Axes, trace: Spec, shaped: tuple[Floats, Floats], before: Spec | None, color: str,
    opacity: float, z: float,
) -> None:  # fmt: skip
    fill = trace.get("fill", "none")
    if fill == "none":
        return
    x, y = shaped
    drawn = (
        rgba(trace["fillcolor"], opacity) if "fillcolor" in trace else rgba(color, 0.5 * opacity)
    )
    if fill == "toself":
        _add_polygons(panel, x, y, drawn, z)
        return
    if fill == "tonexty" and before is not None:
        other_x, other_y = _shaped(before, before["x"], before["y"])
        closed_x = np.concatenate([x, other_x[::-1]])
        closed_y = np.concatenate([y, other_y[::-1]])
        there = np.isfinite(closed_x) & np.isfinite(closed_y)
        _add_polygons(panel, closed_x[there], closed_y[there], drawn, z)
        return
    if fill not in ("tozeroy", "tozerox", "tonexty"):
        raise ScxError(f"Files cannot show the fill {fill!r}; use tozeroy, tonexty or toself.")
    for part_x, part_y in _pieces(x, y):
        if fill == "tozerox":
            around = (np.r_[0, part_x, 0], np.r_[part_y[0], part_y, part_y[-1]])
        else:
            around = (np.r_[part_x[0], part_x, part_x[-1]], np.r_[0, part_y, 0])
        _add_polygons(panel, *around, drawn, z)


def _pieces(x: Floats, y: Floats) -> list[tuple[Floats, Floats]]:
    """Parts of a path between what is not a number."""
    there = np.isfinite(x) & np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.r_[False, there, False].astype(np.int8)))
    return [(x[a:b], y[a:b]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _add_polygons(panel: Axes, x: Floats, y: Floats, color: Any, z: float) -> None:
    """Fill the pieces of a path as one: a ring inside another, turned the other way, is a hole."""
    points_, codes = [], []
    for part_x, part_y in _pieces(x, y):
        if len(part_x) < 3:
            continue
        points_.append(np.column_stack([part_x, part_y]))
        codes.append(np.full(len(part_x), Path.LINETO, dtype=Path.code_type))
        codes[-1][0] = Path.MOVETO
    if points_:
        path = Path(np.concatenate(points_), np.concatenate(codes))
        patch = PathPatch(path, facecolor=color, edgecolor="none", linewidth=0, zorder=z)
        panel.add_artist(patch)


def draw_error_bars(panel: Axes, trace: Spec, color: str, z: float) -> None:
    """Draw the error bars of a trace, with ends of no length, as in journals."""
    for letter in "xy":
        bar = trace.get(f"error_{letter}")
        if not bar or bar.get("visible") is False:
            continue
        if bar.get("type", "data") not in ("data", "constant"):
            raise ScxError(
                f"Files cannot show error bars of the type {bar['type']!r}; give arrays."
            )
        x, y = trace["x"], trace["y"]
        size = bar.get("array", bar.get("value", 0.0))
        above = np.nan_to_num(numbers(np.broadcast_to(size, x.shape)))
        below = above
        if bar.get("symmetric") is not True and "arrayminus" in bar:
            below = np.nan_to_num(numbers(bar["arrayminus"]))
        ends = [np.column_stack([x, y]), np.column_stack([x, y])]
        column = 0 if letter == "x" else 1
        ends[0][:, column] -= below
        ends[1][:, column] += above
        width = max(0.5 * float(bar.get("thickness", 2.0)), 0.5)
        lines = LineCollection(
            list(np.stack(ends, axis=1)),
            colors=[rgba(bar.get("color", color))],
            linewidths=width,
            zorder=z,
        )
        panel.add_collection(lines, autolim=False)


def marker_sizes(trace: Spec, count: int) -> Floats:
    """Diameters of the markers in pixels."""
    sizes = numbers(np.broadcast_to(get(trace, "marker.size", 6.0), count))
    if np.ndim(get(trace, "marker.size", 6.0)) == 0:
        return sizes
    reference = float(get(trace, "marker.sizeref", 1.0))
    scaled = np.nan_to_num(sizes) / reference
    if get(trace, "marker.sizemode", "diameter") == "area":
        scaled = np.sqrt(scaled)
    least = float(get(trace, "marker.sizemin", 0.0))
    return np.where(scaled > 0, np.maximum(scaled, least), 0.0)


def marker_colors(trace: Spec, count: int, fallback: str, part: str = "marker") -> Floats:
    """Colours of the markers (count x 4), by number and scale or as they are named."""
    given = get(trace, f"{part}.color", fallback)
    if np.ndim(given) and np.asarray(given).dtype.kind in "biuf":
        values = numbers(given)
        scale = get(trace, f"{part}.colorscale")
        if scale is None:
            raise ScxError(f"Files need a colour scale for the numbers in {part}.color.")
        low = float(get(trace, f"{part}.cmin", np.nanmin(values)))
        high = float(get(trace, f"{part}.cmax", np.nanmax(values)))
        shares = (values - low) / ((high - low) or 1.0)
        shown = color_map(scale, backwards=bool(get(trace, f"{part}.reversescale", False)))
        return np.asarray(shown(np.clip(shares, 0, 1)), dtype=np.float64)
    return rgba_array(given, count)


def draw_markers(panel: Axes, trace: Spec, fallback: str, z: float) -> None:
    """Draw the markers of a trace, all of one symbol at once."""
    x, y = trace["x"], trace["y"]
    count = len(x)
    if not count:
        return
    sizes = marker_sizes(trace, count)
    faces = marker_colors(trace, count, fallback)
    opacity = numbers(np.broadcast_to(get(trace, "marker.opacity", 1.0), count))
    faces = faces * np.column_stack(
        [np.ones((count, 3)), opacity * float(trace.get("opacity", 1.0))]
    )
    symbols = np.array(
        [str(symbol) for symbol in each(get(trace, "marker.symbol", "circle"), count)]
    )
    widths = numbers(np.broadcast_to(get(trace, "marker.line.width", 0.0), count))
    edges = (
        marker_colors(trace, count, fallback, "marker.line") if "color" in (get(trace, "marker.line") or {})
        else faces
    )  # fmt: skip
    shown = np.isfinite(x) & np.isfinite(y) & (sizes > 0) & (faces[:, 3] > 0)
    for symbol in dict.fromkeys(symbols[shown]):
        chosen = shown & (symbols == symbol)
        style, hollow, stroked = symbol_of(symbol)
        edge = faces[chosen] if hollow or stroked else edges[chosen]
        line = np.maximum(widths[chosen], 1.0) if hollow or stroked else widths[chosen]
        if not (hollow or stroked):
            edge = edge * np.column_stack([np.ones((len(edge), 3)), opacity[chosen]])
        panel.add_collection(
            symbols_at(
                np.column_stack([x[chosen], y[chosen]]), style, sizes[chosen],
                np.zeros((1, 4)) if hollow else faces[chosen], edge, line, panel.transData, z,
                clip=bool(trace.get("cliponaxis", True)),
            ), autolim=False,
        )  # fmt: skip


def symbol_of(symbol: str) -> tuple[str, bool, bool]:
    """Marker of matplotlib, whether it is open, and whether it is of strokes alone.

    Raises
    ------
    ScxError
        If files do not know the symbol.
    """
    name = symbol.removesuffix("-open")
    if name not in SYMBOLS:
        raise ScxError(f"Files cannot show the symbol {symbol!r}; use one of {', '.join(SYMBOLS)}.")
    return SYMBOLS[name], name != symbol, name in _STROKES


def symbols_at(
    places: Floats, style: str, sizes: Floats, faces: Floats, edges: Floats, widths: Floats,
    transform: Any, z: float, *, clip: bool = True,
) -> PathCollection:  # fmt: skip
    """Symbols of one kind at places: sizes and widths in pixels."""
    marker = MarkerStyle(style)
    path = marker.get_path().transformed(marker.get_transform())
    areas = (points(1) * sizes * _GROWN.get(style, 1.0)) ** 2
    one_size = bool(np.all(areas == areas[0]))
    one_look = len(np.unique(edges, axis=0)) == 1
    collection = PathCollection(
        [path], sizes=areas[:1] if one_size else areas, offsets=places, offset_transform=transform,
        facecolors=faces[:1] if len(np.unique(faces, axis=0)) == 1 else faces,
        edgecolors=edges[:1] if one_look else edges,
        linewidths=np.unique(0.5 * widths) if len(np.unique(widths)) == 1 else 0.5 * widths,
        zorder=z, clip_on=clip,
    )  # fmt: skip
    collection.set_transform(IdentityTransform())
    return collection


_SIDES: Final = {"left": "right", "right": "left", "center": "center"}
_LEVELS: Final = {"top": "bottom", "bottom": "top", "middle": "center"}


def _write(page: Page, panel: Axes, trace: Spec, z: float) -> None:
    """Write texts at points; ``top right`` is above and to the right of the point."""
    x, y = trace["x"], trace["y"]
    texts = each(trace.get("text", ""), len(x))
    positions = each(trace.get("textposition", "middle center"), len(x))
    markers = "markers" in str(trace.get("mode"))
    gap = 0.5 * points(float(marker_sizes(trace, 1)[0])) + 1 if markers and len(x) else 1.0
    font = trace.get("textfont", {})
    for place, text in enumerate(texts):
        if not text or not (np.isfinite(x[place]) and np.isfinite(y[place])):
            continue
        level, side = str(positions[place]).split()
        right = {"left": -gap, "right": gap, "center": 0.0}[side]
        up = {"bottom": -gap, "top": gap, "middle": 0.0}[level]
        letters, look = plain(text)
        drawn = panel.text(
            x[place], y[place], letters, ha=_SIDES[side],
            va="center_baseline" if level == "middle" else _LEVELS[level], zorder=z,
            fontsize=text_size(font.get("size")),
            transform=page.shifted(panel.transData, right, up),
            **({"color": ink(font.get("color"))} | look),
        )  # fmt: skip
        if not trace.get("cliponaxis", True):
            page.measured.append(drawn)

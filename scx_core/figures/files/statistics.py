"""Bars, histograms, boxes and violins."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from scx_core.errors import ScxError
from scx_core.figures.files.colors import rgba, rgba_array
from scx_core.figures.files.frames import outline
from scx_core.figures.files.scatter import draw_error_bars, draw_markers
from scx_core.figures.files.values import Spec, get, numbers

Floats = NDArray[np.float64]

_GAP: Final = 0.2  # of the room of a bar or box
_THIN: Final = 0.5


def draw_bars(panel: Axes, trace: Spec, color: str, z: float) -> None:
    """Draw bars; ``x`` and ``y`` are places, ``_base`` and ``_slot`` are where they stand."""
    flat = trace.get("orientation", "v") == "h"
    along, size = (trace["y"], trace["x"]) if flat else (trace["x"], trace["y"])
    offset, width = trace.get("_slot", (0.0, 0.8))
    widths = numbers(np.broadcast_to(trace.get("width", width), along.shape))
    base = numbers(np.broadcast_to(trace.get("_base", 0.0), along.shape))
    opacity = float(trace.get("opacity", 1.0)) * float(get(trace, "marker.opacity", 1.0))
    faces = rgba_array(get(trace, "marker.color", color), len(along), opacity)
    edge = outline(
        get(trace, "marker.line.color", "#444"), float(get(trace, "marker.line.width", 0.0))
    )
    for place, start, length, wide, face in zip(along, base, size, widths, faces, strict=True):
        if not (np.isfinite(place) and np.isfinite(length)):
            continue
        low = place + offset - wide / 2
        corner = (start, low) if flat else (low, start)
        sides = (length, wide) if flat else (wide, length)
        panel.add_artist(Rectangle(corner, *sides, facecolor=face, zorder=z, **edge))
    ends = base + size
    moved = along + offset
    draw_error_bars(
        panel,
        trace | ({"x": ends, "y": moved} if flat else {"x": moved, "y": ends}),
        "#444444",
        z + 1e-4,
    )


def as_bars(trace: Spec) -> Spec:
    """Count the values of a histogram trace into bars.

    Raises
    ------
    ScxError
        If it is normalised or cumulative in a way that files do not know.
    """
    flat = "y" in trace and "x" not in trace
    letter = "y" if flat else "x"
    if trace.get("histfunc", "count") != "count":
        raise ScxError("Files can show histograms of counts alone.")
    values = numbers(trace[letter])
    values = values[np.isfinite(values)]
    bins = trace.get(f"{letter}bins")
    if bins:
        start, end, step = (float(bins[name]) for name in ("start", "end", "size"))
        edges = np.arange(start, end + step * 0.5, step)
    else:
        edges = np.histogram_bin_edges(values, bins=trace.get(f"nbins{letter}", "auto"))
    counts = np.histogram(values, bins=edges)[0].astype(float)
    norm = trace.get("histnorm", "")
    if norm in ("probability", "percent"):
        counts = counts / max(counts.sum(), 1) * (100 if norm == "percent" else 1)
    elif norm:
        raise ScxError(f"Files cannot show histograms with the norm {norm!r}; count beforehand.")
    middle = (edges[:-1] + edges[1:]) / 2
    pair = {"x": counts, "y": middle} if flat else {"x": middle, "y": counts}
    return (
        trace | pair | {"type": "bar", "orientation": "h" if flat else "v", "width": np.diff(edges)}
    )


def set_bars_beside(traces: Sequence[Spec], mode: str) -> None:
    """Give bars, boxes or violins of several traces their room: beside, upon, or over each other.

    Raises
    ------
    ScxError
        If the mode is not known.
    """
    if mode not in ("group", "stack", "overlay", "relative"):
        raise ScxError(f"Files cannot show bars in the mode {mode!r}; use group, stack or overlay.")
    heights: dict[tuple[float, bool], float] = {}
    groups = list(dict.fromkeys(str(trace.get("offsetgroup", n)) for n, trace in enumerate(traces)))
    for number, trace in enumerate(traces):
        flat = trace.get("orientation", "v") == "h"
        along = trace.get("y" if flat else "x")
        room = _room(along) * (1 - _GAP)
        if mode == "group":
            each_room = room / len(groups)
            place = groups.index(str(trace.get("offsetgroup", number)))
            trace["_slot"] = ((place + 0.5) * each_room - room / 2, each_room)
        else:
            trace["_slot"] = (0.0, room)
        if "base" in trace:
            trace["_base"] = numbers(trace["base"])
        if mode in ("stack", "relative") and along is not None:
            size = trace["x" if flat else "y"]
            base = np.zeros(len(along))
            for place, (where, value) in enumerate(zip(along, np.nan_to_num(size), strict=True)):
                key = (float(where), bool(value < 0))
                base[place] = heights.get(key, 0.0)
                heights[key] = base[place] + value
            trace["_base"] = base


def _room(along: Any) -> float:
    """Distance between neighbours."""
    places = np.unique(numbers(along)) if along is not None else np.zeros(1)
    places = places[np.isfinite(places)]
    return float(np.diff(places).min()) if len(places) > 1 else 1.0


def grouped(trace: Spec) -> list[tuple[float, Floats]]:
    """Place and values of each box or violin of a trace."""
    flat = trace.get("orientation", "v") == "h"
    values = trace["x" if flat else "y"]
    where = trace.get("y" if flat else "x")
    if where is None or len(where) == 0:
        return [(float(trace.get("_alone", 0.0)), values[np.isfinite(values)])]
    return [
        (float(place), values[(where == place) & np.isfinite(values)])
        for place in np.unique(where[np.isfinite(where)])
    ]


def draw_boxes(panel: Axes, trace: Spec, color: str, z: float) -> None:
    """Draw boxes: quartiles, median, whiskers to the last value within 1.5 ranges, points beyond."""
    shown = trace.get("boxpoints", "outliers")
    if shown not in ("outliers", "suspectedoutliers", "all", False):
        raise ScxError(
            f"Files cannot show the points {shown!r} of boxes; use outliers, all or False."
        )
    for place, values in grouped(trace):
        if not len(values):
            continue
        first, median, third = np.quantile(values, (0.25, 0.5, 0.75), method="hazen")
        reach = 1.5 * (third - first)
        inside = values[(values >= first - reach) & (values <= third + reach)]
        low, high = (inside.min(), inside.max()) if len(inside) else (first, third)
        _draw_box(panel, trace, color, place, (low, first, median, third, high), z)
        points = values if shown == "all" else values[(values < low) | (values > high)]
        if shown is not False and len(points):
            _draw_points(panel, trace, color, place, points, z + 2e-4)


def _draw_box(
    panel: Axes, trace: Spec, color: str, place: float, five: tuple[float, ...], z: float
) -> None:
    offset, room = trace.get("_slot", (0.0, 0.8))
    half = float(trace.get("width", room * 0.9)) / 2
    line = get(trace, "line.color", get(trace, "marker.color", color))
    face = rgba(trace["fillcolor"]) if "fillcolor" in trace else rgba(line, 0.5)
    width = max(0.5 * float(get(trace, "line.width", 1.0)), _THIN)
    low, first, median, third, high = five
    at = place + offset
    flat = trace.get("orientation", "v") == "h"
    corner, sides = ((first, at - half), (third - first, 2 * half))
    if not flat:
        corner, sides = corner[::-1], sides[::-1]
    panel.add_artist(
        Rectangle(corner, *sides, facecolor=face, edgecolor=rgba(line), linewidth=width, zorder=z)
    )
    for along, across in (
        ((low, first), (at, at)), ((third, high), (at, at)), ((median, median), (at - half, at + half)),
    ):  # fmt: skip
        pair = (along, across) if flat else (across, along)
        panel.plot(
            *pair, color=rgba(line), linewidth=width, zorder=z + 1e-4, scalex=False, scaley=False,
            solid_capstyle="butt",
        )  # fmt: skip


def _draw_points(
    panel: Axes, trace: Spec, color: str, place: float, points: Floats, z: float
) -> None:
    offset, room = trace.get("_slot", (0.0, 0.8))
    # The same scatter at each drawing, so that the same figure is the same file.
    jitter = float(trace.get("jitter", 0.0)) * np.random.default_rng(0).uniform(
        -0.5, 0.5, len(points)
    )
    at = place + offset + room * (0.5 * float(trace.get("pointpos", 0.0)) + jitter)
    flat = trace.get("orientation", "v") == "h"
    marker = {"color": get(trace, "line.color", color)} | trace.get("marker", {})
    draw_markers(
        panel,
        {"x": points if flat else at, "y": at if flat else points, "marker": marker},
        color,
        z,
    )


def draw_violins(panel: Axes, trace: Spec, color: str, z: float) -> None:
    """Draw violins: the density of the values, on both sides or one."""
    offset, room = trace.get("_slot", (0.0, 0.8))
    flat = trace.get("orientation", "v") == "h"
    line = get(trace, "line.color", get(trace, "marker.color", color))
    face = rgba(trace["fillcolor"]) if "fillcolor" in trace else rgba(line, 0.5)
    side = trace.get("side", "both")
    for place, values in grouped(trace):
        if len(np.unique(values)) < 2:
            continue
        kernel = gaussian_kde(values)
        spread = float(np.sqrt(kernel.covariance[0, 0]))
        hard = trace.get("spanmode", "soft") == "hard"
        ends = (values.min() - 2 * spread * (not hard), values.max() + 2 * spread * (not hard))
        along = np.linspace(*ends, 101)
        wide = kernel(along)
        wide = wide / wide.max() * room / 2
        left = wide * (side != "positive")
        right = wide * (side != "negative")
        across = place + offset + np.r_[right, -left[::-1]]
        outline_ = np.column_stack([across, np.r_[along, along[::-1]]])
        panel.add_collection(
            PolyCollection(
                [outline_[:, ::-1] if flat else outline_], facecolors=[face], edgecolors=[rgba(line)],
                linewidths=max(0.5 * float(get(trace, "line.width", 1.0)), _THIN), zorder=z,
            ), autolim=False,
        )  # fmt: skip
        if get(trace, "box.visible", False):
            quartiles = tuple(np.quantile(values, (0.0, 0.25, 0.5, 0.75, 1.0), method="hazen"))
            slim = trace | {
                "_slot": (offset, 0.15 * room),
                "fillcolor": "white",
                "width": 0.15 * room,
            }
            _draw_box(panel, slim, color, place, quartiles, z + 1e-4)
        if trace.get("points") == "all":
            _draw_points(panel, trace, color, place, values, z + 2e-4)

"""All of a figure, in order: axes, traces, marks, legend."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scx_core.figures.files.axis import Axis, kind_of, order_categories, set_ends
from scx_core.figures.files.colors import color_map
from scx_core.figures.files.frames import add_panels
from scx_core.figures.files.heatmap import add_color_bar, draw_heatmap, edges_of
from scx_core.figures.files.legend import add_legend
from scx_core.figures.files.marks import draw_annotation, draw_shape
from scx_core.figures.files.page import Page
from scx_core.figures.files.scatter import draw_scatter
from scx_core.figures.files.statistics import (
    as_bars,
    draw_bars,
    draw_boxes,
    draw_violins,
    set_bars_beside,
)
from scx_core.figures.files.values import Spec, get, numbers

Pair = tuple[str, str]

_STEP: Final = 0.01  # between the heights of two traces in the pile
_SPREAD: Final = ("bar", "box", "violin")


def understand(traces: list[Spec], layout: Spec) -> dict[str, Axis]:
    """Work out the axes of a figure, and turn coordinates into places on them, in ``traces``.

    Raises
    ------
    ScxError
        If an axis or a trace is of a kind that files cannot show.
    """
    for number, trace in enumerate(traces):
        kind = trace.setdefault("type", "scatter")
        if kind == "scattergl":
            trace["type"] = "scatter"
        if kind == "histogram":
            traces[number] = trace = as_bars(trace)
        trace.setdefault("xaxis", "x")
        trace.setdefault("yaxis", "y")
        if "orientation" not in trace and trace["type"] in ("box", "violin"):
            trace["orientation"] = "h" if "x" in trace and "y" not in trace else "v"
    axes = _axes(traces, layout)
    for trace in traces:
        _place(trace, axes)
    for kind in _SPREAD:
        for pair in _pairs(traces):
            members = [
                trace for trace in traces
                if trace["type"] == kind and (trace["xaxis"], trace["yaxis"]) == pair
            ]  # fmt: skip
            mode = layout.get(f"{kind}mode", "group" if kind == "bar" else "overlay")
            if members:
                set_bars_beside(members, mode)
    _set_all_ends(traces, axes, layout)
    return axes


def draw(figure: Figure, traces: Sequence[Spec], layout: Spec, axes: dict[str, Axis]) -> Page:
    """Draw what was understood on a matplotlib figure of the right size."""
    page = Page(figure, axes)
    images = {(t["xaxis"], t["yaxis"]) for t in traces if t["type"] == "heatmap"}
    pairs = _pairs(traces)
    for name, axis in axes.items():
        if not any(name in pair for pair in pairs):
            anchor = axis.options.get("anchor", "y" if name[0] == "x" else "x")
            pair = (name, anchor) if name[0] == "x" else (anchor, name)
            if pair[0] in axes and pair[1] in axes:
                pairs.append(pair)
    add_panels(page, pairs, with_images=images)
    colors = layout["colorway"]
    before: dict[Pair, Spec] = {}
    named = []
    for number, trace in enumerate(traces):
        if trace.get("visible") in (False, "legendonly"):
            continue
        color = colors[number % len(colors)]
        pair = (trace["xaxis"], trace["yaxis"])
        _draw_trace(page, page.panel(*pair), trace, color, before.get(pair), 2 + number * _STEP)
        before[pair] = trace
        named.append((trace, color))
    for shape in layout.get("shapes", ()):
        draw_shape(page, shape)
    for note in layout.get("annotations", ()):
        draw_annotation(page, note)
    page.settle()
    # How many columns a legend has depends on where the plot begins.
    if add_legend(page, named, layout):
        page.settle()
    return page


def _draw_trace(
    page: Page, panel: Axes, trace: Spec, color: str, before: Spec | None, z: float
) -> None:
    kind = trace["type"]
    if kind == "scatter":
        draw_scatter(page, panel, trace, color, before, z)
        if get(trace, "marker.showscale", False):
            values = numbers(get(trace, "marker.color"))
            colors = color_map(
                get(trace, "marker.colorscale"),
                backwards=bool(get(trace, "marker.reversescale", False)),
            )
            low = float(get(trace, "marker.cmin", np.nanmin(values)))
            high = float(get(trace, "marker.cmax", np.nanmax(values)))
            add_color_bar(page, get(trace, "marker.colorbar", {}), colors, low, high)
    elif kind == "heatmap":
        draw_heatmap(page, panel, trace, z)
    elif kind == "bar":
        draw_bars(panel, trace, color, z)
    elif kind == "box":
        draw_boxes(panel, trace, color, z)
    else:
        draw_violins(panel, trace, color, z)


def _pairs(traces: Sequence[Spec]) -> list[Pair]:
    return list(dict.fromkeys((trace["xaxis"], trace["yaxis"]) for trace in traces))


def _axes(traces: Sequence[Spec], layout: Spec) -> dict[str, Axis]:
    names = [
        name.replace("axis", "")
        for name in layout
        if name.rstrip("0123456789") in ("xaxis", "yaxis")
    ]
    names += [trace[f"{letter}axis"] for trace in traces for letter in "xy"]
    names += ["x", "y"]
    axes = {}
    for name in dict.fromkeys(names):
        options = layout.get(f"{name[0]}axis{name[1:]}", {})
        held = [
            trace[name[0]] for trace in traces
            if trace[f"{name[0]}axis"] == name and name[0] in trace
        ]  # fmt: skip
        axes[name] = Axis(name, options, kind_of(name, options, held))
    # Axes that go together are of one kind.
    for axis in axes.values():
        other = axis.options.get("matches")
        if other in axes and not _held(axis.name, traces):
            axis.kind = axes[other].kind
    for trace in traces:
        for letter in "xy":
            if letter in trace:
                axes[trace[f"{letter}axis"]].learn(trace[letter])
            elif trace["type"] in ("box", "violin") and _is_across(trace, letter):
                axes[trace[f"{letter}axis"]].kind = "category"
                axes[trace[f"{letter}axis"]].learn([str(trace.get("name", ""))])
    for axis in axes.values():
        if axis.kind == "category":
            order_categories(axis)
    return axes


def _held(name: str, traces: Sequence[Spec]) -> bool:
    return any(trace[f"{name[0]}axis"] == name and name[0] in trace for trace in traces)


def _is_across(trace: Spec, letter: str) -> bool:
    """Say whether an axis is the one along which boxes stand."""
    return letter == ("y" if trace.get("orientation") == "h" else "x")


def _place(trace: Spec, axes: dict[str, Axis]) -> None:
    counts = {letter: len(trace[letter]) for letter in "xy" if letter in trace}
    if trace["type"] == "heatmap":
        rows, columns = np.shape(trace["z"])
        counts = {"x": columns, "y": rows}
    for letter in "xy":
        axis = axes[trace[f"{letter}axis"]]
        if letter in trace:
            trace[letter] = axis.place(trace[letter])
        elif trace["type"] == "heatmap":
            trace[letter] = np.arange(counts[letter], dtype=float)
        elif trace["type"] in ("box", "violin") and counts:
            name = str(trace.get("name", ""))
            (count,) = counts.values()
            trace[letter] = axis.place(np.full(count, name, dtype=object))
        else:
            count = next(iter(counts.values()), 0)
            trace[letter] = np.arange(count, dtype=float)


def _set_all_ends(traces: Sequence[Spec], axes: dict[str, Axis], layout: Spec) -> None:
    extents: dict[str, list[tuple[float, float, bool]]] = {name: [] for name in axes}
    for trace in traces:
        for letter in "xy":
            extents[trace[f"{letter}axis"]] += _extents(trace, letter)
    for shape in layout.get("shapes", ()):
        for letter in "xy":
            reference = shape.get(f"{letter}ref", letter)
            if reference in axes:
                ends = [axes[reference].place_one(shape[f"{letter}{end}"]) for end in "01"]
                extents[reference].append((min(ends), max(ends), False))
    groups: dict[str, list[str]] = {}
    for name, axis in axes.items():
        groups.setdefault(axis.options.get("matches", name), []).append(name)
    for members in groups.values():
        known = [extent for name in members for extent in extents[name]]
        ranged = next((name for name in members if "range" in axes[name].options), None)
        for name in members:
            axis = axes[name]
            set_ends(axis, known)
            if ranged is not None and "range" not in axis.options:
                axis.low, axis.high = (float(end) for end in axes[ranged].options["range"])


def _extents(trace: Spec, letter: str) -> list[tuple[float, float, bool]]:
    """How far a trace reaches along an axis, and whether plotly leaves room beyond it."""
    values: Any = trace[letter]
    if trace["type"] == "heatmap":
        count = np.shape(trace["z"])[0 if letter == "y" else 1]
        edges = edges_of(values, count)
        return [(float(edges.min()), float(edges.max()), False)]
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    low, high = float(known.min()), float(known.max())
    if trace["type"] in _SPREAD:
        return [_spread_extent(trace, letter, low, high)]
    mode = str(trace.get("mode", "lines"))
    padded = letter == "y" or "markers" in mode or "text" in mode
    bar = trace.get(f"error_{letter}")
    if bar and "array" in bar:
        above = np.nan_to_num(numbers(bar["array"]))
        below = np.nan_to_num(numbers(bar.get("arrayminus", bar["array"])))
        low, high = float(np.nanmin(values - below)), float(np.nanmax(values + above))
    found = [(low, high, padded)]
    if trace.get("fill") == f"tozero{letter}":
        found.append((0.0, 0.0, False))
    return found


def _spread_extent(trace: Spec, letter: str, low: float, high: float) -> tuple[float, float, bool]:
    across = _is_across(trace, letter)
    if across:
        offset, width = trace.get("_slot", (0.0, 0.8))
        half = float(np.max(trace.get("width", width))) / 2
        return low + offset - half, high + offset + half, False
    if trace["type"] == "bar":
        base = np.asarray(trace.get("_base", 0.0))
        ends = base + trace[letter]
        return (
            float(np.nanmin([*np.ravel(base), *ends])),
            float(np.nanmax([*np.ravel(base), *ends])),
            True,
        )
    return low, high, True

"""Heat maps and colour bars."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Colormap, Normalize
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.figures.files.axis import format_number, shortest
from scx_core.figures.files.colors import color_map, ink
from scx_core.figures.files.measures import AXIS_LINE, SCALE, points, text_size
from scx_core.figures.files.page import Page
from scx_core.figures.files.text import plain
from scx_core.figures.files.values import Spec, get, numbers

Floats = NDArray[np.float64]

#: A heat map of more cells is a picture inside the file; fewer are vectors.
MOST_CELLS: Final = 4000


def edges_of(places: Floats, count: int) -> Floats:
    """Edges of ``count`` cells, of their middles or of the edges themselves."""
    if len(places) == count + 1:
        return places
    if len(places) != count:
        raise ScxError(
            f"A heat map has {count} cells along an axis and {len(places)} places for them."
        )
    if count == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    middle = (places[:-1] + places[1:]) / 2
    return np.r_[2 * places[0] - middle[0], middle, 2 * places[-1] - middle[-1]]


def limits_of(trace: Spec) -> tuple[float, float]:
    """Values at the ends of the colour scale."""
    values = numbers(trace["z"])
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    middle = trace.get("zmid")
    if middle is not None:
        reach = max(high - middle, middle - low)
        low, high = middle - reach, middle + reach
    return float(trace.get("zmin", low)), float(trace.get("zmax", high))


def draw_heatmap(page: Page, panel: Axes, trace: Spec, z: float) -> None:
    """Draw a heat map, its numbers and its colour bar; ``x`` and ``y`` are places on the axes."""
    rows, columns = (int(side) for side in np.shape(trace["z"]))
    values = numbers(trace["z"]).reshape(rows, columns)
    x, y = edges_of(trace["x"], columns), edges_of(trace["y"], rows)
    low, high = limits_of(trace)
    colors = color_map(trace["colorscale"], backwards=bool(trace.get("reversescale", False)))
    dense = values.size > MOST_CELLS
    mesh = QuadMesh(
        np.stack(np.meshgrid(x, y), axis=-1), antialiased=False,
        # Without an edge, vector programs show a hair between cells.
        edgecolor="none" if dense else "face", linewidth=0.0 if dense else 0.1,
        array=np.ma.masked_invalid(values).ravel(), cmap=colors, norm=Normalize(low, high),
        zorder=z, alpha=trace.get("opacity"), rasterized=dense,
    )  # fmt: skip
    panel.add_collection(mesh, autolim=False)
    for edges, letter in ((x, "x"), (y, "y")):
        _part(panel, edges, float(trace.get(f"{letter}gap", 0.0)), letter, z)
    _write_numbers(panel, trace, values, (x, y), z)
    if trace.get("showscale", True):
        add_color_bar(page, trace.get("colorbar", {}), colors, low, high)


def _part(panel: Axes, edges: Floats, gap: float, letter: str, z: float) -> None:
    """Part cells by white lines, as wide as the gap."""
    if not gap:
        return
    line = panel.axvline if letter == "x" else panel.axhline
    for edge in edges[1:-1]:
        line(edge, color="white", linewidth=points(gap), zorder=z + 5e-5)


def _write_numbers(
    panel: Axes, trace: Spec, values: Floats, edges: tuple[Floats, Floats], z: float
) -> None:
    template = trace.get("texttemplate")
    if not template:
        return
    if not (template.startswith("%{z") and template.endswith("}")):
        raise ScxError(f"Files cannot show the text template {template!r}; use such as %{{z:.2f}}.")
    form = template[3:-1].removeprefix(":")
    size = text_size(get(trace, "textfont.size", 12))
    low, high = limits_of(trace)
    colors = color_map(trace["colorscale"], backwards=bool(trace.get("reversescale", False)))
    x, y = (((edge[:-1] + edge[1:]) / 2).tolist() for edge in edges)
    for row, column in np.ndindex(values.shape):
        value = float(values[row, column])
        if not np.isfinite(value):
            continue
        red, green, blue, _ = colors((value - low) / ((high - low) or 1.0))
        bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5
        text = format_number(value, form) if form else shortest(np.array([value]))[0]
        panel.text(
            x[column], y[row], text, fontsize=size, ha="center", va="center", zorder=z + 1e-4,
            color="black" if bright else "white",
        )  # fmt: skip


def add_color_bar(page: Page, bar: Spec, colors: Colormap, low: float, high: float) -> None:
    """Draw a colour bar beside or above the plot.

    Parameters
    ----------
    page : Page
    bar : dict
        As plotly describes it; lengths are fractions of the plot.
    colors : Colormap
    low, high : float
        Values at its ends.
    """
    flat = bar.get("orientation", "v") == "h"
    # A number for each bar: panels with the same place and label are one to matplotlib.
    panel = page.figure.add_axes((0.9, 0.1, 0.02, 0.8), zorder=5 + len(page.measured) / 1000)
    strip = np.linspace(0, 1, 256)
    image = strip[None, :] if flat else strip[:, None]
    extent = (low, high, 0.0, 1.0) if flat else (0.0, 1.0, low, high)
    panel.imshow(
        image, cmap=colors, aspect="auto", origin="lower", extent=extent, interpolation="nearest"
    )
    for spine in panel.spines.values():
        spine.set_visible(float(bar.get("outlinewidth", 1)) > 0)
        spine.set_linewidth(AXIS_LINE)
    scale: Any = panel.xaxis if flat else panel.yaxis
    other = panel.yaxis if flat else panel.xaxis
    other.set_visible(False)
    size = text_size(get(bar, "tickfont.size", 12))
    side = str(get(bar, "title.side", "top"))
    scale.set_ticks_position("bottom" if flat else "right")
    places, labels = _bar_ticks(bar, low, high)
    scale.set_ticks(places, labels=labels, fontsize=size)
    scale.set_tick_params(length=1.5, width=AXIS_LINE, pad=1.0)
    _title(panel, scale, bar, side, flat=flat)
    page.measured.append(panel)
    page.placers.append(_bar_placer(page, panel, bar, flat=flat))


def _bar_ticks(bar: Spec, low: float, high: float) -> tuple[Floats, list[str]]:
    if "tickvals" in bar:
        places = numbers(bar["tickvals"])
        texts = bar.get("ticktext")
        labels = [plain(text)[0] for text in texts] if texts is not None else shortest(places)
        return places, labels
    places = np.asarray(
        MaxNLocator(bar.get("nticks") or 5, steps=[1, 2, 5, 10]).tick_values(low, high)
    )
    inside = places[(places >= low - 1e-9 * (high - low)) & (places <= high + 1e-9 * (high - low))]
    form = bar.get("tickformat")
    return inside, [format_number(value, form) for value in inside] if form else shortest(inside)


def _title(panel: Axes, scale: Any, bar: Spec, side: str, *, flat: bool) -> None:
    title = get(bar, "title.text", "")
    if not title:
        return
    text, font = plain(title)
    size = text_size(get(bar, "title.font.size", 12))
    style: dict[str, Any] = {"fontsize": size, "color": ink(get(bar, "title.font.color"))} | font
    if flat and side != "top":
        scale.set_label_text(text, **style)
    elif flat or side == "top":
        panel.set_title(text, pad=2.0, **style)
    else:
        scale.set_label_position("right")
        scale.set_label_text(text, **style)


def _bar_placer(page: Page, panel: Axes, bar: Spec, *, flat: bool) -> Any:
    def place() -> None:
        plot, (width, height) = page.plot, page.size
        thick = float(bar.get("thickness", 30)) * SCALE
        whole_x, whole_y = plot.width * width, plot.height * height
        long = float(bar.get("len", 1.0)) * (whole_x if flat else whole_y)
        if bar.get("lenmode") == "pixels":
            long = points(float(bar["len"]))
        size_x, size_y = (long, thick) if flat else (thick, long)
        x = float(bar.get("x", 0.5 if flat else 1.02)) * whole_x
        y = float(bar.get("y", 1.02 if flat else 0.5)) * whole_y
        share_x = {"left": 0.0, "center": 0.5, "right": 1.0}[
            bar.get("xanchor", "center" if flat else "left")
        ]
        share_y = {"bottom": 0.0, "middle": 0.5, "top": 1.0}[
            bar.get("yanchor", "bottom" if flat else "middle")
        ]
        panel.set_position(
            (plot.x0 + (x - share_x * size_x) / width, plot.y0 + (y - share_y * size_y) / height,
             size_x / width, size_y / height)
        )  # fmt: skip

    return place

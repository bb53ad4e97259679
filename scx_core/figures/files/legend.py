"""The legend: one entry for each named trace."""

from collections.abc import Sequence
from typing import Any, Final

from matplotlib.artist import Artist
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import blended_transform_factory

from scx_core.figures.files.colors import rgba
from scx_core.figures.files.measures import points, text_size
from scx_core.figures.files.page import Page
from scx_core.figures.files.scatter import line_style, marker_colors, marker_sizes, symbol_of
from scx_core.figures.files.text import plain
from scx_core.figures.files.values import Spec, each, get

_CONSTANT: Final = 8.0  # pixels of a symbol where sizes tell something else
_LARGEST: Final = 12.0
_LOCATIONS: Final = {"top": "upper", "middle": "center", "bottom": "lower"}


def add_legend(page: Page, traces: Sequence[tuple[Spec, str]], layout: Spec) -> bool:
    """Draw the legend where the layout has it, in as many columns as fit.

    Parameters
    ----------
    page : Page
    traces : sequence of (trace, colour)
        In order; colour is for what has none of its own.
    layout : dict

    Returns
    -------
    bool
        Whether there is one.
    """
    named = [pair for pair in traces if _has_entry(pair[0])]
    if not (layout.get("showlegend", len(named) > 1) and named):
        return False
    options = layout.get("legend", {})
    constant = options.get("itemsizing") == "constant"
    entries = [
        (_handle(trace, color, constant=constant), str(trace["name"])) for trace, color in named
    ]
    if "reversed" in str(options.get("traceorder", "")):
        entries.reverse()
    flat = options.get("orientation", "v") == "h"
    size = text_size(get(options, "font.size", 12))
    columns = len(entries) if flat else 1
    while True:
        legend = _made(page, entries, options, size, columns)
        renderer: Any = page.figure.canvas.get_renderer()  # type: ignore[attr-defined]
        right = legend.get_window_extent(renderer).x1 / page.figure.bbox.width
        if columns == 1 or not flat or right <= 0.995:
            break
        legend.remove()
        columns -= 1
    if options.get("yref") == "container":
        page.least_top.append(
            lambda: legend.get_window_extent(renderer).height * 72 / page.figure.dpi + 2
        )
        return True
    page.measured.append(legend)
    return True


def _has_entry(trace: Spec) -> bool:
    if not trace.get("name") or trace.get("visible") in (False, "legendonly"):
        return False
    if trace["type"] == "heatmap":
        return bool(trace.get("showlegend", False))
    return bool(trace.get("showlegend", True))


def _made(
    page: Page, entries: Sequence[tuple[Artist, str]], options: Spec, size: float, columns: int
) -> Legend:
    flat = options.get("orientation", "v") == "h"
    x = float(options.get("x", 0.0 if flat else 1.02))
    y = float(options.get("y", -0.1 if flat else 1.0))
    across, up = (
        page.figure.transFigure if options.get(f"{letter}ref") == "container" else page.paper
        for letter in "xy"
    )
    side = options.get("xanchor", "left")
    level = options.get("yanchor", "top")
    side = "left" if side == "auto" else side
    level = "top" if level == "auto" else level
    names, fonts = zip(*(plain(name) for _, name in entries), strict=True)
    title, title_font = plain(get(options, "title.text", ""))
    location: Any = f"{_LOCATIONS[level]} {side}"
    legend = Legend(
        page.figure, [handle for handle, _ in entries], list(names), ncols=columns, fontsize=size,
        loc="center" if location == "center center" else location, frameon=False,
        bbox_to_anchor=(x, y), bbox_transform=blended_transform_factory(across, up),
        borderaxespad=0.0, borderpad=0.3, handletextpad=0.4, columnspacing=1.2, labelspacing=0.35,
        handlelength=1.4, title=title or None, alignment="left",
    )  # fmt: skip
    for text, font in zip(legend.get_texts(), fonts, strict=True):
        text.set(**font)
    if title:
        legend.get_title().set(fontsize=text_size(get(options, "title.font.size")), **title_font)
    legend.set_zorder(70)
    page.figure.add_artist(legend, clip=False)
    return legend


def _handle(trace: Spec, color: str, *, constant: bool) -> Artist:
    """Draw the sign of a trace."""
    if trace["type"] in ("bar", "box", "violin", "histogram"):
        face = get(trace, "marker.color", get(trace, "fillcolor", color))
        return Patch(
            facecolor=rgba(each(face, 1)[0], float(trace.get("opacity", 1.0))), linewidth=0
        )
    mode = str(trace.get("mode", "lines"))
    width = float(get(trace, "line.width", 2.0))
    if "lines" in mode and trace.get("fill", "none") != "none":
        line = rgba(get(trace, "line.color", color)) if width else "none"
        return Patch(facecolor=rgba(trace.get("fillcolor", color)), edgecolor=line, linewidth=0.5)
    style: dict[str, Any] = {"linestyle": "none"}
    if "lines" in mode and width:
        line = get(trace, "line.color", color)
        style = {"color": rgba(line)} | line_style(width, get(trace, "line.dash"))
    if "markers" in mode:
        style |= _symbol(trace, color, constant=constant)
    return Line2D([], [], **style)


def _symbol(trace: Spec, color: str, *, constant: bool) -> dict[str, Any]:
    symbol = str(each(get(trace, "marker.symbol", "circle"), 1)[0])
    style, hollow, stroked = symbol_of(symbol)
    count = len(trace["x"])
    pixels = float(marker_sizes(trace, count).max(initial=0)) if count else _CONSTANT
    if constant or not pixels:
        pixels = _CONSTANT
    face = marker_colors(trace, count, color)[0] if count else rgba(color)
    width = max(
        0.5 * float(each(get(trace, "marker.line.width", 0), 1)[0]), 0.5 if hollow or stroked else 0
    )
    edge = face
    if not (hollow or stroked) and get(trace, "marker.line.color") is not None:
        edge = marker_colors(trace, max(count, 1), color, "marker.line")[0]
    return {
        "marker": style, "markersize": points(min(pixels, _LARGEST)),
        "markerfacecolor": "none" if hollow else face, "markeredgecolor": edge,
        "markeredgewidth": width,
    }  # fmt: skip

"""Shapes and annotations."""

from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea, VPacker
from matplotlib.patches import Ellipse, Rectangle
from matplotlib.transforms import Transform, blended_transform_factory

from scx_core.errors import ScxError
from scx_core.figures.files.colors import ink, rgba
from scx_core.figures.files.measures import points, text_size
from scx_core.figures.files.page import Page
from scx_core.figures.files.scatter import line_style
from scx_core.figures.files.text import font_of, join, lines_of_runs, one_look
from scx_core.figures.files.values import Spec, get

_BELOW, _ABOVE, _WRITTEN = 0.5, 50.0, 60.0
_VERTICAL: Final = {"top": "top", "middle": "center", "bottom": "bottom"}


def _frame(page: Page, reference: str) -> tuple[Transform, Axes | None]:
    """Give the transform of one direction, and the panel if it is one of values."""
    if reference == "paper":
        return page.paper, None
    name, _, domain = reference.partition(" ")
    if name not in page.axes:
        raise ScxError(f"A mark refers to the axis {name}, which the figure does not have.")
    panel = page.panel_of(name)
    return (panel.transAxes, None) if domain else (panel.transData, panel)


def _panel_of_pair(page: Page, x: str, y: str) -> Axes | None:
    return page.panels.get((x.split()[0], y.split()[0]))


def _value(page: Page, reference: str, value: Any, *, in_powers: bool = False) -> float:
    if reference in page.axes:
        return page.axes[reference].place_one(value, in_powers=in_powers)
    return float(value)


def draw_shape(page: Page, shape: Spec) -> None:
    """Draw a line, rectangle or circle; on a panel it is cut at its edges.

    Raises
    ------
    ScxError
        If it is of another kind.
    """
    kind = shape.get("type", "rect")
    if kind not in ("line", "rect", "circle"):
        raise ScxError(f"Files cannot show shapes of the kind {kind!r}; use line or rect.")
    x_ref, y_ref = shape.get("xref", "x"), shape.get("yref", "y")
    across, x_panel = _frame(page, x_ref)
    up, y_panel = _frame(page, y_ref)
    x0, x1 = (_value(page, x_ref, shape[name]) for name in ("x0", "x1"))
    y0, y1 = (_value(page, y_ref, shape[name]) for name in ("y0", "y1"))
    transform = blended_transform_factory(across, up)
    below = shape.get("layer", "above") == "below"
    opacity = float(shape.get("opacity", 1.0))
    width = float(get(shape, "line.width", 2.0))
    edge = rgba(get(shape, "line.color", "#444"), opacity)
    style = line_style(width, get(shape, "line.dash"))
    if not width:
        edge, style = (0.0, 0.0, 0.0, 0.0), {"linewidth": 0.0}
    face = rgba(shape["fillcolor"], opacity) if "fillcolor" in shape else "none"
    artist: Any
    if kind == "line":
        artist = Line2D([x0, x1], [y0, y1], color=edge, transform=transform, **style)
    elif kind == "rect":
        artist = Rectangle(
            (x0, y0), x1 - x0, y1 - y0, facecolor=face, edgecolor=edge, transform=transform, **style
        )
    else:
        artist = Ellipse(
            ((x0 + x1) / 2, (y0 + y1) / 2), abs(x1 - x0), abs(y1 - y0), facecolor=face,
            edgecolor=edge, transform=transform, **style,
        )  # fmt: skip
    artist.set_zorder(_BELOW if below else _ABOVE)
    # A mark over values belongs to their panel; one beside them to the page.
    panel = _panel_of_pair(page, x_ref, y_ref) or x_panel or y_panel
    if panel is None or "paper" in (x_ref, y_ref):
        artist.set_zorder(-1.0 if below else _ABOVE)
        page.figure.add_artist(artist, clip=False)
        return
    panel.add_artist(artist)
    artist.set_transform(transform)
    artist.set_clip_path(panel.patch)


def draw_annotation(page: Page, note: Spec) -> None:
    """Write an annotation, with its line or arrow if it has one."""
    if note.get("visible") is False or not str(note.get("text", "")).strip():
        return
    x_ref, y_ref = note.get("xref", "x"), note.get("yref", "y")
    transform = blended_transform_factory(_frame(page, x_ref)[0], _frame(page, y_ref)[0])
    x = _value(page, x_ref, note.get("x", 0.5), in_powers=True)
    y = _value(page, y_ref, note.get("y", 0.5), in_powers=True)
    shifted = page.shifted(transform, points(note.get("xshift", 0)), points(note.get("yshift", 0)))
    arrow = note.get("showarrow", True)
    right, up = (points(note.get("ax", -10)), -points(note.get("ay", -30))) if arrow else (0.0, 0.0)
    horizontal = _side(note, "x", x, x_ref, arrow=arrow)
    vertical = _VERTICAL[_side(note, "y", y, y_ref, arrow=arrow)]
    end = page.shifted(shifted, right, up) if arrow else shifted
    if arrow:
        _draw_arrow(page, note, (x, y), shifted, (right, up))
    _write(page, note, (x, y), end, horizontal, vertical)


def _side(note: Spec, letter: str, value: float, reference: str, *, arrow: bool) -> str:
    """Side of the text that lies at its place."""
    low, middle, high = (
        ("left", "center", "right") if letter == "x" else ("bottom", "middle", "top")
    )
    given = note.get(f"{letter}anchor", "auto")
    if given != "auto":
        return str(given)
    if arrow or reference != "paper":
        return middle
    return low if value <= 1 / 3 else high if value >= 2 / 3 else middle


def _draw_arrow(
    page: Page, note: Spec, place: tuple[float, float], frame: Transform, by: tuple[float, float]
) -> None:
    for name in ("axref", "ayref"):
        if note.get(name, "pixel") != "pixel":
            raise ScxError(
                f"Files cannot show annotations whose {name} is {note[name]!r}; use pixels."
            )
    length = (by[0] ** 2 + by[1] ** 2) ** 0.5
    if not length:
        return
    short = min(points(note.get("standoff", 0)) / length, 1.0)
    head = note.get("arrowhead", 1)
    width = 0.5 * float(note.get("arrowwidth", 1.5))
    panel = next(iter(page.panels.values()))
    start = page.shifted(frame, by[0] * short, by[1] * short)
    drawn = panel.annotate(
        "", xy=place, xycoords=start, xytext=place, textcoords=page.shifted(frame, *by),
        annotation_clip=False, zorder=_WRITTEN - 1,
        arrowprops={
            "arrowstyle": "-" if head == 0 else "->", "color": rgba(note.get("arrowcolor", "#444")),
            "linewidth": width, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 5,
        },
    )  # fmt: skip
    drawn.set_in_layout(False)


def _write(
    page: Page,
    note: Spec,
    place: tuple[float, float],
    frame: Transform,
    horizontal: str,
    vertical: str,
) -> None:
    size = text_size(get(note, "font.size", 12))
    color = ink(get(note, "font.color"))
    box = None
    if "bgcolor" in note or "bordercolor" in note:
        box = {
            "facecolor": rgba(note.get("bgcolor", "rgba(0,0,0,0)")),
            "edgecolor": rgba(note.get("bordercolor", "rgba(0,0,0,0)")), "linewidth": 0.5,
            "pad": points(note.get("borderpad", 1)), "boxstyle": "square",
        }  # fmt: skip
        box["boxstyle"] = f"square,pad={points(note.get('borderpad', 1)) / size:.3f}"
        del box["pad"]
    single = one_look(note["text"])
    drawn: Any
    if single is not None:
        letters, look = single
        drawn = page.figure.text(
            *place, letters, transform=frame, ha=horizontal, va=vertical, fontsize=size, bbox=box,
            rotation=-float(note.get("textangle", 0)), zorder=_WRITTEN,
            multialignment=note.get("align", "center"), **({"color": color} | look),
        )  # fmt: skip
    else:
        lines: list[Any] = [
            HPacker(
                children=[
                    TextArea(run.text, textprops={"fontsize": size, "color": color} | font_of(run))
                    for run in line
                ],
                pad=0, sep=0, align="baseline",
            )
            for line in lines_of_runs(note["text"]) if join([line]).strip()
        ]  # fmt: skip
        packed = VPacker(children=lines, pad=0, sep=0.3 * size, align=note.get("align", "center"))
        share = {"left": 0.0, "center": 0.5, "right": 1.0, "bottom": 0.0, "top": 1.0}
        drawn = AnnotationBbox(
            packed, place, xycoords=frame, frameon=box is not None, pad=0, zorder=_WRITTEN,
            box_alignment=(share[horizontal], share[vertical]), annotation_clip=False,
            bboxprops={"edgecolor": "none"} if box is not None else None,
        )  # fmt: skip
        page.figure.add_artist(drawn, clip=False)
    page.measured.append(drawn)

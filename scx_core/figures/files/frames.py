"""The panels of a figure: which there are, where they lie, their ticks, lines and titles."""

import math
from collections.abc import Sequence
from typing import Any, Final

from matplotlib.axes import Axes

from scx_core.figures.files.axis import Axis, are_numbers, fits, option, ticks
from scx_core.figures.files.colors import rgba
from scx_core.figures.files.measures import AXIS_LINE, TICK_LENGTH, points, text_size
from scx_core.figures.files.page import Page
from scx_core.figures.files.text import plain

_LINE: Final = 1.12  # height of a line of text, in its size


def add_panels(
    page: Page, pairs: Sequence[tuple[str, str]], *, with_images: set[tuple[str, str]]
) -> None:
    """Make the panel of each pair of axes, and let it follow the plot.

    Parameters
    ----------
    page : Page
    pairs : sequence of (x, y)
        Names of axes, in the order of drawing.
    with_images : set of (x, y)
        Panels that a heat map fills: no lines around them.
    """
    for number, (x, y) in enumerate(pairs):
        panel = page.figure.add_axes((0.1, 0.1, 0.8, 0.8), zorder=number / 1000)
        panel.patch.set_visible(False)
        page.panels[x, y] = panel
        first, second = page.axes[x], page.axes[y]
        panel.set_xlim(first.low, first.high)
        panel.set_ylim(second.low, second.high)
        for spine in panel.spines.values():
            spine.set_visible(False)
        own_x = first.options.get("anchor", "y") == y
        own_y = second.options.get("anchor", "x") == x
        page.placers.append(_placer(page, panel, first, second))
        for axis, own in ((first, own_x), (second, own_y)):
            drawn = getattr(panel, f"{axis.letter}axis")
            if not (own and axis.visible):
                drawn.set_visible(False)
                continue
            _prepare(panel, axis, image=(x, y) in with_images)
            page.placers.append(_ticker(page, panel, axis))


def _placer(page: Page, panel: Axes, x: Axis, y: Axis) -> Any:
    def place() -> None:
        plot, (left, right), (low, high) = page.plot, x.domain, y.domain
        box = [
            plot.x0 + left * plot.width, plot.y0 + low * plot.height,
            (right - left) * plot.width, (high - low) * plot.height,
        ]  # fmt: skip
        if "scaleanchor" in x.options or "scaleanchor" in y.options:
            box = _same_scale(page, x, y, box)
        panel.set_position((box[0], box[1], box[2], box[3]))

    return place


def _same_scale(page: Page, x: Axis, y: Axis, box: list[float]) -> list[float]:
    """Shrink a panel until a unit is as long up as across, and keep it in the middle."""
    width, height = page.size
    across, up = abs(x.high - x.low), abs(y.high - y.low)
    ratio = float(y.options.get("scaleratio", 1.0)) / float(x.options.get("scaleratio", 1.0))
    unit = min(box[2] * width / across, box[3] * height / (up * ratio))
    new_width, new_height = unit * across / width, unit * up * ratio / height
    shift = {"left": 0.0, "center": 0.5, "right": 1.0}[x.options.get("constraintoward", "center")]
    rise = {"bottom": 0.0, "middle": 0.5, "top": 1.0}[y.options.get("constraintoward", "middle")]
    return [
        box[0] + shift * (box[2] - new_width), box[1] + rise * (box[3] - new_height),
        new_width, new_height,
    ]  # fmt: skip


def _prepare(panel: Axes, axis: Axis, *, image: bool) -> None:
    """Set lines, side and title of an axis."""
    side = axis.options.get("side", "bottom" if axis.letter == "x" else "left")
    drawn = panel.xaxis if axis.letter == "x" else panel.yaxis
    drawn.set_ticks_position(side)
    drawn.set_label_position(side)
    marked = _marked(axis)
    if marked or axis.options.get("showline") or (
        axis.kind == "category" and axis.labelled and not image
    ):  # fmt: skip
        panel.spines[side].set_visible(not image or bool(axis.options.get("showline")))
        panel.spines[side].set_linewidth(AXIS_LINE)
    if axis.options.get("zeroline"):
        line = panel.axvline if axis.letter == "x" else panel.axhline
        line(0, color="black", linewidth=AXIS_LINE, zorder=0.8)
    title = option(axis, "title.text", "")
    if title:
        text, font = plain(title)
        drawn.set_label_text(text, fontsize=text_size(option(axis, "title.font.size")), **font)


def _marked(axis: Axis) -> bool:
    """Say whether an axis has tick marks: one with numbers has, unless it is told otherwise."""
    asked = axis.options.get("ticks")
    if asked:
        return asked in ("outside", "inside")
    return axis.labelled and axis.kind != "category" and "ticktext" not in axis.options


def _ticker(page: Page, panel: Axes, axis: Axis) -> Any:
    """Set ticks as many as have room."""
    drawn = panel.xaxis if axis.letter == "x" else panel.yaxis
    size = text_size(option(axis, "tickfont.size"))
    side = axis.options.get("side", "bottom")

    def tick() -> None:
        place = 2 if axis.letter == "x" else 3
        share = panel.get_position().bounds[place]
        length = share * page.size[0 if axis.letter == "x" else 1]
        places, labels = ticks(axis, length, size)
        if not axis.labelled:
            labels = [""] * len(places)
            if not _marked(axis):
                places, labels = places[:0], []
        angle = axis.options.get("tickangle", "auto")
        turned = _turn(angle, labels, size, length) if axis.letter == "x" else 0.0
        every = _thin(len(labels), length, size, labels, turned if axis.letter == "x" else None)
        chosen = slice(None, None, every)
        style = _turned(turned, above=side == "top") if axis.letter == "x" else {}
        texts = [plain(label)[0] for label in labels[chosen]]
        drawn.set_ticks(places[chosen], labels=texts, fontsize=size, **style)
        mark = _marked(axis)
        drawn.set_tick_params(
            length=TICK_LENGTH if mark else 0.0, width=AXIS_LINE, pad=1.5 if mark else 2.0,
            direction="in" if axis.options.get("ticks") == "inside" else "out",
        )  # fmt: skip

    return tick


def _turn(angle: Any, labels: Sequence[str], size: float, length: float) -> float:
    """Degrees by which labels are turned against the clock."""
    if angle != "auto":
        return -float(angle)
    # Of names each is needed; of numbers fewer do, and are read without turning one's head.
    return 0.0 if are_numbers(labels) or fits(labels, size, length) else 90.0


def _turned(angle: float, *, above: bool) -> dict[str, Any]:
    """Let labels end at the axis, which they stand below or above."""
    if angle == 0:
        return {"rotation": 0}
    near = "bottom" if above else "top"
    if abs(angle) == 90:
        return {"rotation": angle, "ha": "center", "va": near}
    return {
        "rotation": angle, "ha": "right" if (angle > 0) != above else "left", "va": near,
        "rotation_mode": "anchor",
    }  # fmt: skip


def _thin(
    count: int, length: float, size: float, labels: Sequence[str], turned: float | None
) -> int:
    """Every how many labels one is drawn so that none lies upon another."""
    if count < 2:
        return 1
    longest = max((len(label) for label in labels), default=0) * 0.5 * size
    need = _LINE * size if turned is None or turned != 0 else longest
    every = max(1, math.ceil(need * 0.9 * (count - 1) / max(length, 1.0) - 0.05))
    if turned == 0 and are_numbers(labels):
        while count > 2 * every and not fits(labels[::every], size, length):
            every += 1
    return every


def outline(color: Any, width: float) -> dict[str, Any]:
    """Edge of a patch: none where it has no width."""
    if not width:
        return {"edgecolor": "none", "linewidth": 0.0}
    return {"edgecolor": rgba(color), "linewidth": points(width)}

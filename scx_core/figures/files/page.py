"""A page of exact size: the plot, its axes, and margins as wide as what is written there needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import (
    Bbox,
    BboxTransformTo,
    ScaledTranslation,
    Transform,
    TransformedBbox,
)

from scx_core.figures.files.axis import Axis
from scx_core.figures.files.measures import POINTS_PER_INCH

_EDGE: Final = 2.5  # points between what is drawn and the edge of the page
_LEAST: Final = 0.15  # of the page, left for the plot whatever is written around it


@dataclass
class Page:
    """A figure while it is drawn.

    Attributes
    ----------
    figure : matplotlib Figure
    axes : dict
        Axes of plotly by name.
    panels : dict
        Axes of matplotlib by the names of an x and a y axis.
    plot : Bbox
        The plot without its margins, as fractions of the page; changes while it is laid out.
    placers : list of callable
        Called after each change of `plot`.
    measured : list of Artist
        What must lie on the page: its margins grow for them.
    """

    figure: Figure
    axes: dict[str, Axis]
    panels: dict[tuple[str, str], Axes] = field(default_factory=dict)
    plot: Bbox = field(default_factory=lambda: Bbox([[0.1, 0.1], [0.95, 0.95]]))
    placers: list[Callable[[], None]] = field(default_factory=list)
    measured: list[Artist] = field(default_factory=list)
    least_top: list[Callable[[], float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        FigureCanvasAgg(self.figure)
        self.paper: Transform = BboxTransformTo(TransformedBbox(self.plot, self.figure.transFigure))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the page in points."""
        width, height = self.figure.get_size_inches()
        return width * POINTS_PER_INCH, height * POINTS_PER_INCH

    def plot_size(self) -> tuple[float, float]:
        """Width and height of the plot in points."""
        width, height = self.size
        return self.plot.width * width, self.plot.height * height

    def panel(self, x: str, y: str) -> Axes:
        """Axes of matplotlib for a pair of axes."""
        return self.panels[x, y]

    def panel_of(self, name: str) -> Axes:
        """Give one of the panels that an axis belongs to, its own one first."""
        place = 0 if name[0] == "x" else 1
        anchor = self.axes[name].options.get("anchor", "y" if place == 0 else "x")
        own = (name, anchor) if place == 0 else (anchor, name)
        if own in self.panels:
            return self.panels[own]
        return next(panel for pair, panel in self.panels.items() if pair[place] == name)

    def shifted(self, transform: Transform, right: float, up: float) -> Transform:
        """Move a transform by points."""
        move = ScaledTranslation(
            right / POINTS_PER_INCH, up / POINTS_PER_INCH, self.figure.dpi_scale_trans
        )
        return transform + move

    def written(self) -> Iterator[Bbox]:
        """Boxes, as fractions of the page, of all that must lie on it."""
        renderer: Any = self.figure.canvas.get_renderer()  # type: ignore[attr-defined]
        artists: list[Any] = [*self.measured]
        for panel in self.panels.values():
            artists += [panel.xaxis, panel.yaxis]
        whole = self.figure.bbox
        for artist in artists:
            if not artist.get_visible():
                continue
            box = artist.get_tightbbox(renderer)
            if box is not None and box.width > 0 and box.height > 0:
                yield Bbox(
                    [[box.x0 / whole.width, box.y0 / whole.height],
                     [box.x1 / whole.width, box.y1 / whole.height]]
                )  # fmt: skip

    def settle(self) -> None:
        """Make the margins as wide as what is written needs, and no wider."""
        width, height = self.size
        pad_x, pad_y = _EDGE / width, _EDGE / height
        for _ in range(3):
            for place in self.placers:
                place()
            plot = self.plot
            boxes = [plot, *self.written()]
            left = plot.x0 - min(box.x0 for box in boxes) + pad_x
            right = max(box.x1 for box in boxes) - plot.x1 + pad_x
            bottom = plot.y0 - min(box.y0 for box in boxes) + pad_y
            top = max(box.y1 for box in boxes) - plot.y1 + pad_y
            top = max([top, *(least() / height + pad_y for least in self.least_top)])
            left, right = _kept(left, right)
            bottom, top = _kept(bottom, top)
            plot.set_points(np.array([[left, bottom], [1 - right, 1 - top]]))
        for place in self.placers:
            place()


def _kept(one: float, other: float) -> tuple[float, float]:
    """Keep the least room for the plot between two margins."""
    both = one + other
    if both <= 1 - _LEAST:
        return one, other
    share = (1 - _LEAST) / both
    return one * share, other * share

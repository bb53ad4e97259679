"""From a figure to the bytes of a file: its size, fonts, and what is known of it."""

import functools
import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import plotly.graph_objects as go
from matplotlib import font_manager
from matplotlib.figure import Figure

from scx_core import __version__
from scx_core.errors import ScxError
from scx_core.figures.files.axis import Axis
from scx_core.figures.files.colors import is_light
from scx_core.figures.files.drawing import draw, understand
from scx_core.figures.files.known import refuse_unknown
from scx_core.figures.files.measures import (
    FONTS,
    HIGHEST_MM,
    LAYOUT_DPI,
    MM_PER_INCH,
    POINTS_PER_INCH,
    RASTER_DPI,
    SETTINGS,
    points,
)
from scx_core.figures.files.values import Spec, description, get

#: Widths in mm: one column, one and a half, two.
WIDTHS: Final = (89, 120, 183)
_HEIGHT: Final = 450.0  # pixels of a figure without a height, as plotly has it
# Settings of matplotlib belong to the process: one figure at a time, with ours.
_ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file.

    Attributes
    ----------
    extension : str
    mime : str
    dpi : int
        Of a picture, or of the pictures within vectors.
    """

    extension: str
    mime: str
    dpi: int = RASTER_DPI


FORMATS: Final[Mapping[str, Format]] = {
    "SVG": Format("svg", "image/svg+xml"),
    "PDF": Format("pdf", "application/pdf"),
    "PNG 300": Format("png", "image/png", 300),
    "PNG 600": Format("png", "image/png", 600),
}


def render(
    figure: go.Figure,
    format: str,  # noqa: A002
    width_mm: float,
    *,
    title: str = "",
    metadata: Mapping[str, object] | None = None,
) -> bytes:
    """Draw a figure as a file for a paper.

    Text is 5 to 7 points of Arial or what is like it, and stays text in SVG and PDF; lines are
    half as many points as they are pixels on screen; no grid, white ground. Heat maps of more than
    4,000 cells are pictures of 600 dpi within SVG and PDF; all else is vectors.

    Parameters
    ----------
    figure : Figure
        In the light theme. Its height in pixels gives that of the file; of 900 pixels and more, the
        170 mm that a page has.
    format : str
        One of `FORMATS`.
    width_mm : float
        Of the whole picture; see `WIDTHS`.
    title : str
        Of the file, in its metadata.
    metadata : mapping, optional
        What made the figure; kept in the file as lines ``name: value``.

    Returns
    -------
    bytes
        The same for the same figure and metadata.

    Raises
    ------
    ScxError
        If the format is not known, the width is none that can be drawn, or the figure has anything
        that files cannot show.
    """
    if format not in FORMATS:
        raise ScxError(
            f"Figures cannot be written as {format}; choose one of {', '.join(FORMATS)}."
        )
    if not 30 <= width_mm <= 400:
        raise ScxError(f"A figure cannot be {width_mm:g} mm wide; choose 30 to 400 mm.")
    traces, layout, axes = _described(figure)
    form = FORMATS[format]
    height = height_mm(layout, width_mm)
    settings: Any = {**SETTINGS, "font.family": families()}
    with _ONE_AT_A_TIME, mpl.rc_context(settings):
        drawn = Figure(figsize=(width_mm / MM_PER_INCH, height / MM_PER_INCH), dpi=LAYOUT_DPI)
        draw(drawn, traces, layout, axes)
        file = io.BytesIO()
        drawn.savefig(
            file, format=form.extension, dpi=form.dpi,
            metadata=_metadata(form.extension, title, metadata or {}),
        )  # fmt: skip
    content = file.getvalue()
    return _with_fonts(content) if form.extension == "svg" else content


def check_figure(figure: go.Figure) -> None:
    """Refuse a figure with anything that files cannot show.

    Raises
    ------
    ScxError
        Names it.
    """
    _described(figure)


def height_mm(layout: Spec, width_mm: float) -> float:
    """Height of a figure on paper, in mm.

    On screen most figures are as wide as the window and as high as they say; so they are here. One
    that says how wide it is keeps its proportions.
    """
    height = float(layout.get("height", _HEIGHT))
    if "width" in layout:
        return min(width_mm * height / float(layout["width"]), HIGHEST_MM)
    return min(points(height) / POINTS_PER_INCH * MM_PER_INCH, HIGHEST_MM)


def _described(figure: go.Figure) -> tuple[list[Spec], Spec, dict[str, Axis]]:
    traces, layout = description(figure)
    refuse_unknown(traces, layout)
    if is_light(get(layout, "font.color", "#000000")):
        raise ScxError("This figure is in the dark theme; make it in the light one for a file.")
    return traces, layout, understand(traces, layout)


@functools.cache
def families() -> list[str]:
    """Fonts of ours that are here: matplotlib complains of each that is not."""
    known = set(font_manager.get_font_names())
    if known.isdisjoint(FONTS[:-1]):
        # Matplotlib remembers which fonts it once found; these may have come later.
        for path in font_manager.findSystemFonts():
            if Path(path).name.startswith(("Arial", "LiberationSans-")):
                font_manager.fontManager.addfont(path)
        known = set(font_manager.get_font_names())
    return [name for name in FONTS if name in known]


def _with_fonts(svg: bytes) -> bytes:
    """Name the fonts that journals ask for, also where the machine that drew has none of them."""
    drawn = ", ".join(repr(name) for name in families())
    wanted = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"
    return svg.replace(drawn.encode(), wanted.encode())


def _metadata(extension: str, title: str, made: Mapping[str, object]) -> dict[str, Any]:
    lines = "\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in made.items())
    program = f"scX Explorer {__version__}"
    if extension == "svg":
        return {"Title": title, "Description": lines, "Creator": program, "Date": None}
    if extension == "pdf":
        return {
            "Title": title, "Subject": lines, "Creator": program, "Producer": program,
            "CreationDate": None,
        }  # fmt: skip
    return {"Title": title, "Description": lines, "Software": program}

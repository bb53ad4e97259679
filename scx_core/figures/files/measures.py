"""Sizes on paper: from pixels on screen to points, and how lines and letters look."""

from typing import Any, Final

#: Points for each pixel: the 13 pixels of the app's text become 7 points.
SCALE: Final = 7 / 13
SMALLEST_TEXT: Final = 5.0
LARGEST_TEXT: Final = 7.0
#: Height that a page of a journal leaves beside its caption, in mm.
HIGHEST_MM: Final = 170.0
MM_PER_INCH: Final = 25.4
POINTS_PER_INCH: Final = 72.0
AXIS_LINE: Final = 0.5
TICK_LENGTH: Final = 2.0
#: Dots per inch while texts are measured: with few, each letter is as wide as whole pixels.
LAYOUT_DPI: Final = 288
#: Dots per inch of what is rasterised in SVG and PDF.
RASTER_DPI: Final = 600

#: Arial is what journals ask for; Liberation Sans has its widths.
FONTS: Final = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")

SETTINGS: Final[dict[str, Any]] = {
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "svg.hashsalt": "scx",  # the same figure is the same file
    "svg.image_inline": True,
    "path.simplify": True,
    "axes.linewidth": AXIS_LINE,
    "axes.edgecolor": "black",
    "axes.labelsize": LARGEST_TEXT,
    "axes.labelpad": 2.0,
    "axes.grid": False,
    "axes.unicode_minus": True,
    "xtick.major.width": AXIS_LINE,
    "ytick.major.width": AXIS_LINE,
    "xtick.major.size": TICK_LENGTH,
    "ytick.major.size": TICK_LENGTH,
    "xtick.major.pad": 1.5,
    "ytick.major.pad": 1.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": "black",
    "text.usetex": False,
    "text.parse_math": False,
    "hatch.linewidth": 0.5,
}


def points(pixels: float) -> float:
    """Length on paper (points) of a length on screen (pixels)."""
    return float(pixels) * SCALE


def text_size(pixels: float | None) -> float:
    """Size of text (points), 5 to 7; unknown is the largest."""
    if pixels is None:
        return LARGEST_TEXT
    return min(max(points(pixels), SMALLEST_TEXT), LARGEST_TEXT)

"""A second axis that says where on the chromosome a window lies."""

from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.figures.style import FONT, Theme, palette
from scx_core.figures.text import as_label

_AXIS: Final = 9  # beyond the axes of the panels


def genome_ticks(
    positions: NDArray[np.integer], genome_positions: NDArray[np.integer], most: int = 7
) -> tuple[list[int], list[str]]:
    """Choose round places of the chromosome inside a window.

    Parameters
    ----------
    positions, genome_positions : ndarray, shape (length,)
        Relative to the TSS, and on the chromosome (1-based), in the direction of the gene.
    most : int
        Ticks at most.

    Returns
    -------
    tick positions (relative to the TSS), their labels (1-based positions with thousands commas)
    """
    low, high = int(genome_positions.min()), int(genome_positions.max())
    exponent = 0
    while True:
        for factor in (1, 2, 5):
            step = factor * 10**exponent
            if (high - low) // step + 1 <= most:
                places = np.arange(-(-low // step) * step, high + 1, step)
                forward = genome_positions[-1] >= genome_positions[0]
                offset = places - genome_positions[0]
                relative = positions[0] + (offset if forward else -offset)
                return [int(place) for place in relative], [f"{place:,}" for place in places]
        exponent += 1


def add_genome_axis(
    figure: go.Figure,
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    chromosome: str,
    theme: Theme,
    matches: str,
) -> None:
    """Put an axis in genome coordinates above the first panel, in place.

    Parameters
    ----------
    figure : Figure
        Made by ``make_subplots`` with shared x axes.
    positions, genome_positions : ndarray, shape (length,)
    chromosome : str
    theme : "light" or "dark"
    matches : str
        The axis that it moves with, such as ``"x3"``.
    """
    colors = palette(theme)
    places, labels = genome_ticks(positions, genome_positions)
    figure.add_scatter(
        x=positions[[0, -1]].astype(np.int32), y=np.zeros(2), mode="lines", line={"width": 0},
        hoverinfo="skip", xaxis=f"x{_AXIS}", yaxis="y", showlegend=False,
    )  # fmt: skip
    figure.update_layout(
        {
            f"xaxis{_AXIS}": {
                "overlaying": "x", "side": "top", "anchor": "y", "matches": matches,
                "tickvals": places, "ticktext": labels, "showgrid": False, "zeroline": False,
                "ticks": "outside", "ticklen": 4, "tickcolor": colors.muted, "linecolor": colors.grid,
                "tickfont": {"size": 11, "color": colors.muted, "family": FONT},
                "title": {
                    "text": f"{as_label(chromosome)} (1-based)", "standoff": 4,
                    "font": {"size": 12, "color": colors.muted, "family": FONT},
                },
            }
        }
    )  # fmt: skip

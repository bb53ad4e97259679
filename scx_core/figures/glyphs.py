"""Letters of DNA as polygons, so that a logo is vector art that zooms and exports.

Outlines come from matplotlib's bundled bold sans font, straightened to a few vertices: 200 letters
cost 0.05 MB and 1,000 letters 0.25 MB on the wire.
"""

from functools import cache

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from numpy.typing import NDArray

Polygon = NDArray[np.float32]


@cache
def letter_outline(letter: str) -> tuple[Polygon, ...]:
    """Outline of a letter in the unit square.

    Parameters
    ----------
    letter : str
        One character.

    Returns
    -------
    tuple of ndarray of float32, each of shape (vertices, 2)
        Closed polygons, x and y in 0–1; a hole is a polygon of its own (even-odd rule).
    """
    path = TextPath(
        (0, 0), letter, size=10, prop=FontProperties(family="DejaVu Sans", weight="bold")
    )
    rings = [_thin(np.asarray(ring)) for ring in path.to_polygons(closed_only=True)]
    points = np.concatenate(rings)
    low, high = points.min(axis=0), points.max(axis=0)
    return tuple(((ring - low) / (high - low)).astype(np.float32) for ring in rings)


def _thin(ring: NDArray[np.float64], tolerance: float = 0.04) -> NDArray[np.float64]:
    """Drop vertices that lie within ``tolerance`` of the line between the vertices kept."""
    kept = [0]
    for index in range(2, len(ring)):
        start, end = ring[kept[-1]], ring[index]
        between = ring[kept[-1] + 1 : index]
        length = float(np.hypot(*(end - start)))
        if length == 0:
            continue
        direction = (end - start) / length
        offset = between - start
        distance = np.abs(direction[0] * offset[:, 1] - direction[1] * offset[:, 0])
        if distance.max() > tolerance:
            kept.append(index - 1)
    kept.append(len(ring) - 1)
    return ring[kept]


def letters_path(
    letter: str, positions: NDArray[np.floating], heights: NDArray[np.floating], width: float = 0.92
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Polygons of one letter at many places, as one path for a filled plotly trace.

    Parameters
    ----------
    letter : str
    positions : ndarray, shape (places,)
        Middle of each letter on the x axis; a letter is ``width`` wide.
    heights : ndarray, shape (places,)
        Signed heights; a negative one draws the letter upside down below zero, so that a decrease
        is told by place and form as well as by height.
    width : float
        In units of the x axis.

    Returns
    -------
    x, y : ndarray of float32
        Vertices; NaN separates polygons.
    """
    if len(positions) == 0:
        return np.empty(0, np.float32), np.empty(0, np.float32)
    parts = []
    for ring in letter_outline(letter):
        closed = np.vstack([ring, ring[:1], [[np.nan, np.nan]]])
        x = positions[:, None] + (closed[None, :, 0] - 0.5) * width
        y = heights[:, None] * closed[None, :, 1]
        parts.append((x.astype(np.float32), y.astype(np.float32)))
    # Rings of the same letter must follow each other, or its hole is not cut out.
    path_x, path_y = (np.concatenate(list(part), axis=1) for part in zip(*parts, strict=True))
    return path_x.ravel(), path_y.ravel()

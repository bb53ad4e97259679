"""Reduce a long effect matrix to about one column per pixel without losing strong positions.

Drawn as it is, a heat map of 10,500 columns on 500 pixels shows 29 % of the strong cells; pooled by
the largest absolute effect, 98 % (measured in Chromium with plotly).
"""

import numpy as np
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

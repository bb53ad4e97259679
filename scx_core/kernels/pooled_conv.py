"""The gradient of convolution + ReLU + max-pool, from the positions that won alone.

The max-pool lets the gradient of one position through in each bin. The dense gradient of a
convolution multiplies all the zeros between, too; here each winner adds its filter to the input's
gradient and its input to the filter's: ``pool`` times less arithmetic.

Layout: channels last, so that a filter's input is one contiguous run.
"""

import numba
import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.floating]
Ints = NDArray[np.int32]


@numba.njit(nogil=True, cache=True)
def pool_positions(
    convolved: Reals, pool: int, first: int, last: int, pooled: Reals, winner: Ints
) -> None:
    """Take ReLU and max-pool of the genes ``first`` to ``last``, and remember who won.

    Parameters
    ----------
    convolved : ndarray, shape (genes, positions, filters)
    pool : int
    first, last : int
        Half-open.
    pooled : ndarray, shape (genes, bins, filters)
        Filled.
    winner : ndarray of int32, shape (genes, bins, filters)
        Filled: the position of the first maximum; −1 where nothing exceeds 0.
    """
    n_bins, n_filters = pooled.shape[1:]
    for gene in range(first, last):
        for bin_ in range(n_bins):
            best, won = pooled[gene, bin_], winner[gene, bin_]
            best[:] = 0
            won[:] = -1
            for position in range(bin_ * pool, (bin_ + 1) * pool):
                values = convolved[gene, position]
                for f in range(n_filters):
                    # What is no number wins and stays, as in PyTorch.
                    if values[f] > best[f] or (values[f] != values[f] and best[f] == best[f]):
                        best[f] = values[f]
                        won[f] = position


@numba.njit(nogil=True, cache=True)
def spread_gradient(
    gradient: Reals,
    winner: Ints,
    inputs: Reals,
    weight: Reals,
    left: int,
    first: int,
    last: int,
    input_gradient: Reals,
    weight_gradient: Reals,
    bias_gradient: Reals,
) -> None:
    """Carry the gradient of the bins of genes ``first`` to ``last`` to inputs and filters.

    Parameters
    ----------
    gradient : ndarray, shape (genes, bins, filters)
    winner : ndarray of int32, shape (genes, bins, filters)
        From `pool_positions`.
    inputs : ndarray, shape (genes, length, channels)
    weight : ndarray, shape (filters, kernel, channels)
        Of neighbouring taps (dilation 1).
    left : int
        Zeros left of the input.
    first, last : int
        Half-open.
    input_gradient : ndarray, shape (genes, length, channels)
        Filled.
    weight_gradient : ndarray, shape (filters, kernel, channels)
        Filled with the sum over these genes.
    bias_gradient : ndarray, shape (filters,)
        Filled with the sum over these genes.
    """
    n_filters, kernel, width = weight.shape
    length = inputs.shape[1]
    filters, of_filters = weight.reshape(n_filters, -1), weight_gradient.reshape(n_filters, -1)
    weight_gradient[:] = 0
    bias_gradient[:] = 0
    for gene in range(first, last):
        read, written = inputs[gene].reshape(-1), input_gradient[gene].reshape(-1)
        written[:] = 0
        for f in range(n_filters):
            for bin_ in range(gradient.shape[1]):
                change, position = gradient[gene, bin_, f], winner[gene, bin_, f]
                if position < 0 or change == 0:
                    continue
                bias_gradient[f] += change
                # All taps that lie inside the input read one run of it.
                start = max(position - left, 0)
                end = min(position - left + kernel, length)
                skipped = start - (position - left)
                run = slice(start * width, end * width)
                taps = slice(skipped * width, (skipped + end - start) * width)
                if start < end:
                    _add(written[run], change, filters[f, taps])
                    _add(of_filters[f, taps], change, read[run])


@numba.njit(nogil=True, cache=True, fastmath={"contract"})
def _add(target: Reals, factor: float, values: Reals) -> None:
    for i in range(target.shape[0]):
        target[i] += factor * values[i]

"""The first convolution as a table: every k-mer's outputs are worked out once.

A filter of width 6 over one-hot letters sees one of 4⁶ inputs. With a table of their outputs,
convolution + ReLU + max-pool is the maximum over a bin's rows of the table, and its gradient goes
to the row that won. K-mers with ambiguous letters or padding (*rare* ones) get rows behind those of
the plain k-mers, for each batch anew.

Layout: channels last, so that the inner loops run over contiguous filters.
"""

from itertools import product
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.floating]
Ints = NDArray[np.int32]

#: Symbol of a position outside the window: no letter, all weights 0. Fits four bits.
OUTSIDE: Final = 15
#: Widest filter: seven symbols of four bits fit a positive int32, and 4⁷ rows still fit a cache.
WIDEST: Final = 7


def plain_letters(kernel: int) -> NDArray[np.float32]:
    """Give the one-hot letters of all k-mers.

    Returns
    -------
    ndarray, shape (4 * kernel, 4 ** kernel)
        Row ``letter * kernel + tap``, as PyTorch stores a filter.
    """
    symbols = np.array(list(product(range(4), repeat=kernel)), dtype=np.int64)
    return _letters_of(symbols, np.eye(4, dtype=np.float32))


def rare_letters(keys: Ints, kernel: int, code_weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the weights of the letters of rare k-mers, laid out as `plain_letters`.

    Parameters
    ----------
    keys : ndarray of int32, shape (k-mers,)
        Four bits for each symbol, the first tap highest.
    kernel : int
    code_weights : ndarray of float32, shape (15, 4)
        Of the codes; a position outside the window weighs nothing.
    """
    shifts = 4 * np.arange(kernel - 1, -1, -1)
    outside = np.zeros((1, 4), np.float32)
    return _letters_of((keys[:, None] >> shifts) & 15, np.vstack([code_weights, outside]))


def _letters_of(
    symbols: NDArray[np.integer], symbol_weights: NDArray[np.float32]
) -> NDArray[np.float32]:
    weights = symbol_weights[symbols]  # (k-mers, taps, letters)
    n_kmers, kernel = symbols.shape
    return np.ascontiguousarray(weights.transpose(2, 1, 0)).reshape(4 * kernel, n_kmers)


@numba.njit(nogil=True, cache=True)
def index_windows(
    codes: NDArray[np.uint8],
    first: int,
    last: int,
    kernel: int,
    dilation: int,
    left: int,
    lacks_ends: bool,
    index: Ints,
) -> Ints:
    """Find the k-mer under the filter at each output position of the genes ``first`` to ``last``.

    Parameters
    ----------
    codes : ndarray of uint8, shape (genes, length)
    first, last : int
        Half-open.
    kernel, dilation, left : int
        Taps, their distance, and zeros left of the window.
    lacks_ends : bool
        Whether the first and the last output are left out; their pools have two or more positions.
    index : ndarray of int32, shape (genes, positions)
        Filled: the row of a plain k-mer (base 4), or −1 − key of a rare one.

    Returns
    -------
    ndarray of int32
        Keys of the rare k-mers, with repeats.
    """
    length, positions = codes.shape[1], index.shape[1]
    keys = np.empty(64, np.int32)
    n_keys = 0
    for gene in range(first, last):
        row, letters = index[gene], codes[gene]
        row[:] = 0
        for tap in range(kernel):
            shift = tap * dilation - left
            start, end = max(-shift, 0), min(length - shift, positions)
            if start < end:
                _append_letters(row[start:end], letters[start + shift : end + shift])
        # Windows over the left end, over the right end, and over ambiguous letters.
        over_left = min(left, positions)
        over_right = max(length + left - (kernel - 1) * dilation, over_left)
        for position in range(over_left):
            n_keys, keys = _mark(letters, position, kernel, dilation, left, row, n_keys, keys)
        for position in range(over_right, positions):
            n_keys, keys = _mark(letters, position, kernel, dilation, left, row, n_keys, keys)
        for place in range(length if letters.max() >= 4 else 0):
            if letters[place] >= 4:
                for tap in range(kernel):
                    position = place + left - tap * dilation
                    if 0 <= position < positions and row[position] >= 0:
                        n_keys, keys = _mark(
                            letters, position, kernel, dilation, left, row, n_keys, keys
                        )
        if lacks_ends:  # a neighbour of the same pool, seen twice, changes no maximum
            row[0] = row[1]
            beyond = length + 2 * left - (kernel - 1) * dilation - 1
            if beyond < positions:
                row[beyond] = row[beyond - 1]
    return keys[:n_keys]


@numba.njit(nogil=True, cache=True)
def _append_letters(row: Ints, letters: NDArray[np.uint8]) -> None:
    """Append one letter to each k-mer."""
    for i in range(row.shape[0]):
        row[i] = (row[i] << np.int32(2)) + np.int32(letters[i])


@numba.njit(nogil=True, cache=True)
def _mark(
    letters: NDArray[np.uint8],
    position: int,
    kernel: int,
    dilation: int,
    left: int,
    row: Ints,
    n_keys: int,
    keys: Ints,
) -> tuple[int, Ints]:
    """Give one position its rare key, and note the key."""
    key = 0
    for tap in range(kernel):
        place = position - left + tap * dilation
        symbol = OUTSIDE
        if 0 <= place < letters.shape[0]:
            symbol = letters[place]
        key = key * 16 + symbol
    row[position] = -1 - key
    if n_keys == keys.shape[0]:
        larger = np.empty(2 * n_keys, np.int32)
        larger[:n_keys] = keys
        keys = larger
    keys[n_keys] = key
    return n_keys + 1, keys


@numba.njit(nogil=True, cache=True)
def fill_table(
    letters: NDArray[np.float32], first: int, last: int, weight: Reals, bias: Reals, table: Reals
) -> None:
    """Convolve the k-mers ``first`` to ``last``.

    Parameters
    ----------
    letters : ndarray of float32, shape (4 * kernel, rows)
    weight : ndarray, shape (4 * kernel, filters)
    bias : ndarray, shape (filters,)
    table : ndarray, shape (rows, filters)
        Filled.
    """
    for row in range(first, last):
        outputs = table[row]
        outputs[:] = bias
        for input_ in range(letters.shape[0]):
            share = table.dtype.type(letters[input_, row])
            if share != 0:
                for f in range(outputs.shape[0]):
                    outputs[f] += share * weight[input_, f]


@numba.njit(nogil=True, cache=True)
def pool_rows(
    index: Ints,
    first: int,
    last: int,
    rare: Ints,
    table: Reals,
    pooled: Reals,
    winner: Ints,
) -> None:
    """Take ReLU and the maximum over each bin's rows of the table, genes ``first`` to ``last``.

    Parameters
    ----------
    index : ndarray of int32, shape (genes, bins * pool)
        From `index_windows`; rare keys are replaced by their rows.
    rare : ndarray of int32, shape (rare k-mers,)
        Sorted keys of the last rows of the table.
    table : ndarray, shape (rows, filters)
    pooled : ndarray, shape (genes, bins, filters)
        Filled.
    winner : ndarray of int32, shape (genes, bins, filters)
        Filled: the row of the first maximum; ``rows`` where nothing exceeds 0, so that no gradient
        passes.
    """
    n_bins, n_filters = pooled.shape[1:]
    pool = index.shape[1] // n_bins
    n_rows = table.shape[0]
    zero = table.dtype.type(0)
    for gene in range(first, last):
        rows = index[gene]
        for position in range(rows.shape[0]):
            if rows[position] < 0:
                key = -1 - rows[position]
                rows[position] = n_rows - rare.shape[0] + np.searchsorted(rare, key)
        for bin_ in range(n_bins):
            best, won = pooled[gene, bin_], winner[gene, bin_]
            # Starting from 0 is the ReLU; only what exceeds it wins. Two rows at a time halve the
            # traffic of the running maximum.
            for f in range(n_filters):
                best[f] = zero
                won[f] = n_rows
            for offset in range(0, pool - 1, 2):
                one = rows[bin_ * pool + offset]
                two = rows[bin_ * pool + offset + 1]
                values, others = table[one], table[two]
                for f in range(n_filters):
                    value, row = values[f], one
                    if others[f] > value:
                        value, row = others[f], two
                    if value > best[f]:
                        best[f] = value
                        won[f] = row
            if pool % 2:
                row = rows[bin_ * pool + pool - 1]
                values = table[row]
                for f in range(n_filters):
                    if values[f] > best[f]:
                        best[f] = values[f]
                        won[f] = row


@numba.njit(nogil=True, cache=True)
def collect_gradient(
    gradient: Reals,
    winner: Ints,
    letters: NDArray[np.float32],
    first: int,
    last: int,
    table_gradient: Reals,
    weight_gradient: Reals,
    bias_gradient: Reals,
) -> None:
    """Add the gradient of each bin to the row that won, and contract rows with their letters.

    Parameters
    ----------
    gradient : ndarray, shape (genes, bins, filters)
    winner : ndarray of int32, shape (genes, bins, filters)
        From `pool_rows`.
    letters : ndarray of float32, shape (4 * kernel, rows)
    first, last : int
        Filters, half-open. No other filters are touched, so that the sums do not depend on how
        filters are divided among threads.
    table_gradient : ndarray, shape (filters, rows + 1)
        Scratch; the last column collects what ReLU stopped.
    weight_gradient : ndarray, shape (filters, 4 * kernel)
        Filled.
    bias_gradient : ndarray, shape (filters,)
        Filled.
    """
    n_rows = letters.shape[1]
    table_gradient[first:last] = 0
    for gene in range(gradient.shape[0]):
        for bin_ in range(gradient.shape[1]):
            for f in range(first, last):
                table_gradient[f, winner[gene, bin_, f]] += gradient[gene, bin_, f]
    for f in range(first, last):
        by_row = table_gradient[f, :n_rows]
        bias_gradient[f] = by_row.sum()
        for input_ in range(letters.shape[0]):
            weight_gradient[f, input_] = _dot(by_row, letters[input_])


@numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})
def _dot(one: Reals, other: Reals) -> np.floating:
    total = one.dtype.type(0)
    for i in range(one.shape[0]):
        total += one[i] * other[i]
    return total

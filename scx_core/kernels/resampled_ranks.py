"""Spearman correlation of many bootstrap samples, without sorting any of them.

A bootstrap sample is how often each gene was drawn. Its ranks follow from the order of all genes by
summing those counts in that order: one pass over the genes for each sample, where a sort would take
many.
"""

import numba
import numpy as np
from numpy.typing import NDArray

Orders = NDArray[np.int32]


def sort_columns(values: NDArray[np.float64]) -> tuple[Orders, NDArray[np.bool_]]:
    """Order the rows of each column, and mark those equal to the one before.

    Parameters
    ----------
    values : ndarray, shape (genes, columns)

    Returns
    -------
    order : ndarray of int32, shape (columns, genes)
        Rows, smallest value first.
    tied : ndarray of bool, shape (columns, genes)
        The value at this place of the order equals that at the place before.
    """
    order = np.argsort(values, axis=0, kind="stable").astype(np.int32)
    ordered = np.take_along_axis(values, order, axis=0)
    tied = np.zeros(values.shape, dtype=np.bool_)
    tied[1:] = ordered[1:] == ordered[:-1]
    return np.ascontiguousarray(order.T), np.ascontiguousarray(tied.T)


@numba.njit(nogil=True, cache=True)
def _rank_sample(
    drawn: NDArray[np.uint16],
    order: Orders,
    tied: NDArray[np.bool_],
    other: NDArray[np.float64],
    ranks: NDArray[np.float64],
    keep: bool,
) -> tuple[float, float]:
    """Rank a sample; give the sum of squared ranks, and of their products with other ranks.

    A gene drawn w times takes w places; its rank is the middle of those of all that tie with it, less
    the mean rank. With ``keep``, ranks are written by gene.
    """
    n = len(order)
    size = 0.0
    for gene in range(n):
        size += drawn[gene]
    middle, below, squares, products, start = size / 2.0, 0.0, 0.0, 0.0, 0
    while start < n:
        gene = order[start]
        weight, product, stop = float(drawn[gene]), drawn[gene] * other[gene], start + 1
        while stop < n and tied[stop]:
            gene = order[stop]
            weight += drawn[gene]
            product += drawn[gene] * other[gene]
            stop += 1
        rank = below + weight / 2.0 - middle
        if keep:
            for place in range(start, stop):
                ranks[order[place]] = rank
        squares += weight * rank * rank
        products += rank * product
        below += weight
        start = stop
    return squares, products


@numba.njit(nogil=True, cache=True)
def spearman_of_samples(
    counts: NDArray[np.uint16],
    orders: Orders,
    tied: NDArray[np.bool_],
    found: NDArray[np.float64],
) -> None:
    """Correlate the ranks of a first column with those of others in each sample.

    Parameters
    ----------
    counts : ndarray of uint16, shape (samples, genes)
        How often each gene was drawn.
    orders : ndarray of int32, shape (1 + columns, genes)
    tied : ndarray of bool, shape (1 + columns, genes)
        From `sort_columns`: the first column, then the others.
    found : ndarray, shape (samples, columns)
        Filled with the correlations; NaN where a column is constant in the sample.
    """
    n = orders.shape[1]
    first, nothing = np.zeros(n), np.zeros(n)
    for sample in range(len(counts)):
        drawn = counts[sample]
        scale, _ = _rank_sample(drawn, orders[0], tied[0], nothing, first, True)
        for column in range(1, len(orders)):
            squares, products = _rank_sample(
                drawn, orders[column], tied[column], first, nothing, False
            )
            if scale > 0 and squares > 0:
                found[sample, column - 1] = products / np.sqrt(scale * squares)
            else:
                found[sample, column - 1] = np.nan

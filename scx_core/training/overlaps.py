"""Genes whose windows share bases of the genome: neighbours, and pairs on opposite strands."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset

#: Share of a window above which two genes whose windows overlap so far are one family.
MOST_SHARED: Final = 0.5


def overlapping_neighbours(
    dataset: Dataset, share: float = MOST_SHARED
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pair genes whose windows share more than a part of their bases, on either strand.

    Parameters
    ----------
    dataset : Dataset
    share : float
        Of the window's length.

    Returns
    -------
    one, other : ndarray of int64
        Rows of neighbours along a chromosome: any two genes that share so much are linked by them,
        directly or through the genes between.
    """
    order, distance = _along_chromosomes(dataset)
    near = distance < (1 - share) * dataset.windows.shape[1]
    return order[:-1][near], order[1:][near]


def largest_overlap(dataset: Dataset, fold_of_gene: NDArray[np.int64]) -> float:
    """Give the largest share of a window that genes of different folds have in common.

    Parameters
    ----------
    dataset : Dataset
    fold_of_gene : ndarray of int, shape (genes,)

    Returns
    -------
    float
        0 to 1, on either strand.
    """
    order, distance = _along_chromosomes(dataset)
    # The closest two of different folds are neighbours: between others lies a closer pair.
    apart = distance[fold_of_gene[order[:-1]] != fold_of_gene[order[1:]]]
    length = dataset.windows.shape[1]
    return float(max(1 - apart.min() / length, 0.0)) if apart.size else 0.0


def _along_chromosomes(dataset: Dataset) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows of genes in the order of their windows, and how far each window begins before the next.

    The distance is infinite from the last window of a chromosome to the first of another.
    """
    genes: pd.DataFrame = dataset.genes
    plus = genes["strand"].to_numpy() == "+"
    tss = genes["tss"].to_numpy(np.int64)  # 1-based
    start = np.where(plus, tss - 1 - dataset.upstream, tss - dataset.downstream)
    chromosome = pd.factorize(genes["chromosome"])[0]
    order = np.lexsort((start, chromosome))
    distance = np.diff(start[order]).astype(np.float64)
    distance[np.diff(chromosome[order]) != 0] = np.inf
    return order.astype(np.int64), distance

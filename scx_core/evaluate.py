"""How good predictions are, and what simple baselines reach on the same folds."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import UNKNOWN

#: Bases up- and downstream of the TSS that the k-mer baseline reads.
KMER_REACH: Final = 750
KMER: Final = 5
_RIDGE: Final = 100.0


def correlate_columns(
    true: NDArray[np.floating], predicted: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Pearson correlation of each column; NaN where a column is constant.

    Parameters
    ----------
    true, predicted : ndarray, shape (n, columns)
    """
    x = true.astype(np.float64) - true.mean(axis=0, dtype=np.float64)
    y = predicted.astype(np.float64) - predicted.mean(axis=0, dtype=np.float64)
    scale = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    covariance = (x * y).sum(axis=0)
    # A constant column leaves rounding dust, not zero: compare with the size of its values.
    dust = 1e-12 * len(x) * np.abs(true).max(initial=0) * np.abs(predicted).max(initial=0)
    return np.divide(covariance, scale, out=np.full(scale.shape, np.nan), where=scale > dust)


def evaluate(true: pd.DataFrame, predicted: pd.DataFrame) -> pd.DataFrame:
    """Pearson and Spearman correlation across genes for each population.

    Parameters
    ----------
    true, predicted : DataFrame, genes x populations, log10
        The same genes and populations in the same order.

    Returns
    -------
    DataFrame
        By population: ``pearson``, ``spearman``, ``n`` (genes).
    """
    x, y = true.to_numpy(np.float64), predicted.to_numpy(np.float64)
    return pd.DataFrame(
        {
            "pearson": correlate_columns(x, y),
            "spearman": correlate_columns(rankdata(x, axis=0), rankdata(y, axis=0)),
            "n": len(true),
        },
        index=pd.Index(true.columns, name="population"),
    )


def correlate_across_populations(true: pd.DataFrame, predicted: pd.DataFrame) -> pd.Series:
    """Pearson correlation over populations of each gene; NaN where a gene does not vary."""
    r = correlate_columns(true.to_numpy(np.float64).T, predicted.to_numpy(np.float64).T)
    return pd.Series(r, index=true.index, name="pearson_across_populations")


def kmer_counts(
    windows: NDArray[np.uint8], upstream: int, reach: int = KMER_REACH, k: int = KMER
) -> NDArray[np.float32]:
    """Count the k-mers around the TSS; those with a letter other than A, C, G, T do not count.

    Parameters
    ----------
    windows : ndarray of uint8, shape (genes, length)
    upstream : int
        Window index of the TSS.
    reach : int
        Bases on either side of the TSS.
    k : int

    Returns
    -------
    ndarray of float32, shape (genes, 4 ** k)
    """
    counts = np.zeros((len(windows), 4**k), dtype=np.float32)
    for row, window in enumerate(windows):
        codes = window[max(upstream - reach, 0) : upstream + reach].astype(np.int64)
        if len(codes) < k:
            continue
        views = np.lib.stride_tricks.sliding_window_view(codes, k)
        known = (views < UNKNOWN).all(axis=1)
        numbers = views[known] @ (4 ** np.arange(k - 1, -1, -1))
        counts[row] = np.bincount(numbers, minlength=4**k)
    return counts


def ridge_out_of_fold(
    features: NDArray[np.floating],
    targets: NDArray[np.float64],
    fold_of_gene: NDArray[np.int64],
    folds: tuple[int, ...],
    progress: Progress = no_progress,
) -> NDArray[np.float64]:
    """Predict the genes of some folds by ridge regression on all genes outside each.

    Parameters
    ----------
    features : ndarray, shape (genes, features)
        NaN counts as the feature's mean.
    targets : ndarray, shape (genes, populations)
        log10 pseudobulk.
    fold_of_gene : ndarray of int, shape (genes,)
    folds : tuple of int
    progress : Progress

    Returns
    -------
    ndarray, shape (genes, populations)
        NaN for the genes of other folds.
    """
    predicted = np.full(targets.shape, np.nan)
    for done, fold in enumerate(folds):
        test = fold_of_gene == fold
        scaler = StandardScaler().fit(features[~test])
        model = Ridge(alpha=_RIDGE).fit(
            np.nan_to_num(scaler.transform(features[~test])), targets[~test]
        )
        predicted[test] = model.predict(np.nan_to_num(scaler.transform(features[test])))
        progress((done + 1) / len(folds), f"Baselines: fold {fold}")
    return predicted


def mean_out_of_fold(
    targets: NDArray[np.float64], fold_of_gene: NDArray[np.int64], folds: tuple[int, ...]
) -> NDArray[np.float64]:
    """Predict every gene of a fold as the populations' means over the genes outside it."""
    predicted = np.full(targets.shape, np.nan)
    for fold in folds:
        test = fold_of_gene == fold
        predicted[test] = targets[~test].mean(axis=0)
    return predicted

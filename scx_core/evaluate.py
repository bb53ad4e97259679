"""How good predictions are, and the counts of k-mers that a baseline reads."""

import math
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from scx_core.sequence.alphabet import UNKNOWN

#: Bases up- and downstream of the TSS that the k-mer baseline reads.
KMER_REACH: Final = 750
KMER: Final = 5
#: Genes below which no interval is given: the standard error divides by n − 3.
_FEWEST: Final = 4


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


def pearson_interval(r: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a Pearson correlation, by Fisher's z.

    Parameters
    ----------
    r : float
    n : int
        Pairs, such as genes. They count as independent.
    level : float
        Share of intervals that hold the true value.

    Returns
    -------
    low, high : float
        NaN where r is undefined or n < 4.

    Notes
    -----
    ``z = artanh(r)`` is near normal with standard error ``1 / sqrt(n - 3)``. Source: Fisher RA
    (1921), On the "probable error" of a coefficient of correlation deduced from a small sample,
    Metron 1:3-32. It assumes that pairs are bivariate normal; expression with many genes at the
    floor is not, so that the interval is a guide.
    """
    return _interval_by_z(r, n, 1.0, level)


def spearman_interval(rho: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a Spearman correlation.

    Parameters
    ----------
    rho : float
    n : int
        Pairs, such as genes. They count as independent.
    level : float
        Share of intervals that hold the true value.

    Returns
    -------
    low, high : float
        NaN where rho is undefined or n < 4.

    Notes
    -----
    As `pearson_interval`, with the standard error ``sqrt((1 + rho² / 2) / (n - 3))``. Source:
    Bonett DG, Wright TA (2000), Sample size requirements for estimating Pearson, Kendall and
    Spearman correlations, Psychometrika 65:23-28.
    """
    return _interval_by_z(rho, n, 1.0 + rho**2 / 2.0, level)


def _interval_by_z(r: float, n: int, factor: float, level: float) -> tuple[float, float]:
    if n < _FEWEST or math.isnan(r):
        return math.nan, math.nan
    if abs(r) >= 1:
        return r, r
    reach = float(norm.ppf(0.5 + level / 2)) * math.sqrt(factor / (n - 3))
    return math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)


def evaluate_by_fold(true: pd.DataFrame, predicted: pd.DataFrame, folds: pd.Series) -> pd.DataFrame:
    """Correlation across the test genes of each fold, for each population.

    Parameters
    ----------
    true, predicted : DataFrame, genes x populations, log10
        The same genes and populations in the same order.
    folds : Series
        Test fold by gene id.

    Returns
    -------
    DataFrame
        ``fold, population, pearson, spearman, n`` (genes); folds ascending, populations in order.
    """
    fold_of_gene = folds.reindex(true.index)
    parts = []
    for fold in sorted(fold_of_gene.dropna().unique()):
        members = (fold_of_gene == fold).to_numpy()
        scores = evaluate(true[members], predicted[members]).reset_index()
        scores.insert(0, "fold", int(fold))
        parts.append(scores)
    if not parts:
        return pd.DataFrame(columns=["fold", "population", "pearson", "spearman", "n"])
    return pd.concat(parts, ignore_index=True)


def vary_and_correlate(true: pd.DataFrame, predicted: pd.DataFrame) -> pd.DataFrame:
    """How much each gene varies over populations, and how well that is predicted.

    Parameters
    ----------
    true, predicted : DataFrame, genes x populations, log10
        The same genes and populations in the same order.

    Returns
    -------
    DataFrame
        By gene id: ``variance`` (of the observed values over populations, n − 1 below, in squared
        log10 units; NaN with one population), ``pearson_across_populations`` (NaN where observed
        or predicted values do not vary).

    Notes
    -----
    Source: scXpresso, Figure 4C.
    """
    values = true.to_numpy(np.float64)
    variance = values.var(axis=1, ddof=1) if values.shape[1] > 1 else np.full(len(values), np.nan)
    return pd.DataFrame(
        {
            "variance": variance,
            "pearson_across_populations": correlate_across_populations(true, predicted),
        },
        index=true.index,
    )


def correlation_by_variance(genes: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """Summarise the correlation over populations of genes that vary alike.

    Parameters
    ----------
    genes : DataFrame
        See `vary_and_correlate`; genes without a correlation do not count.
    bins : int
        Groups of as equal size as can be, fewer where there are fewer genes.

    Returns
    -------
    DataFrame
        A row for each group, from the least variable on: ``variance`` (median), ``low, median,
        high`` (quartiles of r), ``n`` (genes).
    """
    known = genes.dropna(subset=["variance", "pearson_across_populations"])
    ordered = known.sort_values("variance", kind="stable")
    rows = []
    for part in np.array_split(np.arange(len(ordered)), max(min(bins, len(ordered)), 1)):
        group = ordered.iloc[part]
        low, median, high = group["pearson_across_populations"].quantile([0.25, 0.5, 0.75])
        rows.append((group["variance"].median(), low, median, high, len(group)))
    table = pd.DataFrame(rows, columns=["variance", "low", "median", "high", "n"])
    return table[table["n"] > 0]


def residuals(true: pd.Series, predicted: pd.Series) -> pd.DataFrame:
    """Observed minus predicted expression of the genes of one population, and its z-score.

    Parameters
    ----------
    true, predicted : Series
        log10 expression by gene id; the same genes in the same order, predicted out of fold.

    Returns
    -------
    DataFrame
        By gene id: ``observed, predicted, residual, z``. Above zero: expressed more than predicted.
        The z-score is taken over all genes given (n − 1 below); NaN where the residuals are equal.
    """
    difference = true.to_numpy(np.float64) - predicted.to_numpy(np.float64)
    spread = difference.std(ddof=1) if len(difference) > 1 else 0.0
    z = (
        (difference - difference.mean()) / spread
        if spread > 0
        else np.full(len(difference), np.nan)
    )
    return pd.DataFrame(
        {
            "observed": true.to_numpy(np.float64), "predicted": predicted.to_numpy(np.float64),
            "residual": difference, "z": z,
        },
        index=true.index,
    )  # fmt: skip


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

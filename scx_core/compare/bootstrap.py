"""How far a correlation would move with other genes: bootstrap samples, the same for all models."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scx_core.engines import cores
from scx_core.errors import ScxError
from scx_core.kernels.resampled_ranks import sort_columns, spearman_of_samples
from scx_core.progress import Progress, no_progress

Reals = NDArray[np.float64]
Counts = NDArray[np.uint16]

N_SAMPLES: Final = 1000
#: Samples that are multiplied at once: 15 MB for 18,000 genes.
_AT_ONCE: Final = 100
#: Share of a mean square that rounding leaves of a variance of zero.
_DUST: Final = 1e-12
_MOST_GENES: Final = 10_000_000


def draw_samples(n_genes: int, n_samples: int = N_SAMPLES, seed: int = 0) -> Counts:
    """Draw genes with replacement.

    Parameters
    ----------
    n_genes, n_samples, seed : int

    Returns
    -------
    ndarray of uint16, shape (samples, genes)
        How often each gene was drawn.
    """
    if not 0 < n_genes < _MOST_GENES:
        raise ScxError(f"{n_genes:,} genes cannot be drawn from; compare models that share genes.")
    random = np.random.default_rng(seed)
    return np.stack(
        [
            np.bincount(random.integers(n_genes, size=n_genes), minlength=n_genes).astype(np.uint16)
            for _ in range(n_samples)
        ]
    )


def pearson_of_samples(true: Reals, predicted: Reals, counts: Counts) -> Reals:
    """Pearson correlation of each column in each sample.

    Parameters
    ----------
    true, predicted : ndarray, shape (genes, columns)
    counts : ndarray of uint16, shape (samples, genes)

    Returns
    -------
    ndarray, shape (samples, columns)
        NaN where a column is constant in the sample.
    """
    # Centred and scaled first, so that differences of large sums keep their digits.
    x, y = _standardised(true), _standardised(predicted)
    moments = np.concatenate([x, y, x * x, y * y, x * y], axis=1)
    found = np.empty((len(counts), true.shape[1]))
    for start in range(0, len(counts), _AT_ONCE):
        drawn = counts[start : start + _AT_ONCE].astype(np.float64)
        means = (drawn @ moments) / drawn.sum(axis=1, keepdims=True)
        x1, y1, xx, yy, xy = np.split(means, 5, axis=1)
        variance_x, variance_y = xx - x1**2, yy - y1**2
        # A column that is constant in the sample leaves rounding dust, not zero.
        varies = (variance_x > _DUST * xx) & (variance_y > _DUST * yy)
        scale = np.sqrt(np.where(varies, variance_x * variance_y, 1.0))
        found[start : start + _AT_ONCE] = np.where(varies, (xy - x1 * y1) / scale, np.nan)
    return np.clip(found, -1, 1)


def _standardised(values: Reals) -> Reals:
    centred = values - values.mean(axis=0)
    scale = centred.std(axis=0)
    # A constant column leaves rounding dust, not zero.
    constant = scale <= _DUST * np.abs(values).max(initial=0)
    return np.where(constant, 0.0, centred) / np.where(constant, 1.0, scale)


def rank_correlations_of_samples(
    true: Reals, predicted: list[Reals], counts: Counts, progress: Progress = no_progress
) -> list[Reals]:
    """Spearman correlation of each column in each sample.

    Parameters
    ----------
    true : ndarray, shape (genes, columns)
    predicted : list of ndarray, shape (genes, columns)
        Of each model.
    counts : ndarray of uint16, shape (samples, genes)
    progress : Progress

    Returns
    -------
    list of ndarray, shape (samples, columns)
        Of each model; NaN where a column is constant in the sample.
    """
    sorted_ = [sort_columns(values) for values in (true, *predicted)]
    found = np.empty((true.shape[1], len(counts), len(predicted)))

    def correlate(column: int) -> None:
        orders = np.stack([order[column] for order, _ in sorted_])
        tied = np.stack([ties[column] for _, ties in sorted_])
        spearman_of_samples(counts, orders, tied, found[column])

    # The kernel lets go of the interpreter's lock.
    with ThreadPoolExecutor(cores()) as pool:
        futures = [pool.submit(correlate, column) for column in range(true.shape[1])]
        try:
            for done, future in enumerate(futures):
                future.result()
                progress((done + 1) / len(futures), "Drawing genes anew")
        finally:
            for future in futures:
                future.cancel()
    return [np.ascontiguousarray(found[:, :, place].T) for place in range(len(predicted))]


def median_of_samples(values: Reals, counts: Counts) -> Reals:
    """Median of a number per gene in each sample, the lower one of two.

    Parameters
    ----------
    values : ndarray, shape (genes,)
        NaN counts as not drawn.
    counts : ndarray of uint16, shape (samples, genes)

    Returns
    -------
    ndarray, shape (samples,)
        NaN where no gene with a value was drawn.
    """
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    found = np.full(len(counts), np.nan)
    for sample, drawn in enumerate(counts):
        below = np.cumsum(drawn[order], dtype=np.int64)
        if len(below) and below[-1]:
            found[sample] = values[order[np.searchsorted(below, (below[-1] + 1) // 2)]]
    return found


def median_of_known(values: Reals) -> Reals:
    """Median of each row, shape (rows,), over its numbers; NaN where it has none."""
    empty = np.isnan(values).all(axis=1)
    found = np.full(len(values), np.nan)
    found[~empty] = np.nanmedian(values[~empty], axis=1)
    return found


def interval(samples: Reals) -> tuple[Reals, Reals]:
    """Give the 95 % interval over the first axis: the 2.5 % and 97.5 % quantiles of the samples.

    Samples without a value (NaN) do not count; NaN where none has one.
    """
    empty = np.isnan(samples).all(axis=0)
    ends = np.full((2, *empty.shape), np.nan)
    if not empty.all():
        ends[:, ~empty] = np.nanquantile(samples[:, ~empty], [0.025, 0.975], axis=0)
    return ends[0], ends[1]

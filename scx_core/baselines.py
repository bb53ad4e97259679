"""Simple predictions that every model must beat, made on the same folds.

A baseline that nobody tuned flatters the model beside it: with a fixed penalty of 100 the 5-mer
ridge of the worm reaches a median r of 0.426, tuned inside its training genes 0.455.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.preprocessing import StandardScaler

from scx_core.errors import ScxError
from scx_core.evaluate import correlate_columns
from scx_core.progress import Progress, no_progress

#: Penalties to choose from, half a decade apart; features are standardised.
PENALTIES: Final = tuple(float(10 ** (exponent / 2)) for exponent in range(13))
#: Penalties within this share of the best correlation are as good; the smallest of them shrinks the
#: predictions least, so that those of several folds are on one scale.
_AS_GOOD: Final = 0.01
#: Share of the training genes that judge the penalties where no other fold can.
_HELD_OUT: Final = 0.2


@dataclass(frozen=True)
class RidgePredictions:
    """Out-of-fold predictions of a ridge regression.

    Attributes
    ----------
    values : ndarray, shape (genes, populations)
        NaN for the genes of folds that were not asked for.
    penalties : mapping of int to float
        By fold: the penalty chosen without its genes.
    """

    values: NDArray[np.float64]
    penalties: Mapping[int, float]

    def __post_init__(self) -> None:
        wrong = [penalty for penalty in self.penalties.values() if penalty not in PENALTIES]
        if wrong:
            raise ScxError(f"{wrong[0]:g} is none of the penalties {PENALTIES}.")
        object.__setattr__(self, "penalties", MappingProxyType(dict(self.penalties)))


def ridge_out_of_fold(
    features: NDArray[np.floating],
    targets: NDArray[np.float64],
    fold_of_gene: NDArray[np.int64],
    folds: tuple[int, ...],
    progress: Progress = no_progress,
) -> RidgePredictions:
    """Predict the genes of some folds by ridge regression on all genes outside each.

    The penalty of a fold is chosen inside its training genes: it is the smallest whose predictions
    of the genes of the next fold, by a fit on the others, have a median Pearson correlation over
    populations within 1 % of the highest. So validation genes are as far from the fitted ones as test genes are
    (another chromosome, another family). With two folds, a fifth of the training genes judge.

    Parameters
    ----------
    features : ndarray, shape (genes, features)
        NaN counts as the feature's mean.
    targets : ndarray, shape (genes, populations)
        log10 pseudobulk.
    fold_of_gene : ndarray of int, shape (genes,)
    folds : tuple of int
    progress : Progress
    """
    predicted = np.full(targets.shape, np.nan)
    penalties = {}
    for done, fold in enumerate(folds):
        test = fold_of_gene == fold
        validation = _validation_genes(fold_of_gene, fold)
        penalties[fold] = _choose_penalty(features, targets, ~test & ~validation, validation)
        path = _RidgePath.fit(features[~test], targets[~test])
        predicted[test] = path.predict(features[test], penalties[fold])
        progress((done + 1) / len(folds), f"Baselines: fold {fold}")
    return RidgePredictions(predicted, penalties)


def mean_out_of_fold(
    targets: NDArray[np.float64], fold_of_gene: NDArray[np.int64], folds: tuple[int, ...]
) -> NDArray[np.float64]:
    """Predict every gene of a fold as the populations' means over the genes outside it."""
    predicted = np.full(targets.shape, np.nan)
    for fold in folds:
        test = fold_of_gene == fold
        predicted[test] = targets[~test].mean(axis=0)
    return predicted


def _validation_genes(fold_of_gene: NDArray[np.int64], test: int) -> NDArray[np.bool_]:
    """Genes that judge penalties for a test fold: those of the next fold, the last one's is the first."""
    others = np.unique(fold_of_gene[fold_of_gene != test])
    if len(others) > 1:
        after = others[others > test]
        return fold_of_gene == (after[0] if len(after) else others[0])
    rows = np.flatnonzero(fold_of_gene != test)
    held_out = np.random.default_rng(0).permutation(rows)[: int(len(rows) * _HELD_OUT)]
    chosen = np.zeros(len(fold_of_gene), dtype=bool)
    chosen[held_out] = True
    return chosen


def _choose_penalty(
    features: NDArray[np.floating],
    targets: NDArray[np.float64],
    fitted: NDArray[np.bool_],
    validation: NDArray[np.bool_],
) -> float:
    path = _RidgePath.fit(features[fitted], targets[fitted])
    scores = [
        _score(targets[validation], path.predict(features[validation], penalty))
        for penalty in PENALTIES
    ]
    best = max(scores)
    good = [score >= best - _AS_GOOD * abs(best) for score in scores]
    return PENALTIES[good.index(True)]


def _score(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    r = correlate_columns(true, predicted)
    known = r[~np.isnan(r)]
    return float(np.median(known)) if known.size else -1.0


class _RidgePath:
    """Ridge regressions of all penalties at once: one decomposition serves them all.

    With standardised X and centred Y, the coefficients are ``V (S + penalty)^-1 V' X'Y``, where
    ``X'X = V S V'``.
    """

    def __init__(
        self,
        scaler: StandardScaler,
        means: NDArray[np.float64],
        vectors: NDArray[np.float64],
        values: NDArray[np.float64],
        products: NDArray[np.float64],
    ) -> None:
        self._scaler, self._means = scaler, means
        self._vectors, self._values, self._products = vectors, values, products

    @classmethod
    def fit(cls, features: NDArray[np.floating], targets: NDArray[np.float64]) -> "_RidgePath":
        scaler = StandardScaler().fit(features)
        x = np.nan_to_num(scaler.transform(features)).astype(np.float64)
        means = targets.mean(axis=0)
        values, vectors = eigh(x.T @ x)
        return cls(
            scaler, means, vectors, np.maximum(values, 0.0), vectors.T @ (x.T @ (targets - means))
        )

    def predict(self, features: NDArray[np.floating], penalty: float) -> NDArray[np.float64]:
        weights = self._vectors @ (self._products / (self._values + penalty)[:, None])
        x = np.nan_to_num(self._scaler.transform(features)).astype(np.float64)
        return x @ weights + self._means

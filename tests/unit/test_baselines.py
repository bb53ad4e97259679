"""Baselines see the other folds alone, and are tuned inside them."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from scx_core.baselines import PENALTIES, RidgePredictions, mean_out_of_fold, ridge_out_of_fold
from scx_core.errors import ScxError
from scx_core.evaluate import correlate_columns


def noisy(n: int = 300, n_features: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Many features of which few tell, in three folds: an untuned fit learns the noise."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(n, n_features))
    targets = features[:, :4] @ rng.normal(size=(4, 3)) + 6 * rng.normal(size=(n, 3))
    return features, targets, np.arange(n) % 3


def by_sklearn(features, targets, fitted, asked, penalty):
    scaler = StandardScaler().fit(features[fitted])
    model = Ridge(alpha=penalty).fit(
        np.nan_to_num(scaler.transform(features[fitted])), targets[fitted]
    )
    return model.predict(np.nan_to_num(scaler.transform(features[asked])))


def test_predictions_and_penalty_equal_a_loop_over_ridge_regressions():
    features, targets, folds = noisy()
    features[::7, 3] = np.nan
    found = ridge_out_of_fold(features, targets, folds, (0, 2))
    assert np.isnan(found.values[folds == 1]).all()
    for fold, validation in ((0, 1), (2, 0)):  # the next fold judges; the last one's is the first
        fitted = ~np.isin(folds, (fold, validation))
        scores = [
            np.median(
                correlate_columns(
                    targets[folds == validation],
                    by_sklearn(features, targets, fitted, folds == validation, penalty),
                )
            )
            for penalty in PENALTIES
        ]
        within = np.array(scores) >= 0.99 * max(scores)
        best = PENALTIES[int(np.flatnonzero(within)[0])]
        assert found.penalties[fold] == best
        expected = by_sklearn(features, targets, folds != fold, folds == fold, best)
        np.testing.assert_allclose(found.values[folds == fold], expected, atol=1e-8)


def test_a_tuned_ridge_beats_the_fixed_penalty_that_it_replaces():
    features, targets, folds = noisy(300, 250)
    found = ridge_out_of_fold(features, targets, folds, (0,))
    test = folds == 0
    tuned = np.median(correlate_columns(targets[test], found.values[test]))
    fixed = by_sklearn(features, targets, ~test, test, 100.0)
    assert found.penalties[0] > 100
    assert tuned > np.median(correlate_columns(targets[test], fixed)) + 0.02


@pytest.mark.parametrize("n_folds", [2, 3])
def test_neither_predictions_nor_penalty_depend_on_the_test_genes(n_folds):
    features, targets, _ = noisy()
    folds = np.arange(len(targets)) % n_folds
    changed = targets.copy()
    changed[folds == 0] = 1e3 * changed[folds == 0][::-1]
    one, other = (ridge_out_of_fold(features, values, folds, (0,)) for values in (targets, changed))
    assert one.penalties == other.penalties
    np.testing.assert_array_equal(one.values[folds == 0], other.values[folds == 0])


def test_constant_targets_are_predicted_as_they_are():
    features, targets, folds = noisy(60, 4)
    found = ridge_out_of_fold(features, np.full_like(targets, -4.0), folds, (0, 1, 2))
    np.testing.assert_allclose(found.values, -4.0)


def test_a_penalty_that_was_not_offered_is_refused():
    with pytest.raises(ScxError, match="none of the penalties"):
        RidgePredictions(np.zeros((1, 1)), {0: 2.0})


def test_the_mean_is_of_the_other_folds():
    _, targets, folds = noisy(60, 4)
    mean = mean_out_of_fold(targets, folds, (0,))
    np.testing.assert_allclose(mean[folds == 0], np.tile(targets[folds != 0].mean(axis=0), (20, 1)))
    assert np.isnan(mean[folds != 0]).all()

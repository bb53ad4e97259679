"""Confidence intervals, correlations by fold, variance and residuals, beside plain computations."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr, spearmanr

from scx_core.evaluate import (
    correlation_by_variance,
    evaluate,
    evaluate_by_fold,
    pearson_interval,
    residuals,
    spearman_interval,
    vary_and_correlate,
)

ROUNDS = 1500


def pairs(rng: np.random.Generator, rho: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, noise = rng.normal(size=(2, n))
    return x, rho * x + math.sqrt(1 - rho**2) * noise


@pytest.mark.parametrize("rho", [-0.9, 0.0, 0.71])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_pearson_interval_is_scipys(rho, level):
    x, y = pairs(np.random.default_rng(0), rho, 57)
    found = pearsonr(x, y)
    expected = found.confidence_interval(confidence_level=level)
    assert pearson_interval(float(found.statistic), 57, level) == pytest.approx(tuple(expected))


@pytest.mark.parametrize("rho", [0.0, 0.6, -0.8])
def test_spearman_interval_holds_the_true_value_as_often_as_it_says(rho):
    rng = np.random.default_rng(1)
    truth = 6 / math.pi * math.asin(rho / 2)  # Spearman's rho of a bivariate normal
    inside = 0
    for _ in range(ROUNDS):
        low, high = spearman_interval(float(spearmanr(*pairs(rng, rho, 60)).statistic), 60)
        inside += low <= truth <= high
    assert inside / ROUNDS == pytest.approx(0.95, abs=0.015)


def test_spearman_interval_is_near_the_bootstrap():
    rng = np.random.default_rng(2)
    x, y = pairs(rng, 0.7, 400)
    drawn = rng.integers(0, 400, size=(ROUNDS, 400))
    again = [spearmanr(x[rows], y[rows]).statistic for rows in drawn]
    interval = spearman_interval(float(spearmanr(x, y).statistic), 400)
    assert interval == pytest.approx(np.quantile(again, [0.025, 0.975]), abs=0.015)


def test_spearman_interval_worked_out_by_hand():
    # artanh(0.5) = 0.549306; sqrt(1.125 / 100) = 0.106066; 1.959964 * 0.106066 = 0.207886
    assert spearman_interval(0.5, 103) == pytest.approx(
        (math.tanh(0.549306 - 0.207886), math.tanh(0.549306 + 0.207886)), abs=1e-6
    )


@given(st.floats(-0.999, 0.999), st.integers(4, 20_000))
def test_intervals_hold_the_value_and_spearmans_is_wider(r, n):
    low, high = pearson_interval(r, n)
    assert -1 <= low <= r <= high <= 1
    wide_low, wide_high = spearman_interval(r, n)
    assert wide_low <= low + 1e-12
    assert wide_high >= high - 1e-12


@pytest.mark.parametrize("interval", [pearson_interval, spearman_interval])
@pytest.mark.parametrize(("r", "n"), [(math.nan, 100), (0.5, 3), (0.5, 0)])
def test_no_interval_where_there_is_none(interval, r, n):
    assert all(math.isnan(end) for end in interval(r, n))


@pytest.mark.parametrize("interval", [pearson_interval, spearman_interval])
def test_perfect_correlation_has_a_point(interval):
    assert interval(1.0, 10) == (1.0, 1.0)


@pytest.fixture
def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(3)
    index = [f"E{number}" for number in range(40)]
    true = pd.DataFrame(rng.normal(size=(40, 3)), index=index, columns=["a", "b", "c"])
    return true, true + rng.normal(size=(40, 3))


def test_by_fold_is_evaluate_of_each_part(tables):
    true, predicted = tables
    folds = pd.Series(np.arange(40) % 3 + 1, index=true.index)[::-1]  # in another order
    table = evaluate_by_fold(true, predicted, folds)
    assert table["fold"].tolist() == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert table["population"].tolist() == ["a", "b", "c"] * 3
    for fold in (1, 2, 3):
        rows = folds.index[folds == fold]
        rows = [gene for gene in true.index if gene in set(rows)]
        expected = evaluate(true.loc[rows], predicted.loc[rows])
        part = table[table["fold"] == fold].set_index("population")
        pd.testing.assert_frame_equal(part[expected.columns], expected)
    assert table.groupby("population")["n"].sum().tolist() == [40] * 3


def test_by_fold_without_any_gene(tables):
    true, predicted = tables
    empty = evaluate_by_fold(true[:0], predicted[:0], pd.Series(dtype=int))
    assert list(empty) == ["fold", "population", "pearson", "spearman", "n"]
    assert empty.empty


def test_variance_and_correlation_of_each_gene(tables):
    true, predicted = tables
    true.iloc[5] = -4.0
    table = vary_and_correlate(true, predicted)
    for gene in ("E0", "E17"):
        assert table.loc[gene, "variance"] == pytest.approx(true.loc[gene].var())
        assert table.loc[gene, "pearson_across_populations"] == pytest.approx(
            true.loc[gene].corr(predicted.loc[gene])
        )
    assert table.loc["E5", "variance"] == 0
    assert math.isnan(table.loc["E5", "pearson_across_populations"])
    one = vary_and_correlate(true[["a"]], predicted[["a"]])
    assert one.isna().all(axis=None)


def test_residuals_are_observed_minus_predicted(tables):
    true, predicted = (table["a"] for table in tables)
    table = residuals(true, predicted)
    assert table["residual"].to_numpy() == pytest.approx((true - predicted).to_numpy())
    assert table["z"].mean() == pytest.approx(0, abs=1e-12)
    assert table["z"].std() == pytest.approx(1)
    assert table["z"].idxmax() == (true - predicted).idxmax()


def test_equal_residuals_have_no_z(tables):
    true = tables[0]["a"]
    assert residuals(true, true)["z"].isna().all()
    assert residuals(true[:1], true[:1])["z"].isna().all()
    assert residuals(true[:0], true[:0]).empty


def test_correlation_of_genes_that_vary_alike():
    genes = pd.DataFrame(
        {
            "variance": [4.0, 1.0, 3.0, 2.0, 9.0, 0.0],
            "pearson_across_populations": [0.8, 0.1, 0.6, 0.3, np.nan, np.nan],
        }
    )
    table = correlation_by_variance(genes, 2)
    assert table["n"].tolist() == [2, 2]
    assert table["variance"].tolist() == [1.5, 3.5]
    assert table["median"].tolist() == pytest.approx([0.2, 0.7])
    assert table["high"].tolist() == pytest.approx([0.25, 0.75])
    assert len(correlation_by_variance(genes, 10)) == 4
    assert correlation_by_variance(genes[:0]).empty

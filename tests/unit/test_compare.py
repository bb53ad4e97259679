"""Models are compared on the same genes, and chance is told from difference."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import workspace
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from scx_core.compare import Comparison, compare_models
from scx_core.compare.bootstrap import (
    draw_samples,
    interval,
    median_of_known,
    median_of_samples,
    pearson_of_samples,
    rank_correlations_of_samples,
)
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.evaluate import evaluate
from scx_core.figures.compare import comparison_figure
from scx_core.figures.style import palette
from scx_core.models import CNNConfig
from scx_core.training.protocol import train
from scx_core.training.settings import TrainingSettings

THEMES = ("light", "dark")

# ------------------------------------------------------------------------------ bootstrap


def repeated(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The genes of a sample, as often as each was drawn."""
    return np.repeat(values, counts, axis=0)


def test_samples_draw_as_many_genes_as_there_are() -> None:
    counts = draw_samples(50, 200, seed=1)
    assert counts.shape == (200, 50)
    assert (counts.sum(axis=1) == 50).all()
    assert counts.var() == pytest.approx(1 - 1 / 50, abs=0.05)
    np.testing.assert_array_equal(counts, draw_samples(50, 200, seed=1))
    assert (counts != draw_samples(50, 200, seed=2)).any()
    with pytest.raises(ScxError, match="cannot be drawn from"):
        draw_samples(0)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(3, 60),
    digits=st.sampled_from([0, 1, 8]),
    shift=st.sampled_from([0.0, -4.0, 1e4]),
)
def test_correlations_of_samples_equal_those_of_the_repeated_genes(
    seed: int, n: int, digits: int, shift: float
) -> None:
    random = np.random.default_rng(seed)
    true = np.round(random.normal(size=(n, 3)), digits) + shift
    predicted = [np.round(true + random.normal(size=(n, 3)), digits) for _ in range(2)]
    counts = draw_samples(n, 7, seed)
    ranks = rank_correlations_of_samples(true, predicted, counts)
    for model, values in enumerate(predicted):
        plain = pearson_of_samples(true, values, counts)
        for sample, drawn in enumerate(counts):
            x, y = repeated(true, drawn), repeated(values, drawn)
            for column in range(3):
                if np.ptp(x[:, column]) == 0 or np.ptp(y[:, column]) == 0:
                    assert np.isnan(plain[sample, column])
                    assert np.isnan(ranks[model][sample, column])
                    continue
                expected = np.corrcoef(x[:, column], y[:, column])[0, 1]
                assert plain[sample, column] == pytest.approx(expected, abs=1e-7)
                expected = spearmanr(x[:, column], y[:, column])[0]
                assert ranks[model][sample, column] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 30))
def test_medians_of_samples(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    values = np.round(random.normal(size=n), 1)
    values[random.random(n) < 0.2] = np.nan
    counts = draw_samples(n, 9, seed)
    for found, drawn in zip(median_of_samples(values, counts), counts, strict=True):
        sample = repeated(values, drawn)
        known = np.sort(sample[~np.isnan(sample)])
        if len(known):
            assert found == known[(len(known) - 1) // 2]
        else:
            assert np.isnan(found)


def test_intervals_pass_over_what_is_missing() -> None:
    samples = np.array([[0.0, np.nan, np.nan], [1.0, 1.0, np.nan]])
    low, high = interval(samples)
    np.testing.assert_allclose(low, [0.025, 1.0, np.nan])
    np.testing.assert_allclose(high, [0.975, 1.0, np.nan])
    np.testing.assert_allclose(median_of_known(samples), [0.0, 1.0])
    np.testing.assert_allclose(median_of_known(np.full((2, 0), 0.0)), [np.nan, np.nan])


def test_the_interval_of_a_difference_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    held, n_trials = 0, 300
    # Two models of the same strength: the true difference is 0.
    for trial in range(n_trials):
        true = random.normal(size=(150, 1))
        shared = true + 0.5 * random.normal(size=true.shape)
        one, other = (shared + 0.5 * random.normal(size=true.shape) for _ in range(2))
        counts = draw_samples(150, 300, trial)
        samples = pearson_of_samples(true, other, counts) - pearson_of_samples(true, one, counts)
        low, high = interval(samples)
        held += bool(low[0] <= 0 <= high[0])
    # 95 %: 285 of 300, standard deviation 3.8.
    assert 272 <= held <= 297


# ------------------------------------------------------------------------------ comparison


def make_dataset(n_genes: int = 400, seed: int = 0, digest: str = "d") -> SimpleNamespace:
    """Two classes of populations, with one tissue above them."""
    random = np.random.default_rng(seed)
    linear = {name: 10 ** random.normal(size=n_genes) for name in ("a1", "a2", "b1")}
    cells = {"a1": 30.0, "a2": 10.0, "b1": 60.0}
    linear["A"] = (30 * linear["a1"] + 10 * linear["a2"]) / 40
    linear["B"] = linear["b1"]
    linear["all"] = (40 * linear["A"] + 60 * linear["B"]) / 100
    populations = pd.DataFrame(
        {
            "level": ["population"] * 3 + ["class"] * 2 + ["tissue"],
            "parent": ["A", "A", "B", "all", "all", ""],
            "n_cells": [*cells.values(), 40.0, 60.0, 100.0],
        },
        index=pd.Index(["a1", "a2", "b1", "A", "B", "all"], name="population"),
    )
    genes = pd.Index([f"g{number}" for number in range(n_genes)], name="gene_id")
    return SimpleNamespace(
        name="data", digest=digest, populations=populations,
        levels=["population", "class", "tissue"],
        expression=pd.DataFrame(linear, index=genes).apply(np.log10),
        populations_at=lambda level: list(populations.index[populations["level"] == level]),
    )  # fmt: skip


def make_model(
    dataset: SimpleNamespace, name: str, level: str = "population", noise: float = 1.0, seed: int = 1,
    genes: slice = slice(None), folds: list[int] | None = None, split: str = "random",
) -> SimpleNamespace:  # fmt: skip
    random = np.random.default_rng(seed)
    names = list(dataset.populations.index[dataset.populations["level"] == level])
    true = dataset.expression[names]
    predicted = true + noise * random.normal(size=true.shape)
    number = np.arange(len(true)) % 4 if folds is None else np.array(folds)
    return SimpleNamespace(
        name=name, level=level, populations=tuple(names), predictions=predicted.iloc[genes],
        folds=pd.Series(number, index=true.index), trained_folds=(0, 1, 2, 3),
        settings=SimpleNamespace(split=split), check_dataset=lambda _: None,
    )  # fmt: skip


def compare(dataset: SimpleNamespace, *models: SimpleNamespace, **options: Any) -> Comparison:
    return compare_models([(model, dataset) for model in models], n_samples=200, **options)


def test_a_better_model_is_told_from_chance() -> None:
    dataset = make_dataset()
    good = make_model(dataset, "good", noise=0.6, seed=1)
    poor = make_model(dataset, "poor", noise=1.2, seed=2)
    alike = make_model(dataset, "alike", noise=0.6, seed=3)
    found = compare(dataset, good, poor, alike)
    table = found.by_population.set_index(["model", "population"])
    for measure in ("pearson", "spearman"):
        assert (table.loc["poor", f"{measure}_high"] < 0).all()
        assert (table.loc["alike", f"{measure}_low"] < 0).all()
        assert (table.loc["alike", f"{measure}_high"] > 0).all()
        assert (
            table.loc["good", [f"{measure}_{end}" for end in ("difference", "low", "high")]]
            .isna()
            .all(axis=None)
        )
        for model in (good, poor, alike):
            expected = evaluate(dataset.expression[list(model.populations)], model.predictions)
            np.testing.assert_allclose(table.loc[model.name, measure], expected[measure])
    difference = table.loc["poor", "pearson"] - table.loc["good", "pearson"]
    np.testing.assert_allclose(table.loc["poor", "pearson_difference"], difference)
    assert (table["n"] == 400).all()
    assert list(found.pearson().columns) == ["good", "poor", "alike"]
    assert found.overall.loc["poor", "pearson_high"] < 0
    assert found.overall.loc["poor", "across_high"] < 0
    assert (
        found.overall.loc["alike", "pearson_low"] < 0 < found.overall.loc["alike", "pearson_high"]
    )
    assert found.overall.loc["good", "pearson"] == pytest.approx(found.pearson()["good"].median())
    assert len(found.headlines()) == 2
    assert found.headlines()[0].startswith("poor against good, 400 genes: median Pearson r over 3")


def test_a_comparison_repeats_itself_and_its_interval_narrows() -> None:
    dataset = make_dataset()
    one, other = (make_model(dataset, name, seed=ord(name)) for name in "ab")
    found = compare(dataset, one, other, seed=5)
    pd.testing.assert_frame_equal(
        found.by_population, compare(dataset, one, other, seed=5).by_population
    )
    assert not found.by_population.equals(compare(dataset, one, other, seed=6).by_population)
    few = SimpleNamespace(**{**vars(other), "predictions": other.predictions.iloc[:40]})
    wide = compare(dataset, one, few)
    width = [
        (table.by_population["pearson_high"] - table.by_population["pearson_low"]).mean()
        for table in (found, wide)
    ]
    assert width[1] > 1.5 * width[0]


def test_only_what_all_share_counts_and_the_rest_is_told() -> None:
    dataset = make_dataset(60)
    one = make_model(dataset, "one", genes=slice(0, 50))
    other = make_model(dataset, "other", genes=slice(20, 60))
    other.predictions = other.predictions.drop(columns="a2")
    found = compare(dataset, one, other)
    assert (found.n_genes, found.populations) == (30, ("a1", "b1"))
    assert "Left out of one: 20 genes and 1 population." in found.statements
    assert "Left out of other: 10 genes." in found.statements
    shared = dataset.expression.index[20:50]
    expected = evaluate(
        dataset.expression.loc[shared, ["a1", "b1"]], one.predictions.loc[shared, ["a1", "b1"]]
    )
    np.testing.assert_allclose(found.pearson()["one"], expected["pearson"])
    assert found.by_gene.isna().all(axis=None)  # two populations say nothing about a gene
    assert np.isnan(found.overall["across"]).all()


def test_levels_of_one_dataset_meet_at_the_coarsest() -> None:
    dataset = make_dataset()
    fine = make_model(dataset, "fine", noise=0)
    coarse = make_model(dataset, "coarse", level="class", noise=0.5)
    found = compare(dataset, coarse, fine, level="coarsest")
    # Perfect predictions of the members are perfect for the class, weighted by cells.
    np.testing.assert_allclose(found.pearson()["fine"], 1)
    assert found.populations == ("A", "B")
    assert "averaged to the level class" in found.statements[0]
    assert "weighted by their cells" in found.statements[0]
    tissue = make_model(dataset, "tissue", level="tissue", noise=0.5)
    found = compare(dataset, fine, coarse, tissue, level="coarsest")
    assert found.populations == ("all",)
    np.testing.assert_allclose(found.pearson()["fine"], 1)
    dataset.populations["n_cells"] = np.nan
    assert "all weighted alike" in compare(dataset, coarse, fine, level="coarsest").statements[0]
    dataset.populations["parent"] = ""
    with pytest.raises(ScxError, match="share no population"):
        compare(dataset, coarse, fine, level="coarsest")


def test_a_coarse_model_is_asked_about_each_fine_population() -> None:
    """Δc,p,t by hand: r of the class's prediction with the population's own expression."""
    dataset = make_dataset()
    fine = make_model(dataset, "fine", noise=0.3)
    coarse = make_model(dataset, "coarse", level="class", noise=0.5)
    found = compare(dataset, fine, coarse)
    assert found.populations == tuple(dataset.populations_at("population"))
    parents = dataset.populations["parent"]
    for population in found.populations:
        true = dataset.expression.loc[coarse.predictions.index, population]
        asked = np.corrcoef(true, coarse.predictions[parents[population]])[0, 1]
        own = np.corrcoef(true, fine.predictions[population])[0, 1]
        row = found.by_population.set_index(["population", "model"]).loc[(population, "coarse")]
        assert row["pearson"] == pytest.approx(asked)
        assert row["pearson_difference"] == pytest.approx(asked - own)
    assert "was asked about each population" in found.statements[0]
    with pytest.raises(ScxError, match="finest or coarsest"):
        compare(dataset, fine, coarse, level="middle")


@pytest.mark.parametrize(
    ("folds", "same"),
    [
        ([0, 1, 2, 3] * 15, True),
        ([3, 2, 1, 0] * 15, True),  # other numbers, the same genes together
        ([0, 1, 2, 2] * 15, False),
        ([0, 1, 2, 4] * 14 + [0, 1, 2, 3], False),
        ([0] * 30 + [1] * 30, False),
    ],
)
def test_folds_are_the_same_if_the_same_genes_are_held_out_together(
    folds: list[int], same: bool
) -> None:
    dataset = make_dataset(60)
    one = make_model(dataset, "one")
    other = make_model(dataset, "other", folds=folds, split="family")
    found = compare(dataset, one, other)
    assert found.same_folds is same
    told = " ".join(found.statements)
    assert ("compare" in told and "gene by gene" in told) is same
    assert ("one: random, 4 folds; other: family" in told) is not same


def test_folds_of_other_genes_are_not_the_same() -> None:
    dataset, more = make_dataset(60), make_dataset(80, digest="e")
    found = compare_models(
        [(make_model(dataset, "one"), dataset), (make_model(more, "other"), more)], n_samples=50
    )
    assert found.same_folds is False
    assert any("trained on different data" in statement for statement in found.statements)


def test_each_model_is_compared_with_its_own_truth() -> None:
    dataset, other = make_dataset(60, 0), make_dataset(60, 9, digest="e")
    pairs = [
        (make_model(dataset, "one", noise=0), dataset), (make_model(other, "two", noise=0), other)
    ]  # fmt: skip
    found = compare_models(pairs, n_samples=50)
    np.testing.assert_allclose(found.pearson(), 1)
    np.testing.assert_allclose(found.by_population["spearman"], 1)


def test_constant_predictions_have_no_correlation() -> None:
    dataset = make_dataset(60)
    one, flat = make_model(dataset, "one"), make_model(dataset, "flat")
    flat.predictions["a1"] = -2.0
    found = compare(dataset, one, flat)
    assert np.isnan(found.pearson().loc["a1", "flat"])
    # The median is over the populations that are known for both.
    assert found.overall.loc["one", "pearson"] == found.pearson().loc[["a2", "b1"], "one"].median()
    flat.predictions[:] = -2.0
    found = compare(dataset, one, flat)
    assert np.isnan(found.overall["pearson"]).all()
    assert "difference not defined" in found.headlines()[0]


def test_what_cannot_be_compared() -> None:
    dataset = make_dataset(60)
    one = make_model(dataset, "one")
    with pytest.raises(ScxError, match="two or more different"):
        compare(dataset, one)
    with pytest.raises(ScxError, match="two or more different"):
        compare(dataset, one, one)
    with pytest.raises(ScxError, match=r"Only 2 genes were predicted by all.*train the same folds"):
        compare(
            dataset,
            make_model(dataset, "a", genes=slice(0, 32)),
            make_model(dataset, "b", genes=slice(30, 60)),
        )
    other = make_dataset(60, digest="e")
    other.populations = other.populations.rename(index={"a1": "x", "a2": "y", "b1": "z"})
    other.expression = other.expression.rename(columns={"a1": "x", "a2": "y", "b1": "z"})
    with pytest.raises(ScxError, match="share no population"):
        compare_models([(one, dataset), (make_model(other, "b"), other)])

    def stop(fraction: float, message: str) -> None:
        if fraction > 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        compare_models([(one, dataset), (make_model(dataset, "b"), dataset)], progress=stop)


def test_trained_models_of_two_levels(toy_root: Path, toy_dataset: Dataset, tmp_path: Path) -> None:
    config = CNNConfig(
        2, upstream=300, downstream=200, stages=(), half_life=toy_dataset.half_life_features
    )
    settings_ = TrainingSettings(level="class", n_folds=4, folds=(1, 2), runs=1, epochs=2)
    coarse = train(toy_dataset, tmp_path / "coarse", config, settings_)
    fine = Ensemble.open(toy_root / "models" / "toy-model")
    pairs = [(coarse, toy_dataset), (fine, toy_dataset)]
    asked = compare_models(pairs, n_samples=50)
    assert asked.populations == tuple(toy_dataset.populations_at("population"))
    found = compare_models(pairs, level="coarsest", n_samples=50)
    assert found.populations == tuple(toy_dataset.populations_at("class"))
    assert found.same_folds  # the levels of a dataset share their folds
    assert found.n_genes == 20  # fold 1
    assert set(found.populations) == set(workspace.CLASSES)
    with pytest.raises(ScxError, match="was trained on 'toy'"):
        compare_models(
            [
                (coarse, toy_dataset),
                (fine, Dataset(toy_dataset.path, {**toy_dataset.metadata, "digest": "0"})),
            ]
        )


# ------------------------------------------------------------------------------ figures


@pytest.fixture(scope="module")
def compared() -> Comparison:
    dataset = make_dataset()
    return compare(
        dataset, make_model(dataset, "good", noise=0.6), make_model(dataset, "poor", noise=1.2, seed=2),
        make_model(dataset, "alike", noise=0.6, seed=3),
    )  # fmt: skip


@pytest.mark.parametrize("theme", THEMES)
def test_two_models_one_point_for_each_population(compared: Comparison, theme: str) -> None:
    table = compared.by_population
    worse = comparison_figure(table, ("good", "poor"), theme, highlight="a2")
    line, points, ring = worse.data
    assert list(line.x) == list(line.y)
    assert sorted(points.customdata[:, 0]) == ["a1", "a2", "b1"]
    r = compared.pearson().loc[list(points.customdata[:, 0])]
    np.testing.assert_allclose(points.x, r["good"], atol=1e-6)
    np.testing.assert_allclose(points.y, r["poor"], atol=1e-6)
    assert points.marker.color == palette(theme).down
    assert points.name == "good better (3)"
    assert (ring.x[0], ring.y[0]) == pytest.approx(
        tuple(compared.pearson().loc["a2", ["good", "poor"]])
    )
    assert worse.layout.xaxis.range == worse.layout.yaxis.range
    assert worse.layout.xaxis.title.text.startswith("good: Pearson r")
    same = comparison_figure(table, ("good", "alike"), theme)
    assert [trace.name for trace in same.data[1:]] == ["not told apart (3)"]
    # The interval of the difference is that from the first model: in the other direction it is blue.
    mirrored = table.copy()
    columns = ["pearson_difference", "pearson_low", "pearson_high"]
    mirrored[columns] = -mirrored[["pearson_difference", "pearson_high", "pearson_low"]].to_numpy()
    better = comparison_figure(mirrored, ("good", "poor"), theme)
    assert better.data[1].name == "poor better (3)"
    assert better.data[1].marker.color == palette(theme).up


@pytest.mark.parametrize("theme", THEMES)
def test_more_models_a_row_for_each_population_best_on_top(
    compared: Comparison, theme: str
) -> None:
    figure = comparison_figure(compared.by_population, compared.models, theme, highlight="b1")
    assert [trace.name for trace in figure.data] == ["good", "poor", "alike"]
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    mean = np.mean([trace.x for trace in figure.data], axis=0)
    assert (np.diff(mean) <= 0).all()
    for trace in figure.data:
        np.testing.assert_allclose(
            trace.x, compared.pearson().loc[list(trace.y), trace.name], atol=1e-6
        )
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert len(figure.layout.shapes) == 1


def test_figures_without_any_correlation_say_so(compared: Comparison) -> None:
    nothing = compared.by_population.assign(pearson=np.nan)
    for models in (("good", "poor"), compared.models):
        figure = comparison_figure(nothing, models, "light")
        assert "No population has a correlation" in figure.layout.annotations[0].text

"""Analyses against oracles by hand: the K-S distance by its definition, the AUC by counting pairs."""

import json
import random
import shutil
import time
from dataclasses import replace
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import searching
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from scx_core.analyses import (
    LearningCurve,
    LearningCurveRequest,
    classify_specific_genes,
    cross_species,
    gene_set_residuals,
    run_learning_curve,
)
from scx_core.analyses.cross_species import match_populations
from scx_core.analyses.gene_sets import split_names
from scx_core.analyses.learning_curve import curve_path, list_curves, subset
from scx_core.analyses.specific_genes import Side, auc_of_samples, read_partners
from scx_core.compare.bootstrap import draw_samples
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.resumable import unfinished
from scx_core.search.cutting import cut_dataset
from scx_core.store import Workspace
from scx_core.training.folds import split_fold

CURVE = LearningCurveRequest(
    "toy", "curve", "small", sizes=(20, 40), repeats=2, settings={"epochs": 3, "n_folds": 4}
)


def predicted_genes(ensemble: Ensemble) -> list[str]:
    return list(ensemble.predictions.index)


def largest_gap(inside: np.ndarray, outside: np.ndarray) -> float:
    """Largest F_outside − F_inside over all values: the set's curve lies to the right."""
    return max(
        float(np.mean(outside <= x) - np.mean(inside <= x))
        for x in np.concatenate([inside, outside])
    )


def test_distances_are_those_of_the_definition(
    toy_ensemble: Ensemble, toy_dataset: Dataset
) -> None:
    ids = predicted_genes(toy_ensemble)
    found = gene_set_residuals(toy_ensemble, toy_dataset, ids[5:20])
    assert list(found.table.index) == list(toy_ensemble.populations)
    for name, row in found.table.iterrows():
        true = toy_dataset.expression.loc[ids, name]
        residual = (true - toy_ensemble.predictions[name]).to_numpy()
        inside, outside = residual[5:20], np.r_[residual[:5], residual[20:]]
        assert row["d_above"] == pytest.approx(largest_gap(inside, outside))
        assert row["d_below"] == pytest.approx(largest_gap(-inside, -outside))
        assert row["median_difference"] == pytest.approx(np.median(inside) - np.median(outside))
        assert (row["n_set"], row["n_rest"]) == (15, len(ids) - 15)


def test_a_set_of_the_largest_residuals_lies_above(
    toy_ensemble: Ensemble, toy_dataset: Dataset
) -> None:
    ids = predicted_genes(toy_ensemble)
    residual = toy_dataset.expression.loc[ids, "Sst"] - toy_ensemble.predictions["Sst"]
    top = list(residual.nlargest(10).index)
    row = gene_set_residuals(toy_ensemble, toy_dataset, top, ["Sst"]).table.loc["Sst"]
    # All 10 above all others: the chance is that of drawing just these 10.
    assert row["d_above"] == pytest.approx(1)
    from math import comb

    assert row["p_above"] == pytest.approx(1 / comb(len(ids), 10), rel=1e-6)
    assert row["p_below"] == pytest.approx(1)
    assert row["q_above"] == row["p_above"]


def test_what_is_unknown_untested_and_repeated_is_counted(
    toy_ensemble: Ensemble, toy_dataset: Dataset
) -> None:
    ids = predicted_genes(toy_ensemble)
    other = [gene for gene in toy_dataset.genes.index if gene not in ids][:2]
    names = [*ids[:5], str(toy_dataset.genes.loc[ids[0], "gene_name"]).lower(), *other, "NOSUCH"]
    found = gene_set_residuals(toy_ensemble, toy_dataset, names, ["Vip"])
    assert found.unknown == ("NOSUCH",)
    assert found.untested == tuple(other)
    assert found.repeated == 1
    assert found.residuals["in_set"].sum() == 5
    assert "2 genes lie in folds without models" in " ".join(found.statements)


def test_wrong_sets_are_refused(toy_ensemble: Ensemble, toy_dataset: Dataset) -> None:
    ids = predicted_genes(toy_ensemble)
    with pytest.raises(ScxError, match="0 genes of the list"):
        gene_set_residuals(toy_ensemble, toy_dataset, ["NOSUCH"])
    with pytest.raises(ScxError, match="does not predict Nosuch"):
        gene_set_residuals(toy_ensemble, toy_dataset, ids[:5], ["Nosuch"])
    with pytest.raises(ScxError, match="0 others"):
        gene_set_residuals(toy_ensemble, toy_dataset, ids)


def test_names_are_split_at_blanks_and_commas() -> None:
    assert split_names(" A,B;C\nD\t E \r\n") == ["A", "B", "C", "D", "E"]


def share_of_pairs(specific: np.ndarray, score: np.ndarray) -> float:
    """AUC by its meaning: pairs in which the specific gene scores higher, a tie for half."""
    pairs = [
        1.0 if one > other else 0.5 if one == other else 0.0
        for one in score[specific]
        for other in score[~specific]
    ]
    return float(np.mean(pairs))


def test_auc_is_the_share_of_pairs(toy_ensemble: Ensemble, toy_dataset: Dataset) -> None:
    sides = [Side(toy_ensemble, toy_dataset, name) for name in ("Sst", "Vip")]
    found = classify_specific_genes(*sides, threshold=0.3, n_samples=200)
    ids = predicted_genes(toy_ensemble)
    true = toy_dataset.expression.loc[ids, "Sst"] - toy_dataset.expression.loc[ids, "Vip"]
    score = toy_ensemble.predictions["Sst"] - toy_ensemble.predictions["Vip"]
    for side, sign in (("A", 1), ("B", -1)):
        specific = (sign * true >= 0.3).to_numpy()
        row = found.table.loc[side]
        assert row["n_specific"] == specific.sum() >= 3
        assert row["auc"] == pytest.approx(share_of_pairs(specific, sign * score.to_numpy()))
        assert row["auc_low"] < row["auc"] < row["auc_high"]
        assert row["base_rate"] == pytest.approx(specific.mean())
        curve = found.roc[found.roc["side"] == side]
        area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
        assert area == pytest.approx(row["auc"])
    swapped = classify_specific_genes(*sides[::-1], threshold=0.3, n_samples=200)
    assert swapped.table.loc["B", "auc"] == pytest.approx(found.table.loc["A", "auc"])


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=4, max_size=40))
def test_auc_of_samples_is_that_of_the_library(genes: list[tuple[bool, int]]) -> None:
    specific = np.array([one for one, _ in genes])
    score = np.array([value for _, value in genes], dtype=float)
    counts = draw_samples(len(genes), 10, 1)
    for area, drawn in zip(auc_of_samples(specific, score, counts), counts, strict=True):
        if drawn[specific].sum() == 0 or drawn[~specific].sum() == 0:
            assert np.isnan(area)
        else:
            assert area == pytest.approx(roc_auc_score(specific, score, sample_weight=drawn))


def test_partners_join_other_genes(toy_ensemble: Ensemble, toy_dataset: Dataset) -> None:
    a, b = (Side(toy_ensemble, toy_dataset, name) for name in ("Sst", "Astro"))
    ids = predicted_genes(toy_ensemble)
    partners = dict(zip(ids, ids[::-1], strict=True))
    found = classify_specific_genes(a, b, threshold=0.2, partners=partners, n_samples=20)
    assert found.genes["other_gene"].tolist() == ids[::-1]
    expected = toy_dataset.expression.loc[ids[::-1], "Astro"].to_numpy()
    np.testing.assert_allclose(found.genes["observed_b"], expected)


def test_partners_are_read_and_doubles_refused() -> None:
    assert read_partners(b"ENSG1.2,ENSMUSG1\n\nENSG2\tENSMUSG2\n") == {
        "ENSG1": "ENSMUSG1", "ENSG2": "ENSMUSG2",
    }  # fmt: skip
    for text in (b"a,b\na,c\n", b"a,b\nc,b\n"):
        with pytest.raises(ScxError, match=r"Line 2.*another partner"):
            read_partners(text)
    with pytest.raises(ScxError, match="one column"):
        read_partners(b"a\n")


def test_sides_that_say_nothing_are_refused(toy_ensemble: Ensemble, toy_dataset: Dataset) -> None:
    a, b = (Side(toy_ensemble, toy_dataset, name) for name in ("Sst", "Vip"))
    with pytest.raises(ScxError, match="same population"):
        classify_specific_genes(a, a)
    with pytest.raises(ScxError, match="lower threshold"):
        classify_specific_genes(a, b, threshold=50)
    with pytest.raises(ScxError, match="above 0"):
        classify_specific_genes(a, b, threshold=0)
    with pytest.raises(ScxError, match="does not predict"):
        classify_specific_genes(a, replace(b, population="Nosuch"))
    with pytest.raises(ScxError, match="orthologues"):
        classify_specific_genes(a, b, partners={"x": "y"})


@pytest.fixture
def place(toy_root: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(toy_root / "datasets", tmp_path / "datasets")
    return Workspace(tmp_path)


@pytest.fixture(scope="module")
def whole(toy_root: Path, tmp_path_factory: pytest.TempPathFactory) -> LearningCurve:
    root = tmp_path_factory.mktemp("curve")
    shutil.copytree(toy_root / "datasets", root / "datasets")
    return run_learning_curve(Workspace(root), CURVE)


def test_subsets_of_a_repeat_lie_in_each_other() -> None:
    rows = np.arange(100, 200)
    small, large = (subset(rows, size, 3, 1) for size in (20, 60))
    assert set(small) < set(large) < set(rows)
    assert len(small) == 20
    assert set(small) != set(subset(rows, 20, 3, 2))
    np.testing.assert_array_equal(subset(rows, 100, 3, 1), rows)


def test_curve_has_every_size_and_the_same_test_genes(
    whole: LearningCurve, toy_dataset: Dataset
) -> None:
    assert whole.finished
    assert list(whole.table.index) == [20, 40]
    assert (whole.table["repeats"] == 2).all()
    plan = CURVE.plan(toy_dataset)
    n_test = len(split_fold(plan.folds, 0, 0).test)
    assert (whole.by_population["n"] == n_test).all()
    assert len(whole.by_population) == 2 * 2 * 5
    by_hand = whole.by_population.query("size == 40").groupby("repeat")["pearson"].median()
    assert whole.table.loc[40, "pearson"] == pytest.approx(by_hand.mean())


def test_kills_leave_the_curve_as_it_is(place: Workspace, whole: LearningCurve) -> None:
    work, killed, moments = unfinished(curve_path(place, "curve")), 0, random.Random(2)
    for _ in range(2):
        process = searching.start(place.root, CURVE)
        before, end = set(work.glob("genes_*")), time.monotonic() + 300
        while process.is_alive() and set(work.glob("genes_*")) == before:
            assert time.monotonic() < end
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.03))
        killed += process.is_alive()
        process.kill()
        process.join()
    assert killed
    if work.exists():
        assert not LearningCurve.open(curve_path(place, "curve")).finished
        found = run_learning_curve(place, CURVE)
    else:
        found = LearningCurve.open(curve_path(place, "curve"))
    pd.testing.assert_frame_equal(found.by_population, whole.by_population)
    assert list_curves(place) == ["curve"]


def test_wrong_curves_are_refused(place: Workspace, toy_dataset: Dataset) -> None:
    with pytest.raises(ScxError, match="fewer than 500"):
        replace(CURVE, sizes=(500,)).plan(toy_dataset)
    with pytest.raises(ScxError, match="20 or more"):
        replace(CURVE, sizes=(3,))
    with pytest.raises(ScxError, match="cannot be set"):
        replace(CURVE, settings={"runs": 2})
    assert LearningCurveRequest.from_dict(CURVE.to_dict()) == CURVE
    with pytest.raises(ScxError, match="no learning curve"):
        LearningCurve.open(curve_path(place, "nosuch"))


@pytest.fixture
def other(toy_dataset: Dataset, tmp_path: Path) -> Dataset:
    """Another dataset: the first 50 genes have names that the model does not know."""
    shutil.copytree(toy_dataset.path, tmp_path / "altered")
    adata = anndata.read_h5ad(tmp_path / "altered" / "expression.h5ad")
    adata.var_names = [f"NEW{n}" if n < 50 else name for n, name in enumerate(adata.var_names)]
    adata.write_h5ad(tmp_path / "altered" / "expression.h5ad")
    file = tmp_path / "altered" / "dataset.json"
    values = json.loads(file.read_text())
    file.write_text(json.dumps({**values, "digest": "0" * 64}))
    return Dataset.open(tmp_path / "altered")


def test_other_genes_are_predicted_by_the_folds_models(
    toy_ensemble: Ensemble, other: Dataset
) -> None:
    found = cross_species(toy_ensemble, other, half_life="trained", folds=(1,))
    half_life = other.half_life[list(toy_ensemble.config.half_life)].to_numpy()
    by_hand = np.mean(
        [run.predict(other.windows, half_life) for run in toy_ensemble.load_fold(1)], axis=0
    )
    np.testing.assert_allclose(found.predicted.iloc[:50].to_numpy(), by_hand[:50], rtol=1e-6)
    for name in found.table.index:
        observed = other.expression.loc[found.predicted.index, name]
        r = np.corrcoef(found.predicted[name], observed)[0, 1]
        assert found.table.loc[name, "pearson"] == pytest.approx(r)
    assert "homologous" in " ".join(found.statements)
    assert (found.table["pearson_low"] < found.table["pearson"]).all()


def test_two_definitions_of_half_life_features_are_told(
    toy_ensemble: Ensemble, other: Dataset
) -> None:
    def told(half_life: str, definition: str) -> str:
        learned = Ensemble(
            toy_ensemble.path, {**toy_ensemble.metadata, "half_life_definition": definition}
        )
        found = cross_species(learned, other, half_life=half_life, folds=(1,))
        return " ".join(found.statements)

    sentence = "of the definition 'scxpresso', those of the dataset are 'spliced': import"
    assert sentence in told("own", "scxpresso")
    assert "definition" not in told("own", "spliced")
    assert "definition" not in told("mean", "scxpresso")


def test_genes_that_the_model_knows_are_predicted_out_of_fold(
    toy_ensemble: Ensemble, other: Dataset
) -> None:
    found = cross_species(toy_ensemble, other, half_life="trained", folds=(1,))
    known = [gene for gene in other.genes.index[50:] if gene in toy_ensemble.predictions.index]
    assert {int(toy_ensemble.folds[gene]) for gene in known} == {0, 1}
    assert list(found.predicted.index[50:]) == known
    np.testing.assert_allclose(
        found.predicted.loc[known], toy_ensemble.predictions.loc[known], rtol=1e-5
    )
    told = " ".join(found.statements)
    assert f"{len(known)} genes that both datasets name" in told
    assert f"{30 - len(known)} left out" in told


def test_half_life_on_its_own_scale_has_mean_zero_and_spread_one(
    toy_ensemble: Ensemble, other: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scx_core.trained import TrainedRun

    seen: list[np.ndarray] = []
    forward = TrainedRun.forward

    def listen(run: TrainedRun, codes: np.ndarray, scaled: np.ndarray) -> np.ndarray:
        seen.append(scaled)
        return forward(run, codes, scaled)

    monkeypatch.setattr(TrainedRun, "forward", listen)
    cross_species(toy_ensemble, other, half_life="own")
    raw = other.half_life[list(toy_ensemble.config.half_life)].to_numpy()
    scaled = ((raw - raw.mean(axis=0)) / raw.std(axis=0))[:50]
    np.testing.assert_allclose(np.concatenate(seen)[:50], scaled, atol=1e-5)
    seen.clear()
    cross_species(toy_ensemble, other, half_life="mean")
    assert not np.concatenate(seen).any()


def test_populations_are_paired_by_name_or_by_hand(toy_ensemble: Ensemble, other: Dataset) -> None:
    assert match_populations(toy_ensemble, other) == {n: n for n in toy_ensemble.populations}
    found = cross_species(toy_ensemble, other, {"Sst": "Astro"})
    assert found.table["other"].to_dict() == {"Sst": "Astro"}
    observed = other.expression.loc[found.predicted.index, "Astro"]
    np.testing.assert_allclose(found.observed["Sst"], observed)
    with pytest.raises(ScxError, match="no population of the dataset"):
        cross_species(toy_ensemble, other, {"Sst": "Nosuch"})
    with pytest.raises(ScxError, match="no population of the model"):
        cross_species(toy_ensemble, other, {"Nosuch": "Sst"})


def test_what_does_not_fit_is_refused(
    toy_ensemble: Ensemble, toy_dataset: Dataset, other: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(ScxError, match="trained on 'toy' itself"):
        cross_species(toy_ensemble, toy_dataset)
    with pytest.raises(ScxError, match="longer window"):
        cross_species(toy_ensemble, cut_dataset(toy_dataset, tmp_path / "short", 100, 100))
    with pytest.raises(ScxError, match="must be one of own"):
        cross_species(toy_ensemble, other, half_life="none")
    with pytest.raises(ScxError, match="no models of fold 3"):
        cross_species(toy_ensemble, other, folds=(3,))

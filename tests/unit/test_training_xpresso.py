"""Xpresso end to end on a toy: eight features, log10(x + 0.1), the median, the best of the runs."""

from types import SimpleNamespace

import numpy as np
import pytest
import xpresso_toy

from scx_core.annotation import ALL_HALF_LIFE_FEATURES, HALF_LIFE_FEATURES
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble, run_path
from scx_core.feature_words import (
    feature_steps,
    level_words,
    network_value,
    raw_half_life,
    shown_feature,
)
from scx_core.store import read_json
from scx_core.trained import TrainedRun
from scx_core.training.architecture import architecture_for
from scx_core.training.finish import best_runs
from scx_core.training.methods import methods_paragraph
from scx_core.what_if import original, predict, set_half_life, start_at, transcripts_of


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Dataset, Ensemble]:
    return xpresso_toy.build_workspace(tmp_path_factory.mktemp("xpresso"))


def test_the_preset_reads_all_eight_features(trained):
    dataset, ensemble = trained
    assert ensemble.config.half_life == ALL_HALF_LIFE_FEATURES == dataset.half_life_features
    assert architecture_for(dataset, "scxpresso").half_life == HALF_LIFE_FEATURES
    assert ensemble.config.unknown == "zero"
    assert {stage.padding for stage in ensemble.config.stages} == {"same"}
    assert ensemble.populations == ("Median of 3 populations",)
    assert dataset.half_life["utr5_gc"].isna().sum() == (dataset.genes["utr5_length"] == 0).sum()


def test_predictions_are_those_of_the_best_run_alone(trained):
    dataset, ensemble = trained
    for fold in (0, 2):
        losses = [
            min(
                record["validation_loss"]
                for record in read_json(run_path(ensemble.path, fold, run).with_suffix(".json"))[
                    "history"
                ]
            )
            for run in range(3)
        ]
        best = int(np.argmin(losses))
        assert ensemble.runs_in(fold) == (best,)
        genes = list(ensemble.folds.index[ensemble.folds == fold])
        rows = [dataset.row_of(gene) for gene in genes]
        features = dataset.half_life[list(ensemble.config.half_life)].to_numpy()[rows]

        def of_run(run: int, fold: int = fold, rows=rows, features=features) -> np.ndarray:
            path = run_path(ensemble.path, fold, run)
            model = TrainedRun.load(path, ensemble.metadata["family"], ensemble.config)
            return model.predict(dataset.windows[rows], features)

        np.testing.assert_array_equal(ensemble.predictions.loc[genes], of_run(best))
        np.testing.assert_allclose(
            ensemble.predict(dataset, genes), of_run(best), rtol=0, atol=1e-6
        )
        others = [of_run(run) for run in range(3) if run != best]
        assert all(np.abs(other - of_run(best)).max() > 1e-3 for other in others)


def test_effects_are_those_of_the_best_run(trained):
    dataset, ensemble = trained
    gene = str(ensemble.predictions.index[0])
    effects = ensemble.saturation_mutagenesis(dataset, gene)
    assert effects.n_runs == ensemble.runs_of(gene) == 1
    np.testing.assert_allclose(
        effects.wild_type, ensemble.predictions.loc[gene].to_numpy(), atol=1e-5
    )


def test_the_methods_say_how_it_was_made(trained):
    dataset, ensemble = trained
    told = methods_paragraph(ensemble, dataset)
    assert "and the one with the lowest validation loss alone was kept to predict." in told
    assert "were averaged" not in told
    assert "transformed by log10(x + 0.1)." in told
    assert "The median was taken over the finest populations" in told
    assert "genes that were never seen" not in told


def test_of_equal_losses_the_first_run_counts():
    entries = {
        (0, 1): [0.5, 0.2], (0, 0): [0.2, 0.9], (3, 0): [1.0], (3, 1): [0.8], (3, 2): [0.9, 0.4],
    }  # fmt: skip
    stored = {
        unit: {"history": [{"validation_loss": loss} for loss in losses]}
        for unit, losses in entries.items()
    }
    assert best_runs(stored) == {0: 0, 3: 2}


def test_the_mean_names_no_runs(toy_ensemble):
    assert "runs" not in toy_ensemble.metadata
    assert toy_ensemble.runs_in(0) == (0, 1)


def test_what_if_copes_with_gc_contents(trained):
    dataset, ensemble = trained
    gene = str(ensemble.predictions.index[3])
    start = original(dataset, ensemble, gene)
    assert len(start.half_life) == 8
    place = ensemble.config.half_life.index("orf_gc")
    changed = set_half_life(start, ensemble, {"orf_gc": 0.9})
    assert changed.half_life[place] == 0.9
    assert changed.steps == ("ORF GC content 90.0 % of the bases",)
    difference = predict(ensemble, dataset, changed).wild_type - ensemble.predictions.loc[gene]
    assert np.abs(difference.to_numpy()).max() > 0
    chosen, other = (row.to_dict() for _, row in transcripts_of(dataset, gene).iterrows())
    same = start_at(start, dataset, ensemble, chosen, None)
    np.testing.assert_array_equal(same.half_life, start.half_life)
    letters = SimpleNamespace(fetch=lambda place: np.zeros(len(place), np.uint8), source="none")
    moved = start_at(start, dataset, ensemble, other, letters)
    assert np.isnan(moved.half_life[-3:]).all()
    assert "ORF GC content" in moved.steps[0]
    assert "not known (mean of the genes)" in moved.steps[0]
    assert np.isfinite(predict(ensemble, dataset, moved).wild_type).all()


def test_features_are_told_in_the_unit_that_was_measured():
    assert shown_feature(112.0, "utr5_length") == "112 bp"
    assert level_words(0.2) == "average"
    assert level_words(-1.0) == "below average"
    assert level_words(2.5) == "far above average"
    assert shown_feature(-1.5, "utr5_length", "z-score") == "−1.50 standard deviations"


def test_steps_of_a_slider_are_whole_bases_and_shares():
    lengths = feature_steps("utr5_length", 2.0, 0.5)
    assert lengths == sorted(set(lengths))
    assert all(value == round(value) >= 0 for value in lengths)
    assert lengths[0] == pytest.approx(10**0.5 - 0.1, abs=0.5)
    assert lengths[-1] == pytest.approx(10**3.5, rel=0.005)
    shares = feature_steps("orf_gc", 0.5, 0.3)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("scale", ["log10", "z-score"])
def test_what_is_measured_and_what_networks_read_undo_each_other(scale):
    for name in ("utr5_length", "exon_density", "utr3_gc"):
        raw = raw_half_life(0.4, name, scale)
        assert network_value(raw, name, scale) == pytest.approx(0.4)


def test_features_are_read_back_as_they_were_measured():
    assert raw_half_life(np.log10(120.1)) == pytest.approx(120)
    assert raw_half_life(-1.0, "orf_length") == 0.0
    assert raw_half_life(0.47, "utr3_gc") == 0.47
    assert raw_half_life(-1.5, "orf_length", "z-score") == -1.5

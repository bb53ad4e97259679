"""Crops around few sites, and predictions by look-up, equal the dense network."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import make_run, networks

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.models import CNNConfig
from scx_core.progress import no_progress
from scx_core.trained import TrainedRun
from scx_core.training.codes import LookupCNN
from scx_core.training.data import Scaling, one_hot_batch
from scx_core.variants import sites
from scx_core.variants.few_sites import Crops, substitute_few
from scx_core.variants.sites import Sites, predict_sites

TOLERANCE = 1e-5


def make_scaled_run(config: CNNConfig, seed: int) -> TrainedRun:
    """Scale populations differently: a mixed-up scale would show."""
    n_features = len(config.half_life)
    scaling = Scaling(
        np.linspace(-1, 1, config.n_outputs),
        np.linspace(0.5, 1, config.n_outputs),
        np.zeros(n_features),
        np.ones(n_features),
    )
    return make_run(config, seed, scaling)


def dense(run: TrainedRun, codes: np.ndarray, half_life: np.ndarray) -> np.ndarray:
    """Predict by the plain network in log10 units."""
    features = torch.from_numpy(run.scaling.scale_half_life(half_life))
    with torch.inference_mode():
        predicted = run.model(one_hot_batch(codes), features).numpy()
    return run.scaling.unscale_targets(predicted)


@settings(max_examples=25, deadline=None)
@given(networks(longest=400), st.integers(0, 2**31))
def test_crops_and_lookup_equal_the_dense_network(config: CNNConfig, seed: int) -> None:
    run, rng = make_scaled_run(config, seed), np.random.default_rng(seed)
    n_windows, n_sites = 3, 9
    codes = rng.integers(0, rng.integers(4, 16), (n_windows, config.length)).astype(np.uint8)
    codes[1, : config.length // 4] = 4
    codes[2, -config.length // 4 :] = 4
    half_life = rng.normal(size=(n_windows, 1))
    expected = dense(run, codes, half_life)
    size = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(
        run.predict(codes, half_life), expected, atol=TOLERANCE * size, rtol=0
    )
    windows = rng.integers(0, n_windows, n_sites)
    indices = rng.integers(0, config.length, n_sites)
    indices[:4] = 0, 1, config.length - 1, config.length - 2
    found = substitute_few(run, codes, half_life, windows, indices)
    mutants = np.repeat(codes[windows], 4, axis=0)
    mutants[np.arange(4 * n_sites), np.repeat(indices, 4)] = np.tile(np.arange(4), n_sites)
    effects = dense(run, mutants, np.repeat(half_life[windows], 4, axis=0))
    effects = effects.reshape(n_sites, 4, -1) - expected[windows][:, None]
    np.testing.assert_allclose(found, effects, atol=TOLERANCE * size, rtol=0)
    known = np.flatnonzero(codes[windows, indices] < 4)
    assert not found[known, codes[windows, indices][known]].any()


def test_crops_of_the_published_architecture_are_short() -> None:
    config = CNNConfig(3)
    crops = Crops.around(config, np.array([0, 5000, 10_499]))
    assert crops.length <= 1500
    assert (crops.starts % 300 == 0).all()
    # By hand: 5,000 is seen by outputs 4,998 to 5,003 of the first convolution, bin 166 alone;
    # that by outputs 162 to 170 of the second, bins 16 and 17.
    assert (crops.first_bin[1], crops.last_bin[1]) == (16, 17)


def test_networks_are_read_by_lookup() -> None:
    run = make_scaled_run(CNNConfig(3, 600, 300), 1)
    assert isinstance(run.network, LookupCNN)
    assert run.network is run.network
    assert not run.network.training


def test_many_and_few_sites_of_a_gene_give_the_same(
    toy_dataset: Dataset, toy_ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = toy_ensemble.predictions.index[:5]
    rows = np.sort(np.repeat(toy_dataset.genes.index.get_indexer(ids), 3))
    chosen = Sites(rows, np.tile([150, 300, 360], 5), np.arange(15))
    folds = {str(name): toy_ensemble.fold_of(name) for name in ids}
    few = predict_sites(toy_ensemble, toy_dataset, chosen, folds, no_progress)
    monkeypatch.setattr(sites, "FEW", 1)
    many = predict_sites(toy_ensemble, toy_dataset, chosen, folds, no_progress)
    assert np.abs(few.mean).max() > 1e-4
    np.testing.assert_allclose(few.mean, many.mean, atol=TOLERANCE, rtol=0)
    np.testing.assert_allclose(few.spread, many.spread, atol=TOLERANCE, rtol=0)


def test_bases_that_nobody_asked_for_are_left_out(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    gene_id = str(toy_ensemble.predictions.index[0])
    chosen = Sites(np.full(30, toy_dataset.row_of(gene_id)), np.arange(200, 230), np.arange(30))
    folds = {gene_id: toy_ensemble.fold_of(gene_id)}
    wanted = np.random.default_rng(0).random((30, 4)) < 0.3
    everything = predict_sites(toy_ensemble, toy_dataset, chosen, folds, no_progress)
    some = predict_sites(toy_ensemble, toy_dataset, chosen, folds, no_progress, wanted)
    np.testing.assert_allclose(
        some.mean, np.where(wanted[..., None], everything.mean, 0), atol=TOLERANCE, rtol=0
    )

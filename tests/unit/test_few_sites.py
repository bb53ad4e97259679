"""Crops around few sites, and predictions by look-up, equal the dense network."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import make_run, networks

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.models import CNNConfig
from scx_core.trained import TrainedRun
from scx_core.training.codes import LookupCNN
from scx_core.training.data import Scaling, one_hot_batch
from scx_core.variants import EFFECT, read_variants, score_variants, sites
from scx_core.variants.few_sites import Crops, substitute_few

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
    tested = toy_ensemble.predictions.index
    tss = toy_dataset.genes.loc[tested, "tss"].to_numpy()
    lines = [f"chr1:{position + step}" for position in tss[:5] for step in (0, 7, 60)]
    table = read_variants("\n".join(lines))
    few = score_variants(toy_ensemble, toy_dataset, table)
    monkeypatch.setattr(sites, "FEW", 1)
    many = score_variants(toy_ensemble, toy_dataset, table)
    columns = [EFFECT + name for name in toy_ensemble.populations]
    assert few[columns].abs().to_numpy().max() > 1e-4
    pd.testing.assert_frame_equal(
        few.drop(columns=["largest_population"]),
        many.drop(columns=["largest_population"]),
        atol=TOLERANCE,
        rtol=0,
    )


def test_scoring_can_be_cancelled(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    position = int(toy_dataset.genes.loc[toy_ensemble.predictions.index[0], "tss"])

    def cancel(fraction: float, message: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        score_variants(toy_ensemble, toy_dataset, read_variants(f"chr1:{position}"), cancel)

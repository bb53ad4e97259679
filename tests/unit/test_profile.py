"""The profile of effects over the most variable genes."""

import numpy as np
import pytest

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.mutagenesis.profile import choose_variable_genes, profile_effects


def test_profile_is_the_mean_of_the_largest_effects(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    profile = profile_effects(toy_ensemble, toy_dataset, n_top=3, populations=["Vip", "Astro"])
    columns = [toy_ensemble.populations.index(name) for name in ("Vip", "Astro")]
    assert len(profile.genes) == 3
    expected = np.mean(
        [
            np.abs(toy_ensemble.saturation_mutagenesis(toy_dataset, gene).values).max(axis=1)
            for gene in profile.genes
        ],
        axis=0,
    )[:, columns]
    np.testing.assert_allclose(profile.values, expected, atol=1e-6)
    assert profile.values.max() > 0
    frame = profile.to_frame()
    assert list(frame.columns) == ["Vip", "Astro", "n_genes"]
    assert (frame.index[0], frame.index[-1]) == (-300, 199)
    assert (frame["n_genes"] == 3).all()


def test_genes_that_differ_between_populations_come_first(toy_dataset: Dataset) -> None:
    every = choose_variable_genes(toy_dataset)
    assert set(every) == set(toy_dataset.genes.index)  # fewer than 2,000: all of them
    mean = toy_dataset.mean[toy_dataset.finest_populations]
    dispersion = mean.var(axis=1) / mean.mean(axis=1)
    first, last = dispersion[list(every[:15])], dispersion[list(every[-15:])].fillna(0)
    assert first.median() > last.median()
    # The gene without any count does not vary.
    silent = mean.index[(mean == 0).all(axis=1)]
    assert not set(silent) & set(every[:15])


def test_fewer_genes_than_asked_for(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    among = list(toy_ensemble.predictions.index[:7])
    assert set(choose_variable_genes(toy_dataset, 50, among)) == set(among)


def test_progress_reaches_the_end_and_may_cancel(
    toy_dataset: Dataset, toy_ensemble: Ensemble
) -> None:
    seen: list[float] = []
    profile_effects(
        toy_ensemble, toy_dataset, n_top=2, progress=lambda fraction, _: seen.append(fraction)
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    def cancel(fraction: float, message: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        profile_effects(toy_ensemble, toy_dataset, n_top=2, progress=cancel)


def test_bad_requests(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    with pytest.raises(ScxError, match="does not predict Pvalb"):
        profile_effects(toy_ensemble, toy_dataset, populations=["Pvalb"])
    with pytest.raises(ScxError, match="at least 1"):
        profile_effects(toy_ensemble, toy_dataset, n_top=0)

"""The losses, gene by gene against numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.errors import ScxError
from scx_core.training.loss import (
    LEAST_SPREAD,
    check_loss,
    correlation_across_populations,
    training_loss,
)
from scx_core.training.settings import TrainingSettings

HYBRID = TrainingSettings(loss="hybrid", alpha=0.7, beta=1.3)


def random_batch(n_genes: int, n_populations: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1, (n_genes, n_populations))
    return 0.5 * truth + rng.normal(0, 1, truth.shape), truth


def slow_hybrid(predicted: np.ndarray, truth: np.ndarray, alpha: float, beta: float) -> float:
    """One gene after the other, with numpy's own correlation."""
    total = 0.0
    for x, y in zip(predicted, truth, strict=True):
        varies = x.std() > 0 and y.std() > 0
        total += alpha * (1 - (np.corrcoef(x, y)[0, 1] if varies else 0.0))
        total += beta * np.mean((x - y) ** 2)
    return total / len(truth)


@pytest.mark.parametrize(("n_genes", "n_populations"), [(1, 3), (128, 130), (37, 5)])
def test_hybrid_equals_numpy_gene_by_gene(n_genes: int, n_populations: int) -> None:
    predicted, truth = random_batch(n_genes, n_populations)
    loss = training_loss(torch.tensor(predicted), torch.tensor(truth), HYBRID)
    assert loss.ndim == 0
    assert float(loss) == pytest.approx(slow_hybrid(predicted, truth, 0.7, 1.3), abs=2e-3)
    single = training_loss(
        torch.tensor(predicted, dtype=torch.float32),
        torch.tensor(truth, dtype=torch.float32),
        HYBRID,
    )
    assert float(single) == pytest.approx(float(loss), abs=1e-5)


def test_mse_is_the_published_loss() -> None:
    predicted, truth = (torch.tensor(values) for values in random_batch(9, 4))
    loss = training_loss(predicted, truth, TrainingSettings(alpha=9.0))
    assert torch.equal(loss, torch.nn.functional.mse_loss(predicted, truth))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_genes=st.integers(1, 12),
    n_populations=st.integers(3, 20),
    spread=st.floats(0.05, 30),
    level=st.floats(-50, 50),
)
def test_correlation_ignores_level_and_scale(
    seed: int, n_genes: int, n_populations: int, spread: float, level: float
) -> None:
    predicted, truth = random_batch(n_genes, n_populations, seed)
    predicted = level + spread * predicted
    r = correlation_across_populations(torch.tensor(predicted), torch.tensor(truth)).numpy()
    spreads = np.stack([predicted.std(axis=1), truth.std(axis=1)])
    expected = np.array([np.corrcoef(x, y)[0, 1] for x, y in zip(predicted, truth, strict=True)])
    expected *= np.prod(spreads / np.sqrt(spreads**2 + LEAST_SPREAD**2), axis=0)
    np.testing.assert_allclose(r, expected, atol=1e-7)
    assert (np.abs(r) <= 1 + 1e-12).all()


def test_gradient_is_the_numerical_one() -> None:
    predicted, truth = (torch.tensor(values) for values in random_batch(5, 6))
    predicted[1] = 0.25  # constant prediction
    truth[2] = -1.5  # constant truth
    predicted.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda values: training_loss(values, truth, HYBRID), predicted, eps=1e-7, atol=1e-5
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("level", [0.0, -4.0, 1e4])
def test_constant_genes_are_defined_and_their_gradient_is_finite(
    dtype: torch.dtype, level: float
) -> None:
    predicted, truth = (torch.tensor(values, dtype=dtype) for values in random_batch(3, 130))
    predicted[0] = level
    truth[1] = level
    predicted[2] = truth[2] = level
    predicted.requires_grad_()
    r = correlation_across_populations(predicted, truth)
    assert r.detach().abs().max() < (0.02 if level == 1e4 else 1e-4)
    (gradient,) = torch.autograd.grad((1 - r).sum(), predicted)
    assert gradient.isfinite().all()
    assert gradient.abs().max() <= 1 / (130**0.5 * LEAST_SPREAD)
    if level != 1e4:
        assert (gradient[1:].abs() < 1e-4).all()  # nothing pulls where the truth is constant
        pull = torch.corrcoef(torch.stack([-gradient[0], truth[0]]))[0, 1]
        assert pull > 0.999  # a constant prediction is pulled towards the truth


def test_parts_of_a_batch_add_up_to_the_batch() -> None:
    predicted, truth = (torch.tensor(values) for values in random_batch(10, 7))
    parts = [
        training_loss(predicted[rows], truth[rows], HYBRID) * (len(rows) / 10)
        for rows in (torch.arange(4), torch.arange(4, 10))
    ]
    assert float(sum(parts)) == pytest.approx(float(training_loss(predicted, truth, HYBRID)))


def test_hybrid_training_raises_the_correlation() -> None:
    _, truth = (torch.tensor(values) for values in random_batch(20, 8))
    guess = torch.zeros_like(truth, requires_grad=True)  # as a network begins: constant
    optimizer = torch.optim.Adam([guess], lr=0.05)
    only_correlation = TrainingSettings(loss="hybrid", alpha=1.0, beta=0.0)
    for _ in range(60):
        optimizer.zero_grad()
        training_loss(guess, truth, only_correlation).backward()
        optimizer.step()
    assert correlation_across_populations(guess, truth).min() > 0.95


def test_what_is_no_number_stays_none() -> None:
    predicted, truth = (torch.tensor(values) for values in random_batch(4, 5))
    predicted[2, 1] = torch.nan
    assert training_loss(predicted, truth, HYBRID).isnan()


@pytest.mark.parametrize("n_populations", [1, 2])
def test_hybrid_needs_three_populations(n_populations: int) -> None:
    check_loss(TrainingSettings(), n_populations)
    check_loss(HYBRID, 3)
    with pytest.raises(ScxError, match=f"'population' has {n_populations}"):
        check_loss(HYBRID, n_populations)

"""The look-up of the first stage and the sparse gradient, beside the plain network."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import stages as any_stage
from numpy.typing import NDArray
from torch import Tensor, nn

from scx_core.errors import ScxError
from scx_core.kernels.lookup_stage import LookupStage, PooledConvStage
from scx_core.kernels.workers import Workers
from scx_core.models import CNNConfig, ConvStage, SequenceCNN, preset
from scx_core.sequence.alphabet import CODE_LETTERS, CODE_WEIGHTS, UNKNOWN_RULES, encode
from scx_core.training import fit as fitting
from scx_core.training.codes import LookupCNN, OneHotCNN, trainable
from scx_core.training.data import TrainingData, one_hot_batch
from scx_core.training.fit import FittedRun, fit_run
from scx_core.training.folds import make_folds, split_fold
from scx_core.training.settings import TrainingSettings

FIRST = any_stage(filters=20, kernel=7, pool=9, dilation=3)
LATER = any_stage(filters=5, kernel=6, pool=6, dilation=2)
#: Letters whose shared weights are sums of powers of two.
DYADIC = len("ACGTNRYSWKM")


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Networks so small gain nothing from more, and wait for them where the machine is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@st.composite
def networks(draw: st.DrawFn) -> CNNConfig:
    stages = (draw(FIRST), *draw(st.lists(LATER, max_size=2)))
    needed = 1
    for stage in reversed(stages):
        needed = needed * stage.pool + stage.span
    length = draw(st.integers(needed, needed + 40))
    unknown = draw(st.sampled_from(UNKNOWN_RULES))
    return CNNConfig(2, length - 1, 1, stages, (3,), (0.0,), ("utr3_length",), unknown)


def random_codes(
    rng: np.random.Generator, n: int, length: int, n_letters: int = len(CODE_LETTERS)
) -> NDArray[np.uint8]:
    """Mostly ACGT, some other letters, runs of N at the ends and inside."""
    codes = rng.integers(0, 4, (n, length)).astype(np.uint8)
    odd = rng.random(codes.shape) < rng.choice([0.0, 0.02, 0.3])
    codes[odd] = rng.integers(4, n_letters, int(odd.sum()))
    for gene in codes:
        start = rng.choice([0, length, int(rng.integers(0, length))])
        gene[start : start + int(rng.integers(0, 15))] = 4
        gene[length - int(rng.choice([0, 0, 9])) :] = 4
    return codes


def gradients(model: SequenceCNN, predict: Callable[[], Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Predictions, and the gradient of all parameters for an uneven loss."""
    model.zero_grad()
    predicted = predict()
    (predicted * torch.linspace(0.5, 2, predicted.numel()).view_as(predicted)).sum().backward()
    return predicted.detach(), [parameter.grad.clone() for parameter in model.parameters()]  # type: ignore[union-attr]


def compare(config: CNNConfig, codes: NDArray[np.uint8], model: SequenceCNN) -> None:
    """Hold the look-up against the plain network, to the rounding of the parameters' type."""
    dtype = next(model.parameters()).dtype
    network = trainable(model, "cpu")
    assert isinstance(network, LookupCNN)
    half_life = torch.linspace(-1, 1, len(codes), dtype=dtype)[:, None].repeat(
        1, len(config.half_life)
    )
    fast, fast_gradients = gradients(model, lambda: network(codes, half_life))
    dense, dense_gradients = gradients(
        model, lambda: model(one_hot_batch(codes).to(dtype), half_life)
    )
    tolerance = 1e-10 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(fast, dense, rtol=0, atol=tolerance)
    for mine, theirs in zip(fast_gradients, dense_gradients, strict=True):
        assert float((mine - theirs).norm()) <= 10 * tolerance * float(theirs.norm()) + 1e-12


@settings(max_examples=120, deadline=None)
@given(config=networks(), n_genes=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
def test_same_function_and_gradients_for_random_networks(
    config: CNNConfig, n_genes: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    model = SequenceCNN(config).double()
    compare(config, random_codes(rng, n_genes, config.length), model)


@settings(max_examples=60, deadline=None)
@given(config=networks(), seed=st.integers(0, 2**32 - 1))
def test_of_equal_maxima_the_first_gets_the_gradient(config: CNNConfig, seed: int) -> None:
    # Weights of quarters make many sums equal, and all of them exact whatever the order.
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    model = SequenceCNN(config).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-2, 3, parameter.shape) / 4)
    compare(config, random_codes(rng, 4, config.length, DYADIC), model)


@pytest.mark.parametrize("name", ["scxpresso", "tissue", "sequence", "small"])
def test_published_architectures_in_single_precision(name: str) -> None:
    rng = np.random.default_rng(1)
    torch.manual_seed(1)
    config = preset(name, 7, **({"upstream": 900, "downstream": 300} if name == "small" else {}))
    codes = random_codes(rng, 3, config.length)
    codes[0, :4000] = 4  # most of a window beyond the chromosome's end
    compare(config, codes, SequenceCNN(config).eval())


def test_hand_worked_bins() -> None:
    # One filter of width 2: A at the first tap counts 1, G at the second 2; bias −1.5.
    conv = nn.Conv1d(4, 1, 2)
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[0, 0, 0], conv.weight[0, 2, 1] = 1.0, 2.0
        conv.bias.fill_(-1.5)  # type: ignore[union-attr]
    stage = LookupStage(conv, (0, 1), 3, False, CODE_WEIGHTS, Workers())
    pooled = stage(encode("AGCAAANG")[None])
    # Dimers AG GC CA | AA AA AN | NG and G with padding are left over:
    # 1.5, −1.5, −1.5 | −0.5, −0.5, 1 + 2/4 − 1.5 = 0, which ReLU stops.
    assert pooled.tolist() == [[[1.5, 0.0]]]
    pooled.sum().backward()
    expected = torch.zeros(1, 4, 2)
    expected[0, 0, 0] = expected[0, 2, 1] = 1.0
    assert torch.equal(conv.weight.grad, expected)  # type: ignore[arg-type]
    assert conv.bias.grad.tolist() == [1.0]  # type: ignore[union-attr]


def test_result_does_not_depend_on_the_number_of_threads() -> None:
    rng = np.random.default_rng(2)
    codes = random_codes(rng, 40, 700)
    first, second = nn.Conv1d(4, 40, 6), nn.Conv1d(40, 5, 4)
    results = []
    for n_threads in (3, 1):
        torch.set_num_threads(n_threads)
        pooled = LookupStage(first, (3, 3), 7, True, CODE_WEIGHTS, Workers())(codes)
        inputs = pooled.detach().requires_grad_()
        PooledConvStage(second, (2, 1), 5, False, Workers())(inputs).pow(2).sum().backward()
        first.zero_grad()
        pooled.backward(inputs.grad)
        results.append([pooled, inputs.grad, first.weight.grad, second.weight.grad])
        second.zero_grad()
    for one, other in zip(*results, strict=True):
        assert torch.equal(one, other)  # type: ignore[arg-type]


def test_weights_that_are_no_numbers_stay_visible() -> None:
    config = CNNConfig(1, 60, 20, (ConvStage(4, 3, 5), ConvStage(2, 3, 4)), (), (), ())
    codes, none = random_codes(np.random.default_rng(0), 2, 80), torch.empty(2, 0)
    for name in ("conv0", "conv1"):
        model = SequenceCNN(config)
        with torch.no_grad():
            model.stages.get_submodule(name).weight[1, 1, 1] = torch.nan  # type: ignore[index, operator]
        assert model(one_hot_batch(codes), none).isnan().all()
        assert trainable(model, "cpu")(codes, none).isnan().all()


def test_bytes_that_are_no_letters_are_a_sentence() -> None:
    config = CNNConfig(1, 60, 20, (ConvStage(4, 3, 5),), (), (), ())
    codes = np.full((2, 80), 15, np.uint8)
    with pytest.raises(ScxError, match="base code 15, which stands for no letter"):
        trainable(SequenceCNN(config), "cpu")(codes, torch.empty(2, 0))


def test_parameters_are_shared_and_keep_their_names() -> None:
    model = SequenceCNN(preset("scxpresso", 3))
    names = list(model.state_dict())
    network = trainable(model, "cpu")
    assert list(network.parameters()) == list(model.parameters())
    assert list(model.state_dict()) == names
    network.eval()
    assert not model.training


@pytest.mark.parametrize(
    ("stages", "device"),
    [((ConvStage(4, 8, 5),), "cpu"), ((), "cpu"), ((ConvStage(4, 6, 5),), "cuda")],
)
def test_where_the_table_does_not_fit_the_plain_network_is_used(
    stages: tuple[ConvStage, ...], device: str
) -> None:
    config = CNNConfig(1, 60, 20, stages, (), (), ("utr3_length",))
    assert isinstance(trainable(SequenceCNN(config), device), OneHotCNN)


def test_training_loses_the_same_with_and_without_the_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(3)
    config = CNNConfig(
        3, 250, 50, (ConvStage(16, 6, 10), ConvStage(8, 5, 5)), (8,), (0.1,), ("utr3_length",)
    )
    data = TrainingData(
        random_codes(rng, 120, 300), rng.normal(3, 1, (120, 1)), rng.normal(-1, 2, (120, 3)),
        ("a", "b", "c"),
    )  # fmt: skip
    genes = pd.DataFrame({"chromosome": ["chr1", "chr2"] * 60}, index=[f"g{i}" for i in range(120)])
    options = TrainingSettings(epochs=3, batch_size=16, n_folds=4)
    split = split_fold(make_folds(genes, options), 0, 0)

    def fit() -> FittedRun:
        return fit_run(config, data, split, options, (0,), lambda _: None, lambda *_: None)

    fast = fit()
    monkeypatch.setattr(fitting, "trainable", lambda model, device, _: OneHotCNN(model, device))
    dense = fit()
    for one, other in zip(fast.history, dense.history, strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, abs=1e-3)
        assert one.validation_loss == pytest.approx(other.validation_loss, abs=1e-3)

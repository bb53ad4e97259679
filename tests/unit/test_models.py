"""Architecture as configuration, and what the network computes."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import stages as any_stage

from scx_core.errors import ScxError
from scx_core.models import CNNConfig, ConvStage, SequenceCNN, build_model, preset
from scx_core.models.config import PADDINGS
from scx_core.sequence.alphabet import encode
from scx_core.training.data import one_hot_batch


def test_scxpresso_has_the_published_shapes() -> None:
    # Shapes of the published checkpoint (model_best.pth.tar): 1,120 pooled values + 5 features.
    model = build_model("cnn", preset("scxpresso", 20))
    shapes = [tuple(value.shape) for value in model.state_dict().values()]
    assert shapes == [
        (128, 4, 6), (128,), (32, 128, 9), (32,), (64, 1125), (64,), (20, 64), (20,),
    ]  # fmt: skip


def test_tissue_model_has_a_second_hidden_layer_of_two() -> None:
    config = preset("tissue", 1)
    assert config.hidden == (64, 2)
    assert config.dropout == (0.00099, 0.01546)


def test_sequence_and_half_life_presets_leave_the_other_input_out() -> None:
    assert preset("sequence", 3).half_life == ()
    assert preset("half-life", 3).stages == ()
    half_life_only = build_model("cnn", preset("half-life", 3))
    out = half_life_only(torch.empty(2, 4, 0), torch.zeros(2, 5))
    assert out.shape == (2, 3)


stages = any_stage(filters=3, kernel=7, pool=4, dilation=3)


def numpy_stage(
    x: np.ndarray, weight: np.ndarray, bias: np.ndarray, stage: ConvStage
) -> np.ndarray:
    """One stage by its definition: loops over outputs, taps and pools."""
    around = stage.span - 1
    left, right = {
        "valid": (0, 0),
        "same": (around // 2, around - around // 2),
        "published": (around // 2, around // 2),
    }[stage.padding]
    padded = np.pad(x, ((0, 0), (left, right)))
    n_out = padded.shape[1] - stage.span + 1
    convolved = np.empty((stage.filters, n_out))
    for position in range(n_out):
        taps = padded[:, position : position + stage.span : stage.dilation]
        convolved[:, position] = np.tensordot(weight, taps, axes=([1, 2], [0, 1])) + bias
    rectified = np.maximum(convolved, 0)
    if stage.padding == "published" and stage.span % 2 == 0:  # the pool's own padding
        rectified = np.pad(rectified, ((0, 0), (1, 1)), constant_values=-np.inf)
        n_out += 2
    n_bins = n_out // stage.pool
    return (
        rectified[:, : n_bins * stage.pool].reshape(stage.filters, n_bins, stage.pool).max(axis=2)
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(stages, min_size=1, max_size=3), st.integers(20, 60), st.integers(0, 2**31))
def test_network_equals_its_definition(chosen: list[ConvStage], length: int, seed: int) -> None:
    left = length
    for stage in chosen:
        left = stage.output_length(left)
    if left < 1:
        with pytest.raises(ScxError, match="too short"):
            CNNConfig(2, upstream=length - 1, downstream=1, stages=tuple(chosen))
        return
    config = CNNConfig(
        2, upstream=length - 1, downstream=1, stages=tuple(chosen), half_life=("orf_length",)
    )
    torch.manual_seed(seed)
    model = SequenceCNN(config).eval().double()
    codes = np.random.default_rng(seed).integers(0, 15, length).astype(np.uint8)
    sequence = one_hot_batch(codes[None]).double()
    x = sequence[0].numpy()
    state = {name: value.numpy() for name, value in model.state_dict().items()}
    for number, stage in enumerate(chosen):
        x = numpy_stage(
            x, state[f"stages.conv{number}.weight"], state[f"stages.conv{number}.bias"], stage
        )
    joined = np.concatenate([x.ravel(), [0.7]])
    hidden = np.maximum(state["head.dense0.weight"] @ joined + state["head.dense0.bias"], 0)
    expected = state["head.output.weight"] @ hidden + state["head.output.bias"]
    with torch.inference_mode():
        found = model(sequence, torch.tensor([[0.7]], dtype=torch.float64))[0].numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_configuration_survives_json() -> None:
    config = preset(
        "tissue", 7, upstream=100, downstream=900, stages=(ConvStage(4, 5, 3, 2, "same"),)
    )
    assert CNNConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_outputs_are_as_many_as_pytorch_gives() -> None:
    sizes = (range(1, 14), range(1, 7), range(2, 6), range(1, 4), PADDINGS)
    for length, kernel, pool, dilation, padding in product(*sizes):
        stage = ConvStage(1, kernel, pool, dilation, padding)
        modules = SequenceCNN(CNNConfig(1, 99, 1, (stage,), (), (), ())).stages
        try:
            given = modules(torch.zeros(1, 4, length)).shape[2]
        except RuntimeError:  # the input is too short
            given = 0
        assert stage.output_length(length) == given, (length, stage)


def test_an_input_too_short_for_published_padding_has_no_output() -> None:
    stage = ConvStage(1, 2, 2)
    assert [stage.output_length(length) for length in (1, 2, 3, 4)] == [0, 1, 2, 2]
    with pytest.raises(ScxError, match="too short"):
        CNNConfig(1, 1, 1, (ConvStage(1, 1, 2), stage), (), (), ())


def test_unknown_letters_are_read_as_the_configuration_says() -> None:
    config = CNNConfig(1, 7, 5, (ConvStage(2, 3, 4),), (), (), ())
    sequence = one_hot_batch(encode("ACGTNNRYACGT")[None])
    cleared = sequence * torch.tensor([1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1.0])
    none = torch.empty(1, 0)
    shared, zero = build_model("cnn", config), build_model("cnn", replace(config, unknown="zero"))
    zero.load_state_dict(shared.state_dict())
    assert torch.equal(zero(sequence, none), shared(cleared, none))
    assert not torch.equal(zero(sequence, none), shared(sequence, none))


@pytest.mark.parametrize(
    "change",
    [
        {"stages": (ConvStage(4, 5, 600),), "upstream": 100, "downstream": 100},
        {"dropout": (0.1, 0.2)},
        {"dropout": (1.0,)},
        {"half_life": ("length of tail",)},
        {"n_outputs": 0},
        {"downstream": 0},
        {"stages": (), "half_life": ()},
        {"unknown": "N"},
    ],
)
def test_impossible_configurations_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ScxError):
        CNNConfig(**{"n_outputs": 2, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"kernel": 0}, {"padding": "most"}, {"pool": 1.5}, {"kernel": 4, "pool": 1}]
)
def test_impossible_stages_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ScxError):
        ConvStage(**{"filters": 2, "kernel": 3, "pool": 2, **change})  # type: ignore[arg-type]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ScxError, match="choose one of"):
        preset("bpnet", 3)
    with pytest.raises(ScxError, match="family"):
        build_model("transformer", preset("scxpresso", 1))
    with pytest.raises(ScxError, match="damaged"):
        CNNConfig.from_dict({"n_outputs": 1})

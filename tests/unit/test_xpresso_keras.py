"""Keras files become our network, exactly; what our network cannot be is refused by name."""

import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from keras_files import (
    convolution,
    dense,
    forward,
    layer,
    pool,
    write_keras,
    xpresso_layers,
)

from scx_core.errors import ScxError
from scx_core.models import CNNConfig, ConvStage
from scx_core.xpresso.keras_file import read_keras


def one_hot(n: int, length: int, seed: int = 0) -> np.ndarray:
    return np.eye(4, dtype=np.float32)[np.random.default_rng(seed).integers(0, 4, (n, length))]


def ours(path: Path, letters: np.ndarray, half_life: np.ndarray, upstream: int) -> np.ndarray:
    model = read_keras(path, upstream).model
    with torch.inference_mode():
        sequence = torch.from_numpy(letters.transpose(0, 2, 1).copy())
        return model(sequence, torch.from_numpy(half_life.astype(np.float32))).numpy()


def test_architecture_is_read_from_the_file(tmp_path: Path) -> None:
    config = read_keras(write_keras(tmp_path / "m.h5", xpresso_layers()), 40).config
    assert config == CNNConfig(
        1, 40, 20, (ConvStage(7, 6, 4, 1, "same"), ConvStage(5, 3, 3, 1, "same")), (6, 2), (0.1, 0.0),
        ("unnamed_1", "unnamed_2", "unnamed_3"), "zero",
    )  # fmt: skip


@given(
    length=st.integers(40, 90), kernel=st.integers(1, 8), second=st.integers(1, 5),
    dilation=st.integers(1, 3), size=st.integers(1, 5), padding=st.sampled_from(["same", "valid"]),
    features=st.integers(0, 4), first=st.booleans(), seed=st.integers(0, 99),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_any_network_of_the_kind_predicts_as_in_numpy(
    tmp_path_factory, length, kernel, second, dilation, size, padding, features, first, seed
) -> None:
    layers = xpresso_layers(length, features)
    by_name = {entry["name"]: entry for entry in layers}
    by_name["conv_a"]["config"] |= {
        "kernel_size": [kernel], "dilation_rate": [dilation], "padding": padding,
    }  # fmt: skip
    by_name["conv_b"]["config"] |= {"kernel_size": [second]}
    by_name["pool_a"]["config"] |= {"pool_size": [size], "strides": [size]}
    by_name["pool_b"]["config"] |= {"pool_size": [1], "strides": [1]}
    if features and first:
        by_name["both"]["inbound_nodes"][0].reverse()
    path = tmp_path_factory.mktemp("keras") / "m.h5"
    write_keras(path, layers, seed)
    if features and first:
        # The shapes of a concatenation do not depend on its order.
        assert by_name["both"]["inbound_nodes"][0][0][0] == "halflife"
    letters = one_hot(3, length, seed)
    half_life = np.random.default_rng(seed).normal(size=(3, features))
    expected = forward(path, letters, half_life)
    np.testing.assert_allclose(ours(path, letters, half_life, 0), expected, rtol=1e-4, atol=1e-4)


def keras3(entry: dict) -> dict:
    """Write the inputs of a layer as Keras 3 does."""
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": node[:3]}}
        for nodes in entry["inbound_nodes"] for node in nodes
    ]  # fmt: skip
    own = dict(entry["config"])
    if "batch_input_shape" in own:
        own["batch_shape"] = own.pop("batch_input_shape")
    arguments = (
        [tensors if entry["class_name"] == "Concatenate" else tensors[:1][0]] if tensors else []
    )
    nodes = [{"args": arguments, "kwargs": {}}] if tensors else []
    return {**entry, "config": own, "inbound_nodes": nodes}


def test_descriptions_of_keras_3_and_of_sequential_networks_are_read(tmp_path: Path) -> None:
    layers = xpresso_layers()
    letters, half_life = one_hot(2, 60), np.ones((2, 3))
    expected = ours(write_keras(tmp_path / "two.h5", layers), letters, half_life, 0)
    with h5py.File(tmp_path / "two.h5", "a") as file:
        described = {"class_name": "Functional", "config": {"layers": list(map(keras3, layers))}}
        file.attrs["model_config"] = json.dumps(described)
    assert (ours(tmp_path / "two.h5", letters, half_life, 0) == expected).all()
    alone = xpresso_layers(features=0)
    expected = ours(write_keras(tmp_path / "alone.h5", alone), letters, np.ones((2, 0)), 0)
    with h5py.File(tmp_path / "alone.h5", "a") as file:
        chain = [{key: entry[key] for key in ("class_name", "config")} for entry in alone[1:]]
        chain[0]["config"] = {**chain[0]["config"], "batch_input_shape": [None, 60, 4]}
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": chain})
    assert (ours(tmp_path / "alone.h5", letters, np.ones((2, 0)), 0) == expected).all()


def changed(name: str, **settings: object) -> list[dict]:
    layers = xpresso_layers()
    next(entry for entry in layers if entry["name"] == name)["config"].update(settings)
    return layers


def replaced(name: str, *new: dict) -> list[dict]:
    layers = xpresso_layers()
    place = [entry["name"] for entry in layers].index(name)
    return [*layers[:place], *new, *layers[place + 1 :]]


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        (
            replaced("pool_a", layer("BatchNormalization", "pool_a", "conv_a")),
            "'pool_a' (BatchNorm",
        ),
        (replaced("flat", layer("GlobalMaxPooling1D", "flat", "pool_b")), "'flat' (GlobalMax"),
        (replaced("conv_b", layer("LSTM", "conv_b", "pool_a", units=3)), "'conv_b' (LSTM)"),
        (
            replaced("conv_b", layer("Lambda", "conv_b", "pool_a", function="4wA")),
            "'conv_b' (Lambda)",
        ),
        (changed("conv_a", strides=[2]), "'conv_a' (Conv1D) has strides [2], not 1"),
        (changed("conv_a", activation="elu"), "'conv_a' (Conv1D) has the activation 'elu'"),
        (
            changed("conv_a", activation="linear"),
            "'pool_a' (MaxPooling1D) follows a convolution with",
        ),
        (changed("conv_a", padding="causal"), "has padding 'causal'"),
        (changed("conv_a", use_bias=False), "has use_bias False"),
        (changed("pool_a", strides=[2]), "has strides [2], not those of its pool, 4"),
        (changed("pool_a", padding="same"), "'pool_a' (MaxPooling1D) has padding 'same'"),
        (changed("relu_a", activation="tanh"), "'relu_a' (Activation) has activation 'tanh'"),
        (changed("dense_b", activation="linear"), "'out' (Dense) follows a dense layer without"),
        (changed("out", activation="relu"), "its last dense layer 'out' has a ReLU"),
        (changed("drop_a", rate=2), "has the rate 2"),
        (changed("both", axis=0), "'both' (Concatenate) joins"),
        (
            replaced("out", dense("out", "dense_b", 1), dense("other", "dense_a", 1)),
            "'other' (Dense) is a second branch",
        ),
        (
            [*xpresso_layers(), layer("InputLayer", "third", batch_input_shape=[None, 2])],
            "reads promoter [None, 60, 4], halflife [None, 3], third [None, 2]",
        ),
        (
            changed("promoter", batch_input_shape=[None, None, 4]),
            "must be a fixed number of letters",
        ),
        (changed("promoter", batch_input_shape=[None, 60, 5]), "must be a fixed number of letters"),
    ],
)
def test_another_architecture_is_refused_by_the_layer(tmp_path: Path, layers, told: str) -> None:
    path = tmp_path / "other.h5"
    with h5py.File(path, "w") as file:
        described = {"class_name": "Model", "config": {"layers": layers}}
        file.attrs["model_config"] = json.dumps(described)
        file.create_group("model_weights")
    with pytest.raises(ScxError) as caught:
        read_keras(path, 0)
    assert told in str(caught.value)
    assert "other.h5" in str(caught.value)


def test_convolutions_without_pools_and_a_late_relu_are_read(tmp_path: Path) -> None:
    layers = [
        layer("InputLayer", "promoter", batch_input_shape=[None, 30, 4]),
        convolution("conv", "promoter", 3, 4, activation="linear"),
        layer("ReLU", "rectified", "conv"),
        convolution("next", "rectified", 2, 3),
        pool("pool", "next", 5),
        layer("Flatten", "flat", "pool"),
        dense("out", "flat", 2),
    ]
    path = write_keras(tmp_path / "m.h5", layers)
    config = read_keras(path, 20).config
    assert [stage.pool for stage in config.stages] == [1, 5]
    assert (config.n_outputs, config.hidden, config.half_life) == (2, (), ())


def test_window_of_another_length_needs_the_place_of_the_tss(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "m.h5", xpresso_layers())
    with pytest.raises(ScxError, match="say how many of them lie before the TSS"):
        read_keras(path)
    with pytest.raises(ScxError, match="must be 0 to 59, not 60"):
        read_keras(path, 60)


def test_other_forms_of_models_are_named(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "saved_model.pb").write_bytes(b"\x08\x01")
    for path in (saved, saved / "saved_model.pb"):
        with pytest.raises(
            ScxError, match=r"saved is a TensorFlow SavedModel, which is not supp.*h5"
        ):
            read_keras(path)
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(ScxError, match=r"zip archive, as \.keras files are.*model\.save"):
        read_keras(tmp_path / "m.keras")
    (tmp_path / "text.h5").write_text("no")
    with pytest.raises(ScxError, match="is not an HDF5 file"):
        read_keras(tmp_path / "text.h5")
    with pytest.raises(ScxError, match="There is no file"):
        read_keras(tmp_path / "none.h5")


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    whole = write_keras(tmp_path / "m.h5", xpresso_layers()).read_bytes()
    cut = tmp_path / "cut.h5"
    for size in (len(whole) // 4, len(whole) // 2, len(whole) - 10):
        cut.write_bytes(whole[:size])
        with pytest.raises(ScxError, match=r"cut\.h5"):
            read_keras(cut, 0)


@pytest.mark.parametrize(
    ("mend", "told"),
    [
        (lambda file: file.attrs.__delitem__("model_config"), "no description of a network"),
        (lambda file: file.attrs.__setitem__("model_config", "{"), "is damaged"),
        (lambda file: file.attrs.__setitem__("model_config", "[1]"), "no JSON object"),
        (
            lambda file: file.attrs.__setitem__("model_config", '{"class_name": "X"}'),
            "a form that is",
        ),
        (lambda file: file.attrs.__setitem__("backend", b"theano"), "saved with Theano"),
        (lambda file: file.__delitem__("model_weights"), "no weights"),
        (
            lambda file: file.__delitem__("model_weights/dense_a"),
            "no weights of the layer 'dense_a'",
        ),
        (
            lambda file: file.__delitem__("model_weights/dense_a/dense_a/bias:0"),
            "no bias of the layer 'dense_a'",
        ),
    ],
)
def test_missing_parts_are_named(tmp_path: Path, mend, told: str) -> None:
    path = write_keras(tmp_path / "m.h5", xpresso_layers())
    with h5py.File(path, "a") as file:
        mend(file)
    with pytest.raises(ScxError) as caught:
        read_keras(path, 0)
    assert told in str(caught.value)


def test_weights_of_another_shape_or_not_numbers_are_refused(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "m.h5", xpresso_layers())
    kernel = "model_weights/conv_a/conv_a/kernel:0"
    with h5py.File(path, "a") as file:
        file[kernel][0, 0, 0] = np.nan
    with pytest.raises(ScxError, match="kernel of 'conv_a' holds values that are not numbers"):
        read_keras(path, 0)
    with h5py.File(path, "a") as file:
        del file[kernel]
        file[kernel] = np.zeros((6, 4, 8), np.float32)
    with pytest.raises(ScxError, match=r"kernel of the layer 'conv_a' has the shape \(6, 4, 8\)"):
        read_keras(path, 0)


def test_a_description_with_bytes_that_are_no_text_is_one_sentence(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "m.h5", xpresso_layers())
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"Conv1D"', b'"\xffonv1D"', 1))
    with pytest.raises(ScxError, match=r"m\.h5"):
        read_keras(path, 40)

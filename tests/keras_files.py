"""Keras ``.h5`` files as Keras writes them, with random weights; and their network in plain numpy."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def layer(kind: str, name: str, *inputs: str, **settings: Any) -> dict[str, Any]:
    nodes = [[[before, 0, 0, {}] for before in inputs]] if inputs else []
    return {
        "class_name": kind,
        "name": name,
        "config": {"name": name, **settings},
        "inbound_nodes": nodes,
    }


def convolution(
    name: str, before: str, filters: int, kernel: int, **settings: Any
) -> dict[str, Any]:
    defaults = {
        "filters": filters, "kernel_size": [kernel], "strides": [1], "dilation_rate": [1],
        "padding": "same", "activation": "relu", "use_bias": True,
    }  # fmt: skip
    return layer("Conv1D", name, before, **(defaults | settings))


def pool(name: str, before: str, size: int, **settings: Any) -> dict[str, Any]:
    return layer(
        "MaxPooling1D",
        name,
        before,
        **({"pool_size": [size], "strides": [size], "padding": "valid"} | settings),
    )


def dense(name: str, before: str, units: int, **settings: Any) -> dict[str, Any]:
    return layer(
        "Dense",
        name,
        before,
        **({"units": units, "activation": "linear", "use_bias": True} | settings),
    )


def xpresso_layers(length: int = 60, features: int = 3) -> list[dict[str, Any]]:
    """Give Xpresso's layers, small."""
    inputs = [layer("InputLayer", "promoter", batch_input_shape=[None, length, 4])]
    joined = "flat"
    if features:
        inputs.append(layer("InputLayer", "halflife", batch_input_shape=[None, features]))
        joined = "both"
    between = [layer("Concatenate", "both", "flat", "halflife", axis=-1)] if features else []
    return [
        *inputs,
        convolution("conv_a", "promoter", 7, 6),
        pool("pool_a", "conv_a", 4),
        convolution("conv_b", "pool_a", 5, 3),
        pool("pool_b", "conv_b", 3),
        layer("Flatten", "flat", "pool_b"),
        *between,
        dense("dense_a", joined, 6),
        layer("Activation", "relu_a", "dense_a", activation="relu"),
        layer("Dropout", "drop_a", "relu_a", rate=0.1),
        dense("dense_b", "drop_a", 2, activation="relu"),
        dense("out", "dense_b", 1),
    ]


def shapes_of(layers: list[dict[str, Any]]) -> dict[str, dict[str, tuple[int, ...]]]:
    """Shapes of the weights of each layer, followed through the network."""
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    length, channels, width, features = 0, 4, 0, 0
    for entry in layers:
        own, name = entry["config"], entry["name"]
        if entry["class_name"] == "InputLayer":
            shape = own["batch_input_shape"]
            length, features = (shape[1], features) if len(shape) == 3 else (length, shape[1])
        elif entry["class_name"] == "Conv1D":
            kernel = own["kernel_size"][0]
            shapes[name] = {"kernel": (kernel, channels, own["filters"]), "bias": (own["filters"],)}
            length -= 0 if own["padding"] == "same" else own["dilation_rate"][0] * (kernel - 1)
            channels = own["filters"]
        elif entry["class_name"] == "MaxPooling1D":
            length //= own["pool_size"][0]
        elif entry["class_name"] == "Flatten":
            width = length * channels
        elif entry["class_name"] == "Concatenate":
            width += features
        elif entry["class_name"] == "Dense":
            shapes[name] = {"kernel": (width, own["units"]), "bias": (own["units"],)}
            width = own["units"]
    return shapes


def write_keras(path: Path, layers: list[dict[str, Any]], seed: int = 0, **kinds: Any) -> Path:
    """Write the layers with random weights."""
    random = np.random.default_rng(seed)
    described = {"class_name": "Model", "config": {"name": "m", "layers": layers}, **kinds}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(described).encode()
        file.attrs["backend"] = b"tensorflow"
        weights = file.create_group("model_weights")
        for name, shapes in shapes_of(layers).items():
            group = weights.create_group(name)
            group.attrs["weight_names"] = [f"{name}/{part}:0".encode() for part in shapes]
            for part, shape in shapes.items():
                group[f"{name}/{part}:0"] = random.normal(0, 0.4, shape).astype(np.float32)
    return path


def forward(
    path: Path, one_hot: np.ndarray, half_life: np.ndarray, dtype: type = np.float64
) -> np.ndarray:
    """Work out a Keras network in plain numpy, from the file alone.

    Parameters
    ----------
    path : Path
        Layers in the order of `xpresso_layers`.
    one_hot : ndarray, shape (windows, length, 4)
    half_life : ndarray, shape (windows, features)
    dtype : type
        Of the arithmetic.
    """
    with h5py.File(path) as file:
        layers = json.loads(file.attrs["model_config"])["config"]["layers"]
        weights = {
            name: {
                part: group[group.attrs["weight_names"][number]][()].astype(dtype)
                for number, part in enumerate(("kernel", "bias"))
            }
            for name, group in file["model_weights"].items()
            if len(group.attrs["weight_names"])
        }
    values = one_hot.astype(dtype)
    for entry in layers:
        own, name, kind = entry["config"], entry["name"], entry["class_name"]
        if kind == "Conv1D":
            values = _convolve(values, weights[name]["kernel"], own) + weights[name]["bias"]
        elif kind == "MaxPooling1D":
            size = own["pool_size"][0]
            bins = values.shape[1] // size
            values = values[:, : bins * size].reshape(len(values), bins, size, -1).max(axis=2)
        elif kind == "Flatten":
            values = values.reshape(len(values), -1)
        elif kind == "Concatenate":
            parts = {"halflife": half_life}
            values = np.concatenate(
                [parts.get(node[0], values) for node in entry["inbound_nodes"][0]], axis=1
            )
        elif kind == "Dense":
            values = values @ weights[name]["kernel"] + weights[name]["bias"]
        if own.get("activation") == "relu":
            values = np.maximum(values, 0)
    return values


def _convolve(values: np.ndarray, kernel: np.ndarray, own: dict[str, Any]) -> np.ndarray:
    dilation = own["dilation_rate"][0]
    reach = dilation * (len(kernel) - 1)
    if own["padding"] == "same":
        values = np.pad(values, ((0, 0), (reach // 2, reach - reach // 2), (0, 0)))
    n_out = values.shape[1] - reach
    taps = [values[:, tap * dilation : tap * dilation + n_out] for tap in range(len(kernel))]
    return np.concatenate(taps, axis=2) @ kernel.reshape(-1, kernel.shape[2])

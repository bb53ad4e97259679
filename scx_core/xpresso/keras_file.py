"""Weights of a Keras ``.h5`` file as our own network; read with h5py, without TensorFlow.

What Keras stores differently: a convolution's kernel is (width, in, out), a dense one (in, out);
flattening goes through positions first and channels last, ours through channels first.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scx_core.errors import ScxError
from scx_core.hdf5 import open_hdf5, refuse_claims
from scx_core.models import CNNConfig, SequenceCNN
from scx_core.xpresso.keras_layers import KerasArchitecture, read_architecture

#: Weights of a network of this kind are megabytes.
_LARGEST: Final = 1_000_000_000
_LONGEST_TEXT: Final = 5_000_000
_SAVE_AS: Final = "in TensorFlow, open it and save it as one file with model.save('model.h5')"


@dataclass(frozen=True)
class KerasNetwork:
    """A network that was read from a Keras file.

    Attributes
    ----------
    config : CNNConfig
    model : SequenceCNN
        In evaluation mode.
    """

    config: CNNConfig
    model: SequenceCNN


def read_keras(path: Path, upstream: int | None = None) -> KerasNetwork:
    """Read a Keras network of Xpresso's kind.

    Only JSON and arrays of numbers are read: no code and no pickled object in the file is run.

    Parameters
    ----------
    path : Path
        ``.h5`` file with architecture and weights.
    upstream : int, optional
        Bases of the window before the TSS; 7,000 for the 10,500 bases of Xpresso.

    Raises
    ------
    ScxError
        If it is no such file (a SavedModel folder and a ``.keras`` archive are named as such), the
        architecture is another, or a weight is missing or has another shape.
    """
    _refuse_other_forms(path)
    with open_hdf5(path) as file:
        architecture = read_architecture(_description(file, path.name), path.name, upstream)
        weights = _weights(file, path.name)
        refuse_claims(weights, path)
        state = _state(architecture, weights, path.name)
    model = SequenceCNN(architecture.config)
    model.load_state_dict(state)
    return KerasNetwork(architecture.config, model.eval())


def _refuse_other_forms(path: Path) -> None:
    if path.is_dir() or path.name == "saved_model.pb":
        folder = path if path.is_dir() else path.parent
        if (folder / "saved_model.pb").exists():
            raise ScxError(
                f"{folder.name} is a TensorFlow SavedModel, which is not supported; {_SAVE_AS}."
            )
        raise ScxError(f"{path.name} is a folder; give the Keras .h5 file.")
    if not path.is_file():
        raise ScxError(f"There is no file at {path}; check the path.")
    if zipfile.is_zipfile(path):
        raise ScxError(
            f"{path.name} is a zip archive, as .keras files are, which is not supported; {_SAVE_AS}."
        )
    if path.stat().st_size > _LARGEST:
        raise ScxError(
            f"{path.name} has {path.stat().st_size / 1e6:,.0f} MB; a network of Xpresso's kind has "
            f"a few, and {_LARGEST / 1e6:,.0f} MB at most are read."
        )


def _description(file: h5py.File, name: str) -> Mapping[str, Any]:
    text = file.attrs.get("model_config")
    if text is None:
        raise ScxError(
            f"{name} holds no description of a network (model_config): it has weights alone, or is "
            "no Keras file; save the whole network, with model.save('model.h5')."
        )
    raw = text if isinstance(text, bytes) else str(text).encode(errors="replace")
    if len(raw) > _LONGEST_TEXT:
        raise ScxError(f"The description of the network in {name} is too long to be one of ours.")
    try:
        described = json.loads(raw)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ScxError(f"The description of the network in {name} is damaged ({error}).") from error
    if not isinstance(described, dict):
        raise ScxError(f"The description of the network in {name} is no JSON object.")
    return described


def _weights(file: h5py.File, name: str) -> h5py.Group:
    backend = file.attrs.get("backend", b"tensorflow")
    if (backend.decode() if isinstance(backend, bytes) else str(backend)) == "theano":
        raise ScxError(
            f"{name} was saved with Theano, which stores its filters back to front; open it in "
            "Keras with TensorFlow and save it again as .h5."
        )
    group = file.get("model_weights")
    if not isinstance(group, h5py.Group):
        raise ScxError(f"{name} holds no weights (model_weights); save the network again as .h5.")
    return group


def _layer_weights(
    weights: h5py.Group, layer: str, shapes: Mapping[str, tuple[int, ...]], name: str
) -> dict[str, NDArray[np.float32]]:
    """Read kernel and bias of a layer, and refuse any other shape before a number is read."""
    group = weights.get(layer)
    if not isinstance(group, h5py.Group):
        raise ScxError(f"{name} holds no weights of the layer {layer!r}; save it again as .h5.")
    listed = [
        part.decode() if isinstance(part, bytes) else str(part)
        for part in group.attrs.get("weight_names", ())
    ]
    found: dict[str, NDArray[np.float32]] = {}
    for part, shape in shapes.items():
        paths = [path for path in listed if path.split("/")[-1].split(":")[0] == part]
        stored = group.get(paths[0]) if len(paths) == 1 else None
        if not isinstance(stored, h5py.Dataset) or stored.dtype.kind != "f":
            raise ScxError(f"{name} holds no {part} of the layer {layer!r}; save it again as .h5.")
        if stored.shape != shape:
            raise ScxError(
                f"{name}: the {part} of the layer {layer!r} has the shape {stored.shape}, where its "
                f"architecture needs {shape}; the file does not fit together."
            )
        values = stored[()].astype(np.float32)
        if not np.isfinite(values).all():
            raise ScxError(f"{name}: the {part} of {layer!r} holds values that are not numbers.")
        found[part] = values
    if len(listed) != len(shapes):
        raise ScxError(f"{name}: the layer {layer!r} holds other weights than kernel and bias.")
    return found


def _state(architecture: KerasArchitecture, weights: h5py.Group, name: str) -> dict[str, Tensor]:
    """Turn Keras' arrays into the parameters of `SequenceCNN`."""
    config = architecture.config
    state: dict[str, Tensor] = {}
    channels = 4
    for number, (layer, stage) in enumerate(
        zip(architecture.convolutions, config.stages, strict=True)
    ):
        shapes = {
            "kernel": (stage.kernel, channels, stage.filters),
            "bias": (stage.filters,),
        }
        read = _layer_weights(weights, layer, shapes, name)
        state[f"stages.conv{number}.weight"] = _tensor(read["kernel"].transpose(2, 1, 0))
        state[f"stages.conv{number}.bias"] = _tensor(read["bias"])
        channels = stage.filters
    width = channels * config.positions_left + len(config.half_life)
    units = (*config.hidden, config.n_outputs)
    for number, (layer, n_units) in enumerate(zip(architecture.dense, units, strict=True)):
        shapes = {"kernel": (width, n_units), "bias": (n_units,)}
        read = _layer_weights(weights, layer, shapes, name)
        kernel = read["kernel"]
        if number == 0:
            kernel = _reorder(kernel, architecture, channels)
        ours = "output" if number == len(units) - 1 else f"dense{number}"
        state[f"head.{ours}.weight"] = _tensor(kernel.T)
        state[f"head.{ours}.bias"] = _tensor(read["bias"])
        width = n_units
    return state


def _reorder(
    kernel: NDArray[np.float32], architecture: KerasArchitecture, channels: int
) -> NDArray[np.float32]:
    """Order the inputs of the first dense layer as ours: by channel, then position, then features."""
    positions, n_features = architecture.config.positions_left, len(architecture.config.half_life)
    if architecture.half_life_first:
        features, flat = kernel[:n_features], kernel[n_features:]
    else:
        flat, features = kernel[: positions * channels], kernel[positions * channels :]
    by_position = flat.reshape(positions, channels, -1)
    by_channel = by_position.transpose(1, 0, 2).reshape(positions * channels, -1)
    return np.concatenate([by_channel, features])


def _tensor(values: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))

"""What a Keras network looks like, read from its description; nothing in it is ever run.

A description is JSON. Only the layers that our own network has are known: convolutions with ReLU,
max-pools, a flattening, half-life inputs joined behind it, dense layers with ReLU and dropout.
Anything else is refused by the layer's name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scx_core.errors import ScxError, join_some
from scx_core.models import CNNConfig, ConvStage

#: Bases before the TSS of Xpresso's window (Agarwal & Shendure 2020), and the length of it.
XPRESSO_UPSTREAM: Final = 7000
XPRESSO_LENGTH: Final = 10_500
_BASES: Final = 4


@dataclass(frozen=True)
class KerasLayer:
    """One layer of the description.

    Attributes
    ----------
    name, kind : str
        Such as ``"conv1d_1"`` and ``"Conv1D"``.
    settings : mapping
    inputs : tuple of str
        Names of the layers that it reads, in order.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class KerasArchitecture:
    """A network of our family, and which layers hold its weights.

    Attributes
    ----------
    config : CNNConfig
    convolutions, dense : tuple of str
        Names of the layers with weights, in order; the last dense layer is the output.
    half_life_first : bool
        Whether the half-life inputs come before the flattened sequence.
    """

    config: CNNConfig
    convolutions: tuple[str, ...]
    dense: tuple[str, ...]
    half_life_first: bool


@dataclass
class _Reading:
    """What has been found on the way from the sequence to the output."""

    stages: list[dict[str, Any]] = field(default_factory=list)
    convolutions: list[str] = field(default_factory=list)
    units: list[int] = field(default_factory=list)
    dense: list[str] = field(default_factory=list)
    rectified: list[bool] = field(default_factory=list)
    dropout: list[float] = field(default_factory=list)
    half_life: int = 0
    half_life_first: bool = False
    flat: bool = False


def read_architecture(
    description: Mapping[str, Any], file: str, upstream: int | None = None
) -> KerasArchitecture:
    """Read the description of a network.

    Parameters
    ----------
    description : mapping
        ``model_config`` of a Keras file.
    file : str
        Its name, for messages.
    upstream : int, optional
        Bases of the window before the TSS; 7,000 for the 10,500 bases of Xpresso.

    Raises
    ------
    ScxError
        If a layer is none that our network has; its name is given.
    """
    layers = _layers(description, file)
    by_name = {layer.name: layer for layer in layers}
    sequence, half_life = _inputs(layers, file)
    reading = _Reading()
    layer: KerasLayer | None = sequence
    visited = {sequence.name, *([half_life.name] if half_life else [])}
    while (layer := _next(layer, layers, file)) is not None:
        _read(layer, reading, half_life, by_name, file)
        visited.add(layer.name)
    unused = [name for name in by_name if name not in visited]
    if unused:
        raise _refused(by_name[unused[0]], file, "stands beside the way from sequence to output")
    return _finish(reading, _length(sequence, file), upstream, file)


def _layers(description: Mapping[str, Any], file: str) -> list[KerasLayer]:
    try:
        kind, settings = description["class_name"], description["config"]
        listed = settings if isinstance(settings, list) else settings["layers"]
        layers: list[KerasLayer] = []
        for entry in listed:
            own = entry["config"]
            name = str(entry.get("name") or own["name"])
            if kind == "Sequential":
                inputs: tuple[str, ...] = (layers[-1].name,) if layers else ()
                if not layers and entry["class_name"] != "InputLayer":
                    begin = {key: own[key] for key in _SHAPES if key in own}
                    layers.append(KerasLayer(f"{name}_input", "InputLayer", begin, ()))
                    inputs = (layers[-1].name,)
            else:
                inputs = _inbound(entry["inbound_nodes"])
            layers.append(KerasLayer(name, str(entry["class_name"]), own, inputs))
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ScxError(
            f"{file} describes its layers in a form that is not known ({type(error).__name__}: "
            f"{error}); save the network again as .h5."
        ) from error
    if kind not in ("Model", "Functional", "Sequential"):
        raise ScxError(
            f"{file} holds a Keras {str(kind)[:40]!r}; only Model, Functional and Sequential "
            "networks can be read."
        )
    return layers


_SHAPES: Final = ("batch_input_shape", "batch_shape")


def _inbound(nodes: Sequence[Any]) -> tuple[str, ...]:
    """Names of the layers that a layer reads, as Keras 2 or Keras 3 writes them."""
    if not nodes:
        return ()
    if len(nodes) > 1:
        raise KeyError("a layer that is used twice")
    node = nodes[0]
    if isinstance(node, list):  # Keras 2: [[name, node, tensor, {}], …]
        return tuple(str(part[0]) for part in node)
    tensors = node["args"][0]  # Keras 3: keras_history of each tensor
    tensors = tensors if isinstance(tensors, list) else [tensors]
    return tuple(str(tensor["config"]["keras_history"][0]) for tensor in tensors)


def _shape(layer: KerasLayer) -> tuple[Any, ...]:
    for key in _SHAPES:
        if isinstance(layer.settings.get(key), list):
            return tuple(layer.settings[key])
    return ()


def _inputs(layers: Sequence[KerasLayer], file: str) -> tuple[KerasLayer, KerasLayer | None]:
    """Find the sequence and the half-life inputs by their shapes."""
    inputs = [layer for layer in layers if layer.kind == "InputLayer"]
    sequences = [layer for layer in inputs if len(_shape(layer)) == 3]
    others = [layer for layer in inputs if len(_shape(layer)) == 2]
    if len(sequences) != 1 or len(others) > 1 or len(inputs) != len(sequences) + len(others):
        shown = [f"{layer.name} {list(_shape(layer))}" for layer in inputs]
        raise ScxError(
            f"{file} reads {join_some(shown) or 'no input'}; a network that can be read has one "
            "input of letters (length x 4) and at most one of half-life features."
        )
    return sequences[0], others[0] if others else None


def _length(sequence: KerasLayer, file: str) -> int:
    _, length, channels = _shape(sequence)
    if channels != _BASES or not isinstance(length, int):
        raise ScxError(
            f"{file}: the input {sequence.name!r} has the shape {list(_shape(sequence))[1:]}; it "
            "must be a fixed number of letters x 4 (A, C, G, T)."
        )
    return length


def _next(layer: KerasLayer | None, layers: Sequence[KerasLayer], file: str) -> KerasLayer | None:
    """Give the one layer that reads a layer; None at the output."""
    if layer is None:
        return None
    readers = [other for other in layers if layer.name in other.inputs]
    if len(readers) > 1:
        raise _refused(readers[1], file, f"is a second branch behind {layer.name!r}")
    return readers[0] if readers else None


def _refused(layer: KerasLayer, file: str, why: str) -> ScxError:
    return ScxError(
        f"{file} is of another architecture: the layer {layer.name!r} ({layer.kind}) {why}; only "
        "convolutions with ReLU and max-pools, half-life inputs, and dense layers with ReLU and "
        "dropout can be read."
    )


def _read(
    layer: KerasLayer,
    reading: _Reading,
    half_life: KerasLayer | None,
    by_name: Mapping[str, KerasLayer],
    file: str,
) -> None:
    readers = {
        "Conv1D": _read_convolution, "MaxPooling1D": _read_pool, "Flatten": _read_flatten,
        "Dense": _read_dense, "Activation": _read_activation, "ReLU": _read_activation,
        "Dropout": _read_dropout,
    }  # fmt: skip
    if layer.kind == "Concatenate":
        _read_concatenate(layer, reading, half_life, file)
        return
    if layer.kind not in readers:
        raise _refused(layer, file, "is of no known kind")
    if len(layer.inputs) != 1 or layer.inputs[0] not in by_name:
        raise _refused(layer, file, f"reads {join_some(layer.inputs) or 'nothing'}")
    readers[layer.kind](layer, reading, file)


def _one(layer: KerasLayer, key: str, file: str, default: Any = None) -> Any:
    """Give a setting that is a number or a list of one."""
    value = layer.settings.get(key, default)
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _refused(layer, file, f"has {key} {value!r}")
    return value


def _need(layer: KerasLayer, file: str, **wanted: object) -> None:
    """Refuse settings that our layers do not have."""
    for key, value in wanted.items():
        given = layer.settings.get(key, value)
        if given != value:
            raise _refused(layer, file, f"has {key} {given!r}, not {value!r}")


def _read_convolution(layer: KerasLayer, reading: _Reading, file: str) -> None:
    if reading.flat:
        raise _refused(layer, file, "comes behind the flattening")
    if reading.stages and not reading.stages[-1]["rectified"]:
        raise _refused(layer, file, "follows a convolution without ReLU")
    _need(layer, file, use_bias=True, data_format="channels_last", groups=1)
    padding = layer.settings.get("padding", "valid")
    activation = layer.settings.get("activation")
    if padding not in ("same", "valid"):
        raise _refused(layer, file, f"has padding {padding!r}")
    if activation not in ("relu", "linear", None):
        raise _refused(layer, file, f"has the activation {activation!r}")
    if _one(layer, "strides", file, 1) != 1:
        raise _refused(layer, file, f"has strides {layer.settings['strides']!r}, not 1")
    reading.convolutions.append(layer.name)
    reading.stages.append(
        {
            "filters": _one(layer, "filters", file),
            "kernel": _one(layer, "kernel_size", file),
            "dilation": _one(layer, "dilation_rate", file, 1),
            "padding": padding,
            "pool": None,
            "rectified": activation == "relu",
        }
    )


def _read_pool(layer: KerasLayer, reading: _Reading, file: str) -> None:
    if not reading.stages or reading.flat or reading.stages[-1]["pool"] is not None:
        raise _refused(layer, file, "does not follow a convolution")
    if not reading.stages[-1]["rectified"]:
        # The largest of rectified values is the rectified largest, but Keras says it in that order.
        raise _refused(layer, file, "follows a convolution without ReLU")
    _need(layer, file, padding="valid", data_format="channels_last")
    pool = _one(layer, "pool_size", file)
    strides = layer.settings.get("strides")
    if strides is not None and _one(layer, "strides", file) != pool:
        raise _refused(layer, file, f"has strides {strides!r}, not those of its pool, {pool}")
    reading.stages[-1]["pool"] = pool


def _read_flatten(layer: KerasLayer, reading: _Reading, file: str) -> None:
    if not reading.stages or reading.flat or not reading.stages[-1]["rectified"]:
        raise _refused(layer, file, "does not follow a convolution with ReLU")
    _need(layer, file, data_format="channels_last")
    reading.flat = True


def _read_concatenate(
    layer: KerasLayer, reading: _Reading, half_life: KerasLayer | None, file: str
) -> None:
    if (
        half_life is None
        or not reading.flat
        or reading.dense
        or reading.half_life
        or len(layer.inputs) != 2
        or half_life.name not in layer.inputs
        or layer.settings.get("axis", -1) not in (-1, 1)
    ):
        raise _refused(layer, file, f"joins {join_some(layer.inputs)}")
    n_features = _shape(half_life)[1]
    if not isinstance(n_features, int) or n_features < 1:
        raise _refused(half_life, file, "has no fixed number of features")
    reading.half_life = n_features
    reading.half_life_first = layer.inputs[0] == half_life.name


def _read_dense(layer: KerasLayer, reading: _Reading, file: str) -> None:
    if not reading.flat:
        raise _refused(layer, file, "comes before the flattening")
    if reading.dense and not reading.rectified[-1]:
        raise _refused(layer, file, "follows a dense layer without ReLU")
    _need(layer, file, use_bias=True)
    activation = layer.settings.get("activation")
    if activation not in ("relu", "linear", None):
        raise _refused(layer, file, f"has the activation {activation!r}")
    reading.dense.append(layer.name)
    reading.units.append(_one(layer, "units", file))
    reading.rectified.append(activation == "relu")
    reading.dropout.append(0.0)


def _read_activation(layer: KerasLayer, reading: _Reading, file: str) -> None:
    if layer.kind == "ReLU":
        _need(layer, file, max_value=None, negative_slope=0.0, threshold=0.0)
    else:
        _need(layer, file, activation="relu")
    if reading.dense and not reading.rectified[-1] and reading.dropout[-1] == 0.0:
        reading.rectified[-1] = True
    elif (
        reading.stages
        and not reading.flat
        and not reading.stages[-1]["rectified"]
        and reading.stages[-1]["pool"] is None
    ):
        reading.stages[-1]["rectified"] = True
    else:
        raise _refused(layer, file, "follows neither a convolution nor a dense layer")


def _read_dropout(layer: KerasLayer, reading: _Reading, file: str) -> None:
    rate = layer.settings.get("rate", layer.settings.get("p"))
    if not reading.dense or not reading.rectified[-1] or reading.dropout[-1] != 0.0:
        raise _refused(layer, file, "does not follow a dense layer with ReLU")
    if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
        raise _refused(layer, file, f"has the rate {rate!r}")
    reading.dropout[-1] = float(rate)


def _finish(reading: _Reading, length: int, upstream: int | None, file: str) -> KerasArchitecture:
    if not reading.flat or not reading.dense:
        raise ScxError(
            f"{file} is of another architecture: no dense layer reads its flattened convolutions; "
            "it cannot be read."
        )
    if reading.rectified[-1]:
        raise ScxError(
            f"{file} is of another architecture: its last dense layer {reading.dense[-1]!r} has a "
            "ReLU, so that it can give no value below 0; the output must be linear."
        )
    if upstream is None and length != XPRESSO_LENGTH:
        raise ScxError(
            f"{file} reads {length:,} letters, not the {XPRESSO_LENGTH:,} of Xpresso: say how many "
            "of them lie before the TSS."
        )
    before = XPRESSO_UPSTREAM if upstream is None else upstream
    if not 0 <= before < length:
        raise ScxError(
            f"{file} reads {length:,} letters, so that the bases before the TSS must be 0 to "
            f"{length - 1:,}, not {before:,}."
        )
    stages = tuple(
        ConvStage(
            stage["filters"], stage["kernel"], stage["pool"] or 1, stage["dilation"],
            stage["padding"],
        )
        for stage in reading.stages
    )  # fmt: skip
    config = CNNConfig(
        reading.units[-1],
        upstream=before,
        downstream=length - before,
        stages=stages,
        hidden=tuple(reading.units[:-1]),
        dropout=tuple(reading.dropout[:-1]),
        half_life=tuple(f"unnamed_{number + 1}" for number in range(reading.half_life)),
        unknown="zero",
    )
    return KerasArchitecture(
        config, tuple(reading.convolutions), tuple(reading.dense), reading.half_life_first
    )

"""The numbers in a plotly figure: its description as plain dictionaries and arrays."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

Spec = dict[str, Any]


def description(figure: go.Figure) -> tuple[list[Spec], Spec]:
    """Traces and layout of a figure, without its template and without what is None.

    Returns
    -------
    traces : list of dict
    layout : dict
        With the template's ``colorway``.
    """
    whole = figure.to_plotly_json()
    layout = dict(whole.get("layout", {}))
    template = layout.pop("template", None) or {}
    colors = (template.get("layout") or {}).get("colorway")
    traces = [_plain(trace) for trace in whole.get("data", [])]
    layout = _plain(layout)
    layout.setdefault("colorway", list(colors or ("#0072B2",)))
    return traces, layout


def _plain(value: Any) -> Any:
    """Decode arrays, and leave out what is None."""
    if isinstance(value, Mapping):
        if "bdata" in value:
            return _decoded(value)
        return {key: _plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        return [_plain(part) for part in value]
    return value


def _decoded(packed: Mapping[str, Any]) -> NDArray[Any]:
    array = np.frombuffer(base64.b64decode(packed["bdata"]), dtype=np.dtype(packed["dtype"]))
    shape = packed.get("shape")
    if shape is None:
        return array
    sides = shape.split(",") if isinstance(shape, str) else shape
    return array.reshape([int(side) for side in sides])


def get(spec: Mapping[str, Any], path: str, default: Any = None) -> Any:
    """Look up ``"marker.line.width"`` in nested dictionaries."""
    value: Any = spec
    for name in path.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return default
        value = value[name]
    return value


def is_text(values: Any) -> bool:
    """Say whether coordinates are names rather than numbers."""
    array = np.asarray(values)
    if array.dtype.kind in "US":
        return True
    return array.dtype.kind == "O" and any(isinstance(value, str) for value in array.ravel())


def numbers(values: Any) -> NDArray[np.float64]:
    """Coordinates as numbers; None becomes NaN."""
    array = np.asarray(values)
    if array.dtype.kind == "O":
        array = np.array([np.nan if value is None else value for value in array.ravel()])
    return array.astype(np.float64)


def each(value: Any, count: int) -> list[Any]:
    """Give one value for each of ``count`` things, of one for all or one for each."""
    if isinstance(value, str) or not np.iterable(value):
        return [value] * count
    return list(value)

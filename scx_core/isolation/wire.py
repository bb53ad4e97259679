"""Values as bytes that can be read without running anything: what a child tells its parent.

The child has read bytes of a stranger, so that its parent must not unpickle what it says. A message
is JSON followed by the raw bytes of its arrays. Only plain values come out of it: text, numbers,
lists, dictionaries, paths, arrays and tables; and frozen dataclasses of ``scx_core`` that the parent
has loaded already, made by their own constructors, which check their fields.
"""

import base64
import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Kinds of numpy arrays that are nothing but bytes: truth values, numbers, text and times.
_PLAIN_KINDS: Final = frozenset("biufSUMm")
#: Types of columns that pandas makes from plain values by their name.
_COLUMN_TYPES: Final = frozenset(
    [
        "string", "str", "boolean", "Float32", "Float64",
        *(f"{sign}{size}" for sign in ("Int", "UInt") for size in (8, 16, 32, 64)),
    ]
)  # fmt: skip
_LENGTH: Final = 8
_PACKAGE: Final = "scx_core."


class WireError(Exception):
    """Bytes that are no message."""


def encode(value: object) -> bytes:
    """Write a value as a message.

    Raises
    ------
    TypeError
        If it holds something else than the values named above.
    """
    buffers: list[bytes] = []
    tree = json.dumps(_Writer(buffers).tree(value)).encode()
    return b"".join([len(tree).to_bytes(_LENGTH, "big"), tree, *buffers])


def decode(message: bytes) -> Any:
    """Read a message.

    Raises
    ------
    WireError
        If it is none, or names a class that may not be made.
    """
    start = _LENGTH + int.from_bytes(message[:_LENGTH], "big")
    try:
        tree = json.loads(message[_LENGTH:start])
        return _Reader(memoryview(message)[start:]).value(tree)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise WireError(f"{type(error).__name__}: {error}") from error


class _Writer:
    """Turns values into what JSON holds, and collects the bytes of arrays."""

    def __init__(self, buffers: list[bytes]) -> None:
        self.buffers = buffers
        self.size = 0

    def tree(self, value: Any) -> Any:
        if value is None or (isinstance(value, bool | int | float) and type(value) in _SCALARS):
            return value
        if type(value) is str:
            # A lone surrogate (an undecodable file name) is text for JSON too.
            return value
        if isinstance(value, list):
            return [self.tree(item) for item in value]
        return self._marked(value)

    def _marked(self, value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            return {"$": "text", "value": str(value)}
        if isinstance(value, tuple | set | frozenset):
            kind = next(k for k in _COLLECTIONS if isinstance(value, _COLLECTIONS[k]))
            return {"$": kind, "items": [self.tree(item) for item in value]}
        if isinstance(value, Mapping):
            return {"$": "dict", "items": [[self.tree(k), self.tree(v)] for k, v in value.items()]}
        if isinstance(value, bytes):
            return {"$": "bytes", "base64": base64.b64encode(value).decode()}
        if isinstance(value, Path):
            return {"$": "path", "path": str(value)}
        if isinstance(value, np.ndarray | np.generic):
            return self._array(np.asarray(value), scalar=isinstance(value, np.generic))
        if isinstance(value, pd.DataFrame):
            columns = [self._column(value.iloc[:, place]) for place in range(value.shape[1])]
            names, index = self._index(value.columns), self._index(value.index)
            return {"$": "table", "names": names, "index": index, "columns": columns}
        if isinstance(value, pd.Series):
            index, column = self._index(value.index), self._column(value)
            return {"$": "series", "name": self.tree(value.name), "index": index, "column": column}
        if isinstance(value, pd.Index):
            return self._index(value)
        if value is pd.NA:
            return {"$": "NA"}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return self._record(value)
        raise TypeError(f"A {type(value).__name__} cannot leave the process that reads a file.")

    def _record(self, value: Any) -> dict[str, Any]:
        kind = type(value)
        given = [field.name for field in dataclasses.fields(value) if field.init]
        return {
            "$": "record",
            "class": f"{kind.__module__}:{kind.__qualname__}",
            "fields": [[name, self.tree(getattr(value, name))] for name in given],
        }

    def _array(self, array: NDArray[Any], *, scalar: bool = False) -> dict[str, Any]:
        if array.dtype.kind not in _PLAIN_KINDS:
            return {"$": "objects", "items": self.tree(array.tolist()), "shape": [*array.shape]}
        content = np.ascontiguousarray(array).tobytes()
        self.buffers.append(content)
        at, self.size = self.size, self.size + len(content)
        return {
            "$": "array", "type": array.dtype.str, "shape": [*array.shape], "at": at,
            "scalar": scalar,
        }  # fmt: skip

    def _column(self, column: pd.Series | pd.Index) -> dict[str, Any]:
        if isinstance(column.dtype, pd.CategoricalDtype):
            values = column.array
            return {
                "$": "categories",
                "codes": self._array(np.asarray(values.codes)),
                "names": self._index(values.categories),
                "ordered": bool(values.ordered),
            }
        if isinstance(column.dtype, np.dtype):
            return self._array(column.to_numpy())
        if str(column.dtype) not in _COLUMN_TYPES:
            raise TypeError(
                f"A column of {column.dtype} cannot leave the process that reads a file."
            )
        return {"$": "typed", "type": str(column.dtype), "items": self.tree(column.tolist())}

    def _index(self, index: pd.Index) -> dict[str, Any]:
        if isinstance(index, pd.MultiIndex):
            raise TypeError(
                "An index of several levels cannot leave the process that reads a file."
            )
        name = self.tree(index.name)
        if isinstance(index, pd.RangeIndex):
            ends = [index.start, index.stop, index.step]
            return {"$": "range", "ends": ends, "name": name}
        return {"$": "index", "column": self._column(index), "name": name}


_SCALARS: Final = (bool, int, float)
_COLLECTIONS: Final[Mapping[str, Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}


class _Reader:
    """Turns what JSON holds into values again; nothing but constructors named here is called."""

    def __init__(self, buffers: memoryview) -> None:
        self.buffers = buffers

    def value(self, tree: Any) -> Any:
        if isinstance(tree, list):
            return [self.value(item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        kind = tree["$"]
        if kind in _COLLECTIONS:
            return _COLLECTIONS[kind](self.value(item) for item in tree["items"])
        return getattr(self, f"_{_READERS[kind]}")(tree)

    def _text(self, tree: dict[str, Any]) -> str:
        return str(tree["value"])

    def _dictionary(self, tree: dict[str, Any]) -> dict[Any, Any]:
        return {self.value(key): self.value(item) for key, item in tree["items"]}

    def _bytes(self, tree: dict[str, Any]) -> bytes:
        return base64.b64decode(tree["base64"])

    def _path(self, tree: dict[str, Any]) -> Path:
        return Path(tree["path"])

    def _missing(self, _: dict[str, Any]) -> Any:
        return pd.NA

    def _array(self, tree: dict[str, Any]) -> Any:
        kind = np.dtype(str(tree["type"]))
        shape = [int(size) for size in tree["shape"]]
        if kind.kind not in _PLAIN_KINDS or min(shape, default=0) < 0:
            raise WireError(f"an array of {kind}, {shape}")
        count = int(np.prod(shape, dtype=object))
        stored = self.buffers[int(tree["at"]) : int(tree["at"]) + count * kind.itemsize]
        array = np.frombuffer(stored, dtype=kind, count=count).reshape(shape).copy()
        return array[()] if tree["scalar"] else array

    def _objects(self, tree: dict[str, Any]) -> NDArray[np.object_]:
        # Filled one by one: numpy would take a list of lists for more dimensions.
        array = np.empty([int(size) for size in tree["shape"]], dtype=object)
        if array.ndim != 1:
            array[...] = np.array(self.value(tree["items"]), dtype=object).reshape(array.shape)
            return array
        for place, item in enumerate(self.value(tree["items"])):
            array[place] = item
        return array

    def _column(self, tree: dict[str, Any]) -> Any:
        if tree["$"] == "categories":
            codes, names = self._array(tree["codes"]), self._index(tree["names"])
            return pd.Categorical.from_codes(codes, names, ordered=bool(tree["ordered"]))
        if tree["$"] == "typed":
            if tree["type"] not in _COLUMN_TYPES:
                raise WireError(f"a column of {tree['type']}")
            return pd.array(self.value(tree["items"]), dtype=tree["type"])
        return self.value(tree)

    def _index(self, tree: dict[str, Any]) -> pd.Index:
        name = self.value(tree["name"])
        if tree["$"] == "range":
            start, stop, step = (int(end) for end in tree["ends"])
            return pd.RangeIndex(start, stop, step, name=name)
        column = self._column(tree["column"])
        return pd.Index(column, dtype=column.dtype, name=name)

    def _series(self, tree: dict[str, Any]) -> pd.Series:
        column = self._column(tree["column"])
        return pd.Series(
            column, index=self._index(tree["index"]), name=self.value(tree["name"]),
            dtype=column.dtype,
        )  # fmt: skip

    def _table(self, tree: dict[str, Any]) -> pd.DataFrame:
        index = self._index(tree["index"])
        columns = dict(enumerate(self._column(column) for column in tree["columns"]))
        table = pd.DataFrame(columns, index=index, columns=pd.RangeIndex(len(columns)))
        table.columns = self._index(tree["names"])
        return table

    def _record(self, tree: dict[str, Any]) -> Any:
        module, _, name = str(tree["class"]).partition(":")
        kind = sys.modules.get(module)
        made: Any = kind
        for part in name.split("."):
            made = getattr(made, part, None)
        known = f"{module}.".startswith(_PACKAGE) and isinstance(made, type)
        if not known or not dataclasses.is_dataclass(made) or made.__module__ != module:
            raise WireError(f"an object of {tree['class']}")
        make: Any = made
        return make(**{str(field): self.value(item) for field, item in tree["fields"]})


#: Method of `_Reader` by the mark of a value.
_READERS: Final[Mapping[str, str]] = {
    "text": "text", "dict": "dictionary", "bytes": "bytes", "path": "path", "NA": "missing",
    "array": "array", "objects": "objects", "categories": "column", "typed": "column",
    "range": "index", "index": "index", "series": "series", "table": "table", "record": "record",
}  # fmt: skip

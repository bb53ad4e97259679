"""Tables of an AnnData file (obs, var), column by column, with what is wrong named."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd

from scx_core.errors import ScxError, reason_of
from scx_core.expression.attributes import attribute, names_attribute
from scx_core.hdf5 import refuse_claims, refuse_elsewhere

#: What anndata may store as a column of a table; ``""`` is a plain array of an early version.
_COLUMN_ENCODINGS = frozenset(
    {
        "", "array", "string-array", "categorical", "nullable-integer", "nullable-boolean",
        "nullable-string-array",
    }
)  # fmt: skip
_TABLE_VERSIONS = ("0.1.0", "0.2.0")


def read_frame(
    parent: h5py.Group, part: str, columns: list[str] | None, path: Path
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a table of an AnnData file.

    Parameters
    ----------
    parent : h5py.Group
    part : str
        Name of the table in `parent`, such as ``"obs"``.
    columns : list of str or None
        Columns wanted; None for all.
    path : Path
        The file, for messages.

    Returns
    -------
    frame : pandas.DataFrame
        The columns that are there, with the row names as text.
    unread : tuple of str
        The other columns of the table.

    Raises
    ------
    ScxError
        When the table is missing or of another format, or a column is damaged.
    """
    group = parent.get(part)
    if not _is_table(group):
        raise ScxError(
            f"{path.name} has no {part} table in AnnData's present format; open it with "
            "anndata and write it again."
        )
    there = names_attribute(group, "column-order")
    wanted = [name for name in there if columns is None or name in columns]
    index = pd.Index(_read_column(group, str(attribute(group, "_index")), part, path))
    values = {name: _read_column(group, name, part, path) for name in wanted}
    for name, column in values.items():
        if len(column) != len(index):
            raise ScxError(
                f"{path.name}: column {name!r} of {part} has {len(column):,} values for "
                f"{len(index):,} rows; the file is damaged, copy it again."
            )
    frame = pd.DataFrame(values, index=index.astype(str))
    return frame, tuple(name for name in there if name not in wanted)


def _is_table(group: Any) -> bool:
    return (
        isinstance(group, h5py.Group)
        and attribute(group, "encoding-type") == "dataframe"
        and attribute(group, "encoding-version") in _TABLE_VERSIONS
        and "column-order" in group.attrs
        and "_index" in group.attrs
    )


def _read_column(group: h5py.Group, name: str, part: str, path: Path) -> Any:
    stored = group.get(name)
    encoding = "" if stored is None else str(attribute(stored, "encoding-type", ""))
    problem = "it is not there" if stored is None else f"it is stored as {encoding!r}"
    if stored is not None and encoding in _COLUMN_ENCODINGS:
        try:
            if isinstance(stored, h5py.Group):
                return _read_group(stored)
            if "categories" in stored.attrs:  # of an early version: codes beside their names
                return _read_old_categories(group, stored, path)
            return _read_list(stored)
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            problem = reason_of(error)
    raise ScxError(
        f"{path.name}: column {name!r} of {part} is damaged ({problem}); copy the file again, or "
        "write it again with anndata."
    )


def _read_list(stored: Any) -> np.ndarray:
    if not isinstance(stored, h5py.Dataset) or stored.ndim != 1:
        raise ValueError("it is no list of values")
    if h5py.check_string_dtype(stored.dtype) is not None:
        return stored.asstr()[()].astype(object)
    if stored.dtype.kind not in "iufb":
        raise ValueError(f"it holds {stored.dtype}")
    return stored[()]


def _read_group(stored: h5py.Group) -> Any:
    """Read a column of several parts: codes and categories, or values and what is missing."""
    if "categories" in stored:
        ordered = bool(attribute(stored, "ordered", False))
        categories = stored["categories"]
        names: Any = (
            _read_group(categories)
            if isinstance(categories, h5py.Group)
            else _read_list(categories)
        )
        codes: Any = _read_list(stored["codes"])
        return pd.Categorical.from_codes(codes, names, ordered=ordered)
    values = pd.Series(_read_list(stored["values"])).convert_dtypes(convert_floating=False)
    return values.mask(_read_list(stored["mask"]).astype(bool)).array


def _read_old_categories(group: h5py.Group, stored: h5py.Dataset, path: Path) -> pd.Categorical:
    # A reference leads to any dataset, also to one without a name, which nobody has looked at.
    categories = group[attribute(stored, "categories")]
    refuse_elsewhere(categories, path)
    refuse_claims(categories, path)
    ordered = bool(attribute(categories, "ordered", False))
    codes: Any = _read_list(stored)
    names: Any = _read_list(categories)
    return pd.Categorical.from_codes(codes, names, ordered=ordered)

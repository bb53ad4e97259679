"""Cells of exported tables that a spreadsheet would compute: written as text.

A gene, a population or a user's column may be called ``=1+1`` or ``@SUM(1)``, and a spreadsheet that
opens the table runs it (OWASP, "CSV injection"). An apostrophe before it makes it text. Numbers,
the strands ``+`` and ``-`` and alleles such as ``-/GATTA`` stay as they are.
"""

from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from scx_core.store import atomic_file

#: Said at the head of tables that hold such cells.
REMARK: Final = "an apostrophe before = + - or @ keeps a spreadsheet from computing the cell"
_BEGINNING: Final = r"^[=@+\-\t\r]"
_HARMLESS: Final = (
    r"^[+-](\.?[0-9][0-9.,]*([eE][+-]?[0-9]+)?|inf|nan|/?[ACGTUNacgtun]*(/[ACGTUNacgtun-]*)*)$"
)


def as_text(texts: pa.Array) -> pa.Array:
    """Put an apostrophe before the texts that a spreadsheet would compute.

    Parameters
    ----------
    texts : pyarrow string array
        Missing ones stay missing.
    """
    begins = pc.match_substring_regex(texts, _BEGINNING)
    if not pc.any(begins).as_py():
        return texts
    computed = pc.and_not(begins, pc.match_substring_regex(texts, _HARMLESS))
    return pc.if_else(computed, pc.binary_join_element_wise("'", texts, ""), texts)


def name_as_text(name: object) -> str:
    """Put an apostrophe before a name, a column's for instance, that a spreadsheet would compute."""
    return as_text(pa.array([str(name)], pa.string()))[0].as_py()


def table_as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Give a table whose texts, names of rows and columns among them, no spreadsheet computes."""
    safe = table.copy(deep=False)
    for place in range(safe.shape[1]):
        column = safe.iloc[:, place]
        if _holds_text(column.dtype):
            safe.isetitem(place, column.map(_cell, na_action="ignore").to_numpy(dtype=object))
    safe.columns = _labels(safe.columns)
    safe.index = _labels(safe.index)
    return safe


def write_table(path: Path, table: pd.DataFrame, *, index: bool = False) -> None:
    """Write a table as plain TSV, whole or not at all; no text in it is a formula to a spreadsheet.

    Raises
    ------
    ScxError
        If it cannot be written there, or the disk is full.
    """
    with atomic_file(path) as temporary:
        table_as_text(table).to_csv(temporary, sep="\t", index=index)


def _holds_text(kind: Any) -> bool:
    return bool(
        pd.api.types.is_object_dtype(kind)
        or pd.api.types.is_string_dtype(kind)
        or isinstance(kind, pd.CategoricalDtype)
    )


def _cell(value: object) -> object:
    if not isinstance(value, str) or value[:1] not in ("=", "@", "+", "-", "\t", "\r"):
        return value
    return name_as_text(value)


def _labels(labels: pd.Index) -> pd.Index:
    names = [name if name is None else _cell(name) for name in labels.names]
    return labels.map(_labelled).set_names(names) if _holds_labels(labels) else labels


def _holds_labels(labels: pd.Index) -> bool:
    return isinstance(labels, pd.MultiIndex) or _holds_text(labels.dtype)


def _labelled(label: object) -> object:
    return tuple(_cell(part) for part in label) if isinstance(label, tuple) else _cell(label)

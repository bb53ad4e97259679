"""A table of every input row: the user's columns as they came, then the results."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from scx_core import __version__
from scx_core.errors import ScxError, join_some
from scx_core.formulas import REMARK, as_text, name_as_text
from scx_core.mutagenesis.effects import EFFECT
from scx_core.variants.writing.columns import SPREAD, is_whole, result_columns
from scx_core.variants.writing.whole import whole_file

_GIVEN: Final = " (given)"
#: Lines that are made text at once; 16 MB with 130 populations.
_AT_ONCE: Final = 5000
_MISSING: Final = "no result was computed for this row"


class TsvWriter:
    """Append chunks of a scored list to one table, which appears whole at the end, or not at all.

    Used as a context manager; a table left by an exception is deleted.

    Parameters
    ----------
    target : Path or binary stream
        A path that ends in ``.gz`` is compressed.
    header : mapping
        What made the table; written as ``# name: value``.
    populations : sequence of str
        Of the model; by default those of the first chunk, which may have none where none of its
        rows could be scored.

    Attributes
    ----------
    n_rows, n_lines : int
        Input rows and lines of results written so far.

    Notes
    -----
    The user's cells stay as they are, but for those that a spreadsheet would compute: they begin with
    an apostrophe (see `scx_core.formulas`), and the head of the file says so.
    """

    def __init__(
        self,
        target: Path | BinaryIO,
        header: Mapping[str, object],
        populations: Sequence[str] | None = None,
    ) -> None:
        self.n_rows = self.n_lines = 0
        self._target, self._header, self._populations = target, header, populations
        self._user: list[str] | None = None
        self._results: list[str] = []

    def __enter__(self) -> Self:
        self._open = ExitStack()
        self._file = self._open.enter_context(whole_file(self._target))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def append(self, rows: pd.DataFrame, scored: pd.DataFrame) -> None:
        """Write the lines of one chunk: every row, with each of its parts, genes and substitutions.

        Parameters
        ----------
        rows : DataFrame
            The user's columns; the index is the row number.
        scored : DataFrame
            Results of these rows, with the row number in ``row``; lines of a row follow each
            other as they stand here.

        Raises
        ------
        ScxError
            If there are results of a row that is not in ``rows``, or columns that the first chunk
            did not have.
        """
        places = rows.index.get_indexer(pd.Index(scored["row"]))
        if (places < 0).any():
            raise ScxError(
                "There are results of rows that are not in the list "
                f"({join_some(scored.loc[places < 0, 'row'].unique())}); write the list that was "
                "scored."
            )
        if self._user is None:
            self._begin(rows, scored)
        elif list(rows.columns) != self._user:
            raise ScxError("The chunks of the list have different columns; write one list.")
        self._refuse_new(scored)
        missing = np.setdiff1d(np.arange(len(rows)), places)
        order = np.argsort(np.concatenate([places, missing]), kind="stable")
        lines = np.concatenate([places, missing])[order]
        results = _completed(scored, self._results, rows.index[missing], order)
        self._write(rows.iloc[lines], results)
        self.n_rows += len(rows)
        self.n_lines += len(lines)

    def _begin(self, rows: pd.DataFrame, scored: pd.DataFrame) -> None:
        if self._populations is None:
            names = [str(name) for name in scored.columns]
            self._populations = [
                name.removeprefix(EFFECT) for name in names if name.startswith(EFFECT)
            ]
        self._user = list(rows.columns)
        self._results = result_columns(scored, self._populations)
        shown = {**self._header, "cells": REMARK, "made by": f"scX Explorer {__version__}"}
        comments = [f"# {_one_line(name)}: {_one_line(value)}" for name, value in shown.items()]
        # A user's column may begin with # itself, so that readers must count lines, not look for #.
        comments.insert(0, f"# lines before the column names: {len(comments) + 1}")
        names = [*map(name_as_text, step_aside(self._user, self._results)), *self._results]
        self._file.write("".join(f"{line}\n" for line in comments).encode())
        self._file.write(_lines(pd.DataFrame([names])))

    def _refuse_new(self, scored: pd.DataFrame) -> None:
        new = [name for name in scored.columns if name not in set(self._results)]
        if new:
            raise ScxError(
                f"Results have columns that the first ones did not have ({join_some(new)}); give "
                "all chunks the same columns."
            )

    def _write(self, user: pd.DataFrame, results: pd.DataFrame) -> None:
        for start in range(0, len(results), _AT_ONCE):
            end = start + _AT_ONCE
            self._file.write(_lines(user.iloc[start:end], results.iloc[start:end]))


def write_tsv(
    target: Path | BinaryIO,
    rows: pd.DataFrame,
    scored: pd.DataFrame,
    header: Mapping[str, object],
    populations: Sequence[str] | None = None,
) -> None:
    """Write a scored list as one table; every input row comes out.

    Parameters
    ----------
    target, header, populations
        See `TsvWriter`, which also writes chunk after chunk.
    rows : DataFrame
        The user's columns, written first and unchanged; one that bears the name of a result is
        called ``NAME (given)``. The index is the row number.
    scored : DataFrame
        One line for each row, part, gene and substitution, or with the reason. See
        `column_dictionary` for the columns.
    """
    with TsvWriter(target, header, populations) as writer:
        writer.append(rows, scored)


def step_aside(columns: Sequence[str], results: Sequence[str]) -> list[str]:
    """Name the user's columns so that none bears the name of a result."""
    taken = {*results, *columns}
    names = []
    for name in columns:
        new = str(name)
        while new in results or (new != name and new in taken):
            new += _GIVEN
        names.append(new)
    return names


def _one_line(value: object) -> str:
    return " ".join(str(value).split())


def _completed(
    scored: pd.DataFrame, names: Sequence[str], missing: pd.Index, order: NDArray[np.intp]
) -> pd.DataFrame:
    """Bring results in the order of the list, all columns there, a line for each missing row."""
    results = scored.reset_index(drop=True).reindex(order)
    lost = order >= len(scored)
    if lost.any():
        results.loc[lost, "row"] = missing
        results.loc[lost, "part"] = 0
        results.loc[lost, ["reason_kind", "reason"]] = ["not computed", _MISSING]
    if "fold_change" not in results and "largest_effect" in results:
        results["fold_change"] = 10.0 ** results["largest_effect"].astype(float)
    columns = {name: _cells(results[name], name) for name in names if name in results}
    return pd.DataFrame(columns).reset_index(drop=True).reindex(columns=list(names))


def _cells(values: pd.Series, name: str) -> pd.Series:
    if is_whole(name):
        return values.astype("Int64")
    if name.startswith((EFFECT, SPREAD)):
        # Networks compute in single precision: nine digits say all there is, seventeen pretend.
        return values.astype(np.float32)
    return values


def _lines(*tables: pd.DataFrame) -> bytes:
    """Write tables side by side; numbers by pyarrow, which takes a quarter of pandas' time."""
    columns = [
        _texts(table.iloc[:, place]) for table in tables for place in range(len(table.columns))
    ]
    lines = pc.binary_join_element_wise(*columns, "\t").to_pylist()
    return "".join(f"{line}\n" for line in lines).encode()


def _texts(values: pd.Series) -> pa.Array:
    """Text of each cell: nothing where the value is missing, quotes only where a reader needs them."""
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return pc.fill_null(pc.cast(pa.array(values, from_pandas=True), pa.string()), "")
    missing = values.isna()
    texts = as_text(pa.array(values.astype(str).mask(missing, "").tolist(), pa.string()))
    special = pc.match_substring_regex(texts, '[\t\n\r"]')
    if not pc.any(special).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    quoted = pc.binary_join_element_wise('"', doubled, '"', "")
    return pc.if_else(special, quoted, texts)

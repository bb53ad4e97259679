"""Read and check the rows of a GTF or GFF3: genes, transcripts and the parts of transcripts."""

import csv
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from scx_core.annotation.attributes import GFF3, GTF, hide_quoted_semicolons
from scx_core.annotation.blocks import POSITION_DIGITS, Block, Lines, read_blocks, split_lines
from scx_core.annotation.gathering import AnnotationRows, Gather
from scx_core.errors import ScxError, counted
from scx_core.progress import Progress, no_progress

_COLUMNS: Final = [
    "chromosome", "source", "feature", "start", "end", "score", "strand", "frame", "attributes",
]  # fmt: skip
_USED: Final = ["chromosome", "feature", "start", "end", "strand", "attributes"]


def read_rows(path: Path, style: str, progress: Progress = no_progress) -> AnnotationRows:
    """Stream a GTF or GFF3 and keep the rows about genes, transcripts and their parts.

    Raises
    ------
    ScxError
        If a line is broken (with its number) or the file has neither genes nor transcripts.
    """
    gather = Gather(path, style)
    for table in _tables(path, style, progress):
        gather.add(table)
    return gather.finish()


def _tables(path: Path, style: str, progress: Progress) -> Iterator[pd.DataFrame]:
    """Yield the checked rows of one block after another, with their ``line`` numbers."""
    for block in read_blocks(path, progress):
        lines = split_lines(block.content)
        stop = _fasta_section(block.content) if style == GFF3 else None
        keep = lines.is_data if stop is None else lines.is_data & (lines.starts < stop)
        wrong = np.flatnonzero(keep & (lines.columns != len(_COLUMNS)))
        if wrong.size:
            columns = counted(int(lines.columns[wrong[0]]), "column")
            raise ScxError(
                f"{path.name}, line {block.first_line + wrong[0]:,}: {columns} instead of the 9 of "
                f"a {style}; fix or remove the line."
            )
        if keep.any():
            _refuse_positions(lines, keep, block, path)
            numbers = block.first_line + np.flatnonzero(keep)
            yield _parse(lines.keep(keep), numbers, path, style)
        if stop is not None:
            return


def _fasta_section(content: bytes) -> int | None:
    """Where the sequences that may end a GFF3 begin, if they do in this block."""
    if content.startswith(b"##FASTA"):
        return 0
    found = content.find(b"\n##FASTA")
    return None if found < 0 else found


def _parse(content: bytes, numbers: np.ndarray, path: Path, style: str) -> pd.DataFrame:
    options: dict[str, Any] = {
        "sep": "\t", "header": None, "names": _COLUMNS, "usecols": _USED,
        "quoting": csv.QUOTE_NONE, "keep_default_na": False, "index_col": False,
    }  # fmt: skip
    types: dict[str, Any] = {
        "chromosome": "category", "feature": "category", "strand": "category",
        "start": np.int64, "end": np.int64, "attributes": str,
    }  # fmt: skip
    if style == GTF:  # GFF3 encodes them
        content = hide_quoted_semicolons(content)
    table = pd.read_csv(BytesIO(content), dtype=types, **options)
    table["line"] = numbers
    allowed = ["+", "-", "."] if style == GTF else ["+", "-", ".", "?"]
    for is_wrong, problem in (
        (table["start"] < 1, "start {start} is below 1"),
        (table["end"] < table["start"], "end {end} is before start {start}"),
        (~table["strand"].isin(allowed), "strand {strand!r} is not '+', '-' or '.'"),
        (table["chromosome"] == "", "the chromosome is empty"),
    ):
        if is_wrong.any():
            row = table[is_wrong].iloc[0]
            raise ScxError(
                f"{path.name}, line {row['line']:,}: {problem.format(**row)}; fix or remove the "
                "line."
            )
    return table


def _refuse_positions(lines: Lines, keep: np.ndarray, block: Block, path: Path) -> None:
    for name in ("start", "end"):
        column = _COLUMNS.index(name)
        good = lines.hold_positions(keep, column)
        if not good.all():
            line = int(np.flatnonzero(keep)[np.argmin(good)])
            value = lines.text(line).split("\t")[column]
            raise ScxError(
                f"{path.name}, line {block.first_line + line:,}: {name} {value!r} is not a whole "
                f"number of 1 to {POSITION_DIGITS} digits; fix or remove the line."
            )

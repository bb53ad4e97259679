"""The beginning of a file, as a person would look at it before importing; read cheaply."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import pandas as pd

from scx_core.errors import ScxError, counted
from scx_core.expression.hdf5 import open_h5ad
from scx_core.expression.layout import begin_table, choose_separator, split_line
from scx_core.expression.text import open_text

_ROWS: Final = 5
_COLUMNS: Final = 12
_LONGEST_LINE: Final = 100_000
_FEATURES: Final = (
    "chromosome", "source", "feature", "start", "end", "score", "strand", "frame", "attributes",
)  # fmt: skip


@dataclass(frozen=True)
class Preview:
    """The first rows of a file and a sentence on what it is.

    Attributes
    ----------
    told : str
    rows : DataFrame
        At most 5 rows and 12 columns, all text.
    """

    told: str
    rows: pd.DataFrame


def preview(path: Path) -> Preview:
    """Read the beginning of a FASTA, GTF, GFF3, BED, AnnData or table.

    Parameters
    ----------
    path : Path
        The form is told by the ending of its name.

    Raises
    ------
    ScxError
        If it cannot be read as what its name says.
    """
    if path.is_dir():
        return Preview(
            "A folder, as 10x writes them; its rows are read by the import.", pd.DataFrame()
        )
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    if name.endswith(".h5ad"):
        return _cells(path)
    if name.endswith((".h5", ".mtx")):
        return Preview("A matrix of 10x; its rows are read by the import.", pd.DataFrame())
    lines = _first_lines(path, 400)
    if name.endswith((".fa", ".fasta", ".fna")):
        return _fasta(path, lines)
    if name.endswith((".gtf", ".gff", ".gff3")):
        return _features(path, lines)
    if name.endswith(".bed"):
        rows = [line.split("\t") for line in lines if _says_rows(line)][:_ROWS]
        return Preview("Regions; start is 0-based, end is not included.", pd.DataFrame(rows))
    return _table(path, lines)


def _first_lines(path: Path, count: int) -> list[str]:
    """Read the first lines, unpacked, each cut at a length that no file of ours needs."""
    with open_text(path) as handle:
        lines = [
            line.rstrip("\r\n")
            for line in islice(iter(lambda: handle.readline(_LONGEST_LINE), ""), count)
        ]
    if not any(line.strip() for line in lines):
        raise ScxError(f"{path.name} is empty; check the file.")
    return lines


def _says_rows(line: str) -> bool:
    return bool(line.strip()) and not line.startswith(("#", "track", "browser"))


def _fasta(path: Path, lines: list[str]) -> Preview:
    if not lines[0].startswith(">"):
        raise ScxError(f"{path.name} does not begin with '>', so it is no FASTA; check the file.")
    letters = lines[1][:60] if len(lines) > 1 else ""
    rows = pd.DataFrame({"First sequence": [lines[0][1:].split()[0]], "Begins": [letters]})
    return Preview(f"Sequences, {path.stat().st_size / 1e6:,.1f} MB on disk.", rows)


def _features(path: Path, lines: list[str]) -> Preview:
    rows = [line.split("\t") for line in lines if _says_rows(line)][:_ROWS]
    if not rows or any(len(row) != len(_FEATURES) for row in rows):
        raise ScxError(
            f"{path.name} does not hold rows of nine columns, as GTF and GFF3 do; check the file."
        )
    return Preview(
        "Features of the genome; positions are 1-based.", pd.DataFrame(rows, columns=_FEATURES)
    )


def _table(path: Path, lines: list[str]) -> Preview:
    start = begin_table(iter(lines), path.name)
    rows = [line for _, line in start.rows if line]
    separator = choose_separator(start.header, rows, start.separators)
    header = split_line(start.header, separator, start.header_line, path.name)
    body = [split_line(row, separator, start.body_line, path.name) for row in rows[:_ROWS]]
    if body and len(body[0]) == len(header) + 1:
        header = ["", *header]  # R leaves out the header of the row names
    table = pd.DataFrame([row[:_COLUMNS] for row in body])
    table.columns = pd.Index(_unique([*header, *[""] * len(table.columns)][: len(table.columns)]))
    more = f", of which the first {_COLUMNS} are shown" if len(header) > _COLUMNS else ""
    return Preview(f"A table of {counted(len(header), 'column')}{more}.", table)


def _unique(names: list[str]) -> list[str]:
    """Make names differ, for a table on screen: ``""`` becomes ``(1)``."""
    return [
        name if name and names.index(name) == place else f"{name} ({place + 1})".strip()
        for place, name in enumerate(names)
    ]


def _cells(path: Path) -> Preview:
    with open_h5ad(path, None, None) as source:
        cells, names = source.annotation, source.names.index
    genes = ", ".join(map(str, names[:3]))
    told = (
        f"{counted(len(cells), 'row')} (cells or populations) × {counted(len(names), 'gene')} "
        f"({genes}, …)."
    )
    shown = cells.iloc[:_ROWS, :_COLUMNS].astype(str)
    return Preview(told, shown.rename_axis("name").reset_index())

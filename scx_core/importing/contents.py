"""What a file holds, told by how it begins and never by its name."""

import gzip
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_BEGINNING: Final = 1 << 20
_ROWS: Final = 20
_NUMBER: Final = re.compile(r"[+-]?(\d[\d.,]*|\.\d+)([eE][+-]?\d+)?|na|nan|inf", re.IGNORECASE)
_CHROMOSOME: Final = re.compile(
    r"chr\w+|\d{1,2}|[XYM]|MT|[IVX]{1,5}|[NG][CTW]_\d+\.\d+", re.IGNORECASE
)
#: First bytes of files of which no text is read.
_MAGIC: Final = (
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"BAM\x01", "reads"),
    (b"CRAM", "reads"),
    (b"BCF\x02", "variants"),
    (b"\x43\x27\x41\x1a", "2bit"),
    (b"\x1a\x41\x27\x43", "2bit"),
    (b"%PDF", "document"),
    (b"\x89PNG", "document"),
    (b"\xff\xd8\xff", "document"),
)
#: What it is called in a sentence.
WORDS: Final = {
    "fasta": "sequences (FASTA)",
    "gtf": "genes (GTF)",
    "gff3": "genes (GFF3)",
    "tss": "a table of TSSs",
    "bed": "regions (BED)",
    "expression": "an expression table (a name and numbers in each row)",
    "matrix": "a sparse matrix (Matrix Market)",
    "hdf5": "a matrix in HDF5",
    "variants": "variants (VCF)",
    "reads": "sequencing reads",
    "chain": "a chain between two genome builds",
    "2bit": "a genome in UCSC's 2bit format",
    "document": "a picture or document",
}


def content_of(path: Path) -> str:
    """Tell what a file holds.

    Returns
    -------
    str
        A key of `WORDS`; empty where that is not certain.
    """
    if path.is_dir():
        return ""
    start = _beginning(path)
    for magic, kind in _MAGIC:
        if start.startswith(magic):
            return kind
    if b"\0" in start[:1000]:
        return ""
    lines = start.decode("utf-8", errors="replace").splitlines()
    if len(start) >= _BEGINNING:
        lines = lines[:-1] or lines  # the last one was cut
    return _of_lines([line for line in lines if line.strip()])


def _beginning(path: Path) -> bytes:
    """First bytes of a file, unpacked; those before the damage where it is damaged."""
    read = bytearray()
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else Path.open)(path, "rb") as file:
            while len(read) < _BEGINNING and (block := file.read1(1 << 16)):
                read += block
    except (OSError, EOFError, zlib.error):
        pass  # its reader says what is wrong with it
    return bytes(read)


def _of_lines(lines: Sequence[str]) -> str:
    if not lines:
        return ""
    first = lines[0].lstrip("\ufeff")
    if first.startswith(">"):
        return "fasta"
    if first.startswith("@") and len(lines) > 2 and lines[2].startswith("+"):
        return "reads"
    for word, kind in (
        ("##fileformat=VCF", "variants"),
        ("%%MatrixMarket", "matrix"),
        ("##gff-version", "gff3"),
        ("#1.2", "expression"),
        ("chain ", "chain"),
        ("track ", "bed"),
        ("browser ", "bed"),
    ):
        if first.startswith(word):
            return kind
    return _of_rows([line for line in lines if not line.startswith("#")][: _ROWS + 1])


def _of_rows(lines: Sequence[str]) -> str:
    """Tell what the rows of a table are."""
    if not lines:
        return ""
    separator = next((mark for mark in "\t;," if mark in lines[0]), None)
    rows = [[cell.strip().strip('"') for cell in line.split(separator)] for line in lines]
    if all(_is_feature(row) for row in rows):
        return "gff3" if re.match(r"\w+=", rows[0][8]) else "gtf"
    if all(_is_region(row) for row in rows):
        return "bed"
    header = {name.lower() for name in rows[0]}
    if "strand" in header:
        return "tss" if any("tss" in name or "start_site" in name for name in header) else ""
    return "expression" if len(rows) > 1 and all(map(_is_expression, rows[1:])) else ""


def _is_feature(row: Sequence[str]) -> bool:
    return len(row) == 9 and row[3].isdecimal() and row[4].isdecimal() and row[6] in ("+", "-", ".")


def _is_region(row: Sequence[str]) -> bool:
    return (
        len(row) >= 3
        and _CHROMOSOME.fullmatch(row[0]) is not None
        and row[1].isdecimal()
        and row[2].isdecimal()
        and int(row[1]) <= int(row[2])
    )


def _is_expression(row: Sequence[str]) -> bool:
    """Whether a row is a name and numbers; a second name may stand beside the first."""
    numbers = [_NUMBER.fullmatch(cell) is not None for cell in row if cell]
    return len(numbers) > 1 and not numbers[0] and sum(numbers) >= max(len(numbers) - 2, 1)

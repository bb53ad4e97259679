"""Sequences of well-known assemblies: their names at UCSC, Ensembl, GenBank and RefSeq, and lengths.

The tables are bioframe's (made from NCBI's assembly reports); they come with the package and need no
network. They are read straight from its files: importing bioframe takes 0.3 s, which no start-up
should pay for a name.
"""

import csv
import importlib.util
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

#: Tables by the UCSC name of the assembly, human first.
ASSEMBLIES: Final = (
    "hg38", "hg19", "hs1", "mm10", "mm39", "mm9", "dm6", "dm3", "ce11", "ce10", "danRer11",
    "danRer10", "sacCer3",
)  # fmt: skip
#: A GenBank, RefSeq or WGS accession and its version: NC_000022.11, CM000684.2, KI270728.1.
ACCESSION: Final = re.compile(
    r"(?P<stem>[A-Z]{2}_\d{6,9}|[A-Z]{1,2}\d{5,8}|[A-Z]{4,6}\d{8,12})(?:\.(?P<version>\d{1,3}))?",
    re.IGNORECASE,
)
#: What the tables lack and whose accessions alone decide: first accession and the chromosomes in
#: their order, of Arabidopsis (TAIR10) and rat (Rnor_6.0, mRatBN7.2).
_RUNS: Final = (
    ("NC_003070", "1 2"), ("NC_003074", "3 4 5"), ("CP002684", "1 2 3 4 5"),
    ("NC_037304", "M"), ("NC_005100", " ".join([*map(str, range(1, 21)), "X"])),
    ("NC_024475", "Y"), ("NC_051336", " ".join([*map(str, range(1, 21)), "X Y"])),
    ("NC_001665", "M"),
)  # fmt: skip


class Sequence(NamedTuple):
    """One sequence of an assembly: its name at UCSC, its length (bases), its other names.

    ``assembled`` ones are chromosomes, not scaffolds.
    """

    name: str
    length: int
    aliases: tuple[str, ...]
    assembled: bool


@cache
def sequences(assembly: str) -> tuple[Sequence, ...]:
    """Sequences of one of `ASSEMBLIES`, chromosomes first."""
    with (_folder() / f"{assembly}.seqinfo.tsv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Sequence(
                row["name"],
                int(row["length"]),
                tuple(filter(None, (row["aliases"] or "").split(","))),
                row["role"] == "assembled",
            )
            for row in csv.DictReader(file, delimiter="\t")
        )


def _folder() -> Path:
    spec = importlib.util.find_spec("bioframe")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("bioframe is not installed")
    return Path(spec.submodule_search_locations[0]) / "io" / "data"


def all_sequences() -> Iterator[tuple[str, Sequence]]:
    """Every sequence of every assembly, with the assembly."""
    for assembly in ASSEMBLIES:
        # bioframe has one table for both assemblies of the zebrafish
        for sequence in sequences(assembly):
            yield assembly, sequence


@cache
def accession_builds() -> Mapping[str, frozenset[str]]:
    """Assemblies that hold an accession with its version, such as ``NC_000022.11``."""
    builds: dict[str, set[str]] = {}
    for assembly, sequence in all_sequences():
        for alias in sequence.aliases:
            builds.setdefault(alias, set()).add(assembly)
    return {alias: frozenset(names) for alias, names in builds.items()}


def runs() -> Iterator[tuple[str, str]]:
    """Give accessions (without version) that follow each other, and their chromosomes."""
    for first, names in _RUNS:
        letters, digits = first.rstrip("0123456789"), first.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ_")
        for step, name in enumerate(names.split()):
            yield f"{letters}{int(digits) + step:0{len(digits)}d}", name

"""Letters of a dataset's genome, from wherever they can still be had.

The FASTA file of the import is not kept in the workspace. Where it still lies as it was, every
letter is known; else the letters of the genes' windows are, and no others.
"""

import hashlib
import itertools
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import COMPLEMENT, UNKNOWN, decode
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval
from scx_core.store import file_digest, read_json, write_json
from scx_core.variants.assemblies import name_of_build

Codes = NDArray[np.uint8]
Positions = NDArray[np.int64]

#: Positions that lie closer than this are read in one stretch, which is no longer than a block.
_GAP: Final = 1 << 12
_BLOCK: Final = 1 << 22
#: Other names of genome builds that are not human, by UCSC's.
_OTHER_NAMES: Final = {
    "mm39": r"mm39|grcm39",
    "mm10": r"mm10|grcm38",
    "mm9": r"mm9|ncbim37|mgscv37",
    "ce11": r"ce11|wbcel235",
    "ce10": r"ce10|ws220",
}
#: What `canonical_build` gives where it knows a build.
KNOWN_BUILDS: Final = frozenset({"hg19", "hg38", *_OTHER_NAMES})


def canonical_build(text: str) -> str:
    """Give UCSC's name of a genome build where it is known: GRCh38.p14 and hg38.chr22 are hg38.

    Parameters
    ----------
    text : str
        As a file, a person or a dataset has it.

    Returns
    -------
    str
        The text itself, stripped, if no known build is in it.
    """
    human = name_of_build(text)
    if human:
        return human
    for name, others in _OTHER_NAMES.items():
        if re.search(rf"(?<![a-z0-9])(?:{others})(?![a-z0-9])", text.lower()):
            return name
    return text.strip()


class Letters(ABC):
    """Letters of a genome by chromosome and position, on the plus strand.

    Use `open_letters` to get them. Positions are 0-based here, as in all arrays.

    Attributes
    ----------
    assembly : str
        Genome build, as the dataset names it.
    source : str
        A sentence: where the letters come from, and what is not known for that.
    complete : bool
        Every letter of the genome is known, not those of the windows alone.
    chromosomes : mapping of str to int or None
        Length in bases by name; None where it is not known.
    """

    def __init__(
        self,
        assembly: str,
        source: str,
        complete: bool,
        chromosomes: Mapping[str, int] | Mapping[str, None],
    ) -> None:
        self.assembly = assembly
        self.source = source
        self.complete = complete
        self.chromosomes: Mapping[str, int | None] = MappingProxyType(dict(chromosomes))

    @abstractmethod
    def _known(self, chromosome: str, positions: Positions) -> Codes:
        """Look up base codes at sorted, unique positions of one chromosome, none before its start."""

    def close(self) -> None:  # noqa: B027 - nothing to close is the usual case
        """Close the file, if there is one."""

    def at(self, chromosome: str, positions: Positions) -> Codes:
        """Look up base codes at many positions of one chromosome.

        Parameters
        ----------
        chromosome : str
            Named as in `chromosomes`.
        positions : ndarray of int64, shape (any,)
            0-based, in any order.

        Returns
        -------
        ndarray of uint8, shape of ``positions``
            N where the letter is not known, and past the ends of the chromosome.
        """
        codes = np.full(len(positions), UNKNOWN, np.uint8)
        length = self.chromosomes[chromosome]
        inside = positions >= 0
        if length is not None:
            inside &= positions < length
        wanted, back = np.unique(positions[inside], return_inverse=True)
        if len(wanted):
            codes[inside] = self._known(chromosome, wanted)[back]
        return codes

    def at_many(self, chromosomes: NDArray[np.object_], positions: Positions) -> Codes:
        """Look up base codes at many positions, 0-based, of many chromosomes; see `at`."""
        codes = np.full(len(positions), UNKNOWN, np.uint8)
        numbers, names = pd.factorize(chromosomes)
        order = np.argsort(numbers, kind="stable")
        ends = np.searchsorted(numbers[order], np.arange(len(names)), side="right")
        start = np.searchsorted(numbers[order], 0)
        for name, end in zip(names, ends, strict=True):
            rows = order[start:end]
            codes[rows] = self.at(str(name), positions[rows])
            start = end
        return codes

    def fetch(self, interval: Interval) -> Codes:
        """Look up the base codes of an interval, plus strand; N where not known."""
        codes = np.full(len(interval), UNKNOWN, np.uint8)
        length = self.chromosomes[interval.chromosome]
        start = max(interval.start, 0)
        end = interval.end if length is None else min(interval.end, length)
        if start < end:
            found = self._known(interval.chromosome, np.arange(start, end))
            codes[start - interval.start : end - interval.start] = found
        return codes

    def text(self, chromosome: str, start: int, end: int) -> str:
        """Letters of one stretch, 0-based half-open; N where not known."""
        return decode(self.fetch(Interval(chromosome, start, end)))


class FastaLetters(Letters):
    """All letters, read from a FASTA file."""

    def __init__(self, assembly: str, source: str, genome: Genome) -> None:
        super().__init__(assembly, source, True, genome.chromosomes)
        self._genome = genome

    def close(self) -> None:
        """Close this thread's handle of the file."""
        self._genome.close()

    def fetch(self, interval: Interval) -> Codes:
        """Read the base codes of an interval, plus strand; N past the ends of the chromosome."""
        return self._genome.fetch(interval)

    def _known(self, chromosome: str, positions: Positions) -> Codes:
        codes = np.empty(len(positions), np.uint8)
        apart = (np.diff(positions) > _GAP) | (np.diff(positions // _BLOCK) > 0)
        edges = [0, *(np.flatnonzero(apart) + 1).tolist(), len(positions)]
        for first, end in itertools.pairwise(edges):
            part = positions[first:end]
            stretch = self._genome.fetch(Interval(chromosome, int(part[0]), int(part[-1]) + 1))
            codes[first:end] = stretch[part - part[0]]
        return codes


class WindowLetters(Letters):
    """The letters of the genes' windows alone."""

    def __init__(self, assembly: str, source: str, dataset: Dataset) -> None:
        places = window_table(dataset)
        self._windows = dataset.windows
        self._length = dataset.upstream + dataset.downstream
        self._by_chromosome = {
            str(name): part.sort_values("start", kind="stable")
            for name, part in places.groupby("chromosome", sort=False)
        }
        super().__init__(assembly, source, False, dict.fromkeys(self._by_chromosome))

    def _known(self, chromosome: str, positions: Positions) -> Codes:
        places = self._by_chromosome[chromosome]
        starts = places["start"].to_numpy()
        # Windows are equally long: of those that hold a position, one is the last to start.
        last = np.searchsorted(starts, positions, side="right") - 1
        offset = positions - starts[last]
        held = (last >= 0) & (offset < self._length)
        minus = places["minus"].to_numpy()[last[held]]
        index = np.where(minus, self._length - 1 - offset[held], offset[held])
        found = self._windows[places["row"].to_numpy()[last[held]], index]
        codes = np.full(len(positions), UNKNOWN, np.uint8)
        codes[held] = np.where(minus, COMPLEMENT[found], found)
        return codes


def window_table(dataset: Dataset) -> pd.DataFrame:
    """Where the windows lie on the genome.

    Returns
    -------
    DataFrame
        One row per gene, in the dataset's order: ``chromosome, start, end`` (0-based half-open),
        ``row`` (of the gene), ``minus`` (gene is on the minus strand), ``tss`` (1-based).
    """
    genes = dataset.genes
    tss = genes["tss"].to_numpy(np.int64)
    minus = (genes["strand"] == "-").to_numpy()
    # As in `scx_core.sequence.windows.window_interval`.
    start = np.where(minus, tss - dataset.downstream, tss - 1 - dataset.upstream)
    return pd.DataFrame(
        {
            "chromosome": genes["chromosome"].astype(str).to_numpy(object),
            "start": start,
            "end": start + dataset.upstream + dataset.downstream,
            "row": np.arange(len(genes)),
            "minus": minus,
            "tss": tss,
        }
    )


def open_letters(dataset: Dataset, cache: Path, progress: Progress = no_progress) -> Letters:
    """Open the letters of a dataset's genome.

    Parameters
    ----------
    dataset : Dataset
    cache : Path
        The workspace's folder for unpacked genomes and indices. It also remembers the digest of
        a genome file, so that it is computed once for a file as it is (path, size and time).
    progress : Progress

    Returns
    -------
    Letters
        Of the FASTA file of the import if it lies where it lay, with the size and the SHA-256
        recorded then; else of the windows. ``source`` says which, and why.
    """
    assembly = str(dataset.metadata["assembly"])
    try:
        genome = _imported_genome(dataset, cache, progress)
    except ScxError as error:
        reason = str(error).rstrip(".")
        source = (
            f"Letters are those of the windows of {len(dataset.genes):,} genes alone, because "
            f"{reason}; what lies outside the windows cannot be compared with the genome."
        )
        return WindowLetters(assembly, source, dataset)
    source = f"Letters are from {genome.source.name}, the genome file of the import."
    return FastaLetters(assembly, source, genome)


def _imported_genome(dataset: Dataset, cache: Path, progress: Progress) -> Genome:
    """Open the FASTA file of the import; a sentence says why it cannot be had."""
    origin: Mapping[str, Any] = dataset.metadata["provenance"]
    place = origin.get("parameters", {}).get("genome")
    recorded = origin.get("inputs", {}).get("genome")
    if not place or not recorded:
        raise ScxError("the dataset does not name a genome file")
    path = Path(place).absolute()
    try:
        if not path.is_file():
            raise ScxError(f"the genome file of the import is no longer at {path}")
        size = path.stat().st_size
        if size != recorded["bytes"]:
            raise ScxError(
                f"{path} has changed since the import ({size:,} instead of "
                f"{recorded['bytes']:,} bytes)"
            )
        cache.mkdir(parents=True, exist_ok=True)
        if _remembered_digest(path, cache, progress) != recorded["sha256"]:
            raise ScxError(f"{path} has changed since the import (another SHA-256)")
        return Genome.open(path, cache, progress)
    except OSError as error:
        raise ScxError(f"{path} cannot be read ({error.strerror or error})") from error


def _remembered_digest(path: Path, cache: Path, progress: Progress) -> str:
    """SHA-256 of a file; computed when its path, size or time of change is new."""
    stat = path.stat()
    key = hashlib.sha256(f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}".encode())
    memory = cache / f"digest-{key.hexdigest()[:16]}.json"
    if memory.is_file():
        try:
            return str(read_json(memory)["sha256"])
        except (ScxError, KeyError, TypeError):
            memory.unlink(missing_ok=True)  # the cache is ours: a damaged note is made again
    progress(0.0, f"Checking that {path.name} is the genome of the import")
    digest = file_digest(path)
    write_json(memory, {"file": path.name, "sha256": digest})
    return digest

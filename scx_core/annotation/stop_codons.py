"""Whether the CDS rows of an annotation hold the stop codon.

GTF leaves it out of the CDS and gives it rows of its own; GFF3 includes it. Programs that turn one
into the other (gffread, ORFanage, AGAT) often keep the CDS as it was and write no stop_codon rows.
Then the genome tells: the last three bases of the CDS are a stop codon, or the three bases after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation.attributes import GTF
from scx_core.annotation.half_life import CDS, EXON, STOP_CODON, STOP_CODON_LENGTH, Integers, unite
from scx_core.errors import counted
from scx_core.sequence.alphabet import BASES, COMPLEMENT, encode
from scx_core.sequence.chromosomes import match_names
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval

_STOPS: Final = frozenset(tuple(encode(codon).tolist()) for codon in ("TAA", "TAG", "TGA"))
#: So many transcripts, spread over the annotation, are looked at; the answer is one of the file.
_ENOUGH: Final = 1_000
#: Share of these that must agree; by chance 3 of 64 codons are stops.
_MOST: Final = 0.5


@dataclass(frozen=True)
class StopCodons:
    """Where the stop codons of an annotation are.

    Attributes
    ----------
    in_cds : bool
        The CDS rows hold them.
    notices : tuple of str
        How that was found, where the rows do not say it.
    """

    in_cds: bool
    notices: tuple[str, ...] = ()


def find_stop_codons(
    transcripts: pd.DataFrame, parts: pd.DataFrame, style: str, file: str, genome: Genome | None
) -> StopCodons:
    """Find out whether CDS rows hold the stop codon: by stop_codon rows, else by the genome.

    Parameters
    ----------
    transcripts : DataFrame
        ``chromosome``, ``strand``, ``end_unknown``.
    parts : DataFrame
        ``transcript`` (row number in ``transcripts``), ``kind``, ``start``, ``end`` (1-based
        inclusive).
    style, file : str
        ``"GTF"`` or ``"GFF3"``, whose definition counts without a genome; the name of the file.
    genome : Genome or None
        Bases are added to the CDS only where it confirms a stop codon there.
    """
    kinds = set(parts["kind"].unique())
    if CDS not in kinds or STOP_CODON in kinds:
        return StopCodons(style != GTF)
    if genome is None:
        told = f"{file} has no stop_codon rows; a GTF's CDS leaves the stop codon out."
        return StopCodons(False, (told,)) if style == GTF else StopCodons(True)
    looked = inside = outside = 0
    for last, after in _codons(transcripts, parts, genome):
        looked, inside, outside = looked + 1, inside + (last in _STOPS), outside + (after in _STOPS)
    leaves_out = outside > inside and outside >= _MOST * looked
    if style != GTF and not leaves_out:
        return StopCodons(True)
    found = (
        f"of {counted(looked, 'transcript')}, {inside:,} have a stop codon at the end of the CDS and "
        f"{outside:,} after it"
    )
    if leaves_out or inside >= _MOST * max(looked, 1):
        what = "leave out" if leaves_out else "hold"
        told = f"{file} has no stop_codon rows; by the genome its CDS rows {what} the stop codon ({found})."
    else:
        told = (
            f"{file} has no stop_codon rows, and the genome does not tell where the stop codons are "
            f"({found}), so the CDS rows count as they are."
        )
    return StopCodons(not leaves_out, (told,))


def _codons(
    transcripts: pd.DataFrame, parts: pd.DataFrame, genome: Genome
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Last three bases of the CDS and the three after it, spliced, of transcripts that have both ends.

    The second is empty where the exons end with the CDS.
    """
    names = match_names(transcripts["chromosome"].astype(str).unique(), genome.chromosomes)
    chromosomes = transcripts["chromosome"].astype(str).map(names)
    coding = np.zeros(len(transcripts), dtype=bool)
    coding[parts.loc[parts["kind"] == CDS, "transcript"].unique()] = True
    usable = np.flatnonzero(coding & chromosomes.notna() & ~transcripts["end_unknown"])
    taken = usable[np.linspace(0, len(usable) - 1, min(len(usable), _ENOUGH)).astype(int)]
    near = parts[parts["transcript"].isin(taken)]
    cds, exons = _places(near, CDS), _places(near, EXON)
    for row in taken.tolist():
        minus = bool(transcripts["strand"].iloc[row] == "-")
        inside = cds[row][::-1] if minus else cds[row]
        spliced = exons.get(row, inside[:0])
        beyond = spliced[spliced < inside[-1]][::-1] if minus else spliced[spliced > inside[-1]]
        chromosome = str(chromosomes.iloc[row])
        last = _read(genome, chromosome, inside[-STOP_CODON_LENGTH:], minus=minus)
        if all(base < len(BASES) for base in last):
            yield last, _read(genome, chromosome, beyond[:STOP_CODON_LENGTH], minus=minus)


def _places(parts: pd.DataFrame, kind: int) -> dict[int, Integers]:
    """Positions (1-based) of the bases of a kind, by transcript, in the order of the chromosome."""
    found: dict[int, list[Integers]] = {}
    segments = unite(parts, (kind,))
    for row, start, end in zip(segments.transcript, segments.start, segments.end, strict=True):
        found.setdefault(int(row), []).append(np.arange(start, end + 1))
    return {row: np.concatenate(places) for row, places in found.items()}


def _read(genome: Genome, chromosome: str, places: Integers, *, minus: bool) -> tuple[int, ...]:
    """Read the base codes at some positions (1-based), on the strand of the gene."""
    codes = [genome.fetch(Interval(chromosome, place - 1, place))[0] for place in places.tolist()]
    return tuple(int(COMPLEMENT[code]) if minus else int(code) for code in codes)

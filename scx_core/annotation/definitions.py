"""Which lengths the half-life features are: three definitions, one of which an import states.

``spliced``
    Those of `scx_core.annotation.half_life`: spliced lengths, the stop codon part of the ORF, all
    exons counted for the density.
``scxpresso``
    As scXpresso's published notebook computes them (tutorials, "Extract HL features"): the 5'UTR is
    the distance on the genome from the TSS to the start codon, the 3'UTR that from the last base of
    the CDS (the stop codon is not part of it) to the end of the transcript, introns included; the
    ORF is the CDS without stop codon; the introns are what is left of the transcript, so those of
    the CDS; all exons are counted for the density, over that ORF.
``xpresso``
    Spliced lengths, but the density counts only exons with coding bases, as Xpresso does
    (``ORFEXONDENSITY``). Xpresso's own table takes end - start for the length of a row, one base too
    few for each; that is not repeated here.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation.half_life import (
    CDS,
    EXON,
    STOP_CODON,
    STOP_CODON_LENGTH,
    Floats,
    Integers,
    unite,
)
from scx_core.errors import ScxError

SPLICED, SCXPRESSO, XPRESSO = "spliced", "scxpresso", "xpresso"
#: The definitions, and what a person reads of them.
DEFINITIONS: Final[Mapping[str, str]] = {
    SPLICED: "spliced lengths; the exon density counts all exons",
    SCXPRESSO: "as in scXpresso's published notebook: UTRs are distances on the genome, introns "
    "included, and the ORF has no stop codon",
    XPRESSO: "spliced lengths; the exon density counts only exons with coding bases, as in Xpresso",
}


def check_definition(name: str) -> str:
    """Give the name of a definition back.

    Raises
    ------
    ScxError
        If there is none of this name.
    """
    if name not in DEFINITIONS:
        raise ScxError(
            f"There is no definition {name!r} of half-life features; choose one of "
            f"{', '.join(DEFINITIONS)}."
        )
    return name


def redefine(
    values: pd.DataFrame,
    transcripts: pd.DataFrame,
    parts: pd.DataFrame,
    definition: str,
    *,
    stop_codon_in_cds: bool,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give the half-life features by another definition, and the notices.

    Parameters
    ----------
    values : DataFrame, transcripts x `HALF_LIFE_FEATURES`
        By the definition ``spliced``; stays as it is.
    transcripts : DataFrame
        ``start``, ``end`` (1-based inclusive), ``strand`` and ``end_unknown``.
    parts : DataFrame
        ``transcript`` (row number in ``transcripts``), ``kind``, ``start``, ``end`` (1-based
        inclusive).
    definition : str
        One of `DEFINITIONS`.
    stop_codon_in_cds : bool
        The CDS rows include the stop codon.

    Raises
    ------
    ScxError
        If there is no such definition.
    """
    check_definition(definition)
    if definition == SPLICED:
        return values, ()
    if not {EXON, CDS} <= set(parts["kind"].unique()):
        return values, (
            f"The definition {definition} of the half-life features needs exon and CDS rows, which "
            "the annotation lacks; what it has was taken as spliced lengths.",
        )
    coding = _Coding(transcripts, parts, stop_codon_in_cds=stop_codon_in_cds)
    usable = np.isfinite(values["exon_density"].to_numpy(np.float64)) & (coding.length > 0)
    out = values.copy()
    if definition == XPRESSO:
        density = 1000 * coding.count / values["orf_length"].to_numpy(np.float64)
        out["exon_density"] = np.where(usable, density, np.nan)
        return out, ()
    start, end = (transcripts[name].to_numpy(np.int64) for name in ("start", "end"))
    left, right = coding.first - start, end - coding.last
    utr5, utr3 = np.where(coding.minus, right, left), np.where(coding.minus, left, right)
    exons = unite(parts, (EXON,))
    n_exons = np.bincount(exons.transcript, minlength=len(transcripts))
    lengths = {
        "utr5_length": utr5,
        "utr3_length": utr3,
        "orf_length": coding.length,
        "intron_length": end - start + 1 - utr5 - utr3 - coding.length,
        "exon_density": 1000 * n_exons / np.where(usable, coding.length, 1),
    }
    for name, numbers in lengths.items():
        out[name] = np.where(usable, numbers, np.nan)
    return out, ()


class _Coding:
    """The coding bases of transcripts without the stop codon: how many, in how many exons, where.

    Attributes
    ----------
    minus : ndarray of bool
        Whether a transcript lies on the minus strand.
    length, count : ndarray
        Bases, and stretches of them.
    first, last : ndarray of int64
        On the chromosome, 1-based; of no meaning where the length is 0.
    """

    def __init__(
        self, transcripts: pd.DataFrame, parts: pd.DataFrame, *, stop_codon_in_cds: bool
    ) -> None:
        size = len(transcripts)
        self.minus: NDArray[np.bool_] = (transcripts["strand"] == "-").to_numpy()
        segments = unite(parts, (CDS, STOP_CODON))
        owner, start, end = segments.transcript, segments.start.copy(), segments.end.copy()
        taken = self._taken(transcripts, parts, stop_codon_in_cds=stop_codon_in_cds)[owner]
        lengths = end - start + 1
        # Bases of the transcript between this stretch and the end of the ORF.
        upto = np.cumsum(lengths)
        total = np.bincount(owner, weights=lengths, minlength=size).astype(np.int64)
        before_transcript = (np.cumsum(total) - total)[owner]
        below = upto - lengths - before_transcript
        behind = np.where(self.minus[owner], below, total[owner] - below - lengths)
        cut = np.clip(taken - behind, 0, lengths)
        start += np.where(self.minus[owner], cut, 0)
        end -= np.where(self.minus[owner], 0, cut)
        left = end >= start
        owner, start, end = owner[left], start[left], end[left]
        weights = end - start + 1
        self.length: Floats = np.bincount(owner, weights=weights, minlength=size).astype(np.float64)
        self.count: Integers = np.bincount(owner, minlength=size).astype(np.int64)
        self.first: Integers = np.full(size, np.iinfo(np.int64).max)
        self.last: Integers = np.zeros(size, dtype=np.int64)
        np.minimum.at(self.first, owner, start)
        np.maximum.at(self.last, owner, end)

    def _taken(
        self, transcripts: pd.DataFrame, parts: pd.DataFrame, *, stop_codon_in_cds: bool
    ) -> Integers:
        """Bases of stop codon among the CDS and stop_codon rows of each transcript."""
        in_rows = unite(parts, (STOP_CODON,)).length(len(transcripts)).astype(np.int64)
        if not stop_codon_in_cds:
            return in_rows
        ends = ~transcripts["end_unknown"].to_numpy(bool)
        return np.where(in_rows == 0, STOP_CODON_LENGTH * ends, in_rows)

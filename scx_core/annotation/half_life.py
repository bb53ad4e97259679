"""mRNA half-life features of a transcript: lengths of its parts and its exon density.

The five of scXpresso (Michielsen, Reinders and Mahfouz, Front. Bioinform. 2024, Methods), which are
those of Xpresso (Agarwal and Shendure, Cell Reports 2020, STAR Methods) without the GC contents:

``utr5_length``, ``utr3_length``
    Exon bases before the start codon and after the stop codon (spliced: introns do not count).
``orf_length``
    Coding bases from start to stop codon, both included (spliced).
``intron_length``
    Sum of the introns: transcript span minus its spliced length.
``exon_density``
    1000 · number of exons / ``orf_length``.

UTRs are computed from the exons and the ORF, never from UTR rows, where the file has exons and CDS.
GTF leaves the stop codon out of the CDS rows and GFF3 includes it; the ORF is the union of CDS and
stop_codon rows, so that both formats of one annotation give the same numbers. Without any
stop_codon row, `scx_core.annotation.stop_codons` says whether the CDS holds it; where it does not,
the three spliced bases after the CDS are the stop codon, and are counted as ORF where the exons go
on for at least that many; a CDS that runs into the end of its transcript (incomplete at 3') stays as
it is.
"""

from dataclasses import dataclass
from typing import Final, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.errors import counted

HALF_LIFE_FEATURES: Final = (
    "utr5_length",
    "utr3_length",
    "orf_length",
    "intron_length",
    "exon_density",
)
#: Those of Xpresso: with the GC contents (fractions, 0 to 1) of the spliced parts.
ALL_HALF_LIFE_FEATURES: Final = (*HALF_LIFE_FEATURES, "utr5_gc", "orf_gc", "utr3_gc")
#: Rows of GTF and GFF3 that are parts of a transcript, and their kind.
EXON, CDS, STOP_CODON, UTR5, UTR3 = range(5)

#: The GC contents among the features, and the part of a transcript that each is of.
GC_PARTS: Final = {"utr5_gc": "utr5", "orf_gc": "cds", "utr3_gc": "utr3"}

STOP_CODON_LENGTH: Final = 3
_PSEUDO: Final = 0.1
BEYOND: Final = 1 << 40  # longer than any chromosome: keeps the transcripts of a sort apart

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@overload
def log10_half_life(values: pd.DataFrame) -> pd.DataFrame: ...
@overload
def log10_half_life(values: Floats) -> Floats: ...


def log10_half_life(
    values: pd.DataFrame | Floats,
) -> pd.DataFrame | Floats:
    """log10(x + 0.1), as in scXpresso (2024, Methods); the z-score is fitted at training time.

    Parameters
    ----------
    values : DataFrame or ndarray, shape (genes, 5)
        Raw features in the order of `HALF_LIFE_FEATURES`; NaN stays NaN.
    """
    return np.log10(values + _PSEUDO)


def network_half_life(genes: pd.DataFrame, scale: str = "log10") -> pd.DataFrame:
    """Half-life features as networks read them, before any z-score of training.

    Parameters
    ----------
    genes : DataFrame
        Gene table; the features that it has a column for are taken.
    scale : {"log10", "z-score"}
        What the table holds. ``"log10"``: raw values, of which lengths and density become
        log10(x + 0.1) and GC contents stay as they are (Agarwal & Shendure, Cell Reports 2020, STAR
        Methods). ``"z-score"``: values that somebody else has z-scored, taken as they are.

    Returns
    -------
    DataFrame, genes x features; NaN where not computable
    """
    features = [name for name in ALL_HALF_LIFE_FEATURES if name in genes]
    values = genes[features].astype(np.float64)
    if scale == "log10":
        skewed = [name for name in features if name in HALF_LIFE_FEATURES]
        values[skewed] = log10_half_life(values[skewed])
    return values


@dataclass(frozen=True)
class HalfLife:
    """Features of transcripts, with the lengths that the choice of a transcript needs.

    Attributes
    ----------
    features : DataFrame, shape (transcripts, 5)
        Raw values; NaN where not computable.
    cds_length, spliced_length : ndarray of float64, shape (transcripts,)
        Bases; 0 where the transcript has no such rows. Without any exon row in the file the
        spliced length is the transcript's span.
    notices : tuple of str
    """

    features: pd.DataFrame
    cds_length: Floats
    spliced_length: Floats
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Segments:
    """Stretches of transcripts (1-based inclusive), and how many rows were absorbed by others."""

    transcript: Integers
    start: Integers
    end: Integers
    absorbed: int

    def total(self, lengths: Integers, count: int) -> Floats:
        """Sum of a length per segment by transcript, shape (count,)."""
        totals = np.bincount(self.transcript, weights=lengths, minlength=count)
        return totals.astype(np.float64)  # integers where there is no row

    def length(self, count: int) -> Floats:
        """Bases by transcript, shape (count,)."""
        return self.total(self.end - self.start + 1, count)


def unite(parts: pd.DataFrame, kinds: tuple[int, ...]) -> Segments:
    """Union of the rows of these kinds within each transcript; rows that only touch stay apart."""
    rows = parts[parts["kind"].isin(kinds)]
    transcript = rows["transcript"].to_numpy(np.int64)
    start, end = rows["start"].to_numpy(np.int64), rows["end"].to_numpy(np.int64)
    order = np.lexsort((end, start, transcript))
    transcript, start, end = transcript[order], start[order], end[order]
    reach = np.maximum.accumulate(end + transcript * BEYOND) if len(order) else end
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (start + transcript * BEYOND)[1:] > reach[:-1]
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(order))[: len(first)] - 1
    return Segments(
        transcript[first],
        start[first],
        reach[last] - transcript[first] * BEYOND,
        len(order) - len(first),
    )


def lacks_stop_codons(parts: pd.DataFrame, *, stop_codon_in_cds: bool) -> bool:
    """Whether the rows hold no stop codons at all, so that they are taken from the 3'UTR."""
    return not stop_codon_in_cds and not bool((parts["kind"] == STOP_CODON).any())


def half_life(
    transcripts: pd.DataFrame, parts: pd.DataFrame, *, stop_codon_in_cds: bool
) -> HalfLife:
    """Compute the half-life features of transcripts from their rows.

    Parameters
    ----------
    transcripts : DataFrame
        ``start``, ``end`` (1-based inclusive) and ``strand``.
    parts : DataFrame
        ``transcript`` (row number in ``transcripts``), ``kind``, ``start``, ``end`` (1-based
        inclusive).
    stop_codon_in_cds : bool
        The CDS rows include the stop codon; see `scx_core.annotation.stop_codons`.

    Returns
    -------
    HalfLife
    """
    count = len(transcripts)
    present = set(parts["kind"].unique())
    span = (transcripts["end"] - transcripts["start"] + 1).to_numpy(np.float64)
    exons = unite(parts, (EXON,))
    spliced = exons.length(count)
    cds_length = unite(parts, (CDS,)).length(count)
    values = pd.DataFrame(np.nan, index=range(count), columns=list(HALF_LIFE_FEATURES))
    notices: list[str] = []
    if exons.absorbed:
        notices.append(
            counted(
                exons.absorbed,
                "exon row repeats or overlaps another exon of its transcript",
                "exon rows repeat or overlap another exon of their transcript",
            )
            + "; each base and each exon is counted once."
        )
    if EXON in present:
        values["intron_length"] = np.where(spliced > 0, span - spliced, np.nan)
    if {EXON, CDS} <= present:
        notices += _fill_from_exons(
            values, transcripts, parts, exons, stop_codon_in_cds=stop_codon_in_cds
        )
    else:
        if CDS in present:
            orf = unite(parts, (CDS, STOP_CODON)).length(count)
            values["orf_length"] = np.where(orf > 0, orf, np.nan)
        if present & {UTR5, UTR3}:
            # A transcript without a UTR row in a file that has them: its UTR is empty.
            values["utr5_length"] = unite(parts, (UTR5,)).length(count)
            values["utr3_length"] = unite(parts, (UTR3,)).length(count)
            notices.append(
                "UTR lengths are sums of the UTR rows, because the annotation lacks exon or CDS rows."
            )
    return HalfLife(
        values, cds_length, spliced if EXON in present else span, (*notices, *_missing(present))
    )


def _fill_from_exons(
    values: pd.DataFrame,
    transcripts: pd.DataFrame,
    parts: pd.DataFrame,
    exons: Segments,
    *,
    stop_codon_in_cds: bool,
) -> list[str]:
    """Fill UTRs, ORF and exon density of the transcripts that have exons and CDS, in place."""
    count = len(transcripts)
    coding = unite(parts, (CDS, STOP_CODON))
    orf = coding.length(count)
    first = np.full(count, BEYOND, dtype=np.int64)
    last = np.full(count, -1, dtype=np.int64)
    np.minimum.at(first, coding.transcript, coding.start)
    np.maximum.at(last, coding.transcript, coding.end)
    left = np.clip(np.minimum(exons.end, first[exons.transcript] - 1) - exons.start + 1, 0, None)
    right = np.clip(exons.end - np.maximum(exons.start, last[exons.transcript] + 1) + 1, 0, None)
    before, after = exons.total(left, count), exons.total(right, count)
    is_minus = (transcripts["strand"] == "-").to_numpy()
    utr5, utr3 = np.where(is_minus, after, before), np.where(is_minus, before, after)

    spliced = exons.length(count)
    usable = (orf > 0) & (spliced > 0)
    notices = []
    uneven = int((usable & (utr5 + orf + utr3 != spliced)).sum())
    if uneven:
        notices.append(
            f"In {counted(uneven, 'transcript')} the CDS rows do not fill the exons between start "
            "and stop codon (as at programmed frameshifts); the ORF length there is the sum of the "
            "CDS rows."
        )
    if lacks_stop_codons(parts, stop_codon_in_cds=stop_codon_in_cds):
        with_stop = usable & (utr3 >= STOP_CODON_LENGTH)
        orf, utr3 = orf + STOP_CODON_LENGTH * with_stop, utr3 - STOP_CODON_LENGTH * with_stop
        notices.append(
            "The 3 spliced bases after the CDS, its stop codon, count as ORF where the exons go on "
            f"that far ({int(with_stop.sum()):,} of {counted(int(usable.sum()), 'transcript')})."
        )
    exon_count = np.bincount(exons.transcript, minlength=count)
    values["utr5_length"] = np.where(usable, utr5, np.nan)
    values["utr3_length"] = np.where(usable, utr3, np.nan)
    values["orf_length"] = np.where(orf > 0, orf, np.nan)
    density = 1000 * exon_count / np.where(usable, orf, 1)
    values["exon_density"] = np.where(usable, density, np.nan)
    return notices


def _missing(present: set[int]) -> list[str]:
    """Say which features this annotation cannot give, and why."""
    lacking = [name for kind, name in ((EXON, "exon"), (CDS, "CDS")) if kind not in present]
    if not lacking:
        return []
    has_utr = bool(present & {UTR5, UTR3})
    can = {
        "utr5_length": has_utr,
        "utr3_length": has_utr,
        "orf_length": CDS in present,
        "intron_length": EXON in present,
        "exon_density": False,
    }
    names = [name for name in HALF_LIFE_FEATURES if not can[name]]
    return [
        f"The annotation has no {' and no '.join(lacking)} rows, so {', '.join(names)} cannot be "
        "computed; give a table of features, or go on without them."
    ]

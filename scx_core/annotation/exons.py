"""Where the exons of transcripts lie, and which of their parts are UTR and which coding.

The parts are those whose lengths are half-life features (`scx_core.annotation.half_life`): the sums
of the places of a transcript are its ``utr5_length``, ``orf_length`` and ``utr3_length``.
"""

from typing import Final

import bioframe
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation.half_life import (
    BEYOND,
    CDS,
    EXON,
    STOP_CODON,
    STOP_CODON_LENGTH,
    UTR3,
    UTR5,
    Integers,
    Segments,
    unite,
)

#: Parts in the direction of the gene; ``"exon"`` where it is not known which.
PARTS: Final = ("utr5", "cds", "utr3", "exon")
EXON_COLUMNS: Final = ["gene_id", "transcript_id", "start", "end", "part"]
_PLACE: Final = ["transcript", "start", "end"]

Mask = NDArray[np.bool_]


def no_exons() -> pd.DataFrame:
    """Give an empty table of exon places."""
    text, number = pd.Series(dtype=str), pd.Series(dtype=np.int64)
    columns = [text, text, number, number, text]
    return pd.DataFrame(dict(zip(EXON_COLUMNS, columns, strict=True)))


def exon_places(
    transcripts: pd.DataFrame, parts: pd.DataFrame, *, stop_from_utr3: bool
) -> pd.DataFrame:
    """Find the places of the 5'UTR, ORF and 3'UTR of transcripts.

    Parameters
    ----------
    transcripts : DataFrame
        ``gene_id``, ``transcript_id``, ``strand``.
    parts : DataFrame
        ``transcript`` (row number in ``transcripts``), ``kind``, ``start``, ``end`` (1-based
        inclusive).
    stop_from_utr3 : bool
        No row holds the stop codons: the first three spliced bases after the CDS are coding where
        the exons go on that far.

    Returns
    -------
    DataFrame
        ``gene_id``, ``transcript_id``, ``start``, ``end`` (0-based half-open), ``part`` (one of
        `PARTS`); by transcript, then by place.
    """
    count = len(transcripts)
    is_minus = (transcripts["strand"] == "-").to_numpy()
    exons, coding = unite(parts, (EXON,)), unite(parts, (CDS, STOP_CODON))
    splices = (exons.length(count) > 0) & (coding.length(count) > 0)
    utr5, utr3 = _around(exons, coding, splices, is_minus)
    cds = _table(coding, np.ones(count, dtype=bool))
    if stop_from_utr3:
        stop, utr3 = _take_stop(utr3, is_minus)
        cds = pd.concat([cds, stop], ignore_index=True)
    by_part = {
        "utr5": pd.concat([utr5, _table(unite(parts, (UTR5,)), ~splices)]),
        "cds": _join_touching(cds),
        "utr3": pd.concat([utr3, _table(unite(parts, (UTR3,)), ~splices)]),
    }
    known = pd.concat([table.assign(part=part) for part, table in by_part.items()])
    rest = _rest(_table(exons, np.ones(count, dtype=bool)), known, count)
    places = pd.concat([known, rest.assign(part="exon")], ignore_index=True)
    places = places.sort_values(_PLACE, kind="stable", ignore_index=True)
    owner = transcripts[["gene_id", "transcript_id"]].iloc[places["transcript"].to_numpy()]
    return owner.reset_index(drop=True).assign(
        start=places["start"] - 1, end=places["end"], part=places["part"]
    )


def _table(segments: Segments, keep: Mask) -> pd.DataFrame:
    """Segments of the transcripts to ``keep``."""
    values = (segments.transcript, segments.start, segments.end)
    table = pd.DataFrame(dict(zip(_PLACE, values, strict=True)))
    return table[keep[segments.transcript]]


def _around(
    exons: Segments, coding: Segments, splices: Mask, is_minus: Mask
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exons before the first and after the last coding base, as 5'UTR and 3'UTR."""
    first = np.full(len(splices), BEYOND, dtype=np.int64)
    last = np.full(len(splices), -1, dtype=np.int64)
    np.minimum.at(first, coding.transcript, coding.start)
    np.maximum.at(last, coding.transcript, coding.end)
    table = _table(exons, splices)
    owner = table["transcript"].to_numpy()
    left = table.assign(end=np.minimum(table["end"], first[owner] - 1))
    right = table.assign(start=np.maximum(table["start"], last[owner] + 1))
    left, right = (side[side["start"] <= side["end"]] for side in (left, right))
    minus_left, minus_right = (is_minus[side["transcript"].to_numpy()] for side in (left, right))
    utr5 = pd.concat([left[~minus_left], right[minus_right]], ignore_index=True)
    utr3 = pd.concat([right[~minus_right], left[minus_left]], ignore_index=True)
    return utr5, utr3


def _take_stop(utr3: pd.DataFrame, is_minus: Mask) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the stop codon off the 3'UTRs, which may reach over an intron; give both."""
    minus = is_minus[utr3["transcript"].to_numpy()]
    along = utr3.assign(along=np.where(minus, -utr3["end"], utr3["start"]))
    along = along.sort_values(["transcript", "along"], ignore_index=True)
    minus = is_minus[along["transcript"].to_numpy()]
    lengths = along["end"] - along["start"] + 1
    by_transcript = lengths.groupby(along["transcript"])
    before = by_transcript.cumsum() - lengths
    enough = by_transcript.transform("sum") >= STOP_CODON_LENGTH
    taken = (STOP_CODON_LENGTH - before).clip(lower=0, upper=lengths).where(enough, 0)
    stop = along.assign(
        start=along["start"].where(~minus, along["end"] - taken + 1),
        end=along["end"].where(minus, along["start"] + taken - 1),
    )
    left = along.assign(
        start=along["start"].where(minus, along["start"] + taken),
        end=along["end"].where(~minus, along["end"] - taken),
    )
    return tuple(side.loc[side["start"] <= side["end"], _PLACE] for side in (stop, left))  # type: ignore[return-value]


def _join_touching(table: pd.DataFrame) -> pd.DataFrame:
    """One stretch where CDS and stop codon touch."""
    ordered = table.sort_values(_PLACE, ignore_index=True)
    owner, start, end = (ordered[name].to_numpy(np.int64) for name in _PLACE)
    is_new = np.ones(len(ordered), dtype=bool)
    is_new[1:] = (owner[1:] != owner[:-1]) | (start[1:] > end[:-1] + 1)
    first = np.flatnonzero(is_new)
    last: Integers = np.append(first[1:], len(ordered))[: len(first)] - 1
    values = (owner[first], start[first], end[last])
    return pd.DataFrame(dict(zip(_PLACE, values, strict=True)))


def _rest(exons: pd.DataFrame, known: pd.DataFrame, count: int) -> pd.DataFrame:
    """Find what of the exons is neither UTR nor coding; few transcripts have any beside a CDS."""

    def total(table: pd.DataFrame) -> NDArray[np.float64]:
        lengths = (table["end"] - table["start"] + 1).to_numpy(np.float64)
        owner = table["transcript"].to_numpy(np.int64)
        return np.bincount(owner, weights=lengths, minlength=count).astype(np.float64)

    uneven = total(exons) != total(known)
    exons, known = (
        table.loc[uneven[table["transcript"].to_numpy()], _PLACE] for table in (exons, known)
    )
    if exons.empty or known.empty:
        return exons
    intervals = [
        pd.DataFrame(
            {
                "chrom": table["transcript"].astype(str),
                "start": table["start"] - 1,
                "end": table["end"],
            }
        )
        for table in (exons, known)
    ]
    left = bioframe.subtract(*intervals)
    return pd.DataFrame(
        {
            "transcript": left["chrom"].astype(np.int64),
            "start": left["start"].astype(np.int64) + 1,
            "end": left["end"].astype(np.int64),
        }
    )

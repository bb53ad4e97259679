"""TSSs where cells start transcription: moved to the summits of CAGE peaks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation.genes import refuse_mixed_names
from scx_core.annotation.regions import read_bed
from scx_core.errors import ScxError, counted

#: Bases between an annotated TSS and a summit, at most, unless the import says otherwise.
CAGE_DISTANCE: Final = 500
#: What the rule of the transcript says beside its own where the TSS has moved.
CAGE_RULE: Final = " + CAGE"
_STRAND_COLUMNS: Final = 6
_THICK_COLUMNS: Final = 8


def read_cage_peaks(path: Path) -> pd.DataFrame:
    """Read CAGE peaks from a BED file of six columns or more, plain or gzip.

    The summit is the first base of the thick part (columns 7 and 8), as FANTOM5 writes it; where
    there is none, or it is the whole peak, the middle (of an even width, the base left of it).

    Returns
    -------
    DataFrame
        ``chromosome``, ``summit`` (1-based), ``strand`` ("+" or "-"), ``strength`` (column 5), in
        file order.

    Raises
    ------
    ScxError
        If a line is broken, has no strand or no number as its score (with its number), there is no
        peak, or chromosome names with and without ``chr`` are mixed.
    """
    table = read_bed(path, "CAGE peaks")
    if f"column{_STRAND_COLUMNS}" not in table:
        raise ScxError(
            f"{path.name} has fewer than {_STRAND_COLUMNS} columns, so its CAGE peaks have no strand; "
            "give a BED file with score and strand."
        )
    refuse_mixed_names(table["chromosome"], path.name)
    strand = table["column6"]
    _refuse(path, ~strand.isin(["+", "-"]), strand, "strand", "+ or -")
    strength = pd.to_numeric(table["column5"], errors="coerce").astype(float)
    strength = strength.where(np.isfinite(strength))
    _refuse(path, strength.isna(), table["column5"], "score", "a number")
    return pd.DataFrame(
        {
            "chromosome": table["chromosome"],
            "summit": _summits(path, table),
            "strand": strand,
            "strength": strength,
        }
    ).reset_index(drop=True)


def _refuse(path: Path, wrong: pd.Series, values: pd.Series, what: str, wanted: str) -> None:
    if wrong.any():
        line = wrong.index[int(np.argmax(wrong.to_numpy(bool)))]
        raise ScxError(
            f"{path.name}, line {line:,}: the {what} of the CAGE peak is {values[line]!r}, not "
            f"{wanted}; fix or remove the line."
        )


def _summits(path: Path, table: pd.DataFrame) -> pd.Series:
    """1-based summits; the peaks are 0-based half-open."""
    middle = (table["start"] + table["end"] - 1) // 2 + 1
    if f"column{_THICK_COLUMNS}" not in table:
        return middle
    thick = table[["column7", "column8"]].apply(pd.to_numeric, errors="coerce")
    for column, name in (("column7", "thickStart"), ("column8", "thickEnd")):
        _refuse(path, thick[column].isna(), table[column], name, "a number")
    first, last = thick["column7"], thick["column8"]
    is_whole = (first == table["start"]) & (last == table["end"])
    given = (last > first) & (first >= table["start"]) & (first < table["end"]) & ~is_whole
    return (first + 1).where(given, middle).astype(np.int64)


@dataclass(frozen=True)
class Moved:
    """Genes with TSSs at summits.

    Attributes
    ----------
    genes : DataFrame
        As given; ``tss`` at the summit and ``transcript_rule`` with `CAGE_RULE` where a peak is near,
        and a column ``annotated_tss``.
    notices : tuple of str
    """

    genes: pd.DataFrame
    notices: tuple[str, ...]


def move_to_summits(
    genes: pd.DataFrame, peaks: pd.DataFrame, distance: int, file: str = "CAGE peaks"
) -> Moved:
    """Move each TSS to the summit of the strongest peak near it, on its strand.

    Of equally strong peaks the one nearest to the TSS counts, then the one of lower position.

    Parameters
    ----------
    genes : DataFrame
        ``chromosome``, ``strand``, ``tss`` (1-based), ``transcript_rule``.
    peaks : DataFrame
        From `read_cage_peaks`, with the chromosome names of the genes.
    distance : int
        Bases between TSS and summit, at most.
    file : str
        Name of the peaks' file, for the notices.
    """
    tss = genes["tss"].to_numpy(np.int64).copy()
    found = np.zeros(len(genes), dtype=bool)
    ordered = peaks.sort_values("summit", kind="stable")
    of_peaks = ordered.groupby(["chromosome", "strand"], observed=True).indices
    for place, rows in genes.groupby(["chromosome", "strand"], observed=True).indices.items():
        if place not in of_peaks:
            continue
        group = ordered.iloc[of_peaks[place]]
        summits, strengths = group["summit"].to_numpy(), group["strength"].to_numpy()
        low = np.searchsorted(summits, tss[rows] - distance, side="left")
        high = np.searchsorted(summits, tss[rows] + distance, side="right")
        for row, first, last in zip(rows, low, high, strict=True):
            if first < last:
                near = slice(first, last)
                away = np.abs(summits[near] - tss[row])
                best = np.lexsort((summits[near], away, -strengths[near]))[0]
                tss[row], found[row] = summits[near][best], True
    rule = genes["transcript_rule"].astype(str)
    moved = genes.assign(
        annotated_tss=genes["tss"], tss=tss, transcript_rule=rule.where(~found, rule + CAGE_RULE)
    )
    return Moved(moved, _told(moved, found, distance, file))


def _told(moved: pd.DataFrame, found: np.ndarray, distance: int, file: str) -> tuple[str, ...]:
    near, count = int(found.sum()), len(moved)
    if not near:
        return (
            f"No peak of {file} lies within {distance:,} bp of a TSS on its strand, so every TSS "
            "stays where the annotation has it; check that both are of the same build.",
        )
    shift = (moved["tss"] - moved["annotated_tss"]).abs()[found]
    away = count - near
    return (
        f"{near:,} of {counted(count, 'TSS', 'TSSs')} {'was' if near == 1 else 'were'} put at the "
        f"summit of the strongest peak of {file} within {distance:,} bp on their strand "
        f"({int((shift > 0).sum()):,} moved, by a median of {shift.median():,.0f} bp); {away:,} without "
        f"a peak {'stays' if away == 1 else 'stay'}.",
    )

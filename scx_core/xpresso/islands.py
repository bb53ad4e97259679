"""CpG islands by the classical rule, or from a BED file.

Gardiner-Garden & Frommer, J. Mol. Biol. 196:261 (1987): at least 200 bp, G + C content at least
50 %, and at least 0.6 of the CpGs that the counts of C and G let expect,
``CpGs · length / (Cs · Gs)``.

As an algorithm: every stretch of 200 bases that fulfils the rule is marked; marked stretches that
overlap or touch are joined; a joined stretch that does not fulfil the rule as a whole is shortened by
one base at both ends until it does, and dropped below 200 bases (the trimming of Takai & Jones, PNAS
99:3740, 2002). Letters other than A, C, G and T are neither G nor C, and count in the length.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import read_regions
from scx_core.sequence.alphabet import BASES
from scx_core.sequence.chromosomes import match_names
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval
from scx_core.variants.genome import Letters

Codes = NDArray[np.uint8]
Counts = NDArray[np.int64]

ISLAND_COLUMNS: Final = ["chromosome", "start", "end", "name", "gc_fraction", "cpg_ratio"]
_C, _G = BASES.index("C"), BASES.index("G")
_BLOCK: Final = 1 << 20
_MARGIN: Final = 20_000


@dataclass(frozen=True)
class IslandRule:
    """What makes an island.

    Attributes
    ----------
    shortest : int
        Bases.
    gc : float
        Smallest share of G and C.
    ratio : float
        Smallest ratio of observed to expected CpGs.
    """

    shortest: int = 200
    gc: float = 0.5
    ratio: float = 0.6


CLASSICAL: Final = IslandRule()


def find_islands(
    codes: Codes, chromosome: str, start: int, rule: IslandRule = CLASSICAL
) -> pd.DataFrame:
    """Find the CpG islands of a stretch of a chromosome.

    Parameters
    ----------
    codes : ndarray of uint8, shape (length,)
        Base codes on the plus strand.
    chromosome : str
    start : int
        Position of the first base, 0-based.
    rule : IslandRule

    Returns
    -------
    DataFrame
        ``chromosome``, ``start``, ``end`` (0-based half-open), ``name`` (``"CpG: 116"``, by the
        number of CpGs, as genome browsers name them), ``gc_fraction``, ``cpg_ratio`` (observed to
        expected); in the order of position. Islands are those of the stretch alone: one that
        reaches over its ends is cut there.
    """
    rows = []
    for first, last in _joined(_passing(codes, rule), rule.shortest):
        found = _trim(codes[first:last], rule)
        if found is None:
            continue
        trimmed, n_c, n_g, n_cpg = found
        length = last - first - 2 * trimmed
        rows.append(
            (
                chromosome, start + first + trimmed, start + last - trimmed, f"CpG: {n_cpg:,}",
                (n_c + n_g) / length, n_cpg * length / (n_c * n_g),
            )
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=ISLAND_COLUMNS)
    return table.astype(
        {"start": np.int64, "end": np.int64, "gc_fraction": float, "cpg_ratio": float}
    )


def islands_of(
    genome: Letters | Genome, interval: Interval, rule: IslandRule = CLASSICAL
) -> pd.DataFrame:
    """Find the CpG islands that overlap an interval, whole where they reach over its ends.

    Parameters
    ----------
    genome : Letters or Genome
    interval : Interval
        Chromosome named as in the genome; letters 20,000 bases beyond its ends are read too.
    rule : IslandRule

    Returns
    -------
    DataFrame
        See `find_islands`.
    """
    length = genome.chromosomes[interval.chromosome]
    end = interval.end + _MARGIN
    wide = Interval(
        interval.chromosome,
        max(interval.start - _MARGIN, 0),
        end if length is None else min(end, length),
    )
    found = find_islands(genome.fetch(wide), wide.chromosome, wide.start, rule)
    overlaps = (found["start"] < interval.end) & (found["end"] > interval.start)
    return found[overlaps].reset_index(drop=True)


def _sums(codes: Codes) -> tuple[Counts, Counts, Counts]:
    """Count Cs, Gs and CpGs (by the place of their C) before each position; one longer than codes."""
    is_c, is_g = codes == _C, codes == _G
    is_cpg = np.zeros(len(codes), bool)
    is_cpg[:-1] = is_c[:-1] & is_g[1:]
    padded = (
        np.concatenate([[0], np.cumsum(flags, dtype=np.int64)]) for flags in (is_c, is_g, is_cpg)
    )
    n_c, n_g, n_cpg = padded
    return n_c, n_g, n_cpg


def _fulfils(
    n_c: Counts, n_g: Counts, n_cpg: Counts, length: int, rule: IslandRule
) -> NDArray[np.bool_]:
    """Apply the rule; the ratio without a division, as there may be no C or no G."""
    expected = n_c * n_g
    return (
        ((n_c + n_g) >= rule.gc * length)
        & (n_cpg * length >= rule.ratio * expected)
        & (expected > 0)
    )


def _passing(codes: Codes, rule: IslandRule) -> Counts:
    """Find the starts of the shortest stretches that fulfil the rule, block by block."""
    width, found = rule.shortest, []
    for first in range(0, len(codes) - width + 1, _BLOCK):
        block = codes[first : first + _BLOCK + width - 1]
        n_c, n_g, n_cpg = _sums(block)
        n_starts = len(block) - width + 1
        ends = slice(width, width + n_starts)
        passes = _fulfils(
            n_c[ends] - n_c[:n_starts],
            n_g[ends] - n_g[:n_starts],
            # The CpG of a stretch's last C would reach beyond it.
            n_cpg[width - 1 : width - 1 + n_starts] - n_cpg[:n_starts],
            width,
            rule,
        )
        found.append(np.flatnonzero(passes) + first)
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _joined(starts: Counts, width: int) -> list[tuple[int, int]]:
    """Join stretches of one width that overlap or touch."""
    if not len(starts):
        return []
    breaks = np.flatnonzero(np.diff(starts) > width)
    firsts = starts[np.concatenate([[0], breaks + 1])]
    lasts = starts[np.concatenate([breaks, [len(starts) - 1]])] + width
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _trim(codes: Codes, rule: IslandRule) -> tuple[int, int, int, int] | None:
    """Shorten a stretch until it fulfils the rule: bases off each end, then Cs, Gs, CpGs; or None."""
    n_c, n_g, n_cpg = _sums(codes)
    cut = np.arange((len(codes) - rule.shortest) // 2 + 1)
    end = len(codes) - cut
    counts = n_c[end] - n_c[cut], n_g[end] - n_g[cut], n_cpg[end - 1] - n_cpg[cut]
    length = end - cut
    fits = np.flatnonzero(_fulfils(*counts, length, rule))  # type: ignore[arg-type]
    if not len(fits):
        return None
    least = int(fits[0])
    return least, int(counts[0][least]), int(counts[1][least]), int(counts[2][least])


def islands_from_bed(path: Path, interval: Interval) -> pd.DataFrame:
    """Read the islands of an interval from a BED file, such as UCSC's ``cpgIslandExt``.

    Returns
    -------
    DataFrame
        As from `find_islands`; ``gc_fraction`` and ``cpg_ratio`` are NaN. Islands that reach over the
        interval's ends are whole.

    Raises
    ------
    ScxError
        If the file is no BED.
    """
    regions = read_regions(path)
    names = match_names(regions["chromosome"].unique(), [interval.chromosome])
    here = regions[
        regions["chromosome"].map(names).notna()
        & (regions["start"] < interval.end)
        & (regions["end"] > interval.start)
    ]
    table = here.assign(chromosome=interval.chromosome, gc_fraction=np.nan, cpg_ratio=np.nan)
    return table[ISLAND_COLUMNS].sort_values("start", ignore_index=True)

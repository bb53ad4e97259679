"""Windows around transcription start sites.

Window index ``upstream`` is the TSS base itself, on both strands::

    + strand   [TSS - upstream, TSS + downstream)                       (positions 1-based)
    - strand   reverse complement of (TSS - downstream, TSS + upstream]

A position left of the TSS on screen is upstream of the gene. Past a chromosome's end: N.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import reverse_complement
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval


def window_interval(
    chromosome: str, tss: int, strand: str, upstream: int, downstream: int
) -> Interval:
    """Interval of the window around a TSS.

    Parameters
    ----------
    chromosome : str
    tss : int
        Position of the first transcribed base, 1-based.
    strand : str
        ``"+"`` or ``"-"``.
    upstream, downstream : int
        Bases before the TSS, and bases from the TSS on (the TSS itself is the first of them).
    """
    if strand == "+":
        return Interval(chromosome, tss - 1 - upstream, tss - 1 + downstream, strand)
    return Interval(chromosome, tss - downstream, tss + upstream, strand)


def index_to_position(
    index: int | NDArray[np.integer], tss: int, strand: str, upstream: int
) -> int | NDArray[np.integer]:
    """Genome position (1-based) of a window index (0-based)."""
    offset = index - upstream
    return tss + offset if strand == "+" else tss - offset


def position_to_index(
    position: int | NDArray[np.integer], tss: int, strand: str, upstream: int
) -> int | NDArray[np.integer]:
    """Window index (0-based; outside the window if negative or too large) of a 1-based position."""
    offset = position - tss if strand == "+" else tss - position
    return upstream + offset


def fetch_window(
    genome: Genome, chromosome: str, tss: int, strand: str, upstream: int, downstream: int
) -> NDArray[np.uint8]:
    """Read the base codes of one window in the direction of the gene; ``tss`` is 1-based."""
    codes = genome.fetch(window_interval(chromosome, tss, strand, upstream, downstream))
    return reverse_complement(codes) if strand == "-" else codes


def extract_windows(
    genome: Genome,
    genes: pd.DataFrame,
    upstream: int,
    downstream: int,
    out: NDArray[np.uint8],
    progress: Progress = no_progress,
) -> None:
    """Fill ``out`` (genes x length, uint8, may be a memory map) with the windows of ``genes``.

    Parameters
    ----------
    genome : Genome
    genes : DataFrame
        Needs ``chromosome`` (named as in the genome), ``tss`` (1-based) and ``strand``.
    upstream, downstream : int
    out : ndarray of uint8, shape (genes, upstream + downstream)
    progress : Progress
    """
    # One chromosome at a time, in the order of position: neighbours share the pages read.
    order = np.lexsort((genes["tss"].to_numpy(), genes["chromosome"].astype(str).to_numpy()))
    columns = zip(genes["chromosome"], genes["tss"], genes["strand"], strict=True)
    places = list(columns)
    for done, row in enumerate(order):
        chromosome, tss, strand = places[row]
        out[row] = fetch_window(genome, chromosome, int(tss), strand, upstream, downstream)
        if done % 500 == 0:
            progress(done / len(order), f"Cutting windows: {done:,} of {len(order):,} genes")

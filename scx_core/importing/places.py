"""Putting genes and cCREs on the genome, and judging what their windows hold."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation.cage import move_to_summits, read_cage_peaks
from scx_core.errors import ScxError
from scx_core.sequence.genome import Genome, match_chromosomes

#: A window with more N than this is called mostly unknown and counted.
MOSTLY_UNKNOWN: Final = 0.5
#: A larger share of TSSs beyond their chromosome's end means another build, or a file cut short.
_FEW_MISPLACED: Final = 0.05
DROPPED_COLUMNS: Final = ("gene_id", "gene_name", "source", "reason")


def place_genes(genes: pd.DataFrame, genome: Genome) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give genes the genome's chromosome names; list those that it cannot hold."""
    names = match_chromosomes(genes["chromosome"].astype(str), genome)
    chromosomes = genes["chromosome"].astype(str).map(names)
    lengths = chromosomes.map(genome.chromosomes)
    absent = chromosomes.isna().to_numpy()
    beyond = ~absent & (genes["tss"].to_numpy() > lengths.fillna(np.inf).to_numpy(np.float64))
    reasons = np.where(
        absent,
        "chromosome " + genes["chromosome"].astype(str).to_numpy() + " is not in the genome file",
        "TSS lies beyond the end of the chromosome: another genome build, or a file cut short",
    )
    out = absent | beyond
    if beyond.sum() > _FEW_MISPLACED * len(genes):
        first = genes[beyond].iloc[0]
        raise ScxError(
            f"{int(beyond.sum()):,} of {len(genes):,} TSSs lie beyond the end of their chromosome in "
            f"{genome.source.name} (first {first['gene_name']}, {first['chromosome']}:"
            f"{int(first['tss']):,}); genome and annotation are of different builds, or the genome "
            "file is cut short."
        )
    placed = genes.assign(chromosome=chromosomes)[~out]
    return placed, drop_rows(genes[out], reasons[out], "genome")


def place_regions(regions: pd.DataFrame, genome: Genome) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Give regions the genome's chromosome names; count those that it does not have."""
    if regions.empty:
        return regions, ()
    names = match_chromosomes(regions["chromosome"].astype(str), genome, "BED of cCREs")
    chromosomes = regions["chromosome"].astype(str).map(names)
    lost = int(chromosomes.isna().sum())
    notices = (
        (f"{lost:,} of {len(regions):,} cCREs lie on chromosomes that the genome file lacks.",)
        if lost
        else ()
    )
    placed = regions.assign(chromosome=chromosomes)[chromosomes.notna()]
    return placed.reset_index(drop=True), notices


def move_to_peaks(
    genes: pd.DataFrame, path: Path, distance: int, genome: Genome
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Move TSSs to the CAGE peaks of a BED file; give the genes and the notices.

    Parameters
    ----------
    genes : DataFrame
        From `place_genes`.
    path : Path
        See `scx_core.annotation.cage.read_cage_peaks`.
    distance : int
        Bases between TSS and summit, at most.
    genome : Genome
    """
    peaks = read_cage_peaks(path)
    names = match_chromosomes(peaks["chromosome"].astype(str), genome, "BED of CAGE peaks")
    chromosomes = peaks["chromosome"].astype(str).map(names)
    beyond = peaks["summit"] > chromosomes.map(genome.chromosomes).astype(float)
    lost = chromosomes.isna() | beyond
    notices = (
        (
            f"{int(lost.sum()):,} of {len(peaks):,} CAGE peaks of {path.name} lie on chromosomes that "
            "the genome file lacks, or beyond their ends.",
        )
        if lost.any()
        else ()
    )
    placed = peaks.assign(chromosome=chromosomes)[~lost]
    moved = move_to_summits(genes, placed, distance, path.name)
    return moved.genes, (*notices, *moved.notices)


def drop_rows(genes: pd.DataFrame, reasons: NDArray[np.str_], source: str) -> pd.DataFrame:
    """Make rows of a drop report of some genes."""
    return pd.DataFrame(
        {
            "gene_id": genes.index.astype(str),
            "gene_name": genes["gene_name"].astype(str).to_numpy(),
            "source": source,
            "reason": reasons,
        },
        columns=list(DROPPED_COLUMNS),
    )

"""Regions of the genome (cCREs) in the coordinates of a gene's window."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.figures.ccre_classes import is_bound, lane_name
from scx_core.sequence.chromosomes import match_names


def regions_in_window(
    regions: pd.DataFrame,
    chromosome: str,
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
) -> pd.DataFrame:
    """Regions that overlap a window, clipped to it, in coordinates of the gene.

    Parameters
    ----------
    regions : DataFrame
        ``chromosome, start, end`` (0-based half-open), ``name, region_class``.
    chromosome : str
        Of the gene; with or without ``chr``.
    positions : ndarray, shape (length,)
        Relative to the TSS.
    genome_positions : ndarray, shape (length,)
        On the chromosome, 1-based, in the direction of the gene.

    Returns
    -------
    DataFrame
        ``start``, ``end`` (relative to the TSS, half-open), ``name``, ``region_class`` and
        ``where`` (the whole region on the genome, 1-based inclusive); sorted by ``start``.
    """
    if regions.empty:
        regions = pd.DataFrame(columns=["chromosome", "start", "end", "name", "region_class"])
        regions = regions.astype({"start": np.int64, "end": np.int64})
    low, high = int(genome_positions.min()), int(genome_positions.max())
    names = match_names(regions["chromosome"].astype(str).unique(), [chromosome])
    overlaps = (
        regions["chromosome"].astype(str).isin(names)
        & (regions["start"] < high)
        & (regions["end"] >= low)
    )
    here = regions[overlaps]
    first = np.maximum(here["start"].to_numpy(np.int64) + 1, low)
    last = np.minimum(here["end"].to_numpy(np.int64), high)
    forward = genome_positions[-1] >= genome_positions[0]
    left = (first - low if forward else high - last) + int(positions[0])
    where = [
        f"{name}:{start + 1:,}-{end:,}"
        for name, start, end in zip(here["chromosome"], here["start"], here["end"], strict=True)
    ]
    table = pd.DataFrame(
        {
            "start": left,
            "end": left + (last - first) + 1,
            "name": here["name"].astype(str).to_numpy(object),
            "region_class": here["region_class"].astype(str).to_numpy(object),
            # Without rows, pandas would take a bare list for numbers.
            "where": pd.Series(where, dtype=object),
        }
    )
    return table.sort_values("start", ignore_index=True)


def in_lanes(regions: pd.DataFrame) -> pd.DataFrame:
    """Give each class of regions one lane, whether or not CTCF binds there; `where` says that.

    Parameters
    ----------
    regions : DataFrame
        From `regions_in_window`; may have no rows.
    """
    bound = regions["region_class"].map(is_bound).astype(bool)
    where = regions["where"].where(~bound, regions["where"] + ", CTCF-bound")
    return regions.assign(where=where, region_class=regions["region_class"].map(lane_name))


def regions_at(regions: pd.DataFrame, positions: NDArray[np.integer]) -> list[str]:
    """Name the regions that positions lie in.

    Parameters
    ----------
    regions : DataFrame
        From `regions_in_window`.
    positions : ndarray, shape (any,)
        Relative to the TSS.

    Returns
    -------
    list of str
        ``"EH38E2148471 (PLS)"``; several are joined by commas; ``""`` where there is none.
    """
    start, end = regions["start"].to_numpy(int), regions["end"].to_numpy(int)
    inside = (start <= positions[:, None]) & (positions[:, None] < end)
    told = [
        f"{name} ({kind})" if kind else name
        for name, kind in zip(regions["name"], regions["region_class"], strict=True)
    ]
    return [", ".join(told[column] for column in np.flatnonzero(row)) for row in inside]

"""GC contents of the spliced parts of transcripts, read from the genome."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation.half_life import GC_PARTS
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval

#: Exons that lie closer are read at one go, up to a length that is small beside the windows.
_NEAR: Final = 2_000
_LONGEST: Final = 1_000_000
_GC: Final = [BASES.index("G"), BASES.index("C")]


def gc_contents(
    exons: pd.DataFrame,
    chromosomes: pd.Series,
    genome: Genome,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Share of G and C among the known letters of the 5'UTR, ORF and 3'UTR of genes, spliced.

    Parameters
    ----------
    exons : DataFrame
        From `scx_core.annotation.exons.exon_places`.
    chromosomes : Series of str
        The genome's names by gene id: the genes to do.
    genome : Genome
    progress : Progress

    Returns
    -------
    DataFrame, genes x `GC_PARTS`
        From 0 to 1; letters other than A, C, G and T do not count. NaN where a part is empty, not
        known or without a known letter.
    """
    wanted = exons[exons["gene_id"].isin(chromosomes.index) & exons["part"].isin(GC_PARTS.values())]
    table = wanted.assign(chromosome=wanted["gene_id"].map(chromosomes).astype(str))
    table = table.sort_values(["chromosome", "start", "end"], kind="stable", ignore_index=True)
    counts = np.zeros((len(table), len(BASES)), dtype=np.int64)
    starts, ends = table["start"].to_numpy(np.int64), table["end"].to_numpy(np.int64)
    names = table["chromosome"].to_numpy(object)
    for first, last in _clusters(names, starts, ends):
        low, high = int(starts[first]), int(ends[first:last].max())
        codes = genome.fetch(Interval(str(names[first]), low, high))
        for row in range(first, last):
            inside = codes[starts[row] - low : ends[row] - low]
            counts[row] = np.bincount(inside, minlength=len(BASES))[: len(BASES)]
        progress(last / len(table), f"GC contents: {last:,} of {len(table):,} exon parts")
    totals = (
        pd.DataFrame({"gc": counts[:, _GC].sum(axis=1), "known": counts.sum(axis=1)})
        .groupby([table["gene_id"], table["part"]], observed=True)
        .sum()
    )
    share = (totals["gc"] / totals["known"].where(totals["known"] > 0)).unstack()  # noqa: PD010
    share = share.reindex(index=chromosomes.index, columns=list(GC_PARTS.values()))
    return share.set_axis(list(GC_PARTS), axis=1).astype(np.float64)


def _clusters(
    names: NDArray[np.object_], starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> Iterator[tuple[int, int]]:
    """Stretches of rows, in the order of the genome, that are read at one go."""
    first, reach = 0, -1
    for row in range(len(starts)):
        is_far = (
            names[row] != names[first]
            or starts[row] > reach + _NEAR
            or ends[row] - starts[first] > _LONGEST
        )
        if row and is_far:
            yield first, row
            first, reach = row, -1
        reach = max(reach, int(ends[row]))
    if len(starts):
        yield first, len(starts)


def add_gc(genes: pd.DataFrame, contents: pd.DataFrame) -> pd.DataFrame:
    """Join GC contents to a gene table; values that the user gave stay.

    Parameters
    ----------
    genes, contents : DataFrame
        Gene table; from `gc_contents`.

    Returns
    -------
    DataFrame
        With a column for each part that at least one gene has.
    """
    joined = genes.copy()
    for name in GC_PARTS:
        given = genes[name] if name in genes else pd.Series(np.nan, index=genes.index)
        values = given.astype(np.float64).fillna(contents[name])
        if values.notna().any():
            joined[name] = values
    return joined

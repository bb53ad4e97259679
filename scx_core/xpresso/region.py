"""What lies in a scanned region: genes of a dataset, and where most is predicted."""

import numpy as np
import pandas as pd

from scx_core.dataset import Dataset
from scx_core.figures.exons import TRANSCRIPT
from scx_core.sequence.chromosomes import match_names
from scx_core.sequence.interval import Interval
from scx_core.xpresso.scan import RegionScan


def genes_of(dataset: Dataset, interval: Interval) -> pd.DataFrame:
    """Genes of a dataset whose TSS lies in an interval.

    Parameters
    ----------
    dataset : Dataset
    interval : Interval
        Chromosome with or without ``chr``.

    Returns
    -------
    DataFrame
        By ``gene_id``: ``gene_name``, ``tss`` (1-based), ``strand``; in the order of position.
    """
    genes = dataset.genes
    names = match_names(genes["chromosome"].astype(str).unique(), [interval.chromosome])
    tss = genes["tss"].astype("int64")
    here = (
        genes["chromosome"].astype(str).isin(list(names))
        & (tss > interval.start)
        & (tss <= interval.end)
    )
    table = genes.loc[here, ["gene_name", "tss", "strand"]]
    return table.astype({"gene_name": str, "strand": str}).sort_values("tss", kind="stable")


def exons_of(dataset: Dataset, interval: Interval) -> pd.DataFrame:
    """Exons of a dataset's genes that overlap an interval.

    Parameters
    ----------
    dataset : Dataset
    interval : Interval
        Chromosome with or without ``chr``.

    Returns
    -------
    DataFrame
        ``gene_id``, ``start``, ``end`` (0-based half-open, clipped to the interval), ``part`` ("utr5",
        "cds", "utr3", "exon", or `TRANSCRIPT` for a row from the first to the last exon), ``strand``;
        without rows where the dataset keeps no exons.
    """
    genes = dataset.genes
    names = match_names(genes["chromosome"].astype(str).unique(), [interval.chromosome])
    here = genes.index[genes["chromosome"].astype(str).isin(list(names))]
    exons = dataset.exons[dataset.exons["gene_id"].isin(here)]
    whole = exons.groupby("gene_id", as_index=False).agg(start=("start", "min"), end=("end", "max"))
    columns = ["gene_id", "start", "end", "part"]
    both = pd.concat([whole.assign(part=TRANSCRIPT)[columns], exons[columns]], ignore_index=True)
    near = both[(both["start"] < interval.end) & (both["end"] > interval.start)]
    strand = genes["strand"].astype(str).reindex(near["gene_id"]).to_numpy()
    return pd.DataFrame(
        {
            "gene_id": near["gene_id"].to_numpy(),
            "start": near["start"].clip(lower=interval.start).to_numpy(np.int64),
            "end": near["end"].clip(upper=interval.end).to_numpy(np.int64),
            "part": near["part"].astype(str).to_numpy(),
            "strand": strand,
        }
    )


def highest_places(
    scan: RegionScan,
    genes: pd.DataFrame,
    islands: pd.DataFrame,
    most: int = 20,
    apart: int = 2000,
) -> pd.DataFrame:
    """Find where a scan predicts most, each place the highest of its surroundings.

    Parameters
    ----------
    scan : RegionScan
    genes : DataFrame
        From `genes_of`.
    islands : DataFrame
        ``start``, ``end`` (0-based half-open) of CpG islands.
    most : int
        Places at most.
    apart : int
        Two places of a strand are at least so many bases apart.

    Returns
    -------
    DataFrame
        Highest first: ``tss`` (1-based), ``strand``, ``prediction``, ``in_island``, ``nearest_gene`` on
        that strand among those given (empty without any), ``distance`` (bases from its TSS to the
        place, positive in the direction of the gene; NaN without any).
    """
    rows = []
    for strand, column in (("+", "plus"), ("-", "minus")):
        known = scan.table[scan.table[column].notna()]
        taken: list[int] = []
        ordered = known.sort_values(column, ascending=False, kind="stable")
        for tss, value in zip(ordered["tss"].tolist(), ordered[column].tolist(), strict=True):
            if len(taken) == most:
                break
            if all(abs(tss - other) >= apart for other in taken):
                taken.append(tss)
                rows.append((tss, strand, value, *_nearest(genes, tss, strand)))
    columns = ["tss", "strand", "prediction", "nearest_gene", "distance"]
    table = pd.DataFrame(rows, columns=columns)
    table = table.sort_values("prediction", ascending=False, kind="stable").head(most)
    tss = table["tss"].to_numpy(np.int64)[:, None]
    inside = (islands["start"].to_numpy() < tss) & (tss <= islands["end"].to_numpy())
    table.insert(3, "in_island", [bool(row.any()) for row in inside])
    return table.reset_index(drop=True)


def _nearest(genes: pd.DataFrame, tss: int, strand: str) -> tuple[str, float]:
    own = genes[genes["strand"] == strand]
    if own.empty:
        return "", float("nan")
    away = tss - own["tss"].to_numpy(np.int64)
    best = int(np.abs(away).argmin())
    return str(own["gene_name"].iloc[best]), float(away[best] if strand == "+" else -away[best])

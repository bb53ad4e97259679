"""From the user's files to a dataset: read, match, cut windows, write whole or not at all."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import SCXPRESSO, read_annotation, read_regions
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.expression import ColumnChoice, Expression, match_genes, read_expression
from scx_core.importing.assembly import name_assembly
from scx_core.importing.checking import check_boxes
from scx_core.importing.gc_content import add_gc, gc_contents
from scx_core.importing.joining import check_population_names, join, judge_unknown
from scx_core.importing.median import add_median
from scx_core.importing.places import move_to_peaks, place_genes, place_regions
from scx_core.importing.request import ImportRequest
from scx_core.importing.writing import write_dataset
from scx_core.progress import Progress, no_progress, part_of
from scx_core.sequence.genome import Genome
from scx_core.sequence.windows import extract_windows
from scx_core.store import atomic_directory, check_name, require_space

#: Bytes that the small files of a dataset may take.
_SLACK: Final = 1_000_000


def build_dataset(path: Path, request: ImportRequest, progress: Progress = no_progress) -> Dataset:
    """Import the files of ``request`` into the new folder ``path``.

    Raises
    ------
    ScxError
        If a file cannot be used; nothing is written then.
    """
    check_name(path.name, "dataset")
    if path.exists():
        raise ScxError(
            f"A dataset {path.name!r} exists already in {path.parent}; choose another name, or "
            "delete it first."
        )
    check_boxes(request)
    regions = _read_regions(request.regions)
    genome = Genome.open(
        request.genome, request.cache or _cache_beside(path), part_of(progress, 0.0, 0.15)
    )
    annotation = read_annotation(
        request.annotation,
        canonical=request.canonical,
        features=request.features,
        genome=genome,
        half_life_definition=request.half_life,
        progress=part_of(progress, 0.15, 0.4),
    )
    request, build_notices = name_assembly(request, genome.chromosomes)
    placed, misplaced = place_genes(annotation.genes, genome)
    regions, place_notices = place_regions(regions, genome)
    if request.cage is not None:
        placed, told = move_to_peaks(placed, request.cage, request.cage_distance, genome)
        place_notices += told
    spliced = spliced_lengths(placed, annotation.exons, request.half_life)
    expression = _read_expression(request, placed, spliced, part_of(progress, 0.4, 0.65))
    if request.median:
        expression = add_median(expression)
    check_population_names(expression.populations.index)
    match = match_genes(expression.names, annotation.genes)
    joined = join(annotation, placed, misplaced, expression, match)
    joined = replace(joined, notices=joined.notices + place_notices + build_notices)
    if request.gc:
        chromosomes = joined.genes["chromosome"].astype(str)
        reading = part_of(progress, 0.65, 0.7)
        contents = gc_contents(annotation.exons, chromosomes, genome, reading)
        joined = replace(joined, genes=add_gc(joined.genes, contents))
    length = request.upstream + request.downstream
    require_space(path, len(joined.genes) * length + 3 * joined.mean.size * 4 + _SLACK)
    windows = np.empty((len(joined.genes), length), np.uint8)
    extract_windows(
        genome,
        joined.genes,
        request.upstream,
        request.downstream,
        windows,
        part_of(progress, 0.7, 0.9),
    )
    genome.close()
    joined, windows = judge_unknown(joined, windows, request.max_unknown)
    progress(0.92, "Writing the dataset")
    with atomic_directory(path) as folder:
        write_dataset(folder, request, annotation, expression, match, joined, windows, regions)
    progress(1.0, f"{len(joined.genes):,} genes x {len(joined.populations):,} populations")
    return Dataset.open(path)


def _read_regions(path: Path | None) -> pd.DataFrame:
    return empty_regions() if path is None else read_regions(path)


def empty_regions() -> pd.DataFrame:
    """Give a table of no cCREs."""
    return pd.DataFrame(
        {
            "chromosome": pd.Series(dtype=str),
            "start": pd.Series(dtype=np.int64),
            "end": pd.Series(dtype=np.int64),
            "name": pd.Series(dtype=str),
            "region_class": pd.Series(dtype=str),
        }
    )


def _cache_beside(path: Path) -> Path:
    """Folder for unpacked genomes: the workspace's, or one beside a dataset that lies elsewhere."""
    parent = path.parent
    return parent.parent / "cache" if parent.name == "datasets" else parent / "cache"


def spliced_lengths(genes: pd.DataFrame, exons: pd.DataFrame, definition: str) -> pd.Series:
    """Give the spliced length of each gene's transcript, in bases; NaN where not known.

    The sum of the features; by a definition whose lengths are not spliced, that of the exons where
    there are any.
    """
    features = genes[["utr5_length", "orf_length", "utr3_length"]].sum(axis=1, skipna=False)
    if definition != SCXPRESSO or exons.empty:
        return features
    parts = exons.groupby("gene_id")[["start", "end"]].sum().reindex(genes.index)
    return (parts["end"] - parts["start"]).astype(float).where(features.notna()).fillna(features)


def _read_expression(
    request: ImportRequest, genes: pd.DataFrame, spliced: pd.Series, progress: Progress
) -> Expression:
    def transcript_lengths(names: pd.DataFrame) -> NDArray[np.float64]:
        match = match_genes(names, genes)
        lengths = np.full(len(names), np.nan)
        lengths[match.columns] = spliced.loc[match.gene_ids].to_numpy(np.float64)
        return lengths

    return read_expression(
        request.expression,
        levels=dict(request.levels) or None,
        metadata=request.metadata,
        normalize=request.normalize,
        layer=request.layer,
        log1p=request.log1p,
        lengths=transcript_lengths,
        min_cells=request.min_cells,
        columns=ColumnChoice(request.populations, request.not_populations),
        progress=progress,
    )

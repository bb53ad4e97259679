"""Writing the dataset of a release."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from scx_core.annotation import (
    HALF_LIFE_FEATURES,
    SCXPRESSO,
    Annotation,
    read_annotation,
    read_regions,
)
from scx_core.annotation.exons import no_exons
from scx_core.annotation.read import GENE_COLUMNS
from scx_core.dataset import FORMAT, Dataset, content_digest
from scx_core.importing.build import empty_regions
from scx_core.importing.places import DROPPED_COLUMNS, place_regions
from scx_core.importing.writing import write_h5ad
from scx_core.progress import Progress, part_of
from scx_core.provenance import provenance
from scx_core.release.found import FoundRelease
from scx_core.release.layout import FEATURES
from scx_core.release.places import read_places
from scx_core.release.placing import place_genes
from scx_core.release.sequences import read_windows
from scx_core.sequence.alphabet import UNKNOWN
from scx_core.sequence.genome import Genome
from scx_core.store import read_json, write_json

#: Bytes of sequences up to which their digest is computed: 55 GB, unpacked, would take minutes.
_LARGEST_DIGESTED: Final = 4_000_000_000
_PUBLISHED_FLOOR: Final = -4.0
_ROWS: Final = 256
_NO_ASSEMBLY: Final = "not named"


def write_dataset(folder: Path, found: FoundRelease, cache: Path, progress: Progress) -> None:
    """Write all parts of a dataset into an empty folder.

    Parameters
    ----------
    folder : Path
    found : FoundRelease
    cache : Path
        Folder for unpacked genomes.
    progress : Progress
    """
    request = found.request
    annotation = None
    if request.annotation is not None:
        annotation = read_annotation(
            request.annotation,
            half_life_definition=SCXPRESSO,
            progress=part_of(progress, 0.0, 0.1),
        )
    genome = None
    if request.genome is not None:
        genome = Genome.open(request.genome, cache, part_of(progress, 0.1, 0.15))
    regions, notices = _regions(request.regions, genome)
    shape = (len(found.gene_ids), request.upstream + request.downstream)
    windows = np.lib.format.open_memmap(
        folder / "windows.npy", mode="w+", dtype=np.uint8, shape=shape
    )
    n_empty = read_windows(
        found.sequences,
        request.upstream,
        request.downstream,
        windows,
        part_of(progress, 0.15, 0.8),
    )
    if n_empty:
        notices += (
            f"{n_empty:,} of {shape[0]:,} genes have no sequence in {found.sequences.name} (all "
            "weights are 0); their windows are N, so that their predictions say nothing.",
        )
    places_file = found.layout.genes
    given = (
        [None] * shape[0] if places_file is None else read_places(places_file, found.genes.names)
    )
    placed = place_genes(
        found.genes.names, given, annotation, genome, windows,
        request.upstream, request.downstream, part_of(progress, 0.8, 0.95),
    )  # fmt: skip
    windows.flush()
    genes = _gene_table(found, placed.genes, windows)
    del windows
    _write_tables(folder, found, genes, regions, annotation)
    metadata = _metadata(found)
    # Names that stand for several genes are told of among the notices of the release.
    metadata["notices"] = list(dict.fromkeys([*found.notices, *notices, *placed.notices]))
    write_json(folder / "dataset.json", metadata)
    written = Dataset.open(folder)
    digest = content_digest(written.windows, written.expression, written.half_life)
    write_json(folder / "dataset.json", {**read_json(folder / "dataset.json"), "digest": digest})


def _regions(path: Path | None, genome: Genome | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    if path is None:
        return empty_regions(), ()
    regions = read_regions(path)
    return (regions, ()) if genome is None else place_regions(regions, genome)


def _gene_table(
    found: FoundRelease, placed: pd.DataFrame, windows: "np.ndarray[Any, np.dtype[np.uint8]]"
) -> pd.DataFrame:
    values = pd.DataFrame(found.genes.half_life, index=placed.index, columns=list(FEATURES))
    unknown = np.concatenate(
        [
            (windows[start : start + _ROWS] == UNKNOWN).mean(axis=1)
            for start in range(0, len(windows), _ROWS)
        ]
    )
    return pd.concat([placed, values[list(HALF_LIFE_FEATURES)]], axis=1).assign(
        unknown_fraction=unknown, expression_name=list(found.genes.names)
    )


def _write_tables(
    folder: Path,
    found: FoundRelease,
    genes: pd.DataFrame,
    regions: pd.DataFrame,
    annotation: Annotation | None,
) -> None:
    import anndata

    names = pd.Index(found.labels.populations, name="population")
    populations = pd.DataFrame(
        {"level": found.request.level, "parent": "", "n_cells": np.nan}, index=names
    )
    log10 = found.labels.log10.T.astype(np.float32)
    floor, _ = _floor(found)
    mean = np.where(log10 <= np.float32(floor), 0.0, 10.0 ** log10.astype(np.float64))
    adata = anndata.AnnData(
        X=log10, obs=populations, var=genes, layers={"mean": mean.astype(np.float32)}
    )
    write_h5ad(folder / "expression.h5ad", adata)
    transcripts = genes[GENE_COLUMNS].assign(chosen=True).rename_axis("gene_id").reset_index()
    transcripts.to_parquet(folder / "transcripts.parquet")
    _exons(genes, annotation).to_parquet(folder / "exons.parquet")
    regions.to_parquet(folder / "regions.parquet")
    unused = found.labels.unused
    pd.DataFrame(
        {
            "gene_id": list(unused), "gene_name": list(unused), "source": "expression",
            "reason": "not among the sequences of the release",
        },
        columns=list(DROPPED_COLUMNS), dtype=str,
    ).to_parquet(folder / "dropped.parquet")  # fmt: skip


def _exons(genes: pd.DataFrame, annotation: Annotation | None) -> pd.DataFrame:
    """Exon places of the transcripts that place genes, under the ids of the release."""
    if annotation is None:
        return no_exons()
    with_transcript = genes.index[genes["transcript_id"] != ""]
    id_of = dict(zip(genes.loc[with_transcript, "transcript_id"], with_transcript, strict=True))
    exons = annotation.exons[annotation.exons["transcript_id"].isin(id_of)]
    return exons.assign(gene_id=exons["transcript_id"].map(id_of)).reset_index(drop=True)


def _floor(found: FoundRelease) -> tuple[float, float]:
    """Value of genes never seen, and the smallest one of those that were.

    The smallest label stands for "never seen" where it is there more than once.
    """
    values = np.unique(found.labels.log10, return_counts=True)
    smallest, times = float(values[0][0]), int(values[1][0])
    if times > 1:
        return smallest, float(values[0][min(1, len(values[0]) - 1)])
    return min(_PUBLISHED_FLOOR, float(np.floor(smallest)) - 1.0), smallest


def _metadata(found: FoundRelease) -> dict[str, Any]:
    request = found.request
    floor, smallest = _floor(found)
    genome = request.genome.name.split(".fa")[0] if request.genome is not None else ""
    made = provenance(
        {
            "labels": found.labels_file, "annotation": request.annotation,
            "genome": request.genome, "regions": request.regions, "genes": found.layout.genes,
            "folds": found.layout.folds,
        },
        request.to_dict(),
    )  # fmt: skip
    size = found.sequences.stat().st_size
    if size <= _LARGEST_DIGESTED:
        made["inputs"] |= provenance({"sequences": found.sequences}, {})["inputs"]
    return {
        "format": FORMAT,
        "origin": "release",
        "release": stamp(found),
        "assembly": request.assembly or genome or _NO_ASSEMBLY,
        "synthetic": False,
        "upstream": request.upstream,
        "downstream": request.downstream,
        "floor": floor,
        "smallest_log10": smallest,
        "normalisation": "none",
        "matched_by": "row or name",
        "half_life_features": [name for name in HALF_LIFE_FEATURES if name in FEATURES],
        "half_life_scale": "z-score",
        "half_life_definition": SCXPRESSO,
        "n_genes": len(found.gene_ids),
        "n_populations": len(found.labels.populations),
        "n_dropped": len(found.labels.unused),
        "notices": [],
        "digest": "",
        "provenance": made,
    }


def stamp(found: FoundRelease) -> dict[str, Any]:
    """Tell one import of a release from another, without reading it: request, sizes, times."""
    files = [found.sequences, found.labels_file]
    files += [path for path in (found.layout.genes, found.layout.folds) if path is not None]
    return {
        "request": found.request.to_dict(),
        "files": {
            path.name: [path.stat().st_size, path.stat().st_mtime_ns] for path in sorted(files)
        },
    }

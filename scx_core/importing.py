"""From the user's files to a dataset: read, match, cut windows, write whole or not at all."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import (
    HALF_LIFE_FEATURES,
    Annotation,
    log10_half_life,
    read_annotation,
    read_regions,
)
from scx_core.dataset import FORMAT, Dataset, content_digest
from scx_core.errors import ScxError, join_some
from scx_core.expression import (
    Expression,
    GeneMatch,
    log10_pseudobulk,
    match_genes,
    read_expression,
    smallest_log10,
)
from scx_core.progress import Progress, no_progress, part_of
from scx_core.provenance import provenance
from scx_core.sequence.alphabet import UNKNOWN
from scx_core.sequence.genome import Genome, match_chromosomes
from scx_core.sequence.windows import extract_windows
from scx_core.store import atomic_directory, check_name, write_json

#: A window with more N than this is called mostly unknown and counted.
MOSTLY_UNKNOWN: Final = 0.5
_DROPPED_COLUMNS: Final = ("gene_id", "gene_name", "source", "reason")
_PATHS: Final = (
    "genome", "annotation", "expression", "canonical", "features", "metadata", "regions", "cache",
)  # fmt: skip


@dataclass(frozen=True)
class ImportRequest:
    """Everything that an import is told.

    Attributes
    ----------
    genome, annotation, expression : Path
        FASTA; GTF, GFF3 or table of TSSs; AnnData, 10x or matrix.
    levels : mapping of str to str
        Column of the cells' annotation by level, finest first, such as
        ``{"population": "subclass_label", "class": "class_label"}``. Empty: the matrix is
        pseudobulk already.
    metadata : Path, optional
        Table of cells (for matrices without annotation) or of populations (for pseudobulk).
    normalize : str
        ``"auto"``, ``"cpm"``, ``"cp10k"``, ``"tpm"`` or ``"none"``.
    layer : str, optional
        Layer of the AnnData to read; ``"raw"`` is ``adata.raw``.
    log1p : bool
        The values are log(1 + x): undo it first.
    floor : float
        log10 value of never-expressed genes.
    canonical, features, regions : Path, optional
        List of canonical transcripts; table of half-life features; BED of cCREs.
    upstream, downstream : int
        Window around the TSS, in bases.
    max_unknown : float
        Genes whose window holds a larger share of N are dropped; 1 keeps all.
    min_cells : int
        Populations with fewer cells are warned of.
    assembly : str
        Name of the genome build, as shown; the file's name if empty.
    synthetic : bool
        The data are made up, and every page says so.
    cache : Path, optional
        Folder for unpacked genomes and indices; beside the datasets' folder if not given.
    """

    genome: Path
    annotation: Path
    expression: Path
    levels: Mapping[str, str] = field(default_factory=dict)
    metadata: Path | None = None
    normalize: str = "auto"
    layer: str | None = None
    log1p: bool = False
    floor: float = -4.0
    canonical: Path | None = None
    features: Path | None = None
    regions: Path | None = None
    upstream: int = 7000
    downstream: int = 3500
    max_unknown: float = 1.0
    min_cells: int = 10
    assembly: str = ""
    synthetic: bool = False
    cache: Path | None = None

    def __post_init__(self) -> None:
        if self.upstream < 0 or self.downstream < 1:
            raise ScxError(
                f"The window cannot be {self.upstream} bases upstream and {self.downstream} "
                "downstream; give upstream ≥ 0 and downstream ≥ 1."
            )
        if not 0 < self.max_unknown <= 1:
            raise ScxError(
                f"The largest share of unknown letters must lie in (0, 1], not {self.max_unknown}."
            )
        for name in _PATHS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, Path(value))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, for a job or for provenance."""
        values = asdict(self)
        for name in _PATHS:
            if values[name] is not None:
                values[name] = str(values[name])
        return values | {"levels": dict(self.levels)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`."""
        return cls(**values)


@dataclass(frozen=True)
class _Joined:
    """Genes that have annotation, chromosome and expression, in the order of the gene table."""

    genes: pd.DataFrame
    mean: pd.DataFrame  # populations x genes
    populations: pd.DataFrame
    dropped: pd.DataFrame
    notices: tuple[str, ...]


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
    for use in ("genome", "annotation", "expression"):
        if not getattr(request, use).exists():
            raise ScxError(f"There is no {use} file at {getattr(request, use)}; check the path.")
    annotation = read_annotation(
        request.annotation,
        canonical=request.canonical,
        features=request.features,
        progress=part_of(progress, 0.0, 0.25),
    )
    regions = _read_regions(request.regions)
    cache = request.cache or path.parent.parent / "cache"
    genome = Genome.open(request.genome, cache, part_of(progress, 0.25, 0.4))
    placed, misplaced = _place(annotation.genes, genome)
    expression = _read_expression(request, placed, part_of(progress, 0.4, 0.65))
    match = match_genes(expression.names, placed)
    if not match.gene_ids:
        raise ScxError(_no_match_sentence(expression, placed))
    joined = _join(annotation, placed, misplaced, expression, match)
    windows = np.empty((len(joined.genes), request.upstream + request.downstream), np.uint8)
    extract_windows(
        genome,
        joined.genes,
        request.upstream,
        request.downstream,
        windows,
        part_of(progress, 0.65, 0.9),
    )
    genome.close()
    joined, windows = _judge_unknown(joined, windows, request.max_unknown)
    progress(0.92, "Writing the dataset")
    with atomic_directory(path) as folder:
        _write(folder, request, annotation, expression, match, joined, windows, regions)
    progress(1.0, f"{len(joined.genes):,} genes x {len(joined.populations):,} populations")
    return Dataset.open(path)


def _read_regions(path: Path | None) -> pd.DataFrame:
    if path is not None:
        return read_regions(path)
    return pd.DataFrame(
        {
            "chromosome": pd.Series(dtype=str),
            "start": pd.Series(dtype=np.int64),
            "end": pd.Series(dtype=np.int64),
            "name": pd.Series(dtype=str),
            "region_class": pd.Series(dtype=str),
        }
    )


def _place(genes: pd.DataFrame, genome: Genome) -> tuple[pd.DataFrame, pd.DataFrame]:
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
    if out.all():
        raise ScxError(
            f"Every TSS lies beyond the end of its chromosome in {genome.source.name}; genome and "
            "annotation are of different builds, or the genome file is cut short."
        )
    placed = genes.assign(chromosome=chromosomes)[~out]
    return placed, _drop_rows(genes[out], reasons[out], "genome")


def _drop_rows(genes: pd.DataFrame, reasons: NDArray[np.str_], source: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene_id": genes.index.astype(str),
            "gene_name": genes["gene_name"].astype(str).to_numpy(),
            "source": source,
            "reason": reasons,
        },
        columns=list(_DROPPED_COLUMNS),
    )


def _read_expression(request: ImportRequest, genes: pd.DataFrame, progress: Progress) -> Expression:
    def transcript_lengths(names: pd.DataFrame) -> NDArray[np.float64]:
        match = match_genes(names, genes)
        spliced = genes[["utr5_length", "orf_length", "utr3_length"]].sum(axis=1, skipna=False)
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
        progress=progress,
    )


def _no_match_sentence(expression: Expression, genes: pd.DataFrame) -> str:
    symbols = genes["gene_name"].astype(str)
    return (
        "No gene name of the expression matches the annotation: the expression has "
        f"{join_some(expression.names.index, 3)}; the annotation has {join_some(genes.index, 3)} "
        f"with symbols {join_some(symbols, 3)}. Give files of the same species and naming."
    )


def _join(
    annotation: Annotation,
    placed: pd.DataFrame,
    misplaced: pd.DataFrame,
    expression: Expression,
    match: GeneMatch,
) -> _Joined:
    genes = placed.loc[match.gene_ids].copy()
    genes["expression_name"] = expression.names.index.to_numpy()[match.columns]
    populations = _in_class_order(expression.populations)
    mean = expression.mean.iloc[:, match.columns].set_axis(genes.index, axis=1)
    mean = mean.loc[populations.index]
    reports = [annotation.dropped, misplaced, expression.dropped, match.unmatched]
    filled = [report for report in reports if not report.empty]
    dropped = pd.concat(filled, ignore_index=True) if filled else annotation.dropped
    matched = f"Genes were matched by {match.rule}: {len(genes):,} of {len(placed):,}."
    return _Joined(
        genes,
        mean,
        populations,
        dropped.reindex(columns=list(_DROPPED_COLUMNS)).astype(str),
        (*annotation.notices, *expression.notices, matched),
    )


def _in_class_order(populations: pd.DataFrame) -> pd.DataFrame:
    """Put the members of a class side by side; levels, and names without a class, stay in order."""
    parent = populations["parent"].astype(str).to_dict()
    level_rank = {level: rank for rank, level in enumerate(populations["level"].unique())}

    def rank(name: str) -> tuple[int, list[str]]:
        line: list[str] = []
        above = parent[name]
        while above:
            line.insert(0, above)
            above = parent[above]
        return level_rank[populations["level"].loc[name]], line

    return populations.loc[sorted(populations.index, key=rank)]


def _judge_unknown(
    joined: _Joined, windows: NDArray[np.uint8], max_unknown: float
) -> tuple[_Joined, NDArray[np.uint8]]:
    """Note the share of N of each window; drop genes above ``max_unknown``."""
    unknown = np.array([(window == UNKNOWN).mean() for window in windows])
    genes = joined.genes.assign(unknown_fraction=unknown)
    notices = list(joined.notices)
    mostly = int((unknown > MOSTLY_UNKNOWN).sum())
    drop = unknown > max_unknown
    if mostly:
        notices.append(
            f"{mostly:,} of {len(genes):,} genes have a window that is mostly unknown (more than "
            f"half N); {int(drop.sum()):,} were dropped (limit {max_unknown:.0%} N)."
        )
    if not drop.any():
        return replace(joined, genes=genes, notices=tuple(notices)), windows
    if drop.all():
        raise ScxError(
            f"Every window holds more than {max_unknown:.0%} N; raise the limit, or give a genome "
            "file that holds the genes' sequence."
        )
    reasons = np.array([f"window is {share:.0%} N" for share in unknown[drop]])
    dropped = pd.concat(
        [joined.dropped, _drop_rows(genes[drop], reasons, "genome")], ignore_index=True
    )
    kept = _Joined(
        genes[~drop], joined.mean.loc[:, ~drop], joined.populations, dropped, tuple(notices)
    )
    return kept, windows[~drop]


def _write(
    folder: Path,
    request: ImportRequest,
    annotation: Annotation,
    expression: Expression,
    match: GeneMatch,
    joined: _Joined,
    windows: NDArray[np.uint8],
    regions: pd.DataFrame,
) -> None:
    import anndata

    log10 = log10_pseudobulk(joined.mean, request.floor).astype(np.float32)
    smallest = smallest_log10(joined.mean)
    notices = list(joined.notices)
    if smallest < request.floor:
        notices.append(
            f"The smallest expression above zero is 10^{smallest:.2f}, below the floor "
            f"{request.floor:g} that stands for zero: choose a lower floor."
        )
    adata = anndata.AnnData(
        X=log10.to_numpy(),
        obs=joined.populations.astype({"level": str, "parent": str}),
        var=joined.genes,
        layers={"mean": joined.mean.to_numpy(np.float32)},
    )
    adata.write_h5ad(folder / "expression.h5ad", compression="gzip")
    np.save(folder / "windows.npy", windows, allow_pickle=False)
    transcripts = annotation.transcripts
    transcripts = transcripts[transcripts["gene_id"].isin(joined.genes.index)]
    transcripts.reset_index(drop=True).to_parquet(folder / "transcripts.parquet")
    regions.to_parquet(folder / "regions.parquet")
    joined.dropped.to_parquet(folder / "dropped.parquet")
    files: dict[str, Path | None] = {use: getattr(request, use) for use in _PATHS if use != "cache"}
    half_life = log10_half_life(joined.genes[list(HALF_LIFE_FEATURES)].astype(np.float64))
    write_json(
        folder / "dataset.json",
        {
            "format": FORMAT,
            "assembly": request.assembly or request.genome.name.split(".fa")[0],
            "synthetic": request.synthetic,
            "upstream": request.upstream,
            "downstream": request.downstream,
            "floor": request.floor,
            "smallest_log10": smallest,
            "normalisation": expression.normalisation,
            "matched_by": match.rule,
            "half_life_features": [
                name for name in annotation.features if joined.genes[name].notna().any()
            ],
            "n_genes": len(joined.genes),
            "n_populations": len(joined.populations),
            "n_dropped": len(joined.dropped),
            "notices": notices,
            "digest": content_digest(windows, log10.T, half_life),
            "provenance": provenance(files, request.to_dict()),
        },
    )

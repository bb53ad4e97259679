"""Everything that an import is told."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from scx_core.annotation.cage import CAGE_DISTANCE
from scx_core.annotation.definitions import SPLICED, check_definition
from scx_core.errors import ScxError

LONGEST_WINDOW: Final = 1_000_000
PATHS: Final = (
    "genome", "annotation", "expression", "canonical", "features", "metadata", "regions", "cage",
    "cache",
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
    populations, not_populations : tuple of str
        Columns of numbers of a ready table that are populations, and that are none (lengths, ids);
        otherwise told by their names and values.
    floor : float
        log10 value of never-expressed genes.
    offset : float
        Above 0: expression is log10(mean + offset) for all genes, without a floor; 0.1 in Xpresso.
    median : bool
        Add a level ``"median"`` with one row, the median over the finest populations.
    canonical, features, regions : Path, optional
        List of canonical transcripts; table of half-life features; BED of cCREs.
    half_life : str
        Which lengths the half-life features are; one of `scx_core.annotation.DEFINITIONS`.
    gc : bool
        Add the GC contents of 5'UTR, ORF and 3'UTR to the half-life features, where the annotation
        gives exons or UTRs.
    cage : Path, optional
        BED of CAGE peaks (six columns or more): each TSS moves to the summit of the strongest peak
        near it; see `scx_core.annotation.cage`.
    cage_distance : int
        Bases between the annotated TSS and a summit, at most.
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
    populations: tuple[str, ...] = ()
    not_populations: tuple[str, ...] = ()
    floor: float = -4.0
    offset: float = 0.0
    median: bool = False
    canonical: Path | None = None
    features: Path | None = None
    regions: Path | None = None
    half_life: str = SPLICED
    gc: bool = True
    cage: Path | None = None
    cage_distance: int = CAGE_DISTANCE
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
        if self.upstream + self.downstream > LONGEST_WINDOW:
            raise ScxError(
                f"A window of {self.upstream + self.downstream:,} bases is too long; the longest is "
                f"{LONGEST_WINDOW:,}."
            )
        if isinstance(self.levels, str):
            object.__setattr__(self, "levels", {"population": self.levels})
        if not (math.isfinite(self.offset) and self.offset >= 0):
            raise ScxError(
                f"The offset before the logarithm must be a number of at least 0, not {self.offset}; "
                "0.1 is Xpresso's."
            )
        if not 0 <= self.cage_distance <= LONGEST_WINDOW:
            raise ScxError(
                "The distance of CAGE peaks must lie between 0 and "
                f"{LONGEST_WINDOW:,} bp, not {self.cage_distance:,}."
            )
        check_definition(self.half_life)
        if not 0 < self.max_unknown <= 1:
            raise ScxError(
                f"The largest share of unknown letters must lie in (0, 1], not {self.max_unknown}."
            )
        for name in ("populations", "not_populations"):  # lists, where they come out of JSON
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in PATHS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, Path(value))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, for a job or for provenance."""
        values = asdict(self)
        for name in PATHS:
            if values[name] is not None:
                values[name] = str(values[name])
        return values | {"levels": dict(self.levels)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`."""
        return cls(**values)

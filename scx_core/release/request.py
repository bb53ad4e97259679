"""Everything that the import of a release is told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

from scx_core.release.sequences import check_window

_PATHS: Final = ("folder", "annotation", "genome", "regions", "sequences", "labels")


@dataclass(frozen=True)
class ReleaseRequest:
    """Everything that the import of a release is told.

    Attributes
    ----------
    folder : Path
        Of the release; see `scx_core.release.layout`.
    annotation, genome, regions : Path, optional
        GTF, GFF3 or table of TSSs, which places the genes; FASTA, with which their windows are
        compared; BED of cCREs.
    sequences, labels : Path, optional
        HDF5 and CSV, absolute or relative to the folder, where it holds several.
    models : str
        Common beginning of the models' folders, where there are several.
    columns : tuple of int
        Columns of the labels that the models were trained on, from 0; see `labels.read_labels`.
    upstream, downstream : int
        Window that the models were trained on.
    level : str
        Name of the level that the populations make.
    assembly : str
        Name of the genome build, as shown; the genome file's if empty.
    """

    folder: Path
    annotation: Path | None = None
    genome: Path | None = None
    regions: Path | None = None
    sequences: Path | None = None
    labels: Path | None = None
    models: str = ""
    columns: tuple[int, ...] = ()
    upstream: int = 7000
    downstream: int = 3500
    level: str = "population"
    assembly: str = ""

    def __post_init__(self) -> None:
        check_window(self.upstream, self.downstream)
        for name in _PATHS:
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, Path(value))
        object.__setattr__(self, "columns", tuple(self.columns))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, for a job or for provenance."""
        values = asdict(self)
        for name in _PATHS:
            if values[name] is not None:
                values[name] = str(values[name])
        return values | {"columns": list(self.columns)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`."""
        return cls(**values)

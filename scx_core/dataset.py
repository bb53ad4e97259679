"""A dataset: windows, gene table and expression of the same genes, in one immutable folder.

On disk::

    <name>/dataset.json       what it is: name, window, floor, digest, notices, provenance
    <name>/expression.h5ad    AnnData, populations x genes: X log10 pseudobulk, layer "mean" linear
    <name>/windows.npy        uint8 base codes, genes x length
    <name>/transcripts.parquet, exons.parquet, regions.parquet, dropped.parquet
"""

import difflib
import hashlib
import re
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import SPLICED, network_half_life
from scx_core.annotation.exons import no_exons
from scx_core.errors import ScxError, join_some
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import CODE_LETTERS
from scx_core.store import damage_as_sentence, read_json

if TYPE_CHECKING:
    from anndata import AnnData

FORMAT: Final = 1
#: Level of the one row that is the median over the finest populations.
MEDIAN_LEVEL: Final = "median"
_MEND: Final = "import the dataset again"
_METADATA: Final = (
    "assembly", "synthetic", "upstream", "downstream", "floor", "smallest_log10", "normalisation",
    "half_life_features", "notices", "digest", "provenance",
)  # fmt: skip
_VERSION: Final = re.compile(r"\.\d+$")


class Dataset:
    """Genes x (window, half-life features, expression per population). Read-only.

    Use `Dataset.open`, or `Dataset.build` to make one.

    Attributes
    ----------
    path : Path
    metadata : mapping
        Content of ``dataset.json``.
    """

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        self.path = path
        self.metadata = MappingProxyType(metadata)

    @classmethod
    def open(cls, path: Path | str) -> "Dataset":
        """Open a dataset folder.

        Raises
        ------
        ScxError
            If there is none, or it was written by a newer version.
        """
        path = Path(path)
        if not (path / "dataset.json").is_file():
            raise ScxError(f"There is no dataset at {path}; check the name, or import it.")
        with damage_as_sentence(path / "dataset.json", _MEND):
            metadata = dict(read_json(path / "dataset.json"))
        if metadata.get("format") != FORMAT:
            raise ScxError(
                f"The dataset {path.name!r} has format {metadata.get('format')!r}, this version "
                f"reads format {FORMAT}; import the data again."
            )
        with damage_as_sentence(path / "dataset.json", _MEND):
            missing = [name for name in _METADATA if name not in metadata]
            if missing:
                raise KeyError(*missing)
        return cls(path, metadata)

    @classmethod
    def build(
        cls,
        path: Path | str,
        *,
        genome: Path | str,
        annotation: Path | str,
        expression: Path | str,
        progress: Progress = no_progress,
        **options: Any,
    ) -> "Dataset":
        """Import files into a new dataset folder; see `scx_core.importing.ImportRequest`.

        Parameters
        ----------
        path : Path
            Folder to make; must not exist.
        genome, annotation, expression : Path
            FASTA; GTF, GFF3 or table of TSSs; AnnData, 10x or matrix.
        progress : Progress
        **options
            The other fields of `ImportRequest`.

        Raises
        ------
        ScxError
            If a file cannot be used; nothing is written then.
        """
        from scx_core.importing import ImportRequest, build_dataset

        request = ImportRequest(
            genome=Path(genome), annotation=Path(annotation), expression=Path(expression), **options
        )
        return build_dataset(Path(path), request, progress)

    @property
    def name(self) -> str:
        """Name of the dataset: its folder's."""
        return self.path.name

    @property
    def digest(self) -> str:
        """SHA-256 of the content that models depend on (see `content_digest`)."""
        return self.metadata["digest"]

    @property
    def upstream(self) -> int:
        """Bases of the window before the TSS, which is window index ``upstream``."""
        return self.metadata["upstream"]

    @property
    def downstream(self) -> int:
        """Bases of the window from the TSS on."""
        return self.metadata["downstream"]

    @property
    def notices(self) -> tuple[str, ...]:
        """What was worth knowing at the import."""
        return tuple(self.metadata["notices"])

    @cached_property
    def _adata(self) -> "AnnData":
        import anndata

        path = self.path / "expression.h5ad"
        with damage_as_sentence(path, _MEND):
            return anndata.read_h5ad(path)

    @cached_property
    def genes(self) -> pd.DataFrame:
        """Gene table, by gene id (columns: see docs/architecture.md)."""
        return self._adata.var

    @cached_property
    def populations(self) -> pd.DataFrame:
        """Populations of all levels: ``level``, ``parent``, ``n_cells``."""
        return self._adata.obs

    @cached_property
    def expression(self) -> pd.DataFrame:
        """Pseudobulk expression, genes x populations, log10 with the floor or of mean + offset."""
        return self._adata.to_df().T

    @cached_property
    def mean(self) -> pd.DataFrame:
        """Mean expression, genes x populations, linear, in the unit of the normalisation."""
        return self._adata.to_df(layer="mean").T

    @cached_property
    def half_life(self) -> pd.DataFrame:
        """Half-life features as networks read them, genes x features; NaN where not computable.

        See `scx_core.annotation.network_half_life`.
        """
        return network_half_life(self.genes, self.half_life_scale)

    @property
    def half_life_scale(self) -> str:
        """What the gene table holds: ``"log10"`` (raw values) or ``"z-score"``."""
        return self.metadata.get("half_life_scale", "log10")

    @property
    def half_life_definition(self) -> str:
        """Which lengths the half-life features are; see `scx_core.annotation.DEFINITIONS`."""
        return str(self.metadata.get("half_life_definition", SPLICED))

    @property
    def half_life_features(self) -> tuple[str, ...]:
        """Half-life features that the annotation or the user gave."""
        return tuple(self.metadata["half_life_features"])

    @cached_property
    def windows(self) -> NDArray[np.uint8]:
        """Base codes, genes x length, memory-mapped; rows as in `genes`."""
        path = self.path / "windows.npy"
        with damage_as_sentence(path, _MEND):
            return np.load(path, mmap_mode="r", allow_pickle=False)

    @cached_property
    def transcripts(self) -> pd.DataFrame:
        """All candidate transcripts of the genes."""
        return self._read_table("transcripts.parquet")

    @cached_property
    def exons(self) -> pd.DataFrame:
        """Exons of the genes' transcripts; no rows where they are not known.

        ``gene_id``, ``transcript_id``, ``start``, ``end`` (0-based half-open), ``part`` ("utr5",
        "cds", "utr3", or "exon" where it is not known which).
        """
        if not (self.path / "exons.parquet").exists():  # written before exons were kept
            return no_exons()
        return self._read_table("exons.parquet")

    @cached_property
    def regions(self) -> pd.DataFrame:
        """cCREs: ``chromosome, start, end`` (0-based half-open), ``name``, ``region_class``."""
        return self._read_table("regions.parquet")

    @cached_property
    def dropped(self) -> pd.DataFrame:
        """Genes left out: ``gene_id, gene_name, source, reason``."""
        return self._read_table("dropped.parquet")

    def _read_table(self, name: str) -> pd.DataFrame:
        with damage_as_sentence(self.path / name, _MEND):
            return pd.read_parquet(self.path / name)

    @property
    def levels(self) -> list[str]:
        """Levels of the populations, finest first."""
        return list(dict.fromkeys(self.populations["level"].astype(str)))

    @property
    def finest_populations(self) -> list[str]:
        """Names of the populations of the finest level."""
        return self.populations_at(self.levels[0])

    def populations_at(self, level: str) -> list[str]:
        """Names of the populations of one level, in stored order.

        Raises
        ------
        ScxError
            If the dataset lacks the level.
        """
        if level not in self.levels:
            raise ScxError(
                f"The dataset {self.name!r} has no level {level!r}; it has {join_some(self.levels)}."
            )
        return list(self.populations.index[self.populations["level"] == level])

    @cached_property
    def _row_by_gene(self) -> dict[str, int]:
        return {str(gene_id): row for row, gene_id in enumerate(self.genes.index)}

    def row_of(self, gene_id: str) -> int:
        """Row of a gene in `windows` and `genes`."""
        return self._row_by_gene[gene_id]

    @cached_property
    def _gene_by_text(self) -> dict[str, list[str]]:
        by_text: dict[str, list[str]] = {}
        names = self.genes["gene_name"].astype(str)
        for gene_id, name in zip(self.genes.index, names, strict=True):
            for text in dict.fromkeys((gene_id.upper(), name.upper())):
                by_text.setdefault(text, []).append(gene_id)
        return by_text

    def find_gene(self, text: str) -> str:
        """Gene id of an id (with or without version) or a symbol, in any case.

        Raises
        ------
        ScxError
            If nothing, or more than one gene, has the name; near matches are listed.
        """
        wanted = text.strip().upper()
        if not wanted:
            raise ScxError("Give the symbol or the id of a gene.")
        found = self._gene_by_text.get(wanted) or self._gene_by_text.get(
            _VERSION.sub("", wanted), []
        )
        if len(found) == 1:
            return found[0]
        if found:
            raise ScxError(
                f"{text.strip()!r} names {len(found)} genes: {join_some(found)}; use an id."
            )
        near = difflib.get_close_matches(wanted, self._gene_by_text, n=3, cutoff=0.7)
        hint = f"; did you mean {', '.join(near)}?" if near else "."
        raise ScxError(f"{text.strip()!r} is not a gene of the dataset {self.name!r}{hint}")

    def validate(self) -> None:
        """Check the parts against each other and against the digest.

        Raises
        ------
        ScxError
            If a part is missing, damaged, or was changed since the import.
        """
        n_genes, n_populations = len(self.genes), len(self.populations)
        shape = (n_genes, self.upstream + self.downstream)
        if self.windows.shape != shape or self.windows.dtype != np.uint8:
            raise ScxError(
                f"The windows of {self.name!r} are {self.windows.shape} {self.windows.dtype}, not "
                f"{shape} uint8; import the dataset again."
            )
        if int(self.windows.max(initial=0)) >= len(CODE_LETTERS):
            raise ScxError(
                f"The windows of {self.name!r} hold unknown base codes; import it again."
            )
        if (
            self.expression.shape != (n_genes, n_populations)
            or not np.isfinite(self.expression.to_numpy()).all()
        ):
            raise ScxError(f"The expression of {self.name!r} has gaps; import the dataset again.")
        digest = content_digest(self.windows, self.expression, self.half_life)
        if digest != self.digest:
            raise ScxError(
                f"The dataset {self.name!r} was changed after its import (digest {digest[:12]}… "
                f"instead of {self.digest[:12]}…); import it again."
            )


def content_digest(
    windows: NDArray[np.uint8], expression: pd.DataFrame, half_life: pd.DataFrame
) -> str:
    """SHA-256 over all that a model learns from.

    Parameters
    ----------
    windows : ndarray of uint8, shape (genes, length)
    expression : DataFrame, genes x populations, log10
    half_life : DataFrame, genes x features, log10(x + 0.1)
    """
    digest = hashlib.sha256()
    for names in (expression.index, expression.columns, half_life.columns):
        digest.update("\n".join(map(str, names)).encode())
    digest.update(np.ascontiguousarray(expression.to_numpy(np.float32)).tobytes())
    digest.update(np.ascontiguousarray(half_life.to_numpy(np.float64)).tobytes())
    for start in range(0, len(windows), 1024):
        digest.update(np.ascontiguousarray(windows[start : start + 1024]).tobytes())
    return digest.hexdigest()

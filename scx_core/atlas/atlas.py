"""A finished atlas and the questions it answers."""

from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import zarr
from numpy.typing import NDArray

from scx_core.atlas.storage import ARRAYS, FORMAT, get_array, open_arrays, unpack
from scx_core.errors import ScxError, join_some
from scx_core.mutagenesis import EFFECT, Effects
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, COMPLEMENT
from scx_core.sequence.chromosomes import match_names
from scx_core.sequence.windows import position_to_index
from scx_core.store import damage_as_sentence, read_json
from scx_core.variants.alleles import judge
from scx_core.variants.variant import Variant

_MEND: Final = "build the atlas again"


class Atlas:
    """Effects of every substitution in the windows of many genes. Read-only.

    Use `Atlas.open`, or `build_atlas` to make one.

    Attributes
    ----------
    path : Path
    metadata : mapping
        Content of ``atlas.json``.
    """

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        self.path = path
        self.metadata = MappingProxyType(metadata)

    @classmethod
    def open(cls, path: Path | str) -> "Atlas":
        """Open an atlas.

        Raises
        ------
        ScxError
            If there is none, it is damaged, or was written by a newer version.
        """
        path = Path(path)
        if not (path / "atlas.json").is_file():
            raise ScxError(f"There is no atlas at {path}; check the name, or build it.")
        with damage_as_sentence(path / "atlas.json", _MEND):
            metadata = dict(read_json(path / "atlas.json"))
        if metadata.get("format") != FORMAT:
            raise ScxError(
                f"The atlas {path.name!r} has format {metadata.get('format')!r}, this version reads "
                f"format {FORMAT}; build it again."
            )
        return cls(path, metadata)

    @property
    def name(self) -> str:
        """Name of the atlas: its folder's."""
        return self.path.name

    @property
    def populations(self) -> tuple[str, ...]:
        """Populations, in order."""
        return tuple(self.metadata["populations"])

    @property
    def max_error(self) -> float:
        """Largest difference of a stored effect from the computed one, log10 units."""
        return self.metadata["max_error"]

    @cached_property
    def genes(self) -> pd.DataFrame:
        """By gene id: ``gene_name, chromosome, strand, tss`` (1-based), ``fold``."""
        with damage_as_sentence(self.path / "genes.parquet", _MEND):
            return pd.read_parquet(self.path / "genes.parquet")

    @cached_property
    def _arrays(self) -> zarr.Group:
        with damage_as_sentence(self.path / ARRAYS, _MEND):
            return open_arrays(self.path)

    @cached_property
    def _effects(self) -> zarr.Array:
        with damage_as_sentence(self.path / ARRAYS, _MEND):
            return get_array(self._arrays, "effects")

    @cached_property
    def _scale(self) -> NDArray[np.float32]:
        with damage_as_sentence(self.path / ARRAYS, _MEND):
            return np.asarray(get_array(self._arrays, "scale")[:])

    @cached_property
    def _windows(self) -> NDArray[np.uint8]:
        with damage_as_sentence(self.path / "windows.npy", _MEND):
            return np.load(self.path / "windows.npy", mmap_mode="r", allow_pickle=False)

    @cached_property
    def _places(self) -> dict[str, tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Genes by chromosome: rows, first and last position of the windows."""
        upstream, downstream = self.metadata["upstream"], self.metadata["downstream"]
        tss = self.genes["tss"].to_numpy(np.int64)
        plus = (self.genes["strand"] == "+").to_numpy()
        first = np.where(plus, tss - upstream, tss - downstream + 1)
        last = np.where(plus, tss + downstream - 1, tss + upstream)
        names = self.genes["chromosome"].astype(str).to_numpy()
        return {
            name: (rows := np.flatnonzero(names == name), first[rows], last[rows])
            for name in np.unique(names)
        }

    def effects(self, variant: Variant | str) -> pd.DataFrame:
        """Give the effects of a variant on each gene in whose window it lies.

        Parameters
        ----------
        variant : Variant or str
            Such as ``chr22:39570542:A:C`` (1-based, plus strand); all three substitutions if no
            alleles are given.

        Returns
        -------
        DataFrame
            For each gene and substitution one row: ``gene_id, gene_name, strand,
            relative_to_tss`` (bp, negative is upstream), ``genome_reference`` and ``substitution``
            (plus strand), ``alleles`` (``"swapped"``: the given alternative is the genome's letter,
            the substitution is the given reference), then ``effect: NAME`` for each population:
            predicted(substitution) − predicted(genome's letter), log10 units, mean over runs.

        Raises
        ------
        ScxError
            If no window of the atlas holds the position, the given alleles do not agree with the
            genome there, or the genome has no letter there.
        """
        if isinstance(variant, str):
            variant = Variant.parse(variant)
        name = match_names([variant.chromosome], self._places).get(variant.chromosome)
        if name is None:
            raise ScxError(
                f"The atlas {self.name!r} has no gene on the chromosome {variant.chromosome}; it has "
                f"{join_some(list(self._places))}."
            )
        rows, first, last = self._places[name]
        found = rows[(first <= variant.position) & (variant.position <= last)]
        if not len(found):
            raise ScxError(
                f"{variant} lies outside the windows of all {len(self.genes):,} genes of the atlas "
                f"{self.name!r}; choose a position in one."
            )
        parts = [self._of_gene(variant, int(row)) for row in found]
        return pd.concat(parts, ignore_index=True)

    def _of_gene(self, variant: Variant, row: int) -> pd.DataFrame:
        gene = self.genes.iloc[row]
        minus = gene["strand"] == "-"
        upstream = self.metadata["upstream"]
        index = int(position_to_index(variant.position, int(gene["tss"]), gene["strand"], upstream))
        code = int(self._windows[row, index])
        letter = CODE_LETTERS[int(COMPLEMENT[code]) if minus else code]
        if max(len(variant.reference), len(variant.alternative)) > 1:
            raise ScxError(
                f"{variant} changes more than one letter, and an atlas holds substitutions alone; score "
                "it with the model."
            )
        judged = judge(
            letter, variant.reference, variant.alternative, position=variant.position,
            strand="plus",
        )  # fmt: skip
        if judged.reason:
            raise ScxError(f"{variant} cannot be looked up: {judged.reason}.")
        change = judged.alternative
        shown = [change] if change else [base for base in BASES if base != letter]
        on_gene = [BASES.index(base) for base in shown]
        if minus:
            on_gene = [int(COMPLEMENT[base]) for base in on_gene]
        with damage_as_sentence(self.path / ARRAYS, _MEND):
            packed = np.asarray(self._effects[row, index])
        frame = pd.DataFrame(
            unpack(packed, self._scale[row])[on_gene],
            columns=[EFFECT + name for name in self.populations],
        )
        described = {
            "gene_id": self.genes.index[row],
            "gene_name": gene["gene_name"],
            "strand": gene["strand"],
            "relative_to_tss": index - upstream,
            "genome_reference": letter,
            "substitution": shown,
            "alleles": judged.alleles,
        }
        return pd.concat([pd.DataFrame(described, index=frame.index), frame], axis=1)

    def gene(self, gene_id: str) -> Effects:
        """Give all effects in the window of one gene.

        The spread over runs is not kept in an atlas: it is NaN.

        Raises
        ------
        ScxError
            If the gene is not in the atlas.
        """
        if gene_id not in self.genes.index:
            raise ScxError(
                f"The gene {gene_id} is not among the {len(self.genes):,} genes of the atlas "
                f"{self.name!r}; use the id of one that is."
            )
        row = int(self.genes.index.get_indexer(pd.Index([gene_id]))[0])
        with damage_as_sentence(self.path / ARRAYS, _MEND):
            values = unpack(np.asarray(self._effects[row]), self._scale[row])
            wild_type = np.asarray(get_array(self._arrays, "wild_type")[row])
        place = self.genes.iloc[row]
        return Effects(
            gene_id=gene_id,
            chromosome=place["chromosome"],
            strand=place["strand"],
            tss=int(place["tss"]),
            upstream=self.metadata["upstream"],
            codes=np.array(self._windows[row]),
            populations=self.populations,
            values=values,
            spread=np.full_like(values, np.nan),
            wild_type=wild_type,
            wild_type_spread=np.full_like(wild_type, np.nan),
            fold=int(place["fold"]),
            n_runs=self.metadata["runs"][str(place["fold"])],
        )

"""From a list of variants to effects: rsIDs, build, place, score, compare; every row comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

import pandas as pd

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.progress import Progress, no_progress, part_of
from scx_core.store import Workspace
from scx_core.variants.allele_meaning import AlleleMeaning, find_meaning
from scx_core.variants.alleles import Strand
from scx_core.variants.belonging import is_stated_elsewhere, tell_apart
from scx_core.variants.build import BuildReport, detect_build, draw_rows
from scx_core.variants.genome import Letters, canonical_build, open_letters
from scx_core.variants.liftover import Chain, chains_to, lift, missing_chain
from scx_core.variants.percentiles import add_genome_percentiles
from scx_core.variants.placing import place_alleles
from scx_core.variants.ranks import MOST_GENES, add_window_ranks, workspace_of
from scx_core.variants.reading import VariantList, read_variants
from scx_core.variants.reading.variant_list import NO_EFFECT, EffectAllele
from scx_core.variants.rsids import fill_places
from scx_core.variants.scoring import score_placed
from scx_core.variants.writing.tables import step_aside

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble

#: What a list says of a part beyond its place; goes along with every result.
_OF_PART: Final = (
    "id", "effect_allele", "other_allele", "effect_size", "effect_kind", "p_value", "haplotype",
    "note",
)  # fmt: skip

#: How alleles are read that the list as a whole has on this strand.
_STRAND_OF: Final[Mapping[str, Strand]] = {
    "forward": "plus first", "flipped": "minus first", "both": "either",
}  # fmt: skip


@dataclass(frozen=True)
class ScoringOptions:
    """How a list is read and scored.

    Attributes
    ----------
    roles : mapping of str to str
        Corrects what the columns of a table are: column by role.
    build : str
        Genome build of the list, where the person knows better than what is found out; ``""`` to
        find out.
    all_substitutions : bool
        All three substitutions of a letter; else the list's own alone, where it has one.
    ranked_genes : int or None
        Genes whose windows are mutated whole to rank their variants, strongest first; None for all.
    genome_percentiles : bool
        Compare with random substitutions of the genome.
    """

    roles: Mapping[str, str] = field(default_factory=dict)
    build: str = ""
    all_substitutions: bool = True
    ranked_genes: int | None = MOST_GENES
    genome_percentiles: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "roles", MappingProxyType(dict(self.roles)))
        if self.ranked_genes is not None and self.ranked_genes < 0:
            raise ScxError(f"The number of ranked genes cannot be {self.ranked_genes}.")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        names = ("build", "all_substitutions", "ranked_genes", "genome_percentiles")
        return {"roles": dict(self.roles), **{name: getattr(self, name) for name in names}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`.

        Raises
        ------
        ScxError
            If a field is unknown.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ScxError(f"The options of scoring are damaged: {error}.") from error


@dataclass(frozen=True)
class PlacedList:
    """A list whose parts have their places in the genes' windows, or a reason why not.

    Attributes
    ----------
    variants : VariantList
    placed : DataFrame
        See `place_alleles`; with what the list says of each part (``id, p_value, …``).
    report : BuildReport
    notices : tuple of str
        What was found out about the list.
    effect : EffectAllele
        Which allele the list's effects belong to, by its own evidence and the genome's.
    apart : str
        That the list is of another organism or genome build than the dataset; the first of the
        notices. ``""`` where nothing speaks against it.
    """

    variants: VariantList
    placed: pd.DataFrame
    report: BuildReport
    notices: tuple[str, ...]
    effect: EffectAllele = NO_EFFECT
    apart: str = ""


class Scorer:
    """Places and scores lists of variants for one model.

    Parameters
    ----------
    workspace : Workspace
        Whose registered chains and rsIDs are used.
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    options : ScoringOptions, optional
    progress : Progress
        Of opening the genome.

    Attributes
    ----------
    notices : list of str
        What was worth knowing about the scoring.

    Raises
    ------
    ScxError
        If the dataset is another one.
    """

    def __init__(
        self,
        workspace: Workspace,
        ensemble: "Ensemble",
        dataset: Dataset,
        options: ScoringOptions | None = None,
        progress: Progress = no_progress,
    ) -> None:
        ensemble.check_dataset(dataset)
        self.workspace, self.ensemble, self.dataset = workspace, ensemble, dataset
        self.options = options or ScoringOptions()
        self.letters: Letters = open_letters(dataset, workspace.cache_path, progress)
        self.notices: list[str] = []
        self._found: _Found | None = None

    def place(self, variants: VariantList) -> PlacedList:
        """Find the windows of a list; the build is found out from the first list that is placed."""
        alleles, found = fill_places(
            self.workspace, variants.alleles, self.dataset, self.options.build or variants.build
        )
        if self._found is None:
            report = self._find_build(alleles, variants.build)
            apart = tell_apart(report, alleles, self.letters, self.options.build)
            strand = "plus" if variants.format in ("VCF", "BCF") else _STRAND_OF[report.strand]
            alleles = self._on_our_build(alleles, report)
            # Letters at positions of another build would say nothing.
            telling = report.kind in ("same", "lifted", "too few")
            sample = draw_rows(alleles if telling else alleles.iloc[:0])
            meaning = find_meaning(self.letters, sample, strand, variants.effect)
            self._found = _Found(report, meaning, strand, apart)
        else:
            alleles = self._on_our_build(alleles, self._found.report)
        report, meaning, strand = self._found.report, self._found.meaning, self._found.strand
        alleles = meaning.apply(alleles)
        placed = place_alleles(self.dataset, alleles, self.letters, strand=strand)
        said = alleles.set_index(["row", "part"])[list(_OF_PART)]
        placed = placed.join(said, on=["row", "part"])
        # What the list says of its effect allele is said again, or taken back, by its meaning.
        own = [text for text in variants.notices if text != variants.effect.sentence]
        told = (*own, *found, *meaning.sentences, *report.sentences)
        apart = self._found.apart
        if apart:
            told = (apart, *told)
        return PlacedList(variants, placed, report, told, meaning.effect, apart)

    def _on_our_build(self, alleles: pd.DataFrame, report: BuildReport) -> pd.DataFrame:
        """Move the rows to the dataset's build, or refuse them."""
        if report.chain is not None:
            return lift(alleles, report.chain)
        if self.options.build:
            return alleles
        here = self.letters.assembly
        if report.kind == "another":
            return _refuse_build(
                alleles,
                f"the list is not on {here}: too few of its alleles are those of the genome",
            )
        told, target = report.build, canonical_build(here)
        if is_stated_elsewhere(report, target):
            return _refuse_build(
                alleles,
                f"the list says it is on {told}, and no registered chain leads from there to {target}",
            )
        return alleles

    def _find_build(self, alleles: pd.DataFrame, stated: str) -> BuildReport:
        chains = chains_to(self.workspace, self.letters.assembly)
        report = detect_build(self.letters, alleles, stated, chains)
        if not self.options.build:
            return report
        return _as_told(report, self.options.build, self.letters.assembly, chains)

    def score(self, placed: pd.DataFrame, progress: Progress = no_progress) -> pd.DataFrame:
        """Score what `place` found; see `score_placed` for the columns.

        Parameters
        ----------
        placed : DataFrame
        progress : Progress
            May raise to cancel.
        """
        options = self.options
        scored = score_placed(
            self.ensemble, self.dataset, placed, all_substitutions=options.all_substitutions,
            letters=self.letters, progress=part_of(progress, 0.0, 0.5),
        )  # fmt: skip
        if options.ranked_genes != 0:
            scored = add_window_ranks(
                self.ensemble, self.dataset, scored, part_of(progress, 0.5, 0.8),
                most_genes=options.ranked_genes, notify=self.notices.append,
            )  # fmt: skip
        if options.genome_percentiles:
            scored = add_genome_percentiles(
                self.ensemble, self.dataset, scored, part_of(progress, 0.8, 1.0)
            )
        return scored

    def close(self) -> None:
        """Close the genome."""
        self.letters.close()

    def __enter__(self) -> Self:
        """Give the scorer; the genome is closed at the end, also after an error or a cancel."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the genome."""
        self.close()


@dataclass(frozen=True)
class _Found:
    """What the first chunk of a list told of all of it."""

    report: BuildReport
    meaning: AlleleMeaning
    strand: Strand
    apart: str


def _refuse_build(alleles: pd.DataFrame, reason: str) -> pd.DataFrame:
    """Refuse every place: where half of the alleles fit by chance, half of the effects would be wrong."""
    placed = (alleles["reason"] == "") & alleles["position"].notna()
    return alleles.assign(
        reason=alleles["reason"].mask(placed, reason),
        reason_kind=alleles["reason_kind"].mask(placed, "wrong build"),
    )


def _as_told(report: BuildReport, build: str, assembly: str, chains: list[Chain]) -> BuildReport:
    """Take the person's word for the build, and say what was found against it."""
    told, target = canonical_build(build), canonical_build(assembly)
    if told == target:
        return replace(report, build=told, chain=None)
    chain = next((chain for chain in chains if chain.source == told), None)
    if chain is None:
        raise ScxError(f"The list is said to be on {told}. {missing_chain(told, target)}")
    return replace(report, build=told, chain=chain)


def score_variants(
    ensemble: "Ensemble",
    dataset: Dataset,
    variants: VariantList | pd.DataFrame | Path | str,
    progress: Progress = no_progress,
    options: ScoringOptions | None = None,
) -> pd.DataFrame:
    """Score a list of variants in memory: every input row, its genes and effects, or the reason.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    variants : VariantList, DataFrame, Path or str
        A list that was read; a table of the user's own columns; a file; or typed variants.
    progress : Progress
        May raise to cancel.
    options : ScoringOptions, optional

    Returns
    -------
    DataFrame
        One line for each row, part, gene and substitution: results (see
        `scx_core.variants.writing.column_dictionary`), then the user's columns; one that bears a
        result's name is called ``NAME (given)``.

    Raises
    ------
    ScxError
        If the list cannot be read, or the dataset is another one.
    """
    options = options or ScoringOptions()
    if isinstance(variants, pd.DataFrame):
        variants = variants.to_csv(sep="\t", index=False)
    if not isinstance(variants, VariantList):
        variants = read_variants(variants, roles=options.roles)
    workspace = workspace_of(ensemble) or Workspace(dataset.path.parents[1])
    with Scorer(workspace, ensemble, dataset, options) as scorer:
        scored = scorer.score(scorer.place(variants).placed, progress)
    names = step_aside(list(variants.rows.columns), list(scored.columns))
    return scored.join(variants.rows.set_axis(names, axis=1), on="row")


def count_outcomes(results: pd.DataFrame, n_rows: int) -> pd.DataFrame:
    """Count the input rows by what came of them; the counts add up to the rows.

    A row counts as scored if any of its parts was scored in any gene's window.

    Parameters
    ----------
    results : DataFrame
        Placed or scored table.
    n_rows : int
        Rows of the input.

    Returns
    -------
    DataFrame
        ``outcome`` (``"in a window"`` or a reason kind), ``rows``; most frequent first after the
        first.
    """
    kinds = results.assign(fits=results["reason_kind"] == "")
    best = kinds.sort_values("fits", ascending=False, kind="stable").drop_duplicates("row")
    outcome = best["reason_kind"].replace("", "in a window").value_counts()
    counted = outcome.rename_axis("outcome").rename("rows").reset_index()
    if int(counted["rows"].sum()) != n_rows:
        raise ValueError(f"{counted['rows'].sum()} outcomes of {n_rows} rows")
    first = counted["outcome"] != "in a window"
    return counted.assign(last=first).sort_values("last", kind="stable").drop(columns="last")

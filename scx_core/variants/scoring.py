"""Scoring placed variants with the models that never saw the gene."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.mutagenesis import Alteration
from scx_core.progress import Progress, no_progress, part_of
from scx_core.sequence.alphabet import BASES, COMPLEMENT
from scx_core.variants.altered import Change, FetchesLetters, alteration_on_gene, predict_changes
from scx_core.variants.fitting import find_misfits
from scx_core.variants.haplotypes import Haplotype, group_haplotypes
from scx_core.variants.measures import describe_effects, effect_columns
from scx_core.variants.orientation import orient
from scx_core.variants.sites import Ints, Sites, Summary, find_folds, predict_sites

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble

#: Columns of `score_placed` after those of the placed table; then come those of the populations.
SCORED_COLUMNS: Final = (
    "note", "haplotype", "substitution", "given", "fold", "runs", "largest_effect",
    "largest_population", "given_effect", "fold_change", "sign_agreement", "specificity",
    "rank_in_window", "percentile_in_window", "percentile_genome", "risk_allele", "risk_effect",
    "risk_direction", "trait_increasing_allele",
)  # fmt: skip
#: Columns of the placed table that say nothing of several changes together.
_OF_ONE_CHANGE: Final = ("reference", "alternative", "genome_reference", "alleles", "effect_is")
_TSS_KIND: Final = "removes the TSS"
_RANKS: Final = ("percentile_in_window", "percentile_genome")


@dataclass(frozen=True)
class _Piece:
    """Scored changes: row of the placed table, allele, haplotype, effects (changes x populations)."""

    rows: Ints
    substitution: NDArray[np.object_]
    haplotype: NDArray[np.object_]
    note: NDArray[np.object_]
    summary: Summary


def score_placed(
    ensemble: "Ensemble",
    dataset: Dataset,
    placed: pd.DataFrame,
    *,
    all_substitutions: bool = True,
    letters: FetchesLetters | None = None,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Give the effects of placed variants, by the models that never saw the gene.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    placed : DataFrame
        The placed table: one row per part of a variant and gene, ``reason`` empty where it can be
        scored. Read besides, where there: ``haplotype`` (parts with the same value in one gene's
        window are scored together, besides each alone), ``effect_is, effect_size, effect_kind,
        other_allele`` (see `scx_core.variants.orientation.orient`), ``note``.
    all_substitutions : bool
        All three substitutions of a single letter; else the file's own alone, where it has one.
    letters : FetchesLetters, optional
        The genome, for the letters that enter a window after a deletion; N without it.
    progress : Progress
        May raise to cancel.

    Returns
    -------
    DataFrame
        Every row of ``placed`` in its order, one to three times: the placed columns, with
        ``gene_name`` and ``strand`` beside ``gene_id``, then

        - ``note`` (what is worth knowing; joined to the one given), ``haplotype``: set where
          changes were scored together. ``substitution`` is such as ``A>C+G>T`` then, the alleles
          are empty, positions are in the note, and the row follows those of the first part, whose
          place it bears;
        - ``substitution`` (plus strand: a letter, or the allele of an insertion, deletion or longer
          replacement), ``given`` (the file's own change, not a haplotype), ``fold, runs``;
        - ``largest_effect`` (predicted(substitution) − predicted(genome), log10, mean over runs)
          and ``largest_population``; ``given_effect``, the same as the file's alleles have it
          (alternative − reference), NaN where not given; ``fold_change`` (10 ** largest_effect),
          ``sign_agreement`` (runs whose sign is the mean's in that population), ``specificity``
          (see `scx_core.variants.measures.specificity`);
        - ``rank_in_window, percentile_in_window, percentile_genome``, empty here: see
          `scx_core.variants.ranks` and `scx_core.variants.background`;
        - ``risk_allele, risk_effect, risk_direction, trait_increasing_allele``: see
          `scx_core.variants.orientation.orient`;
        - by population ``effect: NAME`` (log10, mean over runs) and ``spread: NAME`` (standard
          deviation over runs).

        Rows with a ``reason`` have nothing in these. Beyond the reasons of the placed table:
        the gene's fold was not trained, the reference reaches out of the window or is not what
        the window has, or the change removes the TSS (``reason_kind`` ``"removes the TSS"``).

    Raises
    ------
    ScxError
        If the dataset is another, or the model reads no sequence.
    """
    ensemble.check_dataset(dataset)
    if not ensemble.config.stages:
        raise ScxError(
            f"The model {ensemble.name!r} reads half-life features alone; no letter has an effect. "
            "Choose a model that reads sequence."
        )
    placed = _prepare(ensemble, dataset, placed)
    scorable = (placed["reason"] == "").to_numpy()
    lengths = [placed[name].str.len().to_numpy() for name in ("reference", "alternative")]
    single = (lengths[0] == 1) & (lengths[1] <= 1)
    letter_rows, longer_rows = np.flatnonzero(scorable & single), np.flatnonzero(scorable & ~single)
    haplotypes = group_haplotypes(placed)
    # A longer change takes about as long as a dozen letters.
    n_letters, n_longer = len(letter_rows), 12 * (len(longer_rows) + len(haplotypes))
    share = n_letters / max(n_letters + n_longer, 1)
    first, second = part_of(progress, 0, share), part_of(progress, share, 1)
    pieces = [
        _score_letters(ensemble, dataset, placed.iloc[letter_rows], all_substitutions, first),
        _score_longer(ensemble, dataset, placed, longer_rows, haplotypes, letters, second),
    ]
    return _assemble(ensemble, placed, pieces)


def _prepare(ensemble: "Ensemble", dataset: Dataset, placed: pd.DataFrame) -> pd.DataFrame:
    """Add what may be missing, folds, and the reasons of genes and alleles that do not fit."""
    placed = placed.reset_index(drop=True)
    for name in ("haplotype", "note", "reason", "reason_kind", "gene_id", *_OF_ONE_CHANGE):
        text = placed[name] if name in placed else pd.Series("", index=placed.index)
        placed[name] = text.astype(object).fillna("").astype(str).astype(object)
    scorable = placed["reason"] == ""
    folds, untrained = find_folds(ensemble, placed.loc[scorable, "gene_id"].unique())
    _refuse(placed, placed["gene_id"].map(untrained).where(scorable), "gene not in a trained fold")
    for kind, reasons in find_misfits(dataset, placed).items():
        _refuse(placed, reasons, kind)
    placed["fold"] = placed["gene_id"].map(folds).where(placed["reason"] == "").astype("Int64")
    genes = dataset.genes[["gene_name", "strand"]].astype(str)
    beside = list(placed.columns).index("gene_id") + 1
    for place, name in enumerate(("gene_name", "strand"), beside):
        if name not in placed:
            placed.insert(place, name, placed["gene_id"].map(genes[name]).astype(object).fillna(""))
    return placed


def _refuse(placed: pd.DataFrame, reasons: pd.Series, kind: str) -> None:
    """Set the reasons that are given, by row."""
    given = reasons.dropna()
    placed.loc[given.index, "reason"] = given
    placed.loc[given.index, "reason_kind"] = kind


def _score_letters(
    ensemble: "Ensemble",
    dataset: Dataset,
    members: pd.DataFrame,
    all_substitutions: bool,
    progress: Progress,
) -> _Piece:
    """Score single letters; a member's substitutions stand in the order ACGT of the plus strand."""
    if members.empty:
        return _empty_piece(ensemble)
    sites = Sites.of(members, dataset)
    letters = np.array(list(BASES), dtype=object)
    chosen = letters != members["reference"].to_numpy(object)[:, None]
    if not all_substitutions:
        own = members["alternative"].to_numpy(object)[:, None]
        chosen &= (own == "") | (own == letters)
    minus = (members["strand"] == "-").to_numpy()
    on_gene = np.where(minus[:, None], COMPLEMENT[: len(BASES)], np.arange(len(BASES)))
    member, base = np.nonzero(chosen)
    site, base_on_gene = sites.of_member[member], on_gene[member, base]
    wanted = np.zeros((len(sites.indices), len(BASES)), bool)
    wanted[site, base_on_gene] = True
    folds = dict(zip(members["gene_id"], members["fold"], strict=True))
    found = predict_sites(ensemble, dataset, sites, folds, progress, wanted)
    nothing = np.full(len(member), "", object)
    return _Piece(
        members.index.to_numpy(np.int64)[member],
        letters[base],
        nothing,
        nothing,
        found.part((site, base_on_gene)),
    )


def _score_longer(
    ensemble: "Ensemble",
    dataset: Dataset,
    placed: pd.DataFrame,
    rows: Ints,
    haplotypes: Sequence[Haplotype],
    letters: FetchesLetters | None,
    progress: Progress,
) -> _Piece:
    """Score insertions, deletions and longer replacements, and haplotypes after them."""
    members = placed.iloc[[*rows, *(haplotype.rows[0] for haplotype in haplotypes)]]
    if members.empty:
        return _empty_piece(ensemble)
    alone = placed.iloc[rows]
    described = alone[["index", "reference", "alternative", "strand"]].itertuples(index=False)
    alterations: list[tuple[Alteration, ...]] = [
        (alteration_on_gene(int(index), reference, alternative, strand == "-"),)
        for index, reference, alternative, strand in described
    ]
    alterations += [haplotype.alterations for haplotype in haplotypes]
    genes = dataset.genes.index.get_indexer(pd.Index(members["gene_id"])).tolist()
    changes = [
        Change(gene, int(fold), parts)
        for gene, fold, parts in zip(genes, members["fold"], alterations, strict=True)
    ]
    found = predict_changes(ensemble, dataset, changes, letters, progress)
    refused = pd.Series(found.reasons[: len(rows)], index=rows, dtype=object)
    _refuse(placed, refused[refused != ""], _TSS_KIND)
    notes = list(found.notes)
    for number, haplotype in enumerate(haplotypes, len(rows)):
        if found.reasons[number]:
            _add_notes(placed, haplotype.rows, f"not scored together: {found.reasons[number]}")
        notes[number] = "; ".join(filter(None, [haplotype.note, notes[number]]))
    scored = np.flatnonzero(np.array(found.reasons) == "")
    substitutions = [*alone["alternative"], *(haplotype.substitution for haplotype in haplotypes)]
    names = [""] * len(rows) + [haplotype.name for haplotype in haplotypes]
    return _Piece(
        members.index.to_numpy(np.int64)[scored],
        np.array(substitutions, object)[scored],
        np.array(names, object)[scored],
        np.array(notes, object)[scored],
        found.summary.part(scored),
    )


def _add_notes(placed: pd.DataFrame, rows: Sequence[int], note: str) -> None:
    known = placed.loc[list(rows), "note"]
    placed.loc[list(rows), "note"] = [f"{text}; {note}" if text else note for text in known]


def _empty_piece(ensemble: "Ensemble") -> _Piece:
    nothing = np.empty(0, object)
    summary = Summary.empty(0, len(ensemble.populations))
    return _Piece(np.empty(0, np.int64), nothing, nothing, nothing, summary)


def _assemble(ensemble: "Ensemble", placed: pd.DataFrame, pieces: Sequence[_Piece]) -> pd.DataFrame:
    """Join scored changes and what was not scored, in the order of the placed table."""
    scored = np.concatenate([piece.rows for piece in pieces])
    unscored = np.setdiff1d(np.arange(len(placed)), scored)
    rows = np.concatenate([scored, unscored])
    substitution, haplotype, note = (
        np.concatenate([*(getattr(piece, name) for piece in pieces), np.full(len(unscored), "")])
        for name in ("substitution", "haplotype", "note")
    )
    order = np.lexsort((haplotype != "", rows))  # stable: substitutions stay in their order
    results = placed.iloc[rows[order]].reset_index(drop=True)
    for name in ("reason", "reason_kind"):
        results[name] = results[name].astype(object)
    results["haplotype"], results["substitution"] = haplotype[order], substitution[order]
    together = results["haplotype"] != ""
    for name in _OF_ONE_CHANGE:
        results[name] = results[name].where(~together, "")
    joined = zip(results["note"].where(~together, ""), note[order], strict=True)
    results["note"] = ["; ".join(filter(None, notes)) for notes in joined]
    results["given"] = (
        (results["substitution"] == results["alternative"]) & (results["substitution"] != "")
    )  # fmt: skip
    in_fold = {fold: len(ensemble.runs_in(fold)) for fold in ensemble.trained_folds}
    results["runs"] = results["fold"].map(in_fold).astype("Int64")
    summary = Summary.joined([piece.summary for piece in pieces])
    described = describe_effects(summary.mean, summary.agreement, ensemble.populations)
    # The place of each row among the scored; -1 where it was not.
    place = np.where(order < len(scored), order, -1)
    values = np.full((len(rows), 2 * len(ensemble.populations)), np.nan, np.float32)
    values[place >= 0] = np.hstack([summary.mean, summary.spread])[place[place >= 0]]
    described = described.reindex(place).set_axis(results.index)
    described["largest_population"] = described["largest_population"].astype(object).fillna("")
    results = pd.concat([results, described], axis=1)
    results.loc[place < 0, ["fold", "runs"]] = pd.NA
    sign = np.where(results["alleles"].str.contains("swapped"), -1.0, 1.0)
    results["given_effect"] = (sign * results["largest_effect"]).where(results["given"])
    results["rank_in_window"] = pd.array([pd.NA] * len(results), "Int64")
    results = results.assign(**dict.fromkeys(_RANKS, np.nan)).pipe(orient)
    front = [name for name in placed.columns if name not in SCORED_COLUMNS]
    effects = pd.DataFrame(values, columns=effect_columns(ensemble.populations))
    return pd.concat([results[[*front, *SCORED_COLUMNS]], effects], axis=1, copy=False)  # type: ignore[call-overload]

"""Scoring variants with the models that never saw the gene."""

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.mutagenesis import EFFECT
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES, COMPLEMENT
from scx_core.variants.placing import place_variants
from scx_core.variants.sites import Sites, predict_sites

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble

SPREAD: Final = "spread: "
_RESULTS: Final = (
    "gene_id", "gene_name", "strand", "relative_to_tss", "region", "genome_reference",
    "substitution", "given", "alleles", "fold", "runs", "largest_effect", "largest_population",
    "given_effect", "reason",
)  # fmt: skip


def score_variants(
    ensemble: "Ensemble", dataset: Dataset, table: pd.DataFrame, progress: Progress = no_progress
) -> pd.DataFrame:
    """Give the effects of all three substitutions at each variant, or the reason why not.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    table : DataFrame
        From `read_variants`; at least ``chromosome`` and ``position`` (1-based). Every input row
        comes out.
    progress : Progress

    Returns
    -------
    DataFrame
        The input's columns (one that bears a result's name is renamed ``NAME (given)``), then
        ``gene_id, gene_name, strand, relative_to_tss`` (bp, negative is
        upstream), ``region`` (cCREs), ``genome_reference`` and ``substitution`` (plus strand),
        ``given`` (the substitution is the one of the file), ``alleles`` (how the file's alleles
        agree with the genome; ``"swapped"``: the file's alternative is the genome's letter),
        ``fold, runs, largest_effect, largest_population``; ``given_effect``, the effect in that
        population as the file's alleles have it (alternative − reference); then for each
        population ``effect: NAME`` (predicted(substitution) − predicted(genome's letter), log10
        units, mean over runs) and ``spread: NAME`` (standard deviation over runs); ``reason``
        where a row could not be scored.
    """
    ensemble.check_dataset(dataset)
    table = _complete(table, ensemble.populations)
    placed = place_variants(dataset, table)
    scored = _score_genes(ensemble, dataset, placed[placed["reason"] == ""], progress)
    unscored = placed[placed["reason"] != ""][["row", "gene_id", "region", "alleles", "reason"]]
    results = pd.concat([scored, unscored], ignore_index=True)
    results["gene_id"] = results["gene_id"].astype(object).fillna("").astype(str)
    genes = dataset.genes[["gene_name", "strand"]].astype(str)
    results = results.join(genes, on="gene_id")
    merged = table.merge(results, on="row", how="left")
    text = ["gene_id", "gene_name", "strand", "region", "reason", "substitution", "alleles",
            "genome_reference", "largest_population"]  # fmt: skip
    for name in text:
        merged[name] = merged[name].fillna("") if name in merged else ""
    return merged[_ordered(merged, table, ensemble.populations)]


def _complete(table: pd.DataFrame, populations: tuple[str, ...]) -> pd.DataFrame:
    """Add what is missing; let a user's column that bears a result's name step aside."""
    for name in ("chromosome", "position"):
        if name not in table:
            raise ScxError(f"The table of variants needs a column {name!r}.")
    results = {*_RESULTS, *_effect_columns(populations)}
    table = table.rename(columns={name: f"{name} (given)" for name in table if name in results})
    if "row" not in table:
        table.insert(0, "row", range(1, len(table) + 1))
    for name in ("reference", "alternative"):
        if name not in table:
            table[name] = ""
    return table


def _score_genes(
    ensemble: "Ensemble", dataset: Dataset, placed: pd.DataFrame, progress: Progress
) -> pd.DataFrame:
    """Three rows for each placed row, genes in order of appearance; one with the reason if not."""
    if placed.empty:
        return pd.DataFrame({"row": []})
    kept = ["row", "gene_id", "region", "alleles"]
    fold_of_gene, reasons = _find_folds(ensemble, placed["gene_id"].unique())
    known = placed["gene_id"].isin(list(fold_of_gene))
    refused = placed.loc[~known, kept]
    refused = refused.assign(reason=refused["gene_id"].map(reasons))
    numbers, genes = pd.factorize(placed.loc[known, "gene_id"])
    members = placed[known].iloc[np.argsort(numbers, kind="stable")]
    if members.empty:
        return refused
    sites = Sites.of(members, dataset)
    mean, spread = predict_sites(ensemble, dataset, sites, fold_of_gene, progress)
    minus = (dataset.genes.loc[genes, "strand"] == "-").to_numpy()
    records = _records(members, sites, minus[np.sort(numbers)], mean, spread, ensemble.populations)
    folds = records["gene_id"].map(fold_of_gene)
    records = records.assign(fold=folds, runs=ensemble.settings.runs)
    return pd.concat([records, refused], ignore_index=True) if len(refused) else records


def _find_folds(
    ensemble: "Ensemble", genes: NDArray[np.object_]
) -> tuple[dict[str, int], dict[str, str]]:
    """Test fold of each gene, and why the others have none."""
    folds, reasons = {}, {}
    for gene_id in genes:
        try:
            folds[gene_id] = ensemble.fold_of(gene_id)
        except ScxError as error:
            reasons[gene_id] = str(error).rstrip(".")
    return folds, reasons


def _records(
    members: pd.DataFrame,
    sites: Sites,
    minus: NDArray[np.bool_],
    mean: NDArray[np.float32],
    spread: NDArray[np.float32],
    populations: tuple[str, ...],
) -> pd.DataFrame:
    """Give the three substitutions of each member, with ``minus`` for genes on that strand."""
    letters = np.array(list(BASES))
    # On the gene's strand the bases are in ACGT order; people see the plus strand.
    on_plus = np.where(minus[:, None], COMPLEMENT[: len(BASES)], np.arange(len(BASES)))
    shown = letters[on_plus]
    member, base = np.nonzero(shown != members["genome_reference"].to_numpy(str)[:, None])
    effect = mean[sites.of_member[member], base].astype(np.float64)
    rows = members.iloc[member].reset_index(drop=True)
    substitution = shown[member, base]
    given = substitution == rows["change"].to_numpy(str)
    largest = np.abs(effect).argmax(axis=1)
    largest_effect = effect[np.arange(len(effect)), largest]
    # The sign is turned where the file names the genome's letter as its alternative.
    sign = np.where(rows["alleles"] == "swapped", -1.0, 1.0)
    names = ["row", "gene_id", "relative_to_tss", "region", "genome_reference", "alleles"]
    described = rows[names].assign(
        substitution=substitution,
        given=given,
        given_effect=np.where(given, sign * largest_effect, np.nan),
        largest_effect=largest_effect,
        largest_population=np.array(populations, dtype=object)[largest],
        reason="",
    )
    spreads = spread[sites.of_member[member], base].astype(np.float64)
    values = pd.DataFrame(np.hstack([effect, spreads]), columns=_effect_columns(populations))
    return pd.concat([described, values], axis=1)


def _effect_columns(populations: tuple[str, ...]) -> list[str]:
    return [EFFECT + name for name in populations] + [SPREAD + name for name in populations]


def _ordered(merged: pd.DataFrame, table: pd.DataFrame, populations: tuple[str, ...]) -> list[str]:
    wanted = [*table.columns, *_RESULTS, *_effect_columns(populations)]
    for name in wanted:
        if name not in merged:
            merged[name] = np.nan
    return wanted

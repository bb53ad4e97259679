"""Scoring variants with the models that never saw the gene."""

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.mutagenesis import EFFECT, spread_over_runs, substitute
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES, COMPLEMENT
from scx_core.variants.placing import place_variants

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
    parts = []
    groups = placed.groupby("gene_id", sort=False)
    for done, (gene_id, members) in enumerate(groups):
        progress(done / len(groups), f"Scoring gene {done + 1:,} of {len(groups):,}")
        try:
            parts.append(_score_gene(ensemble, dataset, str(gene_id), members))
        except ScxError as error:
            parts.append(members[["row", "gene_id", "region", "alleles"]].assign(reason=str(error)))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"row": []})


def _score_gene(
    ensemble: "Ensemble", dataset: Dataset, gene_id: str, members: pd.DataFrame
) -> pd.DataFrame:
    fold = ensemble.fold_of(gene_id)
    runs = ensemble.load_fold(fold)
    row = dataset.row_of(gene_id)
    codes = np.array(dataset.windows[row])
    half_life = dataset.half_life[list(ensemble.config.half_life)].to_numpy()[row]
    indices = np.unique(members["index"].to_numpy(np.int64))
    effects = substitute(runs, codes, half_life, indices)
    mean, spread = effects.mean(axis=0), spread_over_runs(effects)
    minus = dataset.genes.loc[gene_id, "strand"] == "-"
    records = []
    for member in members.to_dict("records"):
        site = int(np.searchsorted(indices, member["index"]))
        for base in range(len(BASES)):
            plus_base = int(COMPLEMENT[base]) if minus else base
            letter = BASES[plus_base]
            if letter == member["genome_reference"]:
                continue
            records.append(
                _record(member, letter, mean[site, base], spread[site, base], ensemble.populations)
                | {"fold": fold, "runs": len(runs)}
            )
    return pd.DataFrame.from_records(records)


def _record(
    member: Mapping[Hashable, object],
    letter: str,
    effect: NDArray[np.float64],
    spread: NDArray[np.float64],
    populations: tuple[str, ...],
) -> dict[str, object]:
    largest = int(np.abs(effect).argmax())
    given = letter == member["change"]
    values = np.concatenate([effect, spread])
    return {
        "row": member["row"],
        "gene_id": member["gene_id"],
        "relative_to_tss": member["relative_to_tss"],
        "region": member["region"],
        "genome_reference": member["genome_reference"],
        "substitution": letter,
        "given": given,
        "given_effect": _given_effect(given, str(member["alleles"]), float(effect[largest])),
        "alleles": member["alleles"],
        "largest_effect": effect[largest],
        "largest_population": populations[largest],
        "reason": "",
        **dict(zip(_effect_columns(populations), values, strict=True)),
    }


def _given_effect(given: bool, alleles: str, effect: float) -> float:
    """Turn the sign where the file names the genome's letter as its alternative."""
    if not given:
        return float("nan")
    return -effect if alleles == "swapped" else effect


def _effect_columns(populations: tuple[str, ...]) -> list[str]:
    return [EFFECT + name for name in populations] + [SPREAD + name for name in populations]


def _ordered(merged: pd.DataFrame, table: pd.DataFrame, populations: tuple[str, ...]) -> list[str]:
    wanted = [*table.columns, *_RESULTS, *_effect_columns(populations)]
    for name in wanted:
        if name not in merged:
            merged[name] = np.nan
    return wanted

"""Saturation mutagenesis of a set of genes, gene by gene, in full precision.

A folder ``results/<name>``::

    effects/ENSG00000100346.npz   of each gene: effects, spread, wild_type, codes, …
    summary.tsv                   gene x population: wild type, strongest effects and where
    result.json                   what was asked for, and provenance

For all genes of a dataset an atlas takes a tenth of the room (see `scx_core.atlas`).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted, join_some
from scx_core.mutagenesis import Effects
from scx_core.progress import Progress, no_progress, part_of
from scx_core.provenance import provenance
from scx_core.resumable import resumable_directory
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, UNKNOWN
from scx_core.store import damage_as_sentence, require_space, write_json

#: Bytes of an effect with its spread, before compression.
_BYTES: Final = 8


def mutate_gene_set(
    ensemble: Ensemble,
    dataset: Dataset,
    path: Path,
    *,
    genes: Sequence[str] | None = None,
    populations: Sequence[str] | None = None,
    progress: Progress = no_progress,
) -> None:
    """Predict every substitution in the windows of genes, by models that never saw them.

    What was stopped goes on: genes that were finished are not computed again.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    path : Path
        Folder of the result; must not exist.
    genes : sequence of str, optional
        Ids or symbols; all genes of the trained folds if not given.
    populations : sequence of str, optional
        Populations of the model; all if not given.
    progress : Progress
        May raise to cancel. One gene at a time is in memory.

    Raises
    ------
    ScxError
        If the model does not fit, a gene or population is unknown, the disk is too small, or a
        result of that name exists.
    """
    ids = _choose_genes(ensemble, dataset, genes)
    names = _choose_populations(ensemble, populations)
    spec: dict[str, Any] = {
        "kind": "ism",
        "model": ensemble.name,
        "model_digest": ensemble.digest,
        "dataset": dataset.name,
        "dataset_digest": dataset.digest,
        "runs": ensemble.runs_by_fold,
        "populations": names,
        "genes": ids,
        "unit": "log10 pseudobulk, substituted minus wild type, gene's strand",
    }

    def begin(work: Path) -> None:
        per_gene = dataset.windows.shape[1] * len(BASES) * len(names) * _BYTES
        require_space(work, len(ids) * per_gene)
        (work / "effects").mkdir()

    with resumable_directory(path, "result", spec, begin) as work:
        rows = []
        for number, gene_id in enumerate(ids):
            step = part_of(progress, number / len(ids), (number + 1) / len(ids))
            step(0.0, f"Gene {number + 1:,} of {len(ids):,}")
            file = gene_file(work, gene_id)
            if not file.exists():
                effects = ensemble.saturation_mutagenesis(dataset, gene_id, step)
                _store(effects, names, file)
            rows.append(_summarise(file, gene_id, str(dataset.genes.loc[gene_id, "gene_name"])))
        pd.concat(rows).to_csv(work / "summary.tsv", sep="\t", index=False)
        made = provenance({}, spec, ensemble.settings.seed)
        write_json(work / "result.json", {**spec, "provenance": made})
    progress(1.0, f"Mutated {counted(len(ids), 'gene')}")


def gene_file(folder: Path, gene_id: str) -> Path:
    """File of a gene's effects; ids are any text, so unusual letters are written as %XX."""
    return folder / "effects" / f"{quote(gene_id, safe='')}.npz"


def _choose_genes(ensemble: Ensemble, dataset: Dataset, genes: Sequence[str] | None) -> list[str]:
    ensemble.check_dataset(dataset)
    if not ensemble.config.stages:
        raise ScxError(
            f"The model {ensemble.name!r} reads half-life features alone; no letter has an effect. "
            "Choose a model that reads sequence."
        )
    if genes is None:
        return list(ensemble.folds.index[ensemble.folds.isin(ensemble.trained_folds)])
    ids = list(dict.fromkeys(dataset.find_gene(text) for text in genes))
    if not ids:
        raise ScxError("The set of genes is empty; name at least one gene, or 'all'.")
    for gene_id in ids:  # refuse before the first hour, not after it
        ensemble.fold_of(gene_id)
    return ids


def _choose_populations(ensemble: Ensemble, populations: Sequence[str] | None) -> list[str]:
    wanted = list(ensemble.populations if populations is None else dict.fromkeys(populations))
    unknown = [name for name in wanted if name not in ensemble.populations]
    if unknown or not wanted:
        raise ScxError(
            f"The model {ensemble.name!r} does not predict {join_some(unknown) or 'nothing'}; "
            f"choose among {join_some(ensemble.populations)}."
        )
    return wanted


def _store(effects: Effects, names: Sequence[str], file: Path) -> None:
    """Write one gene whole: a file that is there is finished."""
    columns = [effects.populations.index(name) for name in names]
    temporary = file.with_name(f".{file.name}")
    np.savez_compressed(
        temporary,
        effects=effects.values[:, :, columns],  # noqa: PD011, an array
        spread=effects.spread[:, :, columns],
        wild_type=effects.wild_type[columns],
        codes=effects.codes,
        positions=effects.positions,
        genome_positions=effects.genome_positions,
        chromosome=np.array(effects.chromosome),
        strand=np.array(effects.strand),
        fold=np.array(effects.fold),
        populations=np.array(names),
    )
    temporary.replace(file)


def _summarise(file: Path, gene_id: str, gene_name: str) -> pd.DataFrame:
    """For each population: wild type, the largest decrease and increase with their places."""
    with damage_as_sentence(file, "delete the file and resume"), np.load(file) as stored:
        values, codes = stored["effects"], stored["codes"]
        positions, on_genome = stored["positions"], stored["genome_positions"]
        known = codes != UNKNOWN  # N has no substitutions
        flat = np.where(known[:, None, None], values, 0).reshape(-1, values.shape[2])
        n_changes = 3 * int((codes < len(BASES)).sum()) + 4 * int((codes > UNKNOWN).sum())
        table = pd.DataFrame(
            {
                "gene_id": gene_id,
                "gene_name": gene_name,
                "chromosome": str(stored["chromosome"]),
                "strand": str(stored["strand"]),
                "fold": int(stored["fold"]),
                "population": stored["populations"],
                "wild_type": stored["wild_type"],
                "mean_absolute_effect": np.abs(flat).sum(axis=0) / max(n_changes, 1),
            }
        )
        for name, places in (("decrease", flat.argmin(axis=0)), ("increase", flat.argmax(axis=0))):
            table[f"largest_{name}"] = flat[places, np.arange(flat.shape[1])]
            table[f"{name}_relative_to_tss"] = positions[places // len(BASES)]
            table[f"{name}_position"] = on_genome[places // len(BASES)]
            table[f"{name}_substitution"] = _name_changes(codes, places)
        return table


def _name_changes(codes: NDArray[np.uint8], places: NDArray[np.intp]) -> list[str]:
    """Name substitutions on the gene's strand, as ``A>C``; empty where nothing has an effect."""
    found = [
        (CODE_LETTERS[codes[place // len(BASES)]], BASES[place % len(BASES)]) for place in places
    ]
    return ["" if before in (after, "N") else f"{before}>{after}" for before, after in found]

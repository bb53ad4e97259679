"""How a model was made, in words that can go into a paper.

Every number is read from the model and its dataset; what they do not tell is left out.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from scx_core.annotation import DEFINITIONS
from scx_core.annotation.cage import CAGE_DISTANCE, CAGE_RULE
from scx_core.citations import ADAM, HYBRID, REFERENCES
from scx_core.dataset import MEDIAN_LEVEL, Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import counted, join_some
from scx_core.evaluate import KMER, KMER_REACH
from scx_core.training.families import DOWNSTREAM, UPSTREAM
from scx_core.training.fit import COLLAPSED_BELOW, DEAD_BELOW, JUDGE_FROM_EPOCH
from scx_core.training.folds import PUBLISHED_FOLD_SEED, split_fold
from scx_core.training.network_words import describe_network
from scx_core.training.released_words import (
    is_released,
    released_data,
    released_fitting,
    released_runs,
)

_INPUTS: Final[Mapping[str, str]] = {
    "genome": "The genome was read from",
    "annotation": "Genes were read from the annotation",
    "canonical": "Transcripts were preferred as listed in",
    "features": "Half-life features were read from the table",
}
_NORMALISATIONS: Final[Mapping[str, str]] = {
    "cpm": "normalised to counts per million",
    "cp10k": "normalised to counts per 10,000",
    "tpm": "normalised to transcripts per million",
    "none": "taken as given, without further normalisation",
}
_BASELINES: Final[Mapping[str, str]] = {
    "kmer_ridge": f"ridge regression on the counts of {KMER}-mers within {KMER_REACH:,} bp of the TSS",
    "half_life_ridge": "ridge regression on the half-life features",
    "population_mean": "predicting every gene as the mean of each population over the other genes",
}


def methods_paragraph(ensemble: Ensemble, dataset: Dataset | None = None) -> str:
    """Tell how a model was made, trained and judged, for the methods of a paper.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset, optional
        The one the model was trained on: then genome, annotation and pseudobulk are told, too.

    Returns
    -------
    str
        Paragraphs of plain text (data; model; training; cross-validation; result; software) and the
        references, parted by empty lines.

    Raises
    ------
    ScxError
        If the dataset is another one, or a file of the model is damaged.
    """
    if dataset is not None:
        ensemble.check_dataset(dataset)
    paragraphs = [
        " ".join(_data(ensemble, dataset)),
        " ".join(
            describe_network(
                ensemble.config,
                ensemble.metadata["family"],
                "z-score" if is_released(ensemble) else "log10",
            )
        ),
        " ".join((released_fitting if is_released(ensemble) else _fitting)(ensemble)),
        " ".join(_cross_validation(ensemble)),
        " ".join(_result(ensemble)),
        " ".join(_software(ensemble)),
    ]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    cited = [full for short, full in REFERENCES.items() if short in text]
    return "\n\n".join([text, "References\n" + "\n".join(cited)])


def _data(ensemble: Ensemble, dataset: Dataset | None) -> Iterator[str]:
    populations = counted(len(ensemble.populations), "cell population")
    level = "" if ensemble.level == "population" else f" (level: {ensemble.level})"
    assembly = f" of the assembly {dataset.metadata['assembly']}" if dataset is not None else ""
    yield (
        f"The expression of {counted(len(ensemble.fold_table), 'gene')} in {populations}{level} was "
        f"predicted from the genomic sequence{assembly} around their transcription start sites (TSS)."
    )
    if ensemble.metadata.get("synthetic"):
        yield "All data are synthetic."
    if dataset is not None:
        yield from _annotation(dataset)
        if is_released(ensemble):
            yield from released_data(dataset)
        else:
            yield from _pseudobulk(ensemble, dataset)
        yield f"Content of the dataset (SHA-256): {dataset.digest}."


def _annotation(dataset: Dataset) -> Iterator[str]:
    for use, what in _INPUTS.items():
        files = _files(dataset, use)
        if files:
            yield f"{what} {files}."
    rules = dataset.genes["transcript_rule"].astype(str).value_counts()
    if len(rules) == 1:
        yield f"The transcript that stands for a gene was chosen by one rule: {rules.index[0]}."
    elif len(rules):
        told = join_some([f"{rule} ({n:,} genes)" for rule, n in rules.items()], 9)
        yield f"The transcript that stands for a gene was chosen by the first rule that applied: {told}."
    if dataset.half_life_features:
        name = dataset.half_life_definition
        yield f"Half-life features follow the definition {name!r}: {DEFINITIONS.get(name, name)}."
    if cage := _files(dataset, "cage"):
        rules_with = int(dataset.genes["transcript_rule"].astype(str).str.endswith(CAGE_RULE).sum())
        distance = _request(dataset).get("cage_distance", CAGE_DISTANCE)
        yield (
            f"{counted(rules_with, 'TSS was', 'TSSs were')} put at the summit of the strongest CAGE "
            f"peak within {distance:,} bp on the strand of the gene ({cage})."
        )
    if len(dataset.dropped):
        yield f"{counted(len(dataset.dropped), 'gene or name was', 'genes or names were')} left out."


def _pseudobulk(ensemble: Ensemble, dataset: Dataset) -> Iterator[str]:
    request = _request(dataset)
    files = _files(dataset, "expression")
    how = [_NORMALISATIONS.get(str(dataset.metadata["normalisation"]), "")]
    if request.get("log1p"):
        how.insert(0, "freed from their logarithm (log1p)")
    read = f" were read from {files}," if files else " were"
    yield f"Expression values{read} {' and '.join(part for part in how if part)}."
    averaged = "averaged over the cells of each population" if request.get("levels") else ""
    floor, offset = dataset.metadata["floor"], dataset.metadata.get("offset", 0.0)
    how_log = f"log10(x + {_number(offset)})" if offset else "log10 without a pseudocount"
    unseen = (
        ""
        if offset
        else "; genes that were never seen in a population were set to " + _number(floor)
    )
    parts = [averaged, f"transformed by {how_log}"]
    yield f"They were {' and '.join(part for part in parts if part)}{unseen}."
    if ensemble.level == MEDIAN_LEVEL:
        yield "The median was taken over the finest populations, gene by gene, before the logarithm."
    cells = dataset.populations.loc[list(ensemble.populations), "n_cells"].astype(float)
    if cells.notna().all():
        yield f"A population holds {_range(cells.astype(int))} cells, {int(cells.sum()):,} in all."


def _request(dataset: Dataset) -> Mapping[str, Any]:
    """Parameters of the import, as far as they are known."""
    return dataset.metadata["provenance"].get("parameters", {})


def _files(dataset: Dataset, use: str) -> str:
    """Name the input files of one use, with the beginning of their digests."""
    inputs = dataset.metadata["provenance"].get("inputs", {})
    found = [
        f"{note['file']} (SHA-256 {note['sha256'][:12]}…)"
        for name, note in inputs.items()
        if name == use or name.startswith(f"{use}/")
    ]
    return join_some(found, 3)


def _fitting(ensemble: Ensemble) -> Iterator[str]:
    settings = ensemble.settings
    yield (
        "Expression was z-scored in each population with the mean and the standard deviation over the "
        "training genes; predictions are given in log10 units again."
    )
    yield (
        f"Networks were trained for {counted(settings.epochs, 'epoch')} with Adam ({ADAM}) in batches "
        f"of {counted(settings.batch_size, 'gene')}, at a learning rate of "
        f"{settings.learning_rate:g} that was multiplied by {settings.learning_rate_factor:g} whenever "
        "the validation loss had not fallen by 0.01 % of its lowest value for more than "
        f"{counted(settings.patience, 'epoch')}."
    )
    yield _loss(ensemble)
    yield "The weights of the epoch with the lowest validation loss were kept."


def _loss(ensemble: Ensemble) -> str:
    settings = ensemble.settings
    if settings.loss == "mse":
        return "The loss is the mean squared error of the z-scored expression."
    return (
        f"The loss is the hybrid α·(1 − r) + β·MSE ({HYBRID}) with α = {settings.alpha:g} and β = "
        f"{settings.beta:g}, where r is the Pearson correlation of a gene's observed and predicted "
        "z-scored expression across populations, averaged over genes, and MSE their mean squared error."
    )


def _cross_validation(ensemble: Ensemble) -> Iterator[str]:
    settings = ensemble.settings
    n_folds = int(ensemble.folds.nunique())
    yield _split(ensemble, n_folds)
    trained = ensemble.trained_folds
    if len(trained) < n_folds:
        groups = ensemble.fold_table.drop_duplicates("fold").set_index("fold")["group"]
        names = join_some([groups.loc[fold] for fold in trained], 30)
        yield f"Models were trained for {len(trained)} of the {n_folds} folds ({names})."
    yield _genes_of_folds(ensemble)
    if is_released(ensemble):
        yield from released_runs(ensemble)
        return
    if settings.runs > 1:
        combined = (
            "and the one with the lowest validation loss alone was kept to predict"
            if settings.combine == "best"
            else "and their predictions were averaged"
        )
        yield (
            f"For each fold {settings.runs} networks were trained that differ in the random seed of "
            f"their initial weights, dropout and batches (derived from the seed {settings.seed}, fold "
            f"and run), {combined}."
        )
    else:
        yield (
            "For each fold one network was trained; the seed of its initial weights, dropout and "
            f"batches is derived from the seed {settings.seed} and the fold."
        )
    yield from _collapsed(ensemble)


def _split(ensemble: Ensemble, n_folds: int) -> str:
    split = ensemble.settings.split
    if split == "chromosome":
        return (
            f"The genes of each of {n_folds} chromosomes were one fold, predicted by models trained on "
            "the other chromosomes."
        )
    if split == "family":
        return (
            f"Genes were split into {n_folds} folds of whole gene families ({_families(ensemble)}), so "
            "that no relative of a test gene was seen in training; each gene is in exactly one test set."
        )
    return (
        f"Genes were split at random into {n_folds} folds (scikit-learn's KFold with shuffling, random "
        f"state {PUBLISHED_FOLD_SEED}); each gene is in exactly one test set."
    )


def _families(ensemble: Ensemble) -> str:
    number = counted(ensemble.fold_table["family"].nunique(), "family", "families")
    if ensemble.settings.families:
        return f"{number}, given in the table {Path(ensemble.settings.families).name}"
    return (
        f"{number}, derived from similar sequence between {UPSTREAM:,} bp upstream and {DOWNSTREAM:,} "
        "bp downstream of the TSS"
    )


def _genes_of_folds(ensemble: Ensemble) -> str:
    splits = [
        split_fold(ensemble.fold_table, fold, ensemble.settings.n_validation)
        for fold in ensemble.trained_folds
    ]
    training = _range([len(split.training) for split in splits])
    validation = _range([len(split.validation) for split in splits])
    test = _range([len(split.test) for split in splits])
    drawn = "in whole families drawn" if ensemble.settings.split == "family" else "drawn"
    return (
        f"Of the genes outside a test set, {validation} {drawn} at random (seeded by the number of the "
        f"fold) served for validation and {training} for training; a test set has {test} genes."
    )


def _range(numbers: Iterable[int]) -> str:
    listed = list(numbers)
    low, high = min(listed), max(listed)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _collapsed(ensemble: Ensemble) -> Iterator[str]:
    settings = ensemble.settings
    restarted = ensemble.metadata.get("collapsed_runs_restarted")
    if settings.max_restarts:
        happened = f"; this happened {counted(restarted, 'time')}" if restarted is not None else ""
        judged = settings.epochs >= JUDGE_FROM_EPOCH
        when = f"after epoch {JUDGE_FROM_EPOCH} or at the end" if judged else "at the end"
        yield (
            f"A network whose predictions {when} were almost constant (standard deviation over the "
            f"validation genes below {COLLAPSED_BELOW if judged else DEAD_BELOW:g} in "
            "z-scored units, median over populations) was trained anew with another seed, at most "
            f"{counted(settings.max_restarts, 'time')}{happened}."
        )
    left = ensemble.metadata.get("runs_still_collapsed")
    if left:
        averaged = (
            ""
            if settings.combine == "best"
            else (f" and {'is' if left == 1 else 'are'} part of the average")
        )
        yield f"{counted(left, 'network', 'networks')} remained almost constant{averaged}."


def _result(ensemble: Ensemble) -> Iterator[str]:
    metrics = ensemble.metrics
    populations = counted(len(metrics), "population")
    yield (
        "Each gene was predicted only by networks that had not seen it in training or validation."
    )
    r = _median(metrics["pearson"])
    if r is not None:
        found = {
            name: _median(metrics[f"pearson_{name}"])
            for name in _BASELINES
            if f"pearson_{name}" in metrics
        }
        ranks = _median(metrics["spearman"])
        spearman = f" (Spearman: {_number(ranks, 3)})" if ranks is not None else ""
        yield (
            f"Over {counted(int(metrics['n'].max()), 'gene')}, the Pearson correlation of predicted and "
            f"observed log10 expression has a median of {_number(r, 3)} over {populations}"
            f"{spearman}{_beside(found)}."
        )
        yield from _penalties(ensemble)
    else:
        yield (
            "No correlation over genes is defined: the predictions, or the observed values, of every "
            "population are the same for all genes."
        )
    across = dict(ensemble.metadata.get("median_pearson_across_populations", {}))
    r = across.pop("model", None)
    if r is not None:
        yield (
            f"Within genes, across {populations}, the median correlation is {_number(r, 3)}"
            f"{_beside(across)}."
        )


def _median(values: pd.Series) -> float | None:
    """Median of what is a number; None where nothing is."""
    known = values.dropna()
    return float(known.median()) if len(known) else None


def _beside(found: Mapping[str, float | None]) -> str:
    """Say what the baselines reach, trained and tested on the same folds."""
    told = [
        f"{_number(value, 3)} for {_BASELINES[name]}"
        for name, value in found.items()
        if name in _BASELINES and value is not None
    ]
    listed = " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)
    return f"; on the same folds, it is {listed}" if told else ""


def _penalties(ensemble: Ensemble) -> Iterator[str]:
    """Say how the penalties of the ridge regressions came about."""
    by_name: Mapping[str, Mapping[str, float]] = ensemble.metadata.get("ridge_penalties", {})
    found = [value for by_fold in by_name.values() for value in by_fold.values()]
    if found:
        low, high = min(found), max(found)
        listed = f"{low:,.0f}" if low == high else f"{low:,.0f} to {high:,.0f}"
        yield (
            "The penalty of each ridge regression on standardised features was chosen without its "
            "test genes: of thirteen from 1 to 10⁶, the smallest whose median correlation on the genes "
            f"of another fold is within 1 % of the highest ({listed})."
        )
    elif any(f"pearson_{name}_ridge" in ensemble.metrics for name in ("kmer", "half_life")):
        yield "The penalty of the ridge regressions was 100, not tuned."


def _software(ensemble: Ensemble) -> Iterator[str]:
    made = ensemble.metadata.get("provenance", {})
    names = {"torch": "PyTorch", "numpy": "NumPy", "anndata": "AnnData"}
    versions = [f"Python {made['python']}"] if "python" in made else []
    versions += [
        f"{names.get(name, name)} {version}" for name, version in made.get("packages", {}).items()
    ]
    code = f"scX Explorer {made['code_version']}" if "code_version" in made else "scX Explorer"
    with_ = f" ({', '.join(versions)})" if versions else ""
    device = "CPU" if ensemble.settings.device == "cpu" else "GPU (CUDA)"
    done = "Predictions were made" if is_released(ensemble) else "Models were trained"
    yield (
        f"{done} with {code}{with_} on a {device}. Digest of dataset and weights (SHA-256): "
        f"{ensemble.digest}."
    )


def _number(value: float, digits: int | None = None) -> str:
    """Write a number with a real minus."""
    return (f"{value:g}" if digits is None else f"{value:.{digits}f}").replace("-", "−")

"""Models that learned one dataset on the genes of another, such as of another species."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted, join_some
from scx_core.evaluate import evaluate, pearson_interval, spearman_interval
from scx_core.progress import Progress, no_progress

Reals = NDArray[np.float64]
#: How half-life features of the other dataset are brought to z-scores, and what that means.
HALF_LIFE: Final[Mapping[str, str]] = {
    "own": "by the mean and spread of the other dataset's own genes",
    "trained": "by the mean and spread of the genes that the models were trained on",
    "mean": "not used: all at the mean",
}
_BATCH: Final = 64
#: A correlation of fewer genes says nothing.
FEWEST: Final = 3


@dataclass(frozen=True)
class CrossSpecies:
    """Predictions of another dataset's genes, beside its expression.

    Attributes
    ----------
    table : DataFrame
        By population of the model: ``other`` (population of the dataset), ``n`` (genes),
        ``pearson, pearson_low, pearson_high, spearman, spearman_low, spearman_high`` (95 %, Fisher).
    predicted : DataFrame, genes x populations of the model, log10
        Mean over the models used; without genes that no model may predict.
    observed : DataFrame, genes x populations of the model, log10
        Expression of the population that each is held against.
    statements : tuple of str
        What was done, and what to bear in mind.
    """

    table: pd.DataFrame
    predicted: pd.DataFrame
    observed: pd.DataFrame
    statements: tuple[str, ...]


def match_populations(ensemble: Ensemble, dataset: Dataset) -> dict[str, str]:
    """Give the population of a dataset for each of a model's by the same name, in any case."""
    by_name: dict[str, str] = {}
    for name in dataset.populations.index:
        by_name.setdefault(str(name).strip().casefold(), str(name))
    return {
        name: by_name[name.strip().casefold()]
        for name in ensemble.populations
        if name.strip().casefold() in by_name
    }


def cross_species(
    ensemble: Ensemble,
    dataset: Dataset,
    mapping: Mapping[str, str] | None = None,
    *,
    half_life: str = "own",
    folds: Sequence[int] | None = None,
    progress: Progress = no_progress,
) -> CrossSpecies:
    """Predict the genes of another dataset and correlate with its expression.

    Genes that the model was trained on, by their id, are predicted by the models of their own test
    fold, which never saw them; all others by the models of `folds`.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        Another than the one the model was trained on; its window holds the model's.
    mapping : mapping, optional
        Population of the dataset by population of the model; those of the same name if not given.
    half_life : "own", "trained" or "mean"
        How half-life features are brought to z-scores; see `HALF_LIFE`.
    folds : sequence of int, optional
        Folds whose models are averaged for genes unknown to the model; the first trained one if
        not given.
    progress : Progress
        May raise to cancel.

    Raises
    ------
    ScxError
        If the dataset is the model's own, its window is too short, it lacks half-life features, or
        no population matches.

    Notes
    -----
    Source: Agarwal & Shendure, Cell Reports 2020, Figure 2.
    """
    if dataset.digest == ensemble.dataset_digest:
        raise ScxError(
            f"The model {ensemble.name!r} was trained on {dataset.name!r} itself; its out-of-fold "
            "predictions are on the Predictions page. Choose another dataset."
        )
    pairs = _pairs(ensemble, dataset, mapping)
    used = _folds(ensemble, folds)
    codes = _windows(ensemble, dataset)
    features = _features(ensemble, dataset, half_life)
    models_of = _models_of_genes(ensemble, dataset, used)
    total = np.zeros((len(codes), len(ensemble.populations)))
    counts = np.zeros(len(codes))
    for done, (fold, rows) in enumerate(models_of.items()):
        for run in ensemble.load_fold(fold):
            scaled = _scale(run.scaling, features, half_life)
            for start in range(0, len(rows), _BATCH):
                progress(
                    (done + start / len(rows)) / len(models_of),
                    f"Predicting {len(rows):,} genes by the models of fold {fold}",
                )
                part = rows[start : start + _BATCH]
                total[part] += run.scaling.unscale_targets(
                    run.forward(np.ascontiguousarray(codes[part]), scaled[part])
                )
            counts[rows] += 1
    tested = counts > 0
    if tested.sum() < FEWEST:
        raise ScxError(
            f"All genes of {dataset.name!r} were in the training of {ensemble.name!r}, in folds that "
            "it has no models for; train those folds, or choose another dataset."
        )
    predicted = pd.DataFrame(
        total[tested] / counts[tested, None],
        index=dataset.genes.index[tested],
        columns=list(ensemble.populations),
    )[list(pairs)]
    observed = dataset.expression.loc[tested, list(pairs.values())].astype(np.float64)
    observed.columns = pd.Index(list(pairs))
    return CrossSpecies(
        _table(observed, predicted, pairs),
        predicted,
        observed,
        _tell(ensemble, dataset, half_life, used, pairs),
    )


def _pairs(
    ensemble: Ensemble, dataset: Dataset, mapping: Mapping[str, str] | None
) -> dict[str, str]:
    if mapping is None:
        pairs = match_populations(ensemble, dataset)
        if not pairs:
            raise ScxError(
                f"No population of {dataset.name!r} ({join_some(dataset.populations.index)}) has a "
                f"name of the model's ({join_some(ensemble.populations)}); say which belong "
                "together."
            )
        return pairs
    for names, known, what in (
        (mapping.keys(), ensemble.populations, f"the model {ensemble.name!r}"),
        (mapping.values(), dataset.populations.index, f"the dataset {dataset.name!r}"),
    ):
        missing = [name for name in names if name not in known]
        if missing:
            raise ScxError(
                f"{join_some(missing)} is no population of {what}; it has {join_some(known)}."
            )
    if not mapping:
        raise ScxError("No populations were paired; pair at least one.")
    return dict(mapping)


def _folds(ensemble: Ensemble, folds: Sequence[int] | None) -> tuple[int, ...]:
    used = ensemble.trained_folds[:1] if folds is None else tuple(dict.fromkeys(folds))
    missing = [fold for fold in used if fold not in ensemble.trained_folds]
    if missing or not used:
        raise ScxError(
            f"The model {ensemble.name!r} has no models of fold {join_some(missing)}; it has those "
            f"of {join_some(ensemble.trained_folds)}."
        )
    return used


def _models_of_genes(
    ensemble: Ensemble, dataset: Dataset, used: tuple[int, ...]
) -> dict[int, NDArray[np.int64]]:
    """Rows of the genes that the models of each fold predict.

    A gene that the model's own dataset holds under the same id is predicted by its test fold, which
    never saw it, and by none where that has no models; all others by the folds chosen.
    """
    fold_of = ensemble.folds.reindex(dataset.genes.index).to_numpy(np.float64)
    found: dict[int, NDArray[np.int64]] = {}
    for fold in ensemble.trained_folds:
        is_new = np.isnan(fold_of) & (fold in used)
        rows = np.flatnonzero(is_new | (fold_of == fold))
        if rows.size:
            found[fold] = rows
    return found


def _windows(ensemble: Ensemble, dataset: Dataset) -> NDArray[np.uint8]:
    """Cut the model's window out of the dataset's, around the same TSS."""
    up, down = ensemble.config.upstream, ensemble.config.downstream
    if up > dataset.upstream or down > dataset.downstream:
        raise ScxError(
            f"The model {ensemble.name!r} reads {up:,} + {down:,} bases around the TSS, the dataset "
            f"{dataset.name!r} holds {dataset.upstream:,} + {dataset.downstream:,}; import it with a "
            "longer window."
        )
    return dataset.windows[:, dataset.upstream - up : dataset.upstream + down]


def _features(ensemble: Ensemble, dataset: Dataset, half_life: str) -> Reals:
    if half_life not in HALF_LIFE:
        raise ScxError(f"half_life must be one of {', '.join(HALF_LIFE)}, not {half_life!r}.")
    names = list(ensemble.config.half_life)
    if half_life == "mean" or not names:
        return np.full((len(dataset.genes), len(names)), np.nan)
    missing = [
        name for name in names
        if name not in dataset.half_life or dataset.half_life[name].isna().all()
    ]  # fmt: skip
    if missing:
        raise ScxError(
            f"The dataset {dataset.name!r} has no {join_some(missing)}, which the model "
            f"{ensemble.name!r} reads; hold half-life features at the mean, or import the dataset "
            "with them."
        )
    return dataset.half_life[names].to_numpy(np.float64)


def _scale(scaling: Any, features: Reals, half_life: str) -> NDArray[np.float32]:
    """Bring features, shape (genes, features), to z-scores; unknown ones to the mean, 0."""
    if half_life != "own" or not features.shape[1]:
        return scaling.scale_half_life(features)
    spread = np.nanstd(features, axis=0)
    spread[spread == 0] = 1.0
    z = (features - np.nanmean(features, axis=0)) / spread
    return np.nan_to_num(z, nan=0.0).astype(np.float32)


def _table(
    observed: pd.DataFrame, predicted: pd.DataFrame, pairs: Mapping[str, str]
) -> pd.DataFrame:
    table = evaluate(observed, predicted)
    table.insert(0, "other", [pairs[name] for name in table.index])
    for name, interval in (("pearson", pearson_interval), ("spearman", spearman_interval)):
        ends = [interval(float(r), int(n)) for r, n in zip(table[name], table["n"], strict=True)]
        table[f"{name}_low"] = [low for low, _ in ends]
        table[f"{name}_high"] = [high for _, high in ends]
    order = [
        f"{name}{end}" for name in ("pearson", "spearman") for end in ("", "_low", "_high")
    ]  # fmt: skip
    return table[["other", "n", *order]]


def _tell(
    ensemble: Ensemble,
    dataset: Dataset,
    half_life: str,
    folds: tuple[int, ...],
    pairs: Mapping[str, str],
) -> tuple[str, ...]:
    shared = dataset.genes.index.isin(ensemble.folds.index)
    untested = shared & ~dataset.genes.index.isin(
        ensemble.folds.index[ensemble.folds.isin(ensemble.trained_folds)]
    )
    told = [
        f"{ensemble.name}, trained on {ensemble.dataset_name}, predicted "
        f"{counted(int((~untested).sum()), 'gene')} of {dataset.name}; "
        f"{counted(len(pairs), 'population is', 'populations are')} held against each other."
    ]
    if (~shared).any():
        told.append(
            f"{counted(int((~shared).sum()), 'gene')} that the model's own dataset does not name: by "
            f"the models of fold {join_some(folds)}. They were not shown to the models, but "
            "homologous ones may have been: related genes have related promoters and alike "
            "expression, so that part of the correlation may be memory."
        )
    if shared.any():
        told.append(
            f"{counted(int((shared & ~untested).sum()), 'gene')} that both datasets name: each by "
            "the models of its own test fold, which never saw it"
            + (
                f"; {untested.sum():,} left out, whose fold has no models."
                if untested.any()
                else "."
            )
        )
    if ensemble.config.half_life:
        told.append(
            f"Half-life features were brought to z-scores {HALF_LIFE[half_life]}."
            if half_life != "mean"
            else "Half-life features were held at the mean."
        )
        learned, given = ensemble.half_life_definition, dataset.half_life_definition
        if half_life != "mean" and learned != given:
            told.append(
                f"The model learned half-life features of the definition {learned!r}, those of the "
                f"dataset are {given!r}: import the dataset with --half-life {learned} for the same ones."
            )
    left = [name for name in ensemble.populations if name not in pairs]
    if left:
        told.append(f"Left out: {counted(len(left), 'population')} of the model without a partner.")
    return tuple(told)

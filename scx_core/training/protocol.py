"""Cross-validated training: folds x runs, written as they finish, whole at the end.

Training that was stopped goes on: a run that was finished is not trained again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from scx_core.dataset import Dataset
from scx_core.ensemble import FORMAT, Ensemble, run_path
from scx_core.errors import ScxError
from scx_core.evaluate import (
    correlate_across_populations,
    evaluate,
    kmer_counts,
    mean_out_of_fold,
    ridge_out_of_fold,
)
from scx_core.models import CNNConfig
from scx_core.progress import Progress, no_progress
from scx_core.provenance import provenance
from scx_core.resumable import refuse_existing, resumable_directory
from scx_core.store import read_json, write_json
from scx_core.trained import TrainedRun
from scx_core.training.data import TrainingData
from scx_core.training.fit import EpochRecord, fit_run
from scx_core.training.folds import choose_folds, make_folds, split_fold
from scx_core.training.settings import TrainingSettings

#: Called after each epoch with fold, run and what the epoch came to.
RunListener = Callable[[int, int, EpochRecord], None]
#: Share of the whole that training takes; the rest is evaluation.
_TRAINING_SHARE: Final = 0.95


@dataclass(frozen=True)
class _Plan:
    dataset: Dataset
    config: CNNConfig
    settings: TrainingSettings
    data: TrainingData
    folds: pd.DataFrame

    def units(self) -> list[tuple[int, int]]:
        return [(fold, run) for fold in self.settings.folds for run in range(self.settings.runs)]

    def spec(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "family": "cnn",
            "dataset": self.dataset.name,
            "dataset_digest": self.dataset.digest,
            "populations": list(self.data.populations),
            "config": self.config.to_dict(),
            "settings": self.settings.to_dict(),
        }


def train(
    dataset: Dataset,
    path: Path,
    config: CNNConfig,
    settings: TrainingSettings,
    *,
    fold_names: tuple[int | str, ...] = (),
    progress: Progress = no_progress,
    on_epoch: RunListener | None = None,
) -> Ensemble:
    """Train the models of some or all folds and evaluate them out of fold.

    Parameters
    ----------
    dataset : Dataset
    path : Path
        Folder of the new model; must not exist.
    config : CNNConfig
        Architecture; its outputs are the populations of ``settings.level``.
    settings : TrainingSettings
    fold_names : tuple of int or str
        Folds to train, by number or by name of the group (a chromosome); instead of
        ``settings.folds``.
    progress : Progress
        May raise to cancel; finished runs are kept for the next start.
    on_epoch : callable
        Told of each epoch.

    Raises
    ------
    ScxError
        If the settings do not fit the dataset, or the loss is no longer a number.
    """
    refuse_existing(path, "model")
    plan = _make_plan(dataset, config, settings, fold_names)
    with resumable_directory(path, "model", plan.spec()) as work:
        for done, (fold, run) in enumerate(plan.units()):
            if not run_path(work, fold, run).exists():
                _train_unit(work, plan, fold, run, done, progress, on_epoch)
        _evaluate(work, plan, progress)
    progress(1.0, "Finished")
    return Ensemble.open(path)


def _make_plan(
    dataset: Dataset,
    config: CNNConfig,
    settings: TrainingSettings,
    fold_names: tuple[int | str, ...],
) -> _Plan:
    if config.length != dataset.windows.shape[1] or config.upstream != dataset.upstream:
        raise ScxError(
            f"The architecture reads {config.upstream:,} + {config.downstream:,} bases, the dataset "
            f"{dataset.name!r} holds {dataset.upstream:,} + {dataset.downstream:,}; use its window."
        )
    _check_device(settings.device)
    data = TrainingData.of(dataset, settings.level, config.half_life)
    if config.n_outputs != len(data.populations):
        raise ScxError(
            f"The architecture has {config.n_outputs} outputs, the level {settings.level!r} "
            f"{len(data.populations)} populations; they must agree."
        )
    folds = make_folds(dataset.genes, settings)
    chosen = choose_folds(folds, fold_names or settings.folds)
    for fold in chosen:  # refuse before the first hour, not after it
        split_fold(folds, fold, settings.n_validation)
    return _Plan(dataset, config, replace(settings, folds=chosen), data, folds)


def _check_device(name: str) -> None:
    import torch

    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ScxError(f"Device {name!r} is unknown; choose cpu or cuda.") from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ScxError("There is no CUDA device on this machine; choose cpu.")
    if device.type not in ("cpu", "cuda"):
        raise ScxError(f"Device {name!r} is not supported; choose cpu or cuda.")


def _train_unit(
    work: Path,
    plan: _Plan,
    fold: int,
    run: int,
    done: int,
    progress: Progress,
    on_epoch: RunListener | None,
) -> None:
    n_units, settings = len(plan.units()), plan.settings
    label = f"Fold {fold}, run {run + 1} of {settings.runs}"

    def on_batch(epoch: int, fraction: float) -> None:
        unit = (epoch - 1 + fraction) / settings.epochs
        progress(
            _TRAINING_SHARE * (done + unit) / n_units,
            f"{label}, epoch {epoch} of {settings.epochs}",
        )

    fitted = fit_run(
        plan.config,
        plan.data,
        split_fold(plan.folds, fold, settings.n_validation),
        settings,
        (settings.seed, fold, run),
        lambda record: on_epoch(fold, run, record) if on_epoch else None,
        on_batch,
    )
    target = run_path(work, fold, run)
    target.parent.mkdir(exist_ok=True)
    write_json(
        target.with_suffix(".json"),
        {
            "collapsed": fitted.collapsed,
            "still_collapsed": fitted.still_collapsed,
            "history": [record.to_dict() for record in fitted.history],
        },
    )
    TrainedRun(fitted.model.cpu(), fitted.scaling).save(target)


def _evaluate(work: Path, plan: _Plan, progress: Progress) -> None:
    """Write folds, history, out-of-fold predictions and metrics beside the weights."""
    progress(_TRAINING_SHARE, "Predicting the test genes")
    fold_of_gene = plan.folds["fold"].to_numpy()
    tested = np.isin(fold_of_gene, plan.settings.folds)
    genes, populations = plan.dataset.genes.index[tested], list(plan.data.populations)
    predicted = pd.DataFrame(index=genes, columns=populations, dtype=np.float64)
    for fold in plan.settings.folds:
        rows = np.flatnonzero(fold_of_gene == fold)
        runs = [
            TrainedRun.load(run_path(work, fold, run), "cnn", plan.config)
            for run in range(plan.settings.runs)
        ]
        codes, half_life = plan.data.windows[rows], plan.data.half_life[rows]
        mean = np.mean([run.predict(codes, half_life) for run in runs], axis=0)
        predicted.loc[plan.dataset.genes.index[rows]] = mean
    true = pd.DataFrame(plan.data.targets[tested], index=genes, columns=populations)
    metrics = evaluate(true, predicted)
    across = {"model": correlate_across_populations(true, predicted).median()}
    for name, baseline in _baselines(plan, fold_of_gene).items():
        frame = pd.DataFrame(baseline[tested], index=genes, columns=populations)
        if name != "population_mean":  # constant across genes: no correlation to speak of
            metrics[f"pearson_{name}"] = evaluate(true, frame)["pearson"]
        across[name] = correlate_across_populations(true, frame).median()
    predicted.to_parquet(work / "predictions.parquet")
    metrics.to_csv(work / "metrics.tsv", sep="\t")
    plan.folds.to_csv(work / "folds.tsv", sep="\t", index_label="gene_id")
    history = _history(work, plan)
    history.to_csv(work / "history.tsv", sep="\t", index=False)
    _write_model_json(work, plan, across, metrics)


def _baselines(plan: _Plan, fold_of_gene: np.ndarray) -> dict[str, np.ndarray]:
    folds = plan.settings.folds
    targets = plan.data.targets
    features = {"kmer_ridge": kmer_counts(plan.data.windows, plan.dataset.upstream)}
    names = list(plan.dataset.half_life_features)
    if names:
        features["half_life_ridge"] = plan.dataset.half_life[names].to_numpy(np.float64)
    found = {
        name: ridge_out_of_fold(values, targets, fold_of_gene, folds)
        for name, values in features.items()
    }
    return found | {"population_mean": mean_out_of_fold(targets, fold_of_gene, folds)}


def _history(work: Path, plan: _Plan) -> pd.DataFrame:
    rows = []
    for fold, run in plan.units():
        stored = read_json(run_path(work, fold, run).with_suffix(".json"))
        rows += [{"fold": fold, "run": run, **record} for record in stored["history"]]
    return pd.DataFrame(rows)


def _write_model_json(
    work: Path, plan: _Plan, across: dict[str, float], metrics: pd.DataFrame
) -> None:
    stored = [read_json(run_path(work, *unit).with_suffix(".json")) for unit in plan.units()]
    write_json(
        work / "model.json",
        {
            **plan.spec(),
            "synthetic": bool(plan.dataset.metadata["synthetic"]),
            "collapsed_runs_restarted": sum(entry["collapsed"] for entry in stored),
            "runs_still_collapsed": sum(entry["still_collapsed"] for entry in stored),
            "median_pearson": _number(metrics["pearson"].median()),
            "median_pearson_across_populations": {
                name: _number(value) for name, value in across.items()
            },
            "provenance": provenance({}, plan.spec(), plan.settings.seed),
        },
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

"""The last step of a training: out-of-fold predictions and metrics beside the weights."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scx_core.ensemble import run_path
from scx_core.errors import counted, join_some
from scx_core.progress import Progress, part_of
from scx_core.provenance import provenance
from scx_core.store import read_json, write_json
from scx_core.trained import TrainedRun
from scx_core.training.judging import Judgement, judge
from scx_core.training.plan import FAMILY, Plan
from scx_core.training.unit import STOP


def finish_model(work: Path, plan: Plan, progress: Progress) -> None:
    """Write predictions, metrics, history and ``model.json`` beside the weights of all units.

    Parameters
    ----------
    work : Path
        Folder with the weights of every unit of the plan.
    plan : Plan
    progress : Progress
    """
    stored = {unit: _stored(work, *unit) for unit in plan.units()}
    best = best_runs(stored) if plan.settings.combine == "best" else {}
    predicted = _predict_out_of_fold(work, plan, best, progress)
    judgement = judge(
        plan.dataset, plan.data, plan.config, plan.folds["fold"].to_numpy(), plan.settings.folds,
        predicted, part_of(progress, 0.6, 1.0),
    )  # fmt: skip
    predicted.to_parquet(work / "predictions.parquet")
    judgement.metrics.to_csv(work / "metrics.tsv", sep="\t")
    _history(stored).to_csv(work / "history.tsv", sep="\t", index=False)
    write_json(work / "model.json", _model_json(plan, stored, best, judgement))
    _tidy(work)


def best_runs(stored: Mapping[tuple[int, int], Mapping[str, Any]]) -> dict[int, int]:
    """Find the run of each fold whose kept epoch has the lowest validation loss.

    Parameters
    ----------
    stored : mapping
        What is stored beside the weights of each unit, by fold and run; ``history`` has a record of
        each epoch with its ``validation_loss``.

    Returns
    -------
    dict of int to int
        Run by fold; of equal ones the first.
    """
    losses = {
        unit: min(record["validation_loss"] for record in entry["history"])
        for unit, entry in stored.items()
    }
    best: dict[int, int] = {}
    for fold, run in sorted(losses):
        if fold not in best or losses[fold, run] < losses[fold, best[fold]]:
            best[fold] = run
    return best


def _predict_out_of_fold(
    work: Path, plan: Plan, best: Mapping[int, int], progress: Progress
) -> pd.DataFrame:
    fold_of_gene = plan.folds["fold"].to_numpy()
    tested = np.isin(fold_of_gene, plan.settings.folds)
    genes = plan.dataset.genes.index
    predicted = pd.DataFrame(
        index=genes[tested], columns=list(plan.data.populations), dtype=np.float64
    )
    for done, fold in enumerate(plan.settings.folds):
        progress(0.6 * done / len(plan.settings.folds), f"Predicting the test genes of fold {fold}")
        rows = np.flatnonzero(fold_of_gene == fold)
        codes, half_life = plan.data.windows[rows], plan.data.half_life[rows]
        by_run = []
        for run in [best[fold]] if best else range(plan.settings.runs):
            trained = TrainedRun.load(run_path(work, fold, run), FAMILY, plan.config)
            by_run.append(trained.predict(codes, half_life))
        predicted.loc[genes[rows]] = np.mean(by_run, axis=0)
    return predicted


def _stored(work: Path, fold: int, run: int) -> dict[str, Any]:
    return read_json(run_path(work, fold, run).with_suffix(".json"))


def _history(stored: dict[tuple[int, int], dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"fold": fold, "run": run, **record}
            for (fold, run), entry in stored.items()
            for record in entry["history"]
        ]
    )


def _model_json(
    plan: Plan,
    stored: dict[tuple[int, int], dict[str, Any]],
    best: Mapping[int, int],
    judgement: Judgement,
) -> dict[str, Any]:
    entries = stored.values()
    of_units = [
        f"Fold {fold}, run {run + 1}: {notice}"
        for (fold, run), entry in stored.items()
        for notice in entry["notices"]
    ]
    kept = {"runs": {str(fold): [run] for fold, run in best.items()}} if best else {}
    return {
        **plan.spec(),
        **kept,
        "notices": [*plan.notices, *of_units, *_constant(stored, judgement)],
        "synthetic": bool(plan.dataset.metadata["synthetic"]),
        "half_life_definition": plan.dataset.half_life_definition,
        "collapsed_runs_restarted": sum(entry["collapsed"] for entry in entries),
        "runs_still_collapsed": sum(entry["still_collapsed"] for entry in entries),
        **judgement.to_dict(),
        "provenance": provenance({}, plan.spec(), plan.settings.seed),
    }


def _constant(
    stored: Mapping[tuple[int, int], Mapping[str, Any]], judgement: Judgement
) -> Iterator[str]:
    """Say which runs still predict the same for every gene, and where no correlation is defined."""
    dead = [
        f"fold {fold}, run {run + 1}"
        for (fold, run), entry in stored.items()
        if entry["still_collapsed"]
    ]
    if dead:
        runs = counted(len(dead), "run predicts", "runs predict")
        yield (
            f"{runs} almost the same for every gene, after all restarts ({join_some(dead)}); train "
            "with more epochs or another learning rate."
        )
    undefined = judgement.metrics.index[judgement.metrics["pearson"].isna()]
    if len(undefined):
        yield (
            f"No correlation is defined for {counted(len(undefined), 'population')} "
            f"({join_some(undefined)}): predicted or observed values are the same for all genes."
        )


def _tidy(work: Path) -> None:
    """Delete what only unfinished work needs."""
    for pattern in (STOP, "fold_*/run_*.lock", "fold_*/run_*.progress"):
        for path in work.glob(pattern):
            path.unlink(missing_ok=True)

"""Writing the model of a release: weights as ours, predictions out of fold, judged beside baselines."""

import hashlib
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.ensemble import FORMAT, run_path
from scx_core.models import build_model
from scx_core.progress import Progress, part_of
from scx_core.provenance import provenance
from scx_core.release.found import FoundRelease
from scx_core.store import write_json
from scx_core.trained import TrainedRun
from scx_core.training.data import Scaling, TrainingData
from scx_core.training.judging import judge
from scx_core.training.settings import TrainingSettings

_FAMILY: Final = "cnn"
#: Standard deviation of the z-scored predictions of the test genes below which a run is constant.
_CONSTANT: Final = 1e-3


def released_scaling(
    targets: NDArray[np.float64], rows: NDArray[np.int64], n_features: int
) -> Scaling:
    """Give the scaling of a released fold, as scikit-learn's StandardScaler fits it.

    Half-life features are z-scored in the release itself, and a population that does not vary in the
    training genes has scale 1.

    Parameters
    ----------
    targets : ndarray, shape (genes, populations)
        log10.
    rows : ndarray of int
        Training genes.
    n_features : int
    """
    scale = targets[rows].std(axis=0)
    scale[scale == 0] = 1.0
    return Scaling(targets[rows].mean(axis=0), scale, np.zeros(n_features), np.ones(n_features))


def write_model(folder: Path, found: FoundRelease, dataset: Dataset, progress: Progress) -> None:
    """Write all parts of a model into an empty folder.

    Parameters
    ----------
    folder : Path
    found : FoundRelease
    dataset : Dataset
        Made of the same release.
    progress : Progress
    """
    settings = _settings(found)
    data = TrainingData.of(dataset, settings.level, found.config.half_life)
    folds = found.folds.table
    predicted, epochs, constant = _predict(
        folder, found, dataset, data, part_of(progress, 0.0, 0.7)
    )
    judgement = judge(
        dataset, data, found.config, found.folds.table["fold"].to_numpy(),
        tuple(found.checkpoints), predicted, part_of(progress, 0.7, 1.0),
    )  # fmt: skip
    folds_text = folds.to_csv(sep="\t", index_label="gene_id")
    (folder / "folds.tsv").write_text(folds_text, encoding="utf-8")
    predicted.to_parquet(folder / "predictions.parquet")
    judgement.metrics.to_csv(folder / "metrics.tsv", sep="\t")
    epochs.to_csv(folder / "history.tsv", sep="\t", index=False)
    asked = {
        "format": FORMAT,
        "family": _FAMILY,
        "origin": "release",
        "dataset": dataset.name,
        "dataset_digest": dataset.digest,
        "populations": list(data.populations),
        "config": found.config.to_dict(),
        "settings": settings.to_dict(),
        "runs": {str(fold): list(runs) for fold, runs in found.runs.items()},
        "folds_digest": hashlib.sha256(folds_text.encode()).hexdigest(),
    }
    write_json(
        folder / "model.json",
        {
            **asked,
            "notices": _notices(found, constant),
            "synthetic": False,
            "half_life_definition": dataset.half_life_definition,
            "runs_still_collapsed": len(constant),
            **judgement.to_dict(),
            "provenance": provenance({}, found.request.to_dict()),
        },
    )


def _settings(found: FoundRelease) -> TrainingSettings:
    return TrainingSettings(
        level=found.request.level,
        split=found.folds.split,
        n_folds=max(len(found.folds.numbers), 2),
        folds=tuple(found.checkpoints),
        runs=max(len(runs) for runs in found.checkpoints.values()),
        n_validation=found.folds.n_validation,
    )


def _notices(found: FoundRelease, constant: list[str]) -> list[str]:
    told = [
        f"The weights are those of {found.layout.folder.name}; they were trained elsewhere.",
        *found.notices,
    ]
    if constant:
        told.append(
            f"These runs predict almost the same for every test gene: {', '.join(constant)}."
        )
    return told


def _predict(
    folder: Path, found: FoundRelease, dataset: Dataset, data: TrainingData, progress: Progress
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Write the runs; give predictions, the epochs of the weights, and runs that are constant."""
    fold_of_gene = found.folds.table["fold"].to_numpy()
    tested = np.isin(fold_of_gene, list(found.checkpoints))
    values = np.full((len(fold_of_gene), len(data.populations)), np.nan)
    epochs, constant = [], []
    for done, (fold, runs) in enumerate(found.checkpoints.items()):
        progress(done / len(found.checkpoints), f"Predicting the test genes of fold {fold}")
        split = found.folds.of(fold)
        scaling = released_scaling(data.targets, split.training, data.half_life.shape[1])
        codes, half_life = data.windows[split.test], data.half_life[split.test]
        by_run = []
        for run in runs:
            state, epoch = found.read(fold, run)
            model = build_model(_FAMILY, found.config)
            model.load_state_dict(state)
            trained = TrainedRun(model.eval(), scaling)
            path = run_path(folder, fold, run)
            path.parent.mkdir(exist_ok=True)
            trained.save(path)
            predicted = trained.predict(codes, half_life)
            if (
                len(split.test) > 1
                and (scaling.scale_targets(predicted).std(axis=0) < _CONSTANT).all()
            ):
                constant.append(f"fold {fold}, run {run + 1}")
            by_run.append(predicted)
            epochs.append({"fold": fold, "run": run, "epoch": epoch, "attempt": 0})
        values[split.test] = np.mean(by_run, axis=0)
    predictions = pd.DataFrame(
        values[tested], index=dataset.genes.index[tested], columns=list(data.populations)
    )
    return predictions.rename_axis("gene_id"), _history(epochs), constant


def _history(epochs: list[dict[str, int]]) -> pd.DataFrame:
    """Give one row for each run: the epoch that was kept; its losses were not released."""
    unknown = ("train_loss", "validation_loss", "learning_rate", "seconds", "validation_pearson")
    return pd.DataFrame(epochs).assign(**dict.fromkeys(unknown, np.nan))

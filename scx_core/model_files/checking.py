"""Look whether an unpacked folder is a model that works."""

from pathlib import Path
from textwrap import shorten
from typing import Final

import numpy as np
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import torch

from scx_core.ensemble import Ensemble, run_path
from scx_core.errors import ScxError
from scx_core.model_files.manifest import PREFIX, Manifest, is_weights
from scx_core.models import build_model
from scx_core.progress import Progress
from scx_core.store import damage_as_sentence
from scx_core.trained import TrainedRun

_FOLD_COLUMNS: Final = (["fold", "group"], ["fold", "group", "family"])


def check_model(folder: Path, manifest: Manifest, archive: str, progress: Progress) -> None:
    """Make sure that an unpacked folder is a whole model; every run is opened once.

    Parameters
    ----------
    folder : Path
    manifest : Manifest
    archive : str
        Name of the archive, for messages.
    progress : Progress

    Raises
    ------
    ScxError
        If a part is missing, does not fit the others, or cannot be read.
    """
    try:
        ensemble = Ensemble.open(folder)
        _check_description(ensemble, manifest)
        _check_weights(ensemble, manifest, progress)
        _check_tables(ensemble)
    except ScxError as error:
        # The folder has a temporary name, which tells a person nothing.
        told = str(error).replace(f"{folder}/", "").replace(folder.name, archive)
        raise _unusable(archive, told) from error
    except (
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        RuntimeError,
        ArithmeticError,
    ) as error:
        raise _unusable(archive, f"{type(error).__name__}: {error}") from error


def _unusable(archive: str, why: str) -> ScxError:
    # What libraries raise may have many lines.
    short = shorten(why, 300, placeholder=" …").rstrip(".")
    return ScxError(f"The model in {archive} cannot be used ({short}); nothing was imported.")


def _check_description(ensemble: Ensemble, manifest: Manifest) -> None:
    if ensemble.dataset_digest != manifest.dataset.digest:
        raise ScxError("model.json and the manifest name different datasets")
    names = ensemble.populations
    if len(set(names)) != len(names) or not all(isinstance(name, str) for name in names):
        raise ScxError("model.json names a population twice, or by something else than text")
    if ensemble.config.n_outputs != len(names):
        raise ScxError(
            f"model.json names {len(names)} populations and {ensemble.config.n_outputs} outputs"
        )
    folds = ensemble.trained_folds
    if not folds or any(type(fold) is not int or fold < 0 for fold in folds):
        raise ScxError("model.json names no folds, or other things than numbers")
    for fold, runs in ensemble.metadata.get("runs", {}).items():
        if any(type(run) is not int or run < 0 for run in runs) or len(set(runs)) != len(runs):
            raise ScxError(
                f"model.json names other runs of fold {fold} than whole numbers, once each"
            )


def _check_weights(ensemble: Ensemble, manifest: Manifest, progress: Progress) -> None:
    found = {
        name.removeprefix(PREFIX)
        for name in manifest.files
        if is_weights(name.removeprefix(PREFIX))
    }
    named = ensemble.metadata.get("runs", {})
    folds = set(ensemble.trained_folds)
    counts = [
        len(named[str(fold)]) if str(fold) in named else ensemble.settings.runs for fold in folds
    ]
    if len(found) != sum(counts):  # before the runs are listed: the settings may name a billion
        raise ScxError(
            f"it holds the weights of {len(found)} runs, its settings name {sum(counts):,}"
        )
    units = [(fold, run) for fold in ensemble.trained_folds for run in ensemble.runs_in(fold)]
    family = ensemble.metadata["family"]
    # Without memory of its own: a description may ask for more than a machine has.
    with torch.device("meta"):
        described = build_model(family, ensemble.config).state_dict().values()
    needed = sum(value.numel() * value.element_size() for value in described)
    for done, (fold, run) in enumerate(units):
        progress(done / len(found), f"Opening fold {fold}, run {run + 1}")
        path = run_path(ensemble.path, fold, run)
        if path.is_file() and path.stat().st_size < needed:
            raise ScxError(f"{path.parent.name}/{path.name} is smaller than the network described")
        TrainedRun.load(path, family, ensemble.config)
    if ensemble.digest != manifest.model_digest:
        raise ScxError("its weights are not those that the manifest names")


def _check_tables(ensemble: Ensemble) -> None:
    folds = ensemble.fold_table
    if not folds.index.is_unique or list(folds.columns) not in _FOLD_COLUMNS:
        raise ScxError("folds.tsv names a gene twice, or has other columns than fold and group")
    tested = folds.index[folds["fold"].isin(ensemble.trained_folds)]
    populations = list(ensemble.populations)
    path = ensemble.path / "predictions.parquet"
    with damage_as_sentence(path, "export the model again"):
        stored = pq.read_metadata(path)
    # Before it is read: a small file can hold a very long table.
    if stored.num_rows != len(tested) or stored.num_columns > len(populations) + 1:
        raise ScxError("predictions.parquet does not hold the genes of the trained folds")
    predictions = ensemble.predictions
    if list(predictions.columns) != populations or set(predictions.index) != set(tested):
        raise ScxError("predictions.parquet holds other genes or populations than the model")
    if not np.isfinite(predictions.to_numpy(np.float64)).all():
        raise ScxError("predictions.parquet holds values that are not numbers")
    if list(ensemble.metrics.index) != populations or "pearson" not in ensemble.metrics:
        raise ScxError("metrics.tsv holds other populations than the model")
    if ensemble.history.empty:
        raise ScxError("history.tsv is empty")

"""Making the demonstration in a workspace: inputs, dataset, model."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scx_core.annotation import HALF_LIFE_FEATURES
from scx_core.errors import ScxError
from scx_core.locks import file_lock
from scx_core.progress import Progress, no_progress, part_of
from scx_core.store import Workspace, atomic_directory, read_json, write_json

if TYPE_CHECKING:
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

DEMO_NAME: Final = "demo"
#: Trained weights that ship with the code, made by ``make demo-weights``.
WEIGHTS: Final = Path(__file__).parent / "weights"
_FINGERPRINT: Final = "fingerprint.json"
#: Says that a folder is ours to delete.
_MARKER: Final = "SYNTHETIC.txt"
_MARKER_TEXT: Final = (
    "Everything in this folder is made up by scX Explorer's demonstration: no real genome, gene or "
    "cell. The folder truth/ says what was planted.\n"
)


def build(
    workspace: Path | str,
    seed: int = 0,
    *,
    train: bool = False,
    progress: Progress = no_progress,
) -> "tuple[Dataset, Ensemble]":
    """Make the dataset and the model ``demo`` in a workspace; open them where they are there.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace. The made-up input files, the example list of variants and the
        truth are written to its folder ``demo``.
    seed : int
        Of the made-up genome and cells. Weights ship for seed 0; others are trained (minutes).
    train : bool
        Train even where weights ship.
    progress : Progress

    Returns
    -------
    Dataset, Ensemble

    Raises
    ------
    ScxError
        If a dataset or model of that name was made otherwise.
    """
    opened = Workspace(workspace)
    opened.root.mkdir(parents=True, exist_ok=True)
    with file_lock(opened.root / ".demo.lock", timeout=1800):
        return _build(opened, seed, train, progress)


def _build(
    opened: Workspace, seed: int, train: bool, progress: Progress
) -> "tuple[Dataset, Ensemble]":
    dataset = _build_dataset(opened, seed, part_of(progress, 0.0, 0.5 if not train else 0.1))
    ensemble = _build_model(opened, dataset, train, part_of(progress, 0.1 if train else 0.5, 1.0))
    progress(1.0, "The demonstration is ready")
    return dataset, ensemble


def _build_dataset(workspace: Workspace, seed: int, progress: Progress) -> "Dataset":
    from scx_core.dataset import Dataset
    from scx_core.demo.settings import DOWNSTREAM, UPSTREAM
    from scx_core.demo.simulate import write_inputs

    path = workspace.dataset_path(DEMO_NAME)
    if path.exists():
        found = Dataset.open(path)
        if found.metadata["assembly"] != _assembly(seed):
            raise ScxError(
                f"The dataset {DEMO_NAME!r} in {workspace.root} is not the demonstration of seed "
                f"{seed}; delete it, or use another workspace."
            )
        return found
    progress(0.05, "Making up a genome and cells")
    inputs = workspace.root / DEMO_NAME
    if (inputs / _MARKER).is_file():
        shutil.rmtree(inputs)  # of an earlier demonstration whose dataset was deleted
    with atomic_directory(inputs) as folder:
        write_inputs(folder, seed=seed)
        (folder / _MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
    files = write_paths(inputs)
    return Dataset.build(
        path,
        genome=files["genome"],
        annotation=files["annotation"],
        expression=files["cells"],
        levels={"population": "subclass", "class": "class", "tissue": "tissue"},
        regions=files["ccres"],
        upstream=UPSTREAM,
        downstream=DOWNSTREAM,
        assembly=_assembly(seed),
        synthetic=True,
        cache=workspace.cache_path,
        progress=part_of(progress, 0.4, 1.0),
    )


def write_paths(folder: Path) -> dict[str, Path]:
    """Input files of the demonstration in the folder where `build` wrote them."""
    names = {
        "genome": "genome.fa",
        "annotation": "annotation.gtf",
        "cells": "cells.h5ad",
        "ccres": "ccres.bed",
        "variants": "variants.tsv",
    }
    return {use: folder / name for use, name in names.items()}


def _assembly(seed: int) -> str:
    return f"synthetic-{seed}"


def _build_model(
    workspace: Workspace, dataset: "Dataset", train: bool, progress: Progress
) -> "Ensemble":
    from scx_core.ensemble import Ensemble

    path = workspace.model_path(DEMO_NAME)
    if path.exists():
        ensemble = Ensemble.open(path)
        ensemble.check_dataset(dataset)
        return ensemble
    if not train and _shipped_for(dataset):
        progress(0.1, "Copying the trained model")
        _copy_weights(path, dataset)
        return Ensemble.open(path)
    return _train(path, dataset, progress)


def _train(path: Path, dataset: "Dataset", progress: Progress) -> "Ensemble":
    from scx_core.demo.settings import ARCHITECTURE
    from scx_core.training.architecture import architecture_for, settings_for
    from scx_core.training.protocol import train

    config = architecture_for(dataset, ARCHITECTURE)
    return train(dataset, path, config, settings_for(ARCHITECTURE), progress=progress)


def fingerprint(dataset: "Dataset") -> dict[str, str]:
    """Tell what the weights depend on, free of the last digits of a machine's arithmetic."""
    letters = hashlib.sha256()
    letters.update("\n".join(dataset.genes.index).encode())
    letters.update(dataset.windows.tobytes())
    values = hashlib.sha256()
    half_life = dataset.half_life[list(HALF_LIFE_FEATURES)]  # those that the model reads
    for frame in (dataset.expression.astype(float), half_life):
        values.update(frame.round(3).to_csv(float_format="%.2f").encode())
    return {"letters": letters.hexdigest(), "values": values.hexdigest()}


def _shipped_for(dataset: "Dataset") -> bool:
    path = WEIGHTS / _FINGERPRINT
    return path.is_file() and read_json(path) == fingerprint(dataset)


def _copy_weights(path: Path, dataset: "Dataset") -> None:
    """Copy the shipped model, bound to this dataset.

    The digest of the dataset may differ between machines in the last digit of a logarithm; the
    fingerprint has shown that it is the same data.
    """
    with atomic_directory(path) as folder:
        shutil.copytree(WEIGHTS, folder, dirs_exist_ok=True)
        (folder / _FINGERPRINT).unlink()
        metadata = read_json(folder / "model.json")
        write_json(folder / "model.json", {**metadata, "dataset_digest": dataset.digest})


def ship(dataset: "Dataset", ensemble: "Ensemble") -> None:
    """Replace the weights that ship with the code by a model trained on the demonstration."""
    shutil.rmtree(WEIGHTS, ignore_errors=True)
    shutil.copytree(ensemble.path, WEIGHTS)
    text = json.dumps(fingerprint(dataset), indent=1) + "\n"
    (WEIGHTS / _FINGERPRINT).write_text(text, encoding="utf-8")

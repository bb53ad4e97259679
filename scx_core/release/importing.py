"""From a folder of the published layout to an ordinary dataset and an ordinary model."""

import shutil
from pathlib import Path
from typing import Any

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.progress import Progress, no_progress, part_of
from scx_core.release.dataset_folder import stamp, write_dataset
from scx_core.release.found import (
    FoundRelease,
    check_checkpoints,
    check_level,
    look_at_release,
)
from scx_core.release.model_folder import write_model
from scx_core.release.request import ReleaseRequest
from scx_core.resumable import refuse_existing
from scx_core.store import Workspace, atomic_directory, check_name, require_space

#: Bytes that the small files of dataset and model may take.
_SLACK = 5_000_000


def import_release(
    folder: Path | str,
    workspace: Workspace | Path | str,
    name: str = "",
    *,
    progress: Progress = no_progress,
    **options: Any,
) -> tuple[Dataset, Ensemble]:
    """Make a dataset and a model of a release of scXpresso.

    Parameters
    ----------
    folder : Path
        Of the release; see `scx_core.release.layout`.
    workspace : Workspace or Path
    name : str
        Of dataset and model; the folder's if empty.
    progress : Progress
        May raise to cancel.
    **options
        The other fields of `ReleaseRequest`, such as ``annotation`` and ``genome``.

    Raises
    ------
    ScxError
        If something is missing or does not fit; nothing is written then.

    Notes
    -----
    Source: Michielsen, Reinders, Mahfouz, Front. Bioinform. 2024; data at Zenodo 7044908.
    """
    place = workspace if isinstance(workspace, Workspace) else Workspace(workspace)
    return run_import(ReleaseRequest(Path(folder), **options), place, name, progress)


def run_import(
    request: ReleaseRequest, workspace: Workspace, name: str = "", progress: Progress = no_progress
) -> tuple[Dataset, Ensemble]:
    """Import what a request asks for; an import that was stopped is taken up after its dataset.

    Raises
    ------
    ScxError
        If a file cannot be used, or the name is taken; nothing is written then.
    """
    name = name or suggest_name(request.folder)
    check_name(name, "dataset")
    check_level(request.level)
    target, model_path = workspace.dataset_path(name), workspace.model_path(name)
    refuse_existing(model_path, "model")
    progress(0.0, "Looking at the release")
    found = look_at_release(request)
    for use in ("annotation", "genome", "regions"):
        path = getattr(request, use)
        if path is not None and not path.is_file():
            raise ScxError(f"There is no {use} file at {path}; check the path.")
    check_checkpoints(found)
    is_new = not target.exists()
    if is_new:
        _write_dataset(found, target, workspace, part_of(progress, 0.02, 0.6))
    dataset = Dataset.open(target)
    if dataset.metadata.get("release") != stamp(found):
        raise ScxError(f"The dataset {name!r} exists already; choose another name, or delete it.")
    try:
        with atomic_directory(model_path) as folder:
            write_model(folder, found, dataset, part_of(progress, 0.6, 1.0))
    except (ScxError, OSError):
        if is_new:  # whole or not at all, both of them
            shutil.rmtree(target)
        raise
    progress(1.0, f"Imported {name}")
    return dataset, Ensemble.open(model_path)


def suggest_name(folder: Path) -> str:
    """Name dataset and model after the folder of the release, as far as its letters can be used."""
    kept = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "-"
        for letter in Path(folder).resolve().name
    )
    return kept.strip("._-")[:80] or "release"


def _write_dataset(
    found: FoundRelease, target: Path, workspace: Workspace, progress: Progress
) -> None:
    request = found.request
    n_genes, n_populations = found.labels.log10.shape
    length = request.upstream + request.downstream
    require_space(target, n_genes * length + 12 * n_genes * n_populations + _SLACK)
    with atomic_directory(target) as folder:
        write_dataset(folder, found, workspace.cache_path, progress)

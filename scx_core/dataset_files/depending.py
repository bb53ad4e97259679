"""What depends on a dataset: models trained on it, what was made with these, jobs that name it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError
from scx_core.jobs import ACTIVE, list_jobs
from scx_core.jobs.alive import is_held
from scx_core.resumable import SPEC
from scx_core.store import Workspace, read_json

_UNFINISHED: Final = ".unfinished"
#: Folder of the workspace, file that names the dataset, and what its lack means, by kind.
_RECORDS: Final = {
    "model": ("models", "model.json", "cannot predict without it"),
    "search": ("searches", "search.json", "cannot be handed on without it"),
    "atlas": ("atlases", "atlas.json", "stays usable without it"),
    "result": ("results", "result.json", "stays usable without it"),
}


@dataclass(frozen=True)
class Dependent:
    """Something that was made of a dataset, or that works on it.

    Attributes
    ----------
    kind : str
        ``"model"``, ``"search"``, ``"atlas"``, ``"result"`` or ``"job"`` (one that is not finished).
    name : str
        Its name; id of the job.
    record : Path
        File that names the dataset.
    active : bool
        It works on the dataset now: that can be neither renamed nor deleted.
    sentence : str
        What it is, and what it means for the dataset.
    """

    kind: str
    name: str
    record: Path
    active: bool
    sentence: str


def dependents(workspace: Workspace, dataset: str) -> tuple[Dependent, ...]:
    """List what depends on a dataset: it is opened by the name that is written there.

    Parameters
    ----------
    workspace : Workspace
    dataset : str
        Name of a dataset.

    Raises
    ------
    ScxError
        If there is no dataset of that name.
    """
    existing_dataset(workspace, dataset)
    made = [found for kind in _RECORDS for found in _made_of(workspace, kind, dataset)]
    models = {found.name for found in made if found.kind == "model"}
    return (*made, *_jobs_on(workspace, dataset, models))


def existing_dataset(workspace: Workspace, dataset: str) -> Path:
    """Folder of a dataset.

    Raises
    ------
    ScxError
        If there is none of that name.
    """
    path = workspace.dataset_path(dataset)
    if not (path / "dataset.json").is_file():
        known = ", ".join(workspace.datasets()) or "none yet"
        raise ScxError(f"There is no dataset {dataset!r} in {workspace.root}; there are: {known}.")
    return path


def _made_of(workspace: Workspace, kind: str, dataset: str) -> Iterator[Dependent]:
    folder, record, lack = _RECORDS[kind]
    place = workspace.root / folder
    for file in sorted([*place.glob(f"[!.]*/{record}"), *place.glob(f".*{_UNFINISHED}/{SPEC}")]):
        try:
            content = read_json(file)
        except ScxError:
            continue  # it cannot be used, so it depends on nothing
        if not isinstance(content, dict) or content.get("dataset") != dataset:
            continue
        if file.name == SPEC:
            name = file.parent.name.removeprefix(".").removesuffix(_UNFINISHED)
            active = is_held(Path(f"{file.parent}.lock"))
            told = "is being made of it" if active else "is half made of it and can be resumed"
        else:
            name, active, told = file.parent.name, False, f"was made of it and {lack}"
        yield Dependent(kind, name, file, active, f"The {kind} {name!r} {told}.")


def _jobs_on(workspace: Workspace, dataset: str, models: set[str]) -> Iterator[Dependent]:
    """Jobs that are not finished and name the dataset, or one of its models."""
    for job in list_jobs(workspace):
        state = job.state
        named = job.parameters.get("dataset") == dataset
        if state == "finished" or not (named or job.parameters.get("model") in models):
            continue
        active = state in ACTIVE
        what = "works on it" if active else "needs it to be resumed"
        yield Dependent(
            "job",
            job.id,
            job.path / SPEC,
            active,
            f"The job {job.id} ({job.kind}, {state}) {what}.",
        )

"""What depends on a model: atlases and results made with it, jobs that name it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.jobs import ACTIVE, Job, list_jobs
from scx_core.jobs.alive import is_held
from scx_core.resumable import SPEC
from scx_core.store import Workspace, read_json

#: Kind of the jobs that make a model; every other kind uses one.
TRAINING: Final = "train"
_UNFINISHED: Final = ".unfinished"
#: Folder of the workspace, and file that names the model, by kind of what was made with it.
_RECORDS: Final = {"atlas": ("atlases", "atlas.json"), "result": ("results", "result.json")}


@dataclass(frozen=True)
class Dependent:
    """Something that was made with a model, or that works on it.

    Attributes
    ----------
    kind : str
        ``"atlas"``, ``"result"`` or ``"job"`` (one that is not finished).
    name : str
        Name of the atlas or result; id of the job.
    path : Path
        Its folder.
    active : bool
        It works on the model now: the model can be neither renamed nor deleted.
    sentence : str
        What it is, and what it means for the model.
    """

    kind: str
    name: str
    path: Path
    active: bool
    sentence: str


def dependents(workspace: Workspace, model: str) -> tuple[Dependent, ...]:
    """List what depends on a model: atlases, results, and jobs that are not finished.

    An atlas or a result belongs to a model by the digest of its weights, whatever either is called;
    by the name only where the model is too damaged to have a digest.

    Parameters
    ----------
    workspace : Workspace
    model : str
        Name of a model.

    Raises
    ------
    ScxError
        If there is no model of that name.
    """
    path = existing_model(workspace, model)
    digest = _digest_or_none(path)
    made = (
        dependent for kind in _RECORDS for dependent in _made_with(workspace, kind, model, digest)
    )
    return (*made, *_jobs_of(workspace, model))


def existing_model(workspace: Workspace, model: str) -> Path:
    """Folder of a finished model.

    Raises
    ------
    ScxError
        If there is none of that name.
    """
    path = workspace.model_path(model)
    if not (path / "model.json").is_file():
        known = ", ".join(workspace.models()) or "none yet"
        raise ScxError(f"There is no model {model!r} in {workspace.root}; there are: {known}.")
    return path


def _digest_or_none(path: Path) -> str | None:
    """Give the digest of a model; None for one that is damaged, so that it can be deleted still."""
    try:
        return Ensemble.open(path).digest
    except ScxError:
        return None


def record_file(dependent: Dependent) -> Path:
    """File of an atlas or a result, finished or not, that names its model."""
    finished = dependent.path / _RECORDS[dependent.kind][1]
    return finished if finished.exists() else dependent.path / SPEC


def _made_with(
    workspace: Workspace, kind: str, model: str, digest: str | None
) -> Iterator[Dependent]:
    folder, record = _RECORDS[kind]
    place = workspace.root / folder
    files = [*place.glob(f"[!.]*/{record}"), *place.glob(f".*{_UNFINISHED}/{SPEC}")]
    for file in sorted(files):
        try:
            content = read_json(file)
        except ScxError:
            continue  # it cannot be used, so nothing depends on it
        if not isinstance(content, dict) or not _names(content, model, digest):
            continue
        if file.name == SPEC:
            name = file.parent.name.removeprefix(".").removesuffix(_UNFINISHED)
            active = is_held(Path(f"{file.parent}.lock"))
            told = "is being made with it" if active else "is half made with it and can be resumed"
        else:
            name, active = file.parent.name, False
            told = "was made with it and stays usable without it"
        yield Dependent(kind, name, file.parent, active, f"The {kind} {name!r} {told}.")


def _names(content: dict[str, Any], model: str, digest: str | None) -> bool:
    if digest is None:
        return content.get("model") == model
    return content.get("model_digest") == digest


def _jobs_of(workspace: Workspace, model: str) -> Iterator[Dependent]:
    for job in jobs_naming(workspace, model):
        state = job.state
        if state == "finished":
            continue  # what it made stands in a folder of its own
        told = f"The job {job.id} ({job.kind}, {state})"
        if state in ACTIVE:
            what = "works on it"
        else:
            what = "would make it" if job.kind == TRAINING else "needs it to be resumed"
        yield Dependent("job", job.id, job.path, state in ACTIVE, f"{told} {what}.")


def jobs_naming(workspace: Workspace, model: str) -> Iterator[Job]:
    """Jobs whose parameters name a model, newest first; a damaged one names none."""
    for job in list_jobs(workspace):
        if job.parameters.get("model") == model:
            yield job

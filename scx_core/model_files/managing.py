"""Rename and delete models."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import Timeout

from scx_core.errors import ScxError
from scx_core.jobs import ACTIVE
from scx_core.locks import file_lock
from scx_core.model_files.depending import (
    TRAINING,
    Dependent,
    dependents,
    existing_model,
    jobs_naming,
    record_file,
)
from scx_core.resumable import refuse_existing, unfinished
from scx_core.store import Workspace, discard, read_json, write_json


def rename_model(workspace: Workspace, old: str, new: str) -> tuple[str, ...]:
    """Give a model another name.

    The folder is renamed in one step. Atlases and results made with the model, and jobs that wait to
    be resumed, are told the new name. Should this be stopped in between, no atlas or result is lost:
    they know the model by the digest of its weights.

    Parameters
    ----------
    workspace : Workspace
    old, new : str

    Returns
    -------
    tuple of str
        A sentence for each thing that was told.

    Raises
    ------
    ScxError
        If there is no such model, the new name is taken or cannot be one, or a job works on the
        model.
    """
    path, target = existing_model(workspace, old), workspace.model_path(new)
    if old == new:
        raise ScxError(f"The model is called {old!r} already; give another name.")
    found = dependents(workspace, old)
    _refuse_active(old, found, "renamed")
    with free_name(workspace, new):
        try:
            path.rename(target)
        except FileNotFoundError as error:
            raise ScxError(
                f"The model {old!r} was renamed or deleted by somebody else meanwhile."
            ) from error
    return tuple(sentence for dependent in found for sentence in _tell(dependent, new))


def _tell(dependent: Dependent, new: str) -> Iterator[str]:
    """Write the new name where the old one stands; provenance stays as it was."""
    if dependent.kind == "job":
        file = dependent.path / "spec.json"
        spec = read_json(file)
        if spec["kind"] == TRAINING:
            return  # it makes a model of the old name, which is free now
        write_json(file, {**spec, "parameters": {**spec["parameters"], "model": new}})
        yield f"The job {dependent.name} will go on with {new!r}."
    else:
        file = record_file(dependent)
        write_json(file, {**read_json(file), "model": new})
        yield f"The {dependent.kind} {dependent.name!r} names {new!r} now."


def delete_model(workspace: Workspace, name: str) -> tuple[str, ...]:
    """Delete a model.

    Parameters
    ----------
    workspace : Workspace
    name : str

    Returns
    -------
    tuple of str
        A sentence for each thing that depended on it.

    Raises
    ------
    ScxError
        If there is no such model, or a job works on it.
    """
    path = existing_model(workspace, name)
    found = dependents(workspace, name)
    _refuse_active(name, found, "deleted")
    discard(path, "model")
    return tuple(dependent.sentence for dependent in found)


def _refuse_active(name: str, found: tuple[Dependent, ...], action: str) -> None:
    active = [dependent for dependent in found if dependent.active]
    if active:
        others = f", and {len(active) - 1:,} more" if len(active) > 1 else ""
        told = active[0].sentence.removesuffix(".")
        told = told[0].lower() + told[1:]
        raise ScxError(
            f"The model {name!r} cannot be {action} now: {told}{others}; wait for that, or cancel it."
        )


@contextmanager
def free_name(workspace: Workspace, name: str) -> Iterator[None]:
    """Make sure that no model has a name and none is being trained under it; hold the name.

    Parameters
    ----------
    workspace : Workspace
    name : str

    Raises
    ------
    ScxError
        If the name is taken, or a training that is not finished will take it.
    """
    path = workspace.model_path(name)
    refuse_existing(path, "model")
    for job in jobs_naming(workspace, name):
        if job.kind == TRAINING and job.state != "finished":
            ends = "wait for it" if job.state in ACTIVE else "delete that job"
            raise ScxError(
                f"The job {job.id} ({job.state}) trains a model called {name!r}; {ends}, or choose "
                "another name."
            )
    work = unfinished(path)
    work.parent.mkdir(parents=True, exist_ok=True)
    lock = file_lock(f"{work}.lock")  # the one that a training holds
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ScxError(
            f"A model called {name!r} is being trained by another process; choose another name."
        ) from error
    try:
        if work.exists():
            raise ScxError(
                f"An unfinished training of {name!r} is there; finish it, delete the folder {work}, "
                "or choose another name."
            )
        refuse_existing(path, "model")
        yield
    finally:
        lock.release()

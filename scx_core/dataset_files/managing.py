"""Rename and delete datasets."""

from collections.abc import Iterator, Mapping
from typing import Any

from scx_core.dataset_files.depending import Dependent, dependents, existing_dataset
from scx_core.errors import ScxError
from scx_core.jobs import ACTIVE, list_jobs
from scx_core.resumable import refuse_existing
from scx_core.store import Workspace, discard, read_json, write_json


def rename_dataset(workspace: Workspace, old: str, new: str) -> tuple[str, ...]:
    """Give a dataset another name.

    The folder is renamed in one step. Models, what was made with them, and jobs that wait to be
    resumed are told the new name. Should this be stopped in between, nothing is lost: give the
    dataset its old name, and rename it again.

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
        If there is no such dataset, the new name is taken or cannot be one, or a job works on the
        dataset.
    """
    path, target = existing_dataset(workspace, old), workspace.dataset_path(new)
    if old == new:
        raise ScxError(f"The dataset is called {old!r} already; give another name.")
    found = dependents(workspace, old)
    _refuse_active(old, found, "renamed")
    refuse_existing(target, "dataset")
    _refuse_wanted(workspace, new)
    try:
        path.rename(target)
    except OSError as error:
        raise ScxError(
            f"The dataset {old!r} was renamed or deleted by somebody else meanwhile, or its new name "
            "was taken; look again."
        ) from error
    return tuple(sentence for dependent in found for sentence in _tell(dependent, old, new))


def delete_dataset(workspace: Workspace, name: str) -> tuple[str, ...]:
    """Delete a dataset; what was made of it stays.

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
        If there is no such dataset, or a job works on it.
    """
    path = existing_dataset(workspace, name)
    found = dependents(workspace, name)
    _refuse_active(name, found, "deleted")
    discard(path, "dataset")
    return tuple(dependent.sentence for dependent in found)


def _tell(dependent: Dependent, old: str, new: str) -> Iterator[str]:
    """Write the new name where the old one stands; provenance stays as it was."""
    content = read_json(dependent.record)
    if dependent.kind == "job":
        parameters = _renamed(content["parameters"], old, new)
        if parameters == content["parameters"]:
            return  # it names a model
        write_json(dependent.record, {**content, "parameters": parameters})
        yield f"The job {dependent.name} will go on with {new!r}."
    else:
        write_json(dependent.record, _renamed(content, old, new))
        yield f"The {dependent.kind} {dependent.name!r} names {new!r} now."


def _renamed(content: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    named = content.get("dataset") == old
    return {**content, "dataset": new} if named else dict(content)


def _refuse_active(name: str, found: tuple[Dependent, ...], action: str) -> None:
    active = [dependent for dependent in found if dependent.active]
    if active:
        others = f", and {len(active) - 1:,} more" if len(active) > 1 else ""
        told = active[0].sentence.removesuffix(".")
        raise ScxError(
            f"The dataset {name!r} cannot be {action} now: {told[0].lower()}{told[1:]}{others}; wait "
            "for that, or cancel it."
        )


def _refuse_wanted(workspace: Workspace, name: str) -> None:
    """Refuse a name that an import is going to take."""
    for job in list_jobs(workspace):
        is_import = job.kind in ("import", "import-release")
        if is_import and job.parameters.get("name") == name and job.state in ACTIVE:
            raise ScxError(
                f"The job {job.id} imports a dataset called {name!r}; wait for it, or choose another "
                "name."
            )

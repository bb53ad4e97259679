"""What jobs do."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from scx_core.progress import Progress
from scx_core.store import Workspace

#: Told of one epoch as JSON-ready values.
MetricsListener = Callable[[dict[str, Any]], None]
Kind = Callable[[Workspace, Mapping[str, Any], Progress, MetricsListener], None]


def run_training(
    workspace: Workspace,
    parameters: Mapping[str, Any],
    progress: Progress,
    on_metrics: MetricsListener,
) -> None:
    """Train a model.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        ``dataset``, ``model``: names. ``preset``: architecture. ``settings``: fields of
        `TrainingSettings`, the preset's own where missing. ``folds``: numbers or names of the
        folds to train, all if empty.
    progress, on_metrics : callable
    """
    from scx_core.dataset import Dataset
    from scx_core.training.architecture import architecture_for, settings_for
    from scx_core.training.protocol import train

    dataset = Dataset.open(workspace.dataset_path(parameters["dataset"]))
    name = parameters.get("preset", "scxpresso")
    settings = settings_for(name, **parameters.get("settings", {}))
    config = architecture_for(dataset, name, settings.level)
    train(
        dataset,
        workspace.model_path(parameters["model"]),
        config,
        settings,
        fold_names=tuple(parameters.get("folds", ())),
        progress=progress,
        on_epoch=lambda fold, run, record: on_metrics(
            {"fold": fold, "run": run, **record.to_dict()}
        ),
    )


def run_import(
    workspace: Workspace,
    parameters: Mapping[str, Any],
    progress: Progress,
    on_metrics: MetricsListener,  # noqa: ARG001 - every kind is called alike
) -> None:
    """Import a dataset.

    Parameters
    ----------
    workspace : Workspace
    parameters : mapping
        ``name``; ``request``: JSON form of `ImportRequest`.
    progress, on_metrics : callable
    """
    from scx_core.importing import ImportRequest, build_dataset

    request = {"cache": str(workspace.cache_path), **parameters["request"]}
    target: Path = workspace.dataset_path(parameters["name"])
    build_dataset(target, ImportRequest.from_dict(request), progress)


KINDS: Final[Mapping[str, Kind]] = {"train": run_training, "import": run_import}

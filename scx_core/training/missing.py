"""The part of a model that was not trained: its other folds, as a training of the same settings."""

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, join_some
from scx_core.models.config import PRESETS
from scx_core.store import Workspace
from scx_core.training.architecture import architecture_for
from scx_core.training.released_words import is_released
from scx_core.training.request import TrainingRequest

_CHANGEABLE = ("stages", "hidden", "dropout")


def missing_folds(model: Ensemble) -> tuple[int, ...]:
    """List the folds that a model was not trained for."""
    return tuple(sorted(set(map(int, model.folds.unique())) - set(model.trained_folds)))


def can_complete(model: Ensemble) -> bool:
    """Whether the folds that a model lacks can be trained here; a release's settings are not known."""
    return bool(missing_folds(model)) and not is_released(model)


def request_missing(model: Ensemble, dataset: Dataset, name: str) -> TrainingRequest:
    """Ask for the missing folds of a model, as a new one of the same architecture and settings.

    A model that is there stays as it is: its digest names what results were computed with.

    Parameters
    ----------
    model : Ensemble
    dataset : Dataset
        The one it was trained on.
    name : str
        Of the new model.

    Raises
    ------
    ScxError
        If nothing is missing, the dataset is another, or no preset gives the model's architecture.
    """
    model.check_dataset(dataset)
    if not can_complete(model):
        raise ScxError(f"The model {model.name!r} has no fold that could be trained here.")
    settings = model.settings.to_dict()
    del settings["folds"]
    own = model.config.to_dict()
    for preset in PRESETS:
        try:
            theirs = architecture_for(dataset, preset, model.level)
        except ScxError:
            continue  # a preset that this dataset does not suit is not the model's
        changed = {
            field: own[field] for field in _CHANGEABLE if own[field] != theirs.to_dict()[field]
        }
        request = TrainingRequest(
            dataset.name, name, preset, settings, changed, missing_folds(model)
        )
        if request.fitted(dataset)[0] == model.config:
            return request
    raise ScxError(
        f"The architecture of {model.name!r} is none that the Training page can train; train its "
        f"folds {join_some(missing_folds(model))} where it was made."
    )


def check_missing(model: Ensemble, request: TrainingRequest, workspace: Workspace) -> None:
    """Make sure that the new model would leave out the same genes together as the model does.

    Raises
    ------
    ScxError
        If the folds would be others, or the training cannot be done.
    """
    planned = request.plan(workspace).folds["fold"]
    if not planned.reindex(model.folds.index).equals(model.folds):
        raise ScxError(
            f"The genes would be divided into other folds than those of {model.name!r}; train a "
            "model with all folds on the Training page."
        )

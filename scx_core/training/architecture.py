"""Fitting a preset architecture to a dataset."""

from collections.abc import Mapping
from typing import Any, Final

from scx_core.annotation import HALF_LIFE_FEATURES
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.models import CNNConfig, preset
from scx_core.training.settings import TrainingSettings

#: Where an architecture trains otherwise than the paper's: few genes want small batches, a faster
#: start and more patience (measured on the demonstration); Xpresso keeps the best of ten.
_SETTINGS_OF: Final[Mapping[str, Mapping[str, Any]]] = {
    "xpresso": {"runs": 10, "combine": "best"},
    "small": {
        "n_folds": 5,
        "runs": 2,
        "epochs": 40,
        "batch_size": 32,
        "learning_rate": 1e-3,
        "patience": 7,
    },
}
#: Shorter windows than this lose too much in the published architecture's pools.
_SHORT_WINDOW: Final = 3000


def suggest_architecture(dataset: Dataset) -> str:
    """Name the preset that suits a dataset's window."""
    short = dataset.upstream + dataset.downstream < _SHORT_WINDOW
    if short:
        return "small"
    return "scxpresso" if dataset.half_life_features else "sequence"


def settings_for(name: str, **changes: Any) -> TrainingSettings:
    """Give the training settings of a preset architecture.

    Parameters
    ----------
    name : str
        See `scx_core.models.preset`; the paper's protocol but for ``"small"``.
    **changes
        Fields of `TrainingSettings` to set otherwise; None means the preset's own.
    """
    wanted = {field: value for field, value in changes.items() if value is not None}
    return TrainingSettings.from_dict({**_SETTINGS_OF.get(name, {}), **wanted})


def architecture_for(
    dataset: Dataset, name: str = "scxpresso", level: str = "population", **changes: Any
) -> CNNConfig:
    """Give a preset the dataset's window, populations and half-life features.

    Parameters
    ----------
    dataset : Dataset
    name : str
        See `scx_core.models.preset`.
    level : str
        Level of the populations to predict.
    **changes
        Fields of `CNNConfig` to set otherwise.

    Raises
    ------
    ScxError
        If the dataset lacks the level, or the preset needs half-life features and it has none.
    """
    fitted: dict[str, Any] = {
        "upstream": dataset.upstream,
        "downstream": dataset.downstream,
        "half_life": tuple(
            feature
            for feature in preset(name, 1).half_life or HALF_LIFE_FEATURES
            if feature in dataset.half_life_features
        ),
    }
    if name == "half-life" and not dataset.half_life_features:
        raise ScxError(
            f"The dataset {dataset.name!r} has no half-life features; choose an architecture that "
            "reads sequence, or import it with a table of features."
        )
    return preset(name, len(dataset.populations_at(level)), **(fitted | changes))

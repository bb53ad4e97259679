"""Fitting a preset architecture to a dataset."""

from typing import Any

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.models import CNNConfig, preset


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
        "half_life": dataset.half_life_features,
    }
    if name == "half-life" and not dataset.half_life_features:
        raise ScxError(
            f"The dataset {dataset.name!r} has no half-life features; choose an architecture that "
            "reads sequence, or import it with a table of features."
        )
    return preset(name, len(dataset.populations_at(level)), **(fitted | changes))

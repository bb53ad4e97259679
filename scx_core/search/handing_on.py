"""From the best architecture of a search to a training with it."""

from typing import Any, Final

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.search.cutting import cut_dataset
from scx_core.search.reading import Search
from scx_core.search.space import Candidate
from scx_core.store import Workspace
from scx_core.training.request import TrainingRequest

#: Settings of the search that a training with its result shares; epochs and runs are the
#: training's own.
_SHARED: Final = (
    "level", "split", "families", "n_folds", "learning_rate", "learning_rate_factor", "patience",
    "loss", "alpha", "beta", "n_validation", "seed", "device",
)  # fmt: skip


def dataset_name(search: Search, dataset: Dataset, candidate: Candidate) -> str:
    """Name the dataset to train on: its own, or the one with the candidate's window.

    Raises
    ------
    ScxError
        If the search was made on other data.
    """
    if dataset.digest != search.metadata["dataset_digest"]:
        raise ScxError(
            f"The dataset {dataset.name!r} has changed since the search {search.name!r}; search anew."
        )
    if (candidate.upstream, candidate.downstream) == (dataset.upstream, dataset.downstream):
        return dataset.name
    return f"{dataset.name[:50]}-{candidate.upstream}-{candidate.downstream}"


def best_request(search: Search, dataset: Dataset, model: str, **settings: Any) -> TrainingRequest:
    """Give the request that trains the best architecture found; nothing is written.

    Parameters
    ----------
    search : Search
    dataset : Dataset
        The one that was searched on.
    model : str
        Name of the new model.
    **settings : Any
        Fields of `TrainingSettings`, and ``folds`` and ``engine`` of the request, to set otherwise.

    Raises
    ------
    ScxError
        If no trial was trained to the end, or the dataset has changed.
    """
    if search.best is None:
        raise ScxError(
            f"The search {search.name!r} has no trial that was trained to the end; let it go on."
        )
    _, candidate, _ = search.best
    stored = search.metadata["settings"]
    more = {name: settings.pop(name) for name in ("folds", "engine") if name in settings}
    wanted = {name: value for name, value in settings.items() if value is not None}
    return TrainingRequest(
        dataset_name(search, dataset, candidate), model, search.metadata["preset"],
        {**{name: stored[name] for name in _SHARED}, "batch_size": candidate.batch_size, **wanted},
        candidate.architecture(), **more,
    )  # fmt: skip


def prepare_dataset(workspace: Workspace, search: Search, dataset: Dataset) -> Dataset:
    """Make sure that the dataset with the best window is there; writes it where it is not.

    Raises
    ------
    ScxError
        If another dataset has its name.
    """
    if search.best is None:
        raise ScxError(
            f"The search {search.name!r} has no trial that was trained to the end; let it go on."
        )
    _, candidate, _ = search.best
    name = dataset_name(search, dataset, candidate)
    if name == dataset.name:
        return dataset
    path = workspace.dataset_path(name)
    if not path.exists():
        return cut_dataset(dataset, path, candidate.upstream, candidate.downstream)
    found = Dataset.open(path)
    made_from = found.metadata["provenance"].get("parameters", {}).get("cut_from_digest")
    if made_from != dataset.digest:
        raise ScxError(
            f"Another dataset has the name {name!r}, which the window of the best trial needs; "
            "rename or delete it."
        )
    return found

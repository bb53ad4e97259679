"""A search as a person asks for it: by names, as the page, the command line and a job pass it on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.search.space import SearchSpace
from scx_core.store import check_name
from scx_core.training.architecture import architecture_for, settings_for
from scx_core.training.plan import Plan, make_plan

#: Epochs of a trial; as published.
EPOCHS: Final = 10
_SETTINGS: Final = (
    "level", "split", "families", "n_folds", "epochs", "learning_rate", "patience",
    "learning_rate_factor", "loss", "alpha", "beta", "n_validation", "seed", "device",
)  # fmt: skip


@dataclass(frozen=True)
class SearchRequest:
    """What to search, on what, and how long.

    Attributes
    ----------
    dataset : str
        Name in the workspace.
    name : str
        Of the search; a search of this name goes on if all but `trials` is the same.
    trials : int
        Networks to train, in all; impossible ones do not count.
    preset : str
        Architecture that gives what is not searched: half-life features, reading of unknown
        letters, learning rate; see `scx_core.models.preset`.
    fold : int or str
        Whose training genes are learned and whose validation genes judge; its test genes are never
        looked at.
    settings : mapping
        Fields of `TrainingSettings` that differ from the preset's own.
    space : mapping
        Bounds that differ from `SearchSpace.of`.
    """

    dataset: str
    name: str
    trials: int = 30
    preset: str = "scxpresso"
    fold: int | str = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, "search")
        if not isinstance(self.trials, int) or isinstance(self.trials, bool) or self.trials < 1:
            raise ScxError(f"A search needs 1 trial or more, not {self.trials!r}.")
        unknown = sorted(set(self.settings) - set(_SETTINGS))
        if unknown:
            raise ScxError(
                f"{', '.join(unknown)} cannot be set for a search; batch size is searched, and "
                "trials are one run each."
            )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: the parameters of a job of kind ``"search"``."""
        return {
            "dataset": self.dataset,
            "name": self.name,
            "trials": self.trials,
            "preset": self.preset,
            "fold": self.fold,
            "settings": {name: value for name, value in self.settings.items() if value is not None},
            "space": {name: list(values) for name, values in self.space.items()},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`.

        Raises
        ------
        ScxError
            If a field is missing, unknown or out of range.
        """
        try:
            return cls(**values)
        except (TypeError, AttributeError) as error:
            raise ScxError(f"The request to search is damaged: {error}.") from error

    def space_for(self, dataset: Dataset) -> SearchSpace:
        """Give the space to search on the dataset.

        Raises
        ------
        ScxError
            If a bound is wrong, or the dataset's window does not reach it.
        """
        space = SearchSpace.of(dataset).changed(self.space)
        space.check(dataset)
        return space

    def plan(self, dataset: Dataset) -> Plan:
        """Work out folds and data for the dataset's whole window; nothing is written.

        Raises
        ------
        ScxError
            If it cannot be done as asked.
        """
        if self.preset == "half-life":
            raise ScxError(
                "The architecture 'half-life' has no convolutions to search; choose one that reads "
                "sequence."
            )
        # A collapsed trial is a bad trial: nothing is started anew.
        asked = {"epochs": EPOCHS, **self.to_dict()["settings"], "max_restarts": 0, "runs": 1}
        settings = settings_for(self.preset, **asked)
        config = architecture_for(dataset, self.preset, settings.level)
        return make_plan(dataset, config, settings, (self.fold,))

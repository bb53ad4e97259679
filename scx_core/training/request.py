"""A training as a person asks for it: by names, as the page, the command line and a job pass it on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from scx_core.dataset import Dataset
from scx_core.engines import Engine
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, join_some
from scx_core.models import CNNConfig, ConvStage
from scx_core.progress import Progress, no_progress
from scx_core.resumable import refuse_existing
from scx_core.store import Workspace
from scx_core.training.architecture import architecture_for, settings_for
from scx_core.training.plan import Plan, make_plan
from scx_core.training.protocol import RunListener, train
from scx_core.training.settings import TrainingSettings


@dataclass(frozen=True)
class TrainingRequest:
    """What to train, on what, how and where.

    Attributes
    ----------
    dataset, model : str
        Names in the workspace; the model is new.
    preset : str
        Architecture; see `scx_core.models.preset`.
    settings : mapping
        Fields of `TrainingSettings` that differ from the preset's own.
    architecture : mapping
        Fields of `CNNConfig` that differ from the preset's, as JSON: ``stages``, ``hidden``,
        ``dropout``.
    folds : tuple of (int or str)
        Folds to train, by number or name; all if empty.
    engine : Engine
    """

    dataset: str
    model: str
    preset: str = "scxpresso"
    settings: Mapping[str, Any] = field(default_factory=dict)
    architecture: Mapping[str, Any] = field(default_factory=dict)
    folds: tuple[int | str, ...] = ()
    engine: Engine = field(default_factory=lambda: Engine(0))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form: the parameters of a job of kind ``"train"``."""
        return {
            "dataset": self.dataset,
            "model": self.model,
            "preset": self.preset,
            "settings": {name: value for name, value in self.settings.items() if value is not None},
            "architecture": dict(self.architecture),
            "folds": list(self.folds),
            "engine": self.engine.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read back `to_dict`.

        Raises
        ------
        ScxError
            If a field is missing or unknown, or the engine gives an address; see `Engine.of_job`.
        """
        fields = dict(values)
        try:
            fields["folds"] = tuple(fields.get("folds", ()))
            fields["engine"] = Engine.of_job(fields.get("engine", {"workers": 0}))
            return cls(**fields)
        except TypeError as error:
            raise ScxError(f"The request to train is damaged: {error}.") from error

    def fitted(self, dataset: Dataset) -> tuple[CNNConfig, TrainingSettings]:
        """Give the architecture and settings for the dataset.

        Raises
        ------
        ScxError
            If a value is out of range or does not fit the dataset.
        """
        settings = settings_for(self.preset, **self.settings)
        changes = dict(self.architecture)
        unknown = changes.keys() - {"stages", "hidden", "dropout"}
        if unknown:
            raise ScxError(f"{join_some(sorted(unknown))} of an architecture cannot be changed.")
        if "stages" in changes:
            changes["stages"] = tuple(_stage(values) for values in changes["stages"])
        for name in ("hidden", "dropout"):
            if name in changes:
                changes[name] = tuple(changes[name])
        return architecture_for(dataset, self.preset, settings.level, **changes), settings

    def plan(self, workspace: Workspace) -> Plan:
        """Work out what the training will do; nothing is written.

        Raises
        ------
        ScxError
            If it cannot be done as asked, or the model exists.
        """
        refuse_existing(workspace.model_path(self.model), "model")
        dataset = Dataset.open(workspace.dataset_path(self.dataset))
        return make_plan(dataset, *self.fitted(dataset), self.folds)

    def run(
        self,
        workspace: Workspace,
        progress: Progress = no_progress,
        on_epoch: RunListener | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> Ensemble:
        """Train; see `scx_core.training.protocol.train`."""
        dataset = Dataset.open(workspace.dataset_path(self.dataset))
        return train(
            dataset,
            workspace.model_path(self.model),
            *self.fitted(dataset),
            fold_names=self.folds,
            progress=progress,
            on_epoch=on_epoch,
            on_notice=on_notice,
            engine=self.engine,
        )


def _stage(values: Mapping[str, Any]) -> ConvStage:
    try:
        return ConvStage(**values)
    except TypeError as error:
        raise ScxError(f"A convolution of the request is damaged: {error}.") from error

"""Cross-validated training: folds x runs, written as they finish, whole at the end.

Nothing but the epoch that is being trained is ever lost: each unit keeps its state after each epoch,
and a training that was stopped, by whatever, goes on with the same result.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from scx_core.dataset import Dataset
from scx_core.engines import Engine
from scx_core.ensemble import Ensemble
from scx_core.models import CNNConfig
from scx_core.progress import Progress, no_progress
from scx_core.resumable import refuse_existing, resumable_directory
from scx_core.training.finish import finish_model
from scx_core.training.plan import FOLDS, Plan, make_plan
from scx_core.training.record import EpochRecord
from scx_core.training.settings import TrainingSettings
from scx_core.training.unit import STOP, UnitTask, UnitWatch, train_unit

#: Called after each epoch with fold, run and what the epoch came to.
RunListener = Callable[[int, int, EpochRecord], None]
#: Share of the whole that training takes; the rest is evaluation.
_TRAINING_SHARE: Final = 0.95


def train(
    dataset: Dataset,
    path: Path,
    config: CNNConfig,
    settings: TrainingSettings,
    *,
    fold_names: tuple[int | str, ...] = (),
    progress: Progress = no_progress,
    on_epoch: RunListener | None = None,
    on_notice: Callable[[str], None] | None = None,
    engine: Engine | None = None,
) -> Ensemble:
    """Train the models of some or all folds and evaluate them out of fold.

    Parameters
    ----------
    dataset : Dataset
    path : Path
        Folder of the new model; must not exist.
    config : CNNConfig
        Architecture; its outputs are the populations of ``settings.level``.
    settings : TrainingSettings
    fold_names : tuple of int or str
        Folds to train, by number or by name of the group (a chromosome); instead of
        ``settings.folds``.
    progress : Progress
        Called a few times a second; may raise to cancel: whole epochs are kept for the next start.
    on_epoch : callable
        Told of each epoch.
    on_notice : callable
        Told, once, of what is worth knowing.
    engine : Engine, optional
        Where the units run; this process if not given. The weights do not depend on it.

    Raises
    ------
    ScxError
        If the settings do not fit the dataset, or the loss is no longer a number.
    """
    refuse_existing(path, "model")
    plan = make_plan(dataset, config, settings, fold_names)

    def begin(work: Path) -> None:
        (work / FOLDS).write_text(plan.folds_text(), encoding="utf-8")

    with resumable_directory(path, "model", plan.spec(), begin) as work:
        _Watch(work, plan, progress, on_epoch, on_notice).run(engine or Engine())
        finish_model(work, plan, lambda share, text: progress(_share(share), text))
    progress(1.0, "Finished")
    return Ensemble.open(path)


def _share(of_the_rest: float) -> float:
    return _TRAINING_SHARE + (1 - _TRAINING_SHARE) * of_the_rest


class _Watch:
    """Starts the units and tells what they do."""

    def __init__(
        self,
        work: Path,
        plan: Plan,
        progress: Progress,
        on_epoch: RunListener | None,
        on_notice: Callable[[str], None] | None,
    ) -> None:
        self.work, self.plan, self.progress = work, plan, progress
        self.on_epoch, self.on_notice = on_epoch, on_notice
        self.units = [
            UnitWatch(UnitTask(str(work), str(plan.dataset.path), fold, run))
            for fold, run in plan.units()
        ]

    def run(self, engine: Engine) -> None:
        stop = self.work / STOP
        stop.unlink(missing_ok=True)
        for notice in self.plan.notices:
            self._notice(notice)
        left = [unit.task for unit in self.units if not unit.task.weights.exists()]
        engine.run(train_unit, left, self._look, stop.touch)
        self._look()

    def _look(self) -> None:
        for unit in self.units:
            records, notices = unit.look()
            for notice in notices:
                self._notice(notice)
            for record in records:
                if self.on_epoch is not None:
                    self.on_epoch(unit.task.fold, unit.task.run, record)
        epochs = self.plan.settings.epochs
        done = sum(1.0 if unit.finished else unit.epochs / epochs for unit in self.units)
        self.progress(_TRAINING_SHARE * done / len(self.units), self._message())

    def _notice(self, sentence: str) -> None:
        if self.on_notice is not None:
            self.on_notice(sentence)

    def _message(self) -> str:
        finished = sum(unit.finished for unit in self.units)
        running = [unit for unit in self.units if not unit.finished and unit.epochs > 0]
        count = f"{finished} of {len(self.units)} models finished"
        if len(running) != 1:
            return f"Training {len(running)} models, {count}" if running else count
        epoch = min(int(running[0].epochs) + 1, self.plan.settings.epochs)
        label = running[0].task.label.capitalize()
        return f"{label}, epoch {epoch} of {self.plan.settings.epochs}; {count}"

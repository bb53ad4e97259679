"""One unit of a training: one run of one fold, in any process that sees the workspace.

Files of a unit, beside each other in the unfinished model's folder::

    fold_03/run_1.lock          held while a process trains it
    fold_03/run_1.checkpoint    state after the last whole epoch
    fold_03/run_1.progress      how far it is, for whoever looks
    fold_03/run_1.json          history, restarts, notices
    fold_03/run_1.safetensors   weights and scaling: the unit is finished
"""

import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from scx_core.dataset import Dataset
from scx_core.ensemble import run_path
from scx_core.errors import ScxError
from scx_core.locks import file_lock
from scx_core.store import read_json, write_json
from scx_core.trained import TrainedRun
from scx_core.training.checkpoint import load_checkpoint, save_checkpoint
from scx_core.training.fit import fit_run
from scx_core.training.plan import FAMILY, Plan
from scx_core.training.record import EpochRecord

#: In the folder of the work while its units shall stop.
STOP: Final = "stop"
_TELL_EVERY: Final = 0.25
#: Dropout and initial weights draw from the process's one generator: one unit at a time.
_one_unit = threading.Lock()


class UnitStoppedError(Exception):
    """The unit was asked to stop; its last whole epoch is kept."""


@dataclass(frozen=True)
class UnitTask:
    """Which unit of which training; travels to other processes.

    Attributes
    ----------
    work : str
        Folder of the unfinished model.
    dataset : str
        Folder of the dataset.
    fold, run : int
    """

    work: str
    dataset: str
    fold: int
    run: int

    @property
    def weights(self) -> Path:
        """File of the weights; there when the unit is finished."""
        return run_path(Path(self.work), self.fold, self.run)

    @property
    def label(self) -> str:
        """Name of the unit for people."""
        return f"fold {self.fold}, run {self.run + 1}"


def train_unit(task: UnitTask) -> None:
    """Train a unit from where it is; does nothing if it is finished.

    Raises
    ------
    UnitStoppedError
        If it was asked to stop.
    ScxError
        If its loss is no longer a number.
    """
    task.weights.parent.mkdir(exist_ok=True)
    with _one_unit, _lock_of(task):
        if task.weights.exists():
            return
        plan = _plan(task.work, task.dataset, (Path(task.work) / "spec.json").stat().st_mtime_ns)
        _UnitTraining(task, plan).run()


@lru_cache(maxsize=2)
def _plan(work: str, dataset: str, _written: int) -> Plan:
    return Plan.read(Path(work), Dataset.open(dataset))


def _lock_of(task: UnitTask) -> FileLock:
    """Lock a unit; waits while another process, left over from before, still trains it."""
    lock = file_lock(task.weights.with_suffix(".lock"), thread_local=False)
    while True:
        try:
            lock.acquire(timeout=_TELL_EVERY)
        except Timeout:
            _stop_if_asked(task)
            continue
        return lock


def _stop_if_asked(task: UnitTask) -> None:
    if (Path(task.work) / STOP).exists():
        raise UnitStoppedError(task.label)


class _UnitTraining:
    """A unit while it is trained; the keeper of its fit."""

    def __init__(self, task: UnitTask, plan: Plan) -> None:
        self.task, self.plan = task, plan
        self.checkpoint = task.weights.with_suffix(".checkpoint")
        self.notices: list[str] = []
        self.latest: EpochRecord | None = None
        self.history: list[dict[str, Any]] = []
        self._told = 0.0

    def run(self) -> None:
        task, settings = self.task, self.plan.settings
        fitted = fit_run(
            self.plan.config,
            self.plan.data,
            self.plan.split(task.fold),
            settings,
            (settings.seed, task.fold, task.run),
            self._on_epoch,
            self._on_batch,
            FAMILY,
            self,
        )
        write_json(
            task.weights.with_suffix(".json"),
            {
                "collapsed": fitted.collapsed,
                "still_collapsed": fitted.still_collapsed,
                "history": [record.to_dict() for record in fitted.history],
                "notices": self.notices,
            },
        )
        TrainedRun(fitted.model.cpu(), fitted.scaling).save(task.weights)
        self.checkpoint.unlink(missing_ok=True)

    def load(self) -> dict[str, Any] | None:
        state = load_checkpoint(self.checkpoint)
        if state is None:
            if self.checkpoint.exists():
                self.notice(f"The checkpoint of {self.task.label} was damaged; the run began anew.")
            return None
        self.notices = list(state.pop("notices"))
        self.history = list(state["history"])
        return state

    def save(self, state: dict[str, Any]) -> None:
        save_checkpoint(self.checkpoint, {**state, "notices": self.notices})
        self.history = state["history"]

    def notice(self, sentence: str) -> None:
        self.notices.append(sentence)

    def _on_epoch(self, record: EpochRecord) -> None:
        self.latest = record
        self._tell(record.epoch, 1.0)

    def _on_batch(self, epoch: int, fraction: float) -> None:
        _stop_if_asked(self.task)
        if time.monotonic() - self._told >= _TELL_EVERY:
            self._tell(epoch, fraction)

    def _tell(self, epoch: int, fraction: float) -> None:
        self._told = time.monotonic()
        write_json(
            self.task.weights.with_suffix(".progress"),
            {
                "epochs": epoch - 1 + fraction,
                "history": self.history,
                "by_population": list(self.latest.by_population) if self.latest else [],
                "notices": self.notices,
            },
        )


@dataclass
class UnitWatch:
    """What was seen of a unit so far, by whoever started it.

    Attributes
    ----------
    epochs : float
        Done, of the present attempt.
    """

    task: UnitTask
    epochs: float = 0.0
    finished: bool = False
    _told: set[tuple[int, int]] = field(default_factory=set)
    _notices_told: int = 0
    _seen: int = 0

    def look(self) -> tuple[list[EpochRecord], list[str]]:
        """Give the epochs and notices that are new since the last look."""
        if self.finished:
            return [], []
        path = self.task.weights.with_suffix(".progress")
        if self.task.weights.exists():
            self.finished = True
            # Written last, and never changed again; by population, the progress has the last word.
            last = read_json(path)["by_population"] if path.exists() else []
            return self._news(read_json(self.task.weights.with_suffix(".json")), last)
        try:
            written = path.stat().st_mtime_ns
        except FileNotFoundError:
            return [], []
        if written == self._seen:
            return [], []
        self._seen = written
        try:
            news = read_json(path)
        except ScxError:  # damaged by hand; written anew at the next batch
            return [], []
        self.epochs = float(news["epochs"])
        return self._news(news, news["by_population"])

    def _news(
        self, news: dict[str, Any], by_population: list[float | None]
    ) -> tuple[list[EpochRecord], list[str]]:
        records = [
            EpochRecord.from_dict(values)
            for values in news["history"]
            if (values["attempt"], values["epoch"]) not in self._told
        ]
        self._told |= {(record.attempt, record.epoch) for record in records}
        if records and by_population:
            last = {**records[-1].to_dict(), "by_population": tuple(by_population)}
            records[-1] = EpochRecord.from_dict(last)
        notices = news["notices"][self._notices_told :]
        self._notices_told += len(notices)
        return records, notices

"""A search that can be stopped at any moment: what ended stays, what was running is done anew."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from filelock import Timeout

from scx_core.dataset import Dataset
from scx_core.errors import ScxError, counted
from scx_core.locks import file_lock
from scx_core.models import CNNConfig
from scx_core.progress import Progress, no_progress
from scx_core.provenance import provenance
from scx_core.search.reading import SEARCH, Search, search_path
from scx_core.search.request import SearchRequest
from scx_core.search.space import Candidate, SearchSpace
from scx_core.search.study import (
    CANDIDATE,
    COLLAPSED,
    EPOCHS_DONE,
    IMPOSSIBLE,
    PLACE,
    REASON,
    SECONDS,
    count_failures,
    give_up_unfinished,
    make_study,
    open_study,
    sampler,
)
from scx_core.store import Workspace, discard, disk_full_as_sentence, read_json, write_json
from scx_core.training.data import TrainingData
from scx_core.training.fit import fit_run
from scx_core.training.plan import Plan
from scx_core.training.record import EpochRecord

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import Trial

#: So many impossible networks in a row mean that the space holds hardly any other.
_MOST_IMPOSSIBLE: Final = 100
#: A network whose process ended so often is passed over: it may need more memory than there is, and
#: would be drawn again at each start.
_MOST_FAILURES: Final = 6
#: Called with the number of the trial after each of its epochs; may raise to cancel.
TrialListener = Callable[[int, EpochRecord], None]


class _PrunedError(Exception):
    """The trial is worse than most were at this epoch."""


def run_search(
    workspace: Workspace,
    request: SearchRequest,
    progress: Progress = no_progress,
    on_epoch: TrialListener | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> Search:
    """Search until the asked number of networks was trained; goes on where a search stopped.

    The trials depend on the request and the dataset alone, not on how often the search was stopped.

    Parameters
    ----------
    workspace : Workspace
    request : SearchRequest
    progress : Progress
        Called many times a second; may raise to cancel.
    on_epoch : callable
        Told of each epoch of each trial.
    on_notice : callable
        Told of what is worth knowing.

    Raises
    ------
    ScxError
        If the request does not fit the dataset, a search of this name has another request, another
        process works on it, or the space holds hardly any possible network.
    """
    dataset = Dataset.open(workspace.dataset_path(request.dataset))
    plan, space = request.plan(dataset), request.space_for(dataset)
    path = search_path(workspace, request.name)
    with _held(path, request.name), disk_full_as_sentence(path, "trials that ended are kept"):
        _begin_or_go_on(path, request, plan, space)
        make_study(path)
        with open_study(path) as study:
            left = give_up_unfinished(study)
            if left and on_notice is not None:
                on_notice(
                    f"{counted(left, 'trial was', 'trials were')} running when the search was "
                    "stopped, and done anew."
                )
            _Running(study, request, plan, space, progress, on_epoch).run()
    progress(1.0, "Finished")
    return Search.open(path)


def delete_search(workspace: Workspace, name: str) -> None:
    """Delete a search with all its trials.

    Raises
    ------
    ScxError
        If there is none, or a process works on it.
    """
    path = search_path(workspace, name)
    if not path.is_dir():
        raise ScxError(f"There is no search {name!r} to delete.")
    with _held(path, name):
        discard(path, "search")


@contextmanager
def _held(path: Path, name: str) -> Iterator[None]:
    path.mkdir(parents=True, exist_ok=True)
    lock = file_lock(path / "lock")
    try:
        lock.acquire(timeout=5)
    except Timeout as error:
        raise ScxError(
            f"The search {name!r} is being made by another process; wait for it, or choose another "
            "name."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _begin_or_go_on(path: Path, request: SearchRequest, plan: Plan, space: SearchSpace) -> None:
    asked = _spec(request, plan, space)
    file = path / SEARCH
    if not file.exists():
        made = provenance({}, request.to_dict(), plan.settings.seed)
        write_json(file, {**asked, "trials": request.trials, "provenance": made})
        return
    stored: dict[str, Any] = read_json(file)
    if any(stored.get(name) != value for name, value in asked.items()):
        raise ScxError(
            f"A search {request.name!r} with other settings or data is there; go on with its own, or "
            "choose another name."
        )
    if stored["trials"] < request.trials:
        write_json(file, {**stored, "trials": request.trials})


def _spec(request: SearchRequest, plan: Plan, space: SearchSpace) -> dict[str, Any]:
    """Give what the trials depend on, as it will read after writing."""
    spec = {
        "format": 1,
        "dataset": plan.dataset.name,
        "dataset_digest": plan.dataset.digest,
        "preset": request.preset,
        "fold": plan.settings.folds[0],
        "base": plan.config.to_dict(),
        "settings": plan.settings.to_dict(),
        "space": space.to_dict(),
        "n_training": len(plan.split(plan.settings.folds[0]).training),
        "n_validation": len(plan.split(plan.settings.folds[0]).validation),
    }
    return dict(json.loads(json.dumps(spec)))


class _Running:
    """A search while it runs."""

    def __init__(
        self,
        study: "Study",
        request: SearchRequest,
        plan: Plan,
        space: SearchSpace,
        progress: Progress,
        on_epoch: TrialListener | None,
    ) -> None:
        self.study, self.request, self.plan, self.space = study, request, plan, space
        self.progress, self.on_epoch = progress, on_epoch
        self.fold = plan.settings.folds[0]
        self.split = plan.split(self.fold)

    def run(self) -> None:
        impossible = 0
        while True:
            ended, trained = self._counts()
            if trained >= self.request.trials:
                return
            self.study.sampler = sampler(self.plan.settings.seed, ended)
            impossible = 0 if self._trial(trained, ended) else impossible + 1
            if impossible == _MOST_IMPOSSIBLE:
                raise ScxError(
                    f"{_MOST_IMPOSSIBLE} networks in a row were impossible in this space: nothing is "
                    "left of the window after their pools; allow fewer convolutions or narrower "
                    "pools."
                )

    def _counts(self) -> tuple[int, int]:
        """Trials that ended, and those of them that were trained."""
        from optuna.trial import TrialState

        ended = self.study.get_trials(
            deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)
        )
        return len(ended), sum(IMPOSSIBLE not in trial.user_attrs for trial in ended)

    def _trial(self, trained: int, ended: int) -> bool:
        """Draw a network and train it; says whether it was possible."""
        from optuna.trial import TrialState

        failures = count_failures(self.study, ended)
        trial = self.study.ask()
        trial.set_user_attr(PLACE, ended)
        candidate = self.space.draw(trial)
        trial.set_user_attr(CANDIDATE, candidate.to_dict())
        try:
            config = _possible(candidate, self.plan.config, failures)
        except ScxError as error:
            trial.set_user_attr(REASON, str(error))
            trial.set_user_attr(IMPOSSIBLE, True)
            self.progress(trained / self.request.trials, "An impossible network was passed over")
            self.study.tell(trial, state=TrialState.PRUNED)
            return False
        started = time.monotonic()
        try:
            loss = self._fit(trial, candidate, config, trained)
        except (_PrunedError, ScxError) as error:
            trial.set_user_attr(REASON, str(error))
            trial.set_user_attr(SECONDS, time.monotonic() - started)
            self.study.tell(trial, state=TrialState.PRUNED)
            return True
        trial.set_user_attr(SECONDS, time.monotonic() - started)
        self.study.tell(trial, loss)
        return True

    def _fit(self, trial: "Trial", candidate: Candidate, config: CNNConfig, trained: int) -> float:
        epochs, total = self.plan.settings.epochs, self.request.trials

        def on_batch(epoch: int, fraction: float) -> None:
            done = (epoch - 1 + fraction) / epochs
            self.progress(
                (trained + done) / total,
                f"Trial {trained + 1} of {total}, epoch {epoch} of {epochs}",
            )

        def on_epoch(record: EpochRecord) -> None:
            trial.report(record.validation_loss, record.epoch)
            trial.set_user_attr(EPOCHS_DONE, record.epoch)
            if self.on_epoch is not None:
                self.on_epoch(trained, record)
            if record.epoch < epochs and trial.should_prune():
                raise _PrunedError(
                    f"The validation loss after epoch {record.epoch} was above the median of the "
                    "trials before."
                )

        fitted = fit_run(
            config,
            cut_data(self.plan.data, self.plan.dataset, candidate.upstream, candidate.downstream),
            self.split,
            replace(self.plan.settings, batch_size=candidate.batch_size),
            # As the first run of the fold in a training, so that a result can be had again.
            (self.plan.settings.seed, self.fold, 0),
            on_epoch,
            on_batch,
        )
        if fitted.still_collapsed:
            trial.set_user_attr(COLLAPSED, True)
        return min(record.validation_loss for record in fitted.history)


def _possible(candidate: Candidate, base: CNNConfig, failures: int) -> CNNConfig:
    """Give the network of a candidate, or refuse it."""
    config = candidate.config(base)
    if failures >= _MOST_FAILURES:
        raise ScxError(
            f"Its process ended {failures} times while it was trained, perhaps for want of memory."
        )
    return config


def cut_data(data: TrainingData, dataset: Dataset, upstream: int, downstream: int) -> TrainingData:
    """Give the data with a shorter window around the same TSS.

    Parameters
    ----------
    data : TrainingData
        Of the dataset.
    dataset : Dataset
    upstream, downstream : int
        Bases to keep; at most the dataset's.
    """
    windows = data.windows[:, dataset.upstream - upstream : dataset.upstream + downstream]
    return replace(data, windows=windows)

"""The optuna study of a search, in SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import DatabaseError, OperationalError
from typing import TYPE_CHECKING, Final

import numpy as np

from scx_core.errors import ScxError

if TYPE_CHECKING:
    from optuna.samplers import TPESampler
    from optuna.storages import RDBStorage
    from optuna.study import Study
    from optuna.trial import FrozenTrial

DATABASE: Final = "trials.db"
_STUDY: Final = "search"
#: Seconds that one process waits for another to finish writing.
_PATIENCE: Final = 60
#: Trials drawn at random before the estimator begins to choose; optuna's own number.
RANDOM_TRIALS: Final = 10
#: Trials that ended before bad ones are pruned, and epochs that each trial has in any case.
_PRUNE_AFTER: Final = 5
_WARM_UP: Final = 2
#: User attributes of a trial.
REASON, CANDIDATE, EPOCHS_DONE, SECONDS = "reason", "candidate", "epochs", "seconds"
IMPOSSIBLE, COLLAPSED = "impossible", "collapsed"
#: Trials that ended before it: where a trial that is done anew stands.
PLACE = "place"


@contextmanager
def quiet() -> Iterator[None]:
    """Let optuna say nothing below a warning for as long as the block lasts."""
    from optuna import logging

    before = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)
    try:
        yield
    finally:
        logging.set_verbosity(before)


@contextmanager
def open_study(folder: Path) -> Iterator["Study"]:
    """Give the study of a search's folder; connections end with the block."""
    import optuna

    with quiet(), _storage(folder / DATABASE) as storage:
        yield optuna.load_study(
            storage=storage,
            study_name=_STUDY,
            pruner=optuna.pruners.MedianPruner(_PRUNE_AFTER, _WARM_UP),
        )


def make_study(folder: Path) -> None:
    """Make an empty study in a search's folder if there is none, whole or not at all."""
    import optuna

    if (folder / DATABASE).exists():
        return
    # Tables and study are several steps: a process that is ended between them leaves the temporary
    # file, which is begun anew.
    temporary = folder / f".{DATABASE}.tmp"
    for left in folder.glob(f"{temporary.name}*"):
        left.unlink()
    with quiet(), _storage(temporary) as storage:
        optuna.create_study(storage=storage, study_name=_STUDY, direction="minimize")
    temporary.rename(folder / DATABASE)


@contextmanager
def _storage(file: Path) -> Iterator["RDBStorage"]:
    from optuna.exceptions import StorageInternalError
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import SQLAlchemyError

    try:
        storage = RDBStorage(
            f"sqlite:///{file}", engine_kwargs={"connect_args": {"timeout": _PATIENCE}}
        )
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()
    except (StorageInternalError, SQLAlchemyError) as error:
        cause = error.__cause__ or error
        original = getattr(cause, "orig", None) or cause
        reason = str(original).splitlines()[0]
        if isinstance(original, DatabaseError) and not isinstance(original, OperationalError):
            raise ScxError(
                f"{file.name} of the search {file.parent.name!r} cannot be read ({reason}); delete the "
                "search and start it again."
            ) from error
        raise ScxError(
            f"The trials of the search {file.parent.name!r} could not be written or read ({reason}); "
            "see that the disk has free space and that the folder may be written to, then resume."
        ) from error


def read_trials(folder: Path) -> list["FrozenTrial"]:
    """List the trials of a search, in order; none where it has not begun."""
    if not (folder / DATABASE).exists():
        return []
    with open_study(folder) as study:
        return study.get_trials(deepcopy=False)


def sampler(seed: int, number: int) -> "TPESampler":
    """Give the sampler of one trial.

    Each has its own, seeded by its place among those that ended: what it draws depends on them
    alone, however often the search was stopped between.

    Parameters
    ----------
    seed : int
        Of the search.
    number : int
        Trials that ended before.
    """
    from optuna.samplers import TPESampler

    state = np.random.SeedSequence((seed, number)).generate_state(1)[0]
    return TPESampler(n_startup_trials=RANDOM_TRIALS, seed=int(state))


def count_failures(study: "Study", place: int) -> int:
    """Count how often the trial at a place was begun and ended with its process."""
    from optuna.trial import TrialState

    failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
    return sum(trial.user_attrs.get(PLACE) == place for trial in failed)


def give_up_unfinished(study: "Study") -> int:
    """Mark trials that were running when a process was ended as failed; says how many."""
    from optuna.trial import TrialState

    left = study.get_trials(deepcopy=False, states=(TrialState.RUNNING, TrialState.WAITING))
    for trial in left:
        study.tell(trial.number, state=TrialState.FAIL)
    return len(left)

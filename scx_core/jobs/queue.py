"""Which jobs run now: slots, order, and the one step that starts the next.

There is no scheduler process. Whoever looks takes the step, and each job takes it when it ends, so
that the queue moves while nobody looks. A lock makes the steps follow each other.
"""

import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from filelock import Timeout

from scx_core.errors import ScxError
from scx_core.jobs.alive import hold, is_held
from scx_core.jobs.directory import (
    ACTIVE,
    CANCEL,
    LOCK,
    LOG,
    Status,
    list_directories,
    read_spec,
    read_status,
    read_stored,
    write_status,
)
from scx_core.locks import file_lock
from scx_core.memory import tuned_environment
from scx_core.store import Workspace, read_json, write_json

#: Kinds that wait in a lane of their own.
_LANES: Final = {"import": "import", "import-release": "import"}
DEFAULT_SLOTS: Final = 1
LARGEST_SLOTS: Final = 64
#: A step takes milliseconds; whoever has waited this long for another's leaves it to the next look.
_STEP_SECONDS: Final = 10.0
#: Those who look hold a job's lock for a moment, and a process that was told to end may need another.
_LOCK_SECONDS: Final = 5.0
_log = logging.getLogger("scx_core.jobs")
#: Processes that this one started; asked for their end now and then so that none stays a zombie.
_started: list["subprocess.Popen[bytes]"] = []
_started_lock = threading.Lock()


@dataclass(frozen=True)
class Entry:
    """A job as the queue sees it.

    Attributes
    ----------
    path : Path
    user : str
    status : Status
    lane : str
        Jobs of one lane wait for each other; see `lane_of`.
    """

    path: Path
    user: str
    status: Status
    lane: str = ""


def lane_of(kind: str) -> str:
    """Name the lane of a kind of job: imports are short, and do not wait behind trainings."""
    return _LANES.get(kind, "")


def slots_of(workspace: Workspace, lane: str) -> int:
    """How many jobs of a lane may run at once: one import, beside `slots` other jobs."""
    return slots(workspace) if lane == "" else 1


def slots(workspace: Workspace) -> int:
    """How many jobs may run at once, beside an import; 1 where nothing sensible is written down."""
    try:
        stored = read_json(_settings(workspace))
    except (OSError, ScxError):
        return DEFAULT_SLOTS
    number = stored.get("slots") if isinstance(stored, dict) else None
    if type(number) is int and 1 <= number <= LARGEST_SLOTS:
        return number
    return DEFAULT_SLOTS


def set_slots(workspace: Workspace, number: int) -> None:
    """Say how many jobs may run at once; jobs that run go on.

    Raises
    ------
    ScxError
        If the number is not one of 1 to 64.
    """
    if type(number) is not int or not 1 <= number <= LARGEST_SLOTS:
        raise ScxError(f"The number of slots must be from 1 to {LARGEST_SLOTS}, not {number!r}.")
    with queue_lock(workspace):
        write_json(_settings(workspace), {"slots": number})
    advance(workspace)


def _settings(workspace: Workspace) -> Path:
    return workspace.jobs_path / "queue.json"


@contextmanager
def queue_lock(workspace: Workspace, seconds: float = _STEP_SECONDS) -> Iterator[None]:
    """Hold the queue: nobody else starts, stops or deletes jobs meanwhile.

    Raises
    ------
    ScxError
        If another process holds it for so long.
    """
    workspace.jobs_path.mkdir(parents=True, exist_ok=True)
    lock = file_lock(workspace.jobs_path / "queue.lock")
    try:
        lock.acquire(timeout=seconds, poll_interval=0.02)
    except Timeout as error:
        raise ScxError(
            f"Another process has held the queue of {workspace.root} for {seconds:.0f} s; try again."
        ) from error
    try:
        yield
    finally:
        lock.release()


def advance(workspace: Workspace) -> None:
    """Start the waiting jobs for which there is a slot; never raises for what a disk may do."""
    reap()
    try:
        # Most looks end here, without the lock.
        if all(read_stored(path).state != "waiting" for path in list_directories(workspace)):
            return
        with queue_lock(workspace):
            _start_next(workspace)
    except (OSError, ScxError) as error:
        _log.warning("The queue of %s could not move: %s", workspace.root, error)


def reap() -> None:
    """Take note of processes that ended."""
    with _started_lock:
        _started[:] = [process for process in _started if process.poll() is None]


def _start_next(workspace: Workspace) -> None:
    entries = read_entries(workspace)
    for lane in sorted({entry.lane for entry in entries if entry.status.state == "waiting"}):
        _start_next_of(
            [entry for entry in entries if entry.lane == lane], slots_of(workspace, lane)
        )


def _start_next_of(entries: Sequence[Entry], n_slots: int) -> None:
    """Start the next jobs of one lane, as many as it has room for."""
    running = [entry for entry in entries if entry.status.state in ("starting", "running")]
    n_free = n_slots - len(running)
    if n_free < 1:
        return
    _give_up_late_ones(entries)
    for entry in in_order(entries, n_slots)[:n_free]:
        _launch(entry)


def read_entries(workspace: Workspace) -> list[Entry]:
    """All jobs as the queue sees them, oldest first."""
    return [_entry(path) for path in list_directories(workspace)]


def _entry(path: Path) -> Entry:
    try:
        spec = read_spec(path)
    except ScxError:
        return Entry(path, "", read_status(path))  # nobody knows what it is
    return Entry(path, str(spec.get("user", "")), read_status(path), lane_of(spec["kind"]))


def _give_up_late_ones(entries: Sequence[Entry]) -> None:
    """Write down that a process did not come: should it come after all, it finds its job taken."""
    for entry in entries:
        if entry.status.state == "interrupted" and read_stored(entry.path).state == "starting":
            write_status(entry.path, entry.status)


def in_order(entries: Sequence[Entry], n_slots: int) -> list[Entry]:
    """Order the waiting jobs as they will start.

    The next is of the user with the fewest jobs running, then of the one who was served longest
    ago, then the oldest. Of one user, that is first in, first out. What comes after the next supposes
    that jobs end in the order in which they began.

    Parameters
    ----------
    entries : sequence of Entry
        All jobs of one lane.
    n_slots : int
    """
    waiting = [entry for entry in entries if entry.status.state == "waiting"]
    running = [
        entry.user
        for entry in sorted(entries, key=lambda entry: entry.status.started)
        if entry.status.state in ("starting", "running")
    ]
    served: dict[str, float] = {}
    for entry in entries:
        served[entry.user] = max(served.get(entry.user, 0.0), entry.status.started)
    clock = max(served.values(), default=0.0)
    order: list[Entry] = []
    while waiting:
        while len(running) >= max(n_slots, 1):
            running.pop(0)
        chosen = min(
            waiting,
            key=lambda entry: (
                running.count(entry.user),
                served[entry.user],
                entry.status.queued,
                entry.path.name,
            ),
        )
        waiting.remove(chosen)
        order.append(chosen)
        clock += 1.0
        served[chosen.user] = clock
        running.append(chosen.user)
    return order


def _launch(entry: Entry) -> None:
    """Start the process of a job; the queue is held.

    The job's lock is taken here and inherited by the process: there is no moment in which a job that
    starts looks like one whose process is gone, however long the start takes.
    """
    path, launch = entry.path, secrets.token_hex(8)
    lock = hold(path / LOCK, _LOCK_SECONDS)
    if lock is None:
        _log.error("Another process holds %s", path.name)
        return
    try:
        # Written before the process exists: nobody sees it without its job, nor starts it twice.
        starting = replace(
            entry.status, state="starting", message="Starting", error="", launch=launch, left=None,
            started=time.time(),
        )  # fmt: skip
        write_status(path, starting)
        try:
            process = _start_worker(path, launch, lock)
        except OSError as error:
            _log.exception("The process of %s could not be started", path.name)
            told = f"The system refused to start the process ({error.strerror or error}); resume later."
            write_status(path, replace(starting, state="failed", error=told))
            return
    finally:
        os.close(lock)  # the process has its own copy, if there is one
    with _started_lock:
        _started.append(process)


def _start_worker(path: Path, launch: str, lock: int) -> "subprocess.Popen[bytes]":
    with (path / LOG).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "scx_core.jobs.worker", str(path), launch, str(lock)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=tuned_environment(),
            start_new_session=True,
            pass_fds=(lock,),
            cwd=Path(__file__).resolve().parents[2],
        )


def claim(workspace: Workspace, path: Path, launch: str) -> Status | None:
    """Take a job over, as the process that was started for it and holds its lock.

    Returns
    -------
    Status or None
        None if the job is meant for another process by now, or for none.
    """
    with queue_lock(workspace, seconds=60):
        stored = read_stored(path)
        if stored.state != "starting" or stored.launch != launch:
            return None
        running = replace(stored, state="running")
        try:
            write_status(path, running)
        except OSError:  # a full disk; the lock tells that it runs
            _log.warning("The state could not be written", exc_info=True)
        return running


def enqueue(workspace: Workspace, path: Path) -> None:
    """Put a job that ended early back into the queue.

    Raises
    ------
    ScxError
        If it waits, runs, is finished or damaged.
    """
    with queue_lock(workspace):
        status = read_status(path)
        if status.state == "damaged":
            raise ScxError(status.error)
        if status.state in (*ACTIVE, "finished"):
            raise ScxError(f"The job {path.name} is {status.state}; there is nothing to resume.")
        (path / CANCEL).unlink(missing_ok=True)
        write_status(path, waiting(status.progress, status.started))
    advance(workspace)


def waiting(progress: float = 0.0, started: float = 0.0) -> Status:
    """State of a job that comes into the queue now."""
    return Status("waiting", progress, "Waiting for its turn", queued=time.time(), started=started)


def call_off(workspace: Workspace, path: Path) -> None:
    """Ask a job to stop; at once where no process works on it. Asking twice does no harm."""
    with queue_lock(workspace):
        status = read_status(path)
        if status.state not in (*ACTIVE, "interrupted"):
            return
        (path / CANCEL).touch()
        if status.state == "starting" or not is_held(path / LOCK):
            # A process that is on its way will find that the job is not its own any more.
            launch = "" if status.state == "starting" else status.launch
            write_status(path, replace(status, state="cancelled", left=None, launch=launch))
    advance(workspace)

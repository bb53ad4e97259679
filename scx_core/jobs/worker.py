"""The process of a job: ``python -m scx_core.jobs.worker DIRECTORY LAUNCH LOCK``.

It is small and does none of the work: that is done by a process of its own (`scx_core.jobs.work`),
which this one stops when somebody asks for it, whatever the work is busy with, and whose end it
tells, however it ended. Then it starts whoever is next.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Final

from scx_core.jobs.directory import Status, is_asked_to_stop, read_stored, write_status
from scx_core.jobs.queue import advance, claim
from scx_core.maker import JOB
from scx_core.store import Workspace

#: Seconds between two looks at the work and at the wish to cancel it.
_LOOK_EVERY: Final = 0.05
#: How long the work may take to end by itself when it is cancelled.
_GRACE_SECONDS: Final = 0.5
#: Seconds between attempts to write how the work ended, on a full disk.
_WRITE_AGAIN: Final = 1.0
#: Signals that say nothing about the work: somebody, or the system, ended the process.
_FROM_OUTSIDE: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_log = logging.getLogger("scx_core.jobs")


@dataclass(frozen=True)
class Outcome:
    """How the work ended.

    Attributes
    ----------
    state : str
    error : str
    progress : float or None
        None if the work could not tell.
    message : str
    """

    state: str
    error: str = ""
    progress: float | None = None
    message: str = ""


class _Stop:
    """Remembers that this process was asked to end."""

    asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def run_job(path: Path, launch: str, lock: int) -> int:
    """Do the work of a job directory; give the exit status.

    Parameters
    ----------
    path : Path
    launch : str
        As written in the job's state by whoever started this process.
    lock : int
        File descriptor of the job's lock, which that process took and this one inherited.
    """
    workspace = Workspace(path.parent.parent)
    status = claim(workspace, path, launch)
    if status is None:
        _log.info("The job %s was given to another process or called off", path.name)
        os.close(lock)
        return 0
    stop = _Stop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    outcome = _supervise(path, lock, stop)
    _write_end(path, status, outcome)
    os.close(lock)
    if not stop.asked:  # a system that shuts down must not start, and then stop, all that wait
        advance(workspace)
    return 0 if outcome.state in ("finished", "cancelled") else 1


def _supervise(path: Path, lock: int, stop: _Stop) -> Outcome:
    """Start the work and watch it until it ends."""
    if is_asked_to_stop(path):
        return Outcome("cancelled")
    told, telling = os.pipe()
    os.set_blocking(told, False)
    try:
        # The work holds the lock too: it may outlive this process by a moment. Its standard input
        # ends when this process does, and it with it.
        process = subprocess.Popen(
            [sys.executable, "-m", "scx_core.jobs.work", str(path), str(telling)],
            stdin=subprocess.PIPE,
            pass_fds=(lock, telling),
            env={**os.environ, JOB: path.name},
            process_group=0,
        )
    except OSError as error:
        os.close(telling)
        os.close(told)
        return Outcome("failed", f"The system refused to start the work ({error}); resume later.")
    os.close(telling)
    with process:
        _wait(process, path, stop)
        outcome = _read_outcome(told)
    os.close(told)
    return outcome or _guess_outcome(process.returncode, path, stop)


def _wait(process: "subprocess.Popen[bytes]", path: Path, stop: _Stop) -> None:
    """Wait for the end of the work; bring it about where it is wanted."""
    deadline = float("inf")
    while process.poll() is None:
        time.sleep(_LOOK_EVERY)
        if deadline == float("inf") and is_asked_to_stop(path):
            deadline = time.monotonic() + _GRACE_SECONDS
        if stop.asked or time.monotonic() > deadline:
            _end_group(process.pid)
    _end_group(process.pid)  # processes that the work started and left behind


def _end_group(number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(number, signal.SIGKILL)


def _read_outcome(told: int) -> Outcome | None:
    """Read what the work said at its end; None if it said nothing."""
    try:
        return Outcome(**json.loads(os.read(told, 1 << 20)))
    except (BlockingIOError, ValueError, TypeError):
        return None


def _guess_outcome(status: int, path: Path, stop: _Stop) -> Outcome:
    """Say how the work ended from the way its process did."""
    if is_asked_to_stop(path):
        return Outcome("cancelled")
    if stop.asked:
        return Outcome("interrupted")
    if status < 0 and -status in _FROM_OUTSIDE:
        return Outcome(
            "interrupted",
            f"The process was ended from outside ({signal.Signals(-status).name}), perhaps for want "
            "of memory; resume goes on where it stopped.",
        )
    how = f" (signal {-status})" if status < 0 else ""
    return Outcome("failed", f"The work ended unexpectedly{how}; the log says where.")


def _write_end(path: Path, status: Status, outcome: Outcome) -> None:
    """Write how the job ended, as soon as the disk lets one."""
    warned = False
    while path.is_dir():
        last = read_stored(path)
        progress, message = outcome.progress, outcome.message
        if progress is None:
            known = last if last.state != "damaged" else status
            progress, message = known.progress, known.message
        ended = replace(
            status, state=outcome.state, progress=progress, message=message, error=outcome.error,
            left=None,
        )  # fmt: skip
        try:
            write_status(path, ended)
        except OSError as error:
            if not warned:
                _log.warning("How the job ended (%s) is not written yet: %s", outcome.state, error)
            warned = True
            time.sleep(_WRITE_AGAIN)
        else:
            for half_written in path.glob(".*.tmp"):
                half_written.unlink(missing_ok=True)
            return


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sys.exit(run_job(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))

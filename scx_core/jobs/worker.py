"""The process of a job: ``python -m scx_core.jobs.worker DIRECTORY``."""

import json
import logging
import sys
import time
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from scx_core.errors import ScxError
from scx_core.jobs.job import Job, write_state
from scx_core.jobs.kinds import KINDS
from scx_core.store import Workspace

#: Seconds between two writes of the state.
_WRITE_EVERY: Final = 0.25
_log = logging.getLogger("scx_core.jobs")


class CancelledError(Exception):
    """Somebody asked the job to stop."""


class _Reporter:
    """Writes progress to the job's directory, and stops the work when asked to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.progress, self.message = 0.0, "Starting"
        self._written = 0.0

    def on_progress(self, fraction: float, message: str) -> None:
        self.progress, self.message = fraction, message
        if (self.path / "cancel").exists():
            raise CancelledError
        if time.monotonic() - self._written >= _WRITE_EVERY:
            write_state(self.path, "running", fraction, message)
            self._written = time.monotonic()

    def on_metrics(self, values: dict[str, Any]) -> None:
        with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
            # The line feed comes first: it ends a line that a killed process left half-written.
            file.write("\n" + json.dumps(values))


def run_job(path: Path) -> int:
    """Do the work of a job directory; give the exit status."""
    job = Job.open(path)
    # A page that asks for a sign of life holds the lock for a moment: wait for it.
    with FileLock(path / "alive.lock", timeout=5):
        return _run_locked(job)


def _run_locked(job: Job) -> int:
    reporter = _Reporter(job.path)
    write_state(job.path, "running", 0.0, "Starting")
    _log.info("Job %s: %s", job.id, job.kind)
    outcome, error = "failed", "The work stopped unexpectedly; the log says where."
    try:
        KINDS[job.kind](
            Workspace(job.spec["workspace"]), job.parameters, reporter.on_progress,
            reporter.on_metrics,
        )  # fmt: skip
        outcome, error = "finished", ""
    except CancelledError:
        outcome, error = "cancelled", ""
    except ScxError as refused:
        _log.exception("Refused")
        error = str(refused)
    finally:
        # Any other exception passes on, with its trace in the log; the state says so already.
        progress = 1.0 if outcome == "finished" else reporter.progress
        message = "Finished" if outcome == "finished" else reporter.message
        write_state(job.path, outcome, progress, message, error)
    return 0 if outcome in ("finished", "cancelled") else 1


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sys.exit(run_job(Path(sys.argv[1])))

"""A job: long work in a process of its own, seen through its directory.

::

    jobs/20261120-062024-1c61f1eb/
      spec.json       what to do: kind, parameters, workspace
      state.json      state, progress, message, error; replaced as a whole
      metrics.jsonl   one line for each epoch
      log.txt         standard output and error of the process
      cancel          appears when somebody asks the job to stop
      alive.lock      held by the process as long as it lives: the one sign of life

The process is not a child in any sense that matters: it outlives the page, the session and the
server. A process number says nothing (zombies, reuse); the lock does.
"""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from scx_core.errors import ScxError
from scx_core.memory import tuned_environment
from scx_core.store import Workspace, read_json, write_json

ACTIVE: Final = ("queued", "running")
#: A process that has not taken its lock after this long will not come.
_START_SECONDS: Final = 60.0
#: Processes that this one started; asked for their end now and then so that none stays a zombie.
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Job:
    """A job directory, read anew at each access.

    Attributes
    ----------
    path : Path
    """

    path: Path

    @classmethod
    def open(cls, path: Path | str) -> "Job":
        """Open a job directory.

        Raises
        ------
        ScxError
            If there is none.
        """
        path = Path(path)
        if not (path / "spec.json").is_file():
            raise ScxError(f"There is no job {path.name!r}; it may have been deleted.")
        return cls(path)

    @property
    def id(self) -> str:
        """Name of the directory; sorts by time."""
        return self.path.name

    @property
    def spec(self) -> dict[str, Any]:
        """What to do: ``kind``, ``parameters``, ``workspace``, ``created``."""
        return read_json(self.path / "spec.json")

    @property
    def kind(self) -> str:
        """``"train"`` or ``"import"``."""
        return self.spec["kind"]

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the kind."""
        return self.spec["parameters"]

    def _state(self) -> dict[str, Any]:
        return read_json(self.path / "state.json")

    @property
    def state(self) -> str:
        """``queued, running, finished, failed, cancelled`` or ``interrupted``."""
        state = self._state()
        if state["state"] not in ACTIVE or self.is_alive():
            return state["state"]
        if state["state"] == "queued" and time.time() - state["time"] < _START_SECONDS:
            return "queued"
        # The process may have finished between the two looks.
        again = self._state()["state"]
        return again if again not in ACTIVE else "interrupted"

    def is_alive(self) -> bool:
        """Say whether the job's process lives: it holds the lock."""
        lock = FileLock(self.path / "alive.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    @property
    def progress(self) -> float:
        """Fraction done, 0 to 1."""
        return float(self._state()["progress"])

    @property
    def message(self) -> str:
        """What is being done."""
        return str(self._state()["message"])

    @property
    def error(self) -> str:
        """Why it failed, in a sentence; empty if it did not."""
        return str(self._state().get("error", ""))

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """One entry for each epoch so far."""
        path = self.path / "metrics.jsonl"
        if not path.exists():
            return []
        entries: dict[tuple[int, int, int], dict[str, Any]] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue  # being written, or cut short when its process was killed
            # A run that was resumed tells its epochs again: the last word counts.
            entries[entry["fold"], entry["run"], entry["epoch"]] = entry
        return list(entries.values())

    def log_tail(self, lines: int = 20) -> str:
        """Last lines of the log."""
        path = self.path / "log.txt"
        if not path.exists():
            return ""
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def cancel(self) -> None:
        """Ask the process to stop; asking twice does no harm."""
        (self.path / "cancel").touch()

    def resume(self) -> None:
        """Start an interrupted, failed or cancelled job again; finished runs are kept.

        Raises
        ------
        ScxError
            If it is running or finished.
        """
        state = self.state
        if state in (*ACTIVE, "finished"):
            raise ScxError(f"The job {self.id} is {state}; there is nothing to resume.")
        (self.path / "cancel").unlink(missing_ok=True)
        _launch(self)


def start_job(workspace: Workspace, kind: str, parameters: Mapping[str, Any]) -> Job:
    """Start work in a process of its own.

    Parameters
    ----------
    workspace : Workspace
    kind : str
        ``"train"`` or ``"import"``; see `scx_core.jobs.kinds`.
    parameters : mapping
        JSON-ready parameters of the kind.
    """
    from scx_core.jobs.kinds import KINDS

    if kind not in KINDS:
        raise ScxError(f"Jobs of kind {kind!r} are unknown; there are {', '.join(KINDS)}.")
    now = datetime.now(UTC)
    path = workspace.jobs_path / f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
    path.mkdir(parents=True)
    spec = {
        "kind": kind,
        "parameters": dict(parameters),
        "workspace": str(workspace.root),
        "created": now.isoformat(timespec="seconds"),
    }
    # A job is seen by its spec: the state must be there before it.
    write_state(path, "queued", 0.0, "Starting")
    write_json(path / "spec.json", spec)
    job = Job(path)
    _launch(job)
    return job


def _launch(job: Job) -> None:
    # "queued" is written before the process exists, so that no page sees the state before it.
    write_state(job.path, "queued", 0.0, "Starting")
    _reap()
    with (job.path / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "scx_core.jobs.worker", str(job.path)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=tuned_environment(),
            start_new_session=True,
            cwd=Path(__file__).resolve().parents[2],
        )
    _started.append(process)


def _reap() -> None:
    _started[:] = [process for process in _started if process.poll() is None]


def list_jobs(workspace: Workspace) -> list[Job]:
    """All jobs of a workspace, newest first."""
    _reap()
    specs = workspace.jobs_path.glob("*/spec.json")
    return [Job(path.parent) for path in sorted(specs, reverse=True)]


def write_state(path: Path, state: str, progress: float, message: str, error: str = "") -> None:
    """Replace a job's state as a whole."""
    write_json(
        path / "state.json",
        {
            "state": state,
            "progress": progress,
            "message": message,
            "error": error,
            "time": time.time(),
        },
    )

"""A job: long work in a process of its own, seen through its directory.

The process is not a child in any sense that matters: it outlives the page, the session and the
server. What a job is doing is read from its directory alone (see `scx_core.jobs.directory`).
"""

import getpass
import secrets
import shutil
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scx_core.errors import ScxError, join_some
from scx_core.jobs import queue
from scx_core.jobs.alive import is_held
from scx_core.jobs.directory import (
    ACTIVE,
    LOCK,
    LOG,
    METRICS,
    NOTICES,
    POPULATIONS,
    SPEC,
    Status,
    is_asked_to_stop,
    is_job,
    list_directories,
    read_lines,
    read_spec,
    read_status,
    read_stored,
    write_state,
    write_status,
)
from scx_core.locks import require_locks
from scx_core.store import Workspace, disk_full_as_sentence, read_json, write_json

__all__ = ["ACTIVE", "Job", "find_job", "list_jobs", "start_job", "write_state"]

#: Ends of the names of directories that are being made and deleted.
_MAKING, _DELETING = ".making", ".deleting"
#: How long an ended job's process may take to go before its directory cannot be deleted.
_GO_SECONDS = 2.0


@dataclass(frozen=True)
class Job:
    """A job directory, read anew at each access; reading never fails.

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
        if not is_job(path):
            raise ScxError(f"There is no job {path.name!r}; it may have been deleted.")
        return cls(path)

    @property
    def id(self) -> str:
        """Name of the directory; sorts by time."""
        return self.path.name

    @property
    def workspace(self) -> Workspace:
        """Where the job lies."""
        return Workspace(self.path.parent.parent)

    @property
    def spec(self) -> dict[str, Any]:
        """What to do: ``kind``, ``parameters``, ``user``, ``created``.

        Raises
        ------
        ScxError
            If the job is damaged.
        """
        return read_spec(self.path)

    def _spec(self, name: str, missing: Any) -> Any:
        try:
            return read_spec(self.path).get(name, missing)
        except ScxError:
            return missing

    @property
    def kind(self) -> str:
        """``"train"``, ``"import"``, …; empty if the job is damaged."""
        return self._spec("kind", "")

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the kind; none if the job is damaged."""
        return self._spec("parameters", {})

    @property
    def user(self) -> str:
        """Who asked for it; empty where nobody knows."""
        return str(self._spec("user", ""))

    @property
    def created(self) -> datetime:
        """When it was asked for; of a damaged job, the age of its directory."""
        try:
            created = datetime.fromisoformat(str(self._spec("created", "")))
        except ValueError:
            try:
                return datetime.fromtimestamp(self.path.stat().st_mtime, UTC)
            except OSError:
                return datetime.now(UTC)
        return created if created.tzinfo else created.replace(tzinfo=UTC)

    @property
    def status(self) -> Status:
        """State, progress, message and error of one moment."""
        return read_status(self.path)

    @property
    def state(self) -> str:
        """How it stands.

        ``waiting`` (in the queue, no process), ``starting, running, finished, failed, cancelled,
        interrupted`` (its process is gone) or ``damaged``.
        """
        return self.status.state

    def is_alive(self) -> bool:
        """Say whether the job's process lives: it holds the lock."""
        return is_held(self.path / LOCK)

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked it to stop and it has not ended yet."""
        return is_asked_to_stop(self.path) and self.state in ACTIVE

    @property
    def position(self) -> int | None:
        """Place in the queue, from 1, among jobs of its lane; None if it does not wait."""
        if self.state != "waiting":
            return None
        lane = queue.lane_of(self.kind)
        entries = [entry for entry in queue.read_entries(self.workspace) if entry.lane == lane]
        order = queue.in_order(entries, queue.slots_of(self.workspace, lane))
        names = [entry.path.name for entry in order]
        return names.index(self.id) + 1 if self.id in names else None

    @property
    def progress(self) -> float:
        """Fraction done, 0 to 1."""
        return self.status.progress

    @property
    def message(self) -> str:
        """What is being done."""
        return self.status.message

    @property
    def error(self) -> str:
        """Why it failed or what is damaged, in a sentence; empty if nothing is."""
        return self.status.error

    @property
    def seconds_left(self) -> float | None:
        """Time left, by the pace since the last start; None while nobody can tell."""
        status = self.status
        if status.state != "running" or status.left is None:
            return None
        return max(status.left - max(time.time() - status.time, 0.0), 0.0)

    @property
    def metrics(self) -> list[dict[str, Any]]:
        """One entry for each epoch so far."""
        entries: dict[tuple[Any, ...], dict[str, Any]] = {}
        for entry in read_lines(self.path / METRICS):
            key = tuple(entry.get(name) for name in ("fold", "run", "epoch"))
            if all(type(part) is int for part in key):
                # A run that was resumed tells its epochs again: the last word counts.
                entries[*key, entry.get("attempt", 0)] = entry
        return list(entries.values())

    @property
    def populations(self) -> dict[str, Any] | None:
        """The epoch told last: ``fold, run, epoch, values`` (by population); None if none was."""
        try:
            found = read_json(self.path / POPULATIONS)
        except (OSError, ScxError):
            return None
        usable = isinstance(found, dict) and isinstance(found.get("values"), dict)
        return found if usable else None

    @property
    def notices(self) -> list[str]:
        """What is worth knowing, in sentences; each once, in the order in which they were told."""
        told = (str(entry.get("notice", "")) for entry in read_lines(self.path / NOTICES))
        return list(dict.fromkeys(notice for notice in told if notice))

    def log_tail(self, lines: int = 20) -> str:
        """Last lines of the log."""
        try:
            with (self.path / LOG).open(encoding="utf-8", errors="replace") as file:
                return "".join(deque(file, maxlen=max(lines, 0))).rstrip("\n")
        except OSError:
            return ""

    @property
    def log_size(self) -> int:
        """Bytes of the log so far."""
        try:
            return (self.path / LOG).stat().st_size
        except OSError:
            return 0

    def log_from(self, start: int) -> tuple[str, int]:
        """Give what the log says from a byte on, in whole lines, and where they end."""
        try:
            with (self.path / LOG).open("rb") as file:
                file.seek(start)
                read = file.read()
        except OSError:
            return "", start
        whole = read[: read.rfind(b"\n") + 1]
        return whole.decode("utf-8", errors="replace"), start + len(whole)

    def cancel(self) -> None:
        """Stop the job: a waiting one at once, a running one within a second; twice does no harm.

        Raises
        ------
        ScxError
            If the disk is full.
        """
        with disk_full_as_sentence(self.path, "the job was not cancelled"):
            queue.call_off(self.workspace, self.path)

    def resume(self) -> None:
        """Put an interrupted, failed or cancelled job back into the queue; finished parts are kept.

        Raises
        ------
        ScxError
            If it waits, runs, is finished or damaged, or the disk is full.
        """
        with disk_full_as_sentence(self.path, "what was finished before is kept"):
            queue.enqueue(self.workspace, self.path)

    def delete(self) -> None:
        """Delete the job's directory; what it made stays.

        Raises
        ------
        ScxError
            If a process works on it, or it is no directory in the folder of jobs.
        """
        workspace = self.workspace
        if self.path.resolve().parent != workspace.jobs_path.resolve() or not is_job(self.path):
            raise ScxError(f"There is no job {self.id!r} to delete in {workspace.jobs_path}.")
        with queue.queue_lock(workspace):
            state = self.state
            if state in ("starting", "running"):
                raise ScxError(f"The job {self.id} is {state}; cancel it first.")
            if read_stored(self.path).launch:  # else a process on its way will find no job
                self._wait_for_end()
            # At once for all who look; the files go afterwards.
            hidden = self.path.rename(self.path.with_name(f".{self.id}{_DELETING}"))
        for left in (hidden, *workspace.jobs_path.glob(f".*{_DELETING}")):
            shutil.rmtree(left, ignore_errors=True)
        queue.advance(workspace)

    def _wait_for_end(self) -> None:
        end = time.monotonic() + _GO_SECONDS
        while self.is_alive():
            if time.monotonic() > end:
                raise ScxError(f"The process of the job {self.id} is still ending; try again.")
            time.sleep(0.02)


def start_job(
    workspace: Workspace, kind: str, parameters: Mapping[str, Any], user: str = ""
) -> Job:
    """Put work into the queue; it starts at once if there is a slot.

    Parameters
    ----------
    workspace : Workspace
    kind : str
        One of `scx_core.jobs.kinds.KINDS`.
    parameters : mapping
        JSON-ready parameters of the kind.
    user : str
        Who asks, for a queue that is fair; the account's name if not given.

    Raises
    ------
    ScxError
        If the kind is unknown, the disk is full, or its files cannot be locked.
    """
    from scx_core.jobs.kinds import KINDS

    if kind not in KINDS:
        raise ScxError(f"Jobs of kind {kind!r} are unknown; there are {', '.join(KINDS)}.")
    now = datetime.now(UTC)
    spec = {
        "kind": kind,
        "parameters": dict(parameters),
        "user": user or account(),
        "workspace": str(workspace.root),
        "created": now.isoformat(timespec="milliseconds"),
    }
    workspace.jobs_path.mkdir(parents=True, exist_ok=True)
    require_locks(workspace.jobs_path)
    # Microseconds come first in what follows the second: names sort by time.
    path = workspace.jobs_path / (
        f"{now:%Y%m%d-%H%M%S}-{now.microsecond:05x}{secrets.token_hex(2)[:3]}"
    )
    making = path.with_name(f".{path.name}{_MAKING}")
    try:
        with disk_full_as_sentence(path):
            making.mkdir()
            write_status(making, queue.waiting())
            write_json(making / SPEC, spec)
            making.rename(path)  # seen by others from here on, whole
    finally:
        shutil.rmtree(making, ignore_errors=True)
    queue.advance(workspace)
    return Job(path)


def account() -> str:
    """Name of the account of this process; empty where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def list_jobs(workspace: Workspace) -> list[Job]:
    """All jobs of a workspace, newest first, damaged ones too; starts those whose turn it is."""
    queue.advance(workspace)
    return [Job(path) for path in reversed(list_directories(workspace))]


def name_work(job: Job) -> str:
    """Name what a job makes: the model it trains, the dataset it imports; empty if it says not."""
    parameters = job.parameters
    named = parameters.get("model" if job.kind == "train" else "name", "")
    return named if isinstance(named, str) else ""


def find_job(workspace: Workspace, text: str) -> Job:
    """Find a job by its id, the unique beginning of it, or ``"last"``.

    Raises
    ------
    ScxError
        If no job fits, or several do.
    """
    jobs = list_jobs(workspace)
    if not jobs:
        raise ScxError(f"There are no jobs in {workspace.root}.")
    fitting = jobs[:1] if text == "last" else [job for job in jobs if job.id == text]
    fitting = fitting or [job for job in jobs if text and job.id.startswith(text)]
    if not fitting:
        raise ScxError(f"There is no job {text!r}; there are {join_some(job.id for job in jobs)}.")
    if len(fitting) > 1:
        raise ScxError(
            f"{text!r} begins {len(fitting)} jobs: {join_some(job.id for job in fitting)}; give more "
            "of the id."
        )
    return fitting[0]

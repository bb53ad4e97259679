"""The files of a job directory; whatever a hand has done to them, reading never fails.

::

    jobs/20261120-062024-1c61f1eb/
      spec.json         what to do: kind, parameters, user
      state.json        state, progress, message, error; replaced as a whole
      metrics.jsonl     one line for each epoch
      populations.json  the newest epoch's values by population; replaced as a whole
      notices.jsonl     what is worth knowing, one line each
      log.txt           standard output and error of the process
      cancel            appears when somebody asks the job to stop
      alive.lock        held by the process as long as it lives: the one sign of life
"""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from scx_core.errors import ScxError
from scx_core.jobs.alive import is_held
from scx_core.store import Workspace, read_json, write_json

SPEC: Final = "spec.json"
STATE: Final = "state.json"
METRICS: Final = "metrics.jsonl"
POPULATIONS: Final = "populations.json"
NOTICES: Final = "notices.jsonl"
LOG: Final = "log.txt"
CANCEL: Final = "cancel"
LOCK: Final = "alive.lock"
#: A folder with one of these is a job, if a damaged one.
_FILES: Final = (SPEC, STATE, METRICS, POPULATIONS, NOTICES, LOG, CANCEL, LOCK)

#: States of a job that has not ended.
ACTIVE: Final = ("waiting", "starting", "running")
#: States that are written; "damaged" is only ever found.
_WRITTEN: Final = (*ACTIVE, "finished", "failed", "cancelled", "interrupted")


@dataclass(frozen=True)
class Status:
    """What ``state.json`` says.

    Attributes
    ----------
    state : str
        ``waiting, starting, running, finished, failed, cancelled, interrupted`` or ``damaged``.
    progress : float
        Fraction done, 0 to 1.
    message : str
        What is being done.
    error : str
        Why it failed, in a sentence.
    time, queued, started : float
        When this was written, when the job came into the queue, and when it last left it; seconds
        since 1970, 0 for never.
    launch : str
        Tells the process that was started last from those before it; empty where none will take the
        job over.
    left : float or None
        Seconds left as estimated at ``time``.
    """

    state: str
    progress: float = 0.0
    message: str = ""
    error: str = ""
    time: float = 0.0
    queued: float = 0.0
    started: float = 0.0
    launch: str = ""
    left: float | None = None


def list_directories(workspace: Workspace) -> list[Path]:
    """Job directories of a workspace, damaged ones too, oldest first."""
    try:
        entries = sorted(workspace.jobs_path.iterdir())
    except OSError:
        return []
    return [path for path in entries if is_job(path)]


def is_job(path: Path) -> bool:
    """Say whether a folder is a job's; hidden ones are being made or deleted."""
    try:
        return not path.name.startswith(".") and any((path / name).exists() for name in _FILES)
    except OSError:
        return False


def read_spec(path: Path) -> dict[str, Any]:
    """Read what a job is to do.

    Raises
    ------
    ScxError
        If the file is missing or garbled.
    """
    try:
        spec = read_json(path / SPEC)
    except (OSError, ScxError) as error:
        raise _damage(path, SPEC) from error
    if (
        not isinstance(spec, dict)
        or not isinstance(spec.get("kind"), str)
        or not isinstance(spec.get("parameters"), dict)
    ):
        raise _damage(path, SPEC)
    return spec


def _damage(path: Path, name: str) -> ScxError:
    return ScxError(
        f"The file {name} of the job {path.name} is missing or garbled; delete the job and start "
        "the work again."
    )


def read_stored(path: Path) -> Status:
    """Read the state as it was last written; never raises.

    Returns
    -------
    Status
        ``damaged``, with a sentence in ``error``, where the files are not what they should be.
    """
    try:
        read_spec(path)
    except ScxError as error:
        return Status("damaged", error=str(error))
    try:
        stored = read_json(path / STATE)
    except (OSError, ScxError):
        stored = None
    if not isinstance(stored, dict) or stored.get("state") not in _WRITTEN:
        return Status("damaged", error=str(_damage(path, STATE)))
    left = stored.get("left")
    return Status(
        stored["state"],
        min(max(_number(stored.get("progress")), 0.0), 1.0),
        str(stored.get("message", "")),
        str(stored.get("error", "")),
        time=_number(stored.get("time")),
        queued=_number(stored.get("queued")),
        started=_number(stored.get("started")),
        launch=str(stored.get("launch", "")),
        left=None if left is None else _number(left),
    )


def _number(value: object) -> float:
    usable = isinstance(value, int | float) and math.isfinite(value)
    return float(value) if usable else 0.0  # type: ignore[arg-type]


def read_status(path: Path) -> Status:
    """Read the state as it is: a job whose process is gone does not run; never raises."""
    stored = read_stored(path)
    if stored.state not in ("starting", "running", "damaged"):
        return stored
    if is_held(path / LOCK):
        return replace(stored, state="running") if stored.state == "damaged" else stored
    # The process may have ended between the two looks.
    again = read_stored(path)
    if again.state not in ("starting", "running"):
        return again
    return replace(again, state="cancelled" if is_asked_to_stop(path) else "interrupted")


def is_asked_to_stop(path: Path) -> bool:
    """Say whether somebody asked the job to stop."""
    try:
        return (path / CANCEL).exists()
    except OSError:
        return False


def write_status(path: Path, status: Status) -> None:
    """Replace a job's state as a whole, with the time of now."""
    write_json(path / STATE, asdict(replace(status, time=time.time())))


def write_state(path: Path, state: str, progress: float, message: str, error: str = "") -> None:
    """Replace a job's state by a plain one."""
    write_status(path, Status(state, progress, message, error))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines; what is no JSON object is passed over.

    The last line may be being written, and any may have been cut short when its process was killed.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    entries = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def plain(value: Any) -> Any:
    """Give a value as JSON has it: no NaN, no infinity, no numpy."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

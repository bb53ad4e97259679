"""Kinds of jobs for tests: quick, stuck, leaving processes behind.

Jobs run in processes of their own, which know these kinds through a ``sitecustomize`` on their path.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scx_core.jobs import Job, kinds, list_jobs, queue
from scx_core.resumable import resumable_directory
from scx_core.store import Workspace, atomic_directory

TESTS = Path(__file__).parent


def note(workspace, parameters, reporter):
    """Work for some time, with a line in the journal at the start and at the end."""
    _write(workspace, "start", parameters)
    end = time.monotonic() + parameters.get("seconds", 0.1)
    while time.monotonic() < end:
        left = end - time.monotonic()
        reporter.progress(1 - left / parameters.get("seconds", 0.1), "Noting")
        time.sleep(0.01)
    _write(workspace, "end", parameters)


def silent(workspace, parameters, reporter):
    """Say nothing for a minute."""
    reporter.progress(0.25, "Silent")
    time.sleep(60)


def stuck(workspace, parameters, reporter):
    """Keep the interpreter's lock for hours: no other thread runs."""
    reporter.progress(0.25, "Stuck")
    re.match(r"(a+)+$", "a" * 60 + "b")


def parent(workspace, parameters, reporter):
    """Start a process and wait for it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (workspace.root / "child").write_text(str(child.pid))
    reporter.progress(0.25, "Waiting")
    child.wait()


def die(workspace, parameters, reporter):
    """End by a signal, as the system does to who takes too much memory."""
    reporter.progress(0.5, "Dying")
    os.kill(os.getpid(), parameters["signal"])


def fail(workspace, parameters, reporter):
    """Raise what nobody expects."""
    raise ZeroDivisionError("by mistake")


def epochs(workspace, parameters, reporter):
    """Tell epochs; a file says how many are done."""
    done = workspace.root / "done"
    for epoch in range(int(done.read_text()) if done.exists() else 1, parameters["epochs"] + 1):
        values = {"fold": 0, "run": 0, "epoch": epoch, "loss": float("nan") if epoch == 1 else 0.5}
        reporter.metrics({**values, "by_population": {"Sst": 0.1 * epoch, "Vip": float("nan")}})
        reporter.notice("The first epoch is slow.")
        reporter.progress(epoch / parameters["epochs"], f"Epoch {epoch}")
        new = done.with_suffix(".new")
        new.write_text(str(epoch))
        new.replace(done)  # as work does: killed at any moment, one of the two is whole
        time.sleep(parameters.get("seconds", 0))


def make(workspace, parameters, reporter):
    """Make a folder; the first time, be killed with the supervisor before anybody knows of it."""
    path = workspace.root / "results" / parameters["name"]
    way = {
        "resumable": lambda: resumable_directory(path, "result", {"a": 1}),
        "atomic": lambda: atomic_directory(path),
    }
    with way[parameters["way"]]() as folder, atomic_directory(folder / "part") as part:
        (part / "content").write_text("whole")
    if not (workspace.root / "killed").exists():
        (workspace.root / "killed").touch()
        os.kill(os.getppid(), signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)


KINDS = {
    function.__name__: function
    for function in (note, silent, stuck, parent, die, fail, epochs, make)
} | {"import-release": note}  # in the lane of imports


def register() -> None:
    """Make the kinds known in this process."""
    kinds.KINDS = {**kinds.KINDS, **KINDS}


def write_site(folder: Path) -> Path:
    """Write a folder for ``PYTHONPATH`` with which all processes know the kinds."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        f"import sys\nsys.path.append({str(TESTS)!r})\nimport job_kinds\njob_kinds.register()\n"
    )
    return folder


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@contextmanager
def open_workspace(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Give a workspace whose jobs may be of these kinds; at the end none of them runs any more."""
    monkeypatch.setenv("PYTHONPATH", str(write_site(folder / "site")))
    monkeypatch.setattr(kinds, "KINDS", {**kinds.KINDS, **KINDS})
    workspace = Workspace(folder / "ws")
    yield workspace
    for job in list_jobs(workspace):
        job.cancel()
    wait_for(lambda: not any(job.is_alive() for job in list_jobs(workspace)))
    wait_for(lambda: queue.reap() or not queue._started)


def processes_of(job: Job) -> dict[str, int]:
    """Processes whose command line names the job: ``supervisor`` and ``work``."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if os.fsencode(job.path) in words:
            does_work = b"scx_core.jobs.work" in words
            found["work" if does_work else "supervisor"] = int(process.name)
    return found


def journal(root: Path) -> list[dict]:
    """What noting jobs wrote, in order."""
    path = root / "journal"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def _write(workspace, what, parameters):
    line = json.dumps({"what": what, "name": parameters.get("name"), "time": time.monotonic()})
    with (workspace.root / "journal").open("a") as file:
        file.write(line + "\n")

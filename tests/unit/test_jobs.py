"""Jobs: real processes, seen through their directories."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import workspace

from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.jobs import ACTIVE, Job, list_jobs, start_job
from scx_core.store import Workspace

TRAINING = {
    "dataset": "toy",
    "preset": "half-life",
    "settings": {"n_folds": 4, "runs": 1, "epochs": 2, "max_restarts": 0},
    "folds": ["0"],
}


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def wait_for_end(job: Job) -> str:
    wait_for(lambda: job.state not in ACTIVE)
    wait_for(lambda: not job.is_alive())
    list_jobs(Workspace(job.path.parents[1]))  # takes note of ended children
    return job.state


@pytest.fixture
def opened(toy_root: Path, tmp_path: Path) -> Workspace:
    root = tmp_path / "ws"
    (root / "datasets").mkdir(parents=True)
    (root / "datasets" / "toy").symlink_to(toy_root / "datasets" / "toy")
    return Workspace(root)


def test_training_job_runs_to_its_end(opened: Workspace) -> None:
    job = start_job(opened, "train", {**TRAINING, "model": "m"})
    assert job.state in ("queued", "running")
    assert wait_for_end(job) == "finished", job.log_tail()
    assert [entry["epoch"] for entry in job.metrics] == [1, 2]
    assert job.progress == 1
    assert Ensemble.open(opened.model_path("m")).trained_folds == (0,)
    assert [found.id for found in list_jobs(opened)] == [job.id]
    with pytest.raises(ScxError, match="nothing to resume"):
        job.resume()


def test_import_job_and_its_refusal(opened: Workspace, tmp_path: Path) -> None:
    inputs = {use: str(path) for use, path in workspace.write_inputs(tmp_path / "in").items()}
    request = {
        "levels": {"population": "subclass_label"},
        "upstream": 300,
        "downstream": 200,
        **inputs,
    }
    job = start_job(opened, "import", {"name": "new", "request": request})
    assert wait_for_end(job) == "finished", job.log_tail()
    assert opened.datasets() == ["new", "toy"]
    again = start_job(opened, "import", {"name": "new", "request": request})
    assert wait_for_end(again) == "failed"
    assert "exists already" in again.error
    assert "\n" not in again.error


def test_cancel_keeps_what_was_done_and_resume_finishes(opened: Workspace) -> None:
    settings = {**TRAINING["settings"], "runs": 2, "epochs": 4000}  # type: ignore[dict-item]
    job = start_job(opened, "train", {**TRAINING, "settings": settings, "model": "long"})
    wait_for(lambda: len(job.metrics) > 3)
    job.cancel()
    job.cancel()
    assert wait_for_end(job) == "cancelled"
    assert opened.models() == []
    job.resume()
    wait_for(lambda: job.state == "running")
    job.cancel()
    assert wait_for_end(job) == "cancelled"


def test_a_killed_job_is_interrupted(opened: Workspace) -> None:
    settings = {**TRAINING["settings"], "epochs": 100_000}  # type: ignore[dict-item]
    job = start_job(opened, "train", {**TRAINING, "settings": settings, "model": "long"})
    wait_for(lambda: len(job.metrics) > 1)
    _kill(job)
    wait_for(lambda: job.state == "interrupted")
    assert opened.models() == []


def _kill(job: Job) -> None:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if os.fsencode(job.path) in words:
            os.kill(int(process.name), signal.SIGKILL)


def test_unknown_jobs_and_kinds_are_refused(opened: Workspace) -> None:
    with pytest.raises(ScxError, match="no job"):
        Job.open(opened.jobs_path / "x")
    with pytest.raises(ScxError, match="kind 'cook'"):
        start_job(opened, "cook", {})
    assert list_jobs(opened) == []

"""The same training on a Dask cluster of real worker processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from scx_core.dataset import Dataset
from scx_core.engines import Engine
from scx_core.ensemble import run_path
from scx_core.errors import ScxError
from scx_core.models import CNNConfig, ConvStage
from scx_core.training.architecture import architecture_for
from scx_core.training.protocol import train
from scx_core.training.settings import TrainingSettings

#: Servers of tests are for this machine alone: who reaches a Dask scheduler runs code on it.
LOOPBACK = "127.0.0.1"
# A dashboard that is off still answers on a port of its own.
HIDDEN = ("--no-dashboard", "--dashboard-address", f"{LOOPBACK}:0")
SETTINGS = TrainingSettings(n_folds=4, folds=(1,), runs=2, epochs=60, batch_size=8)


class Cluster:
    """A scheduler and two workers without nannies: who is killed stays dead."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, ""
        self.processes: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self._start(
            "scheduler", "--host", LOOPBACK, "--port", "0", *HIDDEN,
            "--scheduler-file", str(file),
        )  # fmt: skip
        _wait_for(file.exists)
        _wait_for(lambda: bool(file.read_text()))
        self.address = json.loads(file.read_text())["address"]
        self.workers = [self.add_worker() for _ in range(2)]

    def add_worker(self) -> subprocess.Popen[bytes]:
        return self._start(
            "worker", self.address, "--host", LOOPBACK, "--nthreads", "1", "--no-nanny", *HIDDEN,
            "--local-directory", str(self.folder), "--death-timeout", "30",
        )  # fmt: skip

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        with (self.folder / "dask.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]],
                stdout=log, stderr=log, env={**os.environ, "PYTHONWARNINGS": "default"},
            )  # fmt: skip
        self.processes.append(process)
        return process

    def close(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def _wait_for(condition: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    started = Cluster(tmp_path_factory.mktemp("dask"))
    yield started
    started.close()


@pytest.fixture
def config(toy_dataset: Dataset) -> CNNConfig:
    return architecture_for(
        toy_dataset, stages=(ConvStage(8, 6, 10), ConvStage(4, 5, 5)), hidden=(8,), dropout=(0.2,)
    )


def test_a_killed_worker_costs_an_epoch_at_most_and_changes_nothing(
    cluster: Cluster, toy_dataset: Dataset, config: CNNConfig, tmp_path: Path
) -> None:
    here = train(toy_dataset, tmp_path / "here", config, SETTINGS)
    told: list[tuple[int, int]] = []

    def kill_one(fold: int, run: int, record: object) -> None:
        told.append((run, record.epoch))  # type: ignore[attr-defined]
        if cluster.workers[0].poll() is None and len(told) > 5:
            cluster.workers[0].kill()

    there = train(
        toy_dataset, tmp_path / "there", config, SETTINGS, on_epoch=kill_one,
        engine=Engine(scheduler=cluster.address),
    )  # fmt: skip
    assert cluster.workers[0].wait() == -9
    for run in range(2):
        assert run_path(here.path, 1, run).read_bytes() == run_path(there.path, 1, run).read_bytes()
    assert sorted(told) == [(run, epoch) for run in range(2) for epoch in range(1, 61)]


def test_the_cluster_of_the_tests_listens_to_this_machine_alone(cluster: Cluster) -> None:
    def listening() -> list[str]:
        return [
            connection.laddr.ip
            for process in cluster.processes
            for connection in psutil.Process(process.pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        ]

    _wait_for(lambda: len(listening()) >= len(cluster.processes))
    assert set(listening()) == {LOOPBACK}


def test_units_on_a_cluster_stop_when_asked(
    cluster: Cluster, toy_dataset: Dataset, config: CNNConfig, tmp_path: Path
) -> None:
    class StopError(Exception):
        pass

    def stop(fold: int, run: int, record: object) -> None:
        raise StopError

    endless = replace(SETTINGS, epochs=100_000)
    with pytest.raises(StopError):
        train(
            toy_dataset, tmp_path / "m", config, endless, on_epoch=stop,
            engine=Engine(scheduler=cluster.address),
        )  # fmt: skip
    progress = tmp_path / ".m.unfinished" / "fold_01" / "run_0.progress"
    _wait_for(lambda: not _changes(progress))


def _changes(path: Path) -> bool:
    before = path.stat().st_mtime_ns
    time.sleep(1)
    return path.stat().st_mtime_ns != before


def test_no_scheduler_is_a_sentence(
    toy_dataset: Dataset, config: CNNConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scx_core.engines._CONNECT_SECONDS", 1)
    with pytest.raises(ScxError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        train(
            toy_dataset, tmp_path / "m", config, SETTINGS,
            engine=Engine(scheduler="tcp://127.0.0.1:9"),
        )  # fmt: skip


# The stand-in forgets the process of its job script.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_batch_system_brings_workers(
    toy_dataset: Dataset, config: CNNConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The class of dask-jobqueue that starts its job scripts on this machine stands for SLURM's.
    import dask
    import dask_jobqueue
    from dask_jobqueue.local import LocalCluster

    monkeypatch.setattr(dask_jobqueue, "SLURMCluster", LocalCluster)
    monkeypatch.chdir(tmp_path)
    few = replace(SETTINGS, epochs=2)
    here = train(toy_dataset, tmp_path / "here", config, few)
    with pytest.raises(ScxError, match=r"set jobqueue\.local\.cores"):
        train(toy_dataset, tmp_path / "x", config, few, engine=Engine(1, "slurm"))
    asked = {
        "cores": 1, "memory": "2GB", "processes": 1, "nanny": False,
        "scheduler-options": {
            "dashboard": False, "dashboard_address": f"{LOOPBACK}:0", "host": LOOPBACK,
        }, "worker-extra-args": [*HIDDEN, "--host", LOOPBACK],
    }  # fmt: skip
    with dask.config.set({"jobqueue.local": {**dask.config.get("jobqueue.local"), **asked}}):
        there = train(toy_dataset, tmp_path / "there", config, few, engine=Engine(1, "slurm"))
    for run in range(2):
        assert run_path(here.path, 1, run).read_bytes() == run_path(there.path, 1, run).read_bytes()

"""A training that is stopped, by whatever, ends with the same weights."""

import random
import time
from dataclasses import replace
from pathlib import Path

import killing
import pandas as pd
import pytest
import torch

from scx_core.dataset import Dataset
from scx_core.engines import Engine
from scx_core.ensemble import Ensemble, run_path
from scx_core.errors import ScxError
from scx_core.models import CNNConfig, ConvStage
from scx_core.training.architecture import architecture_for
from scx_core.training.checkpoint import load_checkpoint, save_checkpoint
from scx_core.training.protocol import train
from scx_core.training.settings import TrainingSettings
from scx_core.training.unit import UnitTask, UnitWatch, train_unit

SETTINGS = TrainingSettings(n_folds=4, folds=(1, 2), runs=2, epochs=12, batch_size=8)


@pytest.fixture(scope="module")
def config(toy_dataset: Dataset) -> CNNConfig:
    return architecture_for(
        toy_dataset, stages=(ConvStage(8, 6, 10), ConvStage(4, 5, 5)), hidden=(8,), dropout=(0.2,)
    )


@pytest.fixture(scope="module")
def whole(
    toy_dataset: Dataset, config: CNNConfig, tmp_path_factory: pytest.TempPathFactory
) -> Ensemble:
    return train(toy_dataset, tmp_path_factory.mktemp("whole") / "m", config, SETTINGS)


def assert_same(one: Ensemble, other: Ensemble) -> None:
    for fold in SETTINGS.folds:
        for run in range(SETTINGS.runs):
            first, second = run_path(one.path, fold, run), run_path(other.path, fold, run)
            assert first.read_bytes() == second.read_bytes()
    pd.testing.assert_frame_equal(one.predictions, other.predictions)
    timeless = [ensemble.history.drop(columns="seconds") for ensemble in (one, other)]
    pd.testing.assert_frame_equal(*timeless)
    assert sorted(path.name for path in one.path.rglob("*")) == sorted(
        path.name for path in other.path.rglob("*")
    )


@pytest.mark.parametrize(
    ("engine", "kills"), [(Engine(1), 10), (Engine(2), 3)], ids=["one process", "two processes"]
)
def test_kills_at_random_moments_change_nothing(
    toy_dataset: Dataset,
    config: CNNConfig,
    whole: Ensemble,
    tmp_path: Path,
    engine: Engine,
    kills: int,
) -> None:
    moments = random.Random(4)
    killed = [
        start_and_kill(toy_dataset, tmp_path / "m", config, engine, moments.uniform(0, 0.03))
        for _ in range(kills)
    ]
    assert any(killed)  # while it trained
    assert_same(whole, train(toy_dataset, tmp_path / "m", config, SETTINGS, engine=engine))


def start_and_kill(
    dataset: Dataset, model: Path, config: CNNConfig, engine: Engine, after: float
) -> bool:
    """Kill a training ``after`` seconds from its first new epoch; say whether it was still at it."""
    seen = _checkpoints(model)
    process = killing.train_in_process(dataset.path, model, config, SETTINGS, engine)
    end = time.monotonic() + 300
    while process.is_alive() and _checkpoints(model) == seen:
        assert time.monotonic() < end
        time.sleep(0.001)
    time.sleep(after)
    alive = process.is_alive()
    process.kill()
    process.join()
    return alive


def _checkpoints(model: Path) -> list[tuple[str, int]]:
    found = []
    for path in model.parent.glob(f".{model.name}.unfinished/fold_*/run_*.checkpoint"):
        try:
            found.append((path.name, path.stat().st_mtime_ns))
        except FileNotFoundError:
            continue
    return found


def test_processes_side_by_side_give_the_same(
    toy_dataset: Dataset, config: CNNConfig, whole: Ensemble, tmp_path: Path
) -> None:
    told: list[tuple[int, int, int]] = []
    parallel = train(
        toy_dataset, tmp_path / "m", config, SETTINGS, engine=Engine(2),
        on_epoch=lambda fold, run, record: told.append((fold, run, record.epoch)),
    )  # fmt: skip
    assert_same(whole, parallel)
    expected = [(f, r, e) for f in SETTINGS.folds for r in range(2) for e in range(1, 13)]
    assert sorted(told) == expected  # each once


def test_a_damaged_checkpoint_begins_the_run_anew_and_says_so(
    toy_dataset: Dataset, config: CNNConfig, whole: Ensemble, tmp_path: Path
) -> None:
    assert start_and_kill(toy_dataset, tmp_path / "m", config, Engine(), 0)
    checkpoint = tmp_path / ".m.unfinished" / "fold_01" / "run_0.checkpoint"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    notices: list[str] = []
    model = train(toy_dataset, tmp_path / "m", config, SETTINGS, on_notice=notices.append)
    assert notices == ["The checkpoint of fold 1, run 1 was damaged; the run began anew."]
    assert model.metadata["notices"] == [f"Fold 1, run 1: {notices[0]}"]
    assert_same(whole, model)


def test_a_full_disk_leaves_the_old_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run_0.checkpoint"
    save_checkpoint(path, {"epoch": 1, "weights": torch.ones(3)})

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_checkpoint(path, {"epoch": 2})
    state = load_checkpoint(path)
    assert state is not None
    assert state["epoch"] == 1
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_checkpoint_runs_no_code(tmp_path: Path) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "harm",)  # type: ignore[return-value]

    torch.save({"model": Harm()}, tmp_path / "run_0.checkpoint")
    assert load_checkpoint(tmp_path / "run_0.checkpoint") is None
    assert not (tmp_path / "harm").exists()


def test_disk_full_while_training_says_what_is_kept(
    toy_dataset: Dataset, config: CNNConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def full_later(number: int) -> None:
        calls.append(number)
        if len(calls) > 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_later)
    with pytest.raises(ScxError, match=r"disk is full .*what is finished is kept"):
        train(toy_dataset, tmp_path / "m", config, SETTINGS)
    kept = load_checkpoint(tmp_path / ".m.unfinished" / "fold_01" / "run_0.checkpoint")
    assert kept is not None
    assert len(kept["history"]) == 4


def test_a_unit_that_another_process_trains_is_waited_for(
    toy_dataset: Dataset, config: CNNConfig, tmp_path: Path
) -> None:
    from filelock import FileLock

    from scx_core.training.unit import STOP, UnitStoppedError

    work = tmp_path / "work"
    task = UnitTask(str(work), str(toy_dataset.path), 1, 0)
    task.weights.parent.mkdir(parents=True)
    (work / STOP).touch()
    with FileLock(task.weights.with_suffix(".lock")), pytest.raises(UnitStoppedError):
        train_unit(task)


def test_what_was_told_is_not_told_again(
    toy_dataset: Dataset, config: CNNConfig, tmp_path: Path
) -> None:
    model = train(toy_dataset, tmp_path / "m", config, replace(SETTINGS, folds=(1,), runs=1))
    watch = UnitWatch(UnitTask(str(model.path), str(toy_dataset.path), 1, 0))
    records, _ = watch.look()
    assert [record.epoch for record in records] == list(range(1, 13))
    assert watch.look() == ([], [])
    assert all(-1 <= (record.validation_pearson or 0) <= 1 for record in records)


def test_engines_refuse_what_is_not_there(toy_dataset: Dataset, config: CNNConfig) -> None:
    with pytest.raises(ScxError, match="whole number"):
        Engine(-1)
    with pytest.raises(ScxError, match="tcp://host:8786"):
        Engine(scheduler="localhost:8786")

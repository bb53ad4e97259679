"""Workspace, atomic writing, leftovers."""

import contextlib
import errno
import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scx_core.errors import ScxError
from scx_core.resumable import resumable_directory
from scx_core.store import (
    Workspace,
    atomic_directory,
    atomic_file,
    check_name,
    disk_full_as_sentence,
    read_json,
    write_json,
)


@pytest.mark.parametrize("name", ["", "a/b", "../x", ".hidden", "a b", "x" * 81, "ä"])
def test_names_with_slashes_and_the_like_are_refused(name: str) -> None:
    with pytest.raises(ScxError, match="cannot name a dataset"):
        check_name(name, "dataset")


def test_atomic_directory_appears_whole(tmp_path: Path) -> None:
    target = tmp_path / "datasets" / "new"
    with atomic_directory(target) as folder:
        (folder / "part").write_text("x")
        assert not target.exists()
    assert (target / "part").read_text() == "x"
    assert [path.name for path in target.parent.iterdir()] == ["new"]


def _write_and_raise(target: Path, error: Exception) -> None:
    with atomic_directory(target) as folder:
        (folder / "part").write_text("x")
        raise error


def test_atomic_directory_leaves_nothing_after_an_error(tmp_path: Path) -> None:
    target = tmp_path / "datasets" / "new"
    with pytest.raises(RuntimeError):
        _write_and_raise(target, RuntimeError())
    assert list(target.parent.iterdir()) == []


def test_existing_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    with pytest.raises(ScxError, match="exists already"), atomic_directory(tmp_path / "new"):
        pass


def test_full_disk_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "datasets" / "new"
    with pytest.raises(ScxError, match="disk is full"):
        _write_and_raise(target, OSError(errno.ENOSPC, "No space left on device"))
    assert list(target.parent.iterdir()) == []


def test_other_system_errors_pass(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), disk_full_as_sentence(tmp_path / "x"):
        raise PermissionError(errno.EACCES, "no")


def _write_until_killed(target: Path, ready: Path) -> None:
    with atomic_directory(target) as folder:
        (folder / "part").write_text("x")
        ready.touch()
        time.sleep(60)


def test_what_a_killed_process_left_is_cleaned_and_said(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    target, ready = workspace.dataset_path("big"), tmp_path / "ready"
    process = multiprocessing.get_context("spawn").Process(
        target=_write_until_killed, args=(target, ready)
    )
    process.start()
    while not ready.exists():
        time.sleep(0.02)
    assert workspace.clean_leftovers() == []  # it is alive: hands off
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    sentences = workspace.clean_leftovers()
    assert len(sentences) == 1
    assert "datasets/big" in sentences[0]
    assert list(target.parent.iterdir()) == []
    assert workspace.datasets() == []


def test_json_is_replaced_whole_and_damage_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    assert read_json(path) == {"a": 1}
    path.write_text('{"a": ')
    with pytest.raises(ScxError, match="damaged"):
        read_json(path)
    with pytest.raises(ScxError, match=r"no b\.json"):
        read_json(tmp_path / "b.json")


def test_a_genome_left_half_unpacked_is_cleaned_and_said(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.cache_path.mkdir()
    (workspace.cache_path / "hg38-abc.partial").write_text("half")
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / ".x.partial-12340.lock").touch()
    sentences = workspace.clean_leftovers()
    assert len(sentences) == 1
    assert "hg38-abc" in sentences[0]
    assert not (workspace.cache_path / "hg38-abc.partial").exists()
    assert list((tmp_path / "datasets").iterdir()) == []


def test_two_who_write_one_file_do_not_mix(tmp_path: Path) -> None:
    """The last to end wins; both see their own temporary file until then."""
    target = tmp_path / "effects.tsv"
    with atomic_file(target) as first:
        first.write_text("first")
        with atomic_file(target) as second:
            assert second != first
            second.write_text("second")
        assert target.read_text() == "second"
        assert first.read_text() == "first"
    assert target.read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_threads_that_write_one_json_file_leave_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    values = [{"who": number, "long": "x" * 20_000} for number in range(8)]

    def write(value: dict[str, object]) -> None:
        for _ in range(20):
            write_json(path, value)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, values))
    assert read_json(path) in values
    assert list(tmp_path.iterdir()) == [path]


def _write_file_until_killed(target: Path, ready: Path) -> None:
    with atomic_file(target) as partial:
        partial.write_text("half")
        ready.touch()
        time.sleep(60)


def _kill_a_writer(target: Path, ready: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(
        target=_write_file_until_killed, args=(target, ready)
    )
    process.start()
    while not ready.exists():
        time.sleep(0.02)
    ready.unlink()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def test_what_killed_writers_of_a_file_left_goes_with_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    target, ready = folder / "effects.tsv.gz", tmp_path / "ready"
    _kill_a_writer(target, ready)
    _kill_a_writer(target, ready)
    left = list(folder.iterdir())
    assert len(left) == 2  # one file and its lock: kills do not add up
    with atomic_file(target) as partial:
        partial.write_text("whole")
    assert list(folder.iterdir()) == [target]


def test_leftovers_inside_results_are_cleaned_and_said(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    folder = workspace.root / "results" / "mine"
    folder.mkdir(parents=True)
    _kill_a_writer(folder / "effects.tsv.gz", tmp_path / "ready")
    (sentence,) = workspace.clean_leftovers()
    assert "mine/effects.tsv.gz" in sentence
    assert list(folder.iterdir()) == []


def test_a_finished_folder_holds_nothing_half_written(tmp_path: Path) -> None:
    path = tmp_path / "results" / "mine"
    for kills in range(2):
        with (
            contextlib.suppress(KeyboardInterrupt),
            resumable_directory(path, "result", {}) as work,
        ):
            (work / f".effects.tsv.gz.partial-{kills}.gz").write_text("half")
            (work / "parts").mkdir(exist_ok=True)
            (work / "parts" / f".{kills}.tmp").write_text("half")
            raise KeyboardInterrupt
    with resumable_directory(path, "result", {}) as work:
        (work / "effects.tsv.gz").write_text("whole")
    assert sorted(entry.name for entry in path.rglob("*")) == ["effects.tsv.gz", "parts"]


def test_a_killed_directory_goes_with_the_next_of_its_name(tmp_path: Path) -> None:
    target, ready = tmp_path / "out" / "release", tmp_path / "ready"
    process = multiprocessing.get_context("spawn").Process(
        target=_write_until_killed, args=(target, ready)
    )
    process.start()
    while not ready.exists():
        time.sleep(0.02)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert len(list(target.parent.iterdir())) == 2
    with atomic_directory(target) as folder:
        (folder / "content").touch()
    assert list(target.parent.iterdir()) == [target]

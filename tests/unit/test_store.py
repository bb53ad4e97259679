"""Workspace, atomic writing, leftovers."""

import errno
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from scx_core.errors import ScxError
from scx_core.store import (
    Workspace,
    atomic_directory,
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

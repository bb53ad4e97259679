"""Which workspaces a server shows."""

import os

import pytest

from scx_core.workspaces import configured_workspaces


def test_without_a_setting_it_is_the_folder_workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert configured_workspaces({}) == {"workspace": tmp_path / "workspace"}


def test_one_folder_of_any_name(tmp_path):
    folder = tmp_path / "my lab's data"
    assert configured_workspaces({"SCX_WORKSPACE": str(folder)}) == {"my-lab-s-data": folder}


def test_a_list_in_the_order_given_without_repeats(tmp_path):
    one, two = tmp_path / "b", tmp_path / "a"
    listed = os.pathsep.join((str(one), str(two), str(one), "", f"{two}/../b"))
    assert list(configured_workspaces({"SCX_WORKSPACE": listed}).items()) == [
        ("b", one), ("a", two),
    ]  # fmt: skip


def test_two_folders_of_one_name_are_told_apart(tmp_path):
    folders = [tmp_path / name / "data" for name in ("x", "y", "z")]
    named = configured_workspaces({"SCX_WORKSPACE": os.pathsep.join(map(str, folders))})
    assert named == dict(zip(("data", "data-2", "data-3"), folders, strict=True))


def test_a_root_shows_its_folders_and_nothing_else(tmp_path):
    for name in ("worm", "brain", ".hidden", "not this"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    named = configured_workspaces({"SCX_WORKSPACES": str(tmp_path)})
    assert list(named) == ["brain", "worm"]


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_root_has_a_place_for_the_first(tmp_path, exists):
    root = tmp_path / "root"
    if exists:
        root.mkdir()
    named = configured_workspaces({"SCX_WORKSPACES": str(root)})
    assert named == {"workspace": root / "workspace"}
    assert root.exists() is exists


def test_listed_ones_come_before_those_of_the_root(tmp_path):
    (tmp_path / "root" / "one").mkdir(parents=True)
    named = configured_workspaces(
        {"SCX_WORKSPACE": str(tmp_path / "two"), "SCX_WORKSPACES": str(tmp_path / "root")}
    )
    assert list(named) == ["two", "one"]

"""Datasets as things to keep: what depends on one, renaming, deleting."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scx_core.dataset_files import delete_dataset, dependents, rename_dataset
from scx_core.errors import ScxError
from scx_core.jobs import Job
from scx_core.jobs.alive import hold
from scx_core.jobs.directory import LOCK, read_spec, write_state
from scx_core.store import Workspace, read_json, write_json


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """A workspace of records: two datasets, a model of each, an atlas, a half-trained model."""
    workspace = Workspace(tmp_path / "ws")
    for name in ("one", "two"):
        write(workspace.root / "datasets" / name / "dataset.json", {"digest": name})
        write(
            workspace.root / "models" / f"of-{name}" / "model.json", {"dataset": name, "level": "x"}
        )
    write(workspace.root / "atlases" / "all" / "atlas.json", {"dataset": "one", "model": "of-one"})
    write(workspace.root / "searches" / "wide" / "search.json", {"dataset": "two"})
    write(workspace.root / "models" / ".half.unfinished" / "spec.json", {"dataset": "one"})
    write(workspace.root / "models" / "damaged" / "model.json", "nothing")
    return workspace


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True)
    write_json(path, content)


def add_job(place: Workspace, job: str, kind: str, state: str, **parameters: str) -> Job:
    """A job that no process works on."""
    path = place.jobs_path / job
    write(path / "spec.json", {"kind": kind, "parameters": parameters, "user": "ann"})
    write_state(path, state, 0.5, "")
    return Job(path)


@pytest.fixture
def busy() -> Iterator[Callable[[Job], None]]:
    """Hold the lock of a job, as the process that works on it does."""
    locks: list[int] = []

    def held(job: Job) -> None:
        lock = hold(job.path / LOCK, 1.0)
        assert lock is not None
        locks.append(lock)

    yield held
    for lock in locks:
        os.close(lock)


def test_what_depends_on_a_dataset_is_listed(place):
    add_job(place, "20260101-000000-a", "train", "cancelled", dataset="one", model="half")
    add_job(place, "20260101-000000-b", "variants", "failed", model="of-one")
    add_job(place, "20260101-000000-c", "train", "finished", dataset="one", model="of-one")
    add_job(place, "20260101-000000-d", "train", "failed", dataset="two", model="x")
    found = {(dependent.kind, dependent.name) for dependent in dependents(place, "one")}
    assert found == {
        ("model", "of-one"), ("model", "half"), ("atlas", "all"), ("job", "20260101-000000-a"),
        ("job", "20260101-000000-b"),
    }  # fmt: skip
    told = [dependent.sentence for dependent in dependents(place, "one")]
    assert "The model 'of-one' was made of it and cannot predict without it." in told
    assert "The model 'half' is half made of it and can be resumed." in told


def test_a_renamed_dataset_is_found_by_what_depends_on_it(place):
    job = add_job(place, "20260101-000000-a", "train", "cancelled", dataset="one", model="half")
    told = rename_dataset(place, "one", "uno")
    assert place.datasets() == ["two", "uno"]
    assert read_json(place.model_path("of-one") / "model.json") == {"dataset": "uno", "level": "x"}
    assert read_json(place.root / "models" / ".half.unfinished" / "spec.json")["dataset"] == "uno"
    assert read_spec(job.path)["parameters"] == {"dataset": "uno", "model": "half"}
    assert read_json(place.model_path("of-two") / "model.json")["dataset"] == "two"
    assert len(told) == 4
    assert {dependent.name for dependent in dependents(place, "uno")} == {
        "of-one", "half", "all", job.id,
    }  # fmt: skip


def test_a_deleted_dataset_is_gone_and_its_models_stay(place):
    told = delete_dataset(place, "one")
    assert place.datasets() == ["two"]
    assert "of-one" in place.models()
    assert any("'of-one'" in sentence for sentence in told)
    assert not list((place.root / "datasets").glob(".*"))


@pytest.mark.parametrize(
    ("new", "told"),
    [("one", "already"), ("two", "exists already"), ("a/b", "cannot name"), ("", "cannot name")],
)
def test_names_that_cannot_be(place, new, told):
    with pytest.raises(ScxError, match=told):
        rename_dataset(place, "one", new)
    assert place.datasets() == ["one", "two"]


def test_what_works_on_a_dataset_keeps_it(place, busy):
    busy(add_job(place, "20260101-000000-a", "variants", "running", model="of-one"))
    for act in (lambda: rename_dataset(place, "one", "uno"), lambda: delete_dataset(place, "one")):
        with pytest.raises(ScxError, match=r"cannot be (renamed|deleted) now: the job 20260101"):
            act()
    assert place.datasets() == ["one", "two"]


def test_a_name_that_an_import_will_take_is_refused(place, busy):
    busy(add_job(place, "20260101-000000-a", "import", "running", name="uno"))
    with pytest.raises(ScxError, match="imports a dataset called 'uno'"):
        rename_dataset(place, "one", "uno")


def test_a_dataset_that_is_not_there(place):
    for act in (dependents, delete_dataset):
        with pytest.raises(ScxError, match="There is no dataset 'three'"):
            act(place, "three")

"""Models are renamed, deleted, exported and imported whole, or not at all."""

import hashlib
import io
import json
import os
import pickle
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load, save

from scx_core.atlas import Atlas, build_atlas
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.jobs import Job
from scx_core.jobs.alive import hold
from scx_core.jobs.directory import write_state
from scx_core.model_files import (
    delete_model,
    dependents,
    export_model,
    import_model,
    manifest,
    rename_model,
)
from scx_core.resumable import unfinished
from scx_core.store import Workspace, read_json, write_json

WEIGHTS = "model/fold_00/run_0.safetensors"


@pytest.fixture
def place(toy_root: Path, tmp_path: Path) -> Workspace:
    """A workspace of its own with the toy dataset and its model."""
    for name in ("datasets", "models"):
        shutil.copytree(toy_root / name, tmp_path / "ws" / name)
    return Workspace(tmp_path / "ws")


def open_both(place: Workspace, model: str = "toy-model") -> tuple[Ensemble, Dataset]:
    ensemble = Ensemble.open(place.model_path(model))
    return ensemble, Dataset.open(place.dataset_path(ensemble.dataset_name))


def make_job(place: Workspace, number: int, kind: str, state: str, model: str) -> Job:
    path = place.jobs_path / f"20260101-00000{number}-aaaa"
    path.mkdir(parents=True)
    write_state(path, state, 0.5, "")
    write_json(path / "spec.json", {"kind": kind, "parameters": {"model": model, "name": "x"}})
    return Job(path)


@pytest.fixture
def held() -> Iterator[Callable[[Path], None]]:
    """Hold locks as a process that works does, until the end of the test."""
    descriptors = []

    def hold_lock(path: Path) -> None:
        descriptors.append(hold(path, 1))

    yield hold_lock
    for descriptor in descriptors:
        os.close(descriptor)


def build_some(place: Workspace, name: str, genes: int) -> Atlas:
    ensemble, dataset = open_both(place)
    ids = list(ensemble.predictions.index[:genes])
    return build_atlas(ensemble, dataset, place.atlas_path(name), genes=ids, populations=["Sst"])


def half_build(place: Workspace, name: str) -> None:
    ensemble, dataset = open_both(place)

    def stop(fraction: float, message: str) -> None:
        if fraction >= 0.5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        build_atlas(
            ensemble, dataset, place.atlas_path(name),
            genes=list(ensemble.predictions.index[:2]), populations=["Sst"], progress=stop,
        )  # fmt: skip


def names_in(folder: Path) -> set[str]:
    """Names in a folder but for locks, which stay for those who wait for them."""
    return {path.name for path in folder.iterdir() if not path.name.endswith(".lock")}


def test_rename_keeps_the_model_and_all_that_was_made_with_it(place: Workspace) -> None:
    before = open_both(place)[0].predict(open_both(place)[1])
    build_some(place, "whole", 1)
    half_build(place, "half")
    job = make_job(place, 1, "ism", "interrupted", "toy-model")
    make_job(place, 2, "train", "cancelled", "toy-model")
    result = place.root / "results" / "r"
    result.mkdir(parents=True)
    digest = open_both(place)[0].digest
    write_json(result / "result.json", {"model": "toy-model", "model_digest": digest})

    told = rename_model(place, "toy-model", "better-name")

    assert names_in(place.root / "models") == {"better-name"}
    ensemble, dataset = open_both(place, "better-name")
    pd.testing.assert_frame_equal(ensemble.predict(dataset), before)
    atlas = Atlas.open(place.atlas_path("whole"))
    assert atlas.metadata["model"] == "better-name"
    assert atlas.metadata["provenance"]["parameters"]["model"] == "toy-model"
    assert read_json(result / "result.json")["model"] == "better-name"
    assert job.parameters == {"model": "better-name", "name": "x"}
    assert len(told) == 4
    # An atlas that was half built goes on with the renamed model.
    finished = build_atlas(
        ensemble, dataset, place.atlas_path("half"),
        genes=list(ensemble.predictions.index[:2]), populations=["Sst"],
    )  # fmt: skip
    assert finished.metadata["model_digest"] == digest
    kinds = [(found.kind, found.name) for found in dependents(place, "better-name")]
    assert kinds == [
        ("atlas", "half"), ("atlas", "whole"), ("result", "r"), ("job", job.id)
    ]  # fmt: skip


def test_an_atlas_of_another_model_of_that_name_is_left_alone(place: Workspace) -> None:
    build_some(place, "whole", 1)
    path = place.atlas_path("whole") / "atlas.json"
    write_json(path, {**read_json(path), "model_digest": "0" * 64})
    assert dependents(place, "toy-model") == ()
    rename_model(place, "toy-model", "new")
    assert read_json(path)["model"] == "toy-model"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("toy-model", "other", "exists already"),
        ("toy-model", "toy-model", "is called 'toy-model' already"),
        ("nothing", "new", "There is no model 'nothing'"),
        ("toy-model", "a/b", "cannot name a model"),
        ("toy-model", "../up", "cannot name a model"),
        ("toy-model", "half", "unfinished training of 'half'"),
        ("toy-model", "locked", "is being trained by another process"),
        ("toy-model", "asked", "trains a model called 'asked'"),
    ],
)
def test_names_that_cannot_be_given(place: Workspace, old: str, new: str, says: str) -> None:
    shutil.copytree(place.model_path("toy-model"), place.model_path("other"))
    unfinished(place.model_path("half")).mkdir()
    make_job(place, 1, "train", "interrupted", "asked")
    before = names_in(place.root / "models")
    lock = FileLock(f"{unfinished(place.model_path('locked'))}.lock")
    with lock, pytest.raises(ScxError, match=says):
        rename_model(place, old, new)
    assert names_in(place.root / "models") == before


@pytest.mark.parametrize("action", ["rename", "delete"])
@pytest.mark.parametrize("busy", ["job", "waiting", "atlas"])
def test_a_model_in_use_stays(
    place: Workspace, held: Callable[[Path], None], action: str, busy: str
) -> None:
    if busy == "atlas":
        half_build(place, "half")
        held(Path(f"{unfinished(place.atlas_path('half'))}.lock"))
    else:
        job = make_job(place, 1, "atlas", "running", "toy-model" if busy == "job" else "other")
        held(job.path / "alive.lock")
        if busy == "waiting":  # behind the running one
            make_job(place, 2, "ism", "waiting", "toy-model")
    assert any(found.active for found in dependents(place, "toy-model"))
    with pytest.raises(ScxError, match=r"cannot be (renamed|deleted) now: the (job|atlas)"):
        rename_model(place, "toy-model", "new") if action == "rename" else delete_model(
            place, "toy-model"
        )
    assert place.models() == ["toy-model"]


def test_delete_says_what_depended_on_it_and_keeps_that(place: Workspace) -> None:
    atlas = build_some(place, "whole", 1)
    gene = atlas.genes.index[0]
    make_job(place, 1, "atlas", "failed", "toy-model")
    told = delete_model(place, "toy-model")
    assert place.models() == []
    assert names_in(place.root / "models") == set()
    assert "The atlas 'whole' was made with it and stays usable" in told[0]
    assert "needs it to be resumed" in told[1]
    assert np.isfinite(Atlas.open(place.atlas_path("whole")).gene(gene).values).all()
    with pytest.raises(ScxError, match="There is no model"):
        delete_model(place, "toy-model")


def test_a_damaged_model_can_be_deleted(place: Workspace) -> None:
    (place.model_path("toy-model") / "model.json").write_text("{")
    build_folder = place.atlas_path("a")
    build_folder.mkdir(parents=True)
    write_json(build_folder / "atlas.json", {"model": "toy-model", "model_digest": "?"})
    assert len(delete_model(place, "toy-model")) == 1
    assert place.models() == []


def test_a_killed_delete_leaves_no_half_model(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        delete_model(place, "toy-model")
    assert place.models() == []
    assert len(names_in(place.root / "models")) == 1
    assert len(place.clean_leftovers()) == 1
    assert names_in(place.root / "models") == set()


# ---------------------------------------------------------------------------------- archives


@pytest.fixture(scope="module")
def archive(toy_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    ensemble = Ensemble.open(toy_root / "models" / "toy-model")
    dataset = Dataset.open(toy_root / "datasets" / "toy")
    return export_model(ensemble, tmp_path_factory.mktemp("archive") / "toy.zip", dataset)


def test_export_and_import_give_the_same_model(
    archive: Path, place: Workspace, tmp_path: Path
) -> None:
    imported = import_model(archive, place, "again")
    assert imported.notices == ()
    (first, dataset), (second, _) = open_both(place), open_both(place, "again")
    assert second.digest == first.digest
    pd.testing.assert_frame_equal(first.predict(dataset), second.predict(dataset))
    pd.testing.assert_frame_equal(first.history, second.history)
    assert dict(first.metadata) == dict(second.metadata)
    # The same bytes from the copy, at another time and place.
    rename_model(place, "toy-model", "old")
    rename_model(place, "again", "toy-model")
    copy = export_model(open_both(place)[0], tmp_path / "copy.zip", dataset)
    assert copy.read_bytes() == archive.read_bytes()


def test_an_archive_is_readable_without_us(archive: Path, toy_ensemble: Ensemble) -> None:
    with zipfile.ZipFile(archive) as zipped:
        assert zipped.testzip() is None
        listed = json.loads(zipped.read("manifest.json"))
        for name, note in listed["files"].items():
            content = zipped.read(name)
            assert len(content) == note["size"]
            assert hashlib.sha256(content).hexdigest() == note["sha256"]
        readme = zipped.read("README.md").decode()
    assert listed["dataset"] == {
        "name": "toy", "digest": toy_ensemble.dataset_digest, "n_genes": 80, "assembly": "toy1"
    }  # fmt: skip
    assert "## Methods" in readme
    assert "Adam (Kingma & Ba 2015)" in readme
    assert "assembly toy1" in readme


def test_the_dataset_may_be_missing_or_called_otherwise(archive: Path, place: Workspace) -> None:
    place.dataset_path("toy").rename(place.dataset_path("elsewhere"))
    imported = import_model(archive, place, "one")
    assert "the same data are called 'elsewhere' here" in imported.notices[0]
    assert imported.ensemble.dataset_name == "elsewhere"
    open_both(place, "one")[0].predict(open_both(place, "one")[1])
    assert imported.ensemble.digest == import_model(archive, place, "two").ensemble.digest
    empty = Workspace(place.root.parent / "empty")
    notice = import_model(archive, empty).notices[0]
    assert "'toy' that the model was trained on (80 genes, assembly toy1, digest " in notice
    assert empty.models() == ["toy-model"]
    # A dataset of that name, but of other content.
    path = place.dataset_path("elsewhere")
    write_json(path / "dataset.json", {**read_json(path / "dataset.json"), "digest": "0" * 64})
    path.rename(place.dataset_path("toy"))
    assert "has another content" in import_model(archive, place, "three").notices[0]


def test_names_of_imported_models(archive: Path, place: Workspace) -> None:
    with pytest.raises(ScxError, match="'toy-model' exists already"):
        import_model(archive, place)
    with pytest.raises(ScxError, match="cannot name a model"):
        import_model(archive, place, "../x")
    unfinished(place.model_path("half")).mkdir()
    with pytest.raises(ScxError, match="unfinished training of 'half'"):
        import_model(archive, place, "half")


def test_export_refuses_what_is_not_whole(place: Workspace, tmp_path: Path) -> None:
    ensemble, dataset = open_both(place)
    with pytest.raises(ScxError, match="There is no folder"):
        export_model(ensemble, tmp_path / "no" / "x.zip")
    with pytest.raises(ScxError, match="is a folder"):
        export_model(ensemble, tmp_path)
    with pytest.raises(ScxError, match="was trained on 'toy'"):
        export_model(
            ensemble, tmp_path / "x.zip", Dataset(dataset.path, {**dataset.metadata, "digest": "0"})
        )

    def stop(fraction: float, message: str) -> None:
        if fraction > 0.7:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        export_model(ensemble, tmp_path / "x.zip", progress=stop)
    (ensemble.path / "fold_01" / "run_1.safetensors").unlink()
    with pytest.raises(ScxError, match=r"fold_01/run_1.safetensors is missing"):
        export_model(ensemble, tmp_path / "x.zip")
    assert not list(tmp_path.glob("*.zip"))
    assert not list(tmp_path.glob(".*"))


Contents = dict[str, bytes]


def pack(
    archive: Path, target: Path, change: Callable[[Contents], None], honest: bool = True
) -> Path:
    """Write an archive with changed files; an honest one has a manifest that agrees with them."""
    with zipfile.ZipFile(archive) as zipped:
        contents = {name: zipped.read(name) for name in zipped.namelist()}
    change(contents)
    if honest:
        listed = json.loads(contents["manifest.json"])
        listed["files"] = {
            name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in contents.items()
            if name != "manifest.json"
        }
        contents["manifest.json"] = json.dumps(listed).encode()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in contents.items():
            zipped.writestr(name, content)
    return target


def edit_json(file: str, /, **changes: object) -> Callable[[Contents], None]:
    def change(contents: Contents) -> None:
        contents[file] = json.dumps({**json.loads(contents[file]), **changes}).encode()

    return change


def edit_config(**changes: object) -> Callable[[Contents], None]:
    def change(contents: Contents) -> None:
        metadata = json.loads(contents["model/model.json"])
        metadata["config"] |= changes
        contents["model/model.json"] = json.dumps(metadata).encode()

    return change


def edit_settings(**changes: object) -> Callable[[Contents], None]:
    def change(contents: Contents) -> None:
        metadata = json.loads(contents["model/model.json"])
        metadata["settings"] |= changes
        contents["model/model.json"] = json.dumps(metadata).encode()

    return change


def edit_tensor(value: float | None) -> Callable[[Contents], None]:
    def change(contents: Contents) -> None:
        tensors = load(contents[WEIGHTS])
        if value is None:
            tensors["head.output.bias"] = torch.zeros(2)
        else:
            tensors["head.output.bias"][0] = value
        contents[WEIGHTS] = save(tensors)

    return change


def put(name: str, content: bytes) -> Callable[[Contents], None]:
    return lambda contents: contents.update({name: content})


def drop(name: str) -> Callable[[Contents], None]:
    return lambda contents: contents.pop(name) and None


def edit_predictions(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Contents], None]:
    def edit(contents: Contents) -> None:
        name = "model/predictions.parquet"
        buffer = io.BytesIO()
        change(pd.read_parquet(io.BytesIO(contents[name]))).to_parquet(buffer)
        contents[name] = buffer.getvalue()

    return edit


class Harm:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("harm",)


def pickled() -> bytes:
    buffer = io.BytesIO()
    torch.save({"weights": torch.zeros(5000), "harm": Harm()}, buffer)
    return buffer.getvalue()


#: What was changed, whether the manifest was made to agree, and what the sentence says.
EDITED: list[tuple[str, Callable[[Contents], None], bool, str]] = [
    ("other zip", lambda contents: contents.clear() or contents.update(a=b"x"), False, "not of a model"),
    ("weights edited", edit_tensor(1.0), False, "was changed after the export"),
    ("weights longer", put(WEIGHTS, b"x"), False, "was changed after the export"),
    ("table edited", put("model/metrics.tsv", b"population\n"), False, "was changed after"),
    ("readme edited", lambda c: put("README.md", c["README.md"][::-1])(c), False, "was changed after"),
    ("file missing", drop("model/history.tsv"), False, "lacks 'model/history.tsv'"),
    ("file not listed", put("model/fold_00/run_7.json", b"{}"), False, "does not list"),
    ("manifest garbled", put("manifest.json", b"{"), False, "manifest.json is damaged"),
    ("manifest a list", put("manifest.json", b"[1]"), False, "manifest.json is damaged"),
    ("manifest deep", put("manifest.json", b"[" * 200_000), False, "manifest.json is damaged"),
    ("manifest of other", put("manifest.json", b'{"kind": "x"}'), False, "not of a model"),
    ("newer archive", edit_json("manifest.json", format=2), False, "has format 2"),
    ("files no table", edit_json("manifest.json", files=[]), False, "manifest.json is damaged"),
    ("files empty", edit_json("manifest.json", files={}), False, "lacks model.json"),
    ("size a text", edit_json("manifest.json", files={"a": {"size": "1", "sha256": "0" * 64}}), False, "is damaged"),
    ("size negative", edit_json("manifest.json", files={"a": {"size": -1, "sha256": "0" * 64}}), False, "is damaged"),
    ("dataset a text", edit_json("manifest.json", dataset="toy"), False, "manifest.json is damaged"),
    ("name a path", edit_json("manifest.json", name="../up"), False, "cannot name a model"),
    ("wrong digest", edit_json("manifest.json", model_digest="0" * 64), False, "not those that the manifest"),
    ("other dataset", edit_json("model/model.json", dataset_digest="0" * 64), True, "different datasets"),
    ("script", put("model/run.py", b"print()"), True, "not a file of a model"),
    ("hidden", put("model/.x.json", b"{}"), True, "not a file of a model"),
    ("deep", put("model/fold_00/a/run_0.json", b"{}"), True, "not a file of a model"),
    ("outside", put("../evil.json", b"{}"), True, "leads out of it|not a file of a model"),
    ("inside out", put("model/../../evil.json", b"{}"), True, "not a file of a model|leads out"),
    ("absolute", put("/tmp/evil.json", b"{}"), True, "not a file of a model|leads out"),
    ("backslash", put("model\\..\\evil", b"{}"), True, "not a file of a model|leads out"),
    ("pickle", put(WEIGHTS, pickled()), True, "damaged"),
    ("pickle in json", put("model/model.json", pickle.dumps(Harm())), True, "is damaged"),
    ("weights of other shape", edit_tensor(None), True, "do not fit the model"),
    ("weights not numbers", edit_tensor(float("nan")), True, "not numbers"),
    ("weights missing", drop(WEIGHTS), True, "3 runs, its settings name 4"),
    ("weights of another run", lambda c: put("model/fold_00/run_5.safetensors", c.pop(WEIGHTS))(c), True, "are missing"),
    ("newer model", edit_json("model/model.json", format=2), True, "format 2"),
    ("no format", put("model/model.json", b"{}"), True, "format None"),
    ("other family", edit_json("model/model.json", family="x"), True, "family 'x' is unknown"),
    ("too few names", edit_json("model/model.json", populations=["a"]), True, "1 populations and 5 outputs"),
    ("names twice", edit_json("model/model.json", populations=["a"] * 5), True, "a population twice"),
    ("names no texts", edit_json("model/model.json", populations=[1, 2, 3, 4, 5]), True, "something else than text"),
    ("names in lists", edit_json("model/model.json", populations=[["a"]] * 5), True, "cannot be used"),
    ("settings of no use", edit_settings(epochs="many"), True, "epochs must be"),
    ("folds no numbers", edit_settings(folds=["a"]), True, "other things than numbers"),
    ("endless runs", edit_settings(runs=10**9), True, "settings name 2,000,000,000"),
    ("huge network", edit_config(hidden=[10**9]), True, "smaller than the network described"),
    ("impossible network", edit_config(hidden=[10**30]), True, "cannot be used"),
    ("half a filter", edit_config(hidden=[2.5]), True, "cannot be used"),
    ("predictions of other genes", edit_predictions(lambda f: f.set_axis(f.index + "x")), True, "other genes"),
    ("predictions of fewer", edit_predictions(lambda f: f.iloc[1:]), True, "does not hold the genes"),
    ("predictions not numbers", edit_predictions(lambda f: f * np.nan), True, "not numbers"),
    ("predictions texts", edit_predictions(lambda f: f.astype(str) + "x"), True, "cannot be used"),
    ("predictions garbled", put("model/predictions.parquet", b"PAR1xxxxPAR1"), True, "cannot be used"),
    ("folds garbled", put("model/folds.tsv", b"a\tb\n1\t2\n"), True, "folds.tsv"),
    ("metrics of others", put("model/metrics.tsv", b"population\tpearson\tn\na\t1\t2\n"), True, "other populations"),
    ("history empty", put("model/history.tsv", b""), True, "history.tsv"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "honest", "says"), [row[1:] for row in EDITED], ids=[row[0] for row in EDITED]
)
def test_edited_archives_are_refused_in_a_sentence(
    archive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Contents], None],
    honest: bool,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    edited = pack(archive, tmp_path / "edited.zip", change, honest)
    refuse(edited, tmp_path / "ws", says)
    assert {path.name for path in tmp_path.iterdir()} <= {"edited.zip", "ws"}


def refuse(archive: Path, root: Path, says: str) -> None:
    """Import an archive: one sentence, and no trace in the workspace."""
    with pytest.raises(ScxError, match=says) as caught:
        import_model(archive, Workspace(root))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert str(root) not in sentence
    assert ".partial-" not in sentence
    if (root / "models").exists():
        assert names_in(root / "models") == set()


def test_an_archive_packed_again_by_hand_is_taken(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(tmp_path / "all")
    shutil.make_archive(str(tmp_path / "again"), "zip", tmp_path / "all")
    assert any(name.endswith("/") for name in zipfile.ZipFile(tmp_path / "again.zip").namelist())
    assert (
        import_model(tmp_path / "again.zip", Workspace(tmp_path / "ws")).ensemble.settings.runs == 2
    )


def test_files_that_are_no_archives(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / "ws"
    with pytest.raises(ScxError, match="There is no file"):
        import_model(tmp_path / "nothing.zip", Workspace(root))
    with pytest.raises(ScxError, match="There is no file"):
        import_model(tmp_path, Workspace(root))
    for name, content in (("empty", b""), ("text", b"hello"), ("long", bytes(100_000))):
        (tmp_path / name).write_bytes(content)
        refuse(tmp_path / name, root, f"{name} is not a zip archive")
    whole = archive.read_bytes()
    for length in (10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.zip").write_bytes(whole[:length])
        refuse(tmp_path / "cut.zip", root, "cut.zip is cut short or damaged")


def write_entry(archive: Path, target: Path, **changes: int) -> Path:
    """Copy an archive, one more entry being something special."""
    shutil.copy(archive, target)
    with zipfile.ZipFile(target, "a") as zipped:
        entry = zipfile.ZipInfo("model/link")
        entry.create_system = 3
        for name, value in changes.items():
            setattr(entry, name, value)
        zipped.writestr(entry, "/etc/passwd")
    return target


def test_links_passwords_and_odd_compressions(archive: Path, tmp_path: Path) -> None:
    root, target = tmp_path / "ws", tmp_path / "x.zip"
    refuse(write_entry(archive, target, external_attr=0o120777 << 16), root, "a link")
    refuse(write_entry(archive, target, external_attr=0o010644 << 16), root, "special file")
    refuse(write_entry(archive, target, compress_type=zipfile.ZIP_BZIP2), root, "compression")
    data = bytearray(archive.read_bytes())
    for signature, flags in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.find(signature) + flags] |= 1
    target.write_bytes(data)
    refuse(target, root, "has a password")


def test_an_entry_that_is_there_twice(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "twice.zip"
    shutil.copy(archive, target)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(target, "a") as zipped:
        zipped.writestr("model/history.tsv", "x")
    refuse(target, tmp_path / "ws", "holds 'model/history.tsv' twice")


def test_bombs_are_not_unpacked(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "ws"
    bomb = pack(archive, tmp_path / "bomb.zip", put("model/fold_00/run_9.json", bytes(70_000_000)))
    assert bomb.stat().st_size < 1_000_000
    refuse(bomb, root, "more than a model's can have")
    module = "scx_core.model_files.importing."
    with monkeypatch.context() as patch:
        patch.setattr(module + "MAX_BYTES", 50_000_000)
        refuse(bomb, root, "would unpack to .* MB; a model has at most")
        patch.setattr(module + "MAX_BYTES", 1000)
        refuse(archive, root, "an archive of a model has at most")
    with monkeypatch.context() as patch:
        patch.setattr(module + "MAX_FILES", 3)
        refuse(archive, root, "a model has at most 3 files")
    with monkeypatch.context() as patch:
        patch.setattr(module + "MAX_TEXT", 100)
        refuse(archive, root, "too large for a model's")
    # An entry that says it is small and is not: its announced length is all that is read.
    data = bytearray(bomb.read_bytes())
    with zipfile.ZipFile(bomb) as zipped:
        place = data.find(b"model/fold_00/run_9.json", zipped.start_dir) - 46
    data[place + 24 : place + 28] = struct.pack("<I", 10)
    (tmp_path / "liar.zip").write_bytes(data)
    refuse(tmp_path / "liar.zip", root, "more than a model's can have|changed after|damaged")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255))
def test_any_changed_byte_is_found_or_harmless(
    archive: Path, scratch: Path, place: float, value: int
) -> None:
    data = bytearray(archive.read_bytes())
    data[int(place * len(data))] ^= value
    (scratch / "changed.zip").write_bytes(data)
    shutil.rmtree(scratch / "ws", ignore_errors=True)
    try:
        found = import_model(scratch / "changed.zip", Workspace(scratch / "ws")).ensemble
    except ScxError:
        if (scratch / "ws" / "models").exists():
            assert names_in(scratch / "ws" / "models") == set()
        return
    # Only what nobody reads may differ: dates, attributes.
    with zipfile.ZipFile(archive) as zipped:
        expected = {
            name.removeprefix(manifest.PREFIX): zipped.read(name)
            for name in zipped.namelist()
            if name.startswith(manifest.PREFIX)
        }
    stored = {
        path.relative_to(found.path).as_posix(): path.read_bytes()
        for path in found.path.rglob("*")
        if path.is_file()
    }
    assert stored == expected

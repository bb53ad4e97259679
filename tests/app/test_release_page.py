"""The section of the Training page that imports published models."""

import shutil

import pytest
import release_files
from app_reading import refuse_traceback, texts, wait_for_job

from scx_core.ensemble import Ensemble


@pytest.fixture
def release(toy, tmp_path, monkeypatch):
    """A folder below the import root, with a release of the published network's own window."""
    root = tmp_path / "root"
    release_files.write_release(
        root / "published", n_genes=8, window=(7000, 3500), checkpoints={1: (0,)}, n_sequences=2
    )
    return root


@pytest.fixture
def opened(open_app, release, toy, tmp_path, monkeypatch):
    place = tmp_path / "ws"
    shutil.copytree(toy / "datasets", place / "datasets")
    app = open_app("training", place)
    assert not [box for box in app.selectbox if box.key == "release_folder"]  # only when asked for
    app = open_app("training", place, published="true")
    monkeypatch.setenv("SCX_IMPORT_ROOT", str(release))
    return app.run(), place


def test_folder_is_found_described_and_imported(opened):
    app, place = opened
    assert app.selectbox(key="release_folder").options == ["published"]
    app.selectbox(key="release_folder").set_value("published").run()
    refuse_traceback(app)
    told = texts(app)
    assert "seq_hl.h5: 8 genes." in told
    assert "labels.csv: 3 populations (Pop0, Pop1, Pop2)." in told
    assert "Checkpoints of the multitask model: 1 fold (1) x 1 run, of 4 folds." in told
    assert "3 of 4 folds have no checkpoint, so that 6 genes of 8 cannot be predicted" in told
    app.button(key="release_start").click().run()
    assert wait_for_job(place).state == "finished"
    app.run()
    refuse_traceback(app)
    assert "The import of the release is finished" in texts(app)
    assert [box.label for box in app.expander if box.label.startswith("What the import noticed")]
    assert "3 of 4 folds have no checkpoint" in texts(app)
    assert Ensemble.open(place / "models" / "published").trained_folds == (1,)
    app.button(key="release_start").click().run()
    assert "'published' exists already" in texts(app)


def test_only_what_there_are_several_of_is_asked(opened, release):
    app, _ = opened
    app.selectbox(key="release_folder").set_value("published").run()
    keys = {box.key for box in app.selectbox}
    assert not keys & {"release_models", "release_sequences", "release_labels"}
    (release / "published" / "more.csv").write_text(",a\nX,1\n")
    app.run()
    assert app.selectbox(key="release_labels").options == [
        "(the one that fits)", "labels.csv", "more.csv",
    ]  # fmt: skip
    assert "labels.csv: 3 populations" in texts(app)
    app.selectbox(key="release_labels").set_value("more.csv").run()
    refuse_traceback(app)
    assert "more.csv has 1 column, the checkpoints 3 outputs" in texts(app)


def test_what_is_wrong_is_said_before_anything_starts(opened, release):
    app, place = opened
    (release / "published" / "labels.csv").write_text(",a,b,c\nX,1,2,3\n")
    app.selectbox(key="release_folder").set_value("published").run()
    refuse_traceback(app)
    assert "labels.csv lacks 8 genes of the sequences" in texts(app)
    assert not [button for button in app.button if button.key == "release_start"]
    assert not (place / "models").exists()

"""The Region scan page: published models come and go, a region is scanned and drawn."""

import shutil
import zipfile
from pathlib import Path

import pytest
from app_reading import refuse_traceback, texts
from keras_files import write_keras, xpresso_layers

from scx_core.dataset import Dataset
from scx_core.store import Workspace
from scx_core.xpresso.published import import_keras, list_published, open_published


@pytest.fixture
def folder(toy: Path, tmp_path: Path) -> Path:
    """A workspace with a published model of its own."""
    for name in ("datasets", "models"):
        shutil.copytree(toy / name, tmp_path / "ws" / name)
    keras = write_keras(tmp_path / "m.h5", xpresso_layers(60))
    import_keras(keras, Workspace(tmp_path / "ws"), "small", upstream=45)
    return tmp_path / "ws"


def test_region_of_the_address_is_scanned(open_app, folder):
    app = open_app("scan", folder=folder, scan_region="chr1:2,001-4,000", step="20")
    refuse_traceback(app)
    assert not app.error
    told = texts(app)
    assert app.selectbox(key="predictor").value == "small"
    assert "Highest predicted expression (z-score): **" in told
    assert "every 20 bp along chr1:2,001-4,000 (toy1, toy; 1-based)" in told
    assert "all are held at their mean" in told
    assert len(app.dataframe[0].value) > 0
    labels = [button.label for button in app.get("download_button")]
    assert {"Table (TSV)", "bigWig +", "bigWig −", "bedGraph +", "bedGraph −"} <= set(labels)


def test_a_fold_predicts_and_the_page_says_what_it_saw(open_app, folder):
    app = open_app(
        "scan", folder=folder, scan_region="sym30", predictor="toy-model · fold 1", output="Vip"
    )
    refuse_traceback(app)
    assert not app.error
    assert app.selectbox(key="output").value == "Vip"
    assert "genes of all other folds were seen in their training" in texts(app)


def test_without_a_region_a_gene_is_offered(open_app, folder):
    app = open_app("scan", folder=folder)
    refuse_traceback(app)
    assert "Here you would see predictions along the genome" in texts(app)
    app.button(key="scan_around").click().run()
    refuse_traceback(app)
    assert "Highest predicted expression" in texts(app)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"region": "chr9:1-100"}, "no chromosome 'chr9'"),
        ({"region": "chr1:1-900000"}, "ends beyond the 81,000 bases"),
        ({"region": "nothing"}, "is not a gene"),
        ({"region": "chr1:1-"}, "is not an interval"),
        ({"region": "chr1:1-9000000"}, "this page takes 20,000"),
    ],
)
def test_what_cannot_be_scanned_is_one_sentence(open_app, folder, query, told):
    app = open_app("scan", folder=folder, **query)
    refuse_traceback(app)
    assert len(app.error) == 1
    assert told in app.error[0].value
    assert "Published models (1)" in [item.label for item in app.expander]


def test_unknown_model_of_a_link_is_said(open_app, folder):
    app = open_app("scan", folder=folder, scan_region="chr1:2,001-2,200", predictor="gone")
    refuse_traceback(app)
    assert "names 'gone', which is not here" in texts(app)


def test_a_moved_genome_is_said_and_another_can_be_chosen(
    open_app, folder, toy, tmp_path, monkeypatch
):
    from scx_core.variants.genome import WindowLetters

    monkeypatch.setattr(
        "scx_core.ui.scan_genome.open_letters",
        lambda dataset, cache: WindowLetters("toy1", "Letters are those of the windows alone.", dataset),
    )  # fmt: skip
    app = open_app("scan", folder=folder, scan_region="chr1:2,001-2,200")
    refuse_traceback(app)
    assert "Choose the genome's FASTA file under More choices" in app.error[0].value
    app.selectbox(key="genome").set_value("toy.fa").run()
    refuse_traceback(app)
    assert not app.error
    assert "toy.fa; 1-based" in texts(app)


def test_import_and_delete(open_app, toy, tmp_path, monkeypatch):
    keras = write_keras(tmp_path / "weights.h5", xpresso_layers(60))
    place = tmp_path / "fresh"
    app = open_app("scan", folder=place)
    refuse_traceback(app)
    assert "There is no model here yet" in texts(app)
    monkeypatch.setenv("SCX_IMPORT_ROOT", str(tmp_path))
    app.run()
    app.selectbox(key="published_path").set_value("weights.h5")
    app.number_input(key="published_upstream").set_value(45)
    app.button(key="published_import").click().run()
    assert "Give the published model a name" in texts(app)
    app.text_input(key="published_name").set_value("mine")
    app.button(key="published_import").click().run()
    refuse_traceback(app)
    assert "Imported mine." in texts(app)
    assert list_published(Workspace(place)) == ["mine"]
    app.button(key="published_delete_mine").click().run()
    refuse_traceback(app)
    assert "mine was deleted" in texts(app)
    assert keras.exists()
    assert list_published(Workspace(place)) == []


def test_a_file_of_another_kind_is_one_sentence(open_app, folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    app = open_app("scan", folder=folder)
    content = (tmp_path / "m.keras").read_bytes()
    app.file_uploader(key="published_file").set_value(
        ("renamed.h5", content, "application/octet-stream")
    )
    app.text_input(key="published_name").set_value("other")
    app.button(key="published_import").click().run()
    refuse_traceback(app)
    assert "renamed.h5 is a zip archive, as .keras files are, which is not supported" in texts(app)
    assert list_published(Workspace(folder)) == ["small"]


def test_genes_of_the_dataset_are_predicted(open_app, folder):
    app = open_app("scan", folder=folder)
    app.session_state["scan_windows"] = True
    app.run()
    refuse_traceback(app)
    told = texts(app)
    assert "n = 80 genes" in told
    assert "this is no test of it" in told
    table = app.dataframe[0].value
    model = open_published(Workspace(folder), "small")
    dataset = Dataset.open(folder / "datasets" / "toy")
    expected = model.predict(dataset.windows[:, 255:315])[:, 0]
    assert table["expression"].tolist() == pytest.approx(expected.tolist())


def test_windows_of_a_file_are_predicted(open_app, folder):
    app = open_app("scan", folder=folder)
    app.session_state["scan_windows"] = True
    app.run()
    app.segmented_control(key="scan_windows_kind").set_value("windows in a FASTA file").run()
    content = b">one\n" + b"ACGTA" * 12 + b"\n>two\n" + b"ACGTN" * 12
    app.file_uploader(key="windows_file").set_value(("w.fa", content, "text/plain")).run()
    refuse_traceback(app)
    assert "n = 2 windows" in texts(app)
    wrong = b">one\n" + b"ACGTA" * 13 + b"\n"
    app.file_uploader(key="windows_file").set_value(("v.fa", wrong, "text/plain")).run()
    refuse_traceback(app)
    assert "v.fa: the window one has more than the 60 letters" in texts(app)

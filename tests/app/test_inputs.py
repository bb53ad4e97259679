"""What an import can be told, and the pages of a dataset and model as Xpresso's."""

from pathlib import Path

import pytest
import xpresso_toy
from app_reading import refuse_traceback, texts

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.importing import ImportRequest
from scx_core.jobs import Job, list_jobs
from scx_core.store import Workspace


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Workspace with the dataset ``bulk`` and the model ``xpresso``; read only."""
    place = tmp_path_factory.mktemp("xpresso")
    xpresso_toy.build_workspace(place)
    return place


def test_choices_of_the_form_reach_the_job(open_app, toy, tmp_path, monkeypatch):
    class NeverStarted(Job):
        pass

    started: list[dict] = []
    monkeypatch.setattr(
        "scx_core.ui.importing.start_job",
        lambda workspace, kind, parameters, user: (
            started.append({**parameters, "user": user}) or NeverStarted(tmp_path)
        ),
    )
    monkeypatch.setattr("scx_core.ui.importing.person", lambda: "ada@lab")
    app = open_app("datasets", folder=tmp_path)
    for use, file in (
        ("genome", "toy.fa"), ("annotation", "toy.tss.tsv"), ("expression", "toy.h5ad"),
        ("cage", "toy.bed"),
    ):  # fmt: skip
        app.selectbox(key=f"import_{use}").set_value(file)
    app.run()
    app.number_input(key="import_offset").set_value(0.1)
    app.number_input(key="import_cage_far").set_value(250)
    app.checkbox(key="import_median").set_value(True)
    app.checkbox(key="import_gc").set_value(False)
    app.text_input(key="import_name").set_value("mine")
    app.button(key="import_start").click().run()
    (parameters,) = started
    assert parameters["user"] == "ada@lab"
    request = ImportRequest.from_dict(parameters["request"])
    assert (request.offset, request.median, request.gc) == (0.1, True, False)
    assert (request.cage, request.cage_distance) == (toy / "inputs" / "toy.bed", 250)


def test_eight_sliders_and_the_exons_of_a_gene(open_app, root):
    model = Ensemble.open(root / "models" / "xpresso")
    dataset = Dataset.open(root / "datasets" / "bulk")
    gene_id = str(model.predictions.index[3])
    app = open_app("gene", folder=root, gene=gene_id)
    refuse_traceback(app)
    told = texts(app)
    assert f"Exons: transcript {dataset.genes.loc[gene_id, 'transcript_id']}" in told
    sliders = [item for item in app.select_slider if item.key and "_measured_" in item.key]
    assert len(sliders) == 8
    (gc,) = [item for item in sliders if item.label.startswith("ORF GC content")]
    own = dataset.genes.loc[gene_id, "orf_gc"]
    assert gc.label.startswith(f"ORF GC content: {100 * own:.1f} % of the bases (")
    gc.set_value(1.0).run()
    refuse_traceback(app)
    assert "With ORF GC content" in texts(app)


@pytest.mark.parametrize("page", ["home", "datasets", "predictions", "training", "variants"])
def test_pages_of_one_population(open_app, root, page):
    app = open_app(page, folder=root, dataset="bulk", model="xpresso")
    refuse_traceback(app)
    assert not app.error


def test_best_of_the_runs_is_chosen_on_the_page(open_app, root, monkeypatch):
    app = open_app("training", folder=root, dataset="bulk")
    app.selectbox(key="train_preset_bulk").set_value("xpresso").run()
    refuse_traceback(app)
    app.radio(key="train_amount").set_value("own").run()
    box = app.selectbox(key="adv_combine_xpresso_own")
    assert box.value == "best"
    assert app.number_input(key="train_runs_xpresso_random").value == 10
    assert not list_jobs(Workspace(root))
    told = texts(app)
    assert "**paper: the mean of their predictions**" in told


def test_what_is_added_before_the_logarithm_is_said(open_app, root):
    app = open_app("datasets", folder=root, dataset="bulk")
    told = texts(app)
    assert "is at log10(0.1), the lowest value there is, −1.00." in told
    assert "has no logarithm" not in told
    gene = str(Ensemble.open(root / "models" / "xpresso").predictions.index[3])
    assert " + 0.1)" in texts(open_app("gene", folder=root, gene=gene))

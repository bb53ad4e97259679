"""The Analyses page: four questions, each answered in a sentence."""

import json
import shutil

import pytest
from app_reading import refuse_traceback, texts, wait_for_job

from scx_core.analyses import classify_specific_genes, gene_set_residuals
from scx_core.analyses.specific_genes import Side
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.ui.analyses import VIEWS
from scx_core.ui.analyses_gene_sets import sentence


@pytest.fixture(scope="module")
def data(toy) -> Dataset:
    return Dataset.open(toy / "datasets" / "toy")


@pytest.fixture(scope="module")
def model(toy) -> Ensemble:
    return Ensemble.open(toy / "models" / "toy-model")


@pytest.fixture
def folder(toy, tmp_path):
    for name in ("datasets", "models"):
        shutil.copytree(toy / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("view", VIEWS)
def test_each_question_is_asked(open_app, view):
    app = open_app("analyses", analysis=view)
    refuse_traceback(app)
    assert VIEWS[view][0] in texts(app)
    assert f"analysis={view.replace(' ', '+')}" in app.code[-1].value


def test_page_without_models(open_app, tmp_path):
    app = open_app("analyses", folder=tmp_path / "nothing")
    refuse_traceback(app)
    assert "no dataset here yet" in texts(app)


def test_unknown_question_in_the_link(open_app):
    assert "names the question 'nosuch'" in texts(open_app("analyses", analysis="nosuch"))


def test_a_list_is_held_against_the_others(open_app, data, model):
    ids = list(model.predictions.index[:8])
    app = open_app("analyses", population="Vip")
    assert "Paste a list of genes" in texts(app)
    app.text_area(key="analysis_genes").set_value("\n".join([*ids, "NOSUCH"])).run()
    refuse_traceback(app)
    found = gene_set_residuals(model, data, ids)
    told = texts(app)
    assert sentence(found.table.loc["Vip"], "Vip") in told
    assert "1 name is unknown here or name several genes: NOSUCH" in told
    assert len(app.dataframe[0].value) == 5
    app.text_area(key="analysis_genes").set_value("NOSUCH").run()
    refuse_traceback(app)
    assert "0 genes of the list" in app.error[0].value


def test_specific_genes_have_an_auc(open_app, data, model):
    app = open_app("analyses", analysis="Specific genes", population="Sst")
    app.number_input(key="specific_threshold").set_value(0.3)
    app.selectbox(key="specific_toy-model_Sst").set_value("Vip").run()
    refuse_traceback(app)
    found = classify_specific_genes(
        Side(model, data, "Sst"), Side(model, data, "Vip"), threshold=0.3
    ).table.loc["A"]
    assert f"AUC {found['auc']:.2f}, 95 % {found['auc_low']:.2f}–{found['auc_high']:.2f}" in texts(
        app
    )
    app.number_input(key="specific_threshold").set_value(6.0).run()
    refuse_traceback(app)
    assert "lower threshold" in app.error[0].value


def test_a_curve_is_trained_as_a_job(open_app, folder):
    app = open_app("analyses", folder=folder, analysis="More genes")
    assert "No curve has been trained" in texts(app)
    app.text_input(key="learning_sizes").set_value("20, 40")
    app.number_input(key="learning_repeats").set_value(2)
    app.number_input(key="learning_epochs").set_value(2)
    app.button(key="learning_start").click().run()
    refuse_traceback(app)
    job = wait_for_job(folder)
    assert job.state == "finished", job.log_tail()
    app = open_app("analyses", folder=folder, analysis="More genes")
    refuse_traceback(app)
    assert "From 20 to 40 training genes" in texts(app)
    app.text_input(key="learning_sizes").set_value("20, 9999")
    app.button(key="learning_start").click().run()
    assert "fewer than 9,999" in app.error[0].value


def test_another_dataset_is_predicted(open_app, folder):
    app = open_app("analyses", folder=folder, analysis="Another species", dataset="toy")
    assert "There is no other dataset here" in texts(app)
    shutil.copytree(folder / "datasets" / "toy", folder / "datasets" / "zoo")
    file = folder / "datasets" / "zoo" / "dataset.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "digest": "0" * 64}))
    app = open_app("analyses", folder=folder, analysis="Another species", dataset="toy")
    refuse_traceback(app)
    assert not app.error
    told = texts(app)
    assert "Over n = 40 genes of zoo" in told
    assert "40 genes that both datasets name" in told
    app.selectbox(key="species_half_life").set_value("mean").run()
    assert "Half-life features were held at the mean" in texts(app)

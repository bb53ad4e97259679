"""What was deleted in another tab, beside the dataset and model of the page: one sentence."""

import shutil

import pytest
from app_reading import refuse_traceback, texts
from streamlit.testing.v1 import AppTest
from workspace import second_dataset

from scx_core.ui import gone

SENTENCE = "The model 'other-model' was deleted or renamed while this page was open"


def keep_both(copy):
    """A second model of another dataset."""
    second_dataset(copy)
    return copy / "models" / "other-model"


def test_the_model_to_compare_with(open_app, copy):
    other = keep_both(copy)
    app = open_app("analyses", folder=copy, dataset="toy", analysis="Specific genes")
    app.selectbox(key="specific_model").set_value("other-model").run()
    refuse_traceback(app)
    shutil.rmtree(other)
    app.run()
    refuse_traceback(app)
    assert texts(app).count(SENTENCE) == 1
    assert app.selectbox(key="specific_model").value == "toy-model"
    assert SENTENCE not in texts(app.run())


def test_models_that_are_compared_and_managed(open_app, copy):
    other = keep_both(copy)
    app = open_app("training", folder=copy, dataset="toy")
    app.multiselect(key="models_compared").set_value(["toy-model", "other-model"]).run()
    refuse_traceback(app)
    shutil.rmtree(other)
    app.run()
    refuse_traceback(app)
    assert not app.error


def test_the_dataset_of_another_species(open_app, copy):
    keep_both(copy)
    app = open_app("analyses", folder=copy, dataset="toy", analysis="Another species")
    shutil.copytree(copy / "datasets" / "other", copy / "datasets" / "third")
    app.run()
    app.selectbox(key="species_dataset").set_value("third").run()
    refuse_traceback(app)
    shutil.rmtree(copy / "datasets" / "third")
    app.run()
    refuse_traceback(app)
    assert "The dataset 'third' was deleted or renamed while this page was open" in texts(app)


@pytest.mark.parametrize("page", ["scan", "training", "search"])
def test_the_model_of_the_page_is_said_once(open_app, copy, page):
    other = copy / "models" / "second-model"
    shutil.copytree(copy / "models" / "toy-model", other)
    app = open_app(page, folder=copy, model="second-model")
    if page == "scan":
        assert app.selectbox(key="predictor").value.startswith("second-model")
    shutil.rmtree(other)
    app.run()
    refuse_traceback(app)
    told = texts(app)
    assert told.count("deleted or renamed while this page was open") == 1
    assert "toy-model is shown now" in told
    assert not app.error


# --- parts that are drawn by themselves --------------------------------------------------------


def drawn_by_itself():
    """A page whose part meets what a part may meet."""
    from scx_core.errors import ScxError
    from scx_core.ui.gone import fragment

    @fragment
    def part():
        raise ScxError("It is no longer in the workspace; choose another.")

    part()


def test_an_error_of_a_part_is_a_sentence(copy, monkeypatch):
    monkeypatch.setenv("SCX_WORKSPACE", str(copy))
    app = AppTest.from_function(drawn_by_itself).run()
    refuse_traceback(app)
    assert app.error[0].value == "It is no longer in the workspace; choose another."


@pytest.mark.parametrize(("kind", "name"), [("dataset", "toy"), ("model", "toy-model")])
def test_a_part_notices_what_has_gone(copy, monkeypatch, kind, name):
    monkeypatch.setenv("SCX_WORKSPACE", str(copy))
    monkeypatch.setattr(gone.st, "session_state", {"dataset": "toy", "model": "toy-model"})
    assert not gone.is_gone()
    shutil.rmtree(copy / f"{kind}s" / name)
    assert gone.is_gone()

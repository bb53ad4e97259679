"""Genes that a quick model learned from: marked in lists, and judged once the missing part is trained."""

from dataclasses import replace

import pytest
from app_reading import refuse_traceback, texts

from scx_core.dataset import Dataset
from scx_core.engines import Engine
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.jobs import list_jobs, queue
from scx_core.store import Workspace
from scx_core.training.missing import check_missing, missing_folds, request_missing
from scx_core.training.request import TrainingRequest

SENTENCE = "This quick model learned from this gene, so it cannot judge it."


@pytest.fixture
def quick(toy) -> Ensemble:
    return Ensemble.open(toy / "models" / "toy-model")


@pytest.fixture
def data(toy) -> Dataset:
    return Dataset.open(toy / "datasets" / "toy")


def a_gene_it_learned_from(model: Ensemble, dataset: Dataset) -> str:
    """Name of a gene of a fold that has no networks."""
    return str(dataset.genes.loc[model.folds.index[model.folds == 3][0], "gene_name"])


def test_one_press_trains_the_folds_that_are_missing(open_app, copy, quick, data, monkeypatch):
    monkeypatch.setattr(queue, "_launch", lambda entry: None)
    unjudged = a_gene_it_learned_from(quick, data)
    app = open_app("gene", folder=copy, gene=unjudged)
    refuse_traceback(app)
    assert SENTENCE in texts(app)
    assert not app.error
    app.button(key="missing_train").click().run()
    refuse_traceback(app)
    (job,) = list_jobs(Workspace(copy))
    assert app.selectbox(key="job").value.endswith(job.id)
    asked = TrainingRequest.from_dict(job.parameters)
    replace(asked, engine=Engine(1)).run(Workspace(copy))
    rest = Ensemble.open(copy / "models" / "toy-model-rest")
    assert rest.trained_folds == (2, 3)
    assert rest.folds.equals(quick.folds)
    assert rest.config == quick.config
    own, theirs = quick.settings.to_dict(), rest.settings.to_dict()
    del own["folds"], theirs["folds"]
    assert own == theirs
    # Trained once, it is offered and not trained again.
    app = open_app("gene", folder=copy, gene=unjudged, model="toy-model")
    assert SENTENCE in texts(app)
    app.button(key="missing_use").click().run()
    refuse_traceback(app)
    assert SENTENCE not in texts(app)
    assert app.session_state["model"] == "toy-model-rest"
    assert app.selectbox(key="gene").value == unjudged


def test_a_training_that_has_begun_is_not_begun_again(open_app, copy, quick, data, monkeypatch):
    monkeypatch.setattr(queue, "_launch", lambda entry: None)
    unjudged = a_gene_it_learned_from(quick, data)
    open_app("gene", folder=copy, gene=unjudged).button(key="missing_train").click().run()
    app = open_app("gene", folder=copy, gene=unjudged)
    refuse_traceback(app)
    assert "was started as" in texts(app)
    assert not [button for button in app.button if button.key == "missing_train"]


@pytest.mark.parametrize("page", ["gene", "predictions"])
def test_the_gene_box_marks_what_the_model_can_judge(open_app, quick, page):
    app = open_app(page)
    refuse_traceback(app)
    marked = [name for name in app.selectbox(key="gene").options if name.endswith(" ✓")]
    assert len(marked) == len(quick.predictions) < len(quick.folds)


def test_the_search_marks_what_the_model_can_judge(open_app, quick):
    app = open_app("home")
    app.text_input(key="find_gene").set_value("SYM").run()
    found = {
        str(button.key).removeprefix("found_"): button.label
        for button in app.button
        if str(button.key).startswith("found_")
    }
    marked = {gene for gene, label in found.items() if label.endswith(" ✓")}
    assert marked == set(found) & set(quick.predictions.index)
    assert set() < marked < set(found)


def test_the_gene_table_marks_what_the_model_can_judge(open_app, copy, quick):
    table = next(item.value for item in open_app("datasets").dataframe if "judged" in item.value)
    assert set(table.loc[table["judged"], "gene_id"]) == set(quick.predictions.index)
    assert not table["judged"].all()
    for path in (copy / "models").iterdir():
        path.rename(path.with_name("." + path.name))
    app = open_app("datasets", folder=copy)
    refuse_traceback(app)
    assert not any("judged" in item.value for item in app.dataframe)


def test_other_folds_than_the_model_s_are_refused(toy, quick, data):
    assert missing_folds(quick) == (2, 3)
    request = request_missing(quick, data, "rest")
    check_missing(quick, request, Workspace(toy))
    quick.fold_table["fold"] = quick.fold_table["fold"].to_numpy()[::-1]
    with pytest.raises(ScxError, match="other folds than those"):
        check_missing(quick, request, Workspace(toy))

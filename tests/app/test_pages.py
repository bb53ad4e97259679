"""Every page, through the router, on a small workspace, an empty one and with bad links."""

import json
import re
import shutil
from pathlib import Path

import pytest
from app_reading import refuse_traceback, texts
from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "app.py"

PAGES = (
    "home", "datasets", "training", "predictions", "analyses", "search", "gene", "scan", "variants",
    "help",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_page_on_the_toy_workspace(open_app, page):
    app = open_app(page)
    refuse_traceback(app)
    assert not app.error
    assert app.title[0].value
    assert "Synthetic data" in texts(app)
    assert app.selectbox(key="dataset").value == "toy"
    assert app.selectbox(key="model").value == "toy-model"


@pytest.mark.parametrize("page", PAGES)
def test_page_on_an_empty_workspace(open_app, tmp_path, page):
    app = open_app(page, folder=tmp_path / "nothing")
    refuse_traceback(app)
    assert not app.error
    assert not (tmp_path / "nothing").exists()


def test_home_says_what_is_loaded_and_what_the_model_cannot(open_app):
    told = texts(open_app("home"))
    assert "80 genes × 5 populations" in told
    assert "n = 40" in told
    assert "It cannot" in told


def test_home_offers_the_demonstration_where_it_is_missing(open_app, tmp_path):
    app = open_app("home", folder=tmp_path)
    assert app.button(key="make_demo").label == "Make the demonstration"
    assert "What is loaded" not in texts(app)


def test_home_reports_leftovers_of_killed_processes(open_app, tmp_path):
    (tmp_path / "datasets" / ".lost.partial-abc").mkdir(parents=True)
    assert "Cleaned up datasets/lost" in texts(open_app("home", folder=tmp_path))
    assert not list((tmp_path / "datasets").glob(".lost*"))


@pytest.mark.parametrize("page", PAGES)
def test_unknown_dataset_in_the_link(open_app, page):
    app = open_app(page, dataset="nosuch")
    refuse_traceback(app)
    assert "names the dataset 'nosuch'" in texts(app)
    assert app.selectbox(key="dataset").value == "toy"


def test_unknown_model_in_the_link(open_app):
    assert "names the model 'nosuch'" in texts(open_app("predictions", model="nosuch"))


def test_datasets_shows_populations_floor_and_search(open_app):
    app = open_app("datasets", search="sym7")
    table = app.dataframe[0].value
    assert table["Population"].tolist() == ["Astro", "Oligo", "L2/3 IT", "Sst", "Vip"]
    assert table["Part of"].tolist() == ["Glia"] * 2 + ["Neuron"] * 3
    assert table["Cells"].tolist() == [12] * 5
    genes = app.dataframe[1].value
    assert sorted(genes["gene_name"]) == ["SYM7", *(f"SYM7{n}" for n in range(10))]
    assert "set to the floor, −4" in texts(app)


def test_datasets_by_class(open_app):
    app = open_app("datasets", level="class")
    assert app.dataframe[0].value["Population"].tolist() == ["Glia", "Neuron"]


def test_predictions_states_split_n_and_baselines(open_app):
    told = texts(open_app("predictions", population="Vip"))
    assert "In **Vip**" in told
    assert "n = 40 genes" in told
    assert "out of fold" in told
    assert "half-life features alone" in told


def test_predictions_of_one_gene_by_id_with_version(open_app, toy):
    from scx_core.ensemble import Ensemble

    gene_id = str(Ensemble.open(toy / "models" / "toy-model").predictions.index[0])
    told = texts(open_app("predictions", gene=f"{gene_id}.4"))
    assert "Pearson r over its n = 5 populations" in told


def test_unknown_gene_gets_near_matches(open_app):
    app = open_app("gene", gene="SYM777")
    refuse_traceback(app)
    assert "'SYM777' is not a gene of the dataset 'toy'; did you mean SYM7" in app.error[0].value


def test_unknown_population_is_said(open_app):
    app = open_app("predictions", population="Nosuch")
    assert "names the population 'Nosuch'" in texts(app)


def test_gene_of_a_fold_without_models_is_refused(open_app, toy):
    from scx_core.ensemble import Ensemble

    model = Ensemble.open(toy / "models" / "toy-model")
    gene_id = str(model.folds.index[model.folds == 3][0])
    app = open_app("gene", gene=gene_id)
    refuse_traceback(app)
    assert "This quick model learned from this gene, so it cannot judge it." in texts(app)


def test_gene_page_tells_effect_place_and_runs(open_app):
    app = open_app("gene", population="Sst", region="-20..20")
    told = texts(app)
    assert "In **Sst**" in told
    assert "2 runs, none of which saw this gene in training" in told
    assert "−20 to +20 bp from the start" in told
    table = app.dataframe[0].value
    assert len(table) == 50
    assert (table["effect"].abs().diff().dropna() <= 0).all()


def test_gene_page_agrees_with_the_model(open_app, toy):
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

    dataset = Dataset.open(toy / "datasets" / "toy")
    model = Ensemble.open(toy / "models" / "toy-model")
    gene_id = str(model.predictions.index[0])
    app = open_app("gene", gene=gene_id, population="Vip")
    strongest = app.dataframe[0].value.iloc[0]
    effects = model.saturation_mutagenesis(dataset, gene_id)
    values = effects.values[:, :, effects.populations.index("Vip")]
    assert abs(strongest["effect"]) == pytest.approx(abs(values).max())
    assert values[strongest["position"] + 300].tolist().count(strongest["effect"]) == 1


@pytest.mark.parametrize("region", ["nonsense", "5000..6000"])
def test_bad_region_is_one_sentence(open_app, region):
    app = open_app("gene", region=region)
    refuse_traceback(app)
    assert len(app.error) == 1


def test_model_of_another_dataset_content_is_refused(open_app, toy, tmp_path):
    shutil.copytree(toy, tmp_path / "copy")
    path = tmp_path / "copy" / "models" / "toy-model" / "model.json"
    stored = json.loads(path.read_text())
    path.write_text(json.dumps(stored | {"dataset_digest": "0" * 64}))
    for page in ("predictions", "gene", "variants"):
        app = open_app(page, folder=tmp_path / "copy")
        refuse_traceback(app)
        assert "choose the model's own dataset" in app.error[0].value


def test_damaged_dataset_is_one_sentence(open_app, toy, tmp_path):
    shutil.copytree(toy, tmp_path / "copy")
    (tmp_path / "copy" / "datasets" / "toy" / "dataset.json").write_text("{")
    for page in PAGES:
        app = open_app(page, folder=tmp_path / "copy")
        refuse_traceback(app)
        assert any("damaged" in item.value for item in app.error), page


def test_every_file_of_pages_is_registered_under_its_own_name():
    """Else the first link to it in a fresh server ends in "Page not found" (see ui/router.py)."""
    router = (APP.parent / "scx_core" / "ui" / "router.py").read_text(encoding="utf-8")
    registered = re.findall(r'"pages/(\w+).py", title="[^"]+", url_path="(\w+)"', router)
    # The first page lies at the root; a page without a file leads there from its name.
    assert 'st.Page(_go_home, title="Home", url_path="home"' in router
    names = {"home", *(name for name, _ in registered)}
    assert names == {path.stem for path in APP.parent.glob("pages/*.py")}
    assert all(name == address for name, address in registered)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reached_past_the_router_starts_again_through_it(open_app, page, toy, monkeypatch):
    monkeypatch.setenv("SCX_WORKSPACE", str(toy))
    monkeypatch.chdir(APP.parent)
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.switch_page(f"pages/{page}.py")
    app.run()  # nothing is registered yet: streamlit runs the file itself
    refuse_traceback(app)
    assert app.selectbox(key="dataset").value == "toy"

"""What stands around every page: the top line, gene search, workspaces, links, and what is gone."""

import json
import os
import re
import shutil
import threading
from pathlib import Path

import anndata
import pandas as pd
import pytest
from app_reading import refuse_traceback, texts
from workspace import second_dataset

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble

PAGES = (
    "home", "datasets", "training", "predictions", "analyses", "search", "gene", "scan", "variants",
    "help",
)  # fmt: skip


def top_line(app) -> str:
    """The line that says what a page shows, as HTML."""
    lines = [element.proto.body for element in app.main if element.type == "html"]
    return next(line for line in lines if "scx-context" in line)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_what_it_shows(open_app, toy, page):
    line = top_line(open_app(page))
    dataset = Dataset.open(toy / "datasets" / "toy")
    model = Ensemble.open(toy / "models" / "toy-model")
    build = dataset.metadata["assembly"]
    for part in (">Data: toy<", ">Model: toy-model (2 folds × 2 runs)<", f">Genome: {build}<"):
        assert part in line
    assert dataset.digest in line
    assert model.digest in line


def test_the_top_line_without_anything(open_app, tmp_path):
    line = top_line(open_app("home", folder=tmp_path))
    assert "Data: none" in line
    assert "Model: none" in line


def test_the_name_of_a_build_is_text(open_app, copy):
    path = copy / "datasets" / "toy" / "dataset.json"
    stored = json.loads(path.read_text())
    path.write_text(json.dumps(stored | {"assembly": '"><img src=x>'}))
    line = top_line(open_app("help", folder=copy))
    assert "<img" not in line
    assert "&lt;img" in line


def test_help_has_every_topic(open_app):
    app = open_app("help")
    refuse_traceback(app)
    assert [tab.label for tab in app.tabs] == [
        "How to read each page", "Words on screen", "What the model cannot tell", "How to cite",
        "Keyboard",
    ]  # fmt: skip
    told = texts(app)
    assert "out of fold" in told
    assert "Frontiers in Bioinformatics" in told
    assert "dataset toy and model toy-model" in app.code[0].value


# --- gene search ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_symbol_opens_mutagenesis_from_every_page(open_app, page):
    app = open_app(page)
    app.text_input(key="find_gene").set_value("sym12").run()
    refuse_traceback(app)
    assert app.title[0].value == "Mutagenesis"
    assert app.session_state["gene"] == "SYM12"
    assert app.text_input(key="find_gene").value == ""


def test_an_id_with_a_version_opens_its_gene(open_app, toy):
    genes = Dataset.open(toy / "datasets" / "toy").genes
    gene_id = str(genes.index[genes["gene_name"] == "SYM5"][0])
    app = open_app("datasets")
    app.text_input(key="find_gene").set_value(f"{gene_id.lower()}.17").run()
    assert app.session_state["gene"] == "SYM5"


def test_near_matches_are_offered_and_open(open_app):
    app = open_app("datasets")
    app.text_input(key="find_gene").set_value("SYM777").run()
    refuse_traceback(app)
    assert app.title[0].value == "Datasets"
    assert "No gene is called 'SYM777'. Did you mean:" in texts(app)
    found = [button for button in app.button if str(button.key).startswith("found_")]
    assert any(button.label.startswith("SYM77 · ") for button in found)
    next(button for button in found if button.label.startswith("SYM77 · ")).click().run()
    refuse_traceback(app)
    assert app.title[0].value == "Mutagenesis"
    assert app.session_state["gene"] == "SYM77"
    assert "Did you mean" not in texts(app)


def test_nothing_like_a_gene(open_app):
    app = open_app("help")
    app.text_input(key="find_gene").set_value("<b>?</b>").run()
    refuse_traceback(app)
    assert r"No gene of toy is called '\<b\>?\</b\>' or anything like it." in texts(app)


def test_search_from_mutagenesis_replaces_the_gene(open_app):
    app = open_app("gene", gene="SYM3")
    app.text_input(key="find_gene").set_value("SYM12").run()
    refuse_traceback(app)
    assert app.session_state["gene"] == "SYM12"


# --- workspaces -------------------------------------------------------------------------------


def test_one_workspace_has_no_choice(open_app):
    app = open_app("home")
    assert "Workspace" not in [box.label for box in app.selectbox]


def test_several_workspaces_are_chosen_by_name(open_app, toy, copy, monkeypatch):
    second_dataset(copy)
    both = os.pathsep.join((str(toy), str(copy)))
    app = open_app("datasets", folder=both)
    box = app.selectbox(key="workspace")
    assert list(box.options) == [toy.name, "copy"]
    assert list(app.selectbox(key="dataset").options) == ["toy"]
    box.set_value("copy").run()
    refuse_traceback(app)
    assert list(app.selectbox(key="dataset").options) == ["other", "toy"]
    assert ">copy<" in top_line(app)


def test_a_workspace_of_the_address_is_a_name_and_no_path(open_app, toy, copy):
    both = os.pathsep.join((str(toy), str(copy)))
    app = open_app("home", folder=both, workspace="copy")
    assert app.selectbox(key="workspace").value == "copy"
    app = open_app("home", folder=both, workspace=str(copy))
    refuse_traceback(app)
    assert app.selectbox(key="workspace").value == toy.name
    assert "which this server does not have" in texts(app)


# --- links ------------------------------------------------------------------------------------


def link_of(app) -> dict[str, str]:
    """Parameters of the page's link."""
    from urllib.parse import parse_qsl

    links = [code.value for code in app.code if "dataset_digest=" in code.value]
    return dict(parse_qsl(links[-1].split("?", 1)[1]))


def link_warnings(app) -> list[str]:
    """What is said of the link: SYM3 is never observed, which its page says with every link."""
    return [item.value for item in app.warning if "the prediction for SYM3" not in item.value]


def test_a_link_holds_digests_and_version_and_is_satisfied(open_app, open_link, toy):
    link = link_of(open_app("gene", gene="SYM3"))
    assert link["dataset_digest"] == Dataset.open(toy / "datasets" / "toy").digest[:12]
    assert link["model_digest"] == Ensemble.open(toy / "models" / "toy-model").digest[:12]
    assert link["version"]
    assert "workspace" not in link
    app = open_link("gene", **link)
    refuse_traceback(app)
    assert not link_warnings(app)


def test_a_link_names_the_workspace_where_there_are_several(open_link, toy, copy):
    both = os.pathsep.join((str(toy), str(copy)))
    assert link_of(open_link("gene", folder=both, workspace="copy"))["workspace"] == "copy"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"dataset_digest": "0" * 12}, "another dataset under the name toy (digest 000000000000)"),
        ({"model_digest": "f" * 12}, "another model under the name toy-model"),
        ({"version": "0.0.1"}, "was made with scX Explorer 0.0.1"),
    ],
)
def test_a_link_that_differs_says_what(open_app, open_link, changed, sentence):
    link = link_of(open_app("gene", gene="SYM3"))
    app = open_link("gene", **{**link, **changed})
    refuse_traceback(app)
    said = link_warnings(app)
    assert len(said) == 1
    assert sentence in said[0]
    assert not app.error
    assert "SYM3" in texts(app)


def test_an_old_link_without_digests_works(open_link):
    app = open_link("gene", dataset="toy", model="toy-model", gene="SYM3")
    refuse_traceback(app)
    assert not link_warnings(app)
    assert not app.error


def test_a_link_to_what_is_not_here_says_each(open_app):
    app = open_app(
        "gene", dataset="gone", model="lost", gene="NOSUCH1", population="Nobody",
        dataset_digest="0" * 12, model_digest="1" * 12, version="0.0.1",
    )  # fmt: skip
    refuse_traceback(app)
    told = texts(app)
    for part in ("dataset 'gone'", "model 'lost'", "'NOSUCH1'", "'Nobody'", "scX Explorer 0.0.1"):
        assert part in told


def test_a_link_to_a_renamed_dataset_finds_it_by_its_content(open_link, copy):
    (copy / "datasets" / "toy").rename(copy / "datasets" / "renamed")
    digest = Dataset.open(copy / "datasets" / "renamed").digest[:12]
    shutil.copytree(copy / "datasets" / "renamed", copy / "datasets" / "aaa")
    path = copy / "datasets" / "aaa" / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"digest": "0" * 64}))
    app = open_link("datasets", folder=copy, dataset="toy", dataset_digest=digest)
    refuse_traceback(app)
    assert app.selectbox(key="dataset").value == "renamed"


def test_a_link_to_a_renamed_model_finds_it_by_its_content(open_link, copy):
    shutil.copytree(copy / "models" / "toy-model", copy / "models" / "aaa")
    damaged = copy / "models" / "aaa" / "fold_00" / "run_0.safetensors"
    damaged.write_bytes(damaged.read_bytes() + b" ")
    (copy / "models" / "toy-model").rename(copy / "models" / "renamed")
    digest = Ensemble.open(copy / "models" / "renamed").digest[:12]
    app = open_link(
        "predictions", folder=copy, dataset="toy", model="toy-model", model_digest=digest
    )
    refuse_traceback(app)
    assert app.selectbox(key="model").value == "renamed"


# --- the address wins, and choices belong to their dataset --------------------------------------


def test_a_link_wins_over_what_was_chosen(open_app, copy):
    second_dataset(copy)
    app = open_app("gene", folder=copy, dataset="toy")
    app.query_params.update(dataset="other", model="other-model")
    app.switch_page("pages/predictions.py")
    app.run()
    refuse_traceback(app)
    assert (app.selectbox(key="dataset").value, app.selectbox(key="model").value) == (
        "other", "other-model",
    )  # fmt: skip


def test_a_model_of_another_dataset_is_said_and_brings_it(open_app, copy):
    second_dataset(copy)
    app = open_app("variants", folder=copy, model="toy-model")
    refuse_traceback(app)
    assert app.selectbox(key="dataset").value == "toy"
    told = texts(app)
    assert "The model toy-model was trained on the dataset toy: toy is shown now." in told
    assert "does not have" not in told
    app = open_app("variants", folder=copy, dataset="other", model="toy-model")
    assert "dataset toy, not on other: toy is shown now." in texts(app)


def test_choices_that_another_dataset_lacks_are_cleared(open_app, copy):
    second_dataset(copy)
    rename(copy / "datasets" / "other", copy / "models" / "other-model")
    app = open_app("gene", folder=copy, dataset="toy", gene="SYM3", population="Sst")
    app.selectbox(key="compare").set_value("Vip").run()
    app.selectbox(key="dataset").set_value("other").run()
    refuse_traceback(app)
    assert app.selectbox(key="dataset").value == "other"
    boxes = {key: app.selectbox(key=key) for key in ("gene", "population", "compare")}
    for key, box in boxes.items():
        offered = [name.removesuffix(" ✓") for name in box.options]
        assert box.value in (None, *offered), key
    told = texts(app)
    assert f"In **{boxes['population'].value}**" in told
    assert f"{boxes['gene'].value} is predicted" in told
    assert "SYM3" not in told
    assert "Sst" not in told


def rename(dataset: Path, model: Path) -> None:
    """Give all genes and populations of a dataset, and of its model, other names."""
    other = {"Sst": "Purkinje", "Vip": "Granule", "Neuron": "Hindbrain"}
    digest = json.loads((dataset / "dataset.json").read_text())["digest"]
    for path in (dataset / "dataset.json", model / "model.json"):
        path.write_text(path.read_text().replace(digest, "1" * 64))
    cells = anndata.read_h5ad(dataset / "expression.h5ad")
    cells.obs.index = [other.get(name, name) for name in cells.obs.index]
    cells.obs["parent"] = [other.get(name, name) for name in cells.obs["parent"].astype(str)]
    cells.var["gene_name"] = [
        name.replace("SYM", "FLY") for name in cells.var["gene_name"].astype(str)
    ]
    cells.write_h5ad(dataset / "expression.h5ad")
    for path in model.rglob("*.json"):
        text = path.read_text()
        for name, new in other.items():
            text = text.replace(f'"{name}"', f'"{new}"')
        path.write_text(text)
    for path in model.glob("*.parquet"):
        table = pd.read_parquet(path)
        table.columns = [other.get(name, name) for name in table.columns]
        table.index = [other.get(name, name) for name in table.index]
        for column in table.select_dtypes(object):
            table[column] = table[column].replace(other)
        table.to_parquet(path)


# --- gone in another tab ----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_dataset_deleted_in_another_tab(open_link, copy, page):
    second_dataset(copy)
    app = open_link(page, folder=copy, dataset="toy")
    assert app.selectbox(key="dataset").value == "toy"
    shutil.rmtree(copy / "datasets" / "toy")
    app.run()
    refuse_traceback(app)
    assert "'toy'" in texts(app)
    assert app.selectbox(key="dataset").value == "other"
    assert ">Data: other<" in top_line(app)


@pytest.mark.parametrize("page", PAGES)
def test_the_last_dataset_deleted_in_another_tab(open_app, copy, page):
    app = open_app(page, folder=copy)
    shutil.rmtree(copy / "datasets")
    shutil.rmtree(copy / "models")
    app.run()
    refuse_traceback(app)
    assert "The dataset 'toy' was deleted or renamed while this page was open" in texts(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_model_deleted_in_another_tab(open_app, copy, page):
    app = open_app(page, folder=copy)
    shutil.rmtree(copy / "models" / "toy-model")
    app.run()
    refuse_traceback(app)
    told = texts(app)
    assert "The model 'toy-model' was deleted or renamed while this page was open" in told
    assert "Model: none" in top_line(app)


#: Pages that read a file of the dataset as soon as they are opened.
READERS = {
    "expression.h5ad": PAGES,
    "windows.npy": ("home", "predictions", "gene"),
    "transcripts.parquet": ("gene",),
}


@pytest.mark.parametrize("file", READERS)
@pytest.mark.parametrize("page", PAGES)
def test_half_a_dataset(open_app, copy, page, file):
    """The page that needs what is missing says so in a sentence; the others work."""
    (copy / "datasets" / "toy" / file).unlink()
    app = open_app(page, folder=copy)
    refuse_traceback(app)
    told = [item.value for item in app.error if f"{file} of 'toy' is missing" in item.value]
    assert bool(told) == (page in READERS[file])


def test_deleting_while_pages_are_drawn(open_link, copy):
    """Another tab deletes and brings back the folder, over and over, under seven pages."""
    second_dataset(copy)
    folder, aside = copy / "datasets" / "toy", copy / "aside"
    stop = threading.Event()

    def flicker() -> None:
        while not stop.is_set():
            folder.rename(aside)
            stop.wait(0.003)
            aside.rename(folder)
            stop.wait(0.003)

    tab = threading.Thread(target=flicker)
    app = open_link("datasets", folder=copy, dataset="toy")
    tab.start()
    try:
        for page in PAGES * 2:
            app.switch_page(f"pages/{page}.py")
            app.run()
            refuse_traceback(app)
    finally:
        stop.set()
        tab.join()
    app.run()  # the folder is there to stay: so is the dataset
    refuse_traceback(app)
    assert "toy" in app.selectbox(key="dataset").options


def test_home_guides_a_first_visit_in_three_steps(open_app, tmp_path):
    app = open_app("home", folder=tmp_path)
    steps = [item.value for item in app.header][:3]
    assert steps == ["1 · Explore the demo", "2 · Use my data", "3 · Use published models"]


@pytest.mark.parametrize("key", ["dataset", "model", "gene", "population", "version", "workspace"])
def test_a_link_cannot_put_pictures_on_the_page(open_app, key):
    app = open_app("gene", **{key: "![x](http://example.org/x.png)"})
    refuse_traceback(app)
    assert not re.search(r"(?<!\\)\[x", texts(app))


def test_a_link_may_name_a_transcript(open_app, toy):
    transcripts = Dataset.open(toy / "datasets" / "toy").transcripts
    tested = Ensemble.open(toy / "models" / "toy-model").predictions.index
    row = transcripts[transcripts["gene_id"].isin(tested)].iloc[0]
    app = open_app("predictions", gene=row["transcript_id"])
    refuse_traceback(app)
    assert not app.error


@pytest.mark.parametrize("page", ["predictions", "gene", "variants"])
def test_without_a_dataset_a_page_leads_home(open_app, tmp_path, page):
    told = texts(open_app(page, folder=tmp_path))
    assert "There is no dataset here yet" in told

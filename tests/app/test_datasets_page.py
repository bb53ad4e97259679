"""The Datasets page: what is there, where it leads, public data."""

import hashlib
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest
from app_reading import refuse_traceback, texts, wait_for_job
from file_server import serve, source_list

CONTENT = b">chr1\nACGT\n" * 1000


@pytest.fixture
def public(tmp_path, monkeypatch):
    """A local server with one public file, registered as ``toy``."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serve(files={"/toy.fa": CONTENT}) as server:

        def register(**changes):
            entry = {
                "url": f"{server.url}/toy.fa", "file": "toy.fa", "title": "Toy genome",
                "digest": f"sha256:{hashlib.sha256(CONTENT).hexdigest()}", "citation": "nobody",
            }  # fmt: skip
            path = source_list(tmp_path / "list.json", toy=entry | changes)
            monkeypatch.setenv("SCX_SOURCES", path)

        register()
        server.register = register
        yield server


def chosen(app, key):
    return next(table for table in app.dataframe if table.key == key).value


def tick(app, key, row):
    app.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    return app.run()


def test_populations_have_cells_and_genes_expressed(open_app):
    app = open_app("datasets")
    refuse_traceback(app)
    table = chosen(app, "population_table")
    assert table["Cells"].tolist() == [12] * 5
    assert (table["Genes expressed"] <= 79).all()  # gene 3 is never seen
    assert (table["Genes expressed"] > 40).all()
    assert "from 60 cells" in texts(app)
    assert "The strip on the left is their class" in texts(app)


def test_tree_lists_classes_with_their_parts(open_app):
    tables = [table.value for table in open_app("datasets").dataframe]
    tree = next(table for table in tables if "Level" in table)
    assert [name.strip() for name in tree["Name"]] == [
        "Glia", "Astro", "Oligo", "Neuron", "L2/3 IT", "Sst", "Vip",
    ]  # fmt: skip
    assert [name.startswith("\u2003") for name in tree["Name"]] == [False, True, True, False] + [
        True
    ] * 3
    assert tree["Parts"].tolist() == [2, 0, 0, 3, 0, 0, 0]


def test_genes_are_searched_by_text_and_chromosome(open_app):
    app = open_app("datasets", search="ENSG00000000012")
    table = chosen(app, "gene_table")
    assert table["gene_name"].tolist() == ["SYM12"]
    assert {"tss", "strand", "transcript_rule", "n_transcripts", "orf_length"} <= set(table)
    app.text_input(key="search").set_value("chr1").run()
    assert len(chosen(app, "gene_table")) == 80
    app.text_input(key="search").set_value("nosuch").run()
    assert "No gene fits" in texts(app)
    refuse_traceback(app)


def test_link_holds_the_search_and_the_chromosomes(open_app):
    app = open_app("datasets", search="SYM", chromosome="chr1")
    assert app.multiselect(key="chromosome").value == ["chr1"]
    assert set(chosen(app, "gene_table")["chromosome"]) == {"chr1"}
    link = next(block.value for block in app.code if "/datasets?" in block.value)
    asked = parse_qs(urlsplit(link).query)
    assert asked["chromosome"] == ["chr1"]
    assert asked["search"] == ["SYM"]
    assert asked["dataset"] == ["toy"]
    assert "dataset_digest" in asked


def test_ticked_gene_opens_its_page(open_app):
    app = open_app("datasets", search="SYM5")
    name = chosen(app, "gene_table")["gene_name"].iloc[1]
    app = tick(app, "gene_table", 1)
    assert app.session_state["kept_gene"] == name
    assert app.title[0].value != "Datasets"


def test_sources_are_listed_only_when_asked_for(open_app):
    app = open_app("datasets")
    assert not [button for button in app.button if button.key == "fetch_start"]
    app = open_app("datasets", fetch="true")
    refuse_traceback(app)
    told = texts(app)
    assert "Annotation of the human genome" in told
    assert "not known beforehand" in told


def test_public_data_arrive_by_a_job(open_app, public, tmp_path):
    folder = tmp_path / "ws"
    app = open_app("datasets", folder=folder, fetch="true")
    app.selectbox(key="fetch_source").set_value("toy").run()
    app.button(key="fetch_start").click().run()
    refuse_traceback(app)
    job = wait_for_job(folder)
    assert (job.state, job.error) == ("finished", "")
    assert (folder / "sources" / "toy.fa").read_bytes() == CONTENT
    app.run()
    assert "The transfer is finished." in texts(app)
    assert "It is here as" in texts(app)


def test_transfer_that_fails_is_one_sentence(open_app, public, tmp_path):
    public.register(url=f"{public.url}/moved.fa", homepage="https://example.org/toy")
    folder = tmp_path / "ws"
    app = open_app("datasets", folder=folder, fetch="true")
    app.selectbox(key="fetch_source").set_value("toy").run()
    app.button(key="fetch_start").click().run()
    wait_for_job(folder)
    app.run()
    refuse_traceback(app)
    assert "answered 404" in app.error[0].value


def test_damaged_list_of_sources_is_one_sentence(open_app, tmp_path, monkeypatch):
    (tmp_path / "list.json").write_text("{")
    monkeypatch.setenv("SCX_SOURCES", str(tmp_path / "list.json"))
    app = open_app("datasets", fetch="true")
    refuse_traceback(app)
    assert "list.json is damaged" in app.error[0].value


def test_dataset_deleted_in_another_tab(open_app, toy, tmp_path):
    shutil.copytree(toy / "datasets", tmp_path / "datasets")
    app = open_app("datasets", folder=tmp_path)
    shutil.rmtree(tmp_path / "datasets" / "toy")
    app.run()
    refuse_traceback(app)
    assert "No dataset is here yet" in texts(app)


def test_renamed_dataset_keeps_its_models(open_app, copy):
    app = open_app("datasets", folder=copy, dataset="toy")
    assert "The model 'toy-model' was made of it" in texts(app)
    app.text_input(key="datasets_new_name_toy").set_value("first").run()
    app.button(key="datasets_rename").click().run()
    refuse_traceback(app)
    assert app.selectbox(key="dataset").value == "first"
    assert app.selectbox(key="model").value == "toy-model"
    told = texts(app)
    assert "'toy' is called 'first' now." in told
    assert "was deleted or renamed while this page was open" not in told


def test_name_that_is_taken_is_one_sentence(open_app, copy):
    app = open_app("datasets", folder=copy, dataset="toy")
    app.text_input(key="datasets_new_name_toy").set_value("a b").run()
    app.button(key="datasets_rename").click().run()
    refuse_traceback(app)
    assert "cannot name a dataset" in app.error[0].value


def test_deleted_dataset_is_gone(open_app, copy):
    shutil.copytree(copy / "datasets" / "toy", copy / "datasets" / "other")
    app = open_app("datasets", folder=copy, dataset="toy")
    app.button(key="datasets_delete_really").click().run()
    refuse_traceback(app)
    told = texts(app)
    assert app.selectbox(key="dataset").value == "other"
    assert "The dataset 'toy' is deleted." in told
    assert "was deleted or renamed while this page was open" not in told
    assert not (copy / "datasets" / "toy").exists()

"""The Architecture search page: start, watch, read, hand on."""

import shutil

import pytest
from app_reading import refuse_traceback, texts, wait_for_job

from scx_core.jobs import list_jobs
from scx_core.search import Search, SearchRequest, list_searches, search_path
from scx_core.search.running import run_search
from scx_core.store import Workspace

SMALL = {"n_stages": [1, 2], "filters": [4, 8], "kernel": [3, 5], "pool": [5, 10, 5], "units": [4]}


@pytest.fixture
def folder(toy, tmp_path):
    for name in ("datasets", "models"):
        shutil.copytree(toy / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def searched(folder):
    request = SearchRequest(
        "toy", "first", trials=6, preset="small", settings={"epochs": 2, "n_folds": 5}, space=SMALL
    )
    run_search(Workspace(folder), request)
    return folder


def test_page_without_searches_and_without_datasets(open_app, tmp_path):
    app = open_app("search")
    refuse_traceback(app)
    assert not app.error
    assert "No search has begun on this dataset" in texts(app)
    app = open_app("search", folder=tmp_path / "nothing")
    refuse_traceback(app)
    assert "no dataset to search on" in texts(app)


def test_search_runs_as_a_job(open_app, folder):
    app = open_app("search", folder=folder)
    app.number_input(key="search_trials").set_value(2)
    app.number_input(key="search_epochs").set_value(1)
    app.text_input(key="search_space_n_stages_toy").set_value("1, 1")
    app.text_input(key="search_name").set_value("mine")
    app.button(key="search_start").click().run()
    refuse_traceback(app)
    job = wait_for_job(folder)
    assert job.state == "finished", job.log_tail()
    found = Search.open(search_path(Workspace(folder), "mine"))
    assert found.n_trained == 2
    assert found.metadata["space"]["n_stages"] == [1, 1]
    assert found.metadata["settings"]["epochs"] == 1
    app = open_app("search", folder=folder, architecture_search="mine")
    assert "**2 of 2 networks** trained" in texts(app)
    assert "Best so far" in texts(app)


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("kernel", "many", "cannot be read"),
        ("pool", "5, 12, 5", "whole steps"),
        ("upstream", "0, 5000, 500", "holds 300"),
    ],
)
def test_wrong_bounds_are_said_and_nothing_starts(open_app, folder, field, text, told):
    app = open_app("search", folder=folder)
    app.text_input(key=f"search_space_{field}_toy").set_value(text)
    app.button(key="search_start").click().run()
    refuse_traceback(app)
    assert told in app.error[0].value
    assert not list_jobs(Workspace(folder))


def test_results_are_read_and_the_best_is_trained(open_app, searched):
    app = open_app("search", folder=searched)
    refuse_traceback(app)
    assert not app.error
    told = texts(app)
    assert "**6 of 6 networks** trained" in told
    assert "more about chance" in told or "cannot be said" in told
    best = Search.open(search_path(Workspace(searched), "first")).best
    assert best is not None
    assert f"trial {best[0]}, with a validation loss of **{best[2]:.4f}**" in told
    assert len(app.dataframe[0].value) >= 6
    app.text_input(key="search_model").set_value("better")
    app.button(key="search_train").click().run()
    refuse_traceback(app)
    assert "The model better is being trained" in texts(app)
    job = wait_for_job(searched)
    assert job.state == "finished", job.log_tail()
    assert "better" in Workspace(searched).models()


def test_more_networks_go_on_with_the_same_search(open_app, searched):
    app = open_app("search", folder=searched)
    app.number_input(key="search_more_first_6").set_value(7)
    app.button(key="search_go_on").click().run()
    refuse_traceback(app)
    assert wait_for_job(searched).state == "finished"
    assert Search.open(search_path(Workspace(searched), "first")).n_trained == 7


def test_a_search_is_deleted(open_app, searched):
    app = open_app("search", folder=searched)
    app.button(key="search_delete").click().run()
    refuse_traceback(app)
    assert "No search has begun on this dataset" in texts(app)
    assert not list_searches(Workspace(searched))


def test_unknown_search_in_the_link_and_a_taken_name(open_app, searched):
    app = open_app("search", folder=searched, architecture_search="nosuch")
    refuse_traceback(app)
    assert "names the search 'nosuch'" in texts(app)
    app.text_input(key="search_name").set_value("first")
    app.button(key="search_start").click().run()
    assert "is there already" in app.error[0].value


def test_a_damaged_search_is_said(open_app, searched):
    (search_path(Workspace(searched), "first") / "trials.db").write_bytes(
        b"no database at all" * 99
    )
    app = open_app("search", folder=searched)
    refuse_traceback(app)
    assert "cannot be read" in app.error[0].value

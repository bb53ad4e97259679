"""The app, opened on a small workspace."""

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
import streamlit as st
import workspace
from streamlit.testing.v1 import AppTest

from scx_core.training.estimate import Estimate

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="session")
def toy(tmp_path_factory) -> Path:
    """Workspace with the dataset ``toy`` and the model ``toy-model``; read only."""
    return workspace.build_workspace(tmp_path_factory.mktemp("toy"))


@pytest.fixture(autouse=True)
def estimated(monkeypatch) -> Event:
    """Estimates that take no time, but are made only once the event is set."""
    ready = Event()
    ready.set()

    def estimate(dataset, config, settings, n_units, workers) -> Estimate:
        assert settings.epochs == 1
        ready.wait(20)
        rounds = -(-n_units // workers)
        return Estimate(30.0 + 2.0 * rounds, 5_000_000, 300_000_000, 2.0, n_units, workers)

    monkeypatch.setattr("scx_core.ui.training_estimate.estimate", estimate)
    return ready


def run_router(main_script_path: str) -> None:
    """Run ``app.py`` itself, as a server does for every request after the first."""
    code = compile(Path(main_script_path).read_text(encoding="utf-8"), main_script_path, "exec")
    exec(code, {"__name__": "__main__", "__file__": main_script_path})


@pytest.fixture
def open_app(toy, monkeypatch) -> Callable[..., AppTest]:
    """Open a page of the app, through its router, on a workspace."""

    def opened(page: str = "home", folder: Path = toy, **query: str) -> AppTest:
        monkeypatch.setenv("SCX_WORKSPACE", str(folder))
        monkeypatch.setenv("SCX_IMPORT_ROOT", str(toy / "inputs"))
        monkeypatch.chdir(APP.parent)
        # AppTest forgets at each run that st.navigation is used, a server does not.
        monkeypatch.setattr("streamlit.runtime.scriptrunner.script_runner._mpa_v1", run_router)
        app = AppTest.from_file(str(APP), default_timeout=60)
        if page == "home":
            app.query_params.update(query)
            return app.run()
        app.run()  # registers the pages; before it a page would run without the router
        app.switch_page(f"pages/{page}.py")
        app.query_params.update(query)
        return app.run()

    st.cache_resource.clear()
    st.cache_data.clear()
    return opened


@pytest.fixture
def open_link(open_app):
    """Open a link as a browser does: its parameters are there from the first run on."""

    def opened(page, folder=None, **query):
        places = {} if folder is None else {"folder": folder}
        app = open_app("home", **places, **query)
        app.switch_page(f"pages/{page}.py")
        return app.run()

    return opened


@pytest.fixture
def copy(toy, tmp_path) -> Path:
    """Workspace that a test may change."""
    shutil.copytree(toy, tmp_path / "copy")
    return tmp_path / "copy"

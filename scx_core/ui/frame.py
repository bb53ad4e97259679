"""What stands around every page: gene search, and the choice of workspace, dataset and model."""

from pathlib import Path
from typing import Final

import streamlit as st

from scx_core.errors import ScxError, counted
from scx_core.figures.style import palette
from scx_core.store import Workspace
from scx_core.ui.address import begin_run, chosen, keep, name_in_browser, switch, write_drawn
from scx_core.ui.boxes import scroll_to_box
from scx_core.ui.context import theme, workspace, workspaces
from scx_core.ui.links import remember_link
from scx_core.ui.loading import open_dataset, open_model
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.search import gene_search, slash_key
from scx_core.ui.settling import (
    forget_notes,
    models_of,
    settle_dataset,
    settle_model,
    settle_workspace,
)

_ASSETS: Final = Path(__file__).resolve().parents[2] / "assets"


def render_sidebar() -> None:
    """Draw gene search and the choice of workspace, dataset and model under the navigation."""
    begin_run()
    _dress()
    remember_link()
    with st.sidebar:
        searching = st.container()
        scroll_to_box()
        names = list(workspaces())
        settle_workspace(names)
        _box("Workspace", names if len(names) > 1 else [])
        place = workspace()
        datasets = place.datasets()
        name = settle_dataset(place, datasets)
        if name is None:
            st.session_state["model"] = None
            st.caption("No dataset yet. Home has a demonstration ready to make.")
            return
        models = models_of(place, name)
        model = settle_model(place, name, models)
        _box("Dataset", datasets)
        _box("Model", models)
        write_drawn({"dataset": name, "model": model})
        name_in_browser()
        try:
            _describe(place, name, model)
            with searching:
                opened = None if model is None else open_model(place.model_path(model))
                gene_search(open_dataset(place.dataset_path(name)), opened)
            slash_key()
        except ScxError as error:
            st.caption(plain_sentence(str(error)))


def choose_dataset(name: str) -> None:
    """Draw the page again with another dataset, as if it was chosen in the sidebar.

    Parameters
    ----------
    name : str
        Of a dataset of the workspace.
    """
    switch("dataset", name)
    st.rerun()


def _box(label: str, names: list[str]) -> None:
    """Draw a choice whose value is settled already; nothing where there is nothing to choose."""
    key = label.lower()
    if names:
        st.selectbox(label, names, key=key, on_change=_chosen, args=(key,))
        keep(key, st.session_state[key])


def _chosen(key: str) -> None:
    forget_notes(key)
    chosen(key)


def _dress() -> None:
    """Show the logo and the small rules of style that the theme cannot say."""
    st.logo(str(_ASSETS / f"logo-{theme()}.svg"), size="large")
    link = "#7cc4ee" if theme() == "dark" else "#005f94"
    muted = palette(theme()).muted
    rules = (_ASSETS / "style.css").read_text(encoding="utf-8")
    st.html(f"<style>:root {{ --scx-link: {link}; --scx-muted: {muted}; }}\n{rules}</style>")


def _describe(place: Workspace, dataset_name: str, model_name: str | None) -> None:
    dataset = open_dataset(place.dataset_path(dataset_name))
    lines = [
        f"{counted(len(dataset.genes), 'gene')} × {counted(len(dataset.finest_populations), 'population')}",
    ]
    if dataset.metadata.get("synthetic"):
        lines.append("synthetic data")
    if model_name is None:
        lines.append("no model trained yet")
    else:
        model = open_model(place.model_path(model_name))
        lines.append(
            f"model of {counted(len(model.populations), 'population')} ({plain(model.level)})"
        )
    st.caption("  \n".join(lines))

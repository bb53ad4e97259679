"""What stands around every page: gene search, and the choice of workspace, dataset and model."""

from pathlib import Path
from typing import Final

import streamlit as st

from scx_core.errors import ScxError, counted
from scx_core.store import Workspace
from scx_core.ui.context import models_of, theme, workspace, workspaces
from scx_core.ui.links import follow_content, remember_link
from scx_core.ui.loading import open_dataset, open_model
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.router import current_page
from scx_core.ui.search import gene_search, slash_key

#: A dataset that a page wants to be chosen.
_WANTED: Final = "wanted_dataset"
_ASSETS: Final = Path(__file__).resolve().parents[2] / "assets"


def render_sidebar() -> None:
    """Draw gene search and the choice of workspace, dataset and model under the navigation."""
    _dress()
    remember_link()
    _follow_choice()
    with st.sidebar:
        searching = st.container()
        _choose_workspace()
        place = workspace()
        datasets = place.datasets()
        follow_content(place)
        _note_unknown("dataset", datasets)
        _note_gone("dataset", datasets)
        if not datasets:
            st.caption("No dataset yet. Home has a demonstration ready to make.")
            return
        name = st.selectbox("Dataset", datasets, key="dataset", bind="query-params")
        models = models_of(place, name)
        _note_unknown("model", models)
        _note_gone("model", models, place.models())
        if models:
            st.selectbox("Model", models, key="model", bind="query-params")
        _keep("dataset", "model")
        try:
            _describe(place, name, st.session_state.get("model") if models else None)
            with searching:
                gene_search(open_dataset(place.dataset_path(name)))
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
    st.session_state[_WANTED] = name
    st.rerun()


def _follow_choice() -> None:
    """Choose the dataset that a page asked for; before the widget that holds the choice is drawn."""
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None:
        st.session_state["dataset"] = wanted


def _choose_workspace() -> None:
    """Draw the choice of a workspace where the server has several."""
    names = list(workspaces())
    _note_unknown("workspace", names)
    if len(names) == 1:
        return
    st.selectbox(
        "Workspace", names, key="workspace", bind="query-params", on_change=_forget_choices
    )


def _forget_choices() -> None:
    """Leave dataset and model behind with the workspace that they are in."""
    for key in ("dataset", "model", "kept_gene"):
        st.session_state.pop(key, None)
    for key in ("chosen_dataset", "chosen_model"):
        st.session_state.pop(key, None)


def _dress() -> None:
    """Show the logo and the small rules of style that the theme cannot say."""
    st.logo(str(_ASSETS / f"logo-{theme()}.svg"), size="large")
    link = "#7cc4ee" if theme() == "dark" else "#005f94"
    rules = (_ASSETS / "style.css").read_text(encoding="utf-8")
    st.html(f"<style>:root {{ --scx-link: {link}; }}\n{rules}</style>")


def _note_unknown(key: str, known: list[str]) -> None:
    """Remember a value of the address that cannot be chosen: the widget would drop it silently."""
    wanted = st.query_params.get(key)
    if wanted is None or wanted in known or wanted == st.session_state.get(f"chosen_{key}"):
        if wanted is not None or st.session_state.get(key) in known:
            st.session_state.pop(f"unknown_{key}", None)
        return
    st.session_state[f"unknown_{key}"] = wanted


def _note_gone(key: str, known: list[str], existing: list[str] | None = None) -> None:
    """Remember that what was chosen in this session is no longer there.

    It is said until the person chooses again or goes to another page.
    """
    chosen = st.session_state.get(f"chosen_{key}")
    if chosen is not None and chosen not in (known if existing is None else existing):
        st.session_state[f"gone_{key}"] = chosen
        st.session_state[f"gone_{key}_at"] = current_page()
    elif st.session_state.get(f"gone_{key}_at") != current_page():
        st.session_state.pop(f"gone_{key}", None)


def _keep(*keys: str) -> None:
    """Remember what is chosen, to notice when it disappears; a new choice ends that notice."""
    for key in keys:
        now, before = st.session_state.get(key), st.session_state.get(f"chosen_{key}")
        if before is not None and now != before and before != st.session_state.get(f"gone_{key}"):
            st.session_state.pop(f"gone_{key}", None)
        st.session_state[f"chosen_{key}"] = now


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

"""What stands around every page: the choice of dataset and model."""

from pathlib import Path
from typing import Final

import streamlit as st

from scx_core.errors import ScxError, counted
from scx_core.ui.context import models_of, theme, workspace
from scx_core.ui.loading import open_dataset, open_model

_ASSETS: Final = Path(__file__).resolve().parents[2] / "assets"


def render_sidebar() -> None:
    """Draw the name of the app, and the choice of dataset and model under the navigation."""
    _dress()
    place = workspace()
    datasets = place.datasets()
    with st.sidebar:
        _note_unknown("dataset", datasets)
        if not datasets:
            st.caption("No dataset yet. Home has a demonstration ready to make.")
            return
        dataset_name = st.selectbox("Dataset", datasets, key="dataset", bind="query-params")
        models = models_of(place, dataset_name)
        _note_unknown("model", models)
        if models:
            st.selectbox("Model", models, key="model", bind="query-params")
        try:
            _describe(dataset_name, st.session_state.get("model") if models else None)
        except ScxError as error:
            st.caption(str(error))


def _dress() -> None:
    """Show the logo and the small rules of style that the theme cannot say."""
    st.logo(str(_ASSETS / f"logo-{theme()}.svg"), size="large")
    link = "#7cc4ee" if theme() == "dark" else "#005f94"
    rules = (_ASSETS / "style.css").read_text(encoding="utf-8")
    st.html(f"<style>:root {{ --scx-link: {link}; }}\n{rules}</style>")


def _note_unknown(key: str, known: list[str]) -> None:
    """Remember a value of the address that cannot be chosen: the widget would drop it silently."""
    wanted = st.query_params.get(key)
    if wanted is not None and wanted not in known:
        st.session_state[f"unknown_{key}"] = wanted
    elif wanted is not None or st.session_state.get(key) in known:
        st.session_state.pop(f"unknown_{key}", None)


def _describe(dataset_name: str, model_name: str | None) -> None:
    place = workspace()
    dataset = open_dataset(place.dataset_path(dataset_name))
    lines = [
        f"{counted(len(dataset.genes), 'gene')} × {counted(len(dataset.finest_populations), 'population')}",
        f"build {dataset.metadata.get('assembly', 'not named')}",
    ]
    if dataset.metadata.get("synthetic"):
        lines.append("synthetic data")
    if model_name is None:
        lines.append("no model trained yet")
    else:
        model = open_model(place.model_path(model_name))
        lines.append(f"model of {counted(len(model.populations), 'population')} ({model.level})")
    st.caption("  \n".join(lines))

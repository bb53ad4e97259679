"""One quiet line at the top of every page: dataset, model, folds and runs, genome build."""

from html import escape

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.store import Workspace
from scx_core.ui.loading import open_dataset, open_model


def context_bar(
    place: Workspace, dataset_name: str | None, model_name: str | None, workspace_name: str | None
) -> None:
    """Draw the line; digests are shown on hover.

    Parameters
    ----------
    place : Workspace
    dataset_name, model_name : str or None
        What is chosen; said where there is none or it cannot be opened.
    workspace_name : str or None
        Where the server has several.
    """
    parts = [("Workspace", workspace_name, "")] if workspace_name else []
    parts += _dataset_parts(place, dataset_name)[:1] + _model_parts(place, model_name)
    parts += _dataset_parts(place, dataset_name)[1:]
    shown = [
        f'<span title="{escape(f"{label} {hover}".strip(), quote=True)}">{escape(str(text))}</span>'
        for label, text, hover in parts
    ]
    line = '<span aria-hidden="true"> · </span>'.join(shown)
    st.html(f'<div class="scx-context" role="note" aria-label="What this page shows">{line}</div>')


def _dataset_parts(place: Workspace, name: str | None) -> list[tuple[str, str, str]]:
    """Give the dataset and its genome build, as label, text and what a hover says."""
    if name is None:
        return [("Dataset", "no dataset", "")]
    try:
        dataset: Dataset = open_dataset(place.dataset_path(name))
    except ScxError:
        return [("Dataset", f"{name} (cannot be opened)", "")]
    build = str(dataset.metadata.get("assembly") or "not named")
    return [
        ("Dataset, digest", name, dataset.digest),
        ("Genome build", f"build {build}", ""),
    ]


def _model_parts(place: Workspace, name: str | None) -> list[tuple[str, str, str]]:
    """Give the model, and its folds and runs."""
    if name is None:
        return [("Model", "no model", "")]
    try:
        model: Ensemble = open_model(place.model_path(name))
        digest = model.digest
    except (ScxError, FileNotFoundError):
        return [("Model", f"{name} (cannot be opened)", "")]
    folds = counted(len(model.trained_folds), "fold")
    runs = model.runs_in_words
    return [
        ("Model, digest", name, digest),
        (
            "Each gene is predicted by the runs of the one fold that never saw it",
            f"{folds} × {runs}",
            "",
        ),
    ]

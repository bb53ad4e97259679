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
    data, *genome = _dataset_parts(place, dataset_name)
    parts += [data, *_model_parts(place, model_name), *genome]
    shown = [
        f'<span title="{escape(f"{label} {hover}".strip(), quote=True)}">{escape(str(text))}</span>'
        for label, text, hover in parts
    ]
    line = '<span aria-hidden="true"> · </span>'.join(shown)
    st.html(f'<div class="scx-context" role="note" aria-label="What this page shows">{line}</div>')


def _dataset_parts(place: Workspace, name: str | None) -> list[tuple[str, str, str]]:
    """Give the dataset and its genome build, as label, text and what a hover says."""
    if name is None:
        return [("Dataset", "Data: none", "")]
    try:
        dataset: Dataset = open_dataset(place.dataset_path(name))
    except ScxError:
        return [("Dataset", f"Data: {name} (cannot be opened)", "")]
    build = str(dataset.metadata.get("assembly") or "not named")
    return [
        ("Dataset, digest", f"Data: {name}", dataset.digest),
        ("Genome build", f"Genome: {build}", ""),
    ]


def _model_parts(place: Workspace, name: str | None) -> list[tuple[str, str, str]]:
    """Give the model, and its folds and runs."""
    if name is None:
        return [("Model", "Model: none", "")]
    try:
        model: Ensemble = open_model(place.model_path(name))
        digest = model.digest
    except (ScxError, FileNotFoundError):
        return [("Model", f"Model: {name} (cannot be opened)", "")]
    folds = counted(len(model.trained_folds), "fold")
    runs = model.runs_in_words
    return [
        (
            "Each gene is predicted by the runs of the one fold that never saw it. Model, digest",
            f"Model: {name} ({folds} × {runs})",
            digest,
        ),
    ]

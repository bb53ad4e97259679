"""What every page needs to know first: workspace, dataset, model, theme."""

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, join_some
from scx_core.figures.style import Theme
from scx_core.import_folder import ImportFolder
from scx_core.import_folder import import_folder as configured_folder
from scx_core.store import Workspace
from scx_core.ui.context_bar import context_bar
from scx_core.ui.links import show_differences
from scx_core.ui.loading import is_loaded, open_dataset, open_model
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.router import require_router
from scx_core.ui.settling import models_of
from scx_core.ui.uploads import watch_left_sessions
from scx_core.workspaces import configured_workspaces


@dataclass(frozen=True)
class PageContext:
    """The state of the app as a page sees it.

    Attributes
    ----------
    workspace : Workspace
    dataset_name, model_name : str or None
        What is chosen in the sidebar.
    theme : "light" or "dark"
    """

    workspace: Workspace
    dataset_name: str | None
    model_name: str | None
    theme: Theme

    @property
    def dataset(self) -> Dataset:
        """The chosen dataset.

        Raises
        ------
        ScxError
            If none is chosen, or it cannot be opened.
        """
        if self.dataset_name is None:
            raise ScxError("No dataset is here yet; import one on the Datasets page.")
        dataset = open_dataset(self.workspace.dataset_path(self.dataset_name))
        if not is_loaded(dataset):
            with st.spinner(f"Opening the dataset {plain(dataset.name)}"):
                _ = dataset.genes
        return dataset

    @property
    def model(self) -> Ensemble:
        """The chosen model.

        Raises
        ------
        ScxError
            If none is chosen, or it cannot be opened.
        """
        if self.model_name is None:
            raise ScxError("No model is here yet; train one on the Training page.")
        return open_model(self.workspace.model_path(self.model_name))


def workspaces() -> dict[str, Path]:
    """List the workspaces of this server by name; see `configured_workspaces`."""
    return configured_workspaces(os.environ)


def workspace() -> Workspace:
    """Open the chosen workspace: a name from the list, never a path from the address."""
    places = workspaces()
    chosen = places.get(str(st.session_state.get("workspace")))
    return Workspace(chosen or next(iter(places.values())))


def linked_workspace() -> str | None:
    """Name of the chosen workspace for a link; None where the server has only one."""
    places = workspaces()
    if len(places) == 1:
        return None
    chosen = st.session_state.get("workspace")
    return chosen if chosen in places else next(iter(places))


def import_folder() -> ImportFolder:
    """Folder that server paths must stay in; see `scx_core.import_folder`."""
    return configured_folder(workspace(), os.environ, workspaces().values())


def theme() -> Theme:
    """Theme on this person's screen; light where it is not known."""
    return "dark" if st.context.theme.type == "dark" else "light"


@st.cache_resource(show_spinner=False)
def _cleaned(root: str) -> list[str]:
    """Clean up after killed processes, once per server."""
    return Workspace(root).clean_leftovers()


def page_context() -> PageContext:
    """Collect the context and show what every page shows; the first call of every page.

    It does not depend on ``app.py`` having run, so that no page can be reached without it.
    """
    require_router()
    watch_left_sessions()
    place = workspace()
    datasets = place.datasets()
    dataset_name = st.session_state.get("dataset")
    if dataset_name not in datasets:
        dataset_name = datasets[0] if datasets else None
    models = models_of(place, dataset_name)
    model_name = st.session_state.get("model")
    if model_name not in models:
        model_name = models[0] if models else None
    context_bar(place, dataset_name, model_name, linked_workspace())
    for sentence in _cleaned(str(place.root)):
        st.info(plain_sentence(sentence))
    for kind, known in (
        ("workspace", list(workspaces())),
        ("dataset", datasets),
        ("model", models),
    ):
        _show_unknown(kind, known)
        _show_gone(kind, known)
    _show_moved()
    show_differences(place, dataset_name, model_name)
    return PageContext(place, dataset_name, model_name, theme())


def _show_unknown(kind: str, known: list[str]) -> None:
    """Say so where the address names something that is not here."""
    missing = st.session_state.get(f"unknown_{kind}")
    if missing is None:
        return
    here = f"here are: {join_some(known)}" if known else "there is none here"
    where = "this server" if kind == "workspace" else "this workspace"
    st.warning(
        plain_sentence(
            f"The link names the {kind} {missing[:80]!r}, which {where} does not have; {here}."
        )
    )


def _show_gone(kind: str, known: list[str]) -> None:
    """Say so where what was chosen has been deleted or renamed since."""
    gone = st.session_state.get(f"gone_{kind}")
    if gone is None:
        return
    chosen = st.session_state.get(kind)
    now = f"{chosen} is shown now" if chosen in known else f"there is no other {kind} here"
    st.warning(
        plain_sentence(
            f"The {kind} {gone!r} was deleted or renamed while this page was open; {now}. Choose "
            "another in the sidebar, or go on."
        )
    )


def _show_moved() -> None:
    """Say so where a link names a model of another dataset than the one that was to be shown."""
    if "moved_dataset" not in st.session_state:
        return
    model, own, named = st.session_state["moved_dataset"]
    instead = f", not on {named}" if named else ""
    st.info(
        plain_sentence(
            f"The model {model} was trained on the dataset {own}{instead}: {own} is shown now."
        )
    )

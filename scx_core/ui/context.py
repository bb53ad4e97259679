"""What every page needs to know first: workspace, dataset, model, theme."""

import os
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.figures.style import Theme
from scx_core.store import Workspace
from scx_core.ui.loading import open_dataset, open_model
from scx_core.ui.router import require_router


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
        return open_dataset(self.workspace.dataset_path(self.dataset_name))

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


def workspace() -> Workspace:
    """Open the workspace of this server: ``SCX_WORKSPACE``, by default the folder ``workspace``."""
    return Workspace(Path(os.environ.get("SCX_WORKSPACE", "workspace")))


def import_root() -> Path:
    """Folder that server paths must stay in: ``SCX_IMPORT_ROOT``, by default the current one."""
    return Path(os.environ.get("SCX_IMPORT_ROOT", ".")).resolve()


def theme() -> Theme:
    """Theme on this person's screen; light where it is not known."""
    return "dark" if st.context.theme.type == "dark" else "light"


@st.cache_resource(show_spinner=False)
def _cleaned(root: str) -> list[str]:
    """Clean up after killed processes, once per server."""
    return Workspace(root).clean_leftovers()


def models_of(place: Workspace, dataset_name: str | None) -> list[str]:
    """Names of the models trained on a dataset; a model that cannot be opened is left out."""
    fitting = []
    for name in place.models():
        try:
            if open_model(place.model_path(name)).dataset_name == dataset_name:
                fitting.append(name)
        except ScxError:
            continue
    return fitting


def page_context() -> PageContext:
    """Collect the context and show what every page shows; the first call of every page.

    It does not depend on ``app.py`` having run, so that no page can be reached without it.
    """
    require_router()
    place = workspace()
    for sentence in _cleaned(str(place.root)):
        st.info(sentence)
    datasets = place.datasets()
    dataset_name = st.session_state.get("dataset")
    if dataset_name not in datasets:
        dataset_name = datasets[0] if datasets else None
    models = models_of(place, dataset_name)
    model_name = st.session_state.get("model")
    if model_name not in models:
        model_name = models[0] if models else None
    context = PageContext(place, dataset_name, model_name, theme())
    _show_unknown("dataset", datasets)
    _show_unknown("model", models)
    return context


def _show_unknown(key: str, known: list[str]) -> None:
    """Say so where the address names a dataset or model that is not here."""
    missing = st.session_state.get(f"unknown_{key}")
    if missing is None:
        return
    here = f"here are: {', '.join(known)}" if known else "there is none here"
    st.warning(f"The link names the {key} {missing!r}, which this workspace does not have; {here}.")

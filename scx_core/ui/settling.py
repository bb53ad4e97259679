"""Which workspace, dataset and model are shown: the address first, then the session, then the browser."""

from collections.abc import Sequence

import streamlit as st

from scx_core.errors import ScxError
from scx_core.store import Workspace
from scx_core.ui.address import kept, last_visit
from scx_core.ui.links import linked_names
from scx_core.ui.loading import open_model
from scx_core.ui.router import current_page


def models_of(place: Workspace, dataset_name: str | None) -> list[str]:
    """Names of the models trained on a dataset; a model that cannot be opened is left out."""
    return [name for name in place.models() if _trained_on(place, name) == dataset_name]


def _trained_on(place: Workspace, model_name: str) -> str:
    """Name of the dataset that a model was trained on; "" where it cannot be opened."""
    try:
        return open_model(place.model_path(model_name)).dataset_name
    except ScxError:
        return ""


def settle_workspace(names: Sequence[str]) -> None:
    """Choose among several workspaces."""
    _note_unknown("workspace", st.query_params.get("workspace"), names)
    if len(names) > 1:
        st.session_state["workspace"] = _first_known(
            (st.query_params.get("workspace"), kept("workspace"), last_visit("workspace")), names
        )


def settle_dataset(place: Workspace, names: Sequence[str]) -> str | None:
    """Choose the dataset; a model of the address brings its own.

    Returns
    -------
    str or None
        Its name, which is in the session too; None where the workspace has none.
    """
    linked = linked_names(place)
    wanted, model = linked.get("dataset"), linked.get("model")
    _note_unknown("dataset", wanted, names)
    _note_gone("dataset", names)
    name = _first_known((wanted, kept("dataset"), last_visit("dataset")), names)
    own = _trained_on(place, model) if model in place.models() else ""
    if own in names and own != name:
        _note("moved_dataset", (model, own, name if wanted == name else None))
        name = own
    else:
        _forget_note("moved_dataset")
    st.session_state["dataset"] = name
    return name


def settle_model(place: Workspace, dataset_name: str, names: Sequence[str]) -> str | None:
    """Choose the model among those of the dataset.

    Returns
    -------
    str or None
        Its name, which is in the session too; None where the dataset has none.
    """
    wanted = linked_names(place).get("model")
    _note_unknown("model", wanted, names)
    _note_gone("model", place.models())
    last = last_visit("model") if last_visit("dataset") == dataset_name else None
    name = _first_known((wanted, kept("model"), last), names)
    st.session_state["model"] = name
    return name


def _first_known(wanted: Sequence[str | None], names: Sequence[str]) -> str | None:
    """Give the first that there is, else the first name."""
    known = (name for name in wanted if name is not None and name in names)
    return next(known, names[0] if names else None)


def _note_unknown(key: str, wanted: str | None, names: Sequence[str]) -> None:
    """Remember what the address names and is not here, until another page or choice.

    What was chosen in this session and has gone since is another matter.
    """
    if wanted is not None and wanted not in (*names, kept(key)):
        _note(f"unknown_{key}", wanted)
    else:
        _forget_note(f"unknown_{key}")


def _note_gone(key: str, names: Sequence[str]) -> None:
    """Remember that what was chosen in this session is no longer there."""
    before = kept(key)
    if before is not None and before not in names:
        _note(f"gone_{key}", before)
    else:
        _forget_note(f"gone_{key}")


def _note(name: str, value: object) -> None:
    st.session_state[name] = value
    st.session_state[f"{name}_at"] = current_page()


def _forget_note(name: str) -> None:
    """Forget a note of another page; on the page where it was made it is read as long as one stays."""
    if st.session_state.get(f"{name}_at") != current_page():
        st.session_state.pop(name, None)


def forget_notes(key: str) -> None:
    """Forget what was said of a choice: the person has chosen again."""
    for name in (f"unknown_{key}", f"gone_{key}", "moved_dataset"):
        st.session_state.pop(name, None)

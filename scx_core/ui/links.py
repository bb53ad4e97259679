"""Links to views: what they hold, and what is said where they cannot be kept."""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from scx_core import __version__
from scx_core.errors import ScxError
from scx_core.permalinks import STAMPS, LinkedState, differences
from scx_core.store import Workspace
from scx_core.ui.loading import open_dataset, open_model
from scx_core.ui.plain import plain_sentence

_LINK: Final = "opened_link"


def remember_link() -> None:
    """Keep what the address says a link was made from; before the choices change the address."""
    given = {name: st.query_params[name] for name in STAMPS if name in st.query_params}
    kept = st.session_state.get(_LINK)
    if not given:
        st.session_state.pop(_LINK, None)
    elif kept is None or kept[0] != given:
        st.session_state[_LINK] = (given, LinkedState.of(st.query_params.to_dict()))


def linked_names(place: Workspace) -> dict[str, str]:
    """Give the dataset and the model that the address names.

    A permalink tells what it means by digests too: what was renamed since is found by its content.
    """
    named = {key: st.query_params[key] for key in ("dataset", "model") if key in st.query_params}
    linked: LinkedState | None = st.session_state.get(_LINK, (None, None))[1]
    if linked is None:
        return named
    if linked.dataset_digest and named.get("dataset") not in (None, *place.datasets()):
        for name in place.datasets():
            if current_state(place, name, None).dataset_digest.startswith(linked.dataset_digest):
                named["dataset"] = name
                break
    if linked.model_digest and named.get("model") not in (None, *place.models()):
        for name in place.models():
            if current_state(place, None, name).model_digest.startswith(linked.model_digest):
                named["model"] = name
                break
    return named


def current_state(
    place: Workspace, dataset_name: str | None, model_name: str | None
) -> LinkedState:
    """Describe what is shown; what cannot be opened has no digest."""
    dataset_digest = model_digest = ""
    try:
        if dataset_name:
            dataset_digest = open_dataset(place.dataset_path(dataset_name)).digest
        if model_name:
            model_digest = open_model(place.model_path(model_name)).digest
    except (ScxError, OSError):
        pass  # the page itself says what is wrong with it
    return LinkedState(
        dataset_name or "", dataset_digest, model_name or "", model_digest, __version__
    )


def show_differences(place: Workspace, dataset_name: str | None, model_name: str | None) -> None:
    """Say, in a sentence each, how the view differs from the one that was linked.

    Once a person chooses another dataset or model, the link is no longer what they look at.
    """
    if _LINK not in st.session_state:
        return
    linked: LinkedState = st.session_state[_LINK][1]
    for sentence in differences(linked, current_state(place, dataset_name, model_name)):
        st.warning(plain_sentence(sentence), icon=":material/link:")


def stamped(
    place: Workspace, parameters: Mapping[str, str | Sequence[str] | None]
) -> dict[str, str | Sequence[str]]:
    """Add to the choices of a view what it was made from.

    Parameters
    ----------
    place : Workspace
    parameters : mapping
        Choices by name; None is left out. Digests are those of its ``dataset`` and ``model``.
    """
    chosen = {name: value for name, value in parameters.items() if value is not None}
    dataset, model = (
        None if name not in chosen else str(chosen[name]) for name in ("dataset", "model")
    )
    state = current_state(place, dataset, model)
    return {**chosen, **state.stamps()}

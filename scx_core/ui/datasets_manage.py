"""Renaming and deleting the chosen dataset, with what depends on it listed first."""

from typing import Final

import streamlit as st

from scx_core.dataset_files import delete_dataset, dependents, rename_dataset
from scx_core.store import Workspace
from scx_core.ui.frame import choose_dataset
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.say import errors_as_sentences

_TOLD: Final = "datasets_told"


def say_what_was_done() -> None:
    """Tell once what came of renaming or deleting."""
    for sentence in st.session_state.pop(_TOLD, ()):
        st.info(plain_sentence(sentence))


def manage_view(place: Workspace, name: str) -> None:
    """Offer to rename and to delete a dataset.

    Parameters
    ----------
    place : Workspace
    name : str
        Of the dataset.
    """
    with st.expander("Rename or delete this dataset", key="datasets_manage"):
        with errors_as_sentences():
            found = dependents(place, name)
            listed = "\n".join(f"- {plain_sentence(dependent.sentence)}" for dependent in found)
            st.markdown(f"What depends on it:\n{listed}" if found else "Nothing depends on it.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            new = st.text_input(
                "New name", name, key=f"datasets_new_name_{name}", width=320
            ).strip()
            if st.button("Rename it", key="datasets_rename"):
                with errors_as_sentences():
                    told = rename_dataset(place, name, new)
                    _tell(f"{name!r} is called {new!r} now.", *told)
                    choose_dataset(new)
            with st.popover("Delete", icon=":material/delete:", key="datasets_delete"):
                st.markdown(
                    f"The dataset {plain(name)} is deleted for good. What was made of it stays; its "
                    "models cannot predict without it."
                )
                if st.button("Delete it for good", key="datasets_delete_really", type="primary"):
                    with errors_as_sentences():
                        delete_dataset(place, name)
                        _tell(f"The dataset {name!r} is deleted.")
                        if others := place.datasets():
                            choose_dataset(others[0])
                        st.rerun()


def _tell(*sentences: str) -> None:
    st.session_state[_TOLD] = sentences
    # It did not vanish by another's hand: no warning of that kind.
    st.session_state.pop("chosen_dataset", None)

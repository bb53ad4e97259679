"""Choices of the what-if fold-out: their names, first values and links."""

from typing import Final, TypeVar

import streamlit as st

from scx_core.ui.plain import plain_sentence

_PREFIX: Final = "what_if_"  # of the widgets, and of the parameters of a link
_BEGINNINGS: Final = "beginnings_of_what_if"
_LINKED: Final = "link_of_what_if"

Choice = TypeVar("Choice", str, int, float)


def choice_key(name: str, gene_id: str) -> str:
    """Give the key of a choice's widget."""
    return f"{_PREFIX}{name}_{gene_id}"


def begin(name: str, gene_id: str, value: Choice) -> str:
    """Give a choice its first value, from the link if it has one; give the widget's key.

    Reset writes the values noted here: a widget whose value is merely forgotten keeps what the
    person typed on the screen.
    """
    key = choice_key(name, gene_id)
    st.session_state.setdefault(_BEGINNINGS, {})[key] = value
    if key not in st.session_state:
        given = linked(name)
        try:
            st.session_state[key] = value if given is None else type(value)(given)
        except ValueError:
            told = f"The link gives {str(given)[:80]!r} for {name!r}, which is no number."
            st.warning(plain_sentence(told))
            st.session_state[key] = value
    return key


def take_link() -> None:
    """Move the choices of a link from the address to the session, once."""
    given = {name: value for name, value in st.query_params.items() if name.startswith(_PREFIX)}
    if given:
        st.session_state[_LINKED] = {
            name.removeprefix(_PREFIX): value for name, value in given.items()
        }
        for name in given:
            del st.query_params[name]


def for_link(gene_id: str) -> dict[str, str | None]:
    """Give the choices that differ from the gene as it is, as parameters of a link."""
    ending = f"_{gene_id}"
    return {
        key.removesuffix(ending): str(st.session_state[key])
        for key, value in st.session_state.get(_BEGINNINGS, {}).items()
        if key.endswith(ending) and st.session_state.get(key, value) != value
    }


def reset(gene_id: str) -> None:
    """Take all changes of a gene back."""
    for key, value in st.session_state.get(_BEGINNINGS, {}).items():
        if key.endswith(f"_{gene_id}"):
            st.session_state[key] = value


def linked(name: str) -> str | None:
    """Take what a link gives for a choice; None where it gives nothing."""
    value = st.session_state.get(_LINKED, {}).pop(name, None)
    return None if value is None else str(value)


def has_link() -> bool:
    """Whether a link gives choices that no widget has taken yet."""
    return bool(st.session_state.get(_LINKED))

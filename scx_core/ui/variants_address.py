"""Choices of a page that are kept in its address without being bound to a widget.

Each change of the address is a step of the Back button. So it is written when the person did
something, and never because a page was drawn: Back would lead to where it is written again.
"""

from collections.abc import Mapping
from typing import Final

import streamlit as st

#: Parameters of the Variants page: the list as text or by its digest, …
TEXT: Final = "variants"
LIST: Final = "list"
#: … what its columns are where that was corrected, its genome build, the chosen variant, …
ROLES: Final = "roles"
BUILD: Final = "build"
CHOSEN: Final = "variant"
#: … the view of it, and what the table shows.
VIEW: Final = "variants_view"
#: What older links call it; Predictions has a parameter of that name.
OLD_VIEW: Final = "view"
FIND: Final = "find"
EFFECT_IN: Final = "effect_in"
#: Those that belong to one list.
OF_LIST: Final = (ROLES, CHOSEN)


def from_address(name: str) -> str | None:
    """Give a value that a link or the Back button brought; None if it has been seen.

    Parameters
    ----------
    name : str
        Of the parameter.
    """
    value = st.query_params.get(name)
    seen = f"seen_{name}"
    if value == st.session_state.get(seen):
        return None
    st.session_state[seen] = value
    return value


def to_address(values: Mapping[str, str | None]) -> None:
    """Write values to the address after the person did something; None takes one out."""
    for name, value in values.items():
        st.session_state[f"seen_{name}"] = value
        if value is None and name in st.query_params:
            del st.query_params[name]
    given = {name: value for name, value in values.items() if value is not None}
    if any(st.query_params.get(name) != value for name, value in given.items()):
        # At once: each change by itself would be a step of the Back button.
        st.query_params.update(given)

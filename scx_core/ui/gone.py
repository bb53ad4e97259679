"""What was deleted or renamed in another tab while a page was open: one sentence, everywhere."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Final, ParamSpec

import streamlit as st

from scx_core.ui.context import workspace
from scx_core.ui.plain import plain_sentence
from scx_core.ui.say import stop_on_error

_Parameters = ParamSpec("_Parameters")
_FILES: Final = {"dataset": "dataset.json", "model": "model.json"}


def fragment(draw: Callable[_Parameters, None]) -> Callable[_Parameters, None]:
    """Make a part of a page that is drawn anew by itself; for every part of a page that reads a model.

    Drawn by itself, it has neither the page's notices nor the page's way to show errors around it: where
    the dataset or the model has gone, the whole page is drawn, which says so; an error is a sentence.
    """

    @st.fragment
    @wraps(draw)
    def drawn(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> None:
        if is_gone():
            st.rerun()
        with stop_on_error():
            draw(*args, **kwargs)

    return drawn


def is_gone() -> bool:
    """Whether the dataset or the model that the page shows is no longer in the workspace."""
    place = workspace()
    paths = {"dataset": place.dataset_path, "model": place.model_path}
    # As settled for the page: what was kept of earlier may have gone before it was drawn.
    names = {kind: st.session_state.get(kind) for kind in paths}
    return any(
        name is not None and not (paths[kind](name) / _FILES[kind]).exists()
        for kind, name in names.items()
    )


def say_if_gone(key: str, kind: str, existing: Collection[str], part: str = "") -> bool:
    """Say so where a dataset or model that was chosen beside that of the page has gone.

    Before the choice is drawn, which then begins anew.

    Parameters
    ----------
    key : str
        Of a choice of one name or several.
    kind : str
        Such as ``"model"``.
    existing : collection of str
        All that there are, not only those that can be chosen here.
    part : str
        What begins the rest of a choice, which is no part of the name.

    Returns
    -------
    bool
        Whether something has gone.
    """
    value = st.session_state.get(key)
    chosen = value if isinstance(value, list) else [] if value is None else [value]
    names = [str(name).rsplit(part, 1)[0] if part else str(name) for name in chosen]
    gone = [name for name in names if name not in existing]
    if not gone:
        return False
    del st.session_state[key]
    for name in gone:
        if name != st.session_state.get(f"gone_{kind}"):  # the page has said so
            st.warning(plain_sentence(gone_words(kind, name, "choose another.")))
    return True


def gone_words(kind: str, name: str, rest: str) -> str:
    """Say what has gone; the rest of the sentence says what to do."""
    return f"The {kind} {name!r} was deleted or renamed while this page was open; {rest}"

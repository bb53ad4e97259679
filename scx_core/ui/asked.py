"""What a form was given, kept with the job that it started, so that it can be filled in again."""

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from scx_core.jobs import Job
from scx_core.ui.boxes import OPEN, lead_to
from scx_core.ui.router import current_page

#: Name of what was asked among the parameters of a job.
ASKED: Final = "asked"
_PENDING: Final = "asked_again"
#: End of the key of the button that starts the job: no value of the form.
_BUTTON: Final = "_start"
#: By kind of job: how the keys of its form begin, the page and address of the form, and its box.
_FORMS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "import": ("import_", "pages/datasets.py", "datasets", "import_box"),
    "import-release": ("release_", "pages/training.py", "training", "published"),
}


def note_asked(kind: str) -> dict[str, Any]:
    """Give what stands in the form of a kind of job, ready for JSON.

    Parameters
    ----------
    kind : str
    """
    start = _FORMS[kind][0]
    return {
        str(key): value
        for key, value in st.session_state.items()
        if str(key).startswith(start)
        and not str(key).endswith(_BUTTON)
        and isinstance(value, str | int | float | None)
    }


def can_correct(job: Job) -> bool:
    """Whether a failed job came from a form here: the form is the way on, not doing it again."""
    return job.kind in _FORMS and isinstance(job.parameters.get(ASKED), dict)


def correct_button(job: Job) -> None:
    """Offer to fill the form with what a failed job was asked."""
    if st.button("Correct and try again", key=f"correct_{job.id}", type="primary"):
        _, page, address, box = _FORMS[job.kind]
        st.session_state[_PENDING] = (job.kind, dict(job.parameters[ASKED]))
        if current_page() == address:
            lead_to(box)
            st.rerun()
        st.switch_page(page, query_params={OPEN: box})


def asked_again(kind: str) -> bool:
    """Whether a form waits to be filled in again."""
    pending = st.session_state.get(_PENDING)
    return pending is not None and pending[0] == kind


def fill_in(kind: str) -> None:
    """Fill the form of a kind of job where that was asked for; before its widgets are drawn."""
    if not asked_again(kind):
        return
    _, asked = st.session_state.pop(_PENDING)
    start = _FORMS[kind][0]
    for key, value in asked.items():
        if str(key).startswith(start):
            st.session_state[key] = value


def preset(key: str, value: object) -> None:
    """Give a widget its first value by way of the session, so that it can be filled in later."""
    st.session_state.setdefault(key, value)

"""How the app speaks: errors as one sentence, notices, banners, empty states."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.ui.plain import plain, plain_sentence

_log = logging.getLogger("scx_core.ui")


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Show an `ScxError` as its sentence and go on after the block; the log has the trace."""
    try:
        yield
    except ScxError as error:
        _log.info("shown to the person", exc_info=True)
        st.error(plain_sentence(str(error)))


@contextmanager
def stop_on_error() -> Iterator[None]:
    """Show what a person can mend as a sentence, with a way on, and end the page there.

    An `ScxError` is shown as it is. A file that is not there any more was deleted or renamed in
    another tab while the page was drawn: the page offers to start again with what is left.
    """
    try:
        yield
    except ScxError as error:
        _log.info("shown to the person", exc_info=True)
        st.error(plain_sentence(str(error)))
        if isinstance(error.__cause__, FileNotFoundError):
            _way_on()
        st.stop()
    except FileNotFoundError as error:
        _log.info("shown to the person", exc_info=True)
        st.error(
            f"{plain(Path(error.filename or 'A file').name)} disappeared while the page was drawn: the "
            "dataset or the model was deleted or renamed; go on with what is still here."
        )
        _way_on()
        st.stop()


def _way_on() -> None:
    """Offer the page again, which then chooses among what is left, and the way Home."""
    with st.container(horizontal=True):
        st.button("Go on with what is here", key="go_on", type="primary")
        st.page_link("pages/home.py", label="Home", icon=":material/home:")


def synthetic_banner(dataset: Dataset) -> None:
    """Say that the data are made up, where they are."""
    if dataset.metadata.get("synthetic"):
        st.markdown(
            ":orange-badge[Synthetic data] :small[Made by a program, with regulatory motifs "
            "planted at known places: nothing here says anything about a real gene.]"
        )


def notices(sentences: Sequence[str], title: str) -> None:
    """List notices in a fold-out."""
    if sentences:
        with st.expander(f"{title} ({len(sentences)})"):
            st.markdown("\n".join(f"- {plain_sentence(sentence)}" for sentence in sentences))


def empty_state(what: str, way: str, page: str, label: str) -> None:
    """Say what would be here, and offer the way to it."""
    with st.container(border=True):
        st.markdown(f"**{what}**  \n{way}")
        st.page_link(page, label=label, icon=":material/arrow_forward:")

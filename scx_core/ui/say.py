"""How the app speaks: errors as one sentence, notices, banners, empty states."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError

_log = logging.getLogger("scx_core.ui")


@contextmanager
def errors_as_sentences() -> Iterator[None]:
    """Show an `ScxError` as its sentence and go on after the block; the log has the trace."""
    try:
        yield
    except ScxError as error:
        _log.info("shown to the person", exc_info=True)
        st.error(str(error))


@contextmanager
def stop_on_error() -> Iterator[None]:
    """Show an `ScxError` as its sentence and end the page there."""
    try:
        yield
    except ScxError as error:
        _log.info("shown to the person", exc_info=True)
        st.error(str(error))
        st.stop()


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
            st.markdown("\n".join(f"- {sentence}" for sentence in sentences))


def empty_state(what: str, way: str, page: str, label: str) -> None:
    """Say what would be here, and offer the way to it."""
    with st.container(border=True):
        st.markdown(f"**{what}**  \n{way}")
        st.page_link(page, label=label, icon=":material/arrow_forward:")

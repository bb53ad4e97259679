"""Parts of the Help page; its texts are Markdown files."""

from pathlib import Path
from typing import Final

import streamlit as st

from scx_core import __version__
from scx_core.citations import REFERENCES, SCXPRESSO, XPRESSO
from scx_core.ui.context import PageContext
from scx_core.ui.say import errors_as_sentences, synthetic_banner

_TEXTS: Final = Path(__file__).resolve().parents[2] / "assets" / "help"
#: Title of each tab, by the file that holds its text.
TOPICS: Final = {
    "pages": "How to read each page",
    "words": "Words on screen",
    "limits": "What the model cannot tell",
    "citing": "How to cite",
    "keyboard": "Keyboard",
}


def help_text(topic: str) -> str:
    """Read the text of a topic.

    Parameters
    ----------
    topic : str
        A key of `TOPICS`.
    """
    return (_TEXTS / f"{topic}.md").read_text(encoding="utf-8")


def help_page(context: PageContext) -> None:
    """Draw all topics, one tab each."""
    with errors_as_sentences():
        if context.dataset_name is not None:
            synthetic_banner(context.dataset)
    st.markdown(
        "New here? Open a page from the list on the left, then look up here what it shows. "
        "Every figure has a link to its view and its data beside it."
    )
    for topic, tab in zip(TOPICS, st.tabs(list(TOPICS.values())), strict=True):
        with tab:
            st.markdown(help_text(topic))
            if topic == "citing":
                _citations(context)


def _citations(context: PageContext) -> None:
    """Give the sentence for a methods part and the references in full."""
    made_from = " and ".join(
        f"{kind} {name}"
        for kind, name in (("dataset", context.dataset_name), ("model", context.model_name))
        if name is not None
    )
    using = f", {made_from}" if made_from else ""
    st.code(
        f"Predictions were made with scX Explorer {__version__}{using} ({SCXPRESSO}; {XPRESSO}).",
        language=None,
        wrap_lines=True,
    )
    st.markdown("\n".join(f"- {REFERENCES[short]}" for short in (SCXPRESSO, XPRESSO)))

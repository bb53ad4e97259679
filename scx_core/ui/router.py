"""Which pages there are, under which addresses."""

from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

_ROUTED: Final = "routed"
_PAGE: Final = "page_address"
_HOME: Final = "pages/home.py"


def navigation() -> Page:
    """Register the pages and draw the navigation; gives the page that was asked for."""
    st.session_state[_ROUTED] = True
    page = st.navigation(
        {
            "": [
                st.Page(_HOME, title="Home", url_path="start", default=True),
                # The first page lies at the root; who types its name shall find it all the same.
                st.Page(_go_home, title="Home", url_path="home", visibility="hidden"),
            ],
            "Data": [st.Page("pages/datasets.py", title="Datasets", url_path="datasets")],
            "Models": [
                st.Page("pages/training.py", title="Training", url_path="training"),
                st.Page("pages/predictions.py", title="Predictions", url_path="predictions"),
                st.Page("pages/analyses.py", title="Analyses", url_path="analyses"),
                st.Page("pages/search.py", title="Architecture search", url_path="search"),
            ],
            "Genes": [
                st.Page("pages/gene.py", title="Mutagenesis", url_path="gene"),
                st.Page("pages/scan.py", title="Region scan", url_path="scan"),
            ],
            "Variants": [
                st.Page("pages/variants.py", title="Variant effects", url_path="variants")
            ],
            "Help": [st.Page("pages/help.py", title="Guide and glossary", url_path="help")],
        },
        expanded=True,
    )
    st.session_state[_PAGE] = page.url_path
    return page


def _go_home() -> None:
    st.switch_page(_HOME)


def current_page() -> str:
    """Address of the page that is being drawn; empty for Home."""
    return str(st.session_state.get(_PAGE, ""))


def require_router() -> None:
    """Start again through ``app.py`` where a page was reached past it.

    Until ``st.navigation`` has been called once in a server, streamlit serves the files of a folder
    ``pages`` itself: the first visitor with a link to ``/gene`` would see that page without the
    sidebar, and would get a dialog "Page not found" if the file had another name than its address.
    """
    if st.session_state.pop(_ROUTED, False):
        return
    navigation()
    st.session_state.pop(_ROUTED)
    st.rerun()

"""scX Explorer's web app: the router over ``pages/`` and nothing else.

A page's file is never called like its address (``gene_page.py``, ``/gene``): until this script has
run once in a server, streamlit serves a folder ``pages`` by file name, past this router.
"""

import streamlit as st

from scx_core.ui.frame import render_sidebar

st.set_page_config(page_title="scX Explorer", page_icon="assets/icon.svg", layout="wide")
page = st.navigation(
    {
        "": [st.Page("pages/home_page.py", title="Home", url_path="home", default=True)],
        "Data": [st.Page("pages/datasets_page.py", title="Datasets", url_path="datasets")],
        "Models": [
            st.Page("pages/training_page.py", title="Training", url_path="training"),
            st.Page("pages/predictions_page.py", title="Predictions", url_path="predictions"),
        ],
        "Genes": [st.Page("pages/gene_page.py", title="Mutagenesis", url_path="gene")],
        "Variants": [
            st.Page("pages/variants_page.py", title="Variant effects", url_path="variants")
        ],
    },
    expanded=True,
)
render_sidebar()
page.run()

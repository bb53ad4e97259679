"""Home: what is loaded, and what to do next."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.home import first_steps, limits, loaded
from scx_core.ui.say import stop_on_error, synthetic_banner

context = page_context()
st.title("Which letters of DNA set a gene's expression in a cell type?")
st.markdown(
    "scX Explorer learns expression from the sequence around each gene's start, cell population by "
    "cell population, and then changes every letter to see which ones matter, and what a variant "
    "would do."
)
with stop_on_error():
    if context.dataset_name is not None:
        synthetic_banner(context.dataset)
    first_steps(context)
    loaded(context)
limits()

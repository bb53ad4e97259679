"""Architecture search: which network suits the data."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.say import empty_state, stop_on_error, synthetic_banner
from scx_core.ui.search_form import search_form
from scx_core.ui.search_handing_on import hand_on
from scx_core.ui.search_watching import searches_view

context = page_context()
st.title("Architecture search")
if context.dataset_name is None:
    empty_state(
        "Here you would search for the network that suits your data.",
        "There is no dataset to search on yet.",
        "pages/datasets.py",
        "Import a dataset",
    )
    st.stop()
with stop_on_error():
    dataset = context.dataset
    synthetic_banner(dataset)
    st.markdown(
        "Does another network predict your genes better than the published one? Networks of "
        "different window, convolutions and dense layers are trained for a few epochs on the "
        "training genes of one fold, and judged by its validation genes; the search tries more of "
        "what was good."
    )
    left, right = st.columns([1, 1.6], gap="large")
    with left:
        search_form(context, dataset)
    with right:
        shown = searches_view(context)
        if shown is not None:
            hand_on(context, dataset, shown)

"""Region scan: what would be expressed if a gene began here, along a region, on both strands."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.say import stop_on_error, synthetic_banner
from scx_core.ui.scan import page
from scx_core.ui.scan_models import published_view

context = page_context()
st.title("Region scan")
st.markdown(
    "What would be expressed if a gene began **here**? A window of sequence is read at every step "
    "along a region, on both strands, and its expression predicted from the letters alone."
)
with stop_on_error():
    if context.dataset_name is not None:
        synthetic_banner(context.dataset)
drawn = st.container()
published_view(context.workspace)
with drawn, stop_on_error():
    page(context)

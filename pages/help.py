"""Help: how to read each page, what the words mean, what the model cannot tell, how to cite."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.help import help_page

context = page_context()
st.title("Guide and glossary")
help_page(context)

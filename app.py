"""scX Explorer's web app: the router over ``pages/`` and nothing else."""

import streamlit as st

from scx_core.ui.frame import render_sidebar
from scx_core.ui.router import navigation

st.set_page_config(page_title="scX Explorer", page_icon="assets/icon.svg", layout="wide")
page = navigation()
render_sidebar()
page.run()

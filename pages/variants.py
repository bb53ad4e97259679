"""Variant effects: what variants do to the genes near them."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.say import empty_state, stop_on_error, synthetic_banner
from scx_core.ui.variants import (
    downloads,
    one_variant,
    read_step,
    rejected_view,
    results_table,
    score,
)

context = page_context()
st.title("Variant effects")
if context.model_name is None:
    empty_state(
        "Here you would see what variants do to the expression of the genes around them.",
        "This dataset has no trained model yet.",
        "pages/training.py",
        "Train a model",
    )
    st.stop()
with stop_on_error():
    dataset, model = context.dataset, context.model
    model.check_dataset(dataset)
    synthetic_banner(dataset)
    given = read_step(dataset, model)
    if given is None:
        st.stop()
    results = score(dataset, model, given)
    if results is None:
        st.stop()
    chosen = results_table(results)
    if chosen is not None:
        one_variant(dataset, model, results, chosen, context.theme)
    rejected_view(results)
    downloads(dataset, model, results)

"""Variant effects: what variants do to the genes near them."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.model_page import dataset_and_model, model_page
from scx_core.ui.say import stop_on_error
from scx_core.ui.variants import (
    downloads,
    one_variant,
    read_step,
    rejected_view,
    results_table,
    score,
)

context = page_context()
model_page(
    context,
    "Variant effects",
    "Here you would see what variants do to the expression of the genes around them.",
)
with stop_on_error():
    dataset, model = dataset_and_model(context)
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

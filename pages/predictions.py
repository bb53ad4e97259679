"""Predictions: how well the model does, and how well it does on one gene."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.predictions import headline, one_gene, performance, scatter, tables
from scx_core.ui.say import empty_state, stop_on_error, synthetic_banner

context = page_context()
st.title("Predictions")
if context.model_name is None:
    empty_state(
        "Here you would see predicted against observed expression.",
        "This dataset has no trained model yet.",
        "pages/training.py",
        "Train a model",
    )
    st.stop()
with stop_on_error():
    dataset, model = context.dataset, context.model
    model.check_dataset(dataset)
    synthetic_banner(dataset)
    order = list(model.populations)
    gene_id, population = headline(dataset, model, order)
    left, right = st.columns([1.1, 1.0], gap="medium")
    with left:
        scatter(dataset, model, population, gene_id, context.theme)
    with right:
        one_gene(dataset, model, order, population, gene_id, context.theme)
    performance(model, order, population, context.theme)
    tables(dataset, model, population, gene_id)

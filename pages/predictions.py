"""Predictions: how well the model does, and how well it does on one gene."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.model_page import dataset_and_model, model_page
from scx_core.ui.predictions import headline, one_gene, performance, scatter, tables
from scx_core.ui.say import stop_on_error

context = page_context()
model_page(context, "Predictions", "Here you would see predicted against observed expression.")
with stop_on_error():
    dataset, model = dataset_and_model(context)
    order = list(model.populations)
    gene_id, population = headline(dataset, model, order)
    left, right = st.columns([1.1, 1.0], gap="medium")
    with left:
        scatter(dataset, model, population, gene_id, context.theme)
    with right:
        one_gene(dataset, model, order, population, gene_id, context.theme)
    performance(model, order, population, context.theme)
    tables(dataset, model, population, gene_id)

"""Mutagenesis: which letters around a gene's start set its expression, in which populations."""

import streamlit as st

from scx_core.ui.choose import first_gene, gene_box, population_box
from scx_core.ui.context import page_context
from scx_core.ui.mutagenesis import effects_or_progress, mutagenesis_view, sentence
from scx_core.ui.say import empty_state, stop_on_error, synthetic_banner

context = page_context()
st.title("Mutagenesis")
if context.model_name is None:
    empty_state(
        "Here you would see what every possible substitution does to a gene.",
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
    first, second = st.columns(2)
    with first:
        gene_id = gene_box(dataset, default=first_gene(dataset, model))
    with second:
        population = population_box(order)
    if gene_id is None:
        st.info(
            "Search a gene by its symbol or Ensembl id; every letter around its start is tried."
        )
        st.stop()
    effects = effects_or_progress(dataset, model, gene_id)
    if effects is None:
        st.stop()
    sentence(dataset, effects, population)
    mutagenesis_view(dataset, model, effects, population, tuple(order), context.theme)

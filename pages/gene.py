"""Mutagenesis: which letters around a gene's start set its expression, in which populations."""

import streamlit as st

from scx_core.ui.choose import first_gene, gene_box, population_box
from scx_core.ui.context import page_context
from scx_core.ui.model_page import dataset_and_model, model_page
from scx_core.ui.mutagenesis import effects_or_progress, mutagenesis_view, sentence
from scx_core.ui.mutagenesis_clicks import choose_by_click
from scx_core.ui.mutagenesis_what_if import what_if
from scx_core.ui.say import stop_on_error
from scx_core.ui.trust import trust_warnings

context = page_context()
model_page(
    context, "Mutagenesis", "Here you would see what every possible substitution does to a gene."
)
with stop_on_error():
    dataset, model = dataset_and_model(context)
    order = list(model.populations)
    first, second = st.columns(2)
    with first:
        gene_id = gene_box(dataset, default=first_gene(dataset, model), model=model)
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
    trust_warnings(dataset, model, gene_id, population)
    mutagenesis_view(
        context.workspace, dataset, model, effects, population, tuple(order), context.theme
    )
    choose_by_click(dataset, tuple(order))
    cache = str(context.workspace.cache_path)
    what_if(dataset, model, effects, population, cache, context.theme)

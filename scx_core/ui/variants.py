"""The Variants page: a list is read, scored, ranked and explained."""

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.ui.context import PageContext
from scx_core.ui.model_page import dataset_and_model
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.variants_compare import compare_view
from scx_core.ui.variants_input import GivenList, given_list
from scx_core.ui.variants_jobs import job_step, jobs_view
from scx_core.ui.variants_reading import chosen_build, read_given, reading_view
from scx_core.ui.variants_results import View, results_view
from scx_core.ui.variants_scoring import place, score
from scx_core.ui.variants_sources import missing_sources, sources_view
from scx_core.variants.genome import canonical_build
from scx_core.variants.liftover import chains_to


def variants_page(context: PageContext) -> None:
    """Draw the page below its title.

    Raises
    ------
    ScxError
        If the dataset or the model cannot be opened.
    """
    dataset, model = dataset_and_model(context)
    with errors_as_sentences():
        given = given_list(context.workspace, dataset, model)
        if given is None:
            st.markdown(
                "Give a list: variants or rsIDs one a line, a VCF, a table, a download of the GWAS "
                "catalogue, summary statistics. Each row comes out, with what it does to the genes "
                "around it in each population, or with the reason why that cannot be said."
            )
        else:
            _answer(context, dataset, model, given)
    with errors_as_sentences():
        jobs_view(context.workspace, model)
    sources_view(context.workspace, dataset)


def _answer(context: PageContext, dataset: Dataset, model: Ensemble, given: GivenList) -> None:
    workspace = context.workspace
    reading = read_given(given)
    assembly = canonical_build(str(dataset.metadata.get("assembly", "")))
    lifted = [chain.source for chain in chains_to(workspace, assembly)]
    build = chosen_build(assembly, lifted)
    placed = place(workspace, dataset, model, reading, build)
    if placed is None:
        return
    if not reading.whole:
        job_step(workspace, model, reading, placed, build, [assembly, *lifted])
        return
    reading_view(reading, placed, [assembly, *lifted])
    scored = score(workspace, dataset, model, reading, placed, build)
    if scored is None:
        return
    missing_sources(scored, workspace)
    results_view(View(dataset, model, scored, context.theme))
    compare_view(workspace, dataset, model, scored, build, context.theme)

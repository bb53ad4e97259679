"""Parts of the Home page."""

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.demo import DEMO_NAME, build
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.ui.choose import first_gene, gene_name
from scx_core.ui.context import PageContext
from scx_core.ui.words import expression_unit, plain

_ARROW = ":material/arrow_forward:"


def demo_card(context: PageContext) -> None:
    """Offer the demonstration: to look at where it is, else to make it."""
    with st.container(border=True, height="stretch"):
        st.subheader("Explore the demonstration")
        here = DEMO_NAME in context.workspace.datasets()
        st.markdown(
            "A small synthetic genome whose regulatory motifs are known, with a model already "
            "trained on it. Three steps: see how well the model **predicts**, find the letters "
            "that matter by **mutagenesis**, then score **variants**."
        )
        if here:
            query = {"dataset": DEMO_NAME}
            with st.container(horizontal=True):
                st.page_link(
                    "pages/predictions.py",
                    label="1 · Predictions",
                    icon=_ARROW,
                    query_params=query,
                )
                st.page_link(
                    "pages/gene.py", label="2 · Mutagenesis", icon=_ARROW, query_params=query
                )
                st.page_link(
                    "pages/variants.py", label="3 · Variants", icon=_ARROW, query_params=query
                )
        elif st.button("Make the demonstration", type="primary", key="make_demo"):
            _make_demo(context)


def _make_demo(context: PageContext) -> None:
    bar = st.progress(0.0, "Starting")

    def listen(fraction: float, message: str) -> None:
        bar.progress(min(max(fraction, 0.0), 1.0), message)

    try:
        build(context.workspace.root, progress=listen)
    except ScxError as error:
        bar.empty()
        st.error(str(error))
        return
    st.rerun()


def own_data_card() -> None:
    """Offer the import."""
    with st.container(border=True, height="stretch"):
        st.subheader("Use my own data")
        st.markdown(
            "You need three files: the **genome** (FASTA), where its **genes** are (GTF, GFF3 or a "
            "table of start sites), and **expression** (AnnData of annotated cells, or mean "
            "expression per population)."
        )
        with st.container(horizontal=True):
            st.page_link(
                "pages/datasets.py",
                label="Import files",
                icon=_ARROW,
                query_params={"import": "1"},
            )
            st.page_link("pages/training.py", label="Train a model", icon=_ARROW)


def loaded(context: PageContext) -> None:
    """Say what the sidebar's choice is, in one table."""
    if context.dataset_name is None:
        return
    st.subheader("What is loaded")
    dataset = context.dataset
    unit = expression_unit(dataset.metadata)
    st.markdown(
        f"Dataset **{dataset.name}**: {counted(len(dataset.genes), 'gene')} × "
        f"{counted(len(dataset.finest_populations), 'population')}, genome "
        f"{dataset.metadata.get('assembly', 'not named')}, a window of {dataset.upstream:,} bases "
        f"before and {dataset.downstream:,} after each start site, expression in {unit}."
    )
    if context.model_name is None:
        st.markdown("No model has been trained on it yet.")
        st.page_link("pages/training.py", label="Train a model", icon=_ARROW)
        return
    _describe_model(context.model, dataset)


def _describe_model(model: Ensemble, dataset: Dataset) -> None:
    median = model.metrics["pearson"].median()
    tested = model.predictions.index
    st.markdown(
        f"Model **{model.name}**: {counted(len(model.populations), 'population')} ({model.level}), "
        f"{counted(len(model.trained_folds), 'fold')} × {counted(model.settings.runs, 'run')}. On "
        f"genes it never saw (n = {len(tested):,}) predicted and observed expression correlate "
        f"with a median r of **{plain(median)}** over populations."
    )
    first = first_gene(dataset, model)
    st.page_link(
        "pages/gene.py",
        label=f"Look at a gene, for example {gene_name(dataset, first)}",
        icon=_ARROW,
        query_params={
            "dataset": dataset.name,
            "model": model.name,
            "gene": gene_name(dataset, first),
        },
    )


def limits() -> None:
    """Say what such a model can and cannot tell."""
    st.subheader("What the model can and cannot tell")
    can, cannot = st.columns(2, gap="large")
    can.markdown(
        "**It can** say which letters near the start of a gene its predictions rest on, in which "
        "populations, and whether a variant there raises or lowers the prediction. Every gene is "
        "predicted only by models that never saw it in training."
    )
    cannot.markdown(
        "**It cannot** see distal enhancers, chromatin or other genes: only the window around the "
        "start site. With a correlation near 0.7 across genes it explains about half of the "
        "differences between genes (r² ≈ 0.5), and less of those between populations. A predicted "
        "effect is a hypothesis to test, not a measurement."
    )

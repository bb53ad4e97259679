"""Parts of the Home page."""

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.demo import DEMO_NAME, build
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.ui.boxes import box_link
from scx_core.ui.choose import first_gene, gene_name
from scx_core.ui.context import PageContext, linked_workspace
from scx_core.ui.help import help_text
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.words import decimal, expression_unit

_ARROW = ":material/arrow_forward:"


def first_steps(context: PageContext) -> None:
    """Draw the three ways to begin, side by side."""
    if context.dataset_name is None:
        st.markdown("Nothing is loaded yet. Begin with the demonstration.")
    cards = (_demo_card, _own_data_card, _published_card)
    for column, card in zip(st.columns(3, gap="medium"), cards, strict=True):
        with column, st.container(border=True, height="stretch"):
            card(context)


def _demo_card(context: PageContext) -> None:
    """Offer the demonstration: to look at where it is, else to make it."""
    st.header("1 · Explore the demo")
    st.markdown(
        "A small made-up genome whose regulatory motifs are known, with a model already trained on "
        "it. See how well it **predicts**, find the letters that matter, then score **variants**."
    )
    if DEMO_NAME in context.workspace.datasets():
        query = {"dataset": DEMO_NAME}
        where = linked_workspace()
        if where is not None:
            query["workspace"] = where
        for page, label in (
            ("gene", "Mutagenesis of a gene"),
            ("predictions", "Predictions"),
            ("variants", "Variant effects"),
        ):
            st.page_link(f"pages/{page}.py", label=label, icon=_ARROW, query_params=query)
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
        st.error(plain_sentence(str(error)))
        return
    st.rerun()


def _own_data_card(context: PageContext) -> None:  # noqa: ARG001 (all cards are called alike)
    """Offer the import."""
    st.header("2 · Use my data")
    st.markdown(
        "You need three files: the **genome** (FASTA), where its **genes** are (GTF, GFF3 or a "
        "table of start sites), and **expression** (AnnData of annotated cells, or mean "
        "expression per population). Then train a model on them."
    )
    box_link("Import files", "import_box")
    st.page_link("pages/training.py", label="Train a model", icon=_ARROW)


def _published_card(context: PageContext) -> None:  # noqa: ARG001
    """Offer models that others have trained."""
    st.header("3 · Use published models")
    st.markdown(
        "Nothing to train: the networks of **scXpresso** predict and mutate genes in their cell "
        "populations as published; **Xpresso** reads any stretch of a genome. Or take in a model that "
        "a colleague exported."
    )
    box_link("Import a published release", "published")
    box_link("Scan a region with Xpresso", "scan_published")
    box_link("Get public data", "fetch")


def loaded(context: PageContext) -> None:
    """Say what the sidebar's choice is, in one table."""
    if context.dataset_name is None:
        return
    st.header("What is loaded")
    dataset = context.dataset
    unit = expression_unit(dataset.metadata)
    st.markdown(
        f"Dataset **{plain(dataset.name)}**: {counted(len(dataset.genes), 'gene')} × "
        f"{counted(len(dataset.finest_populations), 'population')}, genome "
        f"{plain(dataset.metadata.get('assembly', 'not named'))}, a window of {dataset.upstream:,} bases "
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
        f"Model **{plain(model.name)}**: {counted(len(model.populations), 'population')} ({plain(model.level)}), "
        f"{counted(len(model.trained_folds), 'fold')} × {model.runs_in_words}. On "
        f"genes it never saw (n = {len(tested):,}) predicted and observed expression correlate "
        f"with a median r of **{decimal(median)}** over populations."
    )
    first = first_gene(dataset, model)
    st.page_link(
        "pages/gene.py",
        label=f"Look at a gene, for example {plain(gene_name(dataset, first))}",
        icon=_ARROW,
        query_params={
            "dataset": dataset.name,
            "model": model.name,
            "gene": gene_name(dataset, first),
        },
    )


def limits() -> None:
    """Say what such a model can and cannot tell."""
    st.header("What the model can and cannot tell")
    can, cannot = st.columns([1, 1.8], gap="large")
    first, rest = help_text("limits").split("\n\n", 1)
    can.markdown(first)
    cannot.markdown(rest)

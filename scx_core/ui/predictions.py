"""The Predictions page: the answer in a sentence, and four views of which one is drawn."""

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.figures.style import Theme
from scx_core.ui.choose import first_gene, gene_box, population_box, view_box
from scx_core.ui.gone import fragment
from scx_core.ui.predictions_genes import genes_view, variation_view
from scx_core.ui.predictions_parts import Chosen, rerun_after_click
from scx_core.ui.predictions_populations import populations_view
from scx_core.ui.predictions_residuals import residuals_view
from scx_core.ui.predictions_words import performance_sentence
from scx_core.ui.show import permalink

#: As they are shown and as they stand in the address.
VIEWS = {
    "Genes": genes_view,
    "Populations": populations_view,
    "Variation": variation_view,
    "Largest misses": residuals_view,
}


def headline(dataset: Dataset, model: Ensemble, theme: Theme) -> Chosen:
    """Draw the choice of population and gene, and the answer in one sentence."""
    first, second = st.columns(2)
    with first:
        population = population_box(list(model.populations))
    with second:
        gene_id = gene_box(dataset, default=first_gene(dataset, model), model=model)
    st.markdown(performance_sentence(model, population))
    return Chosen(dataset, model, population, gene_id, theme)


@fragment
def views(chosen: Chosen) -> None:
    """Draw one of the views; what happens inside does not run the rest of the page again."""
    rerun_after_click()
    view = view_box("view", "View", list(VIEWS))
    VIEWS[view](chosen)
    permalink(
        "predictions",
        {
            "dataset": chosen.dataset.name,
            "model": chosen.model.name,
            "population": chosen.population,
            "gene": chosen.gene_id,
            "view": view,
        },
    )

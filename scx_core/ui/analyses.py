"""The Analyses page: four questions, of which one is drawn."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.ui.analyses_gene_sets import gene_set_view
from scx_core.ui.analyses_learning import learning_view
from scx_core.ui.analyses_parts import Asked
from scx_core.ui.analyses_species import species_view
from scx_core.ui.analyses_specific import specific_view
from scx_core.ui.choose import view_box
from scx_core.ui.context import PageContext
from scx_core.ui.say import errors_as_sentences
from scx_core.ui.show import permalink

_VIEW: Final = "analysis"
#: As they are shown and as they stand in the address; each with its question.
VIEWS: Final[dict[str, tuple[str, Callable[[Asked], None]]]] = {
    "A list of genes": (
        "Are the genes of my list expressed more, or less, than their promoter sequence predicts? "
        "If so, something that the sequence around the start site does not tell may regulate them: "
        "enhancers, microRNAs, the stability of their RNA.",
        gene_set_view,
    ),
    "Specific genes": (
        "Does the sequence tell which genes one cell population expresses and another does not?",
        specific_view,
    ),
    "More genes": (
        "Would the models predict better if there were more genes to learn from?",
        learning_view,
    ),
    "Another species": (
        "Do models that learned one species, or one dataset, predict the genes of another?",
        species_view,
    ),
}


def analyses_view(context: PageContext, dataset: Dataset, model: Ensemble) -> None:
    """Draw the choice of the question, and its view."""
    view = view_box(_VIEW, "Question", list(VIEWS))
    question, draw = VIEWS[view]
    st.markdown(question)
    with errors_as_sentences():
        draw(Asked(context, dataset, model))
    permalink(
        "analyses",
        {
            "dataset": dataset.name,
            "model": model.name,
            "population": st.session_state.get("population"),
            _VIEW: view,
        },
    )

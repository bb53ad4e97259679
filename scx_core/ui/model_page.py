"""What the pages that need a model have in common."""

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.ui.context import PageContext
from scx_core.ui.say import empty_state, synthetic_banner


def model_page(context: PageContext, title: str, without_model: str) -> None:
    """Write the title; where there is no dataset or model, say what would be here, and stop.

    Parameters
    ----------
    context : PageContext
    title : str
    without_model : str
        What the page would show, in a sentence.
    """
    st.title(title)
    if context.dataset_name is None:
        empty_state(
            without_model,
            "There is no dataset here yet, and so no model; the demonstration brings both.",
            "pages/home.py",
            "Begin on Home",
        )
        st.stop()
    if context.model_name is None:
        empty_state(
            without_model,
            "This dataset has no trained model yet.",
            "pages/training.py",
            "Train a model",
        )
        st.stop()


def dataset_and_model(context: PageContext) -> tuple[Dataset, Ensemble]:
    """Open the chosen dataset and model, and say if the data are synthetic.

    Raises
    ------
    ScxError
        If one cannot be opened, or the model was trained on other data.
    """
    dataset, model = context.dataset, context.model
    model.check_dataset(dataset)
    synthetic_banner(dataset)
    return dataset, model

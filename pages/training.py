"""Training: start it, watch it, and see the models that it made."""

import streamlit as st

from scx_core.ui.context import page_context
from scx_core.ui.models import models_view
from scx_core.ui.release import release_view
from scx_core.ui.say import empty_state, stop_on_error, synthetic_banner
from scx_core.ui.training import training_form
from scx_core.ui.training_watching import jobs_view

context = page_context()
st.title("Training")
if context.dataset_name is None:
    empty_state(
        "Here you would train models.",
        "There is no dataset to train on yet.",
        "pages/datasets.py",
        "Import a dataset",
    )
    release_view(context.workspace)
    st.stop()
with stop_on_error():
    dataset = context.dataset
    synthetic_banner(dataset)
    st.markdown(
        "A model learns from some genes and is tested on others. The genes are split into folds; "
        "for each fold, models are trained on the genes outside it, so that every gene can be "
        "predicted by models that never saw it. Several runs per fold show how stable that is."
    )
    left, right = st.columns([1, 1.6], gap="large")
    with left:
        pending = training_form(context, dataset)
    with right:
        jobs_view(context, pending)
    models_view(context)

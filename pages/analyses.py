"""Analyses: four questions to trained models."""

from scx_core.ui.analyses import analyses_view
from scx_core.ui.context import page_context
from scx_core.ui.model_page import dataset_and_model, model_page
from scx_core.ui.say import stop_on_error

context = page_context()
model_page(context, "Analyses", "Here you would ask trained models about sets of genes.")
with stop_on_error():
    dataset, model = dataset_and_model(context)
    analyses_view(context, dataset, model)

"""Predictions: how well the model does, and how well it does on one gene."""

from scx_core.ui.context import page_context
from scx_core.ui.model_page import dataset_and_model, model_page
from scx_core.ui.predictions import headline, views
from scx_core.ui.say import stop_on_error

context = page_context()
model_page(context, "Predictions", "Here you would see predicted against observed expression.")
with stop_on_error():
    dataset, model = dataset_and_model(context)
    views(headline(dataset, model, context.theme))

"""Variant effects: what variants do to the genes near them."""

from scx_core.ui.context import page_context
from scx_core.ui.model_page import model_page
from scx_core.ui.say import stop_on_error
from scx_core.ui.variants import variants_page

context = page_context()
model_page(
    context,
    "Variant effects",
    "Here you would see what variants do to the expression of the genes around them.",
)
with stop_on_error():
    variants_page(context)

"""Datasets: what is in a dataset, the import of another, and public data to import."""

import streamlit as st

from scx_core.ui.asked import asked_again
from scx_core.ui.boxes import linked_box
from scx_core.ui.context import page_context
from scx_core.ui.datasets import (
    dropped_report,
    grouping,
    link_view,
    population_view,
    provenance_view,
    summary,
)
from scx_core.ui.datasets_fetch import fetch_view
from scx_core.ui.datasets_genes import gene_table
from scx_core.ui.datasets_manage import manage_view, say_what_was_done
from scx_core.ui.importing import import_view
from scx_core.ui.importing_outcome import import_outcome
from scx_core.ui.missing_part import judged_genes
from scx_core.ui.say import notices, stop_on_error, synthetic_banner

context = page_context()
st.title("Datasets")
wants_import = context.dataset_name is None or "import" in st.query_params or asked_again("import")
with linked_box(
    "Import a dataset", "import_box", icon=":material/upload_file:", expanded=wants_import
):
    import_view(context)
import_outcome(context.workspace)
say_what_was_done()
public = linked_box("Fetch public data", "fetch", icon=":material/cloud_download:")
if public.open:
    with public:
        fetch_view(context.workspace)
if context.dataset_name is None:
    st.info("No dataset is here yet. Import one above, or make the demonstration on Home.")
    st.stop()
with stop_on_error():
    dataset = context.dataset
    synthetic_banner(dataset)
    summary(dataset)
    population_view(dataset, context.theme)
    gene_table(dataset, judged_genes(context))
    grouping(dataset)
    dropped_report(dataset)
    notices(dataset.notices, "What the import noticed")
    provenance_view(dataset)
    manage_view(context.workspace, dataset.name)
    link_view(dataset)

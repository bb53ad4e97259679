"""Files of a scored list, made when they are asked for: every input row is in them."""

import io
import re

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.export.tables import table_bytes
from scx_core.ui.show import download, permalink
from scx_core.ui.variants_address import BUILD, CHOSEN, EFFECT_IN, FIND, ROLES, VIEW
from scx_core.ui.variants_files import provenance_header
from scx_core.ui.variants_reading import FIND_OUT
from scx_core.ui.variants_scoring import ScoredList
from scx_core.ui.variants_views import VIEW_CONTROL
from scx_core.variants.writing import column_dictionary, write_tsv, write_vcf


def downloads(dataset: Dataset, model: Ensemble, scored: ScoredList) -> None:
    """Offer the table, the VCF, the column dictionary, and a link to the view."""
    populations = model.populations
    header = provenance_header(dataset, model, scored)
    given = scored.reading.given
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", given.name.split(".")[0]).strip("_") or "variants"

    def table() -> bytes:
        file = io.BytesIO()
        write_tsv(file, scored.reading.variants.rows, scored.table, header, populations)
        return file.getvalue()

    def vcf() -> bytes:
        file = io.BytesIO()
        own = given.path if scored.reading.variants.format == "VCF" else None
        write_vcf(
            file, scored.table, populations, header, source=own,
            assembly=str(dataset.metadata.get("assembly", "")),
        )  # fmt: skip
        return file.getvalue()

    with st.container(horizontal=True):
        download("All rows (TSV)", table, f"{name}_effects.tsv", "download_variants")
        download("Annotated VCF", vcf, f"{name}_effects.vcf", "download_vcf", "text/plain")
        download(
            "What the columns mean (TSV)", lambda: table_bytes(column_dictionary(populations), {}),
            f"{name}_columns.tsv", "download_columns",
        )  # fmt: skip
        permalink("variants", _parameters(dataset, model, scored))


def _parameters(dataset: Dataset, model: Ensemble, scored: ScoredList) -> dict[str, str | None]:
    """Give every choice that a link holds, whether or not the address does."""
    state = st.session_state
    chosen = {name: state.get(name) or None for name in (CHOSEN, FIND, EFFECT_IN)}
    build = state.get(BUILD, FIND_OUT)
    return {
        "dataset": dataset.name,
        "model": model.name,
        **scored.reading.given.parameters,
        **chosen,
        BUILD: build if build != FIND_OUT else None,
        VIEW: state.get(VIEW_CONTROL),
        ROLES: scored.reading.roles_text or None,
    }

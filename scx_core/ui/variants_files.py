"""Files beneath the charts of variants, and what is said in all files of a list."""

from collections.abc import Callable
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.figures.style import Theme
from scx_core.training.methods import methods_paragraph
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.variants_scoring import ScoredList

#: Columns of a scored list that say which change is meant.
CHANGE_COLUMNS: Final = (
    "row", "gene_id", "gene_name", "chromosome", "position", "relative_to_tss", "substitution",
    "largest_population", "largest_effect",
)  # fmt: skip


def figure_menu(
    dataset: Dataset,
    model: Ensemble,
    scored: ScoredList,
    what: str,
    make: Callable[[Theme], go.Figure],
    table: Callable[[], pd.DataFrame],
    caption: str,
    *,
    index: bool = False,
) -> None:
    """Offer a chart of the page for a paper, and the numbers behind it.

    Parameters
    ----------
    what : str
        Part of the file names; also the key of the menu.
    make : callable
        Draws the figure in a theme; must not call streamlit, as ``table`` must not.
    table : callable
        Gives the numbers that are drawn.
    caption : str
        What the figure shows, in sentences.
    index : bool
        Write the index of the table, too.
    """
    figure_downloads(
        lambda: make("light"), key=f"variants_files_{what}", name=f"{model.name}_{what}", table=table,
        header=provenance_header(dataset, model, scored), caption=caption, index=index,
        methods=lambda: methods_paragraph(model, dataset),
    )  # fmt: skip


def provenance_header(dataset: Dataset, model: Ensemble, scored: ScoredList) -> dict[str, Any]:
    """Say what made a file of effects."""
    reading = scored.reading
    report = scored.placed.report
    header = {
        "list": f"{reading.given.name}, {reading.variants.format}, digest {reading.given.digest}",
        "rows": len(reading.variants),
        "dataset": f"{dataset.name}, digest {dataset.digest}",
        "genome": dataset.metadata.get("assembly", ""),
        "build of the list": report.verdict,
        "model": f"{model.name}, digest {model.digest}",
        "effect": "predicted(substitution) - predicted(genome's letters), log10 expression, mean "
        "over the runs of the gene's test fold; spread: standard deviation over runs",
        "positions": "1-based; alleles on the plus strand",
    }
    if reading.roles:
        header["columns corrected"] = dict(reading.roles)
    if report.chain is not None:
        header["chain file"] = f"{report.chain.file}, digest {report.chain.sha256}"
    return header

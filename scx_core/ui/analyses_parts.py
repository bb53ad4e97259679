"""What the views of the Analyses page share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.figures.style import Theme
from scx_core.training.methods import methods_paragraph
from scx_core.ui.context import PageContext
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.plain import plain_sentence
from scx_core.ui.words import expression_unit


@dataclass(frozen=True)
class Asked:
    """What the page is about.

    Attributes
    ----------
    context : PageContext
    dataset : Dataset
    model : Ensemble
        Trained on the dataset.
    """

    context: PageContext
    dataset: Dataset
    model: Ensemble

    @property
    def theme(self) -> Theme:
        """Theme on this person's screen."""
        return self.context.theme

    @property
    def unit(self) -> str:
        """Unit of the expression, for axes."""
        return expression_unit(self.dataset.metadata)

    def header(self, **more: object) -> dict[str, object]:
        """Say what made the numbers, for files."""
        return {
            "dataset": self.dataset.name,
            "dataset digest": self.dataset.digest,
            "model": self.model.name,
            "model digest": self.model.digest,
            "unit": self.unit,
            **more,
        }


def downloads(
    asked: Asked,
    key: str,
    what: str,
    make_figure: Callable[[], go.Figure],
    table: Callable[[], pd.DataFrame],
    caption: str,
    **more: object,
) -> None:
    """Offer a figure of the page and the numbers behind it.

    Parameters
    ----------
    asked : Asked
    key : str
        Of the menu.
    what : str
        Part of the file names.
    make_figure, table : callable
        See `scx_core.ui.figure_files.figure_downloads`.
    caption : str
    **more : object
        Further lines of the header.
    """
    figure_downloads(
        make_figure, key=key, name=f"{asked.model.name}_{what}", table=table,
        header=asked.header(**more), caption=caption,
        methods=lambda: methods_paragraph(asked.model, asked.dataset),
    )  # fmt: skip


def statements(sentences: Sequence[str]) -> None:
    """Say what was done and what to bear in mind, below a figure."""
    st.caption("  \n".join(map(plain_sentence, sentences)))


def probability(p: float) -> str:
    """Write a p-value as a person would."""
    if p >= 0.001:
        return f"p = {p:.3f}"
    return f"p = {p:.1e}" if p > 0 else "p < 1e-300"

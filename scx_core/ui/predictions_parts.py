"""What the views of the Predictions page share: what is chosen, clicks, cached tables, downloads."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import unescape
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.evaluate import evaluate_by_fold, vary_and_correlate
from scx_core.figures.style import Theme
from scx_core.training.methods import methods_paragraph
from scx_core.ui.choose import gene_name, set_gene, set_population
from scx_core.ui.figure_files import figure_downloads
from scx_core.ui.loading import ResultKey, model_key
from scx_core.ui.predictions_words import classes_of, split_words
from scx_core.ui.show import chart
from scx_core.ui.words import expression_unit, gene_choices

_CLICKED = "predictions_clicked"


@dataclass(frozen=True)
class Chosen:
    """What the page is about.

    Attributes
    ----------
    dataset : Dataset
    model : Ensemble
        Trained on the dataset.
    population : str
    gene_id : str or None
        None where no gene is chosen.
    theme : "light" or "dark"
    """

    dataset: Dataset
    model: Ensemble
    population: str
    gene_id: str | None
    theme: Theme

    @property
    def unit(self) -> str:
        """Unit of the expression, for axes."""
        return expression_unit(self.dataset.metadata)

    @property
    def names(self) -> pd.Series:
        """Name to choose a gene by, by gene id."""
        return _names(self.dataset.digest, self.dataset)

    @property
    def classes(self) -> dict[str, str]:
        """Class by population of the model; empty where there are none."""
        return classes_of(self.dataset, self.model.populations)

    @property
    def observed(self) -> pd.Series:
        """Observed expression of the tested genes in the population."""
        return self.dataset.expression.loc[self.predicted.index, self.population]

    @property
    def predicted(self) -> pd.Series:
        """Out-of-fold predictions of the tested genes in the population."""
        return self.model.predictions[self.population]

    @property
    def by_fold(self) -> pd.DataFrame:
        """See `scx_core.evaluate.evaluate_by_fold`."""
        return _by_fold(model_key(self.dataset, self.model, "folds"), self.dataset, self.model)

    @property
    def variation(self) -> pd.DataFrame:
        """See `scx_core.evaluate.vary_and_correlate`."""
        return _variation(
            model_key(self.dataset, self.model, "variation"), self.dataset, self.model
        )

    def header(self, **more: object) -> dict[str, object]:
        """Say what made the numbers, for files."""
        return {
            "dataset": self.dataset.name,
            "dataset digest": self.dataset.digest,
            "model": self.model.name,
            "model digest": self.model.digest,
            "unit": self.unit,
            "split": f"out of fold: each gene predicted by models that never saw it "
            f"({split_words(self.model)})",
            **more,
        }


@st.cache_data(max_entries=8, show_spinner=False)
def _names(digest: str, _dataset: Dataset) -> pd.Series:  # noqa: ARG001 (the digest is the key)
    return gene_choices(_dataset.genes)


def _observed(dataset: Dataset, model: Ensemble) -> pd.DataFrame:
    return dataset.expression.loc[model.predictions.index, list(model.predictions.columns)]


@st.cache_data(max_entries=16, show_spinner=False)
def _by_fold(key: ResultKey, _dataset: Dataset, _model: Ensemble) -> pd.DataFrame:  # noqa: ARG001
    return evaluate_by_fold(_observed(_dataset, _model), _model.predictions, _model.folds)


@st.cache_data(max_entries=16, show_spinner=False)
def _variation(key: ResultKey, _dataset: Dataset, _model: Ensemble) -> pd.DataFrame:  # noqa: ARG001
    return vary_and_correlate(_observed(_dataset, _model), _model.predictions)


def rerun_after_click() -> None:
    """Run the whole page where a click in a view chose a gene or a population: it is shown above."""
    if st.session_state.pop(_CLICKED, False):
        st.rerun()


def choose_gene(name: str) -> None:
    """Choose a gene from a callback of a view."""
    set_gene(name)
    st.session_state[_CLICKED] = True


def choose_population(name: str) -> None:
    """Choose a population from a callback of a view."""
    set_population(name)
    st.session_state[_CLICKED] = True


def clickable_chart(
    figure: go.Figure, key: str, alt: str, known: "pd.Series | tuple[str, ...]",
    choose: Callable[[str], None],
) -> None:  # fmt: skip
    """Draw a chart whose points choose something.

    Parameters
    ----------
    figure : Figure
        Points carry the name as ``customdata``, or as its first part.
    key, alt : str
        See `scx_core.ui.show.chart`.
    known : Series or tuple of str
        Names that can be chosen; a point with anything else does nothing.
    choose : callable
        `choose_gene` or `choose_population`.
    """
    chart(
        figure, key, alt, on_select=partial(_clicked, key, frozenset(known), choose),
        selection_mode="points",
    )  # fmt: skip


def _clicked(key: str, known: frozenset[str], choose: Callable[[str], None]) -> None:
    points: list[dict[str, Any]] = st.session_state[key].selection.points
    if not points:
        return
    carried = points[0].get("customdata")
    # As it was, before `scx_core.figures.text.exact`.
    name = unescape(str(carried[0] if isinstance(carried, list) else carried))
    if name in known:
        choose(name)


def downloads(
    chosen: Chosen,
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
    chosen : Chosen
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
    model, dataset = chosen.model, chosen.dataset
    figure_downloads(
        make_figure, key=key, name=f"{model.name}_{what}", table=table,
        header=chosen.header(**more), caption=f"{caption} {_source(chosen)}",
        methods=lambda: methods_paragraph(model, dataset),
    )  # fmt: skip


def _source(chosen: Chosen) -> str:
    return (
        f"Model {chosen.model.name} on the dataset {chosen.dataset.name}; every gene was predicted "
        f"by models that never saw it ({split_words(chosen.model)})."
    )


def shown_name(chosen: Chosen) -> str:
    """Name of the chosen gene; empty where there is none."""
    return "" if chosen.gene_id is None else gene_name(chosen.dataset, chosen.gene_id)

"""The view of the Predictions page that holds populations and folds side by side."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.errors import counted
from scx_core.figures.predictions_populations import ROWS, folds_figure, performance_figure
from scx_core.figures.style import Theme
from scx_core.ui.predictions_parts import Chosen, choose_population, clickable_chart, downloads
from scx_core.ui.predictions_words import METHODS, fold_sentence, order_by_class


def populations_view(chosen: Chosen) -> None:
    """Folds of each population on the left, the model beside the baselines on the right."""
    st.markdown(fold_sentence(chosen.by_fold, chosen.population))
    names = chosen.model.populations
    # Many stand side by side without names: sorted, they can be read.
    best_first = chosen.model.metrics["pearson"] if len(names) > ROWS else None
    order = order_by_class(names, chosen.classes, best_first)
    left, right = st.columns(2, gap="medium")
    with left:
        _folds(chosen, order)
    with right:
        _baselines(chosen, order)


def _folds(chosen: Chosen, order: list[str]) -> None:
    st.header("How much folds differ")
    by_fold, classes = chosen.by_fold, chosen.classes
    n_folds = by_fold["fold"].nunique()

    def figure(theme: Theme = "light") -> go.Figure:
        return folds_figure(by_fold, order, theme, chosen.population, classes)

    def table() -> pd.DataFrame:
        return by_fold.assign(**{"class": by_fold["population"].map(classes).fillna("")})

    clickable_chart(
        figure(chosen.theme), "folds",
        f"Pearson correlation of each of {counted(n_folds, 'fold')} in {len(order)} populations",
        tuple(order), choose_population,
    )  # fmt: skip
    told = "One point is the test genes of one fold."
    if n_folds >= 4:
        told += " Boxes: median and quartiles; whiskers reach 1.5 times the box at most."
    undefined = int(by_fold["pearson"].isna().sum())
    if undefined:
        told += (
            f" {counted(undefined, 'fold', 'folds')} of a population with constant values: no r."
        )
    if len(order) > ROWS:
        told += " Populations with a high r come first."
    st.caption(f"{told} Click a point to choose its population.")
    downloads(chosen, "folds_files", "folds", figure, table, told)


def _baselines(chosen: Chosen, order: list[str]) -> None:
    st.header("Beside the baselines")
    metrics, classes = chosen.model.metrics, chosen.classes
    columns = [column for column in METHODS if column in metrics.columns]
    scores = metrics[columns].rename(columns=METHODS)

    def figure(theme: Theme = "light") -> go.Figure:
        return performance_figure(scores, order, theme, chosen.population, classes)

    clickable_chart(
        figure(chosen.theme), "performance",
        f"Pearson correlation of the model and of the baselines in {len(order)} populations",
        tuple(order), choose_population,
    )  # fmt: skip
    told = (
        f"Pearson r over n = {counted(int(metrics['n'].iloc[0]), 'gene')}, all folds together. The "
        "baselines are ridge regressions on the same folds."
    )
    st.caption(told)
    downloads(chosen, "performance_files", "populations", figure, metrics.reset_index, told)

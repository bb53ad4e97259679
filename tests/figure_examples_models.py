"""Examples of the figures of searches and analyses, in the light theme."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scx_core.figures.analyses import (
    cross_species_figure,
    cumulative_figure,
    learning_curve_figure,
    precision_recall_figure,
    roc_figure,
)
from scx_core.figures.search import best_so_far_figure, importance_figure

_POPULATIONS = ["Sst", "Vip", "L2/3 IT"]
_LABELS = {"A": "Sst (m1)", "B": "Vip (m2)"}


def trials() -> pd.DataFrame:
    random = np.random.default_rng(0)
    outcomes = np.resize(["trained", "impossible", "trained", "pruned"], 40)
    loss = np.where(outcomes == "impossible", np.nan, random.normal(0.7, 0.1, 40))
    return pd.DataFrame({"outcome": outcomes, "validation_loss": loss})


def best_so_far() -> list[go.Figure]:
    table = trials()
    return [best_so_far_figure(part, "light") for part in (table, table.iloc[3:4], table.iloc[:0])]


def importances() -> list[go.Figure]:
    shares = pd.Series({"pool_1": 0.5, "filters_1": 0.3, "batch_size": 0.2})
    return [importance_figure(part, "light") for part in (shares, shares.iloc[:0])]


def cumulative() -> list[go.Figure]:
    random = np.random.default_rng(1)
    values, inside = pd.Series(random.normal(size=5000)), pd.Series(random.random(5000) < 0.02)
    return [
        cumulative_figure(values + inside, inside, "log10 CPM", "light"),
        cumulative_figure(values, inside & False, "log10 CPM", "light"),
    ]


def sides() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rate = np.linspace(0, 1, 30)
    roc, found = [], []
    for side, power in (("A", 0.3), ("B", 0.6)):
        roc.append(
            pd.DataFrame(
                {"side": side, "false_positive_rate": rate, "true_positive_rate": rate**power}
            )
        )
        found.append(pd.DataFrame({"side": side, "recall": rate, "precision": 1 - 0.8 * rate}))
    table = pd.DataFrame(
        {"n_specific": [50, 40], "auc": [0.77, 0.62], "average_precision": [0.4, 0.3],
         "base_rate": [0.05, 0.04]}, index=["A", "B"],
    )  # fmt: skip
    return pd.concat(roc), pd.concat(found), table


def rocs() -> list[go.Figure]:
    roc, _, table = sides()
    return [roc_figure(part, table, _LABELS, "light") for part in (roc, roc.iloc[:0])]


def precision_recalls() -> list[go.Figure]:
    _, found, table = sides()
    return [
        precision_recall_figure(part, table, _LABELS, "light") for part in (found, found.iloc[:0])
    ]


def learning_curves() -> list[go.Figure]:
    table = pd.DataFrame(
        [(size, repeat, name) for size in (100, 500, 1000) for repeat in (0, 1)
         for name in _POPULATIONS], columns=["size", "repeat", "population"],
    )  # fmt: skip
    table["pearson"] = 0.1 * np.log(table["size"]) + 0.02 * table["repeat"]
    return [
        learning_curve_figure(table, "light"),
        learning_curve_figure(table, "light", "Sst"),
        learning_curve_figure(table.iloc[:0], "light"),
    ]


def other_species() -> list[go.Figure]:
    table = pd.DataFrame(
        {"other": ["Sst", "Vip", "IT"], "n": 500, "pearson": [0.5, 0.4, 0.3],
         "pearson_low": [0.4, 0.3, 0.2], "pearson_high": [0.6, 0.5, 0.4]}, index=_POPULATIONS,
    )  # fmt: skip
    return [cross_species_figure(part, "light") for part in (table, table.iloc[:0])]


#: By module and name of the function.
EXAMPLES: dict[str, Callable[[], list[go.Figure]]] = {
    "analyses.cross_species_figure": other_species,
    "analyses.cumulative_figure": cumulative,
    "analyses.learning_curve_figure": learning_curves,
    "analyses.precision_recall_figure": precision_recalls,
    "analyses.roc_figure": rocs,
    "search.best_so_far_figure": best_so_far,
    "search.importance_figure": importances,
}

"""Figures of the analyses: cumulative curves, ROC, genes against performance, another species."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.figures.style import Theme, apply_style, empty_figure, palette, translucent
from scx_core.figures.text import as_label, as_labels

#: Points of a step curve; more cannot be seen.
_MOST_POINTS: Final = 2000
_LEGEND: Final = {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0}


def cumulative_figure(
    residuals: pd.Series, in_set: pd.Series, unit: str, theme: Theme, name: str = "the list"
) -> go.Figure:
    """Cumulative share of genes by residual: those of a list, and all others.

    Parameters
    ----------
    residuals : Series
        Observed − predicted, by gene id.
    in_set : Series of bool
        By gene id.
    unit : str
        Of the residuals.
    theme : "light" or "dark"
    name : str
        Of the list.

    Notes
    -----
    Source of the layout: Agarwal & Shendure, Cell Reports 2020, Figure 3.
    """
    listed = residuals.index.isin(in_set.index[in_set.astype(bool)])
    inside = residuals[listed].to_numpy(np.float64)
    outside = residuals[~listed].to_numpy(np.float64)
    if not (inside.size and outside.size):
        return empty_figure(theme, "There are no genes on one of the sides.", 300)
    colors = palette(theme)
    figure = go.Figure()
    for values, told, color, width in (
        (outside, "all others", colors.region, 2.0),
        (inside, name, colors.text, 2.5),
    ):
        x, y = _steps(values)
        figure.add_scatter(
            x=x, y=y, mode="lines", name=f"{as_label(told)} (n = {values.size:,})",
            line={"color": color, "width": width, "shape": "hv"},
            hovertemplate="%{y:.0%} of " + as_label(told) + " up to %{x:.2f}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": colors.grid, "width": 1})
    apply_style(figure, theme, 400, showlegend=True, legend=_LEGEND)
    figure.update_xaxes(title_text=f"Observed − predicted, {unit}")
    figure.update_yaxes(title_text="Cumulative share of genes", range=[0, 1.01], tickformat=".0%")
    return figure


def _steps(values: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give the cumulative curve of values, thinned where it has too many steps."""
    ordered = np.sort(values)
    share = np.arange(1, len(ordered) + 1) / len(ordered)
    if len(ordered) > _MOST_POINTS:
        kept = np.unique(np.linspace(0, len(ordered) - 1, _MOST_POINTS).astype(int))
        ordered, share = ordered[kept], share[kept]
    return ordered.astype(np.float32), share.astype(np.float32)


def roc_figure(
    roc: pd.DataFrame, table: pd.DataFrame, labels: dict[str, str], theme: Theme
) -> go.Figure:
    """ROC curve of each side; the diagonal is guessing.

    Parameters
    ----------
    roc, table : DataFrame
        See `scx_core.analyses.SpecificGenes`.
    labels : dict
        What is written for side "A" and "B".
    theme : "light" or "dark"
    """
    if roc.empty or table.empty:
        return empty_figure(theme, "Too few specific genes for a curve.", 300)
    colors = palette(theme)
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="guessing", hoverinfo="skip",
        line={"color": colors.muted, "width": 1, "dash": "dash"},
    )  # fmt: skip
    for (side, curve), color in zip(roc.groupby("side", sort=True), _sides(theme), strict=False):
        row = table.loc[[str(side)]].iloc[0].astype(float)
        figure.add_scatter(
            x=curve["false_positive_rate"].to_numpy(np.float32),
            y=curve["true_positive_rate"].to_numpy(np.float32), mode="lines",
            name=f"specific to {as_label(labels[str(side)])} (n = {int(row['n_specific']):,}): "
            f"AUC {row['auc']:.2f}",
            line={"color": color, "width": 2.5},
            hovertemplate="%{y:.0%} found at %{x:.0%} false<extra></extra>",
        )  # fmt: skip
    apply_style(figure, theme, 420, showlegend=True, legend=_below())
    figure.update_xaxes(
        title_text="Share of the other genes taken for specific", range=[-0.01, 1.01],
        tickformat=".0%",
    )  # fmt: skip
    figure.update_yaxes(
        title_text="Share of specific genes found", range=[-0.01, 1.02], tickformat=".0%"
    )
    return figure


def precision_recall_figure(
    curves: pd.DataFrame, table: pd.DataFrame, labels: dict[str, str], theme: Theme
) -> go.Figure:
    """Precision against recall of each side; dashed, what guessing reaches.

    Parameters
    ----------
    curves, table : DataFrame
        See `scx_core.analyses.SpecificGenes`.
    labels : dict
        What is written for side "A" and "B".
    theme : "light" or "dark"
    """
    if curves.empty or table.empty:
        return empty_figure(theme, "Too few specific genes for a curve.", 300)
    figure = go.Figure()
    for (side, curve), color in zip(curves.groupby("side", sort=True), _sides(theme), strict=False):
        row = table.loc[[str(side)]].iloc[0].astype(float)
        figure.add_scatter(
            x=curve["recall"].to_numpy(np.float32), y=curve["precision"].to_numpy(np.float32),
            mode="lines", line={"color": color, "width": 2.5, "shape": "hv"},
            name=f"specific to {as_label(labels[str(side)])}: average precision "
            f"{row['average_precision']:.2f}, guessing {row['base_rate']:.2f}",
            hovertemplate="%{x:.0%} found, %{y:.0%} of those right<extra></extra>",
        )  # fmt: skip
        figure.add_hline(
            y=float(row["base_rate"]), line={"color": color, "width": 1, "dash": "dash"}
        )
    apply_style(figure, theme, 420, showlegend=True, legend=_below())
    figure.update_xaxes(
        title_text="Share of specific genes found (recall)", range=[-0.01, 1.01], tickformat=".0%"
    )
    figure.update_yaxes(
        title_text="Share of those found that are specific", range=[-0.01, 1.02], tickformat=".0%"
    )
    return figure


def _below() -> dict[str, object]:
    return {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0}


def _sides(theme: Theme) -> tuple[str, str]:
    """Colours of A and B; blue and vermilion mean more and less."""
    colors = palette(theme)
    return colors.categories[2], colors.categories[3]


def learning_curve_figure(
    by_population: pd.DataFrame, theme: Theme, population: str | None = None
) -> go.Figure:
    """Pearson correlation on the same test genes against the number of training genes.

    Parameters
    ----------
    by_population : DataFrame
        ``size, repeat, population, pearson`` (see `scx_core.analyses.LearningCurve`).
    theme : "light" or "dark"
    population : str, optional
        One population; the median over populations if not given.
    """
    chosen = by_population
    if population is not None:
        chosen = chosen[chosen["population"] == population]
    models = chosen.groupby(["size", "repeat"])["pearson"].median().dropna().reset_index()
    if models.empty:
        return empty_figure(theme, "No model has been trained yet.", 300)
    colors = palette(theme)
    mean = models.groupby("size")["pearson"].agg(["mean", "size"])
    figure = go.Figure()
    figure.add_scatter(
        x=models["size"].to_numpy(np.int32), y=models["pearson"].to_numpy(np.float32),
        mode="markers", name="a model", hovertemplate="%{x:,} genes: r = %{y:.3f}<extra></extra>",
        marker={"color": translucent(colors.muted, 0.7), "size": 7},
    )  # fmt: skip
    figure.add_scatter(
        x=mean.index.to_numpy(np.int32), y=mean["mean"].to_numpy(np.float32),
        customdata=mean["size"].to_numpy(np.int32), mode="lines+markers", name="mean of the models",
        line={"color": colors.text, "width": 2}, marker={"color": colors.text, "size": 6},
        hovertemplate="%{x:,} genes: mean r = %{y:.3f} of %{customdata} models<extra></extra>",
    )  # fmt: skip
    what = "median over populations" if population is None else population
    apply_style(figure, theme, 400, showlegend=True, legend=_LEGEND)
    figure.update_xaxes(title_text="Training genes", rangemode="tozero", tickformat=",d")
    figure.update_yaxes(title_text=f"Pearson r, test genes ({what})", nticks=6)
    return figure


def cross_species_figure(table: pd.DataFrame, theme: Theme) -> go.Figure:
    """Correlation in each population with its 95 % interval, sorted.

    Parameters
    ----------
    table : DataFrame
        By population: ``other, n, pearson, pearson_low, pearson_high``.
    theme : "light" or "dark"
    """
    known = table.dropna(subset=["pearson"]).sort_values("pearson", kind="stable")
    if known.empty:
        return empty_figure(theme, "No population has a correlation.", 240)
    colors = palette(theme)
    names = as_labels(
        name if str(name) == str(other) else f"{name} → {other}"
        for name, other in known["other"].items()
    )
    r = known["pearson"].to_numpy(np.float64)
    figure = go.Figure()
    figure.add_scatter(
        x=r, y=np.arange(len(names)), customdata=names, mode="markers",
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.2, "width": 0, "color": colors.muted,
            "array": known["pearson_high"].to_numpy(np.float64) - r,
            "arrayminus": r - known["pearson_low"].to_numpy(np.float64),
        },
        marker={"color": colors.text, "size": 8},
        hovertemplate="%{customdata}: r = %{x:.3f}<extra></extra>",
    )  # fmt: skip
    height = int(np.clip(20 * len(names) + 100, 180, 1400))
    apply_style(figure, theme, height, margin={"l": 64, "r": 16, "t": 16, "b": 48})
    figure.update_xaxes(title_text="Pearson r over genes, 95 % interval", nticks=6)
    figure.update_yaxes(
        range=[-0.7, len(names) - 0.3], showgrid=False, ticks="", tickmode="array",
        tickvals=list(range(len(names))), ticktext=names, tickfont={"size": 11},
    )  # fmt: skip
    return figure

"""What a dataset holds: distribution of expression, similarity of populations."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from scx_core.figures.style import Theme, apply_style, color_bar, empty_figure, palette, translucent

_MAX_NAMED = 30  # populations whose names fit beside the rows
_MAX_NUMBERED = 6  # populations whose correlations fit as numbers in the cells


def pseudobulk_histogram(values: pd.Series, floor: float, unit: str, theme: Theme) -> go.Figure:
    """Distribution of the pseudobulk expression of one population, with floor and smallest value.

    Parameters
    ----------
    values : Series
        log10 expression of every gene; genes never seen hold ``floor``.
    floor : float
        log10 value given to genes that were never seen.
    unit : str
        Of the values, for the axis.
    theme : "light" or "dark"
    """
    colors = palette(theme)
    numbers = values.to_numpy(dtype=float)
    measured = numbers[numbers > floor]
    unseen = len(numbers) - len(measured)
    if not len(measured):
        return empty_figure(theme, "No gene was seen in this population.")
    counts, edges = np.histogram(measured, bins=int(np.clip(2 * np.sqrt(len(measured)), 8, 60)))
    figure = go.Figure()
    figure.add_scatter(
        x=np.repeat(edges, 2), y=np.concatenate([[0], np.repeat(counts, 2), [0]]), mode="lines",
        fill="tozeroy", fillcolor=translucent(colors.accent, 0.35),
        line={"color": colors.accent, "width": 1}, hoverinfo="skip",
    )  # fmt: skip
    figure.add_scatter(
        x=(edges[:-1] + edges[1:]) / 2, y=counts, mode="markers", marker={"size": 8, "opacity": 0},
        hovertemplate="about %{x:.2f}: %{y:,} genes<extra></extra>",
    )  # fmt: skip
    top = int(counts.max())
    shown = min(unseen, top * 1.12)
    if unseen:
        figure.add_scatter(
            x=[floor, floor], y=[0, shown], mode="lines", line={"color": colors.down, "width": 5},
            hovertemplate=f"floor {floor:g}: {unseen:,} genes never seen<extra></extra>",
        )  # fmt: skip
    smallest = float(measured.min())
    figure.add_vline(x=smallest, line={"color": colors.muted, "width": 1, "dash": "dot"})
    cut = " (bar cut)" if unseen > shown else ""
    told = f"floor {floor:g}: {unseen:,} genes never seen{cut}".replace("-", "−")
    for x, height, text in ((floor, 1.1, told), (smallest, 1.0, f"smallest seen {smallest:.2f}")):
        figure.add_annotation(
            x=x, y=height, yref="paper", text=text.replace("-", "−"), showarrow=False,
            xanchor="left", yanchor="bottom", xshift=-3,
        )  # fmt: skip
    apply_style(figure, theme, 300, margin={"l": 64, "r": 16, "t": 52, "b": 48})
    figure.update_xaxes(title_text=unit, showgrid=False)
    figure.update_yaxes(title_text="Genes", rangemode="tozero", nticks=5)
    return figure


def population_correlation(expression: pd.DataFrame) -> pd.DataFrame:
    """Pearson correlation between populations over genes, in the order of a clustering.

    Parameters
    ----------
    expression : DataFrame, genes x populations
        log10.

    Returns
    -------
    DataFrame, populations x populations
        Ordered by average-linkage clustering of 1 − r with optimal leaf order. Populations that
        do not vary have no correlation (NaN) and come last.
    """
    correlation = expression.corr()
    varies = np.isfinite(np.diag(correlation.to_numpy()))
    varying = list(correlation.columns[varies])
    constant = list(correlation.columns[~varies])
    if len(varying) > 2:
        square = correlation.loc[varying, varying].to_numpy(copy=True)
        distance = 1 - (square + square.T) / 2
        np.fill_diagonal(distance, 0)
        condensed = squareform(distance.clip(min=0), checks=False)
        tree = optimal_leaf_ordering(linkage(condensed, method="average"), condensed)
        varying = [varying[leaf] for leaf in leaves_list(tree)]
    order = varying + constant
    return correlation.loc[order, order]


def correlation_figure(correlation: pd.DataFrame, theme: Theme) -> go.Figure:
    """Heat map of the correlation between populations.

    Parameters
    ----------
    correlation : DataFrame, populations x populations
        From `population_correlation`.
    theme : "light" or "dark"
    """
    colors = palette(theme)
    size = len(correlation)
    values = correlation.to_numpy(dtype=float)
    if size < 2 or not np.isfinite(values).any():
        return empty_figure(theme, "Two populations that vary are needed for a correlation.")
    names = [str(name) for name in correlation.columns]
    figure = go.Figure()
    bar = color_bar(
        theme, "Pearson r", orientation="h", y=-0.02, yanchor="top", len=0.9, thickness=8
    )
    bar["title"]["side"] = "bottom"
    figure.add_heatmap(
        x=names, y=names, z=values.astype(np.float32), colorscale=colors.sequential_scale,
        zmin=float(np.nanmin(values)), zmax=1.0, colorbar=bar,
        texttemplate="%{z:.2f}" if size <= _MAX_NUMBERED else None, textfont={"size": 11},
        hovertemplate="%{y} and %{x}: r = %{z:.3f}<extra></extra>",
    )  # fmt: skip
    height = int(np.clip(26 * size + 90, 260, 430))
    apply_style(figure, theme, height, margin={"l": 16, "r": 16, "t": 8, "b": 8})
    # The columns stand in the order of the rows: naming them twice would leave no room for cells.
    figure.update_xaxes(showticklabels=False, showgrid=False, ticks="", constrain="domain")
    figure.update_yaxes(
        showticklabels=size <= _MAX_NAMED, showgrid=False, ticks="", dtick=1,
        autorange="reversed", scaleanchor="x", constrain="domain", tickfont={"size": 11},
    )  # fmt: skip
    return figure

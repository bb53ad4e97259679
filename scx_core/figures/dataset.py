"""What a dataset holds: distribution of expression, similarity of populations."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import squareform

from scx_core.figures.style import (
    Palette,
    Theme,
    apply_style,
    color_bar,
    empty_figure,
    palette,
    translucent,
)
from scx_core.figures.text import as_label, as_labels

_MAX_NAMED = 30  # populations whose names fit beside the rows
_OTHER = "other"
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
    # From the left edge of the figure: from the floor's place it would not fit in a narrow column.
    figure.add_annotation(
        x=0, xref="paper", xshift=-56, y=1.1, yref="paper", text=told, showarrow=False,
        xanchor="left", yanchor="bottom",
    )  # fmt: skip
    late = smallest > (floor + float(measured.max())) / 2
    figure.add_annotation(
        x=smallest, y=1.0, yref="paper", showarrow=False, yanchor="bottom",
        text=f"smallest seen {smallest:.2f}".replace("-", "−"),
        xanchor="right" if late else "left", xshift=3 if late else -3,
    )  # fmt: skip
    apply_style(figure, theme, 280, margin={"l": 64, "r": 16, "t": 52, "b": 48})
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


def correlation_figure(
    correlation: pd.DataFrame, theme: Theme, classes: pd.Series | None = None
) -> go.Figure:
    """Heat map of the correlation between populations, with their classes beside it.

    Parameters
    ----------
    correlation : DataFrame, populations x populations
        From `population_correlation`.
    theme : "light" or "dark"
    classes : Series of str by population, optional
        Class of each population, drawn as a strip left of the cells and named in a legend. With
        more classes than colours, the smaller ones share one.
    """
    colors = palette(theme)
    size = len(correlation)
    values = correlation.to_numpy(dtype=float)
    if size < 2 or not np.isfinite(values).any():
        return empty_figure(theme, "Two populations that vary are needed for a correlation.")
    names = as_labels(correlation.columns)
    figure = go.Figure()
    marked = classes is not None and classes.reindex(correlation.index).fillna("").any()
    if classes is not None and marked:
        _add_class_strip(figure, classes.reindex(correlation.index).fillna(""), colors)
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
    height = int(np.clip(36 * size + 110, 280, 540)) + (30 if marked else 0)
    apply_style(
        figure, theme, height, margin={"l": 16, "r": 16, "t": 8, "b": 8}, showlegend=bool(marked),
        legend={
            "orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom", "itemclick": False,
            "itemdoubleclick": False, "font": {"size": 11, "color": colors.muted},
        },
    )  # fmt: skip
    # The columns stand in the order of the rows: naming them twice would leave no room for cells.
    figure.update_xaxes(showticklabels=False, showgrid=False, ticks="", constrain="domain")
    figure.update_yaxes(
        showticklabels=size <= _MAX_NAMED, showgrid=False, ticks="", dtick=1,
        autorange="reversed", scaleanchor="x", constrain="domain", tickfont={"size": 11},
    )  # fmt: skip
    return figure


def _add_class_strip(figure: go.Figure, classes: pd.Series, colors: Palette) -> None:
    """Mark the class of each row left of the cells; the same axes, so that rows meet."""
    shown = legend_classes(classes, len(colors.categories))
    hues = [*colors.categories[: len(shown) - (_OTHER in shown)], colors.grid][: len(shown)]
    code_by_class = {name: code for code, name in enumerate(shown)}
    codes = [code_by_class.get(name, len(shown) - 1) for name in classes]
    width = max(1, round(0.04 * len(classes)))
    # Columns of their own for the strip and for the gap after it; no population has such a name.
    columns = ["\u2009" * (number + 1) for number in range(width + 1)]
    cells = np.full((len(classes), width + 1), np.nan, np.float32)
    cells[:, :width] = np.array(codes, np.float32)[:, None]
    steps = [[(code + side) / len(shown), hue] for code, hue in enumerate(hues) for side in (0, 1)]
    figure.add_heatmap(
        x=columns, y=as_labels(classes.index), z=cells, colorscale=steps, zmin=-0.5,
        zmax=len(shown) - 0.5, showscale=False, hoverongaps=False,
        customdata=np.tile(np.array(as_labels(classes))[:, None], (1, width + 1)),
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )  # fmt: skip
    for name, hue in zip(shown, hues, strict=True):
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=as_label(name), showlegend=True,
            marker={"symbol": "square", "size": 10, "color": hue},
        )  # fmt: skip


def legend_classes(classes: pd.Series, n_colors: int) -> list[str]:
    """Classes that get a colour of their own, in order of first appearance.

    Parameters
    ----------
    classes : Series of str
        Class of each population; "" where it has none.
    n_colors : int
        Colours that can be told apart.

    Returns
    -------
    list of str
        The classes, or the largest ones and "other" for the rest and for populations without one.
    """
    named = classes[classes != ""]
    sizes = named.value_counts(sort=False)
    if len(sizes) > n_colors:
        largest = sizes.sort_values(ascending=False, kind="stable").index[: n_colors - 1]
        return [*(name for name in sizes.index if name in largest), _OTHER]
    return [*map(str, sizes.index), *([_OTHER] if len(named) < len(classes) else [])]

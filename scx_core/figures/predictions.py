"""True against predicted expression: all genes of a population, one gene over populations."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.figures.style import Theme, apply_style, empty_figure, palette


def local_density(
    x: NDArray[np.floating], y: NDArray[np.floating], bins: int = 60
) -> NDArray[np.float32]:
    """How crowded each point's neighbourhood is: log10 of the points in its cell of a grid."""
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=bins)
    column = np.clip(np.searchsorted(x_edges, x, side="right") - 1, 0, bins - 1)
    row = np.clip(np.searchsorted(y_edges, y, side="right") - 1, 0, bins - 1)
    return np.log10(counts[column, row]).astype(np.float32)


def scatter_figure(
    observed: pd.Series,
    predicted: pd.Series,
    names: pd.Series,
    unit: str,
    theme: Theme,
    highlight: str | None = None,
) -> go.Figure:
    """Observed against predicted expression of all genes in one population.

    Parameters
    ----------
    observed, predicted : Series
        log10 expression by gene id; the same genes.
    names : Series
        Symbol by gene id.
    unit : str
        Of the values, for the axes.
    theme : "light" or "dark"
    highlight : str, optional
        Gene id to ring and name.

    Returns
    -------
    Figure
        Points carry ``customdata = [gene id, symbol]``; both axes have the same limits.
    """
    colors = palette(theme)
    both = pd.DataFrame({"observed": observed, "predicted": predicted}).dropna()
    if both.empty:
        return empty_figure(theme, "No gene has a prediction in this population.", 420)
    x, y = (both[column].to_numpy(np.float32) for column in ("predicted", "observed"))
    symbols = names.reindex(both.index).fillna("").astype(str)
    figure = go.Figure()
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    pad = 0.04 * max(high - low, 1e-6)
    limits = [low - pad, high + pad]
    figure.add_scattergl(
        x=x, y=y, mode="markers", customdata=np.column_stack([both.index.to_numpy(str), symbols]),
        marker={
            "size": 5 if len(both) < 4000 else 4, "opacity": 0.75,
            "color": local_density(x, y), "colorscale": _density_scale(theme),
        },
        hovertemplate="%{customdata[1]} (%{customdata[0]})<br>predicted %{x:.2f}<br>"
        "observed %{y:.2f}<extra></extra>",
    )  # fmt: skip
    # As a shape: plotly draws WebGL markers over lines that are traces.
    figure.add_shape(
        type="line", x0=limits[0], y0=limits[0], x1=limits[1], y1=limits[1], layer="above",
        line={"color": colors.muted, "width": 1, "dash": "dash"},
    )  # fmt: skip
    if highlight is not None and highlight in both.index:
        place = list(both.index).index(highlight)
        _add_highlight(
            figure, float(x[place]), float(y[place]), symbols.iloc[place] or highlight, theme
        )
    apply_style(figure, theme, 440, dragmode="zoom", hovermode="closest")
    figure.update_xaxes(title_text=f"Predicted out of fold, {unit}", range=limits)
    figure.update_yaxes(title_text=f"Observed, {unit}", range=limits)
    return figure


def _density_scale(theme: Theme) -> list[list[float | str]]:
    """Start where a single point still stands out from the ground."""
    colors = palette(theme)
    middle = colors.sequential[2]
    if theme == "dark":
        return [[0.0, colors.sequential[3]], [1.0, colors.text]]
    return [[0.0, middle], [0.5, colors.sequential[3]], [1.0, "#00263d"]]


def _add_highlight(figure: go.Figure, x: float, y: float, label: str, theme: Theme) -> None:
    colors = palette(theme)
    figure.add_scattergl(
        x=[x], y=[y], mode="markers", hoverinfo="skip",
        marker={
            "size": 15, "symbol": "circle-open", "color": colors.down,
            "line": {"width": 3, "color": colors.down},
        },
    )  # fmt: skip
    figure.add_annotation(
        x=x, y=y, text=f"<b>{label}</b>", ax=28, ay=-28, arrowcolor=colors.down, arrowwidth=1.5,
        arrowhead=0, bgcolor=colors.ground, borderpad=2, standoff=8,
    )  # fmt: skip


def gene_figure(
    observed: pd.Series,
    predicted: pd.Series,
    order: Sequence[str],
    unit: str,
    theme: Theme,
    highlight: str | None = None,
) -> go.Figure:
    """Observed and predicted expression of one gene, a row for each population.

    Parameters
    ----------
    observed, predicted : Series
        log10 expression by population; ``predicted`` may hold fewer populations.
    order : sequence of str
        Populations, top to bottom.
    unit : str
        Of the values, for the axis.
    theme : "light" or "dark"
    highlight : str, optional
        Population to mark.
    """
    colors = palette(theme)
    names = [name for name in order if name in observed.index]
    if not names:
        return empty_figure(theme, "This gene has no values in the populations of the model.")
    truth = observed.reindex(names).to_numpy(np.float32)
    guess = predicted.reindex(names).to_numpy(np.float32)
    figure = go.Figure()
    gap = np.full(len(names), np.nan, dtype=np.float32)
    figure.add_scatter(
        x=np.column_stack([truth, guess, gap]).ravel(), y=np.repeat(names, 3), mode="lines",
        line={"color": colors.grid, "width": 2}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    size = 9 if len(names) <= 40 else 5
    for label, values, color, symbol in (
        ("observed", truth, colors.text, "circle"),
        ("predicted", guess, colors.accent, "diamond-open"),
    ):
        figure.add_scatter(
            x=values, y=names, mode="markers", name=label,
            marker={"color": color, "symbol": symbol, "size": size, "line": {"width": 2}},
            hovertemplate=f"%{{y}}<br>{label} %{{x:.2f}}<extra></extra>",
        )  # fmt: skip
    return _finish_rows(figure, names, highlight, unit, theme)


def performance_figure(
    scores: pd.DataFrame, order: Sequence[str], theme: Theme, highlight: str | None = None
) -> go.Figure:
    """Correlation of model and baselines with the truth, a row for each population.

    Parameters
    ----------
    scores : DataFrame, populations x methods
        Pearson r; the first column is the model, the others are baselines.
    order : sequence of str
        Populations, top to bottom.
    theme : "light" or "dark"
    highlight : str, optional
        Population to mark.
    """
    colors = palette(theme)
    names = [name for name in order if name in scores.index]
    figure = go.Figure()
    symbols = ("circle", "circle-open", "square-open", "triangle-up-open", "x-thin-open")
    for place, method in enumerate(scores.columns):
        color = colors.accent if place == 0 else colors.muted
        figure.add_scatter(
            x=scores[method].reindex(names).to_numpy(np.float32), y=names, mode="markers",
            name=str(method),
            marker={
                "color": color, "size": 8 if len(names) <= 40 else 5,
                "symbol": symbols[min(place, len(symbols) - 1)], "line": {"width": 1.5},
            },
            hovertemplate=f"%{{y}}<br>{method}: r = %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    return _finish_rows(figure, names, highlight, "Pearson r over genes, out of fold", theme)


def _finish_rows(
    figure: go.Figure, names: list[str], highlight: str | None, title: str, theme: Theme
) -> go.Figure:
    """Set the axes of a figure with a row for each population, and mark one of them."""
    if highlight in names:
        place = names.index(highlight)
        figure.add_hrect(
            y0=place - 0.5, y1=place + 0.5, fillcolor=palette(theme).accent, opacity=0.12,
            line_width=0,
        )  # fmt: skip
    apply_style(
        figure, theme, int(np.clip(20 * len(names) + 100, 240, 900)), showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(title_text=title)
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], showgrid=False, tickfont={"size": 11})
    return figure

"""True against predicted expression of all genes, and other clouds of genes.

A cloud is WebGL markers, which stay smooth at 18,000 genes. What is sent for each is two float32, a
byte for the colour and the gene's name; the name is what a click hands back.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from scx_core.figures.style import Theme, apply_style, color_bar, empty_figure, palette
from scx_core.figures.text import as_label, exact

_BINS: Final = 128
_SMOOTHING: Final = 1.5  # cells of the grid
_STEPS: Final = 255  # of the colour, one byte for each point
_NICE: Final = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000)


def local_density(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.float64]:
    """How many points lie around each, where the whole range is cut into 50 x 50 fields.

    Counts on a fine grid are smoothed and read off between its cells, so that the density changes
    gradually.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Finite.

    Returns
    -------
    ndarray, shape (n,)
        Points per 1/50 x 1/50 of the two ranges; at least 0.
    """
    if not len(x):
        return np.zeros(0)
    counts, x_edges, y_edges = np.histogram2d(x, y, bins=_BINS)
    smooth = gaussian_filter(counts, _SMOOTHING, mode="constant")
    places = [
        (values - edges[0]) / (edges[1] - edges[0]) - 0.5
        for values, edges in ((x, x_edges), (y, y_edges))
    ]
    found = map_coordinates(smooth, places, order=1, mode="nearest")
    return np.maximum(found, 0.0) * (_BINS / 50) ** 2


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
        Name to choose a gene by, by gene id; no two alike.
    unit : str
        Of the values, for the axes.
    theme : "light" or "dark"
    highlight : str, optional
        Gene id to ring and name.

    Returns
    -------
    Figure
        Points carry ``customdata = name``; both axes have the same limits.
    """
    colors = palette(theme)
    both = pd.DataFrame({"predicted": predicted, "observed": observed}).dropna()
    if both.empty:
        return empty_figure(theme, "No gene has a prediction in this population.", 420)
    low, high = float(both.to_numpy().min()), float(both.to_numpy().max())
    pad = 0.04 * max(high - low, 1e-6)
    limits = [low - pad, high + pad]
    figure = go.Figure()
    hover = "predicted %{x:.2f}<br>observed %{y:.2f}"
    add_cloud(figure, both["predicted"], both["observed"], names, hover, theme)
    # As a shape: plotly draws WebGL markers over lines that are traces.
    figure.add_shape(
        type="line", x0=limits[0], y0=limits[0], x1=limits[1], y1=limits[1], layer="above",
        line={"color": colors.muted, "width": 1, "dash": "dash"},
    )  # fmt: skip
    if highlight is not None and highlight in both.index:
        x, y = both.loc[highlight].to_numpy(np.float64)
        ring(figure, (float(x), float(y)), str(names.get(highlight, highlight)), theme)
    apply_style(figure, theme, 460, dragmode="zoom", hovermode="closest")
    figure.update_xaxes(title_text=f"Predicted out of fold, {unit}", range=limits)
    figure.update_yaxes(title_text=f"Observed, {unit}", range=limits)
    return figure


def add_cloud(
    figure: go.Figure,
    x: pd.Series,
    y: pd.Series,
    names: pd.Series,
    hover: str,
    theme: Theme,
    *,
    log_x: bool = False,
) -> None:
    """Draw a point for each gene, stronger in colour where many lie together.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    x, y : Series
        By gene id; finite.
    names : Series
        Name to choose a gene by, by gene id; becomes ``customdata``.
    hover : str
        Template of what is told of a point below its name.
    theme : "light" or "dark"
    log_x : bool
        The x axis is logarithmic; x is above 0.
    """
    across = x.to_numpy(np.float64)
    density = local_density(np.log10(across) if log_x else across, y.to_numpy(np.float64))
    # Crowded points last: drawn first, they would vanish below their neighbours.
    order = np.argsort(density, kind="stable")
    top = max(float(density.max(initial=0.0)), 1.0)
    color = np.log1p(density) / np.log1p(top) * _STEPS
    ticks = [tick for tick in (0, *_NICE) if tick <= top]
    labels = names.reindex(x.index).astype(object)
    labels = labels.where(labels.notna(), x.index.to_series())
    bar = color_bar(
        theme, "genes nearby", len=0.5, y=0.5, x=1.01, tickmode="array",
        tickvals=[float(np.log1p(tick) / np.log1p(top) * _STEPS) for tick in ticks],
        ticktext=[f"{tick:,}" for tick in ticks],
    )  # fmt: skip
    figure.add_scattergl(
        x=across[order].astype(np.float32), y=y.to_numpy(np.float32)[order], mode="markers",
        customdata=labels.map(exact).to_numpy(object)[order], name="genes",
        marker={
            "size": 5 if len(x) < 4000 else 4, "opacity": 0.8,
            "color": np.rint(color[order]).astype(np.uint8), "cmin": 0, "cmax": _STEPS,
            "colorscale": _density_scale(theme), "colorbar": bar, "showscale": True,
        },
        hovertemplate=f"%{{customdata}}<br>{hover}<extra></extra>",
    )  # fmt: skip


def _density_scale(theme: Theme) -> list[list[float | str]]:
    """Start where a single point still stands out from the ground."""
    colors = palette(theme)
    if theme == "dark":
        return [[0.0, colors.sequential[2]], [0.5, colors.sequential[3]], [1.0, colors.text]]
    return [[0.0, colors.sequential[2]], [0.5, colors.sequential[3]], [1.0, "#00263d"]]


def ring(
    figure: go.Figure,
    at: Sequence[float],
    label: str,
    theme: Theme,
    *,
    log_x: bool = False,
) -> None:
    """Ring and name a point.

    Parameters
    ----------
    figure : Figure
        Changed in place.
    at : pair of float
        x and y, in the unit of the axes.
    label : str
    theme : "light" or "dark"
    log_x : bool
        The x axis is logarithmic.
    """
    colors = palette(theme)
    x, y = at
    figure.add_scattergl(
        x=[x], y=[y], mode="markers", hoverinfo="skip", name=as_label(label),
        marker={
            "size": 15, "symbol": "circle-open", "color": colors.down,
            "line": {"width": 3, "color": colors.down},
        },
    )  # fmt: skip
    figure.add_annotation(
        # Plotly wants the exponent here, and the value in a trace.
        x=float(np.log10(x)) if log_x else x, y=y, text=f"<b>{as_label(label)}</b>", ax=28, ay=-28,
        arrowcolor=colors.down, arrowwidth=1.5, arrowhead=0, bgcolor=colors.ground, borderpad=2,
        standoff=8,
    )  # fmt: skip

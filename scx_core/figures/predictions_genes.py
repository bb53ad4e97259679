"""Which genes are predicted well: by how much they vary, and by how far predictions miss."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scx_core.evaluate import correlation_by_variance
from scx_core.figures.predictions import add_cloud, ring
from scx_core.figures.style import Theme, apply_style, empty_figure, palette, translucent
from scx_core.figures.text import as_label

#: z-score from which a residual is called far off.
FAR: Final = 2.0
_BINS: Final = 60


def variation_figure(
    genes: pd.DataFrame, names: pd.Series, theme: Theme, highlight: str | None = None
) -> go.Figure:
    """Correlation over populations of each gene against how much it varies over them.

    A line joins the medians of ten groups of genes that vary alike; thin lines are their quartiles.

    Parameters
    ----------
    genes : DataFrame
        See `scx_core.evaluate.vary_and_correlate`; genes without a correlation are not drawn.
    names : Series
        Name to choose a gene by, by gene id; no two alike.
    theme : "light" or "dark"
    highlight : str, optional
        Gene id to ring and name.

    Returns
    -------
    Figure
        Points carry ``customdata = name``.

    Notes
    -----
    Source of the layout: scXpresso, Figure 4C.
    """
    known = genes.dropna(subset=["variance", "pearson_across_populations"])
    known = known[known["variance"] > 0]
    if known.empty:
        return empty_figure(theme, "No gene varies over the populations of this model.", 420)
    colors = palette(theme)
    x, y = known["variance"], known["pearson_across_populations"]
    figure = go.Figure()
    add_cloud(figure, x, y, names, "variance %{x:.3g}<br>r = %{y:.2f}", theme, log_x=True)
    groups = correlation_by_variance(known)
    for column, width in (("low", 1), ("high", 1), ("median", 3)):
        figure.add_scattergl(
            x=groups["variance"].to_numpy(np.float32), y=groups[column].to_numpy(np.float32),
            mode="lines", line={"color": colors.categories[4], "width": width}, name=column,
            customdata=groups["n"].to_numpy(np.int32),
            hovertemplate=f"{column} of %{{customdata:,}} genes<br>r = %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
    if highlight is not None and highlight in known.index:
        at = (float(x.loc[highlight]), float(y.loc[highlight]))
        ring(figure, at, str(names.get(highlight, highlight)), theme, log_x=True)
    apply_style(figure, theme, 460, dragmode="zoom", hovermode="closest")
    figure.update_xaxes(
        title_text="Variance over populations, observed (squared log10 units)", type="log",
        dtick=1, exponentformat="power",
    )  # fmt: skip
    figure.update_yaxes(title_text="Pearson r over populations", range=[-1.08, 1.08])
    return figure


def residual_figure(
    z: pd.Series, theme: Theme, highlight: tuple[str, float] | None = None
) -> go.Figure:
    """Histogram of the z-scored residuals of one population; those far off are coloured.

    Parameters
    ----------
    z : Series
        By gene id; see `scx_core.evaluate.residuals`.
    theme : "light" or "dark"
    highlight : (str, float), optional
        Name and z-score of a gene to mark.
    """
    known = z.dropna().to_numpy(np.float64)
    if not known.size:
        return empty_figure(theme, "The residuals of this population are all the same.", 300)
    colors = palette(theme)
    reach = max(float(np.abs(known).max()), FAR + 0.5)
    # An edge at ±2, so that no bar is of two colours.
    width = FAR / max(round(FAR * _BINS / (2 * reach)), 1)
    steps = int(np.ceil(reach / width))
    edges = np.arange(-steps, steps + 1) * width
    counts = np.histogram(known, edges)[0]
    middle = (edges[1:] + edges[:-1]) / 2
    figure = go.Figure()
    for label, chosen, color in (
        ("expressed less than predicted", middle < -FAR, colors.down),
        ("within 2 standard deviations", np.abs(middle) < FAR, colors.muted),
        ("expressed more than predicted", middle > FAR, colors.up),
    ):
        x, y = _outline(edges, np.where(chosen, counts, 0))
        figure.add_scatter(
            x=x, y=y, mode="lines", fill="tozeroy", name=f"{label} ({counts[chosen].sum():,})",
            line={"color": color, "width": 1}, fillcolor=translucent(color, 0.45),
            hoverinfo="skip",
        )  # fmt: skip
    if highlight is not None and np.isfinite(highlight[1]):
        name, at = highlight
        figure.add_vline(x=at, line={"color": colors.text, "width": 1.5})
        figure.add_annotation(
            x=at, y=1, yref="paper", yanchor="top", text=f"<b>{as_label(name)}</b>", showarrow=False,
            xanchor="left" if at < 0 else "right", xshift=4 if at < 0 else -4,
            bgcolor=colors.ground, borderpad=2,
        )  # fmt: skip
    apply_style(
        figure, theme, 340, showlegend=True,
        legend={"orientation": "h", "y": -0.28, "yanchor": "top", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(title_text="Observed − predicted, in standard deviations (z)")
    # Room above the bars for the name.
    figure.update_yaxes(title_text="Genes", range=[0, 1.15 * float(counts.max())])
    return figure


def _outline(edges: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Trace the bars of a histogram; only those above zero and their feet."""
    used = np.flatnonzero(counts)
    if not used.size:
        return np.zeros(0, np.float32), np.zeros(0, np.float32)
    first, last = int(used[0]), int(used[-1])
    part = edges[first : last + 2]
    x = np.repeat(part, 2)
    y = np.concatenate([[0], np.repeat(counts[first : last + 1], 2), [0]])
    return x.astype(np.float32), y.astype(np.float32)

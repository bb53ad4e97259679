"""How a search for an architecture goes, and which of its parameters matter."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scx_core.figures.style import Theme, apply_style, empty_figure, palette, translucent

_WORDS: Final = {
    "batch_size": "batch size",
    "upstream": "bases upstream",
    "downstream": "bases downstream",
    "n_stages": "number of convolutions",
    "filters": "filters of convolution",
    "kernel": "filter width of convolution",
    "dilation": "dilation of convolution",
    "pool": "pool after convolution",
    "n_hidden": "number of dense layers",
    "units": "units of dense layer",
    "dropout": "dropout after dense layer",
}


def parameter_words(name: str) -> str:
    """Say what a parameter of a search is, such as ``kernel_2``."""
    stem, _, number = name.rpartition("_")
    if name not in _WORDS and stem in _WORDS and number.isdigit():
        return f"{_WORDS[stem]} {number}"
    return _WORDS.get(name, name)


def best_so_far_figure(trials: pd.DataFrame, theme: Theme) -> go.Figure:
    """Draw the validation loss of each trial, and the lowest so far as a line.

    Parameters
    ----------
    trials : DataFrame
        ``outcome, validation_loss`` of each trial, in order (see `scx_core.search.Search.trials`);
        those without a loss are not drawn.
    theme : "light" or "dark"
    """
    known = trials[trials["outcome"].isin(("trained", "pruned"))].dropna(subset=["validation_loss"])
    if known.empty:
        return empty_figure(theme, "No trial has ended yet.", 240)
    colors = palette(theme)
    known = known.assign(place=np.arange(1, len(known) + 1))
    whole = known[known["outcome"] == "trained"]
    figure = go.Figure()
    if len(whole):
        steps = pd.concat([whole["place"], pd.Series([len(known)])])
        best = whole["validation_loss"].cummin()
        figure.add_scatter(
            x=steps.to_numpy(np.int32), y=np.append(best, best.iloc[-1]).astype(np.float32),
            mode="lines", name="best so far", line={"color": colors.muted, "width": 2, "shape": "hv"},
            hovertemplate="best after %{x} trials: %{y:.4f}<extra></extra>",
        )  # fmt: skip
    for outcome, name, symbol, color in (
        ("pruned", "pruned", "circle-open", colors.region),
        ("trained", "trained to the end", "circle", colors.text),
    ):
        part = known[known["outcome"] == outcome]
        if len(part):
            figure.add_scatter(
                x=part["place"].to_numpy(np.int32),
                y=part["validation_loss"].to_numpy(np.float32),
                customdata=part.index.to_numpy(np.int32), mode="markers", name=name,
                marker={"symbol": symbol, "size": 7, "color": color, "line": {"width": 1.2}},
                hovertemplate="trial %{customdata}: loss %{y:.4f}<extra>" + name + "</extra>",
            )  # fmt: skip
    apply_style(
        figure, theme, 340, showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(
        title_text="Networks trained", range=[0.5, len(known) + 0.5], tickformat="d"
    )
    figure.update_yaxes(title_text="Validation loss (z-units)", nticks=6)
    return figure


def importance_figure(shares: pd.Series, theme: Theme) -> go.Figure:
    """Draw the importance of each parameter, largest on top.

    Parameters
    ----------
    shares : Series
        By parameter, largest first (see `scx_core.search.reading.Importance`).
    theme : "light" or "dark"
    """
    if shares.empty:
        return empty_figure(theme, "Too few trials to say which parameters matter.", 240)
    colors = palette(theme)
    names = [parameter_words(str(name)) for name in shares.index]
    figure = go.Figure()
    figure.add_bar(
        x=shares.to_numpy(np.float32), y=names, orientation="h",
        marker={"color": translucent(colors.muted, 0.75)},
        hovertemplate="%{y}: %{x:.0%}<extra></extra>",
    )  # fmt: skip
    apply_style(figure, theme, int(np.clip(24 * len(names) + 80, 200, 600)), bargap=0.35)
    figure.update_xaxes(
        title_text="Share of the spread of the validation loss",
        tickformat=".0%",
        rangemode="tozero",
    )
    figure.update_yaxes(
        range=[len(names) - 0.5, -0.5], showgrid=False, ticks="", tickfont={"size": 12}
    )
    return figure

"""How well models in training do on the validation genes: by population, by epoch."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.figures.style import Theme, apply_style, empty_figure, palette, translucent
from scx_core.figures.text import as_labels
from scx_core.figures.training import joined, with_attempts

_NAMED_BELOW: Final = 12  # populations whose names fit beside their dots
_HEIGHT: Final = 230
_MARGIN: Final = {"l": 58, "r": 16, "t": 16, "b": 40}


def population_figure(values: Mapping[str, float | None], theme: Theme) -> go.Figure:
    """Correlation on the validation genes in each population, sorted.

    Parameters
    ----------
    values : mapping
        Pearson r by population; None where it is not defined.
    theme : "light" or "dark"
    """
    scores = pd.Series(dict(values), dtype=float).dropna().sort_values(ascending=False)
    if scores.empty:
        return empty_figure(theme, "No population has a correlation yet.", 120)
    colors = palette(theme)
    if len(scores) <= _NAMED_BELOW:
        return _rows(scores, theme)
    colors = palette(theme)
    names, r = as_labels(scores.index), scores.to_numpy(np.float32)
    figure = go.Figure()
    figure.add_hline(
        y=float(np.median(r)), line={"color": colors.muted, "width": 1, "dash": "dash"}
    )
    figure.add_scatter(
        x=np.arange(len(names)), y=r, mode="markers", customdata=names,
        marker={"color": colors.text, "size": 5},
        hovertemplate="%{customdata}: r = %{y:.3f}<extra></extra>",
    )  # fmt: skip
    _name_ends(figure, names, r)
    apply_style(figure, theme, _HEIGHT, margin=_MARGIN)
    figure.update_xaxes(
        showticklabels=False, showgrid=False, ticks="", range=[-0.7, len(names) - 0.3],
        title_text=f"{len(names)} populations, sorted",
    )  # fmt: skip
    figure.update_yaxes(title_text="r, validation genes", nticks=5)
    return figure


def _rows(scores: pd.Series, theme: Theme) -> go.Figure:
    """Give each of a few populations a row with its name."""
    colors = palette(theme)
    names = as_labels(scores.index)
    figure = go.Figure()
    figure.add_vline(
        x=float(scores.median()), line={"color": colors.muted, "width": 1, "dash": "dash"}
    )
    figure.add_scatter(
        x=scores.to_numpy(np.float32), y=names, mode="markers",
        marker={"color": colors.text, "size": 8},
        hovertemplate="%{y}: r = %{x:.3f}<extra></extra>",
    )  # fmt: skip
    apply_style(figure, theme, _HEIGHT, margin=_MARGIN)
    figure.update_xaxes(title_text="r, validation genes", nticks=4)
    figure.update_yaxes(
        range=[len(names) - 0.5, -0.5], showgrid=False, tickfont={"size": 11}, ticks=""
    )
    return figure


def _name_ends(figure: go.Figure, names: list[str], r: NDArray[np.float32]) -> None:
    """Name the best and the worst population."""
    for place, anchor, shift in ((0, "left", 10), (len(names) - 1, "right", -10)):
        figure.add_annotation(
            x=place, y=float(r[place]), text=names[place], showarrow=False, xanchor=anchor,
            yanchor="middle", xshift=shift,
        )  # fmt: skip


def validation_figure(history: pd.DataFrame, epochs: int, theme: Theme) -> go.Figure:
    """Median correlation over populations by epoch: a faint line for each run, their median strong.

    Parameters
    ----------
    history : DataFrame
        ``fold, run, epoch, validation_pearson``; of attempts that were given up as well.
    epochs : int
        Length of the axis.
    theme : "light" or "dark"
    """
    if history.empty or "validation_pearson" not in history:
        return empty_figure(theme, "No correlation is known yet.", 120)
    history = with_attempts(history)
    known = history[~history["given_up"]].dropna(subset=["validation_pearson"])
    if known.empty:
        return empty_figure(theme, "No correlation is known yet.", 120)
    colors = palette(theme)
    runs = [frame for _, frame in known.groupby(["fold", "run"])]
    figure = go.Figure()
    figure.add_scatter(
        x=joined([frame["epoch"].to_numpy(np.float32) for frame in runs]),
        y=joined([frame["validation_pearson"].to_numpy(np.float32) for frame in runs]),
        mode="lines+markers" if all(len(frame) == 1 for frame in runs) else "lines",
        line={"color": translucent(colors.muted, 0.45 if len(runs) > 1 else 1), "width": 1},
        hoverinfo="skip", marker={"size": 4},
    )  # fmt: skip
    median = known.groupby("epoch")["validation_pearson"].agg(["median", "size"])
    figure.add_scatter(
        x=median.index.to_numpy(np.int32), y=median["median"].to_numpy(np.float32),
        customdata=median["size"].to_numpy(np.int32),
        mode="lines+markers" if len(median) == 1 else "lines",
        line={"color": colors.text, "width": 2},
        hovertemplate="epoch %{x}: median r = %{y:.3f}, n = %{customdata} runs<extra></extra>",
    )  # fmt: skip
    longest = max(epochs, int(known["epoch"].max()))
    apply_style(figure, theme, _HEIGHT, margin=_MARGIN)
    figure.update_xaxes(title_text="Epoch", range=[0.5, longest + 0.5], tickformat="d", nticks=6)
    figure.update_yaxes(title_text="Median r, validation genes", nticks=5)
    return figure

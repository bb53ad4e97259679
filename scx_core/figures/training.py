"""How training goes: the loss of every fold and run, epoch by epoch."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from scx_core.figures.style import Theme, apply_style, empty_figure, palette


def loss_figure(history: pd.DataFrame, theme: Theme, columns: int = 5) -> go.Figure:
    """Training and validation loss by epoch: a panel for each fold, a line for each run.

    Parameters
    ----------
    history : DataFrame
        ``fold, run, epoch, train_loss, validation_loss``.
    theme : "light" or "dark"
    columns : int
        Panels beside each other, at most.
    """
    if history.empty:
        return empty_figure(theme, "The first epoch has not finished yet.")
    colors = palette(theme)
    folds = sorted(history["fold"].unique())
    width = min(columns, len(folds))
    height = -(-len(folds) // width)
    figure = make_subplots(
        rows=height, cols=width, shared_xaxes=True, shared_yaxes=True,
        subplot_titles=[f"fold {fold}" for fold in folds],
        horizontal_spacing=0.02, vertical_spacing=min(0.12, 0.3 / height),
    )  # fmt: skip
    kinds = (
        ("train_loss", "training genes", colors.muted, "dot"),
        ("validation_loss", "validation genes", colors.accent, "solid"),
    )
    for place, fold in enumerate(folds):
        row, column = place // width + 1, place % width + 1
        runs = history[history["fold"] == fold].sort_values("epoch").groupby("run")
        for number, (run, lines) in enumerate(runs):
            for field, label, color, dash in kinds:
                figure.add_scatter(
                    x=lines["epoch"].to_numpy(np.int32), y=lines[field].to_numpy(np.float32),
                    mode="lines+markers" if len(lines) == 1 else "lines", name=label,
                    line={"color": color, "width": 1.6, "dash": dash}, legendgroup=field,
                    showlegend=place == 0 and number == 0,
                    hovertemplate=f"fold {fold}, run {run}, epoch %{{x}}<br>{label}: "
                    "%{y:.4f}<extra></extra>",
                    row=row, col=column,
                )  # fmt: skip
    apply_style(
        figure, theme, int(130 * height + 130 if height > 1 else 280), showlegend=True,
        margin={"l": 64, "r": 16, "t": 58, "b": 48},
        legend={"orientation": "h", "x": 0, "y": 0.99, "yanchor": "top", "yref": "container"},
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", nticks=5)
    figure.update_yaxes(title_text="Loss (MSE, z-scored)", col=1)
    figure.update_xaxes(tickformat="d", nticks=6)
    figure.update_xaxes(title_text="Epoch", row=height)
    return figure

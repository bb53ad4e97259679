"""Models side by side: how well each predicts every population."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scx_core.figures.style import Theme, apply_style, empty_figure, palette, translucent
from scx_core.figures.text import as_label, as_labels, exact

_R: Final = "Pearson r over genes, out of fold"
#: A form for each model, so that colour is never the only sign.
_SYMBOLS: Final = ("circle", "diamond", "square", "triangle-up", "cross", "x", "star", "hexagon")
#: Rows whose names fit.
_MANY: Final = 40


def comparison_figure(
    by_population: pd.DataFrame,
    models: Sequence[str],
    theme: Theme,
    highlight: str | None = None,
) -> go.Figure:
    """Correlation of each model with the truth in every population.

    Two models: one point for each population, the first model across and the second up; above the
    line the second is better. Points are coloured where the 95 % interval of the difference leaves
    out zero. More models: a row for each population, best on top, a marker for each model.

    Parameters
    ----------
    by_population : DataFrame
        See `scx_core.compare.Comparison.by_population`.
    models : sequence of str
        At least two, the first one is what the others are compared with.
    theme : "light" or "dark"
    highlight : str, optional
        Population to mark.

    Returns
    -------
    Figure
        Points carry the population as ``customdata[0]``, or as ``y`` where there are rows.
    """
    known = by_population.dropna(subset=["pearson"])
    if len(models) == 2:
        return _scatter(known, models[0], models[1], theme, highlight)
    return _rows(known, models, theme, highlight)


def _scatter(
    table: pd.DataFrame, first: str, second: str, theme: Theme, highlight: str | None
) -> go.Figure:
    colors = palette(theme)
    one, other = (table[table["model"] == name].set_index("population") for name in (first, second))
    both = other.join(one["pearson"].rename("first"), how="inner")
    if both.empty:
        return empty_figure(theme, "No population has a correlation in both models.", 440)
    x, y = (both[column].to_numpy(np.float32) for column in ("first", "pearson"))
    first, second = as_labels((first, second))
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    pad = 0.06 * max(high - low, 1e-3)
    limits = [low - pad, high + pad]
    figure = go.Figure()
    figure.add_scatter(
        x=limits, y=limits, mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": colors.muted, "width": 1, "dash": "dash"},
    )  # fmt: skip
    better, worse = both["pearson_low"] > 0, both["pearson_high"] < 0
    for label, chosen, color, symbol in (
        ("not told apart", ~(better | worse), colors.muted, "circle-open"),
        (f"{second} better", better, colors.up, "triangle-up"),
        (f"{first} better", worse, colors.down, "triangle-down"),
    ):
        part = both[chosen]
        if part.empty:
            continue
        figure.add_scatter(
            x=part["first"].to_numpy(np.float32), y=part["pearson"].to_numpy(np.float32),
            mode="markers", name=f"{label} ({len(part)})",
            customdata=np.column_stack(
                [[exact(name) for name in part.index], _told(part["pearson_difference"]),
                 _told(part["pearson_low"]), _told(part["pearson_high"])]
            ),
            marker={"color": color, "symbol": symbol, "size": 9, "line": {"width": 1.5, "color": color}},
            hovertemplate=f"%{{customdata[0]}}<br>{first}: %{{x:.3f}}<br>{second}: %{{y:.3f}}<br>"
            "difference %{customdata[1]} (%{customdata[2]} to %{customdata[3]})<extra></extra>",
        )  # fmt: skip
    if highlight in both.index:
        place = list(both.index).index(highlight)
        _ring(figure, float(x[place]), float(y[place]), str(highlight), theme)
    apply_style(
        figure, theme, 460, hovermode="closest", showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(title_text=f"{first}: {_R}", range=limits)
    figure.update_yaxes(title_text=f"{second}: {_R}", range=limits)
    return figure


def _told(values: pd.Series) -> list[str]:
    return [
        f"{value:+.3f}".replace("-", "−") if value == value else "not defined" for value in values
    ]


def _ring(figure: go.Figure, x: float, y: float, label: str, theme: Theme) -> None:
    colors = palette(theme)
    figure.add_scatter(
        x=[x], y=[y], mode="markers", hoverinfo="skip", showlegend=False,
        marker={
            "size": 17, "symbol": "circle-open", "color": colors.text,
            "line": {"width": 2, "color": colors.text},
        },
    )  # fmt: skip
    figure.add_annotation(
        x=x, y=y, text=f"<b>{as_label(label)}</b>", ax=28, ay=-28, arrowcolor=colors.text, arrowwidth=1.5,
        arrowhead=0, bgcolor=colors.ground, borderpad=2, standoff=9,
    )  # fmt: skip


def _rows(
    table: pd.DataFrame, models: Sequence[str], theme: Theme, highlight: str | None
) -> go.Figure:
    if table.empty:
        return empty_figure(theme, "No population has a correlation in these models.", 440)
    colors = palette(theme)
    order = table.groupby("population")["pearson"].mean().sort_values(ascending=False).index
    names = as_labels(order)
    # Blue and vermilion mean more and less, on every figure.
    free = [color for color in colors.categories if color not in (colors.up, colors.down)]
    figure = go.Figure()
    for place, model in enumerate(models):
        values = table[table["model"] == model].set_index("population")["pearson"].reindex(order)
        color = free[place % len(free)]
        figure.add_scatter(
            x=values.to_numpy(np.float32), y=names, mode="markers", name=as_label(model),
            marker={
                "color": translucent(color, 0.85), "symbol": _SYMBOLS[place % len(_SYMBOLS)],
                "size": 9 if len(names) <= _MANY else 6,
            },
            hovertemplate=f"%{{y}}<br>{as_label(model)}: r = %{{x:.3f}}<extra></extra>",
        )  # fmt: skip
    if highlight in order:
        row = list(order).index(highlight)
        figure.add_hrect(
            y0=row - 0.5, y1=row + 0.5, fillcolor=colors.accent, opacity=0.12, line_width=0
        )
    apply_style(
        figure, theme, int(np.clip(20 * len(names) + 100, 240, 900)), showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(title_text=_R)
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], showgrid=False, tickfont={"size": 11})
    return figure

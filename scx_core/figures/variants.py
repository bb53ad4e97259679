"""One variant: the three substitutions possible at its place, over populations."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scx_core.figures.style import Theme, apply_style, color_bar, empty_figure, palette


def substitution_figure(
    effects: pd.DataFrame, alternative: str, order: Sequence[str], theme: Theme, label: str
) -> go.Figure:
    """Dot plot of the three substitutions at one place, a row for each population.

    Parameters
    ----------
    effects : DataFrame, populations x alternative bases
        Effects (log10); columns are the letters of the alternatives.
    alternative : str
        The letter that the variant really has; drawn filled, the others open.
    order : sequence of str
        Populations, top to bottom.
    theme : "light" or "dark"
    label : str
        What the letters mean, for the legend, such as ``"gene strand"``.
    """
    colors = palette(theme)
    names = [name for name in order if name in effects.index]
    if not names:
        return empty_figure(theme, "No effect was computed for this variant.")
    figure = go.Figure()
    symbols = {"A": "triangle-up", "C": "circle", "G": "square", "T": "diamond"}
    ordered = [base for base in effects.columns if base != alternative]
    ordered += [alternative] if alternative in effects.columns else []
    size = 11 if len(names) <= 40 else 6
    for base in ordered:
        chosen = base == alternative
        values = effects[base].reindex(names).to_numpy(np.float32)
        side = [colors.up if value > 0 else colors.down for value in values]
        symbol = symbols.get(base, "circle") + ("" if chosen else "-open")
        label_of_base = f"{base} (this variant)" if chosen else base
        figure.add_scatter(
            x=values, y=names, mode="markers", legendgroup=base, showlegend=False,
            marker={
                "symbol": symbol, "size": size if chosen else size - 2,
                "line": {"width": 0 if chosen else 1.5}, "color": side if chosen else colors.muted,
            },
            hovertemplate=f"%{{y}}<br>to {base}: %{{x:+.4f}} log10<extra></extra>",
        )  # fmt: skip
        # The legend shows the form alone: colour tells the sign, point by point.
        figure.add_scatter(
            x=[None], y=[names[0]], mode="markers", legendgroup=base, name=label_of_base,
            marker={"symbol": symbol, "size": 9, "color": colors.text, "line": {"width": 1.5}},
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": colors.muted, "width": 1})
    apply_style(
        figure, theme, int(np.clip(22 * len(names) + 110, 260, 900)), showlegend=True,
        legend={
            "orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0,
            "title": {"text": f"To ({label})", "font": {"size": 13, "color": colors.muted}},
        },
    )  # fmt: skip
    figure.update_xaxes(title_text="Δ log10 expression (alternative − reference)", nticks=7)
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], tickfont={"size": 11})
    return figure


def ranked_figure(effects: pd.DataFrame, order: Sequence[str], theme: Theme) -> go.Figure:
    """Heat map of the strongest variants over populations.

    Parameters
    ----------
    effects : DataFrame, variants x populations
        Effects (log10); the index names the variant.
    order : sequence of str
        Populations, left to right.
    theme : "light" or "dark"
    """
    colors = palette(theme)
    names = [name for name in order if name in effects.columns]
    if effects.empty or not names:
        return empty_figure(theme, "No variant lies in the window of a gene.")
    values = effects[names].to_numpy(np.float32)
    limit = max(float(np.nanmax(np.abs(values))), 1e-6)
    figure = go.Figure()
    figure.add_heatmap(
        x=names, y=[str(name) for name in effects.index], z=values, zmin=-limit, zmax=limit,
        colorscale=colors.diverging, xgap=1, ygap=1, colorbar=color_bar(theme, "Δ log10 expression"),
        hovertemplate="%{y}<br>%{x}: %{z:+.4f} log10<extra></extra>",
    )  # fmt: skip
    apply_style(figure, theme, int(np.clip(20 * len(effects) + 130, 240, 700)))
    figure.update_xaxes(showgrid=False, tickangle=-45, showticklabels=len(names) <= 40)
    figure.update_yaxes(showgrid=False, autorange="reversed", tickfont={"size": 11})
    return figure

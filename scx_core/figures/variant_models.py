"""The same variants in several models: effect against effect, rank correlations, side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from scx_core.figures.style import Theme, apply_style, color_bar, empty_figure, palette
from scx_core.figures.text import as_label, as_labels
from scx_core.figures.variant_genes import MOST_VECTORS
from scx_core.figures.variants import MOST_LABELLED
from scx_core.one_line import NAME


def agreement_figure(
    pair: pd.DataFrame,
    labels: Mapping[int, str],
    first: str,
    second: str,
    theme: Theme,
    *,
    same_unit: bool = True,
    highlight: int | None = None,
) -> go.Figure:
    """Effects in one model against those in another, a point for each change.

    Parameters
    ----------
    pair : DataFrame
        ``first, second`` by (row, part, gene_id, substitution); see
        `scx_core.variants.outside.EffectComparison.pair`.
    labels : mapping of int to str
        Name of the variant by row.
    first, second : str
        What the axes say, with the unit, such as ``"demo, Sst (Δ log10)"``.
    theme : "light" or "dark"
    same_unit : bool
        Both are in the same unit: the axes have the same limits, and a line marks equal effects.
    highlight : int, optional
        Row of the chosen variant.

    Returns
    -------
    Figure
        Points carry ``customdata = [row, variant, gene_id, substitution]``.
    """
    if pair.empty:
        return empty_figure(theme, "No change has an effect in both.", 420)
    colors = palette(theme)
    x, y = (pair[name].to_numpy(np.float32) for name in ("first", "second"))
    rows = pair.index.get_level_values("row").to_numpy()
    told = np.column_stack(
        [
            rows, [as_label(labels.get(int(row), f"row {row}")) for row in rows],
            *(pair.index.get_level_values(name).map(as_label) for name in ("gene_id", "substitution")),
        ]
    )  # fmt: skip
    figure = go.Figure()
    kind = go.Scattergl if len(pair) > MOST_VECTORS else go.Scatter
    raise_, lower = (x > 0) & (y > 0), (x < 0) & (y < 0)
    for name, color, symbol, chosen in (
        ("not the same sign", colors.muted, "circle-open", ~(raise_ | lower)),
        ("both raise", colors.up, "triangle-up", raise_),
        ("both lower", colors.down, "triangle-down", lower),
    ):
        figure.add_trace(
            kind(
                x=x[chosen], y=y[chosen], mode="markers", customdata=told[chosen],
                name=f"{name} ({int(chosen.sum()):,})",
                marker={"color": color, "symbol": symbol, "size": 7 if len(pair) < 500 else 5, "opacity": 0.8},
                hovertemplate="%{customdata[1]} to %{customdata[3]}<br>%{customdata[2]}<br>"
                "first %{x:+.4g}<br>second %{y:+.4g}<extra></extra>",
            )
        )  # fmt: skip
    limits = [_limits(x), _limits(y)]
    if same_unit:
        limits = [[min(limits[0][0], limits[1][0]), max(limits[0][1], limits[1][1])]] * 2
        # As a shape: plotly draws WebGL markers over lines that are traces.
        figure.add_shape(
            type="line", x0=limits[0][0], y0=limits[0][0], x1=limits[0][1], y1=limits[0][1],
            line={"color": colors.muted, "width": 1, "dash": "dash"}, layer="below",
        )  # fmt: skip
    line = {"color": colors.muted, "width": 1}
    figure.add_hline(y=0, line=line, layer="below")
    figure.add_vline(x=0, line=line, layer="below")
    ringed = rows == highlight
    if highlight is not None and ringed.any():
        figure.add_trace(
            kind(
                x=x[ringed], y=y[ringed], mode="markers", hoverinfo="skip", showlegend=False,
                marker={
                    "size": 16, "symbol": "circle-open", "color": colors.text,
                    "line": {"width": 2, "color": colors.text},
                },
            )
        )  # fmt: skip
        place = int(np.flatnonzero(ringed)[0])
        figure.add_annotation(
            x=float(x[place]), y=float(y[place]), text=f"<b>{told[place, 1]}</b>", ax=28, ay=-28,
            arrowcolor=colors.text, arrowwidth=1.5, arrowhead=0, bgcolor=colors.ground, borderpad=2,
            standoff=9,
        )  # fmt: skip
    apply_style(
        figure, theme, 460, hovermode="closest", showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_xaxes(title_text=as_label(first, 2 * NAME), range=limits[0])
    figure.update_yaxes(title_text=as_label(second, 2 * NAME), range=limits[1])
    return figure


def _limits(values: np.ndarray) -> list[float]:
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    pad = 0.06 * max(high - low, 1e-6)
    return [low - pad, high + pad]


def rank_matrix_figure(correlations: pd.DataFrame, counts: pd.DataFrame, theme: Theme) -> go.Figure:
    """Heat map of the rank correlations of every two populations of all models.

    Parameters
    ----------
    correlations, counts : DataFrame, tracks x tracks
        Spearman correlations (−1 to 1; NaN undefined) and the numbers of changes behind them, by
        (model, population); see `scx_core.variants.outside.EffectComparison.rank_correlations`.
    theme : "light" or "dark"
    """
    if correlations.empty or not np.isfinite(correlations.to_numpy()).any():
        return empty_figure(theme, "No two populations share three changes with effects.", 420)
    models = correlations.index.get_level_values(0).to_numpy(str)
    populations = correlations.index.get_level_values(1).to_numpy(str)
    names = as_labels(f"{model} · {name}" for model, name in zip(models, populations, strict=True))
    colors = palette(theme)
    figure = go.Figure()
    figure.add_heatmap(
        x=names, y=names, z=correlations.to_numpy(np.float32), zmin=-1, zmax=1, hoverongaps=False,
        customdata=counts.to_numpy(np.int32), colorscale=colors.diverging,
        colorbar=color_bar(theme, "Spearman ρ"),
        hovertemplate="%{x}<br>%{y}<br>ρ = %{z:.3f}, %{customdata:,} changes<extra></extra>",
    )  # fmt: skip
    for start in np.flatnonzero(models[1:] != models[:-1]):
        line = {"color": colors.text, "width": 1}
        figure.add_hline(y=start + 0.5, line=line)
        figure.add_vline(x=start + 0.5, line=line)
    apply_style(figure, theme, int(np.clip(14 * len(names) + 150, 320, 760)))
    ticks, shown = names, names
    if len(names) > MOST_LABELLED:
        # Where the names of populations do not fit, those of the models do.
        distinct = list(dict.fromkeys(models.tolist()))
        ticks = [names[int(np.flatnonzero(models == model).mean())] for model in distinct]
        shown = as_labels(distinct)
    axis = {"showgrid": False, "tickvals": ticks, "ticktext": shown, "tickfont": {"size": 11}}
    figure.update_xaxes(tickangle=-45, **axis)
    figure.update_yaxes(autorange="reversed", **axis)
    return figure


def side_by_side_figure(
    effects: pd.DataFrame,
    labels: Sequence[str],
    theme: Theme,
    units: Mapping[str, str] | None = None,
    most: int = 100,
) -> go.Figure:
    """Variants as rows, the populations of each model as columns, each model with its own scale.

    Parameters
    ----------
    effects : DataFrame, changes x (model, population)
        See `scx_core.variants.outside.EffectComparison`; rows in the order to draw. NaN is empty.
    labels : sequence of str
        Name of each row.
    theme : "light" or "dark"
    units : mapping of str to str, optional
        Unit by model, for the colour bars; ``"Δ log10"`` where it is not given.
    most : int
        Rows to draw; the strongest in any model where there are more, which the figure says. Rows
        thinner than a line of pixels would hide strong cells.

    Returns
    -------
    Figure
        One heat map for each model; zero is the middle of its scale, and the ends are its largest
        absolute effect. Cells carry ``customdata = label``.
    """
    models = list(dict.fromkeys(effects.columns.get_level_values(0))) if effects.size else []
    if not models:
        return empty_figure(theme, "No change has an effect in these models.")
    colors = palette(theme)
    limits = {model: _largest(effects[model]) for model in models}
    n_all = len(effects)
    if n_all > most:
        sizes = [effects[model].abs().max(axis=1).to_numpy() / limits[model] for model in models]
        strongest = np.nan_to_num(np.fmax.reduce(sizes)).argsort(kind="stable")[-most:]
        kept = np.sort(strongest)
        effects, labels = effects.iloc[kept], [labels[place] for place in kept]
    widths = [max(int(effects[model].shape[1]), 3) for model in models]
    figure = make_subplots(
        rows=1, cols=len(models), shared_yaxes=True, column_widths=widths,
        horizontal_spacing=min(0.02, 0.5 / len(models)), subplot_titles=as_labels(models),
    )  # fmt: skip
    places = np.arange(len(effects))
    height = int(np.clip(18 * len(effects) + 220, 320, 2020))
    for column, model in enumerate(models, start=1):
        values = effects[model].to_numpy(np.float32)
        limit = limits[model]
        domain = figure.layout["xaxis" if column == 1 else f"xaxis{column}"].domain
        unit = (units or {}).get(str(model), "Δ log10")
        figure.add_heatmap(
            x=as_labels(effects[model].columns), y=places, z=values, zmin=-limit,
            zmax=limit, colorscale=colors.diverging, hoverongaps=False, row=1, col=column,
            customdata=np.broadcast_to(np.array(as_labels(labels), dtype=object)[:, None], values.shape),
            hovertemplate=f"%{{customdata}}<br>{as_label(model)}, %{{x}}: %{{z:+.4g}} {unit}<extra></extra>",
            colorbar=color_bar(
                theme, unit, orientation="h", x=float(np.mean(domain)), xanchor="center",
                tickvals=[-limit, 0, limit], ticktext=[f"−{limit:.2g}", "0", f"{limit:.2g}"],
                len=0.9 * (domain[1] - domain[0]), y=1 + 62 / height, yanchor="bottom",
            ) | {"title": {"text": unit, "side": "top", "font": {"size": 11}}},
        )  # fmt: skip
        figure.update_xaxes(showticklabels=widths[column - 1] <= MOST_LABELLED, row=1, col=column)
    apply_style(figure, theme, height, margin={"l": 64, "r": 16, "t": 120, "b": 90})
    figure.update_xaxes(showgrid=False, tickangle=-45, tickfont={"size": 10})
    figure.update_yaxes(
        showgrid=False, range=[len(effects) - 0.5, -0.5], tickvals=places, ticktext=[as_label(text) for text in labels],
        tickfont={"size": 11},
    )  # fmt: skip
    if n_all > most:
        figure.add_annotation(
            x=1, y=0, xref="paper", yref="paper", xanchor="right", yanchor="top", yshift=-60,
            text=f"the {most:,} strongest of {n_all:,}", showarrow=False,
            font={"size": 12, "color": colors.muted},
        )  # fmt: skip
    return figure


def _largest(effects: pd.DataFrame) -> float:
    values = np.abs(effects.to_numpy(np.float64))
    return max(float(values[np.isfinite(values)].max(initial=0.0)), 1e-6)

"""Variants over populations: the three substitutions of one, and the strongest of all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from scx_core.figures.style import Theme, apply_style, empty_figure, palette
from scx_core.figures.text import as_label, as_labels
from scx_core.one_line import NAME

EFFECT_AXIS: Final = "Δ log10 expression (alternative − reference)"
#: A form for each letter, so that colour is free to tell classes or directions.
LETTER_SYMBOLS: Final = {"A": "triangle-up", "C": "circle", "G": "square", "T": "diamond"}

#: Rows of a heat map whose names can be read.
MOST_LABELLED: Final = 60


def class_colors(classes: Iterable[str], theme: Theme) -> dict[str, str]:
    """Give each class of populations a colour; blue and vermilion stay free for more and less.

    Parameters
    ----------
    classes : iterable of str
        In order; beyond six, colours come again.
    theme : "light" or "dark"
    """
    colors = palette(theme)
    free = [color for color in colors.categories if color not in (colors.up, colors.down)]
    return {name: free[place % len(free)] for place, name in enumerate(dict.fromkeys(classes))}


def in_classes(names: Sequence[str], classes: Mapping[str, str]) -> list[str]:
    """Bring the members of a class side by side; classes and members keep their order."""
    first = {group: place for place, group in reversed(list(enumerate(classes_of(names, classes))))}
    return sorted(names, key=lambda name: first[classes.get(name, "")])


def classes_of(names: Iterable[str], classes: Mapping[str, str]) -> list[str]:
    """Give the class of each population, ``""`` where it has none."""
    return [classes.get(name, "") for name in names]


def substitution_figure(
    effects: pd.DataFrame,
    alternative: str,
    order: Sequence[str],
    theme: Theme,
    label: str,
    classes: Mapping[str, str] | None = None,
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
    classes : mapping of str to str, optional
        Class by population: members stand together and have the colour of their class. Without it,
        colour tells the direction of the filled dots.
    """
    colors = palette(theme)
    names = [name for name in order if name in effects.index]
    if not names:
        return empty_figure(theme, "No effect was computed for this variant.")
    if classes:
        names = in_classes(names, classes)
    by_class = class_colors(classes_of(names, classes or {}), theme)
    dots = (
        [by_class[group] for group in classes_of(names, classes or {})] if classes else colors.muted
    )
    shown = as_labels(names)
    figure = go.Figure()
    ordered = [base for base in effects.columns if base != alternative]
    ordered += [alternative] if alternative in effects.columns else []
    size = 11 if len(names) <= 40 else 6
    for base in ordered:
        chosen = base == alternative
        values = effects[base].reindex(names).to_numpy(np.float32)
        color = dots
        if chosen and not classes:
            color = [colors.up if value > 0 else colors.down for value in values]
        symbol = LETTER_SYMBOLS.get(base, "circle") + ("" if chosen else "-open")
        letters = as_label(base)
        label_of_base = f"{letters} (this variant)" if chosen else letters
        figure.add_scatter(
            x=values, y=shown, mode="markers", legendgroup=base, showlegend=False,
            marker={
                "symbol": symbol, "size": size if chosen else size - 2,
                "line": {"width": 0 if chosen else 1.5}, "color": color,
            },
            customdata=[as_label(group) for group in classes_of(names, classes or {})],
            hovertemplate=f"%{{y}} %{{customdata}}<br>to {letters}: %{{x:+.4f}} log10<extra></extra>",
        )  # fmt: skip
        # The legend shows the form alone: colour tells the sign or the class, point by point.
        figure.add_scatter(
            x=[None], y=[shown[0]], mode="markers", legendgroup=base, name=label_of_base,
            marker={"symbol": symbol, "size": 9, "color": colors.text, "line": {"width": 1.5}},
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": colors.muted, "width": 1})
    _name_classes(figure, names, classes or {}, by_class, theme)
    apply_style(
        figure, theme, int(np.clip(22 * len(names) + 110, 260, 900)), showlegend=True,
        legend={
            "orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0,
            "title": {"text": f"To ({label})", "font": {"size": 13, "color": colors.muted}},
        },
    )  # fmt: skip
    # Room for the names of classes, right of the dots.
    longest = min(max((len(group) for group in by_class), default=0), NAME)
    figure.update_layout(margin_r=16 if not longest else 30 + 7 * longest)
    figure.update_xaxes(title_text=EFFECT_AXIS, nticks=7)
    figure.update_yaxes(range=[len(names) - 0.5, -0.5], tickfont={"size": 11})
    return figure


def _name_classes(
    figure: go.Figure,
    names: Sequence[str],
    classes: Mapping[str, str],
    by_class: Mapping[str, str],
    theme: Theme,
) -> None:
    """Name each class beside its rows, and part them by lines."""
    groups = classes_of(names, classes)
    for group, color in by_class.items():
        if not group:
            continue
        first = groups.index(group)
        last = first + groups.count(group) - 1
        if first:
            figure.add_hline(y=first - 0.5, line={"color": palette(theme).grid, "width": 1})
        figure.add_annotation(
            x=1.01, xref="paper", xanchor="left", y=(first + last) / 2, showarrow=False,
            text=f"<span style='color:{color}'>●</span> {as_label(group)}",
        )  # fmt: skip

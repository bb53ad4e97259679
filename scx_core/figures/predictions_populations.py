"""Populations side by side: one gene over them, the model beside baselines, the folds of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.figures.style import Theme, apply_style, empty_figure, palette, translucent
from scx_core.figures.text import as_label, as_labels, exact

#: Populations up to which each has a row with its name.
ROWS: Final = 40
_R: Final = "Pearson r over genes, out of fold"
_WIDE: Final = 460  # height where populations stand side by side
_BOX: Final = 0.32  # half width of a box, in populations


@dataclass(frozen=True)
class PopulationAxis:
    """Where populations stand in a figure: few in rows with names, many side by side.

    Attributes
    ----------
    names : tuple of str
        Populations, from the top or from the left; members of a class stand together.
    classes : mapping
        Class by population; empty where there are none.
    theme : "light" or "dark"
    """

    names: tuple[str, ...]
    classes: Mapping[str, str]
    theme: Theme

    @property
    def rows(self) -> bool:
        """Whether each population has a row with its name."""
        return len(self.names) <= ROWS

    @cached_property
    def groups(self) -> list[tuple[str, list[int]]]:
        """Classes and the places of their members, in order."""
        found: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            found.setdefault(self.classes.get(name, ""), []).append(place)
        return list(found.items())

    @cached_property
    def carried(self) -> NDArray[np.object_]:
        """Name of each population as its points carry it."""
        return np.array([exact(name) for name in self.names], object)

    def color(self, group: str) -> str:
        """Colour of a class; one colour for all where there are too many to tell apart.

        Blue and vermilion are left out: they mean more and less, on every figure.
        """
        colors = palette(self.theme)
        free = [color for color in colors.categories if color not in (colors.up, colors.down)]
        names = [name for name, _ in self.groups]
        if len(names) < 2 or len(names) > len(free):
            return colors.text
        return free[names.index(group)]

    def xy(self, places: Any, values: Any) -> dict[str, Any]:
        """Coordinates of points, for plotly."""
        at, of = np.asarray(places, np.float32), np.asarray(values, np.float32)
        return {"x": of, "y": at} if self.rows else {"x": at, "y": of}

    @property
    def value(self) -> str:
        """What the template of a hover calls the value."""
        return "x" if self.rows else "y"

    def finish(self, figure: go.Figure, title: str, highlight: str | None) -> go.Figure:
        """Set the axes, mark one population, and part the classes."""
        self._mark(figure, highlight)
        height = int(np.clip(22 * len(self.names) + 130, 240, 900)) if self.rows else _WIDE
        apply_style(
            figure, self.theme, height, showlegend=True, dragmode="zoom", hovermode="closest",
            legend={
                "orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 11},
            },
        )  # fmt: skip
        if self.rows:
            figure.update_xaxes(title_text=title)
            figure.update_yaxes(
                range=[len(self.names) - 0.5, -0.5], showgrid=False, tickfont={"size": 11},
                tickmode="array", tickvals=list(range(len(self.names))), ticktext=as_labels(self.names),
            )  # fmt: skip
            return figure
        figure.update_yaxes(title_text=title)
        figure.update_xaxes(
            range=[-1, len(self.names)], showgrid=False, ticks="", **self._class_ticks()
        )
        return figure

    def _class_ticks(self) -> dict[str, Any]:
        """Name the classes below their members; names of neighbours would lie on each other."""
        if len(self.groups) < 2:
            return {"showticklabels": False, "title_text": f"{len(self.names)} populations"}
        return {
            "tickmode": "array", "tickvals": [float(np.mean(places)) for _, places in self.groups],
            "ticktext": as_labels(name or "other" for name, _ in self.groups), "tickangle": -35,
            "title_text": f"{len(self.names)} populations, by class",
        }  # fmt: skip

    def _mark(self, figure: go.Figure, highlight: str | None) -> None:
        colors = palette(self.theme)
        add_line = figure.add_hline if self.rows else figure.add_vline
        along = "y" if self.rows else "x"
        for _, places in self.groups[1:]:
            add_line(**{along: min(places) - 0.5}, line={"color": colors.grid, "width": 1})
        if highlight in self.names:
            place = self.names.index(str(highlight))
            add_band = figure.add_hrect if self.rows else figure.add_vrect
            add_band(
                **{f"{along}0": place - 0.5, f"{along}1": place + 0.5},
                fillcolor=colors.accent, opacity=0.15, line_width=0,
            )  # fmt: skip
            if not self.rows:
                figure.add_annotation(
                    x=place, y=1, yref="paper", text=f"<b>{as_label(highlight)}</b>", showarrow=False,
                    yanchor="top", xanchor="left" if place < len(self.names) / 2 else "right",
                    bgcolor=colors.ground, borderpad=2,
                )  # fmt: skip


def gene_figure(
    observed: pd.Series,
    predicted: pd.Series,
    order: Sequence[str],
    unit: str,
    theme: Theme,
    highlight: str | None = None,
    classes: Mapping[str, str] | None = None,
) -> go.Figure:
    """Observed and predicted expression of one gene in every population, coloured by class.

    Parameters
    ----------
    observed, predicted : Series
        log10 expression by population; ``predicted`` may hold fewer populations.
    order : sequence of str
        Populations, from the top or from the left; those of a class together.
    unit : str
        Of the values, for the axis.
    theme : "light" or "dark"
    highlight : str, optional
        Population to mark.
    classes : mapping, optional
        Class by population.

    Returns
    -------
    Figure
        Markers carry ``customdata = population``.
    """
    names = tuple(name for name in order if name in observed.index)
    if not names:
        return empty_figure(theme, "This gene has no values in the populations of the model.")
    axis = PopulationAxis(names, classes or {}, theme)
    colors = palette(theme)
    truth = observed.reindex(list(names)).to_numpy(np.float32)
    guess = predicted.reindex(list(names)).to_numpy(np.float32)
    figure = go.Figure()
    places = np.arange(len(names))
    gap = np.full(len(names), np.nan, dtype=np.float32)
    figure.add_scatter(
        **axis.xy(np.repeat(places, 3), np.column_stack([truth, guess, gap]).ravel()),
        mode="lines", line={"color": translucent(colors.muted, 0.4), "width": 1.5},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    size = 9 if axis.rows else 6
    for label, values, symbol in (
        ("observed", truth, "circle"), ("predicted", guess, "diamond-open"),
    ):  # fmt: skip
        for group, members in axis.groups:
            color = axis.color(group)
            chosen = np.array(members)
            figure.add_scatter(
                **axis.xy(chosen, values[chosen]), mode="markers",
                customdata=axis.carried[chosen],
                name=", ".join(part for part in (as_label(group), label) if part),
                # Forms are told once, colours once.
                showlegend=len(axis.groups) == 1 or label == "observed",
                marker={"color": color, "symbol": symbol, "size": size, "line": {"width": 1.5, "color": color}},
                hovertemplate=f"%{{customdata}}{f' ({as_label(group)})' if group else ''}<br>{label} "
                f"%{{{axis.value}:.2f}}<extra></extra>",
            )  # fmt: skip
    if len(axis.groups) > 1:
        _tell_forms(figure, colors.text, size)
        for trace in figure.data:
            trace.name = str(trace.name).removesuffix(", observed").removesuffix(", predicted")
    return axis.finish(figure, f"Expression, {unit}", highlight)


def _tell_forms(figure: go.Figure, color: str, size: int) -> None:
    """Say in the legend what filled and open markers are."""
    for label, symbol in (("observed", "circle"), ("predicted", "diamond-open")):
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=label, hoverinfo="skip",
            marker={"color": color, "symbol": symbol, "size": size, "line": {"width": 1.5, "color": color}},
        )  # fmt: skip


def performance_figure(
    scores: pd.DataFrame,
    order: Sequence[str],
    theme: Theme,
    highlight: str | None = None,
    classes: Mapping[str, str] | None = None,
) -> go.Figure:
    """Correlation of model and baselines with the truth in every population.

    Parameters
    ----------
    scores : DataFrame, populations x methods
        Pearson r; the first column is the model, the others are baselines.
    order : sequence of str
        Populations, from the top or from the left.
    theme : "light" or "dark"
    highlight : str, optional
        Population to mark.
    classes : mapping, optional
        Class by population.

    Returns
    -------
    Figure
        Markers carry ``customdata = population``.
    """
    axis = PopulationAxis(tuple(n for n in order if n in scores.index), classes or {}, theme)
    if not axis.names:
        return empty_figure(theme, "No population of this model has a correlation.")
    colors = palette(theme)
    figure = go.Figure()
    symbols = ("circle", "circle-open", "square-open", "triangle-up-open", "x-thin-open")
    places = np.arange(len(axis.names))
    for place, method in enumerate(scores.columns):
        color = colors.accent if place == 0 else colors.muted
        figure.add_scatter(
            **axis.xy(places, scores[method].reindex(list(axis.names))), mode="markers",
            name=str(method), customdata=axis.carried,
            marker={
                "color": color, "size": 9 if axis.rows else 6,
                "symbol": symbols[min(place, len(symbols) - 1)],
                "line": {"width": 1.5, "color": color},
            },
            hovertemplate=f"%{{customdata}}<br>{method}: r = %{{{axis.value}:.3f}}<extra></extra>",
        )  # fmt: skip
    return axis.finish(figure, _R, highlight)


def folds_figure(
    by_fold: pd.DataFrame,
    order: Sequence[str],
    theme: Theme,
    highlight: str | None = None,
    classes: Mapping[str, str] | None = None,
) -> go.Figure:
    """Box of each population over its folds; a point is the test genes of one fold.

    Boxes span the quartiles, with a line at the median; whiskers reach the farthest point within
    1.5 times the box. With fewer than four folds, points alone.

    Parameters
    ----------
    by_fold : DataFrame
        See `scx_core.evaluate.evaluate_by_fold`.
    order : sequence of str
        Populations, from the top or from the left; those of a class together.
    theme : "light" or "dark"
    highlight : str, optional
        Population to mark.
    classes : mapping, optional
        Class by population.

    Returns
    -------
    Figure
        Markers carry ``customdata = (population, fold, genes)``.

    Notes
    -----
    Source of the layout: scXpresso, Figures 1C-E and 4B.
    """
    known = by_fold.dropna(subset=["pearson"])
    present = set(known["population"])
    axis = PopulationAxis(tuple(n for n in order if n in present), classes or {}, theme)
    if not axis.names:
        return empty_figure(theme, "No fold of this model has a correlation.")
    figure = go.Figure()
    table = known.pivot_table(index="population", columns="fold", values="pearson", aggfunc="first")
    values = table.reindex(list(axis.names)).to_numpy(np.float64)
    boxed = values.shape[1] >= 4
    for group, members in axis.groups:
        color = axis.color(group)
        if boxed:
            _add_boxes(figure, axis, values, members, color)
        rows = known[known["population"].isin([axis.names[place] for place in members])]
        at = rows["population"].map({name: place for place, name in enumerate(axis.names)})
        # A fold stands at the same side in every population, so that its points can be followed.
        order_of_fold = rows["fold"].rank(method="dense").to_numpy() - 1
        shift = (order_of_fold / max(values.shape[1] - 1, 1) - 0.5) * (0.4 if boxed else 0.0)
        figure.add_scatter(
            **axis.xy(at.to_numpy() + shift, rows["pearson"]), mode="markers",
            name=as_label(group) or "one fold", showlegend=bool(group),
            customdata=rows[["population", "fold", "n"]]
            .assign(population=rows["population"].map(exact))
            .to_numpy(object),
            marker={"color": translucent(color, 0.75), "size": (6 if axis.rows else 4) - boxed},
            hovertemplate="%{customdata[0]}, fold %{customdata[1]} (%{customdata[2]:,} genes)"
            f"<br>r = %{{{axis.value}:.3f}}<extra></extra>",
        )  # fmt: skip
    axis.finish(figure, "Pearson r over the test genes of a fold", highlight)
    figure.update_layout(showlegend=len(axis.groups) > 1)
    return figure


def box_of(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lower whisker, quartile, median, quartile, upper whisker (Tukey); NaN does not count."""
    known = values[np.isfinite(values)]
    if not known.size:
        return np.full(5, np.nan)
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75])
    reach = 1.5 * (high - low)
    inside = known[(known >= low - reach) & (known <= high + reach)]
    # Quartiles lie between points: a whisker must not end inside the box.
    return np.array([min(inside.min(), low), low, middle, high, max(inside.max(), high)])


def _add_boxes(
    figure: go.Figure,
    axis: PopulationAxis,
    values: NDArray[np.float64],
    members: Sequence[int],
    color: str,
) -> None:
    """Draw the boxes of a class as one shape, whiskers and medians as one line."""
    corners: list[tuple[float, float]] = []
    strokes: list[tuple[float, float]] = []
    gap = (np.nan, np.nan)
    for place in members:
        low, first, middle, third, high = box_of(values[place])
        left, right = place - _BOX, place + _BOX
        corners += [
            (left, first),
            (right, first),
            (right, third),
            (left, third),
            (left, first),
            gap,
        ]
        strokes += [(place, low), (place, first), gap, (place, third), (place, high), gap]
        strokes += [(left, middle), (right, middle), gap]
    for points, fill, width in ((corners, "toself", 1.0), (strokes, "none", 1.5)):
        at, of = np.array(points).T
        figure.add_scatter(
            **axis.xy(at, of), mode="lines", fill=fill, fillcolor=translucent(color, 0.15),
            line={"color": color, "width": width}, hoverinfo="skip", showlegend=False,
        )  # fmt: skip

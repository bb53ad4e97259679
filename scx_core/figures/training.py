"""How training goes: losses of every fold and run, epoch by epoch.

Curves are told apart by strength and line, not by blue and vermilion: those mean up and down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.figures.style import Theme, apply_style, empty_figure, palette, translucent
from scx_core.figures.text import as_label

#: Panels drawn at once; more cannot be read.
MOST_PANELS: Final = 100
_FEW_COLUMNS, _MANY_COLUMNS, _MANY_UNITS = 5, 10, 25
#: A loss of more than ten times the median is drawn at the top of its panel, which is three times
#: the median then: one bad epoch would flatten all other curves.
_WILD, _CUT_AT = 10.0, 3.0
#: Width of the gap between panels, in panels.
_GAP_X: Final = 0.08
_TOLD: Final = ("epoch", "validation_loss", "train_loss", "learning_rate")
_NAME_HEIGHT: Final = 24  # pixels of the strip above a panel

Unit = tuple[int, int]


def shown_units(units: Sequence[Unit], started: Sequence[Unit]) -> list[Unit]:
    """Choose the panels to draw: all, or the last hundred that have begun.

    Parameters
    ----------
    units : sequence of (fold, run)
        All that will be trained, in order.
    started : sequence of (fold, run)
        Those with an epoch.
    """
    if len(units) <= MOST_PANELS:
        return list(units)
    begun = set(started)
    last = max((place for place, unit in enumerate(units) if unit in begun), default=0)
    first = max(0, min(last - MOST_PANELS + 6, len(units) - MOST_PANELS))
    return list(units[first : first + MOST_PANELS])


@dataclass(frozen=True)
class _Grid:
    """Where each unit's panel lies in one pair of axes; a panel is one unit wide and high."""

    units: Sequence[Unit]
    epochs: int
    columns: int
    places: dict[Unit, tuple[int, int]]
    low: float
    high: float

    @property
    def wide(self) -> bool:
        return self.columns <= _FEW_COLUMNS

    @property
    def rows(self) -> int:
        return 1 + max(row for row, _ in self.places.values())

    @property
    def row_height(self) -> int:
        """Pixels of a panel."""
        return {1: 170, 2: 118, 3: 100}.get(self.rows, 84) if self.wide else 56

    @property
    def gap_y(self) -> float:
        """Height of the strip with the names, in panels."""
        return _NAME_HEIGHT / self.row_height

    def left(self, unit: Unit) -> float:
        return self.places[unit][1] * (1 + _GAP_X)

    def floor(self, unit: Unit) -> float:
        return -self.places[unit][0] * (1 + self.gap_y)

    def x(self, unit: Unit, epoch: NDArray[Any]) -> NDArray[np.float64]:
        return self.left(unit) + (epoch - 0.5) / max(self.epochs, 1)

    def y(self, unit: Unit, loss: NDArray[Any]) -> NDArray[np.float64]:
        share = (loss - self.low) / (self.high - self.low)
        return self.floor(unit) + np.clip(share, 0, 1)


def loss_figure(
    history: pd.DataFrame,
    units: Sequence[Unit],
    epochs: int,
    theme: Theme,
    *,
    fold_names: Mapping[int, str] | None = None,
    loss: str = "MSE of z-scores",
) -> go.Figure:
    """Training and validation loss by epoch, a small panel for each fold and run.

    All panels lie in one pair of axes, as a handful of lines: a hundred pairs of axes would take
    the browser seconds at each epoch.

    Parameters
    ----------
    history : DataFrame
        ``fold, run, epoch, train_loss, validation_loss``, and where known ``learning_rate,
        attempt`` (from 0; a collapsed attempt is started anew).
    units : sequence of (fold, run)
        Panels, in order; those without an epoch stay empty.
    epochs : int
        Length of the shared axis.
    theme : "light" or "dark"
    fold_names : mapping, optional
        Name by number of a fold, such as its chromosome.
    loss : str
        What the loss is.
    """
    units = shown_units(units, _units_of(history))
    if history.empty or not units:
        return empty_figure(theme, "The first epoch has not finished yet.", 120)
    wanted = pd.MultiIndex.from_tuples(units)
    rows = pd.MultiIndex.from_frame(history[["fold", "run"]]).isin(wanted)
    history = with_attempts(history[rows])
    grid = _lay_out(history, units, epochs)
    figure = go.Figure()
    _add_ground(figure, grid, theme)
    _add_curves(figure, history, grid, theme, fold_names or {})
    _add_names(figure, history, grid, theme, fold_names or {})
    _finish_grid(figure, grid, theme, loss)
    return figure


def _units_of(history: pd.DataFrame) -> list[Unit]:
    if history.empty:
        return []
    pairs = history[["fold", "run"]].drop_duplicates().to_numpy(int)
    return [(int(fold), int(run)) for fold, run in pairs]


def with_attempts(history: pd.DataFrame) -> pd.DataFrame:
    """Complete a history's columns, and mark the epochs of attempts that were given up.

    Parameters
    ----------
    history : DataFrame
        ``fold, run, epoch`` and perhaps ``attempt, learning_rate``.

    Returns
    -------
    DataFrame
        Sorted; with ``attempt, learning_rate`` and ``given_up`` (bool): a later attempt exists.
    """
    history = history.copy()
    for column, value in (("attempt", 0), ("learning_rate", np.nan)):
        if column not in history:
            history[column] = value
    last = history.groupby(["fold", "run"])["attempt"].transform("max")
    history["given_up"] = history["attempt"] < last
    return history.sort_values(["fold", "run", "attempt", "epoch"])


def _lay_out(history: pd.DataFrame, units: Sequence[Unit], epochs: int) -> _Grid:
    folds = list(dict.fromkeys(fold for fold, _ in units))
    runs = max(sum(fold == unit[0] for unit in units) for fold in folds)
    most = _FEW_COLUMNS if len(units) <= _MANY_UNITS else _MANY_COLUMNS
    across = max(1, min(most // runs, len(folds)))  # folds beside each other
    high = -(-runs // most)  # rows of a fold
    places = {}
    for number, fold in enumerate(folds):
        members = [unit for unit in units if unit[0] == fold]
        for place, unit in enumerate(members):
            row = number // across * high + place // most
            places[unit] = (row, number % across * runs + place % most)
    columns = 1 + max(column for _, column in places.values())
    values = history[["train_loss", "validation_loss"]].to_numpy(float)
    values = values[np.isfinite(values)]
    low, top = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if values.size and top > _WILD * np.median(values):
        top = _CUT_AT * float(np.median(values))
    pad = 0.06 * max(top - low, 1e-3)
    longest = max(epochs, int(history["epoch"].max()))
    return _Grid(units, longest, columns, places, max(low - pad, 0.0), top + pad)


def joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Join lines into one trace, with a gap (NaN) after each."""
    if not parts:
        return np.empty(0)
    gap = np.full((1, *parts[0].shape[1:]), np.nan, dtype=parts[0].dtype)
    return np.concatenate([piece for part in parts for piece in (part, gap)])


def _add_ground(figure: go.Figure, grid: _Grid, theme: Theme) -> None:
    """Give each panel its ground; empty ones show what is still to come."""
    left = np.array([grid.left(unit) for unit in grid.units])
    floor = np.array([grid.floor(unit) for unit in grid.units])
    nothing = np.full(len(left), np.nan)
    figure.add_scatter(
        x=np.column_stack([left, left + 1, left + 1, left, left, nothing]).ravel(),
        y=np.column_stack([floor, floor, floor + 1, floor + 1, floor, nothing]).ravel(),
        mode="lines", fill="toself", line={"width": 0}, hoverinfo="skip", showlegend=False,
        fillcolor=translucent(palette(theme).region, 0.08),
    )  # fmt: skip


def _add_curves(
    figure: go.Figure,
    history: pd.DataFrame,
    grid: _Grid,
    theme: Theme,
    fold_names: Mapping[int, str],
) -> None:
    colors = palette(theme)
    kept = _lines(history[~history["given_up"]])
    given_up = _lines(history[history["given_up"]])
    kinds = (
        (given_up, "validation_loss", "given up: collapsed", colors.region, 1.0, "dot"),
        (kept, "train_loss", "training genes", colors.region, 1.2, "solid"),
        (kept, "validation_loss", "validation genes", colors.text, 1.8, "solid"),
    )
    for lines, field, name, color, width, dash in kinds:
        if lines:
            short = all(len(line) == 1 for line in lines)
            told = field == "validation_loss"  # of both
            figure.add_scatter(
                **_places(lines, grid, field), name=name,
                mode="lines+markers" if short else "lines", connectgaps=False,
                line={"color": color, "width": width, "dash": dash}, marker={"size": 4},
                **_told(lines, fold_names) if told else {"hoverinfo": "skip"},
            )  # fmt: skip
    _add_marks(figure, kept, grid, theme, fold_names)


def _lines(history: pd.DataFrame) -> list[pd.DataFrame]:
    return [line for _, line in history.groupby(["fold", "run", "attempt"], sort=False)]


def _add_marks(
    figure: go.Figure,
    kept: Sequence[pd.DataFrame],
    grid: _Grid,
    theme: Theme,
    fold_names: Mapping[int, str],
) -> None:
    """Mark where the learning rate fell, at the foot of the panel, and the best epoch so far."""
    colors = palette(theme)
    falls = [line[line["learning_rate"].diff() < 0] for line in kept]
    falls = [line for line in falls if len(line)]
    best = [
        line.loc[[line["validation_loss"].idxmin()]]
        for line in kept if line["validation_loss"].notna().any()
    ]  # fmt: skip
    marks = (
        (falls, "learning rate fell", "learning_rate", "line-ns-open", colors.muted, 7),
        (best, "best epoch, kept", "validation_loss", "circle-open", colors.text,
         8 if grid.wide else 6),
    )  # fmt: skip
    for lines, name, field, symbol, color, size in marks:
        if not lines:
            continue
        where = _places(lines, grid, field)
        if field == "learning_rate":
            where["y"] = joined(
                [np.full(len(line), grid.floor(_unit(line)) + 0.09) for line in lines]
            )
        figure.add_scatter(
            **where, name=name, mode="markers",
            marker={"symbol": symbol, "size": size, "color": color, "line": {"width": 1.4}},
            **_told(lines, fold_names),
        )  # fmt: skip


def _unit(frame: pd.DataFrame) -> Unit:
    return int(frame["fold"].iloc[0]), int(frame["run"].iloc[0])


def _places(frames: Sequence[pd.DataFrame], grid: _Grid, field: str) -> dict[str, Any]:
    """Coordinates of lines in the grid."""
    x = [grid.x(_unit(frame), frame["epoch"].to_numpy(float)) for frame in frames]
    y = [grid.y(_unit(frame), frame[field].to_numpy(float)) for frame in frames]
    return {"x": joined(x).astype(np.float32), "y": joined(y).astype(np.float32)}


def _told(frames: Sequence[pd.DataFrame], fold_names: Mapping[int, str]) -> dict[str, Any]:
    """Give what a pointer on lines tells; as numbers, for texts would be most of what is sent."""
    values = [
        np.column_stack([frame["fold"], frame["run"] + 1, frame[list(_TOLD)]]).astype(np.float32)
        for frame in frames
    ]
    named = any(name != str(fold) for fold, name in fold_names.items())
    fold = "" if named else "fold %{customdata[0]}, "  # a name stands above the panel
    return {
        "customdata": joined(values),
        "hovertemplate": f"{fold}run %{{customdata[1]}}, epoch %{{customdata[2]}}<br>validation "
        "%{customdata[3]:.4g}, training %{customdata[4]:.4g}<br>learning rate "
        "%{customdata[5]:.2g}<extra></extra>",
    }


def _fold_name(fold: int, names: Mapping[int, str]) -> str:
    name = names.get(fold, str(fold))
    return as_label(name) if name != str(fold) else f"fold {fold}"


def _add_names(
    figure: go.Figure,
    history: pd.DataFrame,
    grid: _Grid,
    theme: Theme,
    fold_names: Mapping[int, str],
) -> None:
    """Name the panels; a run that was started anew says how often."""
    restarts = history.groupby(["fold", "run"])["attempt"].max()
    runs = max(run for _, run in grid.units) + 1
    names, anew = [], []
    for fold, run in grid.units:
        # In a dense grid the first run names its fold.
        parts = (
            [_fold_name(fold, fold_names)]
            if grid.wide or (fold, run - 1) not in grid.places
            else []
        )
        if grid.wide and runs > 1:
            parts.append(f"run {run + 1}")
        names.append(" · ".join(parts))
        times = int(restarts.get((fold, run), 0))
        anew.append(f"{times}× anew" if times else "")
    left = np.array([grid.left(unit) for unit in grid.units])
    top = np.array([grid.floor(unit) + 1 for unit in grid.units])
    for x, texts, place in ((left, names, "top right"), (left + 1, anew, "bottom left")):
        figure.add_scatter(
            x=x, y=top, text=texts, mode="text", textposition=place, hoverinfo="skip",
            showlegend=False, textfont={"size": 11, "color": palette(theme).muted},
            cliponaxis=False,
        )  # fmt: skip


def _finish_grid(figure: go.Figure, grid: _Grid, theme: Theme, loss: str) -> None:
    margin = {"l": 58, "r": 8, "t": 34, "b": 44}
    height = int(grid.rows * (grid.row_height + _NAME_HEIGHT) + margin["t"] + margin["b"])
    apply_style(
        figure, theme, height, showlegend=True, margin=margin, hovermode="closest",
        dragmode="zoom",
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "top", "yref": "container",
                "font": {"size": 12}, "itemclick": False, "itemdoubleclick": False},
    )  # fmt: skip
    columns = range(grid.columns)
    ends = sorted({1, grid.epochs}) if grid.wide else [grid.epochs]
    figure.update_xaxes(
        range=[-0.01, grid.columns * (1 + _GAP_X) - _GAP_X + 0.01], showgrid=False, title_text="Epoch",
        tickmode="array", ticks="", title_standoff=4,
        tickvals=[c * (1 + _GAP_X) + (epoch - 0.5) / grid.epochs for c in columns for epoch in ends],
        ticktext=[str(epoch) for _ in columns for epoch in ends],
        tickfont={"size": 11, "color": palette(theme).muted}, tickangle=0,
    )  # fmt: skip
    levels = _round_levels(grid.low, grid.high, 3 if grid.wide else 2)
    figure.update_yaxes(
        range=[-(grid.rows - 1) * (1 + grid.gap_y) - 0.02, 1 + grid.gap_y], showgrid=False,
        title_text=f"Loss ({loss})", tickmode="array", ticks="",
        tickvals=[
            -r * (1 + grid.gap_y) + (level - grid.low) / (grid.high - grid.low)
            for r in range(grid.rows) for level in levels
        ],
        ticktext=[f"{level:g}" for _ in range(grid.rows) for level in levels],
        tickfont={"size": 11, "color": palette(theme).muted},
    )  # fmt: skip


def _round_levels(low: float, high: float, count: int) -> list[float]:
    """Round numbers between two values, at most ``count``."""
    span = high - low
    magnitude = 10.0 ** np.floor(np.log10(span))
    for step in (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0):
        first = int(np.ceil(low / (step * magnitude) - 1e-9))
        last = int(np.floor(high / (step * magnitude) + 1e-9))
        if 1 <= last - first + 1 <= count:
            return [round(number * step * magnitude, 10) for number in range(first, last + 1)]
    return [float(f"{low + span / 2:.2g}")]

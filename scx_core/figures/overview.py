"""A gene's whole window: strongest substitutions, regions beneath, all populations."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from scx_core.figures.ccre_classes import ccre_class
from scx_core.figures.exons import add_exons
from scx_core.figures.gene_track import TrackKind, add_track, make_track
from scx_core.figures.genome_axis import add_genome_axis
from scx_core.figures.style import Theme, apply_style, palette, translucent
from scx_core.figures.text import as_label, as_labels
from scx_core.one_line import NAME

EFFECT_LABEL: Final = "Δ log10 expression"
POSITION_LABEL: Final = "Position relative to TSS (bp)"
_MAX_LABELLED: Final = 40  # populations whose names fit beside a heat map
_LINE: Final = 11  # pixels that a name needs


def overview_figure(
    effects: NDArray[np.floating],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    pooled: pd.DataFrame,
    regions: pd.DataFrame,
    theme: Theme,
    region: tuple[int, int] | None = None,
    *,
    kind: TrackKind = "strongest",
    spread: NDArray[np.floating] | None = None,
    decreases: NDArray[np.floating] | None = None,
    groups: Sequence[str] = (),
    chromosome: str = "",
    label: str = EFFECT_LABEL,
    exons: pd.DataFrame | None = None,
) -> go.Figure:
    """Draw a whole window: strongest substitution per position, regions, all populations.

    Parameters
    ----------
    effects : ndarray, shape (length, 4)
        Effects of the substitutions in one population (log10); the reference base is 0.
    positions, genome_positions : ndarray, shape (length,)
        Relative to the TSS, and on the chromosome (1-based).
    pooled : DataFrame, populations x bins
        From `pool_populations`; its columns are the middles of the bins. May have no rows.
    regions : DataFrame
        From `regions_in_window`; may be empty.
    theme : "light" or "dark"
    region : (int, int), optional
        First and last position of the region shown at base level; marked on the track.
    kind : {"strongest", "all", "mean"}
        What the track shows of a position's three substitutions.
    spread : ndarray, shape (length, 4), optional
        Standard deviation over runs, drawn as a band around the track.
    decreases : ndarray, shape (length, 4), optional
        Draws a second track beneath the first: ``effects`` are then of substitutions that raise
        expression, and these of substitutions that lower it; see
        `scx_core.mutagenesis.comparison.PopulationDifference`.
    groups : sequence of str, optional
        Class of each row of ``pooled``; rows of a class stand together.
    chromosome : str, optional
        Draws a second axis in its coordinates.
    label : str
        Title of the effect axis.
    exons : DataFrame, optional
        From `scx_core.figures.exons.exons_in_window`: a lane above the regions.
    """
    colors = palette(theme)
    classes = sorted(regions["region_class"].unique()) if len(regions) else []
    has_exons = exons is not None and len(exons) > 0
    lanes = [*classes, "exons"] if has_exons else classes
    rows = len(pooled)
    tracks = [effects] if decreases is None else [effects, decreases]
    panels = _Panels(len(tracks))
    heights = [
        *[190 if decreases is None else 130] * len(tracks),
        16 * len(lanes) + 8 if lanes else 1,
        heat_map_height(rows) if rows else 1,
    ]
    figure = make_subplots(
        rows=panels.populations, cols=1, shared_xaxes=True, row_heights=heights,
        vertical_spacing=14 / (sum(heights) + 14 * (panels.populations - 1)),
    )  # fmt: skip
    for row, values in enumerate(tracks, 1):
        track = make_track(values, kind, spread)
        add_track(figure, track, positions, genome_positions, theme, row)
    _add_regions(figure, regions, classes, theme, panels)
    if exons is not None and has_exons:
        add_exons(figure, exons, len(positions), theme, row=panels.regions, level=len(classes))
    if rows:
        _add_populations(figure, pooled, theme, panels)
    named = _add_groups(figure, groups, heights[-1], theme, panels) if rows and any(groups) else 0
    for row in range(1, panels.tracks + 1):
        if region is not None:
            figure.add_vrect(
                x0=region[0] - 0.5, x1=region[1] + 0.5, row=row, col=1, layer="below",
                fillcolor=translucent(colors.accent, 0.12), line_width=0,
            )  # fmt: skip
        figure.add_vline(x=0, line={"color": colors.text, "width": 1}, row=row, col=1)
    if decreases is not None:
        _name_tracks(figure)
    figure.add_annotation(
        x=0, y=1, yref="y domain", text="TSS ⟶", showarrow=False, xanchor="left",
        yanchor="top" if chromosome else "bottom", xshift=3,
    )  # fmt: skip
    top = 52 if chromosome else 34
    apply_style(
        figure, theme, sum(heights) + 84 + top, dragmode="select", selectdirection="h",
        margin={"l": 64, "r": 16 + named, "t": top, "b": 56},
        newselection={"line": {"color": colors.accent, "width": 1, "dash": "solid"}},
        activeselection={"fillcolor": colors.accent, "opacity": 0.12},
    )  # fmt: skip
    _shape_axes(figure, positions, lanes, rows, label, panels)
    if chromosome:
        add_genome_axis(
            figure, positions, genome_positions, chromosome, theme,
            matches=f"x{panels.populations}",
        )  # fmt: skip
    return figure


@dataclass(frozen=True)
class _Panels:
    """Rows of the figure, from 1: the tracks, the regions, the populations."""

    tracks: int

    @property
    def regions(self) -> int:
        return self.tracks + 1

    @property
    def populations(self) -> int:
        return self.tracks + 2


def _name_tracks(figure: go.Figure) -> None:
    for axis, name in (("", "increases"), ("2", "decreases")):
        figure.add_annotation(
            text=name, x=1, xref=f"x{axis} domain", xanchor="right", y=1, yref=f"y{axis} domain",
            yanchor="top", showarrow=False,
        )  # fmt: skip


def heat_map_height(rows: int) -> int:
    """Height in pixels that lets the names of ``rows`` populations be read, if they can be."""
    return int(np.clip(15 * rows, 60, 300))


def _add_regions(
    figure: go.Figure, regions: pd.DataFrame, classes: list[str], theme: Theme, panels: _Panels
) -> None:
    colors = palette(theme)
    for level, region_class in enumerate(classes):
        members = regions[regions["region_class"] == region_class]
        known = ccre_class(region_class)
        color, opacity = (known.color, 1.0) if known else (colors.region, 0.75)
        told = as_label(f"{region_class}, {known.meaning}" if known else region_class)
        gap = np.full(len(members), np.nan)
        start, end = (members[column].to_numpy(float) - 0.5 for column in ("start", "end"))
        bottom, top = np.full(len(members), level - 0.32), np.full(len(members), level + 0.32)
        x = np.column_stack([start, end, end, start, start, gap]).ravel()
        y = np.column_stack([bottom, bottom, top, top, bottom, gap]).ravel()
        figure.add_scatter(
            x=x, y=y, mode="lines", fill="toself", fillcolor=translucent(color, opacity),
            line={"width": 0}, hoverinfo="skip", row=panels.regions, col=1,
        )  # fmt: skip
        figure.add_scatter(
            x=(start + end) / 2, y=np.full(len(members), level), mode="markers",
            marker={"size": 10, "opacity": 0}, customdata=members[["name", "where"]].map(as_label).to_numpy(),
            hovertemplate=f"{told}<br>%{{customdata[0]}}<br>%{{customdata[1]}}"
            "<extra></extra>",
            row=panels.regions, col=1,
        )  # fmt: skip
    spans = zip(regions["start"], regions["end"], strict=True) if classes else ()
    for (start, end), row in itertools.product(spans, range(1, panels.tracks + 1)):
        figure.add_vrect(
            x0=start - 0.5, x1=end - 0.5, row=row, col=1, layer="below",
            fillcolor=translucent(colors.region, 0.13), line_width=0,
        )  # fmt: skip


def _add_populations(
    figure: go.Figure, pooled: pd.DataFrame, theme: Theme, panels: _Panels
) -> None:
    colors = palette(theme)
    limit = max(float(np.abs(pooled.to_numpy()).max()), 1e-6)
    figure.add_heatmap(
        x=pooled.columns.to_numpy(np.float32), y=as_labels(pooled.index),
        z=pooled.to_numpy(np.float32), zmin=-limit, zmax=limit, colorscale=colors.diverging,
        showscale=False, row=panels.populations, col=1,
        hovertemplate="%{y}<br>about %{x:,.0f} bp from TSS<br>%{z:+.3f} log10<extra></extra>",
    )  # fmt: skip


def _add_groups(
    figure: go.Figure, groups: Sequence[str], height: int, theme: Theme, panels: _Panels
) -> int:
    """Divide the heat map by class and name the classes; give the room that the names take."""
    colors = palette(theme)
    start, widest = 0, 0
    for name, members in itertools.groupby(groups):
        count = len(list(members))
        if start:
            figure.add_hline(
                y=start - 0.5,
                line={"color": colors.text, "width": 1},
                row=panels.populations,
                col=1,
            )
        if name and height * count / len(groups) >= _LINE:
            figure.add_annotation(
                text=as_label(name), x=1, xref=f"x{panels.populations} domain", xanchor="left",
                y=start + (count - 1) / 2, yref=f"y{panels.populations}", showarrow=False, xshift=4,
            )  # fmt: skip
            widest = max(widest, min(len(name), NAME))
        start += count
    return 6 * widest + 4


def _shape_axes(
    figure: go.Figure,
    positions: NDArray[np.integer],
    lanes: list[str],
    rows: int,
    label: str,
    panels: _Panels,
) -> None:
    ends = [int(positions[0]) - 1, int(positions[-1]) + 1]
    figure.update_xaxes(range=ends, showgrid=False, tickformat=",d", ticks="")
    for row in range(1, panels.tracks + 1):
        figure.update_yaxes(title_text=label, row=row, col=1, zeroline=False, nticks=5)
    figure.update_yaxes(
        row=panels.regions, col=1, showgrid=False, fixedrange=True,
        tickvals=list(range(len(lanes))), ticktext=as_labels(lanes),
        range=[-0.6, max(len(lanes) - 0.4, 0.4)], visible=bool(lanes),
    )  # fmt: skip
    figure.update_yaxes(
        row=panels.populations, col=1, autorange="reversed", showgrid=False, fixedrange=True, visible=bool(rows),
        showticklabels=rows <= _MAX_LABELLED, tickfont={"size": 11}, dtick=1, ticks="",
    )  # fmt: skip
    last = panels.populations if rows else panels.regions if lanes else panels.tracks
    for row in range(1, panels.populations + 1):
        figure.update_xaxes(row=row, col=1, showticklabels=row == last)
    figure.update_xaxes(row=last, col=1, title_text=POSITION_LABEL)

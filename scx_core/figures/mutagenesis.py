"""Mutagenesis of one gene: the whole window, and a region at base level."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from scx_core.figures.glyphs import letters_path
from scx_core.figures.pooling import bin_size, largest_effect, pool_largest
from scx_core.figures.style import Theme, apply_style, color_bar, palette, translucent
from scx_core.sequence.alphabet import BASES, CODE_LETTERS

EFFECT_LABEL: Final = "Δ log10 expression"
POSITION_LABEL: Final = "Position relative to TSS (bp); upstream is left"
MAX_DETAIL: Final = 1000  # base pairs of a region drawn at base level
_MAX_LABELLED: Final = 40  # populations whose names fit beside a heat map


def overview_figure(
    effects: NDArray[np.floating],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    pooled: pd.DataFrame,
    regions: pd.DataFrame,
    theme: Theme,
    region: tuple[int, int] | None = None,
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
        ``start``, ``end`` (relative to the TSS, half-open), ``name``, ``region_class``: what
        `regions_in_window` returns. May be empty.
    theme : "light" or "dark"
    region : (int, int), optional
        First and last position of the region shown at base level; marked on the track.
    """
    colors = palette(theme)
    classes = sorted(regions["region_class"].unique()) if len(regions) else []
    rows = len(pooled)
    heights = [190, 16 * len(classes) + 8 if classes else 1, heat_map_height(rows) if rows else 1]
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=14 / (sum(heights) + 28),
        row_heights=heights,
    )  # fmt: skip
    _add_track(figure, effects, positions, genome_positions, theme)
    _add_regions(figure, regions, classes, theme)
    if rows:
        _add_populations(figure, pooled, theme)
    if region is not None:
        figure.add_vrect(
            x0=region[0] - 0.5, x1=region[1] + 0.5, row=1, col=1, layer="below",
            fillcolor=translucent(colors.accent, 0.12), line_width=0,
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": colors.text, "width": 1}, row=1, col=1)
    figure.add_annotation(
        x=0, y=1, yref="y domain", text="TSS ⟶", showarrow=False, xanchor="left", yanchor="bottom"
    )
    apply_style(
        figure, theme, sum(heights) + 118, dragmode="select", selectdirection="h",
        margin={"l": 64, "r": 16, "t": 34, "b": 56},
        newselection={"line": {"color": colors.accent, "width": 1, "dash": "solid"}},
        activeselection={"fillcolor": colors.accent, "opacity": 0.12},
    )  # fmt: skip
    _shape_axes(figure, positions, classes, rows)
    return figure


def heat_map_height(rows: int) -> int:
    """Height in pixels that lets the names of ``rows`` populations be read, if they can be."""
    return int(np.clip(15 * rows, 60, 460))


def pool_populations(
    values: NDArray[np.floating],
    positions: NDArray[np.integer],
    populations: Sequence[str],
    order: Sequence[str],
) -> pd.DataFrame:
    """Pool the effects of every population to about one column per pixel, keeping the strongest.

    Parameters
    ----------
    values : ndarray, shape (length, 4, populations)
    positions : ndarray, shape (length,)
    populations : sequence of str
        Names of the last axis.
    order : sequence of str
        Those to return, top to bottom.

    Returns
    -------
    DataFrame, populations x bins
        Columns are the middles of the bins, relative to the TSS.
    """
    size = bin_size(len(positions))
    columns = [list(populations).index(name) for name in order]
    strongest = largest_effect(values[:, :, columns], axis=1).T
    middles = [positions[start : start + size].mean() for start in range(0, len(positions), size)]
    return pd.DataFrame(pool_largest(strongest, size), index=list(order), columns=middles)


def regions_in_window(
    regions: pd.DataFrame, chromosome: str, genome_positions: NDArray[np.integer]
) -> pd.DataFrame:
    """Regions that overlap a window, in coordinates of the gene.

    Parameters
    ----------
    regions : DataFrame
        ``chromosome, start, end`` (0-based half-open), ``name, region_class``.
    chromosome : str
        Of the gene; with or without ``chr``.
    genome_positions : ndarray, shape (length,)
        1-based, in the direction of the gene.

    Returns
    -------
    DataFrame
        ``first``, ``last`` (genome, 1-based inclusive), ``left``, ``right`` (window index,
        half-open), ``name``, ``region_class``.
    """
    columns = ["first", "last", "left", "right", "name", "region_class"]
    if not len(regions):
        return pd.DataFrame(columns=columns)
    low, high = int(genome_positions.min()), int(genome_positions.max())
    plain = regions["chromosome"].astype(str).str.removeprefix("chr")
    here = regions[
        (plain == chromosome.removeprefix("chr"))
        & (regions["start"] < high)
        & (regions["end"] >= low)
    ]
    first = np.maximum(here["start"].to_numpy() + 1, low)
    last = np.minimum(here["end"].to_numpy(), high)
    forward = genome_positions[-1] >= genome_positions[0]
    left = first - low if forward else high - last
    return pd.DataFrame(
        {
            "first": here["start"].to_numpy() + 1,
            "last": here["end"].to_numpy(),
            "left": left,
            "right": left + (last - first) + 1,
            "name": here["name"].to_numpy(),
            "region_class": here["region_class"].astype(str).to_numpy(),
        },
        columns=columns,
    ).sort_values("left", ignore_index=True)


def _add_track(
    figure: go.Figure,
    effects: NDArray[np.floating],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    theme: Theme,
) -> None:
    colors = palette(theme)
    strongest = largest_effect(effects, axis=1).astype(np.float32)
    for color, part in ((colors.up, strongest.clip(min=0)), (colors.down, strongest.clip(max=0))):
        figure.add_scatter(
            x=positions.astype(np.int32), y=part, mode="lines", fill="tozeroy", fillcolor=color,
            line={"color": color, "width": 0.8, "shape": "hvh"}, hoverinfo="skip", row=1, col=1,
        )  # fmt: skip
    figure.add_scatter(
        x=positions.astype(np.int32), y=strongest, mode="lines", line={"width": 0},
        customdata=genome_positions.astype(np.int32), row=1, col=1,
        hovertemplate="%{x:,} bp from TSS · genome %{customdata:,}<br>%{y:+.3f} log10"
        "<extra></extra>",
    )  # fmt: skip


def _add_regions(figure: go.Figure, regions: pd.DataFrame, classes: list[str], theme: Theme) -> None:
    colors = palette(theme)
    for level, region_class in enumerate(classes):
        members = regions[regions["region_class"] == region_class]
        gap = np.full(len(members), np.nan)
        start, end = members["start"].to_numpy(float), members["end"].to_numpy(float)
        bottom, top = gap * 0 + level - 0.32, gap * 0 + level + 0.32
        bottom, top = np.full(len(members), level - 0.32), np.full(len(members), level + 0.32)
        x = np.column_stack([start, end, end, start, start, gap]).ravel()
        y = np.column_stack([bottom, bottom, top, top, bottom, gap]).ravel()
        figure.add_scatter(
            x=x, y=y, mode="lines", fill="toself", fillcolor=translucent(colors.region, 0.75),
            line={"width": 0}, hoverinfo="skip", row=2, col=1,
        )  # fmt: skip
        figure.add_scatter(
            x=(start + end) / 2, y=np.full(len(members), level), mode="markers",
            marker={"size": 10, "opacity": 0}, customdata=members[["name", "where"]].to_numpy(),
            hovertemplate=f"{region_class}<br>%{{customdata[0]}}<br>%{{customdata[1]}}"
            "<extra></extra>",
            row=2, col=1,
        )  # fmt: skip
    for start, end in zip(regions["start"], regions["end"], strict=True) if classes else ():
        figure.add_vrect(
            x0=start - 0.5, x1=end - 0.5, row=1, col=1, layer="below",
            fillcolor=translucent(colors.region, 0.13), line_width=0,
        )  # fmt: skip


def _add_populations(figure: go.Figure, pooled: pd.DataFrame, theme: Theme) -> None:
    colors = palette(theme)
    limit = max(float(np.abs(pooled.to_numpy()).max()), 1e-6)
    figure.add_heatmap(
        x=pooled.columns.to_numpy(np.float32), y=list(pooled.index),
        z=pooled.to_numpy(np.float32), zmin=-limit, zmax=limit, colorscale=colors.diverging,
        showscale=False, row=3, col=1,
        hovertemplate="%{y}<br>about %{x:,.0f} bp from TSS<br>%{z:+.3f} log10<extra></extra>",
    )  # fmt: skip


def _shape_axes(
    figure: go.Figure, positions: NDArray[np.integer], classes: list[str], rows: int
) -> None:
    ends = [int(positions[0]) - 1, int(positions[-1]) + 1]
    figure.update_xaxes(range=ends, showgrid=False, tickformat=",d", ticks="")
    figure.update_yaxes(title_text=EFFECT_LABEL, row=1, col=1, zeroline=False, nticks=5)
    figure.update_yaxes(
        row=2, col=1, showgrid=False, fixedrange=True, tickvals=list(range(len(classes))),
        ticktext=classes, range=[-0.6, max(len(classes) - 0.4, 0.4)], visible=bool(classes),
    )  # fmt: skip
    figure.update_yaxes(
        row=3, col=1, autorange="reversed", showgrid=False, fixedrange=True, visible=bool(rows),
        showticklabels=rows <= _MAX_LABELLED, tickfont={"size": 11}, dtick=1,
    )  # fmt: skip
    last = 3 if rows else (2 if classes else 1)
    for row in (1, 2, 3):
        figure.update_xaxes(row=row, col=1, showticklabels=row == last)
    figure.update_xaxes(row=last, col=1, title_text=POSITION_LABEL)


def detail_figure(
    effects: NDArray[np.floating],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    codes: NDArray[np.integer],
    theme: Theme,
    limit: float | None = None,
) -> go.Figure:
    """Draw a region at base level: a logo of what each base contributes, over a 4 x N heat map.

    Parameters
    ----------
    effects : ndarray, shape (N, 4)
        Effects (log10) in ACGT order, N at most `MAX_DETAIL`; the reference base is 0.
    positions, genome_positions : ndarray, shape (N,)
    codes : ndarray of uint8, shape (N,)
        Base codes of the reference.
    theme : "light" or "dark"
    limit : float, optional
        End of the colour scale; by default the strongest effect of the region.
    """
    colors = palette(theme)
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06, row_heights=[0.56, 0.44]
    )
    heights = base_contribution(effects, codes)
    x = positions.astype(np.float64)
    for code, base in enumerate(BASES):
        chosen = codes == code
        path_x, path_y = letters_path(base, x[chosen], heights[chosen])
        figure.add_scatter(
            x=path_x, y=path_y, mode="lines", fill="toself", fillcolor=colors.bases[base],
            line={"width": 0}, hoverinfo="skip", name=base, row=1, col=1,
        )  # fmt: skip
    figure.add_hline(y=0, line={"color": colors.muted, "width": 0.8}, row=1, col=1)
    top = limit or max(float(np.abs(effects).max()), 1e-6)
    letters = np.array(list(CODE_LETTERS))[codes]
    figure.add_heatmap(
        x=positions.astype(np.int32), y=list(BASES), z=effects.T.astype(np.float32), zmin=-top,
        zmax=top, colorscale=colors.diverging, xgap=0.5 if len(x) <= 300 else 0, ygap=0.5,
        customdata=np.broadcast_to(
            np.stack([letters, genome_positions.astype(str)], axis=-1), (4, len(x), 2)
        ),
        hovertemplate="%{customdata[0]}>%{y} at %{x:,} bp from TSS<br>genome %{customdata[1]}<br>"
        "%{z:+.4f} log10<extra></extra>",
        colorbar=color_bar(theme, EFFECT_LABEL, len=1.0, y=0.5),
        row=2, col=1,
    )  # fmt: skip
    known = codes < len(BASES)
    figure.add_scatter(
        x=x[known], y=np.array(list(BASES))[codes[known]], mode="markers", hoverinfo="skip",
        marker={"size": 3 if len(x) > 150 else 4, "color": colors.muted}, row=2, col=1,
    )  # fmt: skip
    apply_style(figure, theme, 360, margin={"l": 64, "r": 16, "t": 12, "b": 56}, dragmode="zoom")
    figure.update_xaxes(
        range=[x[0] - 0.5, x[-1] + 0.5], showgrid=False, tickformat=",d", title_text=""
    )
    figure.update_xaxes(title_text=POSITION_LABEL, row=2, col=1)
    figure.update_yaxes(title_text="Base contributes", nticks=5, row=1, col=1)
    figure.update_yaxes(
        row=2, col=1, showgrid=False, fixedrange=True, categoryorder="array",
        categoryarray=list(BASES), title_text="Changed to",
    )  # fmt: skip
    return figure


def base_contribution(
    effects: NDArray[np.floating], codes: NDArray[np.integer]
) -> NDArray[np.float64]:
    """What each reference base contributes: minus the mean effect of its three substitutions.

    Parameters
    ----------
    effects : ndarray, shape (N, 4)
    codes : ndarray, shape (N,)
        Base codes; a base that is not A, C, G or T contributes 0.

    Returns
    -------
    ndarray of float64, shape (N,)
        Positive where the base raises expression.
    """
    known = codes < len(BASES)
    return np.where(known, -np.asarray(effects, dtype=np.float64).sum(axis=1) / 3, 0.0)

"""A scanned region: predictions on both strands, genes and CpG islands beneath.

After Agarwal & Shendure, Cell Reports 2020, Figure 5.
"""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from scx_core.figures.exons import TRANSCRIPT
from scx_core.figures.style import Theme, apply_style, empty_figure, palette, translucent
from scx_core.figures.text import as_label
from scx_core.one_line import NAME

_MOST_LANES: Final = 5
#: Of a region's width: a letter of a label, and the arrow at a TSS.
_LETTER: Final = 0.0085
_ARROW: Final = 0.008
_MOST_LINES: Final = 60


def region_scan_figure(
    table: pd.DataFrame,
    genes: pd.DataFrame,
    islands: pd.DataFrame,
    unit: str,
    theme: Theme,
    exons: pd.DataFrame | None = None,
) -> go.Figure:
    """Draw a scan along the genome.

    The minus strand hangs downwards, with the same scale; a dotted line marks the TSS of each gene
    in the track of its strand.

    Parameters
    ----------
    table : DataFrame
        ``chromosome``, ``tss`` (1-based, ascending), ``plus``, ``minus`` (NaN where not predicted);
        see `scx_core.xpresso.scan.RegionScan`.
    genes : DataFrame
        ``gene_name``, ``tss`` (1-based), ``strand`` of the genes of the region; may be empty.
    islands : DataFrame
        ``start``, ``end`` (0-based half-open), ``name`` of CpG islands; may be empty.
    unit : str
        Of the predictions, with the first word in lower case.
    theme : "light" or "dark"
    exons : DataFrame, optional
        ``start``, ``end`` (0-based half-open), ``part`` ("cds" is drawn thick, `TRANSCRIPT` as a
        line) and ``strand`` of exons of the region.

    Returns
    -------
    Figure
    """
    if table.empty:
        return empty_figure(theme, "No window of the region could be read.", 300)
    colors = palette(theme)
    x = table["tss"].to_numpy(np.float64)
    ends = [float(x[0]) - 0.5, float(x[-1]) + 0.5] if len(x) > 1 else [x[0] - 50, x[0] + 50]
    lanes = place_labels(genes, ends[1] - ends[0])
    depth = {strand: _depth(lanes, strand) for strand in "+-"}
    heights = [170, 170, 34 + 24 * sum(depth.values()), 26]
    figure = make_subplots(
        rows=4, cols=1, shared_xaxes=True, row_heights=heights,
        vertical_spacing=10 / (sum(heights) + 30),
    )  # fmt: skip
    low, high = _limits(table)
    strand_color = colors.categories[2]
    for row, strand, column in ((1, "+", "plus"), (2, "-", "minus")):
        _add_strand(figure, table, column, low, strand_color, row)
        _mark_genes(figure, genes[genes["strand"] == strand], row, colors.muted)
    _add_genes(figure, lanes, ends, theme)
    if exons is not None:
        for strand in "+-":
            _add_exons(figure, exons[exons["strand"] == strand], strand, theme)
    _add_islands(figure, islands, ends, theme)
    apply_style(
        figure, theme, sum(heights) + 130, dragmode="zoom", hovermode="closest",
        margin={"l": 84, "r": 70, "t": 28, "b": 56},
    )  # fmt: skip
    chromosome = str(table["chromosome"].iloc[0])
    figure.update_xaxes(range=ends, showgrid=False, tickformat=",d", showticklabels=False)
    figure.update_xaxes(
        title_text=f"Position on {as_label(chromosome)} (bp, 1-based)",
        showticklabels=True,
        nticks=7,
        row=4,
        col=1,
    )
    figure.update_yaxes(title_text="+ strand", range=[low, high], nticks=5, row=1, col=1)
    figure.update_yaxes(title_text="− strand", range=[high, low], nticks=5, row=2, col=1)
    figure.update_yaxes(
        title_text="Genes", range=[-depth["-"] - 0.9, depth["+"] + 0.9], row=3, col=1,
        showticklabels=False, showgrid=False, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(
        range=[-0.6, 0.6], row=4, col=1, showgrid=False, fixedrange=True, tickvals=[0],
        ticktext=["CpG islands"],
    )  # fmt: skip
    figure.add_annotation(
        text=as_label(unit[:1].upper() + unit[1:]), x=0, xref="x domain", y=1, yref="y domain", xanchor="left",
        yanchor="bottom", showarrow=False, font={"color": colors.muted, "size": 12},
    )  # fmt: skip
    return figure


def _depth(lanes: pd.DataFrame, strand: str) -> int:
    """Lanes that the genes of a strand take."""
    own = lanes.loc[lanes["strand"] == strand, "lane"]
    return int(own.max()) + 1 if len(own) else 0


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    values = table[["plus", "minus"]].to_numpy(np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low) or 0.5
    return low - room, high + room


def _add_strand(
    figure: go.Figure, table: pd.DataFrame, column: str, base: float, color: str, row: int
) -> None:
    """Draw a line, filled down to the base of the panel; gaps where nothing was predicted."""
    known = table[column].notna().to_numpy()
    outline_x: list[NDArray[np.float64]] = []
    outline_y: list[NDArray[np.float64]] = []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        part = table.iloc[first:last]
        x, y = (part[name].to_numpy(np.float64) for name in ("tss", column))
        outline_x.append(np.concatenate([x[:1], x, x[-1:], [np.nan]]))
        outline_y.append(np.concatenate([[base], y, [base], [np.nan]]))
    if outline_x:
        figure.add_scatter(
            x=np.concatenate(outline_x), y=np.concatenate(outline_y), mode="lines", fill="toself",
            fillcolor=translucent(color, 0.22), line={"width": 0}, hoverinfo="skip", row=row, col=1,
        )  # fmt: skip
    strand = "+" if column == "plus" else "−"
    figure.add_scatter(
        x=table["tss"], y=table[column], mode="lines", line={"color": color, "width": 1.4},
        hovertemplate=f"%{{x:,}} · {strand} strand<br>%{{y:.3f}}<extra></extra>", row=row, col=1,
    )  # fmt: skip


def _mark_genes(figure: go.Figure, genes: pd.DataFrame, row: int, color: str) -> None:
    for tss in genes["tss"].unique() if len(genes) <= _MOST_LINES else ():
        line = {"color": color, "width": 1, "dash": "dot"}
        figure.add_vline(x=float(tss), line=line, row=row, col=1)


def place_labels(genes: pd.DataFrame, width: float) -> pd.DataFrame:
    """Give each gene of a region a lane in which its name overlaps no other.

    Parameters
    ----------
    genes : DataFrame
        ``gene_name``, ``tss``, ``strand``.
    width : float
        Bases of the region.

    Returns
    -------
    DataFrame
        The same in the order of position, with ``lane`` (from 0, of its strand) and ``label`` (empty
        where no lane had room).
    """
    placed = genes.sort_values("tss", kind="stable").reset_index(drop=True)
    placed["lane"], placed["label"] = 0, placed["gene_name"].astype(str)
    for strand, side in (("+", 1), ("-", -1)):
        free: list[float] = []
        # Against the direction of the arrows: stems then cross few names.
        for row in placed.index[placed["strand"] == strand][::-side]:
            name, tss = str(placed.loc[row, "label"]), side * float(placed.loc[row, "tss"])
            end = tss + (min(len(name), NAME) * _LETTER + 2 * _ARROW) * width
            lane = next((number for number, used in enumerate(free) if end <= used), len(free))
            if lane < _MOST_LANES:
                free[lane : lane + 1] = [tss]
            else:
                lane, placed.loc[row, "label"] = 0, ""
            placed.loc[row, "lane"] = lane
    return placed


def _add_genes(figure: go.Figure, lanes: pd.DataFrame, ends: list[float], theme: Theme) -> None:
    """Draw the arrows of transcription starts: plus above the line, minus below."""
    colors = palette(theme)
    figure.add_scatter(
        x=ends, y=[0, 0], mode="lines", line={"color": colors.muted, "width": 1}, hoverinfo="skip",
        row=3, col=1,
    )  # fmt: skip
    reach = _ARROW * (ends[1] - ends[0])
    for strand, side in (("+", 1), ("-", -1)):
        own = lanes[lanes["strand"] == strand]
        if own.empty:
            continue
        tss = own["tss"].to_numpy(np.float64)
        nameless = (own["label"] == "").to_numpy()
        height = side * np.where(nameless, 0.5, own["lane"].to_numpy(np.float64) + 1)
        tip = tss + side * reach
        nothing = np.full(len(own), np.nan)
        figure.add_scatter(
            x=np.column_stack([tss, tss, tip, nothing]).ravel(), mode="lines", hoverinfo="skip",
            y=np.column_stack([0 * height, height, height, nothing]).ravel(), row=3, col=1,
            line={"color": colors.text, "width": 1.2},
        )  # fmt: skip
        told = np.column_stack([own["gene_name"].map(as_label), [f"{place:,.0f}" for place in tss]])
        figure.add_scatter(
            x=tip, y=height, mode="markers+text", text=own["label"].map(as_label), customdata=told, row=3, col=1,
            textposition="middle right" if side > 0 else "middle left",
            textfont={"color": colors.text, "size": 11}, cliponaxis=False,
            marker={
                "symbol": "triangle-right" if side > 0 else "triangle-left", "size": 8,
                "color": colors.text,
            },
            hovertemplate=f"%{{customdata[0]}} ({strand.replace('-', '−')})<br>TSS %{{customdata[1]}}<extra></extra>",
        )  # fmt: skip


def _add_exons(figure: go.Figure, exons: pd.DataFrame, strand: str, theme: Theme) -> None:
    """Draw the exons of a strand on their side of the line, and a thin line through each gene."""
    if exons.empty:
        return
    color = palette(theme).muted
    side = 1 if strand == "+" else -1
    whole = exons[exons["part"] == TRANSCRIPT]
    exons = exons[exons["part"] != TRANSCRIPT]
    gap = np.full(len(whole), np.nan)
    figure.add_scatter(
        x=np.column_stack([whole["start"] + 0.5, whole["end"] + 0.5, gap]).ravel(), mode="lines",
        y=np.tile([0.3 * side, 0.3 * side, np.nan], len(whole)), hoverinfo="skip", row=3, col=1,
        line={"color": color, "width": 1},
    )  # fmt: skip
    half = np.where(exons["part"] == "cds", 0.2, 0.1)
    low, high = 0.3 * side - half, 0.3 * side + half
    start, stop = (exons[name].to_numpy(np.float64) + 0.5 for name in ("start", "end"))
    gap = np.full(len(exons), np.nan)
    figure.add_scatter(
        x=np.column_stack([start, stop, stop, start, start, gap]).ravel(), mode="lines",
        y=np.column_stack([low, low, high, high, low, gap]).ravel(), fill="toself",
        fillcolor=color, line={"width": 0.6, "color": color}, hoverinfo="skip", row=3, col=1,
    )  # fmt: skip


def _add_islands(figure: go.Figure, islands: pd.DataFrame, ends: list[float], theme: Theme) -> None:
    """Draw the islands as boxes, clipped to the region."""
    colors = palette(theme)
    start = np.maximum(islands["start"].to_numpy(np.float64) + 0.5, ends[0])
    stop = np.minimum(islands["end"].to_numpy(np.float64) + 0.5, ends[1])
    seen = stop > start
    start, stop = start[seen], stop[seen]
    gap, half = np.full(len(start), np.nan), np.full(len(start), 0.32)
    figure.add_scatter(
        x=np.column_stack([start, stop, stop, start, start, gap]).ravel(), mode="lines",
        y=np.column_stack([-half, -half, half, half, -half, gap]).ravel(), fill="toself",
        fillcolor=colors.region, line={"width": 0}, hoverinfo="skip", row=4, col=1,
    )  # fmt: skip
    shown = islands[seen]
    where = [
        f"{first + 1:,}–{last:,}" for first, last in zip(shown["start"], shown["end"], strict=True)
    ]
    told = np.column_stack([shown["name"].map(as_label), where]) if len(shown) else None
    figure.add_scatter(
        x=(start + stop) / 2, y=0 * start, mode="markers", marker={"size": 10, "opacity": 0},
        customdata=told, row=4, col=1,
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    )  # fmt: skip

"""Where the variants of a gene lie: association above mutagenesis, regions and the gene."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from scx_core.figures.exons import add_exons
from scx_core.figures.overview import EFFECT_LABEL, POSITION_LABEL, overview_figure
from scx_core.figures.style import Theme, apply_style, palette, translucent
from scx_core.figures.text import as_label, as_labels

#: Significance genome-wide, by convention: 0.05 over a million independent tests.
GENOME_WIDE: Final = 5e-8
#: The smallest p-value that a number can be; 0 is drawn there.
_SMALLEST: Final = 5e-324
_NO_POPULATIONS: Final = pd.DataFrame()


def locus_figure(
    variants: pd.DataFrame,
    effects: NDArray[np.floating],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    regions: pd.DataFrame,
    theme: Theme,
    gene: str = "",
    exons: pd.DataFrame | None = None,
    highlight: int | None = None,
) -> go.Figure:
    """One gene's window: association on top, mutagenesis, regions and the gene below.

    Parameters
    ----------
    variants : DataFrame
        One line for each variant in the window: ``row, label, relative_to_tss`` (bp),
        ``position`` (1-based), ``p_value`` (NaN unknown; drawn open at the bottom) and
        ``largest_effect`` (log10; NaN unknown), which gives form and colour.
    effects : ndarray, shape (length, 4)
        Effects of all substitutions in one population (log10); the strongest of each position is
        drawn.
    positions, genome_positions : ndarray, shape (length,)
        Relative to the TSS, and on the chromosome (1-based).
    regions : DataFrame
        From `scx_core.figures.regions.regions_in_window`; may be empty.
    theme : "light" or "dark"
    gene : str
        Its name, beside the arrow at the TSS.
    exons : DataFrame, optional
        From `scx_core.figures.exons.exons_in_window`.
    highlight : int, optional
        Row of the chosen variant, marked through all panels.

    Returns
    -------
    Figure
        The direction of the gene is to the right. Variants carry ``customdata[0] = row``.
    """
    colors = palette(theme)
    given = variants["p_value"].notna().any()
    classes = sorted(regions["region_class"].unique()) if len(regions) else []
    heights = [150 if given else 60, 170, 16 * len(classes) + 8 if classes else 1, 44]
    gap = 14 / (sum(heights) + 42)
    figure = make_subplots(
        rows=4, cols=1, shared_xaxes=True, vertical_spacing=gap, row_heights=heights
    )
    tracks = overview_figure(effects, positions, genome_positions, _NO_POPULATIONS, regions, theme)
    for trace in tracks.data:
        figure.add_trace(trace, row=3 if trace.yaxis == "y2" else 2, col=1)
    for start, end in zip(regions["start"], regions["end"], strict=True) if classes else ():
        for row in (1, 2):
            figure.add_vrect(
                x0=start - 0.5, x1=end - 0.5, row=row, col=1, layer="below", line_width=0,
                fillcolor=translucent(colors.region, 0.13),
            )  # fmt: skip
    top = _add_association(figure, variants, theme, highlight)
    _add_gene(figure, gene, exons, positions, theme)
    chosen = variants.loc[variants["row"] == highlight, "relative_to_tss"]
    for place in chosen.unique() if highlight is not None else ():
        line = {"color": colors.text, "width": 1, "dash": "dot"}
        figure.add_vline(x=int(place), line=line, row="all", col=1)
    apply_style(
        figure, theme, sum(heights) + 140, dragmode="zoom", hovermode="closest",
        margin={"l": 64, "r": 60, "t": 34, "b": 56}, showlegend=True,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0},
    )  # fmt: skip
    figure.update_traces(showlegend=False, selector=lambda trace: trace.name is None)
    ends = [int(positions[0]) - 1, int(positions[-1]) + 1]
    figure.update_xaxes(range=ends, showgrid=False, tickformat=",d", showticklabels=False)
    figure.update_xaxes(title_text=POSITION_LABEL, showticklabels=True, row=4, col=1)
    title = "−log10 P" if given else "no P given"
    figure.update_yaxes(title_text=title, range=[-0.04 * top, top], nticks=4, row=1, col=1)
    figure.update_yaxes(showticklabels=bool(given), row=1, col=1)
    figure.update_yaxes(title_text=EFFECT_LABEL, nticks=5, row=2, col=1)
    figure.update_yaxes(
        row=3, col=1, showgrid=False, fixedrange=True, tickvals=list(range(len(classes))),
        ticktext=as_labels(classes), range=[-0.6, max(len(classes) - 0.4, 0.4)], visible=bool(classes),
    )  # fmt: skip
    figure.update_yaxes(visible=False, fixedrange=True, range=[-1, 1.4], row=4, col=1)
    return figure


def _add_association(
    figure: go.Figure, variants: pd.DataFrame, theme: Theme, highlight: int | None
) -> float:
    """Draw a lollipop for each variant; give the height of the panel."""
    colors = palette(theme)
    p = variants["p_value"].to_numpy(np.float64)
    heights = -np.log10(np.clip(np.where(np.isnan(p), 1.0, p), _SMALLEST, 1.0))
    x = variants["relative_to_tss"].to_numpy(np.float64)
    effect = variants["largest_effect"].to_numpy(np.float64)
    if not np.isnan(p).all():
        nothing = np.full(len(x), np.nan)
        figure.add_scatter(
            x=np.column_stack([x, x, nothing]).ravel(), mode="lines", hoverinfo="skip", row=1, col=1,
            y=np.column_stack([np.zeros(len(x)), heights, nothing]).ravel(),
            line={"color": colors.muted, "width": 1},
        )  # fmt: skip
        line = {"color": colors.muted, "width": 1, "dash": "dash"}
        figure.add_hline(y=-np.log10(GENOME_WIDE), row=1, col=1, line=line)
        figure.add_annotation(
            x=1, xref="x domain", y=-np.log10(GENOME_WIDE), xanchor="left", text="5 × 10⁻⁸",
            showarrow=False, row=1, col=1,
        )  # fmt: skip
    told = np.column_stack(
        [
            variants["row"], variants["label"].map(as_label), [f"{place:,}" for place in variants["position"]],
            ["not given" if np.isnan(value) else f"{value:.3g}" for value in p],
            ["not scored" if np.isnan(value) else f"{value:+.4f} log10" for value in effect],
        ]
    )  # fmt: skip
    without_p = np.isnan(p)
    for name, color, symbol, side in (
        ("raises", colors.up, "triangle-up", effect > 0),
        ("lowers", colors.down, "triangle-down", effect < 0),
        ("no effect known", colors.muted, "circle", ~(np.abs(effect) > 0)),
    ):
        for suffix, drawn in (("", side & ~without_p), ("-open", side & without_p)):
            if not drawn.any():
                continue
            figure.add_scatter(
                x=x[drawn], y=heights[drawn], mode="markers", customdata=told[drawn],
                name=f"{name}, no P" if suffix else name,
                marker={
                    "symbol": symbol + suffix, "size": 9 if len(x) <= 200 else 6, "color": color,
                    "line": {"width": 1, "color": color},
                },
                hovertemplate="%{customdata[1]}<br>%{x:,} bp from TSS · genome %{customdata[2]}<br>"
                "P %{customdata[3]}<br>%{customdata[4]}<extra></extra>",
                row=1, col=1,
            )  # fmt: skip
    for place in np.flatnonzero(variants["row"] == highlight) if highlight is not None else ():
        _ring(figure, x[place], heights[place], str(variants["label"].iloc[place]), theme)
    return max(8.5, 1.2 * float(heights.max(initial=0.0))) if not np.isnan(p).all() else 1.0


def _ring(figure: go.Figure, x: float, y: float, label: str, theme: Theme) -> None:
    colors = palette(theme)
    figure.add_scatter(
        x=[x], y=[y], mode="markers", hoverinfo="skip", row=1, col=1,
        marker={
            "size": 17, "symbol": "circle-open", "color": colors.text,
            "line": {"width": 2, "color": colors.text},
        },
    )  # fmt: skip
    figure.add_annotation(
        x=x, y=y, text=f"<b>{as_label(label)}</b>", ax=28, ay=-22, arrowcolor=colors.text, arrowwidth=1.5,
        arrowhead=0, bgcolor=colors.ground, borderpad=2, standoff=9, row=1, col=1,
    )  # fmt: skip


def _add_gene(
    figure: go.Figure,
    gene: str,
    exons: pd.DataFrame | None,
    positions: NDArray[np.integer],
    theme: Theme,
) -> None:
    """Draw the arrow at the TSS and the transcript, or a line to the end where it is not known."""
    colors = palette(theme)
    line = {"color": colors.text, "width": 1.5}
    if exons is None or exons.empty:
        figure.add_scatter(
            x=[0, float(positions[-1])], y=[0, 0], mode="lines", line=line, hoverinfo="skip",
            row=4, col=1,
        )  # fmt: skip
    else:
        add_exons(figure, exons, len(positions), theme, row=4, half=0.5)
    reach = 0.03 * float(positions[-1] - positions[0])
    figure.add_scatter(
        x=[0, 0, reach], y=[0, 1, 1], mode="lines+markers", line=line, hoverinfo="skip",
        marker={"symbol": "triangle-right", "size": [0, 0, 10], "color": colors.text}, row=4, col=1,
    )  # fmt: skip
    figure.add_scatter(
        x=[1.4 * reach], y=[1], mode="text", text=[f"{as_label(gene)} TSS".strip()], hoverinfo="skip",
        textposition="middle right", textfont={"color": colors.muted, "size": 12}, row=4, col=1,
    )  # fmt: skip

"""A region at base level: the logo of what each base contributes, and every substitution."""

from typing import Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from scx_core.figures.genome_axis import add_genome_axis
from scx_core.figures.glyphs import letters_path
from scx_core.figures.overview import EFFECT_LABEL, POSITION_LABEL
from scx_core.figures.style import Theme, apply_style, color_bar, palette
from scx_core.sequence.alphabet import BASES, CODE_LETTERS

MAX_DETAIL: Final = 1000  # base pairs of a region drawn at base level


def detail_figure(
    effects: NDArray[np.floating],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    codes: NDArray[np.integer],
    theme: Theme,
    limit: float | None = None,
    *,
    chromosome: str = "",
    label: str = EFFECT_LABEL,
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
    chromosome : str, optional
        Draws a second axis in its coordinates.
    label : str
        Title of the colour scale.
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
        colorbar=color_bar(theme, label, len=1.0, y=0.5),
        row=2, col=1,
    )  # fmt: skip
    known = codes < len(BASES)
    figure.add_scatter(
        x=x[known], y=np.array(list(BASES))[codes[known]], mode="markers", hoverinfo="skip",
        marker={"size": _dot(len(x)), "color": colors.muted}, row=2, col=1,
    )  # fmt: skip
    top = 48 if chromosome else 12
    apply_style(
        figure, theme, 348 + top, margin={"l": 64, "r": 16, "t": top, "b": 56}, dragmode="zoom"
    )
    figure.update_xaxes(
        range=[x[0] - 0.5, x[-1] + 0.5], showgrid=False, tickformat=",d", title_text=""
    )
    figure.update_xaxes(title_text=POSITION_LABEL, row=2, col=1)
    figure.update_yaxes(title_text="Base contributes", nticks=5, row=1, col=1)
    figure.update_yaxes(
        row=2, col=1, showgrid=False, fixedrange=True, categoryorder="array",
        categoryarray=list(BASES), title_text="Changed to",
    )  # fmt: skip
    if chromosome:
        add_genome_axis(figure, positions, genome_positions, chromosome, theme, matches="x2")
    return figure


def _dot(count: int) -> float:
    """Size in pixels of the dots on the gene's own bases: smaller where they stand close."""
    return 4.0 if count <= 150 else 3.0 if count <= 300 else 1.5


def base_contribution(
    effects: NDArray[np.floating], codes: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Say what each reference base contributes: minus the mean effect of its three substitutions.

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

"""A gene as it is and as it might be: two tracks, their difference, and both predictions."""

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from scx_core.figures.gene_track import Track, add_track, make_track
from scx_core.figures.overview import EFFECT_LABEL, POSITION_LABEL
from scx_core.figures.style import Theme, apply_style, palette
from scx_core.figures.text import as_labels

_ROWS: Final = ("Gene as it is", "What if", "Difference of the two")
MAX_ROWS: Final = 40  # populations of the dot plot


def what_if_figure(
    as_it_is: NDArray[np.floating],
    changed: NDArray[np.floating],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    theme: Theme,
) -> go.Figure:
    """Draw the strongest substitution per position of the gene as it is, changed, and the difference.

    Parameters
    ----------
    as_it_is, changed : ndarray, shape (length, 4)
        Effects (log10) in one population; the windows are aligned at the TSS.
    positions, genome_positions : ndarray, shape (length,)
        Relative to the TSS; on the chromosome (1-based), of the changed gene.
    theme : "light" or "dark"
    """
    figure = make_subplots(
        rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.09, subplot_titles=_ROWS
    )
    tracks = [make_track(as_it_is), make_track(changed)]
    difference = tracks[1].effects - tracks[0].effects
    shown = [*tracks, Track("strongest", difference, None)]
    for row, track in enumerate(shown, start=1):
        add_track(figure, track, positions, genome_positions, theme, row)
    figure.add_vline(x=0, line={"color": palette(theme).text, "width": 1}, row="all", col=1)
    apply_style(figure, theme, 460, dragmode="zoom", margin={"l": 64, "r": 16, "t": 28, "b": 56})
    ends = [int(positions[0]) - 1, int(positions[-1]) + 1]
    figure.update_xaxes(range=ends, showgrid=False, tickformat=",d")
    figure.update_xaxes(title_text=POSITION_LABEL, row=3, col=1)
    top = max(float(np.abs(track.effects).max()) for track in tracks) or 1e-6
    figure.update_yaxes(nticks=7, range=[-1.08 * top, 1.08 * top])
    figure.update_yaxes(title_text=EFFECT_LABEL, row=2, col=1)
    return figure


def compared_predictions(predictions: pd.DataFrame, unit: str, theme: Theme) -> go.Figure:
    """Draw the prediction as it is (ring) and changed (disc) in each population.

    Parameters
    ----------
    predictions : DataFrame
        By population, ``as_it_is`` and ``changed`` (log10). At most `MAX_ROWS` are drawn: those
        that change most, in the order given.
    unit : str
    theme : "light" or "dark"
    """
    colors = palette(theme)
    change = (predictions["changed"] - predictions["as_it_is"]).abs()
    shown = predictions[change.rank(ascending=False, method="first") <= MAX_ROWS]
    names = as_labels(shown.index)
    before, after = shown["as_it_is"].to_numpy(), shown["changed"].to_numpy()
    figure = go.Figure()
    for color, chosen in ((colors.up, after >= before), (colors.down, after < before)):
        y = [name for name, wanted in zip(names, chosen, strict=True) if wanted]
        gaps = np.full(len(y), np.nan)
        figure.add_scatter(
            x=np.column_stack([before[chosen], after[chosen], gaps]).ravel(),
            y=[name for name in y for _ in range(3)], mode="lines", hoverinfo="skip",
            line={"color": color, "width": 2},
        )  # fmt: skip
        figure.add_scatter(
            x=after[chosen], y=y, mode="markers", marker={"color": color, "size": 8},
            customdata=(after - before)[chosen],
            hovertemplate="%{y}<br>what if %{x:.3f} (%{customdata:+.3f})<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=before, y=names, mode="markers",
        marker={"color": colors.text, "size": 8, "symbol": "circle-open", "line": {"width": 1.5}},
        hovertemplate="%{y}<br>as it is %{x:.3f}<extra></extra>",
    )  # fmt: skip
    apply_style(
        figure, theme, max(16 * len(names), 60) + 70, margin={"l": 64, "r": 16, "t": 8, "b": 48}
    )
    figure.update_yaxes(
        categoryorder="array", categoryarray=names, autorange="reversed", dtick=1,
        tickfont={"size": 11},
    )  # fmt: skip
    figure.update_xaxes(title_text=f"Predicted expression, {unit}")
    return figure

"""The track of a gene's window: one number per position, from its three substitutions."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.figures.pooling import largest_effect
from scx_core.figures.style import Theme, palette, translucent
from scx_core.sequence.alphabet import BASES

TrackKind = Literal["strongest", "all", "mean"]
#: Kinds of track, and what a position shows in each.
TRACK_KINDS: Final[dict[TrackKind, str]] = {
    "strongest": "the substitution of largest effect at each position",
    "all": "all three substitutions at each position, darker where more of them agree",
    "mean": "the mean of the three substitutions at each position",
}
_SHADE: Final = 0.45  # opacity of one of three layers


@dataclass(frozen=True)
class Track:
    """One number per position.

    Attributes
    ----------
    kind : {"strongest", "all", "mean"}
    effects : ndarray of float32, shape (length, lines)
        One line, or for ``"all"`` three, from the greatest to the smallest effect.
    spread : ndarray of float32, shape (length,), optional
        Half the width of the band (standard deviation over runs); None where there is none.
    """

    kind: TrackKind
    effects: NDArray[np.float32]
    spread: NDArray[np.float32] | None


def make_track(
    effects: NDArray[np.floating],
    kind: TrackKind = "strongest",
    spread: NDArray[np.floating] | None = None,
) -> Track:
    """Reduce the effects of a window to a track.

    Parameters
    ----------
    effects : ndarray, shape (length, 4)
        Effects (log10) in ACGT order; the reference base is 0.
    kind : {"strongest", "all", "mean"}
    spread : ndarray, shape (length, 4), optional
        Standard deviation over runs of the same effects; NaN with one run. That of a mean of three
        is not known from theirs: the mean of the three is given, which it cannot exceed.

    Raises
    ------
    ScxError
        If the kind is unknown.
    """
    if kind not in TRACK_KINDS:
        raise ScxError(f"The track {kind!r} is unknown; choose one of {', '.join(TRACK_KINDS)}.")
    if kind == "all":
        ranked = -np.sort(-effects, axis=1)
        # The reference base is one of the zeros; what is left are the three substitutions.
        reference = np.abs(ranked).argmin(axis=1)
        keep = np.arange(len(BASES)) != reference[:, None]
        return Track(kind, ranked[keep].reshape(-1, 3).astype(np.float32), None)
    best = np.abs(effects).argmax(axis=1)[:, None]
    if kind == "mean":
        values = effects.sum(axis=1) / 3
        band = None if spread is None else spread.sum(axis=1) / 3
    else:
        values = largest_effect(effects, axis=1)
        band = None if spread is None else np.take_along_axis(spread, best, axis=1)[:, 0]
    if band is not None and np.isnan(band).all():
        band = None
    return Track(
        kind,
        values[:, None].astype(np.float32),
        None if band is None else np.nan_to_num(band).astype(np.float32),
    )


def add_track(
    figure: go.Figure,
    track: Track,
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    theme: Theme,
    row: int = 1,
) -> None:
    """Draw a track into a panel: what raises expression above zero, what lowers it below.

    Parameters
    ----------
    figure : Figure
        Made by ``make_subplots``.
    track : Track
    positions, genome_positions : ndarray, shape (length,)
    theme : "light" or "dark"
    row : int
        Panel, from 1.
    """
    colors = palette(theme)
    x = positions.astype(np.int32)
    several = track.effects.shape[1] > 1
    for color, keep in ((colors.up, np.maximum), (colors.down, np.minimum)):
        for line in track.effects.T:
            part = keep(line, np.float32(0))
            figure.add_scatter(
                x=x, y=part, mode="lines", fill="tozeroy", hoverinfo="skip", row=row, col=1,
                fillcolor=translucent(color, _SHADE) if several else color,
                line={"color": color, "width": 0 if several else 0.8, "shape": "hvh"},
            )  # fmt: skip
    if track.spread is not None:
        _add_band(figure, track.effects[:, 0], track.spread, x, theme, row)
    _add_hover(figure, track, x, genome_positions, row)


def _add_band(
    figure: go.Figure,
    middle: NDArray[np.float32],
    half: NDArray[np.float32],
    x: NDArray[np.int32],
    theme: Theme,
    row: int,
) -> None:
    outline = np.concatenate([middle + half, (middle - half)[::-1]])
    figure.add_scatter(
        x=np.concatenate([x, x[::-1]]), y=outline, mode="lines", fill="toself", hoverinfo="skip",
        fillcolor=translucent(palette(theme).text, 0.28), line={"width": 0}, row=row, col=1,
    )  # fmt: skip


def _add_hover(
    figure: go.Figure,
    track: Track,
    x: NDArray[np.int32],
    genome_positions: NDArray[np.integer],
    row: int,
) -> None:
    """Add an unseen line that carries what the pointer reads."""
    strongest = largest_effect(track.effects, axis=1)
    told = genome_positions.astype(np.int32)
    text = "%{x:,} bp from TSS · genome %{customdata:,}<br>%{y:+.3f} log10"
    if track.kind == "all":
        told = np.column_stack([genome_positions, track.effects]).astype(np.float64)
        text = (
            "%{x:,} bp from TSS · genome %{customdata[0]:,}<br>%{customdata[1]:+.3f}, "
            "%{customdata[2]:+.3f}, %{customdata[3]:+.3f} log10"
        )
    elif track.spread is not None:
        told = np.column_stack([genome_positions, track.spread]).astype(np.float64)
        text = (
            "%{x:,} bp from TSS · genome %{customdata[0]:,}<br>%{y:+.3f} ± %{customdata[1]:.3f} "
            "log10"
        )
    figure.add_scatter(
        x=x, y=strongest, mode="lines", line={"width": 0}, customdata=told, row=row, col=1,
        hovertemplate=f"{text}<extra></extra>",
    )  # fmt: skip

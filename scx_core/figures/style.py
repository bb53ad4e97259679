"""Colours and layout that all figures share.

Blue means an increase and vermilion a decrease, on every figure; both stand apart for people with
any of the common colour-vision deficiencies (Okabe and Ito; Wong 2011), and neither is the only
carrier of its meaning: the sign is also the side of zero. On the dark ground the lighter pair of
the same hues keeps a contrast above 8:1.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import plotly.graph_objects as go

Theme = Literal["light", "dark"]

FONT: Final = '"Source Sans", "Source Sans Pro", Arial, Helvetica, sans-serif'


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours of one theme; each is a hexadecimal string."""

    ground: str
    text: str
    muted: str
    grid: str
    up: str
    down: str
    middle: str
    region: str
    accent: str
    bases: dict[str, str]
    categories: tuple[str, ...]
    sequential: tuple[str, ...]

    @property
    def diverging(self) -> list[list[float | str]]:
        """Colour scale from decrease through zero to increase."""
        return [[0.0, self.down], [0.5, self.middle], [1.0, self.up]]

    @property
    def sequential_scale(self) -> list[list[float | str]]:
        """Colour scale from little to much."""
        last = len(self.sequential) - 1
        return [[index / last, color] for index, color in enumerate(self.sequential)]


_LIGHT: Final = Palette(
    ground="#ffffff",
    text="#1f2430",
    muted="#5b6472",
    grid="#e8ebef",
    up="#0072B2",
    down="#D55E00",
    middle="#f5f6f7",
    region="#8b95a3",
    accent="#0072B2",
    bases={"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00"},
    categories=(
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6b7280", "#8c6d00",
    ),
    sequential=("#eef4f8", "#bfd9ea", "#71add0", "#1f7cb2", "#004f7e"),
)  # fmt: skip
_DARK: Final = Palette(
    ground="#101418",
    text="#e6eaf1",
    muted="#9aa4b2",
    grid="#29313b",
    up="#56B4E9",
    down="#E69F00",
    middle="#1d232b",
    region="#7d8794",
    accent="#56B4E9",
    bases={"A": "#3fc79a", "C": "#56B4E9", "G": "#F0E442", "T": "#ff8b3d"},
    categories=(
        "#56B4E9", "#E69F00", "#3fc79a", "#e09ac0", "#F0E442", "#8fb7ff", "#9aa4b2", "#D55E00",
    ),
    sequential=("#1a232d", "#204863", "#2d6c91", "#4c99c6", "#a5d8f5"),
)  # fmt: skip


def palette(theme: Theme) -> Palette:
    """Colours of a theme, ``"light"`` or ``"dark"``."""
    return _DARK if theme == "dark" else _LIGHT


def translucent(color: str, opacity: float) -> str:
    """Give a hexadecimal colour an opacity (0–1), as an ``rgba(...)`` string."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def apply_style(figure: go.Figure, theme: Theme, height: int, **layout: Any) -> go.Figure:
    """Give a figure the quiet look of the app, in place; ``layout`` overrides it.

    Parameters
    ----------
    figure : Figure
    theme : "light" or "dark"
    height : int
        In pixels.
    **layout : Any
        Further layout properties of plotly.

    Returns
    -------
    Figure
        The same object.
    """
    colors = palette(theme)
    base: dict[str, Any] = {
        "height": height,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "size": 13, "color": colors.text},
        "margin": {"l": 64, "r": 16, "t": 28, "b": 48},
        "showlegend": False,
        "hoverlabel": {
            "bgcolor": colors.ground,
            "bordercolor": colors.grid,
            "font": {"family": FONT, "size": 13, "color": colors.text},
        },
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": colors.muted,
            "activecolor": colors.accent,
        },
        "uirevision": "keep",
    }
    figure.update_layout(**(base | layout))
    axis = {
        "gridcolor": colors.grid,
        "zeroline": False,
        "linecolor": colors.grid,
        "tickfont": {"color": colors.muted, "size": 12},
        "title_font": {"color": colors.muted, "size": 13},
        "automargin": True,
        "exponentformat": "power",  # not 500µ
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    figure.update_annotations(font={"family": FONT, "size": 12, "color": colors.muted})
    return figure


def color_bar(theme: Theme, title: str, **overrides: Any) -> dict[str, Any]:
    """Describe a thin colour bar with its title along the side."""
    colors = palette(theme)
    bar: dict[str, Any] = {
        "thickness": 10,
        "outlinewidth": 0,
        "title": {"text": title, "side": "right", "font": {"size": 12, "color": colors.muted}},
        "tickfont": {"size": 11, "color": colors.muted},
        "nticks": 5,
    }
    return bar | overrides


def empty_figure(theme: Theme, sentence: str, height: int = 200) -> go.Figure:
    """Return a figure that says in one sentence why there is nothing to draw."""
    figure = go.Figure()
    figure.add_annotation(text=sentence, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
    apply_style(figure, theme, height)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure

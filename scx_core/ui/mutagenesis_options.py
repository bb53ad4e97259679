"""What the track of the Mutagenesis page shows: which substitutions, and of which populations."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from scx_core.figures.ccre_classes import ccre_class
from scx_core.figures.exons import TRANSCRIPT
from scx_core.figures.gene_track import TRACK_KINDS, TrackKind
from scx_core.figures.overview import EFFECT_LABEL
from scx_core.figures.style import Theme, palette
from scx_core.mutagenesis import Effects
from scx_core.one_line import one_line
from scx_core.ui.plain import plain

#: Kinds of track as the screen and the address name them: an address holds what is shown.
_KINDS: Final[dict[str, TrackKind]] = {
    "strongest": "strongest", "all three": "all", "mean": "mean",
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What is drawn.

    Attributes
    ----------
    population : str
    compared : str or None
        Population whose effects are taken away.
    kind : {"strongest", "all", "mean"}
    values : ndarray of float32, shape (length, 4)
        Effects (log10), or differences of effects.
    spread : ndarray of float32, shape (length, 4), optional
        Standard deviation over runs; None where it is not known or not wanted.
    """

    population: str
    compared: str | None
    kind: TrackKind
    values: NDArray[np.float32]
    spread: NDArray[np.float32] | None

    @property
    def whose(self) -> str:
        """Name of what is drawn."""
        return f"{self.population} minus {self.compared}" if self.compared else self.population

    @property
    def label(self) -> str:
        """Title of the effect axis."""
        return "Difference of Δ log10" if self.compared else EFFECT_LABEL


def choose_shown(effects: Effects, population: str, names: Sequence[str]) -> Shown:
    """Draw the options of the track and give what they ask for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.segmented_control(
            "Substitutions", list(_KINDS), default="strongest", required=True, key="track",
            bind="query-params",
        )  # fmt: skip
        kind = _KINDS[chosen or "strongest"]
        others = [name for name in names if name != population]
        if st.session_state.get("compare") not in (None, *others):
            del st.session_state["compare"]
        compared = st.selectbox(
            "Take away the effect in", others, index=None, key="compare", bind="query-params",
            placeholder="no other population", width=300,
        )  # fmt: skip
        known = effects.n_runs > 1 and compared is None and kind != "all"
        band = st.toggle(
            "Spread over runs", value=True, key="band", bind="query-params", disabled=not known,
            help="The band reaches one standard deviation over the runs to either side. It is "
            "not known for a difference of two populations, and not drawn around all three.",
        )  # fmt: skip
    values = effects.values[:, :, effects.populations.index(population)]  # noqa: PD011, an array
    spread = effects.spread[:, :, effects.populations.index(population)]
    if compared is not None:
        values = values - effects.values[:, :, effects.populations.index(compared)]  # noqa: PD011
    return Shown(population, compared, kind, values, spread if known and band else None)


def overview_caption(
    shown: Shown,
    pooled: pd.DataFrame,
    size: int,
    groups: Sequence[str],
    theme: Theme,
    exons: pd.DataFrame | None = None,
) -> str:
    """Say in words what the chart of the whole window shows.

    Parameters
    ----------
    shown : Shown
    pooled : DataFrame
        Populations x bins.
    size : int
        Bases of a bin.
    groups : sequence of str
        Class of each population.
    theme : "light" or "dark"
    exons : DataFrame, optional
        From `scx_core.figures.exons.exons_in_window`.
    """
    up, down = ("blue", "vermilion") if theme == "light" else ("light blue", "orange")
    top = f"Top: {TRACK_KINDS[shown.kind]}, in {shown.whose}; "
    if shown.compared:
        top += (
            f"{up} above zero where {shown.population} is raised more (or lowered less) than "
            f"{shown.compared}, {down} below zero where less."
        )
    else:
        top += f"{up} above zero raises, {down} below zero lowers the prediction."
    if shown.spread is not None and shown.kind == "mean":
        top += " Grey band: at most one s.d. over runs to either side."
    elif shown.spread is not None:
        top += " Grey band: one s.d. over runs to either side."
    per = f"max |Δ| per {size} bp" if size > 1 else "max |Δ| per base"
    ordered = ", ordered by class" if any(groups) else ""
    limit = np.abs(pooled.to_numpy()).max()
    return (
        f"{top}{exon_words(exons)} Bottom: {per}, with its sign, in each of {len(pooled)} populations{ordered}; same "
        f"colours, fullest at ±{limit:.2g} log10."
    )


def exon_words(exons: pd.DataFrame | None) -> str:
    """Say whose exons are drawn and how, in a sentence that begins with a space; "" for none."""
    if exons is None or exons.empty:
        return ""
    unknown = "" if (set(exons["part"]) - {"exon", TRANSCRIPT}) else " (parts not known)"
    return (
        f" Exons: transcript {exons['transcript_id'].iloc[0]}, read to the right; "
        f"coding parts thick, UTRs thin, introns a line{unknown}."
    )


def no_region(source: str) -> str:
    """Say that no region of a set lies in the window."""
    return f"Regulatory regions: no region of {plain(source)} in this window."


def legend(regions: pd.DataFrame, theme: Theme, source: str) -> None:
    """Name the classes of regions in the window with their colours in words and as a swatch.

    Parameters
    ----------
    regions : DataFrame
        Of the window; where it has no rows, that is said.
    theme : "light" or "dark"
    source : str
        Where the regions come from; "" where there are none to draw at all.
    """
    if not len(regions):
        if source:
            st.caption(no_region(source))
        return
    parts = []
    for name in sorted(regions["region_class"].unique()):
        known = ccre_class(name)
        color = known.color if known else palette(theme).region
        told = f"{known.meaning} ({known.color_name})" if known else "(grey)"
        parts.append(
            f'<span style="white-space:nowrap;margin-right:1.1em"><span style="display:inline-block;'
            f"width:.75em;height:.75em;border-radius:2px;background:{color};margin-right:.35em"
            f'"></span><b>{escape(one_line(name))}</b> {told}</span>'
        )
    st.html(
        f'<div style="font-size:.875rem;color:{palette(theme).muted}">Regulatory regions (cCREs), '
        f"a lane for each class; shaded in the track: {''.join(parts)}</div>"
    )

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
from scx_core.mutagenesis.comparison import Comparing, PopulationDifference, subtract_populations
from scx_core.one_line import one_line
from scx_core.ui.plain import plain

#: Kinds of track as the screen and the address name them: an address holds what is shown.
_KINDS: Final[dict[str, TrackKind]] = {
    "strongest": "strongest", "all three": "all", "mean": "mean",
}  # fmt: skip

_SAME_SIGN: Final = "same sign"
#: Ways of comparing as the screen and the address name them.
_COMPARED: Final[dict[str, Comparing]] = {_SAME_SIGN: "same sign", "all": "subtraction"}
_COMPARED_HELP: Final = (
    "Same sign: substitutions that raise or lower expression in both populations, increases and "
    "decreases apart, as in the paper (Figure S19). All: plain subtraction, also where a substitution "
    "raises expression in one population and lowers it in the other."
)


@dataclass(frozen=True)
class Shown:
    """What is drawn.

    Attributes
    ----------
    population : str
    difference : PopulationDifference or None
        With another population, where one was chosen.
    kind : {"strongest", "all", "mean"}
    values : ndarray of float32, shape (length, 4)
        Effects (log10), or differences of effects; 0 for substitutions that are not compared.
    spread : ndarray of float32, shape (length, 4), optional
        Standard deviation over runs; None where it is not known or not wanted.
    """

    population: str
    difference: PopulationDifference | None
    kind: TrackKind
    values: NDArray[np.float32]
    spread: NDArray[np.float32] | None

    @property
    def compared(self) -> str | None:
        """Population whose effects are taken away."""
        return self.difference.second if self.difference else None

    @property
    def tracks(self) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Values of the track, and of a second one for decreases where these are drawn apart."""
        if self.difference is None or self.difference.by == "subtraction":
            return self.values, None
        return self.difference.increases, self.difference.decreases

    @property
    def header(self) -> dict[str, object]:
        """What a table says of it."""
        told: dict[str, object] = {"population": self.whose}
        return told | ({"comparison": self.difference.sentence} if self.difference else {})

    @property
    def methods(self) -> str:
        """What a methods text says of it; "" where one population is shown."""
        return self.difference.sentence if self.difference else ""

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
            "Compare with population", others, index=None, key="compare", bind="query-params",
            placeholder="no other population", width=300,
        )  # fmt: skip
        by: Comparing = "same sign"
        if compared is not None:
            chosen_by = st.segmented_control(
                "Compared are", list(_COMPARED), default=_SAME_SIGN, required=True,
                key="compare_by", bind="query-params", help=_COMPARED_HELP,
            )  # fmt: skip
            by = _COMPARED[chosen_by or _SAME_SIGN]
        known = effects.n_runs > 1 and compared is None and kind != "all"
        band = st.toggle(
            "Spread over runs", value=True, key="band", bind="query-params", disabled=not known,
            help="The band reaches one standard deviation over the runs to either side. It is "
            "not known for a difference of two populations, and not drawn around all three.",
        )  # fmt: skip
    values = effects.values[:, :, effects.populations.index(population)]  # noqa: PD011, an array
    spread = effects.spread[:, :, effects.populations.index(population)]
    difference = None
    if compared is not None:
        other = effects.values[:, :, effects.populations.index(compared)]  # noqa: PD011, an array
        difference = subtract_populations(values, other, (population, compared), by)
        values = difference.differences
    return Shown(population, difference, kind, values, spread if known and band else None)


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
    if shown.difference is not None:
        top += (
            f"{up} above zero where {shown.population} is raised more (or lowered less) than "
            f"{shown.compared}, {down} below zero where less. {shown.difference.sentence}"
        )
    else:
        top += f"{up} above zero raises, {down} below zero lowers the prediction."
    if shown.spread is not None and shown.kind == "mean":
        top += " Grey band: at most one s.d. over runs to either side."
    elif shown.spread is not None:
        top += " Grey band: one s.d. over runs to either side."
    return f"{top}{exon_words(exons)} {heat_map_words(pooled, size, ordered=any(groups))}"


def heat_map_words(pooled: pd.DataFrame, size: int, *, ordered: bool) -> str:
    """Say what the heat map of all populations shows, and what its fullest colour means.

    Parameters
    ----------
    pooled : DataFrame
        Populations x bins, log10.
    size : int
        Bases of a bin.
    ordered : bool
        Rows of a class stand together.
    """
    per = "position" if size == 1 else f"{size} positions"
    rows = ", ordered by class" if ordered else ""
    limit = float(np.abs(pooled.to_numpy()).max()) if pooled.size else 0.0
    fold = f"{10**limit:.2g}" if 10**limit < 100 else f"{10**limit:,.0f}"
    return (
        f"Below: strongest change per {per}, one row per population{rows}; full colour = "
        f"±{limit:.2g} ({fold}-fold)."
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

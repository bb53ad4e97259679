"""Places that a person types on the Mutagenesis page; no streamlit here."""

import re
from typing import Final

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, join_some
from scx_core.mutagenesis import Effects
from scx_core.sequence.chromosomes import same_chromosome
from scx_core.ui.words import parse_region

AROUND: Final = 50  # bases shown on either side of a single position
_NUMBER: Final = re.compile(r"[+-]?[\d,]*\d")
_PLACE: Final = re.compile(r"(?P<chromosome>[^:\s]+):(?P<rest>[\d,]+(-[\d,]+)?)")


def find_place(text: str, effects: Effects, regions: pd.DataFrame, longest: int) -> tuple[int, int]:
    """Read where to look: a genome position or region, one relative to the TSS, or a cCRE's name.

    Parameters
    ----------
    text : str
        ``chr22:39,570,542``, ``chr22:39570400-39570600`` (1-based), ``-217``, ``-250..-150``
        (relative to the TSS) or ``EH38E2148471``. A number without sign that lies in the window
        on the genome is a genome position.
    effects : Effects
    regions : DataFrame
        From `scx_core.figures.regions.regions_in_window`.
    longest : int
        Base pairs that can be shown; what is longer is cut around its middle.

    Returns
    -------
    first, last : int
        Window indices, both included.

    Raises
    ------
    ScxError
        If it is none of these, or lies outside the window.
    """
    typed = text.strip().replace("−", "-")
    named = regions[regions["name"].str.upper() == typed.upper()]
    if len(named):
        start, end = int(named["start"].iloc[0]), int(named["end"].iloc[0]) - 1
        return parse_region(f"{start}..{end}", effects.positions, effects.genome_positions, longest)
    if place := _PLACE.fullmatch(typed):
        if not same_chromosome(place["chromosome"], effects.chromosome):
            raise ScxError(
                f"{text.strip()} is not on {effects.chromosome}, where this gene lies; give a "
                "place in its window."
            )
        if "-" not in place["rest"]:
            return _around_genome_position(_integer(place["rest"]), effects, longest)
    elif _NUMBER.fullmatch(typed):
        number = _integer(typed)
        if not typed.startswith(("+", "-")) and number in _genome_range(effects):
            return _around_genome_position(number, effects, longest)
        return _around(number, effects, longest)
    elif ".." not in typed:
        raise ScxError(
            f"{text.strip()!r} is not a place in this window; give a genome position "
            f"({effects.chromosome}:{effects.tss:,}), one relative to the TSS (-217), a region "
            f"(-250..-150){_names(regions)}."
        )
    return parse_region(typed, effects.positions, effects.genome_positions, longest)


def _integer(text: str) -> int:
    return int(text.replace(",", ""))


def _names(regions: pd.DataFrame) -> str:
    names = list(dict.fromkeys(regions["name"]))
    return f" or the name of a region here: {join_some(names)}" if names else ""


def _genome_range(effects: Effects) -> range:
    places = effects.genome_positions
    return range(int(places.min()), int(places.max()) + 1)


def _around_genome_position(number: int, effects: Effects, longest: int) -> tuple[int, int]:
    inside = _genome_range(effects)
    if number not in inside:
        raise ScxError(
            f"{effects.chromosome}:{number:,} lies outside this gene's window, which spans "
            f"{inside.start:,}–{inside.stop - 1:,}; give a place inside it."
        )
    index = int(np.flatnonzero(effects.genome_positions == number)[0])
    return _around(int(effects.positions[index]), effects, longest)


def _around(position: int, effects: Effects, longest: int) -> tuple[int, int]:
    left, right = int(effects.positions[0]), int(effects.positions[-1])
    if not left <= position <= right:
        raise ScxError(
            f"{position:+,} lies outside this gene's window ({left:,} to {right:+,} from the TSS); "
            "give a place inside it."
        )
    return parse_region(
        f"{position - AROUND}..{position + AROUND}",
        effects.positions, effects.genome_positions, longest,
    )  # fmt: skip


def by_class(populations: pd.DataFrame, names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Order populations by the class that they belong to, as the dataset orders classes.

    Parameters
    ----------
    populations : DataFrame
        Population table: ``level``, ``parent``.
    names : tuple of str

    Returns
    -------
    names, and the topmost class of each (``""`` where there is none)
    """
    parents = populations["parent"].astype(str).to_dict()

    def top(name: str) -> str:
        seen = {name}
        current = parents.get(name, "")
        found = ""
        while current and current not in seen:
            found = current
            seen.add(current)
            current = parents.get(current, "")
        return found

    classes = {name: top(name) for name in names}
    rank = {name: place for place, name in enumerate(dict.fromkeys(classes.values()))}
    ordered = sorted(names, key=lambda name: rank[classes[name]])
    return ordered, [classes[name] for name in ordered]

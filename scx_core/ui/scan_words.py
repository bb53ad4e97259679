"""What a person types and reads on the Region scan page; no streamlit here."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.sequence.chromosomes import match_names
from scx_core.sequence.interval import Interval
from scx_core.ui.plain import plain
from scx_core.ui.words import decimal
from scx_core.xpresso.scan import RegionScan

#: Bases on either side of the TSS of a gene that was named instead of a region.
AROUND: Final = 50_000
#: More positions would keep the page busy for minutes, and no screen shows them.
MOST_POSITIONS: Final = 20_000
#: A gene further away than this is not named in the sentence; the table has it.
_NEAR: Final = 5_000


def read_region(
    text: str,
    step: int,
    dataset: Dataset | None,
    chromosomes: Mapping[str, int | None] | Mapping[str, int] | None = None,
) -> Interval:
    """Read a region, or take the surroundings of a gene of the dataset.

    Parameters
    ----------
    text : str
        ``chr22:39,500,000-39,600,000`` (1-based), or a gene's symbol or id.
    step : int
        Bases between predictions.
    dataset : Dataset or None
    chromosomes : mapping, optional
        Lengths by name, where the surroundings of a gene end.

    Raises
    ------
    ScxError
        If it is neither, or too long for the page.
    """
    if ":" in text or dataset is None:
        interval = Interval.parse(text)
    else:
        row = dataset.row_of(dataset.find_gene(text))
        tss = int(dataset.genes["tss"].iloc[row])
        chromosome = str(dataset.genes["chromosome"].iloc[row])
        names = match_names([chromosome], chromosomes or {})
        length = (chromosomes or {}).get(names.get(chromosome, ""))
        end = tss + AROUND if length is None else min(tss + AROUND, length)
        interval = Interval(chromosome, max(tss - 1 - AROUND, 0), end)
    n_positions = -(-len(interval) // step)
    if n_positions > MOST_POSITIONS:
        raise ScxError(
            f"{interval} has {n_positions:,} positions at a step of {step:,}; this page takes "
            f"{MOST_POSITIONS:,}. Give a shorter region or a longer step, or use the command line: scx "
            "scan."
        )
    return interval


def scan_sentence(scan: RegionScan, places: pd.DataFrame) -> str:
    """Say where most is predicted, as Markdown."""
    told = []
    for strand, sign in (("+", "+"), ("-", "−")):
        own = places[places["strand"] == strand]
        if own.empty:
            continue
        best = own.iloc[0]
        told.append(
            f"**{decimal(float(best['prediction']))}** on the {sign} strand at "
            f"{plain(scan.interval.chromosome)}:{int(best['tss']):,}{_where(best)}"
        )
    if not told:
        return "Nothing could be predicted here: too few letters of the region are known."
    return f"Highest {plain(scan.unit)}: {', and '.join(told)}."


def _where(place: pd.Series) -> str:
    parts = ["in a CpG island"] if place["in_island"] else []
    if place["nearest_gene"] and abs(place["distance"]) <= _NEAR:
        distance = int(place["distance"])
        side = (
            "at"
            if distance == 0
            else f"{abs(distance):,} bp {'after' if distance > 0 else 'before'}"
        )
        parts.append(f"{side} the start of {plain(place['nearest_gene'])}")
    return f" ({', '.join(parts)})" if parts else ""

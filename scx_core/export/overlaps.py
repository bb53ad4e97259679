"""Regions (cCREs) in a gene's window, with the strongest effect inside each, as BED."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from scx_core.export.tables import comment_lines
from scx_core.export.tracks import population_index
from scx_core.mutagenesis.effects import Effects
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, UNKNOWN
from scx_core.sequence.chromosomes import match_names

OVERLAP_COLUMNS: Final = (
    "chromosome", "start", "end", "name", "score", "strand", "region_class", "strongest_effect",
    "strongest_position", "change", "bases_in_window",
)  # fmt: skip
_HIGHEST: Final = 1000  # BED's score


def region_overlaps(effects: Effects, population: str, regions: pd.DataFrame) -> pd.DataFrame:
    """Regions that overlap the window of a gene, with the strongest effect inside each.

    Parameters
    ----------
    effects : Effects
    population : str
    regions : DataFrame
        ``chromosome, start, end`` (0-based half-open), ``name, region_class``.

    Returns
    -------
    DataFrame
        In the order of the chromosome: ``chromosome`` (as the gene's), ``start, end`` (of the whole
        region, 0-based half-open), ``name``, ``score`` (0 to 1000: size of the effect, of the
        largest among the regions), ``strand`` (``"."``), ``region_class``, ``strongest_effect``
        (log10; NaN where no letter inside is known), ``strongest_position`` (1-based; 0 where
        none), ``change`` (such as ``A>G``, letters on the gene's strand) and ``bases_in_window``.

    Raises
    ------
    ScxError
        If the effects have no such population.
    """
    values = effects.values[:, :, population_index(effects, population)]  # noqa: PD011
    places = effects.genome_positions
    names = match_names(regions["chromosome"].astype(str).unique(), [effects.chromosome])
    here = regions[
        regions["chromosome"].astype(str).isin(names)
        & (regions["start"] < int(places.max()))
        & (regions["end"] >= int(places.min()))
    ].sort_values(["start", "end"])
    known = effects.codes != UNKNOWN
    rows = []
    for start, end, name, region_class in zip(
        here["start"].to_numpy(int), here["end"].to_numpy(int), here["name"].astype(str),
        here["region_class"].astype(str), strict=True,
    ):  # fmt: skip
        inside = (places > start) & (places <= end)
        usable = np.flatnonzero(inside & known)
        effect, position, change = np.nan, 0, ""
        if len(usable):
            row, letter = np.unravel_index(
                int(np.abs(values[usable]).argmax()), (len(usable), len(BASES))
            )
            index = int(usable[row])
            effect, position = float(values[index, letter]), int(places[index])
            change = f"{CODE_LETTERS[effects.codes[index]]}>{BASES[int(letter)]}"
        rows.append(
            (
                effects.chromosome, int(start), int(end), name, 0, ".", region_class, effect, position, change, int(inside.sum()),
            )
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=list(OVERLAP_COLUMNS))
    size = table["strongest_effect"].abs().fillna(0.0)
    if len(table) and size.max() > 0:
        table["score"] = (_HIGHEST * size / size.max()).round().astype(int)
    return table


def overlaps_bed(
    effects: Effects,
    population: str,
    regions: pd.DataFrame,
    header: Mapping[str, object] | None = None,
) -> bytes:
    """Write `region_overlaps` as BED6+5, 0-based half-open, after comment lines.

    Parameters
    ----------
    effects : Effects
    population : str
    regions : DataFrame
    header : mapping, optional
        Comment lines ``# name: value`` on top.

    Raises
    ------
    ScxError
        If the effects have no such population.
    """
    table = region_overlaps(effects, population, regions)
    columns = "\t".join(OVERLAP_COLUMNS)
    lines = f"{comment_lines(header or {})}#{columns}\n"
    written = table.to_csv(sep="\t", header=False, index=False, lineterminator="\n", na_rep="NaN")
    return (lines + written).encode()

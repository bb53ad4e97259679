"""Tracks for genome browsers: bedGraph and bigWig, of a table or of the effects in a gene."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pybigtools  # type: ignore[import-untyped]
from numpy.typing import NDArray

from scx_core.errors import ScxError, join_some
from scx_core.export.tables import comment_lines
from scx_core.figures.pooling import largest_effect
from scx_core.mutagenesis.effects import Effects
from scx_core.sequence.alphabet import UNKNOWN


def track_table(effects: Effects, population: str) -> pd.DataFrame:
    """Largest effect at each position, in the order of the chromosome's plus strand.

    Parameters
    ----------
    effects : Effects
    population : str

    Returns
    -------
    DataFrame
        ``chromosome``, ``start``, ``end`` (0-based half-open, one base each), ``value`` (log10,
        with the sign of the substitution that changes most). Positions whose letter is not known,
        such as those past the chromosome's end, are left out. Of a gene on the minus strand the
        last position comes first; the value is what it is on either strand.

    Raises
    ------
    ScxError
        If the effects have no such population, or no letter of the window is known.
    """
    column = population_index(effects, population)
    values = largest_effect(effects.values[:, :, column], axis=1)  # noqa: PD011
    known = effects.codes != UNKNOWN
    if not known.any():
        raise ScxError(f"No letter around {effects.gene_id} is known; there is no track to write.")
    places: NDArray[np.int64] = effects.genome_positions[known]
    table = pd.DataFrame(
        {
            "chromosome": effects.chromosome,
            "start": places - 1,
            "end": places,
            "value": values[known].astype(np.float64),
        }
    )
    return table.sort_values("start", ignore_index=True)


def population_index(effects: Effects, population: str) -> int:
    """Place of a population in the effects.

    Raises
    ------
    ScxError
        If it is not there.
    """
    if population not in effects.populations:
        raise ScxError(
            f"There are no effects in {population!r}; choose one of {join_some(effects.populations)}."
        )
    return effects.populations.index(population)


def bedgraph_bytes(
    effects: Effects, population: str, header: Mapping[str, object] | None = None
) -> bytes:
    """Write the largest effect at each position as bedGraph (0-based half-open, plus strand).

    Parameters
    ----------
    effects : Effects
    population : str
    header : mapping, optional
        Comment lines ``# name: value`` on top.

    Raises
    ------
    ScxError
        See `track_table`.
    """
    return bedgraph_of_table(
        track_table(effects, population),
        f"{effects.gene_id} {population}",
        "Largest effect of a substitution on log10 expression",
        header,
    )


def bedgraph_of_table(
    table: pd.DataFrame, name: str, description: str, header: Mapping[str, object] | None = None
) -> bytes:
    """Write a track as bedGraph.

    Parameters
    ----------
    table : DataFrame
        ``chromosome``, ``start``, ``end`` (0-based half-open), ``value``; sorted.
    name, description : str
        What a browser shows.
    header : mapping, optional
        Comment lines ``# name: value`` on top.
    """
    shown = (text.replace('"', "'") for text in (name, description))
    line = (
        'track type=bedGraph name="{}" description="{}" color=0,114,178 altColor=213,94,0 '
        "alwaysZero=on\n"
    ).format(*shown)
    text = table.to_csv(sep="\t", header=False, index=False, lineterminator="\n")
    return (comment_lines(header or {}) + line + text).encode()


def bigwig_of_table(table: pd.DataFrame, chromosome_length: int | None = None) -> bytes:
    """Write a track of one chromosome as bigWig.

    Parameters
    ----------
    table : DataFrame
        As for `bedgraph_of_table`.
    chromosome_length : int, optional
        By default up to the last position written, which genome browsers accept.

    Returns
    -------
    bytes
        Values are single precision, as the format has them.

    Raises
    ------
    ScxError
        If the table is empty.
    """
    if table.empty:
        raise ScxError("There is no value to write as a track.")
    rows = zip(
        table["chromosome"].tolist(), table["start"].tolist(), table["end"].tolist(),
        table["value"].tolist(), strict=True,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "track.bw"
        writer = pybigtools.open(str(path), "w")
        length = chromosome_length or int(table["end"].iloc[-1])
        writer.write({str(table["chromosome"].iloc[0]): length}, rows)
        return path.read_bytes()


def bigwig_bytes(effects: Effects, population: str, chromosome_length: int | None = None) -> bytes:
    """Write the largest effect at each position as bigWig.

    Parameters
    ----------
    effects : Effects
    population : str
    chromosome_length : int, optional
        By default up to the last position written, which genome browsers accept.

    Returns
    -------
    bytes
        Values are single precision, as the format has them.

    Raises
    ------
    ScxError
        See `track_table`; or the window reaches beyond ``chromosome_length``.
    """
    table = track_table(effects, population)
    last = int(table["end"].iloc[-1])
    if chromosome_length is not None and last > chromosome_length:
        raise ScxError(
            f"The window of {effects.gene_id} ends at {last:,}, beyond the {chromosome_length:,} "
            f"bases of {effects.chromosome}; give the length in the dataset's genome build."
        )
    return bigwig_of_table(table, chromosome_length)

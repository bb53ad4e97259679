"""Plain words for the screen: units, places, orders; no streamlit here."""

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.sequence.alphabet import BASES, CODE_LETTERS
from scx_core.sequence.interval import Interval

_UNITS: Final = {
    "cpm": "log10 CPM",
    "cp10k": "log10 counts per 10⁴",
    "tpm": "log10 TPM",
    "none": "log10 expression (as given)",
}


def expression_unit(metadata: Mapping[str, Any]) -> str:
    """Name the unit of a dataset's expression, from its ``dataset.json``."""
    unit = _UNITS.get(str(metadata.get("normalisation", "none")), _UNITS["none"])
    added = float(metadata.get("offset", 0.0))
    return f"log10({unit.removeprefix('log10 ')} + {added:g})" if added else unit


def signed(value: float, digits: int | None = None) -> str:
    """Write a number with its sign; the minus is a real one.

    Without ``digits``, enough of them that two tell something: +0.31, −0.0042.
    """
    if digits is None:
        digits = (
            2 if abs(value) >= 0.1 or value == 0 else min(1 - math.floor(math.log10(abs(value))), 8)
        )
    return f"{value:+.{digits}f}".replace("-", "−")


def offset(position: int) -> str:
    """Write a position relative to the TSS: ``+184``, ``−5,825``."""
    return f"{position:+,}".replace("-", "−")


def decimal(value: float, digits: int = 2) -> str:
    """Write a number without a plus; the minus is a real one."""
    return f"{value:.{digits}f}".replace("-", "−")


def gene_choices(genes: pd.DataFrame) -> pd.Series:
    """Name to choose a gene by: its symbol where that is its own, else its id.

    Returns
    -------
    Series of str by gene id, sorted by name.
    """
    symbols = genes["gene_name"].astype(str)
    unclear = symbols.duplicated(keep=False) | symbols.isin(["", "nan", "None"])
    choices = symbols.where(~unclear, genes.index.to_series().astype(str))
    return choices.sort_values(key=lambda names: names.str.upper())


def strongest_substitution(
    effects: NDArray[np.floating], codes: NDArray[np.integer]
) -> tuple[int, str, str, float]:
    """Find the substitution with the largest absolute effect.

    Parameters
    ----------
    effects : ndarray, shape (length, 4)
    codes : ndarray, shape (length,)
        Base codes of the reference.

    Returns
    -------
    index, reference letter, alternative letter, effect
    """
    flat = int(np.abs(effects).argmax())
    index, base = divmod(flat, len(BASES))
    return index, CODE_LETTERS[codes[index]], BASES[base], float(effects[index, base])


def strongest_positions(
    effects: NDArray[np.floating],
    spread: NDArray[np.floating],
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    codes: NDArray[np.integer],
    count: int = 50,
    flank: int = 5,
) -> pd.DataFrame:
    """Tabulate the positions whose strongest substitution changes expression most.

    Parameters
    ----------
    effects, spread : ndarray, shape (length, 4)
        Effect (log10) and its standard deviation over runs.
    positions, genome_positions, codes : ndarray, shape (length,)
    count : int
        Rows.
    flank : int
        Bases of sequence context on either side.

    Returns
    -------
    DataFrame
        ``rank, position, genome_position, change, effect, spread, context``; strand of the gene;
        the position's own base is in brackets in the context.
    """
    best = np.abs(effects).argmax(axis=1)
    size = np.take_along_axis(np.abs(effects), best[:, None], axis=1)[:, 0]
    rows = np.argsort(-size, kind="stable")[:count]
    letters = np.array(list(CODE_LETTERS))[codes]
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(rows) + 1),
            "position": positions[rows],
            "genome_position": genome_positions[rows],
            "change": [f"{letters[row]}>{BASES[best[row]]}" for row in rows],
            "effect": effects[rows, best[rows]].astype(float),
            "spread": spread[rows, best[rows]].astype(float),
            "context": [
                f"{''.join(letters[max(row - flank, 0) : row])}[{letters[row]}]"
                f"{''.join(letters[row + 1 : row + 1 + flank])}"
                for row in rows
            ],
        }
    )


def parse_region(
    text: str,
    positions: NDArray[np.integer],
    genome_positions: NDArray[np.integer],
    longest: int,
) -> tuple[int, int]:
    """Read a region of the window, as window indices.

    Parameters
    ----------
    text : str
        ``-250..-150`` (relative to the TSS) or ``chr22:39,570,400-39,570,600`` (1-based).
    positions, genome_positions : ndarray, shape (length,)
    longest : int
        Base pairs that can be shown; a longer region is cut around its middle.

    Returns
    -------
    first, last : int
        Window indices, both included.

    Raises
    ------
    ScxError
        If the text is neither form, or the region lies outside the window.
    """
    left, right = int(positions[0]), int(positions[-1])
    if ":" in text:
        interval = Interval.parse(text)
        inside = (genome_positions > interval.start) & (genome_positions <= interval.end)
        chosen = np.flatnonzero(inside)
        if not chosen.size:
            low, high = int(genome_positions.min()), int(genome_positions.max())
            raise ScxError(
                f"{interval} lies outside this gene's window, which spans {low:,}–{high:,}; give a "
                "region inside it."
            )
        first, last = int(chosen[0]), int(chosen[-1])
    else:
        ends = text.replace("−", "-").replace(",", "").split("..")
        try:
            start, end = sorted(int(end) for end in ends)
        except ValueError as error:
            raise ScxError(
                f"{text!r} is not a region; write it as -250..-150 (relative to the TSS) or as "
                "chr22:39570400-39570600 (genome, 1-based)."
            ) from error
        if end < left or start > right:
            raise ScxError(
                f"{text} lies outside this gene's window ({left:,}..{right:,}); give a region "
                "inside it."
            )
        first, last = max(start, left) - left, min(end, right) - left
    if last - first + 1 > longest:
        first = (first + last - longest) // 2 + 1
        last = first + longest - 1
    return first, last

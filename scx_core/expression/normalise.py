"""Library sizes: which normalisation a matrix needs, and whether its values are counts."""

from dataclasses import dataclass

import numpy as np

from scx_core.errors import ScxError, join_some
from scx_core.expression.source import Source
from scx_core.expression.table import NORMALISATIONS

#: Sum of a cell after each normalisation.
TARGET_SUM = {"cpm": 1e6, "cp10k": 1e4, "tpm": 1e6}

#: Relative error of a count that went through log1p and back in float32, with room to spare.
LOG_ERROR = 1e-5

#: Nothing linear stays below this in a real matrix of cells; log1p of 10⁶ is 13.8.
LARGEST_LOG = 14.0


@dataclass(frozen=True)
class Look:
    """What the non-zero values look like.

    Attributes
    ----------
    counts : bool
        Whether all sampled values are whole numbers.
    example : float
        A value that is no count, or the first; NaN when all are zero.
    largest : float
        The largest sampled value.
    """

    counts: bool
    example: float
    largest: float


def look_at(source: Source, log1p: bool) -> Look:
    """Tell counts from normalised values by a sample of the non-zero ones.

    Parameters
    ----------
    source : Source
    log1p : bool
        Whether the values are logarithms, to be undone first.
    """
    values = source.matrix.sample()
    values = values[np.isfinite(values)]
    if not values.size:
        return Look(counts=False, example=float("nan"), largest=float("nan"))
    linear = np.expm1(values) if log1p else values
    error = np.abs(linear - np.round(linear))
    broken = error > (LOG_ERROR * np.abs(linear) if log1p else 0.0)
    example = linear[broken][0] if broken.any() else linear[0]
    return Look(not bool(broken.any()), float(example), float(linear.max()))


def choose_normalisation(
    asked: str, look: Look, source: Source, *, log1p: bool, cells: bool
) -> tuple[str, tuple[str, ...]]:
    """Settle the normalisation, and say what was assumed.

    Parameters
    ----------
    asked : str
        ``"auto"`` or one of `NORMALISATIONS`. ``"auto"`` takes counts per 10⁴ for counts, and
        leaves other values as they are.
    look : Look
        What the values look like.
    source : Source
    log1p : bool
        Whether log1p is undone.
    cells : bool
        Whether the rows are cells, not ready populations.

    Returns
    -------
    normalisation : str
    notices : tuple of str

    Raises
    ------
    ScxError
        When `asked` is unknown, or is ``"auto"`` for values that the file says are logarithms.
    """
    if asked not in ("auto", *NORMALISATIONS):
        raise ScxError(
            f"Normalisation {asked!r} is unknown; use auto, {join_some(NORMALISATIONS)}."
        )
    if asked == "auto" and source.logged and not log1p and not look.counts:
        raise ScxError(
            f"{source.file} says that its values are log1p-transformed, so they cannot be averaged "
            "as they are: have log1p undone (--log1p), or choose the normalisation none "
            "(--normalize none) to take them as linear values all the same."
        )
    notices = []
    logged = source.logged or (cells and look.largest <= LARGEST_LOG)
    if logged and not log1p and not look.counts:
        reason = (
            "says that its values are log1p-transformed"
            if source.logged
            else f"has no value above {look.largest:.3g}, as if log1p-transformed"
        )
        notices.append(
            f"{source.file} {reason}, and they are taken as linear; if they are logarithms, have "
            "log1p undone."
        )
    normalisation = ("cp10k" if look.counts else "none") if asked == "auto" else asked
    if asked == "auto" and look.counts:
        notices.append(
            f"The values are counts: each {'cell' if cells else 'population'} was normalised to "
            "10,000 counts (cp10k)."
        )
    elif asked == "auto":
        notices.append(
            f"The values are not counts ({look.example:.6g} …): they were taken as normalised "
            "already (none)."
        )
    elif asked != "none" and not look.counts:
        notices.append(
            f"{asked} was asked for, but the values look normalised already "
            f"({look.example:.6g} …): choose none unless they are not."
        )
    elif asked == "none" and look.counts:
        notices.append(
            f"none was asked for, but the values look like counts ({look.example:.6g} …): choose "
            "cp10k (droplet), cpm (full-length) or tpm (bulk) unless they are normalised."
        )
    return normalisation, tuple(notices)

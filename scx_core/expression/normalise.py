"""Library sizes: which normalisation a matrix needs, and whether its values are counts."""

from dataclasses import dataclass

import numpy as np

from scx_core.errors import ScxError, join_some
from scx_core.expression.blocks import SAMPLE_VALUES
from scx_core.expression.source import Source
from scx_core.expression.table import NORMALISATIONS

#: Sum of a cell after each normalisation.
TARGET_SUM = {"cpm": 1e6, "cp10k": 1e4, "tpm": 1e6}

#: Relative error of a count that went through log1p and back in float32, with room to spare.
LOG_ERROR = 1e-5

#: Nothing linear stays below this in a real matrix of cells; log1p of 10⁶ is 13.8.
LARGEST_LOG = 14.0

#: Nor in a table of populations with so many genes, where the logarithm may be log2 (of 10⁶: 19.9).
LARGEST_LOG2 = 20.0
MANY_GENES = 1_000

#: Relative spread of the sums of cells that were brought to one library size, in float32.
EQUAL_SUMS = 1e-3

#: Fewer rows than this may have the same sum by chance.
MIN_ROWS = 3


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
    equal_sums : str
        What adds up to the same in every sampled row, where no values are counts: ``"values"``,
        ``"expm1"`` of the values, or ``""``.
    """

    counts: bool
    example: float
    largest: float
    equal_sums: str = ""


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
    counts = not bool(broken.any())
    example = linear[0] if counts else linear[broken][0]
    equal = "" if counts or log1p else _equal_sums(source)
    return Look(counts, float(example), float(linear.max()), equal)


def _equal_sums(source: Source) -> str:
    """Say what adds up to the same in the first rows; ``""`` where nothing does or few can tell."""
    if not source.matrix.by_rows:
        return ""
    first = next(iter(source.matrix.blocks(SAMPLE_VALUES))).entries
    genes = (source.no_gene == "").astype(np.float64)
    values = first @ genes
    if not np.isfinite(values).all() or np.count_nonzero(values) < MIN_ROWS:
        return ""
    logs = first.copy()
    with np.errstate(over="ignore"):
        np.expm1(logs.data, out=logs.data)
    for what, sums in (("values", values), ("expm1", logs @ genes)):
        filled = sums[values != 0]
        if np.isfinite(filled).all() and np.ptp(filled) <= EQUAL_SUMS * abs(filled.mean()):
            return what
    return ""


@dataclass(frozen=True)
class Logs:
    """Whether values look like logarithms.

    Attributes
    ----------
    reason : str
        What shows it, to follow the file's name; ``""`` where nothing does.
    certain : bool
        Whether nothing else can show it.
    """

    reason: str = ""
    certain: bool = False


def find_logs(source: Source, look: Look, *, cells: bool) -> Logs:
    """Find what shows that values, which are no counts, are logarithms."""
    if source.logged:
        return Logs("says that its values are log1p-transformed", certain=True)
    if look.equal_sums == "expm1":
        return Logs(
            "holds log1p-transformed values (exp(value) − 1 adds up to the same in every row)",
            certain=True,
        )
    limit, many = (LARGEST_LOG, 0) if cells else (LARGEST_LOG2, MANY_GENES)
    # NaN, where all is zero, is not below the limit
    if look.largest <= limit and not look.equal_sums and len(source.names) >= many:
        return Logs(
            f"has no value above {look.largest:.3g} and its values are no counts, as if they were "
            "log-transformed"
        )
    return Logs()


def _ways_out(source: Source) -> str:
    others = source.matrices
    ways = ["have log1p undone (--log1p)"]
    if others:
        first = "raw" if "raw" in others else others[0]
        ways.insert(
            0, f"take another matrix of the file ({join_some(others)}; --layer {first} for one)"
        )
    ways.append("if they are linear all the same, choose the normalisation none (--normalize none)")
    return "; ".join(ways)


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
        When `asked` is unknown, or the values look like logarithms: with ``"auto"``, and where it
        is certain with any normalisation but ``"none"``.
    """
    if asked not in ("auto", *NORMALISATIONS):
        raise ScxError(
            f"Normalisation {asked!r} is unknown; use auto, {join_some(NORMALISATIONS)}."
        )
    notices = []
    logs = Logs() if log1p or look.counts else find_logs(source, look, cells=cells)
    if logs.reason and (asked == "auto" or (logs.certain and asked != "none")):
        raise ScxError(
            f"{source.file} {logs.reason}, and logarithms cannot be averaged as they are: "
            f"{_ways_out(source)}."
        )
    if logs.reason:
        notices.append(
            f"{source.file} {logs.reason}, and they are taken as linear; if they are logarithms, have "
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

"""How long work tells its caller how far it is, without knowing who listens; how times are written."""

import math
from collections.abc import Callable
from typing import Final

#: Called with the fraction done (0 to 1) and what is being done now. May raise to cancel.
Progress = Callable[[float, str], None]


def no_progress(fraction: float, message: str) -> None:
    """Listen to nothing: the default listener."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Map a step's own 0–1 onto ``start``–``end`` of the whole."""

    def report(fraction: float, message: str) -> None:
        progress(start + (end - start) * fraction, message)

    return report


#: Seconds of a unit, its name, and the steps that amounts below a limit are rounded to.
_UNITS: Final = (
    (1, "s", ((10, 1), (20, 5), (95, 10))),
    (60, "min", ((15, 1), (57.5, 5))),
    (3600, "h", ((5, 0.5), (47.5, 1))),
    (86_400, "days", ((5, 0.5), (math.inf, 1))),
)


def duration(seconds: float) -> str:
    """Write a measured or estimated time as exactly as it can be meant: ``50 s``, ``3 min``, ``12 h``.

    >>> [duration(s) for s in (0.2, 47.3, 190, 3590, 43_900, 200_000)]
    ['1 s', '50 s', '3 min', '1 h', '12 h', '2.5 days']
    """
    for size, unit, steps in _UNITS:
        for limit, step in steps:
            if seconds / size < limit:
                return f"{max(round(seconds / size / step), 1) * step:,.10g} {unit}"
    raise ValueError(f"{seconds} is no time")


def about(seconds: float) -> str:
    """Write a measured or estimated time within a sentence: ``about 50 s``, ``less than 1 s``."""
    return "less than 1 s" if seconds < 0.5 else f"about {duration(seconds)}"

"""How long work tells its caller how far it is, without knowing who listens."""

from collections.abc import Callable

#: Called with the fraction done (0 to 1) and what is being done now. May raise to cancel.
Progress = Callable[[float, str], None]


def no_progress(fraction: float, message: str) -> None:
    """Listen to nothing: the default listener."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Map a step's own 0–1 onto ``start``–``end`` of the whole."""

    def report(fraction: float, message: str) -> None:
        progress(start + (end - start) * fraction, message)

    return report

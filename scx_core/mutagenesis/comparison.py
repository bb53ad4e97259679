"""Effects of the same substitutions in two populations, side by side."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError, counted

#: ``"same sign"``: substitutions of which the effects have one sign in both populations, increases
#: and decreases apart, as in scXpresso (Figure S19); ``"subtraction"``: all substitutions.
Comparing = Literal["same sign", "subtraction"]
COMPARISONS: Final[tuple[Comparing, ...]] = ("same sign", "subtraction")


@dataclass(frozen=True)
class PopulationDifference:
    """Effects in one population minus those in another.

    Attributes
    ----------
    first, second : str
        Populations; the effects in ``second`` are taken away from those in ``first``.
    by : {"same sign", "subtraction"}
    increases, decreases : ndarray of float32, shape (length, 4)
        Differences (log10) of the substitutions that raise the prediction in both populations, and
        of those that lower it in both; 0 for all others. With ``"subtraction"``, ``increases`` holds
        the differences of all substitutions and ``decreases`` nothing.
    compared, left_out : int
        Substitutions that are compared, and those left out because their sign differs (an effect of
        exactly 0 has no sign). Those without effect in either population are in neither.
    """

    first: str
    second: str
    by: Comparing
    increases: NDArray[np.float32]
    decreases: NDArray[np.float32]
    compared: int
    left_out: int

    @property
    def differences(self) -> NDArray[np.float32]:
        """Differences of all that is compared, shape (length, 4); 0 for what is left out."""
        return self.increases + self.decreases

    @property
    def sentence(self) -> str:
        """What was done, with its numbers."""
        whose = f"Effects in {self.first} minus effects in {self.second}"
        if self.by == "subtraction":
            return (
                f"{whose}, of all {self.compared:,} substitutions, whichever way each goes (plain "
                "subtraction)."
            )
        return (
            f"{whose}, of the {counted(self.compared, 'substitution')} that raise or lower expression "
            f"in both; {self.left_out:,} whose sign differs are left out, and increases and "
            "decreases are drawn apart (as in scXpresso, Figure S19)."
        )


def subtract_populations(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    names: tuple[str, str],
    by: Comparing = "same sign",
) -> PopulationDifference:
    """Compare the effects of all substitutions of a window in two populations.

    Parameters
    ----------
    first, second : ndarray, shape (length, 4)
        Effects (log10) in ACGT order; the reference base is 0.
    names : tuple of str
        The two populations.
    by : {"same sign", "subtraction"}

    Raises
    ------
    ScxError
        If the way of comparing is unknown.
    """
    if by not in COMPARISONS:
        raise ScxError(f"The comparison {by!r} is unknown; choose one of {', '.join(COMPARISONS)}.")
    difference = (first - second).astype(np.float32)
    counts = (first != 0) | (second != 0)
    if by == "subtraction":
        nothing = np.zeros_like(difference)
        return PopulationDifference(*names, by, difference, nothing, int(counts.sum()), 0)
    up, down = (first > 0) & (second > 0), (first < 0) & (second < 0)
    zero = np.float32(0)
    return PopulationDifference(
        *names, by, np.where(up, difference, zero), np.where(down, difference, zero),
        int((up | down).sum()), int((counts & ~up & ~down).sum()),
    )  # fmt: skip

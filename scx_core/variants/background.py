"""Effects of random changes of the genome, which a change is compared with.

Like is compared with like, because other things than the letters at hand decide how large an effect
is. Figures are of a model of the worm:

- near the TSS the median effect is two to four times that beyond 3 kb;
- 6 % of transversions and 3 % of transitions exceed the 95th percentile of both (in the
  demonstration transitions are the stronger ones);
- an insertion or deletion moves all letters between it and the window's end: the median deletion of
  one letter exceeds 98 % of substitutions, that of ten letters all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.variants.ranks import percentile_among

Ints = NDArray[np.int64]

#: Kinds of changes that are compared with each other; `OTHER` is compared with nothing.
OTHER: Final = -1
TRANSVERSION: Final = 0
TRANSITION: Final = 1
#: Insertions and deletions by how many letters they move the rest: kinds from this one on.
FIRST_SHIFT: Final = 2
#: Shortest and longest shift of each kind; the last one holds all that are longer, too.
SHIFTS: Final = ((1, 1), (2, 3), (4, 10), (11, 50))

#: Distances from the TSS (bp) that divide the bins, on both sides.
_DISTANCES: Final = (100, 300, 1000, 3000)
_TRANSITIONS: Final = frozenset({"AG", "GA", "CT", "TC"})


@dataclass(frozen=True)
class Background:
    """Effects of random changes, by distance from the TSS and kind.

    Attributes
    ----------
    populations : tuple of str
    edges : ndarray of int64, shape (bins + 1,)
        Bounds of the bins: bp from the TSS, negative upstream; a bin holds its lower bound.
    bins, kinds : ndarray of int64, shape (changes,)
    sizes : ndarray of float32, shape (changes, populations)
        |effect|, log10 units, mean over runs.
    """

    populations: tuple[str, ...]
    edges: Ints
    bins: Ints
    kinds: Ints
    sizes: NDArray[np.float32]

    def __post_init__(self) -> None:
        shape = (len(self.bins), len(self.populations))
        if self.sizes.shape != shape or self.kinds.shape != self.bins.shape:
            raise ScxError(
                f"A background needs one |effect| for each of {shape[0]:,} changes and "
                f"{shape[1]:,} populations, not {self.sizes.shape}."
            )
        if not np.isfinite(self.sizes).all() or (np.diff(self.edges) <= 0).any():
            raise ScxError("A background holds values that are not numbers, or bins out of order.")

    def percentiles(
        self,
        relative_to_tss: Ints,
        kinds: Ints,
        effects: NDArray[np.floating],
        population: str | None = None,
    ) -> NDArray[np.float64]:
        """Share of random changes of the kind and distance with a smaller |effect|, in %.

        Parameters
        ----------
        relative_to_tss : ndarray of int64, shape (changes,)
            bp, negative upstream.
        kinds : ndarray of int64, shape (changes,)
            See `kinds_of`.
        effects : ndarray, shape (changes,), log10 units
        population : str, optional
            The effects are those in this population, and so are the random ones. If not given,
            each is the largest over all populations. A largest effect is not to be compared with
            effects in one population: of a random substitution it would exceed most of them.

        Returns
        -------
        ndarray of float64, shape (changes,)
            NaN where there are no such random changes.
        """
        sizes = self.sizes.max(axis=1, initial=0)
        if population is not None:
            if population not in self.populations:
                raise ScxError(
                    f"{population!r} is not a population of the background; use one of the model's."
                )
            sizes = self.sizes[:, self.populations.index(population)]
        places = np.clip(relative_to_tss, self.edges[0], self.edges[-1] - 1)
        bins = np.searchsorted(self.edges, places, side="right") - 1
        values = np.abs(effects).astype(np.float32)
        found = np.full(len(bins), np.nan)
        groups = pd.DataFrame({"bin": bins, "kind": kinds}).groupby(["bin", "kind"])
        for key, rows in groups.indices.items():
            number, kind = cast(tuple[int, int], key)
            among = np.sort(sizes[(self.bins == number) & (self.kinds == kind)])
            found[rows] = percentile_among(among, values[rows])
        return found


def bin_edges(upstream: int, downstream: int) -> Ints:
    """Divide a window by distance from the TSS, finely near it."""
    inner = [sign * distance for distance in _DISTANCES for sign in (-1, 1)]
    inside = [edge for edge in (0, *inner) if -upstream < edge < downstream]
    return np.unique(np.array([-upstream, *inside, downstream], np.int64))


def bins_of(relative_to_tss: Ints, edges: Ints) -> Ints:
    """Find the bin of each distance within the window."""
    return np.searchsorted(edges, relative_to_tss, side="right").astype(np.int64) - 1


def kinds_of(references: Sequence[str], alternatives: Sequence[str]) -> Ints:
    """Tell the kinds of changes.

    Parameters
    ----------
    references, alternatives : sequence of str
        Trimmed alleles. Longer replacements, and what is not made of letters, are `OTHER`.
    """
    pairs = zip(references, alternatives, strict=True)
    return np.array([_kind(reference, alternative) for reference, alternative in pairs], np.int64)


def _kind(reference: str, alternative: str) -> int:
    if not reference.isalpha() or not alternative.isalpha():
        return OTHER
    shift = abs(len(alternative) - len(reference))
    if shift:
        return FIRST_SHIFT + next(
            (number for number, (_, longest) in enumerate(SHIFTS) if shift <= longest),
            len(SHIFTS) - 1,
        )
    if len(reference) > 1:
        return OTHER
    return TRANSITION if reference + alternative in _TRANSITIONS else TRANSVERSION

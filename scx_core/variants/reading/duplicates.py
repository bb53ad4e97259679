"""Finding rows that mean the same, in lists of any length."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.sequence.chromosomes import core_name
from scx_core.variants.reading.variant_list import join_notes


class Duplicates:
    """Marks parts that an earlier row has too.

    What was seen is kept as sorted 64-bit digests, 16 bytes a part; two different parts of ten
    million share one with a chance of 3 in a million.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[NDArray[np.uint64], NDArray[np.int64]]] = []

    def mark(self, alleles: pd.DataFrame) -> pd.DataFrame:
        """Note ``same as row 12`` where a part that can be used has been there before.

        Parameters
        ----------
        alleles : DataFrame
            See `VariantList.alleles`; the next rows of the list.
        """
        known = (alleles["reason"] == "").to_numpy()
        if not known.any():
            return alleles
        digests = _digest(alleles[known])
        rows = alleles["row"].to_numpy()[known]
        order = np.argsort(digests, kind="stable")
        digests, rows = digests[order], rows[order]
        new = np.concatenate([[True], digests[1:] != digests[:-1]])
        # The first of equal ones, here or in an earlier chunk.
        first = np.maximum.accumulate(np.where(new, np.arange(len(rows)), 0))
        original = rows[first]
        again = ~new
        for seen, seen_rows in self._runs:
            place = np.minimum(np.searchsorted(seen, digests), len(seen) - 1)
            found = seen[place] == digests
            original[found] = seen_rows[place[found]]
            again |= found
        self._remember(digests[new & ~again], rows[new & ~again])
        if not again.any():
            return alleles
        places = np.flatnonzero(known)[order[again]]
        notes = alleles["note"].to_numpy(object, copy=True)
        for place, row in zip(places.tolist(), original[again].tolist(), strict=True):
            notes[place] = join_notes(notes[place], f"same as row {row}")
        return alleles.assign(note=notes)

    def _remember(self, digests: NDArray[np.uint64], rows: NDArray[np.int64]) -> None:
        """Keep sorted runs, merging those of similar size: few to search, little to sort."""
        if not len(digests):
            return
        self._runs.append((digests, rows))
        while len(self._runs) > 1 and len(self._runs[-2][0]) <= 2 * len(self._runs[-1][0]):
            (a, rows_a), (b, rows_b) = self._runs.pop(), self._runs.pop()
            both = np.concatenate([a, b])
            order = np.argsort(both, kind="stable")
            self._runs.append((both[order], np.concatenate([rows_a, rows_b])[order]))


def _digest(alleles: pd.DataFrame) -> NDArray[np.uint64]:
    """Digest what a part means: place, alleles and what it is about; its id where it has no place."""
    compared = {
        "chromosome": alleles["chromosome"].map(
            {name: core_name(name) for name in alleles["chromosome"].unique()}
        ),
        "position": alleles["position"].fillna(0).astype(np.int64),
        "id": alleles["id"].where(alleles["position"].isna(), ""),
        **{name: alleles[name] for name in ("reference", "alternative", "effect_allele")},
    }
    qualified = alleles["qualifier"] != ""
    if qualified.any():
        more = compared["effect_allele"] + "\t" + alleles["qualifier"]
        compared["effect_allele"] = compared["effect_allele"].mask(qualified, more)
    digests = pd.util.hash_pandas_object(pd.DataFrame(compared), index=False)
    return digests.to_numpy().astype(np.uint64, copy=False)

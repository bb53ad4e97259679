"""Sizes of the demonstration, its network and its training, in plain form."""

from typing import Final

#: Bases before the TSS, and bases from the TSS on, that a demonstration gene is predicted from.
UPSTREAM: Final = 2000
DOWNSTREAM: Final = 1000

N_GENES: Final = 2000
N_CELLS: Final = 1200

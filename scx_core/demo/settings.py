"""Sizes of the demonstration, its network and its training, in plain form."""

from typing import Final

N_GENES: Final = 2000
N_CELLS: Final = 1200
N_VARIANTS: Final = 300

#: Bases before the TSS, and bases from the TSS on, that a gene is predicted from.
UPSTREAM: Final = 800
DOWNSTREAM: Final = 400

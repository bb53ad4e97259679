"""Sizes of the demonstration.

Chosen by measurement: it has far fewer genes than a real genome, so it needs a smaller window and
network than the published ones.
"""

from typing import Final

N_GENES: Final = 2000
N_CELLS: Final = 1200
N_VARIANTS: Final = 300

#: Bases before the TSS, and bases from the TSS on, that a gene is predicted from.
UPSTREAM: Final = 800
DOWNSTREAM: Final = 400

#: Architecture and its training; see `scx_core.training.architecture`.
ARCHITECTURE: Final = "small"

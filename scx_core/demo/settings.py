"""Sizes of the demonstration, its network and its training, in plain form.

Chosen by measurement. The demonstration has far fewer genes than a real genome, so it needs a
smaller window and network than the published ones, smaller batches, and more patience.
"""

from typing import Final

N_GENES: Final = 2000
N_CELLS: Final = 1200
N_VARIANTS: Final = 300

#: Bases before the TSS, and bases from the TSS on, that a gene is predicted from.
UPSTREAM: Final = 800
DOWNSTREAM: Final = 400

#: Architecture; see `scx_core.models.preset`.
ARCHITECTURE: Final = "small"

#: Each gene is in the test set of one fold; runs are networks per fold.
FOLDS: Final = 5
RUNS: Final = 2
EPOCHS: Final = 40
BATCH_SIZE: Final = 32
LEARNING_RATE: Final = 0.001
#: Epochs without improvement of the validation loss before the learning rate is divided by 10.
PATIENCE: Final = 7

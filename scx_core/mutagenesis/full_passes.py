"""The plain method: one full forward pass for each mutant. It is the oracle of anything faster."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from scx_core.progress import Progress, no_progress, part_of
from scx_core.sequence.alphabet import BASES
from scx_core.trained import TrainedRun
from scx_core.training.data import one_hot_batch

#: Mutants per forward pass; larger batches are slower on a CPU (fresh memory at each pass).
BATCH: Final = 16


def mutate_by_full_passes(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    *,
    progress: Progress = no_progress,
    batch: int = BATCH,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Predict every substitution with every run.

    Parameters
    ----------
    runs : sequence of TrainedRun
    codes : ndarray of uint8, shape (length,)
    half_life : ndarray of float64, shape (features,)
        log10(x + 0.1).
    progress : Progress
        May raise to cancel.
    batch : int
        Mutants per forward pass.

    Returns
    -------
    effects : ndarray of float32, shape (runs, length, 4, populations), log10 units
    wild_type : ndarray of float64, shape (runs, populations), log10 units
    """
    n_populations = len(runs[0].scaling.target_mean)
    effects = np.zeros((len(runs), len(codes), len(BASES), n_populations), np.float32)
    wild_type = np.zeros((len(runs), n_populations))
    for number, run in enumerate(runs):
        step = part_of(progress, number / len(runs), (number + 1) / len(runs))
        label = f"Mutating, run {number + 1} of {len(runs)}"
        wild_type[number] = _mutate_with(run, codes, half_life, effects[number], step, label, batch)
    return effects, wild_type


def _mutate_with(
    run: TrainedRun,
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    out: NDArray[np.float32],
    progress: Progress,
    label: str,
    batch: int,
) -> NDArray[np.float64]:
    """Fill ``out``, shape (length, 4, populations), for one run; give its wild type in log10."""
    scaled = run.scaling.scale_half_life(half_life[None])
    wild_type = run.forward(codes[None], scaled)[0]
    mutants = [
        (index, base) for index, code in enumerate(codes) for base in range(4) if base != code
    ]
    sequence = one_hot_batch(np.repeat(codes[None], batch, axis=0), run.device)
    reference = sequence[0].clone()
    features = torch.from_numpy(np.repeat(scaled, batch, axis=0)).to(run.device)
    scale = run.scaling.target_scale.astype(np.float32)
    with torch.inference_mode():
        for start in range(0, len(mutants), batch):
            part = mutants[start : start + batch]
            for row, (index, base) in enumerate(part):
                sequence[row, :, index] = 0.0
                sequence[row, base, index] = 1.0
            predicted = run.model(sequence[: len(part)], features[: len(part)]).cpu().numpy()
            for row, (index, base) in enumerate(part):
                out[index, base] = (predicted[row] - wild_type) * scale
                sequence[row, :, index] = reference[:, index]
            progress(start / len(mutants), label)
    return run.scaling.unscale_targets(wild_type)


def substitute_by_full_passes(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    indices: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Predict all four bases at some positions; see `scx_core.mutagenesis.substitute`."""
    mutants = np.repeat(codes[None], 1 + len(indices) * len(BASES), axis=0)
    for site, index in enumerate(indices):
        for base in range(len(BASES)):
            mutants[1 + site * len(BASES) + base, index] = base
    features = np.repeat(half_life[None], len(mutants), axis=0)
    predicted = np.stack([run.predict(mutants, features) for run in runs])
    effects = (predicted[:, 1:] - predicted[:, :1]).astype(np.float32)
    return effects.reshape(len(runs), len(indices), len(BASES), effects.shape[-1])

"""Choosing how to mutate: by what an edit touches, or by full forward passes."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.mutagenesis.full_passes import mutate_by_full_passes, substitute_by_full_passes
from scx_core.mutagenesis.incremental import (
    mutate_incrementally,
    substitute_incrementally,
    supports,
)
from scx_core.progress import Progress, no_progress
from scx_core.trained import TrainedRun

ENGINES: Final = ("auto", "incremental", "full")


def saturation_mutagenesis(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    *,
    engine: str = "auto",
    progress: Progress = no_progress,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Predict every substitution with every run.

    Parameters
    ----------
    runs : sequence of TrainedRun
    codes : ndarray of uint8, shape (length,)
    half_life : ndarray of float64, shape (features,)
        log10(x + 0.1).
    engine : str
        ``"incremental"``: recompute what an edit touches (CPU, networks of the `SequenceCNN`
        family). ``"full"``: a forward pass for each mutant. ``"auto"``: the first where it can.
    progress : Progress
        May raise to cancel.

    Returns
    -------
    effects : ndarray of float32, shape (runs, length, 4, populations), log10 units
    wild_type : ndarray of float64, shape (runs, populations), log10 units

    Raises
    ------
    ScxError
        If the engine is unknown or cannot run these models.
    """
    if engine not in ENGINES:
        raise ScxError(f"Engine {engine!r} is unknown; choose one of {', '.join(ENGINES)}.")
    able = all(supports(run) for run in runs)
    if engine == "incremental" and not able:
        raise ScxError(
            "The incremental engine knows convolutional networks on the CPU only; choose 'full'."
        )
    if able and engine != "full":
        return mutate_incrementally(runs, codes, half_life, progress=progress)
    return mutate_by_full_passes(runs, codes, half_life, progress=progress)


def substitute(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    indices: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Predict all four bases at some positions with every run.

    Parameters
    ----------
    runs, codes, half_life
        As in `saturation_mutagenesis`.
    indices : ndarray of int64, shape (sites,)
        Window indices.

    Returns
    -------
    ndarray of float32, shape (runs, sites, 4, populations), log10 units
        0 for the base that is there.
    """
    if all(supports(run) for run in runs):
        return substitute_incrementally(runs, codes, half_life, indices)
    return substitute_by_full_passes(runs, codes, half_life, indices)

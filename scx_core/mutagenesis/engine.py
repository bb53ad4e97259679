"""Choosing how to mutate: by what an edit touches, or by full forward passes."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.mutagenesis.batch import (
    PRECISIONS,
    effects_in_batches,
    mutate_in_batches,
)
from scx_core.mutagenesis.checks import check_inputs, check_sites
from scx_core.mutagenesis.edits import Edits
from scx_core.mutagenesis.full_passes import mutate_by_full_passes
from scx_core.mutagenesis.incremental import (
    effects_incrementally,
    mutate_incrementally,
    substitute_incrementally,
    supports,
)
from scx_core.mutagenesis.notices import Notify, log_notice
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES
from scx_core.trained import TrainedRun

#: ``full`` is the plain oracle of the others: exact and slow.
ENGINES: Final = ("auto", "incremental", "batch", "full")

_FALLBACK: Final = (
    "The incremental engine knows convolutional networks on the CPU only; these models were mutated "
    "by full forward passes in batches."
)


def saturation_mutagenesis(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    *,
    engine: str = "auto",
    precision: str = "single",
    progress: Progress = no_progress,
    notify: Notify = log_notice,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Predict every substitution with every run.

    Where the wild type is N or another ambiguous letter, an effect is that of the base against the
    letter's mixture (N: a quarter of each), and all four bases have one.

    Parameters
    ----------
    runs : sequence of TrainedRun
        Networks called as ``model(one_hot, half_life)``.
    codes : ndarray of uint8, shape (length,)
        Base codes, 0 to 14.
    half_life : ndarray of float64, shape (features,)
        log10(x + 0.1); NaN where unknown.
    engine : str
        ``"incremental"``: recompute what an edit touches (CPU, networks of the `SequenceCNN`
        family). ``"batch"``: a forward pass for each mutant, in batches on the models' device.
        ``"auto"``: the first where it can, else the second. ``"full"``: plain forward passes.
    precision : {"single", "half"}
        Half precision (engine ``"batch"`` alone) is faster on some devices; its error is measured
        and told to `notify`.
    progress : Progress
        May raise to cancel.
    notify : callable
        Told, in plain sentences, of a fallback and of the error of half precision; by default
        written to the log, each sentence once.

    Returns
    -------
    effects : ndarray of float32, shape (runs, length, 4, populations), log10 units
        0 for the base that is there.
    wild_type : ndarray of float64, shape (runs, populations), log10 units

    Raises
    ------
    ScxError
        If the engine or the precision is unknown or cannot run these models, or the input is wrong:
        see `scx_core.mutagenesis.checks.check_inputs`.
    """
    engine, codes = _choose(runs, codes, half_life, engine, precision, notify)
    if engine == "incremental":
        return mutate_incrementally(runs, codes, half_life, progress=progress)
    if engine == "full":
        return mutate_by_full_passes(runs, codes, half_life, progress=progress)
    return mutate_in_batches(
        runs, codes, half_life, precision=precision, progress=progress, notify=notify
    )


def substitute(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    indices: NDArray[np.int64],
    *,
    notify: Notify = log_notice,
) -> NDArray[np.float32]:
    """Predict all four bases at some positions with every run.

    Parameters
    ----------
    runs, codes, half_life, notify
        As in `saturation_mutagenesis`; so is what an effect at an N means.
    indices : ndarray of int64, shape (sites,)
        Window indices.

    Returns
    -------
    ndarray of float32, shape (runs, sites, 4, populations), log10 units
        0 for the base that is there.

    Raises
    ------
    ScxError
        If an index lies outside the window, or as in `saturation_mutagenesis`.
    """
    engine, codes = _choose(runs, codes, half_life, "auto", "single", notify)
    indices = np.asarray(indices)
    check_sites(indices, len(codes))
    indices = indices.astype(np.int64)
    if engine == "incremental":
        effects = substitute_incrementally(runs, codes, half_life, indices)
    else:
        bases = np.tile(np.arange(len(BASES), dtype=np.uint8), len(indices))
        edits = Edits.substitutions(np.repeat(indices, len(BASES)), bases)
        flat = effects_in_batches(runs, codes, half_life, edits)
        effects = flat.reshape(len(runs), len(indices), len(BASES), flat.shape[-1])
    plain = np.flatnonzero(codes[indices] < len(BASES))
    effects[:, plain, codes[indices[plain]]] = 0  # passes of other sizes round differently
    return effects


def effects_of_edits(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    edits: Edits,
    *,
    engine: str = "auto",
    progress: Progress = no_progress,
    notify: Notify = log_notice,
) -> NDArray[np.float32]:
    """Predict replacements of letters, each on its own, with every run.

    Parameters
    ----------
    runs, codes, half_life, engine, progress, notify
        As in `saturation_mutagenesis`; the engine is not ``"full"``.
    edits : Edits

    Returns
    -------
    ndarray of float32, shape (runs, edits, populations), log10 units
        predicted(edited) − predicted(wild type).

    Raises
    ------
    ScxError
        If an edit reaches out of the window, or as in `saturation_mutagenesis`.
    """
    engine, codes = _choose(runs, codes, half_life, engine, "single", notify)
    edits.check_within(len(codes))
    edits = edits.as_kernels_want()
    if engine == "incremental":
        return effects_incrementally(runs, codes, half_life, edits, progress=progress)
    if engine == "full":
        raise ScxError("The engine 'full' knows single substitutions only; choose 'batch'.")
    return effects_in_batches(runs, codes, half_life, edits, progress=progress)


def _choose(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    engine: str,
    precision: str,
    notify: Notify,
) -> tuple[str, NDArray[np.uint8]]:
    """Check the input; give the engine that ``"auto"`` stands for, and say so if it is slow.

    Gives the codes too, copied where they are read-only: PyTorch warns of such, and the kernels
    would be compiled anew.
    """
    if engine not in ENGINES:
        raise ScxError(f"Engine {engine!r} is unknown; choose one of {', '.join(ENGINES)}.")
    if precision not in PRECISIONS:
        raise ScxError(
            f"Precision {precision!r} is unknown; choose one of {', '.join(PRECISIONS)}."
        )
    if precision == "half" and engine != "batch":
        raise ScxError(
            f"Half precision is for the engine 'batch', not {engine!r}; choose that engine, or "
            "precision 'single'."
        )
    check_inputs(runs, codes, half_life)
    able = all(supports(run) for run in runs)
    if engine == "incremental" and not able:
        raise ScxError(
            "The incremental engine knows convolutional networks on the CPU only; choose 'batch'."
        )
    codes = np.require(codes, requirements=["C", "W"])
    if engine != "auto":
        return engine, codes
    if not able:
        notify(_FALLBACK)
    return "incremental" if able else "batch", codes

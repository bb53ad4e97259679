"""The fast method on a CPU: carry each edit through the network, computing only what it touches."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from scx_core.engines import cores
from scx_core.kernels.incremental import StageState, WindowState
from scx_core.models import SequenceCNN
from scx_core.mutagenesis.edits import Edits
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES, code_weights
from scx_core.trained import TrainedRun
from scx_core.training.data import one_hot_batch

#: Edits carried through in one go: their hidden layer stays in the cache, progress is smooth.
CHUNK: Final = 4096


def supports(run: TrainedRun) -> bool:
    """Say whether a model is of the family that this method knows, and lies on the CPU."""
    return (
        isinstance(run.model, SequenceCNN)
        and bool(run.model.config.stages)
        and run.device.type == "cpu"
    )


class EditedWindow:
    """One window under one run, ready for edits.

    Parameters
    ----------
    run : TrainedRun
        See `supports`.
    codes : ndarray of uint8, shape (length,)
    half_life : ndarray of float64, shape (features,)
        log10(x + 0.1).
    """

    def __init__(
        self, run: TrainedRun, codes: NDArray[np.uint8], half_life: NDArray[np.float64]
    ) -> None:
        model = cast(SequenceCNN, run.model)  # see `supports`
        self._scale = run.scaling.target_scale.astype(np.float32)
        scaled = torch.from_numpy(run.scaling.scale_half_life(half_life[None]))
        with torch.inference_mode():
            self._state, first_layer = _prepare(model, codes, scaled)
            self._rest = nn.Sequential(*list(model.head)[1:])
            self._wild_type = self._finish(first_layer)
        self.wild_type = run.scaling.unscale_targets(self._wild_type[0])

    def effects(self, edits: Edits) -> NDArray[np.float32]:
        """Effect of each edit, shape (edits, populations), log10 units."""
        hidden = self._state.apply_edits(edits.starts, edits.spans, edits.letters)
        with torch.inference_mode():
            predicted = self._finish(hidden)
        return (predicted - self._wild_type) * self._scale

    def _finish(self, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._rest(torch.from_numpy(hidden)).numpy()


def _prepare(
    model: SequenceCNN, codes: NDArray[np.uint8], scaled_half_life: torch.Tensor
) -> tuple[WindowState, NDArray[np.float32]]:
    """Run the wild type and keep every stage; give the sums of the first dense layer too."""
    config = model.config
    modules = dict(model.stages.named_children())
    x = one_hot_batch(codes[None])
    if "letters" in modules:
        x = modules["letters"](x)
    stages = []
    for number, stage in enumerate(config.stages):
        if f"pad{number}" in modules:
            x = modules[f"pad{number}"](x)
        convolution = cast(nn.Conv1d, modules[f"conv{number}"])
        convolved = convolution(x)
        x = modules[f"pool{number}"](modules[f"relu{number}"](convolved))
        if stage.lacks_ends:  # outputs that no pool sees, whatever is edited
            convolved = nn.functional.pad(convolved, (1, 1), value=-torch.inf)
        weight = convolution.weight.detach().numpy()
        stages.append(
            StageState.of(weight, convolved[0].T.numpy(), stage.pads[0], stage.dilation, stage.pool)
        )
    dense = cast(nn.Linear, model.head[0])  # every head begins with one
    first_layer = dense(torch.cat([x.flatten(1), scaled_half_life], dim=1)).numpy()
    filters, bins = config.stages[-1].filters, config.positions_left
    of_sequence = dense.weight.detach()[:, : filters * bins].reshape(-1, filters, bins)
    state = WindowState(
        np.ascontiguousarray(codes),
        code_weights(config.unknown),
        tuple(stages),
        np.ascontiguousarray(of_sequence.permute(2, 1, 0).numpy()),
        first_layer[0],
    )
    return state, first_layer


def mutate_incrementally(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    *,
    progress: Progress = no_progress,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Predict every substitution with every run, in parallel over runs and positions.

    Parameters and results are those of `scx_core.mutagenesis.full_passes.mutate_by_full_passes`.
    """
    edits = Edits.all_substitutions(codes)
    n_populations = len(runs[0].scaling.target_mean)
    effects = np.zeros((len(runs), len(codes), len(BASES), n_populations), np.float32)

    def store(run: int, rows: slice, values: NDArray[np.float32]) -> None:
        part = edits.part(rows)
        effects[run, part.starts, part.letters[:, 0]] = values

    windows = _prepare_windows(runs, codes, half_life)
    _carry_edits(windows, edits, store, progress)
    return effects, np.stack([window.wild_type for window in windows])


def effects_incrementally(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    edits: Edits,
    *,
    progress: Progress = no_progress,
) -> NDArray[np.float32]:
    """Predict edits with every run, in parallel over runs and edits.

    Returns
    -------
    ndarray of float32, shape (runs, edits, populations), log10 units
    """
    n_populations = len(runs[0].scaling.target_mean)
    effects = np.empty((len(runs), len(edits), n_populations), np.float32)

    def store(run: int, rows: slice, values: NDArray[np.float32]) -> None:
        effects[run, rows] = values

    _carry_edits(_prepare_windows(runs, codes, half_life), edits, store, progress)
    return effects


def _prepare_windows(
    runs: Sequence[TrainedRun], codes: NDArray[np.uint8], half_life: NDArray[np.float64]
) -> list[EditedWindow]:
    with ThreadPoolExecutor(max_workers=cores()) as pool:
        return list(pool.map(lambda run: EditedWindow(run, codes, half_life), runs))


def _carry_edits(
    windows: Sequence[EditedWindow],
    edits: Edits,
    store: Callable[[int, slice, NDArray[np.float32]], None],
    progress: Progress,
) -> None:
    """Store the effects of all edits under each run."""

    def carry(run: int, start: int) -> None:
        rows = slice(start, start + CHUNK)
        store(run, rows, windows[run].effects(edits.part(rows)))

    tasks = [(run, start) for run in range(len(windows)) for start in range(0, len(edits), CHUNK)]
    _run_in_threads(carry, tasks, progress)


def _run_in_threads(
    work: Callable[[int, int], None], tasks: Sequence[tuple[int, int]], progress: Progress
) -> None:
    """Do all tasks; the kernels let go of the interpreter, so that threads run side by side.

    Threads of our own rather than numba's: its default layer aborts the process when two threads
    (two visitors of the app) enter it at once.
    """
    with ThreadPoolExecutor(max_workers=cores()) as pool:
        futures = [pool.submit(work, *task) for task in tasks]
        try:
            for done, future in enumerate(as_completed(futures)):
                future.result()
                progress((done + 1) / len(tasks), "Mutating")
        finally:
            for future in futures:
                future.cancel()


def substitute_incrementally(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    indices: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Predict all four bases at some positions; see `scx_core.mutagenesis.substitute`."""
    bases = np.tile(np.arange(len(BASES), dtype=np.uint8), len(indices))
    edits = Edits.substitutions(np.repeat(indices, len(BASES)), bases)
    effects = np.stack([EditedWindow(run, codes, half_life).effects(edits) for run in runs])
    return effects.reshape(len(runs), len(indices), len(BASES), effects.shape[-1])

"""The fast method on a CPU: carry each edit through the network, computing only what it touches."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from scx_core.kernels.incremental import StageState, WindowState
from scx_core.models import SequenceCNN
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES, CODE_WEIGHTS
from scx_core.trained import TrainedRun
from scx_core.training.data import one_hot_batch

#: Edits carried through in one go: their hidden layer stays in the cache, progress is smooth.
CHUNK: Final = 4096


@dataclass(frozen=True)
class Edits:
    """Replacements of letters in one window, each on its own.

    Attributes
    ----------
    starts : ndarray of int64, shape (edits,)
        Window index of the first replaced letter.
    spans : ndarray of int64, shape (edits,)
        Letters replaced.
    letters : ndarray of uint8, shape (edits, longest span)
        New base codes; those beyond an edit's span are not read.
    """

    starts: NDArray[np.int64]
    spans: NDArray[np.int64]
    letters: NDArray[np.uint8]

    @classmethod
    def substitutions(cls, indices: NDArray[np.int64], bases: NDArray[np.uint8]) -> "Edits":
        """Replace one letter each."""
        return cls(indices, np.ones_like(indices), bases[:, None])

    def __len__(self) -> int:
        return len(self.starts)

    def part(self, rows: slice) -> "Edits":
        """Take some of the edits."""
        return Edits(self.starts[rows], self.spans[rows], self.letters[rows])


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
    stages = []
    for number, stage in enumerate(config.stages):
        if f"pad{number}" in modules:
            x = modules[f"pad{number}"](x)
        convolution = cast(nn.Conv1d, modules[f"conv{number}"])
        convolved = convolution(x)
        x = modules[f"pool{number}"](modules[f"relu{number}"](convolved))
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
        CODE_WEIGHTS,
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
    indices = np.repeat(np.arange(len(codes)), len(BASES) - 1)
    bases = _other_bases(codes)
    # An ambiguous letter has four substitutions; an unambiguous one three.
    keep_fourth = np.flatnonzero(codes >= len(BASES))
    indices = np.concatenate([indices, keep_fourth])
    bases = np.concatenate([bases, np.full(len(keep_fourth), len(BASES) - 1, np.uint8)])
    edits = Edits.substitutions(indices, bases)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        windows = list(pool.map(lambda run: EditedWindow(run, codes, half_life), runs))
    n_populations = len(runs[0].scaling.target_mean)
    effects = np.zeros((len(runs), len(codes), len(BASES), n_populations), np.float32)

    def fill(run: int, start: int) -> None:
        rows = slice(start, start + CHUNK)
        part = edits.part(rows)
        effects[run, part.starts, part.letters[:, 0]] = windows[run].effects(part)

    tasks = [(run, start) for run in range(len(runs)) for start in range(0, len(edits), CHUNK)]
    _run_in_threads(fill, tasks, progress)
    return effects, np.stack([window.wild_type for window in windows])


def _run_in_threads(
    work: Callable[[int, int], None], tasks: Sequence[tuple[int, int]], progress: Progress
) -> None:
    """Do all tasks; the kernels let go of the interpreter, so that threads run side by side.

    Threads of our own rather than numba's: its default layer aborts the process when two threads
    (two visitors of the app) enter it at once.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        futures = [pool.submit(work, *task) for task in tasks]
        try:
            for done, future in enumerate(as_completed(futures)):
                future.result()
                progress((done + 1) / len(tasks), "Mutating")
        finally:
            for future in futures:
                future.cancel()


def _other_bases(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Three bases for each letter: all but its own; A, C and G for an ambiguous one."""
    three = np.array([[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2]], np.uint8)
    return three[np.minimum(codes, len(BASES))].ravel()


def substitute_incrementally(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    indices: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Predict all four bases at some positions; see `scx_core.mutagenesis.substitute`."""
    bases = np.tile(np.arange(len(BASES), dtype=np.uint8), len(indices))
    edits = Edits.substitutions(np.repeat(indices, len(BASES)), bases)
    effects = [EditedWindow(run, codes, half_life).effects(edits) for run in runs]
    return np.stack(effects).reshape(len(runs), len(indices), len(BASES), -1)

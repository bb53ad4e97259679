"""Full forward passes in batches as large as memory allows: any network, CPU or CUDA.

The window goes to the device once, as base codes; each batch of mutants is made there, by writing
the rows of the table of letters at the changed indices, and shown to all models.
"""

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scx_core.errors import ScxError, counted
from scx_core.mutagenesis.edits import Edits
from scx_core.mutagenesis.exact_products import exact_products
from scx_core.mutagenesis.notices import Notify, log_notice
from scx_core.mutagenesis.room import LARGEST_BATCH, automatic_batch, run_in_batches
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import BASES, CODE_WEIGHTS
from scx_core.trained import TrainedRun
from scx_core.training.codes import LookupCNN, trainable
from scx_core.training.data import one_hot_batch

PRECISIONS: Final = ("single", "half")

#: Letters in a batch on a CPU: 16 of the published windows. Larger batches are slower there, for
#: each pass takes fresh memory.
_LETTERS_AT_ONCE: Final = 16 * 10_500
#: Windows in a batch of the look-up, whose table is made anew for each.
_WINDOWS_AT_ONCE: Final = 64
#: Mutants on which half precision is compared with single precision.
_SAMPLE: Final = 256
#: Share of the largest effect above which its error is advised against.
_TOLERATED: Final = 0.1

_OVERFLOW: Final = "Half precision overflows in this network; choose precision 'single' instead."


@dataclass(frozen=True)
class HalfError:
    """How far half precision is from single precision, on a sample of mutants; log10 units.

    Attributes
    ----------
    largest, mean : float
        Of the absolute difference of effects, over mutants, runs and populations.
    largest_effect : float
        Largest absolute effect in single precision among the same.
    mutants : int
        Size of the sample.
    """

    largest: float
    mean: float
    largest_effect: float
    mutants: int

    @property
    def sentence(self) -> str:
        """The same as a notice."""
        advice = " That is too much to go by; choose precision 'single'."
        return (
            f"Half precision was used: on {counted(self.mutants, 'mutant')} its effects differ "
            f"from single precision by at most {self.largest:.2g} (mean {self.mean:.2g}) log10 "
            f"units, where the largest effect is {self.largest_effect:.2g}."
            f"{advice if self.largest > _TOLERATED * self.largest_effect else ''}"
        )


def mutate_in_batches(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    *,
    precision: str = "single",
    batch: int | None = None,
    progress: Progress = no_progress,
    notify: Notify = log_notice,
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Predict every substitution with every run.

    Parameters
    ----------
    runs, codes, half_life
        As in `scx_core.mutagenesis.saturation_mutagenesis`, whose results these are.
    precision, batch, progress, notify
        As in `effects_in_batches`.
    """
    edits = Edits.all_substitutions(codes)
    found = np.zeros((len(runs), len(codes), len(BASES), _n_populations(runs)), np.float32)

    def store(rows: slice, values: list[NDArray[np.float32]]) -> None:
        part = edits.part(rows)
        for number, value in enumerate(values):
            found[number, part.starts, part.letters[:, 0]] = value

    wild_type = _predict_edits(
        runs, codes, half_life, edits, store, precision, batch, progress, notify
    )
    return found, wild_type


def effects_in_batches(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    edits: Edits,
    *,
    precision: str = "single",
    batch: int | None = None,
    progress: Progress = no_progress,
    notify: Notify = log_notice,
) -> NDArray[np.float32]:
    """Predict edits with every run; the models must not write into their input.

    Parameters
    ----------
    runs : sequence of TrainedRun
        Networks called as ``model(one_hot, half_life)``; all see a batch before the next is made.
    codes, half_life
        As in `scx_core.mutagenesis.saturation_mutagenesis`.
    edits : Edits
    precision : {"single", "half"}
        Half: float16 on CUDA, bfloat16 on a CPU. Its error is measured on a sample and told.
    batch : int, optional
        Mutants in a pass at first; by default as many as fit. Halved when memory runs out.
    progress : Progress
        Called after each pass. May raise to cancel.
    notify : callable
        Told of the error of half precision.

    Returns
    -------
    ndarray of float32, shape (runs, edits, populations), log10 units

    Raises
    ------
    ScxError
        If the precision is unknown, half precision overflows, or memory does not suffice for a
        single mutant.
    """
    found = np.zeros((len(runs), len(edits), _n_populations(runs)), np.float32)

    def store(rows: slice, values: list[NDArray[np.float32]]) -> None:
        for number, value in enumerate(values):
            found[number, rows] = value

    _predict_edits(runs, codes, half_life, edits, store, precision, batch, progress, notify)
    return found


def measure_half_precision(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    edits: Edits,
) -> HalfError:
    """Compare half with single precision on a sample of edits, the same at each call.

    Raises
    ------
    ScxError
        If half precision gives values that are not numbers.
    """
    n_sampled = min(len(edits), _SAMPLE)
    rows = np.sort(np.random.default_rng(0).choice(len(edits), n_sampled, replace=False))
    exact = _collect(_Passes(runs, codes, half_life, half=False), edits.part(rows))
    rough = _collect(_Passes(runs, codes, half_life, half=True), edits.part(rows))
    if not np.isfinite(rough).all():
        raise ScxError(_OVERFLOW)
    error = np.abs(rough - exact)
    return HalfError(
        float(error.max(initial=0)),
        float(error.mean()) if error.size else 0.0,
        float(np.abs(exact).max(initial=0)),
        n_sampled,
    )


def predict_windows(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    *,
    batch: int | None = None,
    progress: Progress = no_progress,
) -> NDArray[np.float64]:
    """Predict whole windows of one gene with every run, by look-up where the network allows it.

    Parameters
    ----------
    runs : sequence of TrainedRun
    codes : ndarray of uint8, shape (windows, length)
    half_life : ndarray of float64, shape (features,)
        log10(x + 0.1), the same for all windows.
    batch : int, optional
        Windows in a pass at first.
    progress : Progress
        May raise to cancel.

    Returns
    -------
    ndarray of float64, shape (runs, windows, populations), log10 units
    """
    devices = [device_of(run) for run in runs]
    readers = [trainable(run.model, device) for run, device in zip(runs, devices, strict=True)]
    features = [_features(run, half_life) for run in runs]
    found = np.empty((len(runs), len(codes), _n_populations(runs)))

    def work(rows: slice) -> None:
        part = np.ascontiguousarray(codes[rows])
        with torch.inference_mode(), exact_products(devices):
            for number, (run, reader) in enumerate(zip(runs, readers, strict=True)):
                z = reader(part, features[number].expand(len(part), -1)).cpu().numpy()
                found[number, rows] = run.scaling.unscale_targets(z)

    by_look_up = all(isinstance(reader, LookupCNN) for reader in readers)
    on_cpu = _WINDOWS_AT_ONCE if by_look_up else _passes_on_cpu(codes.shape[1])
    batch = batch or automatic_batch(work, devices, codes.shape[1], len(codes), on_cpu)
    run_in_batches(work, len(codes), batch, progress, "Predicting windows")
    return found


def device_of(run: TrainedRun) -> torch.device:
    """Where the weights lie; a network without any is on the CPU."""
    first = next(run.model.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def _predict_edits(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    edits: Edits,
    store: Callable[[slice, list[NDArray[np.float32]]], None],
    precision: str,
    batch: int | None,
    progress: Progress,
    notify: Notify,
) -> NDArray[np.float64]:
    """Store the effects of all edits; give the wild type, shape (runs, populations), in log10."""
    if precision not in PRECISIONS:
        raise ScxError(
            f"Precision {precision!r} is unknown; choose one of {', '.join(PRECISIONS)}."
        )
    half = precision == "half"
    if half and len(edits):
        notify(measure_half_precision(runs, codes, half_life, edits).sentence)
    passes = _Passes(runs, codes, half_life, half=half)

    def work(rows: slice) -> None:
        effects = passes.effects(edits.part(rows))
        if half and not all(np.isfinite(values).all() for values in effects):
            raise ScxError(_OVERFLOW)
        store(rows, effects)

    on_cpu = _passes_on_cpu(len(codes))
    batch = batch or automatic_batch(work, passes.devices, len(codes), len(edits), on_cpu)
    run_in_batches(work, len(edits), batch, progress, f"Mutating, {counted(len(runs), 'run')}")
    return passes.wild_type


class _Passes:
    """One window under several models, ready for batches of edits."""

    def __init__(
        self,
        runs: Sequence[TrainedRun],
        codes: NDArray[np.uint8],
        half_life: NDArray[np.float64],
        *,
        half: bool,
    ) -> None:
        self.devices = [device_of(run) for run in runs]
        self._runs, self._half = runs, half
        self._features = [_features(run, half_life) for run in runs]
        # Of each device once, however many models lie on it.
        places = list(dict.fromkeys(self.devices))
        self._windows = {device: one_hot_batch(codes[None], device) for device in places}
        self._letters = {device: torch.from_numpy(CODE_WEIGHTS).to(device) for device in places}
        self._wild_type = [z[0] for z in self._predict(self._windows)]
        exact = self._predict(self._windows, half=False) if half else None
        single = [z[0] for z in exact] if exact else self._wild_type
        self.wild_type = np.stack(
            [run.scaling.unscale_targets(z) for run, z in zip(runs, single, strict=True)]
        )

    def effects(self, edits: Edits) -> list[NDArray[np.float32]]:
        """Effects of each run, shape (edits, populations), log10 units."""
        with torch.inference_mode():
            mutants = {device: self._make(edits, device) for device in self._windows}
        predicted = self._predict(mutants)
        with np.errstate(invalid="ignore"):  # half precision may overflow; that is looked for
            return [
                (z - wild_type) * run.scaling.target_scale.astype(np.float32)
                for run, z, wild_type in zip(self._runs, predicted, self._wild_type, strict=True)
            ]

    def _make(self, edits: Edits, device: torch.device) -> Tensor:
        """One-hot windows of the mutants, shape (edits, 4, length), made on the device."""
        inside = edits.inside
        rows, steps = np.nonzero(inside)
        on_device = [
            torch.from_numpy(array).to(device)
            for array in (rows, edits.starts[rows] + steps, edits.letters[inside])
        ]
        which, where, letters = on_device
        mutants = self._windows[device].repeat(len(edits), 1, 1)
        mutants[which, :, where] = self._letters[device][letters.int()]
        return mutants

    def _predict(
        self, windows: dict[torch.device, Tensor], *, half: bool | None = None
    ) -> list[NDArray[np.float32]]:
        """z-scored predictions of each run, shape (windows, populations)."""
        half = self._half if half is None else half
        found = []
        with torch.inference_mode(), exact_products(self.devices):
            for run, device, features in zip(self._runs, self.devices, self._features, strict=True):
                sequence = windows[device]
                with _half_precision(device) if half else contextlib.nullcontext():
                    z = run.model(sequence, features.expand(len(sequence), -1))
                found.append(z.float().cpu().numpy())
        return found


def _collect(passes: _Passes, edits: Edits) -> NDArray[np.float32]:
    """Effects of a few edits, shape (runs, edits, populations)."""
    parts: list[list[NDArray[np.float32]]] = []

    def work(rows: slice) -> None:
        parts.append(passes.effects(edits.part(rows)))

    run_in_batches(work, len(edits), 8, no_progress, "Measuring half precision")
    return np.stack([np.concatenate(of_run) for of_run in zip(*parts, strict=True)])


def _half_precision(device: torch.device) -> torch.autocast:
    # float16 has three more bits for the small differences that effects are; CPUs are slow at it.
    dtype = torch.float16 if device.type == "cuda" else torch.bfloat16
    return torch.autocast(device.type, dtype=dtype)


def _features(run: TrainedRun, half_life: NDArray[np.float64]) -> Tensor:
    """z-scored half-life features, shape (1, features), where the model lies."""
    return torch.from_numpy(run.scaling.scale_half_life(half_life[None])).to(device_of(run))


def _passes_on_cpu(length: int) -> int:
    """Windows of so many letters in one plain pass on a CPU."""
    return max(1, min(_LETTERS_AT_ONCE // length, LARGEST_BATCH))


def _n_populations(runs: Sequence[TrainedRun]) -> int:
    return len(runs[0].scaling.target_mean)

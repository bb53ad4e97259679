"""What every engine asks of its input, said once."""

from collections.abc import Sequence
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from scx_core.errors import ScxError, counted
from scx_core.models import CNNConfig
from scx_core.sequence.alphabet import CODE_LETTERS
from scx_core.trained import TrainedRun

_SCALING: Final = ("target_mean", "target_scale", "half_life_mean", "half_life_scale")


class WindowLengthError(ScxError):
    """A sequence is not as long as the model's window."""


class DamagedWeightsError(ScxError):
    """A model's weights or scaling hold values that are not numbers."""


#: Layers that compute something else while training.
_OF_TRAINING: Final = (nn.modules.dropout._DropoutNd, nn.modules.batchnorm._NormBase)

#: Models found sound, with the state of their tensors at that time.
_SOUND: WeakKeyDictionary[nn.Module, tuple[tuple[int, int], ...]] = WeakKeyDictionary()


def check_inputs(
    runs: Sequence[TrainedRun], codes: NDArray[np.integer], half_life: NDArray[np.floating]
) -> None:
    """Refuse what no engine can mutate. Every entry point asks this first.

    Parameters
    ----------
    runs : sequence of TrainedRun
    codes : ndarray of uint8, shape (length,)
        Base codes, 0 to 14.
    half_life : ndarray of float64, shape (features,)
        log10(x + 0.1); NaN where unknown.

    Raises
    ------
    WindowLengthError
        If the sequence is shorter or longer than the model's window.
    DamagedWeightsError
        If weights or scaling are NaN or infinite.
    ScxError
        If there are no models, they predict different numbers of populations or are in training
        mode, a code stands for no letter, or the half-life features are too few, too many or
        infinite.
    """
    if not len(runs):
        raise ScxError("There is no model to mutate with; give at least one trained run.")
    check_codes(codes)
    if np.ndim(half_life) != 1:
        raise ScxError(
            f"The half-life features must be one row of numbers, not of shape {half_life.shape}."
        )
    if np.isinf(half_life).any():
        raise ScxError("A half-life feature is infinite; give log10(x + 0.1), NaN where unknown.")
    for number, run in enumerate(runs):
        _check_run(run, f"run {number + 1} of {len(runs)}", len(codes), len(half_life))
        if len(run.scaling.target_mean) != len(runs[0].scaling.target_mean):
            raise ScxError(
                f"The models predict different populations: the first "
                f"{len(runs[0].scaling.target_mean)}, run {number + 1} "
                f"{len(run.scaling.target_mean)}; mutate with the runs of one model."
            )


def check_codes(codes: NDArray[np.integer]) -> None:
    """Refuse what is no sequence of base codes.

    Raises
    ------
    WindowLengthError
        If it is empty.
    ScxError
        If it is not one row of uint8, or a code stands for no letter.
    """
    if not isinstance(codes, np.ndarray) or codes.ndim != 1 or codes.dtype != np.uint8:
        raise ScxError(
            "The sequence must be one row of base codes (uint8); turn letters into codes with "
            "scx_core.sequence.alphabet.encode."
        )
    if not codes.size:
        raise WindowLengthError("The sequence is empty; give the letters of the window.")
    wrong = np.flatnonzero(codes >= len(CODE_LETTERS))
    if wrong.size:
        raise ScxError(
            f"The base code {codes[wrong[0]]} at window index {wrong[0]:,} stands for no letter; "
            f"codes go from 0 to {len(CODE_LETTERS) - 1} ({CODE_LETTERS})."
        )


def check_sites(indices: NDArray[np.integer], length: int) -> None:
    """Refuse window indices outside the window.

    Raises
    ------
    ScxError
        If they are not whole numbers, or one is negative or past the end.
    """
    if indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
        raise ScxError(
            f"Window indices must be one row of whole numbers, not {indices.dtype} of shape "
            f"{indices.shape}."
        )
    outside = indices[(indices < 0) | (indices >= length)]
    if outside.size:
        raise ScxError(
            f"The window index {outside[0]:,} lies outside the window of {counted(length, 'base')}; "
            f"give indices from 0 to {length - 1:,}."
        )


def _check_run(run: TrainedRun, name: str, length: int, n_features: int) -> None:
    config = getattr(run.model, "config", None)
    if isinstance(config, CNNConfig) and config.length != length:
        shorter = "shorter" if length < config.length else "longer"
        raise WindowLengthError(
            f"The sequence has {counted(length, 'base')}, {shorter} than the model's window of "
            f"{config.length:,}; give all {config.length:,}, with N where a letter is unknown."
        )
    expected = len(run.scaling.half_life_mean)
    if n_features != expected:
        raise ScxError(
            f"The model reads {counted(expected, 'half-life feature')}, but {n_features:,} "
            f"{'was' if n_features == 1 else 'were'} given; give those it was trained with, NaN "
            "where unknown."
        )
    if any(isinstance(part, _OF_TRAINING) and part.training for part in run.model.modules()):
        raise ScxError(
            f"The model of {name} is in training mode, where dropout and batch norms make other predictions; "
            "call its eval() first."
        )
    for field in _SCALING:
        if not np.isfinite(getattr(run.scaling, field)).all():
            raise DamagedWeightsError(
                f"The scaling of {name} ({field}) holds values that are not numbers; train again."
            )
    _check_weights(run.model, name)


def _check_weights(model: nn.Module, name: str) -> None:
    tensors: dict[str, torch.Tensor] = dict(model.named_parameters())
    tensors |= dict(model.named_buffers())
    state = tuple((tensor.data_ptr(), _version(tensor)) for tensor in tensors.values())
    if _SOUND.get(model) == state:
        return
    for tensor_name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise DamagedWeightsError(
                f"The weights of {name} ({tensor_name}) hold values that are not numbers; train "
                "again."
            )
    _SOUND[model] = state


def _version(tensor: Any) -> int:
    """Count the changes of a tensor in place; inference tensors keep no count."""
    return -1 if tensor.is_inference() else tensor._version

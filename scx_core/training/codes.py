"""Networks that read base codes straight from the windows."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scx_core.kernels.lookup_stage import LookupStage, PooledConvStage
from scx_core.kernels.workers import Workers
from scx_core.models import SequenceCNN
from scx_core.sequence.alphabet import code_weights
from scx_core.training.data import one_hot_batch


def trainable(
    model: nn.Module, device: torch.device | str, threads: int | None = None
) -> nn.Module:
    """Wrap a network so that it reads base codes; it computes the same and shares all parameters.

    Parameters
    ----------
    model : nn.Module
        Reads one-hot windows, shape (genes, 4, length), and half-life features; on ``device``.
    device : torch.device or str
    threads : int, optional
        Of our own kernels; as many as PyTorch uses if not given.

    Returns
    -------
    nn.Module
        Called with base codes, uint8 array of shape (genes, length), and z-scored half-life
        features, tensor of shape (genes, features). `LookupCNN` on a CPU where the first
        convolution is narrow enough, else `OneHotCNN`.
    """
    on_cpu = torch.device(device).type == "cpu"
    if on_cpu and isinstance(model, SequenceCNN) and LookupCNN.suits(model):
        return LookupCNN(model, threads)
    return OneHotCNN(model, device)


class OneHotCNN(nn.Module):
    """Any network, shown one-hot windows made on its device."""

    def __init__(self, model: nn.Module, device: torch.device | str) -> None:
        super().__init__()
        self.model, self.device = model, device

    def forward(self, codes: NDArray[np.uint8], half_life: Tensor) -> Tensor:
        """Predict z-scored expression, shape (genes, populations)."""
        return self.model(one_hot_batch(codes, self.device), half_life)


class LookupCNN(nn.Module):
    """The network with its first stage as a look-up and sparse gradients through later pools."""

    def __init__(self, model: SequenceCNN, threads: int | None = None) -> None:
        super().__init__()
        self.model = model
        workers = Workers(threads)
        weights = code_weights(model.config.unknown)
        stages: list[nn.Module] = []
        for number, stage in enumerate(model.config.stages):
            conv = _conv(model, number)
            if number == 0:
                stages.append(
                    LookupStage(conv, stage.pads, stage.pool, stage.lacks_ends, weights, workers)
                )
            elif PooledConvStage.suits(conv, stage.pool):
                stages.append(
                    PooledConvStage(conv, stage.pads, stage.pool, stage.lacks_ends, workers)
                )
            else:
                stages += _plain_modules(model, number)
        self.stages = nn.Sequential(*stages)

    @staticmethod
    def suits(model: SequenceCNN) -> bool:
        """Say whether the network has a first stage, narrow enough for a table."""
        return bool(model.config.stages) and LookupStage.suits(_conv(model, 0))

    def forward(self, codes: NDArray[np.uint8], half_life: Tensor) -> Tensor:
        """Predict z-scored expression, shape (genes, populations)."""
        return self.model.head(torch.cat([self.stages(codes).flatten(1), half_life], dim=1))


def _conv(model: SequenceCNN, number: int) -> nn.Conv1d:
    conv = model.stages.get_submodule(f"conv{number}")
    if not isinstance(conv, nn.Conv1d):
        raise TypeError(f"Stage {number} begins with {type(conv).__name__}, not a convolution.")
    return conv


def _plain_modules(model: SequenceCNN, number: int) -> list[nn.Module]:
    names = {f"{step}{number}" for step in ("pad", "conv", "relu", "pool")}
    return [module for name, module in model.stages.named_children() if name in names]

"""The network in plain PyTorch: the oracle of every faster path."""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from scx_core.models.config import CNNConfig, ConvStage


class SequenceCNN(nn.Module):
    """Convolutions over the window, joined by half-life features, then dense layers.

    Every non-linearity is a module of its own, used once, so that attribution methods that hook
    modules see each of them.

    Parameters
    ----------
    config : CNNConfig

    Notes
    -----
    Source: Michielsen, Reinders, Mahfouz, Front. Bioinform. 2024, Methods ("Model"); Agarwal &
    Shendure, Cell Reports 2020.
    """

    def __init__(self, config: CNNConfig) -> None:
        super().__init__()
        self.config = config
        channels = 4
        stages: OrderedDict[str, nn.Module] = OrderedDict()
        if config.unknown == "zero" and config.stages:
            stages["letters"] = OnlyBases()
        for number, stage in enumerate(config.stages):
            stages.update(_stage_modules(number, channels, stage))
            channels = stage.filters
        self.stages = nn.Sequential(stages)
        width = channels * config.positions_left * bool(config.stages) + len(config.half_life)
        head: OrderedDict[str, nn.Module] = OrderedDict()
        for number, (units, rate) in enumerate(zip(config.hidden, config.dropout, strict=True)):
            head[f"dense{number}"] = nn.Linear(width, units)
            head[f"relu{number}"] = nn.ReLU()
            head[f"dropout{number}"] = nn.Dropout(rate)
            width = units
        head["output"] = nn.Linear(width, config.n_outputs)
        self.head = nn.Sequential(head)

    def forward(self, sequence: Tensor, half_life: Tensor) -> Tensor:
        """Predict z-scored expression.

        Parameters
        ----------
        sequence : Tensor, shape (genes, 4, length)
            One-hot (or shared) weights in ACGT order.
        half_life : Tensor, shape (genes, features)
            z-scored half-life features.

        Returns
        -------
        Tensor, shape (genes, populations)
        """
        if not self.config.stages:
            return self.head(half_life)
        joined = torch.cat([self.stages(sequence).flatten(1), half_life], dim=1)
        return self.head(joined)


class OnlyBases(nn.Module):
    """Shared weights of ambiguous letters become zeros; one-hot letters stay.

    A module, so that all that runs ``stages``, whole or one after the other, reads alike.
    """

    def forward(self, sequence: Tensor) -> Tensor:
        """Clear ambiguous letters of weights of shape (genes, 4, length)."""
        return sequence * (sequence.amax(dim=1, keepdim=True) == 1)


def _stage_modules(number: int, channels: int, stage: ConvStage) -> "OrderedDict[str, nn.Module]":
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    left, right = stage.pads
    if stage.lacks_ends:  # a pool may begin one position early, so the outputs are never computed
        left, right = left - 1, right - 1
    if left != right:
        modules[f"pad{number}"] = nn.ConstantPad1d((left, right), 0.0)
    modules[f"conv{number}"] = nn.Conv1d(
        channels,
        stage.filters,
        stage.kernel,
        dilation=stage.dilation,
        padding=left if left == right else 0,
    )
    modules[f"relu{number}"] = nn.ReLU()
    modules[f"pool{number}"] = nn.MaxPool1d(stage.pool, padding=int(stage.lacks_ends))
    return modules

"""The family of networks, as configuration and as plain PyTorch."""

from scx_core.models.cnn import SequenceCNN
from scx_core.models.config import PRESETS, CNNConfig, ConvStage, preset
from scx_core.models.registry import build_model

__all__ = ["PRESETS", "CNNConfig", "ConvStage", "SequenceCNN", "build_model", "preset"]

"""Preparing the incremental engine: the wild type's activations of a network."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from scx_core.kernels.incremental import StageState, WindowState
from scx_core.models.cnn import SequenceCNN
from scx_core.sequence.alphabet import CODE_WEIGHTS

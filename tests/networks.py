"""Random networks of the family, for tests that compare two ways to the same numbers."""

import numpy as np
import torch
from hypothesis import strategies as st

from scx_core.models import CNNConfig, ConvStage, SequenceCNN
from scx_core.models.config import PADDINGS
from scx_core.sequence.alphabet import UNKNOWN_RULES
from scx_core.trained import TrainedRun
from scx_core.training.data import Scaling


def unit_scaling(config: CNNConfig) -> Scaling:
    """Scaling of scale 1: effects are in units of the z-score."""
    zeros, ones = np.zeros(config.n_outputs), np.ones(config.n_outputs)
    n_features = len(config.half_life)
    return Scaling(zeros, ones, np.zeros(n_features), np.ones(n_features))


def make_run(config: CNNConfig, seed: int, scaling: Scaling | None = None) -> TrainedRun:
    torch.manual_seed(seed)
    model = SequenceCNN(config).eval()
    with torch.no_grad():  # larger weights than the initial ones: effects of the size of real ones
        for parameter in model.parameters():
            parameter.mul_(2)
    return TrainedRun(model, scaling or unit_scaling(config))


def stages(filters: int, kernel: int, pool: int, dilation: int) -> st.SearchStrategy[ConvStage]:
    """Any stages up to these sizes."""

    def build(filters: int, kernel: int, pool: int, dilation: int, padding: str) -> ConvStage:
        even = (dilation * (kernel - 1)) % 2 == 1
        if padding == "published" and even and pool == 1:  # refused: nothing could be left out
            padding = "same"
        return ConvStage(filters, kernel, pool, dilation, padding)

    return st.builds(
        build,
        st.integers(1, filters),
        st.integers(1, kernel),
        st.integers(1, pool),
        st.integers(1, dilation),
        st.sampled_from(PADDINGS),
    )


stage = stages(filters=9, kernel=8, pool=7, dilation=3)


@st.composite
def networks(draw: st.DrawFn, longest: int = 120) -> CNNConfig:
    stages = draw(st.lists(stage, min_size=1, max_size=4))
    length = draw(st.integers(30, longest))
    left = length
    for chosen in stages:
        left = chosen.output_length(left)
        if left < 1:
            return CNNConfig(1, length - 1, 1, (ConvStage(2, 3, 2),), (), (), ())
    hidden = draw(st.lists(st.integers(1, 7), max_size=2))
    features = draw(st.sampled_from([(), ("orf_length",), ("orf_length", "utr3_length")]))
    return CNNConfig(
        draw(st.integers(1, 4)), length - 1, 1, tuple(stages), tuple(hidden), (0.1,) * len(hidden), features,
        draw(st.sampled_from(UNKNOWN_RULES)),
    )  # fmt: skip

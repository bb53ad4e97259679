"""Substituting a few letters in many windows.

What the incremental engine prepares for a window pays off with many edits of it. For a few, it is
faster to run the window once and, for each mutant, the stages on a short *crop* around the letter:
the bins of the last stage that see the letter are those of the crop, all others stay.

A crop begins at a multiple of all pools together and is as long as the window modulo that number,
so that bins fall as in the window; it reaches as far as those bins see, or to the window's end,
where the zeros beyond it are the window's own. Hence the same result up to rounding, for every
network of the family.
"""

from dataclasses import dataclass
from math import prod
from typing import Final, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scx_core.models import CNNConfig, SequenceCNN
from scx_core.sequence.alphabet import BASES
from scx_core.trained import TrainedRun
from scx_core.training.codes import LookupCNN
from scx_core.training.data import one_hot_batch

#: Letters in one pass of the stages: 32 windows of 10,500 bp, some 10 MB of activations.
_LETTERS_AT_ONCE: Final = 336_000
#: Mutants, and features of mutants, that are finished together: at most 32 MB.
_MUTANTS_AT_ONCE: Final = 4096
_FEATURES_AT_ONCE: Final = 8_000_000

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Crops:
    """Where the crops of some window indices lie.

    Attributes
    ----------
    length : int
        Letters of every crop.
    starts : ndarray of int64, shape (sites,)
        Window index where a crop begins.
    first_bin, last_bin : ndarray of int64, shape (sites,)
        Bins of the last stage that see the letter (none if the last is before the first).
    first_cropped : ndarray of int64, shape (sites,)
        Bin of the window that is a crop's first.
    """

    length: int
    starts: Ints
    first_bin: Ints
    last_bin: Ints
    first_cropped: Ints

    @classmethod
    def around(cls, config: CNNConfig, indices: Ints) -> "Crops":
        """Find the crops for window indices of a network with stages."""
        first, last = indices.copy(), indices.copy()
        length = config.length
        for stage in config.stages:
            n_bins = stage.output_length(length)
            first = np.maximum(first + stage.pads[0] - stage.span + 1, 0) // stage.pool
            last = np.minimum((last + stage.pads[0]) // stage.pool, n_bins - 1)
            length = n_bins
        needed_from, needed_to = first, last
        for stage in reversed(config.stages):
            needed_from = needed_from * stage.pool - stage.pads[0]
            needed_to = (needed_to + 1) * stage.pool + stage.span - 2 - stage.pads[0]
        grid = prod(stage.pool for stage in config.stages)
        starts = np.maximum(needed_from, 0) // grid * grid
        ends = np.minimum(needed_to + 1, config.length)
        remainder = config.length % grid
        grids = -(-(int((ends - starts).max(initial=1)) - remainder) // grid)
        cropped = max(grids, 0) * grid + remainder
        # Where no letter is seen by any bin, a crop might be too short to have one.
        while cropped < config.length and _count_bins(config, cropped) < 1:
            cropped += grid
        cropped = min(cropped, config.length)
        starts = np.clip(starts, 0, config.length - cropped)
        return cls(cropped, starts, first, last, starts // grid)


def _count_bins(config: CNNConfig, length: int) -> int:
    for stage in config.stages:
        length = stage.output_length(length)
    return length


def suits(run: TrainedRun) -> bool:
    """Say whether a model is of the family that this method knows."""
    return isinstance(run.model, SequenceCNN) and bool(run.model.config.stages)


def substitute_few(
    run: TrainedRun,
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    windows: Ints,
    indices: Ints,
    wanted: NDArray[np.bool_] | None = None,
) -> NDArray[np.float32]:
    """Predict all four bases at some positions of several windows with one run.

    Parameters
    ----------
    run : TrainedRun
        See `suits`.
    codes : ndarray of uint8, shape (windows, length)
    half_life : ndarray of float64, shape (windows, features)
        log10(x + 0.1).
    windows, indices : ndarray of int64, shape (sites,)
        Row of ``codes`` and index in it.
    wanted : ndarray of bool, shape (sites, 4), optional
        Which bases to predict; all if not given.

    Returns
    -------
    ndarray of float32, shape (sites, 4, populations), log10 units
        Effect against the letter that is there, which has 0 itself, as have bases not wanted.
    """
    model = cast(SequenceCNN, run.model)
    crops = Crops.around(model.config, indices)
    scale = run.scaling.target_scale.astype(np.float32)
    sites = np.repeat(np.arange(len(indices)), len(BASES))
    bases = np.tile(np.arange(len(BASES), dtype=np.uint8), len(indices))
    changed = codes[windows[sites], indices[sites]] != bases
    if wanted is not None:
        changed &= wanted[sites, bases]
    sites, bases = sites[changed], bases[changed]
    effects = np.zeros((len(indices), len(BASES), len(scale)), np.float32)
    with torch.inference_mode():
        scaled = torch.from_numpy(run.scaling.scale_half_life(half_life)).to(run.device)
        features = _run_stages(run, codes)
        wild_type = model.head(torch.cat([features.flatten(1), scaled], dim=1)).cpu().numpy()
        at_once = min(_MUTANTS_AT_ONCE, max(_FEATURES_AT_ONCE // features[0].numel(), 1))
        for start in range(0, len(sites), at_once):
            site = sites[start : start + at_once]
            base = bases[start : start + at_once]
            window = windows[site]
            mutants = _cut(codes, window, crops.starts[site], crops.length)
            mutants[np.arange(len(site)), indices[site] - crops.starts[site]] = base
            joined = features[torch.from_numpy(window).to(run.device)]
            _replace_bins(joined, _run_stages(run, mutants), crops, site)
            of_window = scaled[torch.from_numpy(window).to(run.device)]
            predicted = model.head(torch.cat([joined.flatten(1), of_window], dim=1)).cpu().numpy()
            effects[site, base] = (predicted - wild_type[window]) * scale
    return effects


def _cut(codes: NDArray[np.uint8], rows: Ints, starts: Ints, length: int) -> NDArray[np.uint8]:
    views = np.lib.stride_tricks.sliding_window_view(codes, length, axis=1)
    return np.ascontiguousarray(views[rows, starts])


def _run_stages(run: TrainedRun, codes: NDArray[np.uint8]) -> Tensor:
    """Compute the last stage's bins, shape (windows, filters, bins), of windows of any length."""
    network = run.network
    size = max(_LETTERS_AT_ONCE // codes.shape[1], 1)
    parts = []
    for start in range(0, len(codes), size):
        part = codes[start : start + size]
        if isinstance(network, LookupCNN):
            parts.append(network.stages(part).contiguous())
        else:
            parts.append(cast(SequenceCNN, run.model).stages(one_hot_batch(part, run.device)))
    return torch.cat(parts)


def _replace_bins(joined: Tensor, cropped: Tensor, crops: Crops, sites: Ints) -> None:
    """Put the bins that see the mutated letter, from crops, into the features of the windows."""
    for number in range(cropped.shape[2]):
        bins = crops.first_cropped[sites] + number
        seen = np.flatnonzero((crops.first_bin[sites] <= bins) & (bins <= crops.last_bin[sites]))
        rows = torch.from_numpy(seen).to(joined.device)
        columns = torch.from_numpy(bins[seen]).to(joined.device)
        joined[rows, :, columns] = cropped[rows, :, number]

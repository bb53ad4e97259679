"""More than single substitutions: arbitrary windows, pairs, blanked stretches.

All effects are predicted(edited) − predicted(wild type), log10 units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError, counted
from scx_core.mutagenesis.batch import predict_windows
from scx_core.mutagenesis.checks import check_inputs, check_sites
from scx_core.mutagenesis.edits import Edits
from scx_core.mutagenesis.engine import effects_of_edits, substitute
from scx_core.mutagenesis.incremental import supports
from scx_core.mutagenesis.notices import Notify, log_notice, tell_once
from scx_core.progress import Progress, no_progress, part_of
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, UNKNOWN
from scx_core.trained import TrainedRun

#: Widest range of `pairwise`: 500 positions are 1.1 million pairs.
WIDEST_RANGE: Final = 500
_LARGEST_RESULT: Final = 2**28  # bytes
_EDITS_AT_ONCE: Final = 2**15
_LETTERS_AT_ONCE: Final = 2**22
#: Up to this share of the window, carrying the changed stretch through the network is faster than
#: a full pass (measured with the published architecture).
_SHORT: Final = 0.25


@dataclass(frozen=True)
class Pairs:
    """How pairs of substitutions differ from the sum of their parts.

    Attributes
    ----------
    start : int
        Window index of the first position.
    populations : tuple of int
        Columns of the model's populations.
    single : ndarray of float32, shape (positions, 4, populations)
        Effects of the substitutions alone, mean over runs.
    epistasis : ndarray of float32, shape (positions, 4, positions, 4, populations)
        effect(both) − effect(first) − effect(second), mean over runs. 0 where one of the two is the
        base that is there; NaN for a position with itself, which has no pairs.
    """

    start: int
    populations: tuple[int, ...]
    single: NDArray[np.float32]
    epistasis: NDArray[np.float32]

    def __post_init__(self) -> None:
        n_positions, _, n_populations = self.single.shape
        side = (n_positions, len(BASES))
        if self.epistasis.shape != (*side, *side, n_populations):
            raise ScxError(
                f"Pairs must have shape {(*side, *side, n_populations)}, not "
                f"{self.epistasis.shape}."
            )
        for array in (self.single, self.epistasis):
            array.flags.writeable = False


def effects_of_windows(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    edited: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    *,
    progress: Progress = no_progress,
    notify: Notify = log_notice,
) -> NDArray[np.float32]:
    """Predict edited windows of one gene with every run.

    Windows that differ in a short stretch go through the incremental engine where it knows the
    models, others through full forward passes; the numbers are the same.

    Parameters
    ----------
    runs, half_life, progress, notify
        As in `scx_core.mutagenesis.saturation_mutagenesis`.
    codes : ndarray of uint8, shape (length,)
        Wild type.
    edited : ndarray of uint8, shape (windows, length)
        As `indel` and `haplotype` make them, or any others.

    Returns
    -------
    ndarray of float32, shape (runs, windows, populations), log10 units

    Raises
    ------
    ScxError
        If the edited windows are not as long as the wild type, or hold a code that stands for no
        letter, or as in `scx_core.mutagenesis.saturation_mutagenesis`.
    """
    check_inputs(runs, codes, half_life)
    _check_edited(edited, len(codes))
    changed = edited != codes
    touched = changed.any(axis=1)
    first = changed.argmax(axis=1)
    span = np.where(touched, len(codes) - changed[:, ::-1].argmax(axis=1) - first, 0)
    able = all(supports(run) for run in runs)
    short = touched & (span <= _SHORT * len(codes)) & able
    long = touched & ~short
    n_populations = len(runs[0].scaling.target_mean)
    found = np.zeros((len(runs), len(edited), n_populations), np.float32)
    share = short.sum() / max(touched.sum(), 1)
    if short.any():
        rows = np.flatnonzero(short)
        columns = np.minimum(first[rows, None] + np.arange(int(span[rows].max())), len(codes) - 1)
        edits = Edits(first[rows], span[rows], edited[rows[:, None], columns])
        found[:, rows] = effects_of_edits(
            runs, codes, half_life, edits, progress=part_of(progress, 0, share), notify=notify
        )
    if long.any():
        predicted = predict_windows(
            runs,
            np.concatenate([codes[None], edited[long]]),
            half_life,
            progress=part_of(progress, share, 1),
        )
        found[:, long] = predicted[:, 1:] - predicted[:, :1]
    return found


def deletion_scan(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    width: int,
    *,
    progress: Progress = no_progress,
    notify: Notify = log_notice,
) -> NDArray[np.float32]:
    """Blank each stretch of ``width`` bases to N, one after the other.

    Nothing shifts. A stretch that is N already has no effect.

    Parameters
    ----------
    runs, codes, half_life, progress, notify
        As in `scx_core.mutagenesis.saturation_mutagenesis`.
    width : int
        Bases, 1 to the window's length.

    Returns
    -------
    ndarray of float32, shape (runs, length − width + 1, populations), log10 units
        By window index of the stretch's first base.

    Raises
    ------
    ScxError
        If no such stretch fits the window, or as in `scx_core.mutagenesis.saturation_mutagenesis`.
    """
    check_inputs(runs, codes, half_life)
    if not 1 <= width <= len(codes):
        raise ScxError(
            f"A stretch of {counted(width, 'base')} does not fit the window of "
            f"{counted(len(codes), 'base')}; choose a width from 1 to {len(codes):,}."
        )
    notify = tell_once(notify)
    starts = np.arange(len(codes) - width + 1)
    n_populations = len(runs[0].scaling.target_mean)
    found = np.empty((len(runs), len(starts), n_populations), np.float32)
    at_once = max(1, min(_EDITS_AT_ONCE, _LETTERS_AT_ONCE // width))
    for begin in range(0, len(starts), at_once):
        part = starts[begin : begin + at_once]
        edits = Edits(
            part, np.full_like(part, width), np.full((len(part), width), UNKNOWN, np.uint8)
        )
        step = part_of(progress, begin / len(starts), (begin + len(part)) / len(starts))
        found[:, begin : begin + len(part)] = effects_of_edits(
            runs, codes, half_life, edits, progress=step, notify=notify
        )
    return found


def pairwise(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    start: int,
    end: int,
    populations: Sequence[int],
    *,
    progress: Progress = no_progress,
    notify: Notify = log_notice,
) -> Pairs:
    """Predict all pairs of substitutions in a range of positions.

    Parameters
    ----------
    runs, codes, half_life, progress, notify
        As in `scx_core.mutagenesis.saturation_mutagenesis`.
    start, end : int
        Window indices of the range; ``end`` is not part of it.
    populations : sequence of int
        Columns of the model's populations.

    Returns
    -------
    Pairs

    Raises
    ------
    ScxError
        If the range lies outside the window or is too large, a population is not one of the
        model's, or as in `scx_core.mutagenesis.saturation_mutagenesis`.
    """
    check_inputs(runs, codes, half_life)
    _check_range(start, end, len(codes), populations, len(runs[0].scaling.target_mean))
    notify = tell_once(notify)
    columns = list(populations)
    positions = np.arange(start, end)
    alone = substitute(runs, codes, half_life, positions, notify=notify)[..., columns]
    single = alone.mean(axis=0)
    n_sites = len(positions) * len(BASES)
    epistasis = np.zeros((n_sites, n_sites, len(columns)), np.float32)
    flat = single.reshape(n_sites, -1)
    first, second = _pairs(codes[start:end])
    at_once = max(1, min(_EDITS_AT_ONCE, _LETTERS_AT_ONCE // len(positions)))
    for begin in range(0, len(first), at_once):
        rows = slice(begin, begin + at_once)
        a, b = first[rows], second[rows]
        step = part_of(progress, begin / len(first), min(begin + at_once, len(first)) / len(first))
        both = effects_of_edits(
            runs, codes, half_life, _both(codes, start, a, b), progress=step, notify=notify
        )
        value = both.mean(axis=0)[:, columns] - flat[a] - flat[b]
        epistasis[a, b] = epistasis[b, a] = value
    by_place = epistasis.reshape(len(positions), len(BASES), len(positions), len(BASES), -1)
    here = np.arange(len(positions))
    by_place[here, :, here] = np.nan
    return Pairs(start, tuple(columns), single, by_place)


def _pairs(codes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give both sites (position x 4 + base) of all pairs that change two positions."""
    sites = np.arange(len(codes) * len(BASES))
    sites = sites[codes[sites // len(BASES)] != sites % len(BASES)]
    first, second = np.triu_indices(len(sites), 1)
    apart = sites[first] // len(BASES) != sites[second] // len(BASES)
    return sites[first[apart]], sites[second[apart]]


def _both(
    codes: NDArray[np.uint8], start: int, first: NDArray[np.int64], second: NDArray[np.int64]
) -> Edits:
    """Make each pair one edit: from the first position to the second, letters between as before."""
    n_bases = len(BASES)
    starts = start + first // n_bases
    spans = second // n_bases - first // n_bases + 1
    columns = np.minimum(starts[:, None] + np.arange(int(spans.max())), len(codes) - 1)
    letters = codes[columns]
    letters[:, 0] = first % n_bases
    letters[np.arange(len(first)), spans - 1] = second % n_bases
    return Edits(starts, spans, letters)


def _check_range(
    start: int, end: int, length: int, populations: Sequence[int], n_populations: int
) -> None:
    if end - start < 2:
        raise ScxError(
            f"The range of window indices from {start:,} up to {end:,} holds no pair of positions; "
            "choose at least two."
        )
    check_sites(np.array([start, end - 1]), length)
    if not len(populations):
        raise ScxError("Choose at least one population for the pairs.")
    wrong = [column for column in populations if not 0 <= column < n_populations]
    if wrong:
        raise ScxError(
            f"The model has no population {wrong[0]}; choose columns from 0 to {n_populations - 1}."
        )
    size = ((end - start) * len(BASES)) ** 2 * len(populations) * 4
    if end - start > WIDEST_RANGE or size > _LARGEST_RESULT:
        raise ScxError(
            f"All pairs of {counted(end - start, 'position')} in "
            f"{counted(len(populations), 'population')} are too many ({size / 2**20:,.0f} MB); "
            f"choose at most {WIDEST_RANGE} positions and {_LARGEST_RESULT // 2**20} MB, that is "
            "a smaller range or fewer populations."
        )


def _check_edited(edited: NDArray[np.uint8], length: int) -> None:
    if edited.ndim != 2 or edited.shape[1] != length or edited.dtype != np.uint8:
        raise ScxError(
            f"Edited windows must be base codes (uint8) of shape (windows, {length:,}), as long as "
            f"the wild type, not {edited.dtype} of shape {edited.shape}."
        )
    if edited.size and edited.max() >= len(CODE_LETTERS):
        row = int(np.flatnonzero((edited >= len(CODE_LETTERS)).any(axis=1))[0])
        raise ScxError(
            f"The edited window {row} holds the base code {edited[row].max()}, which stands for no "
            f"letter; codes go from 0 to {len(CODE_LETTERS) - 1}."
        )

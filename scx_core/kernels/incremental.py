"""Re-computing only what an edit of the window touches.

A substitution changes one column of the input, ``kernel`` outputs of the first convolution, at most
two of its pooled bins, a few outputs of the next convolution, and so on. For each edit the change
is carried through the stages as a short range of columns; what is left of it is added to the first
dense layer. Equal to the full forward pass up to rounding, with some 500 times less arithmetic for
the published architecture.

Layout: positions first, channels last, so that the inner loops run over contiguous channels.
"""

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class StageState:
    """One stage of the wild type.

    Attributes
    ----------
    weight : ndarray of float32, shape (in channels, width x filters)
        Taps last to first, zeros between dilated ones: ``width`` inputs are seen by an output.
    before, after : ndarray of float32, shape (positions, filters)
        Running maximum of the convolution within each bin, from the bin's start up to and without
        the position, and from the position to the bin's end.
    convolved : ndarray of float32, shape (positions, filters)
        Convolution with bias, before ReLU; positions beyond the last whole bin are left out.
    pooled : ndarray of float32, shape (bins, filters)
        After ReLU and max-pool.
    left, pool : int
        Zeros left of the input, width of a bin.
    """

    weight: Floats
    before: Floats
    after: Floats
    convolved: Floats
    pooled: Floats
    left: int
    pool: int

    @classmethod
    def of(
        cls, weight: Floats, convolved: Floats, left: int, dilation: int, pool: int
    ) -> "StageState":
        """Prepare a stage.

        Parameters
        ----------
        weight : ndarray, shape (filters, in channels, kernel)
            As PyTorch stores it.
        convolved : ndarray, shape (positions, filters)
        left, dilation, pool : int
        """
        n_bins = len(convolved) // pool
        whole = np.ascontiguousarray(convolved[: n_bins * pool], dtype=np.float32)
        binned = whole.reshape(n_bins, pool, -1)
        before = np.full_like(binned, -np.inf)
        if pool > 1:
            before[:, 1:] = np.maximum.accumulate(binned, axis=1)[:, :-1]
        after = np.maximum.accumulate(binned[:, ::-1], axis=1)[:, ::-1]
        n_filters, n_channels, kernel = weight.shape
        taps = np.zeros((n_channels, dilation * (kernel - 1) + 1, n_filters), np.float32)
        taps[:, ::dilation] = weight.transpose(1, 2, 0)
        return cls(
            np.ascontiguousarray(taps[:, ::-1]).reshape(n_channels, -1),
            before.reshape(whole.shape),
            np.ascontiguousarray(after).reshape(whole.shape),
            whole,
            np.maximum(after[:, 0], 0.0),
            left,
            pool,
        )


#: Sums may be taken in any order; infinities and signs of zero mean what they say.
_FAST: Final = {"nsz", "arcp", "contract", "reassoc"}


@numba.njit(nogil=True, fastmath=_FAST, cache=True, inline="always")
def _add_scaled(target: Floats, scale: float, source: Floats) -> None:
    """Add one scaled flat array to another: the one loop that takes the time."""
    for i in range(source.shape[0]):
        target[i] += scale * source[i]


@numba.njit(nogil=True, fastmath=_FAST, cache=True)
def _carry(
    delta: Floats,
    first: int,
    count: int,
    weight: Floats,
    before: Floats,
    after: Floats,
    convolved: Floats,
    pooled: Floats,
    left: int,
    pool: int,
    scratch: Floats,
    out: Floats,
) -> tuple[int, int]:
    """Carry a change of ``count`` input columns through one stage.

    ``delta`` is flat, columns x channels: the change of the input columns from ``first`` on; ``out``
    receives the change of the pooled columns, likewise. Returns the first changed bin and how many
    (0 if none).
    """
    n_positions, n_filters = convolved.shape
    n_channels, width = weight.shape[0], weight.shape[1] // n_filters
    start = max(first + left - width + 1, 0)
    end = min(first + count + left, n_positions)
    if start >= end:
        return 0, 0
    for position in range(start, end):
        offset = (position - start) * n_filters
        for f in range(n_filters):
            scratch[offset + f] = convolved[position, f]
    for column in range(count):
        # Taps are stored last to first: a column meets consecutive outputs with consecutive taps.
        meets = first + column + left - width + 1
        low, high = max(start - meets, 0), min(end - meets, width)
        target = scratch[(meets + low - start) * n_filters :]
        taps = slice(low * n_filters, high * n_filters)
        for channel in range(n_channels):
            change = delta[column * n_channels + channel]
            if change != 0.0:
                _add_scaled(target, change, weight[channel, taps])
    first_bin = start // pool
    n_bins = (end - 1) // pool - first_bin + 1
    lowest, highest = n_bins, -1
    for number in range(n_bins):
        index = first_bin + number
        begin, stop = index * pool, (index + 1) * pool
        inside, outside = max(begin, start), min(stop, end)
        offset = number * n_filters
        for f in range(n_filters):
            out[offset + f] = before[inside, f]  # -inf at the start of a bin
        if outside < stop:
            for f in range(n_filters):
                value = after[outside, f]
                out[offset + f] = value if value > out[offset + f] else out[offset + f]
        for position in range(inside, outside):
            row = (position - start) * n_filters
            for f in range(n_filters):
                value = scratch[row + f]
                out[offset + f] = value if value > out[offset + f] else out[offset + f]
        largest = np.float32(0.0)
        for f in range(n_filters):
            value = out[offset + f]
            value = (value if value > 0.0 else np.float32(0.0)) - pooled[index, f]
            out[offset + f] = value
            largest = max(largest, abs(value))
        if largest > 0.0:
            lowest, highest = min(lowest, number), number
    if highest < 0:
        return 0, 0
    if lowest > 0:
        for i in range((highest - lowest + 1) * n_filters):
            out[i] = out[lowest * n_filters + i]
    return first_bin + lowest, highest - lowest + 1


@numba.njit(nogil=True, fastmath=_FAST, cache=True)
def _apply_edits(
    starts: Ints,
    spans: Ints,
    letters: NDArray[np.uint8],
    wild_type: NDArray[np.uint8],
    code_weights: Floats,
    weights: tuple[NDArray[np.float32], ...],
    before: tuple[Floats, ...],
    after: tuple[Floats, ...],
    convolved: tuple[Floats, ...],
    pooled: tuple[Floats, ...],
    geometry: Ints,
    dense: Floats,
    base: Floats,
    scratch: Floats,
    here: Floats,
    there: Floats,
    hidden: Floats,
) -> None:
    """Fill ``hidden``, shape (edits, units), with the first dense layer's sums of each edit."""
    n_stages = len(weights)
    n_filters, n_units = dense.shape[1], base.shape[0]
    for edit in range(starts.shape[0]):
        first, count = starts[edit], spans[edit]
        for column in range(count):
            new, old = letters[edit, column], wild_type[first + column]
            for number in range(4):
                here[column * 4 + number] = code_weights[new, number] - code_weights[old, number]
        sums = hidden[edit]
        for unit in range(n_units):
            sums[unit] = base[unit]
        source, target = here, there
        for stage in range(n_stages):
            first, count = _carry(
                source,
                first,
                count,
                weights[stage],
                before[stage],
                after[stage],
                convolved[stage],
                pooled[stage],
                geometry[stage, 0],
                geometry[stage, 1],
                scratch,
                target,
            )
            if count == 0:
                break
            source, target = target, source
        for column in range(count):
            for f in range(n_filters):
                change = source[column * n_filters + f]
                if change != 0.0:
                    _add_scaled(sums, change, dense[first + column, f])


@dataclass(frozen=True)
class WindowState:
    """All stages of the wild type of one window under one network.

    Attributes
    ----------
    codes : ndarray of uint8, shape (length,)
    code_weights : ndarray of float32, shape (codes, 4)
    stages : tuple of StageState
    dense : ndarray of float32, shape (bins, filters, units)
        First dense layer's weights for the last pooled columns.
    base : ndarray of float32, shape (units,)
        First dense layer's sums of the wild type, before its ReLU.
    """

    codes: NDArray[np.uint8]
    code_weights: Floats
    stages: tuple[StageState, ...]
    dense: Floats
    base: Floats

    def apply_edits(self, starts: Ints, spans: Ints, letters: NDArray[np.uint8]) -> Floats:
        """First dense layer's sums after each edit.

        Parameters
        ----------
        starts : ndarray of int64, shape (edits,)
            Window index of the first changed letter.
        spans : ndarray of int64, shape (edits,)
            Letters replaced.
        letters : ndarray of uint8, shape (edits, longest span)
            New base codes; those beyond an edit's span are not read.

        Returns
        -------
        ndarray of float32, shape (edits, units)
        """
        scratch_rows, column_rows, width = self._room(int(spans.max(initial=1)))
        hidden = np.empty((len(starts), len(self.base)), np.float32)
        _apply_edits(
            starts,
            spans,
            letters,
            self.codes,
            self.code_weights,
            tuple(stage.weight for stage in self.stages),
            tuple(stage.before for stage in self.stages),
            tuple(stage.after for stage in self.stages),
            tuple(stage.convolved for stage in self.stages),
            tuple(stage.pooled for stage in self.stages),
            np.array([(stage.left, stage.pool) for stage in self.stages], np.int64),
            self.dense,
            self.base,
            np.empty(scratch_rows * width, np.float32),
            np.empty(column_rows * width, np.float32),
            np.empty(column_rows * width, np.float32),
            hidden,
        )
        return hidden

    def _room(self, span: int) -> tuple[int, int, int]:
        """Rows of scratch, rows of columns, and channels that edits of ``span`` letters need."""
        positions, columns = [1], [span]
        for stage in self.stages:
            n_filters = stage.convolved.shape[1]
            positions.append(columns[-1] + stage.weight.shape[1] // n_filters - 1)
            columns.append(positions[-1] // stage.pool + 2)
        width = max(4, *(stage.convolved.shape[1] for stage in self.stages))
        return max(positions), max(columns), width

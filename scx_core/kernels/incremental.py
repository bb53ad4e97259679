"""Re-computing only what an edit of the window touches.

A substitution changes one column of the input, ``kernel`` outputs of the first convolution, at most
two of its pooled bins, a few outputs of the next convolution, and so on. For each edit the change
is carried through the stages as a short range of columns; what is left of it is added to the first
dense layer. Equal to the full forward pass up to rounding, with some 500 times less arithmetic for
the published architecture.

Layout: positions first, channels last, so that the inner loops run over contiguous channels.
"""

from dataclasses import dataclass

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
    weight : ndarray of float32, shape (in channels, kernel, filters)
    before, after : ndarray of float32, shape (positions, filters)
        Running maximum of the convolution within each bin, from the bin's start up to and without
        the position, and from the position to the bin's end.
    convolved : ndarray of float32, shape (positions, filters)
        Convolution with bias, before ReLU; positions beyond the last whole bin are left out.
    pooled : ndarray of float32, shape (bins, filters)
        After ReLU and max-pool.
    left, dilation, pool : int
        Zeros left of the input, distance between taps, width of a bin.
    """

    weight: Floats
    before: Floats
    after: Floats
    convolved: Floats
    pooled: Floats
    left: int
    dilation: int
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
        return cls(
            np.ascontiguousarray(weight.transpose(1, 2, 0), dtype=np.float32),
            before.reshape(whole.shape),
            np.ascontiguousarray(after).reshape(whole.shape),
            whole,
            np.maximum(after[:, 0], 0.0),
            left,
            dilation,
            pool,
        )


@numba.njit(nogil=True, fastmath={"nsz", "arcp", "contract", "reassoc"}, cache=True)
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
    dilation: int,
    pool: int,
    scratch: Floats,
    out: Floats,
) -> tuple[int, int]:
    """Carry a change of ``count`` input columns through one stage.

    ``delta[:count]`` is the change of the input columns from ``first`` on; ``out`` receives the
    change of the pooled columns. Returns the first changed bin and how many (0 if none).
    """
    n_channels, kernel, n_filters = weight.shape
    n_positions = convolved.shape[0]
    start = max(first + left - dilation * (kernel - 1), 0)
    end = min(first + count + left, n_positions)
    if start >= end:
        return 0, 0
    for position in range(start, end):
        row = scratch[position - start]
        for f in range(n_filters):
            row[f] = convolved[position, f]
    for column in range(count):
        for channel in range(n_channels):
            change = delta[column, channel]
            if change != 0.0:
                for tap in range(kernel):
                    position = first + column + left - tap * dilation
                    if start <= position < end:
                        row = scratch[position - start]
                        taps = weight[channel, tap]
                        for f in range(n_filters):
                            row[f] += change * taps[f]
    first_bin = start // pool
    n_bins = (end - 1) // pool - first_bin + 1
    low, high = n_bins, -1
    for number in range(n_bins):
        index = first_bin + number
        begin, stop = index * pool, (index + 1) * pool
        inside, outside = max(begin, start), min(stop, end)
        row = out[number]
        if inside > begin:
            for f in range(n_filters):
                row[f] = before[inside, f]
        else:
            for f in range(n_filters):
                row[f] = -np.inf
        if outside < stop:
            for f in range(n_filters):
                row[f] = max(row[f], after[outside, f])
        for position in range(inside, outside):
            new = scratch[position - start]
            for f in range(n_filters):
                row[f] = max(row[f], new[f])
        changed = False
        for f in range(n_filters):
            row[f] = max(row[f], np.float32(0.0)) - pooled[index, f]
            changed |= row[f] != 0.0
        if changed:
            low, high = min(low, number), number
    if high < 0:
        return 0, 0
    if low > 0:
        for number in range(low, high + 1):
            for f in range(n_filters):
                out[number - low, f] = out[number, f]
    return first_bin + low, high - low + 1


@numba.njit(nogil=True, fastmath={"nsz", "arcp", "contract", "reassoc"}, cache=True)
def _add_to_dense(delta: Floats, first: int, count: int, dense: Floats, hidden: Floats) -> None:
    """Add the change of pooled columns to the first dense layer's sums.

    ``dense`` has shape (bins, filters, units).
    """
    n_filters, n_units = delta.shape[1], hidden.shape[0]
    for column in range(count):
        for f in range(n_filters):
            change = delta[column, f]
            if change != 0.0:
                row = dense[first + column, f]
                for unit in range(n_units):
                    hidden[unit] += change * row[unit]


@numba.njit(nogil=True, cache=True)
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
    for edit in range(starts.shape[0]):
        first, count = starts[edit], spans[edit]
        for column in range(count):
            new, old = letters[edit, column], wild_type[first + column]
            for base_number in range(4):
                here[column, base_number] = (
                    code_weights[new, base_number] - code_weights[old, base_number]
                )
        for unit in range(base.shape[0]):
            hidden[edit, unit] = base[unit]
        source, target = here, there
        for stage in range(n_stages):
            n_filters = weights[stage].shape[2]
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
                geometry[stage, 2],
                scratch,
                target[:, :n_filters],
            )
            if count == 0:
                break
            source, target = target, source
        if count > 0:
            n_filters = weights[n_stages - 1].shape[2]
            _add_to_dense(source[:, :n_filters], first, count, dense, hidden[edit])


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
            np.array([(s.left, s.dilation, s.pool) for s in self.stages], np.int64),
            self.dense,
            self.base,
            np.empty((scratch_rows, width), np.float32),
            np.empty((column_rows, width), np.float32),
            np.empty((column_rows, width), np.float32),
            hidden,
        )
        return hidden

    def _room(self, span: int) -> tuple[int, int, int]:
        """Rows of scratch, rows of columns, and channels that edits of ``span`` letters need."""
        positions, columns = [1], [span]
        for stage in self.stages:
            kernel = stage.weight.shape[1]
            positions.append(columns[-1] + stage.dilation * (kernel - 1))
            columns.append(positions[-1] // stage.pool + 2)
        width = max(4, *(stage.weight.shape[2] for stage in self.stages))
        return max(positions), max(columns), width

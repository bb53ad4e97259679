"""The stages of a network over base codes, as modules: the same function, parameters and gradients.

Each module shares the convolution of the plain network, so that what is trained, stored and loaded
is the plain network. Sums do not depend on the number of threads.
"""

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from scx_core.errors import ScxError
from scx_core.kernels.lookup import (
    OUTSIDE,
    WIDEST,
    collect_gradient,
    fill_table,
    index_windows,
    plain_letters,
    pool_rows,
    rare_letters,
)
from scx_core.kernels.pooled_conv import pool_positions, spread_gradient
from scx_core.kernels.workers import Workers

_GENES_AT_ONCE: Final = 8
_ROWS_AT_ONCE: Final = 1024
#: 16 filters of a bin are one cache line of float32, and their table fits the second cache.
_FILTERS_AT_ONCE: Final = 16
#: With smaller pools the dense gradient is as fast (32 to 128 filters, kernel 9, 2 cores), and with
#: dilated filters, whose input is no contiguous run, it always is.
_SPARSE_FROM: Final = 4
#: Each piece of a batch sums the filters' gradient on its own.
_PIECES: Final = 16


class LookupStage(nn.Module):
    """First convolution + ReLU + max-pool over base codes, by a table of all k-mers.

    Parameters
    ----------
    conv : nn.Conv1d
        Of 4 input channels; shared.
    pads : tuple of int
        Zeros left and right of the window, whatever ``conv`` itself says.
    pool : int
    lacks_ends : bool
        Whether the first and the last output are left out of the pools.
    code_weights : ndarray of float32, shape (15, 4)
        Of the base codes, in ACGT order.
    workers : Workers
    """

    def __init__(
        self,
        conv: nn.Conv1d,
        pads: tuple[int, int],
        pool: int,
        lacks_ends: bool,
        code_weights: NDArray[np.float32],
        workers: Workers,
    ) -> None:
        super().__init__()
        self.conv, self.pads, self.pool, self.workers = conv, pads, pool, workers
        self.lacks_ends, self.code_weights = lacks_ends, code_weights
        self.kernel, self.dilation = conv.kernel_size[0], conv.dilation[0]
        self.plain = plain_letters(self.kernel)

    @staticmethod
    def suits(conv: nn.Conv1d) -> bool:
        """Say whether a table of the convolution is small enough."""
        return conv.in_channels == 4 and conv.kernel_size[0] <= WIDEST

    def forward(self, codes: NDArray[np.uint8]) -> Tensor:
        """Compute, from codes of shape (genes, length), outputs of shape (genes, filters, bins).

        The result is laid out channels last.

        Raises
        ------
        ScxError
            If a code stands for no letter.
        """
        if codes.size and codes.max() >= OUTSIDE:
            raise ScxError(
                f"The windows hold the base code {codes.max()}, which stands for no letter; import "
                "the dataset again."
            )
        pooled = _Lookup.apply(self.conv.weight, self.conv.bias, self, np.ascontiguousarray(codes))
        return pooled.transpose(1, 2)


class _Lookup(torch.autograd.Function):
    """Pooled outputs, shape (genes, bins, filters), of the look-up."""

    @staticmethod
    def forward(
        ctx: Any, weight: Tensor, bias: Tensor, stage: LookupStage, codes: NDArray[np.uint8]
    ) -> Tensor:
        n_genes, length = codes.shape
        n_bins = (length + sum(stage.pads) - stage.dilation * (stage.kernel - 1)) // stage.pool
        index = np.empty((n_genes, n_bins * stage.pool), np.int32)
        keys = stage.workers.map(
            lambda first, last: index_windows(
                codes,
                first,
                last,
                stage.kernel,
                stage.dilation,
                stage.pads[0],
                stage.lacks_ends,
                index,
            ),
            n_genes,
            _GENES_AT_ONCE,
        )
        rare = np.unique(np.concatenate(keys))
        letters = np.concatenate(
            [stage.plain, rare_letters(rare, stage.kernel, stage.code_weights)], axis=1
        )
        table = _table(stage, letters, weight.detach(), bias.detach())
        pooled = torch.empty(n_genes, n_bins, len(weight), dtype=weight.dtype)
        # Half the memory, unless a batch is full of ambiguous letters.
        narrow = len(table) <= torch.iinfo(torch.uint16).max
        winner = torch.empty(pooled.shape, dtype=torch.uint16 if narrow else torch.int32)
        values, rows = pooled.numpy(), winner.numpy()
        stage.workers.map(
            lambda first, last: pool_rows(index, first, last, rare, table, values, rows),
            n_genes,
            _GENES_AT_ONCE,
        )
        # A maximum skips what is no number; the plain convolution spreads it.
        broken = ~torch.isfinite(weight).all(dim=2).all(dim=1) | bias.isnan()
        if broken.any():
            pooled[..., broken] = torch.nan
        ctx.stage = stage
        ctx.save_for_backward(winner, torch.from_numpy(letters))
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:
        winner, letters = (saved.numpy() for saved in ctx.saved_tensors)
        values = gradient.contiguous().numpy()
        n_filters = values.shape[2]
        n_inputs, n_rows = letters.shape
        by_row = np.empty((n_filters, n_rows + 1), values.dtype)
        weight = torch.empty(n_filters, 4, n_inputs // 4, dtype=gradient.dtype)
        bias = torch.empty(n_filters, dtype=gradient.dtype)
        flat_weight, flat_bias = weight.view(n_filters, -1).numpy(), bias.numpy()
        ctx.stage.workers.map(
            lambda first, last: collect_gradient(
                values, winner, letters, first, last, by_row, flat_weight, flat_bias
            ),
            n_filters,
            _FILTERS_AT_ONCE,
        )
        return weight, bias, None, None


def _table(
    stage: LookupStage, letters: NDArray[np.float32], weight: Tensor, bias: Tensor
) -> NDArray[np.floating]:
    by_input = weight.reshape(len(weight), -1).T.contiguous().numpy()
    table = np.empty((letters.shape[1], len(weight)), by_input.dtype)
    stage.workers.map(
        lambda first, last: fill_table(letters, first, last, by_input, bias.numpy(), table),
        len(table),
        _ROWS_AT_ONCE,
    )
    return table


class PooledConvStage(nn.Module):
    """A later convolution + ReLU + max-pool, whose gradient follows the winners alone.

    Parameters
    ----------
    conv, pads, pool, lacks_ends, workers
        As for `LookupStage`, of any number of input channels.
    """

    def __init__(
        self,
        conv: nn.Conv1d,
        pads: tuple[int, int],
        pool: int,
        lacks_ends: bool,
        workers: Workers,
    ) -> None:
        super().__init__()
        self.conv, self.pads, self.pool, self.workers = conv, pads, pool, workers
        self.lacks_ends = lacks_ends

    @staticmethod
    def suits(conv: nn.Conv1d, pool: int) -> bool:
        """Say whether following the winners is faster than the dense gradient."""
        return conv.dilation[0] == 1 and pool >= _SPARSE_FROM

    def forward(self, inputs: Tensor) -> Tensor:
        """Compute, from shape (genes, channels, length), outputs of shape (genes, filters, bins).

        Channels last is the layout of the result, and the fastest of the inputs.
        """
        pooled = _PooledConv.apply(inputs.transpose(1, 2), self.conv.weight, self.conv.bias, self)
        return pooled.transpose(1, 2)


class _PooledConv(torch.autograd.Function):
    """Pooled outputs, shape (genes, bins, filters), of inputs, shape (genes, length, channels)."""

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, stage: PooledConvStage
    ) -> Tensor:
        inputs = inputs.contiguous()
        convolved = _convolve(inputs, weight, bias, stage)
        n_genes, n_positions, n_filters = convolved.shape
        pooled = convolved.new_empty(n_genes, n_positions // stage.pool, n_filters)
        winner = torch.empty(pooled.shape, dtype=torch.int32)
        positions, values, won = convolved.numpy(), pooled.numpy(), winner.numpy()
        stage.workers.map(
            lambda first, last: pool_positions(positions, stage.pool, first, last, values, won),
            n_genes,
            _GENES_AT_ONCE,
        )
        ctx.stage = stage
        ctx.save_for_backward(inputs, weight, winner)
        return pooled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        inputs, weight, winner = ctx.saved_tensors
        stage, won = ctx.stage, winner.numpy()
        size = -(-len(inputs) // _PIECES)
        by_filter = weight.transpose(1, 2).contiguous().numpy()
        of_inputs = torch.empty_like(inputs)
        of_weight = np.empty((_PIECES, *by_filter.shape), by_filter.dtype)
        of_bias = np.empty((_PIECES, len(by_filter)), by_filter.dtype)
        values, read, written = gradient.contiguous().numpy(), inputs.numpy(), of_inputs.numpy()
        pieces = stage.workers.map(
            lambda first, last: spread_gradient(
                values, won, read, by_filter, stage.pads[0], first, last, written,
                of_weight[first // size], of_bias[first // size],
            ),
            len(inputs),
            size,
        )  # fmt: skip
        summed = torch.from_numpy(of_weight[: len(pieces)].sum(axis=0))
        bias = torch.from_numpy(of_bias[: len(pieces)].sum(axis=0))
        return of_inputs, summed.transpose(1, 2), bias, None


def _convolve(inputs: Tensor, weight: Tensor, bias: Tensor, stage: PooledConvStage) -> Tensor:
    """Convolve inputs, shape (genes, length, channels), to shape (genes, positions, filters)."""
    left, right = stage.pads
    if left != right:
        inputs, left = nn.functional.pad(inputs, (0, 0, left, right)), 0
    # As an image of one row: only images have a channels-last layout.
    image = inputs.transpose(1, 2).unsqueeze(2)
    filters = weight.unsqueeze(2).contiguous(memory_format=torch.channels_last)
    convolved = nn.functional.conv2d(image, filters, bias, padding=(0, left))
    convolved = convolved.squeeze(2).transpose(1, 2).contiguous()
    if stage.lacks_ends:
        convolved[:, [0, -1]] = -torch.inf
    return convolved

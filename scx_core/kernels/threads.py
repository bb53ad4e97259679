"""Keeping PyTorch to one thread: in pools of our own, and where every bit counts."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def use_one_thread() -> None:
    """Let PyTorch work in the calling thread alone: the initializer of a pool that fills the machine.

    Other threads are not affected. Two teams of two threads on two cores wait for each other: a
    look-up forward pass takes up to three times as long then.
    """
    torch.get_num_threads()  # sets the thread up, which would undo the limit later
    threadpool_limits(limits=1, user_api="openmp")


@contextmanager
def one_thread() -> Iterator[int]:
    """Let PyTorch use one thread within the block, in the whole process; gives how many it had.

    Its sums depend on the number of threads in the last bit; those of our kernels do not. The limit
    of `use_one_thread` does not reach the matrix products of MKL.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)

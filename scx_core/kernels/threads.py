"""Keeping PyTorch to one thread in pools of our own."""

import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]


def use_one_thread() -> None:
    """Let PyTorch work in the calling thread alone: the initializer of a pool that fills the machine.

    Other threads are not affected. Two teams of two threads on two cores wait for each other: a
    look-up forward pass takes up to three times as long then.
    """
    torch.get_num_threads()  # sets the thread up, which would undo the limit later
    threadpool_limits(limits=1, user_api="openmp")

"""Threads for kernels that release the interpreter's lock.

Numba's own threads abort the process where two Python threads use them at once, as a web server
does; a pool of ours does not.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Result = TypeVar("Result")


class Workers:
    """Threads, started when first needed, ended with this object.

    Parameters
    ----------
    threads : int, optional
        As many as PyTorch uses at each call if not given.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._size = 0

    def map(self, function: Callable[[int, int], Result], total: int, size: int) -> list[Result]:
        """Call ``function(first, last)`` for each ``size`` of ``total`` items.

        What a piece is does not depend on the number of threads. Results are in order.
        """
        firsts = range(0, total, size)
        lasts = [min(first + size, total) for first in firsts]
        n_threads = self._threads or torch.get_num_threads()
        if n_threads == 1 or len(firsts) <= 1:
            return [function(first, last) for first, last in zip(firsts, lasts, strict=True)]
        if self._pool is None or self._size != n_threads:
            self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix="kernels")
            self._size = n_threads
        return list(self._pool.map(function, firsts, lasts))

"""Products in float32 on CUDA, while any thread of the process wants them so."""

import contextlib
import threading
from collections.abc import Sequence
from typing import Final

import torch


class _ExactProducts:
    """PyTorch's switches for shortened numbers (TF32), which hold for the whole process.

    Off from the first thread that wants exact products until the last one has left; then as they
    were before the first.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = (False, False)

    def __enter__(self) -> None:
        convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
        with self._lock:
            if self._inside == 0:
                self._before = convolutions.allow_tf32, products.allow_tf32
                convolutions.allow_tf32 = products.allow_tf32 = False
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        convolutions, products = torch.backends.cudnn, torch.backends.cuda.matmul
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                convolutions.allow_tf32, products.allow_tf32 = self._before


_EXACT: Final = _ExactProducts()


def exact_products(devices: Sequence[torch.device]) -> contextlib.AbstractContextManager[None]:
    """Multiply in float32 on CUDA too, where convolutions use shortened numbers (TF32) by default."""
    on_cuda = any(device.type == "cuda" for device in devices)
    return _EXACT if on_cuda else contextlib.nullcontext()

"""Room for batches: how many windows memory holds, and fewer when it does not."""

from collections.abc import Callable, Sequence
from typing import Final

import torch

from scx_core.errors import ScxError
from scx_core.progress import Progress
from scx_core.sequence.alphabet import BASES

LARGEST_BATCH: Final = 8192
#: Mutants whose memory is measured on CUDA, and the share of what is free that a batch may take.
_PROBE: Final = 32
_SHARE: Final = 0.6
_OUT_OF_MEMORY: Final = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "alloc_failed",
)


def run_in_batches(
    work: Callable[[slice], None], total: int, batch: int, progress: Progress, label: str
) -> None:
    """Do ``total`` items by batches, halved for good whenever memory runs out.

    Raises
    ------
    ScxError
        If memory does not suffice for one item.
    """
    done = 0
    while done < total:
        rows = slice(done, min(done + batch, total))
        if _fits(work, rows):
            done = rows.stop
            progress(done / total, label)
            continue
        size = rows.stop - rows.start
        if size == 1:
            raise ScxError(
                "Memory does not suffice for a single window under this model; close other "
                "programs, mutate with fewer models at once, or use a machine with more memory."
            )
        batch = size // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        progress(done / total, f"{label}: out of memory, going on with {batch:,} at a time")


def _fits(work: Callable[[slice], None], rows: slice) -> bool:
    """Do the work, or say that memory ran out; its tensors are gone when this returns."""
    try:
        work(rows)
    except torch.OutOfMemoryError:
        return False
    except RuntimeError as error:
        if not any(words in str(error).lower() for words in _OUT_OF_MEMORY):
            raise
        return False
    return True


def automatic_batch(
    work: Callable[[slice], None],
    devices: Sequence[torch.device],
    length: int,
    total: int,
    on_cpu: int,
) -> int:
    """Choose a batch size: by free memory on CUDA, measured with a few mutants; else ``on_cpu``."""
    places = [device for device in dict.fromkeys(devices) if device.type == "cuda"]
    probe = min(_PROBE, total)
    if not places or not probe:
        return on_cpu
    before = {}
    for device in places:
        torch.cuda.reset_peak_memory_stats(device)
        before[device] = torch.cuda.memory_allocated(device)
    if not _fits(work, slice(0, probe)):
        return max(1, probe // 2)
    sizes = [
        batch_that_fits(
            torch.cuda.mem_get_info(device)[0]
            + torch.cuda.memory_reserved(device)
            - torch.cuda.memory_allocated(device),
            (torch.cuda.max_memory_allocated(device) - before[device]) / probe,
            length,
        )
        for device in places
    ]
    return min(sizes)


def batch_that_fits(free: int, bytes_per_window: float, length: int) -> int:
    """Windows that a share of the free memory holds, each at least its own one-hot input.

    Parameters
    ----------
    free : int
        Bytes.
    bytes_per_window : float
        As measured.
    length : int
        Letters of a window.
    """
    needed = max(bytes_per_window, 4.0 * len(BASES) * length)
    return int(min(max(_SHARE * free / needed, 1), LARGEST_BATCH))

"""Settings of processes that run networks: memory allocator and waiting threads.

The activations of one sequence are megabytes that glibc hands back to the system at each call and
faults in again at the next. Told to keep them, a plain training step takes a third of the time
(measured: benchmarks/training_step.py). Threads that wait for their team spin by default and take
the core from whoever works: beside another busy process, training the demonstration took five times
as long as with threads that sleep.
"""

import ctypes
import os
import sys
from collections.abc import Mapping
from typing import Final

#: glibc keeps freed blocks of up to 4 GiB in the process; OpenMP's waiting threads sleep.
TUNED: Final[Mapping[str, str]] = {
    "MALLOC_MMAP_THRESHOLD_": "4294967296",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "OMP_WAIT_POLICY": "PASSIVE",
}


def tuned_environment() -> dict[str, str]:
    """Environment for a process that runs networks; what the user set stays."""
    return {**TUNED, **os.environ}


def restart_tuned() -> None:
    """Replace this process by itself, as it was called, with tuned memory.

    Does nothing where the settings are there already or the C library is not glibc.
    """
    if not sys.platform.startswith("linux") or all(name in os.environ for name in TUNED):
        return
    arguments = [sys.executable, *sys.orig_argv[1:]]
    os.execve(sys.executable, arguments, tuned_environment())  # noqa: S606


def give_back_free() -> None:
    """Hand memory that was freed back to the system.

    Told to keep freed blocks (`TUNED`), the process of the web server would stay as large as the
    largest upload ever was. Does nothing where the C library is not glibc.
    """
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

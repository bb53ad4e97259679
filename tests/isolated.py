"""What tests let run in a process of its own: readers that misbehave."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from scx_core.errors import ScxError
from scx_core.progress import Progress


def length(path: Path) -> int:
    return len(path.read_bytes())


def refuse(path: Path) -> None:
    raise ScxError(f"{path.name} is not wanted; take another.")


def crash(path: Path) -> None:
    ctypes.string_at(0)


def stumble(path: Path) -> None:
    raise KeyError("nothing of the kind")


def hang(path: Path) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    while True:
        time.sleep(1)


def devour(path: Path) -> int:
    return int(np.ones(1_000_000_000).sum())


def write_much(path: Path) -> None:
    with path.with_name("written").open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 1_000_000)


def talk(path: Path, size: int) -> str:
    return "x" * size


def chatter(path: Path) -> int:
    os.write(1, b"a library that prints\n" * 100)
    return 7


def steps(path: Path, progress: Progress) -> str:
    progress(0.5, "Half of it")
    return "done"


def loaded(path: Path) -> list[str]:
    return sorted({name.partition(".")[0] for name in sys.modules})


def open_descriptors(path: Path) -> list[str]:
    found = []
    for entry in sorted(Path("/proc/self/fd").iterdir()):
        try:
            found.append(str(entry.readlink()))
        except FileNotFoundError:
            continue
    return found

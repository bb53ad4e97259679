"""Running a reader of a stranger's file in a process of its own.

A damaged file can crash the HDF5 library, keep it busy for ever, or make it ask for all memory: in
the web server that would end the work of everybody. The reader therefore runs in a fresh process
(not a fork: a server has threads and listening sockets, which a fork would copy), which limits its
own time, memory and files before it looks at the file. It gets its task pickled, as it may trust
its parent; what it says is read as plain data (`scx_core.isolation.wire`).

Starting costs 0.35 s (Python and pandas) beside what the reader's own module takes to import,
0.05 s for tables and 2 s for what needs PyTorch, which this package does not.
"""

import contextlib
import json
import logging
import os
import pickle
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Final, TypeVar, cast

from scx_core.errors import ScxError
from scx_core.isolation.wire import WireError, decode
from scx_core.progress import Progress, duration, no_progress

T = TypeVar("T")

#: Processes that may run at once; others wait, so that many visitors do not fill the memory.
_AT_ONCE: Final = 4
#: Seconds that a process may take until its imports are done; more than any needs on a busy disk.
_START_SECONDS: Final = 120.0
#: Seconds that a call waits for another to end.
_PATIENCE: Final = 60.0
#: Memory of a reader: the annotation of an atlas of millions of cells has gigabytes.
_MOST_MEMORY: Final = 4_000_000_000
_LEAST_MEMORY: Final = 1_000_000_000
_BLOCK: Final = 1 << 20
_LOG_BYTES: Final = 20_000
_LENGTH: Final = 8

_log = logging.getLogger("scx_core.isolation")
_running = threading.BoundedSemaphore(_AT_ONCE)


def _default_memory() -> int:
    """Half of what the machine has, within bounds."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(_LEAST_MEMORY, min(_MOST_MEMORY, machine // 2))


@dataclass(frozen=True)
class Limits:
    """What a reader may use.

    Attributes
    ----------
    seconds : float
        Wall-clock time, from the end of its imports on.
    memory : int
        Bytes of memory of its own, its libraries included (about 150 MB, 500 MB with PyTorch); by
        default half of the machine's, 4 GB at most.
    output : int
        Bytes of what it hands back.
    file_size : int
        Bytes of each file that it writes.
    """

    seconds: float = 60.0
    memory: int = field(default_factory=_default_memory)
    output: int = 200_000_000
    file_size: int = 20_000_000_000

    def __post_init__(self) -> None:
        wrong = [name for name, value in asdict(self).items() if not value > 0]
        if wrong:
            raise ValueError(f"limits must be positive: {', '.join(wrong)}")


def run_isolated(
    function: Callable[..., T],
    *args: Any,
    limits: Limits | None = None,
    name: str | None = None,
    progress: Progress | None = None,
    returns: bool = True,
    **keywords: Any,
) -> T:
    """Call a function in a process of its own, with limits.

    Parameters
    ----------
    function : callable
        A function of a module, such as a reader of files. What it gives must be plain: numbers,
        text, lists, arrays, tables, or frozen dataclasses of ``scx_core`` made of these.
    *args, **keywords
        Anything that can be pickled.
    limits : Limits, optional
    name : str, optional
        How messages call the file; by default the name of the first path in `args`.
    progress : Progress, optional
        Told what the function tells the ``progress`` that it is then called with.
    returns : bool
        Whether what the function gives is handed back; else None is, as for a function that keeps
        what it read in the workspace and gives an object that is not plain.

    Raises
    ------
    ScxError
        What the function raised, with its sentence; or, in one sentence with the file's name, that
        it crashed, took too long, or needed too much.
    """
    limits = limits or Limits()
    file = name or next((arg.name for arg in args if isinstance(arg, Path)), "the file")
    call = pickle.dumps((function, args, keywords))
    setup = {
        **asdict(limits),
        "path": sys.path,
        "progress": progress is not None,
        "returns": returns,
    }
    if not _running.acquire(timeout=_PATIENCE):
        raise ScxError(
            f"{file} was not read: {_AT_ONCE} other files are being read already; try again in a minute."
        )
    try:
        return cast(T, _Run(file, limits, progress or no_progress).result_of(setup, call))
    finally:
        _running.release()


class _Run:
    """One process and what it says."""

    def __init__(self, file: str, limits: Limits, progress: Progress) -> None:
        self.file = file
        self.limits = limits
        self.progress = progress
        self.said = bytearray()
        self.complaints = bytearray()
        self.deadline = time.monotonic() + _START_SECONDS

    def result_of(self, setup: dict[str, Any], call: bytes) -> Any:
        with self._process() as process:
            _send(process, json.dumps(setup).encode(), call)
            for kind, content in self._messages(process):
                if kind == "ready":
                    self.deadline = time.monotonic() + self.limits.seconds
                elif kind == "progress":
                    self.progress(*self._plain(content))
                elif kind == "refused":
                    raise ScxError(str(self._plain(content)))
                elif kind == "memory":
                    raise self._too_much_memory()
                elif kind == "result":
                    return self._plain(content)
            code = process.wait()
        raise self._crash(code)

    @contextlib.contextmanager
    def _process(self) -> Iterator["subprocess.Popen[bytes]"]:
        """Start the process; at the end it is gone, whatever it is busy with."""
        root = str(Path(__file__).resolve().parents[2])
        one_thread = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        search = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
        process = subprocess.Popen(
            [sys.executable, "-m", "scx_core.isolation.child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **one_thread, "PYTHONPATH": search},
            start_new_session=True, close_fds=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                with contextlib.suppress(OSError):
                    _pipe(pipe).close()

    def _messages(self, process: "subprocess.Popen[bytes]") -> Iterator[tuple[str, bytes]]:
        """Give whole messages, until the process closes its end."""
        with selectors.DefaultSelector() as selector:
            selector.register(_pipe(process.stdout), selectors.EVENT_READ, self.said)
            selector.register(_pipe(process.stderr), selectors.EVENT_READ, self.complaints)
            while selector.get_map():
                left = self.deadline - time.monotonic()
                if left <= 0:
                    raise self._too_slow()
                for key, _ in selector.select(left):
                    block = os.read(key.fd, _BLOCK)
                    if not block:
                        selector.unregister(key.fileobj)
                    key.data.extend(block)
                del self.complaints[:-_LOG_BYTES]
                yield from self._whole_messages()

    def _whole_messages(self) -> Iterator[tuple[str, bytes]]:
        """Take what is complete from what was said: kind, length and content of each message."""
        head = _LENGTH + _LENGTH
        while len(self.said) >= head:
            kind = self.said[:_LENGTH].decode("ascii", "replace").strip()
            end = head + int.from_bytes(self.said[_LENGTH:head], "big")
            if end - head > self.limits.output:
                raise self._too_large()
            if len(self.said) < end:
                return
            content = bytes(self.said[head:end])
            del self.said[:end]
            yield kind, content

    def _plain(self, content: bytes) -> Any:
        try:
            return decode(content)
        except WireError as error:
            _log.error("The reader of %s said what cannot be read: %s", self.file, error)
            raise ScxError(
                f"{self.file} could not be read: its reader gave no usable answer; check the file."
            ) from error

    def _too_slow(self) -> ScxError:
        return ScxError(
            f"Reading {self.file} took longer than {duration(self.limits.seconds)} and was stopped; check "
            "that the file is whole and what it should be, or use a smaller one."
        )

    def _too_much_memory(self) -> ScxError:
        return ScxError(
            f"Reading {self.file} needs more than {self.limits.memory / 1e9:.1f} GB of memory and was "
            "stopped; check that the file is whole and what it should be, or use a smaller one."
        )

    def _too_large(self) -> ScxError:
        return ScxError(
            f"{self.file} holds more than can be shown: over {self.limits.output / 1e6:,.0f} MB were "
            "read from it; use a smaller file."
        )

    def _crash(self, code: int) -> ScxError:
        told = self.complaints.decode("utf-8", "replace")
        _log.error("The reader of %s ended with %d: %s", self.file, code, told)
        if code == -signal.SIGALRM:
            return self._too_slow()
        if "bad_alloc" in told or "MemoryError" in told:
            return self._too_much_memory()
        return ScxError(
            f"{self.file} could not be read: its reader broke down on it ({_how(code, told)}); the file "
            "is probably damaged, so copy it again. The log of the server has the details."
        )


def _how(code: int, told: str) -> str:
    if code < 0:
        return signal.Signals(-code).name
    lines = told.strip().splitlines()
    return (lines[-1].partition(":")[0] if lines else "")[:80] or f"exit status {code}"


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    """Give a pipe that was asked for."""
    return cast(IO[bytes], pipe)


def _send(process: "subprocess.Popen[bytes]", setup: bytes, call: bytes) -> None:
    """Tell the process its task; one that has died already is noticed when it is listened to."""
    with contextlib.suppress(BrokenPipeError):
        entry = _pipe(process.stdin)
        for part in (setup, call):
            entry.write(len(part).to_bytes(_LENGTH, "big") + part)
        entry.close()

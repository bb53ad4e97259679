"""Readers of users' files against damaged files: a result or one sentence, in bounded time and memory.

``python -m fuzzing GROUP SEED COUNT`` prints one line for each fault. Each file is read in a fork of
this process, with limits, so that a crash of a library is seen and ends nothing. Of HDF5 files a
crash and a hang are not faults here: the library has them, and pages read such files in a process of
their own (`scx_core.isolation`), where both become a sentence.
"""

import gzip
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scx_core.errors import ScxError

#: Of the processor, for each file.
SECONDS = 10
MEMORY = 1_500_000_000
_REFUSED, _TRACE, _UNCLEAR = 3, 4, 5
_SIZES = (b"0", b"-1", b"99999999999999999999", b"1e308", b"nan", b"8000000000", b"", b"\xff", b'"')


@dataclass(frozen=True)
class Format:
    """A file that is right, and what reads it."""

    name: str
    content: Callable[[Path], bytes]
    read: Callable[[Path], object]
    hdf5: bool = False


def damage(content: bytes, random: np.random.Generator) -> bytes:
    """Damage a file in one to three ways."""
    for _ in range(int(random.integers(1, 4))):
        content = _WAYS[int(random.integers(len(_WAYS)))](content, random)
    return content


def _cut(content: bytes, random: np.random.Generator) -> bytes:
    return content[: int(random.integers(0, len(content) + 1))]


def _flip(content: bytes, random: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for place in random.integers(0, max(len(changed), 1), int(random.integers(1, 9))):
        if len(changed):
            changed[place] ^= 1 << int(random.integers(8))
    return bytes(changed)


def _replace(content: bytes, random: np.random.Generator) -> bytes:
    start = int(random.integers(0, len(content) + 1))
    return content[:start] + random.bytes(8) + content[start + 8 :]


def _leave_out(content: bytes, random: np.random.Generator) -> bytes:
    start = int(random.integers(0, len(content) + 1))
    return content[:start] + content[start + int(random.integers(1, 200)) :]


def _repeat(content: bytes, random: np.random.Generator) -> bytes:
    start = int(random.integers(0, len(content) + 1))
    piece = content[start : start + int(random.integers(1, 200))]
    return content[:start] + piece * int(random.integers(2, 50)) + content[start:]


def _other_cell(content: bytes, random: np.random.Generator) -> bytes:
    """Put an odd value in place of a cell of a table."""
    for separator in (b"\t", b",", b" "):
        cells = content.split(separator)
        if len(cells) > 3:
            cells[int(random.integers(len(cells)))] = _SIZES[int(random.integers(len(_SIZES)))]
            return separator.join(cells)
    return content


_WAYS = (_cut, _flip, _flip, _replace, _leave_out, _repeat, _other_cell, _other_cell)


def run(formats: list[Format], seed: int, count: int) -> Iterator[dict[str, str]]:
    """Read damaged files of each format; give the faults."""
    with tempfile.TemporaryDirectory() as place:
        for number, kind in enumerate(formats):
            folder = Path(place) / f"{number}"
            folder.mkdir()
            right = kind.content(folder)
            for turn in range(-1, count):
                random = np.random.default_rng((seed, zlib.crc32(kind.name.encode()), turn + 1))
                packed = kind.name.endswith(".gz") and bool(random.integers(2))
                content = right if turn < 0 else damage(right, random)
                if kind.name.endswith(".gz") and turn >= 0:
                    plain = gzip.decompress(right)
                    content = gzip.compress(damage(plain, random), 1) if packed else content
                told = _outcome(kind, folder / f"{turn + 1}", content, must_succeed=turn < 0)
                if told:
                    yield {"format": kind.name, "turn": str(turn), "fault": told}


def _outcome(kind: Format, folder: Path, content: bytes, *, must_succeed: bool) -> str:
    """Read one file in a fork; give what is wrong with how that ended, or ``""``."""
    folder.mkdir()
    path = folder / kind.name.rpartition(":")[2]
    path.write_bytes(content)
    log = folder / "trace"
    begin = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _read_in_fork(kind, path, log)
    _, status, used = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    told = log.read_text(errors="replace") if log.exists() else ""
    if code < 0:
        wrong = "" if kind.hdf5 else f"ended by {signal.Signals(-code).name} after {seconds:.1f} s"
    elif code in (_TRACE, _UNCLEAR):
        wrong = told
    elif code == _REFUSED:
        wrong = f"the right file was refused: {told}" if must_succeed else ""
    else:
        wrong = "" if code == 0 else f"exit status {code}"
    if not wrong and used.ru_maxrss * 1024 > MEMORY:
        wrong = f"{used.ru_maxrss / 1e6:.1f} GB of memory"
    if not wrong:
        for file in sorted(folder.rglob("*"), reverse=True):
            file.unlink() if file.is_file() else file.rmdir()
        folder.rmdir()
    return wrong


def _read_in_fork(kind: Format, path: Path, log: Path) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(12 * SECONDS)  # of the clock, for what waits; a busy machine is no fault
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stderr = log.with_suffix(".err").open("w")
    code = 0
    try:
        kind.read(path)
    except ScxError as error:
        log.write_text(str(error), errors="replace")
        clear = "\n" not in str(error) and len(str(error)) < 2000 and str(error).strip()
        code = _REFUSED if clear else _UNCLEAR
    except BaseException:  # noqa: BLE001 (whatever it is, is what is looked for)
        log.write_text(traceback.format_exc(), errors="replace")
        code = _TRACE
    os._exit(code)


def main() -> None:
    """Run a group of formats and print the faults."""
    import fuzz_formats

    group, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    formats = fuzz_formats.GROUPS[group]()
    if len(sys.argv) > 4:
        formats = [kind for kind in formats if sys.argv[4] in kind.name]
    for fault in run(formats, seed, count):
        sys.stdout.write(json.dumps(fault) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

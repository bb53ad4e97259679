"""Measuring whole processes: wall time and peak memory."""

import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "real"


@dataclass(frozen=True)
class Measured:
    """One process: seconds on the clock, peak resident memory in bytes, what it printed."""

    seconds: float
    peak: int
    output: str


def run_python(
    words: Sequence[str], environment: Mapping[str, str | None] | None = None
) -> Measured:
    """Run ``python`` with ``words`` in a process of its own, measured from outside.

    A variable of ``environment`` that is None is taken out.
    """
    # A wrapper of its own, so that the peak is that of this child and not of an earlier one.
    wrapper = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run([sys.executable, *sys.argv[1:]], capture_output=True, text=True)\n"
        "sys.stderr.write(done.stderr[-4000:])\n"
        "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n"
        "print(done.stdout + f'\\n{peak}')\n"
        "sys.exit(done.returncode)\n"
    )
    started = perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", wrapper, *words],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
        env={
            name: value
            for name, value in {**os.environ, **(environment or {})}.items()
            if value is not None
        },
    )
    seconds = perf_counter() - started
    output, _, peak = done.stdout.rstrip().rpartition("\n")
    scale = 1 if sys.platform == "darwin" else 1024
    return Measured(seconds, int(peak) * scale, output)


def time_call(function: object, repeats: int = 5) -> float:
    """Median seconds of a call, after one that does not count."""
    call = function
    assert callable(call)
    call()
    seconds = []
    for _ in range(repeats):
        started = perf_counter()
        call()
        seconds.append(perf_counter() - started)
    return median(seconds)


def peak_of_this_process() -> int:
    """Peak resident memory so far, in bytes."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


class PeakMemory:
    """Resident memory that a block of code takes at most, beyond what there was (Linux).

    Elsewhere the peak of the whole process counts, which may miss a block that stays below it.
    """

    extra = 0

    def __enter__(self) -> "PeakMemory":
        self._reset = Path("/proc/self/clear_refs")
        if self._reset.exists():
            self._reset.write_text("5")  # sets the peak back to what there is now
        self._before = self._peak()
        return self

    def __exit__(self, *_: object) -> None:
        self.extra = self._peak() - self._before

    def _peak(self) -> int:
        if not self._reset.exists():
            return peak_of_this_process()
        status = Path("/proc/self/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

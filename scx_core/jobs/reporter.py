"""How the work of a job tells how far it is, through the job's directory."""

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from scx_core.jobs.directory import (
    CANCEL,
    METRICS,
    NOTICES,
    POPULATIONS,
    plain,
    read_stored,
    write_status,
)
from scx_core.store import write_json

#: Seconds between two writes of the state.
_WRITE_EVERY: Final = 0.25
#: No estimate of the time left before so many seconds.
_FIRST_ESTIMATE: Final = 2.0
#: Work that has not told of what was done before by then begins from the start.
_CATCH_UP: Final = 30.0
#: Points of progress kept for the estimate.
_POINTS: Final = 512
_log = logging.getLogger("scx_core.jobs")


class CancelledError(Exception):
    """Somebody asked the job to stop."""


class Pace:
    """Time left, by the pace of the later half of the time since the start.

    Work that goes on where it was tells at first what was done before, and that took no time: it
    does not count.

    Parameters
    ----------
    now : float
        Seconds on any clock.
    before : float
        Fraction that was done before this start.
    """

    def __init__(self, now: float, before: float) -> None:
        self._begin = self._start = now
        self._before = before
        self._points: deque[tuple[float, float]] = deque()

    def seconds_left(self, now: float, fraction: float) -> float | None:
        """Take note of the fraction done and estimate the time left; None if nobody can tell."""
        points = self._points
        if fraction <= self._before and now - self._begin < _CATCH_UP:
            points.clear()
            self._start = now
        points.append((now, fraction))
        half = self._start + (now - self._start) / 2
        while len(points) > 1 and points[1][0] <= half:
            points.popleft()
        if len(points) > _POINTS:
            kept = [point for number, point in enumerate(points) if number % 2 == 0]
            self._points = points = deque(kept)
        then, before = points[0]
        if now - self._start < _FIRST_ESTIMATE or now <= then or fraction <= before:
            return None
        return (1.0 - fraction) * (now - then) / (fraction - before)


class JobReporter:
    """The `scx_core.jobs.kinds.Reporter` of a job directory; several threads may call it.

    A full disk does not stop the work: what could not be written is written with what comes next.

    Attributes
    ----------
    cancel_flag : Path
        Exists as soon as somebody asked the job to stop.
    fraction : float
    message : str
        As told last.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.cancel_flag = path / CANCEL
        self.fraction, self.message = 0.0, "Starting"
        self._status = read_stored(path)
        self._pace = Pace(time.monotonic(), self._status.progress)
        self._next_write = 0.0
        self._unwritten: dict[str, list[str]] = {METRICS: [], NOTICES: []}
        self._warned = False
        self._lock = threading.Lock()

    def progress(self, fraction: float, message: str) -> None:
        """Tell the fraction done and what is being done now.

        Raises
        ------
        CancelledError
            If somebody asked the job to stop.
        """
        if self.cancel_flag.exists():
            raise CancelledError
        with self._lock:
            self.fraction = min(max(float(fraction), 0.0), 1.0) if fraction == fraction else 0.0
            self.message = str(message)
            now = time.monotonic()
            if now < self._next_write:
                return
            self._next_write = now + _WRITE_EVERY
            left = self._pace.seconds_left(now, self.fraction)
            status = replace(
                self._status, state="running", progress=self.fraction, message=self.message,
                left=left,
            )  # fmt: skip
            try:
                write_status(self.path, status)
            except OSError as error:
                self._warn(error)
            for name in self._unwritten:
                self._append(name)

    def metrics(self, values: Mapping[str, Any]) -> None:
        """Tell of one epoch: ``fold``, ``run``, ``epoch`` and whatever was measured.

        Parameters
        ----------
        values : mapping
            Numbers; what is not finite is written as null. ``by_population``, values by population,
            replaces what was told before and is not kept in the list of epochs.
        """
        entry = plain(values)
        by_population = entry.pop("by_population", None)
        with self._lock:
            self._append(METRICS, entry)
            if by_population is None:
                return
            told = {name: entry.get(name) for name in ("fold", "run", "epoch")}
            try:
                write_json(self.path / POPULATIONS, {**told, "values": by_population})
            except OSError as error:
                self._warn(error)

    def notice(self, sentence: str) -> None:
        """Tell something worth knowing, in a sentence."""
        with self._lock:
            self._append(NOTICES, {"notice": sentence})

    def _append(self, name: str, entry: Mapping[str, Any] | None = None) -> None:
        waiting = self._unwritten[name]
        if entry is not None:
            waiting.append(json.dumps(entry))
        if not waiting:
            return
        try:
            with (self.path / name).open("a", encoding="utf-8") as file:
                # A line feed comes first: it ends a line that was cut short.
                file.write("".join(f"\n{line}" for line in waiting))
        except OSError as error:
            self._warn(error)
        else:
            waiting.clear()

    def _warn(self, error: OSError) -> None:
        if not self._warned:
            _log.warning("The work goes on, but its progress cannot be written: %s", error)
        self._warned = True

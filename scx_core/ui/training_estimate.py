"""What a training will take, measured in the background and kept while the server lives."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

import streamlit as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.training.estimate import Estimate, estimate
from scx_core.training.request import TrainingRequest
from scx_core.training.settings import TrainingSettings

_MOST_KEPT: Final = 200
_log = logging.getLogger("scx_core.ui")


class Measurements:
    """Measures one thing at a time, the last one asked for first, and keeps what it found.

    The thread is a daemon: a server that ends does not wait for it.
    """

    def __init__(self) -> None:
        self._found: OrderedDict[Hashable, Future[Estimate]] = OrderedDict()
        self._waiting: list[tuple[Future[Estimate], Callable[[], Estimate]]] = []
        self._change = threading.Condition()
        self._begin()

    def _begin(self) -> None:
        threading.Thread(target=self._work, name="estimate", daemon=True).start()

    def ask(self, key: Hashable, measure: Callable[[], Estimate]) -> Future[Estimate]:
        """Give what was measured under the key, or put it on the list.

        Parameters
        ----------
        key : hashable
            What it is of; not the data themselves.
        measure : callable
        """
        with self._change:
            held = self._found.get(key)
            if held is not None and not held.cancelled():
                return held
            future: Future[Estimate] = Future()
            self._found[key] = future
            while len(self._found) > _MOST_KEPT:
                self._found.popitem(last=False)
            self._waiting.append((future, measure))
            self._change.notify()
            return future

    def _work(self) -> None:
        while True:
            with self._change:
                while not self._waiting:
                    self._change.wait()
                future, measure = self._waiting.pop()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(measure())
            except (ScxError, OSError, ValueError, RuntimeError) as error:
                _log.warning("A training could not be measured", exc_info=True)
                future.set_exception(error)
            finally:
                if not future.done():  # a mistake of ours ends this thread: nobody waits in vain
                    future.set_exception(RuntimeError("The measurement stopped unexpectedly."))
                    self._begin()


@st.cache_resource(max_entries=1, show_spinner=False)
def _measurements() -> Measurements:
    """Give the measurements of this server, shared by all sessions."""
    return Measurements()


def ask_estimate(dataset: Dataset, request: TrainingRequest, n_units: int) -> Future[Estimate]:
    """Ask what one epoch of each model of a training takes; see `look`.

    Parameters
    ----------
    dataset : Dataset
    request : TrainingRequest
    n_units : int
        Models to train.

    Raises
    ------
    ScxError
        If the request does not fit the dataset.
    """
    config, settings = request.fitted(dataset)
    measured = _what_counts(settings)
    workers = request.engine.processes(n_units)
    return _measurements().ask(
        (dataset.digest, config, measured, n_units, workers),
        lambda: estimate(dataset, config, measured, n_units, workers),
    )


def _what_counts(settings: TrainingSettings) -> TrainingSettings:
    """Keep what the time depends on: a learning rate typed anew needs no new measurement."""
    usual = TrainingSettings()
    same = ("learning_rate", "learning_rate_factor", "patience", "max_restarts", "seed")
    kept = {name: getattr(usual, name) for name in same}
    alpha, beta = (1.0, 1.0) if settings.loss == "hybrid" else (usual.alpha, usual.beta)
    return replace(settings, **kept, epochs=1, alpha=alpha, beta=beta)


def look(future: Future[Estimate], epochs: int) -> Estimate | str | None:
    """Look at a measurement.

    Parameters
    ----------
    future : Future
        From `ask_estimate`.
    epochs : int
        Of the training.

    Returns
    -------
    Estimate, str or None
        What the whole training takes; or why that is not known; None while it is measured.
    """
    if not future.done() or future.cancelled():
        return None
    error = future.exception()
    if isinstance(error, ScxError):
        return str(error)
    if error is not None:
        return "The time could not be measured; the log of the server says why."
    one = future.result()
    rounds = -(-one.n_units // one.workers)
    return replace(one, seconds=one.seconds + rounds * (epochs - 1) * one.seconds_per_epoch)


def drop_unwanted(wanted: Sequence[Future[Estimate]]) -> None:
    """Call off what this person asked for before and does not look at any more."""
    for future in st.session_state.get("estimates_asked", ()):
        if future not in wanted:
            future.cancel()  # one that has begun goes on, and is kept
    st.session_state["estimates_asked"] = list(wanted)

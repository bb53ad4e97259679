"""Work of seconds inside a page: kept for all sessions, with progress and a way out."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Final, Generic, TypeVar

import streamlit as st

from scx_core.progress import Progress
from scx_core.ui.plain import plain_sentence

Result = TypeVar("Result")
_DRAW_EVERY: Final = 0.1  # seconds


class ResultStore(Generic[Result]):
    """The last results computed, up to a number of bytes; safe to share between threads.

    `st.cache_data` cannot hold them: it copies at each hit (40 MB for a gene of 130 populations),
    and replays the progress that was reported.

    Parameters
    ----------
    limit : int
        Bytes; the newest result always stays.
    size : callable
        Bytes of a result.
    """

    def __init__(self, limit: int, size: Callable[[Result], int]) -> None:
        self.limit = limit
        self._size = size
        self._held: OrderedDict[Hashable, Result] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Result | None:
        """Return what was stored under the key, if it is still held."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Hashable, result: Result) -> None:
        """Store, and let go of the least recently used beyond the limit."""
        with self._lock:
            self._held[key] = result
            self._held.move_to_end(key)
            while len(self._held) > 1 and sum(map(self._size, self._held.values())) > self.limit:
                self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)


def computed(
    store: ResultStore[Result],
    key: Hashable,
    name: str,
    sentence: str,
    compute: Callable[[Progress], Result],
) -> Result | None:
    """Take a result from the store, or compute it with a progress bar and a way out.

    Parameters
    ----------
    store : ResultStore
    key : hashable
        What the result is of; not the data themselves.
    name : str
        Of the kind of work, for the keys of the buttons.
    sentence : str
        What is being done; it may quote names as they are.
    compute : callable
        Given the progress listener.

    Returns
    -------
    The result, or None where the person cancelled.
    """
    held = store.get(key)
    if held is not None:
        return held
    place = st.empty()
    cancelled = f"cancelled_{name}"
    if st.session_state.get(cancelled) == key:
        with place.container(border=True):
            st.markdown("Cancelled: there is nothing to show.")
            if not st.button("Compute it after all", type="primary", key=f"compute_{name}"):
                return None
        del st.session_state[cancelled]
        place.empty()
    with place.container(border=True):
        st.markdown(plain_sentence(sentence))
        bar = st.progress(0.0)
        # A click ends this run at the next report of progress; nothing is stored then.
        st.button(
            "Cancel", key=f"cancel_{name}",
            on_click=lambda: st.session_state.update({cancelled: key}),
        )  # fmt: skip

        drawn = 0.0

        def listen(fraction: float, message: str) -> None:
            nonlocal drawn
            if time.monotonic() - drawn > _DRAW_EVERY:
                bar.progress(min(max(fraction, 0.0), 1.0), plain_sentence(message))
                drawn = time.monotonic()

        result = compute(listen)
        store.put(key, result)
    place.empty()
    return result

"""Telling the caller what is not wrong but worth knowing."""

import logging
from collections.abc import Callable
from functools import lru_cache

#: Told a notice: a plain sentence on what is not wrong but worth knowing.
Notify = Callable[[str], None]


def log_notice(sentence: str) -> None:
    """Write a notice to the log, each sentence once in the life of the process."""
    _log_once(sentence)


@lru_cache(maxsize=1024)
def _log_once(sentence: str) -> None:
    logging.getLogger("scx_core.mutagenesis").warning("%s", sentence)


def tell_once(notify: Notify) -> Notify:
    """Pass each sentence on the first time only."""
    told: set[str] = set()

    def tell(sentence: str) -> None:
        if sentence not in told:
            told.add(sentence)
            notify(sentence)

    return tell

"""Which job a folder was made by: a job that was killed between its work and its end can tell.

The process of a job names itself in the environment. A folder that it makes keeps that name, so
that the same job, resumed, finds that its work is done, where anybody else finds a name taken.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError

#: Environment variable with the id of the job that this process works for.
JOB: Final = "SCX_JOB"
_FILE: Final = ".made_by"
#: Whether something larger is being made: its parts do not end a job.
_inside: ContextVar[bool] = ContextVar("inside", default=False)


class AlreadyMadeError(ScxError):
    """The job that asks has made the very thing before; all that was missing is its end."""


def refuse_taken(path: Path, sentence: str) -> None:
    """Refuse a name that is taken.

    Raises
    ------
    AlreadyMadeError
        If what is there was made by the job that this process works for.
    ScxError
        If there is anything else.
    """
    if not path.exists():
        return
    job = os.environ.get(JOB, "")
    if job and not _inside.get() and _maker_of(path) == job:
        raise AlreadyMadeError(sentence)
    raise ScxError(sentence)


@contextmanager
def making(folder: Path) -> Iterator[None]:
    """Note who makes a folder, before it appears under its name; parts within it are not noted."""
    outermost = not _inside.get()
    token = _inside.set(True)
    try:
        yield
        job = os.environ.get(JOB, "")
        if job and outermost:
            (folder / _FILE).write_text(job, encoding="utf-8")
    finally:
        _inside.reset(token)


def _maker_of(path: Path) -> str:
    try:
        return (path / _FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""

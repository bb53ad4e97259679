"""Folders that take long to make: work that was stopped goes on, and appears whole at the end.

While it is made, a folder lies beside its place as ``.<name>.unfinished``, with what was asked for
in ``spec.json``. The same request goes on where the last one stopped; another one is refused.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import Timeout

from scx_core.errors import ScxError
from scx_core.locks import file_lock
from scx_core.maker import AlreadyMadeError, making, refuse_taken
from scx_core.store import check_name, disk_full_as_sentence, read_json, sweep, write_json

SPEC: Final = "spec.json"


def unfinished(path: Path) -> Path:
    """Folder in which ``path`` is made."""
    return path.with_name(f".{path.name}.unfinished")


def refuse_existing(path: Path, kind: str) -> None:
    """Refuse a name that is taken or cannot be one.

    Parameters
    ----------
    path : Path
    kind : str
        ``"model"``, ``"atlas"``, for the message.

    Raises
    ------
    AlreadyMadeError
        If the job that this process works for has made it before.
    ScxError
        If there is something else of that name.
    """
    check_name(path.name, kind)
    try:
        refuse_taken(
            path, f"The {kind} {path.name!r} exists already; choose another name, or delete it."
        )
    except AlreadyMadeError:
        (path / SPEC).unlink(missing_ok=True)  # the kill came before it was deleted
        raise


@contextmanager
def resumable_directory(
    path: Path,
    kind: str,
    spec: Mapping[str, Any],
    begin: Callable[[Path], None] | None = None,
) -> Iterator[Path]:
    """Give the folder to work in; after the block it stands at ``path``.

    An exception leaves the folder for the next start.

    Parameters
    ----------
    path : Path
        Where the finished folder will be; must not exist.
    kind : str
        ``"model"``, ``"atlas"``, for messages.
    spec : mapping
        What was asked for, JSON-ready; work goes on only for the same.
    begin : callable, optional
        Fills a new, empty folder.

    Raises
    ------
    ScxError
        If the name is taken, another process works on it, unfinished work of another request is
        there, or the disk is full.
    """
    refuse_existing(path, kind)
    work = unfinished(path)
    with _locked(work, path.name, kind), disk_full_as_sentence(path, "what is finished is kept"):
        refuse_existing(path, kind)  # another process may have finished it meanwhile
        _begin_or_go_on(work, path.name, kind, spec, begin)
        with making(work):
            yield work
        sweep(work)
        work.rename(path)
        (path / SPEC).unlink()


@contextmanager
def _locked(work: Path, name: str, kind: str) -> Iterator[None]:
    work.parent.mkdir(parents=True, exist_ok=True)
    lock = file_lock(f"{work}.lock")
    try:
        lock.acquire(timeout=5)
    except Timeout as error:
        raise ScxError(
            f"The {kind} {name!r} is being made by another process; wait for it, or choose another "
            "name."
        ) from error
    try:
        yield
    finally:
        # The lock's file stays: whoever waits for it would else hold a lock on nothing.
        lock.release()


def _begin_or_go_on(
    work: Path,
    name: str,
    kind: str,
    spec: Mapping[str, Any],
    begin: Callable[[Path], None] | None,
) -> None:
    # As it will read after writing: tuples become lists.
    wanted = json.loads(json.dumps(dict(spec)))
    if (work / SPEC).exists():
        if read_json(work / SPEC) == wanted:
            return
        raise ScxError(
            f"An unfinished {kind} {name!r} with other settings or data is there; finish it with its "
            f"own, delete the folder {work}, or choose another name."
        )
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    if begin is not None:
        begin(work)
    write_json(work / SPEC, wanted)  # the last one: without it the folder is begun anew

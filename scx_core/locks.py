"""Locks that go with the process that holds them, and what is said where there are none.

A lock of the system (``flock``) is the one sign that somebody works on something: it ends with its
last holder, however that ended. Some file systems of clusters have none (ENOSYS, ENOLCK). A lock
file in its place would outlive a killed process, so such a folder is refused, in a sentence.
"""

import errno
import fcntl
import os
import tempfile
import threading
from pathlib import Path
from typing import Final

from filelock import FileLock

from scx_core.errors import ScxError

#: What a file system answers that has no locks.
_MISSING: Final = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL)
#: File systems that were asked already, by device: what they answered, None where they have locks.
_answers: dict[int, str | None] = {}
_asking: Final = threading.Lock()


def has_locks(folder: Path) -> bool:
    """Say whether files in a folder can be locked; the folder must exist."""
    return _answer_of(folder) is None


def require_locks(folder: Path) -> None:
    """Refuse a folder whose files cannot be locked.

    Raises
    ------
    ScxError
        If its file system has no locks.
    """
    answer = _answer_of(folder)
    if answer is not None:
        raise ScxError(
            f"Files in {folder} cannot be locked ({answer}), so nobody could tell whether a job "
            "there is alive; choose a workspace on a file system with locks: a local disk, or NFS "
            "mounted with them."
        )


def file_lock(path: Path | str, timeout: float = -1, *, thread_local: bool = True) -> FileLock:
    """Give a lock to be acquired; its folder must exist.

    Parameters
    ----------
    path : Path or str
        The lock's file.
    timeout : float
        Seconds to wait for it; without end if negative.
    thread_local : bool
        Whether each thread holds it for itself.

    Raises
    ------
    ScxError
        If files there cannot be locked.
    """
    require_locks(Path(path).parent)
    return FileLock(path, timeout=timeout, thread_local=thread_local)


def _answer_of(folder: Path) -> str | None:
    device = folder.stat().st_dev
    with _asking:
        if device not in _answers:
            _answers[device] = _ask(folder)
        return _answers[device]


def _ask(folder: Path) -> str | None:
    """Lock a file that has no name afterwards; give what the system says against it."""
    try:
        # Unbuffered and unnamed: a killed process leaves nothing.
        with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
            fcntl.flock(probe.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _MISSING:
            return None  # a full or read-only disk is told by whoever writes there
        return os.strerror(error.errno)
    return None

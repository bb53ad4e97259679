"""The one sign of life of a job: a lock that its process holds.

A process number says nothing: ended children stay as zombies, numbers are given again, containers
count their own. The lock goes with the last process that holds it, however that ended.
"""

import fcntl
import os
import time
from pathlib import Path

#: Seconds between two attempts.
_RETRY = 0.02


def is_held(path: Path) -> bool:
    """Say whether some process holds the lock.

    Those who ask share the lock for a moment: they do not see each other, and a process that wants
    it for itself waits for them (see `hold`).

    Parameters
    ----------
    path : Path
        The lock's file; not made where it is missing.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no locks there: nobody can hold one (see `scx_core.locks`)
        return False
    finally:
        os.close(descriptor)
    return False


def hold(path: Path, seconds: float) -> int | None:
    """Take the lock.

    Parameters
    ----------
    path : Path
    seconds : float
        How long to wait for it.

    Returns
    -------
    int or None
        A file descriptor: the lock is held until all its copies, those of processes that inherited
        it among them, are closed. None if another process kept the lock.
    """
    end = time.monotonic() + seconds
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                os.close(descriptor)
                return None
            time.sleep(_RETRY)
        else:
            return descriptor

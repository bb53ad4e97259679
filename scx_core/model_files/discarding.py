"""Give up a model that is half made."""

import shutil

from filelock import Timeout

from scx_core.errors import ScxError
from scx_core.locks import file_lock
from scx_core.resumable import SPEC, unfinished
from scx_core.store import Workspace


def discard_unfinished(workspace: Workspace, model: str) -> bool:
    """Delete what an unfinished training of a model has left; its name is free then.

    Parameters
    ----------
    workspace : Workspace
    model : str

    Returns
    -------
    bool
        Whether there was something.

    Raises
    ------
    ScxError
        If a process works on it.
    """
    work = unfinished(workspace.model_path(model))
    if not work.exists():
        return False
    lock = file_lock(f"{work}.lock")  # the one that a training holds
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ScxError(
            f"The model {model!r} is being trained by a process; cancel that first."
        ) from error
    try:
        # Without it a new training begins anew: killed here, nothing goes on with half of the files.
        (work / SPEC).unlink(missing_ok=True)
        shutil.rmtree(work, ignore_errors=True)
    finally:
        lock.release()
    return True

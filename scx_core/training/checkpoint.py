"""The state of a fit on disk: whole, and enough to go on bitwise as if nothing had happened."""

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any, Final

import torch

from scx_core.store import quick_file

#: What reading a file that is no checkpoint, or half of one, raises.
_DAMAGE: Final = (
    OSError, RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError,
    zipfile.BadZipFile,
)  # fmt: skip


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace a checkpoint by a new one, or leave the old one where the disk is full.

    Parameters
    ----------
    path : Path
    state : dict
        Of tensors, numbers, texts, lists and dicts.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with quick_file(path) as temporary, temporary.open("wb") as file:
        file.write(buffer.getbuffer())
        # A machine that loses power shall find one of the two, not an empty file.
        file.flush()
        os.fsync(file.fileno())


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """Read a checkpoint; None where there is none, or it is damaged.

    Only plain values are read: nothing in the file can make this process run code.
    """
    if not path.is_file():
        return None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except _DAMAGE:
        return None
    return state if isinstance(state, dict) else None

"""Small files that a person uploads, kept in the workspace until they are imported."""

import hashlib
import secrets
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError
from scx_core.store import Workspace, disk_full_as_sentence

FOLDER: Final = "uploads"


def keep_upload(
    workspace: Workspace, use: str, name: str, content: bytes, endings: tuple[str, ...]
) -> Path:
    """Write an uploaded file into the workspace; the same content is kept once.

    Parameters
    ----------
    workspace : Workspace
    use : str
        The part it plays in an import; names the file, together with its digest.
    name : str
        What the person's machine calls it; only its ending is used.
    content : bytes
    endings : tuple of str
        Endings of names that the use allows.

    Raises
    ------
    ScxError
        If the ending is none of them, the file is empty, or the disk is full.
    """
    fitting = [ending for ending in endings if name.lower().endswith(ending)]
    if not fitting:
        raise ScxError(
            f"The {use} file cannot be {name!r}; its name must end in one of {', '.join(endings)}."
        )
    if not content:
        raise ScxError(f"{name!r} is empty; check the file.")
    ending = max(fitting, key=len)
    digest = hashlib.sha256(content).hexdigest()[:16]
    target = workspace.root / FOLDER / f"{use}-{digest}{ending}"
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with disk_full_as_sentence(target):
            temporary.write_bytes(content)
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target

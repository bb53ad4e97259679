"""Files that a person uploads, kept in the workspace until they are imported."""

import hashlib
import secrets
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final, Protocol

from scx_core.errors import ScxError, join_some
from scx_core.import_folder.kinds import FILE_KINDS
from scx_core.store import Workspace, disk_full_as_sentence, require_space

FOLDER: Final = "uploads"
#: Bytes copied at a time.
_CHUNK: Final = 1 << 22
_LONGEST_NAME: Final = 120


class Upload(Protocol):
    """What a web server gives of an uploaded file."""

    name: str
    size: int

    def read(self, size: int, /) -> bytes:
        """Give the next bytes; none at the end."""

    def seek(self, offset: int, /) -> int:
        """Go to a byte."""


def keep_upload(workspace: Workspace, use: str, upload: Upload) -> Path:
    """Write an uploaded file into the workspace, under its own name; the same file is kept once.

    Parameters
    ----------
    workspace : Workspace
    use : str
        The part it plays in an import, a key of `FILE_KINDS`.
    upload : Upload
        Copied in chunks, so that no second copy is held in memory.

    Returns
    -------
    Path
        ``uploads/<digest>/<name>``: what was imported is told from the name, and two files of one
        name do not meet.

    Raises
    ------
    ScxError
        If the name does not fit the use, the file is empty, or the disk is full.
    """
    kind = FILE_KINDS[use]
    name = safe_name(upload.name)
    if not kind.fits(name):
        raise ScxError(
            f"The {kind.label} cannot be {name!r}; its name must end in one of "
            f"{join_some(kind.endings, 12)}."
        )
    if not upload.size:
        raise ScxError(f"{name!r} is empty; check the file.")
    folder = workspace.root / FOLDER
    require_space(folder / name, upload.size)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{secrets.token_hex(8)}.tmp"
    try:
        with disk_full_as_sentence(folder / name):
            target = folder / _copy(upload, temporary)[:16] / name
            target.parent.mkdir(exist_ok=True)
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def safe_name(name: str) -> str:
    """Give the last part of a name that a person's machine gave, fit to name a file here."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    kept = "".join(letter if letter.isprintable() else "_" for letter in last).strip()
    return kept.lstrip(".")[-_LONGEST_NAME:].strip() or "upload"


def _copy(upload: Upload, target: Path) -> str:
    """Copy an upload; gives the SHA-256 of its content."""
    digest = hashlib.sha256()
    upload.seek(0)
    with target.open("wb") as file:
        while chunk := upload.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()

"""Lists that jobs score, kept in the workspace under the digest of their content."""

import shutil
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError
from scx_core.store import Workspace, beside, disk_full_as_sentence, file_digest

_FOLDER: Final = "lists"


def keep_list(workspace: Workspace, source: Path | bytes) -> Path:
    """Copy a list into the workspace; the same content is kept once.

    Parameters
    ----------
    workspace : Workspace
    source : Path or bytes
        A file, or its content. Its name is not used: formats are told by content.

    Raises
    ------
    ScxError
        If there is no such file, or the disk is full.
    """
    folder = workspace.root / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(source, Path) and not source.is_file():
        raise ScxError(f"There is no file {source}; check the path.")
    with beside(folder / "list") as temporary, disk_full_as_sentence(folder / "list"):
        try:
            if isinstance(source, bytes):
                temporary.write_bytes(source)
            else:
                shutil.copyfile(source, temporary)
            target = folder / f"{file_digest(temporary)}.list"
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return target

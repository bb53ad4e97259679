"""Which workspaces a server shows: folders that whoever runs it names, never a visitor."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError
from scx_core.store import check_name

#: A folder, or several with ``os.pathsep`` between them.
LISTED: Final = "SCX_WORKSPACE"
#: A folder whose folders are workspaces.
ROOT: Final = "SCX_WORKSPACES"
_DEFAULT: Final = "workspace"


def configured_workspaces(environment: Mapping[str, str]) -> dict[str, Path]:
    """List the workspaces that the environment names.

    Parameters
    ----------
    environment : mapping
        ``SCX_WORKSPACE`` is a folder or a list of folders, ``SCX_WORKSPACES`` a folder of
        workspaces; the listed ones come first. Without either, it is the folder ``workspace``.

    Returns
    -------
    dict of Path by name
        At least one. The name is the folder's; characters that cannot stand in a link become
        ``-``, and a second folder of the same name gets a number.
    """
    folders = [Path(text) for text in environment.get(LISTED, "").split(os.pathsep) if text.strip()]
    root = environment.get(ROOT, "").strip()
    if root:
        folders += _workspaces_in(Path(root))
    folders = folders or [Path(root) / _DEFAULT]
    named: dict[str, Path] = {}
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        named[_new_name(folder, named)] = folder
    return named


def _workspaces_in(root: Path) -> Iterator[Path]:
    """Give the folders whose name can stand in a link, by name."""
    if not root.is_dir():
        return
    for folder in sorted(root.iterdir()):
        try:
            check_name(folder.name, "workspace")
        except ScxError:
            continue
        if folder.is_dir():
            yield folder


def _new_name(folder: Path, taken: Mapping[str, Path]) -> str:
    """Name a folder as no other is named."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.name).strip("._-")[:70] or _DEFAULT
    numbered = (name, *(f"{name}-{number}" for number in range(2, len(taken) + 3)))
    return next(candidate for candidate in numbered if candidate not in taken)

"""Which folder the pages import from: named by whoever runs the server, never by a visitor."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import scx_core
from scx_core.errors import ScxError
from scx_core.import_folder.folder import ImportFolder, check_root
from scx_core.import_folder.uploads import FOLDER as UPLOADS
from scx_core.store import Workspace, read_json, write_json

VARIABLE: Final = "SCX_IMPORT_ROOT"
_SETTINGS: Final = "settings.json"
_KEY: Final = "import_root"


def import_folder(
    workspace: Workspace, environment: Mapping[str, str], workspaces: Iterable[Path] = ()
) -> ImportFolder:
    """Give the import folder of a workspace.

    Parameters
    ----------
    workspace : Workspace
    environment : mapping
        ``SCX_IMPORT_ROOT`` names the folder; else the workspace's setting does (`set_import_root`).
    workspaces : iterable of Path
        All workspaces of the server: nothing is read from them.

    Returns
    -------
    ImportFolder
        Without a root where none is named, or the one named cannot be one, which it says.
    """
    closed = closed_folders(workspace, workspaces)
    text = environment.get(VARIABLE, "").strip() or _stored(workspace)
    own = (workspace.root / "sources", workspace.root / UPLOADS)
    try:
        root = check_root(text, closed) if text else None
    except ScxError as error:
        return ImportFolder(None, own, closed, str(error))
    return ImportFolder(root, own, closed)


def closed_folders(workspace: Workspace, workspaces: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Folders from which no page reads: the program's, and those of the workspaces."""
    program = Path(scx_core.__file__).resolve().parents[1]
    return (program, workspace.root, *workspaces)


def set_import_root(workspace: Workspace, text: str) -> Path | None:
    """Write down which folder the pages import from; an empty text takes the setting away.

    Raises
    ------
    ScxError
        If there is no such folder, or it is the program's or that of a workspace.
    """
    root = check_root(text, closed_folders(workspace)) if text.strip() else None
    workspace.root.mkdir(parents=True, exist_ok=True)
    settings = _settings(workspace)
    settings.pop(_KEY, None)
    if root is not None:
        settings[_KEY] = str(root)
    write_json(workspace.root / _SETTINGS, settings)
    return root


def _stored(workspace: Workspace) -> str:
    told = _settings(workspace).get(_KEY)
    return told if isinstance(told, str) else ""


def _settings(workspace: Workspace) -> dict[str, object]:
    try:
        stored = read_json(workspace.root / _SETTINGS)
    except (OSError, ScxError):
        return {}
    return stored if isinstance(stored, dict) else {}

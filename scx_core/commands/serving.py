"""The command that opens the app."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

import scx_core
from scx_core.commands.screen import Context, say, sentences
from scx_core.errors import ScxError
from scx_core.import_folder import set_import_root
from scx_core.store import Workspace
from scx_core.workspaces import LISTED, ROOT, configured_workspaces

_PROGRAM: Final = Path(scx_core.__file__).resolve().parents[1]
#: What streamlit runs: the pages, behind closed doors.
_SERVER: Final = _PROGRAM / "scx_core" / "ui" / "server.py"


def open_app(
    context: typer.Context,
    import_root: Annotated[
        str | None,
        typer.Option(
            help="Folder from which pages may import files; kept in the workspace until another is "
            "named, '' for none."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="Port that the app listens on.")] = 8501,
) -> None:
    """Open the app on the workspace, in a browser.

    Example: [cyan]scx --workspace workspace app --import-root /data/cells[/]
    """
    shared: Context = context.obj
    with sentences():
        if not (_PROGRAM / "app.py").is_file():
            raise ScxError(
                f"The pages are not in {_PROGRAM}; run scx from a clone of scX Explorer."
            )
        if import_root is not None:
            root = set_import_root(shared.workspace, import_root)
            say(f"Pages import from {root}." if root else "Pages import from no folder.")
    # Streamlit reads its configuration from the folder that it is started in.
    os.chdir(_PROGRAM)
    arguments = [
        sys.executable, "-m", "streamlit", "run", str(_SERVER), "--server.port", str(port),
        "--server.headless", "false", "--server.showEmailPrompt", "false",
    ]  # fmt: skip
    os.execve(sys.executable, arguments, _environment(shared.workspace, os.environ))  # noqa: S606


def _environment(workspace: Workspace, environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment, in which the app shows this workspace, and others that it names."""
    named = environment.get(LISTED, "").strip() or environment.get(ROOT, "").strip()
    kept = dict(environment)
    if not named or workspace.root not in configured_workspaces(environment).values():
        return {**kept, LISTED: str(workspace.root)}
    listed = [str(path) for path in configured_workspaces(environment).values()]
    return {**kept, LISTED: os.pathsep.join(listed)}

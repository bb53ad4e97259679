"""The import folder: which of the server's files a page may list and read.

A page reads files that a visitor names. Without limits, that is any file of the server. So nothing
is read before whoever runs the server has named a folder, and from that folder only files of known
kinds, never hidden ones, never those of the program or of a workspace, and nothing to which a link
leads out. The rules hold for the resolved path, at listing and at every opening.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scx_core.errors import ScxError, join_some
from scx_core.import_folder.kinds import FILE_KINDS, FileKind

_MOST_FILES: Final = 300
_MOST_FOLDERS: Final = 1000
_DEEPEST: Final = 4
_SHOWN: Final = 120
_MOST_ENTRIES: Final = 5000
#: Parts of a workspace that hold what the program wrote.
_PARTS: Final = (
    "datasets", "models", "published", "jobs", "cache", "atlases", "results", "lists", "chains",
    "rsids", "regions", "searches",
)  # fmt: skip
_NOWHERE: Final = Path("/nowhere")  # paths relative to no folder lead there
HOW_TO_SET: Final = (
    "start the app by scx app --import-root FOLDER, or set SCX_IMPORT_ROOT for the server"
)


@dataclass(frozen=True)
class ImportFolder:
    """The folder that pages may read from, beside what was fetched and uploaded.

    Attributes
    ----------
    root : Path or None
        None where nobody has named one.
    own : tuple of Path
        Folders of the workspace that pages may read, too: what was fetched and uploaded.
    closed : tuple of Path
        Folders from which nothing is read, even inside ``root``: the program's, the workspaces.
    problem : str
        Why the folder that was named cannot be the root, in a sentence; empty if nothing is wrong.
    """

    root: Path | None
    own: tuple[Path, ...] = ()
    closed: tuple[Path, ...] = ()
    problem: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", self.root.resolve() if self.root else None)
        object.__setattr__(self, "own", tuple(folder.resolve() for folder in self.own))
        object.__setattr__(self, "closed", tuple(folder.resolve() for folder in self.closed))

    @property
    def homes(self) -> tuple[Path, ...]:
        """All folders that may be read, resolved."""
        return self.own if self.root is None else (self.root, *self.own)

    @property
    def sentence(self) -> str:
        """Where files are read from, or what to do so that they can be."""
        if self.root is None:
            return self.problem or f"No import folder is set on this server: {HOW_TO_SET}."
        return f"Files are read on the server, below {self.root}."

    def files(self, use: str) -> list[str]:
        """List the files of one kind, as `open` takes them: relative to the root, else absolute.

        Parameters
        ----------
        use : str
            A key of `FILE_KINDS`.
        """
        kind = FILE_KINDS[use]
        found = [] if self.root is None else [str(p) for p in self._below(self.root, kind)]
        return found + [str(home / path) for home in self.own for path in self._below(home, kind)]

    def _below(self, home: Path, kind: FileKind) -> list[Path]:
        """Files below a folder that may be read, relative to it."""
        found: list[Path] = []
        for folder in self._folders(home):
            for entry in _entries(folder):
                if entry.name.startswith(".") or not entry.name.isprintable():
                    continue
                if kind.fits(entry.name) and self._may_list(entry, home, kind):
                    found.append(Path(entry.path).relative_to(home))
            if len(found) >= _MOST_FILES:
                break
        return found[:_MOST_FILES]

    def _may_list(self, entry: "os.DirEntry[str]", home: Path, kind: FileKind) -> bool:
        # Its folder was judged before; what a link leads to was not.
        if not entry.is_symlink():
            return entry.is_file(follow_symlinks=False)
        path = _resolved(Path(entry.path))
        return path is not None and not self._refusal(path, entry.name, home, kind)

    def _folders(self, home: Path) -> Iterator[Path]:
        """Folders below one that may be looked into, upper ones first; links are not followed."""
        waiting, n_seen = [home], 0
        while waiting and n_seen < _MOST_FOLDERS:
            folder = waiting.pop(0)
            if self._is_closed(folder, home) or is_workspace(folder):
                continue
            n_seen += 1
            yield folder
            if len(folder.relative_to(home).parts) < _DEEPEST - 1:
                waiting += [
                    Path(entry.path)
                    for entry in _entries(folder)
                    if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
                ]

    def open(self, text: str, use: str) -> Path:
        """Resolve a path that a person gave.

        Parameters
        ----------
        text : str
            Relative to the root, or absolute.
        use : str
            A key of `FILE_KINDS`.

        Returns
        -------
        Path
            Resolved: no part of it is a link.

        Raises
        ------
        ScxError
            If nothing was given, or the file may not be read, is not there or of another kind.
        """
        kind = FILE_KINDS[use]
        text = text.strip()
        if not text:
            raise ScxError(f"Choose the {kind.label}.")
        shown = repr(text[:_SHOWN])
        if not text.isprintable():
            raise ScxError(f"The path {shown} holds characters that cannot be shown; check it.")
        path = _resolved((self.root or _NOWHERE) / text)
        if path is None:
            raise ScxError(f"The path {shown} leads nowhere; check it.")
        home = next((home for home in self.homes if path.is_relative_to(home)), None)
        if home is None:
            raise ScxError(self._outside(kind, shown))
        if refusal := self._refusal(path, Path(text).name, home, kind):
            raise ScxError(f"The {kind.label} {shown} {refusal}")
        return path

    def holds(self, path: Path, use: str) -> bool:
        """Say whether `open` would take a path that was found."""
        try:
            self.open(str(path), use)
        except ScxError:
            return False
        return True

    def _outside(self, kind: FileKind, shown: str) -> str:
        if self.root is None:
            return (
                f"The {kind.label} {shown} cannot be read: no import folder is set. Upload the file, "
                f"or {HOW_TO_SET}."
            )
        return (
            f"The {kind.label} {shown} lies outside the import folder {self.root}; move it there, or "
            f"{HOW_TO_SET}."
        )

    def _refusal(self, path: Path, name: str, home: Path, kind: FileKind) -> str:
        """Say why a resolved path may not be read; empty if it may."""
        return (
            self._forbidden(path, home) or _wrong_kind(path, name, kind) or self._leak(path, home)
        )

    def _forbidden(self, path: Path, home: Path) -> str:
        """Say which rule keeps a resolved path from being read; empty if none does."""
        if not path.is_relative_to(home):
            return "is a link that leads out of the import folder; put the file itself there."
        if any(part.startswith(".") for part in path.relative_to(home).parts):
            return "is hidden; hidden files and folders are not read."
        above = [path, *path.parents]
        above = above[: above.index(home) + 1]
        if self._is_closed(path, home) or any(is_workspace(folder) for folder in above):
            return (
                "lies in the folder of the program or of a workspace; nothing is read from there."
            )
        return ""

    def _leak(self, path: Path, home: Path) -> str:
        """Say which link inside a chosen folder leads out of the import folder; empty if none."""
        if not path.is_dir():
            return ""
        waiting, n_seen = [path], 0
        while waiting:
            for entry in _entries(waiting.pop()):
                n_seen += 1
                if n_seen > _MOST_ENTRIES:
                    return f"holds more than {_MOST_ENTRIES:,} files; choose a folder inside it."
                if entry.is_symlink():
                    target = _resolved(Path(entry.path))
                    if target is None or self._forbidden(target, home):
                        return f"holds the link {entry.name!r}, which leads out of it."
                elif entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
        return ""

    def _is_closed(self, path: Path, home: Path) -> bool:
        """Say whether a path lies in a closed folder; ``home`` itself may lie deep in one."""
        return any(
            path.is_relative_to(folder) and (home == folder or not home.is_relative_to(folder))
            for folder in self.closed
        )


def require_same(paths: Iterable[Path]) -> None:
    """Refuse files that became links after they were checked; the paths are resolved ones.

    Raises
    ------
    ScxError
        If one of them is, or goes through, a link now.
    """
    for path in paths:
        if _resolved(path) != path:
            raise ScxError(
                f"{path.name!r} was replaced by a link after it was chosen; choose it again."
            )


def check_root(text: str, closed: Iterable[Path]) -> Path:
    """Resolve a folder that shall be the import folder.

    Raises
    ------
    ScxError
        If there is no such folder, or it is the program's, a workspace or the inside of one.
    """
    path = _resolved(Path(text).expanduser())
    if path is None or not path.is_dir():
        raise ScxError(f"There is no folder {text} to import from; make it first.")
    for folder in map(Path.resolve, closed):
        inner = path.relative_to(folder).parts if path.is_relative_to(folder) else None
        if inner is not None and (not inner or any(part.startswith(".") for part in inner)):
            raise ScxError(f"{path} is the folder of the program or of a workspace; name another.")
    if is_workspace(path) or any(map(_is_part, (path, *path.parents))):
        raise ScxError(f"{path} lies in a workspace; name a folder of your own.")
    return path


def _resolved(path: Path) -> Path | None:
    """Follow all links; None where they lead nowhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []  # closed to us, or gone since it was listed


def is_workspace(folder: Path) -> bool:
    """Say whether a folder is a workspace, of this server or of another."""
    try:
        return (folder / "jobs" / "queue.lock").exists() or any(
            next((folder / part).glob("*/*.json"), None) is not None
            for part in ("datasets", "models", "published")
            if (folder / part).is_dir()
        )
    except OSError:  # closed to us, or a name that no folder can have
        return False


def _is_part(folder: Path) -> bool:
    """Say whether a folder is one that the program writes in a workspace."""
    return folder.name in _PARTS and is_workspace(folder.parent)


def _wrong_kind(path: Path, name: str, kind: FileKind) -> str:
    """Say why a file is not of a kind; empty if it is."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return "is not there; check the path."
    if stat.S_ISDIR(mode):
        return "" if kind.folders else "is a folder; choose a file."
    if not stat.S_ISREG(mode):
        return "is no ordinary file."
    if not (kind.endings and kind.fits(name) and kind.fits(path.name)):
        return f"is of no known kind; its name must end in one of {join_some(kind.endings, 12)}."
    return ""

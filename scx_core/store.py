"""The workspace folder: where things lie, and how they are written whole or not at all."""

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import Timeout

from scx_core.errors import ScxError
from scx_core.locks import file_lock, has_locks
from scx_core.maker import making, refuse_taken

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_PARTIAL: Final = ".partial-"
#: End of the names of locks of what is being written.
_LOCK: Final = ".lock"
#: End of the names of what is written in a moment.
_QUICK: Final = ".tmp"
#: End of the name of a genome that is being unpacked.
UNPACKING: Final = ".partial"
#: With fewer free bytes than this, a failed write failed for want of space.
_NO_SPACE: Final = 64_000_000


def check_name(name: str, kind: str) -> str:
    """Return ``name`` if it can name a dataset or a model.

    Raises
    ------
    ScxError
        If it holds anything but letters, digits, ``.``, ``_`` and ``-``.
    """
    if _NAME.fullmatch(name) is None:
        raise ScxError(
            f"{name!r} cannot name a {kind}; use up to 80 letters, digits, '.', '_' or '-', "
            "beginning with a letter or digit."
        )
    return name


class Workspace:
    """A folder that holds datasets, models, jobs and the cache.

    Parameters
    ----------
    root : Path
        Made when first written to.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()

    @property
    def cache_path(self) -> Path:
        """Folder of unpacked genomes and indices; may be deleted at any time."""
        return self.root / "cache"

    @property
    def jobs_path(self) -> Path:
        """Folder of the job directories."""
        return self.root / "jobs"

    def dataset_path(self, name: str) -> Path:
        """Folder of a dataset, there or not."""
        return self.root / "datasets" / check_name(name, "dataset")

    def model_path(self, name: str) -> Path:
        """Folder of a model, there or not."""
        return self.root / "models" / check_name(name, "model")

    def atlas_path(self, name: str) -> Path:
        """Folder of an atlas, there or not."""
        return self.root / "atlases" / check_name(name, "atlas")

    def datasets(self) -> list[str]:
        """Names of the datasets, sorted."""
        return _names_with(self.root / "datasets", "dataset.json")

    def models(self) -> list[str]:
        """Names of the finished models, sorted."""
        return _names_with(self.root / "models", "model.json")

    def clean_leftovers(self) -> list[str]:
        """Delete what killed processes left half-written.

        Returns
        -------
        list of str
            One sentence for each thing deleted.
        """
        folders = [self.root, *_folders_in(self.root)]
        folders += [inner for folder in folders[1:] for inner in _folders_in(folder)]
        deleted = [partial for folder in folders for partial in _clean(folder)]
        deleted += [
            partial
            for partial in sorted(self.cache_path.glob(f"*{UNPACKING}"))
            if _delete_if_abandoned(partial, partial.with_suffix(".fa.lock"))
        ]
        return [
            f"Cleaned up {partial.parent.name}/{partial.name.lstrip('.').split(_PARTIAL)[0]}: an "
            "earlier run was killed before it had finished; start it again."
            for partial in deleted
        ]


def _folders_in(folder: Path) -> list[Path]:
    """Folders in a folder; not those that are being made, nor what a link leads to."""
    try:
        with os.scandir(folder) as entries:
            return sorted(
                Path(entry.path)
                for entry in entries
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
            )
    except OSError:  # deleted meanwhile
        return []


def _clean(folder: Path, name: str = "") -> list[Path]:
    """Delete what killed processes left half-written in a folder; list what was deleted.

    Parameters
    ----------
    folder : Path
    name : str
        What they were making; by default anything.
    """
    begin = f".{name}{_PARTIAL}" if name else "."
    try:
        left = sorted(
            path
            for path in folder.iterdir()
            if path.name.startswith(begin) and _PARTIAL in path.name
        )
    except OSError:  # deleted meanwhile
        return []
    deleted = [
        path
        for path in left
        if path.suffix != _LOCK
        and _delete_if_abandoned(path, path.with_name(f"{path.name}{_LOCK}"))
    ]
    for lock in left:  # of processes that were killed before they made what it is for
        if lock.suffix == _LOCK and lock.exists() and not lock.with_suffix("").exists():
            _delete_if_abandoned(lock, lock)
    return deleted


def _names_with(folder: Path, marker: str) -> list[str]:
    return sorted(path.parent.name for path in folder.glob(f"[!.]*/{marker}"))


def _delete_if_abandoned(partial: Path, lock_file: Path) -> bool:
    """Delete what nobody writes to any more: its lock is free, and held while it is deleted."""
    lock = file_lock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    try:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        else:
            partial.unlink(missing_ok=True)
    finally:
        lock.release()
        if _PARTIAL in lock_file.name:
            lock_file.unlink(missing_ok=True)
    return True


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give a name beside ``path`` that is this writer's alone, locked while it is in use.

    The lock tells what a killed process left behind from what another is writing. What was left of
    earlier writers of ``path`` is deleted first, so that kills do not add up.
    """
    locked = has_locks(path.parent)
    if locked:
        _clean(path.parent, path.name)
    ending = path.suffix if path.suffix != _LOCK else ""
    partial = path.with_name(f".{path.name}{_PARTIAL}{secrets.token_hex(4)}{ending}")
    if not locked:  # writing files needs no locks: only leftovers of kills stay
        yield partial
        return
    lock = file_lock(f"{partial}{_LOCK}")
    # The lock comes first: a file without one looks abandoned to other processes.
    lock.acquire(timeout=5)
    try:
        yield partial
    finally:
        lock.release()
        Path(lock.lock_file).unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path) -> Iterator[Path]:
    """Give a folder to write to; at the end it appears at ``path``, whole, or not at all.

    Raises
    ------
    ScxError
        If ``path`` exists, or the disk is full.
    """
    refuse_taken(path, f"{path.name!r} exists already in {path.parent}; choose another name.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as partial:
        try:
            with disk_full_as_sentence(path):
                partial.mkdir()
                with making(partial):
                    yield partial
                _settle(partial, path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def discard(path: Path, kind: str) -> None:
    """Delete a folder: it vanishes in one step, whenever the process is killed.

    What is left then has the name and the lock of half-written folders, and
    `Workspace.clean_leftovers` deletes it.

    Parameters
    ----------
    path : Path
    kind : str
        What it is, for a message.

    Raises
    ------
    ScxError
        If somebody else renamed or deleted it meanwhile.
    """
    with beside(path) as doomed:
        try:
            path.rename(doomed)
        except FileNotFoundError as error:
            raise ScxError(
                f"The {kind} {path.name!r} was renamed or deleted by somebody else meanwhile."
            ) from error
        if doomed.is_symlink():
            doomed.unlink()  # what it leads to is not of this workspace
        shutil.rmtree(doomed, ignore_errors=True)


def _settle(partial: Path, path: Path) -> None:
    try:
        partial.rename(path)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            raise ScxError(
                f"{path.name!r} was made by another process meanwhile; choose another name."
            ) from error
        raise


def check_target(path: Path) -> None:
    """Refuse a file that cannot be written, before the work and not after it.

    Raises
    ------
    ScxError
        If its folder does not exist, or it is a folder itself.
    """
    if not path.parent.is_dir():
        raise ScxError(f"There is no folder {path.parent} to write {path.name} to; make it first.")
    if path.is_dir():
        raise ScxError(f"{path} is a folder; give the name of a file in it.")


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Give a temporary name, each writer its own; the file appears at ``path`` whole, or not at all.

    Of several who write to it at the same time, the one who ends last wins.

    Raises
    ------
    ScxError
        If it cannot be written there (see `check_target`), or the disk is full.
    """
    check_target(path)
    with beside(path) as temporary:
        try:
            with disk_full_as_sentence(path):
                yield temporary
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def quick_file(path: Path) -> Iterator[Path]:
    """Give a temporary name, each writer its own, for what is written in a moment.

    No lock tells what a killed process left behind: whoever holds the folder deletes it (`sweep`).
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_QUICK}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Delete what killed processes left half-written below a folder that this process alone holds."""
    for left in (*folder.rglob(f".*{_QUICK}"), *folder.rglob(f".*{_PARTIAL}*")):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def disk_full_as_sentence(path: Path, kept: str = "nothing was kept") -> Iterator[None]:
    """Turn "no space left" into a sentence about ``path``, which says what was kept."""
    try:
        yield
    except OSError as error:
        free = shutil.disk_usage(path.parent).free
        # Numpy and pyfaidx raise their own error, without a number, for a write cut short.
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) and (error.errno or free > _NO_SPACE):
            raise
        raise ScxError(
            f"The disk is full ({free / 1e6:,.0f} MB free at {path.parent}) and {path.name!r} could "
            f"not be written ({kept}); free some space and start again."
        ) from error


def require_space(path: Path, n_bytes: int) -> None:
    """Refuse to begin what the disk cannot hold.

    Raises
    ------
    ScxError
        If fewer than ``n_bytes`` are free where ``path`` will lie.
    """
    folder = path
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free < n_bytes:
        raise ScxError(
            f"{path.name!r} needs about {n_bytes / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free "
            f"at {folder}; the disk is full, so nothing was written. Free some space."
        )


@contextmanager
def damage_as_sentence(path: Path, mend: str) -> Iterator[None]:
    """Turn what goes wrong in reading one of our own files into a sentence."""
    try:
        yield
    except ScxError:
        raise
    except (OSError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise ScxError(
            f"{path.name} of {path.parent.name!r} is missing or damaged "
            f"({type(error).__name__}); {mend}."
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Write JSON to a temporary name, then rename: readers see the old file or the new one."""
    with quick_file(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises
    ------
    ScxError
        If the file is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ScxError(f"There is no {path.name} in {path.parent}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ScxError(f"{path} is damaged ({error}); make it again.") from error


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""A model from an archive that somebody sent: nothing in it is believed before it is checked."""

import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.model_files.checking import check_model
from scx_core.model_files.managing import free_name
from scx_core.model_files.manifest import (
    MANIFEST,
    MAX_BYTES,
    MAX_FILES,
    MAX_TEXT,
    PREFIX,
    README,
    DatasetNote,
    Manifest,
)
from scx_core.progress import Progress, no_progress, part_of
from scx_core.store import Workspace, atomic_directory, read_json, require_space, write_json

#: What reading a damaged zip raises.
_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OSError,
)  # fmt: skip
_CHUNK: Final = 1 << 20
_ENCRYPTED: Final = 0x1
_LONGEST_SHOWN: Final = 80


@dataclass(frozen=True)
class ImportedModel:
    """A model that was imported, and what is worth knowing about it.

    Attributes
    ----------
    ensemble : Ensemble
    notices : tuple of str
        Such as: its dataset is not here.
    """

    ensemble: Ensemble
    notices: tuple[str, ...]


def import_model(
    archive: Path,
    workspace: Workspace,
    name: str | None = None,
    progress: Progress = no_progress,
) -> ImportedModel:
    """Make a model from an archive written by `export_model`.

    Only files of a model are taken, each must have the size and the digest that the manifest gives,
    all weights are opened once, and nothing is unpickled. The model appears whole or not at all.

    Parameters
    ----------
    archive : Path
    workspace : Workspace
    name : str, optional
        Name of the new model; the one in the archive if not given.
    progress : Progress
        May raise to cancel; nothing is left then.

    Raises
    ------
    ScxError
        If the archive is not one of a model, is damaged, was edited or is too large, or the name is
        taken.
    """
    with _opened(archive) as zipped:
        _check_size(zipped, archive.name)
        manifest = _read_manifest(zipped, archive.name)
        entries = _check_entries(zipped, manifest, archive.name)
        wanted = name or manifest.name
        path = workspace.model_path(wanted)
        with free_name(workspace, wanted):
            require_space(path, manifest.n_bytes)
            with atomic_directory(path) as folder:
                _unpack(zipped, entries, manifest, folder, archive.name, part_of(progress, 0, 0.5))
                check_model(folder, manifest, archive.name, part_of(progress, 0.5, 1.0))
                notices = _bind_dataset(folder, manifest.dataset, workspace)
    progress(1.0, f"Imported {wanted}")
    return ImportedModel(Ensemble.open(path), notices)


def import_and_tell(
    archive: Path, workspace: Workspace, name: str | None = None, progress: Progress = no_progress
) -> tuple[str, tuple[str, ...]]:
    """Import a model; give its name and the notices, which are plain."""
    imported = import_model(archive, workspace, name, progress)
    return imported.ensemble.name, imported.notices


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    if not archive.is_file():
        raise ScxError(f"There is no file at {archive}; check the path.")
    size = archive.stat().st_size
    if size > MAX_BYTES:
        raise ScxError(
            f"{archive.name} has {size / 1e6:,.0f} MB; an archive of a model has at most "
            f"{MAX_BYTES / 1e6:,.0f} MB."
        )
    try:
        zipped = zipfile.ZipFile(archive)
    except _DAMAGE as error:
        with archive.open("rb") as file:
            begins_as_zip = file.read(2) == b"PK"
        if begins_as_zip:
            raise _damaged(archive.name, error) from error
        raise ScxError(
            f"{archive.name} is not a zip archive; choose one made by the export of a model."
        ) from error
    with zipped:
        yield zipped


def _damaged(archive: str, error: Exception) -> ScxError:
    return ScxError(
        f"{archive} is cut short or damaged ({error}); copy it again, or export the model again."
    )


def _check_size(zipped: zipfile.ZipFile, archive: str) -> None:
    """Refuse what would unpack to too much, by its own account, before any of it is read."""
    listed = zipped.infolist()
    n_bytes = sum(entry.file_size for entry in listed)
    if len(listed) > MAX_FILES or n_bytes > MAX_BYTES:
        raise ScxError(
            f"{archive} would unpack to {counted(len(listed), 'file')} and {n_bytes / 1e6:,.0f} MB; a "
            f"model has at most {MAX_FILES:,} files and {MAX_BYTES / 1e6:,.0f} MB. Nothing was "
            "imported."
        )


def _read_manifest(zipped: zipfile.ZipFile, archive: str) -> Manifest:
    entries = [entry for entry in zipped.infolist() if entry.filename == MANIFEST]
    if not entries:
        raise ScxError(
            f"{archive} is a zip archive, but not of a model: it has no {MANIFEST}; choose one made "
            "by the export of a model."
        )
    if entries[0].file_size > MAX_TEXT:
        raise ScxError(f"{archive}: {MANIFEST} is too large for a model's; nothing was imported.")
    _check_entry(entries[0], archive)
    return Manifest.from_json(b"".join(_read(zipped, entries[0], archive)), archive)


def _check_entries(
    zipped: zipfile.ZipFile, manifest: Manifest, archive: str
) -> dict[str, zipfile.ZipInfo]:
    """Compare the directory of a zip with the manifest; give the entries by path."""
    entries: dict[str, zipfile.ZipInfo] = {}
    for entry in zipped.infolist():
        _check_entry(entry, archive)
        if entry.is_dir() and entry.filename.startswith(PREFIX):
            continue  # a model zipped again by hand; folders are made as files need them
        if entry.filename in entries:
            raise ScxError(f"{archive} holds {_shown(entry.filename)} twice; nothing was imported.")
        if entry.filename != MANIFEST and entry.filename not in manifest.files:
            raise ScxError(
                f"{archive} holds {_shown(entry.filename)}, which its {MANIFEST} does not list; nothing was "
                "imported."
            )
        entries[entry.filename] = entry
    for path, note in manifest.files.items():
        if path not in entries:
            raise ScxError(f"{archive} lacks {path!r}; export the model again.")
        if entries[path].file_size != note.size:
            raise _edited(archive, path)
    return entries


def _check_entry(entry: zipfile.ZipInfo, archive: str) -> None:
    """Refuse what no export writes: links, paths that lead elsewhere, passwords."""
    path = entry.orig_filename
    if path.startswith(("/", "\\")) or ".." in path or "\\" in path or ":" in path:
        raise ScxError(
            f"{archive} holds {_shown(path)}, a path that leads out of it; nothing was imported."
        )
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ScxError(
            f"{archive} holds {_shown(path)}, a link or another special file; nothing was imported."
        )
    if entry.flag_bits & _ENCRYPTED:
        raise ScxError(f"{archive} has a password; export the model again without one.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ScxError(
            f"{archive} holds {_shown(path)} in a compression that is not read here; zip it as stored or "
            "deflated."
        )


def _shown(path: str) -> str:
    """Quote a path for a sentence, cut where it is nonsense."""
    return repr(path if len(path) <= _LONGEST_SHOWN else f"{path[:_LONGEST_SHOWN]}…")


def _edited(archive: str, path: str) -> ScxError:
    return ScxError(
        f"{archive}: {path!r} was changed after the export (its size or digest differs from the "
        f"{MANIFEST}); nothing was imported. Export the model again."
    )


def _read(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, archive: str) -> Iterator[bytes]:
    """Read an entry in pieces; never more bytes than the directory of the zip announced."""
    left = entry.file_size
    try:
        with zipped.open(entry) as source:
            while piece := source.read(min(_CHUNK, left + 1)):
                left -= len(piece)
                if left < 0:
                    raise zipfile.BadZipFile(f"{entry.filename} is longer than announced")
                yield piece
    except _DAMAGE as error:
        raise _damaged(archive, error) from error


def _unpack(
    zipped: zipfile.ZipFile,
    entries: dict[str, zipfile.ZipInfo],
    manifest: Manifest,
    folder: Path,
    archive: str,
    progress: Progress,
) -> None:
    """Write the files of the model, each compared with its digest."""
    for done, (path, note) in enumerate(manifest.files.items()):
        progress(done / len(manifest.files), f"Unpacking {path.removeprefix(PREFIX)}")
        digest = hashlib.sha256()
        pieces = _read(zipped, entries[path], archive)
        if path == README:
            for piece in pieces:
                digest.update(piece)
        else:
            target = folder / path.removeprefix(PREFIX)
            target.parent.mkdir(exist_ok=True)
            with target.open("xb") as sink:
                for piece in pieces:
                    digest.update(piece)
                    sink.write(piece)
        if digest.hexdigest() != note.sha256:
            raise _edited(archive, path)


def _bind_dataset(folder: Path, note: DatasetNote, workspace: Workspace) -> tuple[str, ...]:
    """Let the model name its dataset as it is called here; say so where it is not here."""
    here = [name for name in workspace.datasets() if _has_digest(workspace, name, note.digest)]
    if note.name in here:
        return ()
    if here:
        metadata = read_json(folder / "model.json")
        write_json(folder / "model.json", {**metadata, "dataset": here[0]})
        return (
            f"The model was trained on {note.name!r}; the same data are called {here[0]!r} here.",
        )
    assembly = f", assembly {note.assembly}" if note.assembly else ""
    other = (
        " The dataset of that name here has another content."
        if note.name in workspace.datasets()
        else ""
    )
    return (
        f"The dataset {note.name!r} that the model was trained on ({note.n_genes:,} genes{assembly}, "
        f"digest {note.digest[:12]}…) is not in this workspace.{other} Its stored predictions can be "
        "used; to predict, mutate or score, import that dataset from the same files.",
    )


def _has_digest(workspace: Workspace, name: str, digest: str) -> bool:
    try:
        return Dataset.open(workspace.dataset_path(name)).digest == digest
    except ScxError:
        return False

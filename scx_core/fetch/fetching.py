"""Fetching a public source: whole, checked and with a record of where it came from."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pooch  # type: ignore[import-untyped]
import requests
from filelock import Timeout

from scx_core.errors import ScxError, counted
from scx_core.fetch.sources import Source, check_digest, check_file_name, find_source
from scx_core.fetch.transfer import ResumingDownloader
from scx_core.locks import file_lock
from scx_core.progress import Progress, no_progress, part_of
from scx_core.store import file_digest, read_json, write_json

#: Ends the name of the note beside a fetched file: address, digest, licence, date.
NOTE: Final = ".source.json"
Told = Callable[[str], None]


@dataclass(frozen=True)
class _Item:
    """One file to fetch."""

    url: str
    file: str
    digest: str


def fetch(
    name: str,
    folder: Path | str,
    progress: Progress = no_progress,
    on_notice: Told = lambda _: None,
    **transfer: Any,
) -> Path:
    """Fetch a named public source into a folder, or find it there.

    A transfer that broke off goes on where it stopped. Beside the file lies ``<file>.source.json``,
    which says where it came from, when, with which digest, and whether that was verified.

    Parameters
    ----------
    name : str
        One of `read_sources`.
    folder : Path
        Made where it is missing.
    progress : Progress
    on_notice : callable
        Told what is worth knowing, such as that no digest is known.
    **transfer : Any
        Passed to `ResumingDownloader`: ``first_wait``, ``timeout``.

    Returns
    -------
    Path
        The file; for a record, the folder with its files.

    Raises
    ------
    ScxError
        If the server cannot be reached or refuses, the content is not what it should be, or
        another process is fetching the same.
    """
    source = find_source(name)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / source.file
    with _alone(target, source):
        if source.record:
            return _fetch_record(source, target, progress, on_notice, transfer)
        item = _Item(source.url, source.file, source.digest)
        return _fetch_item(item, folder, source, progress, on_notice, transfer)


def fetched(source: Source, folder: Path | str) -> Mapping[str, Any] | None:
    """Read the note beside a fetched source; None where it was not fetched whole.

    Parameters
    ----------
    source : Source
    folder : Path
        That `fetch` was given.

    Returns
    -------
    mapping or None
        ``url, sha256, verified, bytes, fetched``, licence and citation; for a record ``files``.
    """
    target = Path(folder) / source.file
    note = target.with_name(f"{target.name}{NOTE}")
    if not target.exists() or not note.is_file():
        return None
    try:
        return dict(read_json(note))
    except ScxError:
        return None


@contextmanager
def _alone(target: Path, source: Source) -> Iterator[None]:
    lock = file_lock(target.with_name(f".{target.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ScxError(
            f"{source.title} is being fetched into {target.parent} already; wait until that is done."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _fetch_item(
    item: _Item,
    folder: Path,
    source: Source,
    progress: Progress,
    on_notice: Told,
    transfer: Mapping[str, Any],
) -> Path:
    target = folder / item.file
    note = target.with_name(f"{target.name}{NOTE}")
    was_here = target.is_file()
    downloader = ResumingDownloader(
        folder / f".{item.file}.part",
        source.homepage,
        lambda fraction, message: progress(0.98 * fraction, f"{item.file}: {message}"),
        **transfer,
    )
    # Pooch's logger says what it does on standard error; we say it ourselves.
    pooch.get_logger().setLevel("WARNING")
    try:
        pooch.retrieve(
            item.url, item.digest or None, fname=item.file, path=folder, downloader=downloader
        )
    except ScxError:
        raise
    except ValueError as error:
        raise ScxError(
            f"What {item.url} sent is not what the list of sources describes (its digest is not "
            f"{item.digest[:19]}…), so it was deleted; start again, and if it happens again, the file "
            f"was changed at {source.homepage or 'its source'}."
        ) from error
    progress(0.99, f"{item.file}: checking")
    if was_here and note.is_file():
        on_notice(f"{item.file} was here already; delete it to fetch it anew.")
    else:
        write_json(note, _describe(item, source, target))
    if not item.digest:
        on_notice(
            f"No digest of {item.file} is known, so its content was not verified; what arrived is "
            f"noted in {note.name}."
        )
    progress(1.0, f"{item.file} is here")
    return target


def _describe(item: _Item, source: Source, path: Path) -> dict[str, Any]:
    return {
        "source": source.name,
        "url": item.url,
        "sha256": file_digest(path),
        "verified": bool(item.digest),
        "bytes": path.stat().st_size,
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        "licence": source.licence,
        "citation": source.citation,
    }


def _fetch_record(
    source: Source,
    target: Path,
    progress: Progress,
    on_notice: Told,
    transfer: Mapping[str, Any],
) -> Path:
    items, licence = _items_of_record(source, transfer)
    target.mkdir(exist_ok=True)
    for number, item in enumerate(items):
        step = part_of(progress, number / len(items), (number + 1) / len(items))
        _fetch_item(item, target, source, step, on_notice, transfer)
    write_json(
        target.with_name(f"{target.name}{NOTE}"),
        {
            "source": source.name,
            "url": source.record,
            "files": [item.file for item in items],
            "verified": all(item.digest for item in items),
            "bytes": sum((target / item.file).stat().st_size for item in items),
            "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
            "licence": licence or source.licence,
            "citation": source.citation,
        },
    )
    progress(1.0, f"{counted(len(items), 'file')} of {source.title}")
    return target


def _items_of_record(source: Source, transfer: Mapping[str, Any]) -> tuple[list[_Item], str]:
    """Ask a Zenodo record for its files, digests and licence."""
    timeout = transfer.get("timeout", (10.0, 60.0))
    look = f"look at {source.homepage}"
    try:
        response = requests.get(source.record, timeout=timeout)
    except requests.RequestException as error:
        raise ScxError(
            f"{source.record} cannot be reached from here; this machine may be offline. Connect it "
            f"and start again, or {look}."
        ) from error
    if response.status_code >= 400:
        raise ScxError(
            f"The server answered {response.status_code} ({response.reason}) for {source.record}: "
            f"the record may have moved; {look}."
        )
    try:
        described = response.json()
        items = [
            _Item(
                str(entry["links"]["self"]),
                check_file_name(str(entry["key"])),
                check_digest(str(entry["checksum"])),
            )
            for entry in described["files"]
        ]
        licence = str((described.get("metadata", {}).get("license") or {}).get("id", ""))
    except ScxError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ScxError(
            f"{source.record} does not describe a record with files; {look} and fetch them by hand."
        ) from error
    if not items:
        raise ScxError(f"The record {source.record} has no open files; {look}.")
    return items, licence

"""The list of public sources: one data file, ``sources.json``, beside this one.

A site that keeps copies of its own names a second list in ``SCX_SOURCES``: JSON of the same form,
whose entries come on top of ours.
"""

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

from scx_core.errors import ScxError, join_some
from scx_core.store import read_json

_LIST: Final = Path(__file__).with_name("sources.json")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,199}")
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}")
_ADDRESS: Final = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Source:
    """A public file, or all files of a record.

    Attributes
    ----------
    name : str
        What it is asked for by.
    title, what, use : str
        For people; ``use`` is the part it plays in an import: genome, annotation, …
    file : str
        Name of the file, or of the folder of a record, that it becomes.
    url : str
        Of the file; empty for a record.
    record : str
        Address of a Zenodo record's description (JSON), whose files are all fetched; else empty.
    digest : str
        ``sha256:…`` or ``md5:…`` that the content must have; empty where it is not known.
    megabytes : float, optional
        About how large it is; None where not known.
    licence, citation, homepage : str
    """

    name: str
    title: str
    what: str
    use: str
    file: str
    url: str = ""
    record: str = ""
    digest: str = ""
    megabytes: float | None = None
    licence: str = ""
    citation: str = ""
    homepage: str = ""

    def __post_init__(self) -> None:
        check_file_name(self.file)
        if bool(self.url) == bool(self.record):
            raise ScxError(f"The source {self.name!r} must name either a url or a record.")
        if _ADDRESS.fullmatch(self.url or self.record) is None:
            raise ScxError(
                f"The source {self.name!r} has the address {self.url or self.record!r}; give one "
                "that begins with https:// or http://."
            )
        if self.digest:
            check_digest(self.digest)


def check_file_name(name: str) -> str:
    """Return ``name`` if it names a file that can lie in a folder, and nothing else.

    Raises
    ------
    ScxError
        If it holds a path, or begins with a dot.
    """
    if _FILE_NAME.fullmatch(name) is None:
        raise ScxError(
            f"{name!r} cannot name a fetched file; a source list gives plain file names of letters, "
            "digits, '.', '_', '+' and '-'."
        )
    return name


def check_digest(digest: str) -> str:
    """Return ``digest`` if it is ``sha256:`` or ``md5:`` and as many hexadecimal digits.

    Raises
    ------
    ScxError
        If it is not.
    """
    if _DIGEST.fullmatch(digest) is None:
        raise ScxError(
            f"{digest!r} is no digest; write sha256: and 64 hexadecimal digits, or md5: and 32."
        )
    return digest


def read_sources() -> dict[str, Source]:
    """Read the list of public sources, by name.

    Raises
    ------
    ScxError
        If a list is damaged.
    """
    entries: dict[str, Any] = dict(read_json(_LIST))
    own = os.environ.get("SCX_SOURCES")
    if own:
        added = read_json(Path(own))
        if not isinstance(added, dict):
            raise ScxError(f"{own} must hold one JSON object, sources by name.")
        entries |= added
    return {name: _source(name, entry) for name, entry in entries.items()}


def _source(name: str, entry: object) -> Source:
    known = {field.name for field in fields(Source)} - {"name"}
    if not isinstance(entry, Mapping) or not {"title", "what", "use", "file"} <= set(entry):
        raise ScxError(f"The source {name!r} must name title, what, use and file; mend the list.")
    unknown = set(entry) - known
    if unknown:
        raise ScxError(
            f"The source {name!r} has the unknown entry {join_some(sorted(unknown))}; known are "
            f"{join_some(sorted(known), 20)}."
        )
    return Source(name=name, **entry)


def find_source(name: str) -> Source:
    """Return the source of that name.

    Raises
    ------
    ScxError
        If the list has none; near matches are named.
    """
    sources = read_sources()
    if name in sources:
        return sources[name]
    near = difflib.get_close_matches(name.lower(), sources, n=2, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"here are {join_some(sources, 20)}."
    raise ScxError(f"There is no public source {name!r}; {hint}")

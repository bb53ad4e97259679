"""The table of contents of a model archive.

An archive is a zip::

    manifest.json        what it is, and the SHA-256 and size of every other file
    README.md            for people: what it is, how it was made, how to use it
    model/...            the model folder (see `scx_core.ensemble`)
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from textwrap import shorten
from typing import Any, Final, Self

from scx_core.errors import ScxError

ARCHIVE_FORMAT: Final = 1
ARCHIVE_KIND: Final = "scX Explorer model"
MANIFEST: Final = "manifest.json"
README: Final = "README.md"
PREFIX: Final = "model/"
#: Files of a model folder besides the runs.
TABLES: Final = ("model.json", "folds.tsv", "predictions.parquet", "metrics.tsv", "history.tsv")
_WEIGHTS: Final = re.compile(r"fold_\d{2,6}/run_\d{1,6}\.safetensors")
_RECORD: Final = re.compile(r"fold_\d{2,6}/run_\d{1,6}\.json")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
#: Bytes of all files together: 20 folds x 5 runs of the published model take 70 MB.
MAX_BYTES: Final = 2_000_000_000
MAX_FILES: Final = 20_000
#: Bytes of a file that is read into memory as text.
MAX_TEXT: Final = 64_000_000
_TEXT: Final = (".json", ".tsv", ".md")


def is_weights(name: str) -> bool:
    """Say whether a path in a model folder is that of a run's weights."""
    return _WEIGHTS.fullmatch(name) is not None


def belongs(name: str) -> bool:
    """Say whether a path is that of a file of a model folder."""
    return name in TABLES or is_weights(name) or _RECORD.fullmatch(name) is not None


@dataclass(frozen=True)
class FileNote:
    """Size in bytes and SHA-256 of a file."""

    size: int
    sha256: str

    def __post_init__(self) -> None:
        if type(self.size) is not int or self.size < 0 or _DIGEST.fullmatch(self.sha256) is None:
            raise ValueError(f"size {self.size!r}, SHA-256 {self.sha256!r}")


@dataclass(frozen=True)
class DatasetNote:
    """The dataset that a model was trained on.

    Attributes
    ----------
    name, digest : str
    n_genes : int
    assembly : str
        Genome assembly; empty where it is not known.
    """

    name: str
    digest: str
    n_genes: int
    assembly: str = ""

    def __post_init__(self) -> None:
        texts = (self.name, self.digest, self.assembly)
        if not all(isinstance(text, str) for text in texts) or type(self.n_genes) is not int:
            raise TypeError(f"dataset {self}")


@dataclass(frozen=True)
class Manifest:
    """What a model archive says of itself.

    Attributes
    ----------
    name : str
        Name of the model where it was exported.
    model_digest : str
        Digest of dataset and weights (see `Ensemble.digest`).
    dataset : DatasetNote
    files : mapping of str to FileNote
        By path in the archive: all files but the manifest.
    """

    name: str
    model_digest: str
    dataset: DatasetNote
    files: Mapping[str, FileNote]

    @property
    def n_bytes(self) -> int:
        """Bytes of all files."""
        return sum(note.size for note in self.files.values())

    def to_json(self) -> bytes:
        """Give the content of ``manifest.json``."""
        values = {
            "kind": ARCHIVE_KIND,
            "format": ARCHIVE_FORMAT,
            "name": self.name,
            "model_digest": self.model_digest,
            "dataset": asdict(self.dataset),
            "files": {name: asdict(note) for name, note in sorted(self.files.items())},
        }
        return (json.dumps(values, indent=1) + "\n").encode()

    @classmethod
    def from_json(cls, content: bytes, archive: str) -> Self:
        """Read back `to_json`.

        Parameters
        ----------
        content : bytes
        archive : str
            Name of the archive, for messages.

        Raises
        ------
        ScxError
            If it is not a manifest, is of a newer version, or is damaged.
        """
        try:
            values: dict[str, Any] = json.loads(content)
            kind, version = values.get("kind"), values.get("format")
        except (ValueError, AttributeError, RecursionError) as error:
            raise ScxError(
                f"{archive}: {MANIFEST} is damaged ({error}); export the model again."
            ) from error
        if kind != ARCHIVE_KIND:
            raise ScxError(
                f"{archive} holds a {MANIFEST}, but not of a model; choose an archive made by the "
                "export of a model."
            )
        if version != ARCHIVE_FORMAT:
            raise ScxError(
                f"{archive} has format {version!r}, this version reads format {ARCHIVE_FORMAT}; "
                "update scX Explorer here, or export the model with this version."
            )
        try:
            manifest = cls(
                str(values["name"]),
                str(values["model_digest"]),
                DatasetNote(**values["dataset"]),
                {str(name): FileNote(**note) for name, note in values["files"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ScxError(
                f"{archive}: {MANIFEST} is damaged ({shorten(str(error), 200)}); export the model "
                "again."
            ) from error
        manifest._check_names(archive)
        return manifest

    def _check_names(self, archive: str) -> None:
        missing = [name for name in TABLES if PREFIX + name not in self.files]
        if missing:
            raise ScxError(f"{archive} lacks {missing[0]} of the model; export the model again.")
        for name, note in self.files.items():
            inside = name.removeprefix(PREFIX)
            if name != README and (inside == name or not belongs(inside)):
                raise ScxError(
                    f"{archive} lists {name[:80]!r}, which is not a file of a model; nothing was imported."
                )
            if name.endswith(_TEXT) and note.size > MAX_TEXT:
                raise ScxError(
                    f"{archive}: {name} has {note.size / 1e6:,.0f} MB, more than a model's can have; "
                    "nothing was imported."
                )

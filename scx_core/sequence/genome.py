"""A reference genome in a FASTA file, read through pyfaidx.

Plain and bgzip files are indexed where they are, the index beside our other files so that the
genome's own folder may be read-only. Plain gzip, as most sites ship it, cannot be read from the
middle: it is unpacked once into the cache folder.

One pyfaidx handle is opened per process and thread: a handle that is shared moves its file position
under the other reader and returns wrong sequence without an error (mdshw5/pyfaidx#211).
"""

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pyfaidx
from numpy.typing import NDArray

from scx_core.errors import ScxError, join_some, reason_of
from scx_core.locks import file_lock
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import UNKNOWN, encode
from scx_core.sequence.chromosomes import require_names
from scx_core.sequence.interval import Interval
from scx_core.store import UNPACKING, disk_full_as_sentence
from scx_core.unpacking import open_unpacked

_GZIP: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 24


class Genome:
    """Chromosomes by name; letters by interval.

    Parameters
    ----------
    path : Path
        An indexable FASTA file (plain or bgzip). Use `open` for any file.
    index : Path
        Where the ``.fai`` lies or shall lie.
    source : Path
        The file that the user named.

    Attributes
    ----------
    chromosomes : Mapping of str to int
        Length in bases by name.
    """

    def __init__(self, path: Path, index: Path, source: Path) -> None:
        self.path = path
        self.source = source
        self._index = index
        self._handles = threading.local()
        with file_lock(f"{index}.lock", timeout=600):
            if not index.exists():
                self._build_index()
            faidx = self._handle()
        self.chromosomes: Mapping[str, int] = MappingProxyType(
            {name: int(record.rlen) for name, record in faidx.index.items()}
        )
        if not self.chromosomes:
            raise ScxError(f"{source} holds no sequence; give a FASTA file of a genome.")

    @classmethod
    def open(cls, path: Path, cache: Path, progress: Progress = no_progress) -> "Genome":
        """Open any FASTA file.

        Parameters
        ----------
        path : Path
            Plain, bgzip or gzip FASTA.
        cache : Path
            Folder for the index, and for the unpacked copy of a plain gzip file.
        progress : Progress
            Told of the unpacking.

        Raises
        ------
        ScxError
            If the file is missing, is not FASTA, or is cut short.
        """
        path = Path(path)
        if not path.is_file():
            raise ScxError(f"There is no genome file at {path}; check the path.")
        _check_fasta_start(path)
        cache.mkdir(parents=True, exist_ok=True)
        key = _file_key(path)
        indexable = path
        index = cache / f"{path.stem}-{key}.fai"
        if _is_gzip(path) and not (
            path.suffix in (".gz", ".bgz") and (index.exists() or _is_bgzip(path))
        ):
            name = path.name.removesuffix(".gz").removesuffix(".bgz")
            indexable = cache / f"{Path(name).stem}-{key}.fa"
            index = cache / f"{indexable.stem}-{key}.fai"
            _unpack(path, indexable, progress)
        return cls(indexable, index, path)

    def _build_index(self) -> None:
        """Index under another name first: an index cut short would lose chromosomes unseen."""
        building = self._index.with_suffix(".building")
        if _is_gzip(self.path):
            _read_through(self.path)
        try:
            with disk_full_as_sentence(self._index):
                self._open_handle(building).close()
                building.replace(self._index)
        finally:
            building.unlink(missing_ok=True)

    def _handle(self) -> pyfaidx.Faidx:
        # The process is part of the key: a handle inherited over fork shares its file position.
        if getattr(self._handles, "pid", None) != os.getpid():
            self._handles.faidx = self._open_handle(self._index)
            self._handles.pid = os.getpid()
        return self._handles.faidx

    def _open_handle(self, index: Path) -> pyfaidx.Faidx:
        try:
            return pyfaidx.Faidx(
                str(self.path),
                indexname=str(index),
                gzi_indexname=str(self._index.with_suffix(".gzi")),
                as_raw=True,
            )
        except (pyfaidx.FastaIndexingError, ValueError, IndexError) as error:
            self._index.with_suffix(".gzi").unlink(missing_ok=True)
            raise ScxError(
                f"{self.source} cannot be indexed as FASTA ({reason_of(error)}); get the "
                "file again, or fix its lines."
            ) from error

    def close(self) -> None:
        """Close this thread's handle."""
        faidx = getattr(self._handles, "faidx", None)
        if faidx is not None:
            faidx.close()
            del self._handles.faidx, self._handles.pid

    def fetch(self, interval: Interval) -> NDArray[np.uint8]:
        """Read the base codes of an interval on the plus strand; N past the ends of the chromosome.

        Raises
        ------
        ScxError
            If the chromosome is unknown, or the file holds letters that are not DNA.
        """
        length = self.chromosomes.get(interval.chromosome)
        if length is None:
            raise ScxError(
                f"The genome {self.source.name} has no chromosome {interval.chromosome!r}; it has "
                f"{join_some(self.chromosomes)}."
            )
        codes = np.full(len(interval), UNKNOWN, dtype=np.uint8)
        start, end = max(interval.start, 0), min(interval.end, length)
        if start >= end:
            return codes
        try:
            text = self._handle().fetch(interval.chromosome, start + 1, end)
            inside = encode(text)
        except ScxError as error:
            raise ScxError(
                f"{self.source.name}, {interval}: {str(error)[0].lower()}{str(error)[1:]}"
            ) from error
        if inside.size != end - start:
            raise ScxError(
                f"{self.source.name} ends before {interval}: it was cut short after it was "
                "indexed; get the file again."
            )
        codes[start - interval.start : end - interval.start] = inside
        return codes


def match_chromosomes(
    names: Iterable[str], genome: Genome, source: str = "annotation"
) -> dict[str, str]:
    """Match chromosome names to those of a genome; see `scx_core.sequence.chromosomes`."""
    return require_names(names, genome.chromosomes, genome.source.name, source)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP


def _is_bgzip(path: Path) -> bool:
    """Say whether a gzip file is made of seekable blocks, all of them (SAM specification, 4.1).

    A file of which only the first block is one would be read at wrong places.
    """
    size, start = path.stat().st_size, 0
    with path.open("rb") as file:
        while start < size:
            file.seek(start)
            head = file.read(18)
            # Magic, deflate, an extra field of 6 bytes, which is "BC", 2 and the block's size.
            if head[:4] != b"\x1f\x8b\x08\x04" or head[10:16] != b"\x06\0BC\x02\0":
                return False
            start += int.from_bytes(head[16:18], "little") + 1
    return start == size


def _read_through(path: Path) -> None:
    """Unpack a file once, which checks the sums of all its blocks: pyfaidx trusts them."""
    with open_unpacked(path) as file:
        while file.read(_CHUNK):
            pass


def _check_fasta_start(path: Path) -> None:
    with open_unpacked(path) as file:
        head = file.read(4096).lstrip()
    if not head:
        raise ScxError(f"{path} is empty; give a FASTA file of a genome.")
    if not head.startswith(b">"):
        raise ScxError(
            f"{path} is not FASTA: its first line begins with "
            f"{head[:20].decode('ascii', 'replace')!r} instead of '>'; give a FASTA file."
        )


def _file_key(path: Path) -> str:
    """Short key of a file as it is now: path, size and time of change."""
    stat = path.stat()
    text = f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _unpack(path: Path, target: Path, progress: Progress) -> None:
    with file_lock(f"{target}.lock", timeout=3600):
        if target.exists():
            return
        partial = target.with_suffix(UNPACKING)
        try:
            with disk_full_as_sentence(target):
                _copy_unpacked(path, partial, progress)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _copy_unpacked(path: Path, partial: Path, progress: Progress) -> None:
    with open_unpacked(path) as source, partial.open("wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
            progress(source.share, f"Unpacking {path.name}")
    shutil.copystat(path, partial)

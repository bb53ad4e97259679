"""Files of users as bytes and lines, plain or gzip: one opener, and its limits for all readers.

A gzip file of 3 MB can unpack to 3 GB, and a file can be one line of 100 MB or a million columns:
reading such a one takes minutes or all memory, and no table, annotation or genome looks like it.
"""

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, Final, cast
from zipfile import BadZipFile

from scx_core.errors import ScxError
from scx_core.zips import ZIP_MAGIC, open_one_table

#: Unpacked bytes for each packed one, at most. Annotations have 30, tables of mostly zeros 50.
LARGEST_RATIO: Final = 200
#: As many unpacked bytes are read whatever their ratio: repeats of few rows pack better.
FREE_BYTES: Final = 300_000_000
#: Characters of a line, at most; one of 100,000 genotypes has less than half a million.
LONGEST_LINE: Final = 32_000_000
#: Columns of a table of text, at most; wider ones take hours to read.
MOST_COLUMNS: Final = 50_000

_GZIP: Final = b"\x1f\x8b"


class Unpacked(io.BufferedReader):
    """What a file holds, unpacked.

    Parameters
    ----------
    raw : io.RawIOBase
        The unpacked bytes.
    on_disk : io.FileIO
        The file as it lies on disk.
    """

    def __init__(self, raw: io.RawIOBase, on_disk: io.FileIO) -> None:
        super().__init__(raw, 1 << 16)
        self._on_disk = on_disk
        self._size = max(os.fstat(on_disk.fileno()).st_size, 1)

    @property
    def share(self) -> float:
        """Share of the file on disk that is read, 0 to 1."""
        return min(self._on_disk.tell() / self._size, 1.0)


@contextmanager
def open_unpacked(path: Path, name: str = "", *, zipped: bool = False) -> Iterator[Unpacked]:
    """Open a file, plain or gzip (told by its content, not by its name).

    Parameters
    ----------
    path : Path
    name : str
        How messages call it; by default the file's name.
    zipped : bool
        Whether it may also be a zip archive with one table in it.

    Raises
    ------
    ScxError
        If it cannot be read, the gzip is damaged or cut short, or it unpacks to more than
        `LARGEST_RATIO` times its size (and more than `FREE_BYTES`).
    """
    name = name or path.name
    try:
        file = path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise ScxError(f"There is no file {name} in {path.parent}; check the path.") from error
    except OSError as error:
        raise ScxError(f"{name} cannot be read ({error.strerror or error}).") from error
    with (
        file as on_disk,
        Unpacked(_Bounded(cast(BinaryIO, on_disk), name, zipped=zipped), on_disk) as unpacked,
    ):
        yield unpacked


class _Bounded(io.RawIOBase):
    """The bytes of a file, unpacked, until they are too many for its size."""

    def __init__(self, on_disk: BinaryIO, name: str, *, zipped: bool) -> None:
        super().__init__()
        self.name = name
        self.size = os.fstat(on_disk.fileno()).st_size
        self.n_bytes = 0
        self.allowed = max(FREE_BYTES, LARGEST_RATIO * self.size)
        self.stream = on_disk
        with self._sentences():
            first = on_disk.read(4)
            self.packed = first.startswith(_GZIP)
            on_disk.seek(0)
            if self.packed:
                self.stream = cast(BinaryIO, gzip.GzipFile(fileobj=on_disk))
            elif zipped and first == ZIP_MAGIC:
                self.packed = True
                self.stream = cast(BinaryIO, open_one_table(on_disk, name))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        with self._sentences():
            n_read = self.stream.readinto(buffer)  # type: ignore[attr-defined]
        self.n_bytes += n_read
        if self.packed and self.n_bytes > self.allowed:
            raise ScxError(
                f"{self.name} unpacks to more than {self.allowed / 1e6:,.0f} MB from "
                f"{self.size / 1e6:,.1f} MB (over {LARGEST_RATIO} times its size), as no file of data "
                "does; check it, or give it unpacked."
            )
        return n_read

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Say what is wrong with the file; what the reader of the bytes does is not in here."""
        try:
            yield
        except (EOFError, gzip.BadGzipFile, BadZipFile, zlib.error) as error:
            raise ScxError(
                f"{self.name} is cut short or damaged, not a whole gzip or zip file ({error}); get it "
                "again."
            ) from error
        except OSError as error:
            raise ScxError(f"{self.name} cannot be read ({error.strerror or error}).") from error


def bounded_lines(handle: IO[str], name: str) -> Iterator[str]:
    """Give the lines of a text with their ends, and refuse one that is too long for a table.

    Raises
    ------
    ScxError
        If a line is longer than `LONGEST_LINE`.
    """
    number = 0
    while line := handle.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise too_long(name, number)
        yield line


def too_long(name: str, line: int) -> ScxError:
    """Say that a line is too long."""
    return ScxError(
        f"{name} has a line of more than {LONGEST_LINE / 1e6:.0f} MB (line {line:,}), as no table has; "
        "check that it is the right file and that its line ends are whole."
    )


def refuse_wide(columns: int, name: str) -> None:
    """Refuse a table with more columns than can be read.

    Raises
    ------
    ScxError
        If it has more than `MOST_COLUMNS`.
    """
    if columns > MOST_COLUMNS:
        raise ScxError(
            f"{name} has {columns:,} columns, and {MOST_COLUMNS:,} at most are read of a table; check "
            "its separator, and give a matrix of many cells as .h5ad or .mtx."
        )

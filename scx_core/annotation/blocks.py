"""Text files, plain or gzip, in blocks of whole lines, with what is wrong named by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.progress import Progress, no_progress
from scx_core.unpacking import LONGEST_LINE, open_unpacked, too_long

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TAB, _NEWLINE, _RETURN, _HASH = b"\t\n\r#"
#: Digits of a position at most; no chromosome is as long, and sums of lengths stay exact.
POSITION_DIGITS = 12
BLOCK_BYTES = 1 << 25  # 32 MB of text is about 75,000 GENCODE lines: some 150 MB while parsed


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes
    ----------
    content : bytes
        The lines; the last one ends with a newline.
    first_line : int
        1-based number of the first line in the file.
    """

    content: bytes
    first_line: int


@dataclass(frozen=True)
class Lines:
    """Where the lines of a block are, and which carry data.

    Attributes
    ----------
    bytes_ : ndarray of uint8
        The block.
    starts, ends : ndarray of int64, shape (lines,)
        Half-open stretch of each line within the block, newline included.
    columns : ndarray of int64, shape (lines,)
        Number of tab-separated columns.
    is_data : ndarray of bool, shape (lines,)
        False for comments (``#``) and empty lines.
    """

    bytes_: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    columns: NDArray[np.int64]
    is_data: NDArray[np.bool_]

    def keep(self, mask: NDArray[np.bool_]) -> bytes:
        """Content of the lines in ``mask``."""
        if mask.all():
            return self.bytes_.tobytes()
        return self.bytes_[np.repeat(mask, self.ends - self.starts)].tobytes()

    def hold_positions(self, mask: NDArray[np.bool_], column: int) -> NDArray[np.bool_]:
        """Whether a column (0-based, not the first or last) is plain digits in lines of ``mask``.

        A number parser would take ``9e2`` or ``+7`` for a position too, or run over.

        Returns
        -------
        ndarray of bool, shape (lines in ``mask``,)
            True for 1 to `POSITION_DIGITS` digits.
        """
        tabs = np.flatnonzero(self.bytes_ == _TAB)
        first = np.searchsorted(tabs, self.starts[mask])
        starts, ends = tabs[first + column - 1] + 1, tabs[first + column]
        lengths = ends - starts
        owner = np.repeat(np.arange(len(lengths)), lengths)
        before = np.cumsum(lengths) - lengths
        letters = self.bytes_[np.arange(len(owner)) + (starts - before)[owner]]
        good = (lengths > 0) & (lengths <= POSITION_DIGITS)
        good[owner[(letters < ord("0")) | (letters > ord("9"))]] = False
        return good

    def text(self, line: int) -> str:
        """One line without its end."""
        return self.bytes_[self.starts[line] : self.ends[line]].tobytes().decode().rstrip("\r\n")


def split_lines(content: bytes) -> Lines:
    """Find the lines of a block and count their columns, without a Python loop over lines."""
    array = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(array == _NEWLINE) + 1
    starts = np.concatenate([[0], ends[:-1]])
    tabs_before = np.searchsorted(
        np.flatnonzero(array == _TAB), np.concatenate([starts, ends[-1:]])
    )
    first = array[starts]
    is_data = (first != _HASH) & (first != _NEWLINE) & (first != _RETURN)
    return Lines(array, starts, ends, np.diff(tabs_before) + 1, is_data)


def read_blocks(
    path: Path, progress: Progress = no_progress, *, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Read a text file, plain or gzip (told by its content), as blocks of whole lines.

    Parameters
    ----------
    path : Path
    progress : Progress
        Told the share of the file (as on disk) that is read.
    block_bytes : int
        Size of a block, about.

    Raises
    ------
    ScxError
        If the file is missing, empty, a truncated or broken gzip, binary, or not UTF-8 (with the
        1-based line number).
    """
    with open_unpacked(path) as stream:
        line = 1
        for content in _whole_lines(stream, block_bytes, path.name):
            _check_text(content, path, line)
            progress(stream.share, f"Reading {path.name}: line {line:,}")
            yield Block(content, line)
            line += content.count(b"\n")
        if line == 1:
            raise ScxError(f"{path.name} is empty; give the complete file.")


def _whole_lines(stream: BufferedIOBase, block_bytes: int, name: str) -> Iterator[bytes]:
    parts: list[bytes] = []  # of a line that is longer than the block
    n_waiting, n_lines, first = 0, 0, True
    while chunk := stream.read(block_bytes):
        if first:
            chunk, first = chunk.removeprefix(_BYTE_ORDER_MARK), False
        cut = chunk.rfind(b"\n") + 1
        if cut == 0 and b"\0" not in chunk:
            parts.append(chunk)
            n_waiting += len(chunk)
            if n_waiting > LONGEST_LINE:
                raise too_long(name, n_lines + 1)
            continue
        # A binary file may hold no newline: hand it on to be refused rather than gather it all.
        whole = b"".join([*parts, chunk[:cut] if cut else chunk])
        n_lines += whole.count(b"\n")
        yield whole
        parts = [chunk[cut:]] if cut and cut < len(chunk) else []
        n_waiting = sum(map(len, parts))
    if parts:
        yield b"".join(parts) + b"\n"


def _check_text(content: bytes, path: Path, first_line: int) -> None:
    # Parsers take a lone carriage return for the end of a line, and would count other lines than we.
    if content.count(b"\r") != content.count(b"\r\n"):
        line = first_line + content.count(b"\n", 0, _lone_return(content))
        raise ScxError(
            f"{path.name}, line {line:,}: a carriage return stands within the line; save the file with "
            "line ends as Unix or Windows write them."
        )
    if content.isascii() and b"\0" not in content:
        return
    if b"\0" in content:
        line = first_line + content.count(b"\n", 0, content.index(b"\0"))
        raise ScxError(
            f"{path.name} is not a text file (line {line:,}); give a plain or gzip text."
        )
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = first_line + content.count(b"\n", 0, error.start)
        raise ScxError(
            f"{path.name}, line {line:,}: byte {content[error.start]:#04x} is not UTF-8; save the "
            "file as UTF-8."
        ) from error


def _lone_return(content: bytes) -> int:
    """Where the first carriage return is that no newline follows."""
    at = content.find(b"\r")
    while content[at + 1 : at + 2] == b"\n":
        at = content.find(b"\r", at + 1)
    return at


def first_data_lines(path: Path, count: int) -> list[str]:
    """Read the first ``count`` lines that are neither empty nor a comment."""
    found: list[str] = []
    for block in read_blocks(path, block_bytes=1 << 18):
        lines = split_lines(block.content)
        found += [lines.text(line) for line in np.flatnonzero(lines.is_data)[: count - len(found)]]
        if len(found) >= count:
            break
    return found

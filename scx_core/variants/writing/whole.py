"""A file that appears whole, or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from scx_core.store import atomic_file


@contextmanager
def whole_file(target: Path | BinaryIO) -> Iterator[BinaryIO]:
    """Give a file to write bytes to; it appears under its name when all went well.

    Parameters
    ----------
    target : Path or binary stream
        A path that ends in ``.gz`` is compressed in blocks (BGZF), which tabix can index and every
        gzip can read. A stream is written as it is and left open.

    Raises
    ------
    ScxError
        If it cannot be written there, or the disk is full.
    """
    if not isinstance(target, Path):
        yield target
        return
    with (
        atomic_file(target) as partial,
        _opened(partial, compressed=target.suffix == ".gz") as file,
    ):
        yield file


@contextmanager
def _opened(path: Path, *, compressed: bool) -> Iterator[BinaryIO]:
    if not compressed:
        with path.open("wb") as plain:
            yield plain
        return
    from Bio.bgzf import BgzfWriter

    # Digits hardly shrink further: the default level takes four times as long for a tenth less.
    with path.open("wb") as plain, BgzfWriter(fileobj=plain, compresslevel=1) as blocks:
        yield cast("BinaryIO", blocks)

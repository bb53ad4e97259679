"""Text files, plain or gzip, in UTF-8 or in the UTF-16 of spreadsheets."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pandas as pd

from scx_core.errors import ScxError, reason_of
from scx_core.unpacking import open_unpacked

#: How a file in UTF-16 begins, as Excel's "Unicode Text" is.
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """Open a text file, gzip or not, with one sentence for what can be wrong with it."""
    try:
        with (
            open_unpacked(path) as unpacked,
            io.TextIOWrapper(unpacked, _encoding(unpacked), newline="") as handle,
        ):
            yield handle
    except pd.errors.ParserError as error:
        raise ScxError(
            f"{path.name} cannot be read as a table ({reason_of(error)}); check its quotes and separators."
        ) from error
    except UnicodeDecodeError as error:
        raise ScxError(
            f"{path.name} is not text in UTF-8 (byte {error.start:,}); save it as CSV or TSV text."
        ) from error


def _encoding(unpacked: io.BufferedReader) -> str:
    return "utf-16" if unpacked.peek(2)[:2] in _UTF_16 else "utf-8-sig"

"""From a file or a pasted text to lines: unpacking, decoding, and their limits."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from scx_core.errors import ScxError
from scx_core.unpacking import LONGEST_LINE, open_unpacked, too_long
from scx_core.zips import ZIP_MAGIC

#: Unpacked bytes that a file may have when it is read into memory, and when it is streamed.
LIMIT_READ: Final = 200_000_000
LIMIT_STREAMED: Final = 200_000_000_000

_GZIP_MAGIC: Final = b"\x1f\x8b"
_BCF_MAGIC: Final = b"BCF\x02"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_BLOCK: Final = 1 << 20
_HEAD: Final = 1 << 18
#: The empty block at the end of a whole bgzip file (SAM specification, section 4.1.2).
_BGZIP_END: Final = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")

#: What a file may be instead of text, by its first bytes.
_OTHERS: Final = (
    (ZIP_MAGIC, "a zip archive in a zip archive; unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as tab-separated text"),
    (b"%PDF", "a PDF; save its table as tab-separated text"),
    (b"BAM\x01", "a BAM file of reads; give a VCF of variants"),
    (b"CRAM", "a CRAM file of reads; give a VCF of variants"),
    (b"\x89HDF", "an HDF5 file; give a VCF or a table"),
    (b"PAR1", "a Parquet file; save the table as tab-separated text"),
    (b"BZh", "packed with bzip2; unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "packed with xz; unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it, or pack it with gzip"),
    (b"SQLite format 3", "a database; save the table as tab-separated text"),
    (_GZIP_MAGIC, "packed with gzip twice; unpack it once"),
)
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
#: Bytes that no text holds: control characters but tab, line ends, form feed and escape.
_CONTROL: Final = bytes(set(range(32)) - {9, 10, 11, 12, 13, 27})

Report = Callable[[float], None]


def _ignore(_: float) -> None:
    pass


@dataclass(frozen=True)
class Source:
    """A list of variants before anything in it is understood.

    Attributes
    ----------
    path : Path or None
        The file, read where it lies; its content alone tells what it is.
    text : str
        What was typed or pasted, where there is no file.
    name : str
        How messages call it. It is never used as a path.
    limit_bytes : int
        Unpacked bytes beyond which it is refused.
    """

    path: Path | None
    text: str
    name: str
    limit_bytes: int

    @classmethod
    def of(cls, given: Path | str, name: str | None, limit_bytes: int) -> "Source":
        """Take a file (a `Path`) or a text (a `str`).

        Raises
        ------
        ScxError
            If there is no such file, or it is binary.
        """
        if isinstance(given, str):
            return cls(None, given.removeprefix("\ufeff"), name or "the list", limit_bytes)
        source = cls(given, "", name or given.name, limit_bytes)
        if not given.is_file():
            raise ScxError(f"There is no list of variants at {given}; check the path.")
        source._refuse_binary()
        return source

    @property
    def is_bcf(self) -> bool:
        """Whether it is a BCF, the binary form of VCF."""
        return self._first_bytes().startswith(_BCF_MAGIC)

    @property
    def notice(self) -> str:
        """A sentence if a bgzip file lacks its end, else ``""``."""
        if self.path is None:
            return ""
        with self.path.open("rb") as file:
            start = file.read(18)
            if not start.startswith(_GZIP_MAGIC) or start[12:14] != b"BC":
                return ""
            file.seek(-min(len(_BGZIP_END), self.path.stat().st_size), 2)
            if file.read() == _BGZIP_END:
                return ""
        return (
            f"{self.name} lacks the mark with which bgzip ends a file; it may be cut short between "
            "two rows."
        )

    def head(self) -> list[str]:
        """Give the first lines, whole ones, of at most 256 kB (one line at least)."""
        lines: list[str] = []
        size = 0
        for line in self.lines():
            lines.append(line)
            size += len(line) + 1
            if size > _HEAD:
                break
        return lines

    def lines(self, report: Report = _ignore) -> Iterator[str]:
        """Give the lines without their ends.

        Parameters
        ----------
        report : callable
            Told the share of the file (as on disk) that is read.

        Raises
        ------
        ScxError
            If the file is cut short, damaged, not UTF-8 (with the byte's place), longer than
            `limit_bytes`, or one line is longer than 32 MB.
        """
        if self.path is None:
            yield from self._text_lines()
        elif self.is_bcf:
            # Here and not above: most lists are no BCF, and need no htslib.
            from scx_core.variants.reading.bcf import bcf_lines

            yield from bcf_lines(self.path, self.name)
        else:
            yield from self._file_lines(report)

    def _text_lines(self) -> Iterator[str]:
        if len(self.text) > self.limit_bytes:
            raise self._too_large()
        if "\0" in self.text:
            raise ScxError(f"{self.name} holds binary data, not text; give a VCF or a table.")
        text = self.text.replace("\r\n", "\n").replace("\r", "\n")
        yield from text.removesuffix("\n").split("\n") if text else ()

    def _file_lines(self, report: Report) -> Iterator[str]:
        rest, n_bytes, n_lines, lone_returns = b"", 0, 0, False
        for number, block in enumerate(self._blocks(report)):
            if number == 0:
                lone_returns = b"\n" not in block and b"\r" in block
                n_bytes = len(_BYTE_ORDER_MARK) if block.startswith(_BYTE_ORDER_MARK) else 0
                block = block[n_bytes:]
            whole, end, rest_ = (rest + block).rpartition(b"\r" if lone_returns else b"\n")
            rest = rest_
            if len(rest) > LONGEST_LINE:
                raise too_long(self.name, n_lines + whole.count(end or b" ") + 1)
            if end:
                lines = self._decode(whole, n_bytes, n_lines, lone_returns)
                n_bytes += len(whole) + 1
                n_lines += len(lines)
                yield from lines
        if rest:
            yield from self._decode(rest, n_bytes, n_lines, lone_returns)

    def _decode(self, raw: bytes, before: int, lines: int, lone_returns: bool) -> list[str]:
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            byte = raw[error.start : error.start + 1]
            line = lines + raw.count(b"\n", 0, error.start) + 1
            guess = byte.decode("cp1252", errors="replace")
            raise ScxError(
                f"{self.name} is not text in UTF-8: byte {before + error.start + 1:,} (line "
                f"{line:,}) is 0x{byte.hex().upper()}, {guess!r} in Latin-1; save it as UTF-8."
            ) from error
        if "\0" in text:
            raise self._binary()
        if "\r" in text:
            text = text.replace("\r", "\n") if lone_returns else text.replace("\r\n", "\n")
            text = text.removesuffix("\r")
        return text.split("\n")

    def _blocks(self, report: Report) -> Iterator[bytes]:
        path = cast(Path, self.path)
        n_bytes = 0
        with open_unpacked(path, self.name, zipped=True) as stream:
            while block := stream.read(_BLOCK):
                n_bytes += len(block)
                if n_bytes > self.limit_bytes:
                    raise self._too_large()
                report(stream.share)
                yield block

    def _first_bytes(self) -> bytes:
        if self.path is None:
            return b""
        with open_unpacked(self.path, self.name, zipped=True) as stream:
            return stream.read(4096)

    def _refuse_binary(self) -> None:
        first = self._first_bytes()
        if first.startswith(_BCF_MAGIC):
            if self._is_zip():
                raise ScxError(f"{self.name} is a BCF in a zip archive; unpack it.")
            return
        for magic, what in _OTHERS:
            if first.startswith(magic):
                raise ScxError(f"{self.name} is {what}.")
        if first.startswith(_UTF16):
            raise ScxError(
                f"{self.name} is not text in UTF-8 but in UTF-16 (Excel's 'Unicode text'); save it "
                "as UTF-8."
            )
        if first.translate(None, _CONTROL) != first:
            raise self._binary()

    def _is_zip(self) -> bool:
        if self.path is None:
            return False
        with self.path.open("rb") as file:
            return file.read(len(ZIP_MAGIC)) == ZIP_MAGIC

    def _binary(self) -> ScxError:
        return ScxError(f"{self.name} is a binary file, whatever its name; give a VCF or a table.")

    def _too_large(self) -> ScxError:
        return ScxError(
            f"{self.name} holds more than {self.limit_bytes / 1e6:,.0f} MB when unpacked; split the "
            "list."
        )

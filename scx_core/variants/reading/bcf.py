"""BCF, the binary form of VCF, through htslib."""

from collections.abc import Iterator
from pathlib import Path

from scx_core.errors import ScxError


def bcf_lines(path: Path, name: str) -> Iterator[str]:
    """Give the lines that the file has as VCF, header first.

    Raises
    ------
    ScxError
        If it is cut short or damaged.
    """
    from cyvcf2 import VCF  # type: ignore[import-untyped]

    # Damage is a plain Exception in cyvcf2: there is no narrower class to catch.
    try:
        reader = VCF(str(path.resolve()))
    except Exception as error:
        raise ScxError(f"{name} is a BCF that cannot be read ({error}); get it again.") from error
    try:
        yield from reader.raw_header.rstrip("\0\n").split("\n")
        while True:
            try:
                record = next(reader)
            except StopIteration:
                return
            except Exception as error:
                raise ScxError(
                    f"{name} is cut short or damaged ({error}); get it again."
                ) from error
            yield str(record).rstrip("\n")
    finally:
        reader.close()

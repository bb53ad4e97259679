"""Reading lists of variants: tables with free column names, and typed variants."""

import csv
import io
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from scx_core.errors import ScxError, join_some
from scx_core.variants.variant import Variant

#: Names by which columns are known, compared without case, ``#``, spaces, dots and underscores.
KNOWN_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "chromosome": ("chromosome", "chrom", "chr", "chrid", "seqname", "contig"),
    "position": ("position", "pos", "bp", "chrpos", "basepairlocation", "start1based"),
    "id": ("id", "rsid", "snp", "snps", "snpid", "variantid", "markername", "name"),
    "reference": ("reference", "ref", "referenceallele", "refallele", "otherallele", "a2"),
    "alternative": (
        "alternative", "alternate", "alt", "altallele", "alternativeallele", "effectallele", "a1",
    ),
}  # fmt: skip
_LARGEST_TEXT: Final = 50_000_000


def read_variants(source: Path | str) -> pd.DataFrame:
    """Read variants from a file, or from text that was typed or pasted.

    Parameters
    ----------
    source : Path or str
        A path: TSV, CSV or simple VCF, plain or gzip. Text: such a table, or one variant a line.

    Returns
    -------
    DataFrame
        The columns as they came, text; the recognised ones are named ``chromosome``,
        ``position``, ``id``, ``reference``, ``alternative``. ``row`` counts the data rows from 1.

    Raises
    ------
    ScxError
        If there is no row, or no columns of chromosome and position.
    """
    text = _read_text(source) if isinstance(source, Path) else source
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("##")]
    if not lines:
        raise ScxError("There is no variant in the list; give one a line, or a table.")
    delimiter = _delimiter(lines[0])
    rename = _recognise(lines[0].split(delimiter)) if delimiter else {}
    if "chromosome" in rename.values() and "position" in rename.values():
        return _read_table(lines, delimiter, rename)
    if delimiter and _looks_like_header(lines[0].split(delimiter)):
        raise ScxError(
            f"The table of variants needs columns for chromosome and position; it has "
            f"{join_some(lines[0].split(delimiter), 12)}. Rename two of them so."
        )
    return _read_typed(lines)


def _read_text(path: Path) -> str:
    import gzip

    if not path.is_file():
        raise ScxError(f"There is no list of variants at {path}; check the path.")
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            raw = file.read(_LARGEST_TEXT + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ScxError(f"{path.name} is cut short or damaged ({error}); get it again.") from error
    if len(raw) > _LARGEST_TEXT:
        raise ScxError(
            f"{path.name} holds more than {_LARGEST_TEXT / 1e6:.0f} MB of text; split the list."
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScxError(
            f"{path.name} is not text in UTF-8 (byte {error.start + 1:,}); save it as UTF-8."
        ) from error


def _delimiter(header: str) -> str:
    return max(("\t", ",", ";"), key=header.count) if any(c in header for c in "\t,;") else ""


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _recognise(columns: Sequence[str]) -> dict[str, str]:
    """Our name by the table's; the first column that fits wins."""
    found: dict[str, str] = {}
    for ours, names in KNOWN_COLUMNS.items():
        for theirs in columns:
            if _plain(theirs) in names and theirs not in found:
                found[theirs] = ours
                break
    return found


def _looks_like_header(cells: Sequence[str]) -> bool:
    return not any(cell.strip().replace(",", "").isdigit() for cell in cells)


def _cells(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Split lines; quotes mean something between commas, not between tabs."""
    if delimiter == "\t":
        return [line.split("\t") for line in lines]
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ScxError(
            f"The table of variants cannot be read ({error}); mend its quotes."
        ) from error
    if len(rows) != len(lines):
        raise ScxError(
            f"{len(lines):,} lines of variants make {len(rows):,} rows: a quote is not closed; mend it."
        )
    return rows


def _read_table(lines: Sequence[str], delimiter: str, rename: Mapping[str, str]) -> pd.DataFrame:
    header, *body = _cells(lines, delimiter)
    for number, cells in enumerate(body, start=1):
        if len(cells) != len(header):
            raise ScxError(
                f"Row {number:,} of the variants has {len(cells)} columns, the header "
                f"{len(header)}; mend the row."
            )
    if not body:
        raise ScxError("The table of variants has a header but no row.")
    if len(set(header)) != len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise ScxError(f"The table of variants has two columns {join_some(twice)}; rename one.")
    table = pd.DataFrame(body, columns=header, dtype=str)
    # A user's own column that bears one of our names steps aside, it is not lost.
    taken = [name for name in header if name in (*rename.values(), "row") and name not in rename]
    table = table.rename(columns={name: f"{name} (given)" for name in taken} | dict(rename))
    table.insert(0, "row", range(1, len(table) + 1))
    for name in ("id", "reference", "alternative"):
        if name not in table:
            table[name] = ""
    return table


def _read_typed(lines: Sequence[str]) -> pd.DataFrame:
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            variant = Variant.parse(line)
        except ScxError as error:
            raise ScxError(f"Line {number}: {error}") from error
        records.append(
            {
                "row": number,
                "chromosome": variant.chromosome,
                "position": str(variant.position),
                "id": "",
                "reference": variant.reference,
                "alternative": variant.alternative,
            }
        )
    return pd.DataFrame.from_records(records)

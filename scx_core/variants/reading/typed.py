"""Lists without columns: a variant or rsID on each line, also mixed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from scx_core.errors import ScxError
from scx_core.variants.reading.parser import StatedBuild, number_rows
from scx_core.variants.reading.settling import settle
from scx_core.variants.reading.values import is_nothing
from scx_core.variants.reading.variant_list import NO_EFFECT
from scx_core.variants.variant import TypedVariant, read_alternatives

COLUMN: Final = "variant"

_RSID: Final = re.compile(r"rs\s?([0-9]+)", re.IGNORECASE)
_RSID_RISK: Final = re.compile(r"(rs[0-9]+)\s*[-:_ ]\s*([ACGT]+|\?|)", re.IGNORECASE)
_RSID_ALLELES: Final = re.compile(
    r"(rs[0-9]+)[\s:_,-]+([ACGT]+)\s*[:>/_-]\s*([ACGT]+)", re.IGNORECASE
)
#: chromosome, position, id, reference, alternative: the beginning of a VCF's row.
_VCF_ROW: Final = re.compile(
    r"(\S+)\s+([0-9]+)\s+(\S+)\s+([A-Za-z]+)\s+([ACGTNacgtn,]+|[^\sA-Z]\S*)(?:\s.*)?"
)
_BED_ROW: Final = re.compile(r"(\S+)\s+([0-9]+)\s+([0-9]+)(?:\s.*)?")
_COMMAS: Final = re.compile(r"([\w.]+),\s*([0-9]{4,})(?:,\s*([A-Za-z]+),\s*([A-Za-z]+))?")
_SYMBOLIC: Final = re.compile(r"([^\s:>-]+)[:\s_-]([0-9,]+)[:\s_-]?([A-Za-z]+)?[:\s_>/-](<.+>|\*)")
#: An item may begin behind a comma or space: an rsID, or a chromosome with a position.
_BEGIN: Final = r"(?=rs[0-9]|(?:chr)?(?:[0-9]{1,2}|[XYM])[:_-][0-9]{3,}|NC_[0-9])"
_BETWEEN: Final = re.compile(rf"\s*;\s*|,\s+|,{_BEGIN}|\s+{_BEGIN}", re.IGNORECASE)
#: VEP's regions: ``22:39570542-39570542:1/C``, and a region of one base.
_REGION: Final = re.compile(
    r"([\w.]+):([0-9,]+)-([0-9,]+)(?::([+-]?1|[+-])/([ACGT]+))?", re.IGNORECASE
)
_COMPLEMENT: Final = str.maketrans("ACGTacgt", "TGCAtgca")


@dataclass
class Meant:
    """What one item of a line means; texts as `settle` takes them."""

    texts: dict[str, str] = field(default_factory=dict)
    build: str = ""


def read_item(text: str) -> list[Meant]:
    """Read what one line, or one item of it, means; several for a VCF row with several alternatives.

    Raises
    ------
    ScxError
        If it is no variant and no rsID.
    """
    text = text.strip().strip('"').strip()
    for pattern, read in _READERS:
        match = pattern.fullmatch(text)
        if match and (found := read(match)):
            return [Meant(texts) for texts in found]
    return [_typed(typed) for typed in read_alternatives(text)]


def _typed(typed: TypedVariant) -> Meant:
    variant = typed.variant
    texts = {
        "chromosome": variant.chromosome,
        "position": str(variant.position),
        "reference": variant.reference,
        "alternative": variant.alternative,
        "note": typed.note,
        "genome": "N" if typed.note and variant.needs_genome else "",
    }
    return Meant(texts, typed.build)


def _rsid(match: re.Match[str]) -> list[dict[str, str]]:
    return [{"id": f"rs{match[1]}"}]


def _rsid_risk(match: re.Match[str]) -> list[dict[str, str]]:
    return [{"id": match[1].lower(), "effect_allele": match[2].upper().replace("?", "")}]


def _rsid_alleles(match: re.Match[str]) -> list[dict[str, str]]:
    return [{"id": match[1].lower(), "reference": match[2], "alternative": match[3]}]


def _vcf_row(match: re.Match[str]) -> list[dict[str, str]]:
    place = {
        "chromosome": match[1],
        "position": match[2],
        "id": "" if match[3] == "." else match[3],
        "reference": match[4],
    }
    return [place | {"alternative": alternative} for alternative in match[5].split(",")]


def _bed_row(match: re.Match[str]) -> list[dict[str, str]]:
    if int(match[3]) != int(match[2]) + 1:
        return []
    return [
        {
            "chromosome": match[1],
            "position": match[3],
            "note": f"read as BED: {match[2]} is 0-based, the position is {match[3]}",
        }
    ]


def _commas(match: re.Match[str]) -> list[dict[str, str]]:
    return [
        {
            "chromosome": match[1],
            "position": match[2],
            "reference": match[3] or "",
            "alternative": match[4] or "",
        }
    ]


def _symbolic(match: re.Match[str]) -> list[dict[str, str]]:
    return [
        {
            "chromosome": match[1],
            "position": match[2],
            "reference": match[3] or "",
            "alternative": match[4],
        }
    ]


def _region(match: re.Match[str]) -> list[dict[str, str]]:
    """One base, and what is there instead; a longer region does not say what it removes."""
    first, last = (match[group].replace(",", "") for group in (2, 3))
    allele = match[5] or ""
    if first != last or len(allele) > 1:
        return []
    if (match[4] or "").startswith("-"):
        allele = allele.translate(_COMPLEMENT)
    return [{"chromosome": match[1], "position": first, "alternative": allele}]


_READERS: Final = (
    (_REGION, _region),
    (_RSID, _rsid),
    (_RSID_RISK, _rsid_risk),
    (_RSID_ALLELES, _rsid_alleles),
    (_VCF_ROW, _vcf_row),
    (_BED_ROW, _bed_row),
    (_COMMAS, _commas),
    (_SYMBOLIC, _symbolic),
)


def read_line(line: str) -> list[Meant]:
    """Read a line: one item, several, or one item and the user's remarks behind a tab.

    Raises
    ------
    ScxError
        If the line is none of these.
    """
    try:
        return read_item(line)
    except ScxError as error:
        pieces = [piece for piece in _BETWEEN.split(line.strip()) if piece]
        first = line.split("\t")[0]
        for items in (pieces, [first]):
            if not items or items == [line.strip()]:
                continue
            try:
                return [meant for item in items for meant in read_item(item)]
            except ScxError:
                continue
        raise error from None


def is_readable(line: str) -> bool:
    """Say whether a line is a variant or rsID."""
    try:
        read_line(line)
    except ScxError:
        return False
    return True


def is_item(line: str) -> bool:
    """Say whether a line is a variant or rsID and nothing else."""
    try:
        read_item(line)
    except ScxError:
        return False
    return True


def is_items(line: str) -> bool:
    """Say whether a line is one or several variants or rsIDs, and nothing else."""
    if is_item(line):
        return True
    pieces = [piece for piece in _BETWEEN.split(line.strip()) if piece]
    return "\t" not in line and len(pieces) > 1 and all(map(is_item, pieces))


class TypedParser:
    """Reads variants and rsIDs, one or more a line (see `Parser`).

    Parameters
    ----------
    sample : sequence of str
        Some of the lines, which tell whether all are rsIDs.
    build : str
        As stated elsewhere.
    """

    columns: tuple[str, ...] = (COLUMN,)
    effect = NO_EFFECT

    def __init__(self, sample: Sequence[str], build: str = "") -> None:
        only_ids = bool(sample) and all(
            _RSID.fullmatch(piece.strip())
            for line in sample
            for piece in _BETWEEN.split(line.strip())
            if piece
        )
        self.format = "rsIDs" if only_ids else "typed variants"
        self.roles: Mapping[str, str] = {}
        self.notices: list[str] = []
        self._stated = StatedBuild(build)
        self._silent = self._told = 0

    @property
    def build(self) -> str:
        """Genome build by the first RefSeq accession or ending such as ``_b38``."""
        return self._stated.build

    def records(self, lines: Iterator[str]) -> Iterator[str]:
        """Give the lines that are not empty and no comment."""
        for line in lines:
            if line and not line.startswith("#") and not line.isspace():
                yield line

    def parse(self, records: Sequence[str], first_row: int) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Give rows and alleles of some lines."""
        names = ("id", "chromosome", "position", "reference", "alternative", "effect_allele",
                 "genome", "reason", "reason_kind", "note")  # fmt: skip
        texts: dict[str, list[str]] = {name: [] for name in names}
        builds: list[str] = []
        rows, parts = [], []
        for place, line in enumerate(records):
            for part, meant in enumerate(_read_or_refuse(line)):
                rows.append(first_row + place)
                parts.append(part)
                builds.append(meant.build)
                for name in names:
                    texts[name].append(meant.texts.get(name, ""))
        self._stated.check(builds, texts)
        self._count(builds, texts)
        alleles = settle(texts, np.array(rows, np.int64), np.array(parts, np.int64))
        return number_rows({COLUMN: list(records)}, len(records), first_row), alleles

    def _count(self, builds: Sequence[str], texts: Mapping[str, Sequence[str]]) -> None:
        """Say it when only some of the places state their build."""
        before = bool(self._told and self._silent)
        self._told += sum(map(bool, builds))
        self._silent += sum(
            not build and not is_nothing(position)
            for build, position in zip(builds, texts["position"], strict=True)
        )
        if self._told and self._silent and not before:
            self.notices.append(
                f"Some rows name the genome build {self.build} and others none; these are taken to "
                "be on it, too."
            )


def _read_or_refuse(line: str) -> list[Meant]:
    try:
        return read_line(line)
    except ScxError as error:
        return [Meant({"reason": _as_reason(str(error)), "reason_kind": "unreadable"})]


def _as_reason(sentence: str) -> str:
    """Make a sentence part of a row's report."""
    text = sentence.rstrip(".")
    # Names and accessions keep their case.
    first = text.split(" ", 1)[0]
    return text[0].lower() + text[1:] if first.isalpha() and first.istitle() else text

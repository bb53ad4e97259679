"""Genomic HGVS names, such as ``NC_000022.11:g.39570542A>C``.

HGVS need not name the letters of the genome, and names none beside a deletion or insertion. The
alleles here are written as in VCF, with the letter before; what the genome would have to say is N:
see `Variant.fill`.
"""

import re
from dataclasses import dataclass
from typing import Final

from scx_core.errors import ScxError
from scx_core.variants.assemblies import read_accession

#: Longest deletion or duplication whose letters are written out.
LONGEST: Final = 100_000

_NAME: Final = re.compile(r"([^\s:]+):\s*([a-z])\.\s*(.+)")
_CHANGE: Final = re.compile(
    r"(?P<start>\d{1,10})(?:_(?P<end>\d{1,10}))?"
    r"(?:(?P<from>[ACGT])>(?P<to>[ACGT])"
    r"|del(?P<deleted>[ACGT]*)ins(?P<instead>[ACGT]+)"
    r"|del(?P<removed>[ACGT]*)"
    r"|dup(?P<doubled>[ACGT]*)"
    r"|ins(?P<inserted>[ACGT]+))",
    re.IGNORECASE,
)
FILLED_IN: Final = "the genome gives the letters written N"


@dataclass(frozen=True)
class Named:
    """What a genomic HGVS name states.

    Attributes
    ----------
    chromosome : str
        ``chr22`` for an accession of a chromosome of a well-known assembly, else as written.
    position : int
        1-based, of the first letter of ``reference``.
    reference, alternative : str
        Plus strand; N where the genome has to be asked.
    build : str
        Such as ``hg38`` by the accession, else ``""``.
    note : str
        That the genome has to be asked, else ``""``.
    """

    chromosome: str
    position: int
    reference: str
    alternative: str
    build: str
    note: str


def looks_like_hgvs(text: str) -> bool:
    """Say whether a text is meant to be an HGVS name (of any kind)."""
    return _NAME.fullmatch(text) is not None


def read_hgvs(text: str) -> Named:
    """Read a genomic HGVS name: substitution, del, dup, ins or delins.

    Raises
    ------
    ScxError
        If it is of a transcript or protein, on an unknown genome build, or of another kind.
    """
    name = _NAME.fullmatch(text.strip())
    if name is None or name[2] != "g":
        kind = f"a position of type '{name[2]}.'" if name else "no HGVS name"
        raise ScxError(
            f"{text.strip()[:60]!r} is {kind}; give the genomic one, such as "
            "NC_000022.11:g.39570542A>C."
        )
    chromosome, build = name[1], ""
    known = read_accession(name[1])
    if known is not None:
        chromosome, build = known
        if not build:
            raise ScxError(
                f"{name[1]} is {chromosome} of no known build (of man: of neither GRCh37 nor GRCh38); "
                "give the name on one of them."
            )
    change = _CHANGE.fullmatch(name[3].strip())
    if change is None:
        raise ScxError(
            f"{text.strip()[:60]!r} is not a substitution, del, dup, ins or delins with its place; "
            "write the change as chromosome:position:reference:alternative."
        )
    position, reference, alternative = _alleles(text.strip(), change)
    note = FILLED_IN if "N" in reference + alternative else ""
    return Named(chromosome, position, reference, alternative, build, note)


def _alleles(text: str, change: re.Match[str]) -> tuple[int, str, str]:
    """Write the change as in VCF: position, reference, alternative."""
    parts = {key: (value or "").upper() for key, value in change.groupdict().items()}
    start = int(change["start"])
    end = int(change["end"] or start)
    if change["inserted"] is not None:
        if end != start + 1:
            raise ScxError(f"{text[:60]!r} must name the two letters between which it inserts.")
        return start, "N", "N" + parts["inserted"]
    if change["to"] is not None:
        if change["end"] is not None:
            raise ScxError(f"{text[:60]!r} names two places of one letter; name one.")
        return start, parts["from"], parts["to"]
    stated = parts["deleted"] or parts["removed"] or parts["doubled"]
    length = end - start + 1
    if length < 1 or (stated and len(stated) != length):
        raise ScxError(
            f"{text[:60]!r} names {len(stated):,} letters for the places {start:,} to {end:,}; mend it."
        )
    if length > LONGEST:
        raise ScxError(
            f"{text[:60]!r} changes {length:,} letters; no more than {LONGEST:,} can be scored."
        )
    reference = stated or "N" * length
    if change["doubled"] is not None:
        return start, reference, reference * 2
    if change["instead"] is not None:
        single = not stated and length == len(parts["instead"]) == 1
        return start, "" if single else reference, parts["instead"]
    if start == 1:
        raise ScxError(f"{text[:60]!r} removes the first letter of the chromosome; leave it out.")
    return start - 1, "N" + reference, "N"

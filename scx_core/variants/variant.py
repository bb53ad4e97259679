"""A change of some letters of the genome, and the ways to type it."""

import re
from dataclasses import dataclass
from typing import Final, Self

from scx_core.errors import ScxError
from scx_core.variants.assemblies import name_of_build
from scx_core.variants.hgvs import looks_like_hgvs, read_hgvs
from scx_core.variants.spdi import looks_like_spdi, read_spdi

#: No chromosome has more letters than ten digits can count.
MOST_DIGITS: Final = 10
_LETTERS: Final = frozenset("ACGTN")
_NUMBER: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
#: A genome build before or behind the variant: ``hg19:22:…``, ``…:A:C:b38``.
_BUILD: Final = r"(?:grch|hg|b|build)[0-9]{2}(?:[._]p[0-9]+)?"
_TYPED: Final = re.compile(
    rf"(?:(?P<before>(?i:{_BUILD}))[:_-])?"
    rf"(?P<chromosome>[^\s:>-]*[^\s:>_-])[:\s_-]+(?P<position>{_NUMBER})"
    r"(?:[:\s_-]*(?:SN[VP][:_])?(?P<reference>[A-Za-z]+)\s*[:\s_>/-]\s*"
    r"(?P<alternatives>[A-Za-z]+(?:,[A-Za-z]+)*)"
    rf"(?P<build>_[A-Za-z]+[0-9]+|[:_-](?i:{_BUILD}))?)?"
)
_TYPOGRAPHY: Final = str.maketrans(
    {"→": ">", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-", "\xa0": " ", "\u200b": None}
)


@dataclass(frozen=True, slots=True, order=True)
class Variant:
    """Some letters of the genome and what is there instead, on the plus strand.

    Attributes
    ----------
    chromosome : str
        With or without ``chr``.
    position : int
        1-based, of the first letter of ``reference``.
    reference, alternative : str
        Letters of ACGTN, upper case; empty where not given (without both, all three substitutions
        are meant). Insertions and deletions are written as in VCF, with the letter before.
    """

    chromosome: str
    position: int
    reference: str = ""
    alternative: str = ""

    def __post_init__(self) -> None:
        if not self.chromosome:
            raise ScxError("A variant needs a chromosome.")
        if self.position < 1:
            raise ScxError(f"Position {self.position} is impossible; positions begin at 1.")
        if self.position >= 10**MOST_DIGITS:
            raise ScxError(
                f"Position {self.position:,} is beyond every chromosome; mend the number."
            )
        for name in ("reference", "alternative"):
            allele = getattr(self, name).upper()
            if not set(allele) <= _LETTERS:
                raise ScxError(f"The {name} allele {allele[:30]!r} is not one of A, C, G, T.")
            object.__setattr__(self, name, allele)
        if self.reference and self.reference == self.alternative:
            raise ScxError(f"Reference and alternative allele are both {self.reference[:30]}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a typed variant.

        ``chr22:39570542:A:C``, ``22-39570542-A-C``, ``22:39,570,542 A>C``, ``22:39,570,542``,
        ``chr22_39570542_A_C_b38``, ``hg19:22:39966547:A:C``, ``NC_000022.11:g.39570542A>C`` or, as SPDI,
        ``NC_000022.11:39570541:A:C``; see also `read_typed`.

        Raises
        ------
        ScxError
            If it is none of these.
        """
        read = read_typed(text).variant
        return cls(read.chromosome, read.position, read.reference, read.alternative)

    @property
    def is_substitution(self) -> bool:
        """Whether one letter stands for one letter."""
        return len(self.reference) == len(self.alternative) == 1

    @property
    def needs_genome(self) -> bool:
        """Whether letters of the alternative are those of the genome, written N (see `fill`)."""
        return "N" in self.alternative

    def fill(self, genome: str) -> Self:
        """Put the genome's letters where N stands for them.

        An N of the reference is the genome's letter there; an N of the alternative repeats the
        letter at the same place of the reference, which is read again from its start when it ends.
        So ``N > NAC`` inserts AC after the letter, ``NNN > N`` removes the second and third, and
        ``NN > NNNN`` doubles two.

        Parameters
        ----------
        genome : str
            Letters of the plus strand from ``position``, as many as ``reference`` has.

        Raises
        ------
        ScxError
            If their number is another, or nothing is changed.
        """
        if len(genome) != len(self.reference):
            raise ScxError(
                f"{self} spans {len(self.reference):,} letters, of which the genome gives "
                f"{len(genome):,}; check the position."
            )
        reference = "".join(
            theirs if ours == "N" else ours
            for ours, theirs in zip(self.reference, genome.upper(), strict=True)
        )
        alternative = "".join(
            reference[place % len(reference)] if letter == "N" and reference else letter
            for place, letter in enumerate(self.alternative)
        )
        return type(self)(self.chromosome, self.position, reference, alternative)

    def __str__(self) -> str:
        """``chr22:39570542:A:C``; alleles that were not given are left out."""
        alleles = [self.reference, self.alternative] if self.reference and self.alternative else []
        return ":".join([self.chromosome, str(self.position), *alleles])


@dataclass(frozen=True)
class TypedVariant:
    """A variant and what else was typed with it.

    Attributes
    ----------
    variant : Variant
    build : str
        Genome build by a RefSeq accession or an ending such as ``_b38`` (``hg38``), else ``""``.
    note : str
        What the person should know, without full stop, else ``""``.
    """

    variant: Variant
    build: str = ""
    note: str = ""


def read_typed(text: str) -> TypedVariant:
    """Read a typed variant with its build (see `Variant.parse` for the forms).

    Raises
    ------
    ScxError
        If it is none of the forms, or has several alternative alleles.
    """
    found = read_alternatives(text)
    if len(found) > 1:
        raise ScxError(
            f"{text.strip()[:60]!r} names {len(found):,} alternative alleles; give one of them."
        )
    return found[0]


def read_alternatives(text: str) -> list[TypedVariant]:
    """Read a typed variant, one for each alternative allele of ``22:39570542:A:C,G``.

    Raises
    ------
    ScxError
        If it is none of the forms of `Variant.parse`.
    """
    typed = text.translate(_TYPOGRAPHY).strip()
    if looks_like_hgvs(typed):
        named = read_hgvs(typed)
        variant = Variant(named.chromosome, named.position, named.reference, named.alternative)
        return [TypedVariant(variant, named.build, named.note)]
    if looks_like_spdi(typed):
        named = read_spdi(typed)
        variant = Variant(named.chromosome, named.position, named.reference, named.alternative)
        note = f"read as SPDI: {typed[:60]} counts from 0, the position is {named.position}"
        return [TypedVariant(variant, named.build, "; ".join(filter(None, [note, named.note])))]
    match = _TYPED.fullmatch(typed)
    if match is None:
        raise ScxError(
            f"{typed[:60]!r} is not a variant; write chromosome:position:reference:alternative, "
            "such as chr22:39570542:A:C (position 1-based)."
        )
    position = match["position"].replace(",", "")
    if len(position) > MOST_DIGITS:
        raise ScxError(f"Position {position[:30]} is beyond every chromosome; mend the number.")
    builds = {name_of_build(match[name] or "") for name in ("before", "build")} - {""}
    if len(builds) > 1:
        raise ScxError(f"{typed[:60]!r} names two genome builds; leave one of them out.")
    build = builds.pop() if builds else ""
    return [
        TypedVariant(
            Variant(match["chromosome"], int(position), match["reference"] or "", alternative),
            build,
        )
        for alternative in (match["alternatives"] or "").split(",")
    ]

"""A single-letter variant."""

import re
from dataclasses import dataclass
from typing import Self

from scx_core.errors import ScxError

_TYPED = re.compile(
    r"^(?P<chromosome>[^\s:>-]+)[:\s_-](?P<position>[\d,]+)"
    r"(?:[:\s_-]?(?P<reference>[A-Za-z]+)[:\s_>/-](?P<alternative>[A-Za-z]+))?$"
)


@dataclass(frozen=True, slots=True, order=True)
class Variant:
    """A substitution of one letter, on the plus strand.

    Attributes
    ----------
    chromosome : str
        With or without ``chr``.
    position : int
        1-based.
    reference, alternative : str
        One of A, C, G, T; empty where not given (all three substitutions are meant).
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
        for name in ("reference", "alternative"):
            allele = getattr(self, name).upper()
            if len(allele) > 1 and set(allele) <= set("ACGTN"):
                raise ScxError(
                    f"{allele!r} is an insertion, deletion or longer change; only substitutions of "
                    "one letter can be scored."
                )
            if allele and allele not in "ACGT":
                raise ScxError(f"The {name} allele {allele!r} is not one of A, C, G, T.")
            object.__setattr__(self, name, allele)
        if self.reference and self.reference == self.alternative:
            raise ScxError(f"Reference and alternative allele are both {self.reference}.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a typed variant: ``chr22:39570542:A:C``, ``22-39570542-A-C`` or ``22:39,570,542``."""
        match = _TYPED.match(text.strip())
        if match is None:
            raise ScxError(
                f"{text.strip()!r} is not a variant; write chromosome:position:reference:alternative, "
                "such as chr22:39570542:A:C (position 1-based)."
            )
        return cls(
            match["chromosome"],
            int(match["position"].replace(",", "")),
            match["reference"] or "",
            match["alternative"] or "",
        )

    def __str__(self) -> str:
        """``chr22:39570542:A:C``; alleles that were not given are left out."""
        alleles = [self.reference, self.alternative] if self.alternative else []
        return ":".join([self.chromosome, str(self.position), *alleles])

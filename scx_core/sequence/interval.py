"""A stretch of the genome."""

import re
from dataclasses import dataclass
from typing import Self

from scx_core.errors import ScxError

_SHOWN = re.compile(
    r"^(?P<chromosome>[^:\s]+):(?P<start>[\d,]+)-(?P<end>[\d,]+)(:(?P<strand>[+-]))?$"
)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of one chromosome.

    Attributes
    ----------
    chromosome : str
        Name as in the genome.
    start : int
        First base, 0-based. Negative where a window hangs over the chromosome's start.
    end : int
        One past the last base, 0-based (half-open).
    strand : str
        ``"+"``, ``"-"`` or ``"."`` (none).
    """

    chromosome: str
    start: int
    end: int
    strand: str = "."

    def __post_init__(self) -> None:
        if not self.chromosome:
            raise ScxError("An interval needs the name of a chromosome.")
        if self.end < self.start:
            raise ScxError(
                f"Interval {self.chromosome}:{self.start}-{self.end} (0-based) ends before it "
                "starts; swap the two positions."
            )
        if self.strand not in ("+", "-", "."):
            raise ScxError(f"Strand {self.strand!r} is unknown; use '+', '-' or '.'.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the form shown to people, 1-based inclusive: ``chr22:39,563,754-39,574,253:+``."""
        match = _SHOWN.match(text.strip())
        if match is None:
            raise ScxError(
                f"{text!r} is not an interval; write it as chr22:39563754-39574253 (1-based)."
            )
        start, end = (int(match[name].replace(",", "")) for name in ("start", "end"))
        return cls(match["chromosome"], start - 1, end, match["strand"] or ".")

    def __len__(self) -> int:
        return self.end - self.start

    def __str__(self) -> str:
        """Show as people read it: 1-based, both ends included."""
        strand = "" if self.strand == "." else f":{self.strand}"
        return f"{self.chromosome}:{self.start + 1:,}-{self.end:,}{strand}"

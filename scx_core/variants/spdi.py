"""SPDI names, as dbSNP and ClinVar write them: ``NC_000022.11:39570541:A:C``.

They look like ``chromosome:position:reference:alternative`` but count between the letters: the number
is how many letters of the sequence stand before the change. So the 1-based position is one more.
"""

import re
from typing import Final

from scx_core.errors import ScxError
from scx_core.sequence.assemblies import ACCESSION
from scx_core.variants.assemblies import read_accession
from scx_core.variants.hgvs import FILLED_IN, LONGEST, Named

_SPDI: Final = re.compile(
    rf"(?P<sequence>{ACCESSION.pattern}):(?P<before>\d{{1,10}}):"
    r"(?P<deleted>[ACGT]*|\d{1,10}):(?P<inserted>[ACGT]*)",
    re.IGNORECASE,
)


def looks_like_spdi(text: str) -> bool:
    """Say whether a text is an SPDI name: an accession with its version and three fields."""
    match = _SPDI.fullmatch(text)
    return match is not None and match["version"] is not None


def read_spdi(text: str) -> Named:
    """Read an SPDI name.

    Returns
    -------
    Named
        With the 1-based position, and alleles as in VCF: an insertion or deletion has the letter
        before, written N, which the genome gives.

    Raises
    ------
    ScxError
        If nothing is changed, the change begins at the first letter of the sequence and has no
        letter before it, or it removes too much.
    """
    match = _SPDI.fullmatch(text)
    if match is None:
        raise ScxError(f"{text[:60]!r} is no SPDI name, such as NC_000022.11:39570541:A:C.")
    before, deleted, inserted = int(match["before"]), match["deleted"].upper(), match["inserted"]
    inserted = inserted.upper()
    if deleted.isdecimal():
        if int(deleted) > LONGEST:
            raise ScxError(
                f"{text[:60]!r} changes {int(deleted):,} letters; no more than {LONGEST:,} can be "
                "scored."
            )
        deleted = "N" * int(deleted)
    if deleted == inserted:
        raise ScxError(
            f"{text[:60]!r} changes nothing; give what is removed and what comes instead."
        )
    chromosome, build = read_accession(match["sequence"]) or (match["sequence"], "")
    if deleted and inserted:
        note = FILLED_IN if "N" in deleted + inserted else ""
        return Named(chromosome, before + 1, deleted, inserted, build, note)
    if before == 0:
        raise ScxError(f"{text[:60]!r} changes the start of the chromosome; leave it out.")
    return Named(chromosome, before, "N" + deleted, "N" + inserted, build, FILLED_IN)

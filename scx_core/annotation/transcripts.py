"""Which transcript of a gene stands for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation.blocks import read_blocks
from scx_core.annotation.genes import strip_version
from scx_core.errors import ScxError, counted, join_some

GIVEN_LIST: Final = "given list"
ENSEMBL_CANONICAL: Final = "Ensembl_canonical"
MANE_SELECT: Final = "MANE_Select"
LONGEST_CDS: Final = "longest CDS"
LONGEST_TRANSCRIPT: Final = "longest transcript"
GIVEN_TSS: Final = "given TSS"


@dataclass(frozen=True)
class CanonicalList:
    """The transcripts that the user wants.

    Attributes
    ----------
    file : str
        Name of the file.
    transcript_ids : tuple of str
        In the order of the file: where two belong to one gene, the first counts.
    """

    file: str
    transcript_ids: tuple[str, ...]

    def rank(self, transcript_ids: pd.Series) -> pd.Series:
        """Place in the list, NaN where not listed; versions of Ensembl ids may differ."""
        wanted = pd.Series(self.transcript_ids, dtype=object)
        exact = _first_places(wanted)
        loose = _first_places(strip_version(wanted))
        places = transcript_ids.map(exact).astype(float)
        return places.fillna(strip_version(transcript_ids).map(loose).astype(float))


def _first_places(names: pd.Series) -> dict[str, int]:
    first = names[~names.duplicated()]
    return dict(zip(first, first.index, strict=True))


def read_canonical(path: Path) -> CanonicalList:
    """Read a list of transcripts: one transcript id per line, or gene, tab, transcript.

    Raises
    ------
    ScxError
        If a line has more than two columns (with its number) or there is no id.
    """
    ids: list[str] = []
    for block in read_blocks(path):
        for number, line in enumerate(block.content.decode().splitlines(), block.first_line):
            fields = line.replace(",", "\t").split("#")[0].split()
            if len(fields) > 2:
                raise ScxError(
                    f"{path.name}, line {number:,}: {len(fields)} columns; give one transcript id, "
                    "or gene and transcript, per line."
                )
            ids += fields[-1:]
    if not ids:
        raise ScxError(f"{path.name} lists no transcript; give one transcript id per line.")
    return CanonicalList(path.name, tuple(ids))


def choose_transcripts(
    candidates: pd.DataFrame, canonical: CanonicalList | None, *, has_cds: bool
) -> tuple[pd.Series, tuple[str, ...]]:
    """Choose one transcript per gene and say by which rule.

    The rules in their order: the given list; the annotation's tag ``Ensembl_canonical``; its tag
    ``MANE_Select``; the longest CDS. Ties go to the longer spliced transcript, then to the
    transcript id that sorts first. Where the file has no CDS rows, the longest transcript (spliced
    where there are exon rows, else its span) is taken instead.

    Parameters
    ----------
    candidates : DataFrame
        ``gene`` (number of the gene), ``transcript_id``, ``is_ensembl_canonical``,
        ``is_mane_select``, ``cds_length``, ``spliced_length``.
    canonical : CanonicalList or None
    has_cds : bool
        Whether the file has CDS rows.

    Returns
    -------
    rule : Series of str
        The rule at the chosen transcript, "" at the others.
    notices : tuple of str
    """
    listed = pd.Series(np.inf, index=candidates.index)
    notices: tuple[str, ...] = ()
    if canonical is not None:
        listed = canonical.rank(candidates["transcript_id"]).fillna(np.inf)
        notices = _canonical_notices(candidates, listed, canonical)
    order = pd.DataFrame(
        {
            "gene": candidates["gene"],
            "listed": listed,
            "no_tag": ~candidates["is_ensembl_canonical"],
            "no_mane": ~candidates["is_mane_select"],
            "cds": -candidates["cds_length"],
            "spliced": -candidates["spliced_length"],
            "transcript_id": candidates["transcript_id"],
        }
    ).sort_values(["gene", "listed", "no_tag", "no_mane", "cds", "spliced", "transcript_id"])
    best = order[~order["gene"].duplicated()]
    reason = np.select(
        [np.isfinite(best["listed"]), ~best["no_tag"], ~best["no_mane"]],
        [GIVEN_LIST, ENSEMBL_CANONICAL, MANE_SELECT],
        default=LONGEST_CDS if has_cds else LONGEST_TRANSCRIPT,
    )
    rule = pd.Series("", index=candidates.index, dtype=object)
    rule[best.index] = reason
    return rule, notices


def _canonical_notices(
    candidates: pd.DataFrame, listed: pd.Series, canonical: CanonicalList
) -> tuple[str, ...]:
    """Say how much of the list was used; refuse a list that fits nothing."""
    matched = candidates[np.isfinite(listed)]
    if matched.empty:
        raise ScxError(
            f"None of the {len(canonical.transcript_ids):,} transcripts in {canonical.file} "
            f"({join_some(canonical.transcript_ids, 3)}) is a coding transcript of the annotation "
            f"({join_some(candidates['transcript_id'], 3)}); give a list of the same annotation."
        )
    notices = []
    unused = len(set(canonical.transcript_ids)) - int(listed[np.isfinite(listed)].nunique())
    if unused:
        notices.append(
            f"{counted(unused, 'transcript')} in {canonical.file} "
            f"{'is no coding transcript' if unused == 1 else 'are not coding transcripts'} of a "
            f"usable gene of the annotation and {'was' if unused == 1 else 'were'} ignored."
        )
    others = candidates["gene"].nunique() - matched["gene"].nunique()
    if others:
        notices.append(
            counted(others, "gene has", "genes have")
            + f" no transcript in {canonical.file}; the next rule chose there."
        )
    return tuple(notices)

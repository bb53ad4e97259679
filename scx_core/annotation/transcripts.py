"""Which transcript of a gene stands for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation.blocks import read_blocks
from scx_core.errors import ScxError, counted, join_some
from scx_core.gene_ids import strip_version

GIVEN_LIST: Final = "given list"
ENSEMBL_CANONICAL: Final = "Ensembl_canonical"
MANE_SELECT: Final = "MANE_Select"
REFSEQ_SELECT: Final = "RefSeq_Select"
LONGEST_CDS: Final = "longest CDS"
LONGEST_TRANSCRIPT: Final = "longest transcript"
GIVEN_TSS: Final = "given TSS"
#: After the rule, where an end of the chosen transcript was not found.
START_UNKNOWN: Final = " (start not found)"
END_UNKNOWN: Final = " (end not found)"


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
    ``MANE_Select``; its tag ``RefSeq Select``; the longest CDS. Ties go to the longer spliced
    transcript, then to the transcript id that sorts first. Where the file has no CDS rows, the
    longest transcript (spliced where there are exon rows, else its span) is taken instead.

    A transcript of which an end was not found (``mRNA_start_NF`` and the like) is chosen only if the
    user lists it or the gene has no other, a missing start being worse than a missing end: its first
    base is no TSS. The rule then says so.

    Parameters
    ----------
    candidates : DataFrame
        ``gene`` (number of the gene), ``gene_name``, ``transcript_id``, ``is_ensembl_canonical``,
        ``is_mane_select``, ``is_refseq_select``, ``start_unknown``, ``end_unknown``,
        ``cds_length``, ``spliced_length``.
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
            "incomplete": 2 * candidates["start_unknown"] + candidates["end_unknown"],
            "no_tag": ~candidates["is_ensembl_canonical"],
            "no_mane": ~candidates["is_mane_select"],
            "no_refseq": ~candidates["is_refseq_select"],
            "cds": -candidates["cds_length"],
            "spliced": -candidates["spliced_length"],
            "transcript_id": candidates["transcript_id"],
        }
    )
    order = order.sort_values([str(name) for name in order])
    best = order[~order["gene"].duplicated()]
    reason = np.select(
        [np.isfinite(best["listed"]), ~best["no_tag"], ~best["no_mane"], ~best["no_refseq"]],
        [GIVEN_LIST, ENSEMBL_CANONICAL, MANE_SELECT, REFSEQ_SELECT],
        default=LONGEST_CDS if has_cds else LONGEST_TRANSCRIPT,
    )
    rule = pd.Series("", index=candidates.index, dtype=object)
    rule[best.index] = reason
    chosen = candidates.loc[best.index]
    rule[best.index] += np.select(
        [chosen["start_unknown"], chosen["end_unknown"]], [START_UNKNOWN, END_UNKNOWN], default=""
    )
    return rule, (*notices, *_incomplete_notices(chosen))


def _incomplete_notices(chosen: pd.DataFrame) -> list[str]:
    """Name the genes of which only incomplete transcripts are known."""
    start = chosen.loc[chosen["start_unknown"], "gene_name"]
    end = chosen.loc[chosen["end_unknown"] & ~chosen["start_unknown"], "gene_name"]
    notices = []
    if len(start):
        notices.append(
            f"The start of {counted(len(start), 'chosen transcript')} was not found (tags mRNA_start_NF, "
            f"cds_start_NF or partial; {join_some(start, 3)}), and the gene has no complete one: its "
            "first base need not be a TSS."
        )
    if len(end):
        notices.append(
            f"The end of {counted(len(end), 'chosen transcript')} was not found (tags mRNA_end_NF, "
            f"cds_end_NF or partial; {join_some(end, 3)}), and the gene has no complete one: ORF and "
            "3'UTR may be longer."
        )
    return notices


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

"""Alleles of a list against the genome: which is the reference, on which strand, left-aligned.

One function judges the alleles of one row. Single letters, of which nearly all lists consist, make
few different cases, and each of these is judged once.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.sequence.alphabet import BASES, CODE_LETTERS
from scx_core.variants.genome import Letters

MATCH: Final = "match"
SWAPPED: Final = "swapped"
FLIPPED: Final = "strand-flipped"
FLIPPED_AND_SWAPPED: Final = "strand-flipped and swapped"
NOT_GIVEN: Final = "not given"

ALLELE_COLUMNS: Final = ("reference", "alternative", "effect_allele", "other_allele")
_COMPLEMENT: Final = str.maketrans("ACGTN", "TGCAN")
_SINGLE: Final = ("", *BASES, "N")
_CODE: Final = {letter: code for code, letter in enumerate(_SINGLE)}
_LONG: Final = len(_SINGLE)
#: Letters read at once to the left of an indel that is shifted.
_STRETCH: Final = 128
_SHOWN: Final = 12
_UNKNOWN_CHANGE: Final = "the alternative allele holds N"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the alleles of one row are on the genome.

    Attributes
    ----------
    position : int
        Of the first letter of ``reference``, 1-based.
    reference, alternative : str
        Plus strand, left-aligned and trimmed; as given where there is a reason. An empty
        alternative means all substitutions of the letter.
    genome_reference : str
        The genome's letters at the reference.
    alleles : str
        ``"match"``, ``"swapped"``, ``"strand-flipped"``, ``"strand-flipped and swapped"``,
        ``"not given"``; ``""`` where there is a reason.
    ambiguous : bool
        A/T or C/G, of which the strand cannot be told; or an insertion or deletion without a
        stated reference where both alleles fit: the longer is taken for the reference.
    effect_is : str
        Which of the two the effect allele is: ``"reference"``, ``"alternative"`` or ``""``.
    reason_kind, reason : str
        Why it cannot be scored; ``""`` if it can.
    """

    position: int
    reference: str
    alternative: str
    genome_reference: str
    alleles: str = ""
    ambiguous: bool = False
    effect_is: str = ""
    reason_kind: str = ""
    reason: str = ""


CHECKED_COLUMNS: Final = tuple(field.name for field in fields(Judgement))


def check_alleles(
    claims: pd.DataFrame, letters: Letters, longest: int, *, plus_strand: bool = False
) -> pd.DataFrame:
    """Compare alleles with the genome and put them on its plus strand, left-aligned.

    Two letters that are no complements, together with their complements, are all four letters: one
    of them is always the genome's. So ``alleles`` says what had to be assumed for each row, and
    whether a list fits at all is told from all its rows, by `scx_core.variants.build.detect_build`.

    Parameters
    ----------
    claims : DataFrame
        ``chromosome`` (named as in ``letters``), ``position`` (1-based), ``reference,
        alternative, effect_allele, other_allele`` (upper case, ``""`` where not given). Where
        neither reference nor alternative is given, the effect allele and the other one are a pair
        of which either may be the reference. An N in a reference stands for the genome's letter.
    letters : Letters
    longest : int
        Alleles with more letters are refused.
    plus_strand : bool
        The file's format has all alleles on the plus strand (VCF): what would fit only on the
        other strand is a mismatch. Insertions and deletions are never flipped.

    Returns
    -------
    DataFrame, index of ``claims``
        The fields of `Judgement`.
    """
    codes = [claims[name].map(_CODE).fillna(_LONG).to_numpy(np.int64) for name in ALLELE_COLUMNS]
    single = np.logical_and.reduce([code < _LONG for code in codes])
    parts = []
    if single.any():
        chosen = [code[single] for code in codes]
        parts.append(_check_letters(claims[single], chosen, letters, plus_strand))
    if not single.all() or not parts:
        parts.append(_check_sequences(claims[~single], letters, longest, plus_strand))
    return pd.concat(parts).reindex(claims.index) if len(parts) > 1 else parts[0]


def _check_letters(
    claims: pd.DataFrame, codes: list[NDArray[np.int64]], letters: Letters, plus_strand: bool
) -> pd.DataFrame:
    """Check alleles of one letter each: judge each different case once."""
    positions = claims["position"].to_numpy(np.int64)
    genome = letters.at_many(claims["chromosome"].to_numpy(object), positions - 1)
    shape = (len(CODE_LETTERS), *[len(_SINGLE)] * len(codes))
    cases, case_of = np.unique(np.ravel_multi_index((genome, *codes), shape), return_inverse=True)
    judged = []
    for case in cases:
        letter, *given = np.unravel_index(case, shape)
        alleles = [_SINGLE[code] for code in given]
        judged.append(judge(CODE_LETTERS[letter], *alleles, position=0, plus_strand=plus_strand))
    frame = pd.DataFrame(judged).iloc[case_of].set_axis(claims.index)
    return frame.assign(position=positions)


def _check_sequences(
    claims: pd.DataFrame, letters: Letters, longest: int, plus_strand: bool
) -> pd.DataFrame:
    """Check alleles of any length one by one, and left-align them."""
    columns = claims[["chromosome", "position", *ALLELE_COLUMNS]]
    judged = []
    for chromosome, position, *alleles in columns.itertuples(index=False):
        refused = _refuse_letters(alleles, longest)
        if refused:
            judgement = Judgement(position, alleles[0], alleles[1], "", "", False, "", *refused)
        else:
            start, widest = position - 1, max(map(len, alleles))
            genome = letters.text(chromosome, start, start + widest)
            judgement = judge(genome, *alleles, position=position, plus_strand=plus_strand)
            judgement = _normalise(judgement, letters, chromosome)
        judged.append(astuple(judgement))
    return pd.DataFrame(judged, columns=list(CHECKED_COLUMNS), index=claims.index)


def _refuse_letters(alleles: list[str], longest: int) -> tuple[str, str] | None:
    """Kind and reason of the first allele that is no sequence of letters."""
    for allele in alleles:
        if set(allele) <= set("ACGTN"):
            if len(allele) > longest:
                return "too long", (
                    f"an allele of {len(allele):,} letters is longer than the window of {longest:,}"
                )
        elif allele[0] in "<*[]" or allele[-1] in "[]":
            return "symbolic allele", f"the symbolic allele {shown(allele)} has no letters"
        else:
            return "unreadable", f"the allele {shown(allele)} is not made of A, C, G, T"
    return None


def _normalise(judgement: Judgement, letters: Letters, chromosome: str) -> Judgement:
    if judgement.reason or not judgement.alternative:
        return judgement
    position, reference, alternative = left_align(
        letters, chromosome, judgement.position, judgement.reference, judgement.alternative
    )
    return replace(
        judgement,
        position=position,
        reference=reference,
        alternative=alternative,
        genome_reference=reference,
    )


def judge(
    genome: str,
    reference: str,
    alternative: str,
    effect: str = "",
    other: str = "",
    *,
    position: int,
    plus_strand: bool = False,
) -> Judgement:
    """Tell which allele of one row is the genome's, and on which strand.

    Parameters
    ----------
    genome : str
        The genome's letters from the position on, as many as the longest allele has.
    reference, alternative, effect, other : str
        Letters A, C, G, T, N, upper case; ``""`` where not given.
    position, plus_strand
        See `check_alleles`.

    Returns
    -------
    Judgement
        Not yet left-aligned.
    """
    as_given = (reference, alternative)
    reference, alternative = _fill_unknown(genome, reference, alternative)
    filled = dict(zip(as_given, (reference, alternative), strict=True))
    effect, other = (filled.get(allele, allele) for allele in (effect, other))
    effect, other = ("" if "N" in allele else allele for allele in (effect, other))
    given = Judgement(position, reference, alternative, genome[: max(len(reference), 1)])
    if reference and not alternative:
        alternative = next((a for a in (effect, other) if a and a != reference), "")
    ordered = bool(reference or alternative)
    first, second = (reference, alternative) if ordered else (other, effect)
    if first and second:
        return _judge_pair(given, genome, first, second, effect, other, ordered, plus_strand)
    return _judge_lone(given, genome, reference, alternative or effect or other, effect, ordered)


def _fill_unknown(genome: str, reference: str, alternative: str) -> tuple[str, str]:
    """Put the genome's letters where N stands for them: see `scx_core.variants.variant.Variant`.

    An N of the alternative repeats the letter at its place of the reference, which is read again
    from its start when it ends, if that letter was an N too.
    """
    if "N" not in reference:
        return reference, alternative
    filled = "".join(
        there if here == "N" else here for here, there in zip(reference, genome, strict=False)
    )
    size = len(reference)
    alternative = "".join(
        filled[place % size] if letter == "N" == reference[place % size] else letter
        for place, letter in enumerate(alternative)
    )
    return filled, alternative


def _judge_pair(
    given: Judgement,
    genome: str,
    first: str,
    second: str,
    effect: str,
    other: str,
    ordered: bool,
    plus_strand: bool,
) -> Judgement:
    """Judge two alleles: reference and alternative (``ordered``), or either way round."""
    if first == second:
        return replace(
            given, reason_kind="unreadable", reason=f"both alleles are {shown(first)}: no change"
        )
    span = genome[: len(first) if ordered else max(len(first), len(second))]
    if not set(span) <= set(BASES):
        return _refuse_unknown(given, span)
    if "N" in second:
        return replace(given, reason_kind="unknown sequence", reason=_UNKNOWN_CHANGE)
    fitting = [allele for allele in (first, second) if genome.startswith(allele)]
    flipped = False
    if not fitting and len(first) == len(second) and not plus_strand:
        flipped = True
        fitting = [
            allele for allele in (first, second) if genome.startswith(reverse_complement(allele))
        ]
    if not fitting:
        what = (
            f"reference {shown(first)} was given, the genome has {shown(span)}"
            if ordered
            else f"the genome has {shown(span)}, neither {shown(first)} nor {shown(second)}"
        )
        return replace(given, reason_kind="reference mismatch", reason=what)
    # Of summary statistics, a reader takes the other allele for the reference: nobody states it.
    stated = ordered and not (effect and other)
    here = fitting[0] if stated else max(fitting, key=len)
    there = second if here == first else first
    swapped = ordered and here == second
    onto_plus: Callable[[str], str] = reverse_complement if flipped else str
    return replace(
        given,
        reference=onto_plus(here),
        alternative=onto_plus(there),
        genome_reference=onto_plus(here),
        alleles=_HOW[flipped, swapped],
        ambiguous=first == reverse_complement(second) or (not stated and len(fitting) > 1),
        effect_is={here: "reference", there: "alternative"}.get(effect, ""),
    )


_HOW: Final = {
    (False, False): MATCH,
    (False, True): SWAPPED,
    (True, False): FLIPPED,
    (True, True): FLIPPED_AND_SWAPPED,
}


def _judge_lone(
    given: Judgement, genome: str, reference: str, change: str, effect: str, ordered: bool
) -> Judgement:
    """Judge a single allele, or none: it cannot tell the strand, and is taken as it stands."""
    allele = reference or change
    if len(allele) > 1:
        reason = f"the allele {shown(allele)} was given without the other, so the change is unknown"
        return replace(given, reason_kind="unreadable", reason=reason)
    letter = genome[0]
    if letter not in BASES:
        return _refuse_unknown(given, letter)
    if change == "N":
        return replace(given, reason_kind="unknown sequence", reason=_UNKNOWN_CHANGE)
    if reference and reference != letter:
        reason = f"reference {reference} was given, the genome has {letter}"
        return replace(given, reason_kind="reference mismatch", reason=reason)
    is_swapped = ordered and not reference and change == letter
    alternative = "" if reference or change == letter else change
    return replace(
        given,
        reference=letter,
        alternative=alternative,
        genome_reference=letter,
        alleles=SWAPPED if is_swapped else MATCH if allele else NOT_GIVEN,
        ambiguous=alternative == reverse_complement(letter),
        effect_is={letter: "reference", alternative: "alternative", "": ""}.get(effect, ""),
    )


def _refuse_unknown(given: Judgement, span: str) -> Judgement:
    reason = f"the genome has {shown(span)} there"
    return replace(given, reason_kind="unknown sequence", reason=reason)


def left_align(
    letters: Letters, chromosome: str, position: int, reference: str, alternative: str
) -> tuple[int, str, str]:
    """Shift an insertion or deletion as far left as it goes, and trim what the alleles share.

    Algorithm 1 of Tan, Abecasis & Kang (Bioinformatics 2015, 31:2202). At the chromosome's start,
    and where the letter before is not known, the shift ends. Both alleles keep a letter at least.

    Parameters
    ----------
    letters : Letters
    chromosome : str
    position : int
        Of the first letter of ``reference``, 1-based.
    reference, alternative : str
        At least one letter each, and different; ``reference`` is what the genome has.

    Returns
    -------
    position, reference, alternative
    """
    start, before = position - 1, ""
    while reference[-1] == alternative[-1]:
        if min(len(reference), len(alternative)) > 1:
            reference, alternative = reference[:-1], alternative[:-1]
            continue
        if not before:
            before = letters.text(chromosome, max(start - _STRETCH, 0), start)
        if not before or before[-1] not in BASES:
            break
        reference, alternative = before[-1] + reference[:-1], before[-1] + alternative[:-1]
        before, start = before[:-1], start - 1
    shared = 0
    while (
        shared < min(len(reference), len(alternative)) - 1
        and reference[shared] == alternative[shared]
    ):
        shared += 1
    return start + shared + 1, reference[shared:], alternative[shared:]


def reverse_complement(allele: str) -> str:
    """Reverse complement of letters A, C, G, T, N."""
    return allele.translate(_COMPLEMENT)[::-1]


def shown(allele: str) -> str:
    """Shorten a long allele for a sentence."""
    if len(allele) <= _SHOWN:
        return allele
    return f"{allele[: _SHOWN - 2]}… ({len(allele):,} letters)"

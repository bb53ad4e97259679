"""Alleles of a list against the genome: which is the reference, on which strand, left-aligned.

One function judges the alleles of one row. Single letters, of which nearly all lists consist, make
few different cases, and each of these is judged once.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, fields, replace
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.sequence.alphabet import BASES, CODE_LETTERS
from scx_core.variants.genome import Letters

#: On which strand a list's alleles are: on the plus strand by its format (VCF); on either, the plus
#: strand tried first; on the minus strand, as the list as a whole shows; now on one and now on the
#: other.
Strand = Literal["plus", "plus first", "minus first", "either"]
#: What a row's reference and alternative are: as the list names them; named the wrong way round, or
#: now so and now so, as the list as a whole shows; a pair of which the list names neither.
STATED: Final = "stated"
EXCHANGED: Final = "exchanged"
DOUBTED: Final = "doubted"
UNORDERED: Final = "none"

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
_ORDERS: Final = (STATED, EXCHANGED, DOUBTED, UNORDERED)
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
        reference to be believed where both alleles fit: the longer is taken for the reference, or,
        in a list of which REF and ALT are exchanged, the one that was called the alternative.
    effect_is : str
        Which of the two the effect allele is: ``"reference"``, ``"alternative"`` or ``""``, which
        it also is for A/T and C/G in a list whose alleles are now on one strand and now on the
        other.
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
    claims: pd.DataFrame, letters: Letters, longest: int, *, strand: Strand = "plus first"
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
        ``order`` says whether the reference is to be believed (``STATED``, ``EXCHANGED``,
        ``DOUBTED`` or ``UNORDERED``; see `scx_core.variants.allele_meaning`); by `are_ordered` if missing.
    letters : Letters
    longest : int
        Alleles with more letters are refused.
    strand : {"plus", "plus first", "minus first", "either"}
        On which strand the alleles are. With ``"plus"``, what would fit only on the other strand is
        a mismatch. Insertions and deletions are never flipped.

    Returns
    -------
    DataFrame, index of ``claims``
        The fields of `Judgement`.
    """
    if "order" not in claims:
        claims = claims.assign(order=np.where(are_ordered(claims), STATED, UNORDERED))
    codes = [claims[name].map(_CODE).fillna(_LONG).to_numpy(np.int64) for name in ALLELE_COLUMNS]
    single = np.logical_and.reduce([code < _LONG for code in codes])
    parts = []
    if single.any():
        chosen = [code[single] for code in codes]
        parts.append(_check_letters(claims[single], chosen, letters, strand))
    if not single.all() or not parts:
        parts.append(_check_sequences(claims[~single], letters, longest, strand))
    return pd.concat(parts).reindex(claims.index) if len(parts) > 1 else parts[0]


def _check_letters(
    claims: pd.DataFrame, codes: list[NDArray[np.int64]], letters: Letters, strand: Strand
) -> pd.DataFrame:
    """Check alleles of one letter each: judge each different case once."""
    positions = claims["position"].to_numpy(np.int64)
    genome = letters.at_many(claims["chromosome"].to_numpy(object), positions - 1)
    order = claims["order"].map(_ORDERS.index).to_numpy(np.int64)
    shape = (len(_ORDERS), len(CODE_LETTERS), *[len(_SINGLE)] * len(codes))
    numbers = np.ravel_multi_index((order, genome, *codes), shape)
    cases, case_of = np.unique(numbers, return_inverse=True)
    judged = []
    for case in cases:
        how, letter, *given = np.unravel_index(case, shape)
        alleles = [_SINGLE[code] for code in given]
        there = CODE_LETTERS[letter]
        judged.append(judge(there, *alleles, position=0, order=_ORDERS[how], strand=strand))
    frame = pd.DataFrame(judged).iloc[case_of].set_axis(claims.index)
    return frame.assign(position=positions)


def _check_sequences(
    claims: pd.DataFrame, letters: Letters, longest: int, strand: Strand
) -> pd.DataFrame:
    """Check alleles of any length one by one, and left-align them."""
    columns = claims[["chromosome", "position", "order", *ALLELE_COLUMNS]]
    judged = []
    for chromosome, position, order, *alleles in columns.itertuples(index=False):
        refused = _refuse_letters(alleles, longest)
        if refused:
            judgement = Judgement(position, alleles[0], alleles[1], "", "", False, "", *refused)
        else:
            start, widest = position - 1, max(map(len, alleles))
            genome = letters.text(chromosome, start, start + widest)
            judgement = judge(genome, *alleles, position=position, order=order, strand=strand)
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
    order: str = STATED,
    strand: Strand = "plus first",
) -> Judgement:
    """Tell which allele of one row is the genome's, and on which strand.

    Parameters
    ----------
    genome : str
        The genome's letters from the position on, as many as the longest allele has.
    reference, alternative, effect, other : str
        Letters A, C, G, T, N, upper case; ``""`` where not given.
    position, order, strand
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
    # An alternative of nothing but the genome's own letters fits everywhere: it is no evidence that
    # the letters that a deletion names are there.
    fits_by_itself = as_given[1] != "" and set(as_given[1]) == {"N"} and order != UNORDERED
    if fits_by_itself and set(genome) <= set(BASES) and not genome.startswith(reference):
        span = genome[: len(reference)]
        reason = f"reference {shown(reference)} was given, the genome has {shown(span)}"
        return replace(given, reason_kind="reference mismatch", reason=reason)
    if reference and not alternative:
        alternative = next((a for a in (effect, other) if a and a != reference), "")
    ordered = bool(reference or alternative)
    first, second = (reference, alternative) if ordered else (other, effect)
    if first and second:
        pair = _Pair(first, second, effect, order if ordered else UNORDERED, strand)
        return _judge_pair(given, genome, pair, ordered)
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


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two alleles of a row, reference and alternative as far as ``order`` says so, and its effect allele."""

    first: str
    second: str
    effect: str
    order: str
    strand: Strand

    def fitting(self, genome: str, *, flipped: bool) -> list[str]:
        """Give those that the genome has, as they are or on the other strand."""
        if flipped and (len(self.first) != len(self.second) or self.strand == "plus"):
            return []
        read: Callable[[str], str] = reverse_complement if flipped else str
        return [allele for allele in (self.first, self.second) if genome.startswith(read(allele))]

    def reference(self, fitting: list[str]) -> str:
        """Choose the reference among those that fit."""
        if self.order in (DOUBTED, UNORDERED):
            return max(fitting, key=len)
        return fitting[-1 if self.order == EXCHANGED else 0]


def _judge_pair(given: Judgement, genome: str, pair: _Pair, named: bool) -> Judgement:
    """Judge two alleles; ``named``: the list calls the first the reference, believed or not."""
    first, second = pair.first, pair.second
    if first == second:
        return replace(
            given, reason_kind="unreadable", reason=f"both alleles are {shown(first)}: no change"
        )
    span = genome[: len(first) if named else max(len(first), len(second))]
    if not set(span) <= set(BASES):
        return _refuse_unknown(given, span)
    if "N" in second:
        return replace(given, reason_kind="unknown sequence", reason=_UNKNOWN_CHANGE)
    flipped = pair.strand == "minus first"
    fitting = pair.fitting(genome, flipped=flipped)
    if not fitting:
        flipped = not flipped
        fitting = pair.fitting(genome, flipped=flipped)
    if not fitting:
        what = (
            f"reference {shown(first)} was given, the genome has {shown(span)}"
            if named
            else f"the genome has {shown(span)}, neither {shown(first)} nor {shown(second)}"
        )
        return replace(given, reason_kind="reference mismatch", reason=what)
    here = pair.reference(fitting)
    there = second if here == first else first
    # Of a pair without order and without effect, nothing can be swapped.
    swapped = here == second and (pair.order != UNORDERED or (named and bool(pair.effect)))
    palindromic = first == reverse_complement(second)
    read: Callable[[str], str] = reverse_complement if flipped else str
    effect_is = {here: "reference", there: "alternative"}.get(pair.effect, "")
    return replace(
        given,
        reference=read(here),
        alternative=read(there),
        genome_reference=read(here),
        alleles=_HOW[flipped, swapped],
        ambiguous=palindromic or (pair.order != STATED and len(fitting) > 1),
        effect_is="" if palindromic and pair.strand == "either" else effect_is,
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


def are_ordered(alleles: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of which rows the list tells which allele is the reference.

    Parameters
    ----------
    alleles : DataFrame
        See `VariantList.alleles`; all rows are ordered where ``ordered`` is missing.
    """
    if "ordered" in alleles:
        return alleles["ordered"].to_numpy(bool)
    return np.ones(len(alleles), bool)


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

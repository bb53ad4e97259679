"""What the allele columns of a list mean: the list's own evidence against the genome's letters.

Of two alleles the one that the genome has is the reference, in every row. Whether a list's own order
(REF, ALT) is to be believed matters beyond that: of an insertion or deletion the genome may have both
alleles, so that the row alone cannot tell. Substitutions of two letters that are no complements can
tell: the genome has one of the two, on this strand or the other.

Which allele the effects (beta, odds ratio, Z) belong to is read from the list
(`scx_core.variants.reading.effect`). Where only a convention says it and the genome objects, it is
asked, and no row has a direction until the person has chosen.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from scx_core.errors import counted
from scx_core.sequence.alphabet import BASES
from scx_core.variants.alleles import DOUBTED, EXCHANGED, STATED, UNORDERED, Strand, are_ordered
from scx_core.variants.build_fit import ALPHA, genome_letters
from scx_core.variants.genome import Letters
from scx_core.variants.reading.variant_list import NO_EFFECT, EffectAllele, join_notes

#: Share of rows of an orderly list in which reference and alternative are exchanged: patches of the
#: genome, alleles of which the reference is the rarer one.
_BY_MISTAKE: Final = 0.02
#: From this share on, the list as a whole has them exchanged.
_NEARLY_ALL: Final = 0.95
#: What only says how such columns are usually meant.
_MAY_BE_DOUBTED: Final = ("convention", "format")
#: Chance that all effect alleles of a list are the genome's, of which half would be.
_BY_CHANCE: Final = 0.01
_NO_SIDE: Final = "which allele the effect belongs to is not known"
#: Up to this share, they are exchanged in single rows of a list that is to be believed.
_FEW: Final = 0.05


@dataclass(frozen=True)
class PairCount:
    """Of how many pairs of alleles the genome has the first, of how many the second."""

    first: int
    second: int

    @property
    def total(self) -> int:
        """Pairs of which the genome has one."""
        return self.first + self.second

    @property
    def share_second(self) -> float:
        """Share of pairs of which the genome has the second; 0 without any."""
        return self.second / self.total if self.total else 0.0


@dataclass(frozen=True)
class AlleleMeaning:
    """What the alleles of a list are.

    Attributes
    ----------
    order : str
        What its reference and alternative are, where it names them: ``STATED``, ``EXCHANGED`` or
        ``DOUBTED``.
    effect : EffectAllele
        Which allele its effects belong to, by all evidence.
    sentences : tuple of str
        What was found out, with its numbers.
    """

    order: str = STATED
    effect: EffectAllele = NO_EFFECT
    sentences: tuple[str, ...] = ()

    def apply(self, alleles: pd.DataFrame) -> pd.DataFrame:
        """Say of each row what its order is (set ``order``), and take back effects that are in doubt."""
        alleles = alleles.assign(order=np.where(are_ordered(alleles), self.order, UNORDERED))
        if not self.effect.choices:
            return alleles
        notes = [
            join_notes(note, _NO_SIDE) if known else note
            for note, known in zip(alleles["note"], alleles["effect_size"].notna(), strict=True)
        ]
        return alleles.assign(effect_allele="", other_allele="", note=notes)


def find_meaning(
    letters: Letters, sample: pd.DataFrame, strand: Strand, effect: EffectAllele = NO_EFFECT
) -> AlleleMeaning:
    """Find out what the alleles of a list are.

    Parameters
    ----------
    letters : Letters
        Of the dataset's genome.
    sample : DataFrame
        Usable rows of the list, on the dataset's genome build; see `VariantList.alleles`.
    strand : str
        On which strand they are; see `scx_core.variants.alleles.check_alleles`.
    effect : EffectAllele
        Which allele the effects belong to, as far as the list itself says so.
    """
    ordered = are_ordered(sample)
    stated = count_pairs(letters, sample[ordered], "reference", "alternative", strand)
    order = _judge_order(stated)
    sentences = []
    if order != STATED:
        sentences.append(_describe_order(order, stated))
    bare = sample[~ordered & (sample["effect_allele"] == "").to_numpy()]
    unordered = count_pairs(letters, bare, "reference", "alternative", strand)
    if unordered.total:
        sentences.append(
            "The list does not say which of two alleles is the reference: the one that the genome "
            f"has is taken for it (of {counted(unordered.total, 'row')} that can tell, in all)."
        )
    if effect.basis in _MAY_BE_DOUBTED and not effect.supported:
        doubt = _doubt_effect(letters, sample, strand, effect, order)
        if doubt:
            effect = replace(effect, basis="split", reason=f"{effect.reason}, but {doubt}")
    if effect.sentence:
        sentences.append(" ".join([effect.sentence, *_how_to_choose(effect)]))
    return AlleleMeaning(order, effect, tuple(sentences))


def _how_to_choose(effect: EffectAllele) -> list[str]:
    if not effect.choices:
        return []
    options = " or ".join(f"--column effect_allele={column!r}" for column in effect.choices)
    return [f"Until then no row has a direction. On the command line: {options}."]


def _doubt_effect(
    letters: Letters, sample: pd.DataFrame, strand: Strand, effect: EffectAllele, order: str
) -> str:
    """Say what speaks against the supposed effect allele, ``""`` for nothing.

    An effect allele that is the genome's in all rows is more likely the reference, and the effects
    those of the other one. Of few rows that may be chance, unless ids spell it as the reference.
    """
    pairs = count_pairs(letters, sample, "other_allele", "effect_allele", strand)
    if not pairs.total:
        return ""
    if order != STATED and are_ordered(sample).any():
        return "the list's reference and alternative are exchanged in part or in all of it"
    if pairs.share_second < _NEARLY_ALL:
        return ""
    seen = f"{effect.column!r} is the genome's in {pairs.second:,} of {counted(pairs.total, 'row')}"
    if 0.5**pairs.total < _BY_CHANCE:
        return f"{seen}, as a reference is"
    spelled = sample["spelled_reference"]
    pair = (spelled != "") & (sample["spelled_alternative"] == sample["other_allele"])
    first = pair & (spelled == sample["effect_allele"])
    if first.any():
        return f"{seen} and stands where ids have the reference"
    return ""


def count_pairs(
    letters: Letters, rows: pd.DataFrame, first: str, second: str, strand: Strand
) -> PairCount:
    """Count of which allele the genome has the letter.

    Counted are pairs of single letters that are no complements of each other: one of them is the
    genome's, on one strand and no other.

    Parameters
    ----------
    letters : Letters
    rows : DataFrame
    first, second : str
        Columns of alleles.
    strand : str
        ``"plus"``: letters of the other strand do not count.
    """
    codes = [_codes(rows[name]) for name in (first, second)]
    genome = genome_letters(letters, rows)
    tells = (codes[0] >= 0) & (codes[1] >= 0) & (genome < len(BASES))
    tells &= (codes[0] != codes[1]) & (codes[0] + codes[1] != len(BASES) - 1)
    # The complement of code c is 3 - c.
    fits = [code == genome for code in codes]
    if strand != "plus":
        fits = [
            fit | (len(BASES) - 1 - code == genome) for fit, code in zip(fits, codes, strict=True)
        ]
    return PairCount(*(int(np.count_nonzero(tells & fit)) for fit in fits))


def _codes(alleles: pd.Series) -> NDArray[np.int64]:
    codes = alleles.map({base: code for code, base in enumerate(BASES)}).fillna(-1)
    return np.asarray(codes, np.int64)


def _judge_order(stated: PairCount) -> str:
    """Say whether reference and alternative of a list are to be believed."""
    if stated.share_second <= _FEW:
        return STATED
    chance = binomtest(stated.second, stated.total, _BY_MISTAKE, "greater").pvalue
    if chance >= ALPHA:
        return STATED
    return EXCHANGED if stated.share_second >= _NEARLY_ALL else DOUBTED


def _describe_order(order: str, stated: PairCount) -> str:
    seen = (
        f"In {stated.second:,} of {counted(stated.total, 'row')} ({stated.share_second:.0%}), the "
        "allele given as the alternative is the genome's and the one given as the reference is not"
    )
    if order == EXCHANGED:
        return (
            f"{seen}: reference and alternative are exchanged in this list, and the genome's is taken "
            "for the reference."
        )
    return (
        f"{seen}: the list's order of the two is not believed, and in each row the genome's is taken "
        "for the reference."
    )

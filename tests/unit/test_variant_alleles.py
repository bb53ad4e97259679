"""Alleles against the genome: oracle is the sequence that results."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scx_core.sequence.alphabet import CODE_LETTERS, encode
from scx_core.variants.alleles import (
    ALLELE_COLUMNS,
    CHECKED_COLUMNS,
    STATED,
    UNORDERED,
    are_ordered,
    check_alleles,
    judge,
    left_align,
    reverse_complement,
)
from scx_core.variants.genome import Codes, Letters, Positions


class TypedLetters(Letters):
    """A genome typed in a test."""

    def __init__(self, sequences: Mapping[str, str]) -> None:
        lengths = {name: len(text) for name, text in sequences.items()}
        super().__init__("toy1", "Typed.", True, lengths)
        self._codes = {name: encode(text) for name, text in sequences.items()}

    def _known(self, chromosome: str, positions: Positions) -> Codes:
        return self._codes[chromosome][positions]


def make_claims(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of chromosome, position and up to four alleles."""
    names = ["chromosome", "position", *ALLELE_COLUMNS]
    return pd.DataFrame([(*row, "", "", "", "")[: len(names)] for row in rows], columns=names)


def check_one(sequence: str, position: int, *alleles: str, **options: Any) -> pd.Series:
    letters = TypedLetters({"chr1": sequence})
    return check_alleles(make_claims(("chr1", position, *alleles)), letters, 50, **options).iloc[0]


@pytest.mark.parametrize(
    ("alleles", "reference", "alternative", "how", "ambiguous"),
    [
        (("A", "C"), "A", "C", "match", False),
        (("A", "T"), "A", "T", "match", True),
        (("C", "A"), "A", "C", "swapped", False),
        (("T", "G"), "A", "C", "strand-flipped", False),
        (("G", "T"), "A", "C", "strand-flipped and swapped", False),
        (("", ""), "A", "", "not given", False),
        (("A", ""), "A", "", "match", False),
        (("", "C"), "A", "C", "match", False),
        (("", "A"), "A", "", "swapped", False),
        (("N", "C"), "A", "C", "match", False),
    ],
)
def test_how_letters_agree_with_the_genome(
    alleles: tuple[str, ...], reference: str, alternative: str, how: str, ambiguous: bool
) -> None:
    found = check_one("CCACC", 3, *alleles)
    assert found["reason"] == found["reason_kind"] == ""
    assert (found["position"], found["reference"], found["alternative"]) == (
        3, reference, alternative,
    )  # fmt: skip
    assert (found["genome_reference"], found["alleles"], found["ambiguous"]) == (
        "A", how, ambiguous,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("effect", "other", "alternative", "how", "is_", "ambiguous"),
    [
        ("A", "C", "C", "match", "reference", False),
        ("C", "A", "C", "match", "alternative", False),
        ("T", "G", "C", "strand-flipped", "reference", False),
        ("G", "T", "C", "strand-flipped", "alternative", False),
        ("T", "A", "T", "match", "alternative", True),
        ("A", "", "", "match", "reference", False),
        ("G", "", "G", "match", "alternative", False),
        ("", "G", "G", "match", "", False),
        ("T", "", "T", "match", "alternative", True),
        ("", "", "", "not given", "", False),
    ],
)
def test_effect_alleles_find_their_place(
    effect: str, other: str, alternative: str, how: str, is_: str, ambiguous: bool
) -> None:
    found = check_one("CCACC", 3, "", "", effect, other)
    columns = ["reference", "alternative", "alleles", "effect_is", "ambiguous", "reason"]
    assert found[columns].tolist() == ["A", alternative, how, is_, ambiguous, ""]


@pytest.mark.parametrize("effect", ["T", "G"])
def test_effect_alleles_turn_with_reference_and_alternative(effect: str) -> None:
    found = check_one("CCACC", 3, "G", "T", effect, "")
    assert found["alleles"] == "strand-flipped and swapped"
    assert found["effect_is"] == {"T": "reference", "G": "alternative"}[effect]


def test_a_lone_reference_takes_the_effect_allele_for_the_change() -> None:
    found = check_one("CCACC", 3, "A", "", "G", "")
    assert found[["alternative", "effect_is"]].tolist() == ["G", "alternative"]


@pytest.mark.parametrize(
    ("sequence", "alleles", "kind", "says"),
    [
        ("CCACC", ("C", "G"), "reference mismatch", "reference C was given, the genome has A"),
        ("CCACC", ("C", ""), "reference mismatch", "reference C was given, the genome has A"),
        ("CCACC", ("", "", "C", "G"), "reference mismatch", "has A, neither G nor C"),
        ("CCNCC", ("A", "C"), "unknown sequence", "the genome has N there"),
        ("CCRCC", ("A", "C"), "unknown sequence", "the genome has R there"),
        ("CCACC", ("A", "N"), "unknown sequence", "holds N"),
        ("CCACC", ("A", "A"), "unreadable", "both alleles are A"),
        ("CCACC", ("A", "<DEL>"), "symbolic allele", "<DEL> has no letters"),
        ("CCACC", ("A", "*"), "symbolic allele", "has no letters"),
        ("CCACC", ("A", "A[chr2:5["), "symbolic allele", "has no letters"),
        ("CCACC", ("A", "Q"), "unreadable", "not made of A, C, G, T"),
        ("CCACC", ("A", "A" * 51), "too long", "51 letters is longer than the window of 50"),
        ("CCACC", ("AC", ""), "unreadable", "given without the other"),
        ("CCACC", ("", "", "AC", ""), "unreadable", "given without the other"),
        ("CCACC", ("AG", "A"), "", ""),  # swapped: the genome has AC, so only A
        ("CCACC", ("GT", "G"), "reference mismatch", "reference GT was given, the genome has AC"),
        ("CCACN", ("ACC", "A"), "unknown sequence", "the genome has ACN there"),
    ],
)
def test_reasons(sequence: str, alleles: tuple[str, ...], kind: str, says: str) -> None:
    found = check_one(sequence, 3, *alleles)
    assert found["reason_kind"] == kind
    assert says in found["reason"]
    assert not found["reason"].endswith(".")
    if kind:
        assert found["alleles"] == ""
        assert found[["reference", "alternative"]].tolist() == [alleles[0], alleles[1]]


def test_the_plus_strand_of_a_vcf_is_believed() -> None:
    assert check_one("CCACC", 3, "T", "G")["alleles"] == "strand-flipped"
    refused = check_one("CCACC", 3, "T", "G", strand="plus")
    assert refused["reason_kind"] == "reference mismatch"
    assert check_one("CCACC", 3, "C", "A", strand="plus")["alleles"] == "swapped"


def test_indels_are_never_flipped_and_longer_changes_are() -> None:
    assert check_one("CCATC", 3, "TA", "T")["reason_kind"] == "reference mismatch"
    found = check_one("CCAGC", 3, "CT", "GG")
    assert found[["reference", "alternative", "alleles"]].tolist() == [
        "AG", "CC", "strand-flipped",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [("GATTC", ("AT", "A", True)), ("GACCC", ("A", "AT", False))],
)
def test_of_two_lengths_without_a_stated_reference_the_longer_wins_and_is_marked(
    sequence: str, expected: tuple[str, str, bool]
) -> None:
    columns = ["reference", "alternative", "ambiguous"]
    letters = TypedLetters({"chr1": sequence})
    for alleles in (("", "", "A", "AT"), ("A", "AT", "AT", "A")):
        claims = make_claims(("chr1", 2, *alleles)).assign(ordered=False)
        assert tuple(check_alleles(claims, letters, 50).iloc[0][columns]) == expected
    assert tuple(check_one("GATTC", 2, "A", "AT")[columns]) == ("A", "AT", False)


@pytest.mark.parametrize(
    ("position", "alleles", "expected"),
    [
        (2, ("NN", "N"), (2, "CA", "C")),  # g.3del
        (3, ("NNN", "N"), (3, "AGT", "A")),  # g.4_5del
        (3, ("N", "NTT"), (3, "A", "ATT")),  # g.3_4insTT
        (4, ("NN", "NNNN"), (3, "A", "AGT")),  # g.4_5dup
        (4, ("NN", "C"), (4, "GT", "C")),  # g.4_5delinsC
        (2, ("NA", "N"), (2, "CA", "C")),  # 3:A:-
    ],
)
def test_letters_that_the_genome_gives(
    position: int, alleles: tuple[str, str], expected: tuple[int, str, str]
) -> None:
    found = check_one("CCAGTCC", position, *alleles)
    assert tuple(found[["position", "reference", "alternative"]]) == expected
    assert found["alleles"] == "match"


def test_effect_alleles_of_letters_that_the_genome_gives() -> None:
    found = check_one("CCAGTCC", 2, "NA", "N", "N", "NA")
    assert found[["reference", "alternative", "effect_is"]].tolist() == ["CA", "C", "alternative"]


BASES = st.text("ACGT", min_size=1, max_size=12)
SHORT = st.text("AC", min_size=1, max_size=4)


def apply(sequence: str, position: int, reference: str, alternative: str) -> str:
    start = position - 1
    assert sequence[start : start + len(reference)] == reference
    return sequence[:start] + alternative + sequence[start + len(reference) :]


def brute_force(sequence: str, haplotype: str) -> tuple[int, str, str]:
    """Of all ways to write the change with a letter in each allele, the shortest, then leftmost."""
    growth = len(haplotype) - len(sequence)
    ways = []
    for start in range(len(sequence)):
        for end in range(start + 1, len(sequence) + 1):
            new = haplotype[start : end + growth]
            if end + growth <= start or sequence[:start] + new + sequence[end:] != haplotype:
                continue
            ways.append((len(new) + end - start, start + 1, sequence[start:end], new))
    return min(ways)[1:]


@given(st.text("AC", min_size=1, max_size=14), st.data())
@example("AAAAAA", None)
def test_left_aligned_is_the_shortest_and_leftmost_way(sequence: str, data: object) -> None:
    if data is None:
        changes = [(3, "AA", "A"), (6, "A", "AA"), (1, "AA", "A")]
    else:
        start = data.draw(st.integers(0, len(sequence) - 1))  # type: ignore[attr-defined]
        end = data.draw(st.integers(start + 1, len(sequence)))  # type: ignore[attr-defined]
        changes = [(start + 1, sequence[start:end], data.draw(SHORT))]  # type: ignore[attr-defined]
    letters = TypedLetters({"chr1": sequence})
    for position, reference, alternative in changes:
        haplotype = apply(sequence, position, reference, alternative)
        if haplotype == sequence:
            continue
        found = left_align(letters, "chr1", position, reference, alternative)
        assert apply(sequence, *found) == haplotype
        assert found == brute_force(sequence, haplotype)


def test_a_long_repeat_is_walked_through() -> None:
    sequence = "G" + "CA" * 300 + "T"
    letters = TypedLetters({"chr1": sequence})
    assert left_align(letters, "chr1", 599, "ACA", "A") == (1, "GCA", "G")


def test_unknown_letters_end_the_shift() -> None:
    letters = TypedLetters({"chr1": "GCNAAAAT"})
    assert left_align(letters, "chr1", 6, "AA", "A") == (4, "AA", "A")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["chr1", "chr2"]),
            st.integers(1, 12),
            *[st.sampled_from(["", "", "A", "C", "G", "T", "N", "AC", "TTG"])] * 4,
        ),
        min_size=1,
        max_size=12,
    ),
    st.booleans(),
)
def test_the_table_equals_row_by_row(rows: list[tuple[object, ...]], plus_strand: bool) -> None:
    sequences = {"chr1": "ACGTNACCTTGR", "chr2": "TTTTTTACGTAA"}
    letters = TypedLetters(sequences)
    claims = make_claims(*rows).set_index(np.arange(len(rows)) * 3 + 7)
    checked = check_alleles(claims, letters, 50, strand="plus" if plus_strand else "plus first")
    assert checked.index.equals(claims.index)
    assert list(checked.columns) == list(CHECKED_COLUMNS)
    claims["order"] = np.where(are_ordered(claims), STATED, UNORDERED)
    for (_, claim), (_, found) in zip(claims.iterrows(), checked.iterrows(), strict=True):
        start = claim["position"] - 1
        genome = (sequences[claim["chromosome"]] + "NNN")[start:][:3]
        widest = max(1, *(len(claim[name]) for name in ALLELE_COLUMNS))
        expected = judge(
            genome[:widest], *claim[list(ALLELE_COLUMNS)], position=claim["position"],
            order=claim["order"], strand="plus" if plus_strand else "plus first",
        )  # fmt: skip
        for name in ("alleles", "ambiguous", "effect_is", "reason", "reason_kind"):
            assert found[name] == getattr(expected, name)
        if not expected.reason and expected.alternative:
            whole = sequences[claim["chromosome"]]
            assert apply(whole, found["position"], found["reference"], found["alternative"]) == (
                apply(whole, expected.position, expected.reference, expected.alternative)
            )


@given(st.sampled_from("ACGT"), BASES, BASES)
def test_flipping_twice_changes_nothing(letter: str, reference: str, alternative: str) -> None:
    assert reverse_complement(reverse_complement(reference)) == reference
    found = judge(letter * 12, reference, alternative, position=1)
    assert set(found.genome_reference) <= set(CODE_LETTERS)
    if not found.reason:
        assert (letter * 12).startswith(found.reference)


def test_an_empty_table_stays_one() -> None:
    letters = TypedLetters({"chr1": "ACGT"})
    checked = check_alleles(make_claims(("chr1", 1, "A", "C")).iloc[:0], letters, 50)
    assert len(checked) == 0
    assert list(checked.columns) == list(CHECKED_COLUMNS)


def test_a_deletion_of_letters_that_are_not_there_is_a_mismatch() -> None:
    # VEP's "AG/-" behind an A where the genome has GC: the A alone, which the genome gives, fits.
    judged = judge("AGC", "NAG", "N", position=7)
    assert judged.reason_kind == "reference mismatch"
    assert judged.reason == "reference AAG was given, the genome has AGC"
    assert judge("AAG", "NAG", "N", position=7).alleles == "match"
    assert judge("A", "N", "NAG", position=7).alleles == "match"

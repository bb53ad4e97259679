"""Insertions, deletions and haplotypes: the window by hand, and as whole sequences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.errors import ScxError
from scx_core.mutagenesis import Alteration, Edits, Surroundings, haplotype, indel
from scx_core.sequence.alphabet import decode, encode

#: ACGTA | CCGTT: the TSS is the C at index 5. Around it the genome reads TTG … AAC.
WINDOW, TSS = encode("ACGTACCGTT"), 5
GENOME = Surroundings(encode("TTGACGTACCGTTAAC"), 3)

insertion, deletion, substitution = (
    Alteration.insertion,
    Alteration.deletion,
    Alteration.substitution,
)


@pytest.mark.parametrize(
    ("alteration", "expected", "side", "shifts"),
    [
        # Insertion upstream: GG between index 1 and 2; the letters AC leave on the left.
        (insertion(2, "GG"), "GGGTACCGTT", "upstream", (2, 0)),
        # Right before the TSS it is still upstream of it.
        (insertion(5, "g"), "CGTAGCCGTT", "upstream", (1, 0)),
        # Insertion downstream, before index 6: the last letter leaves on the right.
        (insertion(6, "A"), "ACGTACACGT", "downstream", (0, 1)),
        # Deletion upstream of GT: two letters enter on the left.
        (deletion(2, 2), "TGACACCGTT", "upstream", (-2, 0)),
        # Deletion downstream of CG: two enter on the right.
        (deletion(6, 2), "ACGTACTTAA", "downstream", (0, -2)),
        # As a VCF writes it: CG -> C at index 6 deletes the G at index 7.
        (Alteration(6, 2, "C"), "ACGTACCTTA", "downstream", (0, -1)),
        # TSS letter with an insertion after it, as a VCF writes it.
        (Alteration(5, 1, "CAA"), "ACGTACAACG", "downstream", (0, 2)),
        # AC -> GG across the TSS: as many letters, nothing shifts.
        (Alteration(4, 2, "GG"), "ACGTGGCGTT", "none", (0, 0)),
        (substitution(0, "t"), "TCGTACCGTT", "none", (0, 0)),
        # Replacing what is there changes nothing.
        (Alteration(2, 3, "GTA"), "ACGTACCGTT", "none", (0, 0)),
        # Longer than the upstream side: only what is next to the TSS stays.
        (insertion(5, "GGGGGGGA"), "GGGGACCGTT", "upstream", (8, 0)),
        # Before the first letter: all of it is outside.
        (insertion(0, "GG"), "ACGTACCGTT", "upstream", (2, 0)),
    ],
)
def test_indels_by_hand(
    alteration: Alteration, expected: str, side: str, shifts: tuple[int, int]
) -> None:
    found = indel(WINDOW, TSS, alteration, GENOME)
    assert decode(found.codes) == expected
    assert found.side == side
    assert (found.upstream_shift, found.downstream_shift) == shifts
    assert found.unknown == 0


def test_letters_out_of_reach_are_unknown() -> None:
    found = indel(WINDOW, TSS, deletion(2, 2))
    assert decode(found.codes) == "NNACACCGTT"
    assert found.unknown == 2
    short = Surroundings(encode("GACGTACCGTTA"), 1)
    assert decode(indel(WINDOW, TSS, deletion(2, 2), short).codes) == "NGACACCGTT"
    found = indel(WINDOW, TSS, deletion(7, 3), short)
    assert decode(found.codes) == "ACGTACCANN"
    assert found.unknown == 2


def test_haplotype_by_hand_in_any_order() -> None:
    parts = [substitution(1, "G"), deletion(2, 1), insertion(7, "AA"), substitution(9, "C")]
    expected = "GAGTACCAAG"  # G enters left; AG (C>G), TA; CC, AA, G; then TC leaves on the right
    for order in ([0, 1, 2, 3], [3, 1, 0, 2], [2, 3, 1, 0]):
        found = haplotype(WINDOW, TSS, [parts[number] for number in order], GENOME)
        assert decode(found.codes) == expected
        assert found.side == "both"
        assert (found.upstream_shift, found.downstream_shift) == (-1, 2)


@st.composite
def haplotypes(draw: st.DrawFn) -> tuple[np.ndarray, int, int, list[Alteration]]:
    """A genome, the window's offset in it, the TSS, and separate edits away from the TSS."""
    letters = draw(st.text("ACGT", min_size=60, max_size=60))
    upstream = draw(st.integers(5, 25))
    edits = []
    place = draw(st.integers(0, 3))
    while place < 26:
        removed = draw(st.integers(0, 2))
        inserted = draw(st.text("ACGT", min_size=0 if removed else 1, max_size=3))
        if not place <= upstream < place + removed:
            edits.append(Alteration(place, removed, inserted))
        place += removed + draw(st.integers(1, 9))
    return encode(letters), 15, upstream, edits


@settings(max_examples=150, deadline=None)
@given(haplotypes(), st.randoms())
def test_haplotype_is_one_edit_after_the_other(
    drawn: tuple[np.ndarray, int, int, list[Alteration]], random: object
) -> None:
    genome, offset, upstream, edits = drawn
    length = 30
    window = genome[offset : offset + length]
    shuffled = list(edits)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    found = haplotype(window, upstream, shuffled, Surroundings(genome, offset))
    # Oracle: edit the whole genome's text from its end on, then cut the window at the TSS.
    text, tss = decode(genome), offset + upstream
    for edit in sorted(edits, key=lambda one: -one.start):
        start = offset + edit.start
        old = text[start : start + edit.removed]
        text = text[:start] + edit.inserted + text[start + edit.removed :]
        after = edit.start > upstream or (edit.start == upstream and edit.removed > 0)
        if not after:
            tss += len(edit.inserted) - len(old)
    assert decode(found.codes) == text[tss - upstream : tss - upstream + length]
    assert found.unknown == 0


@settings(max_examples=50, deadline=None)
@given(haplotypes())
def test_haplotype_is_its_indels_in_sequence(
    drawn: tuple[np.ndarray, int, int, list[Alteration]],
) -> None:
    """Without surroundings too, applying from the ends towards the TSS gives the same window."""
    genome, offset, upstream, edits = drawn
    window = genome[offset : offset + 30]
    together = haplotype(window, upstream, edits)
    # Edits upstream from left to right move nothing right of them; downstream, right to left.
    before = [edit for edit in edits if edit.end <= upstream]
    after = [edit for edit in edits if edit.end > upstream]
    one_by_one = window
    for edit in before + after[::-1]:
        one_by_one = indel(one_by_one, upstream, edit).codes
    # Without surroundings, letters pushed out cannot come back: compare what is known in both.
    known = (one_by_one != 4) & (together.codes != 4)
    assert known.sum() >= 10
    np.testing.assert_array_equal(one_by_one[known], together.codes[known])


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ([deletion(1, 3), substitution(3, "C")], "overlap at window index 3"),
        ([substitution(2, "C"), substitution(2, "T")], "overlap at window index 2"),
        ([insertion(2, "C"), insertion(2, "T")], "overlap at window index 2"),
        ([deletion(1, 3), insertion(2, "C")], "overlap at window index 2"),
        ([deletion(4, 3)], "replaces the TSS itself"),
        ([deletion(5, 1)], "replaces the TSS itself"),
        ([substitution(10, "C")], "index 10 lies outside the window of 10 bases"),
        ([deletion(8, 3)], "reaches out of the window"),
    ],
)
def test_edits_that_cannot_be_are_refused(edits: list[Alteration], words: str) -> None:
    with pytest.raises(ScxError, match=words):
        haplotype(WINDOW, TSS, edits, GENOME)


def test_neighbours_do_not_overlap() -> None:
    found = haplotype(
        WINDOW, TSS, [insertion(2, "C"), substitution(2, "T"), deletion(1, 1)], GENOME
    )
    # A, (C gone), inserted C, T for G, then TA: as long as before.
    assert decode(found.codes) == "ACTTACCGTT"


@pytest.mark.parametrize(
    ("start", "removed", "inserted", "words"),
    [
        (-1, 1, "A", "before the window"),
        (1, -1, "A", "cannot remove -1"),
        (1, 0, "", "neither removes nor inserts"),
        (1, 0, "AXG", "not DNA"),
        (1, 0, "Aé", "not DNA"),
    ],
)
def test_alterations_check_themselves(start: int, removed: int, inserted: str, words: str) -> None:
    with pytest.raises(ScxError, match=words):
        Alteration(start, removed, inserted)


def test_substitution_puts_one_letter() -> None:
    with pytest.raises(ScxError, match="one letter, not 'AC'"):
        Alteration.substitution(1, "AC")


def test_surroundings_must_hold_the_window() -> None:
    with pytest.raises(ScxError, match="do not hold the window at 2"):
        indel(WINDOW, TSS, deletion(2, 2), Surroundings(GENOME.codes, 2))
    with pytest.raises(ScxError, match="cannot begin at 99"):
        Surroundings(GENOME.codes, 99)
    with pytest.raises(ScxError, match="base code 15 at window index 1"):
        indel(np.array([0, 15], np.uint8), 1, deletion(0, 1))
    with pytest.raises(ScxError, match="TSS cannot be at index 11"):
        indel(WINDOW, 11, deletion(2, 2))


def test_replacements_check_themselves() -> None:
    one = np.array([1])
    letters = np.zeros((1, 2), np.uint8)
    with pytest.raises(ScxError, match="index 0 or later"):
        Edits(np.array([-1]), one, letters)
    with pytest.raises(ScxError, match="as many new ones"):
        Edits(one, np.array([3]), letters)
    with pytest.raises(ScxError, match="base code 15"):
        Edits(one, one, np.array([[15, 0]], np.uint8))
    Edits(one, one, np.array([[0, 99]], np.uint8))  # beyond the span: not read
    with pytest.raises(ScxError, match="a span and letters each"):
        Edits(np.array([1, 2]), one, letters)
    with pytest.raises(ScxError, match="index 10 lies outside"):
        Edits(np.array([9]), np.array([2]), letters).check_within(10)

"""Changes of any kind equal editing the chromosome by hand and predicting by full passes."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from variant_rows import Text, cut, dense_effects, edit, placed_row, table
from workspace import SPACING

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.sequence.alphabet import BASES
from scx_core.variants.measures import SPREAD
from scx_core.variants.scoring import score_placed

EFFECT = "effect: "
TOLERANCE = 2e-6
several = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="session")
def genome(toy_root) -> Text:
    return Text(toy_root / "inputs" / "toy.fa")


def left_aligned(text: str, position: int, reference: str, alternative: str):
    """Shift a change left one letter at a time, as long as its last letters agree."""
    while reference[-1] == alternative[-1]:
        if min(len(reference), len(alternative)) > 1:
            reference, alternative = reference[:-1], alternative[:-1]
        else:
            position -= 1
            before = text[position - 1]
            reference, alternative = before + reference[:-1], before + alternative[:-1]
    while min(len(reference), len(alternative)) > 1 and reference[0] == alternative[0]:
        position, reference, alternative = position + 1, reference[1:], alternative[1:]
    return position, reference, alternative


change_kinds = st.tuples(
    st.integers(-285, 180),  # where, from the TSS on the plus strand
    st.integers(1, 12),  # letters of the reference
    st.text(BASES, min_size=1, max_size=12),
)


def make_change(text: str, tss: int, strand: str, kind: tuple[int, int, str]):
    """Turn numbers into a trimmed change of the chromosome; None if it is none."""
    offset, length, alternative = kind
    position = tss + (offset if strand == "+" else -offset)
    reference = text[position - 1 : position - 1 + length]
    if reference == alternative:
        return None
    return left_aligned(text, position, reference, alternative)


def holds_tss(change: tuple[int, str, str], tss: int) -> bool:
    """Whether the change takes the TSS away by replacing it by another number of letters."""
    position, reference, alternative = change
    first = position + int(reference[0] == alternative[0])
    takes = first <= tss < position + len(reference)
    return takes and len(reference) != len(alternative)


def is_inside(dataset: Dataset, change: tuple[int, str, str], tss: int, strand: str) -> bool:
    position, reference, _ = change
    before, after = tss - position, position + len(reference) - 1 - tss
    if strand == "-":
        before, after = after, before
    return before <= dataset.upstream and after < dataset.downstream


@several
@given(
    number=st.integers(0, 30),
    kinds=st.lists(change_kinds, min_size=1, max_size=3),
    known=st.booleans(),
)
def test_changes_equal_editing_the_chromosome_by_hand(
    toy_dataset: Dataset,
    toy_ensemble: Ensemble,
    genome: Text,
    number: int,
    kinds: list[tuple[int, int, str]],
    known: bool,
) -> None:
    gene_id = str(toy_ensemble.predictions.index[number])
    gene = toy_dataset.genes.loc[gene_id]
    tss, strand, text = int(gene["tss"]), str(gene["strand"]), genome.letters
    changes = [make_change(text, tss, strand, kind) for kind in kinds]
    changes = [
        change
        for change in changes
        if change and is_inside(toy_dataset, change, tss, strand) and not holds_tss(change, tss)
    ]
    changes.sort()
    spans = [(position, position + len(reference)) for position, reference, _ in changes]
    assume(changes)
    assume(all(end <= start for (_, end), (start, _) in itertools.pairwise(spans)))
    rows = [
        placed_row(toy_dataset, gene_id, *change, row=row, haplotype="one")
        for row, change in enumerate(changes, 1)
    ]
    scored = score_placed(
        toy_ensemble, toy_dataset, table(rows), letters=genome if known else None,
        all_substitutions=False,
    )  # fmt: skip
    assert (scored["reason"] == "").all()
    assert len(scored) == len(changes) + (len(changes) > 1)
    names = [EFFECT + name for name in toy_ensemble.populations]
    spreads = [SPREAD + name for name in toy_ensemble.populations]
    for _, row in scored.iterrows():
        together = row["haplotype"] != ""
        applied = changes if together else [changes[row["row"] - 1]]
        edited_text, new_tss = edit(text, tss, applied)
        window = cut(edited_text, new_tss, strand, 300, 200)
        if not known:
            window = blank_entered(window, applied, tss, strand)
        effects = dense_effects(toy_dataset, toy_ensemble, gene_id, window)
        np.testing.assert_allclose(row[names].astype(float), effects.mean(axis=0), atol=TOLERANCE)
        spread = effects.std(axis=0, ddof=1)
        np.testing.assert_allclose(row[spreads].astype(float), spread, atol=TOLERANCE)
        if together:
            parts = [f"{reference}>{alternative}" for _, reference, alternative in changes]
            assert row["substitution"] == "+".join(parts)
            assert not row["given"]
        else:
            assert row["substitution"] == applied[0][2]
            assert row["given"]


def blank_entered(window, changes, tss: int, strand: str):
    """Put N where letters entered the window at its two ends."""
    growth = {"left": 0, "right": 0}
    for position, reference, alternative in changes:
        shared = int(reference[0] == alternative[0])
        side = "left" if position - 1 + shared < tss else "right"
        if position + shared == tss and len(reference) == len(alternative):
            side = "right"  # moves nothing
        growth[side] += len(alternative) - len(reference)
    first, last = growth["left"], growth["right"]
    if strand == "-":
        first, last = last, first
    window = window.copy()
    window[: max(-first, 0)] = 4
    window[len(window) - max(-last, 0) :] = 4
    return window


def test_letters_that_enter_are_known_or_said_to_be_unknown(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    gene_id = first_gene(toy_dataset, toy_ensemble, "-")
    position = int(toy_dataset.genes.loc[gene_id, "tss"]) + 50
    reference = genome.letters[position - 1 : position + 6]
    position, reference, alternative = left_aligned(
        genome.letters, position, reference, reference[0]
    )
    rows = table([placed_row(toy_dataset, gene_id, position, reference, alternative)])
    without = score_placed(toy_ensemble, toy_dataset, rows).iloc[0]
    assert without["note"] == (
        "6 letters that entered the window in place of deleted ones are unknown (N)"
    )
    assert score_placed(toy_ensemble, toy_dataset, rows, letters=genome).iloc[0]["note"] == ""


def first_gene(dataset: Dataset, ensemble: Ensemble, strand: str) -> str:
    genes = dataset.genes.loc[ensemble.predictions.index]
    return str(genes.index[genes["strand"] == strand][2])


@pytest.mark.parametrize("strand", ["+", "-"])
def test_what_removes_the_tss_has_a_reason(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text, strand: str
) -> None:
    gene_id = first_gene(toy_dataset, toy_ensemble, strand)
    tss = int(toy_dataset.genes.loc[gene_id, "tss"])
    change = left_aligned(genome.letters, tss - 2, genome.letters[tss - 3 : tss + 2], "G")
    rows = table([placed_row(toy_dataset, gene_id, *change)])
    row = score_placed(toy_ensemble, toy_dataset, rows).iloc[0]
    assert row["reason_kind"] == "removes the TSS"
    assert "replaces the TSS itself" in row["reason"]
    assert pd.isna(row["largest_effect"])
    assert pd.isna(row["fold"])


def test_changes_of_many_genes_together_are_those_of_each_alone(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    rows = []
    for number, gene_id in enumerate(toy_ensemble.predictions.index, 1):
        position = int(toy_dataset.genes.loc[gene_id, "tss"]) + 20
        for part, start in enumerate((position, position + 15)):
            here = genome.letters[start - 1 : start + 2]
            change = left_aligned(genome.letters, start, here, here[0])
            rows.append(placed_row(toy_dataset, str(gene_id), *change, row=number, part=part))
    together = score_placed(toy_ensemble, toy_dataset, table(rows), letters=genome)
    assert together["fold"].nunique() == 2
    names = [EFFECT + name for name in toy_ensemble.populations]
    for place in range(0, len(rows), 9):
        alone = score_placed(toy_ensemble, toy_dataset, table([rows[place]]), letters=genome)
        np.testing.assert_allclose(
            together.loc[place, names].astype(float), alone.loc[0, names].astype(float), atol=2e-6
        )


def test_changes_that_overlap_are_scored_alone_and_a_note_says_why(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    gene_id = first_gene(toy_dataset, toy_ensemble, "+")
    position = int(toy_dataset.genes.loc[gene_id, "tss"]) + 20
    here = genome.letters[position - 1 : position + 3]
    other = BASES[(BASES.index(here[1]) + 1) % 4]
    rows = [
        placed_row(toy_dataset, gene_id, position, here, "T" + "A" * 5, row=1, haplotype="h"),
        placed_row(toy_dataset, gene_id, position + 1, here[1], other, row=2, haplotype="h"),
    ]
    scored = score_placed(toy_ensemble, toy_dataset, table(rows), all_substitutions=False)
    assert scored["row"].tolist() == [1, 2]
    assert scored["note"].str.startswith("not scored together: Two edits").all()
    assert (scored["haplotype"] == "").all()


def test_haplotypes_are_those_of_one_gene_without_what_changes_nothing(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    first = first_gene(toy_dataset, toy_ensemble, "+")
    tss = int(toy_dataset.genes.loc[first, "tss"])
    places = [tss - 30, tss - 20, tss + 5, tss + 9]
    rows = []
    for row, position in enumerate(places, 1):
        letter = genome.letters[position - 1]
        other = BASES[(BASES.index(letter) + 1) % 4]
        rows.append(placed_row(toy_dataset, first, position, letter, other, row=row, haplotype="h"))
    rows[2]["alleles"] = "swapped"  # the haplotype has the genome's own letter there
    rows.append({**rows[1], "row": 5})  # the same once more
    rows.append({**rows[3], "row": 6, "reason": "told before", "reason_kind": "unreadable"})
    rows.append({**rows[3], "row": 7, "haplotype": "another, alone"})
    scored = score_placed(toy_ensemble, toy_dataset, table(rows), all_substitutions=False)
    together = scored[scored["haplotype"] != ""]
    assert len(together) == 1
    row = together.iloc[0]
    assert (row["row"], row["haplotype"]) == (1, "h")
    assert row["substitution"].count("+") == 2
    assert row["note"].startswith(f"scored together: chr1:{places[0]:,} ")
    assert row["note"].endswith("1 part of the haplotype left out (not scored, or the genome's own letter)")  # fmt: skip
    assert pd.isna(row["given_effect"])
    assert row["reference"] == row["alternative"] == ""


def test_spacing_leaves_room_for_edits() -> None:
    assert SPACING >= 300 + 200 + 12

"""What the allele columns of a list mean: the genome is the oracle, the list's words are the evidence."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pytest

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.store import Workspace
from scx_core.variants.pipeline import PlacedList, Scorer, ScoringOptions
from scx_core.variants.reading import read_variants

QUICK = ScoringOptions(genome_percentiles=False, ranked_genes=0)
COMPLEMENT: Final = str.maketrans("ACGT", "TGCA")
Pair = tuple[int, str, str]


@pytest.fixture(scope="module")
def letters(toy_root: Path) -> str:
    return (toy_root / "inputs" / "toy.fa").read_text().split("\n")[1]


@pytest.fixture(scope="module")
def pairs(toy_dataset: Dataset, letters: str) -> list[Pair]:
    """Position, reference and alternative of a substitution in each gene's window; no A/T, C/G."""
    rng = np.random.default_rng(5)
    found = []
    for tss in toy_dataset.genes["tss"].astype(int):
        letter = letters[tss + 19]
        others = sorted(set("ACGT") - {letter, letter.translate(COMPLEMENT)})
        found.append((tss + 20, letter, str(rng.choice(others))))
    return found


@pytest.fixture
def place(toy_dataset: Dataset, toy_ensemble: Ensemble, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Place a list given as text."""

    def placed(text: str, options: ScoringOptions = QUICK) -> PlacedList:
        with Scorer(Workspace(tmp_path), toy_ensemble, toy_dataset, options) as scorer:
            return scorer.place(read_variants(text, roles=options.roles))

    return placed


def vcf(rows: list[Pair]) -> str:
    lines = [f"chr1\t{at}\tv{n}\t{ref}\t{alt}\t.\t.\tPR" for n, (at, ref, alt) in enumerate(rows)]
    header = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    return header + "\n".join(lines) + "\n"


def first_parts(found: PlacedList) -> pd.DataFrame:
    return found.placed.drop_duplicates("row").reset_index(drop=True)


@pytest.mark.parametrize("n", [8, 60])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_of_exchanged_alleles_the_genomes_is_the_reference(place, pairs, n, share) -> None:
    right = pairs[:n]
    given = [(at, b, a) if k < share * n else (at, a, b) for k, (at, a, b) in enumerate(right)]
    found = place(vcf(given))
    rows = first_parts(found)
    assert (rows["reason"] == "").all()
    assert rows["reference"].tolist() == [a for _, a, _ in right]
    assert rows["alternative"].tolist() == [b for _, _, b in right]
    assert (rows["alleles"] == "swapped").sum() == share * n
    said = " ".join(found.notices)
    assert f"In {int(share * n)} of {n} rows ({share:.0%}), the allele given as the altern" in said
    assert ("are exchanged in this list" in said) == (share == 1.0)
    assert ("is not believed" in said) == (share == 0.5)


def test_one_exchanged_row_is_turned_and_the_list_is_still_believed(place, pairs) -> None:
    at, a, b = pairs[0]
    found = place(vcf([(at, b, a), *pairs[1:40]]))
    assert first_parts(found)["alleles"].tolist() == ["swapped"] + ["match"] * 39
    assert "not believed" not in " ".join(found.notices)


def deletion_that_looks_like_an_insertion(letters: str, tss: int) -> Pair:
    """A deletion of one letter: the genome has the longer allele, and so the shorter, too."""
    at = next(at for at in range(tss + 30, tss + 90) if letters[at - 1] != letters[at])
    return at, letters[at - 1 : at + 1], letters[at - 1]


@pytest.mark.parametrize(
    ("share", "exchanged", "ambiguous"), [(0.0, False, False), (1.0, True, True), (0.5, True, True)]
)
def test_a_deletion_follows_the_order_of_its_list(
    place, pairs, letters, toy_dataset, share, exchanged, ambiguous
) -> None:
    at, long, short = deletion_that_looks_like_an_insertion(
        letters, int(toy_dataset.genes["tss"].iloc[0])
    )
    given = [(p, b, a) if k < share * 60 else (p, a, b) for k, (p, a, b) in enumerate(pairs[:60])]
    row = (at, short, long) if exchanged else (at, long, short)
    found = first_parts(place(vcf([row, *given]))).iloc[0]
    assert found["reason"] == ""
    # It is the deletion in all three lists, however it is written.
    assert len(found["reference"]) == 2
    assert len(found["alternative"]) == 1
    assert bool(found["ambiguous"]) is ambiguous


def test_alleles_of_the_other_strand_are_turned_also_where_the_row_cannot_tell(
    place, pairs, letters, toy_dataset
) -> None:
    """A/T and C/G follow their list: all of it is on the minus strand."""
    tss = int(toy_dataset.genes["tss"].iloc[0])
    at = next(at for at in range(tss + 30, tss + 90) if letters[at - 1] == "A")
    given = [(p, a.translate(COMPLEMENT), b.translate(COMPLEMENT)) for p, a, b in pairs[:60]]
    lines = [f"chr1\t{p}\t{b}\t{a}\t0.1\t1e-9" for p, a, b in given]
    # On the plus strand: the effect allele is A, the genome's; written on the minus strand, T.
    lines.append(f"chr1\t{at}\tT\tA\t0.1\t1e-9")
    text = "chr\tpos\teffect_allele\tother_allele\tbeta\tp\n" + "\n".join(lines) + "\n"
    found = place(text)
    assert "are those of the other strand, and are turned" in " ".join(found.notices)
    rows = first_parts(found)
    assert rows["effect_is"].tolist() == ["alternative"] * 60 + ["reference"]
    assert rows["reference"].iloc[-1] == "A"
    assert rows["alleles"].str.startswith("strand-flipped").all()


def test_on_either_strand_a_palindromic_pair_has_no_direction(place, pairs, letters) -> None:
    same = [(p + 1, letters[p], letters[p].translate(COMPLEMENT)) for p, _, _ in pairs]
    given = [
        (p, a.translate(COMPLEMENT), b.translate(COMPLEMENT)) if k % 2 else (p, a, b)
        for k, (p, a, b) in enumerate([*pairs, *same])
    ]
    lines = [f"chr1\t{p}\t{b}\t{a}\t0.1\t1e-9" for p, a, b in given]
    text = "chr\tpos\teffect_allele\tother_allele\tbeta\tp\n" + "\n".join(lines) + "\n"
    found = place(text)
    assert "on either strand" in " ".join(found.notices)
    rows = first_parts(found)
    assert (rows["effect_is"].iloc[: len(pairs)] == "alternative").all()
    assert (rows["effect_is"].iloc[len(pairs) :] == "").all()
    assert rows["ambiguous"].iloc[len(pairs) :].all()

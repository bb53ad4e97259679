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


def summary(rows: list[tuple[object, ...]], *columns: str) -> str:
    lines = ["\t".join(map(str, row)) for row in rows]
    return "\t".join(columns) + "\n" + "\n".join(lines) + "\n"


def test_saige_effects_belong_to_allele_2(place, pairs) -> None:
    rows = [
        (1, p, f"1:{p}:{a}:{b}", a, b, 1200, 0.12, beta)
        for (p, a, b), beta in zip(pairs[:8], (0.2, -0.1) * 4, strict=True)
    ]
    names = ["CHR", "POS", "MarkerID", "Allele1", "Allele2", "AC_Allele2", "AF_Allele2", "BETA"]
    found = place(summary(rows, *names))
    assert (first_parts(found)["effect_is"] == "alternative").all()
    assert found.effect.column == "Allele2"
    assert not found.effect.choices
    assert any("belong to the allele of 'Allele2'" in text for text in found.notices)


@pytest.mark.parametrize(
    ("n", "ids", "asked"), [(8, False, True), (8, True, True), (1, True, True), (3, False, False)]
)
def test_a_convention_that_the_genome_contradicts_is_asked_about(
    place, pairs, n, ids, asked
) -> None:
    """``A1`` is the genome's in all rows, as in tables in which the effect is that of ``A2``."""
    named = [(f"1:{p}:{a}:{b}" if ids else "x", 1, p, a, b, 0.1) for p, a, b in pairs[:n]]
    text = summary(named, "ID", "CHR", "BP", "A1", "A2", "BETA")
    found = place(text)
    rows = first_parts(found)
    if not asked:
        assert (rows["effect_is"] == "reference").all()
        assert any("belong to the allele of 'A1': this is the usual" in t for t in found.notices)
        return
    assert found.effect.choices == ("A1", "A2")
    assert (rows["effect_is"] == "").all()
    assert (rows["effect_allele"] == "").all()
    assert rows["reference"].tolist() == [a for _, a, _ in pairs[:n]]
    assert rows["note"].str.contains("which allele the effect belongs to is not known").all()
    said = next(text for text in found.notices if "may belong to" in text)
    assert f"'A1' is the genome's in {n} of {n} row" in said
    assert "--column effect_allele='A1' or --column effect_allele='A2'" in said
    for column, which in (("A1", "reference"), ("A2", "alternative")):
        chosen = place(
            text, ScoringOptions(roles={"effect_allele": column}, genome_percentiles=False)
        )
        assert not chosen.effect.choices
        assert (first_parts(chosen)["effect_is"] == which).all()
        assert any(f"of {column!r}: so it was chosen" in text for text in chosen.notices)


def test_a_convention_that_the_genome_does_not_contradict_is_said(place, pairs) -> None:
    rows = [(1, p, *((a, b) if k % 3 else (b, a)), 0.1) for k, (p, a, b) in enumerate(pairs[:30])]
    found = place(summary(rows, "CHR", "BP", "A1", "A2", "BETA"))
    assert not found.effect.choices
    is_ = first_parts(found)["effect_is"].tolist()
    assert is_ == ["reference" if k % 3 else "alternative" for k in range(30)]


def test_frequencies_that_contradict_each_other_decide_nothing(place, pairs) -> None:
    """Of both alleles: the convention is left, and the genome objects to it."""
    rows = [(1, p, a, b, 0.3, 0.7, 0.1) for p, a, b in pairs[:10]]
    found = place(
        summary(rows, "CHR", "BP", "Allele1", "Allele2", "AF_Allele1", "AF_Allele2", "BETA")
    )
    assert found.effect.choices == ("Allele1", "Allele2")


def test_a_frequency_against_the_format_is_asked_about(place, pairs) -> None:
    """The columns are those of LDSC, in whose files the effect is that of A1; the frequency is A2's."""
    rows = [(1, f"v{p}", p, b, a, 0.3, 2.1, 900) for p, a, b in pairs[:10]]
    found = place(summary(rows, "CHR", "SNP", "BP", "A1", "A2", "A2_FREQ", "Z", "N"))
    assert set(found.effect.choices) == {"A1", "A2"}
    assert "'A2_FREQ' is named after it" in found.effect.reason
    assert (first_parts(found)["effect_is"] == "").all()


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_effects_of_exchanged_alleles_are_asked_about(place, pairs, share) -> None:
    rows = [
        (1, p, *((b, a) if k < share * 30 else (a, b)), 0.1)
        for k, (p, a, b) in enumerate(pairs[:30])
    ]
    found = place(summary(rows, "chrom", "pos", "ref", "alt", "beta"))
    assert found.effect.choices == ("alt", "ref")
    right = [(1, p, a, b, 0.1) for p, a, b in pairs[:30]]
    found = place(summary(right, "chrom", "pos", "ref", "alt", "beta"))
    assert not found.effect.choices
    assert (first_parts(found)["effect_is"] == "alternative").all()


VCF_ROWS = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n"


def test_accessions_tell_the_build_of_a_list() -> None:
    """``NC_000022.10`` is chr22 of hg19, wherever the name stands; a row of another build is none."""
    text = f"{VCF_ROWS}NC_000022.10\t39966547\t.\tA\tC\n22\t5000\t.\tA\tC\n"
    assert read_variants(text).build == "hg19"
    table = "chromosome\tbase_pair_location\teffect_allele\tother_allele\tbeta\n"
    assert read_variants(f"{table}NC_000022.11\t39570542\tC\tA\t0.1\n").build == "hg38"
    mixed = read_variants(f"{text}NC_000022.11\t39570542\t.\tA\tC\n")
    assert mixed.alleles["reason_kind"].tolist() == ["", "", "wrong build"]
    assert (
        "NC_000022.11 is a chromosome of hg38, and the list is on hg19"
        in (mixed.alleles["reason"].iloc[2])
    )


def test_few_rows_that_say_they_are_on_another_build_are_not_scored_as_they_are(
    toy_dataset, toy_ensemble, tmp_path, pairs
) -> None:
    with Scorer(Workspace(tmp_path), toy_ensemble, toy_dataset, QUICK) as scorer:
        scorer.letters.assembly = "GRCh38"
        at, a, b = pairs[0]
        text = f"##fileformat=VCFv4.2\n##reference=GRCh37\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t{at}\t.\t{a}\t{b}\n"
        refused = scorer.place(read_variants(text))
    assert refused.report.kind == "too few"
    assert refused.placed["reason_kind"].tolist() == ["wrong build"]
    assert "says it is on hg19, and no registered chain" in refused.placed["reason"].iloc[0]
    told = ScoringOptions(build="GRCh38", genome_percentiles=False, ranked_genes=0)
    with Scorer(Workspace(tmp_path), toy_ensemble, toy_dataset, told) as scorer:
        scorer.letters.assembly = "GRCh38"
        assert (scorer.place(read_variants(text)).placed["reason"] == "").all()

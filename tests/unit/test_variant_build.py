"""Letters of the genome, and the genome build that they speak for."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import workspace
from hypothesis import given
from hypothesis import strategies as st

from scx_core.dataset import Dataset
from scx_core.sequence.alphabet import CODE_LETTERS, UNKNOWN
from scx_core.sequence.chromosomes import match_names
from scx_core.sequence.interval import Interval
from scx_core.store import Workspace
from scx_core.variants import genome as genome_module
from scx_core.variants.belonging import tell_apart
from scx_core.variants.build import BuildReport, detect_build
from scx_core.variants.genome import (
    FastaLetters,
    Letters,
    WindowLetters,
    canonical_build,
    open_letters,
)
from scx_core.variants.liftover import Chain, register_chain

LENGTH = workspace.SPACING * (workspace.N_GENES + 1)
SHIFT = 37


@pytest.fixture(scope="module")
def sequence(toy_root: Path) -> str:
    return (toy_root / "inputs" / "toy.fa").read_text().split("\n")[1]


@pytest.fixture(scope="module")
def fasta(toy_dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Letters:
    return open_letters(toy_dataset, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def windows(toy_dataset: Dataset) -> Letters:
    return WindowLetters("toy1", "Windows.", toy_dataset)


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """From toy0, in which everything lies 37 bases to the right, to toy1."""
    root = tmp_path_factory.mktemp("chain")
    text = (
        f"chain 1 chr1 {LENGTH + SHIFT} + {SHIFT} {LENGTH + SHIFT} chr1 {LENGTH} + 0 {LENGTH} 1\n"
        f"{LENGTH}\n\n"
    )
    (root / "toy.chain").write_text(text)
    return register_chain(Workspace(root / "ws"), root / "toy.chain", "toy0", "toy1")


def test_letters_of_the_file_of_the_import(fasta: Letters, sequence: str) -> None:
    assert isinstance(fasta, FastaLetters)
    assert fasta.complete
    assert fasta.source == "Letters are from toy.fa, the genome file of the import."
    assert fasta.chromosomes == {"chr1": LENGTH}
    assert fasta.text("chr1", 500, 520) == sequence[500:520]
    assert fasta.text("chr1", -2, 3) == "NN" + sequence[:3]
    assert fasta.text("chr1", LENGTH - 2, LENGTH + 2) == sequence[-2:] + "NN"


@given(st.lists(st.integers(-5, LENGTH + 5), max_size=30))
def test_scattered_letters_equal_the_text(
    fasta: Letters, windows: Letters, sequence: str, positions: list[int]
) -> None:
    wanted = np.array(positions, dtype=np.int64)
    expected = [sequence[at] if 0 <= at < LENGTH else "N" for at in positions]
    assert [CODE_LETTERS[code] for code in fasta.at("chr1", wanted)] == expected
    # Windows are 500 bases, TSSs 1,000 apart: 300 before and 200 after, turned on the minus strand.
    for at, letter, code in zip(positions, expected, windows.at("chr1", wanted), strict=True):
        gene, offset = divmod(at + 500, 1000)
        plus = gene % 2 == 1  # gene number 0, at 1,000, is on the plus strand
        reach = range(199, 699) if plus else range(300, 800)
        known = 1 <= gene <= workspace.N_GENES and offset in reach
        assert CODE_LETTERS[code] == (letter if known else "N")


def test_letters_of_many_chromosomes(fasta: Letters, sequence: str) -> None:
    rng = np.random.default_rng(0)
    positions = rng.integers(0, LENGTH, 500)
    codes = fasta.at_many(np.full(500, "chr1", object), positions)
    assert "".join(CODE_LETTERS[code] for code in codes) == "".join(
        sequence[at] for at in positions
    )
    assert len(fasta.at_many(np.zeros(0, object), positions[:0])) == 0


def test_overlapping_windows_agree_with_the_genome(tmp_path: Path) -> None:
    inputs = workspace.write_inputs(tmp_path / "inputs")
    dataset = Dataset.build(
        tmp_path / "datasets" / "wide",
        levels={"population": "subclass_label"}, upstream=1500, downstream=700, **inputs,
    )  # fmt: skip
    letters = WindowLetters("toy1", "", dataset)
    text = inputs["genome"].read_text().split("\n")[1]
    first, last = 1000 - 1501, 1000 * workspace.N_GENES + 1500
    known = letters.fetch(Interval("chr1", first, last))
    expected = ("N" * -first + text + "N" * 1500)[: last - first]
    assert "".join(CODE_LETTERS[code] for code in known) == expected
    assert not letters.complete
    assert letters.chromosomes == {"chr1": None}


def copy_dataset(toy_root: Path, root: Path) -> tuple[Dataset, Path]:
    """Make a dataset of its own whose genome may be damaged."""
    shutil.copytree(toy_root / "datasets" / "toy", root / "toy")
    moved = shutil.copyfile(toy_root / "inputs" / "toy.fa", root / "toy.fa")
    record = json.loads((root / "toy" / "dataset.json").read_text())
    record["provenance"]["parameters"]["genome"] = str(moved)
    (root / "toy" / "dataset.json").write_text(json.dumps(record))
    return Dataset.open(root / "toy"), moved


def test_the_windows_stand_in_for_a_file_that_is_gone_or_changed(
    toy_root: Path, tmp_path: Path
) -> None:
    dataset, path = copy_dataset(toy_root, tmp_path)
    assert open_letters(dataset, tmp_path / "cache").complete
    text = path.read_text()
    path.write_text(text.replace("A", "C", 1))
    changed = open_letters(dataset, tmp_path / "cache")
    assert not changed.complete
    assert "another SHA-256" in changed.source
    path.write_text(text + "ACGT\n")
    assert "has changed since the import" in open_letters(dataset, tmp_path / "cache").source
    path.unlink()
    gone = open_letters(dataset, tmp_path / "cache")
    assert f"no longer at {path}" in gone.source
    assert gone.source.startswith("Letters are those of the windows of 80 genes alone")
    record = json.loads((tmp_path / "toy" / "dataset.json").read_text())
    record["provenance"] = {"inputs": {}, "parameters": {"seed": 0}}
    (tmp_path / "toy" / "dataset.json").write_text(json.dumps(record))
    nameless = open_letters(Dataset.open(tmp_path / "toy"), tmp_path / "cache")
    assert "does not name a genome file" in nameless.source


def test_a_file_is_digested_once(
    toy_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset, path = copy_dataset(toy_root, tmp_path)
    digested = []
    digest = genome_module.file_digest
    monkeypatch.setattr(
        genome_module, "file_digest", lambda file: digested.append(file) or digest(file)
    )
    for _ in range(2):
        assert open_letters(dataset, tmp_path / "cache").complete
    assert len(digested) == 1
    os.utime(path, ns=(1, 1))
    assert open_letters(dataset, tmp_path / "cache").complete
    assert len(digested) == 2
    for note in (tmp_path / "cache").glob("digest-*.json"):
        note.write_text("{")
    assert open_letters(dataset, tmp_path / "cache").complete
    assert len(digested) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("GRCh38.p14", "hg38"), ("hg38.chr22", "hg38"), ("human_g1k_v37", "hg19"),
        ("Homo_sapiens.GRCh37.75", "hg19"), ("WS220", "ce10"), ("GRCm38.p6", "mm10"),
        (" toy1 ", "toy1"), ("", ""), ("hg19ToHg38", "hg19ToHg38"),
    ],
)  # fmt: skip
def test_names_of_builds(text: str, name: str) -> None:
    assert canonical_build(text) == name


def test_chromosome_names() -> None:
    known = ["chr1", "chrM", "chrX"]
    assert match_names(["1", "chr1", "MT", "X", "Z", ""], known) == {
        "1": "chr1", "chr1": "chr1", "MT": "chrM", "X": "chrX",
    }  # fmt: skip
    assert match_names(["chr1", "1"], ["1", "chr1"]) == {"chr1": "chr1", "1": "1"}


def make_list(
    sequence: str, n: int, shift: int = 0, seed: int = 0, kind: str = "ordered"
) -> pd.DataFrame:
    """Variants of the toy genome, ``shift`` bases to the right of where they belong."""
    rng = np.random.default_rng(seed)
    starts = rng.choice(np.arange(100, LENGTH - 100), n, replace=False)
    reference = np.array([sequence[at] for at in starts], dtype=object)
    alternative = np.array([rng.choice(sorted(set("ACGT") - {one})) for one in reference], object)
    none = np.full(n, "", object)
    turned = rng.random(n) < 0.5
    effect = np.where(turned, reference, alternative)
    other = np.where(turned, alternative, reference)
    columns = {
        "ordered": (reference, alternative, none, none),
        "effects": (other, effect, effect, other),
        "unordered": (none, none, effect, other),
        "lone": (none, none, effect, none),
        "references": (reference, none, none, none),
    }[kind]
    names = ("reference", "alternative", "effect_allele", "other_allele")
    return pd.DataFrame(
        {
            "row": np.arange(1, n + 1),
            "part": 0,
            "chromosome": "1",
            "position": pd.array(starts + 1 + shift, dtype="Int64"),
            **dict(zip(names, columns, strict=True)),
            "ordered": kind in ("ordered", "references"),
            "reason": "",
        }
    )


def flip(alleles: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    flipped = alleles.copy()
    for name in ("reference", "alternative", "effect_allele", "other_allele"):
        turned = alleles[name].str.translate(str.maketrans("ACGT", "TGCA"))
        flipped[name] = alleles[name].where(~rows, turned)
    return flipped


def sentence(report: BuildReport) -> str:
    assert all(text.endswith(".") and "\n" not in text for text in report.sentences)
    return " ".join(report.sentences)


@pytest.mark.parametrize("kind", ["ordered", "effects", "unordered", "lone", "references"])
def test_a_list_on_the_build_of_the_dataset(fasta: Letters, sequence: str, kind: str) -> None:
    report = detect_build(fasta, make_list(sequence, 300, kind=kind))
    assert (report.kind, report.verdict, report.build, report.chain) == (
        "same", "same build", "toy1", None,
    )  # fmt: skip
    assert len(report.sentences) == 1
    assert "toy1" in sentence(report)


@pytest.mark.parametrize("kind", ["ordered", "effects", "unordered", "lone", "references"])
def test_a_list_on_another_build(fasta: Letters, sequence: str, chain: Chain, kind: str) -> None:
    alleles = make_list(sequence, 300, SHIFT, kind=kind)
    without = detect_build(fasta, alleles)
    assert (without.kind, without.build, without.chain) == ("another", "", None)
    assert "not on toy1" in sentence(without)
    found = detect_build(fasta, alleles, liftovers=[chain])
    assert (found.kind, found.verdict) == ("lifted", "lifted from toy0 fits")
    assert (found.build, found.chain) == ("toy0", chain)
    table = found.table
    as_is = table[(table["lifted_from"] == "") & (table["strand"] == "forward")]
    chance = {
        "reference allele": 0.25,
        "either allele": 0.5,
        "effect allele or its transition": 0.5,
    }
    for row in as_is.itertuples():
        assert row.low < chance[row.compared] + 0.03
        assert abs(row.chance - chance[row.compared]) < 0.03
        assert row.high > chance[row.compared] - 0.03


def test_rates_and_intervals_are_told(fasta: Letters, sequence: str) -> None:
    alleles = make_list(sequence, 300)
    alleles.loc[:14, "reference"] = [
        "ACGT"["ACGT".index(letter) - 1] for letter in alleles["reference"][:15]
    ]
    report = detect_build(fasta, alleles)
    row = report.table.iloc[0]
    assert row[["compared", "strand", "n", "matches"]].tolist() == [
        "reference allele", "forward", 300, 285,
    ]  # fmt: skip
    assert (row["rate"], round(row["low"], 3), round(row["high"], 3)) == (0.95, 0.919, 0.969)
    assert "Build toy1 fits (285 of 300 alleles agree; a wrong build gives about" in sentence(
        report
    )


def test_only_what_is_known_counts(fasta: Letters, windows: Letters, sequence: str) -> None:
    alleles = make_list(sequence, 600)
    alleles.loc[:9, "reason"] = "no good"
    alleles.loc[10:19, "position"] = pd.NA
    alleles.loc[20:29, "chromosome"] = "7"
    assert detect_build(fasta, alleles).fits[0].n == 570
    known = windows.at("chr1", alleles["position"][30:].to_numpy(np.int64) - 1) != UNKNOWN
    report = detect_build(windows, alleles)
    assert report.fits[0].n == known.sum() < 400
    assert report.kind == "same"


def test_a_large_list_is_sampled(fasta: Letters, sequence: str) -> None:
    report = detect_build(fasta, make_list(sequence, 30_000))
    assert report.fits[0].n == 20_000
    assert report == detect_build(fasta, make_list(sequence, 30_000))


@pytest.mark.parametrize(("n", "kind"), [(4, "too few"), (8, "same"), (0, "too few")])
def test_few_rows_tell_nothing(fasta: Letters, sequence: str, n: int, kind: str) -> None:
    report = detect_build(fasta, make_list(sequence, 8).iloc[:n])
    assert report.kind == kind
    if kind == "too few":
        assert report.verdict == f"too few positions to tell (n = {n})"
        assert report.chain is None


def test_random_lists_are_never_said_to_fit(fasta: Letters) -> None:
    rng = np.random.default_rng(0)
    for seed in range(60):
        n = int(rng.integers(3, 60))
        text = "".join(rng.choice(list("ACGT"), LENGTH))
        report = detect_build(fasta, make_list(text, n, seed=seed))
        assert report.kind in ("another", "too few")


def test_strands(fasta: Letters, sequence: str) -> None:
    alleles = make_list(sequence, 400)
    report = detect_build(fasta, flip(alleles, np.ones(400, bool)))
    assert report.kind == "same"
    assert "are those of the other strand" in sentence(report)
    half = np.arange(400) % 2 == 0
    report = detect_build(fasta, flip(alleles, half))
    assert report.kind == "same"
    assert "on either strand" in sentence(report)
    effects = make_list(sequence, 400, kind="effects")
    report = detect_build(fasta, flip(effects, half))
    assert report.kind == "same"
    assert "on either strand" in sentence(report)


@pytest.mark.parametrize("n", [8, 400])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_exchanged_alleles_are_no_other_build(
    fasta: Letters, sequence: str, chain: Chain, n: int, share: float
) -> None:
    alleles = exchange(make_list(sequence, n), share)
    for chains in ([], [chain]):
        report = detect_build(fasta, alleles, liftovers=chains)
        assert report.kind == ("same" if n == 400 else "too few")
        told = "400 of 400 alleles agree" if n == 400 else "8 of 8 match by either allele (100.0%"
        assert told in sentence(report)
        assert ("by chance" if n == 8 else "a wrong build gives") in sentence(report)
        assert report.chain is None
    elsewhere = exchange(make_list(sequence, n, SHIFT), share)
    if n == 400:
        assert detect_build(fasta, elsewhere, liftovers=[chain]).kind == "lifted"
        assert detect_build(fasta, elsewhere).kind == "another"


def exchange(alleles: pd.DataFrame, share: float) -> pd.DataFrame:
    """Exchange reference and alternative of the first rows."""
    rows = np.arange(len(alleles)) < share * len(alleles)
    return alleles.assign(
        reference=alleles["reference"].where(~rows, alleles["alternative"]),
        alternative=alleles["alternative"].where(~rows, alleles["reference"]),
    )


def test_short_lists_on_another_build_are_still_refused(fasta: Letters) -> None:
    rng = np.random.default_rng(1)
    kinds = []
    for seed in range(200):
        text = "".join(rng.choice(list("ACGT"), LENGTH))
        kinds.append(detect_build(fasta, make_list(text, 8, seed=seed)).kind)
    # By chance, 3.5 % have one of two alleles right in 7 or 8 of 8 rows; others are let through
    # because their references fit too often to exclude the build.
    assert kinds.count("another") > 0.5 * len(kinds)
    assert set(kinds) <= {"another", "too few"}


def test_a_chain_that_moves_nothing_is_told_in_words(
    fasta: Letters, sequence: str, tmp_path: Path
) -> None:
    text = f"chain 1 chr1 {LENGTH} + 0 10 chr1 {LENGTH} + 0 10 1\n10\n\n"
    (tmp_path / "short.chain").write_text(text)
    nothing = register_chain(Workspace(tmp_path / "ws"), tmp_path / "short.chain", "toy0", "toy1")
    said = sentence(detect_build(fasta, make_list(sequence, 300, SHIFT), liftovers=[nothing]))
    assert "None" not in said
    assert "after lifting from toy0, no row has a position at which the genome's letter" in said


@pytest.mark.parametrize("share", [0.05, 0.4, 0.8])
def test_mixed_builds(fasta: Letters, sequence: str, chain: Chain, share: float) -> None:
    moved = round(600 * share)
    alleles = pd.concat(
        [make_list(sequence, 600 - moved), make_list(sequence, moved, SHIFT, seed=1)],
        ignore_index=True,
    )
    report = detect_build(fasta, alleles, liftovers=[chain])
    assert report.kind == "mixed"
    assert "mixes genome builds" in sentence(report)
    assert {"toy0", "toy1"} == {report.build, *report.verdict.split()[-1:]}
    without = detect_build(fasta, alleles)
    assert without.kind == ("same" if share < 0.1 else "partly")


def test_what_the_list_states_is_compared(fasta: Letters, sequence: str, chain: Chain) -> None:
    here = make_list(sequence, 300)
    assert "says" not in sentence(detect_build(fasta, here, "toy1"))
    assert "The list says it is on hg19, but its alleles fit toy1." in sentence(
        detect_build(fasta, here, "GRCh37")
    )
    moved = make_list(sequence, 300, SHIFT)
    report = detect_build(fasta, moved, "toy1", [chain])
    assert report.kind == "lifted"
    assert "says it is on toy1, but its alleles fit toy0." in sentence(report)
    few = detect_build(fasta, moved.iloc[:3], "toy0", [chain])
    assert (few.kind, few.build, few.chain) == ("too few", "toy0", chain)


class HumanLetters(FastaLetters):
    def __init__(self, letters: FastaLetters) -> None:
        super().__init__("GRCh38.p14", "Human.", letters._genome)


def test_the_missing_chain_is_named(fasta: Letters, sequence: str) -> None:
    assert isinstance(fasta, FastaLetters)
    human = HumanLetters(fasta)
    moved = make_list(sequence, 300, SHIFT)
    said = sentence(detect_build(human, moved))
    assert "It may be on hg19." in said
    assert "get hg19ToHg38.over.chain.gz from UCSC" in said
    assert "https://hgdownload.soe.ucsc.edu/goldenPath/hg19/liftOver/" in said
    assert "scx chains add hg19ToHg38.over.chain.gz hg19 hg38" in said
    stated = sentence(detect_build(human, moved, "hg18"))
    assert "hg18ToHg38.over.chain.gz" in stated
    assert "hg19" not in stated
    assert "liftOver" not in sentence(detect_build(human, make_list(sequence, 300)))


def test_a_build_that_fits_says_what_a_wrong_one_would_give(fasta: Letters, sequence: str) -> None:
    alleles = exchange(make_list(sequence, 400), 0.5)
    told = "Build toy1 fits (400 of 400 alleles agree; a wrong build gives about half)."
    assert detect_build(fasta, alleles).sentences[0] == told


def test_one_variant_cannot_tell_the_build(fasta: Letters, sequence: str) -> None:
    alleles = make_list(sequence, 1)
    rest = "here. With one variant the build cannot be checked: please confirm it."
    told = detect_build(fasta, alleles).sentences[0]
    assert told == f"Your reference base agrees with toy1 {rest}"
    other = {"A": "C", "C": "G", "G": "T", "T": "A"}
    wrong = alleles.assign(reference=alleles["reference"].map(other))
    told = detect_build(fasta, wrong).sentences[0]
    assert told == f"Your reference base differs from toy1 {rest}"


# --- a list of another organism or build -------------------------------------------------------


def apart(
    letters: Letters,
    alleles: pd.DataFrame,
    stated: str = "",
    *,
    told: str = "",
    chains: tuple[Chain, ...] = (),
) -> str:
    report = detect_build(letters, alleles, stated, chains)
    return tell_apart(report, alleles, letters, told)


def test_a_list_whose_chromosomes_the_genome_lacks_is_of_another_organism(
    fasta: Letters, sequence: str
) -> None:
    worm = make_list(sequence, 9).assign(chromosome=["I", "II", "X"] * 3)
    assert apart(fasta, worm) == (
        "This list and the dataset do not go together: none of its chromosomes (I, II, X) is in toy1 "
        "(chr1). It is of another organism, or of chromosomes that the dataset leaves out; choose the "
        "dataset that it belongs to."
    )
    # A list of the whole genome, of which the dataset has one chromosome, is at home here.
    assert apart(fasta, worm.assign(chromosome=["1", "2", "X"] * 3)) == ""
    assert apart(fasta, worm.assign(chromosome="")) == ""


def test_a_list_on_another_build_is_told_apart(fasta: Letters, sequence: str, chain: Chain) -> None:
    alleles = make_list(sequence, 300, SHIFT)
    assert "too few of its alleles are those of toy1" in apart(fasta, alleles)
    assert apart(fasta, alleles, told="toy1") == ""
    assert apart(fasta, alleles, chains=(chain,)) == (
        "This list is on toy0, the dataset on toy1: its positions are moved."
    )
    assert apart(fasta, make_list(sequence, 300)) == ""


def test_few_rows_are_told_apart_by_what_the_list_says(
    fasta: Letters, sequence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = make_list(sequence, 3)
    assert apart(fasta, few) == ""
    monkeypatch.setattr(fasta, "assembly", "hg38")
    assert "the list says it is on mm10, the dataset is on hg38" in apart(fasta, few, "GRCm38")
    assert apart(fasta, few, "GRCh38") == ""

"""Gene families, from a table and from sequence; the fast count against a slow one."""

import gzip
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.kernels.shared_seeds import PATTERN, find_seeds, pair_genes
from scx_core.sequence.alphabet import COMPLEMENT, UNKNOWN
from scx_core.training.families import derive_families, families_of, read_families
from scx_core.training.settings import TrainingSettings


def random_codes(n_genes: int, length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (n_genes, length)).astype(np.uint8)


def slow_pairs(
    codes: np.ndarray, most_genes: int, few_genes: int, shift: int
) -> tuple[Counter[tuple[int, int]], Counter[tuple[int, int]]]:
    """Seeds as texts, genes in dictionaries: how many seeds each pair shares."""
    where: dict[str, dict[int, list[tuple[int, str]]]] = defaultdict(lambda: defaultdict(list))
    complement = str.maketrans("ACGT", "TGCA")
    for gene, row in enumerate(codes):
        letters = "".join("ACGTN"[min(code, 4)] for code in row)
        for place in range(len(letters) - len(PATTERN) + 1):
            whole = letters[place : place + len(PATTERN)]
            if "N" in whole:
                continue
            seed = "".join(x for x, use in zip(whole, PATTERN, strict=True) if use == "1")
            other = seed.translate(complement)[::-1]
            strand = "-" if other < seed else "+"
            where[min(seed, other)][gene].append((place, strand))
    in_place: Counter[tuple[int, int]] = Counter()
    anywhere: Counter[tuple[int, int]] = Counter()
    for by_gene in where.values():
        entries = sum(len(places) for places in by_gene.values())
        rare = len(by_gene) <= most_genes and entries <= 4 * most_genes
        genes = sorted(by_gene)
        pairs = combinations(genes, 2)
        if not rare:  # a chain: each with the four that follow
            pairs = (
                (one, other) for at, one in enumerate(genes) for other in genes[at + 1 : at + 5]
            )
        on_strand = [
            sum(any(found == strand for _, found in places) for places in by_gene.values())
            for strand in "+-"
        ]
        for one, other in pairs:
            if rare and len(by_gene) <= few_genes:
                anywhere[one, other] += 1
            same = any(
                a[1] == b[1] and abs(a[0] - b[0]) <= shift
                for a in by_gene[one]
                for b in by_gene[other]
            )
            if same and 5 * min(on_strand) <= len(by_gene):
                in_place[one, other] += 1
    return in_place, anywhere


def fast_pairs(codes: np.ndarray, *limits: int) -> list[Counter[tuple[int, int]]]:
    seeds = find_seeds(codes)
    none = np.empty(0, np.int64)
    lists = tuple(np.empty(count, np.int64) for count in pair_genes(seeds, *limits, none, none))
    pair_genes(seeds, *limits, *lists)
    return [Counter((int(pair) >> 32, int(pair) & 0xFFFFFFFF) for pair in pairs) for pairs in lists]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n_genes=st.integers(0, 8),
    length=st.integers(0, 120),
    most_genes=st.integers(1, 8),
    few_genes=st.integers(0, 4),
    shift=st.integers(0, 60),
)
def test_shared_seeds_are_those_of_the_slow_count(
    seed: int, n_genes: int, length: int, most_genes: int, few_genes: int, shift: int
) -> None:
    rng = np.random.default_rng(seed)
    codes = random_codes(n_genes, length, seed)
    for _ in range(12 if n_genes and length > 40 else 0):  # copies, repeats, unknown letters
        one, other = rng.integers(0, n_genes, 2)
        size = int(rng.integers(20, 40))
        start, end = rng.integers(0, length - size, 2)
        piece = codes[one, start : start + size].copy()
        kind = rng.integers(0, 4)
        if kind == 0:
            piece = COMPLEMENT[piece][::-1]
        elif kind == 1:
            piece[:] = np.tile(piece[:2], size)[:size]
        elif kind == 2:
            codes[other, end : end + size : 9] = rng.integers(0, 15)
            continue
        codes[other, end : end + size] = piece
    fast = fast_pairs(codes, most_genes, few_genes, shift)
    assert fast == list(slow_pairs(codes, most_genes, few_genes, shift))


def copy_changed(letters: np.ndarray, identity: float, rng: np.random.Generator) -> np.ndarray:
    """Change letters as evolution does in coding sequence: seven in ten in the third place."""
    rate = np.resize(np.array([0.5, 0.4, 2.1]) * (1 - identity), len(letters))
    change = rng.random(len(letters)) < rate
    return np.where(change, (letters + rng.integers(1, 4, len(letters))) % 4, letters).astype(
        np.uint8
    )


def plant(identity: float, n: int = 60, length: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Unrelated genes, then a changed copy of each one's coding sequence, a little shifted."""
    rng = np.random.default_rng(1)
    windows = random_codes(2 * n, 1600, seed=2)
    for gene in range(n):
        at, shifted = 620 + rng.integers(0, 60, 2)
        coding = windows[gene, at : at + length]
        windows[n + gene, shifted : shifted + length] = copy_changed(coding, identity, rng)
    return windows, np.arange(n)


@pytest.mark.parametrize(
    ("identity", "least"), [(0.95, 1.0), (0.9, 1.0), (0.85, 1.0), (0.8, 0.95), (0.75, 0.75)]
)
def test_paralogues_are_found(identity: float, least: float) -> None:
    windows, genes = plant(identity)
    family = derive_families(windows, 600)
    found = family[len(genes) :] == genes
    assert found.mean() >= least
    assert (family[: len(genes)] == genes).all()  # and nobody else
    assert set(family[len(genes) :][~found]) <= set(np.flatnonzero(~found) + len(genes))


def test_distant_copies_and_unrelated_genes_are_not_families() -> None:
    windows, _ = plant(0.5)
    assert (derive_families(windows, 600) == np.arange(len(windows))).all()


def test_families_reach_through_others_and_name_their_first_gene() -> None:
    windows = random_codes(9, 1600)
    windows[5, 650:900] = windows[2, 650:900]
    windows[7, 950:1200] = windows[5, 950:1200]
    assert derive_families(windows, 600).tolist() == [0, 1, 2, 3, 4, 2, 6, 2, 8]


def test_neighbours_that_share_their_promoter_are_one_family() -> None:
    genome = random_codes(1, 6000)[0]
    upstream, downstream = 600, 1000
    plus = genome[3000 - upstream : 3000 + downstream]
    for distance, together in [(300, True), (700, True), (950, False)]:
        tss = 3000 - distance  # of a gene on the other strand, that begins just upstream
        minus = COMPLEMENT[genome[tss - downstream + 1 : tss + upstream + 1]][::-1]
        family = derive_families(np.stack([plus, minus]), upstream)
        assert (family[0] == family[1]) == together


def test_repeats_on_either_strand_are_no_family() -> None:
    windows = random_codes(40, 1600)
    repeat = random_codes(1, 300, seed=9)[0]
    for gene in range(40):
        windows[gene, 700:1000] = repeat if gene % 2 else COMPLEMENT[repeat][::-1]
    assert len(set(derive_families(windows, 600))) == 40


def test_unknown_letters_relate_nothing() -> None:
    windows = np.full((6, 1600), UNKNOWN, np.uint8)
    assert len(set(derive_families(windows, 600))) == 6
    windows[:] = random_codes(1, 1600)[0]
    windows[1:, ::10] = (
        5 + np.arange(5, dtype=np.uint8)[:, None]
    )  # R, Y, S, …: not letters to match
    assert len(set(derive_families(windows, 600))) == 6


def test_windows_shorter_than_what_is_compared() -> None:
    windows = random_codes(5, 60)
    windows[3] = windows[1]
    assert derive_families(windows, 20).tolist() == [0, 1, 2, 1, 4]
    assert derive_families(windows[:, :10], 5).tolist() == [0, 1, 2, 3, 4]


GENES = pd.DataFrame(
    {"gene_name": ["HBA1", "HBA2", "HBB", "DUP", "DUP", "ENSG00000000001"]},
    index=pd.Index([f"ENSG0000000000{n}" for n in range(1, 7)], name="gene_id"),
)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "gene_id\tfamily\nENSG00000000001\tglobin\nENSG00000000003\tglobin\n",
        "ENSG00000000001\tglobin\nENSG00000000003\tglobin\n",
        "ENSG00000000001.12,globin\nENSG00000000003.3,globin\n",
        "Gene stable ID,Family\nHBA1,globin\r\nHBB,globin\r\n",
        "# from a colleague\n\nHBA1\t globin \nHBA1\tglobin\n HBB\tglobin\n",
        '"HBA1","globin"\n"HBB","globin"\n',
    ],
)
def test_tables_of_families(text: str, tmp_path: Path) -> None:
    families, notices = read_families(write(tmp_path / "f.txt", text), GENES)
    assert list(families.index) == list(GENES.index)
    assert families.to_dict() == {
        "ENSG00000000001": "globin",
        "ENSG00000000002": "ENSG00000000002",
        "ENSG00000000003": "globin",
        "ENSG00000000004": "ENSG00000000004",
        "ENSG00000000005": "ENSG00000000005",
        "ENSG00000000006": "ENSG00000000006",
    }
    assert notices == (
        "4 genes of the dataset have no family in f.txt; each counts as a family of its own.",
    )


def test_compressed_tables_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv.gz"
    path.write_bytes(gzip.compress(b"HBA1\tglobin\nHBA2\tglobin\n"))
    families, _ = read_families(path, GENES)
    assert (families == "globin").sum() == 2


def test_genes_on_one_side_only_are_counted(tmp_path: Path) -> None:
    text = "HBA1\tglobin\nDUP\tx\nGHOST\tx\nHBA2\t\nHBB\tENSG00000000002\n"
    families, notices = read_families(write(tmp_path / "f.tsv", text), GENES)
    # A gene alone does not join a family that happens to bear its name.
    assert families.iloc[:3].tolist() == ["globin", "ENSG00000000002 alone", "ENSG00000000002"]
    assert families.nunique() == 6
    assert notices == (
        "2 genes of f.tsv are not in the dataset, or share a symbol there, and were passed over: "
        "DUP, GHOST.",
        "4 genes of the dataset have no family in f.tsv; each counts as a family of its own.",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("gene\tfamily\n", "names no gene"),
        ("HBA1\tglobin\tx\n", "line 1: a gene and its family were expected, not 'HBA1"),
        ("HBA1\tglobin\nHBA2\n", "line 2: a gene and its family"),
        ("HBA1\tglobin\n\tglobin\n", "line 2: a gene and its family"),
        (
            "gene,family\nHBA1,globin\nHBB,globin\nENSG00000000001,other\n",
            "puts ENSG00000000001 into two families, 'globin' .line 2. and 'other' .line 4.",
        ),
        ("A\tx\nB\ty\n", "None of the genes of f.tsv is in the dataset"),
    ],
)
def test_broken_tables_are_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(ScxError, match=says):
        read_families(write(tmp_path / "f.tsv", text), GENES)


def test_files_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.tsv"
    path.write_bytes(bytes(range(256)) * 20)
    with pytest.raises(ScxError):
        read_families(path, GENES)
    with pytest.raises(ScxError, match="no file"):
        read_families(tmp_path / "none.tsv", GENES)


def test_families_that_the_settings_ask_for(toy_dataset: Dataset, tmp_path: Path) -> None:
    assert families_of(toy_dataset, TrainingSettings()) == (None, ())
    derived, notices = families_of(toy_dataset, TrainingSettings(split="family"))
    assert derived is not None
    assert derived.to_list() == list(toy_dataset.genes.index)  # a random genome has no paralogues
    assert notices == ()
    table = write(tmp_path / "f.tsv", "SYM3\tpair\nSYM8\tpair\n")
    given_, notices = families_of(
        toy_dataset, TrainingSettings(split="family", families=str(table))
    )
    assert given_ is not None
    assert list(np.flatnonzero(given_ == "pair")) == [3, 8]
    assert len(notices) == 1


def test_a_family_of_more_genes_than_make_a_repeat_is_one() -> None:
    """Seeds of more than 200 genes were dropped, and parted the largest families."""
    rng = np.random.default_rng(3)
    windows = random_codes(700, 1600, seed=4)
    coding = windows[0, 620:1220].copy()
    members = np.arange(0, 700, 2)
    for gene in members:
        windows[gene, 620:1220] = copy_changed(coding, 0.9, rng)
    family = derive_families(windows, 600)
    assert len(np.unique(family[members])) == 1
    others = np.setdiff1d(np.arange(700), members)
    assert (family[others] == others).all()  # and nobody else

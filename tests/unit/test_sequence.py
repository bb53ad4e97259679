"""Letters, intervals, genomes and windows."""

import gzip
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from Bio import bgzf
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.errors import ScxError
from scx_core.sequence.alphabet import (
    CODE_LETTERS,
    CODE_WEIGHTS,
    decode,
    encode,
    reverse_complement,
)
from scx_core.sequence.genome import Genome, match_chromosomes
from scx_core.sequence.interval import Interval
from scx_core.sequence.windows import (
    extract_windows,
    fetch_window,
    index_to_position,
    position_to_index,
    window_interval,
)
from scx_core.training.data import one_hot_batch

# Worked out by hand from the IUPAC nomenclature (NC-IUB 1984): weights of A, C, G, T.
IUPAC = {
    "A": (1, 0, 0, 0), "C": (0, 1, 0, 0), "G": (0, 0, 1, 0), "T": (0, 0, 0, 1),
    "R": (1 / 2, 0, 1 / 2, 0), "Y": (0, 1 / 2, 0, 1 / 2), "S": (0, 1 / 2, 1 / 2, 0),
    "W": (1 / 2, 0, 0, 1 / 2), "K": (0, 0, 1 / 2, 1 / 2), "M": (1 / 2, 1 / 2, 0, 0),
    "B": (0, 1 / 3, 1 / 3, 1 / 3), "D": (1 / 3, 0, 1 / 3, 1 / 3), "H": (1 / 3, 1 / 3, 0, 1 / 3),
    "V": (1 / 3, 1 / 3, 1 / 3, 0), "N": (1 / 4, 1 / 4, 1 / 4, 1 / 4),
}  # fmt: skip

dna = st.text(alphabet=CODE_LETTERS, min_size=1, max_size=200)


@pytest.mark.parametrize("letter", sorted(IUPAC))
def test_each_of_the_15_letters_shares_its_weight(letter: str) -> None:
    np.testing.assert_allclose(CODE_WEIGHTS[encode(letter)][0], IUPAC[letter], rtol=1e-6)
    np.testing.assert_array_equal(encode(letter), encode(letter.lower()))
    # The complement of a letter stands for the complements of its bases: A<->T, C<->G.
    np.testing.assert_allclose(
        CODE_WEIGHTS[reverse_complement(encode(letter))][0], IUPAC[letter][::-1], rtol=1e-6
    )


def test_there_are_15_letters_and_weights_sum_to_one() -> None:
    assert len(CODE_LETTERS) == len(IUPAC) == 15
    np.testing.assert_allclose(CODE_WEIGHTS.sum(axis=1), 1)


@given(dna)
def test_decode_undoes_encode_and_reverse_complement_undoes_itself(text: str) -> None:
    codes = encode(text)
    assert decode(codes) == text
    np.testing.assert_array_equal(reverse_complement(reverse_complement(codes)), codes)


@pytest.mark.parametrize(("text", "place"), [("ACGTXN", "position 5"), ("AC GT", "position 3")])
def test_other_letters_are_refused_with_their_place(text: str, place: str) -> None:
    with pytest.raises(ScxError, match=place):
        encode(text)


def test_letters_beyond_ascii_are_refused() -> None:
    with pytest.raises(ScxError, match="position 3"):
        encode("ACÄ")


def test_interval_is_shown_one_based_and_read_back() -> None:
    interval = Interval("chr22", 39_563_752, 39_574_252, "+")
    assert str(interval) == "chr22:39,563,753-39,574,252:+"
    assert Interval.parse(str(interval)) == interval
    assert len(interval) == 10_500


@pytest.mark.parametrize("text", ["chr1", "chr1:5", "chr1:9-3", "chr1:a-b", ""])
def test_interval_refuses(text: str) -> None:
    with pytest.raises(ScxError):
        Interval.parse(text)


def test_window_convention_worked_by_hand() -> None:
    # TSS at position 101 (1-based), 3 upstream, 2 downstream.
    # Plus: positions 98..102, that is [97, 102). Minus: positions 100..104, that is [99, 104).
    assert window_interval("c", 101, "+", 3, 2) == Interval("c", 97, 102, "+")
    assert window_interval("c", 101, "-", 3, 2) == Interval("c", 99, 104, "-")


@given(
    tss=st.integers(1, 10_000),
    strand=st.sampled_from("+-"),
    upstream=st.integers(0, 50),
    downstream=st.integers(1, 50),
    data=st.data(),
)
def test_index_and_position_are_inverse_and_the_tss_is_index_upstream(
    tss: int, strand: str, upstream: int, downstream: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, upstream + downstream - 1))
    position = index_to_position(index, tss, strand, upstream)
    assert position_to_index(position, tss, strand, upstream) == index
    assert index_to_position(upstream, tss, strand, upstream) == tss
    interval = window_interval("c", tss, strand, upstream, downstream)
    assert interval.start <= position - 1 < interval.end


def write_fasta(path: Path, records: dict[str, str], width: int = 20) -> Path:
    lines = []
    for name, text in records.items():
        lines += [
            f">{name} a description",
            *(text[i : i + width] for i in range(0, len(text), width)),
        ]
    path.write_text("\n".join(lines) + "\n")
    return path


def compress(plain: Path, how: str) -> Path:
    if how == "plain":
        return plain
    packed = plain.with_suffix(".fa.gz")
    opener = gzip.open if how == "gzip" else bgzf.open
    with opener(packed, "wb") as file:
        file.write(plain.read_bytes())
    return packed


@pytest.mark.parametrize("how", ["plain", "gzip", "bgzip"])
def test_windows_equal_slices_of_the_letters(tmp_path: Path, how: str) -> None:
    rng = np.random.default_rng(1)
    text = "".join(rng.choice(list("ACGTacgtN"), size=333))
    path = compress(write_fasta(tmp_path / "g.fa", {"chr1": text, "chr2": text[::-1]}), how)
    genome = Genome.open(path, tmp_path / "cache")
    assert dict(genome.chromosomes) == {"chr1": 333, "chr2": 333}
    for tss in (1, 5, 100, 333):
        for strand in "+-":
            padded = "N" * 40 + text.upper() + "N" * 40
            start = 40 + tss - 1 - 30 if strand == "+" else 40 + tss - 12
            expected = padded[start : start + 42]
            if strand == "-":
                expected = expected[::-1].translate(str.maketrans("ACGTN", "TGCAN"))
            codes = fetch_window(genome, "chr1", tss, strand, 30, 12)
            assert decode(codes) == expected
    if how != "plain":
        assert {p.name for p in tmp_path.iterdir()} == {"g.fa", "g.fa.gz", "cache"}
    genome.close()


def test_each_thread_reads_its_own_letters(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    records = {f"c{n}": "".join(rng.choice(list("ACGT"), size=5000)) for n in range(4)}
    genome = Genome.open(write_fasta(tmp_path / "g.fa", records), tmp_path / "cache")
    wrong: list[str] = []

    def read(name: str) -> None:
        for start in rng.integers(0, 4900, 200):
            found = decode(genome.fetch(Interval(name, int(start), int(start) + 100)))
            if found != records[name][start : start + 100]:
                wrong.append(name)
        genome.close()

    threads = [threading.Thread(target=read, args=(name,)) for name in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    genome.close()
    assert not wrong


def test_extract_windows_fills_rows_in_the_order_of_the_genes(tmp_path: Path) -> None:
    genome = Genome.open(
        write_fasta(tmp_path / "g.fa", {"b": "ACGT" * 20, "a": "GGCC" * 20}), tmp_path / "cache"
    )
    genes = pd.DataFrame(
        {"chromosome": ["b", "a", "b"], "tss": [40, 9, 5], "strand": ["-", "+", "+"]}
    )
    out = np.empty((3, 6), np.uint8)
    extract_windows(genome, genes, 2, 4, out)
    for row, (chromosome, tss, strand) in enumerate(genes.itertuples(index=False)):
        np.testing.assert_array_equal(out[row], fetch_window(genome, chromosome, tss, strand, 2, 4))
    genome.close()


def break_fasta(path: Path, how: str) -> Path:
    good = write_fasta(path, {"chr1": "ACGT" * 500}).read_bytes()
    broken = {
        "missing": None,
        "empty": b"",
        "not fasta": b"Hello, I am a letter.\n",
        "cut gzip": gzip.compress(good)[:-30],
        "ragged": b">chr1\nACGTACGT\nAC\nACGTACGT\nACGT\n",
        "twice": b">chr1\nACGT\n>chr1\nACGT\n",
    }[how]
    path.unlink()
    if broken is not None:
        path.write_bytes(broken)
    return path


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("missing", "no genome file"),
        ("empty", "is empty"),
        ("not fasta", "is not FASTA"),
        ("cut gzip", "cut short or damaged|not a whole gzip"),
        ("ragged", "cannot be indexed"),
        ("twice", "cannot be indexed"),
    ],
)
def test_broken_genomes_are_refused_and_leave_nothing(tmp_path: Path, how: str, says: str) -> None:
    path = break_fasta(tmp_path / "g.fa", how)
    with pytest.raises(ScxError, match=says):
        Genome.open(path, tmp_path / "cache")
    left = (
        {p.suffix for p in (tmp_path / "cache").glob("*")}
        if (tmp_path / "cache").exists()
        else set()
    )
    assert left <= {".lock"}


def test_letters_that_are_not_dna_name_file_and_place(tmp_path: Path) -> None:
    path = write_fasta(tmp_path / "g.fa", {"chr1": "ACGTJACGT"})
    genome = Genome.open(path, tmp_path / "cache")
    with pytest.raises(ScxError, match=r"g\.fa, chr1:1-9.*'J'.*position 5"):
        genome.fetch(Interval("chr1", 0, 9))
    genome.close()


@pytest.fixture
def two_chromosomes(tmp_path: Path) -> Genome:
    return Genome.open(
        write_fasta(tmp_path / "g.fa", {"chr1": "ACGT", "chr2": "ACGT", "chrM": "AC"}),
        tmp_path / "c",
    )


def test_chromosome_names_match_with_and_without_chr(two_chromosomes: Genome) -> None:
    assert match_chromosomes(["1", "2", "MT"], two_chromosomes) == {
        "1": "chr1", "2": "chr2", "MT": "chrM",
    }  # fmt: skip
    assert match_chromosomes(["chr1", "chr9"], two_chromosomes) == {"chr1": "chr1"}
    two_chromosomes.close()


def test_mixed_chromosome_names_are_an_error_that_says_so(two_chromosomes: Genome) -> None:
    with pytest.raises(ScxError, match="mixed"):
        match_chromosomes(["chr1", "2"], two_chromosomes)
    two_chromosomes.close()


def test_foreign_chromosome_names_list_both_sides(two_chromosomes: Genome) -> None:
    with pytest.raises(ScxError, match=r"has I, II; .* has chr1, chr2"):
        match_chromosomes(["I", "II"], two_chromosomes)
    two_chromosomes.close()


@settings(max_examples=20)
@given(dna)
def test_one_hot_has_one_column_for_each_letter(text: str) -> None:
    encoded = one_hot_batch(encode(text)[None]).numpy()
    assert encoded.shape == (1, 4, len(text))
    np.testing.assert_array_equal(encoded[0].T, CODE_WEIGHTS[encode(text)])

"""Alleles in windows: oracle is a loop over all windows."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.sequence.alphabet import decode, encode, reverse_complement
from scx_core.sequence.windows import window_interval
from scx_core.variants.genome import Letters, WindowLetters
from scx_core.variants.placing import (
    PLACED_COLUMNS,
    REASON_KINDS,
    distance_text,
    place_alleles,
)

UPSTREAM, DOWNSTREAM = 12, 8
LENGTHS = {"chr1": 400, "chr2": 150}
GENES = pd.DataFrame(
    [
        ("ONE", "chr1", 100, "+"),
        ("TWO", "chr1", 105, "-"),
        ("SAME", "chr1", 100, "+"),
        ("EDGE", "chr1", 4, "+"),
        ("FAR", "chr1", 300, "-"),
        ("", "chr2", 60, "-"),
    ],
    columns=["gene_name", "chromosome", "tss", "strand"],
    index=["G1", "G2", "G3", "G4", "G5", "G6"],
)
REGIONS = pd.DataFrame(
    {
        "chromosome": ["1", "1", "1", "chr9"],
        "start": [104, 98, 299, 5],
        "end": [110, 106, 300, 9],
        "name": ["R2", "R1", "R3", "R9"],
        "region_class": ["pELS", "PLS,CTCF-bound", "dELS", "PLS"],
    }
)


class TypedLetters(Letters):
    def __init__(self, sequences: dict[str, str], complete: bool = True) -> None:
        lengths = {name: len(text) for name, text in sequences.items()}
        super().__init__("toy1", "Typed.", complete, lengths)
        self.sequences = sequences

    def _known(self, chromosome: str, positions: np.ndarray) -> np.ndarray:
        return encode(self.sequences[chromosome])[positions]


def make_genome(seed: int = 0, letters: str = "ACGT") -> TypedLetters:
    rng = np.random.default_rng(seed)
    return TypedLetters(
        {name: "".join(rng.choice(list(letters), length)) for name, length in LENGTHS.items()}
    )


def make_dataset(genome: TypedLetters) -> Any:
    windows = []
    for gene in GENES.itertuples():
        interval = window_interval(gene.chromosome, gene.tss, gene.strand, UPSTREAM, DOWNSTREAM)
        codes = genome.fetch(interval)
        windows.append(reverse_complement(codes) if gene.strand == "-" else codes)
    return SimpleNamespace(
        genes=GENES, windows=np.array(windows), upstream=UPSTREAM, downstream=DOWNSTREAM,
        regions=REGIONS,
    )  # fmt: skip


GENOME = make_genome()
DATASET = make_dataset(GENOME)


def make_alleles(*rows: tuple[Any, ...], **columns: object) -> pd.DataFrame:
    """Rows of chromosome, position, reference, alternative."""
    frame = pd.DataFrame(rows, columns=["chromosome", "position", "reference", "alternative"])
    frame["position"] = pd.array([row[1] for row in rows], dtype="Int64")
    frame.insert(0, "row", np.arange(1, len(rows) + 1))
    frame = frame.assign(part=0, effect_allele="", other_allele="", reason="")
    return frame.assign(**columns)


def place(*rows: tuple[Any, ...], **columns: object) -> pd.DataFrame:
    return place_alleles(DATASET, make_alleles(*rows, **columns), GENOME)


def letter(position: int, chromosome: str = "chr1") -> str:
    return GENOME.sequences[chromosome][position - 1]


def change_of(reference: str) -> str:
    """One letter that shares neither end, so that nothing is trimmed or shifted."""
    return next(base for base in "ACGT" if base not in (reference[0], reference[-1]))


def test_indices_and_distances_by_hand() -> None:
    placed = place(("chr1", 103, "", ""))
    assert placed["gene_id"].tolist() == ["G1", "G2", "G3"]
    assert placed["index"].tolist() == [15, 14, 15]
    assert placed["relative_to_tss"].tolist() == [3, 2, 3]
    assert placed["genome_reference"].tolist() == [letter(103)] * 3
    assert placed["region"].tolist() == ["R1"] * 3
    assert placed["outside_by"].isna().all()
    assert (placed["reason"] == "").all()
    assert list(placed.columns) == list(PLACED_COLUMNS)
    assert placed[["index", "relative_to_tss", "position", "outside_by"]].dtypes.eq("Int64").all()
    assert placed["ambiguous"].dtype == bool


def test_a_deletion_lies_where_its_reference_does() -> None:
    genome = make_genome(3)
    dataset = make_dataset(genome)
    sequence = genome.sequences["chr1"]
    reference = sequence[97:102]
    placed = place_alleles(dataset, make_alleles(("chr1", 98, reference, reference[0])), genome)
    for row in placed.itertuples():
        window = dataset.windows[GENES.index.get_loc(row.gene_id)]
        found = window[row.index : row.index + len(row.reference)]
        strand = GENES.loc[row.gene_id, "strand"]
        assert decode(reverse_complement(found) if strand == "-" else found) == row.reference
        assert row.relative_to_tss == row.index - UPSTREAM
    assert placed["gene_id"].tolist() == ["G1", "G2", "G3"]


@pytest.mark.parametrize(
    ("place_", "bp", "gene"),
    [
        (("chr1", 87), 1, "ONE"),  # the window of ONE begins at 88
        (("chr1", 118), 1, "TWO"),  # that of TWO ends at 117
        (("chr1", 60), 28, "ONE"),
        (("chr1", 13), 2, "EDGE"),
        (("1", 400), 88, "FAR"),
        (("chr2", 1), 52, "G6"),
        (("chr1", 205), 88, "TWO"),  # as far from FAR, which ends at 293 … the first is told
    ],
)
def test_outside_says_by_how_far(place_: tuple[str, int], bp: int, gene: str) -> None:
    row = place((*place_, "", "")).iloc[0]
    assert row["reason"] == f"outside every window; {bp} bp beyond that of {gene}"
    assert (row["reason_kind"], row["outside_by"], row["gene_id"]) == ("outside windows", bp, "")
    assert row["position"] == place_[1]
    assert pd.isna(row["index"])
    assert row["alleles"] == row["genome_reference"] == ""


@pytest.mark.parametrize(
    ("bp", "text"),
    [(1, "1 bp"), (999, "999 bp"), (1000, "1.0 kb"), (3885, "3.9 kb"), (999_949, "999.9 kb"),
     (999_950, "1.0 Mb"), (12_345_678, "12.3 Mb")],
)  # fmt: skip
def test_distances_as_people_read_them(bp: int, text: str) -> None:
    assert distance_text(bp) == text


def test_what_crosses_the_end_of_a_window_says_so() -> None:
    reference = GENOME.sequences["chr1"][85:89]
    placed = place(("chr1", 86, reference, change_of(reference)))
    assert placed["gene_id"].tolist() == ["G1", "G3"]
    assert placed["reason"].tolist() == [
        "the reference reaches 2 bp out of the window of ONE",
        "the reference reaches 2 bp out of the window of SAME",
    ]
    assert placed["outside_by"].tolist() == [2, 2]
    assert placed["index"].isna().all()
    # 106-109 ends in the window of TWO, and sticks out of those of ONE and SAME.
    reference = GENOME.sequences["chr1"][105:109]
    placed = place(("chr1", 106, reference, change_of(reference))).set_index("gene_id")
    assert placed["reason_kind"].to_dict() == {
        "G1": "outside windows", "G2": "", "G3": "outside windows",
    }  # fmt: skip


def test_crossing_is_told_where_only_windows_are_known() -> None:
    letters = WindowLetters("toy1", "", DATASET)
    reference = GENOME.sequences["chr1"][85:89]
    alleles = make_alleles(("chr1", 86, reference, change_of(reference)))
    placed = place_alleles(DATASET, alleles, letters)
    assert set(placed["reason_kind"]) == {"outside windows"}
    assert placed["gene_id"].tolist() == ["G1", "G3"]
    lone = place_alleles(DATASET, make_alleles(("chr1", 80, "A", "C")), letters).iloc[0]
    assert lone["reason"] == "outside every window; 8 bp beyond that of ONE"


@pytest.mark.parametrize(
    ("row", "kind", "says"),
    [
        (("chr3", 5, "", ""), "other chromosome", "chromosome chr3 has no gene of the dataset"),
        (("", 5, "", ""), "no position", "the position is not known"),
        (("chr1", None, "", ""), "no position", "the position is not known"),
        (("chr1", 401, "", ""), "beyond the chromosome",
         "position 401 is beyond the end of chromosome chr1"),
        (("chr1", 399, "ACG", "A"), "beyond the chromosome", "position 399 is beyond"),
        (("chr1", 103, "<DEL>", "A"), "symbolic allele", "<DEL>"),
        (("chr1", 103, "A" * 21, "A"), "too long", "21 letters is longer than the window of 20"),
    ],
)  # fmt: skip
def test_reasons(row: tuple[Any, ...], kind: str, says: str) -> None:
    placed = place(row)
    assert set(placed["reason_kind"]) == {kind}
    assert says in placed["reason"].iloc[0]
    assert kind in REASON_KINDS


def test_reasons_of_the_reader_are_passed_on() -> None:
    rows = [("chr1", 103, "", ""), ("chr1", None, "", ""), ("chr1", 103, "", ""),
            ("chr1", None, "", "")]  # fmt: skip
    placed = place(
        *rows,
        reason=["no good", "no rs", "", ""],
        reason_kind=["", "unknown id", "", ""],
        lifted_from=["", "", "chr7:5", ""],
        id=["", "", "", "rs1"],
    )
    first = placed.drop_duplicates("row")
    assert first["reason"].tolist() == ["no good", "no rs", "", "the position of rs1 is not known"]
    assert first["reason_kind"].tolist() == ["unreadable", "unknown id", "", "unknown id"]
    assert first["lifted_from"].tolist() == ["", "", "chr7:5", ""]
    assert first["position"].tolist() == [103, pd.NA, 103, pd.NA]
    assert placed["row"].tolist() == [1, 2, 3, 3, 3, 4]


def test_reference_mismatches_keep_their_gene() -> None:
    wrong = "C" if letter(103) in "AT" else "A"
    other = {"A": "T", "C": "G"}[wrong]
    placed = place(("chr1", 103, wrong, other))
    assert placed["gene_id"].tolist() == ["G1", "G2", "G3"]
    assert set(placed["reason_kind"]) == {"reference mismatch"}
    flipped = str.maketrans("ACGT", "TGCA")
    turned = ("chr1", 103, letter(103).translate(flipped), "AC"[letter(103) in "AT"])
    assert place(turned)["alleles"].iloc[0] == "strand-flipped"
    refused = place_alleles(DATASET, make_alleles(turned), GENOME, strand="plus")
    assert set(refused["reason_kind"]) == {"reference mismatch"}


def test_an_indel_may_be_aligned_into_a_window() -> None:
    sequences = {"chr1": "G" * 110 + "CACACACACACACA" + "G" * 276, "chr2": "A" * 150}
    genome = TypedLetters(sequences)
    dataset = make_dataset(genome)
    placed = place_alleles(dataset, make_alleles(("chr1", 122, "ACA", "A")), genome)
    assert placed[["gene_id", "position", "reference", "alternative"]].to_numpy().tolist() == [
        ["G2", 110, "GCA", "G"]
    ]
    assert placed["index"].tolist() == [UPSTREAM + 105 - 112]


def test_regions_of_the_dataset_or_others() -> None:
    alleles = make_alleles(("chr1", 105, "", ""), ("chr1", 300, "", ""), ("chr1", 90, "", ""))
    placed = place_alleles(DATASET, alleles, GENOME).drop_duplicates("row")
    assert placed["region"].tolist() == ["R1, R2", "R3", ""]
    assert placed["region_class"].tolist() == ["PLS,CTCF-bound; pELS", "dELS", ""]
    others = REGIONS.assign(start=89, end=90, chromosome="chr1").iloc[:1]
    placed = place_alleles(DATASET, alleles, GENOME, others).drop_duplicates("row")
    assert placed["region"].tolist() == ["", "", "R2"]
    none = place_alleles(DATASET, alleles, GENOME, REGIONS.iloc[:0])
    assert set(none["region"]) == {""}


def test_an_empty_list_stays_one() -> None:
    placed = place_alleles(DATASET, make_alleles(("chr1", 5, "", "")).iloc[:0], GENOME)
    assert len(placed) == 0
    assert list(placed.columns) == list(PLACED_COLUMNS)


def oracle(position: int, span: int, chromosome: str) -> tuple[dict[str, tuple[int, int]], int]:
    """Windows that hold the reference, with its index and TSS distance; the least distance."""
    held, gaps = {}, []
    for gene in GENES.itertuples():
        if gene.chromosome != chromosome:
            continue
        window = window_interval(chromosome, gene.tss, gene.strand, UPSTREAM, DOWNSTREAM)
        spots = range(window.start + 1, window.end + 1)
        reference = range(position, position + span)
        gaps.append(min(abs(a - b) for a in spots for b in reference))
        if all(spot in spots for spot in reference):
            first = reference[0] if gene.strand == "+" else reference[-1]
            relative = first - gene.tss if gene.strand == "+" else gene.tss - first
            held[gene.Index] = (relative + UPSTREAM, relative)
    return held, min(gaps)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(LENGTHS)), st.integers(1, 150), st.integers(1, 6)),
        min_size=1,
        max_size=8,
    )
)
def test_windows_equal_a_loop_over_all_of_them(spots: list[tuple[str, int, int]]) -> None:
    rows = []
    for chromosome, position, span in spots:
        reference = GENOME.sequences[chromosome][position - 1 :][:span]
        # A change of every letter: nothing to trim or to shift.
        changed = reference.translate(str.maketrans("ACGT", "CGTA"))
        rows.append((chromosome, position, reference, changed))
    placed = place(*rows)
    assert placed["row"].is_monotonic_increasing
    assert set(placed["row"]) == set(range(1, len(rows) + 1))
    for number, (chromosome, position, reference, changed) in enumerate(rows, start=1):
        held, gap = oracle(position, len(reference), chromosome)
        mine = placed[placed["row"] == number]
        scorable = mine[mine["reason"] == ""]
        found = scorable.set_index("gene_id")[["index", "relative_to_tss"]]
        places = map(tuple, found.to_numpy().tolist())
        assert dict(zip(found.index, places, strict=True)) == held
        assert (scorable["position"] == position).all()
        assert (scorable["alternative"] == changed).all()
        if gap:
            assert mine["outside_by"].tolist() == [gap]


def test_chunks_leave_no_trace() -> None:
    rng = np.random.default_rng(0)
    n = 5000
    alleles = make_alleles(*[("chr1", int(at), "", "") for at in rng.integers(1, 400, n)])
    whole = place_alleles(DATASET, alleles, GENOME)
    halves = [place_alleles(DATASET, alleles.iloc[part], GENOME)
              for part in (slice(0, 2000), slice(2000, n))]  # fmt: skip
    pd.testing.assert_frame_equal(whole, pd.concat(halves, ignore_index=True))


@pytest.mark.parametrize("name", ["23", "X", "chrX", "NC_000023.11", "CM000685.2", "XY"])
def test_chromosome_x_under_any_name(name: str) -> None:
    genome = TypedLetters({"chrX": GENOME.sequences["chr1"], "chrY": "ACGT" * 20})
    genes = GENES[GENES["chromosome"] == "chr1"].assign(chromosome="chrX")
    dataset = SimpleNamespace(
        genes=genes, windows=DATASET.windows[: len(genes)], upstream=UPSTREAM,
        downstream=DOWNSTREAM, regions=REGIONS.assign(chromosome=name),
    )  # fmt: skip
    placed = place_alleles(dataset, make_alleles((name, 105, "", "")), genome)
    assert (placed["reason"] == "").all()
    assert set(placed["chromosome"]) == {"chrX"}
    assert set(placed["region"]) == {"R1, R2"}
    other = place_alleles(dataset, make_alleles(("24", 10, "", "")), genome).iloc[0]
    assert other["reason_kind"] == "other chromosome"

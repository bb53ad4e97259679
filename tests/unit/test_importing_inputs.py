"""Exons, GC contents, offset, median and CAGE peaks, from files to a dataset."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from annotation_rows import gtf_both, write
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from scx_core.annotation import ALL_HALF_LIFE_FEATURES, HALF_LIFE_FEATURES
from scx_core.annotation.cage import move_to_summits, read_cage_peaks
from scx_core.commands import app
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.expression import log10_pseudobulk
from scx_core.importing import ImportRequest
from scx_core.importing.gc_content import gc_contents
from scx_core.sequence.genome import Genome

PLUS, MINUS = "ENSG00000000001", "ENSG00000000002"
LETTERS = "".join(np.random.default_rng(5).choice(list("ACGTacgtNR"), size=3000))
# By hand, from the rows of annotation_rows: see test_exons.
PARTS = {
    PLUS: {
        "utr5_gc": [(100, 200), (300, 320)], "orf_gc": [(320, 400), (500, 660)],
        "utr3_gc": [(660, 700), (900, 1000)],
    },
    MINUS: {
        "utr5_gc": [(2440, 2450), (2500, 2600)],
        "orf_gc": [(2400, 2440), (2200, 2300), (2099, 2100)], "utr3_gc": [(2000, 2099)],
    },
}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "inputs"
    folder.mkdir()
    (folder / "g.fa").write_text(f">chr1\n{LETTERS}\n")
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        rng.gamma(1.0, 2.0, size=(2, 4)).round(3),
        index=pd.Index([PLUS, MINUS], name="gene"),
        columns=["A", "B", "C", "D"],
    )
    table.loc[PLUS, "A"] = 0.0
    table.to_csv(folder / "expression.tsv", sep="\t")
    return {
        "genome": folder / "g.fa",
        "annotation": write(folder / "a.gtf", gtf_both(stop_rows=True)),
        "expression": folder / "expression.tsv",
    }


def build(tmp_path: Path, files: dict[str, Path], name: str = "new", **options: object) -> Dataset:
    path = tmp_path / "ws" / "datasets" / name
    fitted = {"normalize": "none", "upstream": 300, "downstream": 200, **files, **options}
    return Dataset.build(path, **fitted)  # type: ignore[arg-type]


def share(places: list[tuple[int, int]]) -> float:
    text = "".join(LETTERS[start:end] for start, end in places).upper()
    known = [letter for letter in text if letter in "ACGT"]
    return sum(letter in "GC" for letter in known) / len(known)


def test_gc_contents_are_those_of_the_spliced_parts(tmp_path, files):
    dataset = build(tmp_path, files)
    assert dataset.half_life_features == ALL_HALF_LIFE_FEATURES
    for gene, parts in PARTS.items():
        for name, places in parts.items():
            assert dataset.genes.loc[gene, name] == pytest.approx(share(places), abs=1e-12)
            assert dataset.half_life.loc[gene, name] == pytest.approx(share(places), abs=1e-12)
    assert list(dataset.exons["gene_id"].unique()) == [PLUS, MINUS]
    assert len(dataset.exons) == 12
    dataset.validate()
    assert list(dataset.half_life.columns) == list(ALL_HALF_LIFE_FEATURES)


def test_without_gc_a_dataset_is_as_before(tmp_path, files):
    dataset = build(tmp_path, files, gc=False)
    assert dataset.half_life_features == HALF_LIFE_FEATURES
    assert list(dataset.half_life.columns) == list(HALF_LIFE_FEATURES)
    assert not [name for name in dataset.genes if name.endswith("_gc")]
    assert len(dataset.exons) == 12
    assert dataset.digest != build(tmp_path, files, "other").digest


def test_a_dataset_of_before_has_no_exons(tmp_path, files):
    dataset = build(tmp_path, files)
    (dataset.path / "exons.parquet").unlink()
    old = Dataset.open(dataset.path)
    assert old.exons.empty
    assert list(old.exons) == list(dataset.exons)
    old.validate()


def test_a_table_of_tss_has_neither(tmp_path, files):
    rows = ["gene_id\tchrom\ttss\tstrand", f"{PLUS}\tchr1\t900\t+", f"{MINUS}\tchr1\t2000\t-"]
    table = write(tmp_path / "a.tsv", rows)
    dataset = build(tmp_path, files | {"annotation": table})
    assert dataset.exons.empty
    assert dataset.half_life_features == ()
    assert not [name for name in dataset.genes if name.endswith("_gc")]


def test_values_of_the_user_stay(tmp_path, files):
    own = write(tmp_path / "own.tsv", ["gene_id\torf_gc", f"{MINUS}\t0.125"])
    dataset = build(tmp_path, files, features=own)
    assert dataset.genes.loc[MINUS, "orf_gc"] == 0.125
    assert dataset.genes.loc[PLUS, "orf_gc"] == pytest.approx(share(PARTS[PLUS]["orf_gc"]))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_gc_contents_equal_counting_letter_by_letter(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("gc")
    letters = {
        name: data.draw(st.text("ACGTN", min_size=1, max_size=300)) for name in ("chrA", "chrB")
    }
    (folder / "g.fa").write_text("".join(f">{name}\n{text}\n" for name, text in letters.items()))
    chromosomes = pd.Series({f"G{n}": "chrA" if n % 2 else "chrB" for n in range(6)})
    rows = []
    for gene in chromosomes.index:
        for part in data.draw(st.lists(st.sampled_from(["utr5", "cds", "utr3", "exon"]))):
            start = data.draw(st.integers(0, 320))
            rows.append((gene, "T", start, start + data.draw(st.integers(1, 50)), part))
    exons = pd.DataFrame(rows, columns=["gene_id", "transcript_id", "start", "end", "part"])
    genome = Genome.open(folder / "g.fa", folder / "cache")
    found = gc_contents(exons, chromosomes, genome)
    genome.close()
    for gene in chromosomes.index:
        for name, part in (("utr5_gc", "utr5"), ("orf_gc", "cds"), ("utr3_gc", "utr3")):
            own = exons[(exons["gene_id"] == gene) & (exons["part"] == part)]
            text = "".join(
                letters[chromosomes[gene]][a:b]
                for a, b in zip(own["start"], own["end"], strict=True)
            )
            known = [letter for letter in text if letter != "N"]
            expected = sum(letter in "GC" for letter in known) / len(known) if known else math.nan
            assert found.loc[gene, name] == pytest.approx(expected, nan_ok=True)


def test_offset_is_added_before_the_logarithm(tmp_path, files):
    dataset = build(tmp_path, files, offset=0.1)
    linear = pd.read_csv(files["expression"], sep="\t", index_col=0)
    np.testing.assert_allclose(
        dataset.expression.loc[[PLUS, MINUS], list("ABCD")], np.log10(linear + 0.1), atol=1e-6
    )
    assert dataset.metadata["offset"] == 0.1
    assert dataset.metadata["floor"] == dataset.expression.loc[PLUS, "A"] == -1.0
    assert dataset.metadata["smallest_log10"] == pytest.approx(
        float(np.log10(linear[linear > 0].min().min() + 0.1))
    )
    plain = build(tmp_path, files, "plain")
    assert plain.expression.loc[PLUS, "A"] == -4.0
    assert plain.metadata["offset"] == 0.0


@pytest.mark.parametrize("offset", [0.3, 0.017, 1.0])
def test_what_is_never_seen_is_equal_to_the_floor(tmp_path, files, offset):
    dataset = build(tmp_path, files, offset=offset)
    assert ((dataset.expression <= dataset.metadata["floor"]).sum() == [1, 0, 0, 0]).all()


@pytest.mark.parametrize("offset", [-0.1, math.nan, math.inf])
def test_an_offset_that_is_none_is_refused(offset):
    with pytest.raises(ScxError, match="offset"):
        ImportRequest(Path("g"), Path("a"), Path("e"), offset=offset)
    with pytest.raises(ScxError, match="offset"):
        log10_pseudobulk(pd.DataFrame([[1.0]]), offset=offset)


def test_the_median_is_a_level_of_its_own(tmp_path, files):
    dataset = build(tmp_path, files, offset=0.1, median=True)
    assert dataset.levels == ["population", "median"]
    assert dataset.populations_at("median") == ["Median of 4 populations"]
    assert dataset.finest_populations == list("ABCD")
    linear = pd.read_csv(files["expression"], sep="\t", index_col=0).loc[[PLUS, MINUS]]
    expected = [sorted(row)[1:3] for row in linear.to_numpy()]
    np.testing.assert_allclose(
        dataset.expression.loc[[PLUS, MINUS], "Median of 4 populations"],
        [np.log10(sum(pair) / 2 + 0.1) for pair in expected],
        atol=1e-6,
    )


def test_a_median_of_one_population_is_refused(tmp_path, files):
    one = pd.read_csv(files["expression"], sep="\t", index_col=0)[["B"]]
    one.to_csv(tmp_path / "one.tsv", sep="\t")
    with pytest.raises(ScxError, match="at least two populations"):
        build(tmp_path, files | {"expression": tmp_path / "one.tsv"}, median=True)


def bed(path: Path, *rows: str) -> Path:
    return write(path, ["\t".join(row.split()) for row in rows])


def test_tss_move_to_the_strongest_summit_on_their_strand(tmp_path, files):
    # PLUS begins at 101 (+), MINUS at 2600 (-).
    peaks = bed(
        tmp_path / "cage.bed",
        "chr1 80 91 weak 5 + 84 85 0",
        "chr1 140 151 strong 50 + 149 150 0",
        "chr1 100 101 other 900 - 100 101 0",
        "chr1 605 610 far 900 + 607 608 0",
    )
    dataset = build(tmp_path, files, cage=peaks)
    genes = dataset.genes
    assert genes["tss"].tolist() == [150, 2600]
    assert genes["annotated_tss"].tolist() == [101, 2600]
    assert genes["transcript_rule"].tolist() == ["longest CDS + CAGE", "longest CDS"]
    told = [notice for notice in dataset.notices if "cage.bed" in notice]
    assert told == [
        "1 of 2 TSSs was put at the summit of the strongest peak of cage.bed within 500 bp on their "
        "strand (1 moved, by a median of 49 bp); 1 without a peak stays."
    ]
    from scx_core.sequence.alphabet import decode

    expected = ("N" * 151 + LETTERS[: 150 - 1 + 200].upper())[:500]
    assert decode(dataset.windows[0]) == expected
    plain = build(tmp_path, files, "plain")
    pd.testing.assert_frame_equal(dataset.half_life, plain.half_life)
    pd.testing.assert_frame_equal(dataset.exons, plain.exons)
    chosen = dataset.transcripts.set_index("gene_id")
    assert chosen["tss"].tolist() == [150, 2600]
    assert "annotated_tss" not in plain.genes
    wide = build(tmp_path, files, "wide", cage=peaks, cage_distance=507)
    assert wide.genes["tss"].tolist() == [608, 2600]


def test_names_with_and_without_chr_agree_and_a_mixture_does_not(tmp_path, files):
    peaks = bed(tmp_path / "a.bed", "1 140 151 p 50 + 149 150 0")
    assert build(tmp_path, files, cage=peaks).genes["tss"].iloc[0] == 150
    mixed = bed(tmp_path / "b.bed", "1 140 151 p 50 +", "chr1 140 151 p 50 +")
    with pytest.raises(ScxError, match="names the same chromosome in two ways"):
        build(tmp_path, files, "mixed", cage=mixed)


def test_peaks_near_no_tss_are_told(tmp_path, files):
    peaks = bed(
        tmp_path / "a.bed", "chr1 1500 1510 p 5 +", "chr9 1 2 p 5 +", "chr1 9000 9001 p 5 +"
    )
    dataset = build(tmp_path, files, cage=peaks)
    assert dataset.genes["tss"].tolist() == [101, 2600]
    told = " ".join(dataset.notices)
    assert "No peak of a.bed lies within 500 bp of a TSS on its strand" in told
    assert "2 of 3 CAGE peaks of a.bed lie on chromosomes that the genome file lacks" in told


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["chr1 1 5 p 5"], "fewer than 6 columns, so its CAGE peaks have no strand"),
        (
            ["#head", "chr1 1 5 p 5 +", "chr1 1 5 p 5 ."],
            "line 3: the strand of the CAGE peak is '.'",
        ),
        (["chr1 1 5 p high +"], "line 1: the score of the CAGE peak is 'high'"),
        (["chr1 1 5 p 5 + x 4"], "line 1: the thickStart of the CAGE peak is 'x'"),
        (["chr1 5 1 p 5 +"], "line 1: end 1 is not after start 5"),
        (["#only comments"], "holds no CAGE peaks"),
    ],
)
def test_bad_peaks_are_refused_with_their_line(tmp_path, rows, told):
    with pytest.raises(ScxError, match=re.escape(told)):
        read_cage_peaks(bed(tmp_path / "a.bed", *rows))


def test_summits_are_thick_starts_else_middles(tmp_path):
    peaks = read_cage_peaks(
        bed(
            tmp_path / "a.bed",
            "chr1 10 20 thick 1 + 12 13",
            "chr1 10 20 whole 1 + 10 20",
            "chr1 10 20 none 1 + 10 10",
            "chr1 10 21 odd 1 - 0 0",
            "chr1 10 11 one 1 - 10 11",
        )
    )
    assert peaks["summit"].tolist() == [13, 15, 15, 16, 11]


@given(
    tss=st.lists(st.integers(1, 200), min_size=1, max_size=6),
    peaks=st.lists(
        st.tuples(
            st.sampled_from("ab"), st.integers(1, 200), st.sampled_from("+-"), st.integers(1, 3)
        ),
        max_size=12,
    ),
    distance=st.integers(0, 60),
)
def test_moving_equals_looking_at_every_peak(tss, peaks, distance):
    genes = pd.DataFrame(
        {
            "chromosome": ["ab"[n % 2] for n in range(len(tss))],
            "strand": ["+-"[n // 2 % 2] for n in range(len(tss))],
            "tss": tss,
            "transcript_rule": "rule",
        }
    )
    table = pd.DataFrame(peaks, columns=["chromosome", "summit", "strand", "strength"])
    moved = move_to_summits(genes, table, distance).genes
    for row, gene in genes.iterrows():
        near = [
            (-strength, abs(summit - gene["tss"]), summit)
            for chromosome, summit, strand, strength in peaks
            if (chromosome, strand) == (gene["chromosome"], gene["strand"])
            and abs(summit - gene["tss"]) <= distance
        ]
        expected = min(near)[2] if near else gene["tss"]
        assert moved.loc[row, "tss"] == expected
        assert moved.loc[row, "transcript_rule"] == ("rule + CAGE" if near else "rule")


def test_the_request_survives_json(tmp_path):
    request = ImportRequest(
        Path("g"), Path("a"), Path("e"), offset=0.1, median=True, gc=False, cage=Path("c.bed"),
        cage_distance=100,
    )  # fmt: skip
    assert ImportRequest.from_dict(request.to_dict()) == request
    assert request.to_dict()["cage"] == "c.bed"
    with pytest.raises(ScxError, match="distance of CAGE peaks"):
        ImportRequest(Path("g"), Path("a"), Path("e"), cage_distance=-1)


def test_the_command_line_has_the_same_choices(tmp_path, files):
    peaks = bed(tmp_path / "cage.bed", "chr1 140 151 p 50 + 149 150 0")
    words = [
        "--workspace", tmp_path / "ws", "import", "new", "--genome", files["genome"],
        "--annotation", files["annotation"], "--expression", files["expression"], "--normalize",
        "none", "--upstream", 300, "--downstream", 200, "--offset", 0.1, "--median", "--no-gc",
        "--cage", peaks, "--cage-distance", 40,
    ]  # fmt: skip
    result = CliRunner().invoke(app, list(map(str, words)))
    assert result.exit_code == 0, result.stderr
    dataset = Dataset.open(tmp_path / "ws" / "datasets" / "new")
    assert dataset.levels == ["population", "median"]
    assert dataset.metadata["offset"] == 0.1
    assert dataset.half_life_features == HALF_LIFE_FEATURES
    assert dataset.genes["tss"].tolist() == [101, 2600]  # the summit is 49 bp away
    assert "No peak of cage.bed lies within 40 bp" in " ".join(dataset.notices)
    assert set(dataset.metadata["provenance"]["inputs"]) >= {"genome", "annotation", "cage"}

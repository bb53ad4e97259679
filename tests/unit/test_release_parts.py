"""The files of a release, each by itself: sequences, labels, folds, positions, folders."""

import h5py
import numpy as np
import pandas as pd
import pytest
import release_files as files
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.annotation import read_annotation
from scx_core.errors import ScxError
from scx_core.release.folds import folds_as_table, read_folds_table
from scx_core.release.labels import choose_labels, read_labels
from scx_core.release.layout import find_release, find_releases
from scx_core.release.places import gene_ids, read_places
from scx_core.release.placing import place_genes
from scx_core.release.sequences import read_genes, read_windows, write_sequences
from scx_core.sequence.alphabet import CODE_LETTERS, encode, reverse_complement
from scx_core.sequence.genome import Genome
from scx_core.training.folds import split_fold

NAMES = ("A", "B", "C")
#: Weights of the IUPAC letters in the order A, C, T, G, written out.
RELEASED = {
    "A": (1, 0, 0, 0), "C": (0, 1, 0, 0), "T": (0, 0, 1, 0), "G": (0, 0, 0, 1),
    "N": (1 / 4,) * 4, "R": (1 / 2, 0, 0, 1 / 2), "Y": (0, 1 / 2, 1 / 2, 0),
    "S": (0, 1 / 2, 0, 1 / 2), "W": (1 / 2, 0, 1 / 2, 0), "K": (0, 0, 1 / 2, 1 / 2),
    "M": (1 / 2, 1 / 2, 0, 0), "B": (0, 1 / 3, 1 / 3, 1 / 3), "D": (1 / 3, 0, 1 / 3, 1 / 3),
    "H": (1 / 3, 1 / 3, 1 / 3, 0), "V": (1 / 3, 1 / 3, 0, 1 / 3),
}  # fmt: skip


def windows_of(path, up, down, n_genes):
    out = np.zeros((n_genes, up + down), np.uint8)
    return out, read_windows(path, up, down, out)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_letters_are_read_as_they_are_released(tmp_path, dtype):
    path = tmp_path / "s.h5"
    with h5py.File(path, "w") as file:
        file["data"], file["geneName"] = np.zeros((2, 5)), np.array([b"A", b"B"])
        stored = file.create_dataset("promoter", (2, files.LENGTH, 4), dtype, chunks=(1, 10_000, 4))
        for at, letter in enumerate(CODE_LETTERS):
            stored[1, files.TSS - 3 + at] = RELEASED[letter]
    out, n_empty = windows_of(path, 3, 20, 2)
    assert n_empty == 1
    n_letters = len(CODE_LETTERS)
    assert out[1, :n_letters].tolist() == encode(CODE_LETTERS).tolist()
    assert set(out[1, n_letters:]) | set(out[0]) == {CODE_LETTERS.index("N")}


@pytest.mark.parametrize("chunks", ["rows", "blocks", "contiguous"])
def test_any_chunks_give_the_same_windows(tmp_path, chunks, monkeypatch):
    monkeypatch.setattr("scx_core.release.sequences._ROWS", 2)
    rng = np.random.default_rng(3)
    sequences = {row: rng.integers(0, 4, files.LENGTH) for row in (0, 3, 4)}
    path = tmp_path / "s.h5"
    files.write_sequences(path, list("ABCDE"), np.zeros((5, 5)), sequences, chunks)
    out, n_empty = windows_of(path, 70, 33, 5)
    assert n_empty == 2
    for row, letters in sequences.items():
        expected = "".join(
            files.LETTERS[letter] for letter in letters[files.TSS - 70 : files.TSS + 33]
        )
        assert out[row].tolist() == encode(expected).tolist()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), up=st.integers(0, 70_000), down=st.integers(1, 25_001))
def test_written_sequences_are_read_back(tmp_path_factory, seed, up, down):
    codes = (
        np.random.default_rng(seed).integers(0, len(CODE_LETTERS), files.LENGTH).astype(np.uint8)
    )
    path = tmp_path_factory.mktemp("s") / "s.h5"
    write_sequences(path, ("X",), np.zeros((1, 5)), iter([codes]))
    out, n_empty = windows_of(path, up, down, 1)
    assert n_empty == 0
    np.testing.assert_array_equal(out[0], codes[files.TSS - up : files.TSS + down])
    assert read_genes(path).names == ("X",)


def write_h5(path, **changes):
    parts = {
        "data": np.zeros((2, 5)), "geneName": np.array([b"A", b"B"]),
        "promoter": np.zeros((2, files.LENGTH, 4)),
    } | changes  # fmt: skip
    with h5py.File(path, "w") as file:
        for name, value in parts.items():
            if value is not None:
                file[name] = value


def weights_with(value):
    weights = np.zeros((2, files.LENGTH, 4), np.float32)
    weights[1, files.TSS + 2] = value
    return weights


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"geneName": None}, "s.h5 has no geneName"),
        ({"promoter": np.zeros((2, 900, 4))}, "promoter of s.h5 has the shape 2 x 900 x 4, not 2 x 95,001"),
        ({"data": np.zeros((2, 8))}, "data of s.h5 has the shape 2 x 8, not 2 x 5"),
        ({"data": np.full((2, 5), np.nan)}, r"data of s.h5, row 0 \(A\), column 0"),
        ({"geneName": np.array([b"A", b""])}, "geneName of s.h5, row 1"),
        ({"geneName": np.array([b"A", b"\xff"])}, "geneName of s.h5 is not text"),
    ],
)  # fmt: skip
def test_other_files_are_refused(tmp_path, changes, told):
    write_h5(tmp_path / "s.h5", **changes)
    with pytest.raises(ScxError, match=told):
        read_genes(tmp_path / "s.h5")


@pytest.mark.parametrize(
    "value", [(1, 1, 0, 0), (0.9, 0.1, 0, 0), (-1, 0, 0, 0), (np.nan, 0, 0, 0)]
)
def test_weights_of_no_letter_are_refused(tmp_path, value):
    write_h5(tmp_path / "s.h5", promoter=weights_with(value))
    with pytest.raises(ScxError, match=r"promoter of s\.h5, row 1, position 70,002"):
        windows_of(tmp_path / "s.h5", 5, 5, 2)


def test_file_that_is_no_hdf5_and_windows_too_long_are_refused(tmp_path):
    (tmp_path / "s.h5").write_text("genes")
    with pytest.raises(ScxError, match="not an HDF5 file"):
        read_genes(tmp_path / "s.h5")
    with pytest.raises(ScxError, match="does not lie within"):
        windows_of(tmp_path / "s.h5", 70_001, 5, 2)


def labels(tmp_path, text):
    path = tmp_path / "labels.csv"
    path.write_text(text)
    return path


def test_labels_are_matched_by_row_or_by_name(tmp_path):
    same = labels(tmp_path, ",p,q\nA,1,2\nB,3,4\nC,5,6\n")
    assert read_labels(same, NAMES, 2).log10.tolist() == [[1, 2], [3, 4], [5, 6]]
    twice = labels(tmp_path, ",p\nA,1\nB,2\nA,3\n")
    assert read_labels(twice, ("A", "B", "A"), 1).log10[:, 0].tolist() == [1, 2, 3]
    other = labels(tmp_path, ",p\nA,3\nX,9\nB,2\nA,1\n")
    found = read_labels(other, ("B", "A", "A"), 1)
    assert found.log10[:, 0].tolist() == [2, 3, 1]
    assert found.unused == ("X",)
    assert "1 row of labels.csv names a gene that the sequences do not have (X)" in found.notices[0]


def test_first_column_is_left_out_where_there_is_one_too_many(tmp_path):
    path = labels(tmp_path, ",all,p,q\nA,9,1,2\nB,9,3,4\nC,9,5,6\n")
    found = read_labels(path, NAMES, 2)
    assert found.populations == ("p", "q")
    assert "first column of labels.csv (all) is left out" in found.notices[0]
    assert read_labels(path, NAMES, 3).populations == ("all", "p", "q")
    assert read_labels(path, NAMES, 1, columns=(2,)).log10[:, 0].tolist() == [2, 4, 6]
    with pytest.raises(ScxError, match=r"labels\.csv has 3 columns, the checkpoints 5 outputs"):
        read_labels(path, NAMES, 5)
    with pytest.raises(ScxError, match="the columns 0 to 2, not 3"):
        read_labels(path, NAMES, 1, columns=(3,))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (",p\nA,1\nB,2\n", r"lacks 1 gene of the sequences \(C\)"),
        (",p\nA,1\nX,1\nY,2\nZ,3\n", r"lacks 2 genes of the sequences \(B, C\) and has 3 others"),
        (",p\nA,1\nB,-inf\nC,2\n", "gene B, column p: '-inf' is not a finite number"),
        (",p\nA,1\nB,\nC,2\n", "gene B, column p: '' is not a finite number"),
        (",p\nB,1\nA,1\nC,2\nA,3\n", "has A 2 times, the sequences 1 times"),
        ("\n", "cannot be read as a CSV"),
        ("A\nB\n", "no table of labels"),
    ],
)
def test_other_labels_are_refused(tmp_path, text, told):
    with pytest.raises(ScxError, match=told):
        read_labels(labels(tmp_path, text), NAMES, 1)


def test_population_named_twice_is_refused(tmp_path):
    with pytest.raises(ScxError, match="two columns 'p'"):
        read_labels(labels(tmp_path, ",p,p\nA,1,2\nB,3,4\nC,5,6\n"), NAMES, 2)


def test_table_with_the_right_width_is_chosen(tmp_path):
    (tmp_path / "two.csv").write_text(",p,q\nA,1,2\n")
    (tmp_path / "four.csv").write_text(",p,q,r,s\nA,1,2,3,4\n")
    layout = find_release(tmp_path)
    assert choose_labels(layout, None, 2).name == "two.csv"
    assert choose_labels(layout, None, 3).name == "four.csv"
    with pytest.raises(ScxError, match=r"none fits 9 outputs: four\.csv, two\.csv"):
        choose_labels(layout, None, 9)
    (tmp_path / "other.csv").write_text(",p,q\nA,1,2\n")
    with pytest.raises(ScxError, match="more than one fits 2 outputs"):
        choose_labels(find_release(tmp_path), None, 2)
    assert choose_labels(layout, tmp_path / "other.csv", 2).name == "other.csv"


def test_folder_is_described_and_found(tmp_path):
    for fold, runs in ((3, (0, 1)), (11, (4,))):
        for run in runs:
            path = tmp_path / f"a/m_{fold}/ckpt_dir{run}/model_best.pth.tar"
            path.parent.mkdir(parents=True)
            path.touch()
    (tmp_path / "a/s.h5").touch()
    (tmp_path / "a/m_3/ckpt_dir0/model_last.pth.tar").touch()
    layout = find_release(tmp_path / "a")
    assert {fold: list(runs) for fold, runs in layout.models["m_"].items()} == {3: [0, 1], 11: [4]}
    assert "Models 'm_': 2 folds (3, 11) x 1 to 2 runs." in layout.describe()
    assert find_release(tmp_path).models.keys() == {"a/m_"}
    assert find_releases(tmp_path) == [tmp_path / "a"]
    with pytest.raises(ScxError, match="holds no CSV of labels"):
        choose_labels(layout, None, 2)
    (tmp_path / "a/m_03/ckpt_dir0").mkdir(parents=True)
    (tmp_path / "a/m_03/ckpt_dir0/model_best.pth.tar").touch()
    with pytest.raises(ScxError, match="Fold 3, run 0 of the models 'm_' is there twice"):
        find_release(tmp_path / "a")


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "s.h5").touch()
    (tmp_path / "r").mkdir()
    (tmp_path / "r/linked").symlink_to(outside)
    (tmp_path / "r/s.h5").symlink_to(outside / "s.h5")
    assert find_release(tmp_path / "r").sequences == ()


def test_empty_folder_is_refused(tmp_path):
    layout = find_release(tmp_path)
    assert layout.describe() == ["No file of sequences.", "No table of labels.", "No checkpoint."]
    with pytest.raises(ScxError, match="holds no checkpoint"):
        layout.choose_models()
    with pytest.raises(ScxError, match="holds no HDF5 file of sequences"):
        layout.choose_sequences()


def test_folds_are_written_and_read_back(tmp_path):
    names = [f"G{number}" for number in range(30)]
    folds = pd.DataFrame({"fold": np.arange(30) % 3, "group": [f"chr{n % 3}" for n in range(30)]})
    splits = {fold: split_fold(folds, fold, 4) for fold in (0, 2)}
    written = folds_as_table(names, folds, [(fold, s.validation) for fold, s in splits.items()])
    written.to_csv(tmp_path / "folds.tsv", sep="\t", index=False)
    read = read_folds_table(tmp_path / "folds.tsv", names, names)
    assert (read.split, read.n_validation, read.numbers) == ("chromosome", 4, (0, 1, 2))
    for fold, split in splits.items():
        for part in ("training", "validation", "test"):
            np.testing.assert_array_equal(getattr(read.of(fold), part), getattr(split, part))
    with pytest.raises(ScxError, match="30 lines, the sequences have 29 rows"):
        read_folds_table(tmp_path / "folds.tsv", names[:-1], names[:-1])
    with pytest.raises(ScxError, match=r"folds\.tsv, line 3: row 1, gene G1"):
        read_folds_table(tmp_path / "folds.tsv", ["G0", "other", *names[2:]], names)


def test_ids_are_unique_whatever_the_names():
    ids, notices = gene_ids(["A", "B", "A", "A_1", "A_2", "A"])
    assert ids == ("A_3", "B", "A_4", "A_1", "A_2", "A_5")
    assert "1 name stands for several genes" in notices[0]
    assert gene_ids(["A", "B"]) == (("A", "B"), ())


@pytest.fixture
def placing(tmp_path):
    """A genome, and windows of 8 genes cut out of it by hand: 50 + 30 bases."""
    rng = np.random.default_rng(2)
    chromosomes = {name: rng.integers(0, 4, 3000).astype(np.uint8) for name in ("chr1", "chr2")}
    text = "".join(
        f">{name}\n{''.join('ACGT'[code] for code in codes)}\n"
        for name, codes in chromosomes.items()
    )
    (tmp_path / "g.fa").write_text(text)

    def window(chromosome, tss, strand):
        codes = chromosomes[chromosome]
        if strand == "+":
            return codes[tss - 1 - 50 : tss - 1 + 30]
        return reverse_complement(codes[tss - 30 : tss + 50])

    def place(names, windows, table=None, annotation=None, genome=True):
        given = [None] * len(names)
        if table is not None:
            (tmp_path / "genes.tsv").write_text(table)
            given = read_places(tmp_path / "genes.tsv", names)
        if annotation is not None:
            (tmp_path / "a.tsv").write_text(annotation)
            annotation = read_annotation(tmp_path / "a.tsv")
        opened = Genome.open(tmp_path / "g.fa", tmp_path) if genome else None
        placed = place_genes(names, given, annotation, opened, np.array(windows), 50, 30)
        at = zip(
            placed.genes["chromosome"], placed.genes["tss"], placed.genes["strand"], strict=True
        )
        return list(at), " ".join(placed.notices)

    return window, place


OWN = ("A_sequence", 70_001, "+")


def test_letters_of_the_genome_decide(placing):
    window, place = placing
    table = "gene\ttss\tstrand\tchromosome\nA\t700\t+\t1\nB\t900\t-\t2\n"
    windows = [window("chr1", 700, "+"), window("chr2", 900, "-")]
    found, told = place(["A", "B"], windows, table)
    assert found == [("chr1", 700, "+"), ("chr2", 900, "-")]
    assert "The windows of 2 genes have the letters of the genome" in told
    windows[0] = windows[0].copy()
    windows[0][5] = (windows[0][5] + 1) % 4
    found, told = place(["A", "B"], windows, table)
    assert found == [OWN, ("chr2", 900, "-")]
    assert "The windows of 1 gene have other letters than g.fa" in told
    assert "1 gene has no position" in told
    unknown = np.full(80, 4, np.uint8)
    found, told = place(["A", "B"], [unknown, windows[1]], table)
    assert found[0] == ("chr1", 700, "+")
    assert "The positions of 1 gene were not compared" in told


def test_table_without_chromosomes_is_completed(placing):
    window, place = placing
    table = "gene\ttss\tstrand\nA\t700\t+\n"
    windows = [window("chr2", 700, "+")]
    annotation = "gene_id\tgene_name\tchromosome\ttss\tstrand\nENSG1\tA\tchr2\t711\t+\n"
    assert place(["A"], windows, table, annotation, genome=False)[0] == [("chr2", 700, "+")]
    assert place(["A"], windows, table)[0] == [("chr2", 700, "+")]
    assert place(["A"], windows, table, genome=False)[0] == [OWN]


def test_annotation_places_by_symbol_and_by_id(placing):
    window, place = placing
    annotation = (
        "gene_id\tgene_name\tchromosome\ttss\tstrand\nENSG00000000001\tA\tchr1\t700\t+\n"
        "ENSG00000000002\tB\tchr1\t800\t-\nENSG00000000003\tD\tchr1\t900\t-\n"
        "ENSG00000000004\tD\tchr1\t950\t-\n"
    )
    names = ["A", "ENSG00000000002.5", "C", "D"]
    windows = [window("chr1", 700, "+")] * 4
    found, told = place(names, windows, annotation=annotation, genome=False)
    assert found[:2] == [("chr1", 700, "+"), ("chr1", 800, "-")]
    assert [place[0] for place in found[2:]] == ["C_sequence", "D_sequence"]
    assert "were not compared with a genome" in told
    # Of two genes of one name, and two of one symbol, the letters tell.
    windows = [window("chr1", 900, "-"), window("chr1", 700, "+")]
    found, _ = place(["A", "A"], windows, annotation=annotation, genome=False)
    assert [place[0] for place in found] == ["A_1_sequence", "A_2_sequence"]
    found, _ = place(["A", "A"], windows, annotation=annotation)
    assert found == [("A_1_sequence", 70_001, "+"), ("chr1", 700, "+")]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("gene\ttss\nA\t7\n", "no column strand"),
        ("gene\ttss\tstrand\nA\t0\t+\n", "genes.tsv, line 2: tss '0'"),
        ("gene\ttss\tstrand\nA\t7\tx\n", "strand 'x'"),
        ("gene\ttss\tstrand\trow\nA\t7\t+\t1\n", "row 1 of the sequences is not A"),
    ],
)
def test_other_tables_of_positions_are_refused(tmp_path, table, told):
    (tmp_path / "genes.tsv").write_text(table)
    with pytest.raises(ScxError, match=told):
        read_places(tmp_path / "genes.tsv", ["A", "B"])

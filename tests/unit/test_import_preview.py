"""The beginning of a file before it is imported, and files that are uploaded."""

import gzip

import pytest
import workspace as toy

from scx_core.errors import ScxError
from scx_core.importing.preview import preview


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return toy.write_inputs(tmp_path_factory.mktemp("inputs"))


def test_cells_are_counted_and_their_columns_shown(inputs):
    begin = preview(inputs["expression"])
    assert begin.told.startswith("60 rows (cells or populations) × 80 genes (ENSG00000000000")
    assert list(begin.rows) == ["name", "subclass_label", "class_label"]
    assert len(begin.rows) == 5


def test_table_of_genes(inputs):
    begin = preview(inputs["annotation"])
    assert begin.rows["gene_name"].tolist() == [f"SYM{n}" for n in range(5)]


def test_fasta_and_bed(inputs):
    assert preview(inputs["genome"]).rows["First sequence"].tolist() == ["chr1"]
    assert preview(inputs["regions"]).rows.shape == (5, 6)


def test_packed_gtf(tmp_path):
    row = 'chr1\thavana\tgene\t1\t9\t.\t+\t.\tgene_id "G";'
    path = tmp_path / "a.gtf.gz"
    path.write_bytes(gzip.compress(f"##format: gtf\n{row}\n".encode()))
    assert preview(path).rows["feature"].tolist() == ["gene"]


def test_table_of_r_and_repeated_names(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Sst,Sst,Vip\ng1,1,2,3\n")
    begin = preview(path)
    assert list(begin.rows) == ["(1)", "Sst", "Sst (3)", "Vip"]
    assert begin.told == "A table of 4 columns."


def test_wide_table_is_cut(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("\t".join(f"c{n}" for n in range(30)) + "\n" + "\t".join(["1"] * 30) + "\n")
    begin = preview(path)
    assert begin.rows.shape == (1, 12)
    assert "of which the first 12 are shown" in begin.told


def test_folder_of_10x_is_left_to_the_import(tmp_path):
    assert "10x" in preview(tmp_path).told


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.fa", b"ACGT\n", "no FASTA"),
        ("a.gtf", b"chr1\tx\n", "nine columns"),
        ("a.tsv", b"", "is empty"),
        ("a.csv", b"# nothing\n", "only comments"),
        ("a.csv", b"\xff\xfe\x00", "not text"),
        ("a.gtf.gz", gzip.compress(b"chr1\t" * 500)[:40], "cut short or damaged"),
        ("a.h5ad", b"nothing", "a.h5ad"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ScxError, match=sentence):
        preview(path)


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("names.tsv", "gene\tT cell, CD4\tB cell, IgM\nA\t0.5\t1\n", ["gene", "T cell, CD4", "B cell, IgM"]),
        ("german.csv", "gene;neuron\nA;0,435\nB;1,5\n", ["gene", "neuron"]),
        ("t.gct", "#1.2\n1\t1\nName\tDescription\tLiver\nA\tx\t1\n", ["Name", "Description", "Liver"]),
        ("fc.txt", "# Program:featureCounts, v2\nGeneid\tChr\ta.bam\nA\tchr1\t1\n", ["Geneid", "Chr", "a.bam"]),
    ],
)  # fmt: skip
def test_tables_are_shown_as_the_import_reads_them(tmp_path, name, text, columns):
    (tmp_path / name).write_text(text)
    assert list(preview(tmp_path / name).rows.columns) == columns

"""What an import refuses by how its files begin, and the genome build that it finds."""

import gzip

import pandas as pd
import pytest
import workspace as toy

from scx_core.errors import ScxError
from scx_core.importing import ImportRequest, build_dataset
from scx_core.importing.assembly import find_assembly, name_assembly
from scx_core.importing.checking import check_beginnings, check_boxes
from scx_core.importing.contents import content_of

GTF = 'chr1\tx\texon\t1\t90\t.\t+\t.\tgene_id "a"; transcript_id "b";\n'


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (">chr1\nACGT\n", "fasta"),
        ("\ufeff>chr1\nACGT\n", "fasta"),
        ("#!genome-build x\n" + GTF * 2, "gtf"),
        ("##gff-version 3\nchr1\tx\tgene\t1\t9\t.\t+\t.\tID=a\n", "gff3"),
        ("chr1\tx\tgene\t1\t9\t.\t.\t.\tID=a;Name=b\n", "gff3"),
        ("gene_id\tchromosome\ttss\tstrand\nA\tchr1\t5\t+\n", "tss"),
        ("chr1\t5\t9\nchr1\t7\t9\tname\n", "bed"),
        ("track name=x\nchr1\t5\t9\n", "bed"),
        ("chr2L 5 9\n", "bed"),
        ("gene\tSst\tVip\nA\t1\t2\nB\t\t3e-5\n", "expression"),
        ("gene,Sst,Vip\nA,1,2\nB,NA,0\n", "expression"),
        ('"gene";"Sst"\n"A";"1,5"\n', "expression"),
        ("Name\tDescription\tBrain\nENSG1\tA\t1.5\nENSG2\tB\t0\n", "expression"),
        ("#1.2\n2\t1\nName\tDescription\tBrain\nENSG1\tA\t1\n", "expression"),
        ("%%MatrixMarket matrix\n1 1 1\n", "matrix"),
        ("##fileformat=VCFv4.2\n", "variants"),
        ("@read\nACGT\n+\nIIII\n", "reads"),
        ("chain 1 chr1 5 + 0 5 chr1 5 + 0 5 1\n", "chain"),
        ("Geneid\tChr\tStart\tEnd\tStrand\tLength\ta.bam\nA\tchr1\t1\t9\t+\t8\t3\n", ""),
        ("gene\tfamily\nA\tone\nB\ttwo\n", ""),
        ("ENST1\nENST2\n", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_what_a_file_holds_is_told_by_how_it_begins(tmp_path, content, kind, packed):
    path = tmp_path / "any.thing"
    path.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    assert content_of(path) == kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89HDF\r\n\x1a\n....", "hdf5"), (b"BAM\x01...", "reads"), (b"%PDF-1.7", "document"),
        (b"\x43\x27\x41\x1a", "2bit"), (b"\0\0\0", ""), (b"\x1f\x8bbroken", ""),
        (gzip.compress(b">a\nACGT\n" * 99)[:-9], "fasta"),
    ],
)  # fmt: skip
def test_files_of_bytes(tmp_path, content, kind):
    path = tmp_path / "any.thing"
    path.write_bytes(content)
    assert content_of(path) == kind


def test_the_beginning_of_a_large_file_is_enough(tmp_path):
    path = tmp_path / "line.fa.gz"
    path.write_bytes(gzip.compress(b">chr1 " + b"A" * 30_000_000))
    assert content_of(path) == "fasta"
    assert content_of(tmp_path) == ""


@pytest.fixture
def inputs(tmp_path):
    return toy.write_inputs(tmp_path / "inputs")


def test_files_in_their_own_boxes_pass(inputs):
    check_beginnings(ImportRequest(**inputs, cage=inputs["regions"]))


@pytest.mark.parametrize(
    ("box", "given", "told"),
    [
        ("annotation", "expression", "a matrix in HDF5; give it as the expression, and a GTF"),
        ("genome", "annotation", "a table of TSSs; give it as the annotation, and a FASTA here"),
        ("expression", "genome", "sequences (FASTA); give it as the genome"),
        ("regions", "genome", "give it as the genome, and a BED file here"),
        ("cage", "expression", "give it as the expression"),
    ],
)
def test_a_file_in_the_wrong_box_says_where_it_belongs(inputs, box, given, told):
    with pytest.raises(ScxError) as caught:
        check_boxes(ImportRequest(**{**inputs, box: inputs[given]}))
    assert told in str(caught.value)
    assert inputs[given].name in str(caught.value)


def test_the_command_line_refuses_it_too_and_writes_nothing(inputs, tmp_path):
    table = tmp_path / "cells.tsv"
    table.write_text("gene\tSst\nA\t1.5\nB\t2\n")
    with pytest.raises(ScxError, match="an expression table"):
        build_dataset(tmp_path / "out", ImportRequest(**{**inputs, "annotation": table}))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("chromosomes", "expected"),
    [
        ({"chr22": 50818468, "chrM": 16569}, "hg38"),
        ({"22": 51304566, "X": 155270560, "MT": 16569}, "hg19"),
        ({"NC_000022.11": 50818468}, "hg38"),
        ({"chr1": 195471971, "GL000001.1": 5}, "mm10"),
        ({"I": 15072434}, "ce11"),
        ({"chrI": 15072423}, "ce10"),
        ({"chr1": 59578282}, "danRer11"),
        ({"chrM": 16569}, ""),
        ({"chr22": 50818468, "chr21": 5}, ""),
        ({"chr1": 81000}, ""),
        ({}, ""),
    ],
)
def test_the_build_is_found_by_the_lengths_of_chromosomes(chromosomes, expected):
    assert find_assembly(chromosomes) == expected


@pytest.mark.parametrize(
    ("given", "kept", "notices"),
    [
        ("", "hg38", ["The genome build is hg38"]),
        ("hg38", "hg38", []),
        ("GRCh38.p14", "GRCh38.p14", []),
        ("my own", "my own", []),
        ("hg19", "hg19", ["given as hg19, but the chromosomes of toy.fa have the lengths of hg38"]),
    ],
)
def test_a_build_that_is_given_is_compared(inputs, given, kept, notices):
    request = ImportRequest(**inputs, assembly=given)
    named, told = name_assembly(request, {"chr22": 50818468})
    assert named.assembly == kept
    assert len(told) == len(notices)
    assert all(part in sentence for part, sentence in zip(notices, told, strict=True))


def test_an_unknown_genome_is_called_as_its_file(inputs, tmp_path):
    dataset = build_dataset(
        tmp_path / "datasets" / "one",
        ImportRequest(
            **inputs, levels={"population": "subclass_label"}, upstream=300, downstream=200
        ),
    )
    assert dataset.metadata["assembly"] == "toy"


def test_tables_of_numbers_with_an_index_without_a_name(tmp_path):
    pd.DataFrame({"Sst": [1.0], "Vip": [2]}, index=["A"]).to_csv(tmp_path / "x.csv")
    assert content_of(tmp_path / "x.csv") == "expression"

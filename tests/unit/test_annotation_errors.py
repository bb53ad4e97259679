"""Broken GTF and GFF3: one sentence with the line number."""

import gzip

import pytest
from annotation_rows import coding, gtf_both, write

from scx_core.annotation import read_annotation
from scx_core.errors import ScxError

GOOD = gtf_both(stop_rows=True)


def broken(line: int, column: int, value: str) -> list[str]:
    fields = GOOD[line].split("\t")
    fields[column] = value
    return [*GOOD[:line], "\t".join(fields), *GOOD[line + 1 :]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [*GOOD[:4], "chr1\ttest\texon\t5", *GOOD[4:]],
            r"a\.gtf, line 7: 4 columns instead of the 9",
        ),
        (broken(5, 3, "12x"), r"a\.gtf, line 8: start '12x' is not a whole number"),
        (broken(5, 4, ""), r"a\.gtf, line 8: end '' is not a whole number"),
        (broken(5, 4, "9e2"), r"a\.gtf, line 8: end '9e2' is not a whole number"),
        (broken(5, 4, "700.0"), r"a\.gtf, line 8: end '700\.0' is not a whole number"),
        (broken(5, 3, "-5"), r"a\.gtf, line 8: start '-5' is not a whole number"),
        (broken(5, 3, "9" * 20), r"a\.gtf, line 8: start '9{20}' is not a whole number of 1 to 12"),
        (broken(5, 4, "1" * 13), r"a\.gtf, line 8: end '1{13}' is not a whole number of 1 to 12"),
        (broken(2, 4, "3"), r"a\.gtf, line 5: end 3 is before start 101"),
        (broken(2, 3, "0"), r"a\.gtf, line 5: start 0 is below 1"),
        (broken(3, 6, "?"), r"a\.gtf, line 6: strand '\?' is not"),
        (broken(2, 8, 'gene_id "G";'), r"a\.gtf, line 5: the exon row has no transcript_id"),
        (broken(0, 8, 'gene_name "G";'), r"a\.gtf, line 3: the gene row has no gene id"),
        (
            [row.replace("\ttest\t", "\ttest\tx").replace("xgene", "locus") for row in GOOD],
            r"a\.gtf has no gene rows and no transcripts",
        ),
        ([row.replace("protein_coding", "lncRNA") for row in GOOD], "No gene of a.gtf can be used"),
        ([*GOOD, *coding("G", "1")], r"same chromosome in two ways \(1, chr1\)"),
    ],
)
def test_broken_annotation(tmp_path, rows, message):
    path = write(tmp_path / "a.gtf", rows, head="#comment\n\n")
    with pytest.raises(ScxError, match=message):
        read_annotation(path)


def test_line_number_in_a_later_block(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "scx_core.annotation.blocks.read_blocks.__kwdefaults__", {"block_bytes": 300}
    )
    path = write(tmp_path / "a.gtf", broken(9, 4, "x"), head="# one\n# two\n")
    with pytest.raises(ScxError, match=r"line 12: end 'x'"):
        read_annotation(path)


def test_files_that_are_no_text(tmp_path):
    with pytest.raises(ScxError, match="There is no file"):
        read_annotation(tmp_path / "missing.gtf")
    with pytest.raises(ScxError, match="cannot be read"):
        read_annotation(tmp_path)
    path = tmp_path / "a.gtf"
    for content, message in (
        (b"", "is empty"),
        (b"# nothing\n", "holds only comments"),
        (gzip.compress("\n".join(GOOD).encode())[:-40], "cut short or damaged"),
        (b"\x1f\x8bnot gzip at all, by far", "cut short or damaged"),
        (("\n".join(GOOD[:3]) + "\n").encode() + b"\xe9\n", "line 4: byte 0xe9 is not UTF-8"),
        (b"\x89HDF\r\n\x1a\n\0\0\0", "line 1: byte 0x89 is not UTF-8"),
        (b"text\nand\0\0\0\nmore", r"is not a text file \(line 2\)"),
    ):
        path.write_bytes(content)
        with pytest.raises(ScxError, match=message):
            read_annotation(path)

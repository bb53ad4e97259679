"""Reading VCF and BCF: every record comes out, as it was given."""

import gzip
import random
from pathlib import Path

import pandas as pd
import pytest
from cyvcf2 import VCF, Writer

from scx_core.errors import ScxError
from scx_core.variants.reading import VariantList, open_variants, read_variants

HEADER = (
    "##fileformat=VCFv4.2\n"
    "##contig=<ID=chr22,length=50818468,assembly=hg38>\n"
    '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency, of the alternative">\n'
    '##FILTER=<ID=LOW,Description="Low quality">\n'
    '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
)
NAMES = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


def vcf(*records: str, header: str = HEADER, names: str = NAMES) -> str:
    return f"{header}{names}\n" + "".join(f"{record}\n" for record in records)


def one(record: str) -> pd.Series:
    return read_variants(vcf(record)).alleles.iloc[0]


def test_a_record_is_kept_as_text_and_understood() -> None:
    read = read_variants(vcf("chr22\t39570542\trs7288455\ta\tC\t29.50\tPASS\tAF=0.100;DB"))
    assert read.format == "VCF"
    assert read.build == "hg38"
    assert read.notices == ()
    assert read.rows.loc[1].tolist() == [
        "chr22", "39570542", "rs7288455", "a", "C", "29.50", "PASS", "AF=0.100;DB",
    ]  # fmt: skip
    part = read.alleles.iloc[0]
    assert (part["row"], part["part"], part["id"]) == (1, 0, "rs7288455")
    assert (part["chromosome"], part["position"]) == ("chr22", 39570542)
    assert (part["reference"], part["alternative"]) == ("A", "C")
    assert part["reason"] == part["note"] == part["effect_allele"] == ""


def test_alternatives_are_parts() -> None:
    read = read_variants(
        vcf(
            "chr22\t5\t.\tA\tC,<DEL>,*,AT\t.\t.\t.",
            "chr22\t9\t.\tAC\tA\t.\t.\t.",
        )
    )
    alleles = read.alleles
    assert alleles["row"].tolist() == [1, 1, 1, 1, 2]
    assert alleles["part"].tolist() == [0, 1, 2, 3, 0]
    assert alleles["alternative"].tolist() == ["C", "", "", "AT", "A"]
    assert alleles["reason_kind"].tolist() == ["", "symbolic allele", "symbolic allele", "", ""]
    assert alleles["reason"][1] == "the alternative allele '<DEL>' is symbolic, it names no letters"
    assert len(read.rows) == len(read) == 2


@pytest.mark.parametrize(
    ("record", "kind", "says"),
    [
        ("chr22\t5\t.\tA\tG]17:198982]\t.\t.\t.", "symbolic allele", "is symbolic"),
        ("chr22\t5\t.\tA\t.TTA\t.\t.\t.", "symbolic allele", "is symbolic"),
        ("chr22\t5\t.\tA\tN\t.\t.\t.", "unknown sequence", "holds unknown letters"),
        ("chr22\t5\t.\tN\tA\t.\t.\t.", "unknown sequence", "reference allele 'N'"),
        ("chr22\t5\t.\tA\tC/G\t.\t.\t.", "unreadable", "not written in A, C, G, T"),
        ("chr22\t5\t.\tR\tC\t.\t.\t.", "unreadable", "reference allele 'R'"),
        ("chr22\t5\t.\tA\tA\t.\t.\t.", "unreadable", "are both A"),
        ("chr22\t0\t.\tA\tC\t.\t.\t.", "unreadable", "positions begin at 1"),
        ("chr22\t-5\t.\tA\tC\t.\t.\t.", "unreadable", "position '-5' is not a whole number"),
        ("chr22\tabc\t.\tA\tC\t.\t.\t.", "unreadable", "position 'abc'"),
        ("chr22\t99999999999\t.\tA\tC\t.\t.\t.", "unreadable", "beyond every chromosome"),
        ("chr22\t.\t.\tA\tC\t.\t.\t.", "no position", "no position and no rsID"),
        (".\t5\t.\tA\tC\t.\t.\t.", "no position", "the position 5 has no chromosome"),
        ("chr22\t5\trs1", "unreadable", "the row ends after 3 of 8 columns"),
        ("chr22\t5\trs1\tA\tC\t.\t.\t.\tmore", "unreadable", "has 9 cells, the header 8"),
    ],
)
def test_what_cannot_be_used_has_its_reason_and_the_others_go_on(
    record: str, kind: str, says: str
) -> None:
    good = "chr22\t7\trs3\tA\tC\t.\t.\t."
    read = read_variants(vcf(good, record, good))
    assert read.alleles["row"].tolist() == [1, 2, 3]
    assert read.alleles["reason_kind"].tolist() == ["", kind, ""]
    assert says in read.alleles["reason"][1]
    assert read.count_reasons().to_dict() == {"": 2, kind: 1}


def test_cells_beyond_the_header_are_kept() -> None:
    read = read_variants(vcf("chr22\t5\trs1\tA\tC\t.\t.\tx\tmore\tand more"))
    assert read.rows.loc[1, "INFO"] == "x\tmore\tand more"


def test_a_record_without_an_alternative_is_no_variant() -> None:
    part = one("chr22\t5\t.\tA\t.\t.\t.\t.")
    assert (part["reason_kind"], part["reason"]) == (
        "no alternative allele",
        "the row gives no alternative allele (.)",
    )


def test_duplicates_are_kept_and_marked() -> None:
    row = "chr22\t5\t{}\tA\t{}\t.\t.\t."
    read = read_variants(
        vcf(
            row.format("a", "C"), row.format("b", "G"), row.format("c", "G,C"), row.format("d", "T")
        )
    )
    assert read.alleles["note"].tolist() == ["", "", "same as row 2", "same as row 1", ""]


def test_duplicates_are_found_across_chunks_and_with_or_without_chr(tmp_path: Path) -> None:
    records = [f"chr22\t{n}\t.\tA\tC\t.\t.\t." for n in range(1, 41)]
    random.Random(0).shuffle(records)
    again = [record.removeprefix("chr") for record in records[::7]]
    path = tmp_path / "list.vcf"
    path.write_text(vcf(*records, *again))
    chunks = list(open_variants(path, chunk_rows=3))
    assert [len(chunk) for chunk in chunks] == [3] * 15 + [1]
    alleles = pd.concat([chunk.alleles for chunk in chunks])
    assert alleles["row"].tolist() == list(range(1, 47))
    marked = alleles.loc[alleles["note"] != "", ["row", "note"]]
    expected = {41 + n: f"same as row {1 + 7 * n}" for n in range(6)}
    assert dict(marked.itertuples(index=False)) == expected


def test_chunks_are_the_whole(tmp_path: Path) -> None:
    records = [f"chr22\t{n}\trs{n}\tA\tC,G\t.\t.\t." for n in range(1, 30)]
    path = tmp_path / "list.vcf.gz"
    path.write_bytes(gzip.compress(vcf(*records).encode()))
    whole = read_variants(path)
    reader = open_variants(path, chunk_rows=4)
    assert reader.columns == tuple(whole.rows.columns)
    assert (reader.format, reader.build) == ("VCF", "hg38")
    for _ in range(2):  # a reader can be read again
        chunks = list(reader)
        assert reader.share_read == 1
        pd.testing.assert_frame_equal(pd.concat([c.rows for c in chunks]), whole.rows)
        pd.testing.assert_frame_equal(
            pd.concat([c.alleles for c in chunks], ignore_index=True), whole.alleles
        )


def test_samples_are_kept_when_they_are_few() -> None:
    names = f"{NAMES}\tFORMAT\tme\tyou"
    read = read_variants(vcf("chr22\t5\t.\tA\tC\t.\t.\t.\tGT\t0|1\t1|1", names=names))
    assert read.rows.loc[1, ["FORMAT", "me", "you"]].tolist() == ["GT", "0|1", "1|1"]
    many = "\t".join(f"s{n}" for n in range(30))
    read = read_variants(
        vcf(
            "chr22\t5\t.\tA\tC\t.\t.\tx\tGT" + "\t0|1" * 30,
            "chr22\t6\t.\tA\tC\t.\t.",
            names=f"{NAMES}\tFORMAT\t{many}",
        )
    )
    assert read.rows.columns.tolist() == NAMES[1:].split()
    assert read.rows.loc[1, "INFO"] == "x"
    assert "genotypes of 30 samples are not carried along" in read.notices[0]
    assert read.alleles["reason"].tolist() == ["", "the row ends after 7 of 8 columns"]


@pytest.mark.parametrize(
    "text",
    [
        "#CHROM\tPOS\tID\tREF\tALT\nchr22\t5\trs1\tA\tC\n",
        "#CHROM POS ID REF ALT\nchr22 5 rs1   A C\n",
        vcf("chr22\t5\trs1\tA\tC\t.\t.\t.").replace("\n", "\r\n"),
        vcf("chr22\t5\trs1\tA\tC\t.\t.\t.", "", "# a remark"),
        "\ufeff" + vcf("chr22\t5\trs1\tA\tC\t.\t.\t."),
        "chr22\t5\trs1\tA\tC\t.\t.\t.\n",
        "chr22 5 rs1 A C\n",
    ],
)
def test_unusual_forms(tmp_path: Path, text: str) -> None:
    path = tmp_path / "list"
    path.write_text(text, newline="")
    for read in (read_variants(text), read_variants(path)):
        part = read.alleles.iloc[0]
        found = part[["chromosome", "position", "id", "reference", "alternative"]].tolist()
        assert found == ["chr22", 5, "rs1", "A", "C"]
        assert len(read) == 1


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (HEADER.encode(), "has comments but no row"),
        (vcf().encode(), "has a header but no row"),
        (b"\x00\x01\x02binary", "is a binary file, whatever its name"),
        (random.Random(1).randbytes(5000), "is a binary file|not text in UTF-8"),
        (b"\x89HDF\r\n\x1a\n", "is an HDF5 file"),
        (b"PK\x03\x04xlsx", "zip archive that is cut short or damaged"),
        (gzip.compress(b"BAM\x01rest"), "BAM file"),
        (gzip.compress(gzip.compress(b"text")), "gzip twice"),
        (vcf("chr22\t5\trs\xe9\tA\tC\t.\t.\t.").encode("latin-1"), r"0xE9, 'é' in Latin-1"),
        (gzip.compress(vcf(*["chr22\t5\t.\tA\tC\t.\t.\t."] * 99).encode())[:-30], "cut short"),
        ("chr22\t5".encode("utf-16"), "UTF-16"),
    ],
)
def test_files_that_are_none(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "list.vcf"
    path.write_bytes(raw)
    with pytest.raises(ScxError, match=says) as refused:
        read_variants(path)
    assert "\n" not in str(refused.value)
    assert "list.vcf" in str(refused.value)


def test_a_plain_file_cut_within_a_row_says_so_in_that_row(tmp_path: Path) -> None:
    path = tmp_path / "list.vcf"
    path.write_text(vcf("chr22\t5\t.\tA\tC\t.\t.\t.", "chr22\t6\t.\tA\tCTT\t.\t.\t.")[:-9])
    read = read_variants(path)
    assert read.alleles["reason"].tolist() == ["", "the row ends after 5 of 8 columns"]


def test_bgzip_files(tmp_path: Path) -> None:
    path = tmp_path / "list.vcf.gz"
    writer = Writer.from_string(str(path), f"{HEADER}{NAMES}\n", mode="wz")
    writer.write_record(writer.variant_from_string("chr22\t5\trs1\tA\tC\t.\t.\t."))
    writer.close()
    assert read_variants(path).notices == ()
    path.write_bytes(path.read_bytes()[:-28])
    read = read_variants(path)
    assert len(read) == 1
    assert "lacks the mark with which bgzip ends" in read.notices[0]


def test_a_long_header_is_read_to_its_end(tmp_path: Path) -> None:
    contigs = "".join(f"##contig=<ID=c{n},length={n + 1}>\n" for n in range(20_000))
    path = tmp_path / "list.vcf"
    path.write_text(vcf("chr22\t5\trs1\tA\tC\t.\t.\t.", header=HEADER + contigs))
    assert len(path.read_bytes()) > 1 << 18
    read = read_variants(path)
    assert (read.format, len(read), read.build) == ("VCF", 1, "hg38")


def random_records(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)

    def allele() -> str:
        return "".join(rng.choices("ACGT", k=rng.choice([1, 1, 1, 3])))

    records = []
    for _ in range(count):
        reference = allele()
        others = {allele() for _ in range(rng.choice([1, 1, 2]))} - {reference} or {"<DEL>"}
        name = rng.choice([".", f"rs{rng.randrange(10**9)}"])
        place = f"{rng.choice(['chr22', 'chrX'])}\t{rng.randrange(1, 50_000_000)}"
        quality = rng.choice([".", "30"])
        records.append(f"{place}\t{name}\t{reference}\t{','.join(others)}\t{quality}\tPASS\tAF=0.5")
    return records


def meaning(read: VariantList) -> list[tuple[object, ...]]:
    first = read.alleles.drop_duplicates("row")
    alternatives = read.rows["ALT"].str.split(",")
    columns = (first["chromosome"], first["position"], first["id"], first["reference"])
    return [(*values, tuple(alts)) for *values, alts in zip(*columns, alternatives, strict=True)]


@pytest.mark.parametrize("seed", range(3))
def test_good_files_mean_what_htslib_says(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "list.vcf"
    path.write_text(
        vcf(*random_records(seed, 300), header=HEADER + "##contig=<ID=chrX,length=156040895>\n")
    )
    theirs = [(r.CHROM, r.POS, r.ID or "", r.REF, tuple(r.ALT)) for r in VCF(str(path))]
    read = read_variants(path)
    assert meaning(read) == theirs
    usable = read.alleles[read.alleles["reason"] == ""]
    given = read.rows["ALT"].str.split(",").explode()
    assert usable["alternative"].tolist() == given[given != "<DEL>"].tolist()


def test_bcf_is_read_like_the_vcf_it_was(tmp_path: Path) -> None:
    text = vcf(*random_records(7, 50), header=HEADER + "##contig=<ID=chrX,length=156040895>\n")
    path = tmp_path / "list.vcf"
    path.write_text(text)
    packed = tmp_path / "list.bcf"
    source = VCF(str(path))
    writer = Writer(str(packed), source, mode="wb")
    for record in source:
        writer.write_record(record)
    writer.close()
    read = read_variants(packed)
    assert (read.format, read.build) == ("BCF", "hg38")
    plain = read_variants(text)
    pd.testing.assert_frame_equal(read.rows, plain.rows)
    pd.testing.assert_frame_equal(read.alleles, plain.alleles)
    packed.write_bytes(packed.read_bytes()[:-60])
    with pytest.raises(ScxError, match=r"list\.bcf is cut short or damaged"):
        read_variants(packed)

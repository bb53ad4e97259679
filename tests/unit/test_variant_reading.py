"""Reading tables and typed lists: roles, mended cells, reasons, limits."""

import gzip
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scx_core.errors import ScxError
from scx_core.variants.reading import (
    ALLELE_COLUMNS,
    VariantList,
    make_alleles,
    open_variants,
    read_variants,
)
from scx_core.variants.reading.values import read_allele, read_number, read_position

PLACE = ["chromosome", "position", "reference", "alternative"]


def one(text: str, **options: object) -> pd.Series:
    read = read_variants(text, **options)  # type: ignore[arg-type]
    assert len(read) == len(read.alleles) == 1
    return read.alleles.iloc[0]


TABLES = {
    "tsv": "chrom\tpos\tref\talt\tp\nchr1\t5000\tA\tC\t0.1\n",
    "csv": "SNP,CHR,BP,Ref Allele,Alt Allele,p\nrs1,chr1,5000,A,C,0.1\n",
    "semicolons": "CHR;BP;REF;ALT;p\nchr1;5000;A;C;0,1\n",
    "spaces": "CHR   BP  REF ALT p\nchr1  5000 A  C  0.1\n",
    "comments": "## made today\n# by me\nchrom\tpos\tref\talt\tp\nchr1\t5000\tA\tC\t0.1\n",
    "hash": "#chrom\tpos\tref\talt\tp\nchr1\t5000\tA\tC\t0.1\n",
    "mark": "\ufeffchrom\tpos\tref\talt\tp\nchr1\t5000\tA\tC\t0.1\n",
    "quotes": '"chrom","pos","ref","alt","p"\n"chr1","5,000","A","C","0.1"\n',
    "quoted tabs": '"chrom"\t"pos"\t"ref"\t"alt"\t"p"\n"chr1"\t5000\t"A"\t"C"\t0.1\n',
    "R row names": '"chrom"\t"pos"\t"ref"\t"alt"\t"p"\n"1"\t"chr1"\t5000\t"A"\t"C"\t0.1\n',
    "returns": "chrom\tpos\tref\talt\tp\rchr1\t5000\tA\tC\t0.1\r",
    "combined": "variant\tp\nchr1:5000:A:C\t0.1\n",
    "combined with build": "variant_id,p\nchr1_5000_A_C_b38,0.1\n",
    "combined place": "MarkerName\tref\talt\tp\nchr1:5000\tA\tC\t0.1\n",
    "hgvs": "HGVSg;p\nNC_000001.11:g.5000A>C;0.1\n",
    "pair": "chr\tpos\talleles\tp\nchr1\t5000\tA/C\t0.1\n",
    "bed": "chrom\tchromStart\tchromEnd\tref\talt\tp\nchr1\t4999\t5000\tA\tC\t0.1\n",
    "logarithm": "chrom\tpos\tref\talt\tLOG10P\nchr1\t5000\tA\tC\t1\n",
    "unknown names": "where\tat\tfrom\tto\tp\n" + "chr1\t500{}\tA\tC\t0.1\n".format("0")
    + "".join(f"chr1\t{n}\tA\tC\t0.1\n" for n in range(20_000, 20_009)),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(TABLES))
@pytest.mark.parametrize("how", ["text", "plain", "gzip"])
def test_tables_with_free_column_names(tmp_path: Path, kind: str, how: str) -> None:
    path = tmp_path / "list"
    raw = TABLES[kind].encode()
    path.write_bytes(gzip.compress(raw) if how == "gzip" else raw)
    read = read_variants(TABLES[kind] if how == "text" else path)
    part = read.alleles.iloc[0]
    assert part[PLACE].tolist() == ["chr1", 5000, "A", "C"]
    assert part["p_value"] == pytest.approx(0.1)
    assert part["reason"] == ""


def test_roles_are_reported_and_can_be_corrected() -> None:
    text = "SNP\tCHR\tpos_hg19\tpos_hg38\tref\talt\nrs1\t1\t50\t60\tA\tC\n"
    read = read_variants(text)
    assert read.roles == {
        "id": "SNP", "chromosome": "CHR", "position": "pos_hg19", "reference": "ref",
        "alternative": "alt",
    }  # fmt: skip
    assert read.build == "hg19"
    assert "several genome builds (pos_hg19, pos_hg38)" in read.notices[0]
    again = read_variants(text, roles={"position": "pos_hg38", "id": ""})
    assert (again.alleles["position"][0], again.alleles["id"][0]) == (60, "")
    assert again.build == "hg38"
    assert "id" not in again.roles
    with pytest.raises(ScxError, match="no column 'POS' for the position; the table has SNP"):
        read_variants(text, roles={"position": "POS"})
    with pytest.raises(ScxError, match="'place' is nothing that a column can be"):
        read_variants(text, roles={"place": "CHR"})


def test_columns_are_known_by_content_and_said_to_be() -> None:
    rows = "".join(f"{n}\trs{n}\tchr2\t{n * 12_345}\tG\tT\n" for n in range(1, 30))
    read = read_variants("n\tmy name\tc\twhere\told\tnew\n" + rows)
    assert read.roles == {
        "id": "my name", "position": "where", "chromosome": "c", "first_allele": "old",
        "second_allele": "new",
    }  # fmt: skip
    assert not read.alleles["ordered"].any()  # nothing says which of them is the reference
    assert "By what they hold" in read.notices[0]
    assert "'where' as position" in read.notices[0]


def test_a_table_without_header_is_read_by_content() -> None:
    rows = "".join(f"rs{n}\t2\t0\t{n * 12_345}\tG\tT\n" for n in range(1, 30))
    read = read_variants(rows)
    assert len(read) == 29
    assert read.alleles.loc[1, PLACE].tolist() == ["2", 24690, "G", "T"]
    assert read.roles["position"] == "column 4"


def test_names_that_hold_something_else_are_let_go() -> None:
    part = one("chrom\tpos\teffect\tchange\nchr1\t5000\tmissense\tp.Ala5Val\n")
    assert math.isnan(part["effect_size"])
    assert part["note"] == part["reason"] == ""


def test_the_users_columns_come_back_as_they_were() -> None:
    read = read_variants(
        'chrom,pos,row,pos,,note\n 1 ,05000,x,y,z,"a, b"\n1,6000,,,,"two\nlines"\n1,7000,,,,\n'
    )
    assert read.rows.columns.tolist() == ["chrom", "pos", "row", "pos (2)", "column 5", "note"]
    assert read.rows.loc[1].tolist() == [" 1 ", "05000", "x", "y", "z", "a, b"]
    assert read.rows.loc[2, "note"] == "two\nlines"
    assert read.alleles["position"].tolist() == [5000, 6000, 7000]
    assert any("'pos (2)'" in notice for notice in read.notices)


def test_rows_of_other_lengths_have_their_reason() -> None:
    read = read_variants(
        "chrom\tpos\tref\talt\tp\tstudy\tyear\n"
        "1\t5\tA\tC\t.1\tmine\t2001\n"
        "1\t5\tA\tG\t.1\tcut of empty cells\n"
        "1\t5\tA\tT\t.1\n"
        "1\t5\tA\n"
        "1\t5\tA\tC\t.1\tmine\t2001\t\t\n"
        "1\t5\tA\tC\t.1\tmine\t2001\tand\tmore\n"
    )
    assert read.alleles["reason"].tolist() == [
        "", "", "the row ends after 5 of 7 columns", "the row ends after 3 of 7 columns", "",
        "the row has 9 cells, the header 7",
    ]  # fmt: skip
    assert read.rows.loc[6, "year"] == "2001\tand\tmore"
    assert len(read) == 6


def test_an_open_quote_takes_its_own_row_alone() -> None:
    lines = ["chrom,pos,note", '1,5,"open', *(f"1,{n},x" for n in range(6, 200))]
    read = read_variants("\n".join(lines))
    assert len(read) == 195
    assert read.alleles["reason_kind"].value_counts().to_dict() == {"": 194, "unreadable": 1}
    assert "quotes of the row are wrong" in read.alleles["reason"][0]
    assert read.rows.loc[1, "chrom"] == '1,5,"open'


def test_quotes_in_tab_separated_tables_are_letters() -> None:
    read = read_variants('chrom\tpos\tnote\n1\t5\t"open\n1\t6\tx "y" z\n')
    assert read.rows["note"].tolist() == ['"open', 'x "y" z']


def test_comment_lines_between_rows_are_counted() -> None:
    read = read_variants("chrom\tpos\n1\t5\n# the end\n1\t6\n")
    assert len(read) == 2
    assert read.notices == ("1 comment line between the rows, beginning with #, were passed over.",)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no variant in list.tsv"),
        (b"\n \n", "no variant in list.tsv"),
        (b"gene\tscore\nA\tB\n", "needs columns for chromosome and position, or for rsIDs; it has gene"),
        (b"chrom\tpos\n", "has a header but no row"),
        (b"# only this\n", "has comments but no row"),
        (b"chrom\tpos\nchr1\t5\xe9\n", r"byte 17 \(line 2\) is 0xE9, 'é' in Latin-1"),
        (b"chrom\tpos\nchr1\t5\0\n", "binary"),
        (gzip.compress(b"chrom\tpos\nchr1\t5\n" * 99)[:-20], "cut short or damaged"),
        (gzip.compress(b"chrom\tpos\nchr1\t5\n") + b"garbage", "cut short or damaged"),
    ],
)  # fmt: skip
def test_broken_lists_are_one_sentence(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "list.tsv"
    path.write_bytes(raw)
    with pytest.raises(ScxError, match=says) as refused:
        read_variants(path)
    assert "\n" not in str(refused.value)


def test_the_byte_that_is_not_utf8_is_named_wherever_it_is(tmp_path: Path) -> None:
    path = tmp_path / "list.tsv"
    before = b"\xef\xbb\xbfchrom\tpos\tname\r\n" + "chr1\t5\té\r\n".encode() * 200_000
    path.write_bytes(before + b"chr1\t5\t\x80\r\n")
    with pytest.raises(ScxError, match=rf"byte {len(before) + 8:,} \(line 200,002\) is 0x80, '€'"):
        read_variants(path)


def test_limits(tmp_path: Path) -> None:
    path = tmp_path / "list.gz"
    path.write_bytes(gzip.compress(b"chrom\tpos\n" + b"chr1\t5\n" * 1_000_000))
    assert path.stat().st_size < 50_000
    with pytest.raises(ScxError, match=r"list\.gz holds more than 1 MB when unpacked"):
        read_variants(path, limit_bytes=1_000_000)
    with pytest.raises(ScxError, match="more than 10,000 rows; score it as a job"):
        read_variants(path, limit_rows=10_000)
    with pytest.raises(ScxError, match="holds more than 0 MB"):
        read_variants("chr1:5:A:C", limit_bytes=5)
    assert len(read_variants("chr1:5\nchr1:6", limit_rows=2)) == 2
    chunks = open_variants(path, chunk_rows=400_000)
    assert [len(chunk) for chunk in chunks] == [400_000, 400_000, 200_000]


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.gz"
    path.write_bytes(gzip.compress(b"chrom\tpos\n" + b"A" * 40_000_000))
    with pytest.raises(ScxError, match=r"a line of more than 32 MB \(line 2\)"):
        read_variants(path)


def test_a_text_is_never_taken_for_a_path(tmp_path: Path) -> None:
    path = tmp_path / "secret.tsv"
    path.write_text("chrom\tpos\n1\t5\n")
    for text in (str(path), "../../etc/passwd"):
        part = one(text)
        assert part["reason_kind"] == "unreadable"
        assert "is not a variant" in part["reason"]
    with pytest.raises(
        ScxError, match=r"There is no list of variants at .*nothing; check the path"
    ):
        read_variants(tmp_path / "nothing")
    with pytest.raises(ScxError, match=r"^\.\./x\.tsv has a header but no row"):
        read_variants("chrom\tpos\n", name="../x.tsv")


MENDED = [
    ("39570542", 39570542, ""),
    (" 39570542 ", 39570542, "position 39570542 read as 39570542"),
    ("39570542.0", 39570542, "position 39570542.0 read as 39570542"),
    ("39,570,542", 39570542, "position 39,570,542 read as 39570542"),
    ("39 570 542", 39570542, "position 39 570 542 read as 39570542"),
    ("39.570.542", 39570542, "position 39.570.542 read as 39570542"),
    ("3.9570542E+07", 39570542, "position 3.9570542E+07 read as 39570542"),
    ("3.9570542e7", 39570542, "position 3.9570542e7 read as 39570542"),
    ("1e+05", 100000, "position 1e+05 read as 100000"),
    ("4.2e+07", 42000000, "position 4.2e+07 read as 42000000"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "position", "note"), MENDED)
def test_positions_with_one_meaning_are_mended_and_noted(
    cell: str, position: int, note: str
) -> None:
    part = one(f"chrom\tpos\nchr22\t{cell}\n")
    assert (part["position"], part["reason"]) == (position, "")
    assert part["note"] in (note, "")


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("3.957e7", "'3.957e7' has lost digits in a spreadsheet"),
        ("3.96E+07", "has lost digits"),
        ("4E+07", "has lost digits"),
        ("3.957054239e7", "has lost digits"),
        ("1,23", "'1,23' is not a whole number"),
        ("39.5", "is not a whole number"),
        ("39.570", "is not a whole number"),
        ("12-Mar", "is not a whole number"),
        ("²", "is not a whole number"),
        ("1e5000", "is not a whole number"),
        ("0", "positions begin at 1"),
        ("123456789012", "beyond every chromosome"),
    ],
)
def test_positions_with_no_certain_meaning_are_refused_by_row(cell: str, says: str) -> None:
    read = read_variants(f"chrom\tpos\nchr22\t{cell}\nchr22\t7\n")
    assert read.alleles["reason_kind"].tolist() == ["unreadable", ""]
    assert says in read.alleles["reason"][0]
    # With an rsID beside it the row is not lost.
    part = one(
        f"rsid\tchrom\tpos\nrs5\tchr22\t{cell}\n", roles={"chromosome": "chrom", "position": "pos"}
    )
    assert part["reason"] == ""
    assert says in part["note"]
    assert part["position"] is pd.NA


@given(st.integers(1, 9_999_999_999))
def test_every_position_is_read_back_from_every_writing(position: int) -> None:
    mantissa, exponent = f"{position:.12e}".split("e")
    exact = f"{mantissa}e{int(exponent)}"
    for written in (f"{position}", f"{position}.0", f"{position:,}", exact):
        assert read_position(written).value == str(position)


@given(st.integers(10_000, 9_999_999_999), st.integers(0, 4))
def test_a_rounded_position_is_never_taken_for_a_position(position: int, digits: int) -> None:
    written = f"{position:.{digits}E}"  # as Excel shows it
    found = read_position(written).value
    assert found in ("", str(position))


def test_chromosomes_of_spreadsheets() -> None:
    part = one("chrom,pos\n22.0,7\n")
    assert (part["chromosome"], part["note"]) == ("22", "chromosome 22.0 read as 22")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0.05", 0.05), ("5e-8", 5e-8), ("5E-08", 5e-8), (".5", 0.5), ("-0.3", -0.3),
        ("−0.3", -0.3), ("1,23", 1.23), ("0,123", 0.123), ("3 x 10-8", 3e-8), ("3×10^-8", 3e-8),
        ("<1e-300", 1e-300), ("1e-400", 2.2250738585072014e-308), ("0", 0.0),
    ],
)  # fmt: skip
def test_numbers(cell: str, value: float) -> None:
    assert read_number(cell, "x")[0] == value


@pytest.mark.parametrize("cell", ["abc", "1,234", "1,2,3", "12-Mar", "0x5", "1_0", "inf", "1e999"])
def test_what_is_no_number_is_left_out_with_a_note(cell: str) -> None:
    value, note = read_number(cell, "p-value")
    assert math.isnan(value)
    assert note.startswith("p-value ")
    assert note.endswith("so left out")


def test_mangled_values_are_noted_and_the_variant_is_kept() -> None:
    read = read_variants(
        "gene\tchrom\tpos\tA1\tA2\tOR\tP\n"
        "1-Mar\t1\t5000\tA\tC\t1,23\t0,05\n"
        "2-Sep\t1\t5001\tA\tC\t-1\t5\n"
        "TAB1\t1\t5002\tTRUE\tC\t1.1\tsmall\n"
        "2001-09-02\t1\t5003\tA\tC\t1.1\t0.5\n"
    )
    alleles = read.alleles
    assert alleles["reason"].tolist() == [""] * 4
    assert "gene '1-Mar' is a date that a spreadsheet made" in alleles["note"][0]
    assert "effect 1,23 read as 1.23; p-value 0,05 read as 0.05" in alleles["note"][0]
    assert alleles["effect_size"][0] == 1.23
    assert "'2-Sep'" in alleles["note"][1]
    assert "odds ratio -1 is impossible" in alleles["note"][1]
    assert "p-value '5' is impossible" in alleles["note"][1]
    assert alleles["effect_kind"].tolist() == ["or", "", "or", "or"]
    assert alleles["effect_allele"][2] == "T"
    assert "TRUE read as T" in alleles["note"][2]
    assert "p-value 'small' is not a number" in alleles["note"][2]
    assert "'2001-09-02'" in alleles["note"][3]


PGC = [
    "CHR\tPOS\tRSID\tEffectAllele\tOtherAllele\tB\tSE\tEAF\tP\n22\t5000\trs1\tT\tC\t-0.02\t.1\t.9\t0.2\n",
    "SNP BP CHR A1 A2 INFO BETA SE P\nrs1 5000 22 t c 0.9 -0.02 0.1 0.2\n",
    "CHR\tSNP\tBP\tA1\tA2\tFRQ_A_5\tFRQ_U_7\tINFO\tOR\tSE\tP\n22\trs1\t5000\tT\tC\t.1\t.1\t1\t0.98\t.1\t.2\n",
    "chromosome\tbase_pair_location\teffect_allele\tother_allele\tbeta\tstandard_error\tp_value\trsid\n"
    "22\t5000\tT\tC\t-0.02\t0.1\t0.2\trs1\n",
    '##genomeReference="GRCh37"\nCHROM\tID\tPOS\tA1\tA2\tBETA\tPVAL\n22\trs1\t5000\tT\tC\t-.02\t.2\n',
    "CHROM GENPOS ID ALLELE0 ALLELE1 BETA LOG10P\n22 5000 rs1 C T -0.02 0.6989700043360187\n",
]  # fmt: skip


@pytest.mark.parametrize("text", PGC)
def test_summary_statistics(text: str) -> None:
    read = read_variants(text)
    assert read.format == "summary statistics"
    assert read.build == ("hg19" if "GRCh37" in text else "")
    part = read.alleles.iloc[0]
    # Nobody says which allele is the genome's: the effect allele is the alternative.
    assert part[["id", *PLACE]].tolist() == ["rs1", "22", 5000, "C", "T"]
    assert (part["effect_allele"], part["other_allele"]) == ("T", "C")
    assert part["p_value"] == pytest.approx(0.2)
    expected = ("or", 0.98) if "OR" in text.split() else ("beta", -0.02)
    assert (part["effect_kind"], part["effect_size"]) == expected


def test_effect_alleles_beside_reference_and_alternative() -> None:
    read = read_variants(
        "#CHROM\tPOS\tREF\tALT\tA1\tBETA\tP\n1\t5\tA\tC\tA\t.1\t.5\n1\t5\tA\tC\tC\t.1\t.5\n"
        "1\t5\tA\tC\tG\t.1\t.5\n1\t5\tA\tC\t<X>\t.1\t.5\n"
    )
    alleles = read.alleles
    assert alleles[["reference", "alternative"]].drop_duplicates().to_numpy().tolist() == [
        ["A", "C"]
    ]
    assert alleles["effect_allele"].tolist() == ["A", "C", "G", ""]
    assert alleles["other_allele"].tolist() == ["C", "A", "", ""]
    assert alleles["reason"].tolist() == [""] * 4
    assert "effect allele '<X>' is symbolic" in alleles["note"][3]
    part = one("chrom\tpos\tref\ta1\ta2\tbeta\n1\t5\tC\tC\tT\t.1\n")
    assert part[PLACE].tolist() == ["1", 5, "C", "T"]
    assert (part["effect_allele"], part["other_allele"]) == ("C", "T")


def test_an_effect_allele_alone_is_no_alternative() -> None:
    part = one("rsid\tchrom\tpos\trisk_allele\nrs1\t1\t5\tA\n")
    assert (part["reference"], part["alternative"], part["effect_allele"]) == ("", "", "A")


@pytest.mark.parametrize(
    ("cells", "kind", "says"),
    [
        ("A\t<DEL>", "symbolic allele", "names no letters"),
        ("I\tD", "symbolic allele", "'I' is a code"),
        ("A\tN", "unknown sequence", "unknown letters"),
        ("A\tZ", "unreadable", "not written in A, C, G, T"),
        ("-\tAC", "unreadable", "-/AC does not say behind which letter it inserts"),
        ("A\ta", "unreadable", "are both A"),
    ],
)
def test_alleles_that_cannot_be_used(cells: str, kind: str, says: str) -> None:
    part = one(f"chrom\tpos\tref\talt\n1\t5\t{cells}\n")
    assert part["reason_kind"] == kind
    assert says in part["reason"]


def test_a_deletion_written_as_dash_gets_the_letter_before_it() -> None:
    part = one("chrom\tpos\tref\talt\teffect_allele\n1\t5\tAC\t-\t-\n")
    assert part[PLACE].tolist() == ["1", 4, "NAC", "N"]
    assert (part["effect_allele"], part["other_allele"]) == ("N", "NAC")
    assert "the base before it" in part["note"]
    part = one("chrom\tpos\tref\talt\n1\t1\tAC\t-\n")
    assert "begins with the first letter" in part["reason"]


def test_alleles_not_given_are_every_substitution() -> None:
    for text in ("chrom\tpos\tref\talt\n1\t5\t\t\n", "chrom\tpos\n1\t5\n"):
        part = one(text)
        assert part[PLACE].tolist() == ["1", 5, "", ""]
        assert part["reason"] == part["note"] == ""


@pytest.mark.parametrize("cell", [".", "?", "NA", "nan", "0", "-9", "NULL"])
def test_unknown_alleles_are_not_every_substitution(cell: str) -> None:
    assert read_allele(cell, "allele").value == ""
    part = one(f"chrom\tpos\tref\talt\n1\t5\t{cell}\t{cell}\n")
    assert part["reason_kind"] == "no alternative allele"
    assert f"the alleles are unknown ({cell}/{cell})" in part["reason"]
    part = one(f"chrom\tpos\tref\talt\n1\t5\tA\t{cell}\n")
    assert part["reason"] == f"the row gives no alternative allele ({cell})"
    # With an rsID and no position, its source may have the alleles.
    assert one(f"rsid\tref\talt\nrs5\t{cell}\t{cell}\n")["reason"] == ""


def test_rows_without_place() -> None:
    read = read_variants("rsid\tchrom\tpos\nrs1\t\t\n\t22\t\nrs2\t\t5\n\t\t5\nNA\tNA\tNA\n")
    alleles = read.alleles
    assert alleles["reason_kind"].tolist() == ["", "no position", "", "no position", "no position"]
    assert alleles["position"].isna().all()
    assert "no chromosome; the rsID is asked instead" in alleles["note"][2]


def test_combined_cells_beside_other_columns() -> None:
    read = read_variants(
        "MarkerName\tAllele1\tAllele2\tEffect\tP-value\n"
        "22:5000:C:T\tt\tc\t0.1\t0.5\n22:6000\ta\tg\t0.1\t0.5\nnonsense\ta\tg\t0.1\t0.5\n"
        + "22:7000\ta\tg\t0.1\t0.5\n"
        * 17
    )
    alleles = read.alleles
    assert alleles.loc[0, PLACE].tolist() == ["22", 5000, "C", "T"]
    assert alleles.loc[1, PLACE].tolist() == ["22", 6000, "G", "A"]
    assert alleles["reason_kind"].tolist()[:3] == ["", "", "unreadable"]
    assert alleles["effect_allele"].tolist()[:2] == ["T", "A"]


def test_haplotypes_keep_their_name() -> None:
    read = read_variants(
        "chrom\tpos\tref\talt\thaplotype\n1\t5\tA\tC\th1\n1\t6\tA\tC\th1\n1\t7\tA\tC\t\n"
    )
    assert read.alleles["haplotype"].tolist() == ["h1", "h1", ""]


def test_typed_lists_mix_forms() -> None:
    text = """
# my list
rs7288455
RS5757730-C
rs123:A>G
chr22:39570542:A:C
22-39570542-A-C
22:39,570,542 A>C
NC_000022.11:g.39570542A>C
22\t39570542\trs7288455\tA\tC,T\t.\t.\t.
chr22\t39570541\t39570542
22,39570542,A,C
chr22:39570542:A:C\tmy favourite
rs1, rs2; rs3 rs4
chr22:39570542:A:<DEL>
chr22:39570542:A:N
what is this?
NM_021096.4:c.5A>C
"""
    read = read_variants(text)
    assert read.format == "typed variants"
    assert read.roles == {}
    assert read.build == "hg38"
    assert len(read) == 16
    assert read.rows.loc[11, "variant"] == "chr22:39570542:A:C\tmy favourite"
    by_row = read.alleles.groupby("row")
    assert by_row.size().to_dict() == dict.fromkeys(range(1, 17), 1) | {8: 2, 12: 4}
    usable = read.alleles[read.alleles["reason"] == ""]
    placed = usable[usable["position"].notna()]
    assert placed["position"].unique().tolist() == [39570542]
    assert usable.loc[usable["row"] == 12, "id"].tolist() == ["rs1", "rs2", "rs3", "rs4"]
    assert usable.loc[usable["row"] == 2, ["id", "effect_allele"]].to_numpy().tolist() == [
        ["rs5757730", "C"]
    ]
    first = usable.drop_duplicates("row").set_index("row")
    for row in (4, 5, 6, 7, 8, 10, 11):
        assert first.loc[row, ["reference", "alternative"]].tolist() == ["A", "C"]
    assert "0-based" in first.loc[9, "note"]
    assert by_row["reason_kind"].first().loc[13:16].tolist() == [
        "symbolic allele", "unknown sequence", "unreadable", "unreadable",
    ]  # fmt: skip
    assert read.alleles.set_index("row").loc[15, "reason"].startswith("'what is this?' is not a")
    assert "Some rows name the genome build hg38 and others none" in read.notices[0]


def test_a_list_of_rsids() -> None:
    read = read_variants("rs7288455\nrs5757730\n rs7288455 \n")
    assert read.format == "rsIDs"
    assert read.alleles["id"].tolist() == ["rs7288455", "rs5757730", "rs7288455"]
    assert read.alleles["note"].tolist() == ["", "", "same as row 1"]
    assert read.alleles["reason"].tolist() == [""] * 3
    assert read_variants("rsid\nrs7288455\n").format == "rsIDs"


def test_hgvs_that_needs_the_genome() -> None:
    read = read_variants("NC_000022.11:g.100_102del\nNC_000022.11:g.100dup\nchr1:g.5_6insAC")
    assert read.alleles[["position", "reference", "alternative"]].to_numpy().tolist() == [
        [99, "NNNN", "N"], [100, "N", "NN"], [5, "N", "NAC"],
    ]  # fmt: skip
    assert set(read.alleles["note"]) == {"the genome gives the letters written N"}
    assert set(read.alleles["reason"]) == {""}
    table = read_variants("hgvs\tp\nNC_000022.11:g.100_102del\t.5\n")
    assert table.alleles[["position", "reference"]].to_numpy().tolist() == [[99, "NNNN"]]


def test_mixed_builds_are_not_taken_for_one() -> None:
    read = read_variants("NC_000022.11:g.500A>C\nNC_000022.10:g.500A>C\nNC_000022.11:g.501A>C")
    assert read.build == "hg38"
    assert read.alleles["reason_kind"].tolist() == ["", "wrong build", ""]
    assert "is on hg19, those before it on hg38" in read.alleles["reason"][1]
    table = read_variants("chrom\tpos\tNCBI_Build\n1\t5\tGRCh37\n1\t6\t38\n1\t7\tGRCh38\n")
    assert table.build == "hg19"
    assert table.alleles["reason_kind"].tolist() == ["", "", "wrong build"]


def test_the_build_is_known_before_the_first_chunk(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text("chr22:1:A:C\n" * 50 + "NC_000022.10:g.500A>C\n")
    reader = open_variants(path, chunk_rows=10)
    assert reader.build == "hg19"
    assert {chunk.build for chunk in reader} == {"hg19"}


def test_a_variant_list_checks_itself() -> None:
    read = read_variants("chr1:5:A:C\nchr1:6")
    assert list(read.alleles.columns) == list(ALLELE_COLUMNS)
    assert len(read) == 2
    with pytest.raises(ValueError, match="every row needs a part"):
        VariantList(read.rows, read.alleles.iloc[:1], "table")
    with pytest.raises(ValueError, match="not those of alleles"):
        VariantList(read.rows, read.alleles.drop(columns="note"), "table")
    with pytest.raises(ValueError, match="index of rows"):
        VariantList(read.rows.reset_index(drop=True), read.alleles, "table")
    with pytest.raises(TypeError):
        read.roles["id"] = "x"  # type: ignore[index]


def test_types_of_alleles_do_not_depend_on_what_is_known() -> None:
    empty = make_alleles({"row": []})
    for read in (read_variants("rs1"), read_variants(PGC[0])):
        assert read.alleles.dtypes.to_dict() == empty.dtypes.to_dict()


names = st.sampled_from(["chr1", "2", "X", ""])
cells = st.sampled_from(["5", "6000", "", "x", "1,23", "A", "C", "<DEL>", "rs5", "#", "é", "\t"])


@given(st.lists(st.lists(cells, max_size=7), min_size=1, max_size=12))
def test_every_row_of_any_table_comes_out(rows: list[list[str]]) -> None:
    lines = ["|".join(["row", *row]) for row in rows]
    read = read_variants("name|chrom|pos|ref|alt\n" + "\n".join(lines))
    assert len(read) == len(lines)
    assert set(read.alleles["row"]) == set(range(1, len(lines) + 1))
    assert ((read.alleles["reason"] == "") == (read.alleles["reason_kind"] == "")).all()


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_a_sentence(text: str) -> None:
    try:
        n_rows = len(read_variants(text))
    except ScxError as error:
        refused = str(error)
        assert "\n" not in refused.strip()
    else:
        assert n_rows >= 1

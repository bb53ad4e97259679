"""Content is tried before separators: variants with commas, mixed columns, headers by spaces, archives."""

import io
import zipfile
from pathlib import Path

import pytest

from scx_core import unpacking
from scx_core.errors import ScxError
from scx_core.variants.reading import read_variants
from scx_core.variants.variant import Variant, read_alternatives

PLACE = ["chromosome", "position", "reference", "alternative"]


def places(text: str, **options: object) -> list[list[object]]:
    read = read_variants(text, **options)  # type: ignore[arg-type]
    assert read.alleles["reason"].tolist() == [""] * len(read.alleles)
    made: list[list[object]] = read.alleles[PLACE].to_numpy().tolist()
    return made


TWO = [["22", 5000, "A", "C"], ["22", 5000, "A", "G"]]


@pytest.mark.parametrize(
    "text",
    [
        "22:5000:A:C,G", "22_5000_A_C,G", "22-5000-A-C,G", "22:5000 A>C,G", "22:5000:A/C,G",
        "22:5000:A:C,22:5000:A:G", "22:5000:A:C, 22:5000:A:G", "22:5000:A:C;22:5000:A:G",
        "22:5000:A:C 22:5000:A:G", "22:5000:A:C,G:b38", "variant\n22:5000:A:C,G",
        "variant\tp\n22:5000:A:C,G\t.5", "variant,p\n\"22:5000:A:C,G\",0.5",
        "ID\tCHR\tPOS\n22:5000:A:C,G\t22\t5000",
    ],
)  # fmt: skip
def test_alternatives_behind_a_comma_are_all_read(text: str) -> None:
    assert places(text) == TWO


def test_a_list_may_mix_all_of_them() -> None:
    read = read_variants(
        "rs7288455, rs900001,rs900002;\n22:5000:A:C,G\n22:6000:A:C,22:6001:A:C,rs5\n22_7000_A_C,T\n"
    )
    assert read.alleles["reason"].tolist() == [""] * 10
    assert read.alleles["row"].tolist() == [1, 1, 1, 2, 2, 3, 3, 3, 4, 4]
    assert read.format == "typed variants"
    assert read.alleles["alternative"].tolist()[3:] == ["C", "G", "C", "C", "", "C", "T"]


def test_effects_of_several_alternatives_are_of_each() -> None:
    for text in (
        "variant\tbeta\tp\n22:5000:A:C,G\t.2\t.5\n",
        "chr\tpos\tref\talt\tbeta\tp\n22\t5000\tA\tC,G\t.2\t.5\n",
    ):
        parts = read_variants(text).alleles
        assert parts["effect_allele"].tolist() == ["C", "G"]
        assert parts["other_allele"].tolist() == ["A", "A"]


def test_one_variant_is_asked_for_where_one_is_needed() -> None:
    assert [typed.variant.alternative for typed in read_alternatives("22:5000:A:C,G")] == ["C", "G"]
    with pytest.raises(ScxError, match="names 2 alternative alleles; give one of them"):
        Variant.parse("22:5000:A:C,G")


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("hg19:22:5000:A:C", "hg19"), ("22:5000:A:C:b38", "hg38"), ("22_5000_A_C_b37", "hg19"),
        ("GRCh38:22:5000:A:C", "hg38"), ("hg38-22-5000-A-C", "hg38"), ("22-5000-A-C-GRCh37", "hg19"),
        ("22:5000:A:C:hg38", "hg38"), ("b37_22_5000_A_C", "hg19"), ("22:5000:SNV:A>C", ""),
        ("hg19:22:5000:A:C:b37", "hg19"),
    ],
)  # fmt: skip
def test_builds_before_and_behind_a_variant(text: str, build: str) -> None:
    for given in (text, f"variant_id\n{text}", f"SNP\tp\n{text}\t.5", f"rs5\n{text}"):
        read = read_variants(given)
        part = read.alleles.iloc[-1]
        assert part[PLACE].tolist() == ["22", 5000, "A", "C"]
        assert part["reason"] == ""
        assert read.build == build
    with pytest.raises(ScxError, match="names two genome builds"):
        read_alternatives("hg19:22:5000:A:C:b38")


@pytest.mark.parametrize(
    ("text", "alternative"),
    [("22:5000-5000", ""), ("22:5000-5000:1/C", "C"), ("22:5000-5000:-1/C", "G"), ("22:5,000-5,000", "")],
)  # fmt: skip
def test_regions_of_one_base(text: str, alternative: str) -> None:
    assert places(text) == [["22", 5000, "", alternative]]
    assert read_variants("22:5000-5001").alleles["reason_kind"].tolist() == ["unreadable"]


MIXED = ["rs7288455", *[f"rs90000{n}" for n in range(8)], "22:6000:A:C", "22:7000_C_A"]


@pytest.mark.parametrize("header", ["SNP", "rsid", "ID", "variant_id", "MarkerName", ""])
@pytest.mark.parametrize("more", ["", "\t0.5"])
def test_kinds_are_told_by_cell_where_a_column_mixes_them(header: str, more: str) -> None:
    first = [f"{header}{'	p' if more else ''}"] if header else []
    read = read_variants("\n".join([*first, *[cell + more for cell in MIXED]]))
    parts = read.alleles
    assert parts["reason"].tolist() == [""] * 11
    assert parts.loc[:8, "position"].isna().all()
    assert parts.loc[:8, "id"].tolist() == MIXED[:9]
    assert parts.loc[9:, PLACE].to_numpy().tolist() == [
        ["22", 6000, "A", "C"],
        ["22", 7000, "C", "A"],
    ]


def test_one_place_among_many_ids_is_read_beyond_the_rows_that_are_looked_at() -> None:
    read = read_variants("SNP\tp\n" + "rs5\t.1\n" * 400 + "22:6000:A:C\t.1\n")
    assert read.alleles.iloc[-1][PLACE].tolist() == ["22", 6000, "A", "C"]


def test_probes_of_arrays_are_no_places() -> None:
    read = read_variants("SNP\tp\nrs5\t.1\nAX-11111111-A-C\t.1\nSNP_A-1234567\t.1\nkgp77\t.1\n")
    assert read.alleles["position"].isna().all()
    assert read.alleles["id"].tolist() == ["rs5", "AX-11111111-A-C", "SNP_A-1234567", "kgp77"]


def test_a_vcf_with_a_header_by_spaces_above_rows_by_tabs() -> None:
    read = read_variants(
        "##fileformat=VCFv4.2\n#CHROM POS ID REF ALT QUAL FILTER INFO\n"
        "chr22\t5000\t.\tA\tC\t50\tPASS\tGENE=CACNA1I;NOTE=two words here\n"
        "chr22 6000 . G T 50 PASS .\n"
    )
    assert read.alleles["reason"].tolist() == ["", ""]
    assert read.alleles["position"].tolist() == [5000, 6000]
    assert read.rows.loc[1, "INFO"] == "GENE=CACNA1I;NOTE=two words here"


@pytest.mark.parametrize("mark", ["", "#"])
def test_a_table_with_a_header_by_spaces_above_rows_by_tabs(mark: str) -> None:
    read = read_variants(
        f"{mark}CHR POS REF ALT NOTE\n22\t5000\tA\tC\ttwo words\n22\t6000\tG\tT\tthree more words\n"
    )
    assert read.rows.columns.tolist() == ["CHR", "POS", "REF", "ALT", "NOTE"]
    assert read.alleles["position"].tolist() == [5000, 6000]
    assert read.rows.loc[2, "NOTE"] == "three more words"


def test_a_separator_cuts_all_rows_alike() -> None:
    # More commas than semicolons in the first row.
    read = read_variants("CHR;POS;REF;ALT,first;beta\n22;5000;A;C;0,21\n22;6000;G;T;0,3\n")
    assert read.alleles["position"].tolist() == [5000, 6000]
    assert read.alleles["effect_size"].tolist() == [0.21, 0.3]


def zipped(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


TABLE = b"chrom\tpos\tref\talt\nchr22\t5000\tA\tC\n"


@pytest.mark.parametrize(
    "files",
    [
        {"table.tsv": TABLE},
        {"folder/table.tsv": TABLE, "folder/README.txt": b"x", "folder/.DS_Store": b"x"},
        {"__MACOSX/._table.tsv": b"x", "table.tsv": TABLE, "md5sum.txt": b"x"},
    ],
)
def test_an_archive_with_one_table_is_read(tmp_path: Path, files: dict[str, bytes]) -> None:
    path = tmp_path / "download.zip"
    path.write_bytes(zipped(**files))
    part = read_variants(path).alleles.iloc[0]
    assert part[PLACE].tolist() == ["chr22", 5000, "A", "C"]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (zipped(**{"a.tsv": TABLE, "b.tsv": TABLE}), r"holds 2 files \(a.tsv, b.tsv\); give one table"),
        (zipped(**{"README": b"x"}), "holds no table"),
        (zipped(**{"[Content_Types].xml": b"x", "sheet.xml": b"x"}), "is an Excel workbook"),
        (zipped(**{"a.zip": zipped(**{"a.tsv": TABLE})}), "a zip archive in a zip archive"),
        (zipped(**{"a.tsv": TABLE})[:-30], "zip archive that is cut short or damaged"),
        (zipped(**{"a.bcf": b"BCF\x02\x02"}), "a BCF in a zip archive"),
        (zipped(**{"a.tsv": bytes(10)}), "is a binary file"),
    ],
)  # fmt: skip
def test_other_archives_are_one_sentence(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "download.zip"
    path.write_bytes(raw)
    with pytest.raises(ScxError, match=says) as refused:
        read_variants(path)
    assert "\n" not in str(refused.value)


def test_an_archive_that_unpacks_to_far_more_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1_000_000)
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped(**{"table.tsv": b"chrom\tpos\n" + b"chr1\t5\n" * 500_000}))
    with pytest.raises(ScxError, match="unpacks to more than"):
        read_variants(path)

"""What is written can be read back: tables with every row, VCFs that others' readers parse."""

import gzip
import io
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.errors import ScxError
from scx_core.variants.writing import TsvWriter, column_dictionary, write_tsv, write_vcf
from scx_core.variants.writing.columns import RESULTS, given_changes
from scx_core.variants.writing.info import escape
from scx_core.variants.writing.tables import step_aside

POPULATIONS = ("Sst; Chodl", "L2/3 IT, a|b")
HEADER = {"model": "toy", "genome": "hg38\nsecond line"}


def substitutions(row: int, **values: object) -> list[dict[str, object]]:
    """Three lines of one variant and gene; the first substitution is the list's own."""
    described: dict[str, object] = {
        "row": row, "part": 0, "id": f"rs{row}", "gene_id": "ENSG1", "gene_name": "ONE", "strand": "+",
        "index": 200 + row, "relative_to_tss": row - 100, "chromosome": "chr22",
        "position": 1000 + row, "reference": "A", "alternative": "C", "genome_reference": "A",
        "alleles": "match", "ambiguous": False, "region": "", "region_class": "",
        "lifted_from": "", "fold": 3, "runs": 5, "sign_agreement": 5, "specificity": 0.5,
        "rank_in_window": 7, "percentile_in_window": 99.5, "percentile_genome": 98.0,
        "risk_allele": "C", "risk_effect": 0.25, "risk_direction": "raises", "reason_kind": "",
        "reason": "",
    } | values  # fmt: skip
    turned = -1.0 if "swapped" in str(described["alleles"]) else 1.0
    lines = []
    others = [base for base in "ACGT" if base != described["genome_reference"]]
    own = str(described["alternative"])
    for number, base in enumerate(sorted(others, key=lambda base: base != own)):
        effects = np.array([0.25, -0.1]) / (number + 1)
        lines.append(
            described
            | {
                "substitution": base, "given": base == own, "largest_effect": effects[0],
                "largest_population": POPULATIONS[0],
                "given_effect": turned * effects[0] if base == own else np.nan,
            }
            | {f"effect: {name}": effects[at] for at, name in enumerate(POPULATIONS)}
            | {f"spread: {name}": 0.01 * (at + 1) for at, name in enumerate(POPULATIONS)}
        )  # fmt: skip
    return lines


def refused(row: int, reason: str, kind: str, **values: object) -> dict[str, object]:
    return {
        "row": row, "part": 0, "id": "", "gene_id": "", "chromosome": "chr22",
        "position": 1000 + row, "reference": "A", "alternative": "C", "alleles": "",
        "reason": reason, "reason_kind": kind,
    } | values  # fmt: skip


def scored_frame(*lines: dict[str, object] | list[dict[str, object]]) -> pd.DataFrame:
    flat = [item for line in lines for item in (line if isinstance(line, list) else [line])]
    frame = pd.DataFrame(flat)
    frame["position"] = frame["position"].astype("Int64")
    return frame


def user_rows(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "SNP": [f"rs{row}" for row in range(1, count + 1)],
            "position": ["=1+1", "-0.5", "@here", '5" UTR', "tab\there", "two\nlines", ""][:count],
            "row": [str(10 * row) for row in range(1, count + 1)],
        },
        index=pd.RangeIndex(1, count + 1, name="row"),
    )


def write_chunks(target: Path, *chunks: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    with TsvWriter(target, {}) as writer:
        for rows, scored in chunks:
            writer.append(rows, scored)


def read_back(path: Path) -> tuple[list[str], pd.DataFrame]:
    """Comment lines, and the table; the first comment says where the table begins."""
    first = path.read_text().split("\n", 1)[0]
    skipped = int(first.removeprefix("# lines before the column names: "))
    comments = path.read_text().splitlines()[:skipped]
    table = pd.read_csv(path, sep="\t", skiprows=skipped, dtype=str, keep_default_na=False)
    return comments, table


def test_every_row_comes_out_with_the_users_columns_first(tmp_path: Path) -> None:
    scored = scored_frame(
        refused(5, "outside every window", "outside windows"),
        substitutions(2),
        substitutions(2, part=1),
        substitutions(1, gene_id="ENSG2"),
    )
    rows = user_rows(7)
    write_tsv(tmp_path / "out.tsv", rows, scored, HEADER)
    comments, table = read_back(tmp_path / "out.tsv")
    assert "# genome: hg38 second line" in comments
    assert comments[-1].startswith("# made by: scX Explorer")
    assert list(table.columns[:4]) == ["SNP", "position (given)", "row (given)", "row"]
    assert table["row"].astype(int).tolist() == [1] * 3 + [2] * 6 + [3, 4, 5, 6, 7]
    first = table.drop_duplicates("row").set_index("row")
    # The user's cells are as they were, but for what a spreadsheet would compute.
    given = rows["position"].replace({"=1+1": "'=1+1", "@here": "'@here"})
    assert first["position (given)"].tolist() == given.tolist()
    assert first["SNP"].tolist() == rows["SNP"].tolist()
    assert first.loc["5", "reason"] == "outside every window"
    assert first.loc["3", "reason"] == "no result was computed for this row"
    assert table.loc[table["row"] == "2", "part"].tolist() == ["0"] * 3 + ["1"] * 3
    # Whole numbers stay whole beside empty cells, and effects keep what single precision has.
    assert first.loc["1", ["fold", "rank_in_window", "position"]].tolist() == ["3", "7", "1001"]
    assert first.loc["1", f"effect: {POPULATIONS[1]}"] == "-0.1"
    assert first.loc["5", ["fold", f"effect: {POPULATIONS[1]}"]].tolist() == ["", ""]
    assert float(first.loc["1", "fold_change"]) == pytest.approx(10**0.25)
    assert first.loc["1", "given"] == "True"
    described = column_dictionary(POPULATIONS)["name"].tolist()
    assert [name for name in table.columns[3:] if name not in described] == []


def test_written_numbers_are_those_computed(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    lines = [line for row in range(1, 40) for line in substitutions(row)]
    scored = pd.DataFrame(lines)
    names = [name for name in scored if name.startswith(("effect: ", "spread: "))]
    scored[names] = random.normal(0, 1e-3, (len(scored), len(names))).astype(np.float32)
    scored["largest_effect"] = random.normal(size=len(scored))
    rows = pd.DataFrame({"SNP": "x"}, index=pd.RangeIndex(1, 40))
    write_tsv(tmp_path / "out.tsv.gz", rows, scored, {})
    with gzip.open(tmp_path / "out.tsv.gz", "rt") as file:
        skipped = int(file.readline().split(":")[1])
    table = pd.read_csv(
        tmp_path / "out.tsv.gz", sep="\t", skiprows=skipped, float_precision="round_trip"
    )
    assert np.array_equal(table[names].to_numpy(np.float32), scored[names].to_numpy(np.float32))
    assert np.array_equal(table["largest_effect"], scored["largest_effect"])


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=6))
def test_any_text_of_the_user_comes_back(values: list[tuple[str, str]]) -> None:
    rows = pd.DataFrame(values, columns=["a", "reason"], index=range(1, len(values) + 1))
    scored = scored_frame(*(refused(row, "no", "unreadable") for row in rows.index))
    stream = io.BytesIO()
    write_tsv(stream, rows, scored, {})
    text = stream.getvalue().decode()
    skipped = int(text.split("\n", 1)[0].rsplit(" ", 1)[1])
    table = pd.read_csv(
        io.StringIO(text), sep="\t", skiprows=skipped, dtype=str, keep_default_na=False,
        lineterminator="\n",
    )  # fmt: skip
    for written, meant in (("a", "a"), ("reason (given)", "reason")):
        for cell, text in zip(table[written], rows[meant], strict=True):
            assert cell == text or (cell == f"'{text}" and text[0] in "=@+-\t")


def test_chunks_make_the_same_table_as_one_writing(tmp_path: Path) -> None:
    rows = user_rows(6)
    scored = scored_frame(
        refused(1, "no", "unreadable"), substitutions(2), substitutions(4), substitutions(6)
    )
    write_tsv(tmp_path / "whole.tsv", rows, scored, HEADER, POPULATIONS)
    with TsvWriter(tmp_path / "chunks.tsv", HEADER, POPULATIONS) as writer:
        for start in (0, 2, 4):
            chunk = rows.iloc[start : start + 2]
            writer.append(chunk, scored[scored["row"].isin(chunk.index)])
        assert (writer.n_rows, writer.n_lines) == (6, 12)
    assert (tmp_path / "chunks.tsv").read_bytes() == (tmp_path / "whole.tsv").read_bytes()


def test_a_failed_writing_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"
    target.write_text("old")
    stranger = scored_frame(refused(9, "no", "unreadable"))
    good = scored_frame(refused(1, "no", "unreadable"))
    with pytest.raises(ScxError, match="not in the list"):
        write_chunks(target, (user_rows(2), good), (user_rows(2), stranger))
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_new_columns_in_a_later_chunk_are_refused(tmp_path: Path) -> None:
    rows, target = user_rows(2), tmp_path / "out.tsv"
    first = (rows.iloc[:1], scored_frame(refused(1, "no", "unreadable")))
    with pytest.raises(ScxError, match="first ones did not have"):
        write_chunks(target, first, (rows.iloc[1:], scored_frame(substitutions(2))))
    second = (rows.iloc[1:, :1], scored_frame(refused(2, "no", "unreadable")))
    with pytest.raises(ScxError, match="different columns"):
        write_chunks(target, first, second)
    assert not target.exists()


def test_user_columns_step_aside_without_meeting_each_other() -> None:
    names = step_aside(["row", "row (given)", "x", "effect: p"], ["row", "effect: p"])
    assert names == ["row (given) (given)", "row (given)", "x", "effect: p (given)"]


def test_dictionary_describes_each_column_once() -> None:
    table = column_dictionary(POPULATIONS)
    assert list(table.columns) == ["name", "unit", "direction", "source"]
    assert table["name"].is_unique
    assert len(table) == len(RESULTS) + 2 * len(POPULATIONS)
    assert (table["direction"] != "").all()
    assert table.set_index("name").loc["relative_to_tss", "unit"] == "bp"


def test_given_changes_are_the_lists_own_or_all_three() -> None:
    scored = scored_frame(
        substitutions(1), substitutions(2, alternative=""), refused(3, "no", "unreadable")
    )
    kept = given_changes(scored)
    assert kept["row"].tolist() == [1, 2, 2, 2]


# VCF


def values_of(record: cyvcf2.Variant, name: str) -> list[str]:
    return str(record.INFO[f"SCX_{name}"]).split(",")


def fields_of(path: Path, name: str) -> list[str]:
    """Names of the parts of an entry, from the header."""
    described = cyvcf2.VCF(str(path))[f"SCX_{name}"]["Description"]
    return described.split("Format: ")[1].rsplit(". Special", 1)[0].split("|")


INPUT = "\n".join(
    [
        "##fileformat=VCFv4.2",
        '##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">',
        '##INFO=<ID=SCX_OLD,Number=1,Type=Float,Description="of an earlier run">',
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">',
        "##contig=<ID=22,length=50818468>",
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tme",
        "22\t1001\trs1\tA\tC,G\t29.10\tPASS\tAF=0.10,0.2;SCX_OLD=3\tGT\t0/1",
        "22\t1002\t.\tC\tA\t.\t.\t.\tGT\t./.",
        "22\t1003\tx\tAT\tA\t.\tq10;s50\tAF=0.5\tGT\t1/1",
        "22\t1004\tx\tA\t.\t.\tPASS\t.\tGT\t1/1",
        "",
    ]
)


def vcf_results() -> pd.DataFrame:
    second = substitutions(1, part=1, alternative="G", gene_id="ENSG2", gene_name="TWO")
    for line in second:
        line["given"] = line["substitution"] == "G"
        line["largest_effect"] = -0.5 if line["given"] else 0.0
    return scored_frame(
        substitutions(1),
        second,
        substitutions(2, alleles="swapped"),
        refused(3, "reference AT was given; the genome has GG", "reference mismatch"),
        substitutions(4, alternative="", position=1004),
    )


@pytest.mark.parametrize("packed", [False, True])
def test_records_of_a_vcf_stay_and_gain_info(tmp_path: Path, packed: bool) -> None:
    source = tmp_path / ("in.vcf.gz" if packed else "in.vcf")
    source.write_bytes(gzip.compress(INPUT.encode()) if packed else INPUT.encode())
    target = tmp_path / ("out.vcf.gz" if packed else "out.vcf")
    counts = write_vcf(target, vcf_results(), POPULATIONS, HEADER, source=source)
    assert (counts.records, counts.with_effect, counts.without_record) == (4, 3, 0)
    text = (gzip.decompress if packed else bytes)(target.read_bytes()).decode()
    assert "SCX_OLD" not in text
    assert "##scx_genome=hg38 second line" in text
    before = [line.split("\t") for line in INPUT.splitlines() if not line.startswith("#")]
    after = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    for old, new in zip(before, after, strict=True):
        assert (old[:7], old[8:]) == (new[:7], new[8:])
    assert after[0][7].startswith("AF=0.10,0.2;SCX_MAX=")
    records = list(cyvcf2.VCF(str(target)))
    assert records[0].INFO["SCX_MAX"] == pytest.approx((0.25, -0.5))
    assert records[0].INFO["SCX_FOLD_CHANGE"] == pytest.approx((10**0.25, 10**-0.5), rel=1e-5)
    assert values_of(records[0], "GENE") == ["ONE", "TWO"]
    assert values_of(records[0], "POPULATION") == ["Sst%3B%20Chodl"] * 2
    assert records[0].INFO["AF"] == pytest.approx((0.1, 0.2))
    # The record's alternative is the genome's letter: its effect is the other way round.
    assert records[1].INFO["SCX_MAX"] == pytest.approx(-0.25)
    names = fields_of(target, "EFFECT")
    entry = dict(zip(names, values_of(records[1], "EFFECT")[0].split("|"), strict=True))
    assert entry["Allele"] == "A"
    assert float(entry["Effect_log10"]) == -0.25
    assert float(entry["Spread_log10"]) == 0.01
    assert (entry["TSS_distance_bp"], entry["Runs"]) == ("-98", "5")
    everywhere = values_of(records[1], "ALL")[0].split("|")
    assert fields_of(target, "ALL")[2:] == [escape(name) for name in POPULATIONS]
    assert everywhere == ["A", "ENSG1", "-0.25", "0.1"]
    reason = values_of(records[2], "REASON")
    assert reason == ["A||reference%20AT%20was%20given%3B%20the%20genome%20has%20GG"]
    assert records[2].INFO.get("SCX_MAX") is None
    # Without an alternative, the three substitutions are told by their letters.
    assert [entry[0] for entry in values_of(records[3], "EFFECT")] == ["C", "G", "T"]
    assert records[3].INFO.get("SCX_MAX") is None
    if not packed:
        again = tmp_path / "again.vcf"
        write_vcf(again, vcf_results(), POPULATIONS, HEADER, source=target)
        assert again.read_text() == text


def test_a_vcf_with_spaces_for_tabs_gets_tabs(tmp_path: Path) -> None:
    source = tmp_path / "in.vcf"
    text = "\n".join(
        line if line.startswith("##") else line.replace("\t", "  ") for line in INPUT.split("\n")
    )
    source.write_text(text.replace("\n22", "\r\n22"))
    write_vcf(tmp_path / "out.vcf", vcf_results(), POPULATIONS, {}, source=source)
    assert [record.POS for record in cyvcf2.VCF(str(tmp_path / "out.vcf"))] == [
        1001,
        1002,
        1003,
        1004,
    ]


def test_another_file_than_the_scored_one_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "in.vcf"
    source.write_text(INPUT.replace("\t1002\t", "\t1999\t"))
    target = tmp_path / "out.vcf"
    with pytest.raises(ScxError, match=r"Record 2 of in\.vcf is at position 1999"):
        write_vcf(target, vcf_results(), POPULATIONS, {}, source=source)
    source.write_text("\n".join(INPUT.splitlines()[:-2]) + "\n")
    with pytest.raises(ScxError, match="has 2 records and there are results of record 3"):
        write_vcf(target, vcf_results(), POPULATIONS, {}, source=source)
    source.write_text("1\t2\n")
    with pytest.raises(ScxError, match="#CHROM"):
        write_vcf(target, scored_frame(refused(1, "no", "")), POPULATIONS, {}, source=source)
    assert not target.exists()


def test_records_cut_short_are_counted(tmp_path: Path) -> None:
    source = tmp_path / "in.vcf"
    source.write_text(INPUT + "22\t1005\n")
    scored = pd.concat([vcf_results(), scored_frame(refused(5, "cut short", "unreadable"))])
    counts = write_vcf(tmp_path / "out.vcf", scored, POPULATIONS, {}, source=source)
    assert (counts.records, counts.without_record) == (4, 1)
    assert "##scx_variants_without_record=1 (" in (tmp_path / "out.vcf").read_text()
    assert len(list(cyvcf2.VCF(str(tmp_path / "out.vcf")))) == 4


def test_a_table_becomes_sorted_records_on_the_genome(tmp_path: Path) -> None:
    scored = scored_frame(
        substitutions(1, chromosome="chr10", position=50),
        substitutions(2, chromosome="chr2", position=900, alternative="", id="rs 2"),
        substitutions(3, chromosome="chr2", position=7, alleles="swapped", lifted_from="chr2:5"),
        refused(4, "no position", "no position", position=pd.NA),
        refused(5, "not lifted", "not lifted"),
        refused(6, "the genome has N", "unknown sequence", reference="R", chromosome="chr2"),
        refused(7, "bad name", "other chromosome", chromosome="chr 2"),
        refused(8, "symbolic", "symbolic allele", alternative="<DEL>", chromosome="chrUn"),
    )  # fmt: skip
    target = tmp_path / "out.vcf"
    counts = write_vcf(
        target, scored, POPULATIONS, HEADER, contigs={"chr2": 5000, "chr10": 400}, assembly="hg38"
    )
    assert (counts.records, counts.with_effect, counts.without_record) == (5, 3, 3)
    vcf = cyvcf2.VCF(str(target))
    assert vcf.seqnames == ["chr2", "chr10", "chrUn"]
    assert "##contig=<ID=chr10,length=400,assembly=hg38>" in vcf.raw_header
    assert "##scx_variants_without_record=3 (" in vcf.raw_header
    records = list(vcf)
    assert [(r.CHROM, r.POS, r.INFO["SCX_ROW"]) for r in records] == [
        ("chr2", 7, 3), ("chr2", 900, 2), ("chr2", 1006, 6), ("chr10", 50, 1), ("chrUn", 1008, 8),
    ]  # fmt: skip
    # REF is the genome's letter, also where the list had it as its alternative.
    assert (records[0].REF, records[0].ALT) == ("A", ["C"])
    assert records[0].INFO["SCX_MAX"] == pytest.approx(0.25)
    assert records[0].INFO["SCX_LIFTED_FROM"] == "chr2:5"
    assert (records[1].ID, records[1].ALT) == ("rs_2", ["C", "G", "T"])
    assert records[1].INFO["SCX_MAX"] == pytest.approx((0.25, 0.125, 0.25 / 3), rel=1e-5)
    assert (records[2].REF, records[2].ALT) == ("N", ["C"])
    assert records[4].ALT == []


def test_one_variant_in_two_genes_is_one_record(tmp_path: Path) -> None:
    other = substitutions(1, gene_id="ENSG2", gene_name="TWO")
    for line in other:
        line["largest_effect"] = -2 * float(str(line["largest_effect"]))
    missing = refused(1, "this gene is in no trained fold", "gene not in a trained fold") | {
        "gene_id": "ENSG3"
    }
    # By gene, as scoring goes: the lines of a variant are not neighbours.
    scored = scored_frame(substitutions(1), substitutions(2), other, missing)
    target = tmp_path / "out.vcf"
    write_vcf(target, scored, POPULATIONS, {}, everywhere=False)
    first, second = cyvcf2.VCF(str(target))
    assert first.INFO["SCX_MAX"] == pytest.approx(-0.5)
    assert first.INFO["SCX_GENE"] == "TWO"
    assert [entry.split("|")[1] for entry in values_of(first, "EFFECT")] == ["ENSG1", "ENSG2"]
    assert values_of(first, "REASON")[0].split("|")[1] == "ENSG3"
    assert second.INFO["SCX_GENE"] == "ONE"
    assert first.INFO.get("SCX_ALL") is None


def test_haplotypes_are_no_alternative_alleles(tmp_path: Path) -> None:
    together = substitutions(1)[0] | {
        "substitution": "A>C+A>T", "given": False, "haplotype": "h1", "largest_effect": 0.75,
        "reference": "", "alternative": "", "genome_reference": "", "alleles": "",
    }  # fmt: skip
    alone = [line | {"haplotype": ""} for line in substitutions(1, alternative="")]
    scored = scored_frame(alone, together)
    assert "A>C+A>T" not in given_changes(scored)["substitution"].tolist()
    target = tmp_path / "out.vcf"
    write_vcf(target, scored, POPULATIONS, {})
    (record,) = cyvcf2.VCF(str(target))
    assert record.ALT == ["C", "G", "T"]
    assert max(record.INFO["SCX_MAX"]) == pytest.approx(0.25)
    names = fields_of(target, "HAPLOTYPE")
    entry = dict(zip(names, values_of(record, "HAPLOTYPE")[0].split("|"), strict=True))
    assert (entry["Changes"], entry["Effect_log10"]) == ("A>C+A>T", "0.75")


def test_chunks_of_a_vcf_must_be_in_order(tmp_path: Path) -> None:
    first, second = scored_frame(substitutions(2)), scored_frame(substitutions(1))
    with pytest.raises(ScxError, match="in the order"):
        write_vcf(tmp_path / "o.vcf", [first, second], POPULATIONS, {})
    write_vcf(tmp_path / "o.vcf", [second, first], POPULATIONS, {})
    assert len(list(cyvcf2.VCF(str(tmp_path / "o.vcf")))) == 2


def test_nothing_to_write_is_a_valid_vcf(tmp_path: Path) -> None:
    counts = write_vcf(tmp_path / "o.vcf.gz", [], POPULATIONS, {})
    assert counts.records == 0
    assert list(cyvcf2.VCF(str(tmp_path / "o.vcf.gz"))) == []
    stream = io.BytesIO()
    write_vcf(stream, scored_frame(substitutions(1)), POPULATIONS, {})
    assert stream.getvalue().startswith(b"##fileformat=VCFv4.3\n")

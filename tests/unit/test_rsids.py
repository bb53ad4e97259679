"""Sources of rsIDs: registered, asked, removed."""

import gzip
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.store import Workspace, file_digest
from scx_core.variants import rsids
from scx_core.variants.reading import read_variants

VCF = """##fileformat=VCFv4.2
##reference=GRCh38.p12
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
22\t39570542\trs7288455\tA\tC,T\t.\t.\t.
22\t39571425\trs5757730\tA\tG\t.\t.\t.
22\t100\trs10;rs11\tAC\tA\t.\t.\t.
X\t500\trs12\tG\tA\t.\t.\t.
Y\t500\trs12\tG\tA\t.\t.\t.
22\t7\t.\tA\tC\t.\t.\t.
22\t8\trs13\tA\t<DEL>\t.\t.\t.
22\tx\trs14\tA\tC\t.\t.\t.
"""
CATALOGUE = (
    "SNPS\tSTRONGEST SNP-RISK ALLELE\tCHR_ID\tCHR_POS\tMERGED\tSNP_ID_CURRENT\n"
    "rs20\trs20-A\t22\t900\t0\t20\n"
    "rs20\trs20-?\t22\t900.0\t0\t20\n"
    "rs21\trs21-A\t\t\t1\t7288455.0\n"
    "rs22; rs23\trs22-A; rs23-A\t22;22\t901;902\t0\t22\n"
    "rs5757730\trs5757730-A\t22\t39571425\t0\t5757730\n"
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def filled(workspace: Workspace, tmp_path: Path) -> Workspace:
    file = tmp_path / "dbsnp.vcf.gz"
    file.write_bytes(gzip.compress(VCF.encode()))
    rsids.register(workspace, file, "dbsnp")
    table = tmp_path / "gwas.tsv"
    table.write_text(CATALOGUE)
    rsids.register(workspace, table, "a-catalogue", build="GRCh38")
    return workspace


def test_registering_counts_and_says_where_it_comes_from(filled: Workspace, tmp_path: Path) -> None:
    catalogue, dbsnp = sorted(rsids.registered(filled), key=lambda source: source.name)
    assert (dbsnp.n_ids, dbsnp.n_places, dbsnp.with_alleles, dbsnp.build) == (5, 7, True, "hg38")
    assert dict(dbsnp.dropped) == {
        "no id": 1,
        "the alternative allele … is symbolic, it names no letters": 1,
        "no position": 1,
    }
    assert (catalogue.n_ids, catalogue.n_merged, catalogue.with_alleles) == (4, 1, False)
    assert [source.name for source in rsids.registered(filled)] == ["dbsnp", "a-catalogue"]
    assert rsids.describe_source(dbsnp) == "dbsnp: 5 ids on hg38, with alleles (VCF)."
    stored = json.loads((dbsnp.path / "source.json").read_text())
    digest = stored["provenance"]["inputs"]["source"]["sha256"]
    assert digest == file_digest(tmp_path / "dbsnp.vcf.gz")
    assert sorted(path.name for path in dbsnp.path.iterdir()) == ["ids.sqlite", "source.json"]
    assert not list((filled.root / "rsids").glob(".*"))


def test_ids_are_resolved_with_every_alternative_and_place(filled: Workspace) -> None:
    found = rsids.resolve(
        filled, ["rs5757730", "RS7288455", "rs11", "rs12", "rs20", "rs23", "rs5757730"]
    )
    columns = ["id", "chromosome", "position", "reference", "alternative", "source"]
    assert found[columns].to_numpy().tolist() == [
        ["rs5757730", "22", 39571425, "A", "G", "dbsnp"],
        ["RS7288455", "22", 39570542, "A", "C", "dbsnp"],
        ["RS7288455", "22", 39570542, "A", "T", "dbsnp"],
        ["rs11", "22", 100, "AC", "A", "dbsnp"],
        ["rs12", "X", 500, "G", "A", "dbsnp"],
        ["rs12", "Y", 500, "G", "A", "dbsnp"],
        ["rs20", "22", 900, "", "", "a-catalogue"],
        ["rs23", "22", 902, "", "", "a-catalogue"],
    ]
    assert set(found["reason"]) == {""}
    assert set(found["build"]) == {"hg38"}


def test_merged_ids_are_followed(filled: Workspace, tmp_path: Path) -> None:
    table = tmp_path / "more.tsv"
    table.write_text("rsid\tchrom\tpos\trsCurrent\nrs31\t\t\t30\nrs30\t\t\trs21\nrs9\t22\t77\t9\n")
    source = rsids.register(filled, table, "merges", build="hg38")
    assert source.n_merged == 2
    found = rsids.resolve(filled, ["rs31"])
    assert set(found["current_id"]) == {"rs7288455"}
    assert set(found["position"]) == {39570542}
    # Two ids that were merged into each other end the search.
    table.write_text("rsid\tchrom\tpos\trsCurrent\nrs40\t\t\t41\nrs41\t\t\t40\nrs9\t22\t77\t9\n")
    rsids.register(filled, table, "circle", build="hg38")
    assert rsids.resolve(filled, ["rs40"])["reason_kind"].tolist() == ["unknown id"]


def test_unknown_ids_say_who_was_asked(
    filled: Workspace, workspace: Workspace, tmp_path: Path
) -> None:
    found = rsids.resolve(filled, ["rs999", "AX-5"]).set_index("id")
    assert found["reason_kind"].tolist() == ["unknown id"] * 2
    assert found.loc["rs999", "reason"].startswith(
        "rs999 is in none of the sources of rsIDs on hg38 (dbsnp, a-catalogue); register"
    )
    found = rsids.resolve(filled, ["rs20"], build="hg19")
    assert found["reason_kind"].tolist() == ["no position"]
    assert "no source of rsIDs is on hg19 (dbsnp: hg38, a-catalogue: hg38)" in found["reason"][0]
    found = rsids.resolve(Workspace(tmp_path / "empty"), ["rs20"])
    assert found["reason_kind"].tolist() == ["no position"]
    assert "there is no source of rsIDs to look rs20 up; register" in found["reason"][0]


def test_other_names_of_variants_are_found_too(workspace: Workspace, tmp_path: Path) -> None:
    table = tmp_path / "chip.csv"
    table.write_text("name,chr,pos,ref,alt\nAX-5,22,77,A,C\nAX-6,22,78,A,C\n")
    rsids.register(workspace, table, "chip", build="hg19")
    found = rsids.resolve(workspace, ["AX-6"])
    assert (found["position"][0], found["build"][0]) == (78, "hg19")


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("rsid\tchrom\tpos\nrs1\t22\t5\n", {}, "does not say its genome build; say which"),
        (VCF, {"build": "hg19"}, "is on hg38 as it says itself, not on hg19"),
        ("rsid\tchrom\tpos\nrs1\t22\tx\n", {"build": "hg38"}, "no row with an id, a chromosome"),
        ("gene\tscore\na\tb\n", {"build": "hg38"}, "needs columns for chromosome and position"),
        (VCF, {"name": "../up"}, "cannot name a source of rsIDs"),
        (VCF, {"name": "dbsnp"}, "'dbsnp' exists already"),
    ],
)
def test_refusals_leave_nothing_behind(
    filled: Workspace, tmp_path: Path, content: str, options: dict[str, str], says: str
) -> None:
    before = sorted((filled.root / "rsids").rglob("*"))
    file = tmp_path / "file"
    file.write_text(content)
    options = dict(options)
    with pytest.raises(ScxError, match=says):
        rsids.register(filled, file, options.pop("name", "new"), **options)
    assert sorted((filled.root / "rsids").rglob("*")) == before


def test_removing(filled: Workspace) -> None:
    rsids.remove(filled, "dbsnp")
    assert [source.name for source in rsids.registered(filled)] == ["a-catalogue"]
    assert [path.name for path in (filled.root / "rsids").iterdir()] == ["a-catalogue"]
    with pytest.raises(ScxError, match=r"no source of rsIDs 'dbsnp' \(there is: a-catalogue\)"):
        rsids.remove(filled, "dbsnp")


def test_damage_is_a_sentence(filled: Workspace) -> None:
    file = filled.root / "rsids" / "dbsnp" / "ids.sqlite"
    file.write_bytes(b"SQLite format 3\0" + bytes(500))
    with pytest.raises(ScxError, match=r"missing or damaged .* remove the source and register"):
        rsids.resolve(filled, ["rs1"])
    file.unlink()
    with pytest.raises(ScxError, match="missing or damaged"):
        rsids.resolve(filled, ["rs1"])
    (file.parent / "source.json").write_text("{}")
    with pytest.raises(ScxError, match="damaged"):
        rsids.registered(filled)


def test_places_are_filled_in(filled: Workspace, toy_dataset: Dataset) -> None:
    read = read_variants(
        "rs7288455\nrs7288455-T\nrs5757730-A\nrs7288455:A:C\nrs999\nchr22:5:A:C\nrs12\nrs20-G\nwhat\nrs21"
    )
    build = "hg38"
    alleles, notices = rsids.fill_places(filled, read.alleles, toy_dataset, build)
    assert alleles.dtypes.to_dict() == read.alleles.dtypes.to_dict()
    named = ["row", "part", "position", "reference", "alternative", "effect_allele", "other_allele"]
    assert alleles.loc[alleles["reason"] == "", named].to_numpy().tolist() == [
        [1, 0, 39570542, "A", "C", "", ""],
        [1, 1, 39570542, "A", "T", "", ""],
        [2, 0, 39570542, "A", "T", "T", "A"],
        [3, 0, 39571425, "A", "G", "A", "G"],
        [4, 0, 39570542, "A", "C", "", ""],
        [6, 0, 5, "A", "C", "", ""],
        [7, 0, 500, "G", "A", "", ""],
        [7, 1, 500, "G", "A", "", ""],
        [8, 0, 900, "", "", "G", ""],
        [10, 0, 39570542, "A", "C", "", ""],
        [10, 1, 39570542, "A", "T", "", ""],
    ]
    by_row = alleles.drop_duplicates("row").set_index("row")
    assert by_row["reason_kind"].to_dict() == dict.fromkeys(range(1, 11), "") | {
        5: "unknown id",
        9: "unreadable",
    }
    assert by_row.loc[1, "note"] == "place by dbsnp"
    assert by_row.loc[7, "note"] == "place by dbsnp, which has 2 for it"
    assert by_row.loc[10, "note"] == "rs21 was merged into rs7288455; place by dbsnp"
    assert notices == (
        "5 of 6 rsIDs without position were found in the registered sources on hg38.",
    )


def test_filling_leaves_placed_lists_alone(filled: Workspace, toy_dataset: Dataset) -> None:
    read = read_variants("chr22:5:A:C\nwhat")
    alleles, notices = rsids.fill_places(filled, read.alleles, toy_dataset)
    assert alleles is read.alleles
    assert notices == ()


def test_places_are_looked_up_on_one_build(
    filled: Workspace, toy_dataset: Dataset, tmp_path: Path
) -> None:
    assembly = str(toy_dataset.metadata["assembly"])
    assert assembly not in ("hg38", "")
    # A list without places of its own may be on any build; another's rows must not be mixed.
    alone, _ = rsids.fill_places(filled, read_variants("rs5757730").alleles, toy_dataset)
    assert alone["position"].tolist() == [39571425]
    mixed, _ = rsids.fill_places(filled, read_variants("rs5757730\nchr1:5").alleles, toy_dataset)
    assert mixed["reason_kind"].tolist() == ["no position", ""]
    assert f"no source of rsIDs is on {assembly}" in mixed["reason"][0]
    file = tmp_path / "own.tsv"
    file.write_text("rsid\tchrom\tpos\nrs5757730\t22\t77\n")
    rsids.register(filled, file, "own", build=assembly)
    own, _ = rsids.fill_places(filled, read_variants("rs5757730").alleles, toy_dataset)
    assert own["position"].tolist() == [77]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.integers(1, 9), st.sampled_from("CGT")),
        min_size=1,
        max_size=60,
    ),
    st.lists(st.integers(1, 60), max_size=60),
)
def test_the_file_answers_like_a_table(
    tmp_path_factory: pytest.TempPathFactory,
    places: list[tuple[int, int, str]],
    asked: list[int],
) -> None:
    folder = tmp_path_factory.mktemp("ids")
    file = folder / "list.tsv"
    table = pd.DataFrame(places, columns=["number", "position", "alt"])
    table = table.assign(rsid="rs" + table["number"].astype(str), chrom="1", ref="A")
    table[["rsid", "chrom", "position", "ref", "alt"]].to_csv(file, sep="\t", index=False)
    workspace = Workspace(folder / "workspace")
    rsids.register(workspace, file, "own", build="hg38")
    found = rsids.resolve(workspace, [f"rs{number}" for number in asked])
    known = found[found["reason"] == ""]
    expected = [
        (f"rs{number}", position, alternative)
        for number in dict.fromkeys(asked)
        for position, alternative in sorted({(p, a) for n, p, a in places if n == number})
    ]
    assert list(known[["id", "position", "alternative"]].itertuples(index=False)) == expected
    assert set(found.loc[found["reason"] != "", "id"]) == {
        f"rs{number}" for number in asked if number not in set(table["number"])
    }


def test_more_ids_than_one_question_holds(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "list.tsv"
    numbers = range(1, 5001)
    file.write_text("rsid\tchrom\tpos\n" + "".join(f"rs{n}\t1\t{n + 7}\n" for n in numbers))
    rsids.register(workspace, file, "own", build="hg38")
    found = rsids.resolve(workspace, [f"rs{n}" for n in reversed(numbers)])
    assert found["position"].tolist() == [n + 7 for n in reversed(numbers)]


def test_a_failing_database_keeps_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scx_core.variants import rsid_sources

    def fail(_: sqlite3.Connection) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(rsid_sources, "sort_places", fail)
    file = tmp_path / "list.vcf"
    file.write_text(VCF)
    with pytest.raises(
        ScxError, match=r"could not be written .database or disk is full; nothing was"
    ):
        rsids.register(workspace, file, "dbsnp")
    assert list((workspace.root / "rsids").iterdir()) == []

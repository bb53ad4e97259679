"""Chain files: registered, and positions moved as worked out by hand."""

import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scx_core.errors import ScxError
from scx_core.store import Workspace
from scx_core.variants.alleles import reverse_complement
from scx_core.variants.liftover import (
    Chain,
    chains_to,
    lift,
    list_chains,
    missing_chain,
    register_chain,
    remove_chain,
)

#: 0-based: chrA 10-29 -> chrB 100-119; 40-59 -> 125-144; 60-69 -> 150-159, all forward;
#: chrA 100-129 -> chrB 249-220, backward; chrA 15-17 also -> chrC 0-2.
TEXT = """##matrix=16 91 -114
chain 100 chrA 200 + 10 70 chrB 300 + 100 160 1
20 10 5
20 0 5
10

chain 90 chrA 200 + 100 130 chrB 300 - 50 80 2
30

chain 10 chrA 200 + 15 18 chrC 50 + 0 3 3
3
"""


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


@pytest.fixture
def chain(space: Workspace, tmp_path: Path) -> Chain:
    (tmp_path / "a.chain").write_text(TEXT)
    return register_chain(space, tmp_path / "a.chain", "toy0", "toy1")


def make_alleles(*rows: tuple[str, int | None, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["chromosome", "position", "reference", "alternative"])
    frame["position"] = pd.array([row[1] for row in rows], dtype="Int64")
    frame.insert(0, "row", np.arange(1, len(rows) + 1))
    return frame.assign(part=0, effect_allele="", other_allele="", reason="")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("chrA", 11, "A", "C"), ("chrB", 101, "A", "C")),  # first of the first block
        (("A", 30, "A", "C"), ("chrB", 120, "A", "C")),  # last of it; name without chr
        (("chrA", 41, "A", "C"), ("chrB", 126, "A", "C")),  # behind a gap in both
        (("chrA", 60, "A", "C"), ("chrB", 145, "A", "C")),
        (("chrA", 61, "A", "C"), ("chrB", 151, "A", "C")),  # behind a gap in the target alone
        (("chrA", 70, "A", "C"), ("chrB", 160, "A", "C")),
        (("chrA", 101, "A", "C"), ("chrB", 250, "T", "G")),  # backward
        (("chrA", 130, "A", "C"), ("chrB", 221, "T", "G")),
        (("chrA", 103, "ACC", "A"), ("chrB", 246, "GGT", "T")),  # 1-based 103-105 -> 248-246
        (("chrA", 103, "A", "AG"), ("chrB", 248, "T", "CT")),
        (("chrA", 28, "ACG", "A"), ("chrB", 118, "ACG", "A")),  # to the block's last letter
        (("chrA", 11, "", ""), ("chrB", 101, "", "")),
    ],
)
def test_positions_by_hand(
    chain: Chain, given: tuple[str, int, str, str], expected: tuple[str, int, str, str]
) -> None:
    lifted = lift(make_alleles(given), chain).iloc[0]
    assert tuple(lifted[["chromosome", "position", "reference", "alternative"]]) == expected
    assert lifted["lifted_from"] == f"{given[0]}:{given[1]}"
    assert lifted["reason"] == lifted["reason_kind"] == ""


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("chrA", 10, "A", "C"), "chrA:10 has no counterpart in toy1"),
        (("chrA", 31, "A", "C"), "no counterpart"),
        (("chrA", 71, "A", "C"), "no counterpart"),
        (("chrA", 5000, "A", "C"), "no counterpart"),
        (("chrQ", 5, "A", "C"), "no counterpart"),
        (("chrA", 16, "A", "C"), "chrA:16 has 2 places in toy1, so none is taken"),
        (("chrA", 30, "AC", "A"), "the 2 letters from chrA:30 are not side by side in toy1"),
        (("chrA", 60, "AC", "A"), "not side by side"),  # a gap in the target between them
        (("chrA", 14, "ACG", "A"), "not side by side"),  # its last has two places
        (("chrA", 130, "AC", "A"), "not side by side"),
    ],
)
def test_what_cannot_be_moved_says_why(
    chain: Chain, given: tuple[str, int, str, str], says: str
) -> None:
    lifted = lift(make_alleles(given), chain).iloc[0]
    assert says in lifted["reason"]
    assert lifted["reason_kind"] == "not lifted"
    assert pd.isna(lifted["position"])
    assert lifted["lifted_from"] == f"{given[0]}:{given[1]}"
    assert lifted["reference"] == given[2]


def test_other_rows_stay_as_they_are(chain: Chain) -> None:
    alleles = make_alleles(("chrA", 11, "A", "C"), ("chrA", None, "A", "C"), ("chrA", 12, "A", "C"))
    alleles.loc[2, "reason"] = "no good"
    alleles["reason_kind"] = ["", "", "unreadable"]
    before = alleles.copy()
    lifted = lift(alleles.set_index(pd.Index([7, 3, 5])), chain)
    pd.testing.assert_frame_equal(alleles, before)
    assert lifted.index.tolist() == [7, 3, 5]
    assert lifted["position"].tolist() == [101, pd.NA, 12]
    assert lifted["lifted_from"].tolist() == ["chrA:11", "", ""]
    assert lifted["reason_kind"].tolist() == ["", "", "unreadable"]
    assert lifted["position"].dtype == "Int64"
    assert list(lifted.columns) == [*before.columns, "lifted_from"]
    assert len(lift(alleles.iloc[:0], chain)) == 0


def test_effect_alleles_turn_too(chain: Chain) -> None:
    alleles = make_alleles(("chrA", 101, "A", "C"), ("chrA", 101, "", ""), ("chrA", 101, "", ""))
    alleles["effect_allele"], alleles["other_allele"] = ["C", "G", "AT"], ["A", "A", "A"]
    lifted = lift(alleles, chain)
    assert lifted["effect_allele"].tolist() == ["G", "C", "AT"]
    assert lifted["other_allele"].tolist() == ["T", "T", "A"]
    assert lifted["reason"].tolist()[:2] == ["", ""]
    assert "only if its reference is known" in lifted["reason"].iloc[2]


def test_a_turned_change_makes_the_turned_sequence(chain: Chain) -> None:
    """Moving, then changing the target equals changing the source, then moving it whole."""
    rng = np.random.default_rng(0)
    source = "".join(rng.choice(list("ACGT"), 200))
    block = source[100:130]
    target = "N" * 220 + reverse_complement(block) + "N" * 50
    for _ in range(50):
        start = int(rng.integers(0, 25))
        reference = block[start : start + int(rng.integers(1, 5))]
        alternative = "".join(rng.choice(list("ACGT"), rng.integers(1, 5)))
        changed = block[:start] + alternative + block[start + len(reference) :]
        given = ("chrA", 101 + start, reference, alternative)
        moved = lift(make_alleles(given), chain).iloc[0]
        at = int(moved["position"]) - 1
        end = at + len(moved["reference"])
        assert target[at:end] == moved["reference"]
        whole = target[:at] + moved["alternative"] + target[end:]
        assert whole == "N" * 220 + reverse_complement(changed) + "N" * 50


def test_every_position_of_a_random_chain(space: Workspace, tmp_path: Path) -> None:
    """Against a table made while the chain is written."""
    rng = np.random.default_rng(1)
    source, target = 5, 11
    lines, expected = [], {}
    for number in range(40):
        size, gap, jump = (int(rng.integers(1, 9)) for _ in range(3))
        for offset in range(size):
            expected[source + offset + 1] = target + offset + 1
        source, target = source + size, target + size
        lines.append(f"{size}\t{gap}\t{jump}" if number < 39 else str(size))
        source, target = (source + gap, target + jump) if number < 39 else (source, target)
    header = f"chain 1 chr1 999 + 5 {source} chr2 999 + 11 {target} 1"
    with gzip.open(tmp_path / "r.chain.gz", "wt") as file:
        file.write("\n".join([header, *lines]) + "\n")
    chain = register_chain(space, tmp_path / "r.chain.gz", "toy0", "toy1")
    alleles = make_alleles(*[("chr1", at, "A", "C") for at in range(1, source + 10)])
    moved = lift(alleles, chain)["position"]
    assert [None if pd.isna(at) else int(at) for at in moved] == [
        expected.get(at) for at in range(1, source + 10)
    ]


def test_registering_listing_removing(space: Workspace, chain: Chain, tmp_path: Path) -> None:
    assert list_chains(space) == [chain] == chains_to(space, "toy1")
    assert chains_to(space, "toy0") == []
    assert str(chain) == "toy0 to toy1"
    assert chain.path.read_text() == TEXT
    assert chain.path.parent == space.root / "chains" / "toy0-to-toy1"
    with pytest.raises(ScxError, match="registered already; remove it first"):
        register_chain(space, tmp_path / "a.chain", "toy0", "toy1")
    with pytest.raises(ScxError, match="registered are: toy0 to toy1"):
        remove_chain(space, "toy1", "toy0")
    remove_chain(space, "toy0", "toy1")
    assert list_chains(space) == []
    assert list((space.root / "chains").iterdir()) == []
    again = register_chain(space, tmp_path / "a.chain", "toy0", "toy1")
    assert again.sha256 == chain.sha256


def test_builds_go_by_one_name(space: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.chain").write_text(TEXT)
    chain = register_chain(space, tmp_path / "a.chain", "GRCh37", "GRCh38.p14")
    assert (chain.source, chain.target) == ("hg19", "hg38")
    assert chains_to(space, "hg38.chr22") == [chain]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no chain"),
        (b"##matrix\n", "holds no chain"),
        (b"chr22\t5\tA\tC\n", "not a whole chain file"),
        (b"\xff\xfe\x00junk\n", "not a whole chain file"),
        (b"chain 1 \xff 200 + 0 10 chrB 300 + 0 10 1\n10\n", "not a whole chain file"),
        (TEXT.replace("20 10 5", "19 10 5").encode(), "target end does not match"),
        (TEXT.replace(" 1\n20", "\n20").encode(), "invalid header line"),
        (TEXT.replace("chrA 200 + 10 70", "chrA 60 + 10 70").encode(), "chain ends at 70 of chrA"),
        (TEXT.replace("chrA 200", "chrA two").encode(), "not a whole chain file"),
        (TEXT.replace("20 10 5", "20 10 five").encode(), "not a whole chain file"),
        (TEXT.replace("20 10 5", "20 -10 5").encode(), "not a whole chain file"),
        (b"chain 1 chrA\n", "not a whole chain file"),
        (gzip.compress(os.urandom(500) + TEXT.encode() * 50)[:-40], "cut short or damaged"),
        (b"\x1f\x8bjunk", "cut short or damaged"),
        (gzip.compress(b"x" * 5_000_000), "a line of more than 10,000 bytes"),
    ],
)
def test_bad_chain_files_are_one_sentence(
    space: Workspace, tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "bad.chain").write_bytes(content)
    with pytest.raises(ScxError, match=says) as refused:
        register_chain(space, tmp_path / "bad.chain", "toy0", "toy1")
    text = str(refused.value)
    assert text.startswith("bad.chain ")
    assert text.isprintable()
    assert str(tmp_path) not in text
    assert not (space.root / "chains").exists()


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("hg38", "GRCh38", "not from hg38 to itself"),
        ("../old", "hg38", "cannot name a genome build"),
        ("", "hg38", "cannot name a genome build"),
        ("hg38", "hg19", "its chr22 has 51,304,566 bases, as in hg19"),
        ("hg19", "hg18", "its chr22 has 50,818,468 bases, as in hg38"),
    ],
)
def test_builds_that_do_not_fit_the_file(
    space: Workspace, tmp_path: Path, source: str, target: str, says: str
) -> None:
    (tmp_path / "a.chain").write_text(
        "chain 1 chr22 51304566 + 5 15 chr22 50818468 + 5 15 1\n10\n\n"
    )
    with pytest.raises(ScxError, match=says):
        register_chain(space, tmp_path / "a.chain", source, target)
    assert register_chain(space, tmp_path / "a.chain", "hg19", "hg38").target == "hg38"
    with pytest.raises(ScxError, match="no chain file at"):
        register_chain(space, tmp_path / "none.chain", "hg19", "hg38")


def test_a_chain_that_was_damaged_since(space: Workspace, chain: Chain) -> None:
    chain.path.write_text(TEXT.replace("100 160", "101 161"))
    with pytest.raises(ScxError, match="remove the chain and register it again"):
        lift(make_alleles(("chrA", 11, "A", "C")), chain)
    (chain.path.parent / "chain.json").write_text("{")
    with pytest.raises(ScxError):
        list_chains(space)


def test_where_a_missing_chain_is_to_be_had() -> None:
    assert missing_chain("hg19", "hg38") == (
        "To move positions from hg19 to hg38, get hg19ToHg38.over.chain.gz from UCSC "
        "(https://hgdownload.soe.ucsc.edu/goldenPath/hg19/liftOver/hg19ToHg38.over.chain.gz) and "
        "register it (scx chains add hg19ToHg38.over.chain.gz hg19 hg38)."
    )


def test_chromosomes_are_found_under_any_name(space: Workspace, tmp_path: Path) -> None:
    (tmp_path / "b.chain").write_text("chain 9 chr22 200 + 10 30 chr22 300 + 100 120 1\n20\n")
    chain = register_chain(space, tmp_path / "b.chain", "toy0", "toy1")
    names = ["chr22", "22", "NC_000022.10", "CM000684.1", "23"]
    lifted = lift(make_alleles(*[(name, 11, "A", "C") for name in names]), chain)
    assert lifted["position"].tolist()[:4] == [101] * 4
    assert lifted["chromosome"].tolist()[:4] == ["chr22"] * 4
    assert lifted["reason"].iloc[4].startswith("23:11 has no counterpart")

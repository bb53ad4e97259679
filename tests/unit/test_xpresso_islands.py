"""CpG islands: the fast search against one that goes base by base."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.sequence.alphabet import encode
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval
from scx_core.xpresso import islands
from scx_core.xpresso.islands import IslandRule, find_islands, islands_from_bed, islands_of

SMALL = IslandRule(shortest=8, gc=0.5, ratio=0.6)


def fulfils(text: str, rule: IslandRule) -> bool:
    c, g = text.count("C"), text.count("G")
    return (
        len(text) >= rule.shortest
        and c > 0
        and g > 0
        and (c + g) >= rule.gc * len(text)
        and text.count("CG") * len(text) >= rule.ratio * c * g
    )


def by_base(text: str, rule: IslandRule) -> list[tuple[int, int]]:
    """Mark, join and trim as the rule says, with strings alone."""
    marked = [False] * len(text)
    for start in range(len(text) - rule.shortest + 1):
        if fulfils(text[start : start + rule.shortest], rule):
            marked[start : start + rule.shortest] = [True] * rule.shortest
    found, start = [], 0
    while start < len(text):
        if not marked[start]:
            start += 1
            continue
        end = start
        while end < len(text) and marked[end]:
            end += 1
        first, last = start, end
        while last - first >= rule.shortest and not fulfils(text[first:last], rule):
            first, last = first + 1, last - 1
        if last - first >= rule.shortest:
            found.append((first, last))
        start = end
    return found


@given(st.text("CGCGAN", max_size=120), st.integers(4, 60), st.sampled_from([0.5, 0.75]))
@settings(max_examples=150, deadline=None)
def test_islands_equal_those_found_base_by_base(text: str, block: int, gc: float) -> None:
    rule = IslandRule(8, gc, 0.6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(islands, "_BLOCK", block)
        found = find_islands(encode(text), "chr1", 1000, rule)
    expected = by_base(text, rule)
    assert list(zip(found["start"] - 1000, found["end"] - 1000, strict=True)) == expected
    for (first, last), gc_found, ratio in zip(
        expected, found["gc_fraction"], found["cpg_ratio"], strict=True
    ):
        part = text[first:last]
        c, g = part.count("C"), part.count("G")
        assert gc_found == pytest.approx((c + g) / len(part))
        assert ratio == pytest.approx(part.count("CG") * len(part) / (c * g))
        assert gc_found >= gc
        assert ratio >= 0.6


def test_classical_rule_on_a_planted_island() -> None:
    random = np.random.default_rng(0)
    text = "".join(random.choice(list("AT"), 1000)) + "CG" * 150 + "TA" * 500
    found = find_islands(encode(text), "chr9", 0).iloc[0]
    assert found["start"] <= 1000
    assert found["end"] >= 1300
    assert found["name"] == "CpG: 150"
    assert found["gc_fraction"] >= 0.5
    assert find_islands(encode("CG" * 99), "chr9", 0).empty
    assert len(find_islands(encode("CG" * 100), "chr9", 0)) == 1
    assert find_islands(encode("N" * 5000), "chr9", 0).empty


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    text = "AT" * 2000 + "CG" * 200 + "AT" * 2000
    (tmp_path / "g.fa").write_text(f">chr1\n{text}\n")
    return Genome.open(tmp_path / "g.fa", tmp_path / "cache")


def test_islands_over_the_ends_of_an_interval_are_whole(genome: Genome) -> None:
    whole = find_islands(genome.fetch(Interval("chr1", 0, 8400)), "chr1", 0)
    assert len(whole) == 1
    inside = islands_of(genome, Interval("chr1", 4100, 4200))
    pd.testing.assert_frame_equal(inside, whole)
    assert islands_of(genome, Interval("chr1", 0, 100)).empty


def test_islands_of_a_bed_file(tmp_path: Path) -> None:
    bed = tmp_path / "cpg.bed"
    bed.write_text("1\t10\t300\tCpG: 30\n1\t900\t1200\tCpG: 20\n2\t10\t300\tCpG: 9\n")
    found = islands_from_bed(bed, Interval("chr1", 250, 901))
    assert list(zip(found["chromosome"], found["start"], found["end"], found["name"], strict=True)) == [
        ("chr1", 10, 300, "CpG: 30"), ("chr1", 900, 1200, "CpG: 20"),
    ]  # fmt: skip
    assert islands_from_bed(bed, Interval("chr1", 300, 900)).empty

"""Scores from elsewhere are joined without mistaking strand or direction; models are compared."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, pearsonr, spearmanr

from scx_core.errors import ScxError
from scx_core.variants.outside import compare_effects, join_outside, read_outside

COMPLEMENT = str.maketrans("ACGT", "TGCA")


def scored_frame(
    changes: Iterable[tuple[str, int, str, str]], gene_id: str = "ENSG1", **columns: object
) -> pd.DataFrame:
    """Results of some changes (chromosome, position, genome's letters, substitution)."""
    frame = pd.DataFrame(
        changes, columns=["chromosome", "position", "genome_reference", "substitution"]
    )
    frame["position"] = frame["position"].astype("Int64")
    frame.insert(0, "row", np.arange(1, len(frame) + 1))
    return frame.assign(
        part=0, gene_id=gene_id, gene_name=f"name of {gene_id}", reason="", **columns
    )


def write(folder: Path, text: str, name: str = "enformer.tsv") -> Path:
    path = folder / name
    path.write_text(text.replace(" ", "\t"))
    return path


LONG = """\
chrom pos ref alt tissue SAD
chr22 100 A C brain 0.5
22 100 A C liver -0.25
chr22 200 G T brain 1
chr22 200 G T brain 7
chr22 300 G T brain high
chr22 400 G T,C brain 3
"""


def test_a_long_table_becomes_variants_by_tracks(tmp_path: Path) -> None:
    outside = read_outside(write(tmp_path, LONG))
    assert outside.name == "enformer"
    assert outside.tracks == ("brain", "liver")
    assert outside.roles["track"] == "tissue"
    assert outside.roles["score"] == "SAD"
    assert outside.variants["position"].tolist() == [100, 200, 300]
    expected = [[0.5, -0.25], [1, np.nan], [np.nan, np.nan]]
    assert np.array_equal(outside.scores, expected, equal_nan=True)
    assert outside.refused["row"].tolist() == [4, 5, 6]
    assert "earlier row scores the same variant" in outside.refused["reason"][0]
    assert "'high'" in outside.refused["reason"][1]
    assert "several variants share one score" in outside.refused["reason"][2]


def test_a_column_named_score_is_taken_before_other_numbers(tmp_path: Path) -> None:
    text = "chr pos ref alt track distance score\n1 5 A G x 100 -1\n1 6 A G x 200 1\n"
    outside = read_outside(write(tmp_path, text))
    assert outside.roles["score"] == "score"
    assert "Columns that are not used: distance." in outside.notices
    assert outside.scores[:, 0].tolist() == [-1, 1]


def test_a_wide_table_has_a_column_for_each_track(tmp_path: Path) -> None:
    text = "Variant gene note Sst L2/3 ID\nchr1:5:A:G GENE1 good 0,5 -1 0\nchr1-6-C-T GENE2 bad 2 NA 1\n"
    outside = read_outside(write(tmp_path, text, "my.scores.tsv.gz".removesuffix(".gz")))
    assert outside.name == "my.scores"
    assert outside.tracks == ("Sst", "L2/3")
    assert np.array_equal(outside.scores, [[0.5, -1], [2, np.nan]], equal_nan=True)
    assert outside.variants["gene"].tolist() == ["GENE1", "GENE2"]
    assert any("note" in notice for notice in outside.notices)
    chosen = read_outside(tmp_path / "my.scores.tsv", scores=["Sst"])
    assert chosen.tracks == ("Sst",)


def test_a_column_that_numbers_the_rows_is_no_track(tmp_path: Path) -> None:
    text = "index chr pos ref alt x\n0 1 5 A G 0\n1 1 6 A G 1\n2 1 7 A G 2\n"
    assert read_outside(write(tmp_path, text)).tracks == ("x",)


def test_the_score_is_for_the_effect_allele(tmp_path: Path) -> None:
    text = "chr pos ref alt effect_allele other_allele zscore\n1 5 A G A G 2\n1 6 A G G A 3\n"
    outside = read_outside(write(tmp_path, text))
    assert outside.variants["reference"].tolist() == ["G", "A"]
    assert outside.variants["alternative"].tolist() == ["A", "G"]


def test_tracks_that_are_sizes_are_told(tmp_path: Path) -> None:
    rows = "".join(f"1 {position} A G {position} {-position}\n" for position in range(5, 25))
    outside = read_outside(write(tmp_path, "chr pos ref alt size signed\n" + rows))
    assert any("no negative score (size)" in notice for notice in outside.notices)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chr pos ref alt note\n1 5 A G x\n", "no column of scores"),
        ("chr pos ref alt track a b\n1 5 A G x 1 2\n", "say which one"),
    ],
)
def test_tables_without_scores_say_so(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ScxError, match=told):
        read_outside(write(tmp_path, text))


def test_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, LONG)
    with pytest.raises(ScxError, match="no column 'SED'"):
        read_outside(path, scores=["SED"])
    with pytest.raises(ScxError, match="no column 'cell'"):
        read_outside(path, track="cell")


def joined(tmp_path: Path, text: str, scored: pd.DataFrame):
    return join_outside(read_outside(write(tmp_path, text)), scored)


def test_alleles_are_joined_as_they_are_swapped_or_on_the_other_strand(tmp_path: Path) -> None:
    scored = scored_frame(
        [
            ("chr1", 10, "A", "C"),
            ("chr1", 20, "A", "C"),
            ("chr1", 30, "A", "C"),
            ("chr1", 40, "A", "C"),
        ]
    )
    text = "chr pos ref alt x\n1 10 A C 1\n1 20 C A 2\nchr1 30 T G 3\n1 40 G T 4\n1 50 A C 5\n1 10 A G 6\n"
    join = joined(tmp_path, text, scored)
    assert join.scores["effect: x"].tolist() == [1, -2, 3, -4]
    assert join.scores["joined"].tolist() == [
        "same alleles", "swapped", "other strand", "other strand and swapped",
    ]  # fmt: skip
    assert join.counts.to_dict() == dict.fromkeys(join.scores["joined"], 1) | {"not joined": 2}
    assert join.unmatched["row"].tolist() == [5, 6]
    assert join.unmatched["variant"].tolist() == ["1:50:A:C", "1:10:A:G"]
    assert "no variant was scored" in join.unmatched["reason"][0]
    assert "A/G does not fit what was scored there, A>C" in join.unmatched["reason"][1]


def test_palindromes_need_the_reference_of_the_genome(tmp_path: Path) -> None:
    scored = scored_frame([("1", 10, "A", "T"), ("1", 20, "C", "G")])
    join = joined(tmp_path, "chr pos ref alt x\n1 10 A T 1\n1 20 G C 2\n", scored)
    assert join.scores["row"].tolist() == [1]
    assert "C looks the same on both strands" in join.unmatched["reason"][0]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_joined_score_is_never_of_the_other_direction(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Oracle: the truth from which the table was made, turned in every way."""
    changes, lines, truth = [], ["chr pos ref alt x"], {}
    for row in range(1, data.draw(st.integers(2, 8)) + 1):
        first, second = data.draw(st.permutations("ACGT"))[:2]
        swapped, flipped = data.draw(st.booleans()), data.draw(st.booleans())
        palindrome = second == first.translate(COMPLEMENT)
        written = (second, first) if swapped else (first, second)
        written = tuple(letter.translate(COMPLEMENT) if flipped else letter for letter in written)
        changes.append(("chr1", 10 * row, first, second))
        lines.append(f"1 {10 * row} {written[0]} {written[1]} {-row if swapped else row}")
        if not palindrome or (written[0] == first and not swapped):
            truth[row] = float(row)
        elif written[0] == first:
            # Swapped and on the other strand: nothing in the table could tell.
            truth[row] = float(-row)
    folder = tmp_path_factory.mktemp("outside")
    join = joined(folder, "\n".join(lines) + "\n", scored_frame(changes))
    found = dict(zip(join.scores["row"], join.scores["effect: x"], strict=True))
    assert found == truth
    assert join.counts.sum() == len(changes)


def test_scores_without_places_are_joined_by_id(tmp_path: Path) -> None:
    scored = scored_frame([("1", 10, "A", "C"), ("1", 20, "A", "C")], id=["rs1", "rs2"])
    join = joined(tmp_path, "rsid ref alt x\nrs2 C A 2\nrs3 A C 3\n", scored)
    assert join.scores[["row", "effect: x"]].to_numpy().tolist() == [[2, -2]]
    assert join.unmatched["variant"].tolist() == ["rs3"]
    assert "its id was not scored" in join.unmatched["reason"][0]


def test_a_score_without_direction_is_not_joined(tmp_path: Path) -> None:
    scored = scored_frame([("1", 10, "A", "C")])
    join = joined(tmp_path, "chr pos alt x\n1 10 C 2\n1 11 C 2\n", scored)
    assert len(join.scores) == 0
    assert "direction of the score is unknown" in join.unmatched["reason"][0]
    assert "None of the 2 variants of enformer was scored" in join.notices[0]


def test_genes_are_told_apart_where_the_table_names_them(tmp_path: Path) -> None:
    scored = pd.concat([scored_frame([("1", 10, "A", "C")], gene) for gene in ("ENSG1", "ENSG2")])
    text = "chr pos ref alt gene x\n1 10 A C ENSG2.7 2\n1 10 A C nobody 3\n"
    join = joined(tmp_path, text, scored)
    assert join.scores[["gene_id", "effect: x"]].to_numpy().tolist() == [["ENSG2", 2]]
    assert "its gene nobody was not scored" in join.unmatched["reason"][0]
    everywhere = joined(tmp_path, "chr pos ref alt x\n1 10 A C 2\n", scored)
    assert everywhere.scores["gene_id"].tolist() == ["ENSG1", "ENSG2"]


def test_one_line_has_one_score(tmp_path: Path) -> None:
    scored = scored_frame([("1", 10, "A", "C")])
    join = joined(tmp_path, "chr pos ref alt x\n1 10 C A 5\n1 10 A C 1\n", scored)
    assert join.scores["effect: x"].tolist() == [1]
    assert "another row of the table" in join.unmatched["reason"][0]


def test_insertions_are_joined_whatever_letters_surround_them(tmp_path: Path) -> None:
    scored = scored_frame([("1", 10, "A", "AGG"), ("1", 20, "CT", "C")])
    join = joined(tmp_path, "chr pos ref alt x\n1 9 TA TAGG 1\n1 20 C CT 2\n", scored)
    assert join.scores["effect: x"].tolist() == [1, -2]


def test_unscored_lines_are_not_joined(tmp_path: Path) -> None:
    scored = scored_frame([("1", 10, "A", "C"), ("1", 20, "A", "C")])
    scored.loc[0, ["reason", "substitution"]] = ["no", None]
    join = joined(tmp_path, "chr pos ref alt x\n1 10 A C 1\n1 20 A C 2\n", scored)
    assert join.scores["row"].tolist() == [2]


def test_nothing_usable_on_either_side_is_no_error(tmp_path: Path) -> None:
    scored = scored_frame([("1", 10, "A", "C")])
    useless = read_outside(write(tmp_path, "chr pos ref alt x\n1 10 A,C G 1\n1 ten A C 2\n"))
    assert len(useless.refused) == 2
    assert len(join_outside(useless, scored).scores) == 0
    join = joined(tmp_path, "chr pos ref alt x\n1 10 A C 1\n", scored.assign(reason="no"))
    assert len(join.scores) == 0
    assert join.counts["not joined"] == 1


# Comparing


def model_frame(
    values: np.ndarray, populations: tuple[str, ...], first_row: int = 1
) -> pd.DataFrame:
    frame = pd.DataFrame(values, columns=[f"effect: {name}" for name in populations])
    frame.insert(0, "row", np.arange(first_row, first_row + len(frame)))
    return frame.assign(part=0, gene_id="G", substitution="A", reason="")


@pytest.fixture
def two() -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(3)
    base = random.normal(size=(60, 3))
    noisy = base[:, :2] + 0.5 * random.normal(size=(60, 2))
    first = model_frame(base, ("p", "q", "r"))
    # The second lacks the first ten rows, and has five that the first does not have.
    second = model_frame(np.vstack([noisy[10:], random.normal(size=(5, 2))]), ("p", "s"), 11)
    return first, second


def test_agreement_is_that_of_scipy(two: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    comparison = compare_effects([("one", two[0]), ("two", two[1])])
    found = comparison.agreement(("one", "p"), ("two", "p"), top=10)
    x, y = two[0]["effect: p"].to_numpy()[10:], two[1]["effect: p"].to_numpy()[:50]
    assert found.n == found.n_rows == 50
    assert found.spearman == pytest.approx(spearmanr(x, y).statistic)
    assert found.pearson == pytest.approx(pearsonr(x, y).statistic)
    assert found.same_sign == pytest.approx((np.sign(x) == np.sign(y)).mean())
    strong = [set(np.argsort(-np.abs(side))[:10]) for side in (x, y)]
    assert found.shared == len(strong[0] & strong[1]) / 10
    assert found.by_chance == pytest.approx(0.2)
    # The bootstrap interval is near that of Fisher's transformation (Bonett and Wright 2000).
    half = 1.96 * np.sqrt((1 + found.spearman**2 / 2) / (50 - 3))
    low, high = np.tanh(np.arctanh(found.spearman) + np.array([-half, half]))
    assert (found.spearman_low, found.spearman_high) == pytest.approx((low, high), abs=0.08)
    assert found.pearson_low < found.pearson < found.pearson_high
    assert "50 changes have an effect in both." in comparison.statements
    assert any("one has 10 more" in statement for statement in comparison.statements)


def test_rank_correlations_of_all_pairs_are_those_of_scipy(
    two: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    first, second = two
    second.loc[3:6, "effect: s"] = np.nan
    first["effect: r"] = 1.0
    comparison = compare_effects([("one", first), ("two", second)])
    found, counts = comparison.rank_correlations()
    assert found.shape == (5, 5)
    for one in found.index:
        for other in found.columns:
            both = comparison.pair(one, other)
            assert counts.loc[one, other] == len(both)
            if ("one", "r") in (one, other):
                assert np.isnan(found.loc[one, other])
            else:
                expected = spearmanr(both["first"], both["second"]).statistic
                assert found.loc[one, other] == pytest.approx(expected)
    some, _ = comparison.rank_correlations([("two", "s"), ("one", "q")])
    assert some.iloc[0, 1] == pytest.approx(found.loc[("two", "s"), ("one", "q")])


def test_substitutions_of_a_row_are_drawn_together() -> None:
    """With every row repeated, the interval is as wide as that of the rows alone."""
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 1))
    y = x + random.normal(size=(40, 1))

    def width(times: int) -> float:
        frames = []
        for values in (x, y):
            frame = pd.concat(
                [model_frame(values, ("p",)).assign(substitution=str(n)) for n in range(times)]
            )
            frames.append(frame)
        found = compare_effects([("a", frames[0]), ("b", frames[1])]).agreement(
            ("a", "p"), ("b", "p")
        )
        return found.spearman_high - found.spearman_low

    assert width(6) == pytest.approx(width(1), rel=0.05)


def test_few_or_constant_effects_have_no_correlation() -> None:
    few = [(name, model_frame(np.ones((2, 1)), ("p",))) for name in "ab"]
    found = compare_effects(few).agreement(("a", "p"), ("b", "p"))
    assert (found.n, found.top, found.same_sign) == (2, 0, 1)
    assert np.isnan([found.spearman, found.pearson, found.shared]).all()
    flat = [(name, model_frame(np.zeros((9, 1)), ("p",))) for name in "ab"]
    found = compare_effects(flat).agreement(("a", "p"), ("b", "p"))
    assert np.isnan([found.spearman, found.spearman_low, found.pearson, found.same_sign]).all()
    assert found.n_signed == 0


def test_sizes_are_compared_without_sign() -> None:
    values = np.arange(-10.0, 10.0)[:, None]
    frames = [("a", model_frame(values, ("p",))), ("b", model_frame(np.abs(values), ("p",)))]
    comparison = compare_effects(frames)
    assert comparison.agreement(("a", "p"), ("b", "p")).spearman < 0.2
    assert comparison.agreement(("a", "p"), ("b", "p"), sizes=True).spearman == pytest.approx(1)


def test_mistakes_in_comparing_are_told(two: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    first, second = two
    with pytest.raises(ScxError, match="two models or tables"):
        compare_effects([("one", first)])
    with pytest.raises(ScxError, match="different names"):
        compare_effects([("one", first), ("one", second)])
    with pytest.raises(ScxError, match="No change of the list"):
        compare_effects([("one", first), ("two", second.assign(row=second["row"] + 1000))])
    with pytest.raises(ScxError, match="two has no effect"):
        compare_effects([("one", first), ("two", second.assign(reason="no"))])
    with pytest.raises(ScxError, match="two results for the same change"):
        compare_effects([("one", first), ("two", pd.concat([second, second]))])
    with pytest.raises(ScxError, match="choose of p, q, r"):
        compare_effects([("one", first), ("two", second)]).pair(("one", "z"), ("two", "p"))


def test_an_outside_table_is_compared_like_a_model(tmp_path: Path) -> None:
    changes = [("1", 10 * row, "A", "C") for row in range(1, 31)]
    effects = np.random.default_rng(1).normal(size=30)
    scored = scored_frame(changes).assign(**{"effect: Sst": effects})
    # Every second row is written the other way round.
    lines = [
        f"1 {10 * (n + 1)} {'A C' if n % 2 else 'C A'} {value if n % 2 else -value:.17g}"
        for n, value in enumerate(effects)
    ]
    join = joined(tmp_path, "\n".join(["chr pos ref alt brain", *lines, ""]), scored)
    comparison = compare_effects([("model", scored), ("enformer", join.scores)])
    both = comparison.pair(("model", "Sst"), ("enformer", "brain"))
    assert kendalltau(both["first"], both["second"]).statistic == pytest.approx(1)
    assert comparison.agreement(("model", "Sst"), ("enformer", "brain")).same_sign == 1

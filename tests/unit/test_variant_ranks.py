"""Ranks within the window and among random changes, against counting by hand."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from variant_rows import Text, placed_row, refused_row, table

from scx_core.atlas import build_atlas
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.mutagenesis import Effects
from scx_core.sequence.alphabet import BASES, COMPLEMENT
from scx_core.variants import percentiles
from scx_core.variants.background import (
    FIRST_SHIFT,
    OTHER,
    TRANSITION,
    TRANSVERSION,
    Background,
    bin_edges,
    kinds_of,
)
from scx_core.variants.percentiles import add_genome_percentiles, load_background
from scx_core.variants.random_changes import (
    _draw_places,
    predict_random_shifts,
    predict_random_substitutions,
)
from scx_core.variants.ranks import add_window_ranks, rank_in_window, sorted_sizes
from scx_core.variants.scoring import score_placed


def make_effects(values: np.ndarray, codes: np.ndarray) -> Effects:
    n_populations = values.shape[2]
    nothing = np.zeros(n_populations)
    return Effects(
        "G", "chr1", "+", 5, 0, codes, tuple(map(str, range(n_populations))),
        values.astype(np.float32), np.zeros_like(values, np.float32), nothing, nothing.copy(), 0, 1,
    )  # fmt: skip


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 3), st.integers(0, 2**31))
def test_ranks_equal_counting(length: int, n_populations: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 6, length).astype(np.uint8)  # N and R among them
    codes[0] = 2
    values = rng.integers(-3, 4, (length, 4, n_populations)) / 8  # many ties
    values[np.arange(length), np.minimum(codes, 3)] = 0
    effects = make_effects(values, codes)
    population = int(rng.integers(n_populations))
    index = int(rng.choice(np.flatnonzero(codes < 4)))
    base = int((codes[index] + rng.integers(1, 4)) % 4)
    larger = total = 0
    for place in range(length):
        for other in range(4):
            if codes[place] < 4 and codes[place] != other:
                total += 1
                size = abs(values[place, other, population])
                larger += size > abs(values[index, base, population])
    assert rank_in_window(effects, index, base, population) == (1 + larger, total)
    assert total == 3 * (codes < 4).sum() == len(sorted_sizes(effects, population))


@pytest.fixture(scope="module")
def genome(toy_root: Path) -> Text:
    return Text(toy_root / "inputs" / "toy.fa")


@pytest.fixture(scope="module")
def scored(toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text) -> pd.DataFrame:
    """Two substitutions and a deletion in each of six genes, and a row without a gene."""
    rows = [refused_row(99, "why", "unreadable")]
    for number, gene_id in enumerate(toy_ensemble.predictions.index[:6], 1):
        tss = int(toy_dataset.genes.loc[gene_id, "tss"])
        for part, offset in enumerate((-40, 30)):
            letter = genome.letters[tss + offset - 1]
            other = BASES[(BASES.index(letter) + 1 + part) % 4]
            others = {"row": number, "part": part, "haplotype": f"h{number}"}
            rows.append(placed_row(toy_dataset, gene_id, tss + offset, letter, other, **others))
        here = genome.letters[tss + 59 : tss + 62]
        rows.append(placed_row(toy_dataset, gene_id, tss + 60, here, here[0], row=number, part=2))
    return score_placed(toy_ensemble, toy_dataset, table(rows))


def count_ranks(effects: Effects, row: pd.Series) -> tuple[int, float]:
    """Rank one scored row among all substitutions of its window, one by one."""
    column = effects.populations.index(row["largest_population"])
    size = np.float32(abs(row["largest_effect"]))
    if len(row["substitution"]) == len(row["reference"]) == 1:
        base = BASES.index(row["substitution"])
        base = int(COMPLEMENT[base]) if effects.strand == "-" else base
        size = abs(effects.values[row["index"], base, column])
    sizes = [
        abs(effects.values[index, base, column])
        for index, code in enumerate(effects.codes)
        for base in range(4)
        if code < 4 and base != code
    ]
    larger = sum(other > size for other in sizes)
    return 1 + larger, 100 * sum(other < size for other in sizes) / len(sizes)


def test_rows_are_ranked_among_all_substitutions_of_the_window(
    toy_dataset: Dataset, toy_ensemble: Ensemble, scored: pd.DataFrame
) -> None:
    told: list[str] = []
    ranked = add_window_ranks(toy_ensemble, toy_dataset, scored, notify=told.append)
    assert told[0] == "Ranks within the window were computed for all 6 genes."
    assert told[1].startswith("Insertions, deletions and haplotypes were ranked among the subst")
    assert set(ranked["haplotype"]) >= {"h1", "h6"}
    for gene_id, members in ranked[ranked["reason"] == ""].groupby("gene_id"):
        effects = toy_ensemble.saturation_mutagenesis(toy_dataset, str(gene_id))
        for _, row in members.iterrows():
            rank, share = count_ranks(effects, row)
            assert row["rank_in_window"] == rank
            assert row["percentile_in_window"] == pytest.approx(share)
    assert ranked.loc[ranked["reason"] != "", "rank_in_window"].isna().all()
    rest = ["rank_in_window", "percentile_in_window"]
    pd.testing.assert_frame_equal(ranked.drop(columns=rest), scored.drop(columns=rest))


def test_genes_with_the_strongest_given_substitutions_come_first(
    toy_dataset: Dataset, toy_ensemble: Ensemble, scored: pd.DataFrame
) -> None:
    told: list[str] = []
    ranked = add_window_ranks(toy_ensemble, toy_dataset, scored, most_genes=2, notify=told.append)
    assert told[0] == (
        "Ranks within the window were computed for the 2 of 6 genes with the strongest effects; "
        "other rows have none."
    )
    given_letters = scored[scored["given"] & (scored["reference"].str.len() == 1)]
    strength = given_letters["largest_effect"].abs().groupby(given_letters["gene_id"]).max()
    expected = set(strength.nlargest(2).index)
    known = ranked["rank_in_window"].notna()
    assert set(ranked.loc[known, "gene_id"]) == expected
    assert known.sum() == ranked["gene_id"].isin(expected).sum()
    assert ranked.loc[~known, "percentile_in_window"].isna().all()
    nothing = add_window_ranks(toy_ensemble, toy_dataset, scored[scored["reason"] != ""])
    assert nothing["rank_in_window"].isna().all()


def test_an_atlas_of_the_same_model_saves_the_work(
    toy_dataset: Dataset, toy_ensemble: Ensemble, scored: pd.DataFrame, tmp_path: Path
) -> None:
    root = tmp_path / "workspace"
    (root / "models").mkdir(parents=True)
    (root / "models" / "toy-model").symlink_to(toy_ensemble.path)
    ensemble = Ensemble.open(root / "models" / "toy-model")
    genes = list(dict.fromkeys(scored.loc[scored["reason"] == "", "gene_id"]))
    build_atlas(ensemble, toy_dataset, root / "atlases" / "some", genes=genes[:5])
    (root / "atlases" / "broken").mkdir()
    (root / "atlases" / "broken" / "atlas.json").write_text("{")
    exact = add_window_ranks(toy_ensemble, toy_dataset, scored, notify=lambda _: None)
    mutated: list[str] = []
    compute = ensemble.saturation_mutagenesis

    def watch(dataset: Dataset, gene: str) -> Effects:
        mutated.append(gene)
        return compute(dataset, gene)

    ensemble.saturation_mutagenesis = watch  # type: ignore[method-assign]
    told: list[str] = []
    ranked = add_window_ranks(ensemble, toy_dataset, scored, notify=told.append)
    assert mutated == genes[5:]
    assert any("Those of 5 genes come from an atlas" in sentence for sentence in told)
    apart = (ranked["rank_in_window"] - exact["rank_in_window"]).abs()
    assert apart.max() <= 15  # of 1,500: rounding lets close ones tie
    other = Ensemble.open(root / "models" / "toy-model")
    other.__dict__["digest"] = "another model"
    told.clear()
    add_window_ranks(other, toy_dataset, scored, notify=told.append)
    assert not any("atlas" in sentence for sentence in told)


def test_ranking_can_be_cancelled(
    toy_dataset: Dataset, toy_ensemble: Ensemble, scored: pd.DataFrame
) -> None:
    def cancel(fraction: float, message: str) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        add_window_ranks(toy_ensemble, toy_dataset, scored, cancel)


def test_bins_cover_the_window() -> None:
    assert bin_edges(7000, 3500).tolist() == [
        -7000, -3000, -1000, -300, -100, 0, 100, 300, 1000, 3000, 3500,
    ]  # fmt: skip
    assert bin_edges(300, 200).tolist() == [-300, -100, 0, 100, 200]
    assert bin_edges(0, 50).tolist() == [0, 50]


def test_kinds_of_changes() -> None:
    pairs = {
        ("A", "G"): TRANSITION, ("T", "C"): TRANSITION, ("A", "C"): TRANSVERSION,
        ("C", "G"): TRANSVERSION, ("AC", "GT"): OTHER, ("A", "AC"): FIRST_SHIFT,
        ("ACG", "A"): FIRST_SHIFT + 1, ("A", "ACGTA"): FIRST_SHIFT + 2,
        ("A" * 12, "A"): FIRST_SHIFT + 3, ("A", "A" * 900): FIRST_SHIFT + 3,
        ("", "A>C+G>T"): OTHER,
    }  # fmt: skip
    found = kinds_of([one for one, _ in pairs], [two for _, two in pairs])
    assert found.tolist() == list(pairs.values())


def test_percentiles_equal_counting() -> None:
    rng = np.random.default_rng(0)
    edges = bin_edges(300, 200)
    bins, kinds = rng.integers(0, 3, 200), rng.integers(0, 2, 200)  # nothing in the last bin
    sizes = (rng.integers(0, 9, (200, 2)) / 8).astype(np.float32)
    background = Background(("a", "b"), edges, bins, kinds, sizes)
    relative = np.array([-300, -101, -100, -1, 0, 99, 100, 199, -20])
    wanted = np.array([0, 1, 0, 1, 0, 1, 0, 1, OTHER])
    effects = np.array([0.5, -0.25, 0.0, -1.0, 2.0, 0.125, 1, 1, 1])
    for population, of_random in [(None, sizes.max(axis=1)), ("b", sizes[:, 1])]:
        found = background.percentiles(relative, wanted, effects, population)
        for place, value in enumerate(found):
            here = np.searchsorted([-100, 0, 100], relative[place], side="right")
            members = of_random[(bins == here) & (kinds == wanted[place])]
            if not len(members):
                assert np.isnan(value)
            else:
                smaller = sum(size < abs(effects[place]) for size in members)
                assert value == pytest.approx(100 * smaller / len(members))
        assert np.isnan(found[-3:]).all()
    with pytest.raises(ScxError, match="'c' is not a population"):
        background.percentiles(relative, wanted, effects, "c")
    with pytest.raises(ScxError, match="A background needs one"):
        Background(("a",), edges, bins, kinds, sizes)


def test_random_substitutions_are_drawn_alike_and_predicted_out_of_fold(
    toy_dataset: Dataset, toy_ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scx_core.variants import random_changes

    seen = {}

    def watch(ensemble, dataset, sites, folds, progress, wanted):
        seen.update(sites=sites, wanted=wanted)
        return predict(ensemble, dataset, sites, folds, progress, wanted)

    predict = random_changes.predict_sites
    monkeypatch.setattr(random_changes, "predict_sites", watch)
    first = predict_random_substitutions(toy_ensemble, toy_dataset, count=400, most_genes=7)
    again = predict_random_substitutions(toy_ensemble, toy_dataset, count=400, most_genes=7)
    np.testing.assert_array_equal(first.sizes, again.sizes)
    assert np.bincount(first.bins).tolist() == [100] * 4
    sites, wanted = seen["sites"], seen["wanted"]
    ids = toy_dataset.genes.index[np.unique(sites.genes)]
    assert len(ids) <= 7
    assert toy_ensemble.folds.loc[ids].isin(toy_ensemble.trained_folds).all()
    assert len({*zip(sites.genes, sites.indices, strict=True)}) == 400
    assert (wanted.sum(axis=1) == 1).all()
    assert 0.2 < (first.kinds == TRANSITION).mean() < 0.47
    for place in range(0, 400, 80):
        effects = toy_ensemble.saturation_mutagenesis(
            toy_dataset, str(toy_dataset.genes.index[sites.genes[place]])
        )
        index, base = sites.indices[place], int(wanted[place].argmax())
        code = effects.codes[index]
        assert base != code
        expected = np.abs(effects.values[index, base])
        np.testing.assert_allclose(first.sizes[place], expected, atol=2e-6)
        assert first.kinds[place] == kinds_of([BASES[code]], [BASES[base]])[0]
        assert np.searchsorted([-100, 0, 100], index - 300, side="right") == first.bins[place]


def test_places_are_drawn_where_the_letter_is_known() -> None:
    rng = np.random.default_rng(1)
    windows = rng.choice(np.array([0, 1, 2, 3, 4, 5], np.uint8), (5, 500))
    windows[:, 300:400] = 4
    dataset = SimpleNamespace(windows=windows, upstream=300)
    edges, genes = bin_edges(300, 200), np.array([0, 2, 4])
    rows, indices = _draw_places(dataset, genes, edges, 50, rng)  # type: ignore[arg-type]
    assert (windows[rows, indices] < 4).all()
    assert set(rows) == {0, 2, 4}
    assert not ((indices >= 300) & (indices < 400)).any()
    assert len(rows) == 150


def test_random_shifts_fill_all_kinds(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    first = predict_random_shifts(toy_ensemble, toy_dataset, count=320, most_genes=9)
    again = predict_random_shifts(toy_ensemble, toy_dataset, count=320, most_genes=9)
    np.testing.assert_array_equal(first.sizes, again.sizes)
    cells = pd.crosstab(first.bins, first.kinds)
    assert cells.to_numpy().tolist() == [[20] * 4] * 4
    assert list(cells.columns) == [FIRST_SHIFT + number for number in range(4)]
    # At the very end of the window, little is left that moves.
    assert (first.sizes.max(axis=1) > 0).mean() > 0.9


def test_rows_are_compared_with_their_like(
    toy_dataset: Dataset, toy_ensemble: Ensemble, scored: pd.DataFrame,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(percentiles, "predict_random_substitutions",
                        lambda *inputs: predict_random_substitutions(*inputs, count=800))  # fmt: skip
    monkeypatch.setattr(percentiles, "predict_random_shifts",
                        lambda *inputs: predict_random_shifts(*inputs, count=160))  # fmt: skip
    told: list[float] = []
    found = add_genome_percentiles(
        toy_ensemble, toy_dataset, scored, lambda done, _: told.append(done), folder=tmp_path
    )
    assert told == sorted(told)
    letters = load_background(toy_ensemble, toy_dataset, folder=tmp_path)
    shifts = load_background(toy_ensemble, toy_dataset, shifts=True, folder=tmp_path)
    for _, row in found.iterrows():
        if row["reason"] or row["haplotype"]:
            assert np.isnan(row["percentile_genome"])
            continue
        kinds = kinds_of([row["reference"]], [row["substitution"]])
        background = shifts if kinds[0] >= FIRST_SHIFT else letters
        here = np.searchsorted([-100, 0, 100], row["relative_to_tss"], side="right")
        members = background.sizes[(background.bins == here) & (background.kinds == kinds[0])]
        smaller = members.max(axis=1) < abs(row["largest_effect"])
        assert row["percentile_genome"] == pytest.approx(100 * smaller.mean())
    assert found["percentile_genome"].notna().sum() == 6 * (3 + 3 + 1)


def test_random_changes_are_kept_and_made_again_when_damaged(
    toy_dataset: Dataset, toy_ensemble: Ensemble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def predict(*inputs):
        calls.append(1)
        return predict_random_substitutions(*inputs, count=40)

    monkeypatch.setattr(percentiles, "predict_random_substitutions", predict)
    first = load_background(toy_ensemble, toy_dataset, folder=tmp_path)
    again = load_background(toy_ensemble, toy_dataset, folder=tmp_path)
    assert len(calls) == 1
    for name in ("edges", "bins", "kinds", "sizes"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
        assert getattr(first, name).dtype == getattr(again, name).dtype
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    np.savez(tmp_path / "objects.npz", about=np.array([{}], dtype=object))
    pickled = (tmp_path / "objects.npz").read_bytes()
    for content in (whole[:500], b"", b"text", pickled):
        path.write_bytes(content)
        calls.clear()
        load_background(toy_ensemble, toy_dataset, folder=tmp_path)
        assert len(calls) == 1
        assert path.read_bytes() == whole
    monkeypatch.setattr(percentiles, "FORMAT", percentiles.FORMAT + 1)
    load_background(toy_ensemble, toy_dataset, folder=tmp_path)
    assert len(calls) == 2
    assert not list(tmp_path.glob(".*"))


def test_random_changes_lie_in_the_workspaces_cache(
    toy_root: Path, toy_dataset: Dataset, toy_ensemble: Ensemble, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(percentiles, "predict_random_substitutions",
                        lambda *inputs: predict_random_substitutions(*inputs, count=40))  # fmt: skip
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m").symlink_to(toy_ensemble.path)
    (tmp_path / "loose").symlink_to(toy_ensemble.path)
    load_background(Ensemble.open(tmp_path / "models" / "m"), toy_dataset)
    assert len(list((tmp_path / "cache" / "random_changes").glob("*-substitutions.npz"))) == 1
    load_background(Ensemble.open(tmp_path / "loose"), toy_dataset)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "loose", "models"]

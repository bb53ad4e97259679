"""The scored table: every placed row comes out, with effects that are checked by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from variant_rows import Text, dense_effects, placed_row, refused_row, table

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import BASES
from scx_core.variants import EFFECT, SPREAD
from scx_core.variants.measures import specificity
from scx_core.variants.scoring import SCORED_COLUMNS, score_placed
from scx_core.variants.sites import Summary


@pytest.fixture(scope="module")
def genome(toy_root) -> Text:
    return Text(toy_root / "inputs" / "toy.fa")


def some_genes(dataset: Dataset, ensemble: Ensemble) -> list[str]:
    """Two genes on each strand."""
    strands = dataset.genes.loc[ensemble.predictions.index, "strand"]
    return [str(name) for strand in "+-" for name in strands.index[strands == strand][:2]]


def substitution_rows(dataset: Dataset, ensemble: Ensemble, genome: Text) -> list[dict]:
    rows = []
    for number, gene_id in enumerate(some_genes(dataset, ensemble)):
        position = int(dataset.genes.loc[gene_id, "tss"]) + 7 * number - 10
        letter = genome.letters[position - 1]
        other = BASES[(BASES.index(letter) + 1 + number % 3) % 4]
        rows.append(placed_row(dataset, gene_id, position, letter, other, row=10 - number))
    return rows


def test_numbers_equal_full_passes_and_their_summaries(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    rows = substitution_rows(toy_dataset, toy_ensemble, genome)
    scored = score_placed(toy_ensemble, toy_dataset, table(rows))
    assert scored["row"].tolist() == [10, 10, 10, 9, 9, 9, 8, 8, 8, 7, 7, 7]
    for number, row in enumerate(rows):
        members = scored.iloc[3 * number : 3 * number + 3]
        expected = [base for base in BASES if base != row["reference"]]
        assert members["substitution"].tolist() == expected
        assert (members["given"] == (members["substitution"] == row["alternative"])).all()
    names = list(toy_ensemble.populations)
    for _, row in scored.iterrows():
        window = np.array(toy_dataset.windows[toy_dataset.row_of(row["gene_id"])])
        base = BASES.index(row["substitution"])
        window[row["index"]] = base if row["strand"] == "+" else 3 - base
        effects = dense_effects(toy_dataset, toy_ensemble, row["gene_id"], window)
        mean = effects.mean(axis=0)
        found = row[[EFFECT + name for name in names]].astype(float)
        np.testing.assert_allclose(found, mean, atol=2e-6)
        spread = row[[SPREAD + name for name in names]].astype(float)
        np.testing.assert_allclose(spread, effects.std(axis=0, ddof=1), atol=2e-6)
        largest = names.index(row["largest_population"])
        assert abs(mean[largest]) >= np.abs(mean).max() - 2e-6
        assert row["largest_effect"] == row[EFFECT + names[largest]]
        assert row["fold_change"] == pytest.approx(10 ** row["largest_effect"])
        if np.abs(effects[:, largest]).min() > 2e-6:  # else rounding decides the sign
            signs = np.sign(effects[:, largest]) == np.sign(mean[largest])
            assert row["sign_agreement"] == signs.sum()
        sizes = np.abs(found.to_numpy())
        tau = sum(1 - size / sizes.max() for size in sizes) / (len(sizes) - 1)
        assert row["specificity"] == pytest.approx(tau, abs=1e-6)
        assert (row["runs"], row["fold"]) == (2, toy_ensemble.fold_of(row["gene_id"]))
        given_effect = row["largest_effect"] if row["given"] else np.nan
        assert row["given_effect"] == pytest.approx(given_effect, nan_ok=True)
    assert set(scored["sign_agreement"]) == {1, 2}


def test_only_the_files_own_change_is_scored_when_asked(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    rows = substitution_rows(toy_dataset, toy_ensemble, genome)
    rows[1]["alternative"] = ""  # none given: all three are meant
    everything = score_placed(toy_ensemble, toy_dataset, table(rows))
    own = score_placed(toy_ensemble, toy_dataset, table(rows), all_substitutions=False)
    assert own["row"].tolist() == [10, 9, 9, 9, 8, 7]
    wanted = everything[everything["given"] | (everything["row"] == 9)].reset_index(drop=True)
    # Passes of other sizes round differently.
    pd.testing.assert_frame_equal(own, wanted, rtol=1e-3, atol=2e-6)
    assert not own.loc[own["row"] == 9, "given"].any()


def test_every_row_comes_out_in_order(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    rows = substitution_rows(toy_dataset, toy_ensemble, genome)
    position = rows[0]["position"]
    here = genome.letters[position - 1 : position + 2]
    gene_id = rows[0]["gene_id"]
    untrained = str(toy_ensemble.folds.index[toy_ensemble.folds == 3][0])
    tss = int(toy_dataset.genes.loc[untrained, "tss"])
    letter = genome.letters[tss - 1]
    placed = table(
        [
            refused_row(1, "the position is not known", "no position"),
            {**rows[0], "row": 2},
            {**rows[0], "row": 3, "reason": "told before", "reason_kind": "reference mismatch"},
            placed_row(toy_dataset, untrained, tss, letter, "", row=4),
            placed_row(toy_dataset, gene_id, position, here, here[0], row=5, note="listed twice"),
            placed_row(toy_dataset, gene_id, position, here, "", row=6),
            {**rows[0], "row": 7, "reference": rows[0]["alternative"]},
            placed_row(toy_dataset, gene_id, position, here[::-1] + "T", "T", row=8),
            {**rows[0], "row": 9, "index": 499, "reference": "AC"},
            refused_row(10, "outside every window", "outside windows"),
        ]
    )
    before = placed.copy()
    scored = score_placed(toy_ensemble, toy_dataset, placed)
    pd.testing.assert_frame_equal(placed, before)
    assert scored["row"].tolist() == [1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert list(scored.columns[-10 - len(SCORED_COLUMNS) : -10]) == list(SCORED_COLUMNS)
    by_row = scored.groupby("row").first()
    kinds = by_row["reason_kind"].to_dict()
    assert kinds == {
        1: "no position", 2: "", 3: "reference mismatch", 4: "gene not in a trained fold", 5: "",
        6: "unreadable", 7: "reference mismatch", 8: "reference mismatch", 9: "too long",
        10: "outside windows",
    }  # fmt: skip
    assert by_row.loc[1, "reason"] == "the position is not known"
    assert "train fold 3 too" in by_row.loc[4, "reason"]
    assert by_row.loc[6, "reason"] == f"{here} was given without an alternative"
    assert by_row.loc[7, "reason"].endswith(f"was given, the window has {here[0]}")
    assert by_row.loc[9, "reason"].startswith("the reference allele of 2 letters reaches out")
    unscored = scored[scored["reason"] != ""]
    empty = ["fold", "runs", "largest_effect", "fold_change", "sign_agreement", "specificity",
             "given_effect", "risk_effect", EFFECT + "Sst", SPREAD + "Vip"]  # fmt: skip
    assert unscored[empty].isna().all(axis=None)
    assert (unscored[["substitution", "largest_population", "risk_allele"]] == "").all(axis=None)
    assert not unscored["given"].any()
    assert by_row.loc[5, "note"].startswith("listed twice; 2 letters that entered")
    assert by_row.loc[5, "substitution"] == here[0]


def test_only_unscored_rows_or_none_at_all(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    refused = table([{**refused_row(1, "why", "unreadable"), "index": None, "relative_to_tss": None,
                      "position": None}])  # fmt: skip
    scored = score_placed(toy_ensemble, toy_dataset, refused)
    assert scored["reason"].tolist() == ["why"]
    nothing = score_placed(toy_ensemble, toy_dataset, refused.iloc[:0])
    assert nothing.empty
    assert list(nothing.columns) == list(scored.columns)


def test_swapped_alleles_turn_the_given_effect(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    row = substitution_rows(toy_dataset, toy_ensemble, genome)[0]
    rows = [{**row, "row": number, "alleles": alleles} for number, alleles in
            enumerate(["match", "swapped", "strand-flipped", "strand-flipped and swapped"])]  # fmt: skip
    scored = score_placed(toy_ensemble, toy_dataset, table(rows), all_substitutions=False)
    effect = scored["largest_effect"].iloc[0]
    assert (scored["largest_effect"] == effect).all()
    assert scored["given_effect"].tolist() == [effect, -effect, effect, -effect]


def test_models_without_sequence_and_other_datasets_are_refused(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    placed = table(substitution_rows(toy_dataset, toy_ensemble, genome))
    blind = Ensemble.open(toy_ensemble.path)
    blind.config = dataclasses.replace(blind.config, stages=())
    with pytest.raises(ScxError, match="no letter has an effect"):
        score_placed(blind, toy_dataset, placed)
    other = Dataset(toy_dataset.path, {**toy_dataset.metadata, "digest": "0" * 64})
    with pytest.raises(ScxError, match="choose the model's own dataset"):
        score_placed(toy_ensemble, other, placed)


def test_progress_rises_to_one_and_may_cancel(
    toy_dataset: Dataset, toy_ensemble: Ensemble, genome: Text
) -> None:
    rows = substitution_rows(toy_dataset, toy_ensemble, genome)
    position = rows[0]["position"]
    here = genome.letters[position - 1 : position + 1]
    rows.append(placed_row(toy_dataset, rows[0]["gene_id"], position, here, here[0]))
    told: list[float] = []
    score_placed(toy_ensemble, toy_dataset, table(rows), progress=lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)

    def cancel(fraction: float, message: str) -> None:
        raise InterruptedError

    for part in (rows[:1], rows[-1:]):
        with pytest.raises(InterruptedError):
            score_placed(toy_ensemble, toy_dataset, table(part), progress=cancel)


@given(
    st.lists(st.floats(-3, 3, allow_subnormal=False), min_size=2, max_size=9),
    st.floats(0.01, 100),
)
def test_specificity_is_between_0_and_1_whatever_the_unit(
    effects: list[float], unit: float
) -> None:
    values = np.array([effects])
    tau = specificity(values)[0]
    if not values.any():
        assert np.isnan(tau)
        return
    assert -1e-9 <= tau <= 1 + 1e-9
    assert specificity(values * unit)[0] == pytest.approx(tau, abs=1e-6)
    assert specificity(-values)[0] == tau


def test_specificity_by_hand() -> None:
    effects = np.array([[1, 0, 0, 0], [2, -2, 2, 2], [0, 0, 0, 0], [4, 2, -1, 0]], float)
    expected = [1, 0, np.nan, (0 + 0.5 + 0.75 + 1) / 3]
    np.testing.assert_allclose(specificity(effects), expected)
    assert np.isnan(specificity(np.ones((1, 1)))).all()


def test_runs_agree_by_the_sign_in_the_largest_population() -> None:
    effects = np.array([[[1.0, -5.0]], [[1.0, -4.0]], [[-1.0, 2.0]]], np.float32)
    summary = Summary.empty(1, 2)
    summary.set(np.array([0]), effects)
    assert summary.agreement.tolist() == [2]  # of -5, -4, +2; the mean is negative
    np.testing.assert_allclose(summary.mean, [[1 / 3, -7 / 3]], rtol=1e-6)
    np.testing.assert_allclose(summary.spread[0, 0], np.std([1, 1, -1], ddof=1), rtol=1e-6)

"""Settings of folds and losses, and folds of whole gene families."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.training.folds import choose_folds, fold_notices, make_folds, split_fold
from scx_core.training.settings import PAPER, TrainingSettings


def family_folds(sizes: list[int], n_folds: int) -> pd.DataFrame:
    """Folds of families of these sizes, their genes mixed."""
    family = np.random.default_rng(0).permutation(
        np.repeat([f"family{number}" for number in range(len(sizes))], sizes)
    )
    index = [f"gene{row}" for row in range(len(family))]
    return make_folds(
        pd.DataFrame({"chromosome": "chr1"}, index=index),
        TrainingSettings(split="family", n_folds=n_folds),
        pd.Series(family, index=index),
    )


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=12, max_size=80),
    n_folds=st.integers(2, 10),
    n_validation=st.integers(0, 10),
)
def test_no_family_crosses_folds_nor_validation(
    sizes: list[int], n_folds: int, n_validation: int
) -> None:
    assume(sum(sizes) > 2 * (max(sizes) + n_validation))  # genes are left to train on
    folds = family_folds(sizes, n_folds)
    assert folds.groupby("family")["fold"].nunique().eq(1).all()
    assert (folds["group"] == folds["fold"].astype(str)).all()
    in_fold = folds["fold"].value_counts()
    assert len(in_fold) == n_folds
    # The largest first into the smallest: folds differ by one family at most.
    assert in_fold.max() - in_fold.min() <= max(sizes)
    family = folds["family"].to_numpy()
    for fold in range(n_folds):
        wanted = n_validation or max(int((folds["fold"] != fold).sum()) // 10, 1)
        smallest = min(np.unique(family[folds["fold"] != fold], return_counts=True)[1])
        if smallest > wanted:
            with pytest.raises(ScxError, match="choose more"):
                split_fold(folds, fold, n_validation)
            continue
        split = split_fold(folds, fold, n_validation)
        parts = [split.training, split.validation, split.test]
        assert sorted(np.concatenate(parts)) == list(range(len(folds)))
        assert all((np.diff(part) > 0).all() for part in parts)
        of_part = [set(family[part]) for part in parts]
        assert sum(len(names) for names in of_part) == len(sizes)
        # No family that was left out would have fitted.
        left = wanted - len(split.validation)
        sizes_left = pd.Series(family[split.training]).value_counts()
        assert 0 <= left < sizes_left.min()


def test_single_genes_fill_folds_evenly_and_validation_exactly() -> None:
    folds = family_folds([30, 20, 20, 10] + [1] * 120, 5)
    assert set(folds["fold"].value_counts()) == {40}
    assert len(split_fold(folds, 2, 17).validation) == 17


def test_family_folds_depend_on_the_families_alone() -> None:
    folds = family_folds([5, 4, 3] + [1] * 40, 4)
    shuffled = folds.sample(frac=1, random_state=3)
    again = make_folds(
        shuffled[["group"]], TrainingSettings(split="family", n_folds=4), folds["family"]
    )
    pd.testing.assert_frame_equal(again.loc[folds.index], folds)
    # Models trained today and next year are to be compared gene by gene.
    of_family = folds.drop_duplicates("family").set_index("family")["fold"]
    kept = {"family0": 0, "family1": 1, "family10": 3, "family12": 1, "family14": 0, "family16": 2}
    assert {name: int(of_family[name]) for name in kept} == kept


def test_folds_are_drawn_at_random() -> None:
    folds = family_folds([1] * 100, 4)
    in_order = folds.sort_values("family")["fold"].to_numpy()
    assert len(set(in_order[:25])) > 1
    splits = [set(split_fold(folds, 0, 10).validation), set(split_fold(folds, 1, 10).validation)]
    assert splits[0] != splits[1]


def test_levels_of_one_dataset_share_their_folds(toy_dataset: Dataset) -> None:
    ids = toy_dataset.genes.index
    families = pd.Series([f"family{row // 3}" for row in range(len(ids))], index=ids)
    genes = toy_dataset.genes.assign(chromosome=[f"chr{row % 5}" for row in range(len(ids))])
    for split in ("random", "chromosome", "family"):
        tables = [
            make_folds(
                genes,
                TrainingSettings(level=level, split=split, n_folds=4, loss=loss),
                families if split == "family" else None,
            )
            for level, loss in [("population", "mse"), ("class", "hybrid"), ("bulk", "mse")]
        ]
        for table in tables[1:]:
            pd.testing.assert_frame_equal(table, tables[0])


def test_too_few_families_or_genes_are_refused() -> None:
    with pytest.raises(ScxError, match="3 gene families cannot be split into 4 folds"):
        family_folds([10, 10, 10], 4)
    with pytest.raises(ScxError, match="3 genes cannot be split into 4 folds"):
        family_folds([1, 1, 1], 4)


def test_genes_without_families_are_refused() -> None:
    genes = pd.DataFrame({"chromosome": "chr1"}, index=["a", "b", "c"])
    options = TrainingSettings(split="family", n_folds=2)
    with pytest.raises(ScxError, match="needs the families"):
        make_folds(genes, options)
    with pytest.raises(ScxError, match="1 gene has no family: c;"):
        make_folds(genes, options, pd.Series({"a": "x", "b": "y"}))


def test_validation_larger_than_what_is_left_is_refused() -> None:
    folds = family_folds([1] * 40, 4)
    assert len(split_fold(folds, 0, 29).training) == 1
    with pytest.raises(ScxError, match="leave none of the 30 genes outside fold 0"):
        split_fold(folds, 0, 30)
    with pytest.raises(ScxError, match="has 20 genes, more than the 5 validation genes"):
        split_fold(family_folds([20, 20, 20], 3), 0, 5)


def test_notices_tell_of_families() -> None:
    (one,) = fold_notices(family_folds([7, 2] + [1] * 71, 4))
    assert one == (
        "The 80 genes fall into 73 families, of which 2 hold more than one gene (9 genes in all); "
        "the largest, family0, holds 7."
    )
    assert fold_notices(family_folds([1] * 9, 4)) == ("No two of the 9 genes are of one family.",)
    _, uneven = fold_notices(family_folds([50] + [1] * 30, 4))
    assert uneven == (
        "1 family is larger than a fold of 20 genes (family0), so the folds hold 10 to 50 genes; "
        "choose fewer folds for even ones."
    )
    genes = pd.DataFrame({"chromosome": "chr1"}, index=[f"gene{row}" for row in range(20)])
    assert fold_notices(make_folds(genes, TrainingSettings(n_folds=4))) == ()


def test_family_folds_are_chosen_by_number() -> None:
    folds = family_folds([1] * 40, 4)
    assert choose_folds(folds, ["2", 0]) == (2, 0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"split": "families"}, "random, chromosome, family"),
        ({"families": "x.tsv"}, "choose the split 'family'"),
        ({"split": "family", "families": None}, "path of a table"),
        ({"loss": "pearson"}, "mse, hybrid"),
        ({"alpha": -0.1}, "alpha must be a number ≥ 0"),
        ({"beta": float("nan")}, "beta must be a number ≥ 0"),
        ({"beta": "1"}, "beta must be a number ≥ 0"),
        ({"loss": "hybrid", "alpha": 0, "beta": 0}, "both 0"),
        ({"learning_rate_factor": 1.0}, "factor of the learning rate"),
        ({"learning_rate_factor": 0}, "factor of the learning rate"),
        ({"learning_rate": "fast"}, "learning rate must lie"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(ScxError, match=says):
        TrainingSettings(**change)  # type: ignore[arg-type]


def test_settings_of_older_models_are_read() -> None:
    new = {"loss", "alpha", "beta", "families", "learning_rate_factor"}
    old = {name: value for name, value in TrainingSettings().to_dict().items() if name not in new}
    assert TrainingSettings.from_dict(old) == TrainingSettings()
    changed = TrainingSettings(split="family", families="a.tsv", loss="hybrid", alpha=2, folds=(1,))
    assert TrainingSettings.from_dict(changed.to_dict()) == changed


def test_the_defaults_are_the_papers() -> None:
    assert list(PAPER) != []
    assert set(PAPER) == {field.name for field in fields(TrainingSettings)}
    default = TrainingSettings().to_dict()
    for name, paper in PAPER.items():
        assert paper.explanation.endswith(".")
        if paper.value is not None and name != "n_validation":  # 0 stands for the paper's 1,000
            assert default[name] == paper.value

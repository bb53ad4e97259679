"""Gene families derived from the real worm genome."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scx_core.dataset import Dataset
from scx_core.training.families import derive_families, families_of
from scx_core.training.folds import fold_notices, make_folds, split_fold
from scx_core.training.overlaps import MOST_SHARED, largest_overlap
from scx_core.training.settings import TrainingSettings

pytestmark = pytest.mark.real
BY_FAMILY = TrainingSettings(split="family")
#: Sequence names of genes that WormBase names msp-…, his-… (H3) and col-…, dpy-13, sqt-3.
SPERM_PROTEINS = [
    "F26G1.7",
    "ZK354.4",
    "ZK354.5",
    "ZK354.11",
    "R13H9.2",
    "R13H9.4",
    "K07F5.1",
    "K07F5.2",
    "K07F5.3",
    "C04G2.4",
    "F32B6.6",
    "F58A6.8",
    "C09B9.6",
    "T13F2.10",
    "T13F2.11",
    "C33F10.9",
    "R05F9.8",
    "R05F9.13",
    "ZK546.6",
    "ZK1251.6",
    "F36H12.7",
    "ZK1248.6",
    "K05F1.2",
    "K08F4.8",
    "C34F11.4",
    "C34F11.6",
]
HISTONES = [
    "ZK131.3",
    "ZK131.2",
    "F08G2.3",
    "F45F2.13",
    "F55G1.2",
    "F17E9.10",
    "K06C4.5",
    "W05B10.1",
    "Y49E10.6",
]
COLLAGENS = [
    "C15A11.5",
    "C15A11.6",
    "W05B2.5",
    "W05B2.6",
    "F30B5.1",
    "F23H12.4",
    "B0222.6",
    "B0222.7",
    "B0222.8",
    "T28C6.4",
    "T28C6.6",
    "C09G5.4",
    "C09G5.5",
    "T06E4.4",
    "T06E4.6",
    "ZC373.7",
]


@pytest.fixture(scope="module")
def worm(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = real / "worm"
    return Dataset.build(
        tmp_path_factory.mktemp("ws") / "datasets" / "worm",
        genome=folder / "ce10.fa.gz",
        annotation=folder / "WS220.tss.tsv.gz",
        expression=folder / "cengen.tpm.tsv.gz",
        normalize="none",
        assembly="ce10",
    )


@pytest.fixture(scope="module")
def families(worm: Dataset) -> pd.Series:
    """Families by sequence alone."""
    ids = worm.genes.index.astype(str)
    return pd.Series(ids[derive_families(worm.windows, worm.upstream)], index=worm.genes.index)


@pytest.mark.parametrize(
    ("names", "together"), [(SPERM_PROTEINS, 1.0), (HISTONES, 1.0), (COLLAGENS, 0.9)]
)
def test_known_families_fall_together(
    worm: Dataset, families: pd.Series, names: list[str], together: float
) -> None:
    of_name = families.set_axis(worm.genes["gene_name"].astype(str))
    assert of_name[names].value_counts().iloc[0] / len(names) >= together


def test_families_do_not_run_into_one(families: pd.Series) -> None:
    sizes = families.value_counts()
    # Measured: 13,948 families, 1,886 of more than one gene (4,660 in all), the largest of 88.
    assert 13_500 < len(sizes) < 14_400
    assert 80 <= sizes.iloc[0] <= 100
    assert 4_200 < sizes[sizes > 1].sum() < 5_100


def test_no_fold_holds_half_the_window_of_another_fold_s_gene(worm: Dataset) -> None:
    families, notices = families_of(worm, BY_FAMILY)
    assert notices == ()
    assert families is not None
    sizes = families.value_counts()
    # Measured: 6,047 families, the largest 593 genes along a chromosome.
    assert 5_500 < len(sizes) < 6_500
    assert sizes.iloc[0] < 700
    folds = make_folds(worm.genes, BY_FAMILY, families)
    assert largest_overlap(worm, folds["fold"].to_numpy()) <= MOST_SHARED
    assert folds["fold"].value_counts().agg(["min", "max"]).tolist() == [836, 837]


def test_relatives_are_expressed_alike(worm: Dataset, families: pd.Series) -> None:
    z = worm.expression.to_numpy()
    z = (z - z.mean(axis=0)) / z.std(axis=0)
    profile = z - z.mean(axis=1, keepdims=True)
    profile /= np.linalg.norm(profile, axis=1, keepdims=True)
    sizes = families.map(families.value_counts())
    small = profile[sizes.between(2, 12).to_numpy()]
    of_gene = families[sizes.between(2, 12)].to_numpy()
    order = np.argsort(of_gene, kind="stable")
    small, of_gene = small[order], of_gene[order]
    related = of_gene[1:] == of_gene[:-1]
    r = (small[1:] * small[:-1]).sum(axis=1)
    assert r[related].mean() > r[~related].mean() + 0.08


def test_folds_of_families_are_even(worm: Dataset, families: pd.Series) -> None:
    folds = make_folds(worm.genes, BY_FAMILY, families)
    assert folds["fold"].value_counts().agg(["min", "max"]).tolist() == [836, 837]
    assert folds.groupby("family")["fold"].nunique().max() == 1
    assert len(fold_notices(folds)) == 1
    for fold in (0, 7):
        assert len(split_fold(folds, fold, 0).validation) == 1000
    # What the family split is for: random folds part more than a quarter of the genes from a
    # relative.
    random = make_folds(worm.genes, TrainingSettings())["fold"]
    assert random.groupby(families).transform("nunique").gt(1).mean() > 0.25

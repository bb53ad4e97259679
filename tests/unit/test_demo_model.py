"""The demonstration that ships: its model has learned the grammar that was planted."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import scx_core
from scx_core.dataset import Dataset
from scx_core.demo import building
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.evaluate import evaluate
from scx_core.variants import read_variants


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(root: Path) -> tuple[Dataset, Ensemble]:
    return scx_core.demo.build(root, seed=0)


def test_weights_ship_for_the_demonstration(demo: tuple[Dataset, Ensemble]) -> None:
    dataset, ensemble = demo
    assert building._shipped_for(dataset), "run make demo-weights"
    ensemble.check_dataset(dataset)
    dataset.validate()
    assert dataset.metadata["synthetic"]
    assert len(dataset.populations_at("population")) == 8
    assert len(dataset.populations_at("class")) == 3
    # Every gene has models that never saw it.
    assert set(ensemble.predictions.index) == set(dataset.genes.index)


def test_out_of_fold_predictions_are_good(demo: tuple[Dataset, Ensemble]) -> None:
    dataset, ensemble = demo
    predicted = ensemble.predict(dataset)
    true = dataset.expression.loc[predicted.index, list(ensemble.populations)]
    median = evaluate(true, predicted)["pearson"].median()
    assert median >= 0.6
    assert median == pytest.approx(ensemble.metrics["pearson"].median(), abs=1e-4)
    assert median > ensemble.metrics["pearson_kmer_ridge"].median()
    assert median > ensemble.metrics["pearson_half_life_ridge"].median()


def test_mutagenesis_finds_the_planted_motifs(root: Path, demo: tuple[Dataset, Ensemble]) -> None:
    dataset, ensemble = demo
    motifs = pd.read_csv(root / "demo" / "truth" / "motifs.tsv", sep="\t")
    expression = dataset.expression[list(ensemble.populations)].mean(axis=1)
    names = dataset.genes["gene_name"].astype(str)
    expressed = set(names[expression > expression.median()])
    with_motifs = [name for name in motifs["gene_name"].unique() if name in expressed]
    at_motifs, elsewhere = [], []
    for name in with_motifs[::20]:
        effects = ensemble.saturation_mutagenesis(dataset, name)
        strength = np.abs(effects.values).sum(axis=1).mean(axis=1) / 3  # of the 3 substitutions
        planted = np.zeros(len(strength), dtype=bool)
        of_gene = motifs[motifs["gene_name"] == name]
        for start, end in zip(of_gene["start"], of_gene["end"], strict=True):
            planted |= np.isin(effects.genome_positions - 1, np.arange(start, end))
        assert planted.any()
        at_motifs.append(strength[planted])
        elsewhere.append(strength[~planted])
    assert np.concatenate(at_motifs).mean() >= 5 * np.concatenate(elsewhere).mean()


def test_causal_variants_stand_out(root: Path, demo: tuple[Dataset, Ensemble]) -> None:
    dataset, ensemble = demo
    files = building.write_paths(root / "demo")
    scored = ensemble.score_variants(dataset, read_variants(files["variants"]))
    truth = pd.read_csv(root / "demo" / "truth" / "variants.tsv", sep="\t")
    assert set(scored["id"]) == set(truth["id"])  # every row comes out
    given = scored[scored["given"].eq(True)]
    strength = given.groupby("id")["largest_effect"].agg(lambda values: values.abs().max())
    kind = truth.set_index("id")["kind"].reindex(strength.index)
    ranks = strength.rank()
    n_causal, n_neutral = (kind == "causal").sum(), (kind == "neutral").sum()
    area = (ranks[kind == "causal"].sum() - n_causal * (n_causal + 1) / 2) / (n_causal * n_neutral)
    assert area >= 0.95


def test_building_again_opens_what_is_there(root: Path, demo: tuple[Dataset, Ensemble]) -> None:
    dataset, ensemble = scx_core.demo.build(root)
    assert dataset.digest == demo[0].digest
    assert ensemble.digest == demo[1].digest
    with pytest.raises(ScxError, match="not the demonstration of seed 5"):
        scx_core.demo.build(root, seed=5)


def test_a_users_own_folder_called_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work")
    with pytest.raises(ScxError, match="exists already"):
        scx_core.demo.build(tmp_path)
    assert (tmp_path / "demo" / "thesis.txt").read_text() == "years of work"

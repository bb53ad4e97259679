"""Atlases: equal to mutagenesis up to the stated error, resumable, whole or not at all."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scx_core.atlas import Atlas, build, build_atlas
from scx_core.atlas.gene import GeneResult, GeneTask
from scx_core.atlas.storage import pack, unpack
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.variants import EFFECT, read_variants

ROOT = Path(__file__).resolve().parents[2]
POPULATIONS = ("Vip", "Astro")


@pytest.fixture(scope="module")
def tested(toy_ensemble: Ensemble) -> list[str]:
    return list(toy_ensemble.predictions.index[:6])


@pytest.fixture(scope="module")
def atlas(
    toy_dataset: Dataset,
    toy_ensemble: Ensemble,
    tested: list[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Atlas:
    path = tmp_path_factory.mktemp("atlases") / "toy-atlas"
    return build_atlas(toy_ensemble, toy_dataset, path, genes=tested, populations=POPULATIONS)


def test_all_effects_are_within_the_stated_error(
    atlas: Atlas, toy_dataset: Dataset, toy_ensemble: Ensemble, tested: list[str]
) -> None:
    chosen = [toy_ensemble.populations.index(name) for name in POPULATIONS]
    errors = []
    for gene_id in tested:
        expected = toy_ensemble.saturation_mutagenesis(toy_dataset, gene_id)
        found = atlas.gene(gene_id)
        errors.append(np.abs(found.values - expected.values[:, :, chosen]).max())
        np.testing.assert_allclose(found.wild_type, expected.wild_type[chosen], atol=1e-5)
        np.testing.assert_array_equal(found.codes, expected.codes)
        assert (found.fold, found.n_runs, found.tss) == (expected.fold, 2, expected.tss)
        assert np.abs(found.values).max() > 1e-4
    assert max(errors) == pytest.approx(atlas.max_error, abs=1e-6)
    assert atlas.metadata["dataset_digest"] == toy_dataset.digest
    assert atlas.metadata["model_digest"] == toy_ensemble.digest


@given(st.integers(0, 1000), st.floats(1e-6, 1e3))
def test_stored_effects_are_off_by_at_most_a_share_of_the_largest(seed: int, size: float) -> None:
    effects = np.random.default_rng(seed).normal(scale=size, size=(20, 4, 3)).astype(np.float32)
    packed, scale, error = pack(effects)
    difference = np.abs(unpack(packed, scale) - effects).max()
    assert difference == error
    assert error <= 2**-12 * np.abs(effects).max() * 1.001


def test_genes_without_effect_are_zeros() -> None:
    packed, scale, error = pack(np.zeros((5, 4, 2), np.float32))
    assert not unpack(packed, scale).any()
    assert error == 0


def test_variants_are_answered_as_scoring_does(
    atlas: Atlas, toy_dataset: Dataset, toy_ensemble: Ensemble, tested: list[str]
) -> None:
    columns = [EFFECT + name for name in POPULATIONS]
    shared = ["gene_id", "strand", "relative_to_tss", "genome_reference", "substitution"]
    strands = set()
    for gene_id in tested[:4]:
        position = int(toy_dataset.genes.loc[gene_id, "tss"]) + 33
        found = atlas.effects(f"1:{position}")
        pd.testing.assert_frame_equal(atlas.effects(f"NC_000001.11 {position}"), found)
        expected = toy_ensemble.score_variants(toy_dataset, read_variants(f"chr1:{position}"))
        expected = expected[expected["gene_id"].isin(tested)].sort_values(
            ["gene_id", "substitution"]
        )
        found = found.sort_values(["gene_id", "substitution"])
        assert found[shared].to_numpy().tolist() == expected[shared].to_numpy().tolist()
        np.testing.assert_allclose(
            found[columns].to_numpy(float),
            expected[columns].to_numpy(float),
            atol=atlas.max_error + 1e-5,
        )
        strands |= set(found["strand"])
    assert strands == {"+", "-"}


def test_alleles_choose_the_row(atlas: Atlas, toy_dataset: Dataset, tested: list[str]) -> None:
    position = int(toy_dataset.genes.loc[tested[0], "tss"]) + 5
    every = atlas.effects(f"chr1:{position}").set_index("substitution")
    letter, other = every["genome_reference"].iloc[0], every.index[0]
    one = atlas.effects(f"chr1:{position}:{letter}:{other}")
    swapped = atlas.effects(f"chr1:{position}:{other}:{letter}")
    effect = EFFECT + POPULATIONS[0]
    assert len(one) == 1
    assert one[effect].iloc[0] == swapped[effect].iloc[0] == every.loc[other, effect]
    assert swapped["alleles"].iloc[0] == "swapped"
    third = next(base for base in "ACGT" if base not in (letter, other))
    with pytest.raises(ScxError, match=f"reference {other} was given, the genome has {letter}"):
        atlas.effects(f"chr1:{position}:{other}:{third}")


def test_what_is_not_there_is_said(atlas: Atlas) -> None:
    with pytest.raises(ScxError, match="no gene on the chromosome chr9"):
        atlas.effects("chr9:5")
    with pytest.raises(ScxError, match="outside the windows of all 6 genes"):
        atlas.effects("chr1:2")
    with pytest.raises(ScxError, match="not among the 6 genes"):
        atlas.gene("ENSG404")
    with pytest.raises(ScxError, match="no atlas at"):
        Atlas.open(atlas.path / "nothing")


def test_a_cut_short_build_goes_on(
    toy_dataset: Dataset,
    toy_ensemble: Ensemble,
    tested: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, computed = tmp_path / "cut", []
    compute = build.compute_gene

    def count(task: GeneTask) -> GeneResult:
        computed.append(task.gene_id)
        return compute(task)

    def cancel(fraction: float, message: str) -> None:
        if fraction >= 0.5:
            raise InterruptedError

    monkeypatch.setattr(build, "compute_gene", count)
    with pytest.raises(InterruptedError):
        build_atlas(toy_ensemble, toy_dataset, path, genes=tested, progress=cancel)
    assert not path.exists()
    before, fractions = len(computed), []
    computed.clear()
    with pytest.raises(ScxError, match="unfinished atlas 'cut' with other settings"):
        build_atlas(toy_ensemble, toy_dataset, path, genes=tested[:2])
    atlas = build_atlas(
        toy_ensemble,
        toy_dataset,
        path,
        genes=tested,
        progress=lambda fraction, _: fractions.append(fraction),
    )
    assert fractions[0] >= 0.5
    assert before >= 3
    assert 1 <= len(computed) <= 3
    assert not (tmp_path / ".cut.unfinished").exists()
    assert not (path / "spec.json").exists()
    for gene_id in tested:
        expected = toy_ensemble.saturation_mutagenesis(toy_dataset, gene_id)
        np.testing.assert_allclose(
            atlas.gene(gene_id).values, expected.values, atol=atlas.max_error + 1e-6
        )
    with pytest.raises(ScxError, match="exists already"):
        build_atlas(toy_ensemble, toy_dataset, path)


def test_a_killed_build_goes_on(
    toy_dataset: Dataset, toy_ensemble: Ensemble, tested: list[str], tmp_path: Path
) -> None:
    code = (
        "import os, signal, sys\n"
        "from scx_core.atlas import build_atlas\n"
        "from scx_core.dataset import Dataset\n"
        "from scx_core.ensemble import Ensemble\n"
        "def kill(fraction, message):\n"
        "    if fraction >= 0.5:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "model, dataset, path, *genes = sys.argv[1:]\n"
        "build_atlas(Ensemble.open(model), Dataset.open(dataset), path, genes=genes, progress=kill)\n"
    )
    path = tmp_path / "killed"
    words = [str(toy_ensemble.path), str(toy_dataset.path), str(path), *tested]
    done = subprocess.run([sys.executable, "-c", code, *words], timeout=120, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()
    fractions: list[float] = []
    atlas = build_atlas(
        toy_ensemble,
        toy_dataset,
        path,
        genes=tested,
        progress=lambda fraction, _: fractions.append(fraction),
    )
    assert fractions[0] >= 0.5
    expected = toy_ensemble.saturation_mutagenesis(toy_dataset, tested[0])
    np.testing.assert_allclose(
        atlas.gene(tested[0]).values, expected.values, atol=atlas.max_error + 1e-6
    )


def test_other_processes_can_compute_genes(
    atlas: Atlas, toy_dataset: Dataset, toy_ensemble: Ensemble, tested: list[str], tmp_path: Path
) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        other = build_atlas(
            toy_ensemble, toy_dataset, tmp_path / "other", genes=tested[:2],
            populations=POPULATIONS, executor=executor,
        )  # fmt: skip
    for gene_id in tested[:2]:
        np.testing.assert_allclose(
            other.gene(gene_id).values, atlas.gene(gene_id).values, atol=2 * atlas.max_error
        )


def test_bad_requests_are_refused_before_anything_is_written(
    toy_dataset: Dataset, toy_ensemble: Ensemble, tmp_path: Path
) -> None:
    untrained = toy_ensemble.folds.index[toy_ensemble.folds == 3][0]
    for options, says in (
        ({"genes": [untrained]}, "train fold 3 too"),
        ({"populations": ["Pvalb"]}, "does not predict Pvalb"),
        ({"genes": []}, "at least one gene"),
    ):
        with pytest.raises(ScxError, match=says):
            build_atlas(toy_ensemble, toy_dataset, tmp_path / "refused", **options)
    assert not list(tmp_path.iterdir())


def test_damage_is_a_sentence(atlas: Atlas, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "atlas.json").write_text((atlas.path / "atlas.json").read_text())
    with pytest.raises(ScxError, match=r"genes\.parquet of 'copy' is missing or damaged"):
        Atlas.open(copy).effects("chr1:1000")
    (copy / "atlas.json").write_text(json.dumps({**atlas.metadata, "format": 99}))
    with pytest.raises(ScxError, match="has format 99"):
        Atlas.open(copy)


def test_longer_changes_are_sent_to_the_model(
    atlas: Atlas, toy_dataset: Dataset, tested: list[str]
) -> None:
    tss = int(toy_dataset.genes.loc[tested[0], "tss"])
    with pytest.raises(ScxError, match="holds substitutions alone"):
        atlas.effects(f"chr1:{tss}:AC:A")

"""Predictions and mutagenesis by the models that never saw the gene."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import sleep

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

import scx_core
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble, run_path
from scx_core.errors import ScxError
from scx_core.evaluate import (
    correlate_columns,
    evaluate,
    kmer_counts,
)
from scx_core.mutagenesis import EFFECT, Effects, saturation_mutagenesis, spread_over_runs
from scx_core.sequence.alphabet import BASES, UNKNOWN, decode, encode
from scx_core.trained import TrainedRun


def gene_in_fold(ensemble: Ensemble, fold: int) -> str:
    return str(ensemble.folds.index[ensemble.folds == fold][0])


def test_predictions_are_out_of_fold(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    computed = toy_ensemble.predict(toy_dataset)
    stored = toy_ensemble.predictions.loc[computed.index]
    pd.testing.assert_frame_equal(computed, stored, rtol=1e-5, atol=1e-6, check_names=False)
    gene = gene_in_fold(toy_ensemble, 1)
    row = toy_dataset.row_of(gene)
    codes, half_life = toy_dataset.windows[[row]], toy_dataset.half_life.to_numpy()[[row]]
    features = [list(toy_dataset.half_life).index(f) for f in toy_ensemble.config.half_life]
    by_run = [run.predict(codes, half_life[:, features])[0] for run in toy_ensemble.load_fold(1)]
    np.testing.assert_allclose(computed.loc[gene], np.mean(by_run, axis=0), atol=1e-6)
    other = [run.predict(codes, half_life[:, features])[0] for run in toy_ensemble.load_fold(0)]
    assert np.abs(computed.loc[gene] - np.mean(other, axis=0)).max() > 1e-4


def test_symbols_are_predicted_once_each(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    gene = gene_in_fold(toy_ensemble, 0)
    symbol = toy_dataset.genes.loc[gene, "gene_name"]
    assert list(toy_ensemble.predict(toy_dataset, [symbol, gene]).index) == [gene]


def test_genes_of_untrained_folds_say_so(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    with pytest.raises(ScxError, match=r"tested in fold 2.*train fold 2 too"):
        toy_ensemble.predict(toy_dataset, [gene_in_fold(toy_ensemble, 2)])
    with pytest.raises(ScxError, match="does not know the gene NOPE"):
        toy_ensemble.fold_of("NOPE")


def test_another_dataset_is_refused(toy_ensemble: Ensemble, toy_dataset: Dataset) -> None:
    other = Dataset(toy_dataset.path, {**toy_dataset.metadata, "digest": "0" * 64})
    with pytest.raises(ScxError, match="was trained on 'toy'"):
        toy_ensemble.predict(other)


@pytest.fixture(scope="module")
def effects(toy_dataset: Dataset, toy_ensemble: Ensemble) -> Effects:
    return toy_ensemble.saturation_mutagenesis(toy_dataset, gene_in_fold(toy_ensemble, 1))


def test_effects_equal_predictions_of_edited_windows(
    toy_dataset: Dataset, toy_ensemble: Ensemble, effects: Effects
) -> None:
    codes = np.array(toy_dataset.windows[toy_dataset.row_of(effects.gene_id)])
    columns = [list(toy_dataset.half_life).index(f) for f in toy_ensemble.config.half_life]
    half_life = toy_dataset.half_life.to_numpy()[[toy_dataset.row_of(effects.gene_id)]][:, columns]
    runs = toy_ensemble.load_fold(1)
    for index in (0, 5, 299, 300, 499):
        for base in range(4):
            edited = codes.copy()
            edited[index] = base
            difference = [
                run.predict(edited[None], half_life)[0] - run.predict(codes[None], half_life)[0]
                for run in runs
            ]
            np.testing.assert_allclose(
                effects.values[index, base], np.mean(difference, axis=0), atol=2e-6
            )
            np.testing.assert_allclose(
                effects.spread[index, base], np.std(difference, axis=0, ddof=1), atol=2e-6
            )


def test_reference_base_has_no_effect_and_positions_are_on_the_strand(effects: Effects) -> None:
    assert effects.values.shape == (500, 4, 5)
    assert not effects.values[np.arange(500), effects.codes].any()
    assert effects.positions[300] == 0
    assert effects.genome_positions[300] == effects.tss
    step = 1 if effects.strand == "+" else -1
    assert effects.genome_positions[301] == effects.tss + step
    with pytest.raises(ValueError, match="read-only"):
        effects.values[0, 0, 0] = 1


def test_effects_as_a_table(effects: Effects) -> None:
    frame = effects.to_frame()
    assert len(frame) == 500 * 3
    row = frame.iloc[777]
    index = int(row["relative_to_tss"]) + 300
    assert row["reference"] == decode(effects.codes[index : index + 1])
    value = effects.values[index, BASES.index(row["alternative"])]
    np.testing.assert_allclose(
        row[[EFFECT + name for name in effects.populations]].astype(float), value
    )


def test_unknown_letters_compare_with_the_mixture(toy_ensemble: Ensemble) -> None:
    runs = toy_ensemble.load_fold(0)[:1]
    codes = encode("ACGT" * 125)
    codes[:7] = UNKNOWN
    half_life = np.full(len(toy_ensemble.config.half_life), np.nan)
    found, wild_type = saturation_mutagenesis(runs, codes, half_life)
    edited = codes.copy()
    edited[3] = 2
    expected = runs[0].predict(edited[None], half_life[None])[0] - wild_type[0]
    np.testing.assert_allclose(found[0, 3, 2], expected, atol=2e-6)
    again, _ = saturation_mutagenesis(runs, codes, half_life, engine="full")
    np.testing.assert_allclose(found, again, atol=2e-6)


def test_one_run_has_no_spread() -> None:
    assert np.isnan(spread_over_runs(np.ones((1, 3)))).all()
    np.testing.assert_allclose(spread_over_runs(np.array([[1.0], [3.0]])), [np.sqrt(2)])


def test_mutagenesis_can_be_cancelled(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    class StopError(Exception):
        pass

    def stop(fraction: float, message: str) -> None:
        raise StopError

    with pytest.raises(StopError):
        toy_ensemble.saturation_mutagenesis(toy_dataset, gene_in_fold(toy_ensemble, 1), stop)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("missing", "are missing"),
        ("cut", "are damaged"),
        ("shape", "do not fit"),
        ("nan", "not numbers"),
        ("json", "is damaged"),
        ("format", "has format 99"),
    ],
)
def test_damaged_models_fail_loudly(
    toy_dataset: Dataset, toy_ensemble: Ensemble, tmp_path: Path, how: str, says: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(toy_ensemble.path, copy)
    weights = run_path(copy, 0, 1)
    if how == "missing":
        weights.unlink()
    elif how == "cut":
        weights.write_bytes(weights.read_bytes()[:100])
    elif how in ("shape", "nan"):
        tensors = load_file(weights)
        if how == "shape":
            tensors["head.output.bias"] = torch.zeros(2)
        else:
            tensors["head.output.bias"][0] = torch.nan
        save_file(tensors, weights)
    else:
        text = (copy / "model.json").read_text()
        changed = text[:50] if how == "json" else text.replace('"format": 1', '"format": 99', 1)
        (copy / "model.json").write_text(changed)
    with pytest.raises(ScxError, match=says):
        Ensemble.open(copy).predict(toy_dataset)


def test_correlations_equal_numpy_and_constants_have_none() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 3)), rng.normal(size=(50, 3))
    x[:, 2] = 0.1  # constant, with rounding dust in its mean
    r = correlate_columns(x, y)
    np.testing.assert_allclose(r[:2], [np.corrcoef(x[:, c], y[:, c])[0, 1] for c in (0, 1)])
    assert np.isnan(r[2])


def test_evaluate_worked_by_hand() -> None:
    true = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 10.0]})
    predicted = pd.DataFrame({"a": [2.0, 4.0, 6.0], "b": [3.0, 2.0, 1.0]})
    table = evaluate(true, predicted)
    # b: deviations (-10/3, -7/3, 17/3) and (1, 0, -1): r = -9 / sqrt(438/9 · 2).
    np.testing.assert_allclose(table["pearson"], [1, -9 / np.sqrt(438 / 9 * 2)])
    np.testing.assert_allclose(table["spearman"], [1, -1])
    assert list(table["n"]) == [3, 3]


def test_kmers_are_counted_around_the_tss() -> None:
    windows = np.stack([encode("TTACGTAA"), encode("TTANGTAA")])
    counts = kmer_counts(windows, upstream=4, reach=2, k=2)  # reads ACGT, and ANGT
    index = {
        first + second: BASES.index(first) * 4 + BASES.index(second)
        for first in BASES
        for second in BASES
    }
    assert {kmer for kmer in index if counts[0, index[kmer]]} == {"AC", "CG", "GT"}
    assert {kmer for kmer in index if counts[1, index[kmer]]} == {"GT"}


def test_threads_that_ask_for_a_fold_at_the_same_time_share_one_load(
    toy_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Ensemble.open(toy_root / "models" / "toy-model")
    fold = model.trained_folds[0]
    n_threads = 8
    asked = Barrier(n_threads, timeout=30)
    loaded: list[Path] = []
    load = TrainedRun.load

    def slow_load(path: Path, *given: object) -> TrainedRun:
        loaded.append(path)
        sleep(0.05)  # long enough for the others to come
        return load(path, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(TrainedRun, "load", slow_load)

    def ask(_: int) -> tuple[TrainedRun, ...]:
        asked.wait()
        return model.load_fold(fold)

    with ThreadPoolExecutor(n_threads) as pool:
        answers = list(pool.map(ask, range(n_threads)))
    assert len(loaded) == len(model.runs_in(fold))
    assert all(answer is answers[0] for answer in answers)


def test_pools_are_as_large_as_the_cores_that_we_may_use() -> None:
    """A batch system gives a job fewer cores than the machine has."""
    source = Path(scx_core.__file__).parent
    told = [
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if "cpu_count" in path.read_text(encoding="utf-8")
    ]
    assert told == ["engines.py"]
    pools = re.compile(r"(?:Thread|Process)PoolExecutor\(\)")
    assert not [path for path in source.rglob("*.py") if pools.search(path.read_text())]

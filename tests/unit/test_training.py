"""Folds, scaling, fits and the cross-validated protocol."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble, run_path
from scx_core.errors import ScxError
from scx_core.models import CNNConfig, ConvStage, SequenceCNN
from scx_core.training.architecture import architecture_for
from scx_core.training.data import Scaling, TrainingData
from scx_core.training.fit import FittedRun, KeepNothing, fit_run
from scx_core.training.folds import choose_folds, make_folds, split_fold
from scx_core.training.methods import methods_paragraph
from scx_core.training.protocol import train
from scx_core.training.record import EpochRecord
from scx_core.training.settings import TrainingSettings

SMALL = {"stages": (ConvStage(8, 6, 10), ConvStage(4, 5, 5)), "hidden": (8,), "dropout": (0.0,)}


def gene_table(n: int, chromosomes: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {"chromosome": [f"chr{1 + row % chromosomes}" for row in range(n)]},
        index=[f"gene{row}" for row in range(n)],
    )


@settings(max_examples=30)
@given(n=st.integers(20, 300), n_folds=st.integers(2, 20), n_validation=st.integers(0, 8))
def test_every_gene_is_in_exactly_one_test_set(n: int, n_folds: int, n_validation: int) -> None:
    folds = make_folds(gene_table(n), TrainingSettings(n_folds=n_folds))
    tested = []
    for fold in range(n_folds):
        split = split_fold(folds, fold, n_validation)
        parts = [split.training, split.validation, split.test]
        assert sorted(np.concatenate(parts)) == list(range(n))
        assert len(split.validation) == (n_validation or max((n - len(split.test)) // 10, 1))
        tested += list(split.test)
    assert sorted(tested) == list(range(n))


def test_folds_are_those_of_the_published_code() -> None:
    # Worked out beside the published release: row 0 (CACNA1I) of 1,200 is tested in fold 9.
    folds = make_folds(gene_table(1200), TrainingSettings())
    published = {0: 9, 852: 15, 950: 2, 153: 12, 596: 9, 178: 10, 35: 3, 582: 2, 704: 13, 719: 8}
    assert {row: int(folds["fold"].iloc[row]) for row in published} == published


def test_chromosomes_are_left_out_whole() -> None:
    genes = gene_table(30, chromosomes=11)
    folds = make_folds(genes, TrainingSettings(split="chromosome"))
    assert folds.groupby("group")["fold"].nunique().eq(1).all()
    by_group = folds.drop_duplicates("group").set_index("group")["fold"]
    assert by_group["chr2"] < by_group["chr10"]  # natural order
    assert choose_folds(folds, ["chr10", 0]) == (by_group["chr10"], 0)
    split = split_fold(folds, int(by_group["chr3"]), 0)
    assert set(genes["chromosome"].iloc[split.test]) == {"chr3"}
    assert "chr3" not in set(genes["chromosome"].iloc[split.training])


@pytest.mark.parametrize(
    ("n", "chromosomes", "changes", "says"),
    [
        (10, 3, {"n_folds": 20}, "cannot be split into 20 folds"),
        (10, 1, {"split": "chromosome"}, "two chromosomes"),
    ],
)
def test_impossible_splits_are_refused(
    n: int, chromosomes: int, changes: dict[str, object], says: str
) -> None:
    with pytest.raises(ScxError, match=says):
        make_folds(gene_table(n, chromosomes), TrainingSettings(**changes))  # type: ignore[arg-type]


def test_unknown_folds_and_large_validation_sets_are_refused() -> None:
    folds = make_folds(gene_table(40), TrainingSettings(n_folds=4))
    with pytest.raises(ScxError, match="no fold 'chrX'"):
        choose_folds(folds, ["chrX"])
    with pytest.raises(ScxError, match="leave none"):
        split_fold(folds, 0, 30)


@pytest.mark.parametrize(
    "change",
    [{"epochs": 0}, {"split": "gene"}, {"learning_rate": 0.0}, {"runs": -1}, {"n_folds": 1}],
)
def test_impossible_settings_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ScxError):
        TrainingSettings(**change)  # type: ignore[arg-type]


def make_data(n: int = 40, seed: int = 0) -> TrainingData:
    rng = np.random.default_rng(seed)
    half_life = rng.normal(3, 1, (n, 2))
    half_life[0, 1] = np.nan
    return TrainingData(
        rng.integers(0, 4, (n, 120)).astype(np.uint8),
        half_life,
        rng.normal(-1, 2, (n, 3)),
        ("a", "b", "c"),
    )


def test_scaling_is_fitted_on_the_training_genes_alone() -> None:
    data = make_data()
    rows = np.arange(10, 40)
    scaling = Scaling.fit(data, rows)
    z = scaling.scale_targets(data.targets[rows])
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-6)
    np.testing.assert_allclose(scaling.unscale_targets(z), data.targets[rows], atol=1e-5)
    assert scaling.scale_half_life(data.half_life)[0, 1] == 0  # unknown is the mean


def test_constant_population_is_named() -> None:
    data = make_data()
    data.targets[:, 1] = -4.0
    with pytest.raises(ScxError, match=r"same expression in b;"):
        Scaling.fit(data, np.arange(40))


CONFIG = CNNConfig(
    3, 100, 20, (ConvStage(4, 5, 10),), (6,), (0.1,), ("utr3_length", "orf_length")
)  # fmt: skip


def fit(seed: tuple[int, ...] = (0, 0, 0), **changes: object) -> tuple[object, list[EpochRecord]]:
    data = make_data()
    folds = make_folds(gene_table(40), TrainingSettings(n_folds=4))
    options = TrainingSettings(epochs=3, batch_size=8, n_folds=4, **changes)  # type: ignore[arg-type]
    seen: list[EpochRecord] = []
    fitted = fit_run(
        CONFIG, data, split_fold(folds, 0, 0), options, seed, seen.append, lambda *_: None
    )
    return fitted, seen


def test_same_seed_same_weights_other_seed_others() -> None:
    first, again, other = fit()[0], fit()[0], fit((0, 0, 1))[0]
    for name, value in first.model.state_dict().items():  # type: ignore[attr-defined]
        assert torch.equal(value, again.model.state_dict()[name])  # type: ignore[attr-defined]
    weight = "head.output.weight"
    assert not torch.equal(
        first.model.state_dict()[weight], other.model.state_dict()[weight]  # type: ignore[attr-defined]
    )  # fmt: skip


def test_training_leaves_the_callers_random_state_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    fit()
    assert torch.equal(torch.rand(1), expected)


def test_history_tells_each_epoch() -> None:
    fitted, seen = fit()
    assert [record.epoch for record in seen] == [1, 2, 3]
    assert tuple(seen) == fitted.history  # type: ignore[attr-defined]
    assert all(np.isfinite([r.train_loss, r.validation_loss]).all() for r in seen)


def test_collapsed_runs_are_started_anew_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    original_init = SequenceCNN.__init__
    built: list[SequenceCNN] = []

    def remember(self: SequenceCNN, config: CNNConfig) -> None:
        original_init(self, config)
        built.append(self)
        if len(built) < 3:  # dead but the third
            self.head.register_forward_hook(lambda module, inputs, output: output * 0.0)

    monkeypatch.setattr(SequenceCNN, "__init__", remember)
    data = make_data()
    folds = make_folds(gene_table(40), TrainingSettings(n_folds=4))
    options = TrainingSettings(epochs=12, batch_size=8, n_folds=4, learning_rate=0.01)
    seen: list[EpochRecord] = []
    fitted = fit_run(
        CONFIG, data, split_fold(folds, 0, 0), options, (0,), seen.append, lambda *_: None
    )
    assert fitted.collapsed == 2
    assert not fitted.still_collapsed
    # Two attempts judged at epoch 10, then a whole one.
    assert [record.epoch for record in seen] == [*range(1, 11), *range(1, 11), *range(1, 13)]
    assert {record.attempt for record in fitted.history} == {2}


@pytest.mark.parametrize("epochs", [1, 3])
def test_a_short_run_that_is_dead_is_started_anew(
    monkeypatch: pytest.MonkeyPatch, epochs: int
) -> None:
    """Fewer than ten epochs were never judged: three constant runs gave a median of nan."""
    original_init = SequenceCNN.__init__
    built: list[SequenceCNN] = []

    def remember(self: SequenceCNN, config: CNNConfig) -> None:
        original_init(self, config)
        built.append(self)
        if len(built) < 2:
            self.head.register_forward_hook(lambda module, inputs, output: output * 0.0)

    monkeypatch.setattr(SequenceCNN, "__init__", remember)
    folds = make_folds(gene_table(40), TrainingSettings(n_folds=4))
    options = TrainingSettings(epochs=epochs, batch_size=8, n_folds=4)
    fitted = fit_run(
        CONFIG, make_data(), split_fold(folds, 0, 0), options, (0,), lambda _: None, lambda *_: None
    )
    assert (fitted.collapsed, fitted.still_collapsed) == (1, False)


def test_runs_that_stay_dead_are_told(
    toy_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original_init = SequenceCNN.__init__

    def die(self: SequenceCNN, config: CNNConfig) -> None:
        original_init(self, config)
        for parameter in self.head.parameters():
            torch.nn.init.zeros_(parameter)
            parameter.requires_grad_(False)

    monkeypatch.setattr(SequenceCNN, "__init__", die)
    config = architecture_for(toy_dataset, **SMALL)
    model = train(toy_dataset, tmp_path / "dead", config, SHORT)
    told = " ".join(model.metadata["notices"])
    assert "2 runs predict almost the same for every gene" in told
    assert "(fold 1, run 1, fold 1, run 2)" in told
    assert f"No correlation is defined for {len(model.populations)} populations" in told
    assert model.metadata["median_pearson"] is None
    assert "No correlation over genes is defined" in methods_paragraph(model)


def test_loss_that_is_no_number_is_a_sentence() -> None:
    data = make_data()
    data.targets[5, 0] = np.nan
    folds = make_folds(gene_table(40), TrainingSettings(n_folds=4))
    with pytest.raises(ScxError, match=r"at batch \d of 1 in epoch 1; no epoch was finished"):
        fit_run(
            CONFIG, data, split_fold(folds, 0, 0), TrainingSettings(epochs=1, n_folds=4), (0,),
            lambda _: None, lambda *_: None,
        )  # fmt: skip


SHORT = TrainingSettings(n_folds=4, folds=(1,), runs=2, epochs=2, max_restarts=0)


def test_a_cancelled_training_goes_on_with_the_same_result(
    toy_dataset: Dataset, tmp_path: Path
) -> None:
    config = architecture_for(toy_dataset, **SMALL)
    whole = train(toy_dataset, tmp_path / "whole", config, SHORT)

    class StopError(Exception):
        pass

    def stop(fold: int, run: int, record: EpochRecord) -> None:
        # Every epoch is told, late as it may be; which messages are seen depends on the time.
        if run == 1:
            raise StopError

    with pytest.raises(StopError):
        train(toy_dataset, tmp_path / "stopped", config, SHORT, on_epoch=stop)
    kept = run_path(tmp_path / ".stopped.unfinished", 1, 0)
    written = kept.stat().st_mtime_ns
    assert not (tmp_path / "stopped").exists()
    with pytest.raises(ScxError, match="other settings"):
        train(toy_dataset, tmp_path / "stopped", config, replace(SHORT, epochs=3))
    resumed = train(toy_dataset, tmp_path / "stopped", config, SHORT)
    assert run_path(resumed.path, 1, 0).stat().st_mtime_ns == written  # run 0 was kept
    for run in range(2):
        assert (
            run_path(whole.path, 1, run).read_bytes() == run_path(resumed.path, 1, run).read_bytes()
        )
    pd.testing.assert_frame_equal(whole.predictions, resumed.predictions)
    assert whole.digest == resumed.digest
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["stopped", "whole"]


def test_model_folder_tells_everything(toy_dataset: Dataset, toy_ensemble: Ensemble) -> None:
    assert toy_ensemble.dataset_digest == toy_dataset.digest
    assert toy_ensemble.trained_folds == (0, 1)
    tested = toy_ensemble.folds.index[toy_ensemble.folds.isin([0, 1])]
    assert list(toy_ensemble.predictions.index) == list(tested)
    assert list(toy_ensemble.predictions.columns) == toy_dataset.populations_at("population")
    assert set(toy_ensemble.metrics) >= {"pearson", "spearman", "n", "pearson_kmer_ridge"}
    assert len(toy_ensemble.history) == 2 * 2 * 2
    across = toy_ensemble.metadata["median_pearson_across_populations"]
    assert set(across) == {"model", "kmer_ridge", "half_life_ridge", "population_mean"}
    assert toy_ensemble.metadata["provenance"]["seed"] == 0


def test_a_coarser_level_trains_too(toy_dataset: Dataset, tmp_path: Path) -> None:
    config = architecture_for(toy_dataset, "scxpresso", "class", **SMALL)
    ensemble = train(
        toy_dataset, tmp_path / "classes", config, replace(SHORT, level="class", runs=1)
    )
    assert ensemble.populations == tuple(toy_dataset.populations_at("class"))


def test_half_life_model_reads_no_sequence(toy_dataset: Dataset, tmp_path: Path) -> None:
    config = architecture_for(toy_dataset, "half-life")
    ensemble = train(toy_dataset, tmp_path / "hl", config, replace(SHORT, runs=1))
    with pytest.raises(ScxError, match="no letter has an effect"):
        ensemble.saturation_mutagenesis(toy_dataset, toy_dataset.genes.index[0])


def test_misfits_are_refused_before_anything_is_written(
    toy_dataset: Dataset, toy_root: Path, tmp_path: Path
) -> None:
    fitting = architecture_for(toy_dataset, **SMALL)
    for config, says in [
        (replace(fitting, upstream=200), "use its window"),
        (replace(fitting, n_outputs=7), "must agree"),
        (replace(fitting, half_life=("intron_length",)), "has no intron_length"),
    ]:
        with pytest.raises(ScxError, match=says):
            train(toy_dataset, tmp_path / "m", config, SHORT)
    with pytest.raises(ScxError, match="no fold 9"):
        train(toy_dataset, tmp_path / "m", fitting, replace(SHORT, folds=(9,)))
    with pytest.raises(ScxError, match="exists already"):
        train(toy_dataset, toy_root / "models" / "toy-model", fitting, SHORT)
    with pytest.raises(ScxError, match="cannot name a model"):
        train(toy_dataset, tmp_path / "a b", fitting, SHORT)
    assert list(tmp_path.iterdir()) == []


def test_unknown_devices_are_refused(toy_dataset: Dataset, tmp_path: Path) -> None:
    config = architecture_for(toy_dataset, **SMALL)
    for device in ("toaster", "meta", *(() if torch.cuda.is_available() else ("cuda",))):
        with pytest.raises(ScxError, match=f"{device}|CUDA"):
            train(toy_dataset, tmp_path / "m", config, replace(SHORT, device=device))
    assert list(tmp_path.iterdir()) == []


def test_finished_elsewhere_while_waiting_is_refused(
    toy_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scx_core.training import protocol

    original = protocol.make_plan

    def finish_meanwhile(*arguments: object) -> object:
        (tmp_path / "m").mkdir()
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(protocol, "make_plan", finish_meanwhile)
    with pytest.raises(ScxError, match="exists already"):
        train(toy_dataset, tmp_path / "m", architecture_for(toy_dataset, **SMALL), SHORT)
    assert not (tmp_path / ".m.unfinished").exists()


def test_a_batch_too_large_for_memory_is_cut_and_gives_the_same_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from scx_core.training import fit as fitting

    class Notes(KeepNothing):
        def __init__(self) -> None:
            self.sentences: list[str] = []

        def notice(self, sentence: str) -> None:
            self.sentences.append(sentence)

    config = replace(CONFIG, dropout=(0.0,))
    folds = make_folds(gene_table(40), TrainingSettings(n_folds=4))
    options = TrainingSettings(epochs=3, batch_size=8, n_folds=4)

    def fitted(notes: Notes) -> FittedRun:
        return fit_run(
            config, make_data(), split_fold(folds, 0, 0), options, (0, 0, 0), lambda _: None,
            lambda *_: None, keeper=notes,
        )  # fmt: skip

    whole, notes = fitted(Notes()), Notes()
    original = fitting.trainable

    def narrow(model: torch.nn.Module, *arguments: object) -> torch.nn.Module:
        network = original(model, *arguments)  # type: ignore[arg-type]

        def refuse(module: object, inputs: tuple[np.ndarray, torch.Tensor]) -> None:
            if len(inputs[0]) > 3:
                raise torch.OutOfMemoryError("CUDA out of memory")

        network.register_forward_pre_hook(refuse)
        return network

    monkeypatch.setattr(fitting, "trainable", narrow)
    parts = fitted(notes)
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(value, parts.model.state_dict()[name], atol=1e-5, rtol=1e-4)
    assert [sentence.split(";")[0] for sentence in notes.sentences] == [
        "The device's memory is too small for 8 genes at once",
        "The device's memory is too small for 4 genes at once",
    ]

"""What a training will take: measured by processes, scaled by hand-checked arithmetic."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.models import ConvStage, build_model
from scx_core.training import estimate as room
from scx_core.training.architecture import architecture_for
from scx_core.training.estimate import Estimate, estimate
from scx_core.training.settings import TrainingSettings

SMALL = {"stages": (ConvStage(8, 6, 10), ConvStage(4, 5, 5)), "hidden": (8,), "dropout": (0.0,)}
SHORT = TrainingSettings(n_folds=4, runs=2, epochs=3, batch_size=16)
MEASURED = room._Measured(
    seconds_per_batch=2.0, seconds_per_gene=0.1, weight_bytes=1_000_000, memory_bytes=5_000
)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_measure_side_by_side", lambda *_: MEASURED)
    monkeypatch.setattr(room, "_time_baselines", lambda _dataset, _outputs, n_folds: 7.0 * n_folds)


def estimated(dataset: Dataset, settings: TrainingSettings, n_units: int, workers: int) -> Estimate:
    return estimate(dataset, architecture_for(dataset, **SMALL), settings, n_units, workers)


@pytest.mark.usefixtures("measured")
def test_batches_epochs_and_units_add_up(toy_dataset: Dataset) -> None:
    found = estimated(toy_dataset, SHORT, 4, 1)
    # 80 genes, 4 folds: 20 tested, 6 for validation, 54 trained in 4 batches of 16.
    epoch = 4 * 2.0 + 6 * 0.1 + room._KEEP_SECONDS
    assert found.seconds_per_epoch == pytest.approx(epoch)
    finishing = 4 * 20 * 0.1 + 2 * 7.0
    assert found.seconds == pytest.approx(room._START_SECONDS + 4 * 3 * epoch + finishing)
    assert (found.n_units, found.workers, found.memory_bytes) == (4, 1, 5_000)
    assert found.disk_bytes > 4 * 1_000_000 + 2 * 4 * 1_000_000  # weights, and one checkpoint twice


@pytest.mark.usefixtures("measured")
def test_workers_share_the_units(toy_dataset: Dataset) -> None:
    alone = estimated(toy_dataset, SHORT, 5, 1)
    pair = estimated(toy_dataset, SHORT, 5, 2)
    crowd = estimated(toy_dataset, SHORT, 5, 99)
    unit = 3 * alone.seconds_per_epoch
    assert alone.seconds - pair.seconds == pytest.approx(2 * unit)  # 5 rounds, 3 rounds
    assert alone.seconds - crowd.seconds == pytest.approx(4 * unit)
    assert crowd.workers == 5
    assert pair.disk_bytes - alone.disk_bytes == 8 * 1_000_000  # another checkpoint, twice


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(
    ("changes", "sizes"),
    [
        ({}, (54, 6, 20)),
        ({"split": "family"}, (54, 6, 20)),
        ({"n_validation": 15}, (45, 15, 20)),
        ({"split": "chromosome"}, (36, 4, 40)),  # 60 and 20 genes
        ({"split": "chromosome", "folds": (1,)}, (54, 6, 20)),
        ({"split": "chromosome", "folds": (0,)}, (18, 2, 60)),
    ],
)
def test_sizes_of_a_fold(
    toy_dataset: Dataset, changes: dict[str, object], sizes: tuple[int, int, int]
) -> None:
    dataset = Dataset(toy_dataset.path, dict(toy_dataset.metadata))
    dataset.genes = toy_dataset.genes.assign(chromosome=["chr1"] * 60 + ["chr2"] * 20)
    found = room._sizes(dataset, replace(SHORT, **changes))  # type: ignore[arg-type]
    assert (found.training, found.validation, found.test) == sizes


@pytest.mark.usefixtures("measured")
@pytest.mark.parametrize(("n_units", "workers"), [(0, 1), (3, 0)])
def test_no_training_is_refused(toy_dataset: Dataset, n_units: int, workers: int) -> None:
    with pytest.raises(ScxError, match="is no training"):
        estimated(toy_dataset, SHORT, n_units, workers)


def test_real_batches_are_measured_and_nothing_here_changes(toy_dataset: Dataset) -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    np.random.seed(3)  # noqa: NPY002
    numpy_expected = np.random.rand()  # noqa: NPY002
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    threads = torch.get_num_threads()
    found = estimated(toy_dataset, SHORT, 4, 2)
    assert torch.equal(torch.rand(2), expected)
    assert np.random.rand() == numpy_expected  # noqa: NPY002
    assert torch.get_num_threads() == threads
    assert 0 < found.seconds_per_epoch < 60
    assert found.seconds > 3 * 2 * found.seconds_per_epoch
    assert 50_000_000 < found.memory_bytes < 8_000_000_000
    assert 1_000 < found.disk_bytes < 10_000_000


def test_the_disk_holds_what_was_estimated(toy_root: Path, toy_dataset: Dataset) -> None:
    settings = TrainingSettings(n_folds=4, folds=(0, 1), runs=2, epochs=2)
    config = architecture_for(toy_dataset, **SMALL)
    weights = 4 * sum(values.numel() for values in build_model("cnn", config).parameters())
    files = (toy_root / "models" / "toy-model").rglob("*.safetensors")
    real = sum(path.stat().st_size for path in files)
    estimated_size = room._disk_bytes(toy_dataset, config, settings, weights, 4, 1)
    assert 4 * weights < real < estimated_size


def test_what_cannot_be_trained_is_a_sentence(toy_dataset: Dataset) -> None:
    config = replace(architecture_for(toy_dataset, **SMALL), half_life=("intron_length",))
    with pytest.raises(ScxError, match="has no intron_length"):
        estimate(toy_dataset, config, SHORT, 1, 1)


def test_a_measurement_that_ends_early_is_a_sentence(
    toy_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room.sys, "executable", "/bin/false")
    with pytest.raises(ScxError, match="ended early"):
        estimated(toy_dataset, SHORT, 1, 1)

from pathlib import Path

import pytest
import workspace

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble


@pytest.fixture(scope="session")
def toy_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a dataset and a trained model; tests must not change it."""
    return workspace.build_workspace(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def toy_dataset(toy_root: Path) -> Dataset:
    return Dataset.open(toy_root / "datasets" / "toy")


@pytest.fixture(scope="session")
def toy_ensemble(toy_root: Path) -> Ensemble:
    return Ensemble.open(toy_root / "models" / "toy-model")

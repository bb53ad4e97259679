"""Trainings in processes that tests may kill."""

import multiprocessing
from multiprocessing.process import BaseProcess
from pathlib import Path

from scx_core.dataset import Dataset
from scx_core.engines import Engine
from scx_core.models import CNNConfig
from scx_core.training.protocol import train
from scx_core.training.settings import TrainingSettings

_context = multiprocessing.get_context("forkserver")


def train_in_process(
    dataset: Path, model: Path, config: CNNConfig, settings: TrainingSettings, engine: Engine
) -> BaseProcess:
    """Start a training in a process of its own, that starts fast."""
    _context.set_forkserver_preload(
        ["scx_core.training.protocol", "anndata", "sklearn.linear_model"]
    )
    process = _context.Process(target=_train, args=(dataset, model, config, settings, engine))
    process.start()
    return process


def _train(
    dataset: Path, model: Path, config: CNNConfig, settings: TrainingSettings, engine: Engine
) -> None:
    train(Dataset.open(dataset), model, config, settings, engine=engine)

"""One fit of one network."""

import copy
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scx_core.errors import ScxError
from scx_core.models import CNNConfig, build_model
from scx_core.training.codes import trainable
from scx_core.training.data import Scaling, TrainingData
from scx_core.training.folds import FoldSplit
from scx_core.training.settings import TrainingSettings

#: Predictions that vary less than this over the validation genes (median over populations, in
#: z-units, where the truth has 1) are constant: the run has collapsed.
COLLAPSED_BELOW: Final = 0.01
#: A healthy run may stay near the constant for the first 4 to 5 epochs; judge later.
JUDGE_FROM_EPOCH: Final = 10
_EVALUATION_BATCH: Final = 64


@dataclass(frozen=True)
class EpochRecord:
    """Losses (MSE of z-scores) of one epoch, counted from 1."""

    epoch: int
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float
    attempt: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self)


#: Called after each epoch, and after each batch with the fraction of the epoch done; may raise to
#: cancel.
EpochListener = Callable[[EpochRecord], None]
BatchListener = Callable[[int, float], None]


@dataclass(frozen=True)
class FittedRun:
    """A trained network with its scaling and history.

    Attributes
    ----------
    model : nn.Module
        Weights of the epoch with the best validation loss; in evaluation mode.
    scaling : Scaling
    history : tuple of EpochRecord
        Of the last attempt.
    collapsed : int
        Attempts that collapsed and were started anew.
    still_collapsed : bool
        The last attempt had collapsed too.
    """

    model: nn.Module
    scaling: Scaling
    history: tuple[EpochRecord, ...]
    collapsed: int
    still_collapsed: bool


def fit_run(
    config: CNNConfig,
    data: TrainingData,
    split: FoldSplit,
    settings: TrainingSettings,
    seed: tuple[int, ...],
    on_epoch: EpochListener,
    on_batch: BatchListener,
    family: str = "cnn",
) -> FittedRun:
    """Train one network, starting anew with another seed if it collapses.

    Parameters
    ----------
    config : CNNConfig
    data : TrainingData
    split : FoldSplit
    settings : TrainingSettings
    seed : tuple of int
        Together with the attempt it determines everything random.
    on_epoch, on_batch : callable
        Listeners; an exception from them ends the training.
    family : str
        Model family.

    Raises
    ------
    ScxError
        If the loss is no longer a number.
    """
    scaling = Scaling.fit(data, split.training)
    attempt = 0
    while True:
        with torch.random.fork_rng(devices=[]):
            fit = _Fit(config, family, data, split, settings, scaling, (*seed, attempt))
            history, collapsed = fit.run(on_epoch, on_batch, attempt)
        if not collapsed or attempt == settings.max_restarts:
            return FittedRun(fit.best_model(), scaling, history, attempt, collapsed)
        attempt += 1


class _Fit:
    """State of one attempt."""

    def __init__(
        self,
        config: CNNConfig,
        family: str,
        data: TrainingData,
        split: FoldSplit,
        settings: TrainingSettings,
        scaling: Scaling,
        seed: tuple[int, ...],
    ) -> None:
        self.data, self.split, self.settings = data, split, settings
        self.half_life = scaling.scale_half_life(data.half_life)
        self.targets = scaling.scale_targets(data.targets)
        self.reads_sequence = bool(config.stages)
        number = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] >> np.uint64(1))
        # The global generator drives initial weights and dropout; batches have their own.
        torch.manual_seed(number)
        self.order = torch.Generator().manual_seed(number)
        self.model = build_model(family, config).to(settings.device)
        self.network = trainable(self.model, settings.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=settings.learning_rate)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, factor=0.1, patience=settings.patience
        )
        self.best_loss = float("inf")
        self.best_state = copy.deepcopy(self.model.state_dict())

    def run(
        self, on_epoch: EpochListener, on_batch: BatchListener, attempt: int
    ) -> tuple[tuple[EpochRecord, ...], bool]:
        history: list[EpochRecord] = []
        for epoch in range(1, self.settings.epochs + 1):
            started = perf_counter()
            learning_rate = self.optimizer.param_groups[0]["lr"]
            train_loss = self._train_epoch(epoch, on_batch)
            predicted = self._predict(self.split.validation)
            truth = self.targets[self.split.validation]
            validation_loss = float(np.mean((predicted - truth) ** 2))
            self._check_finite(train_loss, validation_loss, epoch)
            self.scheduler.step(validation_loss)
            if validation_loss < self.best_loss:
                self.best_loss = validation_loss
                self.best_state = copy.deepcopy(self.model.state_dict())
            record = EpochRecord(
                epoch,
                train_loss,
                validation_loss,
                learning_rate,
                perf_counter() - started,
                attempt,
            )
            history.append(record)
            on_epoch(record)
            if epoch == JUDGE_FROM_EPOCH and _is_constant(predicted):
                return tuple(history), True
        return tuple(history), len(history) >= JUDGE_FROM_EPOCH and _is_constant(predicted)

    def best_model(self) -> nn.Module:
        self.model.load_state_dict(self.best_state)
        return self.model.eval()

    def _train_epoch(self, epoch: int, on_batch: BatchListener) -> float:
        self.network.train()
        shuffled = torch.randperm(len(self.split.training), generator=self.order).numpy()
        rows = self.split.training[shuffled]
        total = 0.0
        for start in range(0, len(rows), self.settings.batch_size):
            batch = rows[start : start + self.settings.batch_size]
            total += self._step(batch) * len(batch)
            on_batch(epoch, min(start + self.settings.batch_size, len(rows)) / len(rows))
        return total / len(rows)

    def _step(self, rows: NDArray[np.int64]) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        predicted = self.network(*self._inputs(rows))
        truth = torch.from_numpy(self.targets[rows]).to(self.settings.device)
        loss = nn.functional.mse_loss(predicted, truth)
        loss.backward()
        self.optimizer.step()
        return float(loss.detach())

    def _inputs(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], Tensor]:
        codes = (
            self.data.windows[rows] if self.reads_sequence else np.empty((len(rows), 0), np.uint8)
        )
        return codes, torch.from_numpy(self.half_life[rows]).to(self.settings.device)

    def _predict(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        self.network.eval()
        with torch.inference_mode():
            parts = [
                self.network(*self._inputs(rows[start : start + _EVALUATION_BATCH])).cpu().numpy()
                for start in range(0, len(rows), _EVALUATION_BATCH)
            ]
        return np.concatenate(parts)

    def _check_finite(self, train_loss: float, validation_loss: float, epoch: int) -> None:
        if not np.isfinite([train_loss, validation_loss]).all():
            raise ScxError(
                f"The loss is no longer a number in epoch {epoch}; lower the learning rate (now "
                f"{self.settings.learning_rate:g})."
            )


def _is_constant(predicted: NDArray[np.float32]) -> bool:
    """Say whether predictions, shape (genes, populations), hardly differ between genes."""
    return bool(np.median(predicted.std(axis=0)) < COLLAPSED_BELOW)

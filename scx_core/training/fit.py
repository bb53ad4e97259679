"""One fit of one network, that can be stopped at any moment and goes on bitwise the same."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scx_core.errors import ScxError
from scx_core.evaluate import correlate_columns
from scx_core.kernels.threads import one_thread
from scx_core.models import CNNConfig, build_model
from scx_core.training.codes import trainable
from scx_core.training.data import Scaling, TrainingData
from scx_core.training.folds import FoldSplit
from scx_core.training.loss import training_loss
from scx_core.training.record import EpochRecord
from scx_core.training.settings import TrainingSettings

#: Predictions that vary less than this over the validation genes (median over populations, in
#: z-units, where the truth has 1) are constant: the run has collapsed.
COLLAPSED_BELOW: Final = 0.01
#: A healthy run may stay near the constant for the first 4 to 5 epochs; judge later.
JUDGE_FROM_EPOCH: Final = 10
#: A run that ends before is judged at its end by what no healthy run shows after any epoch:
#: predictions that differ by rounding alone, of which no correlation is defined.
DEAD_BELOW: Final = 1e-5
_EVALUATION_BATCH: Final = 64

#: Called after each epoch, and after each batch with the fraction of the epoch done; may raise to
#: cancel.
EpochListener = Callable[[EpochRecord], None]
BatchListener = Callable[[int, float], None]


class Keeper(Protocol):
    """Keeps the state of a fit between epochs, and hears what is worth knowing."""

    def load(self) -> dict[str, Any] | None:
        """Give the last state kept; None at the beginning."""

    def save(self, state: dict[str, Any]) -> None:
        """Keep a state."""

    def notice(self, sentence: str) -> None:
        """Tell the person a sentence."""


class KeepNothing:
    """A keeper for fits that begin anew."""

    def load(self) -> dict[str, Any] | None:
        """Give nothing."""
        return None

    def save(self, state: dict[str, Any]) -> None:
        """Keep nothing."""

    def notice(self, sentence: str) -> None:
        """Tell nobody."""


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
    keeper: Keeper | None = None,
) -> FittedRun:
    """Train one network, starting anew with another seed if it collapses.

    The weights depend on the arguments alone, not on the number of threads nor on how often the
    training was stopped (bitwise, on the same device).

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
    keeper : Keeper, optional
        Where the state is kept after each epoch, and found again.

    Raises
    ------
    ScxError
        If the loss is no longer a number, or memory does not suffice for one gene.
    """
    keeper = keeper or KeepNothing()
    scaling = Scaling.fit(data, split.training)
    kept = keeper.load()
    attempt = int(kept["attempt"]) if kept else 0
    while True:
        with torch.random.fork_rng(devices=_cuda_devices(settings.device)), one_thread() as threads:
            fit = _Fit(
                config, family, data, split, settings, scaling, (*seed, attempt), attempt, threads
            )
            if kept is not None:
                fit.restore(kept)
                kept = None
            fit.run(on_epoch, on_batch, keeper)
        if not fit.collapsed or attempt == settings.max_restarts:
            history = tuple(fit.history)
            return FittedRun(fit.best_model(), scaling, history, attempt, fit.collapsed)
        attempt += 1


def _cuda_devices(name: str) -> list[int]:
    device = torch.device(name)
    return [device.index or 0] if device.type == "cuda" else []


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
        attempt: int,
        threads: int,
    ) -> None:
        self.data, self.split, self.settings, self.attempt = data, split, settings, attempt
        self.half_life = scaling.scale_half_life(data.half_life)
        self.targets = scaling.scale_targets(data.targets)
        self.reads_sequence = bool(config.stages)
        number = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] >> np.uint64(1))
        # The global generator drives initial weights and dropout; batches have their own.
        torch.manual_seed(number)
        self.order = torch.Generator().manual_seed(number)
        self.model = build_model(family, config).to(settings.device)
        self.network = trainable(self.model, settings.device, threads)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=settings.learning_rate)
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer, factor=settings.learning_rate_factor, patience=settings.patience
        )
        self.best_loss = float("inf")
        self.best_state = _copied(self.model.state_dict())
        self.history: list[EpochRecord] = []
        #: How much the predictions of the validation genes differ, after the last epoch.
        self.spread = float("inf")
        #: Genes that go through the network at once; a batch is cut where memory is short.
        self.genes_at_once = settings.batch_size

    @property
    def collapsed(self) -> bool:
        """Say whether the attempt came to constant predictions."""
        judged = len(self.history) >= JUDGE_FROM_EPOCH
        return self.spread < (COLLAPSED_BELOW if judged else DEAD_BELOW)

    @property
    def ended(self) -> bool:
        """Say whether nothing is left to do: all epochs done, or collapsed when judged."""
        done = len(self.history)
        return done == self.settings.epochs or (done == JUDGE_FROM_EPOCH and self.collapsed)

    def run(self, on_epoch: EpochListener, on_batch: BatchListener, keeper: Keeper) -> None:
        while not self.ended:
            record = self._epoch(len(self.history) + 1, on_batch, keeper)
            self.history.append(record)
            # What was told is kept: a listener may end this process.
            keeper.save(self.state())
            on_epoch(record)

    def state(self) -> dict[str, Any]:
        """Everything that the next epoch depends on."""
        cuda = self.settings.device.startswith("cuda")
        return {
            "attempt": self.attempt,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
            "best_loss": self.best_loss,
            "best_state": self.best_state,
            "order": self.order.get_state(),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state(self.settings.device) if cuda else None,
            "history": [record.to_dict() for record in self.history],
            "spread": self.spread,
            "genes_at_once": self.genes_at_once,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])
        self.best_loss = state["best_loss"]
        self.best_state = {
            name: value.to(self.settings.device) for name, value in state["best_state"].items()
        }
        self.order.set_state(state["order"])
        torch.set_rng_state(state["random"])
        if state["random_cuda"] is not None:
            torch.cuda.set_rng_state(state["random_cuda"], self.settings.device)
        self.history = [EpochRecord.from_dict(record) for record in state["history"]]
        self.spread = state["spread"]
        self.genes_at_once = state["genes_at_once"]

    def best_model(self) -> nn.Module:
        self.model.load_state_dict(self.best_state)
        return self.model.eval()

    def _epoch(self, epoch: int, on_batch: BatchListener, keeper: Keeper) -> EpochRecord:
        started = perf_counter()
        learning_rate = self.optimizer.param_groups[0]["lr"]
        train_loss = self._train(epoch, on_batch, keeper)
        predicted = self._predict(self.split.validation, lambda: on_batch(epoch, 1.0))
        truth = self.targets[self.split.validation]
        validation_loss = float(
            training_loss(torch.from_numpy(predicted), torch.from_numpy(truth), self.settings)
        )
        if not np.isfinite(validation_loss):
            raise ScxError(
                f"The validation loss is no longer a number after epoch {epoch}; {self._way_out()}"
            )
        self.scheduler.step(validation_loss)
        if validation_loss < self.best_loss:
            self.best_loss = validation_loss
            self.best_state = _copied(self.model.state_dict())
        self.spread = _spread(predicted)
        return EpochRecord.of(
            epoch,
            self.attempt,
            train_loss,
            validation_loss,
            learning_rate,
            perf_counter() - started,
            correlate_columns(truth, predicted),
        )

    def _train(self, epoch: int, on_batch: BatchListener, keeper: Keeper) -> float:
        self.network.train()
        shuffled = torch.randperm(len(self.split.training), generator=self.order).numpy()
        rows = self.split.training[shuffled]
        size, total = self.settings.batch_size, 0.0
        for number, start in enumerate(range(0, len(rows), size)):
            batch = rows[start : start + size]
            loss = self._step(batch, keeper)
            if not np.isfinite(loss):
                raise ScxError(
                    f"The loss is no longer a number at batch {number + 1} of "
                    f"{-(-len(rows) // size)} in epoch {epoch}; {self._way_out()}"
                )
            total += loss * len(batch)
            on_batch(epoch, min(start + size, len(rows)) / len(rows))
        return total / len(rows)

    def _way_out(self) -> str:
        kept = f"epoch {len(self.history)} is kept" if self.history else "no epoch was finished"
        return f"{kept}. Train with a lower learning rate (now {self.settings.learning_rate:g})."

    def _step(self, rows: NDArray[np.int64], keeper: Keeper) -> float:
        """Take one step of the optimiser; where memory is short, in parts that add up to it."""
        while True:
            try:
                loss = self._add_gradients(rows)
            except torch.OutOfMemoryError:
                self._halve(len(rows), keeper)
                continue
            self.optimizer.step()
            return loss

    def _add_gradients(self, rows: NDArray[np.int64]) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for start in range(0, len(rows), self.genes_at_once):
            part = rows[start : start + self.genes_at_once]
            predicted = self.network(*self._inputs(part))
            truth = torch.from_numpy(self.targets[part]).to(self.settings.device)
            # Losses are means over genes: parts weigh as many genes as they hold.
            loss = training_loss(predicted, truth, self.settings) * (len(part) / len(rows))
            loss.backward()
            total += float(loss.detach())
        return total

    def _halve(self, n_genes: int, keeper: Keeper) -> None:
        at_once = min(self.genes_at_once, n_genes)
        if at_once == 1:
            raise ScxError(
                "The memory of the device does not suffice for one gene; train on cpu, or a "
                "smaller architecture."
            )
        self.genes_at_once = (at_once + 1) // 2
        self.optimizer.zero_grad(set_to_none=True)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        keeper.notice(
            f"The device's memory is too small for {at_once} genes at once; batches of "
            f"{self.settings.batch_size} go on in parts of {self.genes_at_once}, whose gradients "
            "add up to the same step."
        )

    def _inputs(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], Tensor]:
        codes = (
            self.data.windows[rows] if self.reads_sequence else np.empty((len(rows), 0), np.uint8)
        )
        return codes, torch.from_numpy(self.half_life[rows]).to(self.settings.device)

    def _predict(self, rows: NDArray[np.int64], on_part: Callable[[], None]) -> NDArray[np.float32]:
        self.network.eval()
        size = min(_EVALUATION_BATCH, self.genes_at_once)
        parts = []
        with torch.inference_mode():
            for start in range(0, len(rows), size):
                parts.append(self.network(*self._inputs(rows[start : start + size])).cpu().numpy())
                on_part()
        return np.concatenate(parts)


def _copied(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}


def _spread(predicted: NDArray[np.float32]) -> float:
    """How much predictions, shape (genes, populations), differ between genes, in z-units."""
    return float(np.median(predicted.std(axis=0, dtype=np.float64)))

"""What a training will take: time, disk and memory, measured on real batches before it starts.

The measurement runs in processes of its own, set up as those that will train and as many at once,
so that it feels their memory traffic and leaves the caller's random state, threads and memory
alone: ``python -m scx_core.training.estimate``, told on standard input what to measure.
"""

import json
import math
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from scx_core.baselines import ridge_out_of_fold
from scx_core.dataset import Dataset
from scx_core.engines import cores
from scx_core.errors import ScxError
from scx_core.evaluate import KMER, kmer_counts
from scx_core.memory import tuned_environment
from scx_core.models import CNNConfig
from scx_core.training.folds import make_folds
from scx_core.training.settings import TrainingSettings

#: Batches that are timed after one to warm up: at least so many, and for so long.
_LEAST_BATCHES: Final = 2
_LEAST_SECONDS: Final = 1.0
_PREDICTED_GENES: Final = 64
#: A measurement that takes longer has come to a halt.
_PATIENCE_SECONDS: Final = 300
#: Starting the job and its processes, and keeping the state after an epoch (measured: 2 cores, SSD).
_START_SECONDS: Final = 5.0
_KEEP_SECONDS: Final = 0.03
#: Genes that the baselines are timed on.
_BASELINE_GENES: Final = 2000
#: Weights in a checkpoint: now, best, and the optimiser's two moments; twice while it is replaced.
_COPIES_IN_CHECKPOINT: Final = 4
_FLOAT32, _FLOAT64 = 4, 8
#: As text: history of an epoch, a gene in the table of folds; and what a small file takes.
_EPOCH_BYTES, _GENE_BYTES, _FILE_BYTES = 500, 50, 8192


@dataclass(frozen=True)
class Estimate:
    """What a training will take.

    Attributes
    ----------
    seconds : float
        From the start to the evaluated model; runs that collapse and start anew come on top.
    disk_bytes : int
        At most at one time: weights, checkpoints and predictions.
    memory_bytes : int
        Of one process; the windows, which all processes share, not among it.
    seconds_per_epoch : float
        Of one unit (a run of a fold), beside the others.
    n_units, workers : int
        Units in all, and at one time.
    """

    seconds: float
    disk_bytes: int
    memory_bytes: int
    seconds_per_epoch: float
    n_units: int
    workers: int


@dataclass(frozen=True)
class _Sizes:
    """Genes of a fold, on average over the folds to train."""

    training: int
    validation: int
    test: int


@dataclass(frozen=True)
class _Measured:
    seconds_per_batch: float
    seconds_per_gene: float
    weight_bytes: int
    memory_bytes: int


def estimate(
    dataset: Dataset,
    config: CNNConfig,
    settings: TrainingSettings,
    n_units: int,
    workers: int,
) -> Estimate:
    """Measure two batches and a prediction, and scale them to a whole training.

    Takes some seven seconds, most of them to start the processes.

    Parameters
    ----------
    dataset : Dataset
    config : CNNConfig
    settings : TrainingSettings
        That fit each other (see `scx_core.training.plan.make_plan`).
    n_units : int
        Runs of folds to train.
    workers : int
        Processes that train units side by side; they share the cores.

    Raises
    ------
    ScxError
        If a batch cannot be trained, or there is nothing to train.
    """
    if n_units < 1 or workers < 1:
        raise ScxError(
            f"{n_units} models by {workers} processes is no training; train at least one model by "
            "one process."
        )
    workers = min(workers, n_units)
    sizes = _sizes(dataset, settings)
    measured = _measure_side_by_side(dataset, config, settings, sizes, workers)
    epoch = (
        math.ceil(sizes.training / settings.batch_size) * measured.seconds_per_batch
        + sizes.validation * measured.seconds_per_gene
        + _KEEP_SECONDS
    )
    n_folds = math.ceil(n_units / settings.runs)
    finishing = n_units * sizes.test * measured.seconds_per_gene + _time_baselines(
        dataset, config.n_outputs, n_folds
    )
    training = math.ceil(n_units / workers) * settings.epochs * epoch
    return Estimate(
        _START_SECONDS + training + finishing,
        _disk_bytes(dataset, config, settings, measured.weight_bytes, n_units, workers)
        + n_folds * sizes.test * config.n_outputs * _FLOAT64,  # predictions
        measured.memory_bytes,
        epoch,
        n_units,
        workers,
    )


def _sizes(dataset: Dataset, settings: TrainingSettings) -> _Sizes:
    n_genes = len(dataset.genes)
    if settings.split == "chromosome":
        in_fold = make_folds(dataset.genes, settings)["fold"].value_counts()
        chosen = [fold for fold in settings.folds if fold in in_fold.index]
        test = round(float((in_fold.loc[chosen] if chosen else in_fold).mean()))
    else:
        test = round(n_genes / settings.n_folds)
    rest = n_genes - test
    validation = settings.n_validation or min(1000, max(rest // 10, 1))
    return _Sizes(max(rest - validation, 1), validation, test)


def _disk_bytes(
    dataset: Dataset,
    config: CNNConfig,
    settings: TrainingSettings,
    weight_bytes: int,
    n_units: int,
    workers: int,
) -> int:
    """Bytes of all units, of the checkpoints of those that run, and of the tables."""
    checkpoints = 2 * workers * _COPIES_IN_CHECKPOINT * weight_bytes
    scaling = 2 * (config.n_outputs + len(config.half_life)) * _FLOAT64
    unit = weight_bytes + scaling + settings.epochs * _EPOCH_BYTES + _FILE_BYTES
    return n_units * unit + checkpoints + len(dataset.genes) * _GENE_BYTES


def _time_baselines(dataset: Dataset, n_outputs: int, n_folds: int) -> float:
    """Seconds of the k-mer baseline: counting once, and a ridge regression for each fold."""
    n_genes = len(dataset.genes)
    n_timed = min(n_genes, _BASELINE_GENES)
    rng = np.random.default_rng(0)
    features = rng.random((n_timed, 4**KMER), dtype=np.float32)
    targets = rng.random((n_timed, n_outputs))
    fold_of_gene = np.arange(n_timed) % 2
    started = perf_counter()
    ridge_out_of_fold(features, targets, fold_of_gene, (0,))
    ridge = (perf_counter() - started) * 2 * n_genes / n_timed  # half of the genes were fitted
    windows = dataset.windows[:_PREDICTED_GENES]
    started = perf_counter()
    kmer_counts(windows, dataset.upstream)
    return n_folds * ridge + (perf_counter() - started) * n_genes / len(windows)


def _measure_side_by_side(
    dataset: Dataset,
    config: CNNConfig,
    settings: TrainingSettings,
    sizes: _Sizes,
    workers: int,
) -> _Measured:
    """Measure in as many processes as will train here, at the same moment; gives the mean."""
    spec = {
        "dataset": str(dataset.path.resolve()),
        "config": config.to_dict(),
        "settings": settings.to_dict(),
        "batch": min(settings.batch_size, sizes.training),
        "threads": max(cores() // workers, 1),
    }
    with ExitStack() as stack:
        probes = [stack.enter_context(_Probe(spec)) for _ in range(min(workers, cores()))]
        for probe in probes:
            probe.read("ready")
        for probe in probes:
            probe.write("go")
        found = [_Measured(**probe.read("measured")) for probe in probes]
    return _Measured(
        float(np.mean([one.seconds_per_batch for one in found])),
        float(np.mean([one.seconds_per_gene for one in found])),
        found[0].weight_bytes,
        max(one.memory_bytes for one in found),
    )


class _Probe:
    """A process that measures; ended with the block, whatever happens."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec

    def __enter__(self) -> "_Probe":
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scx_core.training.estimate"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=tuned_environment(),
            cwd=Path(__file__).resolve().parents[2],
            text=True,
        )
        self.timer = threading.Timer(_PATIENCE_SECONDS, self.process.kill)
        self.timer.daemon = True
        self.timer.start()
        self.write(json.dumps(self.spec))
        return self

    def __exit__(self, *exception: object) -> None:
        self.timer.cancel()
        self.process.kill()
        self.process.communicate()

    def write(self, line: str) -> None:
        try:
            _pipe(self.process.stdin).write(line + "\n")
            _pipe(self.process.stdin).flush()
        except BrokenPipeError:
            pass  # what it said before it ended is read next

    def read(self, name: str) -> Any:
        """Read what it tells under a name, or pass on what it refuses."""
        line = _pipe(self.process.stdout).readline()
        if not line:
            raise ScxError(
                "The measurement before the training ended early, perhaps for want of memory (the "
                "log has more); use fewer processes side by side or a smaller batch."
            )
        told = json.loads(line)
        if "refused" in told:
            raise ScxError(told["refused"])
        return told[name]


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise ValueError("The process was started without pipes.")
    return pipe


def _measure(spec: dict[str, Any], wait: Callable[[], None]) -> _Measured:
    """Train batches and predict genes of a dataset, as training does; waits before it times."""
    import torch

    from scx_core.kernels.threads import one_thread
    from scx_core.models import build_model
    from scx_core.training.codes import trainable
    from scx_core.training.data import Scaling, TrainingData
    from scx_core.training.loss import training_loss

    torch.set_num_threads(spec["threads"])
    dataset = Dataset.open(spec["dataset"])
    config = CNNConfig.from_dict(spec["config"])
    settings = TrainingSettings.from_dict(spec["settings"])
    data = TrainingData.of(dataset, settings.level, config.half_life)
    scaling = Scaling.fit(data, np.arange(len(data.targets)))
    targets = scaling.scale_targets(data.targets)
    half_life = scaling.scale_half_life(data.half_life)
    rng = np.random.default_rng(0)
    with one_thread() as threads:
        torch.manual_seed(0)
        model = build_model("cnn", config).to(settings.device)
        network = trainable(model, settings.device, threads)
        optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate)

        def inputs(rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], torch.Tensor]:
            codes = data.windows[rows] if config.stages else np.empty((len(rows), 0), np.uint8)
            return codes, torch.from_numpy(half_life[rows]).to(settings.device)

        def train_batch() -> None:
            rows = rng.integers(0, len(targets), spec["batch"])
            optimizer.zero_grad(set_to_none=True)
            truth = torch.from_numpy(targets[rows]).to(settings.device)
            loss = training_loss(network(*inputs(rows)), truth, settings)
            loss.backward()
            optimizer.step()
            float(loss.detach())  # waits for the device

        def predict() -> None:
            with torch.inference_mode():
                network(*inputs(rng.integers(0, len(targets), _PREDICTED_GENES))).cpu()

        network.train()
        try:
            train_batch()
        except torch.OutOfMemoryError as error:
            raise ScxError(
                f"The memory of {settings.device} does not suffice for a batch of {spec['batch']} "
                "genes; choose a smaller batch."
            ) from error
        network.eval()
        predict()
        wait()
        seconds_per_gene = _time(predict) / _PREDICTED_GENES
        network.train()
        seconds_per_batch = _time(train_batch)
    n_parameters = sum(parameter.numel() for parameter in model.parameters())
    return _Measured(
        seconds_per_batch, seconds_per_gene, n_parameters * _FLOAT32, _most_memory_used()
    )


def _time(work: Callable[[], None]) -> float:
    """Seconds of one call, on average over some."""
    started, done = perf_counter(), 0
    while done < _LEAST_BATCHES or perf_counter() - started < _LEAST_SECONDS:
        work()
        done += 1
    return (perf_counter() - started) / done


def _most_memory_used() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _tell(**told: Any) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _wait_for_others() -> None:
    _tell(ready=True)
    sys.stdin.readline()


def _main() -> None:
    try:
        _tell(measured=asdict(_measure(json.loads(sys.stdin.readline()), _wait_for_others)))
    except ScxError as error:
        _tell(refused=str(error))


if __name__ == "__main__":
    _main()

"""One training step of the published architecture: plain PyTorch and as `fit_run` takes it."""

import sys
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from benchmarks.measure import peak_of_this_process, run_python
from scx_core.memory import TUNED

BATCH, LENGTH, POPULATIONS = 128, 10_500, 20
#: The kinds take turns, so that what else the machine does weighs on all of them.
ROUNDS, REPEATS = 2, 5
EPOCHS = 2
EPOCH_GENES, EPOCH_POPULATIONS = 15_000, 130
KINDS = [(how, memory) for memory in ("default", "tuned") for how in ("plain", "fast")]


@dataclass(frozen=True)
class Step:
    """Median and shortest seconds of a step, peak resident memory in bytes."""

    typical: float
    shortest: float
    peak: int


def step(how: str) -> None:
    """Print the seconds of each step, and the peak memory."""
    import numpy as np
    import torch
    from torch import nn

    from scx_core.models import build_model, preset
    from scx_core.training.codes import OneHotCNN, trainable

    codes = np.random.default_rng(0).integers(0, 4, (BATCH, LENGTH)).astype(np.uint8)
    torch.manual_seed(0)
    model = build_model("cnn", preset("scxpresso", POPULATIONS))
    network = OneHotCNN(model, "cpu") if how == "plain" else trainable(model, "cpu")
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4)
    half_life, truth = torch.randn(BATCH, 5), torch.randn(BATCH, POPULATIONS)
    for repeat in range(REPEATS + 1):
        started = perf_counter()
        optimizer.zero_grad(set_to_none=True)
        nn.functional.mse_loss(network(codes, half_life), truth).backward()
        optimizer.step()
        if repeat:  # the first one warms up
            print(perf_counter() - started)
    print(peak_of_this_process())


def one_epoch() -> None:
    """Print the seconds of an epoch, validation included."""
    import numpy as np

    from scx_core.models import preset
    from scx_core.training.data import TrainingData
    from scx_core.training.fit import fit_run
    from scx_core.training.folds import FoldSplit
    from scx_core.training.settings import TrainingSettings

    rng = np.random.default_rng(0)
    data = TrainingData(
        rng.integers(0, 4, (EPOCH_GENES, LENGTH), dtype=np.uint8),
        rng.normal(3, 1, (EPOCH_GENES, 5)),
        rng.normal(-1, 2, (EPOCH_GENES, EPOCH_POPULATIONS)),
        tuple(f"population {number}" for number in range(EPOCH_POPULATIONS)),
    )
    rows = np.arange(EPOCH_GENES)
    fitted = fit_run(
        preset("scxpresso", EPOCH_POPULATIONS), data, FoldSplit(rows[1750:], rows[:1000], rows[1000:1750]),
        TrainingSettings(epochs=1), (0,), lambda _: None, lambda *_: None,
    )  # fmt: skip
    print(fitted.history[0].seconds)


def measure_steps() -> dict[tuple[str, str], Step]:
    """Measure all kinds in turns."""
    seconds: dict[tuple[str, str], list[float]] = {kind: [] for kind in KINDS}
    peaks = dict.fromkeys(KINDS, 0)
    for _ in range(ROUNDS):
        for kind in KINDS:
            how, memory = kind
            environment = dict(TUNED) if memory == "tuned" else dict.fromkeys(TUNED)
            words = ["-m", "benchmarks.training_step", how]
            *times, peak = run_python(words, environment).output.split()
            seconds[kind] += [float(time) for time in times]
            peaks[kind] = max(peaks[kind], int(peak))
    return {kind: Step(median(times), min(times), peaks[kind]) for kind, times in seconds.items()}


def main() -> None:
    steps = measure_steps()
    print(f"training_step: batch {BATCH}, {LENGTH:,} bp, {ROUNDS * REPEATS} steps of each kind")
    for memory in ("default", "tuned"):
        plain, fast = steps["plain", memory], steps["fast", memory]
        print(
            f"  allocator {memory}: plain {plain.typical:.3f} s (shortest {plain.shortest:.3f}), "
            f"{plain.peak / 1e9:.2f} GB; look-up {fast.typical:.3f} s ({fast.shortest:.3f}), "
            f"{fast.peak / 1e9:.2f} GB: {plain.typical / fast.typical:.1f} x "
            f"({plain.shortest / fast.shortest:.1f} x), memory 1/{plain.peak / fast.peak:.1f}"
        )
    epochs = [
        run_python(["-m", "benchmarks.training_step", "epoch"], dict(TUNED)) for _ in range(EPOCHS)
    ]
    print(
        f"  one epoch, {EPOCH_GENES:,} genes x {EPOCH_POPULATIONS}, with validation: "
        f"{median(float(epoch.output) for epoch in epochs):.1f} s, "
        f"{max(epoch.peak for epoch in epochs) / 1e9:.2f} GB"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["epoch"]:
            one_epoch()
        case [how]:
            step(how)

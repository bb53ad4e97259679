"""All substitutions of one window: the incremental engine beside plain PyTorch.

Plain PyTorch is timed on some mutants and scaled to all of them, in processes of its own: at batch
128 with the default allocator, and at the best batch size with the allocator tuned.
"""

import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np

from benchmarks.measure import PeakMemory, run_python, time_call
from scx_core.memory import TUNED

BATCHES = (1, 4, 16, 64, 128)
SECONDS_EACH = 4.0


def make_runs(name: str) -> tuple[list, np.ndarray, np.ndarray]:
    """Untrained networks of an architecture, a random window and half-life features."""
    import torch

    from scx_core.models import ConvStage, build_model, preset
    from scx_core.trained import TrainedRun
    from scx_core.training.data import Scaling

    architecture, populations, n_runs = {
        "published": ({}, 20, 1),
        "published-5": ({}, 20, 5),
        "three-stages": (
            {"stages": (ConvStage(128, 6, 10), ConvStage(32, 9, 5, 2), ConvStage(32, 5, 5, 2))},
            130,
            1,
        ),
    }[name]
    torch.manual_seed(0)
    config = preset("scxpresso", populations, **architecture)
    scaling = Scaling(np.zeros(populations), np.ones(populations), np.zeros(5), np.ones(5))
    runs = [TrainedRun(build_model("cnn", config).eval(), scaling) for _ in range(n_runs)]
    codes = np.random.default_rng(0).integers(0, 4, config.length).astype(np.uint8)
    return runs, codes, np.zeros(5)


def make_tiny_run():
    """A network that makes the kernels compile without taking memory for a window."""
    import torch

    from scx_core.models import ConvStage, build_model, preset
    from scx_core.trained import TrainedRun
    from scx_core.training.data import Scaling

    torch.manual_seed(0)
    stages = (ConvStage(4, 6, 3), ConvStage(4, 9, 2), ConvStage(4, 5, 2, 2))
    models = []
    for count in (2, 3):  # kernels are compiled for each number of stages
        config = preset("scxpresso", 2, upstream=100, downstream=50, stages=stages[:count])
        scaling = Scaling(np.zeros(2), np.ones(2), np.zeros(5), np.ones(5))
        models.append(TrainedRun(build_model("cnn", config).eval(), scaling))
    return models


def time_incremental(name: str) -> None:
    """Print the median seconds of a call, and the memory that the first one took."""
    from scx_core.mutagenesis import saturation_mutagenesis

    runs, codes, half_life = make_runs(name)
    for tiny in make_tiny_run():
        saturation_mutagenesis([tiny], codes[:150], half_life)
    with PeakMemory() as memory:
        saturation_mutagenesis(runs, codes, half_life)
    seconds = time_call(lambda: saturation_mutagenesis(runs, codes, half_life), repeats=9)
    print(seconds, memory.extra)


def time_full(name: str, batch: int) -> None:
    """Print the seconds that all mutants would take one model."""
    import torch

    from scx_core.training.data import one_hot_batch

    runs, codes, _ = make_runs(name)
    model = runs[0].model
    sequence = one_hot_batch(np.repeat(codes[None], batch, axis=0))
    features = torch.zeros(batch, 5)

    def once() -> None:
        with torch.inference_mode():
            model(sequence, features)

    once()
    passes, started = 0, perf_counter()
    while perf_counter() - started < SECONDS_EACH:
        once()
        passes += 1
    mutants = 3 * len(codes)
    print((perf_counter() - started) / (passes * batch) * mutants)


def _run(words: list[str], tuned: bool) -> list[float]:
    environment = dict(TUNED) if tuned else dict.fromkeys(TUNED)
    measured = run_python(["-m", "benchmarks.mutagenesis", *words], environment)
    return [float(word) for word in measured.output.split()]


def main() -> None:
    plain: dict[str, tuple[float, float]] = {}
    for name, n_runs, bar in (
        ("published", 1, "0.15 s"),
        ("published-5", 5, "0.6 s"),
        ("three-stages", 1, "100 x batch 128"),
    ):
        seconds, extra = _run(["incremental", name], tuned=False)
        network = name.removesuffix("-5")
        if network not in plain:
            plain[network] = (
                _run(["full", name, "128"], tuned=False)[0],
                min(_run(["full", name, str(batch)], tuned=True)[0] for batch in BATCHES),
            )
        at_128, best = (n_runs * each for each in plain[network])
        print(
            f"mutagenesis {name}: {seconds:.3f} s (bar {bar}), {extra / 1e6:.0f} MB (bar 300 MB); "
            f"full passes: {at_128:.0f} s at batch 128 ({at_128 / seconds:,.0f} x), {best:.1f} s at "
            f"best, tuned ({best / seconds:,.0f} x)"
        )


COMMANDS: dict[str, Callable[..., None]] = {
    "incremental": time_incremental,
    "full": lambda name, batch: time_full(name, int(batch)),
}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        COMMANDS[sys.argv[1]](*sys.argv[2:])
    else:
        main()

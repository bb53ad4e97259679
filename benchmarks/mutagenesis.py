"""All substitutions of one window: the incremental engine beside plain PyTorch.

Plain PyTorch is timed on some mutants and scaled to all of them, in processes of its own: at batch
128 with the default allocator, and at the best batch size with the allocator tuned.
"""

import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np

from benchmarks.measure import peak_of_this_process, run_python, time_call
from scx_core.memory import TUNED

BATCHES = (1, 4, 16, 64, 128)
SECONDS_EACH = 6.0


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


def time_incremental(name: str) -> None:
    from scx_core.mutagenesis.incremental import mutate_incrementally

    runs, codes, half_life = make_runs(name)
    mutate_incrementally(runs, codes, half_life)
    before = peak_of_this_process()
    seconds = time_call(lambda: mutate_incrementally(runs, codes, half_life))
    print(seconds, peak_of_this_process() - before)


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
    for name, n_runs, bar in (
        ("published", 1, 0.15),
        ("published-5", 5, 0.6),
        ("three-stages", 1, None),
    ):
        seconds, extra = _run(["incremental", name], tuned=False)
        plain = n_runs * _run(["full", name, "128"], tuned=False)[0]
        best = n_runs * min(_run(["full", name, str(batch)], tuned=True)[0] for batch in BATCHES)
        shown_bar = f" (bar {bar} s)" if bar else ""
        print(
            f"mutagenesis {name}: {seconds:.3f} s{shown_bar}, {extra / 1e6:.0f} MB more than the call "
            f"before; full passes: {plain:.0f} s at batch 128 ({plain / seconds:,.0f} x), {best:.1f} s at "
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

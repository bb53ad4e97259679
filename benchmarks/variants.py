"""1,000 variants in 1,000 different genes, and a list of 10,000, scored by 5 models each."""

import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.measure import peak_of_this_process, run_python

GENES, POPULATIONS, RUNS = 1000, 20, 5
ROWS = 10_000
#: Windows that plain PyTorch is timed on, scaled to the 4 x genes x runs that it would need.
PLAIN_WINDOWS = 256


def make_tables(dataset):
    """One substitution in each gene's window, and many more in the same genes."""
    import pandas as pd

    def table(rows, rng):
        genes = dataset.genes.iloc[rows]
        offsets = rng.integers(-dataset.downstream + 1, dataset.downstream, len(rows))
        return pd.DataFrame(
            {
                "chromosome": genes["chromosome"].astype(str).to_numpy(),
                "position": genes["tss"].to_numpy() + offsets,
            }
        )

    rng = np.random.default_rng(0)
    return table(np.arange(GENES), rng), table(rng.integers(0, GENES, ROWS), rng)


def time_scoring(folder: str) -> None:
    from benchmarks.artefacts import make_dataset, make_ensemble
    from scx_core.ensemble import Ensemble

    root = Path(folder)
    dataset = make_dataset(root / "inputs", GENES, POPULATIONS)
    model = root / "models" / "bench"
    ensemble = make_ensemble(model, dataset, RUNS)
    one_each, many = make_tables(dataset)
    ensemble.score_variants(dataset, one_each.iloc[:2])  # compiles
    seconds = []
    for _ in range(3):
        fresh = Ensemble.open(model)  # reading the weights is part of it
        started = perf_counter()
        scored = fresh.score_variants(dataset, one_each)
        seconds.append(perf_counter() - started)
    if (scored["reason"] != "").any() or len(scored) != 3 * GENES:
        raise RuntimeError("Not all variants were scored.")
    started = perf_counter()
    fresh.score_variants(dataset, many)
    print(*sorted(seconds), perf_counter() - started, peak_of_this_process())


def time_plain(batch: int) -> None:
    """Print the seconds that plain PyTorch takes one window."""
    import torch

    from benchmarks.mutagenesis import make_runs
    from scx_core.training.data import one_hot_batch

    runs, codes, _ = make_runs("published")
    features = torch.zeros(batch, 5)
    passes = PLAIN_WINDOWS // batch
    with torch.inference_mode():
        runs[0].model(one_hot_batch(np.repeat(codes[None], batch, axis=0)), features)
        started = perf_counter()
        for _ in range(passes):
            runs[0].model(one_hot_batch(np.repeat(codes[None], batch, axis=0)), features)
    print((perf_counter() - started) / (passes * batch))


def main() -> None:
    from scx_core.memory import TUNED

    untuned = dict.fromkeys(TUNED)
    with tempfile.TemporaryDirectory() as folder:
        words = ["-m", "benchmarks.variants", "score", folder]
        measured = run_python(words, untuned).output.split()
    shortest, typical, _, many, peak = (float(word) for word in measured[-5:])
    windows = 4 * GENES * RUNS  # the wild type, too
    plain = windows * float(
        run_python(["-m", "benchmarks.variants", "plain", "128"], untuned).output
    )
    best = windows * min(
        float(run_python(["-m", "benchmarks.variants", "plain", str(batch)], dict(TUNED)).output)
        for batch in (1, 16)
    )
    print(
        f"variants: {GENES:,} in as many genes, {RUNS} models: {typical:.2f} s (shortest "
        f"{shortest:.2f}; bar 5 s), {peak / 1e9:.2f} GB; full passes: {plain:.0f} s at batch 128 "
        f"({plain / typical:,.0f} x), {best:.0f} s at best, tuned ({best / typical:,.0f} x); "
        f"{ROWS:,} in those genes: {many:.1f} s"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["score", folder]:
            time_scoring(folder)
        case ["plain", batch]:
            time_plain(int(batch))

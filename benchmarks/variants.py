"""1,000 variants in 1,000 different genes, lists of 10,000 and of deletions, by 5 models each."""

import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.measure import peak_of_this_process, run_python

GENES, POPULATIONS, RUNS = 1000, 20, 5
ROWS, DELETIONS = 10_000, 3_000
#: Windows that plain PyTorch is timed on, scaled to the 4 x genes x runs that it would need.
PLAIN_WINDOWS = 256


def make_placed(dataset, genes, indices, length):
    """Place changes: the next letter instead of one, or a deletion that leaves one of ``length``."""
    import pandas as pd

    from scx_core.sequence.alphabet import BASES, decode, reverse_complement

    table = dataset.genes.iloc[genes]
    minus = (table["strand"] == "-").to_numpy()
    relative = indices - dataset.upstream
    tss = table["tss"].to_numpy()
    references = []
    for gene, index, turned in zip(genes, indices, minus, strict=True):
        codes = dataset.windows[gene, index : index + length]
        references.append(decode(reverse_complement(codes) if turned else codes))
    one = length == 1
    alternatives = [
        BASES[(BASES.index(letters) + 1) % 4] if one else letters[0] for letters in references
    ]
    return pd.DataFrame(
        {
            "row": np.arange(len(genes)) + 1,
            "part": 0,
            "gene_id": table.index,
            "index": indices,
            "relative_to_tss": relative,
            "chromosome": table["chromosome"].astype(str).to_numpy(),
            "position": np.where(minus, tss - relative - (length - 1), tss + relative),
            "reference": references,
            "alternative": alternatives,
            "genome_reference": references,
            "alleles": "match",
            "effect_is": "",
            "reason": "",
            "reason_kind": "",
        }
    )


def time_scoring(folder: str) -> None:
    from benchmarks.artefacts import make_dataset, make_ensemble
    from scx_core.ensemble import Ensemble
    from scx_core.variants.random_changes import (
        predict_random_shifts,
        predict_random_substitutions,
    )
    from scx_core.variants.scoring import score_placed

    root, rng = Path(folder), np.random.default_rng(0)
    dataset = make_dataset(root / "inputs", GENES, POPULATIONS)
    model = root / "models" / "bench"
    ensemble = make_ensemble(model, dataset, RUNS)
    length = dataset.windows.shape[1]
    every = np.arange(GENES)
    one_each = make_placed(dataset, every, rng.integers(0, length, GENES), 1)
    many = make_placed(dataset, rng.integers(0, GENES, ROWS), rng.integers(0, length, ROWS), 1)
    before_tss = rng.integers(0, dataset.upstream - 3, DELETIONS)
    deletions = make_placed(dataset, rng.integers(0, GENES, DELETIONS), before_tss, 3)
    score_placed(ensemble, dataset, one_each.iloc[:2])  # compiles
    seconds = []
    for _ in range(3):
        fresh = Ensemble.open(model)  # reading the weights is part of it
        started = perf_counter()
        scored = score_placed(fresh, dataset, one_each)
        seconds.append(perf_counter() - started)
    if (scored["reason"] != "").any() or len(scored) != 3 * GENES:
        raise RuntimeError("Not all variants were scored.")
    works = (
        lambda: score_placed(fresh, dataset, many),
        lambda: score_placed(fresh, dataset, deletions),
        lambda: predict_random_substitutions(fresh, dataset),
        lambda: predict_random_shifts(fresh, dataset),
    )
    others = []
    for work in works:
        started = perf_counter()
        work()
        others.append(perf_counter() - started)
    print(*sorted(seconds), *others, peak_of_this_process())


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
    shortest, typical, _, many, deletions, random, shifts, peak = map(float, measured[-8:])
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
        f"{ROWS:,} in those genes: {many:.1f} s; {DELETIONS:,} deletions: {deletions:.1f} s; "
        f"random changes, once per model: {random:.1f} s and {shifts:.1f} s (bar 30 s)"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["score", folder]:
            time_scoring(folder)
        case ["plain", batch]:
            time_plain(int(batch))

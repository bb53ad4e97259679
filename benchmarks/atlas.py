"""An atlas of the worm's chromosome I: genes a second, memory, and what a query takes."""

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.measure import peak_of_this_process, run_python

#: Genes that are timed (a sample of the chromosome), populations and models of each.
GENES, POPULATIONS, RUNS = 60, 10, 5
CHROMOSOMES = ("chrI", "I")


class ResidentMemory:
    """Watches the memory of this process from gene to gene."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def __call__(self, _fraction: float, _message: str) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.seen.append(pages * 4096)


def prepare(folder: str) -> None:
    """Import the worm, or a random genome where it is absent, and write an untrained model."""
    from benchmarks.artefacts import make_dataset, make_ensemble, make_worm

    root = Path(folder)
    dataset = make_worm(root) or make_dataset(root / "inputs", 400, 130)
    make_ensemble(root / "models" / "bench", dataset, RUNS)
    print(dataset.path)


def build(folder: str, dataset_path: str) -> None:
    from scx_core.atlas import build_atlas
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

    root, dataset = Path(folder), Dataset.open(dataset_path)
    ensemble = Ensemble.open(root / "models" / "bench")
    on_chromosome = dataset.genes.index[dataset.genes["chromosome"].isin(CHROMOSOMES)]
    if not len(on_chromosome):  # the random genome has one chromosome
        on_chromosome = dataset.genes.index
    rng = np.random.default_rng(0)
    genes = list(rng.choice(on_chromosome.to_numpy(), GENES, replace=False))
    populations = ensemble.populations[:POPULATIONS]
    options = {"populations": populations}
    build_atlas(ensemble, dataset, root / "warm", genes=genes[:2], **options)
    watch = ResidentMemory()
    started = perf_counter()
    atlas = build_atlas(ensemble, dataset, root / "atlas", genes=genes, progress=watch, **options)
    seconds = perf_counter() - started
    peak = peak_of_this_process()
    places = atlas.genes
    queries = [
        f"{places['chromosome'].iloc[number]}:{places['tss'].iloc[number] + 50}"
        for number in range(GENES)
    ]
    atlas.effects(queries[0])
    times = []
    for query in queries:
        begun = perf_counter()
        atlas.effects(query)
        times.append(perf_counter() - begun)
    largest = max(float(np.abs(atlas.gene(gene).values).max()) for gene in genes)
    n_bytes = sum(file.stat().st_size for file in atlas.path.rglob("*") if file.is_file())
    print(
        seconds, peak, watch.seen[len(watch.seen) // 2], watch.seen[-1], median(times), max(times),
        n_bytes / GENES, atlas.max_error / largest, len(on_chromosome),
    )  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepared = run_python(["-m", "benchmarks.atlas", "prepare", folder]).output
        dataset = prepared.strip().splitlines()[-1]
        output = run_python(["-m", "benchmarks.atlas", "build", folder, dataset]).output
    (seconds, peak, middle, last, query, slowest, n_bytes, error, n_all) = (
        float(word) for word in output.split()
    )
    print(
        f"atlas: {GENES} of {n_all:,.0f} genes of {Path(dataset).name} chromosome I, {RUNS} models, "
        f"{POPULATIONS} populations: {GENES / seconds:.2f} genes/s (all: {n_all * seconds / GENES / 60:.0f} "
        f"min), peak {peak / 1e9:.2f} GB (bar 2 GB; halfway {middle / 1e9:.2f}, at the end "
        f"{last / 1e9:.2f}), {n_bytes / 1e6:.2f} MB a gene, largest error {error:.1e} of the largest "
        f"effect; a query: {query * 1e3:.1f} ms (slowest {slowest * 1e3:.1f}; bar 10 ms)"
    )


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["prepare", folder]:
            prepare(folder)
        case ["build", folder, dataset]:
            build(folder, dataset)

"""Datasets and untrained models at full scale, for what needs whole folders."""

from pathlib import Path

import numpy as np

LENGTH = 10_500


def make_dataset(folder: Path, n_genes: int, n_populations: int):
    """Import a random genome with one gene every 12,000 bp."""
    import pandas as pd

    from scx_core.dataset import Dataset

    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    spacing = 12_000
    letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, spacing * (n_genes + 1))]
    (folder / "genome.fa").write_bytes(b">chr1\n" + letters.tobytes() + b"\n")
    ids = [f"GENE{number:05d}" for number in range(n_genes)]
    pd.DataFrame(
        {
            "gene_id": ids,
            "gene_name": ids,
            "chromosome": "chr1",
            "tss": spacing * (np.arange(n_genes) + 1),
            "strand": np.where(np.arange(n_genes) % 2, "-", "+"),
        }
    ).to_csv(folder / "genes.tsv", sep="\t", index=False)
    names = [f"population {number}" for number in range(n_populations)]
    table = pd.DataFrame(rng.gamma(1, 50, (n_genes, n_populations)), columns=names, index=ids)
    table.rename_axis("gene").to_csv(folder / "expression.tsv", sep="\t")
    return Dataset.build(
        folder / "dataset",
        genome=folder / "genome.fa",
        annotation=folder / "genes.tsv",
        expression=folder / "expression.tsv",
        normalize="none",
        synthetic=True,
    )


def make_worm(folder: Path):
    """Import the worm beside the checkout; None where it is absent."""
    from benchmarks.measure import REAL
    from scx_core.dataset import Dataset

    worm = REAL / "worm"
    if not worm.is_dir():
        return None
    return Dataset.build(
        folder / "worm",
        genome=worm / "ce10.fa.gz",
        annotation=worm / "WS220.tss.tsv.gz",
        expression=worm / "cengen.tpm.tsv.gz",
        normalize="none",
    )


def make_ensemble(path: Path, dataset, runs: int = 5):
    """Write an untrained model of the published architecture and folds."""
    import torch

    from scx_core.ensemble import Ensemble, run_path
    from scx_core.models import build_model, preset
    from scx_core.store import write_json
    from scx_core.trained import TrainedRun
    from scx_core.training.data import Scaling
    from scx_core.training.folds import make_folds
    from scx_core.training.settings import TrainingSettings

    populations = dataset.finest_populations
    settings = TrainingSettings(
        level=dataset.levels[0], folds=tuple(range(20)), runs=runs, epochs=1
    )
    config = preset(
        "scxpresso", len(populations), upstream=dataset.upstream, downstream=dataset.downstream
    )
    ones, zeros = np.ones(len(populations)), np.zeros(len(populations))
    scaling = Scaling(zeros, ones, np.zeros(5), np.ones(5))
    torch.manual_seed(0)
    for fold in settings.folds:
        for run in range(runs):
            target = run_path(path, fold, run)
            target.parent.mkdir(parents=True, exist_ok=True)
            TrainedRun(build_model("cnn", config), scaling).save(target)
    make_folds(dataset.genes, settings).to_csv(path / "folds.tsv", sep="\t", index_label="gene_id")
    metadata = {
        "format": 1,
        "family": "cnn",
        "dataset": dataset.name,
        "dataset_digest": dataset.digest,
        "populations": list(populations),
        "config": config.to_dict(),
        "settings": settings.to_dict(),
    }
    write_json(path / "model.json", metadata)
    return Ensemble.open(path)

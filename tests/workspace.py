"""A small workspace for tests of the app: random genome, two classes of populations, one model."""

import json
import shutil
from pathlib import Path

import anndata
import numpy as np
import pandas as pd

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.models import CNNConfig, ConvStage
from scx_core.training.protocol import train
from scx_core.training.settings import TrainingSettings

N_GENES = 80
SPACING = 1000
CLASSES = {"Neuron": ("Sst", "Vip", "L2/3 IT"), "Glia": ("Astro", "Oligo")}


def write_inputs(folder: Path) -> dict[str, Path]:
    """Write genome, TSS table, cells and regions; gene n is called SYMn, on both strands in turn."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    length = SPACING * (N_GENES + 1)
    letters = rng.choice(list("ACGT"), size=length)
    genome = folder / "toy.fa"
    genome.write_text(">chr1\n" + "".join(letters) + "\n")
    genes = pd.DataFrame(
        {
            "gene_id": [f"ENSG{number:011d}" for number in range(N_GENES)],
            "gene_name": [f"SYM{number}" for number in range(N_GENES)],
            "chromosome": "chr1",
            "tss": SPACING * (np.arange(N_GENES) + 1),
            "strand": np.where(np.arange(N_GENES) % 2, "-", "+"),
            "orf_length": rng.integers(300, 3000, N_GENES),
        }
    )
    genes.to_csv(folder / "toy.tss.tsv", sep="\t", index=False)
    populations = [(name, parent) for parent, names in CLASSES.items() for name in names]
    labels = pd.DataFrame(populations * 12, columns=["subclass_label", "class_label"])
    means = rng.gamma(0.6, 6.0, size=(len(populations), N_GENES))
    counts = rng.poisson(np.tile(means, (12, 1))).astype(np.float32)
    counts[:, 3] = 0
    labels.index = [f"cell{number}" for number in range(len(labels))]
    cells = anndata.AnnData(counts, obs=labels, var=pd.DataFrame(index=genes["gene_id"].to_numpy()))
    cells.write_h5ad(folder / "toy.h5ad")
    starts = np.arange(SPACING - 300, SPACING * N_GENES, SPACING // 2)
    regions = pd.DataFrame({"c": "chr1", "s": starts, "e": starts + 180})
    regions["name"] = [f"EH{number}" for number in range(len(regions))]
    regions["score"], regions["strand"] = 0, "."
    regions.to_csv(folder / "toy.bed", sep="\t", index=False, header=False)
    return {
        "genome": genome,
        "annotation": folder / "toy.tss.tsv",
        "expression": folder / "toy.h5ad",
        "regions": folder / "toy.bed",
    }


def build_workspace(root: Path) -> Path:
    """Make ``root`` hold the dataset ``toy`` and the model ``toy-model`` (folds 0 and 1 of 4)."""
    inputs = write_inputs(root / "inputs")
    dataset = Dataset.build(
        root / "datasets" / "toy",
        levels={"population": "subclass_label", "class": "class_label"},
        upstream=300,
        downstream=200,
        assembly="toy1",
        synthetic=True,
        **inputs,
    )
    train_toy(root, dataset)
    return root


def train_toy(root: Path, dataset: Dataset, name: str = "toy-model") -> Ensemble:
    """Train the small model of the tests."""
    names = dataset.populations_at("population")
    config = CNNConfig(
        len(names),
        upstream=dataset.upstream,
        downstream=dataset.downstream,
        stages=(ConvStage(8, 6, 10), ConvStage(4, 5, 5)),
        hidden=(8,),
        dropout=(0.0,),
        half_life=dataset.half_life_features,
    )
    settings = TrainingSettings(n_folds=4, folds=(0, 1), runs=2, epochs=2, max_restarts=0)
    return train(dataset, root / "models" / name, config, settings)


def second_dataset(folder: Path) -> None:
    """Add the dataset ``other``, with the model ``other-model``."""
    shutil.copytree(folder / "datasets" / "toy", folder / "datasets" / "other")
    model = folder / "models" / "other-model"
    shutil.copytree(folder / "models" / "toy-model", model)
    stored = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps(stored | {"dataset": "other"}))

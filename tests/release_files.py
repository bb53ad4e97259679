"""Folders in the published layout of scXpresso, made of random numbers, and its network in plain PyTorch."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import torch
from torch import nn

LETTERS = "ACTG"
LENGTH, TSS = 95_001, 70_000


class PublishedNetwork(nn.Module):
    """The layers of the published description, written anew: ``conv``, then ``fc`` with half-life."""

    def __init__(self, n_outputs: int, window: int, n_features: int = 5, tissue: bool = False):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(4, 128, 6, padding=2), nn.ReLU(), nn.MaxPool1d(30, padding=1),
            nn.Conv1d(128, 32, 9, padding=4), nn.ReLU(), nn.MaxPool1d(10), nn.Flatten(),
        )  # fmt: skip
        width = self.conv(torch.zeros(1, 4, window)).shape[1] + n_features
        layers = [nn.Linear(width, 64), nn.ReLU(), nn.Dropout(0.00099)]
        if tissue:
            layers += [nn.Linear(64, 2), nn.ReLU(), nn.Dropout(0.01546)]
        self.fc = nn.Sequential(*layers, nn.Linear(2 if tissue else 64, n_outputs))

    def forward(self, sequence, half_life):
        return self.fc(torch.cat([self.conv(sequence), half_life], dim=1))


def make_network(seed: int, *args, **options) -> PublishedNetwork:
    """A random network whose outputs vary."""
    torch.manual_seed(seed)
    network = PublishedNetwork(*args, **options).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(2)
    return network


def one_hot(letters: np.ndarray) -> np.ndarray:
    """Weights of letters given as numbers in the order ACTG, shape (…, 4)."""
    return np.eye(4)[letters]


def write_sequences(path: Path, names, half_life, sequences: dict[int, np.ndarray], chunks="rows"):
    """Write the HDF5 file; rows without a sequence are all zeros and take no room."""
    shape = (len(names), LENGTH, 4)
    layout = {
        "rows": {"chunks": (1, LENGTH, 4), "compression": "lzf"},
        "blocks": {
            "chunks": (min(7, len(names)), 5000, 2),
            "compression": "gzip",
            "compression_opts": 1,
        },
        "contiguous": {},
    }[chunks]
    with h5py.File(path, "w") as file:
        file["data"] = half_life
        file["geneName"] = np.array([name.encode() for name in names], "S30")
        stored = file.create_dataset("promoter", shape, np.float64, **layout)
        for row, letters in sequences.items():
            stored[row] = one_hot(letters)


def write_folds(path: Path, names, n_folds: int, validation) -> np.ndarray:
    """Write folds.tsv, genes dealt in turn; gives the fold of each row."""
    fold = np.arange(len(names)) % n_folds
    pd.DataFrame(
        {
            "row": range(len(names)), "gene": names, "fold": fold, "group": fold,
            "validation": [",".join(str(number) for number in validation(row)) for row in range(len(names))],
        }
    ).to_csv(path, sep="\t", index=False)  # fmt: skip
    return fold


def write_release(
    folder: Path,
    n_genes: int = 40,
    n_populations: int = 3,
    window: tuple[int, int] = (300, 200),
    checkpoints: dict[int, tuple[int, ...]] | None = None,
    n_folds: int | None = 4,
    n_sequences: int | None = None,
    seed: int = 0,
    **network,
) -> dict:
    """Write a release; gives what was written.

    ``n_folds=None`` leaves out folds.tsv: the published folds count, which need many genes.
    """
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    names = [f"GENE{number:05d}" for number in range(n_genes)]
    half_life = rng.normal(size=(n_genes, network.get("n_features", 5) or 5))
    with_letters = range(n_genes if n_sequences is None else n_sequences)
    # Random around the window alone: packing as many random letters as there are takes seconds.
    sequences = {row: np.zeros(LENGTH, np.int64) for row in with_letters}
    for letters in sequences.values():
        letters[TSS - 1000 : TSS + 1000] = rng.integers(0, 4, 2000)
    write_sequences(folder / "seq_hl.h5", names, half_life, sequences)
    populations = [f"Pop{number}" for number in range(n_populations)]
    labels = pd.DataFrame(rng.normal(size=(n_genes, n_populations)), names, populations)
    labels[labels < -1] = -4.0
    labels.to_csv(folder / "labels.csv")
    if n_folds is not None:
        write_folds(
            folder / "folds.tsv", names, n_folds, lambda row: [(row + 1) % n_folds] * (row % 3 == 0)
        )
    networks = {}
    for fold, runs in (checkpoints or {0: (0, 1), 2: (1,)}).items():
        for run in runs:
            networks[fold, run] = make_network(
                100 * fold + run + seed, n_populations, sum(window), **network
            )
            write_checkpoint(folder, fold, run, networks[fold, run].state_dict())
    return {
        "names": names, "half_life": half_life, "sequences": sequences, "labels": labels,
        "networks": networks, "window": window,
    }  # fmt: skip


def write_checkpoint(folder: Path, fold: int, run: int, state, prefix="logmean_multitask_", **more):
    """Write one checkpoint; gives its path."""
    path = folder / f"{prefix}{fold}" / f"ckpt_dir{run}" / "model_best.pth.tar"
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"epoch": 7, "state_dict": state} | more, path)
    return path


def predict(release: dict, fold: int, row: int, training: np.ndarray) -> np.ndarray:
    """Prediction of one gene by the models of a fold, log10, in plain PyTorch and numpy."""
    up, down = release["window"]
    letters = release["sequences"][row][TSS - up : TSS + down]
    sequence = torch.tensor(one_hot(letters).T[None], dtype=torch.float32)
    half_life = torch.tensor(release["half_life"][[row]], dtype=torch.float32)
    networks = [network for (of, _), network in release["networks"].items() if of == fold]
    with torch.no_grad():
        z = np.mean([network(sequence, half_life).numpy()[0] for network in networks], axis=0)
    fitted = release["labels"].to_numpy()[training]
    return z * fitted.std(axis=0) + fitted.mean(axis=0)

"""One gene of an atlas, as a task that any process can do."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from scx_core.atlas.storage import get_array, open_arrays, pack
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.models import SequenceCNN
from scx_core.mutagenesis import saturation_mutagenesis
from scx_core.sequence.alphabet import BASES
from scx_core.trained import TrainedRun
from scx_core.training.data import Scaling


@dataclass(frozen=True)
class GeneTask:
    """Where a gene's window and models are, and where its effects go.

    Attributes
    ----------
    work : Path
        Folder of the atlas.
    number, row : int
        Row of the gene in the atlas, and in the dataset.
    gene_id : str
    columns : tuple of int
        Populations of the model.
    model, dataset : Path
    model_digest : str
        Tells a model from another of the same name.
    """

    work: Path
    number: int
    row: int
    gene_id: str
    columns: tuple[int, ...]
    model: Path
    model_digest: str
    dataset: Path


@dataclass(frozen=True)
class GeneResult:
    """What the atlas notes of a gene whose effects are written."""

    number: int
    scale: np.float32
    error: np.float32
    wild_type: NDArray[np.float64]


def compute_gene(task: GeneTask) -> GeneResult:
    """Predict every substitution of one gene and write the effects."""
    ensemble, dataset = _open_inputs(task.model, task.model_digest, task.dataset)
    half_life = dataset.half_life[list(ensemble.config.half_life)].to_numpy()[task.row]
    codes = np.array(dataset.windows[task.row])
    runs = _load_runs(task.model, task.model_digest, task.columns, ensemble.fold_of(task.gene_id))
    total = np.zeros((len(codes), len(BASES), len(task.columns)), np.float32)
    wild_type = np.zeros(len(task.columns))
    for run in runs:  # one at a time: their effects need not be in memory together
        effects, predicted = saturation_mutagenesis([run], codes, half_life)
        total += effects[0]
        wild_type += predicted[0]
    total /= len(runs)
    packed, scale, error = pack(total)
    get_array(open_arrays(task.work, "r+"), "effects")[task.number] = packed
    return GeneResult(task.number, scale, error, wild_type / len(runs))


@lru_cache(maxsize=1)
def _open_inputs(model: Path, model_digest: str, dataset: Path) -> tuple[Ensemble, Dataset]:  # noqa: ARG001
    """Open a model and its dataset; the digest is there for the cache."""
    return Ensemble.open(model), Dataset.open(dataset)


@lru_cache(maxsize=64)
def _load_runs(
    model: Path,
    model_digest: str,  # noqa: ARG001
    columns: tuple[int, ...],
    fold: int,
) -> tuple[TrainedRun, ...]:
    """Load the runs of one fold for the chosen populations alone."""
    return tuple(narrow(run, columns) for run in Ensemble.open(model).load_fold(fold))


def narrow(run: TrainedRun, columns: tuple[int, ...]) -> TrainedRun:
    """Give a model that predicts some populations as this one does, and nothing else.

    Parameters
    ----------
    run : TrainedRun
        Of the `SequenceCNN` family; any other is given back as it is, if all columns are wanted.
    columns : tuple of int
    """
    scaling, chosen = run.scaling, list(columns)
    if chosen == list(range(len(scaling.target_mean))):
        return run
    model = cast(SequenceCNN, run.model)
    with torch.device(run.device):
        narrowed = SequenceCNN(replace(model.config, n_outputs=len(chosen)))
    weights = model.state_dict()
    for name in ("head.output.weight", "head.output.bias"):
        weights[name] = weights[name][chosen]
    narrowed.load_state_dict(weights)
    return TrainedRun(
        narrowed.eval(),
        Scaling(
            scaling.target_mean[chosen],
            scaling.target_scale[chosen],
            scaling.half_life_mean,
            scaling.half_life_scale,
        ),
    )

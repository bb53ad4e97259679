"""Working scalings into weights, so that one scaling serves all folds."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import counted
from scx_core.models import CNNConfig
from scx_core.release.layout import FEATURES
from scx_core.trained import TrainedRun
from scx_core.training.data import Scaling

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class HalfLifeUnit:
    """z-score of the half-life features of a release: one for all folds.

    Attributes
    ----------
    mean, scale : ndarray, shape (5,)
        In the order of `layout.FEATURES`.
    """

    mean: Floats
    scale: Floats

    def scaled(self, dataset: Dataset) -> Floats:
        """Scale the features of all genes, shape (genes, 5); unknown is 0."""
        return np.nan_to_num((_features(dataset) - self.mean) / self.scale, nan=0.0)


def _features(dataset: Dataset) -> Floats:
    return dataset.half_life.reindex(columns=list(FEATURES)).to_numpy(np.float64)


def common_unit(ensemble: Ensemble, dataset: Dataset) -> tuple[HalfLifeUnit, tuple[str, ...]]:
    """Find the z-score that serves all folds: their own where they agree, else that of all genes.

    Returns
    -------
    unit : HalfLifeUnit
    notices : tuple of str
        Genes whose predictions it changes.
    """
    used = list(ensemble.config.half_life)
    places = [FEATURES.index(name) for name in used]
    scalings = [run.scaling for fold in ensemble.trained_folds for run in ensemble.load_fold(fold)]
    mean, scale = np.zeros(len(FEATURES)), np.ones(len(FEATURES))
    known = _features(dataset)
    for column in range(len(FEATURES)):
        values = known[:, column][~np.isnan(known[:, column])]
        if len(values):
            mean[column], scale[column] = values.mean(), values.std() or 1.0
    first = scalings[0]
    agree = all(
        np.array_equal(scaling.half_life_mean, first.half_life_mean)
        and np.array_equal(scaling.half_life_scale, first.half_life_scale)
        for scaling in scalings
    )
    if agree:
        mean[places], scale[places] = first.half_life_mean, first.half_life_scale
        if dataset.half_life_scale == "z-score":
            others = [place for place in range(len(FEATURES)) if place not in places]
            mean[others], scale[others] = 0.0, 1.0
    unknown = int(np.isnan(known[:, places]).any(axis=1).sum()) if places else 0
    if agree or not unknown:
        return HalfLifeUnit(mean, scale), ()
    return HalfLifeUnit(mean, scale), (
        f"{counted(unknown, 'gene lacks', 'genes lack')} a half-life feature: each fold took its own "
        "mean for it, the release has one mean for all folds, so their predictions differ slightly.",
    )


def fold_scaling(
    trained: TrainedRun, config: CNNConfig, read: Scaling, unit: HalfLifeUnit
) -> dict[str, Tensor]:
    """Give a run's weights, made for inputs in a unit and for outputs in another z-score.

    Parameters
    ----------
    trained : TrainedRun
    config : CNNConfig
        Of the run.
    read : Scaling
        The z-score of expression with which the outputs will be read.
    unit : HalfLifeUnit
        In which the half-life features will be given; all five, in the published order, unless the
        network has none.

    Returns
    -------
    dict of str to Tensor
        By our names; where no scaling differs, the same numbers.
    """
    state = {name: value.cpu().clone() for name, value in trained.model.state_dict().items()}
    first = "head.dense0" if config.hidden else "head.output"
    if config.half_life:
        _fold_inputs(state, first, trained.scaling, config.half_life, unit)
    _fold_outputs(state, trained.scaling, read)
    return state


def _fold_inputs(
    state: dict[str, Tensor],
    layer: str,
    scaling: Scaling,
    features: tuple[str, ...],
    unit: HalfLifeUnit,
) -> None:
    """Put the columns of the features into the published order, in the unit of the release."""
    weight, bias = state[f"{layer}.weight"], state[f"{layer}.bias"].double()
    n_other = weight.shape[1] - len(features)
    columns = torch.zeros(weight.shape[0], len(FEATURES), dtype=torch.float64)
    for number, name in enumerate(features):
        place = FEATURES.index(name)
        factor = unit.scale[place] / scaling.half_life_scale[number]
        offset = (unit.mean[place] - scaling.half_life_mean[number]) / scaling.half_life_scale[
            number
        ]
        own = weight[:, n_other + number].double()
        columns[:, place] = own * factor
        bias = bias + own * offset
    state[f"{layer}.weight"] = torch.cat([weight[:, :n_other], columns.float()], dim=1)
    state[f"{layer}.bias"] = bias.float()


def _fold_outputs(state: dict[str, Tensor], scaling: Scaling, read: Scaling) -> None:
    factor = torch.from_numpy(scaling.target_scale / read.target_scale)
    offset = torch.from_numpy((scaling.target_mean - read.target_mean) / read.target_scale)
    weight, bias = state["head.output.weight"].double(), state["head.output.bias"].double()
    state["head.output.weight"] = (weight * factor[:, None]).float()
    state["head.output.bias"] = (bias * factor + offset).float()

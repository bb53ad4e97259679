"""What a network is shown: windows, half-life features and targets of the same genes."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scx_core.dataset import Dataset
from scx_core.errors import ScxError, join_some
from scx_core.sequence.alphabet import CODE_WEIGHTS


@dataclass(frozen=True)
class TrainingData:
    """Inputs and targets of all genes of a dataset, before z-scoring.

    Attributes
    ----------
    windows : ndarray of uint8, shape (genes, length)
        Base codes, may be memory-mapped.
    half_life : ndarray of float64, shape (genes, features)
        log10(x + 0.1); NaN where unknown.
    targets : ndarray of float64, shape (genes, populations)
        log10 pseudobulk.
    populations : tuple of str
    """

    windows: NDArray[np.uint8]
    half_life: NDArray[np.float64]
    targets: NDArray[np.float64]
    populations: tuple[str, ...]

    @classmethod
    def of(cls, dataset: Dataset, level: str, features: tuple[str, ...]) -> "TrainingData":
        """Take the populations of one level and some half-life features of a dataset.

        Raises
        ------
        ScxError
            If the level or a feature is not in the dataset.
        """
        missing = [name for name in features if name not in dataset.half_life_features]
        if missing:
            raise ScxError(
                f"The dataset {dataset.name!r} has no {join_some(missing)}; it has "
                f"{join_some(dataset.half_life_features) or 'no half-life features'}. Choose the "
                "features it has, or the architecture 'sequence'."
            )
        populations = dataset.populations_at(level)
        return cls(
            dataset.windows,
            dataset.half_life[list(features)].to_numpy(np.float64),
            dataset.expression[populations].to_numpy(np.float64),
            tuple(populations),
        )


@dataclass(frozen=True)
class Scaling:
    """z-scores fitted on the training genes; undone in every prediction.

    Attributes
    ----------
    target_mean, target_scale : ndarray, shape (populations,)
        log10 units.
    half_life_mean, half_life_scale : ndarray, shape (features,)
    """

    target_mean: NDArray[np.float64]
    target_scale: NDArray[np.float64]
    half_life_mean: NDArray[np.float64]
    half_life_scale: NDArray[np.float64]

    @classmethod
    def fit(cls, data: TrainingData, rows: NDArray[np.int64]) -> "Scaling":
        """Fit on some genes (standard deviation with n in the denominator, as published).

        Raises
        ------
        ScxError
            If a population has the same expression in all of them.
        """
        targets, half_life = data.targets[rows], data.half_life[rows]
        scale = targets.std(axis=0)
        if (scale == 0).any():
            constant = np.array(data.populations)[scale == 0]
            raise ScxError(
                f"All training genes have the same expression in {join_some(constant)}; leave "
                "such populations out."
            )
        if np.isnan(half_life).all(axis=0).any():
            raise ScxError(
                "A half-life feature is unknown for all training genes; choose other features."
            )
        half_life_scale = np.nanstd(half_life, axis=0)
        half_life_scale[half_life_scale == 0] = 1.0
        return cls(targets.mean(axis=0), scale, np.nanmean(half_life, axis=0), half_life_scale)

    def scale_targets(self, log10: NDArray[np.float64]) -> NDArray[np.float32]:
        """Log10 expression, shape (…, populations), to z-scores."""
        return ((log10 - self.target_mean) / self.target_scale).astype(np.float32)

    def unscale_targets(self, z: NDArray[np.floating]) -> NDArray[np.float64]:
        """z-scores, shape (…, populations), to log10 expression."""
        return z.astype(np.float64) * self.target_scale + self.target_mean

    def scale_half_life(self, log10: NDArray[np.float64]) -> NDArray[np.float32]:
        """Log10 half-life features, shape (…, features), to z-scores; unknown is the mean, 0."""
        z = (log10 - self.half_life_mean) / self.half_life_scale
        return np.nan_to_num(z, nan=0.0).astype(np.float32)


def one_hot_batch(codes: NDArray[np.uint8], device: torch.device | str = "cpu") -> Tensor:
    """Turn base codes, shape (genes, length), into weights on the device, shape (genes, 4, length)."""
    weights = torch.from_numpy(CODE_WEIGHTS).to(device)
    on_device = torch.from_numpy(np.ascontiguousarray(codes)).to(device)
    return weights[on_device.long()].transpose(1, 2).contiguous()

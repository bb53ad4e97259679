"""How good a model is: out of fold, over genes and over populations, beside simple baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import HALF_LIFE_FEATURES
from scx_core.baselines import mean_out_of_fold, ridge_out_of_fold
from scx_core.dataset import Dataset
from scx_core.evaluate import correlate_across_populations, evaluate, kmer_counts
from scx_core.models import CNNConfig
from scx_core.progress import Progress
from scx_core.training.data import TrainingData


@dataclass(frozen=True)
class Judgement:
    """What is stored of how good a model is.

    Attributes
    ----------
    metrics : DataFrame
        By population: correlations across genes, of the model and of the baselines.
    across : mapping of str to float
        Median over genes of the correlation across populations, of the model and of each baseline;
        NaN where there is none, as with one population.
    penalties : mapping of str to mapping of int to float
        Of each ridge regression, by fold: the penalty chosen inside its training genes.
    """

    metrics: pd.DataFrame
    across: Mapping[str, float]
    penalties: Mapping[str, Mapping[int, float]]

    def to_dict(self) -> dict[str, object]:
        """JSON-ready medians, for ``model.json``."""
        return {
            "median_pearson": _number(_median(self.metrics["pearson"])),
            "median_pearson_across_populations": {
                name: _number(value) for name, value in self.across.items()
            },
            "ridge_penalties": {
                name: {str(fold): penalty for fold, penalty in by_fold.items()}
                for name, by_fold in self.penalties.items()
            },
        }


def judge(
    dataset: Dataset,
    data: TrainingData,
    config: CNNConfig,
    fold_of_gene: NDArray[np.int64],
    folds: Sequence[int],
    predicted: pd.DataFrame,
    progress: Progress,
) -> Judgement:
    """Compare out-of-fold predictions with what was observed, and with the baselines' predictions.

    Parameters
    ----------
    dataset : Dataset
    data : TrainingData
        Of all genes of the dataset.
    config : CNNConfig
        Half-life features that only some architectures read are no baseline of the others.
    fold_of_gene : ndarray of int, shape (genes,)
    folds : sequence of int
        Those that have models.
    predicted : DataFrame, tested genes x populations, log10
    progress : Progress
    """
    tested = np.isin(fold_of_gene, list(folds))

    def frame(values: NDArray[np.float64]) -> pd.DataFrame:
        return pd.DataFrame(values[tested], index=predicted.index, columns=list(data.populations))

    true = frame(data.targets)
    metrics = evaluate(true, predicted)
    across = {"model": _median(correlate_across_populations(true, predicted))}
    read = {*HALF_LIFE_FEATURES, *config.half_life}
    names = [name for name in dataset.half_life_features if name in read]
    penalties: dict[str, Mapping[int, float]] = {}
    for done, name in enumerate(("kmer_ridge", "half_life_ridge") if names else ("kmer_ridge",)):
        progress(done / 2, "Comparing with the baselines")
        # One after the other: the counts of a whole genome take a third of a gigabyte.
        features = (
            kmer_counts(data.windows, dataset.upstream)
            if name == "kmer_ridge"
            else dataset.half_life[names].to_numpy(np.float64)
        )
        ridge = ridge_out_of_fold(features, data.targets, fold_of_gene, tuple(folds))
        penalties[name] = ridge.penalties
        baseline = frame(ridge.values)
        metrics[f"pearson_{name}"] = evaluate(true, baseline)["pearson"]
        across[name] = _median(correlate_across_populations(true, baseline))
    # Constant across genes: no correlation over them to speak of.
    mean = frame(mean_out_of_fold(data.targets, fold_of_gene, tuple(folds)))
    across["population_mean"] = _median(correlate_across_populations(true, mean))
    return Judgement(metrics, across, penalties)


def _median(values: pd.Series) -> float:
    known = values.dropna()
    return float(known.median()) if len(known) else float("nan")


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

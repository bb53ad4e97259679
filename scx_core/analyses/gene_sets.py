"""Sets of genes that are expressed more, or less, than their sequence predicts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, ks_2samp

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted, join_some

#: Up to so many genes on each side the p-value is exact; beyond, by the asymptotic distribution.
MOST_EXACT: Final = 2000
#: Fewer genes than this say nothing about a distribution.
FEWEST: Final = 3
_APART: Final = re.compile(r"[\s,;]+")


@dataclass(frozen=True)
class GeneSetResiduals:
    """Residuals of a set of genes beside those of all other genes.

    Attributes
    ----------
    table : DataFrame
        One row for each population: ``n_set, n_rest`` (genes), ``median_set, median_rest,
        median_difference`` (of the residuals, log10 units), ``d_above, p_above``: largest distance
        by which the set's cumulative curve lies to the right (expressed more than predicted) and
        the p-value of this one-sided Kolmogorov-Smirnov test; ``d_below, p_below``: the same to the
        left (expressed less than predicted); ``q_above, q_below``: p-values adjusted over the
        populations (Benjamini-Hochberg).
    residuals : DataFrame
        By gene id: ``gene_name, in_set`` and a column for each population, observed − predicted out
        of fold, log10 units.
    unknown : tuple of str
        What was listed and is no gene of the dataset, or names several.
    untested : tuple of str
        Genes of the set whose fold has no models; they do not count.
    repeated : int
        Names that were listed again, under the same or another name.
    """

    table: pd.DataFrame
    residuals: pd.DataFrame
    unknown: tuple[str, ...]
    untested: tuple[str, ...]
    repeated: int

    @property
    def statements(self) -> tuple[str, ...]:
        """What became of the list, in sentences."""
        n = int(self.residuals["in_set"].sum())
        told = [
            f"{counted(n, 'gene')} of the list against {len(self.residuals) - n:,} others, each "
            "predicted out of fold."
        ]
        if self.unknown:
            told.append(
                f"{counted(len(self.unknown), 'name is', 'names are')} unknown here or name several "
                f"genes: {join_some(self.unknown, 10)}."
            )
        if self.untested:
            told.append(
                f"{counted(len(self.untested), 'gene lies', 'genes lie')} in folds without models: "
                f"{join_some(self.untested, 10)}."
            )
        if self.repeated:
            told.append(
                f"{counted(self.repeated, 'name was', 'names were')} listed more than once."
            )
        return tuple(told)


def split_names(text: str) -> list[str]:
    """Read names with blanks, commas, semicolons or line ends between."""
    return [name for name in _APART.split(text) if name]


def gene_set_residuals(
    ensemble: Ensemble,
    dataset: Dataset,
    genes: Sequence[str],
    populations: Sequence[str] | None = None,
) -> GeneSetResiduals:
    """Hold the residuals of a set of genes against those of all other genes.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    genes : sequence of str
        Ids or symbols.
    populations : sequence of str, optional
        All that the model predicts if not given.

    Raises
    ------
    ScxError
        If a population is not the model's, or fewer than three genes of the set, or of the others,
        were tested.

    Notes
    -----
    The residual is observed − predicted. Source: Agarwal & Shendure, Cell Reports 2020, Figure 3.
    """
    ensemble.check_dataset(dataset)
    chosen = list(ensemble.populations if populations is None else dict.fromkeys(populations))
    missing = [name for name in chosen if name not in ensemble.populations]
    if missing or not chosen:
        raise ScxError(
            f"The model {ensemble.name!r} does not predict {join_some(missing) or 'nothing'}; it "
            f"predicts {join_some(ensemble.populations)}."
        )
    found, unknown = _find(dataset, genes)
    predicted = ensemble.predictions[chosen]
    tested = [gene_id for gene_id in found if gene_id in predicted.index]
    residuals = dataset.expression.loc[predicted.index, chosen].astype(np.float64) - predicted
    in_set = predicted.index.isin(tested)
    if min(in_set.sum(), (~in_set).sum()) < FEWEST:
        raise ScxError(
            f"{counted(len(tested), 'gene')} of the list and {int((~in_set).sum()):,} others were "
            f"tested; {FEWEST} or more of each are needed. Check the names against the dataset "
            f"{dataset.name!r}."
        )
    table = _table(residuals, in_set)
    names = dataset.genes.loc[predicted.index, "gene_name"].astype(str)
    return GeneSetResiduals(
        table,
        pd.concat([names, pd.Series(in_set, predicted.index, name="in_set"), residuals], axis=1),
        tuple(unknown),
        tuple(gene_id for gene_id in found if gene_id not in predicted.index),
        len(genes) - len(unknown) - len(found),
    )


def _find(dataset: Dataset, genes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Gene ids of names, each once, and the names that are no gene's."""
    found: dict[str, None] = {}
    unknown = []
    for text in genes:
        try:
            found[dataset.find_gene(text)] = None
        except ScxError:
            unknown.append(text)
    return list(found), unknown


def _table(residuals: pd.DataFrame, in_set: np.ndarray) -> pd.DataFrame:
    rows = [
        _compare(values[in_set], values[~in_set]) for values in residuals.to_numpy(np.float64).T
    ]
    table = pd.DataFrame(rows, index=pd.Index(residuals.columns, name="population"))
    for side in ("above", "below"):
        table[f"q_{side}"] = false_discovery_control(table[f"p_{side}"].to_numpy())
    return table


def _compare(inside: np.ndarray, outside: np.ndarray) -> dict[str, float]:
    """Compare two samples by one-sided Kolmogorov-Smirnov tests, both ways."""
    method = "exact" if max(len(inside), len(outside)) <= MOST_EXACT else "asymp"
    # "less": the cumulative curve of the set lies below, so its values lie above.
    above = ks_2samp(inside, outside, alternative="less", method=method)
    below = ks_2samp(inside, outside, alternative="greater", method=method)
    medians = float(np.median(inside)), float(np.median(outside))
    return {
        "n_set": len(inside),
        "n_rest": len(outside),
        "median_set": medians[0],
        "median_rest": medians[1],
        "median_difference": medians[0] - medians[1],
        "d_above": float(above.statistic),
        "p_above": float(above.pvalue),
        "d_below": float(below.statistic),
        "p_below": float(below.pvalue),
    }

"""Genes that one population, or species, has for itself, told by the difference of predictions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from scx_core.compare.bootstrap import N_SAMPLES, Counts, draw_samples
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted, join_some

Reals = NDArray[np.float64]
#: Difference in expression from which a gene is specific, log10 units: ten times.
THRESHOLD: Final = 1.0
#: Fewer specific genes than this leave no curve.
FEWEST: Final = 3
_VERSION: Final = re.compile(r"\.\d+$")


@dataclass(frozen=True)
class Side:
    """A population as one model predicts it.

    Attributes
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    population : str
    """

    ensemble: Ensemble
    dataset: Dataset
    population: str

    @property
    def label(self) -> str:
        """Population and model."""
        return f"{self.population} ({self.ensemble.name})"


@dataclass(frozen=True)
class SpecificGenes:
    """How well predictions tell genes that are specific to one of two populations.

    Attributes
    ----------
    genes : DataFrame
        By gene id of A: ``gene_name, other_gene`` (its partner in B), ``observed_a, observed_b,
        predicted_a, predicted_b`` (log10), ``observed_difference, predicted_difference`` (A − B),
        ``specific`` ("A", "B" or "").
    table : DataFrame
        By side ("A", "B"): ``n_specific, n_others``, ``auc, auc_low, auc_high`` (area under the
        ROC curve and 95 % interval over bootstrap samples of the genes), ``average_precision``,
        ``base_rate`` (share of specific genes: what guessing reaches). NaN where there are fewer
        than three specific genes.
    roc : DataFrame
        ``side, false_positive_rate, true_positive_rate, threshold``.
    precision_recall : DataFrame
        ``side, recall, precision, threshold``.
    statements : tuple of str
    """

    genes: pd.DataFrame
    table: pd.DataFrame
    roc: pd.DataFrame
    precision_recall: pd.DataFrame
    statements: tuple[str, ...]


def read_partners(content: bytes) -> dict[str, str]:
    """Read which gene of B belongs to a gene of A, from a table of two columns.

    Parameters
    ----------
    content : bytes
        Text with tabs or commas; gene ids, versions are stripped. A first line that names no gene
        of either model does no harm.

    Raises
    ------
    ScxError
        If a line has fewer than two columns, or a gene of either side has several partners.
    """
    partners: dict[str, str] = {}
    taken: set[str] = set()
    lines = content.decode("utf-8", errors="replace").splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.replace(",", "\t").split("\t")]
        if len(parts) < 2:
            raise ScxError(
                f"Line {number} of the partners has one column; write the gene of A and the gene of "
                "B, with a tab between."
            )
        one, other = (_VERSION.sub("", part) for part in parts[:2])
        if partners.get(one, other) != other or (other in taken and one not in partners):
            raise ScxError(
                f"Line {number} of the partners: {one} or {other} has another partner above; keep "
                "one-to-one partners."
            )
        partners[one] = other
        taken.add(other)
    return partners


def classify_specific_genes(
    a: Side,
    b: Side,
    *,
    threshold: float = THRESHOLD,
    partners: Mapping[str, str] | None = None,
    n_samples: int = N_SAMPLES,
    seed: int = 0,
) -> SpecificGenes:
    """Score genes by the difference of two predictions, and say how well that finds the specific ones.

    A gene is specific to A where its observed expression in A is at least `threshold` above that in
    B. The score is predicted(A) − predicted(B), each out of fold.

    Parameters
    ----------
    a, b : Side
        Two populations of one model, or of two models with genes in common.
    threshold : float
        log10 units.
    partners : mapping, optional
        Gene of B by gene of A (ids), such as one-to-one orthologues; the same ids if not given.
    n_samples, seed : int
        Of the bootstrap.

    Raises
    ------
    ScxError
        If the sides are the same, a population is not the model's, no genes are shared, or neither
        side has three specific genes.

    Notes
    -----
    Source: Agarwal & Shendure, Cell Reports 2020, Figures 2 and 3.
    """
    if not threshold > 0:
        raise ScxError(f"The threshold must be above 0, not {threshold!r}.")
    if a.ensemble.path == b.ensemble.path and a.population == b.population:
        raise ScxError("Both sides are the same population of the same model; choose two.")
    genes = _pair(a, b, partners)
    difference = genes["observed_difference"]
    genes["specific"] = np.select(
        [difference >= threshold, -difference >= threshold], ["A", "B"], default=""
    )
    counts = draw_samples(len(genes), n_samples, seed)
    parts = [_side(side, genes, counts) for side in ("A", "B")]
    if all(row["n_specific"] < FEWEST for row, _, _ in parts):
        raise ScxError(
            f"Fewer than {FEWEST} of {counted(len(genes), 'gene')} differ by {threshold:g} or more "
            f"(log10) between {a.label} and {b.label}; choose a lower threshold."
        )
    table = pd.DataFrame([row for row, _, _ in parts], index=pd.Index(["A", "B"], name="side"))
    return SpecificGenes(
        genes,
        table,
        pd.concat([curve for _, curve, _ in parts], ignore_index=True),
        pd.concat([curve for _, _, curve in parts], ignore_index=True),
        _tell(a, b, genes, threshold, partners),
    )


def _pair(a: Side, b: Side, partners: Mapping[str, str] | None) -> pd.DataFrame:
    for side in (a, b):
        side.ensemble.check_dataset(side.dataset)
        if side.population not in side.ensemble.populations:
            raise ScxError(
                f"The model {side.ensemble.name!r} does not predict {side.population!r}; it predicts "
                f"{join_some(side.ensemble.populations)}."
            )
    first, second = a.ensemble.predictions, b.ensemble.predictions
    other = first.index.to_series() if partners is None else first.index.to_series().map(partners)
    other = other[other.isin(second.index)]
    if len(other) < FEWEST:
        raise ScxError(
            f"{counted(len(other), 'gene was', 'genes were')} predicted by both {a.ensemble.name!r} "
            f"and {b.ensemble.name!r}; choose models with genes in common, or give a table of their "
            "orthologues."
        )
    table = pd.DataFrame(
        {
            "gene_name": a.dataset.genes.loc[other.index, "gene_name"].astype(str),
            "other_gene": other,
            "observed_a": a.dataset.expression.loc[other.index, a.population].astype(np.float64),
            "observed_b": b.dataset.expression.loc[other.to_list(), b.population].to_numpy(
                np.float64
            ),
            "predicted_a": first.loc[other.index, a.population],
            "predicted_b": second.loc[other.to_list(), b.population].to_numpy(np.float64),
        },
        index=other.index.rename("gene_id"),
    )
    for what in ("observed", "predicted"):
        table[f"{what}_difference"] = table[f"{what}_a"] - table[f"{what}_b"]
    return table


def _side(
    side: str, genes: pd.DataFrame, counts: Counts
) -> tuple[dict[str, float], pd.DataFrame, pd.DataFrame]:
    """Give the measures and both curves of one side."""
    specific = (genes["specific"] == side).to_numpy()
    score = genes["predicted_difference"].to_numpy(np.float64) * (1 if side == "A" else -1)
    n = int(specific.sum())
    row = {"n_specific": n, "n_others": len(genes) - n, "base_rate": n / len(genes)}
    if n < FEWEST or n == len(genes):
        nothing = dict.fromkeys(("auc", "auc_low", "auc_high", "average_precision"), np.nan)
        return {**row, **nothing}, pd.DataFrame(), pd.DataFrame()
    false_rate, true_rate, thresholds = roc_curve(specific, score)
    precision, recall, cuts = precision_recall_curve(specific, score)
    low, high = np.nanquantile(auc_of_samples(specific, score, counts), (0.025, 0.975))
    row |= {
        "auc": float(roc_auc_score(specific, score)),
        "auc_low": float(low),
        "auc_high": float(high),
        "average_precision": float(average_precision_score(specific, score)),
    }
    roc = pd.DataFrame(
        {
            "side": side, "false_positive_rate": false_rate, "true_positive_rate": true_rate,
            "threshold": thresholds,
        }
    )  # fmt: skip
    # The last point, recall 0, is a convention and belongs to no threshold.
    found = pd.DataFrame(
        {"side": side, "recall": recall[:-1], "precision": precision[:-1], "threshold": cuts}
    )
    return row, roc, found


def auc_of_samples(specific: NDArray[np.bool_], score: Reals, counts: Counts) -> Reals:
    """Area under the ROC curve in each bootstrap sample.

    It is the share of pairs of a specific and another gene in which the specific one has the higher
    score; a tie counts half.

    Parameters
    ----------
    specific : ndarray of bool, shape (genes,)
    score : ndarray, shape (genes,)
    counts : ndarray of uint16, shape (samples, genes)
        How often each gene was drawn.

    Returns
    -------
    ndarray, shape (samples,)
        NaN where a sample holds genes of one kind only.
    """
    values, place = np.unique(score, return_inverse=True)
    areas = np.full(len(counts), np.nan)
    for number, drawn in enumerate(counts):
        inside = np.bincount(place, np.where(specific, drawn, 0), len(values))
        outside = np.bincount(place, np.where(specific, 0, drawn), len(values))
        pairs = inside.sum() * outside.sum()
        if pairs > 0:
            below = np.cumsum(outside) - outside
            areas[number] = (inside * (below + outside / 2)).sum() / pairs
    return areas


def _tell(
    a: Side, b: Side, genes: pd.DataFrame, threshold: float, partners: Mapping[str, str] | None
) -> tuple[str, ...]:
    told = [
        f"A is {a.label}, B is {b.label}; {counted(len(genes), 'gene')} that both predict out of "
        f"fold. Specific: at least {threshold:g} (log10) apart, {10**threshold:,.3g} times."
    ]
    if a.dataset.digest != b.dataset.digest:
        told.append(
            "The models were trained on different data, whose expression may have another scale: "
            "a difference may come from the data."
        )
    if partners is not None:
        told.append(f"Genes of B were found by a table of {len(partners):,} partners.")
    return tuple(told)

"""Predicting the sites of many genes, fold by fold, in threads."""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.kernels.threads import use_one_thread
from scx_core.mutagenesis import spread_over_runs, substitute
from scx_core.progress import Progress
from scx_core.sequence.alphabet import BASES
from scx_core.trained import TrainedRun
from scx_core.variants.few_sites import substitute_few, suits

if TYPE_CHECKING:
    from scx_core.ensemble import Ensemble

#: Up to so many sites of a gene, crops are faster than preparing the window for edits.
FEW: Final = 100
#: Genes of one fold that share a pass.
_GENES_AT_ONCE: Final = 32

Values = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Sites:
    """Distinct sites, sorted by gene and index.

    Attributes
    ----------
    genes : ndarray of int64, shape (sites,)
        Row in the dataset.
    indices : ndarray of int64, shape (sites,)
        Window index.
    of_member : ndarray of int64, shape (members,)
        Site of each placed row.
    """

    genes: Ints
    indices: Ints
    of_member: Ints

    @classmethod
    def of(cls, placed: pd.DataFrame, dataset: Dataset) -> "Sites":
        """Collect the sites of placed variants."""
        rows = dataset.genes.index.get_indexer(pd.Index(placed["gene_id"])).astype(np.int64)
        indices = placed["index"].to_numpy(np.int64)
        length = dataset.windows.shape[1]
        keys, of_member = np.unique(rows * length + indices, return_inverse=True)
        return cls(keys // length, keys % length, of_member)


def predict_sites(
    ensemble: "Ensemble",
    dataset: Dataset,
    sites: Sites,
    fold_of_gene: Mapping[str, int],
    progress: Progress,
) -> tuple[Values, Values]:
    """Predict all four bases at each site with the models that never saw its gene.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
    sites : Sites
    fold_of_gene : mapping of str to int
        Test fold by gene id, for the genes of all sites.
    progress : Progress
        May raise to cancel.

    Returns
    -------
    mean, spread : ndarray of float32, shape (sites, 4, populations), log10 units
        Over runs; 0 for the base that is there.
    """
    shape = (len(sites.indices), len(BASES), len(ensemble.populations))
    mean, spread = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    half_life = dataset.half_life[list(ensemble.config.half_life)].to_numpy()
    windows, ids = dataset.windows, dataset.genes.index
    genes = np.unique(sites.genes)
    folds = np.array([fold_of_gene[ids[row]] for row in genes])
    tasks = [
        (fold, chosen)
        for fold in np.unique(folds).tolist()
        for chosen in _tasks_of_fold(sites, genes[folds == fold])
    ]

    def predict(fold: int, chosen: Ints) -> int:
        runs = ensemble.load_fold(fold)
        rows, positions = np.unique(sites.genes[chosen], return_inverse=True)
        effects = _predict_genes(
            runs, windows[rows], half_life[rows], positions, sites.indices[chosen]
        )
        mean[chosen], spread[chosen] = effects.mean(axis=0), spread_over_runs(effects)
        return len(chosen)

    done = 0
    with ThreadPoolExecutor(os.cpu_count(), initializer=use_one_thread) as pool:
        futures = [pool.submit(predict, *task) for task in tasks]
        try:
            for future in as_completed(futures):
                done += future.result()
                progress(done / len(mean), f"Scored {done:,} of {len(mean):,} sites")
        finally:
            for future in futures:
                future.cancel()
    return mean, spread


def _tasks_of_fold(sites: Sites, rows: Ints) -> Iterator[Ints]:
    """Divide the sites of one fold's genes: each gene with many by itself, the others together."""
    first = np.searchsorted(sites.genes, rows)
    last = np.searchsorted(sites.genes, rows, side="right")
    few = last - first <= FEW
    for start, end in zip(first[~few], last[~few], strict=True):
        yield np.arange(start, end)
    spans = [np.arange(start, end) for start, end in zip(first[few], last[few], strict=True)]
    for number in range(0, len(spans), _GENES_AT_ONCE):
        yield np.concatenate(spans[number : number + _GENES_AT_ONCE])


def _predict_genes(
    runs: Sequence[TrainedRun],
    codes: NDArray[np.uint8],
    half_life: NDArray[np.float64],
    windows: Ints,
    indices: Ints,
) -> Values:
    """Predict sites, shape (runs, sites, 4, populations), of the rows ``windows`` of ``codes``."""
    if len(codes) * FEW >= len(indices) and all(suits(run) for run in runs):
        return np.stack([substitute_few(run, codes, half_life, windows, indices) for run in runs])
    parts = [
        substitute(runs, codes[row], half_life[row], indices[windows == row])
        for row in range(len(codes))
    ]
    return np.concatenate(parts, axis=1)

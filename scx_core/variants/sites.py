"""Predicting the sites of many genes, fold by fold, in threads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.engines import cores
from scx_core.errors import ScxError
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


def find_folds(ensemble: "Ensemble", genes: Iterable[str]) -> tuple[dict[str, int], dict[str, str]]:
    """Find the test fold of each gene, and why the others have none."""
    folds, reasons = {}, {}
    for gene_id in genes:
        try:
            folds[gene_id] = ensemble.fold_of(gene_id)
        except ScxError as error:
            reasons[gene_id] = str(error).rstrip(".")
    return folds, reasons


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


@dataclass(frozen=True)
class Summary:
    """Effects over the runs of each gene's own test fold.

    Attributes
    ----------
    mean : ndarray of float32, shape (any, ..., populations), log10 units
    spread : ndarray of float32, same shape
        Standard deviation over runs (n − 1); NaN with one run.
    agreement : ndarray of int16, shape (any, ...)
        Runs whose effect has the sign of the mean in the population where the mean is largest.
    """

    mean: Values
    spread: Values
    agreement: NDArray[np.int16]

    @classmethod
    def empty(cls, *shape: int) -> "Summary":
        """Make room for effects of ``shape`` (populations last): 0 until they are set."""
        return cls(
            np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape[:-1], np.int16)
        )

    @classmethod
    def joined(cls, parts: "Sequence[Summary]") -> "Summary":
        """Put several below each other."""
        return cls(
            np.concatenate([part.mean for part in parts]),
            np.concatenate([part.spread for part in parts]),
            np.concatenate([part.agreement for part in parts]),
        )

    def part(self, rows: Ints | tuple[Ints, Ints]) -> "Summary":
        """Take some of the effects."""
        return Summary(self.mean[rows], self.spread[rows], self.agreement[rows])

    def set(self, rows: Ints, effects: Values) -> None:
        """Summarise effects, shape (runs, rows, ..., populations), at some rows of the first axis."""
        mean = effects.mean(axis=0)
        largest = np.abs(mean).argmax(axis=-1)[..., None]
        of_runs = np.take_along_axis(effects, largest[None], axis=-1)[..., 0]
        of_mean = np.take_along_axis(mean, largest, axis=-1)[..., 0]
        self.mean[rows], self.spread[rows] = mean, spread_over_runs(effects)
        self.agreement[rows] = (np.sign(of_runs) == np.sign(of_mean)).sum(axis=0)


def predict_sites(
    ensemble: "Ensemble",
    dataset: Dataset,
    sites: Sites,
    fold_of_gene: Mapping[str, int],
    progress: Progress,
    wanted: NDArray[np.bool_] | None = None,
) -> Summary:
    """Predict the bases at each site with the models that never saw its gene.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
    sites : Sites
    fold_of_gene : mapping of str to int
        Test fold by gene id, for the genes of all sites.
    progress : Progress
        May raise to cancel.
    wanted : ndarray of bool, shape (sites, 4), optional
        Bases of the gene's strand that are asked for; all if not given. Others may be left at 0.

    Returns
    -------
    Summary
        Shape (sites, 4, populations); 0 for the base that is there.
    """
    summary = Summary.empty(len(sites.indices), len(BASES), len(ensemble.populations))
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
            runs,
            windows[rows],
            half_life[rows],
            positions,
            sites.indices[chosen],
            None if wanted is None else wanted[chosen],
        )
        summary.set(chosen, effects)
        return len(chosen)

    done, total = 0, len(sites.indices)
    with ThreadPoolExecutor(cores(), initializer=use_one_thread) as pool:
        futures = [pool.submit(predict, *task) for task in tasks]
        try:
            for future in as_completed(futures):
                done += future.result()
                progress(done / total, f"Scored {done:,} of {total:,} sites")
        finally:
            for future in futures:
                future.cancel()
    return summary


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
    wanted: NDArray[np.bool_] | None,
) -> Values:
    """Predict sites, shape (runs, sites, 4, populations), of the rows ``windows`` of ``codes``."""
    if len(codes) * FEW >= len(indices) and all(suits(run) for run in runs):
        return np.stack(
            [substitute_few(run, codes, half_life, windows, indices, wanted) for run in runs]
        )
    parts = [
        substitute(runs, codes[row], half_life[row], indices[windows == row])
        for row in range(len(codes))
    ]
    return np.concatenate(parts, axis=1)

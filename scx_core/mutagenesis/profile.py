"""Where in the window letters matter: the mean over genes of the largest effect at each position."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.errors import ScxError, join_some
from scx_core.progress import Progress, no_progress, part_of
from scx_core.sequence.alphabet import UNKNOWN

if TYPE_CHECKING:
    from scx_core.dataset import Dataset
    from scx_core.ensemble import Ensemble

#: As published.
N_TOP: Final = 2000


@dataclass(frozen=True)
class Profile:
    """Mean over genes of the largest |effect| at each position.

    Attributes
    ----------
    positions : ndarray of int64, shape (length,)
        Relative to the TSS, which is 0; negative is upstream of the gene.
    populations : tuple of str
    values : ndarray of float64, shape (length, populations)
        log10 units. NaN where no gene has a known letter.
    n_genes : ndarray of int64, shape (length,)
        Genes averaged: those with a known letter at the position.
    genes : tuple of str
        Ids of the genes looked at, most variable first.
    """

    positions: NDArray[np.int64]
    populations: tuple[str, ...]
    values: NDArray[np.float64]
    n_genes: NDArray[np.int64]
    genes: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """By ``relative_to_tss`` (bp): one column for each population, then ``n_genes``."""
        index = pd.Index(self.positions, name="relative_to_tss")
        frame = pd.DataFrame(self.values, index=index, columns=list(self.populations))
        return frame.assign(n_genes=self.n_genes)


def choose_variable_genes(
    dataset: "Dataset", n_top: int = N_TOP, among: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Choose the genes that differ most between populations, the most variable first.

    A dataset holds populations, not cells. Scanpy's method (normalised dispersion by bins of mean
    expression, flavour "seurat") is given the populations of the finest level as observations:
    log(1 + mean expression) of each gene, as it is given cells elsewhere.

    Parameters
    ----------
    dataset : Dataset
    n_top : int
        How many; all where there are fewer.
    among : sequence of str, optional
        Ids to choose from; all genes if not given.

    Raises
    ------
    ScxError
        If ``n_top`` is below 1, or there are fewer than two populations.
    """
    if n_top < 1:
        raise ScxError(f"n_top must be at least 1, not {n_top}.")
    names = dataset.finest_populations
    if len(names) < 2:
        raise ScxError(
            f"The dataset {dataset.name!r} has one population; no gene varies between populations. "
            "Choose the genes yourself."
        )
    import anndata
    import scanpy as sc

    mean = dataset.mean[names]
    if among is not None:
        mean = mean.loc[list(among)]
    populations = anndata.AnnData(
        np.log1p(mean.to_numpy(np.float64).T),
        obs=pd.DataFrame(index=mean.columns.astype(str)),
        var=pd.DataFrame(index=mean.index.astype(str)),
    )
    found = sc.pp.highly_variable_genes(populations, flavor="seurat", inplace=False)
    dispersion = pd.Series(found["dispersions_norm"].to_numpy(np.float64), index=mean.index)
    # A gene that is not expressed has no dispersion: it comes last.
    ranked = dispersion.fillna(-np.inf).sort_values(ascending=False, kind="stable")
    return tuple(ranked.index[:n_top])


def profile_effects(
    ensemble: "Ensemble",
    dataset: "Dataset",
    *,
    n_top: int = N_TOP,
    genes: Sequence[str] | None = None,
    populations: Sequence[str] | None = None,
    progress: Progress = no_progress,
) -> Profile:
    """Average the largest |effect| of the three substitutions at each position over genes.

    Parameters
    ----------
    ensemble : Ensemble
    dataset : Dataset
        The one the model was trained on.
    n_top : int
        How many of the most variable genes (see `choose_variable_genes`) among those that the
        model can be asked about.
    genes : sequence of str, optional
        Ids or symbols to look at instead.
    populations : sequence of str, optional
        Of the model; all if not given.
    progress : Progress
        May raise to cancel. One gene at a time is in memory.

    Raises
    ------
    ScxError
        If the model does not fit the dataset, or a gene or population is unknown.

    Notes
    -----
    Source: Michielsen, Reinders, Mahfouz, Front. Bioinform. 2024: in-silico saturation mutagenesis
    of the 2,000 most variable genes, and where in the window its effects lie.
    """
    ensemble.check_dataset(dataset)
    wanted = ensemble.populations if populations is None else tuple(dict.fromkeys(populations))
    unknown = [name for name in wanted if name not in ensemble.populations]
    if unknown or not wanted:
        raise ScxError(
            f"The model {ensemble.name!r} does not predict {join_some(unknown) or 'nothing'}; "
            f"choose among {join_some(ensemble.populations)}."
        )
    if genes is None:
        testable = ensemble.folds.index[ensemble.folds.isin(ensemble.trained_folds)]
        chosen = choose_variable_genes(dataset, n_top, list(testable))
    else:
        chosen = tuple(dict.fromkeys(dataset.find_gene(text) for text in genes))
    for gene_id in chosen:  # refuse before the first hour, not after it
        ensemble.fold_of(gene_id)
    columns = [ensemble.populations.index(name) for name in wanted]
    length = ensemble.config.length
    total = np.zeros((length, len(wanted)))
    counted = np.zeros(length, np.int64)
    for done, gene_id in enumerate(chosen):
        step = part_of(progress, done / len(chosen), (done + 1) / len(chosen))
        step(0.0, f"Gene {done + 1:,} of {len(chosen):,}")
        effects = ensemble.saturation_mutagenesis(dataset, gene_id, step)
        known = effects.codes != UNKNOWN
        values = effects.values[known]  # noqa: PD011, an array
        total[known] += np.abs(values[:, :, columns]).max(axis=1)
        counted += known
    progress(1.0, "Finished")
    mean = np.full_like(total, np.nan)
    np.divide(total, counted[:, None], out=mean, where=counted[:, None] > 0)
    positions = np.arange(length) - dataset.upstream
    return Profile(positions, wanted, mean, counted, chosen)

"""True expression from sequence and transcript, and counts of single cells drawn from it."""

from typing import Final

import anndata
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from scx_core.demo.grammar import (
    GENE_NOISE,
    HALF_LIFE_EFFECTS,
    POPULATION_NAMES,
    POPULATION_NOISE,
    POPULATIONS,
    motif_effects,
)
from scx_core.demo.transcripts import SyntheticGene, half_life_table

#: Counts of a median cell, and the spread of its natural logarithm.
MEDIAN_LIBRARY: Final = 8000
LIBRARY_SPREAD: Final = 0.3
#: Shape of the gamma distribution by which one gene differs between cells of a population.
CELL_SHAPE: Final = 4.0

#: Rows of the matrix that no annotation knows, as in real files.
UNANNOTATED: Final = ("DEMO-TRANSGENE-1", "DEMO-SPIKE-1", "DEMO-SPIKE-2")


def half_life_effects(genes: list[SyntheticGene]) -> NDArray[np.float64]:
    """Sum what half-life adds to log10 expression, shape (genes,); 0 for genes without a CDS."""
    logged = np.log10(half_life_table(genes) + 0.1)
    scaled = (logged - np.nanmean(logged, axis=0)) / np.nanstd(logged, axis=0)
    return np.nan_to_num((scaled * np.array(HALF_LIFE_EFFECTS)).sum(axis=1))


def draw_expression(
    generator: np.random.Generator,
    genes: list[SyntheticGene],
    windows: NDArray[np.uint8],
    upstream: int,
) -> NDArray[np.float64]:
    """Compute true log10 mean counts per 10,000, shape (genes, 8 populations)."""
    level = motif_effects(windows, upstream) + half_life_effects(genes)[:, None]
    level += GENE_NOISE * generator.standard_normal((len(genes), 1))
    level += POPULATION_NOISE * generator.standard_normal(level.shape)
    # The mitochondrial gene is as loud as they are in real cells.
    level[[gene.chromosome == "chrM" for gene in genes]] += 2.0
    share = 10**level / (10**level).sum(axis=0)
    return np.log10(1e4 * share)


def draw_cells(
    generator: np.random.Generator,
    genes: list[SyntheticGene],
    expression: NDArray[np.float64],
    n_cells: int,
) -> anndata.AnnData:
    """Draw counts per cell and gene (gamma-Poisson), with the columns tissue, class and subclass.

    Parameters
    ----------
    generator : numpy Generator
    genes : list of SyntheticGene
    expression : ndarray, shape (genes, 8)
        True log10 mean counts per 10,000.
    n_cells : int

    Returns
    -------
    AnnData
        Cells x genes, int32 counts in CSR; every 700th gene is missing, and three rows stand for
        nothing in the annotation, as happens in real files.
    """
    population_of = _draw_populations(generator, n_cells)
    library = MEDIAN_LIBRARY * np.exp(LIBRARY_SPREAD * generator.standard_normal(n_cells))
    rates = np.vstack([10**expression / 1e4, np.full((len(UNANNOTATED), len(POPULATIONS)), 2e-5)])
    rows = [
        sparse.csr_matrix(
            generator.poisson(
                size
                * rates[:, population]
                * generator.gamma(CELL_SHAPE, 1 / CELL_SHAPE, size=len(rates))
            ).astype(np.int32)
        )
        for size, population in zip(library, population_of, strict=True)
    ]
    kept = np.array([number % 700 != 699 for number in range(len(genes))] + [True] * 3)
    var = pd.DataFrame(
        {"gene_name": [gene.gene_name for gene in genes] + list(UNANNOTATED)},
        index=[gene.gene_id for gene in genes] + list(UNANNOTATED),
    )
    obs = pd.DataFrame(
        [POPULATIONS[number][:3] for number in population_of],
        columns=["tissue", "class", "subclass"],
        index=[f"DEMO-CELL-{number + 1:05}" for number in range(n_cells)],
    ).astype("category")
    counts = sparse.csr_matrix(sparse.vstack(rows, format="csr")[:, kept])
    return anndata.AnnData(counts, obs=obs, var=var[kept])


def _draw_populations(generator: np.random.Generator, n_cells: int) -> NDArray[np.int64]:
    shares = np.array([row[3] for row in POPULATIONS])
    numbers = np.floor(shares * n_cells).astype(int)
    numbers[0] += n_cells - numbers.sum()
    return generator.permutation(np.repeat(np.arange(len(POPULATION_NAMES)), numbers))

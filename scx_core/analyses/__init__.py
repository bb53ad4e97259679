"""Questions to trained models, as functions with tables out.

After Agarwal & Shendure, Cell Reports 2020: which sets of genes are predicted too low or too high,
which genes are specific to a population or a species, how much more genes would help, and whether
models read another species.
"""

from scx_core.analyses.cross_species import CrossSpecies, cross_species
from scx_core.analyses.gene_sets import GeneSetResiduals, gene_set_residuals
from scx_core.analyses.learning_curve import (
    LearningCurve,
    LearningCurveRequest,
    run_learning_curve,
)
from scx_core.analyses.specific_genes import SpecificGenes, classify_specific_genes

__all__ = [
    "CrossSpecies",
    "GeneSetResiduals",
    "LearningCurve",
    "LearningCurveRequest",
    "SpecificGenes",
    "classify_specific_genes",
    "cross_species",
    "gene_set_residuals",
    "run_learning_curve",
]

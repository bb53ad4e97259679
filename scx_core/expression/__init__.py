"""Cells or ready pseudobulk in, mean expression per population out."""

from scx_core.expression.columns import ColumnChoice
from scx_core.expression.matching import GeneMatch, match_genes
from scx_core.expression.pseudobulk import log10_pseudobulk, smallest_log10
from scx_core.expression.reading import read_expression
from scx_core.expression.table import Expression

__all__ = [
    "ColumnChoice",
    "Expression",
    "GeneMatch",
    "log10_pseudobulk",
    "match_genes",
    "read_expression",
    "smallest_log10",
]

"""Writing scored variants: a table with every input row, and an annotated VCF."""

from scx_core.variants.writing.columns import column_dictionary
from scx_core.variants.writing.tables import TsvWriter, write_tsv
from scx_core.variants.writing.vcf import VcfCounts, write_vcf

__all__ = ["TsvWriter", "VcfCounts", "column_dictionary", "write_tsv", "write_vcf"]

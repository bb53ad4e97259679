"""Reading lists of variants: files and pasted text of many forms, every row kept."""

from scx_core.variants.reading.reader import VariantReader, open_variants, read_variants
from scx_core.variants.reading.variant_list import (
    ALLELE_COLUMNS,
    READING_REASONS,
    VariantList,
    join_notes,
    make_alleles,
)

__all__ = [
    "ALLELE_COLUMNS",
    "READING_REASONS",
    "VariantList",
    "VariantReader",
    "join_notes",
    "make_alleles",
    "open_variants",
    "read_variants",
]

"""Variants: read, placed in the genes' windows, scored."""

from scx_core.mutagenesis import EFFECT
from scx_core.variants.placing import place_variants
from scx_core.variants.reading import read_variants
from scx_core.variants.scoring import SPREAD, score_variants
from scx_core.variants.variant import Variant

__all__ = ["EFFECT", "SPREAD", "Variant", "place_variants", "read_variants", "score_variants"]

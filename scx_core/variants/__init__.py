"""Variants: read, placed in the genes' windows, scored, ranked, written."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scx_core.mutagenesis import EFFECT
    from scx_core.variants.measures import SPREAD
    from scx_core.variants.pipeline import Scorer, ScoringOptions, score_variants
    from scx_core.variants.reading import VariantList, read_variants
    from scx_core.variants.variant import Variant

__all__ = [
    "EFFECT",
    "SPREAD",
    "Scorer",
    "ScoringOptions",
    "Variant",
    "VariantList",
    "read_variants",
    "score_variants",
]

_HOME = {
    "EFFECT": "scx_core.mutagenesis",
    "SPREAD": "scx_core.variants.measures",
    "Scorer": "scx_core.variants.pipeline",
    "ScoringOptions": "scx_core.variants.pipeline",
    "Variant": "scx_core.variants.variant",
    "VariantList": "scx_core.variants.reading",
    "read_variants": "scx_core.variants.reading",
    "score_variants": "scx_core.variants.pipeline",
}


def __getattr__(name: str) -> Any:
    # Reading a list needs no torch, which takes seconds to load.
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'scx_core.variants' has no attribute {name!r}")

"""Models beside each other and beside scores from elsewhere, for the same variants."""

from scx_core.variants.outside.comparing import Agreement, EffectComparison, compare_effects
from scx_core.variants.outside.joining import OutsideJoin, join_outside
from scx_core.variants.outside.tables import OutsideScores, read_outside

__all__ = [
    "Agreement",
    "EffectComparison",
    "OutsideJoin",
    "OutsideScores",
    "compare_effects",
    "join_outside",
    "read_outside",
]

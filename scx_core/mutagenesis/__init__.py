"""In-silico saturation mutagenesis: the effect of every substitution in a window."""

from scx_core.mutagenesis.effects import EFFECT, Effects, spread_over_runs
from scx_core.mutagenesis.engine import ENGINES, saturation_mutagenesis, substitute

__all__ = [
    "EFFECT",
    "ENGINES",
    "Effects",
    "saturation_mutagenesis",
    "spread_over_runs",
    "substitute",
]

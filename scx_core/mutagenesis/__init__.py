"""In-silico mutagenesis: effects of substitutions, insertions, deletions and their combinations."""

from scx_core.mutagenesis.checks import DamagedWeightsError, WindowLengthError
from scx_core.mutagenesis.edits import (
    Alteration,
    AlteredWindow,
    Edits,
    Surroundings,
    haplotype,
    indel,
)
from scx_core.mutagenesis.effects import EFFECT, Effects, spread_over_runs
from scx_core.mutagenesis.engine import (
    ENGINES,
    effects_of_edits,
    saturation_mutagenesis,
    substitute,
)
from scx_core.mutagenesis.scans import Pairs, deletion_scan, effects_of_windows, pairwise

__all__ = [
    "EFFECT",
    "ENGINES",
    "Alteration",
    "AlteredWindow",
    "DamagedWeightsError",
    "Edits",
    "Effects",
    "Pairs",
    "Surroundings",
    "WindowLengthError",
    "deletion_scan",
    "effects_of_edits",
    "effects_of_windows",
    "haplotype",
    "indel",
    "pairwise",
    "saturation_mutagenesis",
    "spread_over_runs",
    "substitute",
]

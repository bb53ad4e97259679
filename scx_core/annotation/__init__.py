"""From GTF, GFF3 or a table of TSSs to a gene table; from BED to regions."""

from scx_core.annotation.definitions import DEFINITIONS, SCXPRESSO, SPLICED, XPRESSO
from scx_core.annotation.half_life import (
    ALL_HALF_LIFE_FEATURES,
    HALF_LIFE_FEATURES,
    log10_half_life,
    network_half_life,
)
from scx_core.annotation.read import Annotation, read_annotation
from scx_core.annotation.regions import read_regions

__all__ = [
    "ALL_HALF_LIFE_FEATURES",
    "DEFINITIONS",
    "HALF_LIFE_FEATURES",
    "SCXPRESSO",
    "SPLICED",
    "XPRESSO",
    "Annotation",
    "log10_half_life",
    "network_half_life",
    "read_annotation",
    "read_regions",
]

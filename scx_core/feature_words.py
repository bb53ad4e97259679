"""Half-life features in words, and their values as people read them."""

from collections.abc import Mapping
from typing import Final

from scx_core.annotation.definitions import DEFINITIONS
from scx_core.annotation.half_life import GC_PARTS

FEATURE_WORDS: Final[Mapping[str, str]] = {
    "utr5_length": "5′UTR length",
    "utr3_length": "3′UTR length",
    "orf_length": "ORF length",
    "intron_length": "intron length",
    "exon_density": "exon density",
    "utr5_gc": "5′UTR GC content",
    "orf_gc": "ORF GC content",
    "utr3_gc": "3′UTR GC content",
}


def definition_words(name: str) -> str:
    """Say what a definition of the half-life features is: ``scxpresso: as in ...``."""
    return f"{name}: {DEFINITIONS[name]}"


def feature_unit(name: str, scale: str = "log10") -> str:
    """Give the unit of `raw_half_life`.

    Parameters
    ----------
    name : str
        A half-life feature.
    scale : {"log10", "z-score"}
        See `scx_core.annotation.network_half_life`.
    """
    if scale == "z-score":
        return "standard deviations"
    if name in GC_PARTS:
        return "of the letters"
    return "exons per 1,000 bases of ORF" if name == "exon_density" else "bases"


def raw_half_life(value: float, name: str = "", scale: str = "log10") -> float:
    """Turn a feature as networks read it back into what was measured.

    Parameters
    ----------
    value : float
        As in `Dataset.half_life`.
    name : str
        The feature; a length if not given.
    scale : {"log10", "z-score"}
        See `scx_core.annotation.network_half_life`.

    Returns
    -------
    float
        Lengths and density: log10(x + 0.1) undone, never below 0. GC contents (0 to 1) and z-scores
        stay as they are.
    """
    if scale == "z-score" or name in GC_PARTS:
        return value
    return max(10.0**value - 0.1, 0.0)

"""Half-life features in words, and their values as people read them."""

import math
from collections.abc import Mapping
from typing import Final

from scx_core.annotation.definitions import DEFINITIONS
from scx_core.annotation.half_life import GC_PARTS

_WIDEST: Final = 3.0  # standard deviations to either side of the mean
_STEPS: Final = 60  # to either side

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


def network_value(value: float, name: str = "", scale: str = "log10") -> float:
    """Turn what was measured into the feature as networks read it; undoes `raw_half_life`."""
    if scale == "z-score" or name in GC_PARTS:
        return value
    return math.log10(value + 0.1)


def shown_feature(value: float, name: str, scale: str = "log10") -> str:
    """Write a measured feature with its unit: ``112 bp``.

    Parameters
    ----------
    value : float
        As `raw_half_life` gives it.
    name : str
        A half-life feature.
    scale : {"log10", "z-score"}
        See `scx_core.annotation.network_half_life`.
    """
    if scale == "z-score":
        return f"{value:+.2f} standard deviations".replace("-", "−")
    if name in GC_PARTS:
        return f"{100 * value:.1f} % of the bases"
    if name == "exon_density":
        return f"{value:,.3g} exons per 1,000 bases of ORF"
    return f"{value:,.0f} bp"


def level_words(z: float) -> str:
    """Say where a value lies among the genes, from its distance to their mean.

    Parameters
    ----------
    z : float
        In standard deviations; NaN or infinite where the genes do not vary.
    """
    if not math.isfinite(z) or abs(z) < 0.5:
        return "average"
    side = "above" if z > 0 else "below"
    return f"far {side} average" if abs(z) >= 2 else f"{side} average"


def feature_steps(name: str, mean: float, deviation: float, scale: str = "log10") -> list[float]:
    """Give round measured values between three standard deviations below and above the mean.

    Parameters
    ----------
    name : str
        A half-life feature.
    mean, deviation : float
        Of the genes, as networks read the feature.
    scale : {"log10", "z-score"}
        See `scx_core.annotation.network_half_life`.

    Returns
    -------
    list of float
        Ascending; whole numbers of bases, shares between 0 and 1.
    """
    values = (
        raw_half_life(mean + step / _STEPS * _WIDEST * deviation, name, scale)
        for step in range(-_STEPS, _STEPS + 1)
    )
    return sorted({_round(value, name, scale) for value in values})


def _round(value: float, name: str, scale: str) -> float:
    if scale == "z-score":
        return round(value, 2)
    if name in GC_PARTS:
        return round(min(max(value, 0.0), 1.0), 3)
    rounded = float(f"{value:.3g}")
    return rounded if name == "exon_density" else float(round(rounded))

"""Classes of candidate cis-regulatory elements (cCREs): what they mean, and ENCODE's colours.

Colours and words are those of the ENCODE registry of cCREs, versions 3 and 4, as the UCSC browser
shows them. A class is drawn in a lane of its own with its name beside it, so that no colour is
needed to tell it.
"""

from dataclasses import dataclass
from typing import Final

_BOUND: Final = "CTCF-bound"


@dataclass(frozen=True, slots=True)
class CcreClass:
    """A class of cCREs.

    Attributes
    ----------
    name : str
        As in ENCODE's files, such as ``"pELS"``.
    meaning : str
        In words.
    color : str
        Hexadecimal.
    color_name : str
        What the colour is called.
    """

    name: str
    meaning: str
    color: str
    color_name: str


_CLASSES: Final = tuple(
    CcreClass(*row)
    for row in (
        ("PLS", "promoter-like", "#ff0000", "red"),
        ("pELS", "proximal enhancer-like", "#ffa700", "orange"),
        ("dELS", "distal enhancer-like", "#ffcd00", "yellow"),
        ("CA-H3K4me3", "open chromatin with H3K4me3", "#ffaaaa", "pink"),
        ("DNase-H3K4me3", "open chromatin with H3K4me3", "#ffaaaa", "pink"),
        ("CA-CTCF", "open chromatin with CTCF", "#00b0f0", "light blue"),
        ("CTCF-only", "CTCF alone", "#00b0f0", "light blue"),
        ("CA-TF", "open chromatin with a transcription factor", "#be28e5", "purple"),
        ("TF", "transcription factor alone", "#d876ec", "lilac"),
        ("CA", "open chromatin alone", "#06da93", "green"),
    )
)
_BY_NAME: Final = {kind.name.lower(): kind for kind in _CLASSES}


def ccre_class(name: str) -> CcreClass | None:
    """Look up a class by its name in a file, with or without ``,CTCF-bound``; None if unknown."""
    return _BY_NAME.get(lane_name(name).lower())


def lane_name(name: str) -> str:
    """Give the name of the lane that a class is drawn in: ``pELS,CTCF-bound`` lies with ``pELS``."""
    parts = [part.strip() for part in name.split(",")]
    return ",".join(part for part in parts if part != _BOUND) or name


def is_bound(name: str) -> bool:
    """Tell whether a class says that CTCF binds there."""
    return _BOUND in name.split(",")

"""The regulatory grammar of the demonstration: who acts where, on which population, how strongly.

Log10 expression of a gene is the sum of what its motifs add, one interaction, what its transcript's
half-life adds, and a little noise. A motif acts only in the direction of the gene and only where it
starts inside its zone; its strength falls linearly from the zone's peak to the zone's far end.
Positions here are offsets from the TSS in the direction of the gene (0 is the TSS base, negative
is upstream).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from scx_core.errors import ScxError
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, CODE_WEIGHTS

#: tissue, class, subclass (the population) and its share of the cells.
POPULATIONS: Final = (
    ("Brain-like", "Neuron-like", "Relay neuron-like", 0.19),
    ("Brain-like", "Neuron-like", "Pacemaker neuron-like", 0.11),
    ("Brain-like", "Neuron-like", "Sensory neuron-like", 0.14),
    ("Brain-like", "Glia-like", "Star glia-like", 0.13),
    ("Brain-like", "Glia-like", "Sheath glia-like", 0.16),
    ("Blood-like", "Immune-like", "Patrol cell-like", 0.11),
    ("Blood-like", "Immune-like", "Memory cell-like", 0.09),
    ("Blood-like", "Immune-like", "Feeder cell-like", 0.07),
)
POPULATION_NAMES: Final = tuple(row[2] for row in POPULATIONS)


@dataclass(frozen=True)
class Zone:
    """Where a motif acts.

    Attributes
    ----------
    name : str
    start, end : int
        Offsets from the TSS of the motif's first base, half-open.
    peak : int
        Offset at which the strength is 1.
    far_strength : float
        Strength at the end of the zone that is farther from the peak.
    ccre : str
        Class of the cCRE that covers the zone's motifs, empty if none does.
    """

    name: str
    start: int
    end: int
    peak: int
    far_strength: float
    ccre: str

    def __post_init__(self) -> None:
        if not self.start <= self.peak < self.end:
            raise ScxError(f"Zone {self.name} needs its peak inside {self.start}–{self.end}.")

    def strength(self, offset: NDArray[np.int64]) -> NDArray[np.float64]:
        """Strength (0 to 1) of motifs that start at ``offset``; 0 outside the zone."""
        reach = max(self.peak - self.start, self.end - self.peak)
        falling = 1 - (1 - self.far_strength) * np.abs(offset - self.peak) / reach
        return np.where((offset >= self.start) & (offset < self.end), falling, 0.0)


PROMOTER_ZONE: Final = Zone("promoter", -130, 0, -50, 0.7, "PLS")
DOWNSTREAM_ZONE: Final = Zone("downstream", 20, 140, 20, 0.7, "")
DISTAL_ZONE: Final = Zone("distal", -700, -540, -541, 0.8, "pELS")


@dataclass(frozen=True)
class Motif:
    """A short sequence that changes the expression of the gene that it stands at.

    Attributes
    ----------
    name : str
    consensus : str
        IUPAC letters, read in the direction of the gene.
    zone : Zone
        Where it acts.
    frequency : float
        Share of the genes that carry it.
    effects : mapping of str to float
        Log10 effect at full strength, by population or class, or for ``"all"``.
    """

    name: str
    consensus: str
    zone: Zone
    frequency: float
    effects: Mapping[str, float]

    def __post_init__(self) -> None:
        known = {"all", *(name for row in POPULATIONS for name in row[1:3])}
        if unknown := set(self.effects) - known:
            raise ScxError(f"Motif {self.name} names an unknown population: {sorted(unknown)}.")

    def __len__(self) -> int:
        return len(self.consensus)

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Bases that each position takes, shape (length, 4), in ACGT order."""
        codes = [CODE_LETTERS.index(letter) for letter in self.consensus]
        return CODE_WEIGHTS[codes] > 0

    @property
    def population_effects(self) -> NDArray[np.float64]:
        """Log10 effect at full strength per population, shape (8,)."""
        return np.array(
            [sum(self.effects.get(name, 0.0) for name in ("all", *row[1:3])) for row in POPULATIONS]
        )


# Rich in C and G, which the background is not, and unlike each other within a zone: this is what
# lets 1,500 genes teach a network.
MOTIFS: Final = (
    Motif("broad-activator", "GCGCGTAC", PROMOTER_ZONE, 0.45, {"all": 0.6}),
    Motif("broad-repressor", "CAGCTGCG", PROMOTER_ZONE, 0.40, {"all": -0.6}),
    Motif("neuron-activator", "GGTGGGAG", PROMOTER_ZONE, 0.45, {"Neuron-like": 1.0}),
    Motif("glia-activator", "ACGCCRCC", PROMOTER_ZONE, 0.45, {"Glia-like": 1.0}),
    Motif("immune-activator", "GACGTCGA", PROMOTER_ZONE, 0.45, {"Immune-like": 1.0}),
    Motif("downstream-element", "GTGGCGGA", DOWNSTREAM_ZONE, 0.45, {"all": 0.5}),
    Motif("distal-enhancer", "CCGCCACS", DISTAL_ZONE, 0.45, {"all": 0.6}),
    Motif(
        "pacemaker-enhancer",
        "GGAGTGGG",
        DISTAL_ZONE,
        0.45,
        {"Pacemaker neuron-like": 1.2, "Sensory neuron-like": 0.6},
    ),
)

#: The pair that adds more together than the sum of its parts, and the log10 effect of being both.
PARTNERS: Final = ("broad-activator", "downstream-element")
PARTNER_BONUS: Final = 0.3

#: Log10 effect of one standard deviation of each half-life feature (order as HALF_LIFE_FEATURES).
HALF_LIFE_EFFECTS: Final = (0.0, -0.24, 0.0, 0.0, 0.14)

#: Standard deviation of what no sequence explains: of the gene, and of the gene in a population.
GENE_NOISE: Final = 0.10
POPULATION_NOISE: Final = 0.06


def find_motif(codes: NDArray[np.uint8], motif: Motif) -> NDArray[np.bool_]:
    """Where a motif starts, in windows of base codes.

    Parameters
    ----------
    codes : ndarray of uint8, shape (genes, length)
        Windows in the direction of the gene; only codes 0–3 can match.
    motif : Motif

    Returns
    -------
    ndarray of bool, shape (genes, length - len(motif) + 1)
    """
    width = codes.shape[1] - len(motif) + 1
    allowed = np.zeros((len(motif), len(CODE_LETTERS)), dtype=bool)
    allowed[:, : len(BASES)] = motif.allowed
    found = allowed[0][codes[:, :width]]
    for step in range(1, len(motif)):
        found &= allowed[step][codes[:, step : step + width]]
    return found


def motif_effects(codes: NDArray[np.uint8], upstream: int) -> NDArray[np.float64]:
    """Sum what the motifs of each window add to log10 expression, interaction included.

    Parameters
    ----------
    codes : ndarray of uint8, shape (genes, length)
        Windows in the direction of the gene.
    upstream : int
        Window index of the TSS.

    Returns
    -------
    ndarray of float64, shape (genes, 8 populations)
    """
    total = np.zeros((len(codes), len(POPULATIONS)))
    present: dict[str, NDArray[np.bool_]] = {}
    for motif in MOTIFS:
        found = find_motif(codes, motif)
        offsets = np.arange(found.shape[1], dtype=np.int64) - upstream
        strength = (found * motif.zone.strength(offsets)).sum(axis=1)
        total += strength[:, None] * motif.population_effects
        present[motif.name] = strength > 0
    total += PARTNER_BONUS * (present[PARTNERS[0]] & present[PARTNERS[1]])[:, None]
    return total

"""Windows of random sequence in which the motifs stand where they were planted, and nowhere else."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.demo.grammar import DISTAL_ZONE, MOTIFS, Motif, find_motif
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, CODE_WEIGHTS

#: Share of A, C, G, T in the background, in percent, before the loss of CpG: rich in A and T.
BACKGROUND_PERCENT: Final = (43, 7, 7, 43)
#: Share of the background's CpG that is lost, in percent.
CPG_LOST_PERCENT: Final = 90
#: Bases left between two planted motifs, so that a chance motif across them can be broken.
SPACER: Final = 2
#: Length of a distal cCRE: all distal motifs of a gene stand inside one.
DISTAL_LENGTH: Final = 130
#: Where motifs stand without effect, as most do in a real genome, and the share of genes in which
#: each of them does so: what a motif is worth cannot be told from its presence alone.
DECOY_ZONES: Final = ((-440, -190), (200, 390))
DECOY_FREQUENCY: Final = 0.2

_ATTEMPTS: Final = 1000
_ROUNDS: Final = 100


def draw_background(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Draw base codes, rich in A and T, in which CpG is rarer still, as outside of CpG islands."""
    # A look-up in 100 equal parts: integers only, hence the same on every machine.
    parts = np.repeat(np.arange(4, dtype=np.uint8), BACKGROUND_PERCENT)
    codes = parts[generator.integers(0, 100, size=shape, dtype=np.uint8)]
    fate = generator.integers(0, 100, size=shape, dtype=np.uint8)[..., :-1]
    cpg = (codes[..., :-1] == BASES.index("C")) & (codes[..., 1:] == BASES.index("G"))
    # Deamination of either strand's C: CG becomes TG or CA.
    codes[..., :-1][cpg & (fate < CPG_LOST_PERCENT // 2)] = BASES.index("T")
    late = (fate >= CPG_LOST_PERCENT // 2) & (fate < CPG_LOST_PERCENT)
    codes[..., 1:][cpg & late] = BASES.index("A")
    return codes


def draw_distal_starts(generator: np.random.Generator, n_genes: int) -> NDArray[np.int64]:
    """Draw the offset from the TSS at which each gene's distal cCRE begins."""
    return generator.integers(DISTAL_ZONE.start, DISTAL_ZONE.end - DISTAL_LENGTH + 1, size=n_genes)


def plant_motifs(
    generator: np.random.Generator,
    windows: NDArray[np.uint8],
    upstream: int,
    distal_starts: NDArray[np.int64],
    can_carry: NDArray[np.bool_],
) -> pd.DataFrame:
    """Write motifs into ``windows`` in place and break every occurrence that was not planted.

    Parameters
    ----------
    generator : numpy Generator
    windows : ndarray of uint8, shape (genes, length)
        Base codes in the direction of the gene.
    upstream : int
        Window index of the TSS.
    distal_starts : ndarray of int, shape (genes,)
        Offset from the TSS of the first base of each gene's distal cCRE.
    can_carry : ndarray of bool, shape (genes,)
        Genes that may carry motifs.

    Returns
    -------
    DataFrame
        One row per planted motif: ``gene`` (row), ``motif`` (number), ``index`` (window index of
        its first base), ``active`` (stands in its zone; the others are decoys).
    """
    rows = []
    carried = generator.random((2, len(windows), len(MOTIFS)))
    for gene in np.flatnonzero(can_carry):
        taken: list[tuple[int, int]] = []
        for number, motif in enumerate(MOTIFS):
            zones = []
            if carried[0, gene, number] < motif.frequency:
                zones.append((*_zone_of(motif, int(distal_starts[gene])), True))
            if carried[1, gene, number] < DECOY_FREQUENCY:
                zones.append((*DECOY_ZONES[generator.integers(0, len(DECOY_ZONES))], False))
            for start, end, active in zones:
                offset = _free_place(generator, start, end - len(motif) + 1, len(motif), taken)
                taken.append((offset, offset + len(motif)))
                rows.append((int(gene), number, upstream + offset, active))
    sites = pd.DataFrame(rows, columns=["gene", "motif", "index", "active"])
    protected = _write_sites(generator, windows, sites)
    _break_chance_motifs(generator, windows, sites, protected)
    return sites


def _zone_of(motif: Motif, distal_start: int) -> tuple[int, int]:
    if motif.zone is DISTAL_ZONE:
        return distal_start, distal_start + DISTAL_LENGTH
    return motif.zone.start, motif.zone.end


def _free_place(
    generator: np.random.Generator, start: int, end: int, length: int, taken: list[tuple[int, int]]
) -> int:
    for _ in range(_ATTEMPTS):
        offset = int(generator.integers(start, end))
        if all(
            offset + length + SPACER <= first or offset >= last + SPACER for first, last in taken
        ):
            return offset
    raise ScxError(
        f"No room for another motif of {length} bp in the zone {start}–{end}; make the zone larger."
    )


def _write_sites(
    generator: np.random.Generator, windows: NDArray[np.uint8], sites: pd.DataFrame
) -> NDArray[np.bool_]:
    protected = np.zeros(windows.shape, dtype=bool)
    for gene, number, index, _ in sites.itertuples(index=False, name=None):
        motif = MOTIFS[number]
        for step, letter in enumerate(motif.consensus):
            choices = np.flatnonzero(CODE_WEIGHTS[CODE_LETTERS.index(letter)])
            windows[gene, index + step] = choices[generator.integers(0, len(choices))]
        protected[gene, index : index + len(motif)] = True
    return protected


def _break_chance_motifs(
    generator: np.random.Generator,
    windows: NDArray[np.uint8],
    sites: pd.DataFrame,
    protected: NDArray[np.bool_],
) -> None:
    # Only genes changed in the last round can hold new chance motifs.
    active = np.arange(len(windows))
    for _ in range(_ROUNDS):
        chance = _chance_motifs(windows, sites, active)
        if not chance:
            return
        for gene, number, index in chance:
            free = index + np.flatnonzero(~protected[gene, index : index + len(MOTIFS[number])])
            place = free[generator.integers(0, len(free))]
            shift = generator.integers(1, len(BASES))
            windows[gene, place] = (windows[gene, place] + shift) % len(BASES)
        active = np.unique([gene for gene, _, _ in chance])
    raise ScxError(
        "The motifs of the demonstration's grammar cannot be kept apart; make them less alike."
    )


def _chance_motifs(
    windows: NDArray[np.uint8], sites: pd.DataFrame, active: NDArray[np.int64]
) -> list[tuple[int, int, int]]:
    chance = []
    for number, motif in enumerate(MOTIFS):
        found = np.zeros(windows.shape, dtype=bool)
        found[active, : windows.shape[1] - len(motif) + 1] = find_motif(windows[active], motif)
        planted = sites[sites["motif"] == number]
        found[planted["gene"], planted["index"]] = False
        chance += [(int(gene), number, int(index)) for gene, index in np.argwhere(found)]
    return chance

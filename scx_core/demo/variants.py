"""Single-letter variants whose true effect is known: causal ones and neutral ones."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.demo.grammar import MOTIFS, POPULATION_NAMES, motif_effects
from scx_core.demo.transcripts import END_MARGIN, SyntheticGene
from scx_core.sequence.alphabet import BASES, COMPLEMENT

#: Share of the variants that break a motif, that make one, and that stand outside every window.
BREAKING_SHARE: Final = 0.30
MAKING_SHARE: Final = 0.05
OUTSIDE_SHARE: Final = 0.05
#: A variant counts as causal from this largest true effect on (log10), in an expressed gene.
CAUSAL_EFFECT: Final = 0.25
#: True log10 counts per 10,000 from which a gene counts as expressed in a population.
EXPRESSED: Final = -1.0

#: Share of the neutral variants that look associated because a causal one is near.
LINKED_SHARE: Final = 0.4


@dataclass(frozen=True)
class Substitution:
    """One letter of one window exchanged.

    Attributes
    ----------
    gene : int
        Row of the windows.
    index : int
        Window index.
    base : int
        Code of the new base, in the direction of the gene.
    """

    gene: int
    index: int
    base: int


def true_effects(
    windows: NDArray[np.uint8], substitutions: list[Substitution], upstream: int
) -> NDArray[np.float64]:
    """Compute the true log10 effect of substitutions, shape (substitutions, 8 populations)."""
    rows = np.array([substitution.gene for substitution in substitutions], dtype=np.int64)
    changed = windows[rows]
    columns = [substitution.index for substitution in substitutions]
    bases = [substitution.base for substitution in substitutions]
    changed[np.arange(len(rows)), columns] = bases
    return motif_effects(changed, upstream) - motif_effects(windows[rows], upstream)


def draw_variants(
    generator: np.random.Generator,
    genes: list[SyntheticGene],
    windows: NDArray[np.uint8],
    sites: pd.DataFrame,
    expression: NDArray[np.float64],
    upstream: int,
    n_variants: int,
) -> pd.DataFrame:
    """Draw the variants inside windows, with their truth.

    Parameters
    ----------
    generator : numpy Generator
    genes : list of SyntheticGene
        Placed genes; only rows in ``sites`` carry variants.
    windows : ndarray of uint8, shape (genes, length)
    sites : DataFrame
        Planted motifs (see ``plant_motifs``).
    expression : ndarray, shape (genes, 8)
        True log10 expression.
    upstream, n_variants : int

    Returns
    -------
    DataFrame
        ``chromosome, position`` (1-based), ``reference, alternative`` (plus strand), ``p_value``,
        ``gene_id, gene_name, kind`` ("causal"/"neutral"), ``change`` ("breaks"/"makes"/"none"),
        ``motif, window_index`` and one column of true log10 effect per population.
    """
    n_breaking = round(BREAKING_SHARE * n_variants)
    n_making = round(MAKING_SHARE * n_variants)
    n_inside = n_variants - round(OUTSIDE_SHARE * n_variants)
    candidates = {
        "breaks": _draw_breaking(generator, windows, sites, 6 * n_breaking),
        "makes": _draw_making(generator, windows, sites),
        "none": _draw_neutral(generator, windows, sites, 3 * n_inside),
    }
    used: set[tuple[int, int]] = set()
    rows: list[dict[str, object]] = []
    for change, drawn in candidates.items():
        effects = true_effects(windows, [substitution for substitution, _ in drawn], upstream)
        # Where genes are too few for the causal ones wanted, neutral ones fill up.
        wanted = {"breaks": n_breaking, "makes": n_making, "none": n_inside - len(rows)}[change]
        kept = _choose(drawn, effects, expression, change != "none", used)[:wanted]
        for row in kept:
            substitution, motif = drawn[row]
            reference = int(windows[substitution.gene, substitution.index])
            place = _place(genes[substitution.gene], substitution, reference, upstream)
            rows.append(place | {"change": change, "motif": motif} | _by_population(effects[row]))
    table = pd.DataFrame(rows)
    causal = table["change"] != "none"
    table["kind"] = np.where(causal, "causal", "neutral")
    table["p_value"] = _draw_p_values(generator, causal.to_numpy())
    return table


def draw_outside(
    generator: np.random.Generator, chromosomes: dict[str, NDArray[np.uint8]], n_variants: int
) -> pd.DataFrame:
    """Draw neutral variants near the ends of chromosomes, which no window reaches.

    Parameters
    ----------
    generator : numpy Generator
    chromosomes : dict of str to ndarray of uint8
        Base codes of the plus strand.
    n_variants : int
        Of the whole list; ``OUTSIDE_SHARE`` of them are drawn here.
    """
    names = [name for name in chromosomes if name not in ("chrM", "chrY")]
    rows = []
    for number in range(round(OUTSIDE_SHARE * n_variants)):
        name = names[number % len(names)]
        index = len(chromosomes[name]) - END_MARGIN + 5 + 3 * (number // len(names))
        reference = int(chromosomes[name][index])
        alternative = _other_base(generator, reference)
        rows.append((name, index + 1, BASES[reference], BASES[alternative], "neutral", "none"))
    columns = ["chromosome", "position", "reference", "alternative", "kind", "change"]
    table = pd.DataFrame(rows, columns=columns).assign(gene_id="", gene_name="", motif="")
    table["p_value"] = _draw_p_values(generator, np.zeros(len(table), dtype=bool))
    return table.assign(**_by_population(np.zeros(len(POPULATION_NAMES))))


def _draw_breaking(
    generator: np.random.Generator, windows: NDArray[np.uint8], sites: pd.DataFrame, number: int
) -> list[tuple[Substitution, str]]:
    drawn = []
    active = sites.loc[sites["active"], ["gene", "motif", "index"]].to_numpy()
    for row in generator.permutation(len(active))[:number]:
        gene, motif, start = (int(value) for value in active[row])
        index = start + int(generator.integers(0, len(MOTIFS[motif])))
        base = _other_base(generator, int(windows[gene, index]))
        drawn.append((Substitution(gene, index, base), MOTIFS[motif].name))
    return drawn


def _draw_making(
    generator: np.random.Generator, windows: NDArray[np.uint8], sites: pd.DataFrame
) -> list[tuple[Substitution, str]]:
    """Find places in which one letter is all that a motif lacks, in a random order."""
    carriers = np.unique(sites["gene"])
    planted = np.zeros(windows.shape, dtype=bool)
    for gene, number, start, _ in sites.itertuples(index=False, name=None):
        planted[gene, start : start + len(MOTIFS[number])] = True
    found = []
    for motif in MOTIFS:
        width = windows.shape[1] - len(motif) + 1
        steps = range(len(motif))
        matches = np.stack(
            [motif.allowed[step][windows[carriers, step : step + width]] for step in steps]
        )
        for row, start in np.argwhere(matches.sum(axis=0) == len(motif) - 1):
            step = int(np.argmin(matches[:, row, start]))
            gene, index = int(carriers[row]), int(start) + step
            # A letter of a planted motif would break that one too.
            if not planted[gene, index]:
                base = int(np.flatnonzero(motif.allowed[step])[0])
                found.append((Substitution(gene, index, base), motif.name))
    return [found[number] for number in generator.permutation(len(found))]


def _draw_neutral(
    generator: np.random.Generator, windows: NDArray[np.uint8], sites: pd.DataFrame, number: int
) -> list[tuple[Substitution, str]]:
    carriers = np.unique(sites["gene"])
    drawn = []
    for _ in range(number):
        gene = int(carriers[generator.integers(0, len(carriers))])
        index = int(generator.integers(0, windows.shape[1]))
        base = _other_base(generator, int(windows[gene, index]))
        drawn.append((Substitution(gene, index, base), ""))
    return drawn


def _other_base(generator: np.random.Generator, base: int) -> int:
    return (base + int(generator.integers(1, len(BASES)))) % len(BASES)


def _choose(
    candidates: list[tuple[Substitution, str]],
    effects: NDArray[np.float64],
    expression: NDArray[np.float64],
    causal: bool,
    used: set[tuple[int, int]],
) -> list[int]:
    """Keep candidates in expressed genes that are causal or wholly neutral, each place once."""
    rows = []
    for row, (substitution, _) in enumerate(candidates):
        place = (substitution.gene, substitution.index)
        heard = expression[substitution.gene] >= EXPRESSED
        size = np.abs(effects[row])
        fits = size[heard].max(initial=0.0) >= CAUSAL_EFFECT if causal else size.max() == 0
        if heard.any() and fits and place not in used:
            used.add(place)
            rows.append(row)
    return rows


def _place(
    gene: SyntheticGene, substitution: Substitution, reference: int, upstream: int
) -> dict[str, object]:
    offset = substitution.index - upstream
    start, _ = gene.to_genome(offset, offset + 1)
    letters = [reference, substitution.base]
    if gene.strand == "-":
        letters = [int(COMPLEMENT[code]) for code in letters]
    return {
        "chromosome": gene.chromosome,
        "position": start + 1,
        "reference": BASES[letters[0]],
        "alternative": BASES[letters[1]],
        "gene_id": gene.gene_id,
        "gene_name": gene.gene_name,
        "window_index": substitution.index,
    }


def _by_population(effects: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(POPULATION_NAMES, effects.tolist(), strict=True))


def _draw_p_values(
    generator: np.random.Generator, causal: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Draw association p-values: neutral variants in linkage can look as strong as causal ones."""
    strong = generator.uniform(7.5, 20, size=len(causal))
    linked = generator.uniform(4, 12, size=len(causal))
    weak = generator.uniform(0, 4, size=len(causal))
    is_linked = generator.random(len(causal)) < LINKED_SHARE
    return 10 ** -np.where(causal, strong, np.where(is_linked, linked, weak))

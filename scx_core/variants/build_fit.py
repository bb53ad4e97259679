"""Comparing the alleles of a list with the letters of a genome build."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest

from scx_core.sequence.alphabet import BASES
from scx_core.sequence.chromosomes import match_names
from scx_core.variants.alleles import are_ordered
from scx_core.variants.genome import Letters
from scx_core.variants.liftover import Chain, lift

Strand = Literal["forward", "flipped", "both"]
Mask = NDArray[np.bool_]

REFERENCE: Final = "reference allele"
EITHER: Final = "either allele"
LONE: Final = "effect allele or its transition"
#: Chance of calling a random list fitting.
ALPHA: Final = 1e-3
#: Chance of taking a list on another build for one whose reference and alternative are exchanged,
#: once its references are known not to be those of the genome.
_ALPHA_EXCHANGED: Final = 0.05

#: Share of rows that match on the right build; a few differ between patches and projects.
_FITTING: Final = 0.9
#: The same of a lone effect allele: about two of three substitutions are transitions.
_FITTING_LONE: Final = 0.6
#: Letters are not drawn evenly: less than this above chance says nothing, whatever its p-value.
_MARGIN: Final = 0.1
_TRANSITION: Final = [BASES.index(base) for base in "GTAC"]
_PLAIN: Final = (REFERENCE, "forward")
_STRANDS: Final[tuple[Strand, ...]] = ("forward", "flipped", "both")


@dataclass(frozen=True)
class Fit:
    """How well a list's alleles match the genome, taken in one way.

    Attributes
    ----------
    build : str
        Build that the list would be on.
    chain : Chain or None
        What its positions were moved by; None: taken as they are.
    compared : str
        ``"reference allele"``, ``"either allele"`` (of two of which none is stated to be the
        reference, or of reference and alternative) or ``"effect allele or its transition"`` (A/G
        or C/T; no other allele is given, and an effect allele is the genome's letter too seldom).
    strand : {"forward", "flipped", "both"}
        How the alleles are read; ``"both"`` counts only rows that this does not make match anyway.
    n, matches : int
        Rows with a known letter of the genome, and those that match it.
    chance : float
        Share that would match by chance, from the composition of alleles and genome.
    """

    build: str
    chain: Chain | None
    compared: str
    strand: Strand
    n: int
    matches: int
    chance: float

    @property
    def rate(self) -> float:
        """Share of rows that match; NaN without any."""
        return self.matches / self.n if self.n else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the rate (Wilson)."""
        if not self.n:
            return 0.0, 1.0
        found = binomtest(self.matches, self.n).proportion_ci(method="wilson")
        return float(found.low), float(found.high)

    @property
    def excludes(self) -> bool:
        """Whether the list is not on this build, as far as this comparison goes."""
        least = _FITTING_LONE if self.compared == LONE else _FITTING
        return self.chance**self.n < ALPHA and self.interval[1] < least

    @property
    def is_above_chance(self) -> bool:
        """Whether more rows match than those of another build would."""
        if not self.n or self.rate < self.chance + _MARGIN:
            return False
        return binomtest(self.matches, self.n, self.chance, "greater").pvalue < ALPHA

    @property
    def may_fit(self) -> bool:
        """Whether so many rows have one of two alleles right as on this build.

        By chance, 1 of 20 lists would. Letters are taken to be equally frequent: of few rows, all
        may be of one kind, of which the composition of the genome at them says nothing.
        """
        if self.compared != EITHER or not self.n or self.rate < _FITTING:
            return False
        return binomtest(self.matches, self.n, 0.5, "greater").pvalue < _ALPHA_EXCHANGED

    @property
    def fits(self) -> bool:
        """Whether the list is on this build, as far as this comparison goes."""
        least = _FITTING_LONE if self.compared == LONE else _FITTING
        return self.is_above_chance and self.rate >= least

    def __str__(self) -> str:
        low, high = self.interval
        reading = {"forward": "", "flipped": ", strand flipped", "both": ", on either strand"}
        return (
            f"{self.matches:,} of {self.n:,} match by {self.compared}{reading[self.strand]} "
            f"({self.rate:.1%}, 95 % interval {low:.1%} to {high:.1%}; by chance {self.chance:.0%})"
        )


@dataclass(frozen=True)
class Candidate:
    """A list on one build, compared with the genome row by row.

    ``known``: the genome's letter is one of ACGT; ``matches``: it is one of the letters that the
    row allows, read forward; ``chance`` of that, row by row.
    """

    build: str
    chain: Chain | None
    fits: tuple[Fit, ...]
    known: Mask
    matches: Mask
    chance: NDArray[np.float64]

    @property
    def best(self) -> Fit | None:
        """The first comparison that fits, the plainest first."""
        return next((fit for fit in self.fits if fit.fits), None)

    @property
    def is_above_chance(self) -> bool:
        """Whether some rows are on this build, by what they say read forward."""
        return any(fit.is_above_chance for fit in self._forward())

    @property
    def is_contradicted(self) -> bool:
        """Whether the genome has either allele of the rows, but not the one called the reference."""
        return _is_contradicted(self.fits)

    @property
    def is_excluded(self) -> bool:
        """Whether the list is not on this build, whichever allele is the reference."""
        return any(fit.excludes for fit in self._forward())

    @property
    def plain(self) -> Fit | None:
        """The forward comparison with most rows."""
        return max(self._forward(), key=lambda fit: fit.n, default=None)

    def _forward(self) -> list[Fit]:
        """Comparisons on the plus strand; by the reference only where its order may be believed."""
        ignored = {REFERENCE} if self.is_contradicted else set()
        return [fit for fit in self.fits if fit.strand == "forward" and fit.compared not in ignored]


def _is_contradicted(fits: Sequence[Fit]) -> bool:
    reference = [fit for fit in fits if (fit.compared, fit.strand) == _PLAIN]
    return any(fit.excludes for fit in reference) and any(
        fit.may_fit for fit in fits if fit.strand != "both"
    )


def compare(letters: Letters, sample: pd.DataFrame, build: str, chain: Chain | None) -> Candidate:
    """Compare a list with the genome in each way, as if it were on one build.

    Parameters
    ----------
    letters : Letters
        Of the dataset's genome.
    sample : DataFrame
        Alleles with positions and without reasons.
    build : str
        Build that the list would be on.
    chain : Chain or None
        What leads from it to the dataset's build, if that is another.
    """
    if chain is not None:
        sample = lift(sample, chain)
    genome = genome_letters(letters, sample)
    known = genome < len(BASES)
    claims = _claims(sample)
    fits = tuple(
        fit
        for strand in _STRANDS
        for compared in (REFERENCE, EITHER, LONE)
        if (fit := _fit(genome, known, claims[compared], build, chain, compared, strand)).n
    )
    allowed = np.zeros((len(sample), len(BASES)), dtype=bool)
    # Of a row, what says most about its letter counts.
    last = (REFERENCE, EITHER) if _is_contradicted(fits) else (EITHER, REFERENCE)
    for compared in (LONE, *last):
        given = _is_given(claims[compared])
        allowed[given] = claims[compared][given]
    known &= _is_given(allowed)
    matches = np.zeros(len(sample), dtype=bool)
    matches[known] = allowed[np.flatnonzero(known), genome[known]]
    return Candidate(build, chain, fits, known, matches, allowed @ _composition(genome[known]))


def genome_letters(letters: Letters, sample: pd.DataFrame) -> NDArray[np.int64]:
    """Give the code of the genome's letter at each row; beyond those of ACGT where not known."""
    names = match_names(sample["chromosome"].astype(str).unique(), letters.chromosomes)
    chromosomes = sample["chromosome"].map(names)
    placed = (chromosomes.notna() & sample["position"].notna()).to_numpy()
    positions = sample["position"][placed].to_numpy(np.int64) - 1
    genome = np.full(len(sample), len(BASES), np.int64)
    genome[placed] = letters.at_many(chromosomes[placed].to_numpy(object), positions)
    return genome


def _claims(sample: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Letters that each row allows, shape (rows, 4), by what is compared; none: not compared."""
    reference, alternative, effect, other = (
        _letters_of(sample[name])
        for name in ("reference", "alternative", "effect_allele", "other_allele")
    )
    has_pair = _is_given(reference) & _is_given(alternative)
    has_effects = _is_given(effect) & _is_given(other)
    stated = are_ordered(sample)
    pair = (reference | alternative) & has_pair[:, None]
    bare = ~_is_given(reference) & ~_is_given(alternative)
    pair |= (effect | other) & (has_effects & bare)[:, None]
    # Where nobody states the reference (summary statistics), it is no claim.
    first = _letters_of(sample["reference"].str[:1]) & stated[:, None]
    referenceless = (sample["reference"] == "").to_numpy()
    alone = referenceless & ~_is_given(other) & ~_is_given(pair)
    with_transition = effect | effect[:, _TRANSITION]
    return {REFERENCE: first, EITHER: pair, LONE: with_transition & alone[:, None]}


def _is_given(letters: NDArray[np.bool_]) -> Mask:
    return np.asarray(letters.any(axis=1))


def _letters_of(alleles: pd.Series) -> NDArray[np.bool_]:
    """Single letters as rows of (rows, 4), in ACGT order; what is none allows none."""
    codes = alleles.map({base: code for code, base in enumerate(BASES)}).fillna(-1)
    return np.equal.outer(codes.to_numpy(np.int64), np.arange(len(BASES)))


def _composition(genome: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.bincount(genome, minlength=len(BASES))[: len(BASES)] / max(len(genome), 1)


def _fit(
    genome: NDArray[np.int64],
    known: Mask,
    allowed: NDArray[np.bool_],
    build: str,
    chain: Chain | None,
    compared: str,
    strand: Strand,
) -> Fit:
    flipped = allowed[:, ::-1]  # complements stand in reverse in ACGT
    if strand != "forward":
        allowed = flipped if strand == "flipped" else allowed | flipped
    rows = known & _is_given(allowed) & ~allowed.all(axis=1)
    allowed, letters = allowed[rows], genome[rows]
    n = len(letters)
    matches = int(allowed[np.arange(n), letters].sum())
    shares = allowed.mean(axis=0) if n else np.zeros(len(BASES))
    chance = max(float(shares @ _composition(letters)), float(shares.mean()))
    return Fit(build, chain, compared, strand, n, matches, min(chance, 1.0))

"""Which genome build a list is on: its alleles against the letters of the dataset's genome.

On its own build, one of the two alleles of nearly every row is the genome's letter. Positions of
another build meet letters by chance: one given allele fits at about 1/4 of them, one of two at 1/2.
Where the genome has either allele, but often not the one called the reference, the list is on this
build and its order is wrong: see `scx_core.variants.allele_meaning`.
Of a lone effect allele, as in the GWAS catalogue, the genome has the letter or that of the
transition (A/G, C/T) in about 3/4 of the rows on its own build, and in 1/2 on another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from scx_core.errors import counted
from scx_core.variants.alleles import ALLELE_COLUMNS
from scx_core.variants.build_fit import ALPHA, REFERENCE, Candidate, Fit, Strand, compare
from scx_core.variants.genome import Letters, canonical_build
from scx_core.variants.liftover import Chain, missing_chain

Kind = Literal["same", "lifted", "mixed", "partly", "another", "too few"]

_MOST_ROWS: Final = 20_000
#: Of rows that do not fit as they are, this much more than chance must fit after lifting.
_MIXED_MARGIN: Final = 0.25
_HUMAN: Final = ("hg19", "hg38")


@dataclass(frozen=True)
class BuildReport:
    """Which genome build a list is on.

    Attributes
    ----------
    kind : {"same", "lifted", "mixed", "partly", "another", "too few"}
        On the dataset's build; on it after lifting; some rows so and some so; only part of the
        rows fit, and no registered chain explains the others; on none that is known here.
    verdict : str
        In a few words, such as ``"lifted from hg19 fits"``.
    sentences : tuple of str
        What was found, what contradicts it, and what to do.
    build : str
        Build of the list, ``""`` if it is not known.
    chain : Chain or None
        What to lift the list by; None if nothing is to be lifted.
    strand : {"forward", "flipped", "both"}
        On which strand the alleles of a list that fits are; ``"both"`` is row by row.
    fits : tuple of Fit
        All comparisons: as is first, then by each chain.
    """

    kind: Kind
    verdict: str
    sentences: tuple[str, ...]
    build: str
    chain: Chain | None
    strand: Strand
    fits: tuple[Fit, ...]

    @property
    def table(self) -> pd.DataFrame:
        """One row per comparison: ``build, lifted_from, compared, strand, n, matches, rate, low, high, chance``."""
        records = [
            {
                "build": fit.build,
                "lifted_from": fit.chain.source if fit.chain else "",
                "compared": fit.compared,
                "strand": fit.strand,
                "n": fit.n,
                "matches": fit.matches,
                "rate": fit.rate,
                "low": fit.interval[0],
                "high": fit.interval[1],
                "chance": fit.chance,
            }
            for fit in self.fits
        ]
        return pd.DataFrame(records)


def detect_build(
    letters: Letters, alleles: pd.DataFrame, stated: str = "", liftovers: Sequence[Chain] = ()
) -> BuildReport:
    """Tell whether a list is on the dataset's build, or on one from which a chain leads to it.

    Parameters
    ----------
    letters : Letters
        Of the dataset's genome. Rows whose letter is not known do not count.
    alleles : DataFrame
        As in `scx_core.variants.placing.place_alleles`. Of more than 20,000 usable rows, so many
        are drawn at random (always the same ones).
    stated : str
        Build as the list states it, ``""`` if it does not.
    liftovers : sequence of Chain
        Those that lead to the dataset's build; others are left out.

    Returns
    -------
    BuildReport
    """
    target = canonical_build(letters.assembly)
    chains = [chain for chain in liftovers if chain.target == target]
    sample = draw_rows(alleles)
    as_is = compare(letters, sample, target, None)
    lifted = [compare(letters, sample, chain.source, chain) for chain in chains]
    fits = tuple(fit for candidate in (as_is, *lifted) for fit in candidate.fits)
    kind, chosen, other = _decide(as_is, lifted)
    stated_build = canonical_build(stated)
    build, chain = (chosen.build, chosen.chain) if chosen else ("", None)
    if kind == "too few":
        build = stated_build
        chain = next((chain for chain in chains if chain.source == stated_build), None)
    sentences = [_describe(kind, as_is, lifted, chosen, other)]
    if chosen is not None and chosen.best is not None:
        sentences += _remarks(chosen.best)
    if stated_build and stated_build != (build or target):
        against = f"its alleles fit {build}" if build else f"the dataset is on {target}"
        sentences.append(f"The list says it is on {stated_build}, but {against}.")
    sentences += _missing(kind, stated_build, target, chains)
    return BuildReport(
        kind, _verdict(kind, as_is, chosen, other), tuple(sentences), build, chain,
        chosen.best.strand if chosen is not None and chosen.best is not None else "forward", fits,
    )  # fmt: skip


def draw_rows(alleles: pd.DataFrame) -> pd.DataFrame:
    """Take rows that can be compared with the genome, no more than 20,000, each variant once."""
    usable = alleles[(alleles["reason"] == "") & alleles["position"].notna()]
    # What was reported twice, as in a catalogue, is evidence once.
    usable = usable.drop_duplicates(["chromosome", "position", *ALLELE_COLUMNS])
    if len(usable) <= _MOST_ROWS:
        return usable.reset_index(drop=True)
    rows = np.random.default_rng(0).choice(len(usable), _MOST_ROWS, replace=False)
    return usable.iloc[np.sort(rows)].reset_index(drop=True)


def _decide(
    as_is: Candidate, lifted: Sequence[Candidate]
) -> tuple[Kind, Candidate | None, Candidate | None]:
    """Choose the build; the third is the build of the other rows of a mixture."""
    candidates = [as_is, *lifted]
    fitting = [candidate for candidate in candidates if candidate.best is not None]
    if not fitting:
        above = [candidate for candidate in candidates if candidate.is_above_chance]
        for candidate in sorted(above, key=lambda c: -c.matches.sum()):
            if (other := _explains(candidate, candidates)) is not None:
                return "mixed", candidate, other
        if above:
            return "partly", None, None
        return ("another" if as_is.is_excluded else "too few"), None, None
    chosen = fitting[0] if fitting[0] is as_is else max(fitting, key=_rate)
    other = _explains(chosen, candidates)
    if other is not None:
        return "mixed", chosen, other
    return ("same" if chosen is as_is else "lifted"), chosen, None


def _rate(candidate: Candidate) -> float:
    return candidate.best.rate if candidate.best else 0.0


def _explains(chosen: Candidate, candidates: Sequence[Candidate]) -> Candidate | None:
    """Find the build of rows that do not fit the chosen one."""
    for candidate in candidates:
        if candidate is chosen:
            continue
        rows = chosen.known & candidate.known & ~chosen.matches
        n = int(rows.sum())
        if not n:
            continue
        chance = min(float(candidate.chance[rows].mean()), 1.0)
        matches = int(candidate.matches[rows].sum())
        is_more = matches / n >= chance + _MIXED_MARGIN
        if is_more and binomtest(matches, n, chance, "greater").pvalue < ALPHA:
            return candidate
    return None


def _verdict(
    kind: Kind, as_is: Candidate, chosen: Candidate | None, other: Candidate | None
) -> str:
    if kind == "too few":
        n = as_is.plain.n if as_is.plain else 0
        return f"too few positions to tell (n = {n})"
    if kind == "mixed" and chosen and other:
        return f"mixed builds: some rows fit {chosen.build}, others {other.build}"
    if kind == "partly":
        return "only part of the rows fit"
    if kind == "lifted" and chosen:
        return f"lifted from {chosen.build} fits"
    return "same build" if kind == "same" else f"another build: not {as_is.build}"


def _describe(
    kind: Kind,
    as_is: Candidate,
    lifted: Sequence[Candidate],
    chosen: Candidate | None,
    other: Candidate | None,
) -> str:
    """Say in one sentence what was found."""
    here, shown = as_is.build, chosen.best or chosen.plain if chosen else as_is.plain
    if kind == "same":
        return f"Build {here} fits ({_share(shown)})."
    if kind == "lifted" and chosen:
        return (
            f"The list is on {chosen.build}; lifted to {here}, {shown}, and as it is, "
            f"{_told(as_is.plain)}."
        )
    if kind == "mixed" and chosen and other:
        rows = int((other.known & other.matches & chosen.known & ~chosen.matches).sum())
        return (
            f"The list mixes genome builds: on {chosen.build}, {shown}, and {rows:,} of the others "
            f"match only on {other.build}; split it by build."
        )
    tried = "".join(
        f", and after lifting from {candidate.build}, {_told(candidate.plain)}"
        for candidate in lifted
    )
    if kind == "partly":
        return (
            f"Only part of the list fits {here}: as it is, {shown}{tried}; look whether the alleles "
            "are those of the plus strand, and the rows of one build."
        )
    if kind == "another":
        return f"The list is not on {here}: as it is, {shown}{tried}."
    n = shown.n if shown else 0
    if shown and n == 1:
        what = "reference base" if shown.compared == REFERENCE else "allele"
        agrees = "agrees with" if shown.matches else "differs from"
        return (
            f"Your {what} {agrees} {here} here. With one variant the build cannot be checked: "
            "please confirm it."
        )
    seen = f" ({shown})" if shown else ""
    return (
        f"The genome's letter is known at {counted(n, 'usable position')} of the list{seen}: too few "
        f"to tell whether it is on {here}."
    )


def _share(fit: Fit | None) -> str:
    """Say how many alleles agree, and what a wrong build would give."""
    if fit is None:
        return "no allele could be compared"
    wrong = "about half" if 0.45 <= fit.chance <= 0.55 else f"about {fit.chance:.0%}"
    strand = {"forward": "", "flipped": ", strand flipped", "both": ", on either strand"}
    agree = f"{fit.matches:,} of {counted(fit.n, 'allele')} agree{strand[fit.strand]}"
    return f"{agree}; a wrong build gives {wrong}"


def _told(fit: Fit | None) -> str:
    """Say how well a list fits; also where no row could be compared."""
    if fit is None:
        return "no row has a position at which the genome's letter is known"
    return str(fit)


def _remarks(best: Fit) -> list[str]:
    """Say on which strand the alleles of a list that fits are, unless it is the plus strand."""
    if best.strand == "flipped":
        return ["Its alleles are those of the other strand, and are turned."]
    if best.strand == "both":
        return [
            "Its alleles are on either strand: they are turned row by row, and for A/T and C/G the "
            "strand cannot be told."
        ]
    return []


def _missing(kind: Kind, stated: str, target: str, chains: Sequence[Chain]) -> list[str]:
    """Name the chain file that might help."""
    registered = {target, *(chain.source for chain in chains)}
    if kind in ("same", "lifted", "mixed") or (kind == "too few" and stated in ("", *registered)):
        return []
    if stated and stated not in registered:
        return [missing_chain(stated, target)]
    guesses = [build for build in _HUMAN if build not in registered] if target in _HUMAN else []
    return [f"It may be on {build}. {missing_chain(build, target)}" for build in guesses]

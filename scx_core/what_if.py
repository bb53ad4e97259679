"""What if a gene began elsewhere, lived longer, or had other letters: changed inputs, same models.

A scenario is what the models are shown of one gene. It is predicted and mutated by the models of
the gene's own test fold, which never saw the gene.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import network_half_life
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted
from scx_core.feature_words import FEATURE_WORDS, raw_half_life, shown_feature
from scx_core.mutagenesis import (
    Effects,
    Surroundings,
    haplotype,
    saturation_mutagenesis,
    spread_over_runs,
)
from scx_core.progress import Progress, no_progress
from scx_core.sequence.alphabet import UNKNOWN, decode, encode, reverse_complement
from scx_core.sequence.chromosomes import same_chromosome
from scx_core.sequence.interval import Interval
from scx_core.sequence.windows import index_to_position, position_to_index, window_interval
from scx_core.variants.altered import alteration_on_gene
from scx_core.variants.genome import Letters
from scx_core.variants.variant import Variant

Codes = NDArray[np.uint8]
#: What pasted sequence may hold beside letters: line numbers, as in GenBank, and gaps.
_BETWEEN_LETTERS: Final = re.compile(r"[\s\d]+")


@dataclass(frozen=True)
class Scenario:
    """What the models are shown of one gene.

    Attributes
    ----------
    gene_id, chromosome, strand : str
    tss : int
        1-based.
    upstream : int
        Window index of the TSS.
    codes : ndarray of uint8, shape (length,)
        Base codes in the direction of the gene.
    half_life : ndarray of float64, shape (features,)
        As in `Dataset.half_life`, in the model's order; NaN where unknown.
    steps : tuple of str
        What was changed, in order; empty for the gene as it is.
    """

    gene_id: str
    chromosome: str
    strand: str
    tss: int
    upstream: int
    codes: Codes
    half_life: NDArray[np.float64]
    steps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for array in (self.codes, self.half_life):
            array.flags.writeable = False

    @property
    def digest(self) -> str:
        """SHA-256 of what the models are shown."""
        digest = hashlib.sha256(f"{self.gene_id}:{self.tss}".encode())
        digest.update(np.ascontiguousarray(self.codes).tobytes())
        digest.update(np.ascontiguousarray(self.half_life).tobytes())
        return digest.hexdigest()

    @property
    def positions(self) -> NDArray[np.int64]:
        """Positions relative to the TSS."""
        return np.arange(len(self.codes)) - self.upstream

    def letters(self, first: int, last: int) -> str:
        """Letters between two positions relative to the TSS, both included."""
        start = max(first + self.upstream, 0)
        return decode(self.codes[start : last + self.upstream + 1])


def original(dataset: Dataset, model: Ensemble, gene_id: str) -> Scenario:
    """Give the gene as it is in the dataset."""
    gene = dataset.genes.loc[gene_id]
    row = dataset.row_of(gene_id)
    features = list(model.config.half_life)
    return Scenario(
        gene_id=gene_id,
        chromosome=str(gene["chromosome"]),
        strand=str(gene["strand"]),
        tss=int(dataset.genes["tss"].iloc[row]),
        upstream=dataset.upstream,
        codes=np.array(dataset.windows[row]),
        half_life=dataset.half_life[features].to_numpy(np.float64)[row],
    )


def transcripts_of(dataset: Dataset, gene_id: str) -> pd.DataFrame:
    """List the transcripts of a gene, the chosen one first, then by TSS in the gene's direction."""
    table = dataset.transcripts
    own = table[table["gene_id"] == gene_id]
    forward = str(dataset.genes.loc[gene_id, "strand"]) == "+"
    own = own.sort_values("tss", ascending=forward, kind="stable")
    return own.sort_values("chosen", ascending=False, kind="stable").reset_index(drop=True)


def start_at(
    scenario: Scenario,
    dataset: Dataset,
    model: Ensemble,
    transcript: Mapping[str, object],
    letters: Letters | None,
) -> Scenario:
    """Move the window to the start of another transcript, with that transcript's half-life features.

    GC contents are known of the chosen transcript alone; of another they are taken as unknown.

    Parameters
    ----------
    scenario : Scenario
    dataset : Dataset
    model : Ensemble
    transcript : mapping
        A row of `transcripts_of`.
    letters : Letters, optional
        Of the genome. Needed where the TSS is another.

    Raises
    ------
    ScxError
        If the letters of the new window are not known.
    """
    name, tss = str(transcript["transcript_id"]), int(str(transcript["tss"]))
    codes, note = scenario.codes, ""
    if tss != scenario.tss:
        if letters is None:
            raise ScxError(
                f"The letters around the start of {name} are not known without the genome; choose "
                "a transcript that starts where the gene does."
            )
        codes = _window_at(scenario, dataset, tss, letters)
        unknown = int((codes == UNKNOWN).sum())
        if unknown == len(codes):
            raise ScxError(
                f"No letter of the window of {name} is known: {letters.source} Give the genome file "
                "back its place, or choose another transcript."
            )
        note = f", {unknown:,} of {len(codes):,} letters not known (N)" if unknown else ""
    features = list(model.config.half_life)
    gene = dataset.half_life[features].iloc[dataset.row_of(scenario.gene_id)]
    own = network_half_life(pd.DataFrame([dict(transcript)]), dataset.half_life_scale)
    known = own.reindex(columns=features).iloc[0]
    if bool(transcript["chosen"]):
        known = known.fillna(gene)
    lost = [name for name in features if np.isnan(known[name]) and not np.isnan(gene[name])]
    if lost:
        words = ", ".join(FEATURE_WORDS.get(name, name) for name in lost)
        note += f", {words} not known (mean of the genes)"
    return replace(
        scenario,
        tss=tss,
        codes=np.array(codes),
        half_life=known.to_numpy(np.float64).copy(),
        steps=(*scenario.steps, f"transcript {name}, TSS {tss:,}{note}"),
    )


def _window_at(scenario: Scenario, dataset: Dataset, tss: int, letters: Letters) -> Codes:
    place = window_interval(
        scenario.chromosome, tss, scenario.strand, dataset.upstream, dataset.downstream
    )
    codes = letters.fetch(place)
    return reverse_complement(codes) if scenario.strand == "-" else codes


def set_half_life(
    scenario: Scenario, model: Ensemble, values: Mapping[str, float], scale: str = "log10"
) -> Scenario:
    """Set half-life features.

    Parameters
    ----------
    scenario : Scenario
    model : Ensemble
    values : mapping of str to float
        By feature, as in `Dataset.half_life`; the others stay as they are.
    scale : str
        `Dataset.half_life_scale`, for the words.

    Raises
    ------
    ScxError
        If the model does not read a feature, or a value is not finite.
    """
    features = list(model.config.half_life)
    changed = np.array(scenario.half_life)
    told = []
    for name, value in values.items():
        if name not in features:
            raise ScxError(f"The model {model.name!r} does not read {name!r}; leave it out.")
        if not np.isfinite(value):
            raise ScxError(f"The feature {name!r} must be a number, not {value}.")
        changed[features.index(name)] = value
        shown = shown_feature(raw_half_life(value, name, scale), name, scale)
        told.append(f"{FEATURE_WORDS.get(name, name)} {shown}")
    if not told:
        return scenario
    return replace(scenario, half_life=changed, steps=(*scenario.steps, ", ".join(told)))


def put_sequence(scenario: Scenario, text: str, first: int | None = None) -> Scenario:
    """Put other letters into the window, in place of as many.

    Parameters
    ----------
    scenario : Scenario
    text : str
        Letters of DNA on the gene's strand; a FASTA header, line numbers and white space are left
        out.
    first : int, optional
        Position of the first letter relative to the TSS; needed unless the text is as long as the
        window.

    Raises
    ------
    ScxError
        If the text is not DNA, or does not fit into the window.

    Returns
    -------
    Scenario
        The same one where no letter differs.
    """
    body = "\n".join(line for line in text.splitlines() if not line.startswith(">"))
    letters = _BETWEEN_LETTERS.sub("", body)
    if not letters:
        raise ScxError("The pasted sequence holds no letters; paste DNA, plain or FASTA.")
    new = encode(letters)
    length = len(scenario.codes)
    if len(new) == length:
        start = 0
    elif first is None:
        raise ScxError(
            f"The sequence has {counted(len(new), 'letter')}, the window {length:,}; say where it "
            "goes."
        )
    else:
        start = first + scenario.upstream
    if start < 0 or start + len(new) > length:
        low, high = scenario.positions[[0, -1]]
        raise ScxError(
            f"{counted(len(new), 'letter')} from {_signed(start - scenario.upstream)} reach out of "
            f"the window ({_signed(low)} to {_signed(high)}); paste fewer, or put them elsewhere."
        )
    codes = np.array(scenario.codes)
    differing = np.flatnonzero(codes[start : start + len(new)] != new)
    if not len(differing):
        return scenario
    codes[start : start + len(new)] = new
    low, high = (_signed(start + int(end) - scenario.upstream) for end in differing[[0, -1]])
    where = f"at {low}" if len(differing) == 1 else f"between {low} and {high}"
    step = f"{counted(len(differing), 'letter')} changed {where}"
    return replace(scenario, codes=codes, steps=(*scenario.steps, step))


def _signed(position: int) -> str:
    """Write a position relative to the TSS with its sign; the minus is a real one."""
    return f"{position:+,}".replace("-", "−")


def apply_variant(scenario: Scenario, text: str, letters: Letters | None = None) -> Scenario:
    """Apply a variant, given on the plus strand of the genome.

    Parameters
    ----------
    scenario : Scenario
    text : str
        Such as ``chr22:39570542:A:C``; see `scx_core.variants.variant.Variant.parse`.
    letters : Letters, optional
        Of the genome, for the letters that enter the window after a deletion; N without.

    Raises
    ------
    ScxError
        If the variant cannot be read, lies outside the window, or its reference is not there.
    """
    variant = Variant.parse(text)
    if not same_chromosome(variant.chromosome, scenario.chromosome):
        raise ScxError(
            f"{variant} is not on {scenario.chromosome}, where this gene lies; give a variant in "
            "its window."
        )
    if not variant.alternative or not variant.reference:
        raise ScxError(f"{variant} names no alleles; write it as chr22:39570542:A:C.")
    minus = scenario.strand == "-"
    last = variant.position + len(variant.reference) - 1
    anchor = last if minus else variant.position
    index = int(position_to_index(anchor, scenario.tss, scenario.strand, scenario.upstream))
    span = len(variant.reference)
    if index < 0 or index + span > len(scenario.codes):
        low, high = _ends(scenario)
        raise ScxError(
            f"{variant} lies outside this gene's window, {scenario.chromosome}:{low:,}-{high:,}; "
            "give a variant inside it."
        )
    there = scenario.codes[index : index + span]
    on_plus = decode(reverse_complement(there) if minus else there)
    variant = variant.fill(on_plus) if variant.needs_genome else variant
    if any(
        letter not in (mine, "N") for letter, mine in zip(variant.reference, on_plus, strict=True)
    ):
        raise ScxError(
            f"{variant} says that the reference is {variant.reference[:30]}, but {on_plus[:30]} is "
            "there (plus strand); check the build, or swap the alleles."
        )
    alteration = alteration_on_gene(index, on_plus, variant.alternative, minus)
    width = max(span - len(variant.alternative), 0)
    surroundings = _surroundings(scenario, letters, width)
    window = haplotype(scenario.codes, scenario.upstream, [alteration], surroundings)
    note = ""
    if window.side != "none":
        note = f"; what lies {window.side} of it moved, so that genome positions there are shifted"
        if window.unknown:
            note += f", and {counted(window.unknown, 'letter')} that came in are not known (N)"
    return replace(
        scenario, codes=np.array(window.codes), steps=(*scenario.steps, f"{variant}{note}")
    )


def _ends(scenario: Scenario) -> tuple[int, int]:
    """First and last position of the window on the genome, 1-based."""
    indices = np.array([0, len(scenario.codes) - 1])
    ends = index_to_position(indices, scenario.tss, scenario.strand, scenario.upstream)
    low, high = sorted(np.asarray(ends).tolist())
    return low, high


def _surroundings(scenario: Scenario, letters: Letters | None, width: int) -> Surroundings | None:
    """Letters around the window, as far as a deletion needs them."""
    if letters is None or not width:
        return None
    low, high = _ends(scenario)
    left = letters.fetch(Interval(scenario.chromosome, low - 1 - width, low - 1))
    right = letters.fetch(Interval(scenario.chromosome, high, high + width))
    if scenario.strand == "-":
        left, right = reverse_complement(right), reverse_complement(left)
    return Surroundings(np.concatenate([left, scenario.codes, right]), width)


def predict(
    model: Ensemble, dataset: Dataset, scenario: Scenario, progress: Progress = no_progress
) -> Effects:
    """Predict and mutate a scenario with the models that never saw the gene.

    Parameters
    ----------
    model : Ensemble
    dataset : Dataset
        The one the model was trained on.
    scenario : Scenario
    progress : Progress
        May raise to cancel.

    Raises
    ------
    ScxError
        If the dataset is another, the gene's fold has no models, or the model reads no sequence.
    """
    model.check_dataset(dataset)
    if not model.config.stages:
        raise ScxError(
            f"The model {model.name!r} reads half-life features alone; no letter has an effect. "
            "Choose a model that reads sequence."
        )
    fold = model.fold_of(scenario.gene_id)
    runs = model.load_fold(fold)
    effects, wild_type = saturation_mutagenesis(
        runs, np.array(scenario.codes), np.array(scenario.half_life), progress=progress
    )
    return Effects(
        gene_id=scenario.gene_id,
        chromosome=scenario.chromosome,
        strand=scenario.strand,
        tss=scenario.tss,
        upstream=scenario.upstream,
        codes=np.array(scenario.codes),
        populations=model.populations,
        values=effects.mean(axis=0),
        spread=spread_over_runs(effects),
        wild_type=wild_type.mean(axis=0),
        wild_type_spread=spread_over_runs(wild_type),
        fold=fold,
        n_runs=len(runs),
    )

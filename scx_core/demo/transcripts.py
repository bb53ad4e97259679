"""Invented genes: names, transcripts of realistic lengths, and their places on chromosomes."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

CHROMOSOMES: Final = ("chr1", "chr2", "chr3", "chr4")
MINIMUM_EXON: Final = 45
START_CODON: Final = 3
STOP_CODON: Final = 3
#: Bases after the last window of a chromosome.
END_MARGIN: Final = 200


@dataclass(frozen=True)
class Transcript:
    """One transcript, in offsets from its gene's TSS in the direction of the gene.

    Attributes
    ----------
    transcript_id : str
    exons : tuple of (int, int)
        Half-open, in order of transcription.
    coding : tuple of (int, int) or None
        Spliced positions (half-open, 0 is the first transcribed base) from the start codon to the
        end of the stop codon; None where nothing is translated.
    canonical : bool
        Carries the tag ``Ensembl_canonical``.
    """

    transcript_id: str
    exons: tuple[tuple[int, int], ...]
    coding: tuple[int, int] | None
    canonical: bool

    @property
    def length(self) -> int:
        """Spliced length in bp."""
        return sum(end - start for start, end in self.exons)

    def spliced_to_gene(self, start: int, end: int) -> list[tuple[int, int]]:
        """Pieces, in gene offsets, of the spliced stretch ``[start, end)``."""
        pieces, passed = [], 0
        for exon_start, exon_end in self.exons:
            low = max(start - passed, 0)
            high = min(end - passed, exon_end - exon_start)
            if low < high:
                pieces.append((exon_start + low, exon_start + high))
            passed += exon_end - exon_start
        return pieces


@dataclass(frozen=True)
class SyntheticGene:
    """One invented gene.

    Attributes
    ----------
    gene_id, gene_name, gene_type : str
        The id without version.
    chromosome, strand : str
    tss : int
        First transcribed base of the first transcript, 0-based.
    transcripts : tuple of Transcript
        The one that the grammar speaks of comes first.
    """

    gene_id: str
    gene_name: str
    gene_type: str
    chromosome: str
    strand: str
    tss: int
    transcripts: tuple[Transcript, ...]

    def to_genome(self, start: int, end: int) -> tuple[int, int]:
        """Place a half-open stretch of gene offsets on the genome (0-based, half-open)."""
        if self.strand == "+":
            return self.tss + start, self.tss + end
        return self.tss - end + 1, self.tss - start + 1

    @property
    def extent(self) -> tuple[int, int]:
        """First and last-plus-one offset that any transcript covers."""
        return (
            min(transcript.exons[0][0] for transcript in self.transcripts),
            max(transcript.exons[-1][1] for transcript in self.transcripts),
        )

    @property
    def half_life(self) -> tuple[float, ...]:
        """5'UTR, 3'UTR, ORF and intron length (bp) and exons per 1,000 bp of ORF."""
        transcript = self.transcripts[0]
        if transcript.coding is None:
            return (np.nan,) * 5
        start, end = transcript.coding
        span = transcript.exons[-1][1] - transcript.exons[0][0]
        return (
            float(start),
            float(transcript.length - end),
            float(end - start),
            float(span - transcript.length),
            1000 * len(transcript.exons) / (end - start),
        )


def draw_genes(generator: np.random.Generator, n_genes: int) -> list[SyntheticGene]:
    """Draw the genes, not yet placed: coding ones, then the few that an import leaves out.

    Parameters
    ----------
    generator : numpy Generator
    n_genes : int
        Coding genes on the ordinary chromosomes. Non-coding genes (1 in 100, at least 2) and one
        gene each on chrY and chrM come after them.
    """
    n_noncoding = max(2, n_genes // 100)
    chromosomes = [CHROMOSOMES[number * len(CHROMOSOMES) // n_genes] for number in range(n_genes)]
    genes = [
        _draw_gene(generator, number, f"DEMO{number + 1:04}", "protein_coding", chromosome)
        for number, chromosome in enumerate(chromosomes)
    ]
    for extra in range(n_noncoding):
        name = f"DEMO-LNC{extra + 1:03}"
        chromosome = CHROMOSOMES[extra % len(CHROMOSOMES)]
        genes.append(_draw_gene(generator, n_genes + extra, name, "lncRNA", chromosome))
    for extra, (name, chromosome) in enumerate((("DEMO-Y1", "chrY"), ("DEMO-MT1", "chrM"))):
        number = n_genes + n_noncoding + extra
        genes.append(_draw_gene(generator, number, name, "protein_coding", chromosome))
    return genes


def place_genes(
    generator: np.random.Generator, genes: list[SyntheticGene], upstream: int, downstream: int
) -> tuple[list[SyntheticGene], dict[str, int]]:
    """Lay the genes along their chromosomes so that no window reaches into another gene.

    Returns
    -------
    genes : list of SyntheticGene
        In the order given, with their places.
    lengths : dict of str to int
        Length of each chromosome in bp, in order of first use.
    """
    lengths: dict[str, int] = {}
    placed = []
    for gene in genes:
        before = max(upstream, -gene.extent[0])
        after = max(downstream, gene.extent[1])
        first = lengths.get(gene.chromosome, 0) + int(generator.integers(50, 400))
        strand = "+" if generator.integers(0, 2) == 0 else "-"
        tss = first + before if strand == "+" else first + after - 1
        placed.append(replace(gene, strand=strand, tss=tss))
        lengths[gene.chromosome] = first + before + after
    return placed, {name: length + END_MARGIN for name, length in lengths.items()}


def _draw_gene(
    generator: np.random.Generator, number: int, name: str, gene_type: str, chromosome: str
) -> SyntheticGene:
    coding = gene_type == "protein_coding"
    n_exons = 1 if chromosome == "chrM" else 1 + min(int(generator.geometric(0.2)), 11)
    codons = _draw_length(generator, 300, 0.5, 100, 900)
    utr5 = _draw_length(generator, 120, 0.6, 40, 600)
    utr3 = _draw_length(generator, 500, 0.8, 60, 3000)
    frame = (utr5, utr5 + START_CODON + 3 * codons + STOP_CODON)
    exons = _draw_exons(generator, n_exons, frame[1] + utr3, frame)
    # One gene in 20 has no tag, so that the rule "longest CDS" is seen at work too.
    tagged = generator.integers(0, 20) != 0
    transcript_id = f"SYNT{10 * number + 1:011}"
    first = Transcript(transcript_id, exons, frame if coding else None, bool(tagged))
    transcripts: tuple[Transcript, ...] = (first,)
    if coding and tagged and generator.integers(0, 4) == 0:
        second_id = f"SYNT{10 * number + 2:011}"
        transcripts = (first, _draw_second_transcript(generator, first, second_id))
    gene_id = f"SYNG{number + 1:011}"
    return SyntheticGene(gene_id, name, gene_type, chromosome, "+", 0, transcripts)


def _draw_length(
    generator: np.random.Generator, median: float, spread: float, low: int, high: int
) -> int:
    return int(np.clip(round(median * np.exp(spread * generator.standard_normal())), low, high))


def _draw_exons(
    generator: np.random.Generator, n_exons: int, length: int, frame: tuple[int, int]
) -> tuple[tuple[int, int], ...]:
    cuts = _draw_cuts(generator, n_exons - 1, length, frame)
    exons, position = [], 0
    for start, end in zip([0, *cuts], [*cuts, length], strict=True):
        exons.append((position, position + end - start))
        position += end - start + _draw_length(generator, 350, 0.8, 70, 3000)
    return tuple(exons)


def _draw_cuts(
    generator: np.random.Generator, n_cuts: int, length: int, frame: tuple[int, int]
) -> list[int]:
    """Draw where a spliced transcript is cut; start and stop codon stay whole."""
    cuts: list[int] = []
    for cut in generator.integers(0, length, size=4 * n_cuts):
        whole = not (
            frame[0] < cut < frame[0] + START_CODON or frame[1] - STOP_CODON < cut < frame[1]
        )
        roomy = all(abs(int(cut) - other) >= MINIMUM_EXON for other in [0, length, *cuts])
        if whole and roomy and len(cuts) < n_cuts:
            cuts.append(int(cut))
    return sorted(cuts)


def _draw_second_transcript(
    generator: np.random.Generator, first: Transcript, transcript_id: str
) -> Transcript:
    """Give a gene a second start: upstream of the first, or later in its 5'UTR."""
    exon_start, exon_end = first.exons[0]
    coding_start, coding_end = first.coding or (0, 0)
    room = min(exon_end - exon_start, coding_start) - 10
    if generator.integers(0, 2) == 0:
        shift = -int(generator.integers(30, 150))
    else:
        shift = int(generator.integers(5, max(room, 6)))
    exons = ((exon_start + shift, exon_end), *first.exons[1:])
    return Transcript(transcript_id, exons, (coding_start - shift, coding_end - shift), False)


def half_life_table(genes: list[SyntheticGene]) -> NDArray[np.float64]:
    """Raw half-life features, shape (genes, 5), NaN where nothing is translated."""
    return np.array([gene.half_life for gene in genes])

"""Where the genes of a release lie: the sequences have names only.

Candidates come from a table beside the release and from an annotation; with a genome, the letters of
the window decide among them. A gene without a position that can be trusted stands on a chromosome of
its own, its released sequence.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import Annotation
from scx_core.errors import counted
from scx_core.gene_ids import strip_version
from scx_core.progress import Progress, no_progress
from scx_core.release.layout import GENES, TSS_INDEX
from scx_core.release.places import Place, gene_ids
from scx_core.sequence.alphabet import UNKNOWN
from scx_core.sequence.chromosomes import same_chromosome
from scx_core.sequence.genome import Genome, match_chromosomes
from scx_core.sequence.windows import fetch_window

#: End of the name of a chromosome that is a released sequence.
OWN: Final = "_sequence"
_NOT_PLACED: Final = "not placed: the released sequence itself"


@dataclass(frozen=True)
class Placed:
    """Places of all genes.

    Attributes
    ----------
    genes : DataFrame
        By gene id, in the order of the release: the columns of a gene table up to the features.
    notices : tuple of str
    """

    genes: pd.DataFrame
    notices: tuple[str, ...]


def place_genes(
    names: Sequence[str],
    given: Sequence[Place | None],
    annotation: Annotation | None,
    genome: Genome | None,
    windows: NDArray[np.uint8],
    upstream: int,
    downstream: int,
    progress: Progress = no_progress,
) -> Placed:
    """Find the place of each gene.

    Parameters
    ----------
    names : sequence of str
        As released.
    given : sequence of Place or None
        See `read_places`.
    annotation : Annotation, optional
    genome : Genome, optional
        Then a place counts only if the letters there are those of the window.
    windows : ndarray of uint8, shape (genes, upstream + downstream)
    upstream, downstream : int
    progress : Progress
    """
    own = _as_in_genome((place.chromosome for place in given if place), genome, GENES)
    given = [
        place and replace(place, chromosome=own.get(place.chromosome, place.chromosome))
        for place in given
    ]
    if annotation is not None:
        annotation = _renamed(annotation, genome)
    candidates = _candidates(names, given, annotation, every=genome is not None)
    if genome is not None:
        candidates = _try_each(candidates, genome)
    found: list[Place | None] = []
    counts: Counter[str] = Counter()
    for row, possible in enumerate(candidates):
        if row % 200 == 0:
            progress(row / len(candidates), f"Finding positions: {row:,} of {len(names):,} genes")
        place, outcome = _settle(possible, genome, windows[row], upstream, downstream)
        counts[outcome] += 1
        found.append(place)
    if genome is not None:
        genome.close()
    ids, notices = gene_ids(names)
    return Placed(
        _table(ids, names, found, annotation),
        (*notices, *_told(counts, annotation is not None, genome)),
    )


def _renamed(annotation: Annotation, genome: Genome | None) -> Annotation:
    """Give the chromosomes of an annotation the genome's names."""
    names = _as_in_genome(annotation.genes["chromosome"].astype(str), genome, "annotation")

    def rename(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(chromosome=table["chromosome"].astype(str).replace(names))

    return replace(
        annotation,
        genes=rename(annotation.genes),
        transcripts=rename(annotation.transcripts),
    )


def _candidates(
    names: Sequence[str],
    given: Sequence[Place | None],
    annotation: Annotation | None,
    *,
    every: bool,
) -> list[list[Place]]:
    number_of = Counter(names)
    by_name = {} if annotation is None else _annotated(annotation)
    on = {} if annotation is None else _chromosomes(annotation)
    candidates = []
    for name, place in zip(names, given, strict=True):
        known = by_name.get(name, by_name.get(name.rpartition(".")[0], []))
        possible = [] if place is None else _with_annotation(place, known, on.get(name, ()))
        # Of two genes with one name, only the letters tell which of them lies there.
        if every or (not possible and number_of[name] == 1):
            possible += known if every else [other for other in known if other.chosen]
        candidates.append(possible)
    return candidates


def _with_annotation(place: Place, known: list[Place], chromosomes: Sequence[str]) -> list[Place]:
    """Complete a given place by what the annotation says of the gene: chromosome, transcript."""
    same = [
        replace(other, rule=place.rule, chosen=True)
        for other in known
        if (other.tss, other.strand) == (place.tss, place.strand)
        and (not place.chromosome or same_chromosome(place.chromosome, other.chromosome))
    ]
    if same:
        return same[:1]
    if place.chromosome:
        return [place]
    sure = len(chromosomes) == 1
    return [replace(place, chromosome=chromosome, chosen=sure) for chromosome in chromosomes] or [
        place
    ]


def _chromosomes(annotation: Annotation) -> dict[str, tuple[str, ...]]:
    """Chromosomes of each gene id and symbol."""
    genes = annotation.genes
    found: dict[str, dict[str, None]] = {}
    columns = (genes.index, genes["gene_name"], genes["chromosome"])
    for gene_id, symbol, chromosome in zip(*columns, strict=True):
        for name in (str(gene_id), str(symbol)):
            found.setdefault(name, {})[str(chromosome)] = None
    return {name: tuple(chromosomes) for name, chromosomes in found.items()}


def _annotated(annotation: Annotation) -> dict[str, list[Place]]:
    """Places of each gene id and symbol, the chosen transcript first; symbols of two genes: none."""
    table = annotation.transcripts.sort_values("chosen", ascending=False, kind="stable")
    by_id: dict[str, list[Place]] = {}
    owners: dict[str, set[str]] = {}
    columns = (
        "gene_id", "gene_name", "chromosome", "tss", "strand", "transcript_id", "transcript_rule",
        "n_transcripts", "chosen",
    )  # fmt: skip
    for values in zip(*(table[column] for column in columns), strict=True):
        gene_id, symbol, chromosome, tss, strand, transcript, rule, number, chosen = values
        place = Place(
            str(chromosome), int(tss), str(strand), str(transcript),
            str(rule) if chosen else "letters of the released sequence", int(number), bool(chosen),
        )  # fmt: skip
        by_id.setdefault(str(gene_id), []).append(place)
        owners.setdefault(str(symbol), set()).add(str(gene_id))
    by_symbol = {
        symbol: by_id[next(iter(ids))]
        for symbol, ids in owners.items()
        if len(ids) == 1 and symbol not in by_id
    }
    return {**by_symbol, **by_id}


def _try_each(candidates: list[list[Place]], genome: Genome) -> list[list[Place]]:
    """Try a candidate without a chromosome on each that is long enough."""
    return [
        [
            replace(place, chromosome=chromosome, chosen=place.chosen and bool(place.chromosome))
            for place in possible
            for chromosome in (
                [place.chromosome]
                if place.chromosome
                else [name for name, length in genome.chromosomes.items() if place.tss <= length]
            )
        ]
        for possible in candidates
    ]


def _as_in_genome(names: Iterable[str], genome: Genome | None, file: str) -> dict[str, str]:
    """Genome's name of each chromosome of one file; each file has its own way of naming them."""
    wanted = set(names) - {""}
    return match_chromosomes(wanted, genome, file) if genome is not None and wanted else {}


def _settle(
    possible: list[Place],
    genome: Genome | None,
    window: NDArray[np.uint8],
    upstream: int,
    downstream: int,
) -> tuple[Place | None, str]:
    """Choose among candidates; says how: ``verified, unverified, differs, none``."""
    usable = [place for place in possible if place.chromosome]
    if not usable:
        return None, "none"
    first = usable[0] if usable[0].chosen else None
    if genome is None or not (window != UNKNOWN).any():
        return first, "none" if first is None else "unverified"
    differs = False
    for place in usable:
        if place.chromosome not in genome.chromosomes:
            continue
        there = fetch_window(
            genome, place.chromosome, place.tss, place.strand, upstream, downstream
        )
        both = (there != UNKNOWN) & (window != UNKNOWN)
        if not both.any():
            continue
        if (there == window)[both].all():
            return place, "verified"
        differs = True
    if differs:
        return None, "differs"
    return first, "none" if first is None else "unverified"


def _table(
    ids: Sequence[str],
    names: Sequence[str],
    found: Sequence[Place | None],
    annotation: Annotation | None,
) -> pd.DataFrame:
    symbols = {} if annotation is None else annotation.genes["gene_name"].astype(str).to_dict()
    bare = strip_version(pd.Series(list(names), dtype=object))
    rows = []
    for gene_id, name, stripped, place in zip(ids, names, bare, found, strict=True):
        at = place or Place(f"{gene_id}{OWN}", TSS_INDEX + 1, "+", rule=_NOT_PLACED)
        rows.append(
            {
                "gene_name": symbols.get(str(stripped)) or name, "chromosome": at.chromosome,
                "strand": at.strand, "tss": at.tss, "transcript_id": at.transcript_id,
                "transcript_rule": at.rule, "n_transcripts": at.n_transcripts,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, index=pd.Index(ids, name="gene_id"))


def _told(counts: Counter[str], annotated: bool, genome: Genome | None) -> list[str]:
    told = []
    placed, n_genes = counts["verified"] + counts["unverified"], counts.total()
    if counts["verified"]:
        told.append(
            f"The windows of {counted(counts['verified'], 'gene')} have the letters of the genome at "
            "their positions."
        )
    if counts["unverified"]:
        why = (
            "no genome was given to compare with"
            if genome is None
            else "the window or the genome has no letters there"
        )
        told.append(
            f"The positions of {counted(counts['unverified'], 'gene')} were not compared with a genome: "
            f"{why}."
        )
    if counts["differs"] and genome is not None:
        told.append(
            f"The windows of {counted(counts['differs'], 'gene')} have other letters than "
            f"{genome.source.name} at every position known for them, so these positions were not taken."
        )
    if placed < n_genes:
        hint = "" if annotated and genome is not None else (
            "; give an annotation" + ("" if genome is not None else " and a genome") + " to place more"
        )  # fmt: skip
        told.append(
            f"{counted(n_genes - placed, 'gene has', 'genes have')} no position on a chromosome: each "
            f"stands on its own released sequence (NAME{OWN}), its TSS at {TSS_INDEX + 1:,} on the + "
            f"strand, where no variant of the genome can be placed{hint}."
        )
    return told

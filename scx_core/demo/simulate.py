"""Write the demonstration's input files and the truth behind them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anndata
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.demo.cells import draw_cells, draw_expression
from scx_core.demo.grammar import MOTIFS, POPULATION_NAMES, PROMOTER_ZONE
from scx_core.demo.gtf import write_gtf
from scx_core.demo.planting import (
    DISTAL_LENGTH,
    draw_background,
    draw_distal_starts,
    plant_motifs,
)
from scx_core.demo.settings import DOWNSTREAM, N_CELLS, N_GENES, N_VARIANTS, UPSTREAM
from scx_core.demo.transcripts import SyntheticGene, draw_genes, place_genes
from scx_core.demo.variants import draw_outside, draw_variants
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import decode, reverse_complement

FASTA_WIDTH: Final = 60
#: Fewer genes than this leave too few motifs to draw the variants from.
MINIMUM_GENES: Final = 40
#: Bases by which a promoter cCRE reaches beyond its zone, before and after.
PROMOTER_MARGIN: Final = (40, 20)
_CCRE_COLORS: Final = {"PLS": "255,0,0", "pELS": "255,167,0"}
_VARIANT_COLUMNS: Final = ["chromosome", "position", "id", "reference", "alternative", "p_value"]


@dataclass(frozen=True)
class DemoFiles:
    """Where the demonstration's inputs and its truth were written.

    Attributes
    ----------
    genome : Path
        FASTA of six invented chromosomes.
    annotation : Path
        GTF.
    cells : Path
        AnnData of counts, cells x genes, ``obs`` columns tissue, class, subclass.
    ccres : Path
        BED9+ of promoter-like and enhancer-like elements.
    variants : Path
        Table of variants (1-based positions, plus-strand letters).
    true_motifs, true_decoys : Path
        Motifs planted in their zone, with their effect, and outside of it, where they have none.
    true_variants, true_expression : Path
        What each variant does, and log10 mean counts per 10,000.
    """

    genome: Path
    annotation: Path
    cells: Path
    ccres: Path
    variants: Path
    true_motifs: Path
    true_decoys: Path
    true_variants: Path
    true_expression: Path

    @classmethod
    def inside(cls, folder: Path) -> "DemoFiles":
        """Name the files of the demonstration in ``folder``."""
        truth = folder / "truth"
        return cls(
            genome=folder / "genome.fa",
            annotation=folder / "annotation.gtf",
            cells=folder / "cells.h5ad",
            ccres=folder / "ccres.bed",
            variants=folder / "variants.tsv",
            true_motifs=truth / "motifs.tsv",
            true_decoys=truth / "decoys.tsv",
            true_variants=truth / "variants.tsv",
            true_expression=truth / "expression.tsv",
        )


@dataclass(frozen=True)
class Simulation:
    """The demonstration in memory.

    Attributes
    ----------
    genes : list of SyntheticGene
        Coding genes first, then those that an import leaves out.
    n_coding : int
        How many come first.
    windows : ndarray of uint8, shape (genes, UPSTREAM + DOWNSTREAM)
        Base codes in the direction of each gene.
    sites : DataFrame
        ``gene`` (row), ``motif`` (number), ``index`` (window index of the first base), ``active``.
    distal_starts : ndarray of int, shape (genes,)
        Offset from the TSS of each gene's distal cCRE.
    expression : ndarray, shape (genes, 8)
        True log10 mean counts per 10,000.
    chromosomes : dict of str to ndarray of uint8
        Base codes of the plus strand.
    cells : AnnData
    variants : DataFrame
        With their truth, sorted by place.
    """

    genes: list[SyntheticGene]
    n_coding: int
    windows: NDArray[np.uint8]
    sites: pd.DataFrame
    distal_starts: NDArray[np.int64]
    expression: NDArray[np.float64]
    chromosomes: dict[str, NDArray[np.uint8]]
    cells: anndata.AnnData
    variants: pd.DataFrame


def simulate(
    seed: int = 0, n_genes: int = N_GENES, n_cells: int = N_CELLS, n_variants: int = N_VARIANTS
) -> Simulation:
    """Draw genome, genes, cells and variants from one seed.

    Parameters
    ----------
    seed : int
        Not negative; the same seed gives the same demonstration on every machine.
    n_genes : int
        Coding genes on chr1–chr4.
    n_cells, n_variants : int

    Raises
    ------
    ScxError
        If there are too few genes or the seed is negative.
    """
    if seed < 0:
        raise ScxError(f"The demonstration's seed is {seed}; give a number of 0 or more.")
    if n_genes < MINIMUM_GENES:
        raise ScxError(f"The demonstration has {n_genes} genes; it needs at least {MINIMUM_GENES}.")
    # One stream per part: changing how one is drawn leaves the others as they were.
    streams = [
        np.random.Generator(np.random.PCG64(child))
        for child in np.random.SeedSequence(seed).spawn(6)
    ]
    for_genes, for_sequence, for_motifs, for_expression, for_cells, for_variants = streams
    genes, lengths = place_genes(for_genes, draw_genes(for_genes, n_genes), UPSTREAM, DOWNSTREAM)
    windows = draw_background(for_sequence, (len(genes), UPSTREAM + DOWNSTREAM))
    distal_starts = draw_distal_starts(for_motifs, len(genes))
    can_carry = np.arange(len(genes)) < n_genes
    sites = plant_motifs(for_motifs, windows, UPSTREAM, distal_starts, can_carry)
    expression = draw_expression(for_expression, genes, windows, UPSTREAM)
    chromosomes = _assemble(for_sequence, genes, windows, lengths)
    return Simulation(
        genes=genes,
        n_coding=n_genes,
        windows=windows,
        sites=sites,
        distal_starts=distal_starts,
        expression=expression,
        chromosomes=chromosomes,
        cells=draw_cells(for_cells, genes, expression, n_cells),
        variants=_number_variants(
            draw_variants(for_variants, genes, windows, sites, expression, UPSTREAM, n_variants),
            draw_outside(for_variants, chromosomes, n_variants),
        ),
    )


def write_inputs(folder: Path, seed: int = 0, n_genes: int = N_GENES) -> DemoFiles:
    """Write the demonstration's inputs and truth into ``folder``, made where it is missing.

    Parameters
    ----------
    folder : Path
    seed : int
    n_genes : int
        Coding genes on chr1–chr4.

    Raises
    ------
    ScxError
        If there are too few genes or the seed is negative.
    """
    simulation = simulate(seed, n_genes)
    files = DemoFiles.inside(Path(folder))
    files.true_motifs.parent.mkdir(parents=True, exist_ok=True)
    _write_fasta(files.genome, simulation.chromosomes)
    write_gtf(files.annotation, _in_genome_order(simulation))
    simulation.cells.write_h5ad(files.cells)
    _write_ccres(files.ccres, simulation)
    _write_variants(files, simulation.variants)
    active = simulation.sites["active"]
    _write_table(files.true_motifs, _motif_table(simulation, simulation.sites[active]))
    _write_table(files.true_decoys, _motif_table(simulation, simulation.sites[~active]))
    _write_table(files.true_expression, _expression_table(simulation))
    return files


def _assemble(
    generator: np.random.Generator,
    genes: list[SyntheticGene],
    windows: NDArray[np.uint8],
    lengths: dict[str, int],
) -> dict[str, NDArray[np.uint8]]:
    chromosomes = {name: draw_background(generator, (length,)) for name, length in lengths.items()}
    for gene, window in zip(genes, windows, strict=True):
        start, end = gene.to_genome(-UPSTREAM, DOWNSTREAM)
        forward = window if gene.strand == "+" else reverse_complement(window)
        chromosomes[gene.chromosome][start:end] = forward
    return chromosomes


def _in_genome_order(simulation: Simulation) -> list[SyntheticGene]:
    order = {name: number for number, name in enumerate(simulation.chromosomes)}
    return sorted(simulation.genes, key=lambda gene: (order[gene.chromosome], gene.tss))


def _number_variants(inside: pd.DataFrame, outside: pd.DataFrame) -> pd.DataFrame:
    table = pd.concat([inside, outside], ignore_index=True)
    table["window_index"] = table["window_index"].astype("Int64")
    table = table.sort_values(["chromosome", "position"], kind="stable", ignore_index=True)
    return table.assign(id=[f"SYNV{number + 1:07}" for number in range(len(table))])


def _write_fasta(path: Path, chromosomes: dict[str, NDArray[np.uint8]]) -> None:
    with path.open("w", encoding="ascii", newline="\n") as out:
        for name, codes in chromosomes.items():
            letters = decode(codes)
            lines = [
                letters[start : start + FASTA_WIDTH]
                for start in range(0, len(letters), FASTA_WIDTH)
            ]
            out.write(f">{name} synthetic\n" + "\n".join(lines) + "\n")


def _write_ccres(path: Path, simulation: Simulation) -> None:
    """Write one promoter-like and one enhancer-like element per coding gene, sorted by place."""
    before, after = PROMOTER_MARGIN
    promoter = (PROMOTER_ZONE.start - before, PROMOTER_ZONE.end + after)
    elements = []
    for row, gene in enumerate(simulation.genes[: simulation.n_coding]):
        distal_start = int(simulation.distal_starts[row])
        distal = (distal_start, distal_start + DISTAL_LENGTH)
        for region_class, (start, end) in (("PLS", promoter), ("pELS", distal)):
            elements.append((gene.chromosome, *gene.to_genome(start, end), region_class))
    elements.sort()
    with path.open("w", encoding="ascii", newline="\n") as out:
        for number, (chromosome, start, end, region_class) in enumerate(elements, start=1):
            color = _CCRE_COLORS[region_class]
            out.write(
                f"{chromosome}\t{start}\t{end}\tSYNC{number:07}\t0\t.\t{start}\t{end}\t{color}\t"
                f"{region_class}\tsynthetic\n"
            )


def _write_variants(files: DemoFiles, table: pd.DataFrame) -> None:
    shown = table[_VARIANT_COLUMNS].copy()
    shown["p_value"] = [f"{value:.2e}" for value in shown["p_value"]]
    _write_table(files.variants, shown)
    truth = table.drop(columns="p_value")
    first = [*_VARIANT_COLUMNS[:-1], "gene_id", "gene_name", "window_index", "kind", "change"]
    _write_table(files.true_variants, truth[[*first, "motif", *POPULATION_NAMES]])


def _motif_table(simulation: Simulation, sites: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row, number, index, active in sites.itertuples(index=False, name=None):
        gene, motif = simulation.genes[row], MOTIFS[number]
        offset = index - UPSTREAM
        start, end = gene.to_genome(offset, offset + len(motif))
        strength = motif.zone.strength(np.array([offset]))[0]
        rows.append(
            {
                "gene_id": gene.gene_id,
                "gene_name": gene.gene_name,
                "motif": motif.name,
                "consensus": motif.consensus,
                "zone": motif.zone.name if active else "none",
                "chromosome": gene.chromosome,
                "start": start,
                "end": end,
                "strand": gene.strand,
                "window_index": index,
            }
            | dict(zip(POPULATION_NAMES, strength * motif.population_effects, strict=True))
        )
    return pd.DataFrame(rows)


def _expression_table(simulation: Simulation) -> pd.DataFrame:
    genes = simulation.genes[: simulation.n_coding]
    table = pd.DataFrame(simulation.expression[: len(genes)], columns=list(POPULATION_NAMES))
    table.insert(0, "gene_id", [gene.gene_id for gene in genes])
    table.insert(1, "gene_name", [gene.gene_name for gene in genes])
    return table


def _write_table(path: Path, table: pd.DataFrame) -> None:
    # Four decimals: far coarser than the last bits in which machines may differ.
    table.to_csv(path, sep="\t", index=False, float_format="%.4f", lineterminator="\n")

"""Genes as GTF rows, in the manner of GENCODE."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scx_core.demo.transcripts import STOP_CODON, SyntheticGene, Transcript

SOURCE: Final = "SYNTHETIC"


def write_gtf(path: Path, genes: list[SyntheticGene]) -> None:
    """Write genes as GTF (1-based, both ends included), in the order given."""
    with path.open("w", encoding="ascii", newline="\n") as out:
        out.write("##description: synthetic genes of the scX Explorer demonstration\n")
        out.write("##format: gtf\n")
        for gene in genes:
            for row in _gene_rows(gene):
                out.write("\t".join(row) + "\n")


def _gene_rows(gene: SyntheticGene) -> Iterator[list[str]]:
    shared = (
        f'gene_id "{gene.gene_id}.1"; gene_type "{gene.gene_type}"; gene_name "{gene.gene_name}";'
    )
    yield _row(gene, "gene", gene.extent, ".", f"{shared} level 3;")
    for transcript in gene.transcripts:
        yield from _transcript_rows(gene, transcript, shared)


def _transcript_rows(
    gene: SyntheticGene, transcript: Transcript, shared: str
) -> Iterator[list[str]]:
    attributes = (
        f'{shared} transcript_id "{transcript.transcript_id}.1"; '
        f'transcript_type "{gene.gene_type}"; level 3;'
    )
    if transcript.canonical:
        attributes += ' tag "basic"; tag "Ensembl_canonical";'
    whole = (transcript.exons[0][0], transcript.exons[-1][1])
    yield _row(gene, "transcript", whole, ".", attributes)
    for rank, exon in enumerate(transcript.exons, start=1):
        yield _row(gene, "exon", exon, ".", f"{attributes} exon_number {rank};")
    if transcript.coding is None:
        return
    start, end = transcript.coding
    done = 0
    # As in GTF: the stop codon is a row of its own, not part of the CDS.
    for piece in transcript.spliced_to_gene(start, end - STOP_CODON):
        yield _row(gene, "CDS", piece, str(-done % 3), attributes)
        done += piece[1] - piece[0]
    for piece in transcript.spliced_to_gene(end - STOP_CODON, end):
        yield _row(gene, "stop_codon", piece, "0", attributes)


def _row(
    gene: SyntheticGene, kind: str, piece: tuple[int, int], frame: str, attributes: str
) -> list[str]:
    start, end = gene.to_genome(*piece)
    place = [str(start + 1), str(end), ".", gene.strand, frame]
    return [gene.chromosome, SOURCE, kind, *place, attributes]

"""How providers of annotations spell the same things: the one table of names in column 9.

Sources: the format pages of GENCODE, Ensembl, NCBI (README of its GFF3 and GTF), UCSC
(genePredToGtf), FlyBase, WormBase, TAIR and Araport, SGD, StringTie, gffread, AUGUSTUS and BRAKER.
"""

from typing import Final

from scx_core.annotation.half_life import CDS, EXON, STOP_CODON, UTR3, UTR5

#: Rows that are parts of a transcript; FlyBase and UCSC have 5UTR and 3UTR.
PARTS: Final = {
    "exon": EXON, "cds": CDS, "stop_codon": STOP_CODON, "five_prime_utr": UTR5, "5utr": UTR5,
    "5'-utr": UTR5, "three_prime_utr": UTR3, "3utr": UTR3, "3'-utr": UTR3,
}  # fmt: skip
TRANSCRIPTS: Final = ("transcript", "mrna")

#: Rows of whole sequences, which say what else a sequence is called: NCBI's, and those of Ensembl.
SEQUENCES: Final = ("region", "chromosome", "primary_assembly", "supercontig", "scaffold", "contig")
#: Ensembl's list of other names; NCBI's name, of a whole chromosome where its genome says so (else it
#: is the chromosome that a scaffold lies on), and its ``genome=mitochondrion``.
SEQUENCE_NAMES: Final = "Alias"
CHROMOSOME: Final = "chromosome"
KIND_OF_SEQUENCE: Final = "genome"
MITOCHONDRION: Final = "mitochondrion"

#: The gene that a row belongs to, where its parent does not say; geneID is gffread's.
GENE_ID: Final = ("gene_id", "geneID")
#: The gene of the reference that StringTie found at its own gene.
REFERENCE_GENE: Final = ("ref_gene_id",)
#: A gene's symbol, before ``Name``; gene_symbol is FlyBase's, symbol Araport's.
SYMBOL: Final = ("gene_name", "gene_symbol", "symbol")
#: A gene's symbol where ``Name`` is its id; gene is SGD's and NCBI's, locus WormBase's.
SYMBOL_BESIDE_NAME: Final = ("gene", "locus", "sequence_name")
#: locus_type is Araport's.
GENE_TYPE: Final = ("gene_type", "gene_biotype", "biotype", "locus_type")
TRANSCRIPT_TYPE: Final = ("transcript_type", "transcript_biotype", "biotype")
#: How protein-coding is written; mRNA is the transcript_biotype of NCBI's GTF.
PROTEIN_CODING: Final = ("protein_coding", "mRNA", "protein-coding", "protein_coding_gene")

#: Tags, with a space (NCBI) or an underscore (GENCODE, Ensembl).
ENSEMBL_CANONICAL: Final = ("Ensembl_canonical",)
MANE_SELECT: Final = ("MANE_Select",)
REFSEQ_SELECT: Final = ("RefSeq_Select",)
#: What says that an end of a transcript was not found: it goes on, nobody knows how far.
START_NOT_FOUND: Final = ("mRNA_start_NF", "cds_start_NF")
END_NOT_FOUND: Final = ("mRNA_end_NF", "cds_end_NF")
#: NCBI's way: ``partial=true`` with ``start_range=.,5001`` or ``end_range=9000,.`` (of the
#: chromosome, so start_range is the 3' end on the minus strand).
PARTIAL: Final = "partial"
UNKNOWN_LEFT: Final = "start_range"
UNKNOWN_RIGHT: Final = "end_range"

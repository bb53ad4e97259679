"""Where the stop codon is, when no row says so: the genome tells, on both strands."""

import pytest
from annotation_rows import gff_row, gtf_gene, gtf_transcript, write

from scx_core.annotation import read_annotation
from scx_core.sequence.genome import Genome

#: Plus: exons 11-40 and 61-100; the codons end at 70. Minus: exons 211-240 and 161-190, stop 171-173.
PLUS_EXONS, MINUS_EXONS = [(11, 40), (61, 100)], [(161, 190), (211, 240)]


def genome_with(tmp_path, bases):
    """Write a genome of C but for some bases (1-based place of the first, letters)."""
    letters = ["C"] * 300
    for first, text in bases.items():
        letters[first - 1 : first - 1 + len(text)] = text
    path = tmp_path / "g.fa"
    path.write_text(">1\n" + "".join(letters) + "\n")
    return Genome.open(path, tmp_path / "cache")


def read(tmp_path, plus_cds, minus_cds, bases):
    rows = [
        gtf_gene("P", (11, 100)),
        *gtf_transcript("P", "TP", PLUS_EXONS, plus_cds),
        gtf_gene("M", (161, 240), "-"),
        *gtf_transcript("M", "TM", MINUS_EXONS, minus_cds, strand="-"),
    ]
    genome = genome_with(tmp_path, bases)
    annotation = read_annotation(write(tmp_path / "a.gtf", rows), genome=genome)
    genome.close()
    lengths = annotation.genes[["utr5_length", "orf_length", "utr3_length"]]
    coding = annotation.exons[annotation.exons["part"] == "cds"]
    coding_bases = (coding["end"] - coding["start"]).groupby(coding["gene_id"]).sum()
    assert coding_bases.loc[lengths.index].tolist() == lengths["orf_length"].tolist()
    return lengths.to_numpy().tolist(), annotation.notices


#: TGA; TTA is TAA on the minus strand.
STOPS = {68: "TGA", 171: "TTA"}


def test_stop_codons_inside_the_cds_stay_there(tmp_path):
    # As gffread writes it: 21-40 and 61-70; 230-211 and 190-171.
    values, notices = read(tmp_path, [(21, 40), (61, 70)], [(171, 190), (211, 230)], STOPS)
    assert values == [[10, 30, 30], [10, 40, 10]]
    assert notices == (
        "a.gtf has no stop_codon rows; by the genome its CDS rows hold the stop codon (of 2 "
        "transcripts, 2 have a stop codon at the end of the CDS and 0 after it).",
    )


def test_stop_codons_after_the_cds_are_added(tmp_path):
    values, notices = read(tmp_path, [(21, 40), (61, 67)], [(174, 190), (211, 230)], STOPS)
    assert values == [[10, 30, 30], [10, 40, 10]]
    assert "its CDS rows leave out the stop codon (of 2 transcripts, 0 have" in notices[0]
    assert "(2 of 2 transcripts)" in notices[1]


def test_stop_codons_over_an_intron(tmp_path):
    # Plus: T at 40, AA at 61-62. Minus, read down from 212: A, T and C are TAG on its strand.
    bases = {40: "T", 61: "AA", 211: "TA", 190: "C"}
    values, notices = read(tmp_path, [(21, 40), (61, 62)], [(190, 190), (211, 230)], bases)
    assert values == [[10, 22, 38], [10, 21, 29]]
    assert "2 have a stop codon at the end of the CDS and 0 after it" in notices[0]
    values, notices = read(tmp_path, [(21, 39)], [(213, 230)], bases)
    assert values == [[10, 22, 38], [10, 21, 29]]
    assert "0 have a stop codon at the end of the CDS and 2 after it" in notices[0]


def test_without_stop_codons_in_the_genome_nothing_is_added(tmp_path):
    values, notices = read(tmp_path, [(21, 40), (61, 70)], [(171, 190), (211, 230)], {})
    assert values == [[10, 30, 30], [10, 40, 10]]
    assert "the genome does not tell where the stop codons are (of 2 transcripts, 0" in notices[0]
    assert notices[0].endswith("so the CDS rows count as they are.")


def test_the_majority_decides(tmp_path):
    rows = []
    for number in range(3):
        first = 11 + 50 * number
        rows += [
            gtf_gene(f"G{number}", (first, first + 39)),
            *gtf_transcript(
                f"G{number}", f"T{number}", [(first, first + 39)], [(first, first + 29)]
            ),
        ]
    # Two hold it, the third has one behind.
    genome = genome_with(tmp_path, {38: "TAA", 88: "TAG", 141: "TGA"})
    annotation = read_annotation(write(tmp_path / "a.gtf", rows), genome=genome)
    genome.close()
    assert annotation.genes["orf_length"].tolist() == [30, 30, 30]
    assert (
        "of 3 transcripts, 2 have a stop codon at the end of the CDS and 1 after it"
        in (annotation.notices[0])
    )


def test_rows_and_other_names_of_the_chromosome(tmp_path):
    # stop_codon rows are believed, whatever the genome says.
    rows = [
        gtf_gene("P", (11, 100)),
        *gtf_transcript("P", "TP", PLUS_EXONS, [(21, 40), (61, 67)], stop=[(68, 70)]),
    ]
    genome = genome_with(tmp_path, {65: "TAA"})
    annotation = read_annotation(write(tmp_path / "a.gtf", rows), genome=genome)
    assert annotation.genes["orf_length"].tolist() == [30]
    assert annotation.notices == ()
    genome.close()


@pytest.mark.parametrize(("cds_end", "told"), [(70, False), (67, True)])
def test_a_gff3_whose_cds_leaves_the_stop_codon_out(tmp_path, cds_end, told):
    rows = [
        gff_row("gene", (11, 100), "+", "ID=P;biotype=protein_coding"),
        gff_row("mRNA", (11, 100), "+", "ID=TP;Parent=P"),
        *[gff_row("exon", place, "+", "Parent=TP") for place in PLUS_EXONS],
        gff_row("CDS", (21, 40), "+", "Parent=TP"),
        gff_row("CDS", (61, cds_end), "+", "Parent=TP"),
    ]
    genome = genome_with(tmp_path, STOPS)
    annotation = read_annotation(write(tmp_path / "a.gff3", rows), genome=genome)
    genome.close()
    assert annotation.genes["orf_length"].tolist() == [30]
    assert bool(annotation.notices) == told

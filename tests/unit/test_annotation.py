"""GTF and GFF3: half-life features by hand, and the formats."""

import gzip

import numpy as np
import pandas as pd
import pytest
from annotation_rows import (
    coding,
    gff_both,
    gff_row,
    gtf_both,
    gtf_gene,
    gtf_transcript,
    write,
)

from scx_core.annotation import HALF_LIFE_FEATURES, log10_half_life, read_annotation

# Worked by hand from PLUS_EXONS and MINUS_EXONS. Plus: start codon at 321 in exon 2, stop codon
# 658-660 in exon 3, so one intron lies in each UTR. 5'UTR 100 + 20; ORF 80 (321-400) + 160
# (501-660); 3'UTR 40 (661-700) + 100; introns 100 + 100 + 200; 4 exons. Sum of the parts
# 120 + 240 + 140 = 500 = the exons.
PLUS = {"utr5_length": 120, "utr3_length": 140, "orf_length": 240, "intron_length": 400}
PLUS["exon_density"] = 1000 * 4 / 240
# Minus: read from 2600 down; start codon at 2440 (an intron in the 5'UTR); the stop codon is split
# by an intron: 2202, 2201 and 2100. 5'UTR 100 + 10; ORF 40 + 100 + 1; 3'UTR 2001-2099; introns
# 100 + 100 + 50; 4 exons.
MINUS = {"utr5_length": 110, "utr3_length": 99, "orf_length": 141, "intron_length": 250}
MINUS["exon_density"] = 1000 * 4 / 141


FORMS = {
    "gtf": gtf_both(stop_rows=True),
    "gtf without stop_codon": gtf_both(stop_rows=False),
    "gff3 of ensembl": gff_both(ensembl=True),
    "gff3 of gencode": gff_both(ensembl=False),
}


@pytest.mark.parametrize("form", FORMS)
def test_half_life_features_worked_by_hand(tmp_path, form):
    annotation = read_annotation(write(tmp_path / "annotation.txt", FORMS[form]))
    genes = annotation.genes
    assert list(genes.index) == ["ENSG00000000001", "ENSG00000000002"]
    assert list(genes["gene_name"]) == ["PLUS", "MINUS"]
    assert list(genes["tss"]) == [101, 2600]
    assert list(genes["transcript_id"]) == ["TP", "TM"]
    for gene, expected in zip(genes.index, (PLUS, MINUS), strict=True):
        assert genes.loc[gene, list(HALF_LIFE_FEATURES)].to_dict() == pytest.approx(expected)
    assert annotation.features == HALF_LIFE_FEATURES


def test_gzip_under_any_name_reads_the_same(tmp_path):
    plain = write(tmp_path / "a.gtf", FORMS["gtf"], head="#!genome-build GRCh38\n")
    packed = tmp_path / "no_suffix"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    pd.testing.assert_frame_equal(read_annotation(plain).genes, read_annotation(packed).genes)


def test_small_blocks_give_the_same(tmp_path, monkeypatch):
    path = write(tmp_path / "a.gtf", FORMS["gtf"])
    whole = read_annotation(path)
    monkeypatch.setattr(
        "scx_core.annotation.blocks.read_blocks.__kwdefaults__", {"block_bytes": 100}
    )
    fractions = []
    pieces = read_annotation(path, progress=lambda fraction, _: fractions.append(fraction))
    pd.testing.assert_frame_equal(whole.transcripts, pieces.transcripts)
    assert fractions == sorted(fractions)
    assert len(fractions) > 5
    assert fractions[-1] == 1.0


def test_cds_to_the_end_of_its_transcript_is_not_extended(tmp_path):
    rows = [gtf_gene("G", (1, 90)), *gtf_transcript("G", "T", [(1, 90)], [(1, 90)])]
    rows += [gtf_gene("H", (101, 190)), *gtf_transcript("H", "U", [(101, 190)], [(101, 184)])]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert annotation.genes.loc["G", ["orf_length", "utr3_length"]].tolist() == [90, 0]
    assert annotation.genes.loc["H", ["orf_length", "utr3_length"]].tolist() == [87, 3]
    assert any("go on that far (1 of 2 transcripts)." in notice for notice in annotation.notices)


def test_repeated_and_overlapping_exons_count_once(tmp_path):
    exons = [(1, 100), (1, 100), (50, 120), (201, 300)]
    rows = [gtf_gene("G", (1, 300)), *gtf_transcript("G", "T", exons, [(11, 97)], stop=[(98, 100)])]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    gene = annotation.genes.loc["G"]
    assert gene["utr3_length"] == 20 + 100
    assert gene["intron_length"] == 80
    assert gene["exon_density"] == pytest.approx(1000 * 2 / 90)
    assert any(notice.startswith("2 exon rows repeat or overlap") for notice in annotation.notices)


def test_one_of_a_kind_is_singular(tmp_path):
    rows = [gtf_gene("G", (1, 90)), *gtf_transcript("G", "T", [(1, 90), (1, 90)], [(1, 30)])]
    rows.append(rows[-1].replace('"T"', '"NOWHERE"'))
    notices = read_annotation(write(tmp_path / "a.gtf", rows)).notices
    assert any(text.startswith("1 exon row repeats or overlaps another exon") for text in notices)
    assert any(text.startswith("1 exon, CDS or UTR row belongs to no") for text in notices)
    assert any("(1 of 1 transcript)" in text for text in notices)


def test_log10_half_life_adds_a_tenth():
    np.testing.assert_allclose(log10_half_life(np.array([0.0, 9.9, np.nan])), [-1, 1, np.nan])
    frame = pd.DataFrame({"utr5_length": [99.9]})
    assert log10_half_life(frame).iloc[0, 0] == pytest.approx(2)


def test_without_cds_goes_on_with_what_there_is(tmp_path):
    rows = [gtf_gene("G", (1, 500))]
    rows += gtf_transcript("G", "SPREAD", [(1, 50), (451, 500)], [])
    rows += gtf_transcript("G", "DENSE", [(101, 300), (351, 360)], [])
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    gene = annotation.genes.loc["G"]
    assert gene[["transcript_id", "transcript_rule"]].tolist() == ["DENSE", "longest transcript"]
    assert gene["intron_length"] == 50
    assert annotation.features == ("intron_length",)
    assert any(
        "no CDS rows, so utr5_length, utr3_length, orf_length, exon_density cannot" in notice
        for notice in annotation.notices
    )


def test_wormbase_gff3_of_utr_rows(tmp_path):
    rows = [
        gff_row("gene", (101, 900), "-", "ID=Gene:Y74C9A.3;Name=WBGene00022277"),
        gff_row("mRNA", (121, 900), "-", "ID=Transcript:Y74C9A.3.1;Parent=Gene:Y74C9A.3"),
        gff_row("five_prime_UTR", (881, 900), "-", "Parent=Transcript:Y74C9A.3.1"),
        gff_row("five_prime_UTR", (801, 805), "-", "Parent=Transcript:Y74C9A.3.1"),
        gff_row("mRNA", (101, 700), "-", "ID=Transcript:Y74C9A.3.2;Parent=Gene:Y74C9A.3"),
        gff_row("three_prime_UTR", (101, 110), "-", "Parent=Transcript:Y74C9A.3.2"),
        gff_row("mRNA", (101, 700), "-", "Parent=Gene:Y74C9A.3"),
        gff_row("gene", (1, 20), "+", "ID=Gene:WBGene00199193"),
    ]
    annotation = read_annotation(write(tmp_path / "a", rows, head="##gff-version 3\n"))
    gene = annotation.genes.loc["WBGene00022277"]
    assert gene["gene_name"] == "Y74C9A.3"
    assert gene[["tss", "transcript_id", "n_transcripts"]].tolist() == [900, "Y74C9A.3.1", 2]
    assert gene[["utr5_length", "utr3_length"]].tolist() == [25, 0]
    assert annotation.features == ("utr5_length", "utr3_length")
    assert annotation.dropped[["gene_id", "reason"]].to_numpy().tolist() == [
        ["WBGene00199193", "no coding transcript"]
    ]
    assert any("1 transcript row has no ID and was" in notice for notice in annotation.notices)


def test_ensembl_gtf_calls_the_types_biotypes(tmp_path):
    rows = [*coding("ENSG00000000001", "1"), *coding("ENSG00000000002", "1", kind="miRNA")]
    rows = [row.replace("gene_type", "gene_biotype") for row in rows]
    rows = [row.replace("transcript_type", "transcript_biotype") for row in rows]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows, head="#!genebuild 2024\n"))
    assert list(annotation.genes.index) == ["ENSG00000000001"]
    assert annotation.dropped["reason"].tolist() == ["not protein-coding (gene type miRNA)"]


def test_gff3_details(tmp_path):
    """An exon of two transcripts, an encoded name, and a FASTA section at the end."""
    rows = [
        gff_row("gene", (1, 300), "+", "ID=gene:FBgn0000001;Name=Su%28H%29;biotype=protein_coding"),
        gff_row("mRNA", (1, 300), "+", "ID=transcript:A;Parent=gene:FBgn0000001"),
        gff_row("mRNA", (101, 300), "+", "ID=transcript:B;Parent=gene:FBgn0000001"),
        gff_row("exon", (1, 50), "+", "Parent=transcript:A"),
        gff_row("exon", (101, 300), "+", "Parent=transcript:A,transcript:B"),
        gff_row("CDS", (151, 210), "+", "Parent=transcript:A,transcript:B"),
        "##FASTA",
        ">1",
        "ACGT",
    ]
    annotation = read_annotation(write(tmp_path / "a", rows))
    gene = annotation.genes.loc["FBgn0000001"]
    assert gene[["gene_name", "transcript_id"]].tolist() == ["Su(H)", "A"]
    lengths = annotation.transcripts.set_index("transcript_id")[["utr5_length", "utr3_length"]]
    assert lengths.loc["A"].tolist() == [100, 90]
    assert lengths.loc["B"].tolist() == [50, 90]

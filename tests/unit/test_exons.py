"""Places of exons: a transcript on each strand worked by hand, and sums that must be the lengths."""

import numpy as np
import pandas as pd
import pytest
from annotation_rows import gff_both, gff_row, gtf_both, gtf_gene, gtf_row, gtf_transcript, write

from scx_core.annotation import HALF_LIFE_FEATURES, read_annotation
from scx_core.annotation.exons import EXON_COLUMNS, PARTS
from scx_core.errors import ScxError

# Worked by hand from PLUS_EXONS and MINUS_EXONS of annotation_rows, 0-based half-open. Plus: start
# codon at 321, stop codon 658-660. Minus: read from 2600 down; start codon at 2440; the stop codon
# is split by an intron: 2202, 2201 and 2100.
PLUS = [
    (100, 200, "utr5"), (300, 320, "utr5"), (320, 400, "cds"), (500, 660, "cds"),
    (660, 700, "utr3"), (900, 1000, "utr3"),
]  # fmt: skip
MINUS = [
    (2000, 2099, "utr3"), (2099, 2100, "cds"), (2200, 2300, "cds"), (2400, 2440, "cds"),
    (2440, 2450, "utr5"), (2500, 2600, "utr5"),
]  # fmt: skip
FORMS = {
    "gtf": gtf_both(stop_rows=True),
    "gtf without stop_codon": gtf_both(stop_rows=False),
    "gff3 of ensembl": gff_both(ensembl=True),
    "gff3 of gencode": gff_both(ensembl=False),
}


def places(exons: pd.DataFrame, gene_id: str) -> list[tuple]:
    own = exons[exons["gene_id"] == gene_id]
    return list(own[["start", "end", "part"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("form", FORMS)
def test_places_worked_by_hand(tmp_path, form):
    exons = read_annotation(write(tmp_path / "annotation.txt", FORMS[form])).exons
    assert list(exons.columns) == EXON_COLUMNS
    assert places(exons, "ENSG00000000001") == PLUS
    assert places(exons, "ENSG00000000002") == MINUS
    assert exons.groupby("gene_id")["transcript_id"].unique().map(list).tolist() == [["TP"], ["TM"]]


def test_only_the_chosen_transcript_has_places(tmp_path):
    rows = [
        gtf_gene("G", (1, 300)),
        *gtf_transcript("G", "SHORT", [(1, 90)], [(1, 60)]),
        *gtf_transcript("G", "LONG", [(101, 300)], [(111, 260)]),
    ]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert set(annotation.exons["transcript_id"]) == {"LONG"}
    assert places(annotation.exons, "G") == [
        (100, 110, "utr5"), (110, 263, "cds"), (263, 300, "utr3"),
    ]  # fmt: skip


def test_exons_without_cds_are_of_unknown_part(tmp_path):
    base = [("gene_id", "G"), ("transcript_id", "T")]
    rows = [gtf_gene("G", (1, 300)), gtf_row("transcript", (1, 300), "+", base)]
    rows += [gtf_row("exon", place, "+", base) for place in ((1, 100), (201, 300))]
    exons = read_annotation(write(tmp_path / "a.gtf", rows)).exons
    assert places(exons, "G") == [(0, 100, "exon"), (200, 300, "exon")]


def test_utr_rows_alone_give_what_they_say(tmp_path):
    rows = [
        gff_row("gene", (1, 500), "-", "ID=Gene:G;Name=WBGene00000001"),
        gff_row("mRNA", (1, 500), "-", "ID=Transcript:T;Parent=Gene:G"),
        gff_row("five_prime_UTR", (451, 500), "-", "Parent=Transcript:T"),
        gff_row("three_prime_UTR", (1, 40), "-", "Parent=Transcript:T"),
    ]
    exons = read_annotation(write(tmp_path / "a.gff3", rows)).exons
    assert places(exons, "WBGene00000001") == [(0, 40, "utr3"), (450, 500, "utr5")]


def test_a_table_of_tss_has_no_places(tmp_path):
    table = write(tmp_path / "a.tsv", ["gene_id\tchrom\ttss\tstrand", "G\tchr1\t100\t+"])
    exons = read_annotation(table).exons
    assert exons.empty
    assert list(exons.columns) == EXON_COLUMNS


def test_a_frameshift_leaves_the_skipped_base_as_exon(tmp_path):
    rows = [
        gtf_gene("G", (1, 200)),
        *gtf_transcript("G", "T", [(1, 200)], [(11, 50), (52, 100)], stop=[(101, 103)]),
    ]
    exons = read_annotation(write(tmp_path / "a.gtf", rows)).exons
    assert places(exons, "G") == [
        (0, 10, "utr5"), (10, 50, "cds"), (50, 51, "exon"), (51, 103, "cds"), (103, 200, "utr3"),
    ]  # fmt: skip


@pytest.mark.parametrize("stop_rows", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_sums_of_the_places_are_the_lengths(tmp_path, stop_rows, seed):
    """Random transcripts: places do not overlap, and their sums are the half-life lengths."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(12):
        strand = "+-"[number % 2]
        ends = np.sort(rng.choice(np.arange(1, 400), size=8, replace=False))
        exons = [(int(a) + 1000 * number, int(b) + 1000 * number) for a, b in ends.reshape(4, 2)]
        spliced = np.concatenate([np.arange(a, b + 1) for a, b in exons])
        low, high = np.sort(rng.choice(len(spliced), size=2, replace=False))
        coding = spliced[low : high + 1]
        cuts = np.split(coding, np.flatnonzero(np.diff(coding) > 1) + 1)
        cds = [(int(part[0]), int(part[-1])) for part in cuts]
        place = (exons[0][0], exons[-1][1])
        rows.append(gtf_gene(f"G{number}", place, strand))
        stop = [(cds[-1][1], cds[-1][1])] if stop_rows else []
        rows += gtf_transcript(f"G{number}", f"T{number}", exons, cds, stop=stop, strand=strand)
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    exons = annotation.exons.assign(length=annotation.exons["end"] - annotation.exons["start"])
    sums = exons.pivot_table(index="gene_id", columns="part", values="length", aggfunc="sum")
    sums = sums.reindex(index=annotation.genes.index, columns=list(PARTS)).fillna(0)
    for part, feature in (("utr5", "utr5_length"), ("cds", "orf_length"), ("utr3", "utr3_length")):
        np.testing.assert_array_equal(sums[part], annotation.genes[feature])
    assert not sums["exon"].any()
    bases = np.concatenate([np.arange(a, b) for a, b in exons[["start", "end"]].to_numpy()])
    assert len(np.unique(bases)) == len(bases)


def test_gc_contents_of_a_table_are_fractions(tmp_path):
    table = ["gene_id\tchrom\ttss\tstrand\torf_gc\torf_length", "G\tchr1\t100\t+\t0.4\t300"]
    annotation = read_annotation(write(tmp_path / "a.tsv", table))
    assert annotation.features == ("orf_length", "orf_gc")
    assert annotation.genes.loc["G", "orf_gc"] == 0.4
    table[1] = "G\tchr1\t100\t+\t40\t300"
    with pytest.raises(ScxError, match="line 2: orf_gc is '40'; give GC contents as fractions"):
        read_annotation(write(tmp_path / "b.tsv", table))


def test_gc_contents_of_a_feature_table_join_those_of_the_annotation(tmp_path):
    own = write(tmp_path / "own.tsv", ["gene_id\tutr5_gc", "ENSG00000000002\t0.25"])
    annotation = read_annotation(write(tmp_path / "a.gtf", FORMS["gtf"]), features=own)
    assert annotation.features == (*HALF_LIFE_FEATURES, "utr5_gc")
    np.testing.assert_array_equal(annotation.genes["utr5_gc"], [np.nan, 0.25])
    np.testing.assert_array_equal(annotation.transcripts["utr5_gc"], [np.nan, 0.25])

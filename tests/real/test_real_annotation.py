"""Annotation of the real human and worm files."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scx_core.annotation import HALF_LIFE_FEATURES, Annotation, read_annotation, read_regions
from scx_core.sequence.alphabet import decode, encode, reverse_complement

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.is_dir(), reason="the real inputs are not beside the checkout"),
]


@pytest.fixture(scope="module")
def human() -> Annotation:
    return read_annotation(REAL / "human" / "gencode.v32.chr22.coding.gtf.gz")


@pytest.fixture(scope="module")
def worm() -> Annotation:
    return read_annotation(REAL / "worm" / "WS220.genes.gff3.gz")


def test_human_genes(human):
    assert len(human.genes) == 442
    assert len(human.transcripts) == 1493
    assert human.dropped.empty
    assert human.features == HALF_LIFE_FEATURES
    gene = human.genes.loc["ENSG00000100346"]
    assert gene[["gene_name", "chromosome", "strand", "tss", "transcript_rule"]].tolist() == [
        "CACNA1I", "chr22", "+", 39_570_753, "longest CDS",
    ]  # fmt: skip
    assert any(notice.startswith("51,418 exon rows repeat") for notice in human.notices)
    values = human.genes[list(HALF_LIFE_FEATURES)]
    assert np.isfinite(values).all(axis=None)
    assert (values["orf_length"] % 3 == 0).all()


def test_stop_codon_follows_the_cds_in_this_gtf():
    """Why three spliced bases after the CDS count as ORF in a GTF without stop_codon rows.

    Every transcript whose bases are known (the genome file is real from 37.2 to 40.6 Mb) has a
    stop codon there, and none has one as the last codon of its CDS rows.
    """
    letters = _chr22()
    table = pd.read_csv(
        REAL / "human" / "gencode.v32.chr22.coding.gtf.gz", sep="\t", header=None,
        usecols=[2, 3, 4, 6, 8], names=["feature", "start", "end", "strand", "attributes"],
    )  # fmt: skip
    table["transcript"] = table["attributes"].str.extract(r'transcript_id "([^"]*)"')
    table = table[table["start"].gt(37_200_000) & table["end"].lt(40_600_000)].drop_duplicates()
    parts = table[table["feature"].isin(["exon", "CDS"])]
    stops, counted = {"TAA", "TAG", "TGA"}, 0
    for _, rows in parts.groupby("transcript"):
        mrna, coding = (
            _spliced(rows[rows["feature"] == feature], letters) for feature in ("exon", "CDS")
        )
        if "N" in mrna or mrna.count(coding) != 1:
            continue
        end = mrna.index(coding) + len(coding)
        assert mrna[end : end + 3] in stops
        assert coding[-3:] not in stops
        counted += 1
    assert counted > 150


def _chr22() -> str:
    with gzip.open(REAL / "human" / "hg38.chr22.fa.gz", "rt") as handle:
        return handle.read().split("\n", 1)[1].replace("\n", "").upper()


def _spliced(rows: pd.DataFrame, letters: str) -> str:
    unique = rows.drop_duplicates(["start", "end"]).sort_values("start")
    places = zip(unique["start"], unique["end"], strict=True)
    sequence = "".join(letters[start - 1 : end] for start, end in places)
    if (unique["strand"] == "-").all():
        return decode(reverse_complement(encode(sequence)))
    return sequence


def test_worm_tss_table_drops_the_mitochondrial_genes():
    annotation = read_annotation(REAL / "worm" / "WS220.tss.tsv.gz")
    assert len(annotation.genes) == 20_392 - 12
    assert annotation.dropped["reason"].tolist() == ["on the mitochondrial genome"] * 12
    assert annotation.genes.loc["WBGene00022277", ["gene_name", "tss"]].tolist() == [
        "Y74C9A.3", 10_232,
    ]  # fmt: skip
    assert annotation.features == ()


def test_worm_gff3_agrees_with_the_tss_table(worm):
    """The table gives the 5' end of the gene row; the GFF3, that of the longest transcript.

    They differ in 546 genes, whose longest transcript begins inside the gene (median 13 bases).
    """
    assert len(worm.genes) == 20_392 - 12
    counts = worm.dropped["reason"].value_counts().to_dict()
    assert counts == {"no coding transcript": 22_753, "on the mitochondrial genome": 12}
    assert worm.features == ("utr5_length", "utr3_length")

    table = pd.read_csv(REAL / "worm" / "WS220.tss.tsv.gz", sep="\t", index_col="WBGene")
    shared = worm.genes.join(table, rsuffix="_table", how="inner")
    assert len(shared) == len(worm.genes)
    assert (shared["strand"] == shared["strand_table"]).all()
    assert (shared["gene_name"] == shared["seqname"]).all()
    assert shared["tss"].between(shared["start"], shared["end"]).all()
    inward = (shared["tss"] - shared["tss_table"]) * np.where(shared["strand"] == "+", 1, -1)
    assert (inward == 0).sum() >= 19_800
    assert (inward >= 0).all()
    assert inward[inward > 0].median() < 20


def test_regions_of_chr22():
    regions = read_regions(REAL / "human" / "ccre.pls.K562.hg38.chr22.bed")
    assert set(regions["region_class"]) == {"PLS", "PLS,CTCF-bound"}
    assert regions["name"].str.startswith("EH38E").all()
    assert regions["name"].is_unique

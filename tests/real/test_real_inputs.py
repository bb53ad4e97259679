"""Exon places and GC contents of the real human and worm files."""

from pathlib import Path

import numpy as np
import pytest

from scx_core.annotation import HALF_LIFE_FEATURES, read_annotation
from scx_core.dataset import Dataset
from scx_core.sequence.alphabet import decode, reverse_complement
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.is_dir(), reason="the real inputs are not beside the checkout"),
]
STOPS = ("TAA", "TAG", "TGA")


@pytest.fixture(scope="module")
def human(tmp_path_factory) -> Dataset:
    folder = REAL / "human"
    return Dataset.build(
        tmp_path_factory.mktemp("inputs") / "human",
        genome=folder / "hg38.chr22.fa.gz",
        annotation=folder / "gencode.v32.chr22.coding.gtf.gz",
        expression=folder / "blood.hpa.tsv.gz",
        normalize="none",
        offset=0.1,
        median=True,
    )


def test_coding_parts_begin_with_a_start_and_end_with_a_stop_codon(human, tmp_path):
    """What no length could show: the places are right to the base, on both strands."""
    genome = Genome.open(REAL / "human" / "hg38.chr22.fa.gz", tmp_path)
    right = {"+": [], "-": []}
    for gene_id, parts in human.exons[human.exons["part"] == "cds"].groupby("gene_id"):
        places = zip(parts["start"], parts["end"], strict=True)
        codes = np.concatenate([genome.fetch(Interval("chr22", a, b)) for a, b in places])
        strand = human.genes.loc[gene_id, "strand"]
        letters = decode(reverse_complement(codes) if strand == "-" else codes)
        if "N" in letters:
            continue
        right[strand].append(
            letters.startswith("ATG") and letters[-3:] in STOPS and len(letters) % 3 == 0
        )
        share = sum(letter in "GC" for letter in letters) / len(letters)
        assert human.genes.loc[gene_id, "orf_gc"] == pytest.approx(share)
    genome.close()
    for found in right.values():
        assert len(found) > 25
        assert np.mean(found) > 0.9


def test_sums_of_the_parts_are_the_lengths(human):
    exons = human.exons.assign(length=human.exons["end"] - human.exons["start"])
    sums = exons.pivot_table(index="gene_id", columns="part", values="length", aggfunc="sum")
    sums = sums.reindex(human.genes.index).fillna(0)
    for part, feature in (("utr5", "utr5_length"), ("cds", "orf_length"), ("utr3", "utr3_length")):
        np.testing.assert_array_equal(sums[part], human.genes[feature])


def test_gc_contents_are_of_human_genes(human):
    medians = human.genes[["utr5_gc", "orf_gc", "utr3_gc"]].median()
    assert 0.55 < medians["utr5_gc"] < 0.75
    assert 0.5 < medians["orf_gc"] < 0.65
    assert medians["utr3_gc"] < medians["orf_gc"]


def test_features_of_the_annotation_are_as_they_were(human):
    annotation = read_annotation(REAL / "human" / "gencode.v32.chr22.coding.gtf.gz")
    columns = list(HALF_LIFE_FEATURES)
    expected = annotation.genes.loc[human.genes.index, columns]
    np.testing.assert_array_equal(human.genes[columns], expected)


def test_the_worm_has_its_utrs_alone():
    annotation = read_annotation(REAL / "worm" / "WS220.genes.gff3.gz")
    assert set(annotation.exons["part"]) == {"utr5", "utr3"}
    exons = annotation.exons.assign(length=annotation.exons["end"] - annotation.exons["start"])
    sums = exons.pivot_table(index="gene_id", columns="part", values="length", aggfunc="sum")
    sums = sums.reindex(annotation.genes.index).fillna(0)
    np.testing.assert_array_equal(sums["utr5"], annotation.genes["utr5_length"])
    np.testing.assert_array_equal(sums["utr3"], annotation.genes["utr3_length"])

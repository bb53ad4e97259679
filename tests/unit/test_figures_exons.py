"""Exons in the coordinates of a gene's window, and as they are drawn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.subplots import make_subplots

from scx_core.annotation.exons import no_exons
from scx_core.figures.exons import TRANSCRIPT, add_exons, exons_in_window
from scx_core.figures.files import check_figure
from scx_core.figures.overview import overview_figure
from scx_core.figures.regions import regions_in_window
from scx_core.figures.style import palette
from scx_core.sequence.windows import index_to_position
from scx_core.ui.mutagenesis_options import exon_words


def table(*rows: tuple[int, int, str], gene: str = "G") -> pd.DataFrame:
    places = pd.DataFrame(rows, columns=["start", "end", "part"])
    return places.assign(gene_id=gene, transcript_id="ENST1")


def window(strand: str, tss: int, upstream: int = 20, downstream: int = 30):
    indices = np.arange(upstream + downstream)
    return indices - upstream, np.asarray(index_to_position(indices, tss, strand, upstream))


def listed(found: pd.DataFrame) -> list[tuple]:
    return list(found[["start", "end", "part", "number"]].itertuples(index=False, name=None))


def test_plus_strand_worked_by_hand():
    # TSS at 101: index 0 of an exon [100, 110). The window ends with +29.
    exons = table((100, 105, "utr5"), (105, 110, "cds"), (120, 200, "cds"))
    assert listed(exons_in_window(exons, "G", *window("+", 101))) == [
        (0, 30, TRANSCRIPT, 0), (0, 5, "utr5", 1), (5, 10, "cds", 1), (20, 30, "cds", 2),
    ]  # fmt: skip


def test_minus_strand_worked_by_hand():
    # TSS at 110: the last base of [105, 110). Read from there down.
    exons = table((20, 95, "cds"), (100, 105, "cds"), (105, 110, "utr5"))
    assert listed(exons_in_window(exons, "G", *window("-", 110))) == [
        (0, 30, TRANSCRIPT, 0), (0, 5, "utr5", 1), (5, 10, "cds", 1), (15, 30, "cds", 2),
    ]  # fmt: skip


def test_another_gene_and_places_outside_give_nothing():
    exons = table((100, 105, "utr5"))
    assert exons_in_window(exons, "H", *window("+", 101)).empty
    assert exons_in_window(exons, "G", *window("+", 5000)).empty
    assert exons_in_window(no_exons(), "G", *window("+", 101)).empty


def test_a_window_within_an_intron_has_the_line_alone():
    exons = table((0, 10, "utr5"), (900, 910, "cds"))
    found = exons_in_window(exons, "G", *window("+", 501))
    assert listed(found) == [(-20, 30, TRANSCRIPT, 0)]
    figure = make_subplots(rows=1, cols=1)
    add_exons(figure, found, 50, "light", 1)
    assert [trace.mode for trace in figure.data] == ["lines", "markers"]


@given(
    start=st.integers(0, 200), length=st.integers(1, 60), tss=st.integers(50, 150),
    strand=st.sampled_from("+-"),
)  # fmt: skip
def test_places_equal_those_of_regions(start, length, tss, strand):
    """The same stretch as a regulatory region is found at the same place."""
    positions, genome = window(strand, tss)
    exon = exons_in_window(table((start, start + length, "cds")), "G", positions, genome)
    region = pd.DataFrame(
        {
            "chromosome": ["chr1"],
            "start": [start],
            "end": [start + length],
            "name": "x",
            "region_class": "y",
        }
    )
    expected = regions_in_window(region, "chr1", positions, genome)
    assert exon.loc[exon["part"] == "cds", ["start", "end"]].to_numpy().tolist() == (
        expected[["start", "end"]].to_numpy().tolist()
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_utrs_are_thin_and_coding_parts_thick(theme):
    exons = table((100, 105, "utr5"), (105, 108, "cds"), (112, 115, "exon"), (118, 120, "utr3"))
    found = exons_in_window(exons, "G", *window("+", 101))
    figure = make_subplots(rows=1, cols=1)
    add_exons(figure, found, 50, theme, 1, level=2.0, half=0.4)
    line, boxes, arrows, hover = figure.data
    assert list(line.x) == [-0.5, 19.5]
    heights = np.asarray(boxes.y, dtype=float).reshape(-1, 6)[:, [0, 2]] - 2
    np.testing.assert_allclose(heights[:, 1], [0.2, 0.4, 0.3, 0.2])
    np.testing.assert_allclose(heights[:, 0], -heights[:, 1])
    assert np.asarray(boxes.x, dtype=float)[:2].tolist() == [-0.5, 4.5]
    assert arrows.marker.symbol == "triangle-right"
    assert all(8 <= place <= 18 for place in arrows.x)  # in the introns
    assert [tuple(told) for told in hover.customdata] == [
        ("5′UTR", "1", "ENST1"), ("coding", "1", "ENST1"), ("exon", "2", "ENST1"),
        ("3′UTR", "3", "ENST1"),
    ]  # fmt: skip


def test_a_transcript_without_introns_has_its_arrow_on_the_largest_box():
    found = exons_in_window(table((100, 120, "cds")), "G", *window("+", 101))
    figure = make_subplots(rows=1, cols=1)
    add_exons(figure, found, 50, "light", 1)
    assert list(figure.data[2].x) == [9.5]
    assert figure.data[2].marker.color == palette("light").ground


def test_the_window_has_a_lane_of_exons_above_its_regions():
    positions, genome = window("+", 101)
    effects = np.random.default_rng(0).normal(0, 0.1, (50, 4))
    beds = pd.DataFrame(
        {"chromosome": "chr1", "start": [90], "end": [99], "name": ["E"], "region_class": ["PLS"]}
    )
    exons = exons_in_window(table((100, 105, "utr5"), (115, 140, "cds")), "G", positions, genome)
    for regions, lanes in ((beds, ["PLS", "exons"]), (beds.iloc[:0], ["exons"])):
        inside = regions_in_window(regions, "chr1", positions, genome)
        figure = overview_figure(
            effects, positions, genome, pd.DataFrame(), inside, "light", exons=exons
        )
        assert list(figure.layout.yaxis2.ticktext) == lanes
        assert figure.layout.yaxis2.visible
        boxes = [trace for trace in figure.data if trace.fill == "toself" and trace.yaxis == "y2"]
        heights = np.asarray(boxes[-1].y, dtype=float)
        middle = (np.nanmin(heights) + np.nanmax(heights)) / 2
        assert middle == pytest.approx(len(lanes) - 1)
        check_figure(figure)
    plain = overview_figure(effects, positions, genome, pd.DataFrame(), inside, "light")
    same = overview_figure(
        effects, positions, genome, pd.DataFrame(), inside, "light", exons=exons.iloc[:0]
    )
    assert plain == same
    assert not plain.layout.yaxis2.visible


def test_the_caption_names_the_transcript():
    found = exons_in_window(table((100, 120, "cds")), "G", *window("+", 101))
    assert "transcript ENST1, read to the right" in exon_words(found)
    assert exon_words(found.iloc[:0]) == exon_words(None) == ""
    unknown = exons_in_window(table((100, 120, "exon")), "G", *window("+", 101))
    assert "(parts not known)" in exon_words(unknown)

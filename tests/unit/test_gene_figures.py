"""Figures of a gene: tracks, bands, the axis of the chromosome, classes, comparisons."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scx_core.errors import ScxError
from scx_core.figures.base_level import detail_figure
from scx_core.figures.ccre_classes import ccre_class, is_bound, lane_name
from scx_core.figures.gene_track import make_track
from scx_core.figures.gene_what_if import MAX_ROWS, compared_predictions, what_if_figure
from scx_core.figures.genome_axis import genome_ticks
from scx_core.figures.overview import overview_figure
from scx_core.figures.pooling import pool_populations
from scx_core.figures.regions import regions_at
from scx_core.figures.style import palette


def effects(length: int = 30, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 0.1, (length, 4)).astype(np.float32)
    values[np.arange(length), rng.integers(0, 4, length)] = 0
    return values


def test_strongest_track_keeps_sign_and_its_own_spread():
    values = np.array([[0.0, -0.3, 0.2, 0.1], [0.4, 0.0, 0.1, -0.2]])
    spread = np.array([[0.0, 0.01, 0.02, 0.03], [0.04, 0.0, 0.05, 0.06]])
    track = make_track(values, "strongest", spread)
    assert track.effects[:, 0].tolist() == pytest.approx([-0.3, 0.4])
    assert track.spread.tolist() == pytest.approx([0.01, 0.04])


def test_mean_track_is_over_three_and_its_band_is_an_upper_bound():
    rng = np.random.default_rng(1)
    runs = rng.normal(size=(5, 40, 4))
    runs[:, np.arange(40), rng.integers(0, 4, 40)] = 0
    track = make_track(runs.mean(axis=0), "mean", runs.std(axis=0, ddof=1))
    assert track.effects[:, 0] == pytest.approx(runs.mean(axis=0).sum(axis=1) / 3, abs=1e-6)
    exact = (runs.sum(axis=2) / 3).std(axis=0, ddof=1)
    assert (track.spread >= exact - 1e-6).all()


def test_all_three_are_the_substitutions_from_greatest_to_smallest():
    values = effects()
    track = make_track(values, "all")
    for row, three in zip(values, track.effects, strict=True):
        expected = sorted((value for value in row.tolist() if value != 0), reverse=True)
        assert three.tolist() == pytest.approx(expected)
    assert track.spread is None


def test_one_run_has_no_band():
    assert make_track(effects(), "strongest", np.full((30, 4), np.nan)).spread is None


def test_unknown_track_is_told():
    with pytest.raises(ScxError, match="choose one of strongest, all, mean"):
        make_track(effects(), "weakest")


@given(st.integers(1, 200_000_000), st.integers(2, 20_000), st.booleans())
def test_ticks_are_round_places_where_they_say(start, length, forward):
    positions = np.arange(length) - length // 3
    genome = start + np.arange(length) * (1 if forward else -1)
    places, labels = genome_ticks(positions, genome)
    assert len(places) <= 7
    by_position = dict(zip(positions.tolist(), genome.tolist(), strict=True))
    for place, label in zip(places, labels, strict=True):
        assert by_position[place] == int(label.replace(",", ""))


def test_classes_of_encode_and_of_others():
    assert ccre_class("PLS").color_name == "red"
    assert ccre_class("pELS,CTCF-bound").meaning == "proximal enhancer-like"
    assert lane_name("pELS,CTCF-bound") == "pELS"
    assert lane_name("CTCF-only,CTCF-bound") == "CTCF-only"
    assert is_bound("dELS,CTCF-bound")
    assert not is_bound("CA-CTCF")
    assert ccre_class("enhancer of mine") is None


def test_regions_at_names_all_that_hold_a_position():
    regions = pd.DataFrame(
        {"start": [-5, 0], "end": [2, 3], "name": ["a", "b"], "region_class": ["PLS", "dELS"]}
    )
    told = regions_at(regions, np.array([-6, -5, 1, 2, 3]))
    assert told == ["", "a (PLS)", "a (PLS), b (dELS)", "b (dELS)", ""]
    assert regions_at(regions.iloc[:0], np.array([1, 2])) == ["", ""]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_overview_with_band_classes_and_chromosome(theme):
    values = np.stack([effects(seed=seed) for seed in range(3)], axis=2)
    positions = np.arange(30) - 10
    pooled = pool_populations(values, positions, ("a", "b", "c"), ("a", "b", "c"))
    regions = pd.DataFrame(
        {"start": [-5], "end": [2], "name": ["x"], "region_class": ["PLS"], "where": ["chr1:1-7"]}
    )
    figure = overview_figure(
        values[:, :, 0], positions, 500 - positions, pooled, regions, theme,
        spread=np.full((30, 4), 0.01), groups=["Neuron", "Neuron", "Glia"], chromosome="chr1",
    )  # fmt: skip
    told = [note.text for note in figure.layout.annotations]
    assert {"Neuron", "Glia"} <= set(told)
    assert figure.layout.xaxis9.title.text == "chr1 (1-based)"
    assert figure.layout.xaxis9.matches == "x3"
    lane = next(trace for trace in figure.data if trace.yaxis == "y2")
    assert lane.fillcolor == "rgba(255,0,0,1)"
    dividers = [
        shape for shape in figure.layout.shapes if shape.yref == "y3" and shape.y0 == shape.y1
    ]
    assert [shape.y0 for shape in dividers] == [1.5]


def test_all_three_are_drawn_as_layers_with_one_hover():
    figure = overview_figure(
        effects(), np.arange(30), np.arange(30) + 5, pd.DataFrame(),
        pd.DataFrame(columns=["start", "end", "name", "region_class", "where"]), "light", kind="all",
    )  # fmt: skip
    layers = [trace for trace in figure.data if trace.fill == "tozeroy"]
    assert len(layers) == 6
    hover = next(trace for trace in figure.data if trace.hovertemplate)
    assert np.asarray(hover.customdata).shape == (30, 4)


def test_detail_has_both_coordinates():
    values, positions = effects(), np.arange(30)
    codes = np.zeros(30, np.uint8)
    figure = detail_figure(values, positions, 900 - positions, codes, "light", chromosome="chrX")
    assert figure.layout.xaxis9.title.text == "chrX (1-based)"
    assert "900" in figure.layout.xaxis9.ticktext


def test_what_if_draws_the_difference_of_the_tracks():
    before, after = effects(seed=1), effects(seed=2)
    positions = np.arange(30) - 10
    figure = what_if_figure(before, after, positions, 100 + positions, "light")
    unseen = [trace for trace in figure.data if trace.hovertemplate]
    first, second, third = (np.asarray(trace.y, dtype=float) for trace in unseen)
    assert third == pytest.approx(second - first, abs=1e-6)
    assert figure.layout.yaxis.range == figure.layout.yaxis3.range


def test_compared_predictions_keep_those_that_change_most():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"as_it_is": rng.normal(size=60)}, index=[f"population {n}" for n in range(60)]
    )
    table["changed"] = table["as_it_is"] + np.where(np.arange(60) < 50, 0.01, -1.0)
    figure = compared_predictions(table, "log10 CPM", "light")
    shown = list(figure.data[-1].y)
    assert len(shown) == MAX_ROWS
    assert set(table.index[50:]) <= set(shown)
    up, down = figure.data[1], figure.data[3]
    assert (up.marker.color, down.marker.color) == (palette("light").up, palette("light").down)
    assert list(down.y) == list(table.index[50:])

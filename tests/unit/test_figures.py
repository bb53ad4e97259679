"""Figures say what the numbers say."""

import numpy as np
import pandas as pd
import pytest

from scx_core.figures.base_level import base_contribution, detail_figure
from scx_core.figures.dataset import (
    correlation_figure,
    population_correlation,
    pseudobulk_histogram,
)
from scx_core.figures.glyphs import letter_outline, letters_path
from scx_core.figures.overview import overview_figure
from scx_core.figures.pooling import bin_size, largest_effect, pool_largest, pool_populations
from scx_core.figures.regions import regions_in_window
from scx_core.figures.style import palette, translucent

THEMES = ("light", "dark")


def luminance(color: str) -> float:
    """WCAG relative luminance."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_colours_stand_out_from_the_ground(theme):
    colors = palette(theme)
    for name in ("up", "down", "muted", "accent"):
        assert contrast(getattr(colors, name), colors.ground) >= 3, name
    assert contrast(colors.text, colors.ground) >= 7
    assert contrast(colors.muted, colors.ground) >= 4.5


def test_translucent_keeps_the_colour():
    assert translucent("#0072B2", 0.25) == "rgba(0,114,178,0.25)"


def test_largest_effect_keeps_the_sign():
    values = np.array([[0.1, -0.3, 0.0, 0.2], [0.0, 0.0, 0.4, -0.1]])
    assert largest_effect(values, axis=1).tolist() == [-0.3, 0.4]


def test_pooling_keeps_the_strongest_of_each_bin():
    values = np.zeros((2, 7))
    values[0, 2], values[0, 1] = -0.5, 0.4
    values[1, 6] = 0.2
    pooled = pool_largest(values, 3)
    assert pooled.tolist() == [[-0.5, 0.0, 0.0], [0.0, 0.0, 0.2]]


def test_pooling_of_a_whole_window_loses_no_strong_position():
    rng = np.random.default_rng(1)
    values = np.zeros(10_500, dtype=np.float32)
    strong = rng.choice(10_500, 100, replace=False)
    values[strong] = 0.5
    size = bin_size(10_500)
    assert size == 10
    pooled = pool_largest(values, size)
    assert len(pooled) == 1050
    assert {int(place) // size for place in strong} == set(np.flatnonzero(pooled).tolist())


def test_pool_populations_orders_rows_and_centers_bins():
    values = np.zeros((4, 4, 2), dtype=np.float32)
    values[3, 1, 0], values[0, 2, 1] = 0.7, -0.2
    pooled = pool_populations(values, np.arange(4) - 2, ("a", "b"), ("b", "a"))
    assert list(pooled.index) == ["b", "a"]
    assert pooled.columns.tolist() == [-2, -1, 0, 1]
    assert pooled.loc["a"].tolist() == pytest.approx([0, 0, 0, 0.7])
    assert pooled.loc["b"].tolist() == pytest.approx([-0.2, 0, 0, 0])


def regions() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "chromosome": ["chr1", "chr1", "chr2"],
            "start": [99, 90, 99],
            "end": [102, 96, 102],
            "name": ["inside", "cut", "elsewhere"],
            "region_class": ["PLS", "dELS", "PLS"],
        }
    )


def test_regions_on_the_plus_strand():
    # TSS at 100 (1-based), 5 bases before and 5 from it on: genome 95 … 104.
    positions = np.arange(10) - 5
    found = regions_in_window(regions(), "1", positions, 100 + positions).set_index("name")
    assert list(found.index) == ["cut", "inside"]
    # BED 99–102 is bases 100, 101, 102: positions 0, 1, 2.
    assert found.loc["inside", ["start", "end"]].tolist() == [0, 3]
    assert found.loc["cut", ["start", "end"]].tolist() == [-5, -3]
    assert found.loc["cut", "where"] == "chr1:91-96"


def test_regions_on_the_minus_strand():
    positions = np.arange(10) - 5
    found = regions_in_window(regions(), "chr1", positions, 100 - positions).set_index("name")
    # The window is genome 105 … 96; base 100 is position 0, base 102 is position -2.
    assert found.loc["inside", ["start", "end"]].tolist() == [-2, 1]
    assert found.loc["cut", ["start", "end"]].tolist() == [4, 5]


def test_base_contribution_is_minus_the_mean_of_three_substitutions():
    effects = np.array([[0.0, -0.3, -0.6, 0.0], [0.1, 0.0, 0.1, 0.1], [0.9, 0.9, 0.9, 0.9]])
    codes = np.array([0, 1, 4], dtype=np.uint8)
    assert base_contribution(effects, codes) == pytest.approx([0.3, -0.1, 0.0])


@pytest.mark.parametrize("letter", "ACGT")
def test_letters_are_simple_polygons_in_the_unit_square(letter):
    rings = letter_outline(letter)
    points = np.concatenate(rings)
    assert points.min(axis=0).tolist() == [0, 0]
    assert points.max(axis=0).tolist() == [1, 1]
    assert len(points) < 60
    assert len(rings) == (2 if letter == "A" else 1)


def test_a_letter_stands_on_its_position_with_its_height():
    x, y = letters_path("T", np.array([10.0, 11.0]), np.array([0.5, -0.25]), width=0.9)
    upper = x < 10.5
    assert np.nanmin(x) == pytest.approx(9.55)
    assert np.nanmax(x) == pytest.approx(11.45)
    assert np.nanmax(y[upper]) == pytest.approx(0.5)
    assert np.nanmin(y[~upper]) == pytest.approx(-0.25)


def window(length: int = 60, n_populations: int = 3):
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, length).astype(np.uint8)
    values = rng.normal(0, 0.01, (length, 4, n_populations)).astype(np.float32)
    values[20, 1] = 0.4
    values[40, 2] = -0.6
    values[np.arange(length), codes] = 0
    values[20, (codes[20] + 1) % 4] = 0.4
    values[40, (codes[40] + 1) % 4] = -0.6
    return values, np.arange(length) - 30, codes


@pytest.mark.parametrize("theme", THEMES)
def test_overview_draws_gain_up_and_loss_down(theme):
    values, positions, _ = window()
    pooled = pool_populations(values, positions, ("a", "b", "c"), ("a", "b", "c"))
    inside = regions_in_window(regions(), "chr1", positions, 100 + positions)
    figure = overview_figure(values[:, :, 0], positions, 100 + positions, pooled, inside, theme)
    up, down = figure.data[0], figure.data[1]
    colors = palette(theme)
    assert (up.fillcolor, down.fillcolor) == (colors.up, colors.down)
    assert max(up.y) == pytest.approx(0.4)
    assert min(down.y) == pytest.approx(-0.6)
    assert min(up.y) == max(down.y) == 0
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    assert heat.zmax == -heat.zmin == pytest.approx(0.6)
    assert list(figure.layout.yaxis2.ticktext) == ["PLS", "dELS"]
    assert figure.layout.dragmode == "select"
    assert not any(trace.type == "bar" for trace in figure.data)


def test_overview_without_regions_and_populations():
    values, positions, _ = window()
    none = regions_in_window(regions().iloc[:0], "chr1", positions, 100 + positions)
    pooled = pd.DataFrame()
    figure = overview_figure(values[:, :, 0], positions, 100 + positions, pooled, none, "light")
    assert figure.layout.xaxis.showticklabels
    assert not figure.layout.yaxis3.visible


def test_detail_holds_each_substitution_and_marks_the_reference():
    values, positions, codes = window()
    figure = detail_figure(values[:, :, 0], positions, 100 + positions, codes, "light")
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    assert np.asarray(heat.z).shape == (4, 60)
    assert list(heat.y) == ["A", "C", "G", "T"]
    dots = figure.data[-1]
    assert list(dots.y) == ["ACGT"[code] for code in codes]
    assert heat.customdata[0][0][0] == "ACGT"[codes[0]]


def test_histogram_counts_the_unseen_at_the_floor():
    values = pd.Series([-4.0] * 5 + [-1.0, 0.0, 0.5, 0.5, 1.0])
    figure = pseudobulk_histogram(values, -4, "log10 CPM", "light")
    assert sum(figure.data[1].y) == 5
    told = [note.text for note in figure.layout.annotations]
    assert told == ["floor −4: 5 genes never seen (bar cut)", "smallest seen −1.00"]


def test_histogram_of_a_population_without_any_gene():
    figure = pseudobulk_histogram(pd.Series([-4.0, -4.0]), -4, "log10 CPM", "light")
    assert "No gene" in figure.layout.annotations[0].text


def test_correlation_puts_alike_populations_together_and_constant_ones_last():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=50), rng.normal(size=50)
    table = pd.DataFrame(
        {
            "a1": first,
            "constant": np.full(50, -4.0),
            "b1": second,
            "a2": first + 0.1 * rng.normal(size=50),
            "b2": second + 0.1 * rng.normal(size=50),
        }
    )
    order = list(population_correlation(table).columns)
    assert order[-1] == "constant"
    assert abs(order.index("a1") - order.index("a2")) == 1
    assert abs(order.index("b1") - order.index("b2")) == 1
    figure = correlation_figure(population_correlation(table), "dark")
    assert figure.data[0].zmax == 1


def test_correlation_of_one_population_says_so():
    figure = correlation_figure(pd.DataFrame([[1.0]], index=["a"], columns=["a"]), "light")
    assert "Two populations" in figure.layout.annotations[0].text

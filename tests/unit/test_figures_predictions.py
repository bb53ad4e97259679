"""Figures of the Predictions page say what the numbers say."""

import numpy as np
import pandas as pd
import pytest

from scx_core.evaluate import evaluate_by_fold, residuals, vary_and_correlate
from scx_core.figures.predictions import local_density, scatter_figure
from scx_core.figures.predictions_genes import residual_figure, variation_figure
from scx_core.figures.predictions_populations import (
    ROWS,
    box_of,
    folds_figure,
    gene_figure,
    performance_figure,
)
from scx_core.figures.style import palette

THEMES = ("light", "dark")
MANY = [f"p{number}" for number in range(ROWS + 10)]


def trace(figure, name: str):
    """The one trace of a name."""
    return next(item for item in figure.data if item.name == name)


def by_name(cloud) -> dict[str, tuple[float, float]]:
    """Coordinates of a cloud's points by what a click hands back."""
    return {
        str(name): (float(x), float(y))
        for name, x, y in zip(cloud.customdata, cloud.x, cloud.y, strict=True)
    }


@pytest.fixture
def genes() -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    rng = np.random.default_rng(0)
    index = [f"E{number}" for number in range(300)]
    true = pd.DataFrame(rng.normal(size=(300, 4)), index=index, columns=list("abcd"))
    names = pd.Series([f"N{number}" for number in range(300)], index=index)
    return true, 0.5 * true + 0.3 * rng.normal(size=(300, 4)), names


def test_density_follows_the_crowd():
    rng = np.random.default_rng(0)
    crowd, lone = rng.normal(0, 0.05, size=(500, 2)), np.array([[3.0, 3.0], [-3.0, 3.0]])
    x, y = np.vstack([crowd, lone]).T
    density = local_density(x, y)
    assert density[:500].min() > density[500:].max()
    assert density.min() >= 0


def test_density_of_evenly_spread_points_is_their_number_in_a_field():
    x, y = np.random.default_rng(0).uniform(size=(2, 200_000))
    density = local_density(x, y)
    inside = (np.abs(x - 0.5) < 0.4) & (np.abs(y - 0.5) < 0.4)
    assert density[inside].mean() == pytest.approx(200_000 / 50**2, rel=0.05)


@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0]])
def test_density_of_hardly_any_points(values):
    density = local_density(np.array(values), np.array(values))
    assert len(density) == len(values)
    assert np.isfinite(density).all()


@pytest.mark.parametrize("theme", THEMES)
def test_scatter_carries_names_and_equal_limits(theme):
    observed = pd.Series([1.0, 2.0, -4.0, np.nan], index=["E1", "E2", "E3", "E4"])
    predicted = pd.Series([1.5, 1.0, 0.0, 1.0], index=["E1", "E2", "E3", "E4"])
    names = pd.Series(["ONE", "TWO"], index=["E1", "E2"])
    figure = scatter_figure(observed, predicted, names, "log10 CPM", theme, highlight="E2")
    assert by_name(figure.data[0]) == {"ONE": (1.5, 1), "TWO": (1, 2), "E3": (0, -4)}
    assert figure.layout.xaxis.range == figure.layout.yaxis.range
    assert figure.layout.dragmode == "zoom"
    assert (figure.data[1].x[0], figure.data[1].y[0]) == (1.0, 2.0)
    assert figure.layout.annotations[0].text == "<b>TWO</b>"
    assert "log10 CPM" in figure.layout.xaxis.title.text


def test_scatter_draws_the_crowded_last_in_one_byte_each(genes):
    true, predicted, names = genes
    cloud = scatter_figure(true["a"], predicted["a"], names, "u", "light").data[0]
    color = np.asarray(cloud.marker.color)
    assert color.dtype == np.uint8
    assert (np.diff(color.astype(int)) >= 0).all()
    assert color.max() == 255
    ticks = cloud.marker.colorbar
    assert ticks.ticktext[0] == "0"
    assert ticks.tickvals[-1] <= 255


def test_scatter_of_nothing_says_so():
    nothing = pd.Series(dtype=float)
    assert (
        "No gene"
        in scatter_figure(nothing, nothing, nothing, "u", "light").layout.annotations[0].text
    )


def test_scatter_of_18_000_genes_stays_small():
    rng = np.random.default_rng(0)
    index = [f"ENSG{number:011d}" for number in range(18_000)]
    true, predicted = (pd.Series(rng.normal(size=18_000), index=index) for _ in range(2))
    names = pd.Series([f"GEN{number % 1000}" for number in range(18_000)], index=index)
    assert len(scatter_figure(true, predicted, names, "u", "light").to_json()) < 480_000


def test_gene_over_populations_follows_the_order_given():
    observed = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0})
    predicted = pd.Series({"b": 2.5, "a": 0.5})
    figure = gene_figure(observed, predicted, ["c", "a", "b"], "log10 CPM", "light", "a")
    truth, guess = trace(figure, "observed"), trace(figure, "predicted")
    assert list(figure.layout.yaxis.ticktext) == ["c", "a", "b"]
    assert truth.customdata.tolist() == ["c", "a", "b"]
    assert np.asarray(truth.y).tolist() == [0, 1, 2]
    assert np.asarray(truth.x).tolist() == [3, 1, 2]
    assert np.isnan(guess.x[0])
    assert guess.x[1] == 0.5


def test_classes_have_a_colour_each_and_forms_are_told():
    observed = pd.Series({"a": 1.0, "b": 2.0, "c": 3.0})
    classes = {"a": "Neuron", "b": "Glia", "c": "Neuron"}
    figure = gene_figure(observed, observed, ["a", "c", "b"], "u", "light", None, classes)
    told = [item.name for item in figure.data if item.showlegend is not False]
    assert told == ["Neuron", "Glia", "observed", "predicted"]
    neuron = [item for item in figure.data if item.name == "Neuron"]
    assert {item.marker.symbol for item in neuron} == {"circle", "diamond-open"}
    assert neuron[0].customdata.tolist() == ["a", "c"]
    colors = {item.marker.color for item in figure.data if item.name in ("Neuron", "Glia")}
    assert len(colors) == 2
    assert not colors & {palette("light").up, palette("light").down}


def test_many_populations_stand_side_by_side_with_their_classes_below():
    observed = pd.Series(np.arange(len(MANY), dtype=float), index=MANY)
    classes = {name: "first" if place < 20 else "second" for place, name in enumerate(MANY)}
    figure = gene_figure(observed, observed, MANY, "u", "light", "p3", classes)
    first = next(item for item in figure.data if item.name == "first")
    assert np.asarray(first.x).tolist() == list(range(20))
    assert list(figure.layout.xaxis.ticktext) == ["first", "second"]
    assert list(figure.layout.xaxis.tickvals) == [9.5, (20 + len(MANY) - 1) / 2]
    assert "<b>p3</b>" in [note.text for note in figure.layout.annotations]


def test_performance_draws_model_and_baselines():
    scores = pd.DataFrame({"this model": [0.6, 0.7], "ridge": [0.4, 0.5]}, index=["a", "b"])
    figure = performance_figure(scores, ["b", "a"], "light")
    assert [item.name for item in figure.data] == ["this model", "ridge"]
    assert np.asarray(figure.data[0].x) == pytest.approx([0.7, 0.6])
    assert list(figure.data[0].customdata) == ["b", "a"]


def test_box_is_tukeys():
    # Worked out by hand: quartiles 2, 3, 4; 1.5 times 2 beyond them ends at -1 and 7.
    assert box_of(np.array([1.0, 2, 3, 4, 9, np.nan])).tolist() == [1, 2, 3, 4, 4]
    assert np.isnan(box_of(np.array([np.nan]))).all()
    assert box_of(np.array([5.0])).tolist() == [5] * 5


@pytest.mark.parametrize("theme", THEMES)
def test_folds_have_a_point_each_and_boxes_at_their_quartiles(genes, theme):
    true, predicted, _ = genes
    by_fold = evaluate_by_fold(true, predicted, pd.Series(np.arange(300) % 5, index=true.index))
    figure = folds_figure(by_fold, list("badc"), theme, "a")
    points = trace(figure, "one fold")
    assert len(points.x) == 20
    assert list(figure.layout.yaxis.ticktext) == list("badc")
    for (population, fold, n), x, y in zip(points.customdata, points.x, points.y, strict=True):
        row = by_fold[(by_fold["population"] == population) & (by_fold["fold"] == fold)].iloc[0]
        assert (x, n) == (pytest.approx(row["pearson"]), row["n"])
        assert round(y) == list("badc").index(population)
    corners = np.asarray(figure.data[0].x)[:4]
    of_b = by_fold.loc[by_fold["population"] == "b", "pearson"]
    assert corners[[0, 2]] == pytest.approx(of_b.quantile([0.25, 0.75]).to_numpy())


def test_few_folds_have_no_box_and_none_says_so(genes):
    true, predicted, _ = genes
    by_fold = evaluate_by_fold(true, predicted, pd.Series(3, index=true.index))
    figure = folds_figure(by_fold, list("abcd"), "light")
    assert [item.mode for item in figure.data] == ["markers"]
    assert np.asarray(figure.data[0].y).tolist() == [0, 1, 2, 3]
    empty = folds_figure(by_fold[:0], list("abcd"), "light")
    assert "No fold" in empty.layout.annotations[0].text


def test_variation_holds_every_gene_with_a_correlation(genes):
    true, predicted, names = genes
    true.iloc[7] = -4.0
    table = vary_and_correlate(true, predicted)
    figure = variation_figure(table, names, "light", "E9")
    points = by_name(figure.data[0])
    assert set(points) == set(names) - {"N7"}
    assert points["N9"] == pytest.approx(tuple(table.loc["E9"]), rel=1e-5)
    assert figure.layout.xaxis.type == "log"
    ring = trace(figure, "N9")
    note = figure.layout.annotations[0]
    assert note.x == pytest.approx(np.log10(ring.x[0]))  # plotly's annotations want the exponent
    median = trace(figure, "median")
    assert len(median.x) == 10
    assert (np.diff(median.x) >= 0).all()


def test_variation_of_genes_that_do_not_vary_says_so():
    table = pd.DataFrame({"variance": [0.0], "pearson_across_populations": [np.nan]}, index=["E1"])
    assert (
        "No gene varies" in variation_figure(table, pd.Series(), "light").layout.annotations[0].text
    )


@pytest.mark.parametrize("theme", THEMES)
def test_residuals_are_counted_on_their_side(genes, theme):
    true, predicted, _ = genes
    z = residuals(true["a"], predicted["a"])["z"]
    z.iloc[0] = 9.0
    figure = residual_figure(z, theme, ("N1", -1.0))
    below, within, above = figure.data
    assert below.name == f"expressed less than predicted ({(z < -2).sum()})"
    assert above.name == f"expressed more than predicted ({(z > 2).sum()})"
    assert f"({(z.abs() <= 2).sum()})" in within.name
    assert max(below.x) == pytest.approx(-2)
    assert min(above.x) == pytest.approx(2)
    assert (below.line.color, above.line.color) == (palette(theme).down, palette(theme).up)
    assert "<b>N1</b>" in figure.layout.annotations[0].text


def test_residuals_that_are_all_the_same_say_so():
    figure = residual_figure(pd.Series([np.nan, np.nan]), "light")
    assert "all the same" in figure.layout.annotations[0].text

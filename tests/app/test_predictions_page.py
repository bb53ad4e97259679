"""The Predictions page: its sentence, its four views, filters and links."""

import math

import pandas as pd
import pytest
from app_reading import refuse_traceback, texts

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.evaluate import evaluate_by_fold, residuals
from scx_core.ui.predictions import VIEWS
from scx_core.ui.predictions_residuals import select
from scx_core.ui.predictions_words import (
    classes_of,
    fold_sentence,
    order_by_class,
    split_words,
    variation_sentence,
    with_interval,
)


@pytest.fixture(scope="module")
def data(toy) -> Dataset:
    return Dataset.open(toy / "datasets" / "toy")


@pytest.fixture(scope="module")
def model(toy) -> Ensemble:
    return Ensemble.open(toy / "models" / "toy-model")


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_draws_under_the_same_sentence(open_app, view):
    app = open_app("predictions", view=view, population="Vip")
    refuse_traceback(app)
    assert not app.error
    told = texts(app)
    assert "In **Vip** the model" in told
    assert "over n = 40 genes, each predicted out of fold" in told
    assert "2 of 4 random folds, fold 0, 1, × 2 runs" in told
    assert len(app.get("plotly_chart")) <= 2


def test_the_interval_of_pearson_is_in_the_sentence(open_app, model):
    from scipy.stats import norm

    row = model.metrics.loc["Vip"]
    reach = norm.ppf(0.975) / math.sqrt(row["n"] - 3)
    low, high = (math.tanh(math.atanh(row["pearson"]) + sign * reach) for sign in (-1, 1))
    told = texts(open_app("predictions", population="Vip")).replace("−", "-")
    between = "–" if low >= 0 else " to "
    assert f"r **{row['pearson']:.2f}** (95 % {low:.2f}{between}{high:.2f})" in told


def test_unknown_view_in_the_link_is_said(open_app):
    app = open_app("predictions", view="nosuch")
    refuse_traceback(app)
    assert "names the view 'nosuch'" in texts(app)


def test_views_change_without_the_choice_of_gene(open_app, data, model):
    gene_id = str(model.predictions.index[3])
    app = open_app("predictions", gene=str(data.genes.loc[gene_id, "gene_name"]))
    for view in VIEWS:
        app.segmented_control(key="view").set_value(view).run()
        refuse_traceback(app)
        assert f"gene={gene_id}&view={view.replace(' ', '+')}" in app.code[-1].value


def test_gene_of_an_untrained_fold_is_said_in_two_views(open_app, model):
    gene_id = str(model.folds.index[model.folds == 3][0])
    for view in ("Genes", "Variation"):
        app = open_app("predictions", gene=gene_id, view=view)
        refuse_traceback(app)
        assert "This quick model learned from this gene, so it cannot judge it." in texts(app)
        assert app.button(key="missing_train").label == "Train the missing part"
    refuse_traceback(open_app("predictions", gene=gene_id, view="Largest misses"))


def test_largest_misses_are_the_largest(open_app, data, model):
    app = open_app("predictions", population="Sst", view="Largest misses")
    table = app.dataframe[0].value
    predicted = model.predictions["Sst"]
    z = residuals(data.expression.loc[predicted.index, "Sst"], predicted)["z"]
    assert table["z"].tolist() == pytest.approx(sorted(z[z > 0], reverse=True))
    app.segmented_control(key="residual_side").set_value("Less than predicted").run()
    assert app.dataframe[0].value["z"].tolist() == pytest.approx(sorted(z[z < 0]))


def test_misses_are_filtered_by_text_and_nothing_left_is_said(open_app, data, model):
    app = open_app("predictions", view="Largest misses")
    app.segmented_control(key="residual_side").set_value("Either").run()
    names = data.genes.loc[model.predictions.index, "gene_name"]
    app.text_input(key="residual_text").set_value("sym1, sym2").run()
    expected = names[names.str.contains("SYM1|SYM2")]
    assert sorted(app.dataframe[0].value["gene_name"]) == sorted(expected)
    assert f"{len(expected)} genes" in texts(app)
    app.text_input(key="residual_text").set_value("nosuch").run()
    refuse_traceback(app)
    assert "No gene matches" in texts(app)


def test_select_sorts_by_distance_and_filters():
    genes = pd.DataFrame(
        {
            "gene_name": list("ABCD"),
            "chromosome": ["1", "1", "2", "2"],
            "z": [-3.0, 1.0, 2.0, math.nan],
        },
        index=["E1", "E2", "E3", "E4"],
    )
    assert list(select(genes, "Either", "all", "").index) == ["E1", "E3", "E2", "E4"]
    assert list(select(genes, "More than predicted", "all", "").index) == ["E3", "E2"]
    assert list(select(genes, "Less than predicted", "all", "").index) == ["E1"]
    assert list(select(genes, "Either", "1", "").index) == ["E1", "E2"]
    assert list(select(genes, "Either", "all", "e3 d").index) == ["E3", "E4"]


def test_words_about_folds(model):
    by_fold = pd.DataFrame({"fold": [0, 1], "population": "a", "pearson": [0.2, 0.4]})
    assert "median over 2 folds is r = **0.30**, from 0.20 to 0.40" in fold_sentence(by_fold, "a")
    assert "one fold was trained: r = 0.20" in fold_sentence(by_fold[:1], "a")
    assert "no fold" in fold_sentence(by_fold, "b")
    assert split_words(model) == "2 of 4 random folds, fold 0, 1, × 2 runs"


def test_words_about_intervals():
    assert with_interval(0.711, (0.701, 0.72)) == "0.71 (0.70–0.72)"
    assert with_interval(0.1, (-0.02, 0.2), "**", "95 % ") == "**0.10** (95 % −0.02 to 0.20)"
    assert with_interval(math.nan, (0.1, 0.2)) == "not defined"
    assert with_interval(0.5, (math.nan, math.nan)) == "0.50"


def test_words_about_variation(data, model):
    observed = data.expression.loc[model.predictions.index, list(model.populations)]
    from scx_core.evaluate import vary_and_correlate

    assert "tenth of genes that vary least" in variation_sentence(
        vary_and_correlate(observed, model.predictions)
    )
    none = pd.DataFrame({"variance": [0.0], "pearson_across_populations": [math.nan]})
    assert "Too few genes vary" in variation_sentence(none)


def test_folds_of_the_page_are_those_of_the_model(data, model):
    observed = data.expression.loc[model.predictions.index, list(model.populations)]
    by_fold = evaluate_by_fold(observed, model.predictions, model.folds)
    assert set(by_fold["fold"]) == set(model.trained_folds)
    assert by_fold.groupby("population")["n"].sum().eq(len(observed)).all()


def test_classes_and_order(data):
    classes = classes_of(data, ["Sst", "Astro", "Vip"])
    assert classes == {"Sst": "Neuron", "Astro": "Glia", "Vip": "Neuron"}
    assert classes_of(data, ["Sst", "Vip"]) == {}
    assert order_by_class(["Sst", "Astro", "Vip"], classes) == ["Sst", "Vip", "Astro"]
    values = pd.Series({"Sst": 1.0, "Astro": 9.0, "Vip": 2.0})
    assert order_by_class(["Sst", "Astro", "Vip"], classes, values) == ["Vip", "Sst", "Astro"]
    values["Vip"] = math.nan
    assert order_by_class(["Sst", "Vip"], {}, values) == ["Sst", "Vip"]

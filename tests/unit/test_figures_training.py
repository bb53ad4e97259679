"""Figures of a training say what its epochs came to."""

import numpy as np
import pandas as pd
import pytest

from scx_core.figures.style import palette
from scx_core.figures.training import MOST_PANELS, loss_figure, shown_units
from scx_core.figures.validation import population_figure, validation_figure


def epochs_of(
    fold: int, run: int, losses: list[float], attempt: int = 0, rates: list[float] | None = None
) -> list[dict]:
    return [
        {
            "fold": fold, "run": run, "attempt": attempt, "epoch": number, "train_loss": loss - 0.1,
            "validation_loss": loss, "learning_rate": (rates or [5e-4] * len(losses))[number - 1],
            "validation_pearson": 1 - loss,
        }
        for number, loss in enumerate(losses, start=1)
    ]  # fmt: skip


def trace(figure, name: str):
    return next(line for line in figure.data if line.name == name)


def texts(figure) -> list[str]:
    return [text for line in figure.data if line.mode == "text" for text in line.text if text]


def parts(line) -> list[np.ndarray]:
    """Lines of a trace, which are joined with gaps."""
    y = np.asarray(line.y, dtype=float)
    return [part[~np.isnan(part)] for part in np.split(y, np.flatnonzero(np.isnan(y)))][:-1]


def test_each_fold_and_run_has_a_panel_and_a_line_of_its_own():
    history = pd.DataFrame(
        [
            *epochs_of(0, 0, [1.0, 0.8]),
            *epochs_of(0, 1, [1.0, 0.7]),
            *epochs_of(3, 0, [1.0, 0.6]),
            *epochs_of(3, 1, [1.0, 0.9]),
        ]
    )
    units = [(fold, run) for fold in (0, 3) for run in (0, 1)]
    figure = loss_figure(history, units, 2, "light")
    assert texts(figure) == [f"fold {fold} · run {run + 1}" for fold, run in units]
    lines = parts(trace(figure, "validation genes"))
    assert len(lines) == len(parts(trace(figure, "training genes"))) == 4
    # One scale for all panels: the drop of each line is to the others' as its loss is.
    drops = [line[0] - line[1] for line in lines]
    assert np.array(drops) / drops[0] == pytest.approx([1, 1.5, 2, 0.5])
    # Panels do not reach into each other.
    lefts = [min(x) for x in np.split(np.asarray(trace(figure, "validation genes").x), 4)]
    assert np.diff(lefts) == pytest.approx([1.08] * 3)


def test_units_without_an_epoch_keep_their_place():
    history = pd.DataFrame(epochs_of(0, 0, [1.0, 0.8]))
    figure = loss_figure(history, [(fold, 0) for fold in range(7)], 40, "dark")
    assert texts(figure) == [f"fold {fold}" for fold in range(7)]
    assert len(parts(figure.data[0])) == 7  # grounds


def test_a_fold_is_called_by_its_chromosome():
    history = pd.DataFrame(epochs_of(3, 0, [1.0]))
    figure = loss_figure(history, [(3, 0)], 2, "light", fold_names={3: "chrIV"})
    assert texts(figure) == ["chrIV"]
    assert "fold" not in trace(figure, "validation genes").hovertemplate


def test_best_epoch_and_falls_of_the_learning_rate_are_marked():
    rates = [5e-4, 5e-4, 5e-5, 5e-5]
    history = pd.DataFrame(epochs_of(0, 0, [1.0, 0.5, 0.6, 0.7], rates=rates))
    figure = loss_figure(history, [(0, 0)], 4, "light")
    best = trace(figure, "best epoch, kept")
    assert best.customdata[0] == pytest.approx([0, 1, 2, 0.5, 0.4, 5e-4])
    falls = trace(figure, "learning rate fell")
    assert falls.customdata[0][[0, 1, 2, 5]] == pytest.approx([0, 1, 3, 5e-5])
    assert len(parts(falls)) == 1


def test_attempts_that_were_given_up_are_drawn_apart_and_counted():
    history = pd.DataFrame(
        [
            *epochs_of(0, 0, [1.0, 1.0, 1.0], attempt=0),
            *epochs_of(0, 0, [1.0, 1.0], attempt=1),
            *epochs_of(0, 0, [1.0, 0.4], attempt=2),
        ]
    )
    figure = loss_figure(history, [(0, 0)], 3, "light")
    assert [len(line) for line in parts(trace(figure, "given up: collapsed"))] == [3, 2]
    assert [len(line) for line in parts(trace(figure, "validation genes"))] == [2]
    assert texts(figure) == ["fold 0", "2× anew"]
    assert trace(figure, "best epoch, kept").customdata[0][3] == pytest.approx(0.4)


def test_one_wild_epoch_does_not_flatten_the_others():
    history = pd.DataFrame(epochs_of(0, 0, [500.0, 1.0, 0.9, 0.8, 0.7]))
    figure = loss_figure(history, [(0, 0)], 5, "light")
    (line,) = parts(trace(figure, "validation genes"))
    assert line[0] == pytest.approx(1)  # at the top of its panel; the pointer tells its value
    assert trace(figure, "validation genes").customdata[0][3] == 500
    assert line[1] - line[4] > 0.1


def test_the_first_epochs_of_a_good_training_are_not_cut():
    history = pd.DataFrame(epochs_of(0, 0, [1.0, 0.6, *[0.2] * 38]))
    (line,) = parts(trace(loss_figure(history, [(0, 0)], 40, "light"), "validation genes"))
    assert line[0] < 1
    assert (line[0] - line[1]) / (line[1] - line[2]) == pytest.approx(1)


def test_a_hundred_panels_stay_a_few_lines():
    units = [(fold, run) for fold in range(20) for run in range(5)]
    history = pd.DataFrame(
        [row for unit in units for row in epochs_of(*unit, list(np.linspace(1, 0.5, 40)))]
    )
    figure = loss_figure(history, units, 40, "light")
    assert len(figure.data) <= 8
    assert all(line.type == "scatter" for line in figure.data)  # SVG: one path each
    assert figure.layout.height <= 900
    assert len(figure.to_json()) < 300_000  # sent again after each epoch
    assert len(parts(figure.data[0])) == 100
    assert texts(figure) == [f"fold {fold}" for fold in range(20)]


def test_more_than_a_hundred_panels_show_those_that_train_now():
    units = [(fold, run) for fold in range(40) for run in range(5)]
    assert shown_units(units[:100], []) == units[:100]
    assert shown_units(units, []) == units[:MOST_PANELS]
    shown = shown_units(units, units[:151])
    assert len(shown) == MOST_PANELS
    assert units[150] in shown
    assert shown_units(units, units) == units[-MOST_PANELS:]


def test_train_and_validation_are_not_in_the_colours_of_up_and_down():
    history = pd.DataFrame(epochs_of(0, 0, [1.0, 0.5]))
    for theme in ("light", "dark"):
        colors = palette(theme)
        drawn = {line.line.color for line in loss_figure(history, [(0, 0)], 2, theme).data}
        assert not drawn & {colors.up, colors.down}


def test_no_losses_yet_is_said():
    figure = loss_figure(pd.DataFrame(), [(0, 0)], 10, "light")
    assert "not finished" in figure.layout.annotations[0].text


def test_populations_are_sorted_and_those_without_a_correlation_left_out():
    figure = population_figure({"a": 0.2, "b": None, "c": 0.6, "d": 0.4}, "light")
    assert np.asarray(figure.data[0].x) == pytest.approx([0.6, 0.4, 0.2])
    assert list(figure.data[0].y) == ["c", "d", "a"]
    assert figure.layout.shapes[0].x0 == pytest.approx(0.4)  # median


def test_many_populations_name_the_ends_only():
    figure = population_figure({f"p{number}": number / 130 for number in range(130)}, "dark")
    assert [note.text for note in figure.layout.annotations] == ["p129", "p0"]
    assert (np.diff(np.asarray(figure.data[0].y)) < 0).all()
    assert "130 populations" in figure.layout.xaxis.title.text


def test_no_population_has_a_correlation():
    for values in ({}, {"a": None}):
        figure = population_figure(values, "light")
        assert "No population" in figure.layout.annotations[0].text


def test_median_over_runs_leaves_out_what_was_given_up():
    history = pd.DataFrame(
        [
            *epochs_of(0, 0, [0.9, 0.8]),
            *epochs_of(0, 1, [1.0, 1.0], attempt=0),
            *epochs_of(0, 1, [0.7, 0.4], attempt=1),
            *epochs_of(1, 0, [0.5]),
        ]
    )
    figure = validation_figure(history, 10, "light")
    strong = figure.data[1]
    assert np.asarray(strong.y) == pytest.approx([0.3, 0.4])
    assert list(strong.customdata) == [3, 2]
    assert len(parts(figure.data[0])) == 3


def test_history_without_correlations_says_so():
    history = pd.DataFrame(epochs_of(0, 0, [1.0])).drop(columns="validation_pearson")
    for table in (history, history.assign(validation_pearson=None), pd.DataFrame()):
        assert "No correlation" in validation_figure(table, 4, "light").layout.annotations[0].text

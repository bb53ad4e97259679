"""Two populations compared substitution by substitution, worked by hand."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from scx_core.errors import ScxError
from scx_core.figures.overview import overview_figure
from scx_core.mutagenesis.comparison import subtract_populations

# Three positions, A C G T; the reference (A, A, C) is 0. Signs: + +, - -, + -; 0 +, 0 0, - -; …
FIRST = np.array([[0, 0.5, -0.25, 0.5], [0, 0, 0, -1], [0.75, 0, 0.5, -0.5]], np.float32)
SECOND = np.array([[0, 0.25, -0.75, -0.5], [0, 0.5, 0, -0.5], [1, 0, -0.25, 0]], np.float32)


def test_substitutions_whose_sign_differs_are_left_out_and_counted() -> None:
    found = subtract_populations(FIRST, SECOND, ("Vip", "Astro"))
    np.testing.assert_array_equal(
        found.increases, [[0, 0.25, 0, 0], [0, 0, 0, 0], [-0.25, 0, 0, 0]]
    )
    np.testing.assert_array_equal(found.decreases, [[0, 0, 0.5, 0], [0, 0, 0, -0.5], [0, 0, 0, 0]])
    np.testing.assert_array_equal(found.differences, found.increases + found.decreases)
    assert (found.by, found.compared, found.left_out) == ("same sign", 4, 4)
    assert found.sentence == (
        "Effects in Vip minus effects in Astro, of the 4 substitutions that raise or lower expression "
        "in both; 4 whose sign differs are left out, and increases and decreases are drawn apart (as "
        "in scXpresso, Figure S19)."
    )


def test_plain_subtraction_keeps_all() -> None:
    found = subtract_populations(FIRST, SECOND, ("Vip", "Astro"), "subtraction")
    np.testing.assert_array_equal(found.differences, FIRST - SECOND)
    assert not found.decreases.any()
    assert (found.compared, found.left_out) == (8, 0)
    assert "of all 8 substitutions, whichever way each goes (plain subtraction)" in found.sentence


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ScxError, match="choose one of same sign, subtraction"):
        subtract_populations(FIRST, SECOND, ("Vip", "Astro"), "ratio")  # type: ignore[arg-type]


def tracks(figure: go.Figure, axis: str) -> np.ndarray:
    """What the pointer reads in a panel: the strongest of each position."""
    return next(
        np.asarray(trace.y)
        for trace in figure.data
        if (trace.yaxis or "y") == axis and trace.hovertemplate and trace.type == "scatter"
    )


def test_increases_and_decreases_are_drawn_apart() -> None:
    found = subtract_populations(FIRST, SECOND, ("Vip", "Astro"))
    where = np.arange(3)
    regions = pd.DataFrame(columns=["start", "end", "name", "region_class", "where"])
    pooled = pd.DataFrame(np.ones((2, 3)), ["Vip", "Astro"], where)
    figure = overview_figure(
        found.increases, where, where + 100, pooled, regions, "light",
        decreases=found.decreases, groups=["x", "y"], chromosome="chr1", label="Difference",
    )  # fmt: skip
    np.testing.assert_array_equal(tracks(figure, "y"), [0.25, 0, -0.25])
    np.testing.assert_array_equal(tracks(figure, "y2"), [0.5, -0.5, 0])
    named = {note.text: note.yref for note in figure.layout.annotations}
    assert named["increases"] == "y domain"
    assert named["decreases"] == "y2 domain"
    heat = next(trace for trace in figure.data if trace.type == "heatmap")
    assert heat.yaxis == "y4"
    assert figure.layout.yaxis2.title.text == "Difference"

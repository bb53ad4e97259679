"""A user's text in figures, drawn as it is."""

import html
import re

import hostile
import numpy as np
import pandas as pd
import pytest

from scx_core.figures.dataset import correlation_figure
from scx_core.figures.files.writing import render
from scx_core.figures.predictions import scatter_figure
from scx_core.figures.predictions_populations import gene_figure
from scx_core.figures.text import as_label, as_labels, exact
from scx_core.figures.validation import population_figure

# What plotly reads as a tag, an entity or a value to fill in.
READ = r"<|&(?!amp;|lt;|#123;)|%\{"


@pytest.mark.parametrize("name", hostile.NAMES)
def test_a_label_means_nothing_and_reads_as_the_name(name: str) -> None:
    assert not pd.Series([as_label(name), exact(name)]).str.contains(READ).any()
    assert html.unescape(exact(name)) == name
    assert len(html.unescape(as_label(name))) <= 80


def test_ordinary_names_stay_as_they_are() -> None:
    for name in ("L2/3 IT", "rs2 A>G", "chr1:100-200", "a_b", "5′UTR"):
        assert as_label(name) == exact(name) == name


def test_names_that_are_cut_stay_different() -> None:
    long = ["a" * 100 + "b" + "c" * 100, "a" * 100 + "d" + "c" * 100]
    labels = as_labels([*long, long[0]])
    assert labels[0] == labels[2] != labels[1]


def test_figures_carry_labels_and_write_files() -> None:
    names = [name.replace("\ud800", "").replace("\x00", "") for name in hostile.NAMES]
    values = pd.Series(np.linspace(0.1, 0.9, len(names)), index=names)
    square = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    classes = {name: names[place // 6] for place, name in enumerate(names)}
    figures = [
        population_figure(values.to_dict(), "light"),
        correlation_figure(square, "light", pd.Series(classes)),
        gene_figure(values, values + 0.1, names, "log10 CPM", "light", names[0], classes),
        scatter_figure(values, values, values.index.to_series(), "log10 CPM", "light", names[2]),
    ]
    for figure in figures:
        written = figure.to_json().replace("\\u003c", "<")
        assert hostile.ELSEWHERE in written
        assert not re.search(r"<(a|img|script|style)\b", written)
        drawn = render(figure, "SVG", 183).decode()
        assert "elsewhere" in drawn
        assert not re.search(r'<a\b|<image[^>]+href="http', drawn)

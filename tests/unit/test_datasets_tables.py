"""Tables of the Datasets page."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from scx_core.figures.dataset import (
    correlation_figure,
    legend_classes,
    population_correlation,
)
from scx_core.ui.datasets_tables import (
    chromosomes_of,
    group_of,
    marking_level,
    population_table,
    population_tree,
    search_genes,
)


@pytest.fixture
def dataset():
    """Three levels; one population has no parent, another was never seen expressing anything."""
    populations = pd.DataFrame(
        {
            "level": ["population"] * 4 + ["subclass"] * 2 + ["class"],
            "parent": ["Inh", "Inh", "Exc", "", "Neuron", "Neuron", ""],
            "n_cells": [10.0, 20, 30, 5, 30, 30, 60],
        },
        index=["Sst", "Vip", "IT", "Lost", "Inh", "Exc", "Neuron"],
    )
    expression = pd.DataFrame(-4.0, index=["g1", "g2", "g3"], columns=populations.index)
    expression.loc[["g1", "g2"], "Sst"] = [1.0, 2.0]
    expression.loc["g3", "Neuron"] = 0.5
    return SimpleNamespace(
        populations=populations,
        expression=expression,
        metadata={"floor": -4},
        levels=["population", "subclass", "class"],
    )


def test_tree_goes_from_the_coarsest_to_the_finest(dataset):
    table = population_tree(dataset)
    names = [name.replace("\u2003", "-") for name in table["Name"]]
    assert names == ["Neuron", "-Inh", "--Sst", "--Vip", "-Exc", "--IT", "Lost"]
    assert table["Parts"].tolist() == [2, 2, 0, 0, 1, 0, 0]
    assert table["Genes expressed"].tolist() == [1, 0, 2, 0, 0, 0, 0]
    assert table["Cells"].tolist() == [60, 30, 10, 20, 30, 30, 5]


def test_tree_without_numbers_of_cells(dataset):
    dataset.populations["n_cells"] = np.nan
    assert "Cells" not in population_tree(dataset)


def test_group_of_a_level(dataset):
    names = ["Sst", "IT", "Lost", "Neuron"]
    above = group_of(dataset.populations, names, "class")
    assert above.to_dict() == {"Sst": "Neuron", "IT": "Neuron", "Lost": "", "Neuron": ""}
    assert group_of(dataset.populations, ["Sst", "Inh"], "subclass").tolist() == ["Inh", ""]


@pytest.mark.parametrize(
    ("levels", "shown", "marking"),
    [
        (["population", "subclass", "class", "tissue"], "population", "class"),
        (["population", "subclass", "class", "tissue"], "class", "tissue"),
        (["population", "tissue"], "population", "tissue"),
        (["population", "class"], "class", None),
        (["population"], "population", None),
    ],
)
def test_populations_are_marked_by_class(levels, shown, marking):
    assert marking_level(SimpleNamespace(levels=levels), shown) == marking


def test_population_table_counts_above_the_floor(dataset):
    table = population_table(dataset, ["Sst", "Vip"])
    assert table["Genes expressed"].tolist() == [2, 0]
    assert table["Median"].iloc[0] == 1.5
    assert np.isnan(table["Median"].iloc[1])
    assert table["Part of"].tolist() == ["Inh", "Inh"]


@pytest.fixture
def genes():
    return pd.DataFrame(
        {
            "gene_name": ["Abc1", "XYZ", None],
            "chromosome": ["chr2", "chr10", "chrX"],
            "transcript_id": ["T1", "T2", "T33"],
        },
        index=pd.Index(["ENSG01", "ENSG02", "ENSG03"], name="gene_id"),
    )


@pytest.mark.parametrize(
    ("text", "chromosomes", "found"),
    [
        ("", (), [0, 1, 2]),
        ("abc", (), [0]),
        (" ensg02 ", (), [1]),
        ("t33", (), [2]),
        ("CHR10", (), [1]),
        ("chr1", (), []),
        ("", ("chrX", "chr2"), [0, 2]),
        ("xyz", ("chr2",), []),
        ("(", (), []),
    ],
)
def test_search(genes, text, chromosomes, found):
    assert list(search_genes(genes, text, chromosomes).index) == [f"ENSG0{n + 1}" for n in found]


def test_chromosomes_stand_as_people_count(genes):
    assert chromosomes_of(genes) == ["chr2", "chr10", "chrX"]


def test_more_classes_than_colours_share_one():
    classes = pd.Series(["a", "b", "b", "c", "c", "d"])
    assert legend_classes(classes, 8) == ["a", "b", "c", "d"]
    assert legend_classes(classes, 3) == ["b", "c", "other"]
    assert legend_classes(pd.Series(["a", ""]), 8) == ["a", "other"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_classes_are_marked_beside_their_rows(theme):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(50, 4)), columns=["a", "b", "c", "d"])
    classes = pd.Series({"a": "Glia", "b": "Neuron", "c": "Glia", "d": ""})
    correlation = population_correlation(table)
    figure = correlation_figure(correlation, theme, classes)
    strip = figure.data[0]
    told = {name: row[0] for name, row in zip(strip.y, strip.customdata, strict=True)}
    assert told == classes.to_dict()
    named = [trace.name for trace in figure.data if trace.type == "scatter"]
    assert sorted(named) == ["Glia", "Neuron", "other"]
    for name, row in zip(strip.y, strip.z, strict=True):
        assert named[int(row[0])] == (classes[name] or "other")
    # The same colour in the strip and in the legend.
    scale = dict(zip(named, strip.colorscale[::2], strict=True))
    for trace in figure.data:
        if trace.type == "scatter":
            assert scale[trace.name][1] == trace.marker.color
    assert not set(strip.x) & set(correlation.columns)
    assert list(figure.data[-1].x) == list(correlation.columns)

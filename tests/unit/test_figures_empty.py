"""Every figure with tables that have no rows: a filter, a window or a fold may leave nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import figure_examples
import figure_examples_models
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from figure_examples import EXAMPLES

from scx_core.figures.exons import exons_in_window
from scx_core.figures.files import check_figure, render
from scx_core.figures.regions import in_lanes, regions_at, regions_in_window

Call = tuple[Callable[..., go.Figure], tuple[Any, ...], dict[str, Any]]
_MAKERS = (figure_examples, figure_examples_models)


def calls_of(name: str, monkeypatch) -> list[Call]:
    """The calls of figure functions that an example makes."""
    made: list[Call] = []

    def recording(function):
        def recorded(*args, **kwargs):
            made.append((function, args, kwargs))
            return function(*args, **kwargs)

        return recorded

    for module in _MAKERS:
        for own, value in list(vars(module).items()):
            if getattr(value, "__module__", "").startswith("scx_core.figures.") and own.endswith(
                ("_figure", "_histogram", "_predictions")
            ):
                monkeypatch.setattr(module, own, recording(value))
    EXAMPLES[name]()
    monkeypatch.undo()
    return made


def untyped(table):
    """The same without rows, as pandas makes it from an empty list: no column has a type."""
    if isinstance(table, pd.Series):
        return pd.Series([], dtype=object, name=table.name)
    return pd.DataFrame({column: [] for column in table}) if table.columns.nlevels == 1 else None


def emptied(call: Call) -> Iterator[Call]:
    """The call with each of its tables without rows, and with all of them."""
    function, args, kwargs = call
    given = [*enumerate(args), *kwargs.items()]
    tables = [name for name, value in given if isinstance(value, pd.DataFrame | pd.Series)]
    for chosen in [[name] for name in tables] + [tables]:
        for empty in (lambda table: table.iloc[:0], untyped):
            new = {name: empty(value) if name in chosen else value for name, value in given}
            if any(new[name] is None for name in chosen):
                continue
            yield function, tuple(new[n] for n in range(len(args))), {n: new[n] for n in kwargs}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "style.empty_figure"])
def test_every_figure_without_rows_is_a_figure_and_a_file(name, monkeypatch):
    calls = calls_of(name, monkeypatch)
    assert calls
    for call in calls:
        for function, args, kwargs in emptied(call):
            figure = function(*args, **kwargs)
            check_figure(figure)
    render(figure, "SVG", 89)  # of the last: all its tables are empty; a file takes seconds


POSITIONS = np.arange(-100, 100)
REGIONS = pd.DataFrame(
    {
        "chromosome": ["chr1", "chr1"], "start": [9_000, 20_000], "end": [9_100, 20_100],
        "name": ["left", "right"], "region_class": ["PLS,CTCF-bound", "dELS"],
    }
)  # fmt: skip
EXONS = pd.DataFrame(
    {"gene_id": ["G"], "transcript_id": ["T"], "start": [9_000], "end": [9_100], "part": ["cds"]}
)


@pytest.mark.parametrize("regions", [REGIONS, REGIONS.iloc[:0], untyped(REGIONS)])
@pytest.mark.parametrize("step", [1, -1])
def test_lanes_of_a_window_without_a_region(regions, step):
    genome = 10_000 + step * POSITIONS
    lanes = in_lanes(regions_in_window(regions, "chr1", POSITIONS, genome))
    assert lanes.empty
    assert list(lanes) == ["start", "end", "name", "region_class", "where"]
    assert regions_at(lanes, np.array([0, 5])) == ["", ""]


@pytest.mark.parametrize("exons", [EXONS, EXONS.iloc[:0], untyped(EXONS)])
def test_exons_of_a_window_without_an_exon(exons):
    assert exons_in_window(exons, "G", POSITIONS, 10_000 + POSITIONS).empty
    assert exons_in_window(exons, "other", POSITIONS, 10_000 + POSITIONS).empty


def test_a_region_in_the_window_says_that_ctcf_binds():
    lanes = in_lanes(regions_in_window(REGIONS, "chr1", POSITIONS, 9_050 + POSITIONS))
    assert lanes["where"].tolist() == ["chr1:9,001-9,100, CTCF-bound"]
    assert lanes["region_class"].tolist() == ["PLS"]

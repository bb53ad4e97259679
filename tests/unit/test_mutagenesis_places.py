"""Places typed on the Mutagenesis page, and the order of populations."""

import numpy as np
import pandas as pd
import pytest

from scx_core.errors import ScxError
from scx_core.mutagenesis import Effects
from scx_core.ui.mutagenesis_places import by_class, find_place

REGIONS = pd.DataFrame(
    {"start": [-120], "end": [-80], "name": ["EH38E2148471"], "region_class": ["PLS"]}
)


def window(strand: str = "+", length: int = 500) -> Effects:
    values = np.zeros((length, 4, 1), np.float32)
    return Effects(
        "G", "chr22", strand, 10_000, 300, np.zeros(length, np.uint8), ("a",), values,
        values.copy(), np.zeros(1), np.zeros(1), 0, 2,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "strand", "expected"),
    [
        ("-217", "+", (33, 133)),
        ("−217", "-", (33, 133)),
        ("+10", "+", (260, 360)),
        ("10", "-", (260, 360)),
        ("-300", "+", (0, 50)),
        ("10,000", "+", (250, 350)),
        ("9990", "-", (260, 360)),
        ("chr22:10,010", "+", (260, 360)),
        ("22:10010", "-", (240, 340)),
        ("chr22:10,000-10,009", "+", (300, 309)),
        ("chr22:10,000-10,009", "-", (291, 300)),
        ("-250..-150", "+", (50, 150)),
        (" eh38e2148471 ", "+", (180, 219)),
    ],
)
def test_places_that_are_there(text, strand, expected):
    assert find_place(text, window(strand), REGIONS, 1000) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("chr1:10,000", "is not on chr22"),
        ("chr1:10,000-10,010", "is not on chr22"),
        ("chr22:20,000", "outside this gene's window"),
        ("5000", "outside this gene's window"),
        ("EH38E0000001", "or the name of a region here: EH38E2148471"),
        ("nonsense", "is not a place"),
        ("1..", "is not a region"),
        ("--5", "is not a place"),
    ],
)
def test_places_that_are_not(text, told):
    with pytest.raises(ScxError, match=told):
        find_place(text, window(), REGIONS, 1000)


def test_long_regions_are_cut_around_their_middle():
    first, last = find_place("-300..199", window(), REGIONS, 100)
    assert last - first + 1 == 100
    assert (first + last) // 2 in (249, 250)


def test_populations_stand_by_their_topmost_class():
    table = pd.DataFrame(
        {"parent": ["Exc", "Inh", "Exc", "", "Neuron", "Neuron", ""]},
        index=["L2", "Sst", "L5", "Astro", "Exc", "Inh", "Neuron"],
    )
    names, classes = by_class(table, ("L2", "Astro", "Sst", "L5"))
    assert names == ["L2", "Sst", "L5", "Astro"]
    assert classes == ["Neuron", "Neuron", "Neuron", ""]

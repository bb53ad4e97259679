"""Words, places and files for the screen."""

import numpy as np
import pandas as pd
import pytest

from scx_core.errors import ScxError
from scx_core.export.tables import table_bytes
from scx_core.ui.computing import ResultStore
from scx_core.ui.files import annotation_columns, guess_levels
from scx_core.ui.mutagenesis_options import heat_map_words
from scx_core.ui.variants_words import specificity_words
from scx_core.ui.words import (
    decimal,
    expression_unit,
    gene_choices,
    parse_region,
    signed,
    strongest_positions,
    strongest_substitution,
)


def test_numbers_have_a_real_minus_and_enough_digits():
    assert signed(0.31) == "+0.31"
    assert signed(-0.3149) == "−0.31"
    assert signed(-0.0042) == "−0.0042"
    assert signed(0.0) == "+0.00"
    assert decimal(-4, 0) == "−4"


def test_units_follow_the_normalisation():
    assert expression_unit({"normalisation": "cpm"}) == "log10 CPM"
    assert expression_unit({}) == "log10 expression (as given)"


def test_genes_are_chosen_by_symbol_where_it_is_their_own():
    genes = pd.DataFrame({"gene_name": ["B", "A", "DUP", "DUP", ""]}, index=[*"12345"])
    choices = gene_choices(genes)
    assert choices.to_dict() == {"1": "B", "2": "A", "3": "3", "4": "4", "5": "5"}
    assert choices.index[-2:].tolist() == ["2", "1"]


def test_strongest_substitution_and_table():
    effects = np.zeros((6, 4))
    codes = np.array([0, 1, 2, 3, 0, 1], dtype=np.uint8)
    effects[2, 0], effects[4, 3] = -0.5, 0.2
    assert strongest_substitution(effects, codes) == (2, "G", "A", -0.5)
    positions = np.arange(6) - 3
    table = strongest_positions(effects, effects * 0, positions, 100 - positions, codes, 2, flank=2)
    assert table["position"].tolist() == [-1, 1]
    assert table["genome_position"].tolist() == [101, 99]
    assert table["change"].tolist() == ["G>A", "A>T"]
    assert table["context"].tolist() == ["AC[G]TA", "GT[A]C"]


POSITIONS = np.arange(100) - 60
PLUS, MINUS = 1000 + POSITIONS, 1000 - POSITIONS


@pytest.mark.parametrize(
    ("text", "genome", "expected"),
    [
        ("-10..5", PLUS, (50, 65)),
        ("5..−10", PLUS, (50, 65)),
        ("-1,000..-55", PLUS, (0, 5)),
        ("chr1:990-1,005", PLUS, (50, 65)),
        ("chr1:990-1,005", MINUS, (55, 70)),
        ("-60..39", PLUS, (30, 69)),
    ],
)
def test_regions_are_read(text, genome, expected):
    assert parse_region(text, POSITIONS, genome, 40 if text == "-60..39" else 1000) == expected


@pytest.mark.parametrize("text", ["around here", "5", "200..300", "chr1:1-10", "1..2..3"])
def test_other_regions_are_refused_in_one_sentence(text):
    with pytest.raises(ScxError, match=r"\.$"):
        parse_region(text, POSITIONS, PLUS, 1000)


def test_annotation_columns_are_counted_and_guessed(tmp_path):
    import anndata

    obs = pd.DataFrame(
        {
            "barcode": [f"b{n}" for n in range(40)],
            "cluster": [f"k{n % 8}" for n in range(40)],
            "class_label": [f"c{n % 2}" for n in range(40)],
            "n_counts": range(40),
            "batch": "one",
        },
        index=[f"cell{n}" for n in range(40)],
    )
    path = tmp_path / "cells.h5ad"
    anndata.AnnData(np.ones((40, 2), np.float32), obs=obs).write_h5ad(path)
    columns = annotation_columns(path)
    assert columns == {"cluster": 8, "class_label": 2}
    assert guess_levels(columns) == {"population": "cluster", "class": "class_label"}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({}, {}),
        ({"subclass_label": 20, "class_label": 3}, {"population": "subclass_label", "class": "class_label"}),
        ({"bulk_labels": 10, "phase": 3}, {"population": "bulk_labels"}),
        ({"mystery": 7}, {"population": "mystery"}),
        ({"cell_type": 3, "class": 8}, {"population": "cell_type"}),
    ],
)  # fmt: skip
def test_levels_are_guessed(columns, expected):
    assert guess_levels(columns) == expected


def test_tables_say_what_they_are_and_keep_every_digit():
    text = table_bytes(pd.DataFrame({"a": [0.1 + 0.2]}), {"unit": "log10 CPM"}).decode()
    lines = text.splitlines()
    assert lines[0] == "# unit: log10 CPM"
    assert lines[1].startswith("# made by: scX Explorer ")
    assert lines[2:] == ["a", "0.30000000000000004"]


def test_result_store_lets_go_of_the_oldest():
    store: ResultStore[bytes] = ResultStore(10, len)
    store.put("a", b"12345")
    store.put("b", b"12345")
    assert store.get("a") == b"12345"
    store.put("c", b"12345")
    assert store.get("b") is None
    assert store.get("a") == b"12345"
    store.put("large", b"x" * 50)
    assert len(store) == 1
    assert store.get("large") is not None


@pytest.mark.parametrize(
    ("value", "word"),
    [(0.0, "hardly"), (0.33, "hardly"), (0.34, "partly"), (0.83, "partly"), (0.84, "strongly")],
)
def test_specificity_is_a_word_and_its_number(value, word):
    told = specificity_words(value)
    assert told == f"{word} cell-type specific ({value:.2f}; 1 = one population only)"


def test_heat_map_says_what_its_full_colour_means():
    pooled = pd.DataFrame([[0.1, -0.77], [0.2, 0.3]])
    assert heat_map_words(pooled, 1, ordered=False) == (
        "Below: strongest change per position, one row per population; full colour = ±0.77 "
        "(5.9-fold)."
    )
    told = heat_map_words(pooled * 4, 8, ordered=True)
    assert "per 8 positions, one row per population, ordered by class; " in told
    assert told.endswith("full colour = ±3.1 (1,202-fold).")
    assert "±0 (1-fold)" in heat_map_words(pooled.iloc[:, :0], 1, ordered=False)

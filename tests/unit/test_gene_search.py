"""Gene search: exact names of every kind, guesses, and what is no name."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scx_core.gene_search import LONGEST, GeneIndex

GENES = pd.DataFrame(
    {
        "gene_name": ["CACNA1I", "CACNA1A", "ZK1073.1", "ZK1073", "Y_RNA", "Y_RNA", "", "GAPDH"],
        "expression_name": ["CACNA1I", "CACNA1A", "x1", "x2", "y1", "y2", "novel", "G3PD"],
    },
    index=[f"ENSG{number:011d}" for number in range(8)],
)
TRANSCRIPTS = pd.DataFrame(
    {
        "transcript_id": ["ENST00000000100.2", "ENST00000000200.1", ""],
        "gene_id": [GENES.index[0], GENES.index[7], GENES.index[2]],
    }
)
INDEX = GeneIndex(GENES, TRANSCRIPTS)


@pytest.mark.parametrize(
    ("text", "row", "way"),
    [
        ("cacna1i", 0, "symbol"),
        ("  CACNA1A ", 1, "symbol"),
        ("ENSG00000000007", 7, "id"),
        ("ensg00000000007.12", 7, "id"),
        ("ENST00000000100.2", 0, "transcript"),
        ("ENST00000000100", 0, "transcript"),
        ("enst00000000100.9", 0, "transcript"),
        ("g3pd", 7, "name in the expression file"),
        ("novel", 6, "name in the expression file"),
        ("ZK1073.1", 2, "symbol"),
        ("ZK1073", 3, "symbol"),
    ],
)
def test_names_of_every_kind(text, row, way):
    (match,) = INDEX.find(text)
    assert (match.gene_id, match.way, match.exact) == (GENES.index[row], way, True)


def test_a_symbol_of_two_genes_gives_both():
    assert [match.gene_id for match in INDEX.find("y_rna")] == list(GENES.index[4:6])


def test_a_beginning_comes_before_what_is_similar():
    matches = INDEX.find("CACNA")
    assert [match.text for match in matches[:2]] == ["CACNA1A", "CACNA1I"]
    assert {match.way for match in matches[:2]} == {"beginning"}
    assert not matches[0].exact


def test_a_slip_of_the_finger():
    assert INDEX.find("GADPH")[0] == INDEX.find("GAPDHH")[0]
    assert INDEX.find("GADPH")[0].gene_id == GENES.index[7]
    assert INDEX.find("GADPH")[0].way == "similar"


@pytest.mark.parametrize("text", ["", "   ", "nan", "?", "Q" * (LONGEST + 1)])
def test_what_is_no_name(text):
    assert INDEX.find(text) == ()


def test_at_most_as_many_as_asked_for():
    assert len(INDEX.find("ENSG", limit=3)) == 3


def test_a_dataset_without_transcripts():
    empty = pd.DataFrame({"transcript_id": pd.Series(dtype=str), "gene_id": pd.Series(dtype=str)})
    assert GeneIndex(GENES[["gene_name"]], empty).find("gapdh")[0].gene_id == GENES.index[7]


@given(st.sampled_from(range(len(GENES))), st.booleans(), st.integers(1, 99))
def test_every_gene_is_found_by_its_id(row, lower, version):
    text = f"{GENES.index[row]}.{version}"
    (match,) = INDEX.find(text.lower() if lower else text)
    assert match.gene_id == GENES.index[row]


@given(st.text(max_size=80))
def test_any_text_gives_known_genes_once(text):
    found = [match.gene_id for match in INDEX.find(text)]
    assert len(found) == len(set(found)) <= 8
    assert set(found) <= set(GENES.index)

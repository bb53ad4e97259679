"""Names in the expression → genes of the annotation."""

import numpy as np
import pandas as pd
import pytest

from scx_core.expression import match_genes


def gene_table(**symbols: str | None) -> pd.DataFrame:
    return pd.DataFrame(
        {"gene_name": list(symbols.values())}, index=pd.Index(list(symbols), name="gene_id")
    )


def name_table(*names: str, **columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, index=pd.Index(names, name="name"))


ENSEMBL = gene_table(ENSG00000000001="ONE", ENSG00000000002="TWO", ENSG00000000003="THREE")


def reasons(match) -> dict[tuple[str, str], str]:
    table = match.unmatched
    keys = table["gene_id"].where(
        table["source"] == "annotation", table["gene_id"] + table["gene_name"]
    )
    return dict(zip(zip(table["source"], keys, strict=True), table["reason"], strict=True))


def test_by_gene_id_in_the_order_of_the_gene_table():
    match = match_genes(name_table("ENSG00000000003", "X", "ENSG00000000001"), ENSEMBL)
    assert match.rule == "gene id = name in the file"
    assert match.gene_ids == ["ENSG00000000001", "ENSG00000000003"]
    np.testing.assert_array_equal(match.columns, [2, 0])
    assert reasons(match) == {
        ("annotation", "ENSG00000000002"): "not in the expression",
        ("expression", "X"): "not in the annotation",
    }


def test_versions_are_stripped_on_both_sides():
    names = name_table("ENSG00000000001.12", "ENSG00000000002.5", "ENSG00000000002.5_PAR_Y")
    genes = ENSEMBL.rename(index={"ENSG00000000002": "ENSG00000000002.7"})
    match = match_genes(names, genes)
    assert match.rule == "gene id without version = name in the file"
    assert match.gene_ids == ["ENSG00000000001", "ENSG00000000002.7"]
    np.testing.assert_array_equal(match.columns, [0, 1])


def test_names_with_a_dot_that_is_no_version():
    match = match_genes(name_table("Y74C9A.3", "Y74C9A.2"), gene_table(A="Y74C9A.2", B="Y74C9A"))
    assert match.rule == "gene symbol = name in the file"
    assert match.gene_ids == ["A"]


def test_a_column_beside_the_name():
    names = name_table("ONE", "2", "3", gene_ids=["ENSG00000000001", "ENSG00000000002", "?"])
    match = match_genes(names, ENSEMBL)
    assert match.rule == "gene id = column 'gene_ids'"
    assert match.gene_ids == ["ENSG00000000001", "ENSG00000000002"]


def test_symbols_with_spaces_but_case_counts():
    match = match_genes(name_table(" TWO ", "one"), ENSEMBL)
    assert match.rule == "gene symbol = name in the file"
    assert match.gene_ids == ["ENSG00000000002"]
    assert reasons(match)["expression", "one"] == "not in the annotation"


def test_repeated_names_match_nothing():
    match = match_genes(name_table("ONE", "TWO", "ONE", "ONE"), ENSEMBL)
    assert match.gene_ids == ["ENSG00000000002"]
    assert reasons(match) == {
        ("annotation", "ENSG00000000001"): "appears 3 times in the expression",
        ("annotation", "ENSG00000000003"): "not in the expression",
        ("expression", "ONE"): "appears 3 times in the expression",
    }
    assert len(match.unmatched) == 3
    assert match.notices == (
        "1 name appears more than once in the expression and was left out: ONE.",
    )


def test_repeated_names_are_noticed_with_the_first_few():
    names = [f"R{number}" for number in range(1, 7)]
    match = match_genes(name_table("TWO", *names, *names), ENSEMBL)
    assert match.notices == (
        "6 names appear more than once in the expression and were left out: R1, R2, R3, R4, R5 …",
    )


def test_repeated_names_that_were_not_compared_are_no_notice():
    ids = ["ENSG00000000001", "ENSG00000000002"]
    match = match_genes(name_table("X", "X", gene_ids=ids), ENSEMBL)
    assert match.gene_ids == ids
    assert match.notices == ()


def test_shared_symbols_match_nothing():
    genes = gene_table(A="SAME", B="SAME", C="OTHER", D=None)
    match = match_genes(name_table("SAME", "OTHER"), genes)
    assert match.gene_ids == ["C"]
    assert reasons(match) == {
        ("annotation", "A"): "symbol names 2 genes of the annotation",
        ("annotation", "B"): "symbol names 2 genes of the annotation",
        ("annotation", "D"): "has no symbol in the annotation",
        ("expression", "SAME"): "symbol names 2 genes of the annotation",
    }


def test_at_a_tie_the_gene_id_wins():
    match = match_genes(name_table("A", "B"), gene_table(A="A", B="B"))
    assert match.rule == "gene id = name in the file"
    assert match.unmatched.empty
    assert match.unmatched.columns.tolist() == ["gene_id", "gene_name", "source", "reason"]


@pytest.mark.parametrize("names", [name_table("x", "y"), name_table("", "")])
def test_nothing_matches(names):
    match = match_genes(names, ENSEMBL)
    assert match.rule == "none"
    assert match.gene_ids == []
    assert match.columns.shape == (0,)
    assert len(match.unmatched) == 5

"""Ready pseudobulk matrices and logarithms."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from scx_core.errors import ScxError
from scx_core.expression import Expression, log10_pseudobulk, read_expression, smallest_log10
from scx_core.expression.table import empty_report

TEXT = "WBGene\tn1\tn2\tn3\nNA\t0.5\t0\t1\nG2\t10\t20\t60.5\nG2\t0\t1\t2\n"


@pytest.fixture
def matrix(tmp_path) -> Path:
    path = tmp_path / "means.tsv"
    path.write_text(TEXT)
    return path


def test_as_it_is(matrix):
    expression = read_expression(matrix)
    expected = [[0.5, 10, 0], [0, 20, 1], [1, 60.5, 2]]
    np.testing.assert_array_equal(expression.mean.to_numpy(), expected)
    assert list(expression.mean.index) == ["n1", "n2", "n3"]
    assert list(expression.names.index) == ["NA", "G2", "G2"]  # a gene may be called NA, or repeat
    assert list(expression.populations["level"]) == ["population"] * 3
    assert expression.populations["n_cells"].isna().all()
    assert expression.normalisation == "none"


def test_numbers_of_cells_weigh_the_coarser_levels(matrix, tmp_path):
    metadata = tmp_path / "about.tsv"
    metadata.write_text(
        "population\tn_cells\tclass\tcolour\nn1\t30\tx\tred\nn2\t10\tx\t\nn3\t5\ty\t\n"
    )
    expression = read_expression(matrix, metadata=metadata)
    assert list(expression.populations.index) == ["n1", "n2", "n3", "x", "y"]
    assert list(expression.populations["parent"]) == ["x", "x", "y", "", ""]
    assert list(expression.populations["n_cells"]) == [30, 10, 5, 40, 5]
    np.testing.assert_allclose(expression.mean.loc["x"], [0.375, 12.5, 0.25])
    assert any("weighted by the numbers of cells" in notice for notice in expression.notices)
    assert any("fewer than 10 cells" in n and "n3 (5)" in n for n in expression.notices)


def test_plain_means_where_numbers_are_missing(matrix, tmp_path):
    metadata = tmp_path / "about.csv"
    metadata.write_text("population,n_cells,class\nn1,30,x\nn2,,x\nother,4,y\n")
    expression = read_expression(matrix, metadata=metadata)
    np.testing.assert_allclose(expression.mean.loc["x"], [0.25, 15, 0.5])
    assert list(expression.populations["parent"]) == ["x", "x", "", ""]
    assert np.isnan(expression.populations.loc["x", "n_cells"])
    for part in ("plain means", "not in the metadata table: n3", "not in means.tsv: other"):
        assert any(part in notice for notice in expression.notices)


@pytest.mark.parametrize("number", ["0", "many"])
def test_numbers_of_cells_that_cannot_be(matrix, tmp_path, number):
    metadata = tmp_path / "about.csv"
    metadata.write_text(f"population,n_cells\nn1,3\nn2,{number}\n")
    with pytest.raises(ScxError, match=f"n_cells of 'n2' is '{number}'"):
        read_expression(matrix, metadata=metadata)


def test_metadata_decides_what_the_rows_are(tmp_path):
    path = tmp_path / "means.csv"
    path.write_text("population,G1,G2\nn1,1.5,2\nn2,3,4\n")
    metadata = tmp_path / "about.csv"
    metadata.write_text("population,n_cells\nn1,30\nn2,40\n")
    expression = read_expression(path, metadata=metadata)
    assert list(expression.mean.index) == ["n1", "n2"]
    assert any("populations x genes" in notice for notice in expression.notices)


def test_a_wide_matrix_is_turned(tmp_path):
    wide = pd.DataFrame(np.full((2, 600), 0.5), ["n1", "n2"], [f"G{i}" for i in range(600)])
    wide.to_csv(tmp_path / "wide.csv")
    expression = read_expression(tmp_path / "wide.csv")
    assert expression.mean.shape == (2, 600)
    assert any("populations x genes" in notice for notice in expression.notices)


def test_r_header_quotes_and_identifier_columns(tmp_path):
    path = tmp_path / "means.csv"
    path.write_text('"a, b","c"\n"G1",1.5,2\n"G2",3,4\n')
    assert list(read_expression(path).mean.index) == ["a, b", "c"]
    path.write_text("gene_id,gene_name,entrez,a,b\nE1,G1,12,1.5,2\nE2,G2,13,3,4\n")
    expression = read_expression(path)
    assert list(expression.mean.index) == ["a", "b"]
    assert list(expression.names.index) == ["E1", "E2"]
    assert expression.names["gene_name"].tolist() == ["G1", "G2"]
    assert expression.names["entrez"].tolist() == ["12", "13"]


def test_one_population_is_a_notice(tmp_path):
    path = tmp_path / "bulk.csv"
    path.write_text("gene,liver\nG1,1.5\nG2,3\n")
    expression = read_expression(path)
    assert any("only one population, 'liver'" in notice for notice in expression.notices)


def test_bulk_counts_to_tpm(tmp_path):
    path = tmp_path / "bulk.csv"
    path.write_text("gene,liver,lung\nG1,10,0\nG2,30,5\n")
    expression = read_expression(
        path, normalize="tpm", lengths=lambda names: np.array([1000.0, 3000.0])
    )
    np.testing.assert_allclose(expression.mean.to_numpy(), [[5e5, 5e5], [0, 1e6]])


def test_h5ad_of_populations(tmp_path):
    obs = pd.DataFrame({"n_cells": [30, 40], "class": ["x", "x"]}, index=["n1", "n2"])
    var = pd.DataFrame({"gene_ids": ["E1", "E2"], "n_counts": [1.5, 2.5]}, index=["G1", "G2"])
    ready = anndata.AnnData(X=np.array([[0.7, 1.4], [1.4, 0]]), obs=obs, var=var)
    ready.write_h5ad(tmp_path / "ready.h5ad")
    expression = read_expression(tmp_path / "ready.h5ad")
    np.testing.assert_allclose(expression.mean.loc["x"], [1.1, 0.6])
    assert list(expression.names.columns) == ["gene_ids"]


def test_log10_by_hand_with_zeros():
    mean = pd.DataFrame([[0.0, 1.0, 100.0], [0.001, 0.0, 1e-6]], ["a", "b"], ["G1", "G2", "G2"])
    logs = log10_pseudobulk(mean)
    # no pseudocount; zeros take the floor; a value below the floor stays what it is
    np.testing.assert_allclose(logs.to_numpy(), [[-4, 0, 2], [-3, -4, -6]], atol=1e-12)
    assert logs.columns.equals(mean.columns)
    assert log10_pseudobulk(mean, floor=-5.0).loc["a", "G1"] == -5.0
    assert smallest_log10(mean) == pytest.approx(-6)
    assert np.isnan(smallest_log10(mean * 0))


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_log10_refuses_what_has_no_logarithm(value):
    with pytest.raises(ScxError, match="no logarithm"):
        log10_pseudobulk(pd.DataFrame([[1.0, value]]))


def test_log10_refuses_an_infinite_floor():
    with pytest.raises(ScxError, match="floor"):
        log10_pseudobulk(pd.DataFrame([[1.0]]), floor=-np.inf)


def test_expression_is_validated(matrix):
    good = read_expression(matrix)
    with pytest.raises(ScxError, match="columns of the mean"):
        Expression(good.mean, good.populations, good.names[::-1], "none")
    with pytest.raises(ScxError, match="rows of the mean"):
        Expression(good.mean[::-1], good.populations, good.names, "none")
    with pytest.raises(ScxError, match="negative"):
        Expression(-good.mean, good.populations, good.names, "none")
    with pytest.raises(ScxError, match="unknown"):
        Expression(good.mean, good.populations, good.names, "rpkm")
    assert empty_report().columns.tolist() == ["gene_id", "gene_name", "source", "reason"]


def test_a_population_may_be_called_na(tmp_path):
    (tmp_path / "means.csv").write_text("gene,NA,b\nG1,1.5,2\n")
    (tmp_path / "about.csv").write_text("population,n_cells,class\nNA,30,x\nb,NA,x\n")
    table = read_expression(tmp_path / "means.csv", metadata=tmp_path / "about.csv").populations
    assert table.loc["NA", "n_cells"] == 30
    assert np.isnan(table.loc["b", "n_cells"])

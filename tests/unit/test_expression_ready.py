"""A matrix without levels: populations, or cells after all."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from scx_core.errors import ScxError
from scx_core.expression import read_expression


def write_rows(folder: Path, n_rows: int = 6, *, counts: bool = True, **columns) -> Path:
    values = np.arange(2.0 * n_rows).reshape(n_rows, 2) + (1 if counts else 0.25)
    obs = pd.DataFrame(columns, index=[f"r{number}" for number in range(n_rows)])
    rows = anndata.AnnData(X=values, obs=obs, var=pd.DataFrame(index=["G1", "G2"]))
    rows.write_h5ad(folder / "rows.h5ad")
    return folder / "rows.h5ad"


KINDS = ["a", "a", "b", "b", "c", "c"]


@pytest.mark.parametrize("counts", [True, False])
def test_labels_that_group_the_rows_mean_cells(tmp_path, counts):
    path = write_rows(
        tmp_path, counts=counts, subclass_label=KINDS, n_genes=[1, 1, 2, 2, 3, 3],
        barcode=list("uvwxyz"), species=["mouse"] * 6, class_label=pd.Categorical(list("xxxyyy")),
    )  # fmt: skip
    with pytest.raises(
        ScxError,
        match=r"rows\.h5ad looks like cells, not populations.*: name the column of the population "
        r"\(it has: subclass_label, class_label\), or, if each row is a population, give .*n_cells",
    ):
        read_expression(path)
    expression = read_expression(path, levels={"population": "subclass_label"}, normalize="none")
    assert len(expression.mean) == 3


def test_labels_of_which_some_are_missing(tmp_path):
    path = write_rows(tmp_path, counts=False, kind=["a", "a", None, "b", "b", None])
    with pytest.raises(ScxError, match="it has: kind"):
        read_expression(path)
    path = write_rows(tmp_path, counts=False, kind=["a", "b", None, "c", "d", None])
    assert len(read_expression(path).mean) == 6  # a name for some rows groups none


def test_numbers_of_cells_say_that_rows_are_populations(tmp_path):
    path = write_rows(tmp_path, donor=KINDS, n_cells=[20] * 6)
    assert len(read_expression(path).mean) == 6
    path = write_rows(tmp_path, donor=KINDS)
    metadata = tmp_path / "about.csv"
    metadata.write_text("population,n_cells\n" + "".join(f"r{n},30\n" for n in range(6)))
    assert read_expression(path, metadata=metadata).populations["n_cells"].eq(30).all()


def test_ready_means_pass_without_a_word(tmp_path):
    expression = read_expression(write_rows(tmp_path, counts=False, n_genes=[1, 1, 2, 2, 3, 3]))
    assert len(expression.mean) == 6
    assert not any("pseudobulk" in notice for notice in expression.notices)


def test_coarser_levels_beside_means_are_noticed(tmp_path):
    columns = {"class": KINDS}
    expression = read_expression(write_rows(tmp_path, counts=False, **columns))
    assert list(expression.populations["level"].unique()) == ["population", "class"]
    assert any("as ready pseudobulk with 6 populations" in text for text in expression.notices)
    with pytest.raises(ScxError, match="it has: class"):
        read_expression(write_rows(tmp_path, counts=True, **columns))


def test_summed_counts_are_noticed(tmp_path):
    expression = read_expression(write_rows(tmp_path, 500))
    assert len(expression.mean) == 500
    text = " ".join(expression.notices)
    assert "rows.h5ad was taken as ready pseudobulk of counts with 500 populations" in text
    assert "each population was normalised to 10,000 counts" in text


def test_many_rows_of_counts_are_cells(tmp_path):
    with pytest.raises(
        ScxError, match=r"looks like cells.*\(501 rows of counts\): name the column"
    ):
        read_expression(write_rows(tmp_path, 501))
    assert len(read_expression(write_rows(tmp_path, 501, counts=False)).mean) == 501
    with pytest.raises(ScxError, match="5,001 rows, too many for populations"):
        read_expression(write_rows(tmp_path, 5001, counts=False))


def test_numbers_of_cells_may_be_grouped(tmp_path):
    path = write_rows(tmp_path, 3)
    metadata = tmp_path / "about.tsv"
    metadata.write_text("population\tn_cells\nr0\t1,234\nr1\t12\nr2\tNA\n")
    n_cells = read_expression(path, metadata=metadata).populations["n_cells"]
    assert list(n_cells[:2]) == [1234.0, 12.0]
    assert np.isnan(n_cells.iloc[2])

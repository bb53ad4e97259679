"""Values already logged, labels that say none, and repeated names of cells."""

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scx_core.errors import ScxError
from scx_core.expression import read_expression

GENES = [f"ENSG0000010000{number}" for number in range(1, 5)]
COUNTS = np.array([[4, 0, 4, 3], [2, 3, 2, 5], [0, 4, 3, 1], [6, 4, 0, 3], [3, 2, 4, 5]])
KINDS = ["neuron", "neuron", "glia", "glia", "glia"]
CP10K = 1e4 * COUNTS / COUNTS.sum(axis=1, keepdims=True)
MEANS = np.array([CP10K[:2].mean(axis=0), CP10K[2:].mean(axis=0)])
LEVELS = {"population": "kind"}


def make_cells(values, kinds=KINDS, names=None, raw=None) -> anndata.AnnData:
    obs = pd.DataFrame({"kind": kinds}, index=names or [f"c{number}" for number in range(5)])
    cells = anndata.AnnData(X=values, obs=obs, var=pd.DataFrame(index=GENES))
    if raw is not None:
        cells.raw = anndata.AnnData(X=raw, obs=obs, var=cells.var)
    return cells


@pytest.mark.parametrize("store", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logged_values_beside_raw_counts_are_refused_with_the_ways_out(tmp_path, store, dtype):
    path = tmp_path / "cells.h5ad"
    raw = sparse.csr_matrix(COUNTS.astype(np.float32))
    make_cells(store(np.log1p(CP10K).astype(dtype)), raw=raw).write_h5ad(path)
    with pytest.raises(ScxError, match=r"--layer raw.*--log1p.*--normalize none"):
        read_expression(path, levels=LEVELS)
    for options in ({"layer": "raw"}, {"log1p": True}):
        expression = read_expression(path, levels=LEVELS, **options)
        mean = expression.mean.loc[["neuron", "glia"]]
        np.testing.assert_allclose(mean, MEANS, rtol=1e-5)
    plain = read_expression(path, levels=LEVELS, normalize="none")
    assert any("taken as linear" in notice for notice in plain.notices)


def test_logged_values_are_not_normalised_on_request_either(tmp_path):
    make_cells(np.log1p(CP10K)).write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(ScxError, match=r"adds up to the same in every row.*--log1p"):
        read_expression(tmp_path / "cells.h5ad", levels=LEVELS, normalize="cpm")


def test_linear_values_of_one_library_size_are_linear_however_small(tmp_path):
    make_cells(CP10K / 1e3).write_h5ad(tmp_path / "cells.h5ad")  # each cell adds up to 10
    expression = read_expression(tmp_path / "cells.h5ad", levels=LEVELS)
    np.testing.assert_allclose(expression.mean.loc[["neuron", "glia"]], MEANS / 1e3)


def test_small_fractions_without_one_library_size_are_asked_about(tmp_path):
    make_cells(COUNTS + 0.25).write_h5ad(tmp_path / "cells.h5ad")
    with pytest.raises(ScxError, match=r"no value above 6.25 .*as if they were log-transformed"):
        read_expression(tmp_path / "cells.h5ad", levels=LEVELS)


def test_a_table_of_many_genes_without_a_large_value_is_asked_about(tmp_path):
    values = np.log2(np.random.default_rng(0).gamma(0.3, 100, (1500, 3)) + 1)
    table = pd.DataFrame(values, [f"G{number}" for number in range(1500)], ["liver", "skin", "eye"])
    table.to_csv(tmp_path / "log2.tsv", sep="\t", index_label="gene")
    with pytest.raises(ScxError, match=r"log2\.tsv has no value above .*log-transformed"):
        read_expression(tmp_path / "log2.tsv")
    assert len(read_expression(tmp_path / "log2.tsv", normalize="none").mean) == 3
    table.head(40).to_csv(tmp_path / "few.tsv", sep="\t", index_label="gene")
    assert len(read_expression(tmp_path / "few.tsv").mean) == 3  # few genes may all be low


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "", " ", "None", "none", "N/A", "<NA>"])
@pytest.mark.parametrize("categorical", [True, False])
def test_words_for_no_label_are_cells_without_one(tmp_path, word, categorical):
    kinds = [*KINDS[:4], word]
    column = pd.Categorical(kinds) if categorical else kinds
    make_cells(COUNTS.astype(np.float32), column).write_h5ad(tmp_path / "cells.h5ad")
    expression = read_expression(tmp_path / "cells.h5ad", levels=LEVELS)
    assert sorted(expression.populations.index) == ["glia", "neuron"]
    np.testing.assert_allclose(expression.mean.loc["glia"], CP10K[2:4].mean(axis=0), rtol=1e-6)
    said = f"1 of 5 cells has no label in 'kind'{f' (it says {word!r})' if word.strip() else ''}"
    assert any(said in notice for notice in expression.notices)


def test_unknown_is_a_label(tmp_path):
    make_cells(COUNTS.astype(np.float32), [*KINDS[:4], "unknown"]).write_h5ad(tmp_path / "c.h5ad")
    expression = read_expression(tmp_path / "c.h5ad", levels=LEVELS)
    assert "unknown" in expression.populations.index


def test_repeated_names_of_cells_matter_only_to_a_table_of_cells(tmp_path):
    with pytest.warns(UserWarning, match="not unique"):
        cells = make_cells(
            COUNTS.astype(np.float32), names=["AAAC", "AAAG", "AAAC", "AAAG", "AAAT"]
        )
    cells.write_h5ad(tmp_path / "cells.h5ad")
    expression = read_expression(tmp_path / "cells.h5ad", levels=LEVELS)
    np.testing.assert_allclose(expression.mean.loc[["neuron", "glia"]], MEANS, rtol=1e-6)
    (tmp_path / "about.csv").write_text("cell,kind\nAAAC,neuron\nAAAG,glia\nAAAT,glia\n")
    with pytest.raises(ScxError, match=r"more than once \(AAAC, AAAG\), and about\.csv finds"):
        read_expression(tmp_path / "cells.h5ad", levels=LEVELS, metadata=tmp_path / "about.csv")

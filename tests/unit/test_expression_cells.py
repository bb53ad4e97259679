"""Matrices of cells: every format and block size gives the whole-matrix means."""

import gzip
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
import scanpy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import io, sparse

from scx_core.errors import ScxError
from scx_core.expression import read_expression
from scx_core.expression.blocks import BackedDense, BackedSparse, SparseRows, cut
from scx_core.expression.source import Source
from scx_core.expression.sums import Scaling, sum_groups

COUNTS = np.array(
    [[2.0, 0, 2], [1, 3, 0], [0, 0, 5], [4, 4, 2], [0, 0, 0]]
)  # cell c5 has no counts
KINDS = ["a", "a", "b", "b", "b"]
# by hand, per 10,000: a = mean of (5000, 0, 5000), (2500, 7500, 0)
#                      b = mean of (0, 0, 10000), (4000, 4000, 2000), (0, 0, 0)
BY_HAND = np.array([[3750.0, 3750.0, 2500.0], [4000 / 3, 4000 / 3, 4000.0]])


def make_cells(counts=COUNTS, kinds=KINDS, **columns) -> anndata.AnnData:
    cells = [f"c{number}" for number in range(1, counts.shape[0] + 1)]
    obs = pd.DataFrame({"kind": pd.Categorical(kinds), **columns}, index=cells)
    var = pd.DataFrame(index=[f"G{number}" for number in range(1, counts.shape[1] + 1)])
    return anndata.AnnData(X=counts, obs=obs, var=var)


def write_cells(folder: Path, name: str = "cells.h5ad", **changes) -> Path:
    cells = make_cells(**changes)
    cells.write_h5ad(folder / name)
    return folder / name


@pytest.mark.parametrize("store", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.float64])
def test_means_by_hand(tmp_path, store, dtype):
    path = write_cells(tmp_path, counts=store(COUNTS.astype(dtype)))
    expression = read_expression(path, levels={"population": "kind"}, min_cells=1)
    np.testing.assert_allclose(expression.mean.to_numpy(), BY_HAND, rtol=1e-12)
    assert expression.normalisation == "cp10k"
    assert expression.mean.dtypes.eq(np.float64).all()
    assert list(expression.populations["n_cells"]) == [2.0, 3.0]
    assert list(expression.populations.index) == ["a", "b"]
    assert list(expression.names.index) == ["G1", "G2", "G3"]
    assert any("1 cell has no counts" in notice for notice in expression.notices)
    assert any("counts: each cell was normalised" in notice for notice in expression.notices)


def test_cpm_is_a_hundred_times_cp10k(tmp_path):
    path = write_cells(tmp_path)
    cpm = read_expression(path, levels={"population": "kind"}, normalize="cpm")
    np.testing.assert_allclose(cpm.mean.to_numpy(), 100 * BY_HAND, rtol=1e-12)


def test_none_is_the_plain_mean_and_says_that_values_are_counts(tmp_path):
    path = write_cells(tmp_path)
    plain = read_expression(path, levels={"population": "kind"}, normalize="none")
    np.testing.assert_allclose(plain.mean.to_numpy(), [[1.5, 1.5, 1], [4 / 3, 4 / 3, 7 / 3]])
    assert any("look like counts" in notice for notice in plain.notices)


@pytest.mark.parametrize("store", [sparse.csr_matrix, sparse.csc_matrix])
def test_tpm_by_hand_leaves_out_names_without_length(tmp_path, store):
    path = write_cells(tmp_path, counts=store(COUNTS))

    def lengths(names: pd.DataFrame) -> np.ndarray:
        return np.array([{"G1": 1000.0, "G2": 500.0}.get(name, np.nan) for name in names.index])

    expression = read_expression(
        path, levels={"population": "kind"}, normalize="tpm", lengths=lengths
    )
    # c1: 2/1000, 0 -> 1e6, 0; c2: 1/1000, 3/500 -> 1/7, 6/7; c3, c5: 0; c4: 4/1000, 4/500
    expected = 1e6 * np.array([[(1 + 1 / 7) / 2, 6 / 7 / 2], [1 / 9, 2 / 9]])
    np.testing.assert_allclose(expression.mean.to_numpy(), expected, rtol=1e-12)
    assert list(expression.mean.columns) == ["G1", "G2"]
    assert list(expression.dropped["gene_name"]) == ["G3"]
    assert any("1 of 3 names has no known transcript length" in n for n in expression.notices)
    with pytest.raises(ScxError, match="give lengths"):
        read_expression(path, levels={"population": "kind"}, normalize="tpm")


def test_log1p_is_undone(tmp_path):
    path = write_cells(tmp_path, counts=np.log1p(COUNTS).astype(np.float32))
    expression = read_expression(path, levels={"population": "kind"}, log1p=True)
    assert expression.normalisation == "cp10k"  # the counts are recognised behind the logarithm
    np.testing.assert_allclose(expression.mean.to_numpy(), BY_HAND, rtol=1e-6)


def test_stated_logarithms_are_linear_only_by_choice(tmp_path):
    cells = make_cells(np.log1p(COUNTS / 3))
    cells.uns["log1p"] = {"base": None}
    cells.write_h5ad(tmp_path / "logged.h5ad")
    path, levels = tmp_path / "logged.h5ad", {"population": "kind"}
    with pytest.raises(
        ScxError, match=r"says that its values are log1p.*--log1p.*--normalize none"
    ):
        read_expression(path, levels=levels)
    expression = read_expression(path, levels=levels, normalize="none")
    np.testing.assert_allclose(expression.mean.loc["a"], np.log1p(COUNTS / 3)[:2].mean(axis=0))
    assert any("says that its values are log1p" in notice for notice in expression.notices)
    undone = read_expression(path, levels=levels, log1p=True)
    assert not any("log1p-transformed" in notice for notice in undone.notices)


def test_counts_beside_stated_logarithms_are_counts(tmp_path):
    cells = make_cells()
    cells.uns["log1p"] = {"base": None}  # of X before it was put back to counts
    cells.write_h5ad(tmp_path / "cells.h5ad")
    expression = read_expression(tmp_path / "cells.h5ad", levels={"population": "kind"})
    np.testing.assert_allclose(expression.mean.to_numpy(), BY_HAND, rtol=1e-12)


def test_asked_for_counts_but_not_counts(tmp_path):
    path = write_cells(tmp_path, counts=COUNTS * 37.85)
    expression = read_expression(path, levels={"population": "kind"}, normalize="cpm")
    assert any("normalised already (75.7" in notice for notice in expression.notices)


def test_layers_and_raw(tmp_path):
    cells = make_cells()
    cells.layers["double"] = sparse.csc_matrix(2 * COUNTS)
    cells.raw = cells
    cells.X = COUNTS - 1
    cells.write_h5ad(tmp_path / "cells.h5ad")
    path, levels = tmp_path / "cells.h5ad", {"population": "kind"}
    for layer in ("double", "raw"):
        expression = read_expression(path, levels=levels, layer=layer)
        np.testing.assert_allclose(expression.mean.to_numpy(), BY_HAND, rtol=1e-12)
    with pytest.raises(
        ScxError, match=r"the first at 'c1', 'G2': -1; scaled .* choose layer \"raw\""
    ):
        read_expression(path, levels=levels)
    with pytest.raises(ScxError, match="no layer 'triple'; the layers there are: double, raw"):
        read_expression(path, levels=levels, layer="triple")


def test_levels_are_means_over_cells(tmp_path):
    counts = np.array([[10.0, 0], [10, 0], [10, 0], [0, 10], [5, 5], [5, 5]])
    path = write_cells(
        tmp_path,
        counts=counts,
        kinds=["p1", "p1", "p1", "p2", "p3", "p3"],
        sub=["s1", "s1", "s1", "s1", "s2", "s2"],
        tissue=["p3"] * 6,
    )
    levels = {"population": "kind", "subclass": "sub", "tissue": "tissue"}
    expression = read_expression(path, levels=levels)
    table = expression.populations
    assert list(table.index) == ["p1", "p2", "p3 (population)", "s1", "s2", "p3 (tissue)"]
    assert list(table["level"]) == ["population"] * 3 + ["subclass"] * 2 + ["tissue"]
    assert list(table["parent"]) == ["s1", "s1", "s2", "p3 (tissue)", "p3 (tissue)", ""]
    assert list(table["n_cells"]) == [3, 1, 2, 4, 2, 6]
    # s1 is the mean over its 4 cells (7500), not over its 2 populations (5000)
    np.testing.assert_allclose(
        expression.mean["G1"], [10000, 0, 5000, 7500, 5000, 40000 / 6], rtol=1e-12
    )


def test_a_group_in_two_coarser_groups_is_refused(tmp_path):
    path = write_cells(tmp_path, sub=["x", "y", "z", "z", "z"])
    with pytest.raises(ScxError, match=r"The population 'a' lies in more than one class \(x, y\)"):
        read_expression(path, levels={"population": "kind", "class": "sub"})


def test_cells_without_label_are_left_out_and_counted(tmp_path):
    path = write_cells(tmp_path, kinds=["a", "a", None, "b", "b"])
    expression = read_expression(path, levels={"population": "kind"})
    assert list(expression.populations["n_cells"]) == [2.0, 2.0]
    np.testing.assert_allclose(expression.mean.loc["b"], [2000, 2000, 1000])
    assert any("1 of 5 cells has no label in 'kind'" in notice for notice in expression.notices)


def test_small_populations_are_named_and_kept(tmp_path):
    expression = read_expression(write_cells(tmp_path), levels={"population": "kind"})
    assert any("fewer than 10 cells" in n and "a (2), b (3)" in n for n in expression.notices)
    assert len(expression.mean) == 2


def test_whole_number_labels_keep_their_order(tmp_path):
    path = write_cells(tmp_path, cluster=np.array([10.0, 10, 2, 2, np.nan]))
    expression = read_expression(path, levels={"population": "cluster"})
    assert list(expression.populations.index) == ["2", "10"]


@st.composite
def matrices(draw):
    n_cells, n_names = draw(st.integers(2, 12)), draw(st.integers(1, 6))
    values = draw(
        st.lists(
            st.lists(st.integers(0, 4), min_size=n_names, max_size=n_names),
            min_size=n_cells,
            max_size=n_cells,
        )
    )
    groups = draw(st.lists(st.integers(-1, 2), min_size=n_cells, max_size=n_cells))
    return np.array(values, dtype=np.float32), np.array(groups)


@settings(max_examples=25, deadline=None)
@given(matrices(), st.integers(1, 80), st.sampled_from(["dense", "csr", "csc", "memory"]))
def test_blocks_do_not_change_the_sums(drawn, block_values, kind):
    counts, groups = drawn
    expected = np.zeros((3, counts.shape[1]))
    whole = anndata.AnnData(X=counts.astype(np.float64))
    # scanpy warns of empty cells; they stay zero there as here
    kept = counts.sum(axis=1) > 0
    if kept.any():
        full = whole[kept].copy()
        scanpy.pp.normalize_total(full, target_sum=1e4)
        for group in range(3):
            expected[group] = full.X[groups[kept] == group].sum(axis=0)
    with h5py.File.in_memory() as file:
        source = Source(
            file="drawn",
            matrix=store_matrix(file, counts, kind),
            annotation=pd.DataFrame(index=whole.obs_names),
            names=pd.DataFrame(index=whole.var_names),
        )
        result = sum_groups(source, groups, 3, Scaling("cp10k"), block_values=block_values)
    np.testing.assert_allclose(result.sums, expected, rtol=1e-9)
    np.testing.assert_array_equal(result.n_cells, [(groups == g).sum() for g in range(3)])


def store_matrix(file: h5py.File, counts: np.ndarray, kind: str):
    if kind == "memory":
        return SparseRows(sparse.csr_matrix(counts))
    if kind == "dense":
        anndata.io.write_elem(file, "X", counts)
        return BackedDense(file["X"])
    stored = sparse.csr_matrix(counts) if kind == "csr" else sparse.csc_matrix(counts)
    anndata.io.write_elem(file, "X", stored)
    return BackedSparse(file["X"])


def test_cut_bounds_the_stored_values():
    pointers = np.array([0, 3, 3, 10, 11, 12, 12])
    assert [(part.start, part.stop) for part in cut(pointers, 4)] == [(0, 2), (2, 3), (3, 6)]


def test_no_block_holds_more_than_asked(tmp_path):
    path = write_cells(
        tmp_path, counts=sparse.random(500, 40, 0.2, "csr", random_state=0), kinds=["a", "b"] * 250
    )
    with h5py.File(path) as file:
        sizes = [block.entries.nnz for block in BackedSparse(file["X"]).blocks(100)]
    assert sum(sizes) == 4000
    assert max(sizes) <= 100
    assert len(sizes) > 40


def write_text(path: Path, table: pd.DataFrame, separator: str) -> Path:
    table.to_csv(path, sep=separator)
    return path


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("name", "separator"), [("m.csv", ","), ("m.tsv.gz", "\t")])
def test_text_matrix_with_metadata(tmp_path, turned, name, separator):
    cells = make_cells()
    table = cells.to_df().astype(int)
    path = write_text(tmp_path / name, table if turned else table.T, separator)
    metadata = tmp_path / "cells.tsv"
    cells.obs.to_csv(metadata, sep="\t")
    expression = read_expression(path, levels={"population": "kind"}, metadata=metadata)
    np.testing.assert_allclose(expression.mean.to_numpy(), BY_HAND, rtol=1e-12)
    assert list(expression.names.index) == ["G1", "G2", "G3"]


def test_text_matrix_with_annotation_and_gene_columns_inside(tmp_path):
    rows = make_cells().to_df()
    rows.insert(0, "kind", KINDS)
    path = write_text(tmp_path / "m.csv", rows, ",")
    expression = read_expression(path, levels={"population": "kind"})
    np.testing.assert_allclose(expression.mean.to_numpy(), BY_HAND, rtol=1e-12)


def test_metadata_that_is_partly_or_not_there(tmp_path):
    cells = make_cells()
    path = write_text(tmp_path / "m.csv", cells.to_df().T, ",")
    metadata = tmp_path / "cells.csv"
    about = cells.obs.drop("c5").rename(index={"c1": "other"})
    about.to_csv(metadata)
    levels = {"population": "kind"}
    expression = read_expression(path, levels=levels, metadata=metadata)
    assert list(expression.populations["n_cells"]) == [1, 2]
    assert "2 of 5 cells of m.csv are not in cells.csv." in expression.notices
    assert "1 cell of cells.csv is not in m.csv." in expression.notices
    about.rename(index=lambda name: name + "-1").to_csv(metadata)
    with pytest.raises(ScxError, match=r"No cell of cells.csv.*other-1.*c1"):
        read_expression(path, levels=levels, metadata=metadata)
    with pytest.raises(ScxError, match="matrix without annotation"):
        read_expression(path, levels=levels)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("features", "prefix"), [("features", "run1_"), ("genes", "")])
def test_mtx_folder(tmp_path, packed, features, prefix):
    io.mmwrite(tmp_path / f"{prefix}matrix.mtx", sparse.coo_matrix(COUNTS.T.astype(int)))
    lines = ["ENSG1\tG1", "ENSG2\tNA", "ENSG3\tG3"]
    if features == "features":
        lines = [line + "\tGene Expression" for line in lines]
    (tmp_path / f"{prefix}{features}.tsv").write_text("\n".join(lines) + "\n")
    (tmp_path / f"{prefix}barcodes.tsv").write_text("c1\nc2\nc3\nc4\nc5\n")
    if packed:
        for file in list(tmp_path.iterdir()):
            (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
            file.unlink()
    metadata = tmp_path.with_suffix(".csv")
    make_cells().obs.to_csv(metadata)
    expression = read_expression(tmp_path, levels={"population": "kind"}, metadata=metadata)
    np.testing.assert_allclose(expression.mean.to_numpy(), BY_HAND, rtol=1e-12)
    assert list(expression.names.index) == ["G1", "NA", "G3"]
    assert list(expression.names["gene_ids"]) == ["ENSG1", "ENSG2", "ENSG3"]


def test_10x_h5(tmp_path):
    path = tmp_path / "filtered.h5"
    stored = sparse.csr_matrix(COUNTS.astype(np.int32))
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        group["barcodes"] = np.array([b"c1", b"c2", b"c3", b"c4", b"c5"])
        group["data"], group["indices"], group["indptr"] = (
            stored.data,
            stored.indices,
            stored.indptr,
        )
        group["shape"] = np.array([3, 5])
        feature = group.create_group("features")
        feature["id"] = np.array([b"ENSG1", b"ENSG2", b"ENSG3"])
        feature["name"] = np.array([b"G1", b"G1", b"G3"])  # a repeated symbol is usual
        feature["feature_type"] = np.array([b"Gene Expression"] * 3)
        feature["genome"] = np.array([b"GRCh38"] * 3)
    metadata = tmp_path / "cells.csv"
    make_cells().obs.to_csv(metadata)
    expression = read_expression(path, levels={"population": "kind"}, metadata=metadata)
    np.testing.assert_allclose(expression.mean.to_numpy(), BY_HAND, rtol=1e-12)
    assert list(expression.mean.columns) == ["G1", "G1", "G3"]
    assert list(expression.names["gene_ids"]) == ["ENSG1", "ENSG2", "ENSG3"]


def test_progress_ends_at_one(tmp_path):
    path = write_cells(tmp_path, counts=sparse.csc_matrix(COUNTS))
    seen: list[float] = []
    read_expression(
        path, levels={"population": "kind"}, progress=lambda fraction, _: seen.append(fraction)
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

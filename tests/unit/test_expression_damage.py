"""HDF5 files that are damaged or of another kind: one sentence, and the process lives on."""

from collections.abc import Callable
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scx_core.errors import ScxError
from scx_core.expression import read_expression

LEVELS = {"population": "kind"}
COUNTS = np.array([[2.0, 0, 2], [1, 3, 0], [0, 0, 5], [4, 4, 2]])


def write_cells(folder: Path, store: Callable = np.asarray, **columns) -> Path:
    obs = pd.DataFrame({"kind": ["a", "a", "b", "b"], **columns}, index=["c1", "c2", "c3", "c4"])
    cells = anndata.AnnData(X=store(COUNTS), obs=obs, var=pd.DataFrame(index=["G1", "G2", "G3"]))
    cells.write_h5ad(folder / "cells.h5ad")
    return folder / "cells.h5ad"


def write_10x(path: Path) -> Path:
    stored = sparse.csr_matrix(COUNTS.astype(np.int32))
    with h5py.File(path, "w") as file:
        group = file.create_group("matrix")
        group["barcodes"] = np.array([b"c1", b"c2", b"c3", b"c4"])
        for part in ("data", "indices", "indptr"):
            group[part] = getattr(stored, part)
        group["shape"] = np.array([3, 4])
        feature = group.create_group("features")
        feature["id"] = feature["name"] = np.array([b"G1", b"G2", b"G3"])
        feature["feature_type"] = np.array([b"Gene Expression"] * 3)
        feature["genome"] = np.array([b"x"] * 3)
    path.with_suffix(".csv").write_text("cell,kind\nc1,a\nc2,a\nc3,b\nc4,b\n")
    return path


def refuse(path: Path, match: str, **options) -> None:
    with pytest.raises(ScxError, match=match) as caught:
        read_expression(path, **{"levels": LEVELS, **options})
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")


@pytest.mark.parametrize("metadata", [True, False])
def test_hdf5_of_another_kind(tmp_path, metadata):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["x"] = [1, 2]
    (tmp_path / "m.csv").write_text("cell,kind\nc1,a\n")
    refuse(
        tmp_path / "other.h5",
        r"other\.h5 is an HDF5 file, but neither AnnData .* nor a 10x matrix \(it holds x\)",
        metadata=tmp_path / "m.csv" if metadata else None,
    )


@pytest.mark.parametrize("missing", ["shape", "indptr", "features/name"])
def test_10x_without_a_part(tmp_path, missing):
    path = write_10x(tmp_path / "x.h5")
    with h5py.File(path, "r+") as file:
        del file["matrix"][missing]
    refuse(path, "nor a 10x matrix", metadata=tmp_path / "x.csv")


def test_10x_with_an_index_outside(tmp_path):
    path = write_10x(tmp_path / "x.h5")
    read_expression(path, levels=LEVELS, metadata=tmp_path / "x.csv")
    with h5py.File(path, "r+") as file:
        file["matrix/indices"][2] = 5000
    refuse(path, r"x\.h5: the matrix matrix is damaged .*index 5,000", metadata=tmp_path / "x.csv")


def test_obs_of_an_early_format(tmp_path):
    path = write_cells(tmp_path)
    with h5py.File(path, "r+") as file:
        del file["obs"].attrs["encoding-type"]
    refuse(path, r"cells\.h5ad has no obs table in AnnData's present format")
    with h5py.File(path, "r+") as file:
        del file["obs"]
        file["obs"] = [1, 2]
    refuse(path, r"has no obs table")


def test_categories_of_an_early_version_are_read(tmp_path):
    path = write_cells(tmp_path)
    with h5py.File(path, "r+") as file:
        obs = file["obs"]
        del obs["kind"]
        obs["kind"] = np.array([0, 0, 1, 1], dtype=np.int8)
        obs["__categories/kind"] = np.array([b"a", b"b"])
        obs["kind"].attrs["categories"] = obs["__categories/kind"].ref
        obs.attrs["encoding-version"] = "0.1.0"
    populations = read_expression(path, levels=LEVELS).populations
    assert populations["n_cells"].to_dict() == {"a": 2, "b": 2}


def remove_codes(obs: h5py.Group) -> None:
    del obs["kind/codes"]


def remove_column(obs: h5py.Group) -> None:
    del obs["kind"]


def rename_encoding(obs: h5py.Group) -> None:
    obs["kind"].attrs["encoding-type"] = "something-new"


def code_outside(obs: h5py.Group) -> None:
    obs["kind/codes"][1] = 7


def shorten_column(obs: h5py.Group) -> None:
    codes = obs["kind/codes"][:3]
    attributes = dict(obs["kind/codes"].attrs)
    del obs["kind/codes"]
    obs["kind/codes"] = codes
    obs["kind/codes"].attrs.update(attributes)


@pytest.mark.parametrize(
    ("harm", "match"),
    [
        (remove_codes, r"cells\.h5ad: column 'kind' of obs is damaged \(.*codes"),
        (remove_column, r"column 'kind' of obs is damaged \(it is not there\)"),
        (rename_encoding, r"column 'kind' of obs is damaged \(it is stored as 'something-new'"),
        (code_outside, r"column 'kind' of obs is damaged"),
        (shorten_column, r"column 'kind' of obs has 3 values for 4 rows"),
    ],
)
def test_damaged_column_is_named(tmp_path, harm, match):
    path = write_cells(tmp_path)
    with h5py.File(path, "r+") as file:
        harm(file["obs"])
    refuse(path, match)
    refuse(path, match, levels=None)


def test_damaged_column_that_is_not_asked_for(tmp_path):
    path = write_cells(tmp_path, other=["x", "x", "y", "y"])
    with h5py.File(path, "r+") as file:
        del file["obs/other/codes"]
    assert list(read_expression(path, levels=LEVELS).mean.index) == ["a", "b"]


@pytest.mark.parametrize("store", [sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize(
    ("part", "place", "value", "match"),
    [
        ("indices", 2, 5000, r"cells\.h5ad: the matrix X is damaged .*index 5,000, outside 0 to"),
        ("indices", 2, -1, r"index -1, outside 0 to"),
        ("indptr", 1, 5000, "indptr does not rise from 0 to its 8 values"),
        ("indptr", 0, 1, "indptr does not rise"),
        ("indptr", -1, 7, "indptr does not rise"),
    ],
)
def test_sparse_matrix_that_points_outside(tmp_path, store, part, place, value, match):
    path = write_cells(tmp_path, store)
    with h5py.File(path, "r+") as file:
        values = file["X"][part][:]
        values[place] = value
        file["X"][part][:] = values
    refuse(path, match)


def test_sparse_matrix_with_a_short_or_missing_part(tmp_path):
    path = write_cells(tmp_path, sparse.csr_matrix)
    with h5py.File(path, "r+") as file:
        values = file["X/indices"][:-1]
        del file["X/indices"]
        file["X/indices"] = values
    refuse(path, "X is damaged .its parts differ in length")
    with h5py.File(path, "r+") as file:
        del file["X/indices"]
    refuse(path, "X is damaged .it has no list of numbers 'indices'")
    with h5py.File(path, "r+") as file:
        del file["X"].attrs["shape"]
    refuse(path, "the matrix has no shape")


def test_unsigned_indices_are_read(tmp_path):
    path = write_cells(tmp_path, sparse.csr_matrix)
    expected = read_expression(path, levels=LEVELS).mean
    with h5py.File(path, "r+") as file:
        for part in ("indices", "indptr"):
            values = file["X"][part][:].astype(np.uint64)
            del file["X"][part]
            file["X"][part] = values
    pd.testing.assert_frame_equal(read_expression(path, levels=LEVELS).mean, expected)


def test_a_field_that_is_too_long(tmp_path):
    path = tmp_path / "m.tsv"
    path.write_text("gene\t" + "a" * 140_000 + "\nG1\t1\n")
    refuse(path, r"Line 1 of m\.tsv cannot be split into columns \(field larger", levels=None)
    path.write_text('gene\ta\nG1\t1\n"' + "G" * 140_000 + '"\t1\n')
    refuse(path, r"Line 3 of m\.tsv cannot be split into columns", levels=None)

"""Bad input gives one sentence: what, where, what to do."""

import subprocess
import sys
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scx_core.errors import ScxError
from scx_core.expression import read_expression

LEVELS = {"population": "kind"}


def write_cells(folder: Path, values, kinds=("a", "a", "b", "b"), **columns) -> Path:
    cells = [f"c{number}" for number in range(1, 5)]
    obs = pd.DataFrame({"kind": list(kinds), **columns}, index=cells)
    var = pd.DataFrame(index=["G1", "G2", "G3"])
    anndata.AnnData(X=values, obs=obs, var=var).write_h5ad(folder / "cells.h5ad")
    return folder / "cells.h5ad"


def ones() -> np.ndarray:
    return np.ones((4, 3), dtype=np.float32)


def refuse(path: Path, match: str, **options) -> None:
    with pytest.raises(ScxError, match=match) as caught:
        read_expression(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")


def test_missing_file(tmp_path):
    for name in ("cells.h5ad", "cells.csv", "matrix.mtx", "cells.h5"):
        refuse(tmp_path / name, f"no file {name} in", levels=LEVELS)
    path = write_cells(tmp_path, ones())
    refuse(path, "no metadata table m.csv", levels=LEVELS, metadata=tmp_path / "m.csv")


@pytest.mark.parametrize("name", ["cells.h5ad", "cells.h5"])
def test_not_hdf5(tmp_path, name):
    (tmp_path / name).write_text("gene,a,b\nG1,1,2\n")
    refuse(tmp_path / name, f"{name} is not an HDF5 file", levels=LEVELS)


def test_truncated_h5ad(tmp_path):
    path = write_cells(tmp_path, ones())
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refuse(path, "truncated or damaged HDF5 file", levels=LEVELS)


def test_annotation_column_missing(tmp_path):
    path = write_cells(tmp_path, ones(), batch=["x"] * 4, donor=["y"] * 4)
    refuse(
        path,
        "no annotation column 'celltype'.*there are: kind, batch, donor",
        levels={"population": "kind", "class": "celltype"},
    )


@pytest.mark.parametrize("store", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize(
    ("value", "match"),
    [
        (np.nan, "has 2 values that cannot be expression, the first at 'c2', 'G3': nan; replace"),
        (np.inf, "the first at 'c2', 'G3': inf; replace"),
        (-1.0, "the first at 'c2', 'G3': -1; scaled or log-ratio values"),
    ],
)
def test_values_that_cannot_be(tmp_path, store, value, match):
    values = ones()
    values[1, 2] = values[3, 2] = value
    refuse(write_cells(tmp_path, store(values)), match, levels=LEVELS)


def test_one_population(tmp_path):
    path = write_cells(tmp_path, ones(), kinds=["a"] * 4)
    refuse(path, "only one population, 'a'", levels=LEVELS)


def test_measurement_as_population(tmp_path):
    path = write_cells(tmp_path, ones(), share=[0.1, 0.2, 0.3, 0.4])
    refuse(path, "holds measurements such as 0.1", levels={"population": "share"})


def test_no_cell_has_a_label(tmp_path):
    path = write_cells(tmp_path, ones(), none=["", " ", "", ""])
    refuse(path, "No cell of cells.h5ad has a label in none", levels={"population": "none"})


def test_nothing_expressed(tmp_path):
    path = write_cells(tmp_path, sparse.csr_matrix((4, 3)))
    refuse(path, "Every value of cells.h5ad is zero", levels=LEVELS)


def test_no_matrix(tmp_path):
    path = write_cells(tmp_path, None)
    refuse(path, "has no matrix X", levels=LEVELS)


def test_empty_matrix(tmp_path):
    cells = anndata.AnnData(X=np.ones((2, 0)), obs=pd.DataFrame({"kind": ["a", "b"]}, ["x", "y"]))
    cells.write_h5ad(tmp_path / "cells.h5ad")
    refuse(tmp_path / "cells.h5ad", "empty matrix", levels=LEVELS)
    (tmp_path / "empty.csv").write_text("")
    refuse(tmp_path / "empty.csv", "is empty")
    (tmp_path / "header.csv").write_text("gene,a,b\n")
    refuse(tmp_path / "header.csv", "no rows")


def test_duplicated_cells(tmp_path):
    (tmp_path / "m.csv").write_text("gene,c1,c2,c1\nG1,1,2,3\n")
    (tmp_path / "cells.csv").write_text("cell,kind\nc1,a\nc2,b\n")
    refuse(
        tmp_path / "m.csv",
        r"more than once \(c1\), and cells\.csv finds a cell by its name",
        levels=LEVELS,
        metadata=tmp_path / "cells.csv",
    )
    (tmp_path / "cells.csv").write_text("cell,kind\nc1,a\nc2,b\nc1,b\n")
    refuse(
        tmp_path / "m.csv",
        "Line 4 of cells.csv repeats the name 'c1'",
        levels=LEVELS,
        metadata=tmp_path / "cells.csv",
    )


def test_ragged_row(tmp_path):
    path = tmp_path / "m.tsv"
    path.write_text("gene\ta\tb\nG1\t1\t2\n\nG2\t1\nG3\t1\t2\nG4\t1\t2\n")
    refuse(path, "Line 4 of m.tsv has 2 columns, but the header has 3")
    path.write_text("gene\ta\tb\nG1\t1\t2\nG2\t1\t2\t3\nG3\t1\t2\n")
    refuse(path, "Line 3 of m.tsv has 4 columns, but the header has 3")


@pytest.mark.parametrize(("value", "shown"), [("n.d.", "'n.d.'"), ("", "''"), ("NA", "'NA'")])
def test_not_a_number(tmp_path, value, shown):
    path = tmp_path / "m.csv"
    path.write_text(f"gene,a,b\nG1,1,2\n\nG2,1,{value}\nG3,1,2\n")
    refuse(path, rf"Line 4, column 3 \('b'\) of m.csv holds {shown}")


def test_not_a_number_in_a_later_part(tmp_path, monkeypatch):
    monkeypatch.setattr("scx_core.expression.tables._TABLE_VALUES", 6)
    path = tmp_path / "m.csv"
    rows = [f"G{number},1,2" for number in range(2, 12)]
    rows[7] = "G9,1,x"
    path.write_text("gene,a,b\n" + "\n".join(rows) + "\n")
    refuse(path, r"Line 9, column 3 \('b'\) of m.csv holds 'x'")


def test_negative_pseudobulk(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("gene,a,b\nG1,1,2\nG2,1,-0.5\n")
    refuse(path, "m.csv has 1 value that cannot be expression, the first at 'b', 'G2': -0.5")


def test_no_numbers_or_one_column(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("gene,a,b\nG1,x,y\n")
    refuse(path, "no column of numbers")
    path.write_text("gene\nG1\n")
    refuse(path, "only one column")


def test_damaged_gzip_and_encoding(tmp_path):
    path = tmp_path / "m.csv.gz"
    path.write_bytes(b"\x1f\x8b\x08\x00 damaged")
    refuse(path, "cut short or damaged")
    path.write_bytes("gene,a,b\nG1é,1,2\n".encode("latin-1"))
    refuse(path, "not text in UTF-8")


def test_mtx_parts(tmp_path):
    header = "%%MatrixMarket matrix coordinate integer general\n"
    (tmp_path / "matrix.mtx").write_text(header + "2 3 1\n1 1 5\n")
    refuse(tmp_path, "no features.tsv or genes.tsv", levels=LEVELS)
    (tmp_path / "genes.tsv").write_text("E1\tG1\nE2\tG2\n")
    (tmp_path / "barcodes.tsv").write_text("c1\nc2\n")
    refuse(
        tmp_path,
        r"2 x 3, but there are 2 features in genes\.tsv and 2 barcodes in barcodes\.tsv",
        levels=LEVELS,
    )
    (tmp_path / "matrix.mtx").write_text(header + "2 2 3\n1 1 5\n")
    refuse(tmp_path, "not a complete Matrix Market file", levels=LEVELS)
    refuse(tmp_path, "holds cells, not ready pseudobulk")


def test_unknown_normalisation(tmp_path):
    refuse(write_cells(tmp_path, ones()), "'rpkm' is unknown", levels=LEVELS, normalize="rpkm")
    (tmp_path / "m.csv").write_text("gene,a,b\nG1,1,2\n")
    refuse(tmp_path / "m.csv", "has no layers", layer="raw")


def test_import_is_light():
    """The command line starts without scanpy, which takes seconds to import."""
    code = (
        "import sys, scx_core.expression\n"
        "sys.exit(any(name in sys.modules for name in ('scanpy', 'anndata', 'torch')))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0

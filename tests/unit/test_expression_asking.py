"""What the page asks about an expression file before it is imported."""

import anndata
import numpy as np
import pandas as pd

from scx_core.expression.asking import ask_about

COUNTS = np.array([[4.0, 0, 4], [2, 3, 2], [0, 4, 3], [6, 4, 0]])


def test_logged_values_and_other_matrices(tmp_path):
    path = tmp_path / "cells.h5ad"
    obs = pd.DataFrame({"kind": list("aabb")}, index=list("wxyz"))
    logs = np.log1p(1e4 * COUNTS / COUNTS.sum(axis=1, keepdims=True))
    cells = anndata.AnnData(X=logs, obs=obs, layers={"counts": COUNTS})
    cells.raw = anndata.AnnData(X=COUNTS, obs=obs)
    cells.write_h5ad(path)
    asked = ask_about(path, None, cells=True)
    assert asked.matrices == ("counts", "raw")
    assert "adds up to the same in every row" in asked.logs
    assert ask_about(path, "raw", cells=True).logs == ""
    cells.X = COUNTS
    cells.write_h5ad(path)
    assert ask_about(path, None, cells=True).logs == ""


def test_columns_of_a_table(tmp_path):
    path = tmp_path / "m.tsv"
    rows = [f"G{n}\t{1000 + n * 7 % 331}\t{2000 + n}\t{n % 7}.5\t{n % 3}.25" for n in range(120)]
    path.write_text("\n".join(["gene\tbeans\tlength\tneuron\tglia", *rows]) + "\n")
    columns = {column.header: column for column in ask_about(path, None, cells=False).columns}
    assert columns["length"].kind == "length"
    assert "whole numbers without a zero" in columns["beans"].asked
    assert (columns["neuron"].kind, columns["neuron"].asked) == ("", "")

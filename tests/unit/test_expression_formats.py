"""Matrices of cells as each program lays them out, made from the formats' own descriptions."""

import gzip
from pathlib import Path

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import io, sparse

from scx_core.errors import ScxError
from scx_core.expression import Expression, read_expression

IDS = ["ENSG00000100001", "ENSG00000100002", "ENSG00000100003"]
SYMBOLS = ["AAA1", "BBB2", "CCC3"]
CELLS = ["AAAC-1", "AAAG-1", "AAAT-1", "AACC-1"]
KINDS = ["neuron", "neuron", "glia", "glia"]
COUNTS = np.array([[4, 0, 4], [2, 3, 2], [0, 4, 3], [6, 4, 0]])  # cells x genes
CP10K = 1e4 * COUNTS / COUNTS.sum(axis=1, keepdims=True)
MEANS = {"neuron": CP10K[:2].mean(axis=0), "glia": CP10K[2:].mean(axis=0)}
LEVELS = {"population": "kind"}


def write_matrix(path: Path, values: np.ndarray) -> None:
    with path.open("wb") as file:
        io.mmwrite(file, sparse.csr_matrix(values))


def write_lines(path: Path, lines: list[str]) -> None:
    text = ("\n".join(lines) + "\n").encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)


def write_metadata(folder: Path) -> Path:
    path = folder / "about.csv"
    write_lines(path, ["cell,kind", *(f"{c},{k}" for c, k in zip(CELLS, KINDS, strict=True))])
    return path


def check(expression: Expression, names: list[str] = SYMBOLS) -> None:
    assert list(expression.mean.columns) == names
    for name, mean in MEANS.items():
        np.testing.assert_allclose(expression.mean.loc[name], mean, rtol=1e-6)


TWO_COLUMNS = [f"{gene}\t{symbol}" for gene, symbol in zip(IDS, SYMBOLS, strict=True)]

#: name of matrix, cells first, list of genes with its lines, list of cells with its lines
LAYOUTS = {
    "cell ranger 2": ("matrix.mtx", False, "genes.tsv", TWO_COLUMNS, "barcodes.tsv", CELLS),
    "cell ranger 3, packed, with a prefix": (
        "GSM1_matrix.mtx", False, "GSM1_features.tsv.gz",
        [f"{line}\tGene Expression" for line in TWO_COLUMNS], "GSM1_barcodes.tsv.gz", CELLS,
    ),
    "cell ranger arc: places after the type": (
        "matrix.mtx", False, "features.tsv",
        [f"{line}\tGene Expression\tchr1\t{n}\t{n + 9}" for n, line in enumerate(TWO_COLUMNS)],
        "barcodes.tsv", CELLS,
    ),
    "genes.tsv with places": (
        "matrix.mtx", False, "genes.tsv",
        [f"{line}\t1\t{n}\t{n + 9}\t+\tprotein_coding" for n, line in enumerate(TWO_COLUMNS)],
        "barcodes.tsv", CELLS,
    ),
    "lists with headers": (
        "matrix.mtx", False, "genes.tsv", ["ENSEMBL\tSYMBOL", *TWO_COLUMNS],
        "barcodes.tsv", ["x", *CELLS],
    ),
    "kallisto-bustools": (
        "cells_x_genes.mtx", True, "cells_x_genes.genes.txt", IDS,
        "cells_x_genes.barcodes.txt", CELLS,
    ),
    "bustools count -o": (
        "out.mtx", True, "out.genes.txt", IDS, "out.barcodes.txt", CELLS,
    ),
    "alevin-fry": (
        "quants_mat.mtx", True, "quants_mat_cols.txt", IDS, "quants_mat_rows.txt", CELLS,
    ),
    "single cell expression atlas": (
        "E-1.aggregated_filtered_counts.mtx", False, "E-1.aggregated_filtered_counts.mtx_rows",
        [f"{gene}\t{gene}" for gene in IDS], "E-1.aggregated_filtered_counts.mtx_cols", CELLS,
    ),
    "transposed against its program": (
        "matrix.mtx", True, "genes.tsv", TWO_COLUMNS, "barcodes.tsv", CELLS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("by_folder", [True, False])
def test_layouts_of_matrix_market(tmp_path, layout, by_folder):
    matrix, cells_first, genes_file, genes, cells_file, cells = LAYOUTS[layout]
    folder = tmp_path / "run"
    folder.mkdir()
    write_matrix(folder / matrix, COUNTS if cells_first else COUNTS.T)
    write_lines(folder / genes_file, genes)
    write_lines(folder / cells_file, cells)
    expression = read_expression(
        folder if by_folder else folder / matrix,
        levels=LEVELS,
        metadata=write_metadata(tmp_path),
    )
    check(expression, SYMBOLS if "AAA1" in genes[-3] else IDS)
    assert list(expression.names["gene_ids"]) == IDS


@pytest.mark.parametrize(
    ("matrix", "genes_file"), [("count_matrix.mtx", "all_genes.csv"), ("DGE.mtx", "genes.csv")]
)
def test_parse_has_its_own_annotation(tmp_path, matrix, genes_file):
    write_matrix(tmp_path / matrix, COUNTS)
    genes = [f"{gene},{symbol},hg38" for gene, symbol in zip(IDS, SYMBOLS, strict=True)]
    write_lines(tmp_path / genes_file, ["gene_id,gene_name,genome", *genes])
    cells = [f"{cell},s1,{kind}" for cell, kind in zip(CELLS, KINDS, strict=True)]
    write_lines(tmp_path / "cell_metadata.csv", ["bc_wells,sample,kind", *cells])
    check(read_expression(tmp_path, levels=LEVELS))


def test_symbols_of_kallisto_bustools(tmp_path):
    write_matrix(tmp_path / "cells_x_genes.mtx", COUNTS)
    write_lines(tmp_path / "cells_x_genes.genes.txt", IDS)
    write_lines(tmp_path / "cells_x_genes.genes.names.txt", ["AAA1", "", "CCC3"])
    write_lines(tmp_path / "cells_x_genes.barcodes.txt", CELLS)
    expression = read_expression(tmp_path, levels=LEVELS, metadata=write_metadata(tmp_path))
    check(expression, ["AAA1", IDS[1], "CCC3"])


def test_as_many_genes_as_cells_are_told_by_the_program(tmp_path):
    counts = COUNTS[:3]
    write_metadata(tmp_path)
    for name, values in (("matrix", counts.T), ("cells_x_genes", counts)):
        folder = tmp_path / name
        folder.mkdir()
        write_matrix(folder / f"{name}.mtx", values)
        ten_x = name == "matrix"
        write_lines(folder / ("genes.tsv" if ten_x else f"{name}.genes.txt"), IDS)
        write_lines(folder / ("barcodes.tsv" if ten_x else f"{name}.barcodes.txt"), CELLS[:3])
        expression = read_expression(folder, levels=LEVELS, metadata=tmp_path / "about.csv")
        np.testing.assert_allclose(expression.mean.loc["neuron"], MEANS["neuron"])


def test_lists_that_are_one_line_too_long_without_a_header_are_refused(tmp_path):
    write_matrix(tmp_path / "matrix.mtx", COUNTS.T)
    write_lines(tmp_path / "genes.tsv", ["ENSG00000100000\tAAA0", *TWO_COLUMNS])
    write_lines(tmp_path / "barcodes.tsv", CELLS)
    with pytest.raises(ScxError, match=r"there are 4 features in genes\.tsv and 4 barcodes"):
        read_expression(tmp_path, levels=LEVELS, metadata=write_metadata(tmp_path))


def test_several_matrices_and_none(tmp_path):
    with pytest.raises(ScxError, match=r"has no \.mtx file"):
        read_expression(tmp_path, levels=LEVELS)
    for name in ("cells_x_genes.nascent.mtx", "cells_x_genes.mature.mtx"):
        write_matrix(tmp_path / name, COUNTS)
    with pytest.raises(ScxError, match=r"several matrices .*name the \.mtx file itself"):
        read_expression(tmp_path, levels=LEVELS)


# AnnData as R writes it


def as_r_writes(path: Path) -> None:
    """Turn every attribute into an array of one, as rhdf5 does, and an empty list into numbers."""
    with h5py.File(path, "r+") as file:
        objects = [file]
        file.visititems(lambda _, found: objects.append(found))
        for found in objects:
            for name, value in list(found.attrs.items()):
                if isinstance(value, str):
                    found.attrs[name] = np.array([value], dtype=h5py.string_dtype())
                elif np.ndim(value) == 0:
                    found.attrs[name] = np.array([value])
                elif np.size(value) == 0:
                    found.attrs[name] = np.zeros(0)


@pytest.mark.parametrize("store", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_attributes_as_arrays_of_one(tmp_path, store):
    obs = pd.DataFrame(
        {
            "kind": pd.Categorical(KINDS, categories=["neuron", "glia"], ordered=True),
            "donor": pd.array([1, None, 3, 4], dtype="Int64"),
            "batch": ["b1", "b2", "b1", "b2"],
            "doublet": [True, False, False, True],
        },
        index=CELLS,
    )
    path = tmp_path / "cells.h5ad"
    values = store(COUNTS.astype(np.float32))
    anndata.AnnData(X=values, obs=obs, var=pd.DataFrame(index=SYMBOLS)).write_h5ad(path)
    plain = read_expression(path, levels=LEVELS)
    as_r_writes(path)
    by_r = read_expression(path, levels=LEVELS)
    check(by_r)
    pd.testing.assert_frame_equal(plain.mean, by_r.mean)
    assert list(by_r.populations.index) == ["neuron", "glia"]  # in the order of the categories
    for column, names in (("donor", ["1", "3", "4"]), ("batch", ["b1", "b2"])):
        expression = read_expression(path, levels={"population": column})
        assert list(expression.populations.index) == names


def test_bytes_in_attributes_and_columns(tmp_path):
    path = tmp_path / "cells.h5ad"
    obs = pd.DataFrame({"kind": KINDS}, index=CELLS)
    anndata.AnnData(
        X=COUNTS.astype(np.float32), obs=obs, var=pd.DataFrame(index=SYMBOLS)
    ).write_h5ad(path)
    with h5py.File(path, "r+") as file:
        table = file["obs"]
        for name in ("encoding-type", "encoding-version", "_index"):
            table.attrs[name] = np.bytes_(table.attrs[name])
        kinds = table["kind"]
        attributes = dict(kinds.attrs)
        values = np.array(KINDS, dtype="S") if isinstance(kinds, h5py.Dataset) else None
        if values is not None:  # text of one length
            del table["kind"]
            table.create_dataset("kind", data=values).attrs.update(attributes)
    check(read_expression(path, levels=LEVELS))

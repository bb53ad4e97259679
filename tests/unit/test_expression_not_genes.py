"""What is no gene is listed and stands outside the library size, in every format."""

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import io, sparse

from scx_core.errors import ScxError
from scx_core.expression import read_expression
from scx_core.expression.not_genes import why_no_gene

GENES = ["ENSG00000100001", "ENSG00000100002", "ENSG00000100003", "ENSG00000100004"]
COUNTS = np.array([[10, 20, 30, 40], [100, 90, 80, 70], [5, 6, 7, 8]])
# by hand, per 10,000 of the genes: 10/100, 100/340, 5/26
FIRST = [1000.0, 1e4 * 100 / 340, 1e4 * 5 / 26]

OTHERS = {
    "htseq": ["__no_feature", "__ambiguous", "__too_low_aQual", "__not_aligned"],
    "htseq without underscores": ["no_feature", "ambiguous", "not_aligned"],
    "star": ["N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"],
    "featureCounts summary": ["Assigned", "Unassigned_Unmapped", "Unassigned_NoFeatures"],
    "ercc": ["ERCC-00002", "ERCC_00003", "ERCC.00004", "gSpikein_ERCC-00096"],
    "sirv": ["SIRV1", "SIRV101", "SIRV4001"],
    "totals": ["Total", "library_size", "sum"],
}


def write_table(path: Path, others: list[str], value: int = 90_000) -> Path:
    table = pd.DataFrame(COUNTS.T, index=GENES, columns=["neuron", "glia", "blood"])
    more = pd.DataFrame(value, index=others, columns=table.columns)
    more.iloc[:, 1] = 7
    pd.concat([table, more]).to_csv(path, sep="\t", index_label="gene")
    return path


@pytest.mark.parametrize("kind", OTHERS)
def test_rows_of_a_table_that_are_no_genes(tmp_path, kind):
    expression = read_expression(write_table(tmp_path / "counts.tsv", OTHERS[kind]))
    assert list(expression.mean.columns) == GENES
    np.testing.assert_allclose(expression.mean[GENES[0]], FIRST, rtol=1e-12)
    assert list(expression.dropped["gene_name"]) == OTHERS[kind]
    assert expression.dropped["reason"].str.startswith("no gene: ").all()
    text = " ".join(expression.notices)
    assert "left out, of the library size too" in text
    assert OTHERS[kind][0] in text


def make_cells(store, kinds=None, others=("ERCC-00002", "ERCC-00003")) -> anndata.AnnData:
    counts = np.column_stack([COUNTS, np.full((3, len(others)), 5000)])
    var = pd.DataFrame(index=[*GENES, *others])
    if kinds:
        var[kinds[0]] = pd.Categorical(kinds[1])
    obs = pd.DataFrame({"kind": ["neuron", "glia", "blood"]}, index=["c1", "c2", "c3"])
    return anndata.AnnData(X=store(counts.astype(np.float32)), obs=obs, var=var)


@pytest.mark.parametrize("store", [np.asarray, sparse.csr_matrix, sparse.csc_matrix])
def test_spike_ins_of_anndata(tmp_path, store):
    make_cells(store).write_h5ad(tmp_path / "cells.h5ad")
    expression = read_expression(tmp_path / "cells.h5ad", levels={"population": "kind"})
    assert list(expression.mean.columns) == GENES
    np.testing.assert_allclose(
        expression.mean.loc[["neuron", "glia", "blood"], GENES[0]], FIRST, rtol=1e-6
    )


@pytest.mark.parametrize(
    ("header", "gene", "other"),
    [
        ("feature_types", "Gene Expression", "Antibody Capture"),
        ("feature_biotype", "gene", "spike-in"),
    ],
)
def test_features_that_the_file_calls_no_genes(tmp_path, header, gene, other):
    cells = make_cells(np.asarray, (header, [gene] * 4 + [other] * 2), ("CD3_ab", "CD4_ab"))
    cells.write_h5ad(tmp_path / "cells.h5ad")
    expression = read_expression(tmp_path / "cells.h5ad", levels={"population": "kind"})
    np.testing.assert_allclose(
        expression.mean.loc[["neuron", "glia", "blood"], GENES[0]], FIRST, rtol=1e-6
    )
    assert list(expression.dropped["reason"]) == [f"no gene: {other}"] * 2


def test_kinds_that_call_nothing_a_gene_are_not_heeded():
    names = pd.DataFrame(index=["A", "B"])
    assert list(why_no_gene(names, pd.Series(["protein_coding", "lncRNA"]))) == ["", ""]


def test_rows_of_a_10x_folder_that_are_no_genes(tmp_path):
    counts = np.vstack([COUNTS.T, np.full((1, 3), 4000)])
    io.mmwrite(tmp_path / "matrix.mtx", sparse.csr_matrix(counts))
    names = [f"{gene}\tS{place}" for place, gene in enumerate(GENES)]
    (tmp_path / "genes.tsv").write_text("\n".join([*names, "unmapped\tunmapped"]) + "\n")
    (tmp_path / "barcodes.tsv").write_text("c1\nc2\nc3\n")
    (tmp_path / "about.csv").write_text("cell,kind\nc1,neuron\nc2,glia\nc3,blood\n")
    expression = read_expression(
        tmp_path, levels={"population": "kind"}, metadata=tmp_path / "about.csv"
    )
    np.testing.assert_allclose(
        expression.mean.loc[["neuron", "glia", "blood"]].iloc[:, 0], FIRST, rtol=1e-12
    )


def test_tpm_lists_what_is_no_gene_as_such(tmp_path):
    path = write_table(tmp_path / "counts.tsv", ["__no_feature", "NEW1"], value=1)

    def lengths(names: pd.DataFrame) -> np.ndarray:
        return np.where(names.index.str.startswith("ENSG"), 1000.0, np.nan)

    expression = read_expression(path, normalize="tpm", lengths=lengths)
    np.testing.assert_allclose(expression.mean[GENES[0]], np.multiply(FIRST, 100), rtol=1e-12)
    reasons = dict(zip(expression.dropped["gene_name"], expression.dropped["reason"], strict=True))
    assert reasons == {
        "__no_feature": "no gene: reads that belong to none",
        "NEW1": "no known transcript length, so no TPM",
    }


def test_genes_with_such_names_stay():
    names = pd.DataFrame(
        {"symbol": ["ERCC1", "SIRT1", "total", "N6AMT1", "SUMO1", "MAPK1"]},
        index=["ENSG01", "ENSG02", "FBgn0000003", "ENSG04", "ENSG05", "ENSG06"],
    )
    assert list(why_no_gene(names)) == [""] * 6


def test_a_file_without_genes_is_refused(tmp_path):
    path = tmp_path / "summary.tsv"
    path.write_text("Status\ta.bam\tb.bam\nAssigned\t5\t6\nUnassigned_Unmapped\t1\t2\n")
    with pytest.raises(ScxError, match=r"summary\.tsv holds no genes: .*Assigned.*give a matrix"):
        read_expression(path)

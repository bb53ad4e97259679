"""Expression files as they are published."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scanpy

from scx_core.errors import ScxError
from scx_core.expression import log10_pseudobulk, match_genes, read_expression, smallest_log10

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "real"

needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real inputs are not beside the checkout"
)
pytestmark = [pytest.mark.real]


@needs_real
def test_embryo_cells_are_rpkm():
    path, levels = REAL / "human" / "embryo.yan2013.h5ad", {"population": "cell_type"}
    expression = read_expression(path, levels=levels)
    assert expression.mean.shape == (6, 20214)
    assert expression.normalisation == "none"
    assert expression.populations["n_cells"].to_dict() == {
        "16cell": 16,
        "2cell": 6,
        "4cell": 12,
        "8cell": 20,
        "blast": 30,
        "zygote": 6,
    }
    assert any("not counts" in notice for notice in expression.notices)
    assert any("2cell (6), zygote (6)" in notice for notice in expression.notices)
    whole = scanpy.read_h5ad(path)
    zygote = whole[whole.obs["cell_type"] == "zygote"].X.astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(expression.mean.loc["zygote"], zygote, rtol=1e-12)
    assumed = read_expression(path, levels=levels, normalize="cp10k")
    assert any("look normalised already" in notice for notice in assumed.notices)
    np.testing.assert_allclose(assumed.mean.sum(axis=1), 1e4)
    with pytest.raises(ScxError, match="there are: cell_type"):
        read_expression(path, levels={"population": "stage"})


@needs_real
def test_worm_pseudobulk():
    worm = REAL / "worm"
    expression = read_expression(worm / "cengen.tpm.tsv.gz", metadata=worm / "cengen.n_cells.tsv")
    assert expression.mean.shape == (130, 18475)
    assert expression.populations["n_cells"].sum() == 70296
    assert expression.mean.loc["ADE", "WBGene00010957"] == 12140  # written as 1.214e+04
    tss = pd.read_csv(worm / "WS220.tss.tsv.gz", sep="\t")
    genes = pd.DataFrame({"gene_name": tss["seqname"].to_numpy()}, index=tss["WBGene"])
    nuclear = genes[(tss["chrom"] != "chrM").to_numpy()]
    match = match_genes(expression.names, nuclear)
    assert match.rule == "gene id = name in the file"
    assert len(match.gene_ids) == 16722
    assert len(match.unmatched) == len(nuclear) + 18475 - 2 * 16722
    logs = log10_pseudobulk(expression.mean)
    assert logs.to_numpy().min() == -4.0
    assert smallest_log10(expression.mean) > -4.0


@needs_real
def test_brain_and_blood_means():
    brain = read_expression(REAL / "human" / "brain.aibs.mean.tsv.gz")
    assert brain.mean.shape == (6, 12756)
    assert brain.mean.loc["Astrocyte", "ACADM"] == 37.85
    blood = read_expression(REAL / "human" / "blood.hpa.tsv.gz")
    assert blood.mean.shape == (19, 19670)
    with pytest.raises(ScxError, match="No population of the metadata table"):
        read_expression(
            REAL / "human" / "blood.hpa.tsv.gz", metadata=REAL / "worm" / "cengen.n_cells.tsv"
        )


@pytest.fixture
def pbmc(tmp_path) -> Path:
    cells = scanpy.datasets.pbmc68k_reduced()
    cells.write_h5ad(tmp_path / "pbmc.h5ad")
    return tmp_path / "pbmc.h5ad"


def test_pbmc_is_scaled(pbmc):
    """It ships with scanpy, and needs no file beside the checkout."""
    levels = {"population": "bulk_labels"}
    with pytest.raises(ScxError, match=r'cannot be expression.*choose layer "raw"'):
        read_expression(pbmc, levels=levels)
    expression = read_expression(pbmc, levels=levels, layer="raw", log1p=True)
    assert expression.mean.shape == (10, 765)
    assert expression.normalisation == "none"
    assert expression.populations["n_cells"].sum() == 700
    raw = scanpy.datasets.pbmc68k_reduced().raw.to_adata()
    kind = raw.obs["bulk_labels"] == "CD19+ B"
    expected = np.expm1(raw[kind].X.toarray().astype(np.float64)).mean(axis=0)
    np.testing.assert_allclose(expression.mean.loc["CD19+ B"], expected, rtol=1e-12)
    with pytest.raises(ScxError, match=r"as if they were log-transformed.*--log1p"):
        read_expression(pbmc, levels=levels, layer="raw")
    logged = read_expression(pbmc, levels=levels, layer="raw", normalize="none")
    assert any("as if they were log-transformed" in notice for notice in logged.notices)

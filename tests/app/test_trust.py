"""What pages say where a gene's prediction deserves little trust."""

from pathlib import Path

import pytest
from app_reading import refuse_traceback, texts

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.ui.trust import disagreement_words


@pytest.fixture
def off(copy) -> tuple[Path, str, str]:
    """Workspace, gene predicted 2.5 log10 units above what was observed, and one predicted well."""
    dataset = Dataset.open(copy / "datasets" / "toy")
    model = Ensemble.open(copy / "models" / "toy-model")
    names = list(model.populations)
    table = model.predictions.copy()
    floor = float(dataset.metadata["floor"])
    seen = dataset.expression.loc[table.index, names].min(axis=1) > floor
    wrong, right = (str(gene) for gene in seen.index[seen][:2])
    table.loc[wrong, names] = dataset.expression.loc[wrong, names] + 2.5
    table.loc[right, names] = dataset.expression.loc[right, names] + 0.5
    table.to_parquet(model.path / "predictions.parquet")
    return copy, wrong, right


@pytest.mark.parametrize("page", ["gene", "predictions", "variants"])
def test_orders_between_prediction_and_observation_are_said(open_app, off, page):
    folder, wrong, right = off
    dataset = Dataset.open(folder / "datasets" / "toy")
    for gene_id, far in ((wrong, True), (right, False)):
        gene = dataset.genes.loc[gene_id]
        variant = f"chr1:{int(gene['tss'])}"
        asked = {"variants": variant} if page == "variants" else {"gene": str(gene["gene_name"])}
        app = open_app(page, folder=folder, **asked)
        refuse_traceback(app)
        told = texts(app)
        assert str(gene["gene_name"]) in told
        said = f"the prediction for {gene['gene_name']} is about 320-fold above the observation"
        assert (said in told) is far


def test_how_many_fold_and_from_where_on():
    told = disagreement_words("G", "Sst", 0.5, 2.0, -4.0)
    assert "In Sst, the prediction for G is about 32-fold below the observation" in told
    assert "about 1,000-fold" in disagreement_words("G", "Sst", 2.0, -1.0, -4.0)
    assert "about 10-fold" in disagreement_words("G", "Sst", 1.0, 0.0, -4.0)
    assert disagreement_words("G", "Sst", 0.99, 0.0, -4.0) == ""
    assert disagreement_words("G", "Sst", float("nan"), 0.0, -4.0) == ""
    never = disagreement_words("G", "Sst", 0.0, -4.0, -4.0)
    assert "10,000-fold above the floor (−4.00), where it is because none was observed" in never

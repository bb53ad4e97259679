"""Our models in the published layout: the same predictions when they are read back."""

import shutil

import h5py
import numpy as np
import pandas as pd
import pytest
import release_files as files
import torch
import workspace
from typer.testing import CliRunner

import scx_core as scx
from scx_core.commands import app
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.models import preset
from scx_core.release import export_release
from scx_core.training.protocol import train
from scx_core.training.settings import TrainingSettings

WINDOW = {"upstream": 300, "downstream": 200}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model of the published network on a dataset of ours; three genes lack the feature."""
    root = tmp_path_factory.mktemp("trained")
    inputs = workspace.write_inputs(root / "inputs")
    table = pd.read_csv(inputs["annotation"], sep="\t")
    table["exon_density"] = np.linspace(0.2, 9, len(table))
    table.loc[[5, 6, 7], "orf_length"] = np.nan
    table.to_csv(inputs["annotation"], sep="\t", index=False)
    dataset = Dataset.build(
        root / "datasets" / "toy", levels={"population": "subclass_label"}, **WINDOW, **inputs
    )
    config = preset("scxpresso", 5, half_life=("exon_density", "orf_length"), **WINDOW)
    settings = TrainingSettings(n_folds=4, folds=(0, 3), runs=2, epochs=1, max_restarts=0)
    return dataset, train(dataset, root / "models" / "m", config, settings), inputs["genome"]


def known_genes(dataset):
    return dataset.genes.index[dataset.genes["orf_length"].notna()]


def test_exported_model_predicts_the_same_when_imported(trained, tmp_path):
    dataset, ensemble, genome = trained
    exported = export_release(ensemble, dataset, tmp_path / "out", genome, tmp_path)
    told = " ".join(exported.notices)
    assert "they are in folds.tsv, which the import here reads" in told
    assert "3 genes lack a half-life feature" in told
    back_data, back = scx.import_release(tmp_path / "out", tmp_path / "ws", genome=genome, **WINDOW)
    assert back.trained_folds == ensemble.trained_folds
    assert back.fold_table["fold"].to_dict() == ensemble.fold_table["fold"].to_dict()
    assert back.populations == ensemble.populations
    np.testing.assert_array_equal(back_data.windows, dataset.windows)
    np.testing.assert_array_equal(back_data.expression, dataset.expression)
    places = ["chromosome", "tss", "strand"]
    assert back_data.genes[places].to_dict() == dataset.genes[places].to_dict()
    common = known_genes(dataset).intersection(ensemble.predictions.index)
    assert len(common) == 38
    np.testing.assert_allclose(
        back.predictions.loc[common], ensemble.predictions.loc[common], atol=2e-6
    )
    gene = common[3]
    np.testing.assert_allclose(
        back.saturation_mutagenesis(back_data, gene).values,
        ensemble.saturation_mutagenesis(dataset, gene).values,
        atol=2e-6,
    )  # fmt: skip


def test_exported_model_predicts_the_same_in_the_published_network(trained, tmp_path):
    dataset, ensemble, genome = trained
    export_release(ensemble, dataset, tmp_path / "out", genome, tmp_path)
    gene = next(name for name in known_genes(dataset) if ensemble.folds[name] == 3)
    row = dataset.row_of(gene)
    with h5py.File(tmp_path / "out" / "seq_hl.h5") as file:
        sequence = torch.tensor(file["promoter"][[row], 69_700:70_200].transpose(0, 2, 1)).float()
        half_life = torch.tensor(file["data"][[row]]).float()
        assert np.abs(file["data"][:].std(axis=0)[[0, 4]] - 1).max() < 0.05
    labels = pd.read_csv(tmp_path / "out" / "labels.csv", index_col=0)
    folds = pd.read_csv(
        tmp_path / "out" / "folds.tsv", sep="\t", dtype={"validation": str}, na_filter=False
    )
    training = (folds["fold"] != 3) & ~folds["validation"].str.split(",").map(lambda of: "3" in of)
    assert 0 < training.sum() < 60
    fitted = labels[training.to_numpy()]
    outputs = []
    for run in range(2):
        path = tmp_path / "out" / f"logmean_multitask_3/ckpt_dir{run}/model_best.pth.tar"
        network = files.PublishedNetwork(5, 500).eval()
        network.load_state_dict(torch.load(path, weights_only=True)["state_dict"])
        with torch.no_grad():
            outputs.append(network(sequence, half_life).numpy()[0])
    predicted = np.mean(outputs, axis=0) * fitted.std(ddof=0).to_numpy() + fitted.mean().to_numpy()
    np.testing.assert_allclose(predicted, ensemble.predictions.loc[gene], atol=2e-6)


def test_sequences_hold_the_genome_around_the_window(trained, tmp_path):
    dataset, ensemble, genome = trained
    export_release(ensemble, dataset, tmp_path / "with", genome, tmp_path)
    exported = export_release(ensemble, dataset, tmp_path / "without")
    assert any("N outside the window" in notice for notice in exported.notices)
    letters = genome.read_text().split("\n")[1]
    row, tss = 40, int(dataset.genes["tss"].iloc[40])
    assert dataset.genes["strand"].iloc[row] == "+"
    start = files.TSS - tss + 1  # of the chromosome in the sequence
    for name, first, last in (("with", 0, len(letters)), ("without", tss - 301, tss + 199)):
        with h5py.File(tmp_path / name / "seq_hl.h5") as file:
            weights = file["promoter"][row]
        known = np.flatnonzero((weights == 1).any(axis=1))
        first, last = max(first, -start), min(last, files.LENGTH - start)
        assert (known[0], known[-1]) == (start + first, start + last - 1)
        read = "".join(files.LETTERS[code] for code in weights[known].argmax(axis=1))
        assert read == letters[first:last]
        assert (np.delete(weights, known, axis=0) == 0.25).all()


def test_other_genome_is_refused(trained, tmp_path):
    dataset, ensemble, genome = trained
    other = tmp_path / "other.fa"
    other.write_text(genome.read_text().replace("ACG", "TCG"))
    with pytest.raises(
        ScxError, match=r"other\.fa has other letters than the dataset in the window"
    ):
        export_release(ensemble, dataset, tmp_path / "out", other, tmp_path)
    assert not (tmp_path / "out").exists()


def test_model_that_the_layout_cannot_hold_is_refused(toy_ensemble, toy_dataset, tmp_path):
    with pytest.raises(ScxError, match="its convolutions, its dense layers"):
        export_release(toy_ensemble, toy_dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_imported_release_is_exported_bit_by_bit(tmp_path):
    release = files.write_release(
        tmp_path / "r", 1100, checkpoints={9: (0, 3), 12: (2,)}, n_folds=None, n_sequences=3
    )
    dataset, ensemble = scx.import_release(tmp_path / "r", tmp_path / "ws", **WINDOW)
    shutil.rmtree(tmp_path / "r")
    exported = export_release(ensemble, dataset, tmp_path / "out")
    assert not (tmp_path / "out" / "folds.tsv").exists()
    assert not any("folds" in notice for notice in exported.notices)
    for (fold, run), network in release["networks"].items():
        path = tmp_path / "out" / f"logmean_multitask_{fold}/ckpt_dir{run}/model_best.pth.tar"
        checkpoint = torch.load(path, weights_only=True)
        assert checkpoint["epoch"] == 7
        for name, value in network.state_dict().items():
            assert torch.equal(checkpoint["state_dict"][name], value), name
    with h5py.File(tmp_path / "out" / "seq_hl.h5") as file:
        np.testing.assert_array_equal(file["data"][:], release["half_life"])


def test_commands_import_and_export(trained, tmp_path):
    _, ensemble, genome = trained
    place = str(ensemble.path.parents[1])

    def run(*words):
        return CliRunner().invoke(app, ["--workspace", place, *map(str, words)])

    done = run("export-release", "m", tmp_path / "out", "--genome", genome)
    assert done.exit_code == 0, done.output
    assert "80 genes, 2 folds x 2 runs" in done.output
    words = ("import-release", tmp_path / "out", "--name", "back")
    refused = run(*words)
    assert refused.exit_code == 1
    done = run(*words, "--upstream", 300, "--downstream", 200)
    assert done.exit_code == 0, done.output
    assert "Imported back: 80 genes x 5 populations, 2 folds x 2 runs." in done.output
    assert Ensemble.open(ensemble.path.parent / "back").metadata["origin"] == "release"
    assert run("import-release", tmp_path / "out", "--columns", "0,x").exit_code == 1

"""The import of a release: the same numbers as the published network, whole or not at all."""

import os
import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
import release_files as files
import torch
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

import scx_core as scx
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.jobs.kinds import KINDS
from scx_core.release import ReleaseRequest, look_at_release, run_import
from scx_core.store import Workspace
from scx_core.training.methods import methods_paragraph

WINDOW = {"upstream": 300, "downstream": 200}


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    folder = tmp_path_factory.mktemp("release") / "small"
    return {"folder": folder, **files.write_release(folder)}


@pytest.fixture(scope="module")
def imported(release, tmp_path_factory):
    return scx.import_release(release["folder"], tmp_path_factory.mktemp("ws"), **WINDOW)


def training_of(fold, n_genes=40, n_folds=4):
    rows = np.arange(n_genes)
    validation = (rows % 3 == 0) & ((rows + 1) % n_folds == fold)
    return rows[(rows % n_folds != fold) & ~validation]


def copied(release, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(release["folder"], folder)
    return folder


def refusal(folder, tmp_path, **options):
    """The sentence of a refused import, which must have written nothing."""
    place = tmp_path / "refused"
    with pytest.raises(ScxError) as error:
        scx.import_release(folder, place, "name", **WINDOW | options)
    assert not list(place.glob("*/*"))
    return str(error.value)


def test_predictions_are_those_of_the_published_network(release, imported):
    dataset, ensemble = imported
    dataset.validate()
    assert ensemble.trained_folds == (0, 2)
    assert {fold: ensemble.runs_in(fold) for fold in (0, 2)} == {0: (0, 1), 2: (1,)}
    for row in (0, 2, 4, 22):
        fold = row % 4
        name = release["names"][row]
        expected = files.predict(release, fold, row, training_of(fold))
        predicted = ensemble.predict(dataset, [name]).to_numpy()[0]
        np.testing.assert_allclose(predicted, expected, atol=1e-5)
        np.testing.assert_allclose(ensemble.predictions.loc[name], expected, atol=1e-5)
    assert len(ensemble.predictions) == 20


def test_effects_are_those_of_the_published_network(release, imported):
    dataset, ensemble = imported
    effects = ensemble.saturation_mutagenesis(dataset, "GENE00002")
    training = training_of(2)
    reference = files.predict(release, 2, 2, training)
    rng = np.random.default_rng(1)
    for index in rng.integers(0, 500, 12):
        changed = {row: letters.copy() for row, letters in release["sequences"].items() if row == 2}
        at = files.TSS - 300 + index
        new = (changed[2][at] + 1) % 4
        changed[2][at] = new
        expected = files.predict(release | {"sequences": changed}, 2, 2, training) - reference
        found = effects.values[index, "ACGT".index(files.LETTERS[new])]
        np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("network", [{"tissue": True}, {"n_features": 0}])
def test_tissue_and_sequence_models(tmp_path, network):
    release = files.write_release(tmp_path / "r", n_populations=1, checkpoints={1: (0,)}, **network)
    if network.get("n_features") == 0:
        release["half_life"] = np.zeros((40, 0))
    dataset, ensemble = scx.import_release(tmp_path / "r", tmp_path / "ws", **WINDOW)
    predicted = ensemble.predict(dataset, ["GENE00005"]).to_numpy()[0]
    expected = files.predict(release, 1, 5, training_of(1))
    np.testing.assert_allclose(predicted, expected, atol=1e-5)


def test_published_folds_and_scaling(tmp_path):
    release = files.write_release(
        tmp_path / "r", 1100, checkpoints={9: (0,)}, n_folds=None, n_sequences=0
    )
    tests = [test for _, test in KFold(20, shuffle=True, random_state=1).split(np.arange(1100))]
    rest = np.setdiff1d(np.arange(1100), tests[9])
    training = rest[np.random.RandomState(9).permutation(len(rest))[1000:]]
    row = int(tests[9][3])
    with_letters = {row: np.random.default_rng(5).integers(0, 4, files.LENGTH)}
    files.write_sequences(
        tmp_path / "r" / "seq_hl.h5", release["names"], release["half_life"], with_letters
    )
    dataset, ensemble = scx.import_release(tmp_path / "r", tmp_path / "ws", **WINDOW)
    expected = files.predict(release | {"sequences": with_letters}, 9, row, training)
    found = ensemble.predict(dataset, [release["names"][row]]).to_numpy()[0]
    np.testing.assert_allclose(found, expected, atol=1e-5)
    scaler = StandardScaler().fit(release["labels"].to_numpy()[training])
    scaling = ensemble.load_fold(9)[0].scaling
    np.testing.assert_allclose(scaling.target_mean, scaler.mean_, atol=1e-6)
    np.testing.assert_allclose(scaling.target_scale, scaler.scale_, atol=1e-6)
    told = "\n".join(dataset.notices)
    assert "1,099 of 1,100 genes have no sequence" in told
    assert "19 of 20 folds have no checkpoint" in told


def test_genes_of_folds_without_checkpoints_say_so(imported):
    dataset, ensemble = imported
    with pytest.raises(
        ScxError, match=r"fold 1, of which the release of 'small' holds no checkpoint"
    ):
        ensemble.predict(dataset, ["GENE00001"])
    assert "2 of 4 folds have no checkpoint" in "\n".join(dataset.notices)
    assert "fewer runs" in "\n".join(ensemble.metadata["notices"])


def test_labels_floor_and_half_life_are_kept(release, imported):
    dataset, _ = imported
    np.testing.assert_array_equal(
        dataset.expression.to_numpy(), release["labels"].to_numpy(np.float32)
    )
    assert dataset.metadata["floor"] == -4.0
    never = release["labels"].to_numpy() == -4
    assert (dataset.mean.to_numpy()[never] == 0).all()
    assert (dataset.mean.to_numpy()[~never] > 0).all()
    published = ["orf_length", "utr5_length", "utr3_length", "intron_length", "exon_density"]
    np.testing.assert_array_equal(dataset.half_life[published], release["half_life"])


def test_names_that_are_there_twice_get_ids(release, tmp_path):
    folder = copied(release, tmp_path)
    names = list(release["names"])
    names[7] = names[4]
    files.write_sequences(folder / "seq_hl.h5", names, release["half_life"], release["sequences"])
    release["labels"].set_axis(names).to_csv(folder / "labels.csv")
    files.write_folds(folder / "folds.tsv", names, 4, lambda row: [])
    dataset, ensemble = scx.import_release(folder, tmp_path / "ws", **WINDOW)
    assert list(dataset.genes.index[[4, 7]]) == ["GENE00004_1", "GENE00004_2"]
    assert set(dataset.genes["gene_name"].iloc[[4, 7]]) == {"GENE00004"}
    assert len(ensemble.predict(dataset, ["GENE00004_1"])) == 1
    assert "ids are numbered (GENE00004_1, GENE00004_2)" in "\n".join(dataset.notices)


class Trap:
    def __reduce__(self):
        return os.system, ("touch trapped",)


def test_pickled_objects_are_refused_by_name(release, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = copied(release, tmp_path)
    state = release["networks"][0, 0].state_dict()
    path = files.write_checkpoint(folder, 0, 1, state, extra=Trap())
    told = refusal(folder, tmp_path)
    assert "logmean_multitask_0/ckpt_dir1" in told
    assert "pickled objects (posix.system)" in told
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        path.write_bytes(pickle.dumps({"state_dict": Trap()}, protocol))
        assert "ckpt_dir1" in (told := refusal(folder, tmp_path))
        assert "posix.system" in told or protocol == 2
    torch.save({"state_dict": Trap()}, path, _use_new_zipfile_serialization=False)
    assert "pickled objects (posix.system)" in refusal(folder, tmp_path)
    assert not (tmp_path / "trapped").exists()


def test_other_networks_are_refused_with_what_differs(release, tmp_path):
    folder = copied(release, tmp_path)
    state = dict(release["networks"][2, 1].state_dict())
    state["fc.0.weight"] = torch.zeros(64, 99)
    state["bn.weight"] = state.pop("conv.3.bias")
    files.write_checkpoint(folder, 2, 1, state)
    told = refusal(folder, tmp_path)
    assert "logmean_multitask_2/ckpt_dir1" in told
    assert "fc.0.weight is 64 x 99 instead of 64 x 37" in told
    assert "conv.3.bias is missing" in told
    assert "bn.weight is unknown" in told
    assert "7,000 + 3,500" in refusal(release["folder"], tmp_path, upstream=7000, downstream=3500)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no checkpoint"),
        (b"gene,a\n1,2\n", "no checkpoint"),
        (b"PK\x03\x04 cut short", "damaged"),
    ],
)
def test_damaged_checkpoints_are_refused(release, tmp_path, content, told):
    folder = copied(release, tmp_path)
    (folder / "logmean_multitask_2/ckpt_dir1/model_best.pth.tar").write_bytes(content)
    assert told in refusal(folder, tmp_path)


def test_weights_that_are_no_numbers_are_refused(release, tmp_path):
    folder = copied(release, tmp_path)
    state = dict(release["networks"][2, 1].state_dict())
    state["fc.3.bias"] = torch.tensor([0.0, float("nan"), 0.0])
    files.write_checkpoint(folder, 2, 1, state)
    assert "fc.3.bias of logmean_multitask_2" in refusal(folder, tmp_path)
    torch.save(state, folder / "logmean_multitask_2/ckpt_dir1/model_best.pth.tar")
    assert "holds no state_dict" in refusal(folder, tmp_path)


def test_folds_beyond_the_published_are_refused(release, tmp_path):
    folder = copied(release, tmp_path)
    files.write_checkpoint(folder, 21, 0, release["networks"][2, 1].state_dict())
    assert "checkpoints of fold 21, but the folds are 0 to 3" in refusal(folder, tmp_path)
    (folder / "folds.tsv").unlink()
    assert "40 genes are too few" in refusal(folder, tmp_path)


def test_two_models_in_a_folder_must_be_chosen(release, tmp_path):
    folder = copied(release, tmp_path)
    files.write_checkpoint(folder, 1, 0, release["networks"][2, 1].state_dict(), prefix="class_")
    assert "holds 2 models: class_, logmean_multitask_" in refusal(folder, tmp_path)
    _, ensemble = scx.import_release(folder, tmp_path / "ws", models="class", **WINDOW)
    assert ensemble.trained_folds == (1,)


def test_name_that_is_taken_is_refused(release, imported):
    place = imported[0].path.parents[1]
    with pytest.raises(ScxError, match="'small' exists already"):
        scx.import_release(release["folder"], place, **WINDOW)
    before = sorted(path.name for path in place.glob("*/*"))
    with pytest.raises(ScxError, match="no folder"):
        scx.import_release(release["folder"] / "nowhere", place, **WINDOW)
    assert sorted(path.name for path in place.glob("*/*")) == before


def test_import_that_was_stopped_goes_on(release, tmp_path, monkeypatch):
    request = ReleaseRequest(release["folder"], **WINDOW)
    place = Workspace(tmp_path)

    class KilledError(BaseException):
        """Nothing that the import could mend or clean up after."""

    def die(*_):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("scx_core.release.importing.write_model", die)
        with pytest.raises(KilledError):
            run_import(request, place, "again")
    written = (place.dataset_path("again") / "dataset.json").stat().st_mtime_ns
    dataset, ensemble = run_import(request, place, "again")
    assert (dataset.path / "dataset.json").stat().st_mtime_ns == written
    assert ensemble.dataset_digest == dataset.digest


def test_dataset_does_not_stay_without_its_model(release, tmp_path, monkeypatch):
    def full(*_):
        raise ScxError("the disk is full")

    monkeypatch.setattr("scx_core.release.importing.write_model", full)
    assert refusal(release["folder"], tmp_path) == "the disk is full"


def test_look_says_what_is_there_and_writes_nothing(release):
    before = sorted(release["folder"].rglob("*"))
    found = look_at_release(ReleaseRequest(release["folder"], **WINDOW))
    told = " ".join(found.describe())
    assert "40 genes" in told
    assert "3 populations (Pop0, Pop1, Pop2)" in told
    assert "2 folds (0, 2) x 1 to 2 runs, of 4 folds" in told
    assert sorted(release["folder"].rglob("*")) == before


class Listener:
    cancel_flag = None

    def __init__(self):
        self.told, self.fractions = [], []

    def progress(self, fraction, message):
        self.fractions.append(fraction)

    def notice(self, sentence):
        self.told.append(sentence)


def test_job_imports_and_tells(release, tmp_path):
    listener = Listener()
    request = ReleaseRequest(release["folder"], **WINDOW).to_dict()
    KINDS["import-release"](Workspace(tmp_path), {"name": "job", "request": request}, listener)
    assert Dataset.open(tmp_path / "datasets" / "job").metadata["origin"] == "release"
    assert any("no checkpoint" in sentence for sentence in listener.told)
    assert listener.fractions == sorted(listener.fractions)
    assert listener.fractions[-1] == 1.0


def test_methods_do_not_claim_a_training(imported):
    dataset, ensemble = imported
    told = methods_paragraph(ensemble, dataset)
    assert "were trained as described there (Michielsen et al. 2024)" in told
    assert "log10 pseudobulk expression from labels.csv (SHA-256" in told
    assert "The release holds 1 to 2 runs for each fold" in told
    assert "z-scored as the data were given" in told
    assert "follow the definition 'scxpresso': as in scXpresso's published notebook" in told
    assert dataset.half_life_definition == ensemble.half_life_definition == "scxpresso"
    assert "Predictions were made with scX Explorer" in told
    for claim in ("epochs", "Adam", "random seed", "Models were trained with", "log10(x + 0.1)"):
        assert claim not in told


def test_metrics_stand_beside_baselines(imported):
    _, ensemble = imported
    assert {"pearson", "spearman", "n", "pearson_kmer_ridge", "pearson_half_life_ridge"} <= set(
        ensemble.metrics
    )
    assert (ensemble.metrics["n"] == 20).all()
    assert pd.Series(ensemble.history["epoch"]).tolist() == [7, 7, 7]

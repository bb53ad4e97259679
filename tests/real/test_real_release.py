"""The published layout with golden results, made by the published implementation."""

import numpy as np
import pytest
import torch

import scx_core as scx
from scx_core.errors import ScxError
from scx_core.release import export_release

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def folder(real):
    return real / "scxpresso_release"


@pytest.fixture(scope="module")
def golden(folder):
    with np.load(folder / "golden.cacna1i.npz") as stored:
        return {name: stored[name] for name in stored.files}


@pytest.fixture(scope="module")
def imported(folder, real, tmp_path_factory):
    return scx.import_release(
        folder,
        tmp_path_factory.mktemp("ws"),
        annotation=real / "human" / "gencode.v32.chr22.coding.gtf.gz",
        genome=real / "human" / "hg38.chr22.fa.gz",
    )


def test_wild_type_is_the_published_one(imported, golden):
    dataset, ensemble = imported
    dataset.validate()
    predicted = ensemble.predict(dataset, ["CACNA1I"]).to_numpy()[0]
    assert np.abs(predicted - golden["wild_type"]).max() < 1e-6
    assert list(ensemble.populations) == golden["populations"].tolist()


def test_all_effects_are_the_published_ones(imported, golden):
    dataset, ensemble = imported
    effects = ensemble.saturation_mutagenesis(dataset, "CACNA1I")
    assert (effects.fold, effects.n_runs) == (9, 2)
    order = [str(golden["alphabet"]).index(letter) for letter in "ACGT"]
    published = golden["effect"].transpose(0, 2, 1)[:, order]
    assert effects.values.shape == published.shape == (10_500, 4, 20)
    assert np.abs(effects.values - published).max() < 2e-6


def test_genes_lie_where_the_letters_say(imported, golden):
    dataset, _ = imported
    gene = dataset.genes.loc["CACNA1I"]
    assert (gene["chromosome"], gene["tss"], gene["strand"]) == ("chr22", 39_570_753, "+")
    assert gene["tss"] - dataset.upstream == int(golden["window_first_base"])
    told = " ".join(dataset.notices)
    assert "windows of 12 genes have the letters of the genome" in told
    assert "1,188 genes have no position" in told
    assert list(dataset.genes.index[dataset.genes["gene_name"] == "SH3BP1"]) == [
        "SH3BP1_1",
        "SH3BP1_2",
    ]


def test_other_genes_say_that_their_fold_is_missing(imported):
    dataset, ensemble = imported
    with pytest.raises(ScxError, match=r"fold 15, of which the release of .* holds no checkpoint"):
        ensemble.predict(dataset, ["CYTH4"])


def test_export_gives_the_same_weights(imported, folder, real, tmp_path):
    dataset, ensemble = imported
    genome = real / "human" / "hg38.chr22.fa.gz"
    export_release(ensemble, dataset, tmp_path / "out", genome, tmp_path)
    for path in folder.glob("*/*/model_best.pth.tar"):
        released = torch.load(path, weights_only=True)["state_dict"]
        written = torch.load(tmp_path / "out" / path.relative_to(folder), weights_only=True)
        assert list(written["state_dict"]) == list(released)
        for name, value in released.items():
            assert torch.equal(written["state_dict"][name], value), name
    back_data, back = scx.import_release(tmp_path / "out", tmp_path / "ws", genome=genome)
    assert back_data.digest == dataset.digest
    assert (back.predictions == ensemble.predictions).to_numpy().all()


def test_variants_are_scored_in_published_models(imported, tmp_path):
    dataset, ensemble = imported
    (tmp_path / "v.tsv").write_text("chrom\tpos\tref\talt\nchr22\t39570542\tA\tG\n")
    scored = ensemble.score_variants(dataset, tmp_path / "v.tsv")
    effects = ensemble.saturation_mutagenesis(dataset, "CACNA1I")
    found = scored.loc[
        (scored["gene_name"] == "CACNA1I") & (scored["substitution"] == "G"),
        [f"effect: {name}" for name in ensemble.populations],
    ]
    expected = effects.values[6_789, "ACGT".index("G")]
    np.testing.assert_allclose(found.to_numpy(float)[0], expected, atol=2e-6)

"""The methods paragraph says what was done, and nothing else."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from scx_core.annotation import DEFINITIONS
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError
from scx_core.models import ConvStage, preset
from scx_core.training.folds import make_folds, split_fold
from scx_core.training.methods import methods_paragraph


def with_settings(ensemble: Ensemble, **changes: Any) -> Ensemble:
    """The same files, told to have been trained otherwise."""
    stored = {**ensemble.metadata["settings"], **changes}
    return Ensemble(ensemble.path, {**ensemble.metadata, "settings": stored})


def with_config(ensemble: Ensemble, **changes: Any) -> Ensemble:
    config = replace(ensemble.config, **changes)
    return Ensemble(ensemble.path, {**ensemble.metadata, "config": config.to_dict()})


def with_metadata(ensemble: Ensemble, **changes: Any) -> Ensemble:
    return Ensemble(ensemble.path, {**ensemble.metadata, **changes})


def with_dataset(dataset: Dataset, **changes: Any) -> Dataset:
    return Dataset(dataset.path, {**dataset.metadata, **changes})


@pytest.fixture(scope="module")
def told(toy_ensemble: Ensemble, toy_dataset: Dataset) -> str:
    return methods_paragraph(toy_ensemble, toy_dataset)


def test_every_part_is_told(told: str, toy_ensemble: Ensemble, toy_dataset: Dataset) -> None:
    split = split_fold(toy_ensemble.fold_table, 0, 0)
    for words in (
        "80 genes in 5 cell populations",
        "assembly toy1",
        "All data are synthetic.",
        "The genome was read from toy.fa (SHA-256 ",
        "annotation toy.tss.tsv (SHA-256 ",
        "one rule: given TSS",
        "Expression values were read from toy.h5ad (SHA-256 ",
        "normalised to counts per 10,000",
        "averaged over the cells of each population and transformed by log10 without a pseudocount",
        "were set to −4",
        "A population holds 12 cells, 60 in all.",
        f"Content of the dataset (SHA-256): {toy_dataset.digest}.",
        "300 bp upstream to 200 bp downstream of the TSS (500 bp",
        "2 convolutional layers: 8 filters of width 6 (2 zeros on either side), ReLU and max-pooling over "
        "10 positions, beginning one position before the first output; then 4 filters of width 5 (2 zeros on either side), ReLU and max-pooling over 5 "
        "positions. The 40 values that are left",
        "1 half-life feature of the transcript (ORF length)",
        "log10(x + 0.1)",
        "(8 units with ReLU), and a linear layer with one output for each of 5 populations",
        "trained for 2 epochs with Adam (Kingma & Ba 2015) in batches of 128 genes",
        "learning rate of 0.0005 that was multiplied by 0.1",
        "for more than 5 epochs",
        "mean squared error of the z-scored expression",
        "lowest validation loss were kept",
        "split at random into 4 folds",
        "2 of the 4 folds (0, 1)",
        f"{len(split.validation)} drawn at random (seeded by the number of the fold) served for "
        f"validation and {len(split.training)} for training; a test set has 20 genes",
        "2 networks were trained that differ in the random seed",
        "(derived from the seed 0, fold and run)",
        "Over 40 genes, the Pearson correlation",
        "for ridge regression on the counts of 5-mers within 750 bp of the TSS",
        "for ridge regression on the half-life features",
        "the mean of each population over the other genes",
        "PyTorch 2.",
        "on a CPU",
        f"(SHA-256): {toy_ensemble.digest}.",
        "Frontiers in Bioinformatics 4:1347276",
        "arxiv.org/abs/1412.6980",
    ):
        assert words in told, words


def test_the_weights_are_counted(told: str, toy_ensemble: Ensemble) -> None:
    number = sum(value.numel() for value in toy_ensemble.load_fold(0)[0].model.parameters())
    assert f"Each network has {number:,} weights." in told


def test_results_are_those_of_the_model(told: str, toy_ensemble: Ensemble) -> None:
    medians = toy_ensemble.metrics.median()
    for column in ("pearson", "spearman", "pearson_kmer_ridge", "pearson_half_life_ridge"):
        assert f"{medians[column]:.3f}".replace("-", "−") in told
    for value in toy_ensemble.metadata["median_pearson_across_populations"].values():
        assert f"{value:.3f}".replace("-", "−") in told


def test_it_is_plain_text_without_gaps(told: str, toy_ensemble: Ensemble) -> None:
    for text in (told, methods_paragraph(toy_ensemble)):
        assert not re.search(r"\bnan\b|None|\{|\}|  | ,| \.|\(\)|\.\.", text)
        assert "References\n" in text
        paragraphs = text.split("\n\n")
        assert len(paragraphs) == 7
        assert all(paragraph.endswith(".") for paragraph in paragraphs[:-1])


def test_without_its_dataset_it_says_less(toy_ensemble: Ensemble, toy_dataset: Dataset) -> None:
    text = methods_paragraph(toy_ensemble)
    for words in ("toy1", "toy.h5ad", "SHA-256): " + toy_dataset.digest, "pseudocount"):
        assert words not in text
    assert "80 genes in 5 cell populations" in text
    with pytest.raises(ScxError, match="was trained on 'toy'"):
        methods_paragraph(toy_ensemble, with_dataset(toy_dataset, digest="0"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": 37}, "trained for 37 epochs"),
        ({"epochs": 1}, "trained for 1 epoch with"),
        ({"batch_size": 77}, "batches of 77 genes"),
        ({"learning_rate": 0.0123}, "learning rate of 0.0123"),
        ({"learning_rate_factor": 0.33}, "multiplied by 0.33"),
        ({"patience": 9}, "for more than 9 epochs"),
        ({"loss": "hybrid", "alpha": 0.7, "beta": 0.2}, "α = 0.7 and β = 0.2"),
        ({"loss": "hybrid"}, "hybrid α·(1 − r) + β·MSE (Mittal 2025)"),
        ({"seed": 41}, "the seed 41"),
        ({"runs": 1}, "For each fold one network was trained"),
        ({"n_validation": 13}, "13 drawn at random"),
        ({"level": "class"}, "(level: class)"),
        ({"device": "cuda"}, "on a GPU (CUDA)"),
        ({"epochs": 40, "max_restarts": 4}, "at most 4 times; this happened 0 times."),
    ],
)
def test_every_setting_is_told(toy_ensemble: Ensemble, changes: dict[str, Any], words: str) -> None:
    assert words in methods_paragraph(with_settings(toy_ensemble, **changes))


def test_only_what_is_cited_is_listed(told: str, toy_ensemble: Ensemble) -> None:
    assert "Mittal" not in told
    assert "Agarwal" not in told
    text = methods_paragraph(with_settings(toy_ensemble, loss="hybrid"))
    assert "\nMittal (2025)" in text


def test_the_penalty_of_the_baselines_is_told(toy_ensemble: Ensemble) -> None:
    assert "The penalty of each ridge regression" in methods_paragraph(toy_ensemble)
    chosen = {"kmer_ridge": {"0": 10000.0, "1": 100000.0}}
    text = methods_paragraph(with_metadata(toy_ensemble, ridge_penalties=chosen))
    assert "is within 1 % of the highest (10,000 to 100,000)." in text
    before = methods_paragraph(with_metadata(toy_ensemble, ridge_penalties={}))
    assert "The penalty of the ridge regressions was 100, not tuned." in before


def test_collapsed_runs_are_told(toy_ensemble: Ensemble) -> None:
    assert "constant" not in methods_paragraph(toy_ensemble)  # it is not restarted
    short = methods_paragraph(with_settings(toy_ensemble, max_restarts=3))  # 2 epochs
    assert "at the end were almost constant" in short
    assert "below 1e-05 in z-scored units" in short
    judged = with_settings(toy_ensemble, epochs=40, max_restarts=3)
    counted = with_metadata(judged, collapsed_runs_restarted=1, runs_still_collapsed=2)
    text = methods_paragraph(counted)
    assert "after epoch 10 or at the end" in text
    assert "below 0.01 in z-scored units" in text
    assert "at most 3 times; this happened 1 time." in text
    assert "2 networks remained almost constant and are part of the average." in text
    unknown = {
        k: v for k, v in judged.metadata.items() if not k.endswith(("restarted", "collapsed"))
    }
    assert "at most 3 times." in methods_paragraph(Ensemble(judged.path, unknown))


@pytest.mark.parametrize(
    ("name", "words", "cited"),
    [
        ("scxpresso", "network of scXpresso (Michielsen et al. 2024).", False),
        ("sequence", "scXpresso (Michielsen et al. 2024), here without half-life features.", False),
        (
            "tissue",
            "network of Xpresso (Agarwal & Shendure 2020) in the form used for tissues",
            True,
        ),
        ("half-life", "a dense neural network of half-life features", False),
        ("small", "of the kind of scXpresso", False),
    ],
)
def test_architectures_are_named(
    toy_ensemble: Ensemble, name: str, words: str, cited: bool
) -> None:
    config = preset(name, 5)
    text = methods_paragraph(with_metadata(toy_ensemble, config=config.to_dict()))
    assert words in text
    assert ("Cell Reports 31(7):107663" in text) is cited
    assert ("one-hot" in text) is bool(config.stages)
    assert ("log10(x + 0.1)" in text) is bool(config.half_life)
    for rate in config.dropout:
        assert f"dropout {rate:g}" in text
    if name == "tissue":
        assert "64 units with ReLU and dropout 0.00099, then 2 units with ReLU" in text


def test_layers_are_told_as_they_are(toy_ensemble: Ensemble) -> None:
    stages = (
        ConvStage(1, 4, 1, padding="same"),
        ConvStage(3, 5, 2, dilation=2, padding="valid"),
    )
    text = methods_paragraph(with_config(toy_ensemble, stages=stages, hidden=(), dropout=()))
    assert "1 filter of width 4 (1 zeros on the left and 2 on the right)" in text
    assert "max-pooling over 1 position;" in text
    assert "3 filters of width 5, dilation 2 (no padding)" in text
    assert "A linear layer gives one value for each of 5 populations." in text


def trained_on(
    ensemble: Ensemble, folder: Path, genes: pd.DataFrame, of_gene: pd.Series | None = None, **changes: Any
) -> Ensemble:  # fmt: skip
    """The model with other folds."""
    changed = with_settings(ensemble, folds=[0, 1], **changes)
    folder.mkdir()
    for file in ensemble.path.glob("*"):
        if file.name != "folds.tsv":
            (folder / file.name).symlink_to(file)
    folds = make_folds(genes, changed.settings, of_gene)
    folds.to_csv(folder / "folds.tsv", sep="\t", index_label="gene_id")
    return Ensemble(folder, dict(changed.metadata))


def test_splits_are_told(toy_ensemble: Ensemble, toy_dataset: Dataset, tmp_path: Path) -> None:
    genes = toy_dataset.genes.assign(chromosome=np.repeat(["chr1", "chr2", "chrX", "chrX"], 20))
    by_chromosome = trained_on(toy_ensemble, tmp_path / "a", genes, split="chromosome")
    text = methods_paragraph(by_chromosome)
    assert "The genes of each of 3 chromosomes were one fold" in text
    assert "2 of the 3 folds (chr1, chr2)" in text
    families = pd.Series(np.arange(80) // 4, index=genes.index).astype(str)
    derived = trained_on(toy_ensemble, tmp_path / "b", genes, families, split="family")
    text = methods_paragraph(derived)
    assert "4 folds of whole gene families (20 families, derived from similar sequence" in text
    assert "no relative of a test gene was seen in training" in text
    assert "in whole families drawn at random" in text
    given = trained_on(
        toy_ensemble,
        tmp_path / "c",
        genes,
        families,
        split="family",
        families="/home/x/families.tsv",
    )
    text = methods_paragraph(given)
    assert "20 families, given in the table families.tsv" in text
    assert "/home" not in text


@pytest.mark.parametrize(
    ("changes", "present", "absent"),
    [
        ({"normalisation": "none"}, "taken as given, without further normalisation", "counts per"),
        ({"normalisation": "tpm"}, "normalised to transcripts per million", "counts per"),
        ({"normalisation": "cpm"}, "normalised to counts per million", "10,000"),
        ({"floor": -5.0}, "were set to −5", "−4"),
        ({"provenance": {}}, "Expression values were normalised to", "SHA-256 "),
        ({"assembly": "ce10"}, "of the assembly ce10", "toy1"),
    ],
)
def test_the_dataset_is_told_as_it_is(
    toy_ensemble: Ensemble, toy_dataset: Dataset, changes: dict[str, Any], present: str, absent: str
) -> None:
    text = methods_paragraph(toy_ensemble, with_dataset(toy_dataset, **changes))
    data = text.split("\n\n")[0]
    assert present in data
    assert absent not in data


def test_pseudobulk_that_was_given_was_not_averaged(
    toy_ensemble: Ensemble, toy_dataset: Dataset
) -> None:
    made = toy_dataset.metadata["provenance"]
    request = {**made["parameters"], "levels": {}, "log1p": True}
    given = with_dataset(toy_dataset, provenance={**made, "parameters": request})
    text = methods_paragraph(toy_ensemble, given)
    assert "averaged over the cells" not in text
    assert "They were transformed by log10" in text
    assert "freed from their logarithm (log1p) and normalised to counts" in text


def test_unknown_results_and_versions_are_left_out(toy_ensemble: Ensemble, tmp_path: Path) -> None:
    for file in toy_ensemble.path.glob("*"):
        if file.name != "metrics.tsv":
            (tmp_path / file.name).symlink_to(file)
    toy_ensemble.metrics.assign(pearson=np.nan).to_csv(tmp_path / "metrics.tsv", sep="\t")
    known = ("format", "family", "dataset", "dataset_digest", "populations", "config", "settings")
    bare = Ensemble(tmp_path, {name: toy_ensemble.metadata[name] for name in known})
    text = methods_paragraph(bare)
    assert "median" not in text
    assert "nan" not in text
    assert "trained with scX Explorer on a CPU." in text


@pytest.mark.parametrize("definition", list(DEFINITIONS))
def test_the_definition_of_half_life_features_is_told(
    toy_ensemble: Ensemble, toy_dataset: Dataset, definition: str
) -> None:
    metadata = {**toy_dataset.metadata, "half_life_definition": definition}
    told = methods_paragraph(toy_ensemble, Dataset(toy_dataset.path, metadata))
    assert f"follow the definition '{definition}': {DEFINITIONS[definition]}." in told

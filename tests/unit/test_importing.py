"""From files to a dataset: whole, immutable, or not at all."""

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import workspace

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.importing import ImportRequest, build_dataset
from scx_core.sequence.alphabet import decode
from scx_core.store import Workspace

LEVELS = {"population": "subclass_label", "class": "class_label"}


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Path]:
    return workspace.write_inputs(tmp_path / "inputs")


def build(tmp_path: Path, inputs: dict[str, Path], **changes: object) -> Dataset:
    options = {"levels": LEVELS, "upstream": 300, "downstream": 200, **inputs, **changes}
    return Dataset.build(tmp_path / "ws" / "datasets" / "new", **options)  # type: ignore[arg-type]


def nothing_written(tmp_path: Path) -> bool:
    folder = tmp_path / "ws" / "datasets"
    return not folder.exists() or not list(folder.iterdir())


def test_parts_agree_with_the_files(tmp_path: Path, inputs: dict[str, Path]) -> None:
    dataset = build(tmp_path, inputs)
    dataset.validate()
    letters = inputs["genome"].read_text().splitlines()[1]
    for gene_id, gene in dataset.genes.iterrows():
        window = decode(dataset.windows[dataset.row_of(str(gene_id))])
        tss = int(gene["tss"])
        if gene["strand"] == "+":
            assert window == letters[tss - 1 - 300 : tss - 1 + 200]
        else:
            plus = letters[tss - 200 : tss + 300]
            assert window == plus[::-1].translate(str.maketrans("ACGT", "TGCA"))
    cells = anndata.read_h5ad(inputs["expression"])
    counts = cells.X / cells.X.sum(axis=1, keepdims=True) * 1e4
    of_sst = (cells.obs["subclass_label"] == "Sst").to_numpy()
    mean = counts[of_sst].mean(axis=0)
    expected = np.where(mean > 0, np.log10(np.where(mean > 0, mean, 1)), -4)
    np.testing.assert_allclose(
        dataset.expression.loc[cells.var_names, "Sst"], expected, rtol=1e-5, atol=1e-5
    )
    assert dataset.expression.loc["ENSG00000000003"].eq(-4).all()  # never expressed: the floor


def test_levels_and_their_parents(tmp_path: Path, inputs: dict[str, Path]) -> None:
    dataset = build(tmp_path, inputs)
    assert dataset.levels == ["population", "class"]
    assert set(dataset.populations_at("class")) == set(workspace.CLASSES)
    for parent, names in workspace.CLASSES.items():
        for name in names:
            assert dataset.populations.loc[name, "parent"] == parent
    assert dataset.populations["n_cells"].sum() == 2 * 60
    with pytest.raises(ScxError, match="has no level 'tissue'"):
        dataset.populations_at("tissue")


def test_same_files_give_the_same_digest_and_other_letters_another(
    tmp_path: Path, inputs: dict[str, Path]
) -> None:
    first = build(tmp_path / "a", inputs)
    again = build(tmp_path / "b", inputs)
    text = inputs["genome"].read_text()
    position = text.index("\n") + 1 + 1000  # inside the first gene's window
    other = "A" if text[position] != "A" else "C"
    inputs["genome"].write_text(text[:position] + other + text[position + 1 :])
    changed = build(tmp_path / "c", inputs)
    assert first.digest == again.digest != changed.digest


def test_a_changed_dataset_does_not_validate(tmp_path: Path, inputs: dict[str, Path]) -> None:
    dataset = build(tmp_path, inputs)
    windows = np.load(dataset.path / "windows.npy")
    windows[3, 7] = (windows[3, 7] + 1) % 4
    np.save(dataset.path / "windows.npy", windows)
    with pytest.raises(ScxError, match="changed after its import"):
        Dataset.open(dataset.path).validate()


def test_provenance_names_inputs_by_content(tmp_path: Path, inputs: dict[str, Path]) -> None:
    dataset = build(tmp_path, inputs)
    recorded = dataset.metadata["provenance"]["inputs"]
    assert set(recorded) == {"genome", "annotation", "expression", "regions"}
    assert all(len(entry["sha256"]) == 64 for entry in recorded.values())


@pytest.mark.parametrize("text", ["SYM3", "sym3", " ENSG00000000003 ", "ENSG00000000003.7"])
def test_genes_are_found_by_symbol_and_id(toy_dataset: Dataset, text: str) -> None:
    assert toy_dataset.find_gene(text) == "ENSG00000000003"


def test_unknown_genes_get_near_matches(toy_dataset: Dataset) -> None:
    with pytest.raises(ScxError, match="did you mean SYM"):
        toy_dataset.find_gene("SYM33x")
    with pytest.raises(ScxError, match="Give the symbol"):
        toy_dataset.find_gene("  ")


def test_unknown_letters_are_counted_and_dropped_by_parameter(
    tmp_path: Path, inputs: dict[str, Path]
) -> None:
    lines = inputs["genome"].read_text().splitlines()
    lines[1] = "N" * 3300 + lines[1][3300:]
    inputs["genome"].write_text("\n".join(lines) + "\n")
    # TSSs at 1000 (+), 2000 (-), 3000 (+): windows of N alone, but the last ends at 3,199.
    kept = build(tmp_path / "a", inputs)
    assert (kept.genes["unknown_fraction"] == 1).sum() == 3
    assert any(
        n.startswith("3 of 80 genes have a window that is mostly unknown") for n in kept.notices
    )
    dropped = build(tmp_path / "b", inputs, max_unknown=0.5)
    assert len(dropped.genes) == 77
    assert dropped.windows.shape == (77, 500)
    reasons = dropped.dropped.loc[dropped.dropped["source"] == "genome", "reason"]
    assert list(reasons) == ["window is 100% N"] * 3
    dropped.validate()


def test_genes_that_the_genome_cannot_hold_are_listed(
    tmp_path: Path, inputs: dict[str, Path]
) -> None:
    table = pd.read_csv(inputs["annotation"], sep="\t")
    table.loc[0, "chromosome"] = "chr7"
    table.loc[1, "tss"] = 10_000_000
    table.to_csv(inputs["annotation"], sep="\t", index=False)
    dataset = build(tmp_path, inputs)
    assert len(dataset.genes) == 78
    reasons = dataset.dropped.set_index("gene_name")["reason"]
    assert reasons["SYM0"] == "chromosome chr7 is not in the genome file"
    assert "beyond the end of the chromosome" in reasons["SYM1"]


def test_chromosome_names_are_matched_without_chr(tmp_path: Path, inputs: dict[str, Path]) -> None:
    table = pd.read_csv(inputs["annotation"], sep="\t")
    table["chromosome"] = "1"
    table.to_csv(inputs["annotation"], sep="\t", index=False)
    assert set(build(tmp_path, inputs).genes["chromosome"]) == {"chr1"}


def break_inputs(inputs: dict[str, Path], how: str) -> dict[str, object]:
    changes: dict[str, object] = {}
    if how == "foreign chromosomes":
        inputs["genome"].write_text(inputs["genome"].read_text().replace(">chr1", ">scaffold_9"))
    elif how == "not dna":
        inputs["genome"].write_text(">chr1\n" + "J" * 81_000 + "\n")
    elif how == "cut genome":
        inputs["genome"].write_text(">chr1\nACGT\n")
    elif how == "foreign genes":
        table = pd.read_csv(inputs["annotation"], sep="\t")
        table["gene_id"] = [f"WBGene{n:08d}" for n in range(len(table))]
        table["gene_name"] = [f"unc-{n}" for n in range(len(table))]
        table.to_csv(inputs["annotation"], sep="\t", index=False)
    elif how == "no such column":
        changes["levels"] = {"population": "cluster"}
    elif how == "missing genome":
        inputs["genome"].unlink()
    elif how == "not hdf5":
        inputs["expression"].write_text("hello")
    elif how == "window":
        changes["downstream"] = 0
    elif how == "limit":
        changes["max_unknown"] = 0.0
    return changes


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("foreign chromosomes", "annotation has chr1; toy.fa has scaffold_9"),
        ("not dna", "not DNA"),
        ("cut genome", "beyond the end of their chromosome"),
        ("foreign genes", "No gene name of the expression matches"),
        ("no such column", "subclass_label"),
        ("missing genome", "no genome file"),
        ("not hdf5", "HDF5"),
        ("window", "window cannot be"),
        ("limit", "share of unknown"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(
    tmp_path: Path, inputs: dict[str, Path], how: str, says: str
) -> None:
    changes = break_inputs(inputs, how)
    with pytest.raises(ScxError, match=says) as refused:
        build(tmp_path, inputs, **changes)
    assert "\n" not in str(refused.value)
    assert nothing_written(tmp_path)


def test_an_existing_name_is_refused_before_any_reading(
    tmp_path: Path, inputs: dict[str, Path]
) -> None:
    first = build(tmp_path, inputs)
    inputs["genome"].unlink()
    with pytest.raises(ScxError, match="exists already"):
        build(tmp_path, inputs)
    first.validate()


def test_request_survives_json(inputs: dict[str, Path]) -> None:
    request = ImportRequest(levels=LEVELS, max_unknown=0.5, **inputs)  # type: ignore[arg-type]
    assert ImportRequest.from_dict(json.loads(json.dumps(request.to_dict()))) == request


def _import_slowly(path: Path, request: dict[str, object], ready: Path) -> None:
    def pause_at_the_end(fraction: float, message: str) -> None:
        if message == "Writing the dataset":
            ready.touch()
            time.sleep(0.001)

    original = np.save

    def slow_save(*arguments: object, **options: object) -> None:
        original(*arguments, **options)  # type: ignore[arg-type]
        ready.touch()
        time.sleep(60)

    np.save = slow_save  # type: ignore[assignment]
    build_dataset(path, ImportRequest.from_dict(request), pause_at_the_end)


def test_killed_while_writing_leaves_no_dataset_and_the_next_run_cleans_up(
    tmp_path: Path, inputs: dict[str, Path]
) -> None:
    opened = Workspace(tmp_path / "ws")
    request = ImportRequest(levels=LEVELS, upstream=300, downstream=200, **inputs).to_dict()  # type: ignore[arg-type]
    ready = tmp_path / "ready"
    process = multiprocessing.get_context("spawn").Process(
        target=_import_slowly, args=(opened.dataset_path("new"), request, ready)
    )
    process.start()
    while not ready.exists():
        assert process.is_alive()
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    assert opened.datasets() == []
    assert [s for s in opened.clean_leftovers() if "datasets/new" in s]
    assert nothing_written(tmp_path)
    build(tmp_path, inputs).validate()


def test_populations_of_a_class_stand_side_by_side(toy_dataset: Dataset) -> None:
    names = toy_dataset.populations_at("population")
    parents = list(toy_dataset.populations.loc[names, "parent"])
    assert parents == ["Glia"] * 2 + ["Neuron"] * 3
    assert list(toy_dataset.expression.columns) == list(toy_dataset.populations.index)


def test_regions_follow_the_chromosome_names_of_the_genome(
    tmp_path: Path, inputs: dict[str, Path]
) -> None:
    bed = inputs["regions"].read_text().replace("chr1\t", "1\t") + "7\t10\t20\tFAR\t0\t.\n"
    inputs["regions"].write_text(bed)
    dataset = build(tmp_path, inputs)
    assert set(dataset.regions["chromosome"]) == {"chr1"}
    assert any(notice.startswith("1 of 160 cCREs lie on chromosomes") for notice in dataset.notices)


def test_a_genome_cut_short_is_refused(tmp_path: Path, inputs: dict[str, Path]) -> None:
    text = inputs["genome"].read_text()
    inputs["genome"].write_text(text[: len(text) // 2])
    with pytest.raises(ScxError, match="beyond the end of their chromosome"):
        build(tmp_path, inputs)
    assert nothing_written(tmp_path)


def change_cells(inputs: dict[str, Path], how: str) -> None:
    cells = anndata.read_h5ad(inputs["expression"])
    if how == "zero":
        cells.X = np.zeros(cells.shape, np.float32)
    else:
        names = {"numbers": ["0", "1", "2", "3", "NA"], "columns": ["position", "chromosome", "n", "x", "y"],
                 "control": ["a\rb", "b", "c", "d", "e"]}[how]  # fmt: skip
        old = list(dict.fromkeys(cells.obs["subclass_label"]))
        cells.obs["subclass_label"] = (
            cells.obs["subclass_label"].astype(str).map(dict(zip(old, names, strict=True)))
        )
    cells.write_h5ad(inputs["expression"])


@pytest.mark.parametrize(
    ("how", "says"), [("zero", "Every value of .* is zero"), ("control", "control")]
)
def test_useless_expression_is_refused(
    tmp_path: Path, inputs: dict[str, Path], how: str, says: str
) -> None:
    change_cells(inputs, how)
    with pytest.raises(ScxError, match=says):
        build(tmp_path, inputs, normalize="none")
    assert nothing_written(tmp_path)


@pytest.mark.parametrize("how", ["numbers", "columns"])
def test_any_printable_population_name_goes_through_to_the_end(
    tmp_path: Path, inputs: dict[str, Path], how: str
) -> None:
    change_cells(inputs, how)
    dataset = build(tmp_path, inputs)
    root = tmp_path / "ws"
    ensemble = workspace.train_toy(root, dataset)
    names = dataset.populations_at("population")
    assert list(ensemble.metrics.index) == names
    gene = ensemble.predictions.index[0]
    frame = ensemble.saturation_mutagenesis(dataset, gene).to_frame()
    assert [column for column in frame if column.startswith("effect: ")] == [
        f"effect: {name}" for name in names
    ]
    assert frame["position"].dtype.kind == "i"


def test_too_little_space_is_refused_before_writing(
    tmp_path: Path, inputs: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(ScxError, match="the disk is full, so nothing was written"):
        build(tmp_path, inputs)
    assert nothing_written(tmp_path)


@pytest.mark.parametrize(
    "part", ["expression.h5ad", "windows.npy", "dropped.parquet", "dataset.json"]
)
@pytest.mark.parametrize("how", ["missing", "cut"])
def test_damaged_parts_are_one_sentence(
    tmp_path: Path, inputs: dict[str, Path], part: str, how: str
) -> None:
    path = build(tmp_path, inputs).path / part
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ScxError, match=r"damaged|no dataset"):
        _read_all(path.parent)


def _read_all(path: Path) -> pd.DataFrame:
    dataset = Dataset.open(path)
    dataset.validate()
    return dataset.dropped

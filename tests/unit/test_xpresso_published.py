"""Published models: kept whole, opened, used on windows and genes, deleted."""

import gzip
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from keras_files import forward, write_keras, xpresso_layers

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import CODE_LETTERS, decode
from scx_core.store import Workspace
from scx_core.variants.genome import open_letters
from scx_core.xpresso.published import (
    LOG10,
    Z_SCORE,
    ExpressionScale,
    PublishedModel,
    delete_published,
    import_keras,
    list_published,
    open_published,
    published_path,
)
from scx_core.xpresso.windows import predict_genes, predict_windows, read_windows


@pytest.fixture
def keras(tmp_path: Path) -> Path:
    return write_keras(tmp_path / "small.h5", xpresso_layers(60))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


@pytest.fixture
def model(keras: Path, workspace: Workspace) -> PublishedModel:
    return import_keras(keras, workspace, "small", upstream=40)


def random_windows(n: int, length: int = 60, letters: str = CODE_LETTERS) -> list[str]:
    return ["".join(row) for row in np.random.default_rng(n).choice(list(letters), (n, length))]


def write_fasta(path: Path, windows: dict[str, str], width: int = 17) -> Path:
    lines = []
    for name, text in windows.items():
        lines += [
            f">{name}",
            *(text[start : start + width] for start in range(0, len(text), width)),
        ]
    content = "\n".join(lines).encode() + b"\n"
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def test_import_keeps_what_it_was_made_of(model, keras, workspace) -> None:
    opened = open_published(workspace, "small")
    assert list_published(workspace) == ["small"]
    assert (opened.unit, opened.outputs, opened.source_file) == (
        Z_SCORE,
        ("expression",),
        "small.h5",
    )
    assert opened.config == model.config
    assert len(opened.digest) == 64
    stored = opened.metadata["provenance"]["inputs"]["keras"]
    assert stored["bytes"] == keras.stat().st_size
    assert any("half-life" in notice for notice in opened.notices)
    assert not [path for path in (workspace.root / "published").iterdir() if path.name != "small"]


def test_digest_is_of_network_and_window(model, keras, workspace, tmp_path) -> None:
    again = import_keras(keras, workspace, "again", upstream=40)
    moved = import_keras(keras, workspace, "moved", upstream=41)
    other = write_keras(tmp_path / "other.h5", xpresso_layers(60), seed=1)
    changed = import_keras(other, workspace, "changed", upstream=40)
    assert again.digest == model.digest
    assert len({model.digest, moved.digest, changed.digest}) == 3


def test_predictions_of_any_letters_are_those_of_the_keras_network(model, keras, tmp_path) -> None:
    windows = {f"w{number} told": text for number, text in enumerate(random_windows(300))}
    table = predict_windows(model, write_fasta(tmp_path / "w.fa.gz", windows))
    assert list(table["window"]) == [name.split()[0] for name in windows]
    letters = np.array([list(text) for text in windows.values()])
    one_hot = np.stack([letters == base for base in "ACGT"], axis=2)  # others are zeros
    expected = forward(keras, one_hot, np.zeros((300, 3)))[:, 0]
    np.testing.assert_allclose(table["expression"], expected, atol=1e-5)
    unknown = [sum(letter not in "ACGT" for letter in text) / 60 for text in windows.values()]
    np.testing.assert_allclose(table["unknown_fraction"], unknown)


def test_scale_gives_log10_units(model, keras, workspace, tmp_path) -> None:
    scaled = import_keras(keras, workspace, "scaled", upstream=40, scale=ExpressionScale(0.5, 2.0))
    path = write_fasta(tmp_path / "w.fa", {"a": random_windows(1)[0]})
    z, log10 = (predict_windows(one, path)["expression"][0] for one in (model, scaled))
    assert log10 == pytest.approx(z * 2.0 + 0.5)
    assert scaled.unit == LOG10
    assert not any("z-score of" in notice for notice in scaled.notices)
    with pytest.raises(ScxError, match="standard deviation above 0"):
        ExpressionScale(0.0, 0.0)


def test_a_name_is_used_once_and_nothing_is_left_of_a_refused_file(
    model, keras, workspace, tmp_path
):
    with pytest.raises(ScxError, match="'small' exists already"):
        import_keras(keras, workspace, "small", upstream=40)
    with pytest.raises(ScxError, match="cannot name a published model"):
        import_keras(keras, workspace, "../small", upstream=40)
    (tmp_path / "bad.h5").write_bytes(keras.read_bytes()[:-100])
    with pytest.raises(ScxError):
        import_keras(tmp_path / "bad.h5", workspace, "bad", upstream=40)
    assert sorted(path.name for path in (workspace.root / "published").iterdir()) == ["small"]


def test_delete(model, workspace) -> None:
    delete_published(workspace, "small")
    assert list_published(workspace) == []
    assert not list((workspace.root / "published").iterdir())
    for act in (delete_published, open_published):
        with pytest.raises(ScxError, match="no published model 'small'"):
            act(workspace, "small")


def test_changed_or_damaged_files_are_refused(model, keras, workspace, tmp_path) -> None:
    other = write_keras(tmp_path / "other.h5", xpresso_layers(60), seed=1)
    import_keras(other, workspace, "other", upstream=40)
    path = published_path(workspace, "small")
    shutil.copy(published_path(workspace, "other") / "weights.safetensors", path)
    with pytest.raises(ScxError, match="changed after the import"):
        PublishedModel.open(path).predict(np.zeros((1, 60), np.uint8))
    described = json.loads((path / "model.json").read_text())
    for broken, told in (
        ({**described, "format": 99}, "has format 99"),
        ({key: value for key, value in described.items() if key != "unit"}, "damaged"),
    ):
        (path / "model.json").write_text(json.dumps(broken))
        with pytest.raises(ScxError, match=told):
            PublishedModel.open(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (">a\nACGT\n>b\n", "the window a has 4 letters and the model reads 8"),
        (">a\nACGTACGT\n>b\nACGTACGTA\n", "the window b has more than the 8 letters"),
        (">a\nACGTACGT\n>b\n\n>c\nACGTACGT\n", "the window b has 0 letters"),
        (">a\nACGTACG!\n", "window a: the sequence holds letters that are not DNA"),
        ("ACGTACGT\n", "is not FASTA: it begins with 'ACGTACGT'"),
        ("", "holds no window"),
        (">a", "the window a has 0 letters"),
    ],
)
def test_windows_that_cannot_be_read_are_named(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "w.fa"
    path.write_text(content)
    with pytest.raises(ScxError) as caught:
        list(read_windows(path, 8))
    assert told in str(caught.value)


def test_windows_are_read_from_any_layout_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "w.fa"
    path.write_bytes(b"\n>a b\r\nACGT\r\nacgt\r\n\r\n>\nNNNNRYKM")
    read = [(name, decode(codes)) for name, codes in read_windows(path, 8)]
    assert read == [("a", "ACGTACGT"), ("sequence 2", "NNNNRYKM")]
    long = "ACGT" * 50_000  # one line, longer than what is read at a time
    write_fasta(path, {"long": long}, width=len(long))
    assert decode(next(read_windows(path, len(long)))[1]) == long
    cut = gzip.compress(path.read_bytes())[:-20]
    (tmp_path / "cut.fa.gz").write_bytes(cut)
    with pytest.raises(ScxError, match="cut short or damaged, not a whole gzip"):
        list(read_windows(tmp_path / "cut.fa.gz", len(long)))


def test_a_genome_given_by_mistake_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa"
    path.write_bytes(b">chr1\n" + b"A" * 5_000_000 + b"\n")
    with pytest.raises(ScxError, match="the window chr1 has more than the 60 letters"):
        list(read_windows(path, 60))


def test_genes_come_from_the_windows_or_from_the_genome(
    keras, workspace, toy_dataset: Dataset, tmp_path: Path
) -> None:
    """Windows of the toy dataset are 300 + 200: both ways give the same where both can."""
    inside = import_keras(keras, workspace, "inside", upstream=40)
    table = predict_genes(inside, toy_dataset)
    assert list(table.index) == list(toy_dataset.genes.index)
    windows = toy_dataset.windows[:, 260:320]
    np.testing.assert_array_equal(table["expression"], inside.predict(windows)[:, 0])
    wide = write_keras(tmp_path / "wide.h5", xpresso_layers(700))
    beyond = import_keras(wide, workspace, "beyond", upstream=400)
    with pytest.raises(ScxError, match=r"do not hold those of 'beyond' \(400 \+ 300\)"):
        predict_genes(beyond, toy_dataset)
    letters = open_letters(toy_dataset, workspace.cache_path)
    assert letters.complete
    chosen = [str(gene) for gene in toy_dataset.genes["gene_name"].iloc[[3, 4]]]  # both strands
    found = predict_genes(beyond, toy_dataset, chosen, letters)
    codes = [beyond_window(letters, toy_dataset.genes.iloc[row]) for row in (3, 4)]
    np.testing.assert_allclose(found["expression"], beyond.predict(np.stack(codes))[:, 0])
    assert list(found["gene_name"]) == chosen


def beyond_window(letters, gene) -> np.ndarray:
    """Cut 400 + 300 bases letter by letter."""
    tss, sign = int(gene["tss"]), 1 if gene["strand"] == "+" else -1
    codes = [
        int(letters.text(str(gene["chromosome"]), place - 1, place).translate(_TO_CODE))
        for place in (tss + sign * offset for offset in range(-400, 300))
    ]
    return np.array(codes if sign > 0 else [3 - code for code in codes], np.uint8)


_TO_CODE = str.maketrans("ACGT", "0123")

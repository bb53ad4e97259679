"""Commands about models, as a user types them."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from scx_core.commands import app
from scx_core.ensemble import Ensemble
from scx_core.training.methods import methods_paragraph

COMMANDS = ("list", "show", "rename", "delete", "export", "import", "compare")


def run(root: Path, *words: object, answer: str = "") -> tuple[int, str, str]:
    line = ["--workspace", str(root), "models", *map(str, words)]
    result = CliRunner().invoke(app, line, input=answer)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def said(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def root(toy_root: Path, tmp_path: Path) -> Path:
    """A workspace of its own with the toy dataset and two models."""
    for name in ("datasets", "models"):
        shutil.copytree(toy_root / name, tmp_path / "ws" / name)
    shutil.copytree(toy_root / "models" / "toy-model", tmp_path / "ws" / "models" / "second")
    return tmp_path / "ws"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(tmp_path: Path, command: str) -> None:
    code, out, _ = run(tmp_path, command, "--help")
    assert code == 0
    assert "Example:" in out


def test_list(root: Path) -> None:
    code, out, _ = run(root, "list")
    assert code == 0
    assert "toy-model" in out
    assert "2 of 4" in out
    (root / "models" / "second" / "model.json").write_text("{")
    code, out, _ = run(root, "list", "--json")
    damaged, whole = json.loads(out)["models"]
    assert "is damaged" in damaged["problem"]
    ensemble = Ensemble.open(root / "models" / "toy-model")
    assert whole["median r"] == ensemble.metadata["median_pearson"]
    assert (whole["level"], whole["runs"], whole["populations"]) == ("population", "2", 5)
    assert run(root, "list")[0] == 0
    code, out, _ = run(root / "empty", "list")
    assert code == 0
    assert "There is no model in" in out


def test_show(root: Path) -> None:
    code, out, err = run(root, "show", "toy-model")
    assert code == 0
    assert "assembly toy1" in out
    assert "pearson_kmer_ridge" in out
    assert "References" in out
    found = json.loads(run(root, "show", "toy-model", "--json")[1])
    assert (
        found["metrics"][0]["population"] in Ensemble.open(root / "models" / "second").populations
    )
    shutil.rmtree(root / "datasets")
    code, out, err = run(root, "show", "toy-model")
    assert code == 0
    assert "dataset 'toy' is not here" in said(err)
    assert methods_paragraph(Ensemble.open(root / "models" / "toy-model")) in out
    code, _, err = run(root, "show", "nothing")
    assert code == 1
    assert "There is no model" in err


def test_rename(root: Path) -> None:
    code, out, _ = run(root, "rename", "toy-model", "better")
    assert code == 0
    assert "The model toy-model is called better now." in out
    assert (root / "models" / "better" / "model.json").is_file()
    code, _, err = run(root, "rename", "better", "second")
    assert code == 1
    assert "exists already" in said(err)


def test_delete_asks_and_lists_first(root: Path) -> None:
    atlas = root / "atlases" / "whole"
    atlas.mkdir(parents=True)
    digest = Ensemble.open(root / "models" / "second").digest
    (atlas / "atlas.json").write_text(json.dumps({"model": "second", "model_digest": digest}))
    code, out, err = run(root, "delete", "second", answer="n\n")
    assert code == 0
    assert "atlas 'whole' was made with it" in said(err)
    assert "Nothing was deleted." in out
    assert (root / "models" / "second").exists()
    code, _, err = run(root, "delete", "second")  # nobody there to answer
    assert code == 1
    assert (root / "models" / "second").exists()
    code, out, _ = run(root, "delete", "second", answer="y\n")
    assert code == 0
    assert "Deleted second." in out
    assert run(root, "delete", "toy-model", "--yes")[0] == 0
    assert not list((root / "models").glob("*/model.json"))
    code, _, err = run(root, "delete", "toy-model", "--yes")
    assert code == 1
    assert "There is no model 'toy-model'" in err


def test_export_and_import(root: Path, tmp_path: Path) -> None:
    archive = tmp_path / "toy.zip"
    code, out, err = run(root, "export", "toy-model", "--out", archive, "--json")
    assert code == 0, err
    assert json.loads(out)["bytes"] == archive.stat().st_size
    code, out, err = run(root, "import", archive, "--name", "third")
    assert code == 0, err
    assert "Imported third: 5 populations, 2 folds x 2 runs" in out
    assert (
        Ensemble.open(root / "models" / "third").digest
        == Ensemble.open(root / "models" / "second").digest
    )
    code, _, err = run(root, "import", archive)
    assert code == 1
    assert "'toy-model' exists already" in said(err)
    code, out, err = run(tmp_path / "elsewhere", "import", archive)
    assert code == 0
    assert "is not in this workspace" in said(err)
    code, out, _ = run(tmp_path / "json", "import", archive, "--json")
    assert "is not in this workspace" in json.loads(out)["notices"][0]
    archive.write_bytes(archive.read_bytes()[:-30])
    code, _, err = run(root, "import", archive, "--name", "fourth")
    assert code == 1
    assert "cut short or damaged" in said(err)
    code, _, err = run(root, "export", "toy-model", "--out", tmp_path / "no" / "x.zip")
    assert code == 1
    assert "There is no folder" in said(err)


def test_compare(root: Path, tmp_path: Path) -> None:
    names = ("toy-model", "second")
    code, out, err = run(root, "compare", *names, "--out", tmp_path / "c.tsv", "--samples", 50)
    assert code == 0, err
    assert "trained on the same folds" in said(out)
    assert "second against toy-model, 40 genes: median Pearson r over 5 populations" in said(out)
    table = pd.read_csv(tmp_path / "c.tsv", sep="\t")
    assert len(table) == 10
    ensemble = Ensemble.open(root / "models" / "second")
    first = table[table["model"] == "toy-model"].set_index("population")["pearson"]
    pd.testing.assert_series_equal(first, ensemble.metrics["pearson"], check_names=False)
    found = json.loads(run(root, "compare", *names, "--samples", 50, "--json")[1])
    assert found["same_folds"] is True
    assert found["genes"] == 40
    assert found["overall"][1]["pearson_difference"] == 0
    assert found["overall"][0]["pearson_low"] is None
    code, _, err = run(root, "compare", "toy-model")
    assert code == 1
    assert "two or more different models" in said(err)
    code, _, err = run(root, "compare", "toy-model", "nothing")
    assert code == 1
    assert "There is no model" in err

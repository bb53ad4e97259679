"""The command line as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import workspace
from typer.testing import CliRunner

import scx_core
from scx_core.commands import app
from scx_core.dataset import Dataset

COMMANDS = ("app", "import", "train", "predict", "ism", "variants", "atlas", "demo", "info")
LEVELS = ("--population-column", "subclass_label", "--level", "class=class_label")


def run(root: Path, *words: object) -> "tuple[int, str, str]":
    result = CliRunner().invoke(app, ["--workspace", str(root), *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def a_gene(root: Path) -> str:
    return str(scx_core.Ensemble.open(root / "models" / "toy-model").predictions.index[0])


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(tmp_path: Path, command: str) -> None:
    code, out, _ = run(tmp_path, command, "--help")
    assert code == 0
    assert "Example:" in out


def test_the_package_is_a_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scx_core", "--version"],
        capture_output=True, text=True, timeout=60, check=True, env={**os.environ},
    )  # fmt: skip
    assert done.stdout.split()[-1] == scx_core.__version__


def test_import_train_predict_mutate_score(tmp_path: Path) -> None:
    root = tmp_path / "ws"
    inputs = workspace.write_inputs(tmp_path / "in")
    files = [
        word for use in ("genome", "annotation", "expression") for word in (f"--{use}", inputs[use])
    ]
    window = ("--upstream", 300, "--downstream", 200)
    code, out, err = run(
        root, "import", "new", *files, *LEVELS, *window, "--ccres", inputs["regions"]
    )
    assert code == 0, err
    assert "80 genes x 7 populations" in out
    quick = ("--folds", "0,1", "--n-folds", 4, "--runs", 1, "--epochs", 1)
    code, out, err = run(root, "train", "new", "m", *quick, "--architecture", "sequence")
    assert code == 0, err
    ensemble = scx_core.Ensemble.open(root / "models" / "m")
    gene = ensemble.predictions.index[0]
    code, out, _ = run(root, "predict", "m", "--gene", gene, "--json")
    assert code == 0
    predicted = json.loads(out)["predictions"][gene]
    assert predicted == pytest.approx(ensemble.predictions.loc[gene].to_dict(), abs=1e-5)
    code, out, err = run(root, "ism", "m", "--gene", gene, "--out", tmp_path / "e.npz")
    assert code == 0, err
    assert "1,500 substitutions x 5 populations in" in err
    assert np.load(tmp_path / "e.npz")["effects"].shape == (500, 4, 5)
    (tmp_path / "v.tsv").write_text("chrom\tpos\nchr1\t1000\nchr1\t1\n")
    code, out, err = run(
        root, "variants", "m", "--input", tmp_path / "v.tsv", "--out", tmp_path / "s.tsv"
    )
    assert code == 0, err
    assert "2 rows read" in err
    lines = (tmp_path / "s.tsv").read_text().splitlines()
    skip = int(lines[0].rpartition(":")[2])
    assert set(pd.read_csv(tmp_path / "s.tsv", sep="\t", skiprows=skip)["row"]) == {1, 2}
    code, out, _ = run(root, "info", "--json")
    assert json.loads(out)["datasets"] == ["new"]
    assert Dataset.open(root / "datasets" / "new").digest == ensemble.dataset_digest


def test_answers_for_people(toy_root: Path) -> None:
    gene = a_gene(toy_root)
    code, out, _ = run(toy_root, "predict", "toy-model", "--gene", gene)
    assert code == 0
    assert "never saw it" in out
    assert "observed" in out
    code, out, _ = run(toy_root, "ism", "toy-model", "--gene", gene, "--population", "Sst")
    assert "Wild type in Sst" in out
    code, out, _ = run(
        toy_root, "variants", "toy-model", "--variant", "chr1:3", "--variant", "chr1:990"
    )
    assert "Row 1: outside every window" in out
    code, out, _ = run(toy_root, "info", "toy")
    assert "80 genes x 7 populations" in out
    code, out, _ = run(toy_root, "info", "toy-model")
    assert "pearson" in out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("info", "nope"), "no dataset or model 'nope'"),
        (("train", "nope", "m"), "no dataset at"),
        (("predict", "nope", "--gene", "x"), "no model at"),
        (("predict", "toy-model", "--gene", "NOPE"), "not a gene of the dataset"),
        (("ism", "toy-model", "--gene", "SYM1", "--population", "Q"), "does not predict 'Q'"),
        (("variants", "toy-model"), "either --input"),
        (("variants", "toy-model", "--input", "nowhere.tsv"), "no list of variants"),
        (("train", "toy", "a/b"), "cannot name a model"),
        (("train", "toy", "m", "--folds", "77"), "no fold '77'"),
        (("train", "toy", "m", "--level", "tissue"), "has no level 'tissue'"),
        (
            ("import", "x", "--genome", "a", "--annotation", "b", "--expression", "c"),
            "no genome file",
        ),
    ],
)
def test_mistakes_are_one_sentence_and_status_1(
    toy_root: Path, words: tuple[str, ...], says: str
) -> None:
    code, out, err = run(toy_root, *words)
    assert code == 1
    assert err.startswith("Error: ")
    assert says in " ".join(err.split())
    assert "Traceback" not in err
    assert out == ""


def test_usage_mistakes_are_status_2(tmp_path: Path) -> None:
    assert run(tmp_path, "import")[0] == 2
    assert run(tmp_path, "cook")[0] == 2


def test_targets_are_checked_before_the_work(toy_root: Path, tmp_path: Path) -> None:
    gene = a_gene(toy_root)
    for target, says in [(tmp_path / "no" / "x.tsv", "no folder"), (tmp_path, "is a folder")]:
        code, _, err = run(toy_root, "ism", "toy-model", "--gene", gene, "--out", target)
        assert code == 1
        assert says in " ".join(err.split())
    assert list(tmp_path.iterdir()) == []


def test_a_level_given_twice_is_refused(tmp_path: Path) -> None:
    code, _, err = run(
        tmp_path, "import", "x", "--genome", "a", "--annotation", "b", "--expression", "c",
        "--population-column", "p", "--level", "population=q",
    )  # fmt: skip
    assert code == 1
    assert "given twice" in err


def test_what_the_system_refuses_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    code, _, err = run(tmp_path / "file", "demo")
    assert code == 1
    assert "Traceback" not in err
    assert err.startswith("Error: ")


def test_brackets_and_colons_in_names_are_shown_as_they_are(toy_root: Path) -> None:
    code, out, _ = run(toy_root, "variants", "toy-model", "--variant", "rs12:A:[/b]")
    assert code == 0
    assert "rs12:A:[/b]" in " ".join(out.split())


def test_atlas_from_the_command_line(toy_root: Path) -> None:
    gene = a_gene(toy_root)
    code, out, err = run(
        toy_root, "atlas", "toy-model", "few", "--gene", gene, "--population", "Sst", "--json"
    )
    assert code == 0, err
    assert json.loads(out)["genes"] == 1
    code, _, err = run(toy_root, "atlas", "toy-model", "few", "--gene", gene)
    assert code == 1
    assert "exists already" in " ".join(err.split())


def test_engines_give_the_same_answer(toy_root: Path) -> None:
    gene = a_gene(toy_root)
    strongest = []
    for engine in ("incremental", "batch", "full"):
        words = ("ism", "toy-model", "--gene", gene, "--engine", engine, "--json")
        strongest.append(json.loads(run(toy_root, *words)[1])["strongest"][0])
    assert strongest[0]["position"] == strongest[1]["position"] == strongest[2]["position"]
    code, _, err = run(toy_root, "ism", "toy-model", "--gene", gene, "--engine", "magic")
    assert code == 1
    assert "choose one of" in err


def opened(monkeypatch: pytest.MonkeyPatch, root: Path, *words: object) -> tuple[int, str, dict]:
    """Run ``scx app`` up to where it becomes streamlit."""
    seen: dict = {}

    def execve(_program: str, arguments: list[str], environment: dict[str, str]) -> None:
        seen.update(arguments=arguments, environment=environment, folder=Path.cwd())

    monkeypatch.setattr("scx_core.commands.serving.os.execve", execve)
    monkeypatch.chdir(root.parent)
    code, _, err = run(root, "app", *words)
    return code, err, seen


def test_app_opens_the_workspace_and_keeps_the_import_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCX_WORKSPACE", raising=False)
    (tmp_path / "data").mkdir()
    root = tmp_path / "ws"
    code, err, seen = opened(monkeypatch, root, "--import-root", tmp_path / "data", "--port", 8601)
    assert code == 0, err
    assert seen["arguments"][1:4] == ["-m", "streamlit", "run"]
    assert seen["arguments"][4].endswith("scx_core/ui/server.py")
    assert "8601" in seen["arguments"]
    assert seen["environment"]["SCX_WORKSPACE"] == str(root)
    assert (seen["folder"] / "app.py").is_file()
    assert json.loads((root / "settings.json").read_text()) == {
        "import_root": str(tmp_path / "data")
    }


def test_app_refuses_an_import_folder_that_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, told in ((tmp_path / "none", "no folder"), (tmp_path / "ws", "workspace")):
        (tmp_path / "ws").mkdir(exist_ok=True)
        code, err, seen = opened(monkeypatch, tmp_path / "ws", "--import-root", path)
        assert code == 1
        assert told in err
        assert not seen
    assert not (tmp_path / "ws" / "settings.json").exists()


def test_app_keeps_several_workspaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")])
    monkeypatch.setenv("SCX_WORKSPACE", both)
    _, _, seen = opened(monkeypatch, tmp_path / "one")
    assert seen["environment"]["SCX_WORKSPACE"] == both
    _, _, seen = opened(monkeypatch, tmp_path / "three")
    assert seen["environment"]["SCX_WORKSPACE"] == str(tmp_path / "three")

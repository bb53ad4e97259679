"""``scx search …`` and ``scx analyses …`` as a user types them."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from scx_core.commands import app
from scx_core.ensemble import Ensemble
from scx_core.search import Search, search_path
from scx_core.store import Workspace

COMMANDS = (
    ("search",), ("search-results",), ("search-space",), ("search-train",),
    ("analyses", "gene-set"), ("analyses", "specific"), ("analyses", "learning-curve"),
    ("analyses", "cross-species"),
)  # fmt: skip
SPACE = {"n_stages": [1, 1], "filters": [4], "kernel": [3, 5], "pool": [5, 10, 5], "units": [4]}


def run(root: Path, *words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["--workspace", str(root), *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def place(toy_root: Path, tmp_path: Path) -> Path:
    for name in ("datasets", "models"):
        shutil.copytree(toy_root / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_has_help_with_an_example(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, out, _ = run(tmp_path, *words, "--help")
    assert code == 0
    assert "Example:" in out


def test_search_results_and_a_training_with_the_best(place: Path) -> None:
    space = json.loads(run(place, "search-space", "toy")[1])
    assert space["upstream"][1] == 300
    (place / "space.json").write_text(json.dumps({**space, **SPACE}))
    words = ("search", "toy", "first", "--trials", 3, "--epochs", 2, "--n-folds", 4, "--architecture",
             "small", "--space", place / "space.json")  # fmt: skip
    code, out, err = run(place, *words)
    assert (code, err) == (0, "")
    assert "3 networks of 3 trained" in out
    assert run(place, "search-results")[1] == "first\n"
    told = json.loads(run(place, "search-results", "first", "--json")[1])
    best = Search.open(search_path(Workspace(place), "first")).best
    assert best is not None
    assert told["best"]["trial"] == best[0]
    assert told["best"]["validation_loss"] == best[2]
    run(place, "search-results", "first", "--out", place / "trials.tsv")
    table = pd.read_csv(place / "trials.tsv", sep="\t")
    assert (table["outcome"].isin(("trained", "pruned"))).sum() == 3
    code, out, err = run(
        place, "search-train", "first", "better", "--folds", 0, "--runs", 1, "--epochs", 2,
        "--workers", 1,
    )  # fmt: skip
    assert code == 0, err
    trained = Ensemble.open(place / "models" / "better")
    assert trained.config.stages == best[1].stages
    assert trained.settings.batch_size == best[1].batch_size
    assert (trained.config.upstream, trained.config.downstream) == (
        best[1].upstream, best[1].downstream
    )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told"), [("[1]", "no bounds by name"), ("{", "is no JSON"), ("{'a'", "no JSON")]
)
def test_a_damaged_space_is_refused(place: Path, content: str, told: str) -> None:
    (place / "space.json").write_text(content)
    code, _, err = run(place, "search", "toy", "first", "--space", place / "space.json")
    assert code == 1
    assert told in err
    assert not (place / "searches").exists()


def test_an_unknown_search_is_said(place: Path) -> None:
    code, _, err = run(place, "search-results", "nosuch")
    assert (code, "There is no search" in err) == (1, True)
    code, _, err = run(place, "search-train", "nosuch", "m")
    assert (code, "There is no search" in err) == (1, True)


def test_analyses_print_tables_and_statements(place: Path) -> None:
    ids = Ensemble.open(place / "models" / "toy-model").predictions.index
    (place / "list.txt").write_text("\n".join([*ids[:10], "NOSUCH"]))
    code, out, _ = run(
        place, "analyses", "gene-set", "toy-model", place / "list.txt", "--out", place / "r.tsv"
    )
    assert code == 0
    assert "10 genes of the list against 30 others" in out
    assert "NOSUCH" in out
    assert pd.read_csv(place / "r.tsv", sep="\t")["in_set"].sum() == 10
    code, out, _ = run(
        place, "analyses", "specific", "toy-model", "Sst", "Vip", "--threshold", 0.3, "--json"
    )
    found = json.loads(out)
    assert code == 0
    assert {row["side"] for row in found["rows"]} == {"A", "B"}
    code, out, err = run(
        place, "analyses", "learning-curve", "toy", "c", "--sizes", "20,30", "--repeats", 1,
        "--epochs", 1, "--architecture", "small", "--json",
    )  # fmt: skip
    assert code == 0, err
    assert [row["size"] for row in json.loads(out)["rows"]] == [20, 30]
    code, _, err = run(place, "analyses", "cross-species", "toy-model", "toy")
    assert (code, "trained on 'toy' itself" in err) == (1, True)
    code, _, err = run(place, "analyses", "cross-species", "toy-model", "toy", "--pair", "Sst")
    assert (code, "pairs nothing" in err) == (1, True)
    code, _, err = run(place, "analyses", "learning-curve", "toy", "d", "--sizes", "a")
    assert (code, "is no number of genes" in err) == (1, True)

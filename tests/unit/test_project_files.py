"""The project's own tools judge the project, never what a user's workspace holds."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("app.py", "pages", "scx_core", "tests", "benchmarks")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of what is linted."""
    for name in (*CODE, "pyproject.toml", "Makefile"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, tmp_path / name)
    return tmp_path


def lint(clone: Path) -> subprocess.CompletedProcess[str]:
    """Run the check of ``make lint``."""
    return subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", *CODE],
        cwd=clone, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_lint_passes_whatever_a_workspace_in_the_clone_is_called_and_holds(clone: Path) -> None:
    """Folders named like modules of the tests looked like first-party code to the import order."""
    names = {path.stem for path in (clone / "tests").glob("*.py")} | {"workspace", "torch"}
    for name in names:
        inside = clone / name / "datasets" / "demo"
        inside.mkdir(parents=True)
        (inside / "notes.py").write_text("import os, sys\nprint( 'mine' )\n")
    result = lint(clone)
    assert result.returncode == 0, result.stdout


def test_lint_sees_an_import_in_the_wrong_order(clone: Path) -> None:
    (clone / "tests" / "wrong.py").write_text('"""W."""\n\nimport torch\nimport numpy\n')
    assert "I001" in lint(clone).stdout


def test_the_makefile_names_the_code_that_is_linted() -> None:
    assert f"CODE := {' '.join(CODE)}\n" in (ROOT / "Makefile").read_text()

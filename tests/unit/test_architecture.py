"""The rule of the house: imports point one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "scx_core").rglob("*.py"))


def imported_modules(path: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return modules


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_core_does_not_import_streamlit_ui_or_pages(path: Path) -> None:
    if "ui" in path.relative_to(ROOT / "scx_core").parts:
        return
    roots = imported_modules(path)
    assert not {name for name in roots if name.split(".")[0] in ("streamlit", "pages", "app")}
    assert not {name for name in roots if name.startswith("scx_core.ui")}


KERNELS = sorted((ROOT / "scx_core" / "kernels").glob("*.py"))


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.name)
def test_kernels_know_only_each_other_and_the_letters(path: Path) -> None:
    ours = {name for name in imported_modules(path) if name.startswith("scx_core")}
    allowed = ("scx_core.errors", "scx_core.sequence.alphabet", "scx_core.kernels")
    assert {name for name in ours if not name.startswith(allowed)} == set()


def test_core_works_where_streamlit_is_not_installed() -> None:
    code = (
        "import sys; sys.modules['streamlit'] = None\n"
        "import scx_core, scx_core.commands, scx_core.jobs, scx_core.demo\n"
        "scx_core.Dataset, scx_core.Ensemble, scx_core.train, scx_core.read_variants\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=120)


def test_importing_the_package_loads_neither_torch_nor_scanpy() -> None:
    code = (
        "import sys, scx_core, scx_core.commands\n"
        "heavy = {'torch', 'scanpy', 'anndata', 'streamlit'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(heavy)) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, timeout=120, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_no_file_is_larger_than_two_rooms() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in [*CORE, *(ROOT / "pages").glob("*.py")]
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert not long


#: Readers of files that a person gives. A page runs them in a process of their own.
READERS = {
    "preview", "annotation_columns", "check_beginnings",
    "add_region_set", "describe_release", "find_layout", "import_and_tell", "import_keras",
    "import_model", "look_at_release", "open_hdf5", "open_variants",
    "predict_windows", "read_all_windows", "read_annotation", "read_annotation_table",
    "read_beginning", "read_bed", "read_cage_peaks", "read_checkpoint", "read_delimited",
    "read_expression", "read_families", "read_header", "read_keras", "read_labels", "read_matrix",
    "read_outside", "read_partners", "read_regions", "register", "register_chain",
}  # fmt: skip
UI = sorted((ROOT / "scx_core" / "ui").glob("*.py"))


@pytest.mark.parametrize("path", UI, ids=lambda path: path.name)
def test_pages_call_no_reader_of_files_in_the_server(path: Path) -> None:
    called = {
        node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    assert not called & READERS, "use scx_core.isolation.run_isolated"

"""Importing in a browser: choose files, be refused, import, open; uploads leave the memory."""

import os
import time
from pathlib import Path

import pytest
import workspace as toy

from scx_core.import_folder import set_import_root
from scx_core.jobs import list_jobs
from scx_core.store import Workspace

pytestmark = pytest.mark.browser


@pytest.fixture
def place(tmp_path) -> Workspace:
    """A workspace without anything, and a folder of files beside it."""
    toy.write_inputs(tmp_path / "data")
    (tmp_path / "data" / ".hidden.fa").write_text(">secret\nACGT\n")
    (tmp_path / "data" / "wrong.tsv").write_text("gene\tSst\nA\t1.5\nB\t2\n")
    return Workspace(tmp_path / "ws")


def choose(tab, key: str, name: str) -> None:
    """Choose a file by typing its name."""
    box = tab.page.locator(f".st-key-{key} input")
    box.click()
    box.press_sequentially(name, delay=20)
    tab.page.get_by_role("option", name=name, exact=True).first.click()
    tab.settle()


def write(tab, key: str, text: str) -> None:
    box = tab.page.locator(f".st-key-{key} input")
    box.fill(text)
    box.press("Enter")
    tab.settle()


def button(tab, key: str) -> None:
    tab.page.locator(f".st-key-{key} button").first.click()
    tab.settle()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_from_the_import_folder_to_an_open_dataset(open_tab, start, place, theme):
    tab = open_tab(theme, start(place.root).url)
    tab.visit("datasets")
    assert "No import folder is set on this server" in tab.text()
    tab.picture(f"import-nothing-{theme}")
    set_import_root(place, str(place.root.parent / "data"))  # as scx app --import-root does
    tab.visit("datasets")
    assert f"below {place.root.parent / 'data'}" in tab.text()
    tab.page.locator(".st-key-import_genome input").click()
    assert tab.page.get_by_role("option").all_inner_texts() == ["toy.fa"]
    tab.page.keyboard.press("Escape")
    for use, name in (
        ("genome", "toy.fa"),
        ("annotation", "wrong.tsv"),
        ("expression", "toy.h5ad"),
    ):
        choose(tab, f"import_{use}", name)
    write(tab, "import_name", "mine")
    button(tab, "import_start")
    tab.page.wait_for_selector("text=was given as the annotation")
    assert "give it as the expression" in tab.text()
    assert list_jobs(place) == []
    tab.picture(f"import-refused-{theme}")
    choose(tab, "import_annotation", "toy.tss.tsv")
    button(tab, "import_start")
    tab.page.wait_for_selector("text=The import is finished.")
    tab.page.wait_for_selector("text=80 genes × 5 populations")
    tab.settle()
    assert "Dataset: mine" in tab.text() or "dataset=mine" in tab.page.url
    tab.picture(f"import-finished-{theme}")
    tab.page.get_by_role("link", name="Train", exact=True).click()
    tab.page.wait_for_url("**/training?**dataset=mine**")
    assert not tab.complaints


def memory_of(process) -> float:
    """Megabytes that a process holds."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1e3
    raise AssertionError("no VmRSS")


def wait_until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.2)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_uploads_leave_the_memory_of_the_server(open_tab, start, place, tmp_path, monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "2")
    # As `make app` starts it: freed memory stays with the process unless it is given back.
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "4294967296")
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "8589934592")
    large = tmp_path / "large.fa"
    large.write_bytes(b">chr1\n" + os.urandom(90_000_000).hex().encode()[:90_000_000])
    started = start(place.root)
    tab = open_tab(url=started.url)
    tab.visit("datasets")
    before = memory_of(started.process)
    tab.page.get_by_role("button", name="Upload files").click()
    tab.page.locator(".st-key-upload_genome input[type=file]").set_input_files(large)
    tab.page.wait_for_selector("text=First sequence", state="attached")
    assert [path.name for path in (place.root / "uploads").glob("*/*")] == ["large.fa"]
    wait_until(lambda: memory_of(started.process) < before + 60)
    assert not tab.complaints


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_uploads_of_visitors_who_are_gone_are_let_go(open_tab, start, tmp_path, monkeypatch):
    monkeypatch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "2")
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "4294967296")
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "8589934592")
    # One arena: what is free at the end of another one stays with the process, free as it is.
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    archive = tmp_path / "archive.h5"
    archive.write_bytes(os.urandom(45_000_000))
    started = start(tmp_path / "ws")
    tab = open_tab(url=started.url)
    tab.visit("scan")
    before = memory_of(started.process)
    tab.page.locator(".st-key-published_file input[type=file]").set_input_files(archive)
    tab.page.wait_for_selector("text=archive.h5")
    wait_until(lambda: memory_of(started.process) > before + 30)
    tab.page.close()
    wait_until(lambda: memory_of(started.process) < before + 20)

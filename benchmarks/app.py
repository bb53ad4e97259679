"""The app in a real server and a real browser: how long a click takes, on the whole worm."""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from benchmarks.measure import REAL, ROOT, run_python, time_call
from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.figures.files import FORMATS, render
from scx_core.figures.overview import overview_figure
from scx_core.figures.pooling import pool_populations
from scx_core.figures.regions import regions_in_window

_POPULATIONS = 20
_GENES = 8
_SESSIONS = 10
#: Every chart of the page stands, belongs to this run of the script, and says what it shall say.
_DRAWN = """([words, keys]) => {
  const app = document.querySelector('.stApp');
  if (!app || app.dataset.testScriptState !== 'notRunning') return false;
  if (!document.querySelector('[data-testid=stMain]').innerText.includes(words)) return false;
  if (document.querySelector('[data-testid=stMain] [data-stale=true]')) return false;
  return keys.every(key => document.querySelector(`.st-key-${key} .main-svg`));
}"""
_DETAIL_RANGE = (
    "() => String(document.querySelector('.st-key-detail:not([data-stale=true]) .js-plotly-plot')"
    "?._fullLayout?.xaxis.range)"
)
_GENE_CHARTS = ["overview", "detail"]


def main() -> None:
    """Measure and print, beside the bars and a page that draws nothing."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    worm = REAL / "worm"
    if chromium is None or not worm.is_dir():
        print("app: skipped, Chromium or the real inputs are not on this machine")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        ensemble = _workspace(place, worm)
        with _server(place) as (process, url), sync_playwright() as manager:
            browser = manager.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            baseline = _page_switches(page, url)
            _mutagenesis(page, url, ensemble, baseline)
            _scatter(page, url, Ensemble.open(place / "models" / "whole"), baseline)
            _sessions(browser, url, ensemble, process)
            browser.close()
        _files(place, ensemble)


def _workspace(place: Path, worm: Path) -> Ensemble:
    """Import 20 populations of the worm; train five runs of a fold, and a run of each, an epoch long."""
    table = pd.read_csv(worm / "cengen.tpm.tsv.gz", sep="\t", index_col=0)
    table.iloc[:, :_POPULATIONS].to_csv(place / "twenty.tsv.gz", sep="\t")
    short = ["--split", "chromosome", "--epochs", "1", "--runs"]
    for words in (
        ["import", "worm", "--genome", worm / "ce10.fa.gz", "--annotation",
         worm / "WS220.tss.tsv.gz", "--expression", place / "twenty.tsv.gz", "--normalize", "none"],
        ["train", "worm", "five", *short, "5", "--folds", "chrIV"],
        ["train", "worm", "whole", *short, "1"],
    ):  # fmt: skip
        run_python(["-m", "scx_core", "--workspace", str(place), *map(str, words)])
    return Ensemble.open(place / "models" / "five")


@contextmanager
def _server(place: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ, "SCX_WORKSPACE": str(place),
        "MALLOC_MMAP_THRESHOLD_": "4294967296", "MALLOC_TRIM_THRESHOLD_": "8589934592",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port),
         "--server.address", "127.0.0.1"],
        cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                    break
            except OSError:
                time.sleep(0.25)
        yield process, url
    finally:
        process.terminate()
        process.wait(timeout=30)


def _visit(page: Any, url: str, words: str, keys: list[str]) -> None:
    page.goto(url)
    page.wait_for_function(_DRAWN, arg=[words, keys], timeout=120_000)


def _time(page: Any, act: Callable[[], object], words: str, keys: list[str]) -> float:
    """Seconds from an act to the page that follows, all of it drawn."""
    started = time.perf_counter()
    act()
    page.wait_for_function(_DRAWN, arg=[words, keys], timeout=120_000, polling="raf")
    return time.perf_counter() - started


def _say(what: str, seconds: list[float], bar: float, baseline: float) -> None:
    median = statistics.median(seconds)
    print(
        f"app: {what}: median {median:.2f} s, largest {max(seconds):.2f} s of {len(seconds)} (bar "
        f"{bar} s); {median / baseline:.1f} x the switch to a page of text ({baseline:.2f} s)"
    )


def _page_switches(page: Any, url: str) -> float:
    """Time the navigation; gives the seconds of the page without charts."""
    pages = {
        "Predictions": ("Predictions", ["scatter"]), "Mutagenesis": ("Mutagenesis", _GENE_CHARTS),
        "Datasets": ("Datasets", ["histogram"]), "Guide": ("Guide and glossary", []),
    }  # fmt: skip
    seconds: dict[str, list[float]] = {name: [] for name in pages}
    _visit(page, url, "DNA", [])
    for _ in range(4):
        for name, (words, keys) in pages.items():
            link = page.locator('[data-testid="stSidebarNavLink"]', has_text=name).first
            seconds[name].append(_time(page, link.click, words, keys))
    baseline = statistics.median(seconds["Guide"][1:])
    for name, taken in seconds.items():
        _say(f"switch to {name}", taken[1:], 1.0, baseline)
    return baseline


def _mutagenesis(page: Any, url: str, ensemble: Ensemble, baseline: float) -> None:
    dataset = Dataset.open(ensemble.path.parents[1] / "datasets" / ensemble.dataset_name)
    tested = dataset.genes.loc[ensemble.predictions.index]
    names = tested["gene_name"][~tested["gene_name"].duplicated(keep=False)].iloc[::40][:_GENES]
    _visit(page, f"{url}/gene?model=five&gene={names.iloc[0]}", f"{names.index[0]} ·", _GENE_CHARTS)

    def choose(name: str) -> Callable[[], None]:
        box = page.locator(".st-key-gene input")
        box.click()
        box.fill(name)
        page.wait_for_timeout(400)
        return lambda: box.press("Enter")

    for what in ("a gene not seen before", "a gene seen before"):
        taken = [
            _time(page, choose(name), f"{gene_id} ·", _GENE_CHARTS)
            for gene_id, name in [*names.items()][1:] + [*names.items()][:1]
        ]
        _say(f"{what} ({_POPULATIONS} populations, 5 runs)", taken, 1.5, baseline)
    taken = []
    for number in range(5):
        box = page.locator(".st-key-overview .nsewdrag").first.bounding_box()
        left, height = box["x"] + box["width"] * (0.3 + 0.08 * number), box["y"] + box["height"] / 3
        page.mouse.move(left, height)
        page.mouse.down()
        page.mouse.move(left + 0.03 * box["width"], height, steps=4)
        before = page.evaluate(f"({_DETAIL_RANGE})()")
        started = time.perf_counter()
        page.mouse.up()
        page.wait_for_function(
            f"before => ({_DETAIL_RANGE})() !== before",
            arg=before, timeout=60_000, polling="raf",
        )  # fmt: skip
        taken.append(time.perf_counter() - started)
        page.wait_for_timeout(500)
    _say("drag a region, to its letters", taken, 0.5, baseline)


def _scatter(page: Any, url: str, whole: Ensemble, baseline: float) -> None:
    _visit(page, f"{url}/predictions?model={whole.name}", "Predictions", ["scatter"])
    taken = []
    for name in whole.populations[1:6]:
        box = page.locator(".st-key-population input")
        box.click()
        box.fill(name)
        page.wait_for_timeout(400)
        taken.append(
            _time(page, lambda box=box: box.press("Enter"), f"All genes in {name}", ["scatter"])
        )
    n = len(whole.predictions)
    _say(f"scatter of {n:,} genes, another population", taken, 1.5, baseline)


def _sessions(browser: Any, url: str, ensemble: Ensemble, process: subprocess.Popen) -> None:
    """Let ten people look at a gene each."""
    before = _resident(process.pid)
    contexts = [browser.new_context() for _ in range(_SESSIONS)]
    for context, gene_id in zip(contexts, ensemble.predictions.index[::97], strict=False):
        page = context.new_page()
        _visit(page, f"{url}/gene?model=five&gene={gene_id}", f"{gene_id} ·", _GENE_CHARTS)
        _visit(page, f"{url}/predictions?model=five&gene={gene_id}", "Predictions", ["scatter"])
    print(
        f"app: {_SESSIONS} sessions, two pages each: {_resident(process.pid) / 1e9:.2f} GB in all "
        f"(bar 3 GB), {before / 1e9:.2f} GB with one"
    )
    for context in contexts:
        context.close()


def _resident(pid: int) -> int:
    """Resident memory of a process and its children, in bytes."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except OSError:
            continue  # it has ended
        if pid in (int(fields["Pid"]), int(fields["PPid"])) and "VmRSS" in fields:
            total += int(fields["VmRSS"].split()[0]) * 1024
    return total


def _files(place: Path, ensemble: Ensemble) -> None:
    """Time the mutagenesis figure as files for a journal, beside drawing the same on screen."""
    dataset = Dataset.open(place / "datasets" / ensemble.dataset_name)
    effects = ensemble.saturation_mutagenesis(dataset, ensemble.predictions.index[0])
    regions = regions_in_window(
        dataset.regions, effects.chromosome, effects.positions, effects.genome_positions
    )
    pooled = pool_populations(
        effects.values, effects.positions, effects.populations, effects.populations
    )

    first = effects.values[:, :, 0]  # noqa: PD011, an array

    def figure() -> go.Figure:
        return overview_figure(
            first, effects.positions, effects.genome_positions, pooled, regions,
            "light", chromosome=effects.chromosome,
        )  # fmt: skip

    baseline = time_call(lambda: figure().to_json())
    for form in FORMATS:
        seconds = time_call(lambda form=form: render(figure(), form, 183, title="a"))
        print(
            f"app: the mutagenesis figure as {form}: {seconds:.2f} s (bar 1.5 s); "
            f"{seconds / baseline:.1f} x making it for the screen ({baseline:.3f} s)"
        )


if __name__ == "__main__":
    main()

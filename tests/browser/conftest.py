"""The app in a real server and a real browser."""

import io
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from scx_core.demo import build

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--no-first-run", "--no-default-browser-check",
]  # fmt: skip
#: Streamlit looks for its own addresses below the page's first, and finds them at the root.
EXPECTED_404 = ("_stcore/health", "_stcore/host-config")


@dataclass
class Server:
    """A running app."""

    url: str
    folder: Path
    process: subprocess.Popen

    def stop(self) -> None:
        """End it as a system does that stops a service."""
        self.process.terminate()
        self.process.wait(timeout=20)


def start_server(folder: Path, log: Path) -> tuple[subprocess.Popen, str]:
    """Start the app as ``make app`` does, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "SCX_WORKSPACE": str(folder)}
    environment.pop("SCX_IMPORT_ROOT", None)
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "scx_core/ui/server.py", "--server.port",
             str(port), "--server.address", "127.0.0.1"],
            cwd=ROOT, env=environment, stdout=file, stderr=subprocess.STDOUT,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    for _ in range(240):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return process, url
        except OSError:
            time.sleep(0.25)
    process.kill()
    process.wait()
    raise RuntimeError(f"The app did not start:\n{log.read_text()}")


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[[Path], Server]]:
    """Start servers of one test."""
    servers: list[Server] = []

    def started(folder: Path) -> Server:
        process, url = start_server(folder, tmp_path / f"server{len(servers)}.log")
        servers.append(Server(url, folder, process))
        return servers[-1]

    yield started
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def module_server(tmp_path_factory) -> Iterator[Callable[[Path], Server]]:
    """Start servers that all tests of a module share."""
    servers: list[Server] = []

    def started(folder: Path) -> Server:
        process, url = start_server(folder, tmp_path_factory.mktemp("log") / "server.log")
        servers.append(Server(url, folder, process))
        return servers[-1]

    yield started
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def folder(tmp_path_factory) -> Path:
    """Workspace that the browser sees: the demonstration, with the weights that ship."""
    root = tmp_path_factory.mktemp("browser")
    build(root)
    return root


@pytest.fixture(scope="session")
def server(folder, tmp_path_factory) -> Iterator[Server]:
    """The app on the workspace."""
    process, url = start_server(folder, tmp_path_factory.mktemp("log") / "server.log")
    server = Server(url, folder, process)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium, or a skip that says why not."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; apt-get install chromium brings one")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as manager:
        opened = manager.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@dataclass
class Visitor:
    """A tab that notes what a page must not do."""

    page: object
    url: str
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note console errors and requests that leave the machine."""
        self.page.on("console", self._heard)
        self.page.on("request", self._sent)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))

    def _heard(self, message) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not where.endswith(EXPECTED_404):
            self.complaints.append(f"console: {message.text} ({where})")

    def _sent(self, request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws"), "data:", "blob:")):
            self.complaints.append(f"request: {request.url}")

    def visit(self, page: str = "", **query: str) -> None:
        """Open a page and wait until it is drawn."""
        text = "&".join(f"{name}={value}" for name, value in query.items())
        self.page.goto(f"{self.url}/{page}?{text}")
        self.page.wait_for_selector("h1")
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and the charts are drawn."""
        self.page.wait_for_timeout(400)
        self.page.wait_for_selector('.stApp[data-test-script-state="notRunning"]')
        self.page.wait_for_function(
            "() => [...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
            ".every(chart => chart.querySelector('.main-svg'))",
        )
        self.page.wait_for_timeout(300)

    def chart(self, key: str) -> None:
        """Wait until a chart is drawn."""
        self.page.wait_for_selector(f".st-key-{key}:not([data-stale=true]) .main-svg")
        self.settle()

    def text(self) -> str:
        """All text of the page."""
        return self.page.inner_text('[data-testid="stMain"]')

    def layout(self, key: str, path: str):
        """A value of a drawn chart's layout, such as ``xaxis.range``."""
        return self.page.evaluate(
            """([key, path]) => {
              const chart = document.querySelector(
                `.st-key-${key}:not([data-stale=true]) .js-plotly-plot`);
              if (!chart || !chart._fullLayout) return null;
              return path.split('.').reduce((value, name) => value[name], chart._fullLayout);
            }""",
            [key, path],
        )

    def picture(self, name: str) -> None:
        """Write a screenshot of the whole page where SCX_SCREENSHOTS names a folder."""
        target = os.environ.get("SCX_SCREENSHOTS")
        if not target:
            return
        Path(target).mkdir(parents=True, exist_ok=True)
        height = self.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        self.page.set_viewport_size({"width": 1440, "height": min(max(height, 800), 3000)})
        self.settle()
        taken = Image.open(io.BytesIO(self.page.screenshot()))
        # 256 colours do for a page, in a third of the bytes.
        taken.convert("RGB").quantize(256).save(Path(target) / f"{name}.png", optimize=True)
        self.page.set_viewport_size({"width": 1440, "height": 1000})


@pytest.fixture
def open_tab(browser, server) -> Iterator[Callable[..., Visitor]]:
    """Open tabs, each in a session of its own."""
    contexts = []

    def opened(theme: str = "light", url: str = server.url) -> Visitor:
        context = browser.new_context(
            viewport={"width": 1440, "height": 1000}, color_scheme=theme, accept_downloads=True
        )
        contexts.append(context)
        # One time for all waits, long enough for a machine that is busy with other work.
        context.set_default_timeout(120_000)
        visitor = Visitor(context.new_page(), url)
        visitor.watch()
        return visitor

    yield opened
    for context in contexts:
        context.close()

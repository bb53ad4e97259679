"""A training as a person has it: start, watch, reload, cancel, resume; the server may go and come."""

import re
import shutil
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from scx_core.jobs import ACTIVE, Job, list_jobs
from scx_core.store import Workspace

pytestmark = pytest.mark.browser

#: Some 30 s on two idle cores: enough to be watched, cancelled and resumed, by a slow page too.
EPOCHS = 160


@pytest.fixture
def place(folder, tmp_path) -> Path:
    """A workspace to train in: the demonstration's dataset, no model yet."""
    shutil.copytree(folder / "datasets", tmp_path / "ws" / "datasets")
    yield tmp_path / "ws"
    for job in list_jobs(Workspace(tmp_path / "ws")):
        job.cancel()


def fill(tab, key: str, value: object) -> None:
    """Type into a field and leave it."""
    field = tab.page.locator(f".st-key-{key} input")
    field.fill(str(value))
    field.press("Enter")
    tab.settle()


def epochs_drawn(tab) -> int:
    """Epochs in the curves that are on the screen."""
    return tab.page.evaluate(
        """() => {
          const chart = document.querySelector('[class*=st-key-losses_] .js-plotly-plot');
          if (!chart || !chart._fullData) return 0;
          const line = chart._fullData.find(trace => trace.name === 'validation genes');
          return line ? [...line.x].filter(x => Number.isFinite(x)).length : 0;
        }"""
    )


def wait_until(tab, holds, what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        tab.page.wait_for_timeout(100)
    raise AssertionError(f"waited in vain for {what}; the page says:\n{tab.text()}")


def wait_for_text(tab, text: str, seconds: float = 90) -> None:
    wait_until(tab, lambda: text in tab.text(), repr(text), seconds)


def start_training(tab) -> None:
    tab.visit("training")
    tab.page.get_by_text("my own").click()
    tab.page.wait_for_selector(".st-key-train_runs_small_random")
    fill(tab, "train_runs_small_random", 2)
    tab.page.locator(".st-key-train_advanced summary").click()
    fill(tab, "adv_epochs_small_own", EPOCHS)
    tab.page.locator(".st-key-train_start button").click()
    wait_for_text(tab, "It goes on when this page is closed.")


def test_training_survives_reload_cancel_and_the_end_of_its_server(open_tab, start, place):
    first = start(place)
    tab = open_tab(url=first.url)
    start_training(tab)
    (job,) = list_jobs(Workspace(place))

    wait_until(tab, lambda: epochs_drawn(tab) >= 2, "the first epochs")
    seen = epochs_drawn(tab)
    wait_until(tab, lambda: epochs_drawn(tab) > seen, "the curve to move")
    assert "of 2 models" in tab.text()

    tab.page.locator(f".st-key-cancel_{job.id} button").click()
    wait_for_text(tab, "was cancelled")
    assert job.state == "cancelled"
    tab.picture("training-cancelled-light")
    done = len(job.metrics)
    assert 0 < done < 2 * EPOCHS

    tab.page.locator(f".st-key-resume_{job.id} button").click()
    wait_for_text(tab, "It goes on when this page is closed.")
    other = open_tab("dark", url=first.url)
    other.visit("training", job=quote(f"demo-small · {job.id}"))
    for page in (tab, other):
        wait_until(page, lambda page=page: epochs_drawn(page) > done, "the training to go on")
    tab.page.reload()
    wait_until(tab, lambda: epochs_drawn(tab) > done, "the curve after a reload")
    tab.picture("training-running-light")
    other.picture("training-running-dark")
    complaints = tab.complaints + other.complaints

    first.stop()
    done = len(job.metrics)
    wait_until(
        tab, lambda: len(job.metrics) > done or not is_active(job), "epochs without a server"
    )
    second = start(place)
    later = open_tab(url=second.url)
    later.visit("training")
    wait_for_text(later, "is finished.", 300)
    later.settle()
    assert epochs_drawn(later) == 2 * EPOCHS
    told = later.text()
    assert "2 of 2 models trained" in told
    assert re.search(r"On n = 400 genes that it never saw, .* r = 0\.\d\d", told)
    assert "For comparison (r): counting 5-mers gives 0." in told
    later.page.wait_for_selector("text=/1 fold × 1 run × 10 epochs · about/")
    later.picture("training-finished-light")
    later.page.get_by_text("See its predictions").click()
    later.page.wait_for_selector(".st-key-scatter .main-svg")
    assert "demo-small" in later.page.url
    assert complaints == later.complaints == []


def is_active(job: Job) -> bool:
    return job.state in ACTIVE

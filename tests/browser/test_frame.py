"""Gene search, links and a server that goes away, in a real browser."""

import os
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.browser


def open_link(tab, link: str) -> None:
    """Open an address and wait until it is drawn."""
    tab.page.goto(link)
    tab.page.wait_for_selector("h1")
    tab.settle()


def warnings(tab) -> list[str]:
    """What the page says about the link."""
    boxes = tab.page.locator('[data-testid="stAlert"]').all_inner_texts()
    return [text for text in boxes if "The link" in text]


def test_slash_and_search_lead_from_any_page_to_a_gene(open_tab):
    tab = open_tab()
    tab.visit("help")
    tab.page.keyboard.press("/")
    tab.page.keyboard.type("demo0012")
    tab.page.keyboard.press("Enter")
    tab.page.wait_for_selector("h1 >> text=Mutagenesis")
    tab.chart("detail")
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(tab.page.url).query)["gene"] == ["DEMO0012"]
    # A slash in a field is a slash.
    field = tab.page.locator(".st-key-find_gene input")
    field.fill("a")
    field.press("End")
    tab.page.keyboard.press("/")
    assert field.input_value() == "a/"
    field.fill("demo0013")
    field.press("Enter")
    tab.page.wait_for_url("**gene=DEMO0013**")
    tab.page.get_by_role("link", name="Predictions").click()
    tab.page.wait_for_selector("h1 >> text=Predictions")
    tab.settle()
    field.fill("demo0012")
    field.press("Enter")
    tab.page.wait_for_url("**/gene?**gene=DEMO0012**")
    tab.chart("detail")
    assert tab.complaints == []


def test_a_link_with_another_digest_shows_the_view_and_says_so(open_tab):
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    tab.page.get_by_text("Link to this view").click()
    link = tab.page.locator('[data-testid="stCode"]').last.inner_text().strip()
    parts = urllib.parse.urlsplit(link)
    parameters = dict(urllib.parse.parse_qsl(parts.query))
    assert len(parameters["dataset_digest"]) == len(parameters["model_digest"]) == 12

    same = open_tab()
    open_link(same, link)
    assert warnings(same) == []

    other = open_tab("dark")
    changed = urllib.parse.urlencode({**parameters, "model_digest": "0" * 12})
    open_link(other, parts._replace(query=changed).geturl())
    other.chart("detail")
    (said,) = warnings(other)
    assert "another model under the name" in said
    assert "000000000000" in said
    # On another page it is no longer that view.
    other.page.get_by_role("link", name="Predictions").click()
    other.page.wait_for_selector("h1 >> text=Predictions")
    other.settle()
    assert warnings(other) == []
    # The gene came along.
    assert other.page.locator(".st-key-gene input").first.input_value() == parameters["gene"]
    assert other.complaints == []


def test_a_dataset_deleted_under_an_open_page(open_tab, start, folder, tmp_path):
    shutil.copytree(folder / "datasets", tmp_path / "ws" / "datasets")
    shutil.copytree(folder / "models", tmp_path / "ws" / "models")
    server = start(tmp_path / "ws")
    tab = open_tab(url=server.url)
    tab.visit("gene")
    tab.chart("detail")
    shutil.rmtree(tmp_path / "ws" / "datasets")
    field = tab.page.locator(".st-key-find_gene input")
    field.fill("demo0013")
    field.press("Enter")
    tab.settle()
    assert "was deleted or renamed while this page was open" in tab.text()
    assert tab.page.locator('[data-testid="stException"]').count() == 0


def test_a_server_started_again_under_an_open_page(open_tab, start, folder):
    server = start(folder)
    tab = open_tab(url=server.url)
    tab.visit("gene", gene="DEMO0012")
    tab.chart("detail")
    server.stop()
    tab.page.wait_for_timeout(1000)
    server.process = subprocess.Popen(
        server.process.args, cwd=ROOT, env={**os.environ, "SCX_WORKSPACE": str(folder)}
    )
    tab.page.wait_for_selector('.stApp[data-test-connection-state="CONNECTED"]')
    tab.settle()
    tab.chart("detail")
    assert "DEMO0012" in tab.text()
    assert tab.page.locator('[data-testid="stException"]').count() == 0


def test_a_link_to_a_box_far_below_opens_it_there(open_tab):
    tab = open_tab()
    tab.visit("")
    tab.page.get_by_role("link", name="Import a published release").click()
    tab.page.wait_for_function(
        """() => {
          const found = document.querySelector(".st-key-published details[open]");
          const place = found?.getBoundingClientRect();
          return place && place.top >= 0 && place.top < innerHeight - 200;
        }""",
        timeout=60_000,
    )
    tab.page.wait_for_timeout(3000)
    top = tab.page.locator(".st-key-published").bounding_box()["y"]
    assert 0 <= top < 800
    tab.page.mouse.move(700, 500)
    tab.page.mouse.wheel(0, -4000)  # the person goes where she likes
    tab.page.wait_for_timeout(1500)
    assert tab.page.locator(".st-key-published").bounding_box()["y"] > top
    assert tab.complaints == []

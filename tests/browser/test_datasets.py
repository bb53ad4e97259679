"""The Datasets page in a browser: rows are ticked, files arrive."""

import hashlib

import pytest
from file_server import serve, source_list

pytestmark = pytest.mark.browser
CONTENT = b">chr1\nACGT\n" * 1000


def tick(tab, key: str, row: int) -> None:
    """Tick a row of a table; tables are drawn on a canvas, the boxes stand at its left."""
    table = tab.page.locator(f".st-key-{key} [data-testid=stDataFrame]")
    table.scroll_into_view_if_needed()
    table.click(position={"x": 16, "y": 35 * (row + 1) + 17})
    tab.settle()


def test_ticked_population_is_drawn(open_tab):
    tab = open_tab()
    tab.visit("datasets")
    tab.chart("similarity")
    tab.picture("datasets")
    tick(tab, "population_table", 2)
    name = tab.page.locator(".st-key-population input").input_value()
    assert f"A gene never seen in {name} " in tab.text()
    tick(tab, "population_table", 4)
    assert tab.page.locator(".st-key-population input").input_value() != name
    assert not tab.complaints


def test_ticked_gene_opens_the_mutagenesis_page(open_tab):
    tab = open_tab()
    tab.visit("datasets", search="1")
    tab.chart("similarity")
    tick(tab, "gene_table", 1)
    tab.page.wait_for_url("**/gene**")
    assert not tab.complaints


def test_public_data_arrive_with_progress(open_tab, start, tmp_path, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serve(files={"/toy.fa": CONTENT}) as public:
        entry = {
            "url": f"{public.url}/toy.fa", "file": "toy.fa", "title": "A toy genome",
            "digest": f"sha256:{hashlib.sha256(CONTENT).hexdigest()}",
        }  # fmt: skip
        monkeypatch.setenv("SCX_SOURCES", source_list(tmp_path / "list.json", toy=entry))
        tab = open_tab(url=start(tmp_path / "ws").url)
        tab.visit("datasets", fetch="true")
        tab.page.set_viewport_size({"width": 1440, "height": 1500})
        tab.page.wait_for_selector("text=Annotation of the human genome")
        box = tab.page.locator(".st-key-fetch_source input")
        box.click()
        box.press_sequentially("toy", delay=50)
        tab.page.get_by_role("option", name="A toy genome").click()
        tab.page.wait_for_selector("text=A file for tests.")
        tab.settle()
        tab.page.click(".st-key-fetch_start button")
        tab.page.wait_for_selector("text=The transfer is finished.")
        tab.settle()
        tab.picture("fetch")
    assert (tmp_path / "ws" / "sources" / "toy.fa").read_bytes() == CONTENT
    assert not tab.complaints

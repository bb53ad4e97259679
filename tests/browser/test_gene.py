"""The Mutagenesis page in a browser: jump, difference, what if, files for other programs."""

import numpy as np
import pybigtools
import pytest

from scx_core.dataset import Dataset
from scx_core.figures.regions import regions_in_window

pytestmark = pytest.mark.browser


def fill(tab, key: str, text: str) -> None:
    """Type into a box and wait until the page has followed."""
    box = tab.page.locator(f".st-key-{key} input").first
    box.fill(text)
    box.press("Enter")
    tab.settle()


def test_jump_to_a_place_relative_to_the_start_and_to_a_region_by_name(open_tab, folder):
    dataset = Dataset.open(folder / "datasets" / "demo")
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    fill(tab, "region", "-217")
    assert tab.layout("detail", "xaxis.range") == [-267.5, -166.5]
    # The place is marked on the track, which does not move.
    shapes = tab.layout("overview", "shapes")
    assert any(shape["x0"] == -267.5 and shape["x1"] == -166.5 for shape in shapes)
    gene = dataset.genes[dataset.genes["gene_name"] == tab.page.input_value(".st-key-gene input")]
    row = gene.iloc[0]
    length = dataset.windows.shape[1]
    positions = np.arange(length) - dataset.upstream
    sign = 1 if row["strand"] == "+" else -1
    here = regions_in_window(
        dataset.regions, str(row["chromosome"]), positions, int(row["tss"]) + sign * positions
    )
    fill(tab, "region", str(here["name"].iloc[0]))
    first, last = tab.layout("detail", "xaxis.range")
    assert (first, last) == (here["start"].iloc[0] - 0.5, here["end"].iloc[0] - 0.5)
    assert tab.complaints == []


def test_difference_of_two_populations_follows_the_link(open_tab):
    tab = open_tab("dark")
    tab.visit("gene", track="mean")
    tab.chart("detail")
    tab.page.locator(".st-key-compare input").click()
    tab.page.get_by_role("option").nth(1).click()
    tab.settle()
    assert "minus" in tab.text()
    assert tab.layout("overview", "yaxis.title.text") == "Difference of Δ log10"
    tab.page.get_by_text("Link to this view").click()
    link = tab.page.locator('[data-testid="stCode"]').last.inner_text().strip()
    assert "&compare=" in link
    assert "&track=mean" in link
    other = open_tab()
    other.page.goto(link)
    other.page.wait_for_selector(".st-key-detail .main-svg")
    other.settle()
    assert "minus" in other.text()
    assert "the mean of the three substitutions" in other.text()
    assert tab.complaints == other.complaints == []


def test_what_if_moves_the_prediction_and_goes_back(open_tab):
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    tab.page.get_by_text("were different?").click()
    tab.page.get_by_role("button", name="Take the letters shown").click()
    tab.settle()
    box = tab.page.locator('[class*="st-key-what_if_sequence"] textarea')
    assert len(box.input_value()) == 101
    box.fill("A" * 101)
    box.press("Control+Enter")
    tab.chart("what_if_tracks")
    assert "letters changed between" in tab.text()
    assert "the prediction goes from" in tab.text()
    tab.picture("gene-what-if-light")
    tab.page.get_by_role("button", name="Back to the gene as it is").click()
    tab.settle()
    assert "the prediction goes from" not in tab.text()
    assert box.input_value() == ""
    assert tab.complaints == []


def test_track_for_genome_browsers_can_be_read_back(open_tab, tmp_path):
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    tab.page.get_by_text("For other programs").click()
    with tab.page.expect_download() as waiting:
        tab.page.get_by_role("button", name="bigWig").click()
    target = tmp_path / "track.bw"
    waiting.value.save_as(target)
    with pybigtools.open(str(target)) as track:
        assert len(track.chroms()) == 1
    assert waiting.value.suggested_filename.endswith(".bw")


def test_a_click_in_the_heat_map_or_the_table_is_followed(open_tab):
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    for row in (3, 1):  # the second in a chart that was drawn anew
        place = tab.page.evaluate(
            """row => {
              const chart = document.querySelector('.st-key-overview .js-plotly-plot');
              const map = chart._fullData.find((trace) => trace.type === 'heatmap');
              const {xaxis, yaxis} = chart._fullLayout._plots[map.xaxis + map.yaxis];
              const corner = chart.getBoundingClientRect();
              return {x: corner.left + xaxis._offset + xaxis._length / 3,
                      y: corner.top + yaxis._offset + yaxis.l2p(row), name: map.y[row]};
            }""",
            row,
        )
        tab.page.mouse.move(place["x"], place["y"])
        tab.page.wait_for_timeout(600)
        tab.page.mouse.click(place["x"], place["y"])
        tab.page.wait_for_function(
            "name => document.querySelector('.st-key-population input').value === name",
            arg=place["name"], timeout=15_000,
        )  # fmt: skip
        tab.settle()
        assert f"In {place['name']}, " in tab.text()
    table = tab.page.locator(".st-key-strongest canvas").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    tab.page.mouse.move(box["x"] + 300, box["y"] + 35 + 35 + 17)  # anywhere in the second row
    tab.page.wait_for_timeout(700)
    tab.page.mouse.click(box["x"] + 300, box["y"] + 35 + 35 + 17)
    tab.page.wait_for_function("() => document.querySelector('.st-key-region input').value")
    tab.settle()
    place = int(tab.page.input_value(".st-key-region input"))
    assert tab.layout("detail", "xaxis.range") == [place - 50.5, place + 50.5]
    assert tab.complaints == []

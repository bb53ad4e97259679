"""What AppTest cannot see: charts, clicks, drags, downloads, themes, the network."""

import re
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "", "datasets", "training", "predictions", "analyses", "search", "gene", "scan", "variants", "help",
)  # fmt: skip
CHARTS = {"datasets": "similarity", "predictions": "one_gene", "gene": "detail"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_drawn_without_complaint(open_tab, theme):
    tab = open_tab(theme)
    for page in PAGES:
        tab.visit(page)
        if page == "variants":
            tab.page.get_by_text("Fill in an example").click()
            tab.settle()
            tab.chart("substitutions")
        if page in CHARTS:
            tab.chart(CHARTS[page])
        assert tab.page.locator('[data-testid="stException"]').count() == 0, page
        ground = tab.page.evaluate(
            "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
        )
        assert ground == ("rgb(255, 255, 255)" if theme == "light" else "rgb(16, 20, 24)")
        tab.picture(f"{page or 'home'}-{theme}")
    assert tab.complaints == []


def test_the_name_of_the_first_page_leads_to_it(open_tab):
    tab = open_tab()
    tab.visit("home")
    assert tab.page.get_by_text("Page not found").count() == 0
    assert urlsplit(tab.page.url).path == "/"  # the address names dataset and model behind it
    assert tab.complaints == []


def test_first_visitor_of_a_fresh_server_may_follow_a_deep_link(open_tab, start, folder):
    fresh = start(folder)
    tab = open_tab(url=fresh.url)
    tab.visit("predictions")
    tab.page.wait_for_selector(".st-key-dataset")
    assert tab.page.get_by_text("Page not found").count() == 0
    assert tab.page.get_by_role("link", name="Mutagenesis").is_visible()
    assert tab.complaints == []


def drag(tab, start: float, end: float) -> None:
    """Drag over the track, between two shares of its width."""
    box = tab.page.locator(".st-key-overview .nsewdrag").first.bounding_box()
    y = box["y"] + box["height"] / 3
    left, right = (box["x"] + box["width"] * share for share in (start, end))
    tab.page.mouse.move(left, y)
    tab.page.mouse.down()
    tab.page.mouse.move((left + right) / 2, y, steps=4)
    tab.page.mouse.move(right, y, steps=4)
    tab.page.mouse.up()


def test_dragging_a_region_shows_its_letters(open_tab):
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    track = tab.layout("overview", "xaxis.range")
    before = tab.layout("detail", "xaxis.range")
    drag(tab, 0.30, 0.36)
    tab.page.wait_for_function("() => document.querySelector('.st-key-region input').value")
    tab.settle()
    first, last = tab.layout("detail", "xaxis.range")
    assert [first, last] != before
    length = track[1] - track[0]
    assert first == pytest.approx(track[0] + 0.30 * length, abs=0.01 * length)
    assert last == pytest.approx(track[0] + 0.36 * length, abs=0.01 * length)
    assert "region=" in tab.page.url
    # The track itself stays as it is, with the box drawn on it.
    assert tab.layout("overview", "xaxis.range") == track
    assert tab.complaints == []


def test_a_link_brings_back_gene_population_and_region(open_tab):
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    drag(tab, 0.5, 0.55)
    tab.page.wait_for_function("() => document.querySelector('.st-key-region input').value")
    tab.settle()
    shown = tab.layout("detail", "xaxis.range")
    tab.page.get_by_text("Link to this view").click()
    link = tab.page.locator('[data-testid="stCode"]').last.inner_text().strip()
    assert re.search(r"/gene\?dataset=.+&model=.+&gene=.+&population=.+&region=", link)
    other = open_tab("dark")
    other.page.goto(link)
    other.page.wait_for_selector(".st-key-detail .main-svg")
    other.settle()
    assert other.layout("detail", "xaxis.range") == shown


def test_clicking_a_point_chooses_the_gene(open_tab):
    tab = open_tab()
    tab.visit("predictions")
    tab.chart("scatter")
    place = tab.page.evaluate(
        """() => {
          const chart = document.querySelector('.st-key-scatter .js-plotly-plot');
          const {xaxis, yaxis} = chart._fullLayout, data = chart._fullData[0];
          const corner = chart.getBoundingClientRect();
          // The point farthest from all others: a click there can mean no other gene.
          let best = 0, widest = -1;
          for (let i = 0; i < Math.min(data.x.length, 300); i++) {
            let nearest = Infinity;
            for (let j = 0; j < data.x.length; j++) if (j !== i) {
              const d = Math.hypot(data.x[i] - data.x[j], data.y[i] - data.y[j]);
              if (d < nearest) nearest = d;
            }
            if (nearest > widest) { widest = nearest; best = i; }
          }
          return {x: corner.left + xaxis._offset + xaxis.l2p(data.x[best]),
                  y: corner.top + yaxis._offset + yaxis.l2p(data.y[best]),
                  symbol: data.customdata[best]};
        }"""
    )
    tab.page.mouse.move(place["x"], place["y"])
    tab.page.wait_for_timeout(300)
    tab.page.mouse.click(place["x"], place["y"])
    tab.page.wait_for_function(
        "name => document.querySelector('.st-key-gene input').value === name",
        arg=place["symbol"],
    )  # fmt: skip
    tab.settle()
    assert f"Which letters matter for {place['symbol']}?" in tab.text()
    assert tab.complaints == []


def test_downloaded_table_says_what_it_is(open_tab, tmp_path):
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    with tab.page.expect_download() as waiting:
        tab.page.get_by_text("Strongest positions (TSV)").click()
    target = tmp_path / "table.tsv"
    waiting.value.save_as(target)
    lines = target.read_text(encoding="utf-8").splitlines()
    header = [line for line in lines if line.startswith("# ")]
    assert any(line.startswith("# gene: ") for line in header)
    assert any(line.startswith("# model: ") for line in header)
    assert lines[len(header)].split("\t")[:4] == ["rank", "position", "genome_position", "change"]
    assert len(lines) - len(header) == 51


def test_two_sessions_see_their_own_genes(open_tab, folder):
    from scx_core.ensemble import Ensemble

    model = Ensemble.open(folder / "models" / "demo")
    genes = [str(gene) for gene in model.predictions.index[:2]]
    tabs = [open_tab(), open_tab()]
    for tab, gene in zip(tabs, genes, strict=True):
        tab.visit("gene", gene=gene)
        tab.chart("detail")
    for tab, gene in zip(tabs, genes, strict=True):
        assert gene in tab.text()


def test_letters_of_the_logo_are_vectors_from_this_server(open_tab):
    tab = open_tab()
    tab.visit("gene")
    tab.chart("detail")
    fonts = tab.page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').length")
    assert fonts > 0
    assert tab.page.locator(".st-key-detail .scatterlayer path.js-fill").count() >= 4


def test_first_click_on_an_empty_workspace_makes_the_demonstration(open_tab, start, tmp_path):
    fresh = start(tmp_path / "nothing")
    tab = open_tab(url=fresh.url)
    tab.visit()
    tab.picture("home-empty-light")
    tab.page.get_by_role("button", name="Make the demonstration").click()
    tab.page.get_by_text("Mutagenesis of a gene").click()
    tab.chart("detail")
    assert "Synthetic data" in tab.text()
    assert tab.complaints == []

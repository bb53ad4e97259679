"""Narrow windows and the order of headings, on every page."""

import itertools

import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "", "datasets", "training", "predictions", "analyses", "search", "gene", "scan", "variants", "help",
)  # fmt: skip
#: Elements that are cut off: wider than the column they stand in, or with options out of sight.
CUT_OFF = """() => {
  const found = [];
  const name = element => element.dataset.testid + ': ' + element.innerText.slice(0, 40);
  const main = document.querySelector('[data-testid=stMain]');
  for (const box of main.querySelectorAll('[data-testid=stColumn]')) {
    const right = box.getBoundingClientRect().right;
    for (const inner of box.querySelectorAll('[data-testid=stElementContainer] > *')) {
      const seen = inner.getBoundingClientRect();
      if (seen.width && seen.right > right + 2) found.push(name(inner));
    }
  }
  for (const row of main.querySelectorAll('[data-testid=stButtonGroup], [role=radiogroup]')) {
    if (row.scrollWidth > row.clientWidth + 2) found.push(name(row));
  }
  for (const title of main.querySelectorAll('.js-plotly-plot .g-xtitle')) {
    const seen = title.getBoundingClientRect();
    const chart = title.closest('.js-plotly-plot').getBoundingClientRect();
    if (seen.left < chart.left - 2 || seen.right > chart.right + 2) found.push(title.textContent);
  }
  return found;
}"""
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')]
  .filter(title => title.offsetParent).map(title => Number(title.tagName[1]))"""


def visit(tab, page: str) -> None:
    tab.visit(page)
    if page == "variants":
        tab.page.get_by_text("Fill in an example").click()
        tab.settle()
        tab.chart("substitutions")


@pytest.mark.parametrize("width", [1024, 800])
def test_nothing_is_cut_off_in_a_narrow_window(open_tab, width):
    tab = open_tab()
    tab.page.set_viewport_size({"width": width, "height": 900})
    for page in PAGES:
        visit(tab, page)
        for part in ("document.scrollingElement", "document.querySelector('[data-testid=stMain]')"):
            wide, room = tab.page.evaluate(f"[{part}.scrollWidth, {part}.clientWidth]")
            assert wide <= room, page
        assert tab.page.evaluate(CUT_OFF) == [], page
    assert tab.complaints == []


def test_headings_go_down_one_step_at_a_time(open_tab):
    tab = open_tab()
    for page in PAGES:
        visit(tab, page)
        levels = tab.page.evaluate(HEADINGS)
        assert levels[0] == 1, page
        assert levels.count(1) == 1, page
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), page

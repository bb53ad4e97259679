"""The Predictions page in a real browser: views, clicks on points and rows, both themes."""

import pytest

VIEWS = {
    "Genes": ("scatter", "one_gene"),
    "Populations": ("folds", "performance"),
    "Variation": ("variation", "one_gene"),
    "Largest misses": ("residuals",),
}

# The point farthest from all others, on the screen: a click there can mean no other.
LONELIEST = """key => {
  const chart = document.querySelector(`.st-key-${key}:not([data-stale=true]) .js-plotly-plot`);
  const {xaxis, yaxis} = chart._fullLayout;
  const data = chart._fullData.find(trace => trace.customdata && trace.mode === 'markers');
  const corner = chart.getBoundingClientRect();
  const x = [...data.x].map(value => xaxis.d2p(value));
  const y = [...data.y].map(value => yaxis.d2p(value));
  let best = 0, widest = -1;
  for (let i = 0; i < Math.min(x.length, 300); i++) {
    let nearest = Infinity;
    for (let j = 0; j < x.length; j++)
      if (j !== i) nearest = Math.min(nearest, Math.hypot(x[i] - x[j], y[i] - y[j]));
    if (nearest > widest) { widest = nearest; best = i; }
  }
  const name = data.customdata[best];
  return {x: corner.left + xaxis._offset + x[best], y: corner.top + yaxis._offset + y[best],
          name: Array.isArray(name) ? name[0] : name};
}"""


def click_point(tab, key: str) -> str:
    """Click a point of a chart; give the name it carries."""
    tab.chart(key)
    tab.page.locator(f".st-key-{key}").scroll_into_view_if_needed()
    place = tab.page.evaluate(LONELIEST, key)
    tab.page.mouse.move(place["x"], place["y"])
    tab.page.wait_for_timeout(300)
    tab.page.mouse.click(place["x"], place["y"])
    return str(place["name"])


def wait_for_value(tab, box: str, value: str) -> None:
    """Wait until a choice above the views has a value."""
    tab.page.wait_for_function(
        "([box, value]) => document.querySelector(`.st-key-${box} input`).value === value",
        arg=[box, value],
    )  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_view_can_be_linked_and_draws(open_tab, theme):
    tab = open_tab(theme)
    for view, charts in VIEWS.items():
        tab.visit("predictions", view=view.replace(" ", "+"))
        for key in charts:
            tab.chart(key)
        assert tab.page.locator("[data-testid=stPlotlyChart]").count() == len(charts)
        tab.picture(f"predictions-{view.split()[0].lower()}-{theme}")
    assert tab.complaints == []


def test_a_point_of_the_variation_chooses_its_gene(open_tab):
    tab = open_tab()
    tab.visit("predictions", view="Variation")
    name = click_point(tab, "variation")
    wait_for_value(tab, "gene", name)
    tab.settle()
    assert f"{name} in all populations" in tab.text()
    assert f"gene={name}" in tab.page.url
    assert "view=Variation" in tab.page.url
    assert tab.complaints == []


@pytest.mark.parametrize(("view", "key"), [("Genes", "one_gene"), ("Populations", "folds")])
def test_a_point_of_a_population_chooses_it(open_tab, view, key):
    tab = open_tab()
    tab.visit("predictions", view=view, population="Star glia-like")
    name = click_point(tab, key)
    wait_for_value(tab, "population", name)
    tab.settle()
    assert f"In {name} " in tab.text()
    assert tab.complaints == []


def test_a_row_of_the_misses_chooses_its_gene(open_tab):
    tab = open_tab()
    tab.visit("predictions", view="Largest+misses")
    tab.chart("residuals")
    before = tab.page.locator(".st-key-gene input").input_value()
    table = tab.page.locator(".st-key-residual_table canvas").first.bounding_box()
    tab.page.mouse.click(table["x"] + 18, table["y"] + 35 + 17)  # the box of the first row
    tab.page.wait_for_function(
        "before => document.querySelector('.st-key-gene input').value !== before",
        arg=before,
    )  # fmt: skip
    tab.settle()
    chosen = tab.page.locator(".st-key-gene input").input_value()
    assert f"{chosen}: z = +" in tab.text()
    assert tab.complaints == []


def test_views_change_without_running_the_page_again(open_tab):
    tab = open_tab()
    tab.visit("predictions")
    tab.chart("scatter")
    tab.page.evaluate("document.querySelector('.st-key-gene').dataset.seen = 'yes'")
    tab.page.locator(".st-key-view").get_by_text("Populations", exact=True).click()
    tab.chart("folds")
    assert tab.page.locator(".st-key-gene[data-seen=yes]").count() == 1
    assert tab.page.locator(".st-key-scatter").count() == 0
    assert tab.complaints == []

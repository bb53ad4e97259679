"""Ways from page to page: what a link names is shown, labels belong to numbers, Back goes back."""

import shutil
import urllib.parse

import pytest
import workspace

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def two(folder, tmp_path_factory):
    """A workspace with the demonstration, and the dataset ``toy`` of other genes and populations."""
    root = workspace.build_workspace(tmp_path_factory.mktemp("two"))
    for part in ("datasets", "models"):
        shutil.copytree(folder / part / "demo", root / part / "demo")
    return root


@pytest.fixture(scope="module")
def address(two, module_server):
    """Where the app runs on that workspace."""
    return module_server(two).url


def query(tab) -> dict[str, str]:
    """Parameters of the address."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(tab.page.url).query))


def chosen(tab, key: str) -> str:
    """What a box says that is chosen."""
    return (
        tab.page.locator(f".st-key-{key} input").first.input_value()
        or tab.page.locator(f".st-key-{key} [data-baseweb=select]").first.inner_text()
    )


def choose(tab, key: str, name: str) -> None:
    """Choose in a box."""
    tab.page.locator(f".st-key-{key} input").first.click()
    tab.page.locator(f".st-key-{key} input").first.fill(name)
    tab.page.get_by_role("option", name=name, exact=True).click()
    tab.settle()


def heading(tab, name: str) -> None:
    tab.page.wait_for_selector(f"h1 >> text={name}")
    tab.settle()


def go(tab, name: str) -> None:
    """Follow the navigation."""
    tab.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    heading(tab, name)


def test_links_of_home_win_over_what_was_chosen(open_tab, address):
    tab = open_tab(url=address)
    tab.visit("", dataset="toy")
    assert chosen(tab, "dataset") == "toy"
    tab.page.get_by_test_id("stMain").get_by_role("link", name="Predictions").click()
    heading(tab, "Predictions")
    assert chosen(tab, "dataset") == "demo"
    assert query(tab)["dataset"] == "demo"
    assert query(tab)["model"] == chosen(tab, "model")
    assert tab.complaints == []


def test_labels_follow_the_dataset(open_tab, address):
    tab = open_tab(url=address)
    tab.visit("predictions", dataset="demo")
    before = {key: chosen(tab, key) for key in ("gene", "population")}
    choose(tab, "dataset", "toy")
    assert chosen(tab, "dataset") == "toy"
    # The toy model judges some of the genes alone, which are marked.
    population, gene = chosen(tab, "population"), chosen(tab, "gene").removesuffix(" ✓")
    assert population != before["population"]
    assert gene.startswith("SYM")
    assert f"In {population}" in tab.text()
    assert "which is not here" not in tab.text()
    assert query(tab) == {
        "dataset": "toy", "model": "toy-model", "gene": gene, "population": population,
    }  # fmt: skip
    go(tab, "Mutagenesis")
    assert chosen(tab, "gene").removesuffix(" ✓") == gene
    assert chosen(tab, "population") == population
    assert gene in tab.text()
    assert f"In {population}" in tab.text()


def test_a_link_to_a_model_of_another_dataset_switches_and_says_so(open_tab, address):
    tab = open_tab(url=address)
    tab.visit("variants", model="toy-model")
    assert "The model toy-model was trained on the dataset toy: toy is shown now." in tab.text()
    assert "does not have" not in tab.text()
    assert (chosen(tab, "dataset"), chosen(tab, "model")) == ("toy", "toy-model")
    assert query(tab)["dataset"] == "toy"


def test_a_new_visit_begins_with_the_dataset_used_last(open_tab, address):
    tab = open_tab(url=address)
    tab.visit("datasets")
    assert chosen(tab, "dataset") == "demo"
    assert query(tab)["dataset"] == "demo"
    choose(tab, "dataset", "toy")
    tab.page.goto("about:blank")
    tab.visit("gene")
    assert chosen(tab, "dataset") == "toy"
    assert query(tab)["dataset"] == "toy"


def test_back_goes_to_the_page_before_with_one_press(open_tab, address):
    tab = open_tab(url=address)
    tab.visit("", dataset="demo")
    go(tab, "Predictions")
    go(tab, "Mutagenesis")
    tab.chart("detail")
    go(tab, "Datasets")
    for name in ("Mutagenesis", "Predictions"):
        tab.page.go_back()
        heading(tab, name)
        assert query(tab)["dataset"] == "demo"
    tab.page.go_back()
    heading(tab, "Which")
    tab.page.go_forward()
    heading(tab, "Predictions")


def test_back_brings_the_gene_before(open_tab, address):
    tab = open_tab(url=address)
    tab.visit("gene", dataset="demo", gene="DEMO0012")
    tab.chart("detail")
    field = tab.page.locator(".st-key-find_gene input")
    field.fill("demo0013")
    field.press("Enter")
    tab.page.wait_for_url("**gene=DEMO0013**")
    tab.settle()
    tab.page.go_back()
    tab.page.wait_for_url("**gene=DEMO0012**")
    tab.settle()
    assert chosen(tab, "gene") == "DEMO0012"
    assert "DEMO0012 is predicted" in tab.text()


@pytest.mark.parametrize("touch", ["drag", "compare"])
def test_from_mutagenesis_to_an_example_of_variants(open_tab, address, touch):
    tab = open_tab(url=address)
    tab.visit("gene", dataset="demo", gene="DEMO0012")
    tab.chart("overview")
    if touch == "compare":
        tab.page.locator(".st-key-compare input").first.click()
        tab.page.get_by_role("option").nth(1).click()
    else:
        box = tab.page.locator(".st-key-overview .nsewdrag").first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
        tab.page.mouse.move(x, y)
        tab.page.mouse.down()
        tab.page.mouse.move(x + 40, y, steps=5)
        tab.page.mouse.up()
    tab.settle()
    go(tab, "Variant effects")
    tab.page.get_by_role("button", name="Fill in an example").click()
    tab.settle()
    tab.page.wait_for_selector(".st-key-variant_table")
    assert tab.page.locator('[data-testid="stException"]').count() == 0
    assert tab.complaints == []

"""A list of variants as a person has it: upload, pick, look, download, link, compare."""

import csv
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.browser

#: Height of the table's header and rows, and the width of its column of circles, in pixels.
HEADER, ROW, CIRCLE = 33, 33, 15


@pytest.fixture
def vcf(folder, tmp_path) -> Path:
    """The demonstration's list as a VCF, with rows that cannot be scored."""
    table = pd.read_csv(folder / "demo" / "variants.tsv", sep="\t")
    lines = [
        "##fileformat=VCFv4.2",
        '##INFO=<ID=MINE,Number=1,Type=String,Description="What I know">',
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO",
    ]
    lines += [
        f"{row.chromosome}\t{row.position}\t{row.id}\t{row.reference}\t{row.alternative}\t.\tPASS\tMINE=x{row.Index}"
        for row in table.itertuples()
    ]
    lines += ["chr99\t5\trsNowhere\tA\tC\t.\t.\t.", "chr1\t5\trsSymbol\tA\t<DEL>\t.\t.\t."]
    path = tmp_path / "mine.vcf"
    path.write_text("\n".join(lines) + "\n")
    return path


def give(tab, path: Path) -> None:
    tab.page.locator(".st-key-variants_file input[type=file]").set_input_files(str(path))
    tab.page.wait_for_selector(".st-key-variant_table canvas")
    tab.chart("alleles")


def pick(tab, line: int) -> None:
    """Click the circle of a line of the ranked table, counted from 0."""
    box = tab.page.locator(".st-key-variant_table canvas").first.bounding_box()
    before = tab.page.url
    y = box["y"] + HEADER + ROW * line + ROW / 2
    tab.page.mouse.click(box["x"] + CIRCLE, y)
    tab.page.wait_for_function("before => location.href !== before", arg=before)
    tab.settle()


def heading(tab) -> str:
    """Name of the chosen variant and its gene."""
    return tab.page.locator("h2", has_text=" and ").first.inner_text().strip()


def test_upload_pick_download_and_link(open_tab, vcf, tmp_path):
    tab = open_tab()
    tab.visit("variants")
    tab.picture("variants-empty-light")
    give(tab, vcf)
    n_rows = len(vcf.read_text().splitlines()) - 3
    told = tab.text()
    assert f"{n_rows} rows of mine.vcf, read as a VCF." in told
    counts = [
        int(text.rsplit(" · ", 1)[1])
        for text in tab.page.locator('[class*="st-key-outcome_"] button').all_inner_texts()
    ]
    assert sum(counts) == n_rows
    first = heading(tab)
    pick(tab, 3)
    assert heading(tab) != first
    assert "is predicted to" in tab.text()
    assert "runs agree" in tab.text()
    for chart in ("substitutions", "locus", "alleles"):
        tab.chart(chart)
    tab.picture("variants-list-light")

    with tab.page.expect_download() as waiting:
        tab.page.get_by_text("All rows (TSV)").click()
    target = tmp_path / "all.tsv"
    waiting.value.save_as(target)
    lines = target.read_text(encoding="utf-8").splitlines()
    header = [line for line in lines if line.startswith("# ")]
    assert any(line.startswith("# model: demo, digest ") for line in header)
    rows = list(csv.DictReader(lines[len(header) :], delimiter="\t"))
    assert {int(row["row"]) for row in rows} == set(range(1, n_rows + 1))
    given = [line.split("\t")[2] for line in vcf.read_text().splitlines()[3:]]
    assert {row["ID"] for row in rows} == set(given)
    assert all(row["reason"] or row["largest_effect"] for row in rows)
    with tab.page.expect_download() as waiting:
        tab.page.get_by_text("Annotated VCF").click()
    waiting.value.save_as(tmp_path / "all.vcf")
    annotated = (tmp_path / "all.vcf").read_text(encoding="utf-8").splitlines()
    records = [line for line in annotated if not line.startswith("#")]
    assert [line.split("\t")[2] for line in records] == given
    assert "MINE=x0;SCX_" in records[0]

    tab.page.get_by_text("Link to this view").click()
    link = tab.page.locator('[data-testid="stCode"]').last.inner_text().strip()
    other = open_tab("dark")
    other.page.goto(link)
    other.page.wait_for_selector(".st-key-alleles .main-svg")
    other.settle()
    assert heading(other) == heading(tab)
    other.picture("variants-list-dark")
    assert tab.complaints == other.complaints == []


def test_click_on_a_point_chooses_its_variant(open_tab, folder):
    tab = open_tab()
    tab.visit("variants", variants_view="genes")
    give_all = folder / "demo" / "variants.tsv"
    tab.page.locator(".st-key-variants_file input[type=file]").set_input_files(str(give_all))
    tab.page.wait_for_selector(".st-key-genes .main-svg")
    tab.settle()
    place = tab.page.evaluate(
        """chosen => {
          const chart = document.querySelector('.st-key-genes .js-plotly-plot');
          chart.scrollIntoView({block: 'start'});
          const {xaxis, yaxis} = chart._fullLayout, corner = chart.getBoundingClientRect();
          // A point of the uppermost genes that is not the chosen variant.
          const fits = (trace, i) => trace.y[i] <= 1 && trace.customdata[i][2] !== chosen;
          const places = trace => [...trace.y.keys()].filter(i => fits(trace, i));
          const data = chart._fullData.find(trace => places(trace).length), i = places(data)[0];
          return {x: corner.left + xaxis._offset + xaxis.l2p(data.x[i]),
                  y: corner.top + yaxis._offset + yaxis.l2p(data.y[i]),
                  name: data.customdata[i][2], gene: data.customdata[i][1]};
        }""",
        heading(tab).split(" and ")[0],
    )
    tab.page.mouse.move(place["x"], place["y"])
    tab.page.wait_for_timeout(300)
    tab.page.mouse.click(place["x"], place["y"])
    tab.page.wait_for_function(
        "name => [...document.querySelectorAll('h2')].some(title => title.innerText.includes(name))",
        arg=f"{place['name']} and",
    )  # fmt: skip
    tab.settle()
    assert place["gene"] in tab.page.evaluate("decodeURIComponent(location.search)")
    tab.picture("variants-genes-light")
    tab.page.get_by_text("Around ").first.click()
    tab.chart("locus")
    assert tab.complaints == []


def test_a_new_list_takes_the_place_of_the_old_one_and_survives_another_page(open_tab, vcf):
    tab = open_tab()
    tab.visit("variants")
    give(tab, vcf)
    tab.page.get_by_text("Fill in an example").click()
    tab.page.wait_for_function(
        "() => document.querySelector('[data-testid=stMain]').innerText.includes('15 rows of the list')",
    )  # fmt: skip
    tab.chart("alleles")
    chosen = heading(tab)
    tab.page.get_by_text("See this place in the mutagenesis of").click()
    tab.chart("detail")
    tab.page.get_by_role("link", name="Variant effects").click()
    tab.chart("alleles")
    assert heading(tab) == chosen
    assert "15 rows of the list" in tab.text()
    # Drawing the page writes nothing to the address: else Back would lead back here.
    tab.page.go_back()
    tab.page.wait_for_function("() => location.pathname === '/gene'")
    tab.settle()
    assert tab.page.url.split("?")[0].endswith("/gene")
    assert tab.complaints == []

"""Names that try to be more than names, in a real browser: nothing is asked elsewhere, no link lives."""

from urllib.parse import quote

import hostile
import pytest

pytestmark = pytest.mark.browser

#: Addresses of a name that became a link or a picture; our own links may hold it as a value.
LIVE = f"""[...document.querySelectorAll('a, img, script, link, iframe, image')]
  .map(element => String(element.href?.baseVal ?? element.href ?? element.src ?? ''))
  .filter(address => address && (new URL(address, location).host.includes('{hostile.ELSEWHERE}')
    || /^(mailto|javascript):/.test(address)))"""


def test_no_name_asks_anything_of_another_host(open_tab, start, tmp_path):
    place = hostile.build_workspace(tmp_path / "workspace")
    tab = open_tab(url=start(place).url)
    names = [quote(name.replace("\ud800", ""), safe="") for name in hostile.NAMES]
    table = quote(
        "\n".join(
            ["id\tchr\tpos", *(f"{name}\t1\t{1000 * (row + 1)}" for row, name in
                               enumerate(hostile.IN_TABLES))]
        ), safe="",
    )  # fmt: skip
    populations = [quote(name, safe="") for name in hostile.IN_CELLS]
    visits = [
        ("", {"dataset": names[0], "model": names[1]}),
        ("datasets", {"population": populations[0]}),
        ("training", {"job": names[3]}),
        ("predictions", {"population": populations[1], "view": "Populations"}),
        ("predictions", {"population": populations[9], "view": names[6]}),
        ("gene", {"population": populations[4], "compare": populations[9], "ccres": names[2]}),
        ("variants", {"variants": table}),
        ("scan", {"predictor": names[24]}),
        ("analyses", {"analysis": names[13]}),
    ]
    drawn = ""
    for page, query in visits:
        tab.visit(page, **query)
        assert tab.page.evaluate(LIVE) == [], page
        assert tab.page.locator(".katex").count() == 0, page
        drawn += tab.text()
    assert drawn.count(hostile.ELSEWHERE) > 10  # they are there, as text
    assert hostile.NAMES[0] in drawn.replace("\u2060", "")
    assert tab.complaints == []

"""Links to boxes far below: the box is open, and the browser is told once to go there."""

import pytest
from app_reading import refuse_traceback

from scx_core.ui.boxes import BOXES


def box(app, key):
    """The fold-out box of a key."""
    label = {
        "import_box": "Import a dataset", "fetch": "Fetch public data",
        "published": "Import published models", "scan_published": "Published models (",
        "variants_sources": "Sources: chain files",
    }[key]  # fmt: skip
    return next(item for item in app.expander if item.label.startswith(label))


def asked_of_browser(app):
    """What the script that scrolls is told."""
    scripts = [item.proto.body for item in app.sidebar if item.type == "html"]
    script = next(text for text in scripts if "scxScrolling" in text)
    return script.split("const box = ")[1].split(";")[0]


@pytest.mark.parametrize("key", BOXES)
def test_a_link_opens_its_box_and_scrolls_there_once(open_link, key):
    app = open_link(BOXES[key], open=key)
    refuse_traceback(app)
    assert box(app, key).proto.expanded
    app.run()
    assert asked_of_browser(app) == "null"
    assert box(app, key).proto.expanded


@pytest.mark.parametrize("asked", [None, "published", "</script>"])
def test_no_box_of_another_page_and_no_text_of_a_link_is_scrolled_to(open_link, asked):
    app = open_link("variants", **({} if asked is None else {"open": asked}))
    refuse_traceback(app)
    assert asked_of_browser(app) == "null"
    assert not box(app, "variants_sources").proto.expanded


def test_home_leads_to_boxes(open_app):
    app = open_app("home")
    links = {
        item.proto.label: item.proto.query_string for item in app.main if item.type == "page_link"
    }
    assert links["Import a published release"] == "open=published"
    assert links["Get public data"] == "open=fetch"
    assert links["Import files"] == "open=import_box"

"""Ways from page to page with every control touched: what one page leaves behind, the next must bear."""

from itertools import pairwise, permutations

from app_reading import refuse_traceback

PAGES = (
    "home", "datasets", "training", "predictions", "analyses", "search", "gene", "scan", "variants",
    "help",
)  # fmt: skip
#: What stays as it is: a walk in one dataset, with a gene that its model was tested on.
CONTEXT = ("dataset", "model", "gene")
TEXTS = {"region": "-20..20", "search": "SYM1", "find": "1", "residual_text": "1"}


def walk(pages: tuple[str, ...]) -> list[str]:
    """A way over all pages that takes each step from one to another once."""
    left = {page: [other for other in pages if other != page] for page in pages}
    trail, way = [pages[0]], []
    while trail:
        if left[trail[-1]]:
            trail.append(left[trail[-1]].pop())
        else:
            way.append(trail.pop())
    return way[::-1]


def touch(app) -> None:
    """Change every control of the page that can be changed, and run it with all of it."""
    for box in [*app.selectbox, *app.main.radio]:
        if str(box.key) not in CONTEXT and len(box.options) > 1 and not box.disabled:
            box.set_value(box.options[0 if box.index else 1])
    for field in app.main.text_input:
        if str(field.key) in TEXTS:
            field.set_value(TEXTS[str(field.key)])
    for several in app.multiselect:
        several.set_value(several.options[:1])
    for switch in [*app.toggle, *app.checkbox]:
        if not switch.disabled:
            switch.set_value(not switch.value)
    for group in app.main.button_group:
        group.set_value(group.options[-1])
    app.run()
    refuse_traceback(app)


def test_the_walk_takes_every_step_once():
    way = walk(PAGES)
    assert sorted(pairwise(way)) == sorted(permutations(PAGES, 2))


def test_every_page_after_every_other_with_all_controls_touched(open_app):
    way = walk(PAGES)
    app = open_app(way[0])
    touch(app)
    for page in way[1:]:
        app.switch_page(f"pages/{page}.py")
        app.run()
        refuse_traceback(app)
        if page == "variants" and not app.text_area(key="variants").value:
            app.button(key="variants_example").click().run()
            refuse_traceback(app)
        touch(app)

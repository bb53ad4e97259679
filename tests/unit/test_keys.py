"""Names of widgets: each page owns its own, and no page uses another's."""

import ast
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from scx_core.ui.keys import OWNED, SHARED, page_of

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "scx_core" / "ui").glob("*.py"))
#: Our own functions that take a key by place, and where.
PLACES = {"chart": 1, "clickable_chart": 1, "download": 3, "view_box": 0}
#: Calls whose ``key`` sorts.
SORTING = {"sorted", "min", "max", "sort", "sort_values"}


def keys_of(source: str) -> Iterator[tuple[str, bool]]:
    """The keys that a file writes out, and whether only their beginning is known."""
    tree = ast.parse(source)
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        name = call.func.id if isinstance(call.func, ast.Name) else name
        given = [word.value for word in call.keywords if word.arg == "key" and name not in SORTING]
        given += call.args[PLACES[name] : PLACES[name] + 1] if name in PLACES else []
        for value in given:
            if isinstance(value, ast.Name) and value.id in constants:
                yield constants[value.id], False
            elif isinstance(value, ast.Constant):
                yield str(value.value), False
            elif isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
                yield str(value.values[0].value), True


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_a_page_uses_its_own_names(path):
    own = OWNED[page_of(path.stem)], OWNED[SHARED]
    for key, open_end in keys_of(path.read_text(encoding="utf-8")):
        assert any(owned.owns(key, open_end=open_end) for owned in own), (
            f"{key!r} of {path.name} is not in scx_core/ui/keys.py under {page_of(path.stem)!r}"
        )


def test_no_name_belongs_to_two_pages():
    for (one, mine), (other, theirs) in permutations(OWNED.items(), 2):
        for name in mine.names:
            assert not theirs.owns(name), f"{name} belongs to {one} and {other}"
        for beginning in mine.beginnings:
            both = [word for word in theirs.beginnings if word.startswith(beginning)]
            assert not both, f"{both} of {other} begin with {beginning} of {one}"


def test_the_reading_of_keys_sees_each_way_to_give_one():
    source = (
        'A = "one"\nst.button("x", key=A)\nst.button("x", key="two")\nst.button("x", key=f"t_{n}")\n'
        'chart(f, "three", "alt")\nsorted(x, key="no")\n'
    )
    found = [("one", False), ("two", False), ("t_", True), ("three", False)]
    assert list(keys_of(source)) == found
    assert page_of("variants_compare") == "variants"
    assert page_of("search") == SHARED
    assert page_of("search_form") == "search"

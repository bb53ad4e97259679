"""Names that try to be more than names, through every page."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import hostile
import pytest
from app_reading import refuse_traceback
from google.protobuf.message import Message

from scx_core.ensemble import Ensemble
from scx_core.ui.plain import plain

PAGES = (
    "home", "datasets", "training", "predictions", "analyses", "search", "gene", "scan", "variants",
    "help",
)  # fmt: skip
#: Fields that streamlit draws as they are, or does not draw.
AS_IT_IS = {
    "AlertMetadata", "alt", "arrow_data", "body_code", "code_text", "data", "default_value", "element_id", "file_urls",
    "form_id", "icon", "id", "key", "mime", "options_plain", "page", "page_script_hash", "placeholder",
    "query_param_key", "query_string", "raw_value", "set_value", "text_input_value", "type", "url", "user_key", "value_plain",
}  # fmt: skip
#: Whole elements of which only label and help are Markdown.
LABELLED = {"Selectbox", "MultiSelect", "TextInput", "TextArea", "FileUploader", "NumberInput"}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    return hostile.build_workspace(tmp_path_factory.mktemp("hostile"))


def nodes(node) -> Iterator[object]:
    yield node
    for child in getattr(node, "children", {}).values():
        yield from nodes(child)


def strings(message: Message, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a message, with its path."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}"
        values = value if field.is_repeated else [value]
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        for item in values:
            if isinstance(item, Message):
                yield from strings(item, here)
            elif isinstance(item, str):
                yield here, item


def drawn(app) -> Iterator[tuple[str, str]]:
    """What a page draws as Markdown: where, and the text."""
    for node in nodes(app._tree):
        proto = getattr(node, "proto", None)
        if not isinstance(proto, Message):
            continue
        kind = type(proto).__name__
        for where, text in strings(proto, kind):
            last = where.rpartition(".")[2]
            if last in AS_IT_IS or kind in ("Code", "Html"):
                continue
            if kind in LABELLED and last not in ("label", "help"):
                continue
            yield where, text


def refuse_live_names(app) -> int:
    """Fail where a name is drawn as Markdown, or as HTML in a figure; counts the texts."""
    refuse_traceback(app)
    count = 0
    for where, text in drawn(app):
        count += 1
        if where.endswith(".spec"):
            figure = json.dumps(json.loads(text), ensure_ascii=False)
            assert not re.search(r"<(a|img|script|style|http)", figure), figure[:2000]
        elif where.endswith(".columns"):
            for column in json.loads(text).values() if text else ():
                assert not hostile.LIVE.search(str((column or {}).get("help") or "")), text
        else:
            assert not hostile.LIVE.search(text), (where, text)
    for node in nodes(app._tree):
        proto = getattr(node, "proto", None)
        if type(proto).__name__ == "Html":
            assert not re.search(r"<(a|img|http)\b", proto.body), proto.body
    return count


def test_the_check_finds_a_live_name() -> None:
    for name in hostile.NAMES[:-2]:
        harmless = name.startswith(("%{", "javascript"))
        assert harmless or hostile.LIVE.search(name), name
        assert not hostile.LIVE.search(plain(name)), name


@pytest.mark.parametrize("page", PAGES)
def test_names_from_files_are_drawn_as_they_are(open_app, place: Path, page: str) -> None:
    app = open_app(page, folder=place)
    assert refuse_live_names(app) > 10


@pytest.mark.parametrize("view", ["Genes", "Populations", "Variation", "Largest misses"])
def test_views_of_predictions(open_app, place: Path, view: str) -> None:
    for number in (0, 11, 24):
        app = open_app(
            "predictions", folder=place, view=view, population=hostile.IN_CELLS[number],
            gene=f"ENSG{number:011d}",
        )  # fmt: skip
        assert refuse_live_names(app) > 10


def test_the_gene_page_of_such_genes(open_app, place: Path) -> None:
    tested = Ensemble.open(place / "models" / "toy-model").predictions.index
    for number, gene_id in enumerate(tested[tested < "ENSG00000000030"][:3]):
        app = open_app(
            "gene", folder=place, population=hostile.IN_CELLS[7 * number], gene=gene_id,
            compare=hostile.IN_CELLS[7 * number + 1],
        )  # fmt: skip
        assert refuse_live_names(app) > 10
        assert any(where.endswith(".spec") for where, _ in drawn(app))


def test_a_list_of_variants_with_such_names(open_app, place: Path) -> None:
    lines = [f"{name}\t1\t{1000 * (place + 1)}\t\t" for place, name in enumerate(hostile.IN_TABLES)]
    table = "\n".join(["id\tchr\tpos\tgene <b>\tnote", *lines])
    for view in ("place", "gene", "genes"):
        app = open_app("variants", folder=place, variants=table, view=view)
        assert refuse_live_names(app) > 10
    app = open_app("variants", folder=place, variants="\n".join(hostile.IN_TABLES))
    refuse_live_names(app)


@pytest.mark.parametrize("name", hostile.NAMES)
def test_values_of_a_link_are_drawn_as_they_are(open_app, toy, name: str) -> None:
    linked = {
        "dataset": name, "model": name, "workspace": name, "version": name,
        "dataset_digest": name, "model_digest": name,
    }  # fmt: skip
    given = {key: value.replace("\ud800", "") for key, value in linked.items()}
    assert refuse_live_names(open_app("home", **given)) > 5


@pytest.mark.parametrize("page", PAGES[1:])
def test_every_choice_of_a_link(open_app, toy, page: str) -> None:
    names = (
        "gene", "population", "view", "region", "compare", "track", "level", "search", "chromosome",
        "analysis", "job", "study", "predictor", "step", "variants", "list", "roles", "variant",
        "find", "effect_in", "build", "ccres", "what_if", "transcript", "variant", "place",
    )  # fmt: skip
    for start in (0, 3, 7):
        values = [
            hostile.NAMES[(start + place) % len(hostile.NAMES)].replace("\ud800", "")
            for place in range(len(names))
        ]
        refuse_live_names(open_app(page, **dict(zip(names, values, strict=True))))

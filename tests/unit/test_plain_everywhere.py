"""A guard for new pages: names are escaped where they are put into a text that streamlit reads."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*(ROOT / "scx_core" / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")])
#: What reads Markdown in all its texts; of other widgets, the label and the help.
TEXTS = {
    "caption", "error", "header", "info", "markdown", "metric", "spinner", "subheader", "success",
    "title", "toast", "warning", "write",
}  # fmt: skip
LABELS = {
    "button", "checkbox", "download_button", "expander", "file_uploader", "form_submit_button",
    "multiselect", "number_input", "page_link", "pills", "popover", "radio", "segmented_control",
    "selectbox", "slider", "status", "tabs", "text_area", "text_input", "toggle",
}  # fmt: skip
#: What a name is usually called here: as a variable, an attribute, a column, a function's answer.
NAMES = {
    "assembly", "chromosome", "error", "file", "gene", "gene_id", "gene_name", "level", "name",
    "population", "transcript", "user", "wanted",
}  # fmt: skip


def is_name(value: ast.expr) -> bool:
    """Whether an expression is a name as it is: ``name``, ``dataset.name``, ``row["label"]``."""
    match value:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in NAMES
        case ast.Subscript(slice=ast.Constant(value=name)):
            return name in NAMES | {"label"}
        case ast.Subscript(value=inner):
            return is_name(inner)
        case ast.Call(func=ast.Name(id="str" | "repr"), args=[inner]):
            return is_name(inner)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in NAMES
    return False


def unescaped(text: ast.expr) -> Iterator[ast.expr]:
    """Names within a text as they are."""
    if is_name(text):
        yield text
    elif isinstance(text, ast.JoinedStr):
        for part in text.values:
            if isinstance(part, ast.FormattedValue) and is_name(part.value):
                yield part.value
    elif isinstance(text, ast.BinOp):
        yield from (*unescaped(text.left), *unescaped(text.right))
    elif isinstance(text, ast.IfExp):
        yield from (*unescaped(text.body), *unescaped(text.orelse))


def found_in(source: str) -> list[str]:
    found = []
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        texts = {word.arg: word.value for word in call.keywords}
        read = [texts[word] for word in ("help", "label", "text", "body") if word in texts]
        if call.func.attr in TEXTS | LABELS and call.args:
            read.append(call.args[0])
            found += [
                f"line {name.lineno}: {ast.unparse(name)}"
                for text in read
                for name in unescaped(text)
            ]
    return found


def test_the_guard_sees_names() -> None:
    assert len(found_in("st.markdown(f\"**{dataset.name}** {population!r} {row['label']}\")")) == 3
    assert found_in("st.error(str(error))")
    assert found_in('left.button("x", help=f"of {gene}")')
    assert not found_in('st.markdown(f"{plain(dataset.name)} {len(name)}", help="of genes")')


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_are_escaped_in_texts(page: Path) -> None:
    assert found_in(page.read_text(encoding="utf-8")) == []

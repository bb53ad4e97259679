"""Choosing the files of an import, and how each begins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st

from scx_core.import_folder import ImportFolder
from scx_core.importing.preview import Preview, preview
from scx_core.isolation import run_isolated
from scx_core.one_line import one_line
from scx_core.ui.files import annotation_columns, guess_levels
from scx_core.ui.plain import plain_sentence
from scx_core.ui.say import errors_as_sentences

_NONE: Final = "(none)"
_READY: Final = "(already one value per population)"
#: How files are called that lie in these folders of the workspace.
_OWN: Final = {"sources": "fetched", "uploads": "uploaded"}
_COARSER: Final = ("subclass", "class", "tissue")


def file_box(folder: ImportFolder, use: str, label: str, key: str) -> str:
    """Choose among the files found, those fetched or uploaded, or type a path.

    Parameters
    ----------
    folder : ImportFolder
    use : str
        A key of `FILE_KINDS`.
    label, key : str
    """

    def shown(text: str) -> str:
        path = Path(text)
        home = next((home for home in folder.own if path.is_relative_to(home)), None)
        return one_line(text if home is None else f"{path.name} ({_OWN[home.name]})")

    return (
        st.selectbox(
            label, folder.files(use), index=None, key=key, accept_new_options=True,
            format_func=shown, placeholder="Choose, or type a path",
        )
        or ""
    )  # fmt: skip


def show_previews(folder: ImportFolder, chosen: Mapping[str, str]) -> None:
    """Show how each chosen file begins, or what is wrong with it."""
    given = {use: text for use, text in chosen.items() if text}
    if not given:
        return
    for place, (use, text) in zip(st.tabs([*given]), given.items(), strict=True):
        with place, errors_as_sentences():
            begin = begin_of(folder.open(text, use))
            st.caption(plain_sentence(begin.told))
            if len(begin.rows):
                st.dataframe(
                    begin.rows, hide_index=True, key=f"preview_{use}",
                    alt=f"First rows of the {use} file",
                )  # fmt: skip


def begin_of(path: Path) -> Preview:
    """Read how a file begins, in a process of its own; from the cache where it did not change.

    Raises
    ------
    ScxError
        If it cannot be read.
    """
    return _preview(str(path), path.stat().st_mtime_ns)


@st.cache_data(max_entries=32, show_spinner=False)
def _preview(path: str, stamp: int) -> Preview:  # noqa: ARG001 (stamp is part of the key)
    return run_isolated(preview, Path(path))


def ask_levels(folder: ImportFolder, expression: str) -> dict[str, str]:
    """Ask which annotation columns of the cells name the populations; guessed from the file."""
    if not expression.lower().endswith(".h5ad"):
        return {}
    columns: dict[str, int] = {}
    with errors_as_sentences():
        path = folder.open(expression, "expression")
        columns = _columns(str(path), path.stat().st_mtime_ns)
    if not columns:
        return {}
    guessed = guess_levels(columns)
    options = [*columns, _READY]

    def shown(name: str) -> str:
        return f"{name} ({columns[name]} labels)" if name in columns else name

    places = st.columns(4)
    with places[0]:
        population = _choose(
            "Column of populations", options, guessed.get("population", _READY), shown,
            "import_population",
        )  # fmt: skip
    if population == _READY:
        return {}
    levels = {"population": population}
    for place, level in zip(places[1:], _COARSER, strict=True):
        choices = [_NONE, *(name for name in columns if name != population)]
        with place:
            column = _choose(
                f"Column of {level} (coarser)", choices, guessed.get(level, _NONE), shown,
                f"import_{level}",
            )  # fmt: skip
        if column != _NONE:
            levels[level] = column
    return levels


def _choose(label: str, options: list[str], guess: str, shown: object, key: str) -> str:
    """Ask, with a guess that a form filled in again overrules."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = guess if guess in options else options[0]
    return st.selectbox(label, options, format_func=shown, key=key)  # type: ignore[call-overload]


@st.cache_data(max_entries=32, show_spinner=False)
def _columns(path: str, stamp: int) -> dict[str, int]:  # noqa: ARG001 (stamp is part of the key)
    return run_isolated(annotation_columns, Path(path))

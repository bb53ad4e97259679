"""What an expression file leaves open: which matrix, logarithms, which columns are populations."""

from pathlib import Path
from typing import Any, Final

import streamlit as st

from scx_core.expression.asking import Asked, ask_about
from scx_core.import_folder import ImportFolder
from scx_core.isolation import run_isolated
from scx_core.ui.plain import plain_sentence
from scx_core.ui.say import errors_as_sentences

_X: Final = "X"


def ask_expression(folder: ImportFolder, expression: str, *, cells: bool) -> dict[str, Any]:
    """Ask what the expression file leaves open.

    Parameters
    ----------
    folder : ImportFolder
    expression : str
        The file chosen, ``""`` for none.
    cells : bool
        Whether its rows are cells.

    Returns
    -------
    dict
        Parameters of `ImportRequest` by name; those of which nothing is open are left out.
    """
    if not expression:
        return {}
    with errors_as_sentences():
        path = folder.open(expression, "expression")
        if not path.is_dir():
            return {**_ask_matrix(path, cells), **_ask_columns(path)}
    return {}


def _about(path: Path, layer: str | None, cells: bool) -> Asked:
    return _asked(str(path), path.stat().st_mtime_ns, layer, cells)


@st.cache_data(max_entries=32, show_spinner=False)
def _asked(path: str, stamp: int, layer: str | None, cells: bool) -> Asked:  # noqa: ARG001 (stamp is part of the key)
    return run_isolated(ask_about, Path(path), layer, cells)


def _ask_matrix(path: Path, cells: bool) -> dict[str, Any]:
    """Ask for the matrix, and whether it holds logarithms, where it looks so."""
    answers: dict[str, Any] = {}
    if others := _about(path, None, cells).matrices:
        options = [_X, *others]
        if st.session_state.get("import_matrix") not in options:
            st.session_state["import_matrix"] = _X
        matrix = st.selectbox(
            "Matrix", options, key="import_matrix", width=360,
            help="X is the one that AnnData shows; raw and layers often hold the counts.",
        )  # fmt: skip
        answers["layer"] = None if matrix == _X else matrix
    if logs := _about(path, answers.get("layer"), cells).logs:
        st.warning(
            plain_sentence(
                f"The matrix {logs}, and logarithms cannot be averaged as they are: "
                f"{'choose another matrix, or ' if others else ''}have them undone. If they are "
                "linear, choose the normalisation none."
            )
        )
        answers["log1p"] = st.checkbox("Undo log1p", key="import_log1p")
    return answers


def _ask_columns(path: Path) -> dict[str, Any]:
    """Ask which columns of a table are no population, where some look so."""
    columns = _about(path, None, cells=False).columns
    unusual = [column for column in columns if column.kind or column.asked]
    if not unusual:
        return {}
    told = "; ".join(f"{column.header}: {column.kind or column.asked}" for column in unusual)
    others = st.multiselect(
        "Columns that are no population",
        [column.header for column in columns],
        default=[column.header for column in unusual if column.kind],
        key=f"import_no_population {path.name}",
        help="They are left out. Told by their names and values; please check.",
    )
    st.caption(plain_sentence(told))
    kept = tuple(column.header for column in unusual if column.header not in others)
    return {"not_populations": tuple(others), "populations": kept}

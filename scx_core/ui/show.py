"""Charts, tables and downloads, drawn the same way on every page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlencode

import plotly.graph_objects as go
import streamlit as st

from scx_core.export.tables import file_name as safe_name
from scx_core.ui.context import linked_workspace, workspace
from scx_core.ui.links import stamped


def chart(
    figure: go.Figure,
    key: str,
    alt: str,
    *,
    on_select: Callable[[], None] | None = None,
    selection_mode: Literal["points", "box"] = "points",
) -> None:
    """Draw a plotly figure as it is, without streamlit's own colours.

    Parameters
    ----------
    figure : Figure
    key : str
        Of the element; also its CSS class ``st-key-<key>`` and the file name of the picture.
    alt : str
        What the chart shows, for screen readers.
    on_select : callable, optional
        Called after a selection, which is then in ``st.session_state[key]``.
    selection_mode : "points" or "box"
        Clicks are lost in a figure whose drag mode is ``select``: use "box" there.
    """
    config: dict[str, Any] = {
        "displaylogo": False,
        "modeBarButtonsToRemove": ["lasso2d", "autoScale2d"],
        "toImageButtonOptions": {"format": "svg", "filename": key},
    }
    if on_select is None:
        st.plotly_chart(figure, key=key, theme=None, config=config, alt=alt)
    else:
        st.plotly_chart(
            figure,
            key=key,
            theme=None,
            config=config,
            alt=alt,
            on_select=on_select,
            selection_mode=selection_mode,
        )


def download(
    label: str,
    make: Callable[[], bytes],
    file_name: str,
    key: str,
    mime: str = "text/tab-separated-values",
) -> None:
    """Offer a file that is made only when it is asked for; its name keeps only safe characters."""
    st.download_button(
        label, data=make, file_name=safe_name(file_name), mime=mime, key=key, on_click="ignore",
        icon=":material/download:", type="tertiary",
    )  # fmt: skip


def permalink(page: str, parameters: Mapping[str, str | Sequence[str] | None]) -> None:
    """Offer the address of the view as it is, with every choice written out.

    The address bar leaves out what equals the default, and so may mean another view tomorrow. The
    link also says what the view was made from: workspace (where there are several), digests of
    dataset and model, version; whoever opens it is told what differs.

    Parameters
    ----------
    page : str
        Address of the page, such as ``"gene"``.
    parameters : mapping
        Choices by name; None is left out, several values are named one by one. ``dataset`` and
        ``model`` are names.
    """
    base = str(st.context.url or "").split("?")[0].rstrip("/").removesuffix(f"/{page}")
    chosen = {"workspace": linked_workspace(), **parameters}
    query = urlencode(stamped(workspace(), chosen), doseq=True)
    with st.popover("Link to this view", icon=":material/link:", type="tertiary"):
        st.code(f"{base}/{page}?{query}", language=None, wrap_lines=True)

"""A menu under each chart: the figure for a paper, the numbers behind it, or all in one ZIP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from scx_core.errors import ScxError
from scx_core.export import bundle, file_name, table_bytes
from scx_core.figures.files import FORMATS, WIDTHS, check_figure, render
from scx_core.ui.plain import plain_sentence

_HELP: Final = {
    89: "one column of a journal",
    120: "one and a half columns",
    183: "two columns",
}


def figure_downloads(
    make_figure: Callable[[], go.Figure],
    *,
    key: str,
    name: str,
    table: Callable[[], pd.DataFrame],
    header: Mapping[str, object],
    caption: str,
    methods: Callable[[], str] | None = None,
    index: bool = False,
    label: str = "Download",
) -> None:
    """Offer a figure as SVG, PDF or PNG at the width of a journal, its data, and all in one ZIP.

    Nothing is made before the menu is open, and each file only when it is asked for, in a thread
    without streamlit: the callables must not call it.

    Parameters
    ----------
    make_figure : callable
        Gives the figure in the *light* theme.
    key : str
        Of the menu; one for each chart of a page. The menu is ``<key>_menu`` (true while open).
    name : str
        Of the files, without extension; letters that file systems dislike are replaced.
    table : callable
        Gives the numbers that are drawn.
    header : mapping
        What made them (dataset, model, population …): comment lines of the table, metadata of the
        figure, and ``provenance.json``.
    caption : str
        What the figure shows, in sentences; ``caption.txt`` of the ZIP.
    methods : callable, optional
        Gives the methods text of the ZIP, such as `scx_core.training.methods.methods_paragraph`.
    index : bool
        Write the index of the table as its first column(s).
    label : str
        Of the menu.
    """
    offer = _Offer(make_figure, name, table, dict(header), caption, methods, index)
    _menu(offer, key, label)


@dataclass(frozen=True)
class _Offer:
    """What the files of a chart are made of."""

    make_figure: Callable[[], go.Figure]
    name: str
    table: Callable[[], pd.DataFrame]
    header: dict[str, object]
    caption: str
    methods: Callable[[], str] | None
    index: bool

    def as_figure(self, form: str, width_mm: int) -> bytes:
        made = {**self.header, "figure": self.name}
        return render(self.make_figure(), form, width_mm, title=self.name, metadata=made)

    def as_table(self) -> bytes:
        return table_bytes(self.table(), self.header, index=self.index)

    def as_bundle(self, width_mm: int) -> bytes:
        return bundle(
            self.make_figure(), name=self.name, width_mm=width_mm, table=self.table(),
            header=self.header, caption=self.caption, index=self.index,
            methods=self.methods() if self.methods is not None else "",
        )  # fmt: skip


@st.fragment
def _menu(offer: _Offer, key: str, label: str) -> None:
    menu = st.popover(
        label, icon=":material/download:", type="tertiary", key=f"{key}_menu", on_change="rerun"
    )
    if not menu.open:
        return
    with menu:
        width = st.segmented_control(
            "Width", WIDTHS, default=WIDTHS[-1], key=f"{key}_width", required=True,
            format_func=lambda mm: f"{mm} mm",
            help="; ".join(f"{mm} mm: {what}" for mm, what in _HELP.items()),
        )  # fmt: skip
        form = str(
            st.segmented_control(
                "Format", tuple(FORMATS), default="SVG", key=f"{key}_format", required=True,
                help="SVG and PDF keep their text editable; the numbers are dots per inch.",
            )
        )  # fmt: skip
        # A file is made in another thread, which cannot draw: what went wrong is said afterwards.
        problems: list[str] = st.session_state.setdefault(f"{key}_problems", [])
        for sentence in dict.fromkeys(problems):
            st.error(plain_sentence(sentence))
        problems.clear()
        try:
            check_figure(offer.make_figure())
        except ScxError as error:
            st.error(plain_sentence(str(error)))
            return
        _buttons(offer, key, form, int(width), problems)


def _buttons(offer: _Offer, key: str, form: str, width_mm: int, problems: list[str]) -> None:
    stem, kind = file_name(offer.name), FORMATS[form]

    def telling(make: Callable[[], bytes]) -> Callable[[], bytes]:
        def made() -> bytes:
            try:
                return make()
            except ScxError as error:
                problems.append(str(error))
                raise

        return made

    for label, make, file, mime, part in (
        (
            f"Figure ({form})", lambda: offer.as_figure(form, width_mm),
            f"{stem}.{kind.extension}", kind.mime, "figure",
        ),
        ("Data (TSV)", offer.as_table, f"{stem}.tsv", "text/tab-separated-values", "table"),
        (
            "All in one (ZIP)", lambda: offer.as_bundle(width_mm), f"{stem}.zip",
            "application/zip", "zip",
        ),
    ):  # fmt: skip
        st.download_button(
            label, data=telling(make), file_name=file, mime=mime, key=f"{key}_{part}",
            on_click="ignore", icon=":material/download:", type="tertiary",
        )  # fmt: skip

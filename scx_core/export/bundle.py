"""A figure with everything that a paper needs, in one ZIP."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from scx_core.export.tables import table_bytes
from scx_core.figures.files import render
from scx_core.provenance import provenance

_FIGURES: Final = {"figure.svg": "SVG", "figure.pdf": "PDF", "figure.png": "PNG 300"}


def bundle(
    figure: go.Figure,
    *,
    name: str,
    width_mm: int,
    table: pd.DataFrame,
    header: Mapping[str, object],
    caption: str,
    methods: str = "",
    index: bool = False,
) -> bytes:
    """Pack a figure, its data and texts into a ZIP.

    Parameters
    ----------
    figure : Figure
        In the light theme.
    name : str
        Title of the figure, in the metadata of the files.
    width_mm : int
        See `scx_core.figures.files.render`.
    table : DataFrame
        The numbers that are drawn.
    header : mapping
        What made them; comment lines of ``data.tsv``, metadata of the figures, and the parameters
        of ``provenance.json``.
    caption, methods : str
        Texts; without a methods text there is no ``methods.txt``.
    index : bool
        Write the index of the table as its first column(s).

    Returns
    -------
    bytes
        ``figure.svg``, ``figure.pdf``, ``figure.png`` (300 dpi), ``data.tsv``, ``provenance.json``,
        ``caption.txt`` and ``methods.txt``.

    Raises
    ------
    ScxError
        If the figure has something that files cannot show.
    """
    made = provenance({}, {"figure": name, **{key: str(value) for key, value in header.items()}})
    files = {
        file: render(figure, form, width_mm, title=name, metadata=header)
        for file, form in _FIGURES.items()
    }
    files["data.tsv"] = table_bytes(table, header, index=index)
    files["provenance.json"] = json.dumps(made, indent=1, ensure_ascii=False).encode()
    files["caption.txt"] = f"{caption.strip()}\n".encode()
    if methods.strip():
        files["methods.txt"] = f"{methods.strip()}\n".encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return packed.getvalue()

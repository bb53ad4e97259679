"""Tables as TSV after comment lines that say what made them."""

import io
import re
from collections.abc import Mapping

import pandas as pd

from scx_core import __version__
from scx_core.formulas import table_as_text


def table_bytes(table: pd.DataFrame, header: Mapping[str, object], *, index: bool = False) -> bytes:
    """Write a table as TSV in full precision, after comment lines that say what it is.

    Texts that a spreadsheet would compute begin with an apostrophe (`scx_core.formulas`).

    Parameters
    ----------
    table : DataFrame
    header : mapping
        Written as ``# name: value``, one line each; the version of the program is added.
    index : bool
        Write the index as the first column(s).
    """
    text = io.StringIO()
    text.write(comment_lines(header))
    table_as_text(table).to_csv(text, sep="\t", index=index, lineterminator="\n")
    return text.getvalue().encode()


def comment_lines(header: Mapping[str, object]) -> str:
    """Write ``# name: value`` lines, the last one with the version of the program."""
    made = {**header, "made by": f"scX Explorer {__version__}"}
    return "".join(f"# {name}: {' '.join(str(value).split())}\n" for name, value in made.items())


def file_name(name: str) -> str:
    """Make a file name, without extension, of any text: letters, digits, ``-``, ``_`` and ``.``."""
    return re.sub(r"[^A-Za-z0-9.-]+", "_", name).strip("_.") or "figure"

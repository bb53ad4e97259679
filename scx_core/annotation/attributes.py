"""Column 9 of GTF and GFF3: the values of its attributes."""

import re
from typing import Final
from urllib.parse import unquote

import numpy as np
import pandas as pd

GTF, GFF3 = "GTF", "GFF3"
#: Stands for a semicolon inside quotes while a block is read; no text file holds it otherwise.
_HIDDEN: Final = 0x1F
_QUOTE, _SEMICOLON, _NEWLINE = b'";\n'
#: A gene or transcript row of AUGUSTUS holds nothing but the id: ``g1``, ``g1.t1``.
_BARE: Final = r'\s*"?([^\s;="]+)"?\s*;?\s*'


def hide_quoted_semicolons(content: bytes) -> bytes:
    """Put another character for semicolons inside quotes (``gene_name "CYCD1;1"``).

    Lines whose quotes do not pair are left alone. Without a Python loop over lines.
    """
    array = np.frombuffer(content, dtype=np.uint8)
    quotes = np.flatnonzero(array == _QUOTE)
    semicolons = np.flatnonzero(array == _SEMICOLON)
    if not len(quotes) or not len(semicolons):
        return content
    ends = np.flatnonzero(array == _NEWLINE)
    line = np.searchsorted(ends, semicolons)
    before_line = np.concatenate([[0], np.searchsorted(quotes, ends)])
    before = np.searchsorted(quotes, semicolons) - before_line[line]
    in_line = np.append(before_line[1:], len(quotes))[line] - before_line[line]
    inside = (before % 2 == 1) & (in_line % 2 == 0)
    if not inside.any():
        return content
    changed = array.copy()
    changed[semicolons[inside]] = _HIDDEN
    return changed.tobytes()


def attribute(rows: pd.DataFrame, name: str, style: str) -> pd.Series:
    """Value of an attribute; "" where a row lacks it."""
    values = pd.Series("", index=rows.index, dtype=object)
    texts = rows["attributes"]
    # Most attributes that are asked for stand in no row, and a plain search is faster than a pattern.
    maybe = texts.str.contains(name, regex=False).to_numpy(bool)
    if not maybe.any():
        return values
    gtf, gff = rf'(?:^|;)\s*{name}\s+"?([^";]*)', rf"(?:^|;)\s*{name}=([^;]*)"
    found = texts[maybe].str.extract(gtf if style == GTF else gff, expand=False)
    found = found.astype(object).fillna("").str.strip()
    mark = chr(_HIDDEN) if style == GTF else "%"
    marked = found.str.contains(mark, regex=False)
    if marked.any():
        change = _show if style == GTF else unquote
        found = found.where(~marked, found[marked].map(change).reindex(found.index))
    values[maybe] = found
    return values


def _show(value: str) -> str:
    return value.replace(chr(_HIDDEN), ";")


def first_of(rows: pd.DataFrame, names: tuple[str, ...], style: str) -> pd.Series:
    """Value of the first of these attributes that a row has; "" where it has none."""
    values = attribute(rows, names[0], style)
    for name in names[1:]:
        empty = (values == "").to_numpy(bool)
        if not empty.any():
            break
        values[empty] = attribute(rows[empty], name, style)
    return values


def has_tag(rows: pd.DataFrame, names: tuple[str, ...], style: str) -> pd.Series:
    """Whether a row has one of these tags, written with underscores or spaces."""
    # Few rows have any of them, and a plain search is much faster than a pattern.
    last = names[0].split("_")[-1]
    maybe = rows["attributes"].str.contains(last, regex=False)
    if not maybe.all():
        found = np.zeros(len(rows), dtype=bool)
        if maybe.any():
            found[maybe.to_numpy(bool)] = has_tag(rows[maybe], names, style)
        return pd.Series(found, index=rows.index)
    words = "|".join(re.escape(name).replace("_", "[_ ]") for name in names)
    if style == GTF:
        pattern = rf'(?:^|;)\s*tag\s+"?(?:[^";]*,)?(?:{words})(?:[",;]|\s*$)'
    else:
        pattern = rf"(?:^|;)\s*tag=(?:[^;]*,)?(?:{words})(?:[,;]|\s*$)"
    return rows["attributes"].str.contains(pattern).astype(bool)


def bare_id(rows: pd.DataFrame) -> pd.Series:
    """Give the id of rows that hold nothing else; "" for the others."""
    found = rows["attributes"].str.extract(rf"^{_BARE}$", expand=False)
    return found.astype(object).fillna("")

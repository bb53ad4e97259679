"""What can be guessed about a file of cells before it is imported; no streamlit."""

from pathlib import Path
from typing import Final

import pandas as pd

from scx_core.expression.hdf5 import open_h5ad
from scx_core.expression.levels import without_label

_MOST_GROUPS: Final = 1000
#: Parts of column names that mark a resolution of the annotation, finest first.
_LEVEL_WORDS: Final = {
    "population": ("population", "cluster", "cell_type", "celltype", "label", "leiden", "louvain"),
    "subclass": ("subclass",),
    "class": ("class", "lineage"),
    "tissue": ("tissue", "organ", "region"),
}


def annotation_columns(path: Path) -> dict[str, int]:
    """Count the groups of the annotation columns of an h5ad that could name populations.

    Returns
    -------
    dict of str to int
        Number of different labels by column: text or categorical, at least two labels, fewer
        labels than half the cells; finest first.

    Raises
    ------
    ScxError
        If the file is no AnnData.
    """
    with open_h5ad(path, None, None) as source:
        cells = source.annotation
    counts: dict[str, int] = {}
    for name in cells.columns:
        column = cells[name]
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            continue
        n_labels = int(column[~without_label(column)].nunique())
        if 2 <= n_labels <= min(_MOST_GROUPS, len(cells) // 2):
            counts[str(name)] = n_labels
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def guess_levels(columns: dict[str, int]) -> dict[str, str]:
    """Guess which column names the populations, and which ones coarser levels.

    Parameters
    ----------
    columns : dict of str to int
        From `annotation_columns`.

    Returns
    -------
    dict of str to str
        Column by level, finest first; at most one column for each level.
    """
    left = dict(columns)
    levels: dict[str, str] = {}
    # "subclass" holds "class", so the longer word is looked for first.
    for level in ("subclass", "class", "tissue", "population"):
        for word in _LEVEL_WORDS[level]:
            hits = [name for name in left if word in name.lower()]
            if hits and level not in levels:
                levels[level] = hits[0]
                left.pop(hits[0])
    if "population" not in levels and (left or levels):
        if left:
            levels["population"] = next(iter(left))
        else:
            finest = max(levels, key=lambda level: columns[levels[level]])
            levels["population"] = levels.pop(finest)
    coarser = [level for level in ("subclass", "class", "tissue") if level in levels]
    n_labels = columns[levels["population"]] if "population" in levels else 0
    kept = {"population": levels["population"]} if "population" in levels else {}
    for level in coarser:
        if columns[levels[level]] < n_labels:
            kept[level] = levels[level]
            n_labels = columns[levels[level]]
    return kept

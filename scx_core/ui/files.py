"""Files on the server that may be imported, and what can be guessed about them; no streamlit."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from scx_core.errors import ScxError
from scx_core.expression.hdf5 import open_h5ad
from scx_core.expression.levels import without_label

ENDINGS: Final = {
    "genome": (".fa", ".fasta", ".fna", ".fa.gz", ".fasta.gz", ".fna.gz", ".fa.bgz"),
    "annotation": (
        ".gtf", ".gtf.gz", ".gff3", ".gff3.gz", ".gff", ".gff.gz", ".tss.tsv", ".tss.tsv.gz",
        ".tsv", ".tsv.gz",
    ),
    "expression": (
        ".h5ad", ".h5", ".mtx", ".mtx.gz", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz",
    ),
    "regions": (".bed", ".bed.gz"),
    "cage": (".bed", ".bed.gz"),
    "keras": (".h5", ".hdf5"),
}  # fmt: skip
_MOST_FILES: Final = 300
_DEEPEST: Final = 4
_MOST_GROUPS: Final = 1000
#: Parts of column names that mark a resolution of the annotation, finest first.
_LEVEL_WORDS: Final = {
    "population": ("population", "cluster", "cell_type", "celltype", "label", "leiden", "louvain"),
    "subclass": ("subclass",),
    "class": ("class", "lineage"),
    "tissue": ("tissue", "organ", "region"),
}


def inside(root: Path, text: str, use: str, also: Sequence[Path] = ()) -> Path:
    """Resolve a path given by a person; it must lie inside the import folder.

    Parameters
    ----------
    root : Path
        Folder that files may be read from.
    text : str
        Relative to ``root``, or absolute.
    use : str
        What the file is, for the message.
    also : sequence of Path
        Further folders that files may be read from: what was fetched or uploaded.

    Raises
    ------
    ScxError
        If nothing was given, the path leads outside, or there is no such file.
    """
    if not text.strip():
        raise ScxError(f"Choose the {use} file.")
    path = (root / text.strip()).resolve()
    if not any(path.is_relative_to(folder.resolve()) for folder in (root, *also)):
        raise ScxError(
            f"The {use} file {text!r} lies outside the import folder {root}; move it there, or set "
            "SCX_IMPORT_ROOT to a folder that holds it."
        )
    if not path.exists():
        raise ScxError(f"There is no {use} file {text!r} in {root}; check the path.")
    return path


def list_files(root: Path, use: str) -> list[str]:
    """Files below the import folder whose names end as those of a use do; hidden ones are left out.

    Parameters
    ----------
    root : Path
    use : str
        A key of `ENDINGS`.
    """
    found: list[str] = []
    folders = [root]
    while folders and len(found) < _MOST_FILES:
        folder = folders.pop(0)
        try:
            entries = sorted(folder.iterdir())
        except (PermissionError, FileNotFoundError, NotADirectoryError):
            continue  # closed to us, or gone since it was listed
        for entry in entries:
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            relative = entry.relative_to(root)
            if entry.is_dir():
                if len(relative.parts) < _DEEPEST:
                    folders.append(entry)
            elif entry.name.lower().endswith(ENDINGS[use]):
                found.append(str(relative))
    return found[:_MOST_FILES]


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

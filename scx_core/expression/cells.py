"""Whether the rows of a matrix without levels are cells after all."""

import pandas as pd

from scx_core.errors import ScxError, counted, join_some
from scx_core.expression.levels import without_label
from scx_core.expression.normalise import Look
from scx_core.expression.source import Source

#: Levels that a table of populations may name, finest first.
COARSER_LEVELS = ("subclass", "class", "tissue")

#: More rows than this are cells, not ready populations.
MAX_READY = 5_000

#: More rows of counts than this are cells: few atlases list so many populations, and those that do
#: give means.
MAX_READY_COUNTS = 500


def refuse_cells(source: Source, about: pd.DataFrame, look: Look) -> tuple[str, ...]:
    """Refuse a matrix whose rows look like cells, not populations; else say what was assumed.

    Rows with a number of cells each (``n_cells``) are populations. Otherwise rows are cells when
    there are more than `MAX_READY`, when the file has a column of labels that several rows share
    (other than one of `COARSER_LEVELS` beside values that are not counts), or when the values are
    counts in more than `MAX_READY_COUNTS` rows.

    Parameters
    ----------
    source : Source
        The matrix, with the annotation of the file itself.
    about : pandas.DataFrame
        What is known of each row, from the file and from a metadata table.
    look : Look
        What the values look like.

    Returns
    -------
    tuple of str
        Notices.

    Raises
    ------
    ScxError
        When the rows look like cells; it names the columns that could be populations.
    """
    n_rows = len(about)
    grouping = [
        str(name) for name in source.annotation.columns if _groups_rows(source.annotation[name])
    ]
    advice = (
        f"name the column of the population (it has: {join_some(grouping, 12)})"
        if grouping
        else "name the column of the population, of the file or of a metadata table"
    )
    if n_rows > MAX_READY:
        raise ScxError(
            f"{source.file} has {n_rows:,} rows, too many for populations, so they are cells: "
            f"{advice}."
        )
    if "n_cells" in about.columns:
        return ()
    telling = [name for name in grouping if look.counts or name not in COARSER_LEVELS]
    if telling or (look.counts and n_rows > MAX_READY_COUNTS):
        what = f" ({n_rows:,} rows of counts)" if look.counts else ""
        raise ScxError(
            f"{source.file} looks like cells, not populations{what}: {advice}, or, if each row is a "
            "population, give its number of cells as n_cells in the file or in a metadata table."
        )
    if not look.counts and not grouping:
        return ()
    return (
        f"{source.file} was taken as ready pseudobulk{' of counts' if look.counts else ''} with "
        f"{counted(n_rows, 'population')}; if these are cells, name the column of the population.",
    )


def _groups_rows(column: pd.Series) -> bool:
    """Whether a column holds labels, at least two, of which one stands in several rows."""
    present = column[~without_label(column)]
    is_label = isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_string_dtype(
        present
    )
    return is_label and 2 <= present.nunique() < len(present)

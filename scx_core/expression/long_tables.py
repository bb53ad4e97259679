"""From a table of text to genes x populations: other columns left out, long tables made wide."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import sparse

from scx_core.errors import ScxError, counted, join_some
from scx_core.expression.columns import (
    ColumnChoice,
    refuse_doubtful,
    refuse_unknown_choice,
    say_left_out,
    sort_columns,
)
from scx_core.expression.source import ID_HEADERS
from scx_core.expression.tables import TextMatrix


def take_populations(table: TextMatrix, choice: ColumnChoice, file: str) -> TextMatrix:
    """Leave out the columns of numbers that are no population.

    Raises
    ------
    ScxError
        When the choice names a column that is not there, or a column may be none and nobody said
        what it is, or none is left.
    """
    headers = [str(header) for header in table.columns]
    refuse_unknown_choice(choice, headers, file)
    columns = sort_columns(headers, table.numbers, choice)
    refuse_doubtful(columns, file)
    kept = np.array([not column.kind for column in columns])
    if kept.all():
        return table
    if not kept.any():
        raise ScxError(
            f"{file} has no column of a population: {join_some(headers, 12)} hold other numbers; give "
            "a table with a column for each population."
        )
    return replace(
        table,
        columns=table.columns[kept],
        numbers=sparse.csr_matrix(table.numbers[:, np.flatnonzero(kept)]),
        notices=(*table.notices, *say_left_out(columns, file)),
    )


def from_long(table: TextMatrix, file: str) -> TextMatrix:
    """Make a long table (one row for each gene and population) wide; others stay as they are.

    A table is long where most of its row names repeat and a column of labels makes the pair of row
    name and label unique.

    Raises
    ------
    ScxError
        When several columns could hold the values or the labels, or a gene lacks a population.
    """
    if table.rows.duplicated(keep=False).mean() <= 1 / 2:
        return table
    label = _find_label(table, file)
    if label is None:
        return table
    values = [str(header) for header in table.columns]
    if len(values) > 1:
        raise ScxError(
            f"{file} is a long table, one row for each gene and {label!r}, with several columns of "
            f"numbers ({join_some(values)}): choose one of them (--not-population NAME leaves one out)."
        )
    labels = table.beside[label].str.strip()
    rows, genes = pd.factorize(table.rows)
    columns, populations = pd.factorize(labels.to_numpy())
    n_pairs = len(genes) * len(populations)
    if len(table.rows) != n_pairs:
        found = np.zeros((len(genes), len(populations)), dtype=bool)
        found[rows, columns] = True
        gene, population = np.argwhere(~found)[0]
        raise ScxError(
            f"{file} is a long table, one row for each gene and {label!r}, but {n_pairs - found.sum():,} "
            f"of {n_pairs:,} pairs have no row, the first being {genes[gene]!r} in "
            f"{populations[population]!r}; add them, with 0 where nothing was measured."
        )
    numbers = np.zeros((len(genes), len(populations)))
    numbers[rows, columns] = table.numbers.toarray().ravel()
    first = ~pd.Index(table.rows).duplicated()
    beside = table.beside.loc[first, [name for name in table.beside if name != label]]
    return TextMatrix(
        pd.Index(genes),
        beside,
        pd.Index(populations),
        sparse.csr_matrix(numbers),
        (
            *table.notices,
            f"{file} was read as a long table: {values[0]!r} of "
            f"{counted(len(populations), 'population')} ({label!r}) for {counted(len(genes), 'gene')}.",
        ),
    )


def _find_label(table: TextMatrix, file: str) -> str | None:
    """Find the column that names the population of each row."""
    fitting = []
    for name in table.beside:
        if str(name).lower() in ID_HEADERS:
            continue
        labels = table.beside[name].str.strip()
        pairs = pd.DataFrame({"row": table.rows.to_numpy(), "label": labels.to_numpy()})
        # What differs in every row names the row itself, such as a transcript.
        if 2 <= labels.nunique() <= len(labels) / 2 and not pairs.duplicated().any():
            fitting.append(str(name))
    if len(fitting) > 1:
        raise ScxError(
            f"{file} is a long table, and several of its columns could name the population "
            f"({join_some(map(repr, fitting))}); keep one of them."
        )
    return fitting[0] if fitting else None

"""The median over populations, as a level of its own."""

from dataclasses import replace

import numpy as np
import pandas as pd

from scx_core.dataset import MEDIAN_LEVEL
from scx_core.errors import ScxError
from scx_core.expression import Expression


def add_median(expression: Expression) -> Expression:
    """Add the level ``"median"``: one row, the median over the finest populations.

    The median is of linear means, gene by gene; its ``n_cells`` are those of all populations.

    Raises
    ------
    ScxError
        If there is one population alone, or a level or population of the name.
    """
    populations = expression.populations
    finest = populations.index[populations["level"] == populations["level"].iloc[0]]
    if len(finest) < 2:
        raise ScxError(
            f"A median needs at least two populations, and the expression has one ({finest[0]}); "
            "import it without the median."
        )
    name = f"Median of {len(finest):,} populations"
    if name in populations.index or (populations["level"] == MEDIAN_LEVEL).any():
        raise ScxError(
            f"The expression has a population {name!r} or a level {MEDIAN_LEVEL!r} already; rename it, or "
            "import without the median."
        )
    cells = populations.loc[finest, "n_cells"].sum(skipna=False)
    row = pd.DataFrame(
        {"level": [MEDIAN_LEVEL], "parent": [""], "n_cells": [float(cells)]},
        index=pd.Index([name], name=populations.index.name),
    )
    values = expression.mean.to_numpy()
    middle = np.median(values[populations.index.get_indexer(finest)], axis=0)
    together = pd.concat([populations, row[list(populations.columns)]])
    mean = pd.DataFrame(
        np.vstack([values, middle]), index=together.index, columns=expression.mean.columns
    )
    return replace(expression, mean=mean, populations=together)

"""Mean expression per population, as read."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, join_some

#: How values were brought to a common library size.
NORMALISATIONS = ("cpm", "cp10k", "tpm", "none")

POPULATION_COLUMNS = ["level", "parent", "n_cells"]
DROPPED_COLUMNS = ["gene_id", "gene_name", "source", "reason"]


def empty_report() -> pd.DataFrame:
    """Make a drop report without rows."""
    return pd.DataFrame(columns=DROPPED_COLUMNS, dtype=object)


@dataclass(frozen=True)
class Expression:
    """Mean expression of every gene of a file in every population.

    Attributes
    ----------
    mean : pandas.DataFrame
        Populations of all levels x names in the file; linear, float64, in the units of
        `normalisation`, mean over cells. Column names may repeat, as in the file.
    populations : pandas.DataFrame
        One row per row of `mean`, same index ``population`` (unique over all levels); columns
        ``level``, ``parent`` (index of the row one level up, ``""`` at the top), ``n_cells``
        (float, NaN when unknown).
    names : pandas.DataFrame
        One row per column of `mean`, same order: the index ``name`` is the name in the file, the
        columns are the other identifiers found beside it.
    normalisation : str
        ``"cpm"`` (sum 10⁶ per cell), ``"cp10k"`` (sum 10⁴), ``"tpm"`` (per base of transcript,
        then sum 10⁶) or ``"none"`` (values as in the file).
    notices : tuple of str
        What is not wrong but worth knowing, one sentence each.
    dropped : pandas.DataFrame
        Names left out of `mean`, with the reason: columns ``gene_id, gene_name, source, reason``.

    Raises
    ------
    ScxError
        When the tables do not fit each other or a mean is negative or not finite.
    """

    mean: pd.DataFrame
    populations: pd.DataFrame
    names: pd.DataFrame
    normalisation: str
    notices: tuple[str, ...] = ()
    dropped: pd.DataFrame = field(default_factory=empty_report)

    def __post_init__(self) -> None:
        if self.normalisation not in NORMALISATIONS:
            raise ScxError(
                f"Normalisation {self.normalisation!r} is unknown; use one of "
                f"{join_some(NORMALISATIONS)}."
            )
        if not self.mean.index.equals(self.populations.index):
            raise ScxError("The rows of the mean and of the population table differ; align them.")
        if not self.populations.index.is_unique:
            repeated = self.populations.index[self.populations.index.duplicated()].unique()
            raise ScxError(f"Population names repeat: {join_some(repeated)}; rename one of each.")
        if list(self.populations.columns) != POPULATION_COLUMNS:
            raise ScxError(f"The population table needs the columns {POPULATION_COLUMNS}.")
        if not self.mean.columns.equals(self.names.index):
            raise ScxError("The columns of the mean and the names differ; align them.")
        values = self.mean.to_numpy()
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise ScxError("Mean expression has negative or non-finite values; mend the input.")

"""A number by model, as it is and in bootstrap samples, and the tables made of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scx_core.compare.bootstrap import Reals, interval, median_of_known


@dataclass(frozen=True)
class Measure:
    """A number for each column, by model: as it is, and in bootstrap samples.

    Attributes
    ----------
    name : str
        Of the column in tables.
    found : list of ndarray, shape (columns,)
    samples : list of ndarray, shape (samples, columns)
    """

    name: str
    found: list[Reals]
    samples: list[Reals]

    def table(self, place: int) -> pd.DataFrame:
        """Tell of one model, with its difference from the first and the interval of that."""
        low, high = interval(self.samples[place] - self.samples[0])
        difference = self.found[place] - self.found[0]
        columns = {"difference": difference, "low": low, "high": high}
        if place == 0:
            columns = {name: np.full(len(difference), np.nan) for name in columns}
        named = {f"{self.name}_{name}": column for name, column in columns.items()}
        return pd.DataFrame({self.name: self.found[place], **named})

    def medians(self) -> "Measure":
        """Take medians over the columns that are a number for every model."""
        known = np.isfinite(np.stack(self.found)).all(axis=0)
        return Measure(
            self.name,
            [median_of_known(values[None, known]) for values in self.found],
            [median_of_known(drawn[:, known])[:, None] for drawn in self.samples],
        )


def population_table(
    names: tuple[str, ...], populations: list[str], n_genes: int, measures: tuple[Measure, ...]
) -> pd.DataFrame:
    """Make a table of a row for each population and model; see `Comparison.by_population`."""
    parts = []
    for place, name in enumerate(names):
        described = pd.DataFrame({"population": populations, "model": name, "n": n_genes})
        parts.append(pd.concat([described, *(item.table(place) for item in measures)], axis=1))
    # Models of a population side by side: row r of every part, then row r + 1.
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def overall_table(
    names: tuple[str, ...], n_genes: int, measures: tuple[Measure, ...]
) -> pd.DataFrame:
    """Make a table of a row for each model; see `Comparison.overall`."""
    parts = [
        pd.concat([item.table(place) for item in measures], axis=1) for place in range(len(names))
    ]
    table = pd.concat(parts).set_axis(pd.Index(names, name="model"))
    table.insert(0, "n", n_genes)
    return table

"""The same variants through several models: how far their effects agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from scx_core.compare.bootstrap import (
    N_SAMPLES,
    draw_samples,
    interval,
    pearson_of_samples,
    rank_correlations_of_samples,
)
from scx_core.errors import ScxError, counted, join_some
from scx_core.mutagenesis.effects import EFFECT

#: What makes two lines of results the same change.
KEY: Final = ("row", "part", "gene_id", "substitution")
#: A correlation needs three points to say anything.
FEWEST: Final = 3
Reals = NDArray[np.float64]
#: A model or table, and one of its populations or tracks.
Track = tuple[str, str]


@dataclass(frozen=True)
class Agreement:
    """How far two lists of effects agree.

    Attributes
    ----------
    first, second : (str, str)
        Model and population.
    n : int
        Changes that both have.
    n_rows : int
        Rows of the list that these come from; the intervals draw rows.
    spearman, spearman_low, spearman_high : float
        Rank correlation and its 95 % bootstrap interval; NaN below three changes, or where one
        side is constant.
    pearson, pearson_low, pearson_high : float
        The same for the correlation of the values.
    same_sign : float
        Share of the changes with the same sign; changes with a zero do not count. NaN without any.
    n_signed : int
        Changes that count in it.
    top : int
        How many of the strongest (by absolute effect) were compared.
    shared : float
        Share of the strongest of the first that are among those of the second.
    by_chance : float
        That share if the two had nothing to do with each other: ``top / n``.
    """

    first: Track
    second: Track
    n: int
    n_rows: int
    spearman: float
    spearman_low: float
    spearman_high: float
    pearson: float
    pearson_low: float
    pearson_high: float
    same_sign: float
    n_signed: int
    top: int
    shared: float
    by_chance: float


@dataclass(frozen=True)
class EffectComparison:
    """Effects of the same changes in several models and tables.

    Attributes
    ----------
    names : tuple of str
        Models and tables, in the order given.
    effects : DataFrame
        A line for each change (index: row, part, gene_id, substitution) that any of them has;
        columns are (model, population). NaN where it has no effect. Units are those of each model.
    statements : tuple of str
        What is compared, and what is left out.
    """

    names: tuple[str, ...]
    effects: pd.DataFrame
    statements: tuple[str, ...]

    def tracks(self, name: str | None = None) -> list[Track]:
        """Give the (model, population) pairs of one model or table, or of all."""
        levels = [self.effects.columns.get_level_values(level) for level in (0, 1)]
        return [
            (str(model), str(population))
            for model, population in zip(*levels, strict=True)
            if name in (None, model)
        ]

    def pair(self, first: Track, second: Track, *, sizes: bool = False) -> pd.DataFrame:
        """Give the effects that both have.

        Parameters
        ----------
        first, second : (str, str)
            Model and population.
        sizes : bool
            Absolute values, for scores that have no direction.

        Returns
        -------
        DataFrame
            ``first, second`` by change.

        Raises
        ------
        ScxError
            If there is no such population.
        """
        both = pd.DataFrame(
            {"first": self._values(first), "second": self._values(second)}, self.effects.index
        ).dropna()
        return both.abs() if sizes else both

    def _values(self, track: Track) -> Reals:
        if track not in self.effects.columns:
            raise ScxError(
                f"There are no effects of {track[0]} in {track[1]!r}; choose of "
                f"{join_some([name for _, name in self.tracks(track[0])] or self.names)}."
            )
        return self.effects[track].to_numpy(np.float64)

    def agreement(
        self,
        first: Track,
        second: Track,
        *,
        sizes: bool = False,
        top: int = 20,
        n_samples: int = N_SAMPLES,
        seed: int = 0,
    ) -> Agreement:
        """Measure how far two populations of two models agree.

        Parameters
        ----------
        first, second, sizes
            See `pair`.
        top : int
            How many of the strongest to compare; at most a third of the changes.
        n_samples, seed : int
            Bootstrap samples of the rows: substitutions of one variant, and genes that share it,
            are drawn together, because they are not independent.
        """
        both = self.pair(first, second, sizes=sizes)
        x, y = (both[[name]].to_numpy(np.float64) for name in ("first", "second"))
        rows, members = np.unique(both.index.get_level_values("row"), return_inverse=True)
        spearman = pearson = _UNKNOWN
        if len(both) >= FEWEST:
            drawn = draw_samples(len(rows), n_samples, seed)[:, members]
            ranks = rank_correlations_of_samples(x, [y], drawn)[0][:, 0]
            spearman = (_correlate(_ranked(x), _ranked(y)), *_ends(ranks))
            pearson = (_correlate(x, y), *_ends(pearson_of_samples(x, y, drawn)[:, 0]))
        signed = (x != 0) & (y != 0)
        n_signed = int(signed.sum())
        kept = min(top, len(both) // 3)
        strongest = [set(np.argsort(-np.abs(side[:, 0]), kind="stable")[:kept]) for side in (x, y)]
        return Agreement(
            first, second, len(both), len(rows), *spearman, *pearson,
            same_sign=float((np.sign(x) == np.sign(y))[signed].mean()) if n_signed else np.nan,
            n_signed=n_signed, top=kept,
            shared=len(strongest[0] & strongest[1]) / kept if kept else np.nan,
            by_chance=kept / len(both) if kept else np.nan,
        )  # fmt: skip

    def rank_correlations(
        self, tracks: Sequence[Track] | None = None
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Correlate the ranks of every two populations, over the changes that both have.

        Parameters
        ----------
        tracks : sequence of (str, str), optional
            Models and populations; by default all.

        Returns
        -------
        correlations, counts : DataFrame, tracks x tracks
            NaN below three changes, or where one side is constant.
        """
        chosen = self.tracks() if tracks is None else list(tracks)
        values = np.column_stack([self._values(track) for track in chosen])
        found = np.full((len(chosen), len(chosen)), np.nan)
        counts = np.zeros((len(chosen), len(chosen)), dtype=np.int64)
        # Populations of one model lack the same changes, so that a few blocks hold all pairs.
        patterns, group = np.unique(np.isfinite(values), axis=1, return_inverse=True)
        for one in range(patterns.shape[1]):
            for other in range(one, patterns.shape[1]):
                lines = patterns[:, one] & patterns[:, other]
                left, right = np.flatnonzero(group == one), np.flatnonzero(group == other)
                block = _correlations(values[np.ix_(lines, left)], values[np.ix_(lines, right)])
                found[np.ix_(left, right)], found[np.ix_(right, left)] = block, block.T
                counts[np.ix_(left, right)] = counts[np.ix_(right, left)] = lines.sum()
        index = pd.MultiIndex.from_tuples(chosen, names=["model", "population"])
        return pd.DataFrame(found, index, index), pd.DataFrame(counts, index, index)


_UNKNOWN: Final = (np.nan, np.nan, np.nan)


def _ends(samples: Reals) -> tuple[float, float]:
    low, high = interval(samples[:, None])
    return float(low[0]), float(high[0])


def _ranked(values: Reals) -> Reals:
    return np.asarray(rankdata(values, axis=0), dtype=np.float64)


def _correlate(x: Reals, y: Reals) -> float:
    return float(_standardised(x)[:, 0] @ _standardised(y)[:, 0])


def _correlations(x: Reals, y: Reals) -> Reals:
    """Spearman correlation of every column of one table with every column of another."""
    if len(x) < FEWEST:
        return np.full((x.shape[1], y.shape[1]), np.nan)
    return np.clip(_standardised(_ranked(x)).T @ _standardised(_ranked(y)), -1.0, 1.0)


def _standardised(values: Reals) -> Reals:
    """Centre columns and give them length 1; NaN where a column is constant."""
    constant = values.min(axis=0) == values.max(axis=0)
    centred = values - values.mean(axis=0)
    length = np.sqrt((centred**2).sum(axis=0))
    return centred / np.where(constant, np.nan, length)


def compare_effects(scored: Sequence[tuple[str, pd.DataFrame]]) -> EffectComparison:
    """Bring the effects of the same changes in several models and tables together.

    Parameters
    ----------
    scored : sequence of (str, DataFrame)
        At least two: a name, and results with ``row, part, gene_id, substitution`` and a column
        ``effect: POPULATION`` for each population (or track, see
        `scx_core.variants.outside.join_outside`). Lines with a ``reason`` do not count. Lines are
        compared as they are: keep the list's own changes with
        `scx_core.variants.writing.columns.given_changes` where all three substitutions are in.

    Raises
    ------
    ScxError
        If there are fewer than two, two have the same name, or no change is in two of them.
    """
    names = tuple(name for name, _ in scored)
    if len(names) < 2 or len(set(names)) < len(names):
        raise ScxError(
            f"Comparing needs two models or tables of different names, not {join_some(names)}."
        )
    parts = {name: _effects_of(name, frame) for name, frame in scored}
    effects = pd.concat(parts, axis=1, names=["model", "population"], sort=False).sort_index()
    in_each = pd.DataFrame({name: effects.index.isin(part.index) for name, part in parts.items()})
    in_all = int(in_each.all(axis=1).sum())
    if not (in_each.sum(axis=1) > 1).any():
        raise ScxError(
            "No change of the list has an effect in two of "
            f"{join_some(names)}; score the same list with each of them."
        )
    return EffectComparison(names, effects, _tell(parts, in_all))


def _effects_of(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    columns = [column for column in frame.columns if str(column).startswith(EFFECT)]
    done = frame[frame["reason"].fillna("") == ""] if "reason" in frame else frame
    if not columns or done.empty:
        raise ScxError(f"{name} has no effect on any change of the list; leave it out.")
    table = done.set_index(list(KEY))[columns]
    table.columns = pd.Index([str(column).removeprefix(EFFECT) for column in columns])
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()]
        raise ScxError(
            f"{name} has two results for the same change (row {twice[0][0]}, {twice[0][2]}, to "
            f"{twice[0][3]}); give one of them."
        )
    return table.dropna(how="all")


def _tell(parts: Mapping[str, pd.DataFrame], in_all: int) -> tuple[str, ...]:
    statements = [
        f"{counted(in_all, 'change has', 'changes have')} an effect in "
        f"{'both' if len(parts) == 2 else f'all {len(parts)}'}."
    ]
    for name, part in parts.items():
        if len(part) > in_all:
            statements.append(
                f"{name} has {len(part) - in_all:,} more, compared only with those that have them too."
            )
    return tuple(statements)

"""What the Predictions page says, as Markdown, and the order it shows populations in."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import counted, join_some
from scx_core.evaluate import correlation_by_variance, pearson_interval, spearman_interval
from scx_core.ui.plain import plain, plain_sentence
from scx_core.ui.words import decimal

#: Columns of the metrics, and what they are called.
METHODS = {
    "pearson": "this model",
    "pearson_kmer_ridge": "baseline: 5-letter words near the TSS",
    "pearson_half_life_ridge": "baseline: half-life features alone",
}
_BASELINES = {
    "pearson_kmer_ridge": "counting 5-mers gives",
    "pearson_half_life_ridge": "half-life features alone",
}
_SPLITS = {
    "random": "random folds",
    "chromosome": "folds by chromosome",
    "family": "folds that keep gene families together",
}


def split_words(model: Ensemble) -> str:
    """Say how genes were parted: ``5 random folds × 2 runs``, or which folds of how many."""
    kind = _SPLITS[model.settings.split]
    trained, there = len(model.trained_folds), model.folds.nunique()
    runs = model.runs_in_words
    if trained == there:
        return f"{trained} {kind} × {runs}"
    table = model.fold_table
    tested = table.loc[table["fold"].isin(model.trained_folds), "group"].astype(str)
    if model.settings.split == "chromosome":
        which = join_some(sorted(tested.unique()))
    else:
        which = f"fold {join_some(model.trained_folds)}"
    return f"{trained} of {there} {kind}, {which}, × {runs}"


def with_interval(
    value: float, interval: tuple[float, float], mark: str = "", said: str = ""
) -> str:
    """Write a correlation with its 95 % interval: ``0.71 (95 % 0.70–0.72)``."""
    if math.isnan(value):
        return "not defined"
    number = f"{mark}{decimal(value)}{mark}"
    if math.isnan(interval[0]):
        return number
    low, high = (decimal(end) for end in interval)
    between = "–" if interval[0] >= 0 else " to "
    return f"{number} ({said}{low}{between}{high})"


def performance_sentence(model: Ensemble, population: str) -> str:
    """Say in plain words how well a population is predicted, over which genes, beside what.

    Parameters
    ----------
    model : Ensemble
    population : str
        One that the model predicts.
    """
    score = model.metrics.loc[[population]].iloc[0]
    n, r, rho = int(score["n"]), float(score["pearson"]), float(score["spearman"])
    interval = pearson_interval(r, n)
    name = plain(population)
    beside = baseline_words(score)
    if math.isnan(r):
        told = f"In **{name}** no correlation is defined: all values are the same, over"
    else:
        explains = (
            f"explains {100 * r * r:.0f} % of the variation between genes (r²)"
            if interval[0] > 0
            else "does not tell genes apart better than chance"
        )
        told = (
            f"In **{name}** the model {explains}: Pearson r "
            f"{with_interval(r, interval, '**', '95 % ')}, Spearman ρ "
            f"{with_interval(rho, spearman_interval(rho, n))}, over"
        )
    return (
        f"{told} n = {counted(n, 'gene')}, each predicted out of fold, by models that never saw it "
        f"({plain_sentence(split_words(model))}).{beside}"
    )


def baseline_words(score: pd.Series) -> str:
    """Put the baselines beside the model: a sentence that begins with a space, "" without any.

    Parameters
    ----------
    score : Series
        Pearson r by the names of `METHODS`; a baseline that was not computed is missing or NaN.
    """
    known = [
        f"{told} {decimal(score[column])}"
        for column, told in _BASELINES.items()
        if column in score.index and pd.notna(score[column])
    ]
    if not known:
        return ""
    return f" For comparison (r): {', '.join(known)}; this model {decimal(score['pearson'])}."


def variation_sentence(genes: pd.DataFrame) -> str:
    """Say how r over populations changes from the least to the most variable genes."""
    groups = correlation_by_variance(genes)
    if len(groups) < 2:
        return "Too few genes vary over the populations of this model to compare them."
    first, last = groups.iloc[0], groups.iloc[-1]
    return (
        f"Over populations, the median r of the tenth of genes that vary least is "
        f"**{decimal(first['median'])}** (n = {first['n']:,.0f}), of the tenth that vary most "
        f"**{decimal(last['median'])}** (n = {last['n']:,.0f})."
    )


def fold_sentence(by_fold: pd.DataFrame, population: str) -> str:
    """Say how much the folds of a population differ."""
    r = by_fold.loc[by_fold["population"] == population, "pearson"].dropna()
    name = plain(population)
    if r.empty:
        return f"In **{name}** no fold has a correlation."
    if len(r) == 1:
        return f"In **{name}** one fold was trained: r = {decimal(r.iloc[0])}."
    return (
        f"In **{name}** the median over {len(r)} folds is r = **{decimal(r.median())}**, from "
        f"{decimal(r.min())} to {decimal(r.max())}."
    )


def classes_of(dataset: Dataset, names: Sequence[str]) -> dict[str, str]:
    """Class of each population: the group of level ``class`` above it, else the topmost one.

    Returns
    -------
    dict
        Empty where all populations are of one class or of none.
    """
    parents = dataset.populations["parent"].fillna("").astype(str).to_dict()
    levels = dataset.populations["level"].astype(str).to_dict()
    found = {}
    for name in names:
        group = ""
        above = parents.get(name, "")
        for _ in range(len(parents)):
            if not above or levels.get(group) == "class":
                break
            group, above = above, parents.get(above, "")
        found[name] = group
    return found if len(set(found.values())) > 1 else {}


def order_by_class(
    names: Sequence[str], classes: Mapping[str, str], values: pd.Series | None = None
) -> list[str]:
    """Put the members of a class together, classes as they come first.

    Parameters
    ----------
    names : sequence of str
    classes : mapping
        Class by name.
    values : Series, optional
        By name; within a class, the largest comes first, NaN last. Else the order stays.
    """
    place = {
        group: number
        for number, group in enumerate(dict.fromkeys(classes.get(n, "") for n in names))
    }

    def rank(name: str) -> tuple[int, float]:
        value = 0.0 if values is None else float(values[name])
        return place[classes.get(name, "")], math.inf if math.isnan(value) else -value

    return sorted(names, key=rank)

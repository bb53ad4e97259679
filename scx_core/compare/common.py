"""What models have in common: one level, the genes and the populations that all of them predict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.errors import ScxError, counted, join_some

#: A correlation needs three points to say anything.
FEWEST: Final = 3
Reals = NDArray[np.float64]
#: Where models of several levels of one dataset can be compared.
MeetingLevel = Literal["finest", "coarsest"]
MEETING_LEVELS: Final[tuple[MeetingLevel, ...]] = ("finest", "coarsest")


@dataclass(frozen=True)
class Entry:
    """A model's predictions and the truth, at the level of the comparison.

    Attributes
    ----------
    ensemble : Ensemble
    dataset : Dataset
    predicted, true : DataFrame, genes x populations, log10
        Out-of-fold predictions; expression of all genes and populations of the dataset.
    """

    ensemble: Ensemble
    dataset: Dataset
    predicted: pd.DataFrame
    true: pd.DataFrame

    def of(self, genes: pd.Index, populations: Sequence[str]) -> tuple[Reals, Reals]:
        """Give truth and predictions of some genes and populations, shape (genes, populations)."""
        columns = list(populations)
        true, predicted = (frame.loc[genes, columns] for frame in (self.true, self.predicted))
        return true.to_numpy(np.float64), predicted.to_numpy(np.float64)


def at_one_level(
    models: Sequence[tuple[Ensemble, Dataset]], level: MeetingLevel = "finest"
) -> tuple[list[Entry], tuple[str, ...]]:
    """Bring all models of one dataset to one of their levels.

    Parameters
    ----------
    models : sequence of (Ensemble, Dataset)
    level : str
        ``"finest"``: a coarse model predicts for each fine population what it predicts for the one
        above it, and is judged there (Δc,p,t of scXpresso, Figures 2B-C). ``"coarsest"``:
        predictions of a fine model are averaged as expression is.

    Returns
    -------
    list of Entry
    tuple of str
        A sentence for each model that was brought to another level.

    Raises
    ------
    ScxError
        If a dataset is not the one that its model was trained on, or there is no such choice.
    """
    if level not in MEETING_LEVELS:
        raise ScxError(
            f"Models can meet at the level {' or '.join(MEETING_LEVELS)}, not {level!r}."
        )
    for ensemble, dataset in models:
        ensemble.check_dataset(dataset)
    first = models[0][1]
    levels = {ensemble.level for ensemble, _ in models}
    common = ""
    if len(levels) > 1 and all(dataset.digest == first.digest for _, dataset in models):
        choose = min if level == "finest" else max
        common = choose(levels, key=first.levels.index)
    entries, statements = [], []
    for ensemble, dataset in models:
        predicted = ensemble.predictions
        if common and ensemble.level != common and level == "coarsest":
            predicted, how = _averaged(ensemble, dataset, common)
            statements.append(
                f"Predictions of {ensemble.name} ({ensemble.level}) were averaged to the level "
                f"{common}, as log10 of the mean expression of its members, {how}."
            )
        elif common and ensemble.level != common:
            predicted = _asked_below(ensemble, dataset, common)
            statements.append(
                f"{ensemble.name} ({ensemble.level}) was asked about each {common}: it predicts what "
                f"it predicts for the {ensemble.level} above, judged against the {common}'s own "
                "expression."
            )
        entries.append(Entry(ensemble, dataset, predicted, dataset.expression))
    return entries, tuple(statements)


def _asked_below(ensemble: Ensemble, dataset: Dataset, level: str) -> pd.DataFrame:
    """Give each population of a finer level the predictions for the one that it belongs to."""
    table = dataset.populations
    above = {name: _ancestor(table, name, ensemble.level) for name in dataset.populations_at(level)}
    known = {name: parent for name, parent in above.items() if parent in ensemble.populations}
    return ensemble.predictions[list(known.values())].set_axis(list(known), axis=1)


def _averaged(ensemble: Ensemble, dataset: Dataset, level: str) -> tuple[pd.DataFrame, str]:
    """Average predictions over the members of the populations of a coarser level.

    Returns
    -------
    DataFrame, genes x populations of ``level``, log10
    str
        How members were weighted.
    """
    table = dataset.populations
    above = {name: _ancestor(table, name, level) for name in ensemble.populations}
    members = pd.Series({name: parent for name, parent in above.items() if parent}, dtype=object)
    cells = table.loc[members.index, "n_cells"].astype(float)
    known = bool(cells.notna().all())
    weights = cells if known else pd.Series(1.0, index=members.index)
    linear = 10.0 ** ensemble.predictions[list(members.index)]
    parts = {
        parent: np.log10(np.average(linear[list(group)], axis=1, weights=weights[list(group)]))
        for parent, group in members.groupby(members, sort=False).groups.items()
    }
    how = "weighted by their cells" if known else "all weighted alike"
    return pd.DataFrame(parts, index=linear.index), how


def _ancestor(populations: pd.DataFrame, name: str, level: str) -> str:
    """Find the population of a level that another belongs to; empty if there is none."""
    while name and populations.loc[name, "level"] != level:
        name = str(populations.loc[name, "parent"])
    return name


def find_shared(entries: list[Entry]) -> tuple[list[str], pd.Index]:
    """Give the populations and genes that all models have, in the order of the first.

    Raises
    ------
    ScxError
        If there is no such population, or there are fewer than three such genes.
    """
    populations = [
        name
        for name in entries[0].predicted.columns
        if all(name in entry.predicted.columns for entry in entries)
    ]
    if not populations:
        told = "; ".join(
            f"{entry.ensemble.name} predicts {join_some(entry.predicted.columns, 3)}"
            for entry in entries
        )
        raise ScxError(f"The models share no population ({told}); choose models of the same data.")
    genes = entries[0].predicted.index
    for entry in entries[1:]:
        genes = genes[genes.isin(entry.predicted.index)]
    if len(genes) < FEWEST:
        folds = "; ".join(
            f"{entry.ensemble.name}: {join_some(entry.ensemble.trained_folds)}" for entry in entries
        )
        raise ScxError(
            f"Only {counted(len(genes), 'gene was', 'genes were')} predicted by all these models "
            f"(trained folds: {folds}); train the same folds to compare them."
        )
    return populations, genes


def tell_shared(entries: list[Entry], populations: list[str], genes: pd.Index) -> tuple[str, ...]:
    """Say what is compared and what is left out, in sentences."""
    statements = [
        f"Compared on {counted(len(genes), 'gene')} and {counted(len(populations), 'population')} "
        "that all these models predict, each gene out of fold."
    ]
    for entry in entries:
        more_genes = len(entry.predicted) - len(genes)
        more_populations = len(entry.predicted.columns) - len(populations)
        left = [
            counted(number, word)
            for number, word in ((more_genes, "gene"), (more_populations, "population"))
            if number
        ]
        if left:
            statements.append(f"Left out of {entry.ensemble.name}: {' and '.join(left)}.")
    if len({entry.dataset.digest for entry in entries}) > 1:
        statements.append(
            "The models were trained on different data "
            f"({join_some([entry.dataset.name for entry in entries])}): each is compared with the "
            "expression in its own, and a difference may come from the data."
        )
    return tuple(statements)


def have_same_folds(entries: list[Entry]) -> bool:
    """Say whether all models split the same genes in the same way, whatever the folds are called."""
    first = entries[0].ensemble.folds
    for entry in entries[1:]:
        folds = entry.ensemble.folds
        if len(folds) != len(first) or not folds.index.isin(first.index).all():
            return False
        pairs = pd.DataFrame({"first": first, "other": folds.reindex(first.index)})
        if not len(pairs.drop_duplicates()) == first.nunique() == folds.nunique():
            return False
    return True


def tell_folds(entries: list[Entry], same: bool) -> str:
    """Say whether the folds are the same, and what follows from that."""
    if same:
        return (
            "All these models were trained on the same folds: each gene was held out together with the "
            "same other genes, so they can be compared gene by gene."
        )
    told = "; ".join(
        f"{entry.ensemble.name}: {entry.ensemble.settings.split}, {entry.ensemble.folds.nunique()} "
        "folds"
        for entry in entries
    )
    return (
        f"The folds differ ({told}): every prediction is out of fold, but a gene's models learned "
        "from other genes in each, so a difference may come from the split and not from the model."
    )

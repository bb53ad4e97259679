"""Which genes a model may see: every gene is in exactly one test set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from natsort import natsorted
from numpy.typing import NDArray
from sklearn.model_selection import KFold

from scx_core.errors import ScxError, join_some
from scx_core.training.settings import TrainingSettings

#: The published code's ``KFold(20, shuffle=True, random_state=1)``.
PUBLISHED_FOLD_SEED = 1
_LARGEST_VALIDATION = 1000


@dataclass(frozen=True)
class FoldSplit:
    """Rows of one fold.

    Attributes
    ----------
    training, validation, test : ndarray of int
        Rows of the gene table; disjoint, together all genes.
    """

    training: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def make_folds(genes: pd.DataFrame, settings: TrainingSettings) -> pd.DataFrame:
    """Give each gene its fold.

    Parameters
    ----------
    genes : DataFrame
        Gene table; the random split depends on the order of its rows, as published.
    settings : TrainingSettings
        Uses ``split`` and ``n_folds``.

    Returns
    -------
    DataFrame
        By gene id: ``fold`` (int, from 0) and ``group`` (name of the fold: its chromosome, or its
        number).

    Raises
    ------
    ScxError
        If there are fewer genes than folds, or one chromosome only.
    """
    if settings.split == "chromosome":
        chromosomes = genes["chromosome"].astype(str)
        names = natsorted(chromosomes.unique())
        if len(names) < 2:
            raise ScxError(
                f"Leaving chromosomes out needs genes on two chromosomes; all are on {names[0]}. "
                "Choose the random split."
            )
        fold = chromosomes.map({name: number for number, name in enumerate(names)})
        return pd.DataFrame({"fold": fold.astype(int), "group": chromosomes}, index=genes.index)
    if len(genes) < settings.n_folds:
        raise ScxError(
            f"{len(genes):,} genes cannot be split into {settings.n_folds} folds; choose fewer folds."
        )
    fold_of_row = np.empty(len(genes), dtype=int)
    splitter = KFold(settings.n_folds, shuffle=True, random_state=PUBLISHED_FOLD_SEED)
    for number, (_, test) in enumerate(splitter.split(np.arange(len(genes)))):
        fold_of_row[test] = number
    return pd.DataFrame({"fold": fold_of_row, "group": fold_of_row.astype(str)}, index=genes.index)


def split_fold(folds: pd.DataFrame, fold: int, n_validation: int) -> FoldSplit:
    """Split the genes for one fold, validation genes drawn as in the published code.

    Parameters
    ----------
    folds : DataFrame
        From `make_folds`.
    fold : int
    n_validation : int
        0 for 1,000 genes, or a tenth of the non-test genes where that is fewer.

    Raises
    ------
    ScxError
        If the validation genes leave none to train on.
    """
    number = folds["fold"].to_numpy()
    test = np.flatnonzero(number == fold)
    rest = np.flatnonzero(number != fold)
    wanted = n_validation or min(_LARGEST_VALIDATION, max(len(rest) // 10, 1))
    if wanted >= len(rest):
        raise ScxError(
            f"{wanted:,} validation genes leave none of the {len(rest):,} genes outside fold {fold} "
            "to train on; choose fewer."
        )
    # The legacy generator is the definition: np.random.seed(fold), then a permutation.
    order = np.random.RandomState(fold).permutation(rest)
    return FoldSplit(np.sort(order[wanted:]), np.sort(order[:wanted]), test)


def choose_folds(folds: pd.DataFrame, wanted: Sequence[int | str]) -> tuple[int, ...]:
    """Numbers of the folds to train, given numbers or names of groups; all if empty.

    Raises
    ------
    ScxError
        If there is no such fold.
    """
    by_group = dict(zip(folds["group"].astype(str), folds["fold"].astype(int), strict=True))
    numbers = set(by_group.values())
    if not wanted:
        return tuple(sorted(numbers))
    chosen = []
    for item in wanted:
        number = by_group.get(str(item))
        if number is None and str(item).isdigit() and int(item) in numbers:
            number = int(item)
        if number is None:
            raise ScxError(
                f"There is no fold {item!r}; there are {join_some(natsorted(by_group), 30)}."
            )
        chosen.append(number)
    return tuple(dict.fromkeys(chosen))

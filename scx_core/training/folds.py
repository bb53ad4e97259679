"""Which genes a model may see: every gene is in exactly one test set.

Folds depend on the genes alone, so that models of all levels of a dataset share them and compare
gene by gene.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from natsort import natsorted
from numpy.typing import NDArray
from sklearn.model_selection import KFold

from scx_core.errors import ScxError, counted, join_some
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


def make_folds(
    genes: pd.DataFrame, settings: TrainingSettings, families: pd.Series | None = None
) -> pd.DataFrame:
    """Give each gene its fold.

    Parameters
    ----------
    genes : DataFrame
        Gene table; the random split depends on the order of its rows, as published.
    settings : TrainingSettings
        Uses ``split`` and ``n_folds``.
    families : Series, optional
        Family of each gene, by gene id; for the family split, which depends on the families alone,
        whatever the order of the genes.

    Returns
    -------
    DataFrame
        By gene id: ``fold`` (int, from 0) and ``group`` (name of the fold: its chromosome, or its
        number); of the family split also ``family``.

    Raises
    ------
    ScxError
        If there are fewer genes or families than folds, one chromosome only, or genes without a
        family.
    """
    if settings.split == "chromosome":
        return _split_chromosomes(genes)
    if len(genes) < settings.n_folds:
        raise ScxError(
            f"{len(genes):,} genes cannot be split into {settings.n_folds} folds; choose fewer folds."
        )
    if settings.split == "family":
        return _split_families(genes, settings.n_folds, families)
    fold_of_row = np.empty(len(genes), dtype=int)
    splitter = KFold(settings.n_folds, shuffle=True, random_state=PUBLISHED_FOLD_SEED)
    for number, (_, test) in enumerate(splitter.split(np.arange(len(genes)))):
        fold_of_row[test] = number
    return pd.DataFrame({"fold": fold_of_row, "group": fold_of_row.astype(str)}, index=genes.index)


def _split_chromosomes(genes: pd.DataFrame) -> pd.DataFrame:
    chromosomes = genes["chromosome"].astype(str)
    names = natsorted(chromosomes.unique())
    if len(names) < 2:
        raise ScxError(
            f"Leaving chromosomes out needs genes on two chromosomes; all are on {names[0]}. "
            "Choose the random split."
        )
    fold = chromosomes.map({name: number for number, name in enumerate(names)})
    return pd.DataFrame({"fold": fold.astype(int), "group": chromosomes}, index=genes.index)


def _split_families(genes: pd.DataFrame, n_folds: int, families: pd.Series | None) -> pd.DataFrame:
    """Fill folds with whole families, the largest first, each into the smallest fold so far.

    On the worm (16,722 genes in 20 folds) they hold 836 or 837 genes each. scikit-learn's
    ``GroupKFold`` holds 804 to 901 where it shuffles; where not, it leaves the order of families of
    one size to a sort that is not stable, so that folds could differ between machines.
    """
    family = _families_of(genes, families)
    sizes = family.value_counts().sort_index()  # the order of genes shall not matter
    if len(sizes) < n_folds:
        raise ScxError(
            f"{counted(len(sizes), 'gene family', 'gene families')} cannot be split into {n_folds} "
            "folds; choose fewer folds."
        )
    shuffled = sizes.iloc[np.random.RandomState(PUBLISHED_FOLD_SEED).permutation(len(sizes))]
    in_fold = [(0, number) for number in range(n_folds)]
    fold_of_family = {}
    for name, size in shuffled.sort_values(ascending=False, kind="stable").items():
        held, number = heapq.heappop(in_fold)
        fold_of_family[name] = number
        heapq.heappush(in_fold, (held + int(size), number))
    fold = family.map(fold_of_family).astype(int)
    return pd.DataFrame(
        {"fold": fold, "group": fold.astype(str), "family": family}, index=genes.index
    )


def _families_of(genes: pd.DataFrame, families: pd.Series | None) -> pd.Series:
    if families is None:
        raise ScxError("The split by gene family needs the families; give a table or derive them.")
    family = families.reindex(genes.index)
    if family.isna().any():
        missing = genes.index[family.isna()]
        raise ScxError(
            f"{counted(len(missing), 'gene has', 'genes have')} no family: {join_some(missing)}; "
            "give each its own."
        )
    return family.astype(str)


def fold_notices(folds: pd.DataFrame) -> tuple[str, ...]:
    """Say what is worth knowing about folds of gene families; nothing about other folds.

    Parameters
    ----------
    folds : DataFrame
        From `make_folds`.
    """
    if "family" not in folds:
        return ()
    sizes = folds["family"].value_counts()
    several = sizes[sizes > 1]
    if several.empty:
        return (f"No two of the {len(folds):,} genes are of one family.",)
    sentences = [
        f"The {len(folds):,} genes fall into {counted(len(sizes), 'family', 'families')}, of which "
        f"{len(several):,} hold more than one gene ({several.sum():,} genes in all); the largest, "
        f"{sizes.index[0]}, holds {sizes.iloc[0]:,}."
    ]
    in_fold = folds["fold"].value_counts()
    even = -(-len(folds) // len(in_fold))
    larger = sizes[sizes > even]
    if len(larger):
        sentences.append(
            f"{counted(len(larger), 'family is', 'families are')} larger than a fold of {even:,} "
            f"genes ({join_some(larger.index)}), so the folds hold {in_fold.min():,} to "
            f"{in_fold.max():,} genes; choose fewer folds for even ones."
        )
    return tuple(sentences)


def split_fold(folds: pd.DataFrame, fold: int, n_validation: int) -> FoldSplit:
    """Split the genes for one fold, validation genes drawn as in the published code.

    Of the family split, whole families are drawn: in random order, each that still fits. So there
    may be a few validation genes fewer than wanted.

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
        If the validation genes leave none to train on, or every family is larger than their number.
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
    if "family" in folds:
        is_validation = _draw_families(folds["family"].to_numpy()[rest], fold, wanted)
        return FoldSplit(rest[~is_validation], rest[is_validation], test)
    # The legacy generator is the definition: np.random.seed(fold), then a permutation.
    order = np.random.RandomState(fold).permutation(rest)
    return FoldSplit(np.sort(order[wanted:]), np.sort(order[:wanted]), test)


def _draw_families(family: NDArray[np.object_], fold: int, wanted: int) -> NDArray[np.bool_]:
    """Draw whole families of up to ``wanted`` genes; says which of the genes are drawn."""
    names, of_gene, sizes = np.unique(family, return_inverse=True, return_counts=True)
    drawn = np.zeros(len(names), dtype=bool)
    left = wanted
    for number in np.random.RandomState(fold).permutation(len(names)):
        if sizes[number] <= left:
            drawn[number] = True
            left -= sizes[number]
    if not drawn.any():
        raise ScxError(
            f"The smallest family outside fold {fold} has {sizes.min():,} genes, more than the "
            f"{wanted:,} validation genes wanted; choose more."
        )
    return drawn[of_gene]


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

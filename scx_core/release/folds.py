"""Folds of a release: the published ones, or those of a table beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation.delimited import read_delimited
from scx_core.errors import ScxError, counted, join_some
from scx_core.release.layout import N_FOLDS, N_VALIDATION
from scx_core.training.folds import FoldSplit, make_folds, split_fold
from scx_core.training.settings import TrainingSettings

#: Digits of the number of a fold, at most.
_FOLD_DIGITS: Final = 4
_COLUMNS: Final = ("row", "gene", "fold", "group", "validation")


@dataclass(frozen=True)
class ReleaseFolds:
    """Who was trained, validated and tested where.

    Attributes
    ----------
    table : DataFrame
        By gene id: ``fold``, ``group`` and, of gene families, ``family``.
    split : str
        As of `TrainingSettings`.
    n_validation : int
    validation : tuple of frozenset of int, or None
        Of each row the folds in which it was a validation gene; None where they are drawn as
        published.
    """

    table: pd.DataFrame
    split: str
    n_validation: int
    validation: tuple[frozenset[int], ...] | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """Folds that have test genes, ascending."""
        return tuple(sorted(self.table["fold"].unique().tolist()))

    def of(self, fold: int) -> FoldSplit:
        """Rows of a fold.

        Raises
        ------
        ScxError
            If there are too few genes.
        """
        if self.validation is None:
            return split_fold(self.table, fold, self.n_validation)
        is_test = self.table["fold"].to_numpy() == fold
        is_validation = np.array([fold in folds for folds in self.validation]) & ~is_test
        training = ~is_test & ~is_validation
        if not training.any():
            raise ScxError(f"Fold {fold} leaves no gene to train on; check the table of folds.")
        return FoldSplit(*(np.flatnonzero(part) for part in (training, is_validation, is_test)))


def published_folds(gene_ids: Sequence[str]) -> ReleaseFolds:
    """Give the published folds: they depend on the number of genes and their order alone.

    Raises
    ------
    ScxError
        If there are too few genes for 20 folds with 1,000 validation genes.
    """
    n_genes = len(gene_ids)
    if n_genes - -(-n_genes // N_FOLDS) <= N_VALIDATION:
        raise ScxError(
            f"{counted(n_genes, 'gene')} are too few for the published {N_FOLDS} folds with "
            f"{N_VALIDATION:,} validation genes; give a folds.tsv beside the sequences."
        )
    genes = pd.DataFrame(index=pd.Index(gene_ids, name="gene_id"))
    table = make_folds(genes, TrainingSettings(n_folds=N_FOLDS))
    return ReleaseFolds(table, "random", N_VALIDATION)


def read_folds_table(path: Path, names: Sequence[str], gene_ids: Sequence[str]) -> ReleaseFolds:
    """Read a table of folds, a line for each row of the sequences in their order.

    Its columns are ``row`` (from 0), ``gene``, ``fold``, ``group``, ``validation`` (the folds in which
    the gene was a validation gene, parted by commas) and, of gene families, ``family``.

    Raises
    ------
    ScxError
        If lines, genes or numbers are not those of the sequences.
    """
    table = read_delimited(path)
    missing = [name for name in _COLUMNS if table.find(name) is None]
    if missing:
        raise ScxError(
            f"{path.name} has no column {', '.join(missing)}; a table of folds has {', '.join(_COLUMNS)}."
        )
    cells = table.cells
    if len(cells) != len(names):
        raise ScxError(
            f"{path.name} has {len(cells):,} lines, the sequences have {len(names):,} rows; each row "
            "has one line."
        )
    for number, (line, values) in enumerate(cells[["row", "gene", "fold"]].iterrows()):
        row, gene, fold = values
        if row != str(number) or gene != names[number] or not _is_fold(fold):
            raise ScxError(
                f"{path.name}, line {line:,}: row {row}, gene {gene}, fold {fold!r} do not fit row "
                f"{number:,} of the sequences ({names[number]}); mend the table."
            )
    folds = pd.DataFrame(
        {"fold": cells["fold"].astype(int).to_numpy(), "group": cells["group"].to_numpy()},
        index=pd.Index(gene_ids, name="gene_id"),
    )
    is_family = "family" in cells
    if is_family:
        folds["family"] = cells["family"].to_numpy()
    try:
        validation = tuple(
            frozenset(_fold(item) for item in text.split(",") if item.strip())
            for text in cells["validation"]
        )
    except ValueError as error:
        raise ScxError(
            f"{path.name} has a validation that is no list of folds ({error}); write 3,7."
        ) from error
    by_number = bool((folds["group"] == folds["fold"].astype(str)).all())
    split = "family" if is_family else "random" if by_number else "chromosome"
    drawn = np.bincount([fold for of_gene in validation for fold in of_gene] or [0])
    return ReleaseFolds(folds, split, int(drawn.max()), validation)


def _is_fold(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _FOLD_DIGITS


def _fold(text: str) -> int:
    if not _is_fold(text.strip()):
        raise ValueError(f"{text[:20]!r} is no fold")
    return int(text)


def folds_as_table(
    names: Sequence[str],
    folds: pd.DataFrame,
    splits: Iterable[tuple[int, NDArray[np.int64]]],
) -> pd.DataFrame:
    """Make the table of folds that `read_folds_table` reads.

    Parameters
    ----------
    names : sequence of str
        Of the rows.
    folds : DataFrame
        In the order of the rows: ``fold``, ``group``, of choice ``family``.
    splits : iterable of (int, ndarray)
        Folds and the rows of their validation genes.
    """
    validation: list[list[int]] = [[] for _ in names]
    for fold, rows in splits:
        for row in rows:
            validation[int(row)].append(fold)
    return pd.DataFrame(
        {
            "row": range(len(names)), "gene": list(names), "fold": folds["fold"].to_numpy(),
            "group": folds["group"].to_numpy(),
            "validation": [",".join(map(str, of_gene)) for of_gene in validation],
        }
        | ({"family": folds["family"].to_numpy()} if "family" in folds else {})
    )  # fmt: skip


def check_folds(folds: ReleaseFolds, with_models: Iterable[int], where: Path) -> None:
    """Refuse checkpoints of folds that no gene is tested in.

    Raises
    ------
    ScxError
        It names them.
    """
    unknown = [fold for fold in with_models if fold not in folds.numbers]
    if unknown:
        raise ScxError(
            f"{where} holds checkpoints of {'fold' if len(unknown) == 1 else 'folds'} "
            f"{join_some(unknown)}, but the folds are {folds.numbers[0]} to {folds.numbers[-1]}; "
            "remove them, or give the table of folds (folds.tsv)."
        )

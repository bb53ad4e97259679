"""From an expression file to mean expression per population."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, counted, join_some
from scx_core.expression.cells import COARSER_LEVELS, refuse_cells
from scx_core.expression.columns import ColumnChoice
from scx_core.expression.levels import (
    find_groups,
    label_cells,
    label_populations,
    read_counts,
    roll_up,
    small_populations,
    without_label,
)
from scx_core.expression.matrices import open_cells, open_pseudobulk
from scx_core.expression.normalise import Look, choose_normalisation, look_at
from scx_core.expression.not_genes import (
    refuse_without_genes,
    report_no_genes,
)
from scx_core.expression.source import Source, refuse_repeated_rows
from scx_core.expression.sums import Scaling, sum_groups
from scx_core.expression.table import DROPPED_COLUMNS, Expression, empty_report
from scx_core.expression.tables import read_annotation_table
from scx_core.progress import Progress, no_progress

Lengths = Callable[[pd.DataFrame], np.ndarray]


def read_expression(
    path: Path,
    *,
    levels: Mapping[str, str] | None = None,
    metadata: Path | None = None,
    normalize: str = "auto",
    layer: str | None = None,
    log1p: bool = False,
    lengths: Lengths | None = None,
    min_cells: int = 10,
    columns: ColumnChoice | None = None,
    progress: Progress = no_progress,
) -> Expression:
    """Read cells or ready pseudobulk as mean expression per population.

    Cells are normalised to one library size, then averaged; AnnData is read block by block, so a
    million cells need no more memory than a block (about 330 MB) and the sums. A coarser level is the
    mean over its cells, not over its populations' means.

    Parameters
    ----------
    path : Path
        ``.h5ad`` (dense, CSR or CSC), 10x ``.h5``, a folder or file of ``.mtx``, or a CSV or TSV
        table, packed with gzip or not.
    levels : mapping of str to str, optional
        Level → annotation column, finest first:
        ``{"population": "subclass_label", "class": "class_label"}``. None for a ready pseudobulk
        matrix.
    metadata : Path, optional
        CSV or TSV table. With `levels`: cell → annotation columns. Without: population →
        ``n_cells`` and any of ``subclass``, ``class``, ``tissue``.
    normalize : str
        ``"cpm"``, ``"cp10k"``, ``"tpm"``, ``"none"`` or ``"auto"`` (cp10k for counts, else none).
    layer : str, optional
        A layer of AnnData, or ``"raw"``.
    log1p : bool
        Undo log1p first.
    lengths : callable, optional
        For ``"tpm"``: the table of names → bases of transcript, NaN where unknown. A name without
        a length is left out, with a row in ``dropped``.
    min_cells : int
        Populations with fewer cells are kept and named in a notice.
    columns : ColumnChoice, optional
        Which columns of numbers of a ready table are populations, and which are none; otherwise
        told by their names and values.
    progress : Progress

    Returns
    -------
    Expression

    Raises
    ------
    ScxError
        When the file is missing, damaged or no matrix of expression; when an annotation column is
        missing, groups are not nested, or there is only one population of cells; without `levels`,
        when the rows look like cells.
    """
    path = Path(path)
    options = _Options(normalize, log1p, lengths, min_cells)
    if levels:
        table_path = None if metadata is None else Path(metadata)
        with open_cells(path, layer, list(levels.values()), table_path) as source:
            return _mean_of_cells(source, levels, options, progress)
    table = None if metadata is None else read_annotation_table(Path(metadata))
    ids = None if table is None else table.index
    with open_pseudobulk(path, layer, ids, columns or ColumnChoice()) as source:
        return _mean_as_read(source, table, options, progress)


@dataclass(frozen=True)
class _Options:
    normalize: str
    log1p: bool
    lengths: Lengths | None
    min_cells: int


def _mean_of_cells(
    source: Source, levels: Mapping[str, str], options: _Options, progress: Progress
) -> Expression:
    labels, left_out = label_cells(source.annotation, levels, source.file, source.unread)
    groups = find_groups(labels)
    finest = labels.columns[0]
    if len(groups) < 2:
        raise ScxError(
            f"{source.file} has only one {finest}, {groups[finest].iloc[0]!r}; a model that "
            "compares populations needs at least two: choose another annotation column."
        )
    codes = labels[finest].cat.codes.to_numpy().astype(np.intp)
    look = look_at(source, options.log1p)
    scaling, notices = _settle(source, look, options, cells=True)
    result = sum_groups(source, codes, len(groups), scaling, progress=progress)
    if result.n_empty:
        notices += (
            counted(result.n_empty, "cell has", "cells have")
            + " no counts at all: zero everywhere, and counted as "
            + ("a cell." if result.n_empty == 1 else "cells."),
        )
    expression = _stack(
        source, groups, result.sums / result.n_cells[:, None], result.n_cells, scaling
    )
    small = small_populations(expression.populations, options.min_cells)
    return replace(
        expression, notices=(*source.notices, *left_out, *notices, *small, *expression.notices)
    )


def _mean_as_read(
    source: Source, table: pd.DataFrame | None, options: _Options, progress: Progress
) -> Expression:
    """Take each row of the source as a population."""
    refuse_repeated_rows(source, "a population needs a name of its own")
    n_rows = len(source.annotation)
    about, notices = _describe_populations(source, table)
    look = look_at(source, options.log1p)
    notices += refuse_cells(source, about, look)
    if n_rows == 1:
        notices += (
            f"{source.file} has only one population, {about.index[0]!r}; nothing can be compared "
            "across populations.",
        )
    n_cells = (
        read_counts(about["n_cells"], source.file)
        if "n_cells" in about.columns
        else np.full(n_rows, np.nan)
    )
    coarser = [level for level in COARSER_LEVELS if level in about.columns]
    levels = {level: level for level in coarser if not without_label(about[level]).all()}
    groups = pd.DataFrame({"population": about.index.astype(str).to_numpy()})
    if levels:
        labels = label_populations(about, levels, source.file)
        groups = pd.concat([groups, labels], axis=1)
    known = not np.isnan(n_cells).any()
    if levels:
        notices += (
            "Means of the coarser levels are "
            + (
                "weighted by the numbers of cells."
                if known
                else "plain means over populations: not every number of cells is known."
            ),
        )
    scaling, settled = _settle(source, look, options, cells=False)
    result = sum_groups(source, np.arange(n_rows), n_rows, scaling, progress=progress)
    weights = n_cells if known else np.ones(n_rows)
    expression = _stack(source, groups, result.sums, n_cells, scaling, weights)
    small = small_populations(expression.populations, options.min_cells)
    return replace(
        expression, notices=(*source.notices, *notices, *settled, *small, *expression.notices)
    )


def _describe_populations(
    source: Source, table: pd.DataFrame | None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Join the metadata table to the populations of a ready matrix."""
    about = source.annotation
    if table is None:
        return about, ()
    found = about.index.isin(table.index)
    if not found.any():
        raise ScxError(
            f"No population of the metadata table is in {source.file}: the table has "
            f"{join_some(table.index, 3)}, the matrix {join_some(about.index, 3)}; make the names "
            "equal."
        )
    notices: tuple[str, ...] = ()
    if not found.all():
        notices += (
            counted(int((~found).sum()), "population is", "populations are")
            + f" not in the metadata table: {join_some(about.index[~found])}.",
        )
    extra = table.index[~table.index.isin(about.index)]
    if len(extra):
        notices += (
            f"{counted(len(extra), 'population')} of the metadata table "
            f"{'is' if len(extra) == 1 else 'are'} not in {source.file}: {join_some(extra)}.",
        )
    return about.drop(columns=table.columns, errors="ignore").join(table), notices


def _settle(
    source: Source, look: Look, options: _Options, *, cells: bool
) -> tuple[Scaling, tuple[str, ...]]:
    """Decide how values are scaled."""
    normalisation, notices = choose_normalisation(
        options.normalize, look, source, log1p=options.log1p, cells=cells
    )
    reasons = source.no_gene
    refuse_without_genes(source.names, reasons, source.file)
    genes = None if (reasons == "").all() else reasons == ""
    if normalisation != "tpm":
        return Scaling(normalisation, options.log1p, genes=genes), notices
    if options.lengths is None:
        raise ScxError(
            "TPM needs the length of each transcript; give lengths, or choose cpm or cp10k."
        )
    lengths = np.asarray(options.lengths(source.names), dtype=np.float64)
    if lengths.shape != (len(source.names),):
        raise ScxError(
            f"TPM needs one length for each of the {len(source.names):,} names, but got an array "
            f"of shape {lengths.shape}; return one number per row."
        )
    lengths = np.where(lengths > 0, lengths, np.nan)
    if np.isnan(lengths).all():
        raise ScxError(
            f"No name of {source.file} has a known transcript length, so there is no TPM; check "
            f"that the names ({join_some(source.names.index, 3)}) are those of the annotation."
        )
    return Scaling(normalisation, options.log1p, lengths, genes), notices


def _stack(
    source: Source,
    groups: pd.DataFrame,
    mean: np.ndarray,
    n_cells: np.ndarray,
    scaling: Scaling,
    weights: np.ndarray | None = None,
) -> Expression:
    """Add the coarser levels and leave out what is no gene or has no length."""
    if not mean.any():
        raise ScxError(f"Every value of {source.file} is zero; give a matrix with expression.")
    means, populations = roll_up(groups, mean, n_cells, n_cells if weights is None else weights)
    names, lengths = source.names, scaling.lengths
    dropped = empty_report()
    notices: tuple[str, ...] = ()
    if scaling.genes is not None:
        reasons = source.no_gene
        dropped, notices = report_no_genes(names, reasons, source.file)
        names, means = names[scaling.genes], means[:, scaling.genes]
        lengths = None if lengths is None else lengths[scaling.genes]
    if lengths is not None and np.isnan(lengths).any():
        unknown = np.isnan(lengths)
        without = _report_without_length(names.index[unknown])
        dropped = pd.concat([part for part in (dropped, without) if len(part)], ignore_index=True)
        notices += (
            f"{unknown.sum():,} of {counted(len(names), 'name')} "
            + (
                "has no known transcript length and is left out of TPM."
                if unknown.sum() == 1
                else "have no known transcript length and are left out of TPM."
            ),
        )
        names, means = names[~unknown], means[:, ~unknown]
    return Expression(
        mean=pd.DataFrame(means, index=populations.index, columns=names.index),
        populations=populations,
        names=names,
        normalisation=scaling.normalisation,
        notices=notices,
        dropped=dropped,
    )


def _report_without_length(names: pd.Index) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene_id": "",
            "gene_name": names.astype(object),
            "source": "expression",
            "reason": "no known transcript length, so no TPM",
        }
    )[DROPPED_COLUMNS]

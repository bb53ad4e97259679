"""Joining annotation and expression: the genes that have both, in the order of the gene table."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.annotation import Annotation
from scx_core.errors import ScxError, join_some
from scx_core.expression import Expression, GeneMatch
from scx_core.importing.places import DROPPED_COLUMNS, MOSTLY_UNKNOWN, drop_rows
from scx_core.sequence.alphabet import UNKNOWN


@dataclass(frozen=True)
class Joined:
    """Genes that have annotation, chromosome and expression, in the order of the gene table."""

    genes: pd.DataFrame
    mean: pd.DataFrame  # populations x genes
    populations: pd.DataFrame
    dropped: pd.DataFrame
    notices: tuple[str, ...]


def join(
    annotation: Annotation,
    placed: pd.DataFrame,
    misplaced: pd.DataFrame,
    expression: Expression,
    match: GeneMatch,
) -> Joined:
    """Keep the genes that the genome holds and the expression knows.

    Parameters
    ----------
    annotation : Annotation
    placed, misplaced : DataFrame
        Genes that the genome holds, and the drop report of the others.
    expression : Expression
    match : GeneMatch
        Of the expression's names with all genes of the annotation.

    Raises
    ------
    ScxError
        If no gene is left, or all that are left are zero.
    """
    here = pd.Index(match.gene_ids).isin(placed.index)
    if not here.any():
        raise ScxError(_no_match_sentence(expression, placed))
    genes, columns = placed.loc[np.array(match.gene_ids)[here]].copy(), match.columns[here]
    genes["expression_name"] = expression.names.index.to_numpy()[columns]
    populations = _in_class_order(expression.populations)
    mean = expression.mean.iloc[:, columns].set_axis(genes.index, axis=1)
    if not mean.to_numpy().any():
        raise ScxError(
            f"All {len(genes):,} genes that match the annotation are zero in every population; "
            "check that expression and annotation are of the same species and naming."
        )
    mean = mean.loc[populations.index]
    # A gene that the genome cannot hold is listed as such, whatever the expression says of it.
    unmatched = match.unmatched[~match.unmatched["gene_id"].isin(misplaced["gene_id"])]
    reports = [annotation.dropped, misplaced, expression.dropped, unmatched]
    filled = [report for report in reports if not report.empty]
    dropped = pd.concat(filled, ignore_index=True) if filled else annotation.dropped
    notices = [
        f"Genes were matched by {match.rule}: {len(genes):,} of {len(annotation.genes):,} genes of "
        "the annotation are in both files and in the genome."
    ]
    if len(misplaced):
        notices.append(
            f"{len(misplaced):,} genes are not in the genome file: {misplaced['reason'].iloc[0]}."
        )
    return Joined(
        genes,
        mean,
        populations,
        dropped.reindex(columns=list(DROPPED_COLUMNS)).astype(str),
        (*annotation.notices, *expression.notices, *match.notices, *notices),
    )


def check_population_names(names: pd.Index) -> None:
    """Refuse names that no table could hold."""
    for name in names:
        if not str(name).strip() or not str(name).isprintable():
            raise ScxError(
                f"The population name {str(name)!r} is empty or holds control characters; rename it "
                "in the file."
            )


def _no_match_sentence(expression: Expression, genes: pd.DataFrame) -> str:
    names = expression.names.index
    if names.isin([*genes.index, *genes["gene_name"]]).any():
        return (
            "Every gene name of the expression that the annotation knows appears in several rows "
            f"({join_some(names[names.duplicated()].unique(), 3)}), so that none says which row is the "
            "gene; keep one row for each gene."
        )
    symbols = genes["gene_name"].astype(str)
    return (
        "No gene name of the expression matches the annotation: the expression has "
        f"{join_some(expression.names.index, 3)}; the annotation has {join_some(genes.index, 3)} "
        f"with symbols {join_some(symbols, 3)}; give files of the same species and naming."
    )


def _in_class_order(populations: pd.DataFrame) -> pd.DataFrame:
    """Put the members of a class side by side; levels, and names without a class, stay in order."""
    parent = populations["parent"].astype(str).to_dict()
    level_rank = {level: rank for rank, level in enumerate(populations["level"].unique())}

    def rank(name: str) -> tuple[int, list[str]]:
        line: list[str] = []
        above = parent[name]
        while above:
            line.insert(0, above)
            above = parent[above]
        return level_rank[populations["level"].loc[name]], line

    return populations.loc[sorted(populations.index, key=rank)]


def judge_unknown(
    joined: Joined, windows: NDArray[np.uint8], max_unknown: float
) -> tuple[Joined, NDArray[np.uint8]]:
    """Note the share of N of each window; drop genes above ``max_unknown``."""
    unknown = np.array([(window == UNKNOWN).mean() for window in windows])
    genes = joined.genes.assign(unknown_fraction=unknown)
    notices = list(joined.notices)
    mostly = int((unknown > MOSTLY_UNKNOWN).sum())
    drop = unknown > max_unknown
    if mostly:
        notices.append(
            f"{mostly:,} of {len(genes):,} genes {'has' if mostly == 1 else 'have'} a window that is mostly unknown (more than "
            f"half N); {int(drop.sum()):,} were dropped (limit {max_unknown:.0%} N)."
        )
    if not drop.any():
        return replace(joined, genes=genes, notices=tuple(notices)), windows
    if drop.all():
        raise ScxError(
            f"Every window holds more than {max_unknown:.0%} N; raise the limit, or give a genome "
            "file that holds the genes' sequence."
        )
    reasons = np.array([f"window is {share:.0%} N" for share in unknown[drop]])
    dropped = pd.concat(
        [joined.dropped, drop_rows(genes[drop], reasons, "genome")], ignore_index=True
    )
    kept = Joined(
        genes[~drop], joined.mean.loc[:, ~drop], joined.populations, dropped, tuple(notices)
    )
    return kept, windows[~drop]

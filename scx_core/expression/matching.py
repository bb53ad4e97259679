"""Names in an expression file → genes of the annotation, by one stated rule."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scx_core.errors import counted, join_some
from scx_core.expression.table import DROPPED_COLUMNS
from scx_core.gene_ids import strip_version
from scx_core.spreadsheets import name_damage

NAME_IN_FILE = "name in the file"


@dataclass(frozen=True)
class GeneMatch:
    """Which column of the expression belongs to which gene.

    Attributes
    ----------
    rule : str
        What was compared, and with which column of the file; ``"none"`` where nothing matched.
    gene_ids : list of str
        Matched genes, in the order of the gene table.
    columns : numpy.ndarray
        For each, the position (0-based) of its column in ``Expression.mean``.
    unmatched : pandas.DataFrame
        The others of both sides: columns ``gene_id, gene_name, source, reason``, where source is
        ``"annotation"`` for a gene and ``"expression"`` for a name.
    notices : tuple of str
        What is not wrong but worth knowing, one sentence each.
    """

    rule: str
    gene_ids: list[str]
    columns: np.ndarray
    unmatched: pd.DataFrame
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Attempt:
    rule: str
    by_symbol: bool
    file_keys: pd.Series  # key of each column of the file, numbered
    gene_keys: pd.Series  # key of each gene, by gene_id
    matched: pd.Series  # column position, by gene_id, in the order of the gene table

    @property
    def damage(self) -> pd.Series:
        """What a spreadsheet made of the name of each column; "" where nothing matched was lost."""
        unused = self.file_keys.where(~self.file_keys.index.isin(self.matched.to_numpy()), "")
        return unused.map({name: name_damage(name) for name in unused.unique()})


def match_genes(names: pd.DataFrame, genes: pd.DataFrame) -> GeneMatch:
    """Match by the rule that matches most genes.

    Compared are every identifier of the file (its names and the columns beside them) and, of the
    annotation, the gene id, the gene id without Ensembl version on both sides, and the gene
    symbol. At a tie the gene id wins over the symbol and the file's own name over a column beside
    it. Letter case counts; surrounding spaces do not. A name that appears more than once in the
    file, and a symbol that several genes share, match nothing.

    Parameters
    ----------
    names : pandas.DataFrame
        ``Expression.names``.
    genes : pandas.DataFrame
        Gene table: index ``gene_id``, column ``gene_name``.

    Returns
    -------
    GeneMatch
    """
    attempts = [
        attempt for keys, header in _file_keys(names) for attempt in _attempts(keys, header, genes)
    ]
    order = {"gene id": 0, "gene id without version": 1, "gene symbol": 2}
    best = max(
        attempts, key=lambda attempt: (len(attempt.matched), -order[attempt.rule.split(" = ")[0]])
    )
    rule = best.rule if len(best.matched) else "none"
    return GeneMatch(
        rule=rule,
        gene_ids=[str(gene_id) for gene_id in best.matched.index],
        columns=best.matched.to_numpy(dtype=np.intp),
        unmatched=_list_unmatched(best, names, genes),
        notices=(*_say_repeated(best), *_say_damaged(best)),
    )


def _file_keys(names: pd.DataFrame) -> list[tuple[pd.Series, str]]:
    keys = [(_clean(names.index), NAME_IN_FILE)]
    keys += [(_clean(pd.Index(names[header])), f"column {header!r}") for header in names.columns]
    return keys


def _clean(values: pd.Index) -> pd.Series:
    return pd.Series(values.astype(object)).fillna("").astype(str).str.strip()


def _attempts(keys: pd.Series, header: str, genes: pd.DataFrame) -> list[_Attempt]:
    ids = _clean(genes.index).set_axis(genes.index)
    symbols = _clean(pd.Index(genes["gene_name"])).set_axis(genes.index)
    return [
        _attempt("gene id", header, keys, ids),
        _attempt("gene id without version", header, strip_version(keys), strip_version(ids)),
        _attempt("gene symbol", header, keys, symbols),
    ]


def _attempt(rule: str, header: str, file_keys: pd.Series, gene_keys: pd.Series) -> _Attempt:
    single = file_keys[(file_keys != "") & ~file_keys.duplicated(keep=False)]
    positions = pd.Series(single.index, index=single.to_numpy())
    wanted = gene_keys[(gene_keys != "") & ~gene_keys.duplicated(keep=False)]
    found = wanted[wanted.isin(positions.index)]
    matched = pd.Series(positions.loc[found].to_numpy(), index=found.index, dtype=np.intp)
    return _Attempt(f"{rule} = {header}", rule == "gene symbol", file_keys, gene_keys, matched)


def _say_repeated(best: _Attempt) -> tuple[str, ...]:
    keys = best.file_keys[(best.file_keys != "") & (best.damage == "")]
    repeated = keys[keys.duplicated()].unique()
    if not len(repeated):
        return ()
    return (
        counted(
            len(repeated),
            "name appears more than once in the expression and was left out: ",
            "names appear more than once in the expression and were left out: ",
        )
        + f"{', '.join(repeated[:5])}{' …' if len(repeated) > 5 else '.'}",
    )


def _say_damaged(best: _Attempt) -> tuple[str, ...]:
    damage = best.damage[best.damage != ""]
    names = best.file_keys[damage.index].unique()
    if not len(names):
        return ()
    return (
        counted(len(names), "name of the expression is ", "names of the expression are each ")
        + f"{damage.iloc[0]} ({join_some(names)}), and {'is' if len(names) == 1 else 'are'} left out; "
        "take the file from before it was opened there, or one with gene ids.",
    )


def _list_unmatched(best: _Attempt, names: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    parts = [_unmatched_genes(best, genes), _unmatched_names(best, names)]
    rows = [part for part in parts if not part.empty]
    if not rows:
        return pd.DataFrame(columns=DROPPED_COLUMNS, dtype=object)
    return pd.concat(rows, ignore_index=True)


def _unmatched_genes(best: _Attempt, genes: pd.DataFrame) -> pd.DataFrame:
    keys = best.gene_keys[~genes.index.isin(best.matched.index)]
    times_in_file = keys.map(best.file_keys.value_counts()).fillna(0).astype(int)
    times_here = keys.map(best.gene_keys.value_counts()).astype(int)
    reasons = np.select(
        [keys == "", times_here > 1, times_in_file > 1],
        [
            "has no symbol in the annotation",
            "symbol names " + times_here.astype(str) + " genes of the annotation",
            "appears " + times_in_file.astype(str) + " times in the expression",
        ],
        default="not in the expression",
    )
    return _report(keys.index.to_numpy(), genes.loc[keys.index, "gene_name"], "annotation", reasons)


def _unmatched_names(best: _Attempt, names: pd.DataFrame) -> pd.DataFrame:
    """List each name once, however often it appears."""
    unused = best.file_keys[~best.file_keys.index.isin(best.matched.to_numpy())]
    unused = unused[(unused == "") | ~unused.duplicated()]
    times = unused.map(best.file_keys.value_counts()).astype(int)
    genes_named = unused.map(best.gene_keys.value_counts()).fillna(0).astype(int)
    damage = best.damage[unused.index]
    header = best.rule.split(" = ")[1]
    reasons = np.select(
        [unused == "", damage != "", times > 1, genes_named > 1],
        [
            f"nothing in {header}",
            damage,
            "appears " + times.astype(str) + " times in the expression",
            "symbol names " + genes_named.astype(str) + " genes of the annotation",
        ],
        default="not in the annotation",
    )
    shown = unused.where(unused != "", pd.Series(names.index.astype(str)))
    blank = pd.Series("", index=shown.index)
    ids, symbols = (blank, shown) if best.by_symbol else (shown, blank)
    return _report(ids.to_numpy(), symbols, "expression", reasons)


def _report(
    gene_ids: np.ndarray, gene_names: pd.Series, source: str, reasons: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "gene_id": gene_ids.astype(str).astype(object),
            "gene_name": gene_names.fillna("").astype(str).to_numpy(dtype=object),
            "source": source,
            "reason": reasons,
        },
        columns=DROPPED_COLUMNS,
    )

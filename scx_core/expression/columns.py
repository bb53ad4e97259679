"""Columns of numbers that are no population: lengths, positions, ids, shares of GC, totals.

A name alone does not say: GC is a gene and a kind of B cell, End may be an endothelium. A column is
left out when its name says so and its values can be that; where values look like no expression and
the name says nothing, the person is asked.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import sparse

from scx_core.errors import ScxError, join_some

#: Words that name what a column holds, and words that may stand beside them.
_KINDS: Final = {
    "length": ("length", "len", "size", "width", "bp", "kb", "kilobases"),
    "position": (
        "start", "end", "stop", "pos", "position", "tss", "tes", "chromstart", "chromend",
        "txstart", "txend", "cdsstart", "cdsend", "locusstart", "locusend",
    ),
    "strand": ("strand", "orientation"),
    "chromosome": ("chr", "chrom", "chromosome", "seqname", "seqnames", "seqid", "contig"),
    "id": (
        "id", "ids", "entrez", "entrezgene", "entrezid", "ncbi", "ncbigene", "geneid", "locuslink",
        "hgnc", "mgi", "accession", "uniprot",
    ),
    "GC content": ("gc", "gccontent", "gcpercent", "pctgc", "percentgc"),
    "number of the row": ("index", "row", "rownumber", "unnamed", "number", "nr", "no"),
    "count of exons": ("exons", "nexons", "nexon", "exoncount", "transcripts", "ntranscripts"),
    "statistic": (
        "pvalue", "pval", "padj", "fdr", "qvalue", "qval", "logfc", "foldchange", "lfcse",
        "basemean", "aveexpr", "adjpval", "log2foldchange", "log2fc", "pvalueadj",
    ),
}  # fmt: skip
_BESIDE: Final = frozenset(
    {
        "gene", "genes", "genomic", "transcript", "transcripts", "tx", "exon", "exonic", "exons",
        "cds", "utr", "coding", "locus", "feature", "effective", "eff", "mean", "average",
        "median", "max", "min", "longest", "canonical", "union", "merged", "total", "sum",
        "spliced", "name", "symbol", "percent", "percentage", "pct", "content", "share",
        "fraction", "ratio", "in", "of", "n", "p", "q", "value", "adj", "adjusted", "2", "fold",
        "change", "count", "0", "1", "number", "ensembl", "bases",
    }
)  # fmt: skip
_TOTALS: Final[dict[str, Callable[..., Any]]] = {
    "total": np.sum, "sum": np.sum, "rowsum": np.sum, "rowsums": np.sum, "all": np.sum,
    "mean": np.mean, "average": np.mean, "rowmean": np.mean, "rowmeans": np.mean,
    "median": np.median, "max": np.max, "maximum": np.max, "min": np.min,
}  # fmt: skip

#: Fewer rows than this may hold whole numbers without a zero, or 1, 2, 3, by chance.
_MANY_ROWS: Final = 100
#: Columns that are held at once to see whether another one is their sum.
_MOST_SUMMED: Final = 1_000
_DOUBT: Final = "whole numbers without a zero, where other columns hold fractions"


@dataclass(frozen=True)
class ColumnChoice:
    """What a person says of columns of numbers.

    Attributes
    ----------
    populations, others : tuple of str
        Headers of those that are populations, and of those that are none.
    """

    populations: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        both = sorted(set(self.populations) & set(self.others))
        if both:
            raise ScxError(
                f"{join_some(both)} cannot be a population and none at once; say one of the two."
            )


@dataclass(frozen=True)
class Column:
    """A column of numbers, as it was understood.

    Attributes
    ----------
    header : str
    kind : str
        ``""`` for a population, else what it is (``"length"``, ``"said to be none"``).
    asked : str
        Why it may be no population although it was not left out; ``""`` where nothing says so.
    """

    header: str
    kind: str = ""
    asked: str = ""


def sort_columns(
    headers: list[str], numbers: sparse.csr_matrix, choice: ColumnChoice
) -> list[Column]:
    """Tell populations from other columns of numbers.

    Parameters
    ----------
    headers : list of str
    numbers : scipy.sparse.csr_matrix
        Rows x columns.
    choice : ColumnChoice
        Outranks every other evidence.

    Returns
    -------
    list of Column
        In the order of `headers`.
    """
    values = sparse.csc_matrix(numbers)
    whole = _are_whole(values)
    full = np.diff(values.indptr) == values.shape[0]
    kinds = [_kind(header, values, place, whole) for place, header in enumerate(headers)]
    for place, header in enumerate(headers):
        if not kinds[place] and (take := _TOTALS.get(re.sub(r"[^a-z]", "", header.lower()))):
            others = [other for other, kind in enumerate(kinds) if not kind and other != place]
            kinds[place] = _total(take, values, place, others)
    populations = [place for place, kind in enumerate(kinds) if not kind]
    n_whole = int(whole[populations].sum())
    columns = []
    for place, header in enumerate(headers):
        if header in choice.others:
            columns.append(Column(header, "said to be none"))
        elif header in choice.populations:
            columns.append(Column(header))
        else:
            unlike = whole[place] and full[place] and n_whole <= len(populations) / 2
            doubt = not kinds[place] and unlike and values.shape[0] >= _MANY_ROWS
            columns.append(Column(header, kinds[place], _DOUBT if doubt else ""))
    return columns


def refuse_doubtful(columns: list[Column], file: str) -> None:
    """Ask about columns that may be no population."""
    doubtful = [column for column in columns if column.asked]
    if doubtful:
        names = join_some(repr(column.header) for column in doubtful)
        raise ScxError(
            f"{file}: column {names} may be no population ({doubtful[0].asked}); say what it is: "
            "--not-population NAME leaves it out, --is-population NAME keeps it."
        )


def refuse_unknown_choice(choice: ColumnChoice, headers: list[str], file: str) -> None:
    """Refuse a choice about columns that are not there."""
    named = [*choice.populations, *choice.others]
    missing = [name for name in named if name not in headers]
    if missing:
        raise ScxError(
            f"{file} has no column of numbers {join_some(map(repr, missing))}; its columns of numbers "
            f"are {join_some(headers, 12)}."
        )


def say_left_out(columns: list[Column], file: str) -> tuple[str, ...]:
    """Say which columns were left out, and why."""
    out = [f"{column.header} ({column.kind})" for column in columns if column.kind]
    if not out:
        return ()
    return (
        f"Columns of {file} left out, as they are no populations: {join_some(out, 12)}; "
        "--is-population NAME keeps one all the same.",
    )


def kind_by_name(header: str) -> str:
    """Say what a header names, ``""`` where that is no kind of value we know.

    Headers of one word that is also a usual name for cells count too; values decide then.
    """
    split = re.sub(r"([a-z])([A-Z])", r"\1 \2", header)
    words = [word for word in re.split(r"[^A-Za-z0-9]+", split.lower()) if word]
    joined = "".join(words)
    for kind, names in _KINDS.items():
        if joined in names:
            return kind
        if any(word in names for word in words) and all(
            word in names or word in _BESIDE or word in _ALL_KINDS for word in words
        ):
            return kind
    return ""


_ALL_KINDS: Final = frozenset(word for names in _KINDS.values() for word in names)


def _kind(header: str, values: sparse.csc_matrix, place: int, whole: np.ndarray) -> str:
    """Say what kind of value a column holds that is no population, or ``""``."""
    kind = kind_by_name(header)
    if not kind and (values.shape[0] < _MANY_ROWS or not whole[place]):
        return ""
    column = values[:, [place]].toarray().ravel()
    if kind and _can_be(kind, column):
        return kind
    many = values.shape[0] >= _MANY_ROWS
    return "number of the row" if many and (np.diff(column) == 1).all() else ""


def _can_be(kind: str, values: np.ndarray) -> bool:
    """Whether values can be of a kind that the header names; expression can be so only rarely."""
    whole = bool((values == np.round(values)).all())
    if kind == "length":
        return bool((values >= 0).all() and (values > 0).mean() > 0.9)
    if kind in ("position", "id"):
        return whole and bool((values > 0).mean() > 0.99)
    if kind == "strand":
        return bool(np.isin(values, (-1, 0, 1)).all())
    if kind == "GC content":
        return bool((values > 0.05).all() and (values < 1).all()) or bool(
            (values > 5).all() and (values < 100).all()
        )
    if kind == "number of the row":
        return bool(len(values) > 1 and (np.diff(values) == 1).all())
    if kind == "count of exons":
        return whole and bool((values >= 1).all())
    return True  # chromosomes and statistics


def _total(
    take: Callable[..., Any], values: sparse.csc_matrix, place: int, others: list[int]
) -> str:
    """Say that a column is the sum, mean … of the others, where its name says so and it is."""
    if not 2 <= len(others) <= _MOST_SUMMED:
        return ""
    column, rest = values[:, [place]].toarray().ravel(), values[:, others].toarray()
    return "taken over the others" if np.allclose(take(rest, axis=1), column, rtol=1e-3) else ""


def _are_whole(values: sparse.csc_matrix) -> np.ndarray:
    """Say of each column whether it holds whole numbers alone."""
    broken = values.copy()
    broken.data = (values.data != np.round(values.data)).astype(np.float64)
    return np.asarray(broken.sum(axis=0)).ravel() == 0

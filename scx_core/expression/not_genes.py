"""Rows of an expression matrix that are no genes: reads without a gene, totals, spike-ins, proteins.

They are listed in the drop report, and do not count in the library size.
"""

import re
from typing import Final

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, counted, join_some
from scx_core.expression.table import DROPPED_COLUMNS, empty_report

_WITHOUT_GENE: Final = "no gene: reads that belong to none"
_TOTAL: Final = "no gene: a total"
_SPIKE: Final = "no gene: spike-in"

#: Names that no gene has, wherever they stand. HTSeq, STAR and featureCounts write the first three.
_CERTAIN: Final = (
    (re.compile(r"__[A-Za-z]\w*"), _WITHOUT_GENE),
    (re.compile(r"N_(?:unmapped|multimapping|noFeature|ambiguous)", re.IGNORECASE), _WITHOUT_GENE),
    (re.compile(r"(?:Unassigned|Assigned)_\w+", re.IGNORECASE), _WITHOUT_GENE),
    # ERCC-00002, ERCC_00002 and ERCC.00002 (R); ERCC1 to ERCC8 are genes
    (re.compile(r"(?:g?spike[-_.]?in[-_.])?ERCC[-_.]?\d{5}", re.IGNORECASE), _SPIKE),
    (re.compile(r"SIRV(?:ome)?[-_.]?\d+\w*", re.IGNORECASE), _SPIKE),
    (re.compile(r"g?spike[-_.]?ins?(?:[-_.].*|\d*)", re.IGNORECASE), _SPIKE),
    (re.compile(r"R[12]_\d{1,3}_\d(?:_[RV])?"), _SPIKE),  # sequins
)  # fmt: skip

_ANY: Final = re.compile(
    "|".join(f"(?{'i' * bool(p.flags & re.IGNORECASE) or '-i'}:{p.pattern})" for p, _ in _CERTAIN)
)
_BETWEEN_WORDS: Final = str.maketrans("", "", " \t._-")

#: Words that are no gene where no other identifier of the row is one: in small letters, without
#: spaces, points, dashes and underscores.
_WORDS: Final = {
    **dict.fromkeys(
        (
            "nofeature", "ambiguous", "toolowaqual", "notaligned", "alignmentnotunique",
            "unmapped", "unassigned", "assigned", "mapped", "multimapping", "multimapped", "*",
            "unmappedreads", "mappedreads", "ambiguousreads", "uniquelymapped", "intergenic",
        ),
        _WITHOUT_GENE,
    ),
    **dict.fromkeys(
        (
            "total", "totals", "sum", "grandtotal", "totalreads", "totalcounts", "totalumi",
            "totalumis", "librarysize", "libsize", "nreads", "readcount", "ncount", "ncountrna",
            "colsum", "colsums", "columnsum", "columntotal",
        ),
        _TOTAL,
    ),
    "phix": _SPIKE, "phix174": _SPIKE,
}  # fmt: skip

#: What files call a feature that is a gene's expression; 10x and the CELLxGENE schema.
_GENE_KINDS: Final = frozenset({"gene expression", "gene", ""})


def why_no_gene(names: pd.DataFrame, kinds: pd.Series | None = None) -> np.ndarray:
    """Say of each name why it is no gene.

    Parameters
    ----------
    names : pandas.DataFrame
        The index holds the names in the file, the columns other identifiers.
    kinds : pandas.Series, optional
        What the file itself says that each is (``"Gene Expression"``, ``"Antibody Capture"``;
        ``"gene"``, ``"spike-in"``), in the same order. Heeded where it calls some a gene.

    Returns
    -------
    numpy.ndarray of str
        ``""`` for a gene.
    """
    reasons = np.full(len(names), "", dtype=object)
    if kinds is not None:
        plain = kinds.astype(object).where(kinds.notna().to_numpy(), "").astype(str).str.strip()
        gene = plain.str.lower().isin(_GENE_KINDS).to_numpy()
        if (gene & (plain != "").to_numpy()).any():
            reasons[~gene] = ("no gene: " + plain[~gene]).to_numpy(dtype=object)
    columns = [names.index, *(names[header] for header in names.columns)]
    keys = pd.DataFrame({place: list(map(_text, column)) for place, column in enumerate(columns)})
    for place in keys.columns:
        found = np.array(list(map(_certain, keys[place])), dtype=object)
        reasons = np.where(reasons == "", found, reasons)
    words = keys.apply(lambda column: pd.Series(list(map(_word, column))))
    given = keys != ""
    every = ((words != "") | ~given).all(axis=1) & given.any(axis=1)
    first = words.where(given, None).bfill(axis=1).iloc[:, 0].fillna("").to_numpy(dtype=object)
    return np.where((reasons == "") & every.to_numpy(), first, reasons)


def report_no_genes(
    names: pd.DataFrame, reasons: np.ndarray, file: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """List what is no gene, for the drop report, and say so."""
    out = reasons != ""
    if not out.any():
        return empty_report(), ()
    dropped = pd.DataFrame(
        {
            "gene_id": "",
            "gene_name": names.index[out].astype(object),
            "source": "expression",
            "reason": reasons[out],
        }
    )[DROPPED_COLUMNS]
    n_out = int(out.sum())
    return dropped, (
        counted(n_out, "name")
        + f" of {file} {'is' if n_out == 1 else 'are'} no gene "
        + f"({join_some(names.index[out], 5)}): left out, of the library size too.",
    )


def refuse_without_genes(names: pd.DataFrame, reasons: np.ndarray, file: str) -> None:
    """Refuse a file in which nothing is a gene."""
    if (reasons != "").all():
        raise ScxError(
            f"{file} holds no genes: its names ({join_some(names.index, 3)}) are those of reads "
            "without a gene, totals or spike-ins; give a matrix of genes."
        )


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _certain(name: str) -> str:
    if _ANY.fullmatch(name) is None:  # by far the most; the reason is looked for in the others
        return ""
    return next(reason for pattern, reason in _CERTAIN if pattern.fullmatch(name))


def _word(name: str) -> str:
    return _WORDS.get(name.translate(_BETWEEN_WORDS).lower(), "")

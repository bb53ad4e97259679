"""Whether placed alleles fit the windows they were placed in."""

import numpy as np
import pandas as pd

from scx_core.dataset import Dataset
from scx_core.sequence.alphabet import CODE_LETTERS, COMPLEMENT, decode, reverse_complement

_LETTERS = np.array(list(CODE_LETTERS), dtype=object)


def find_misfits(dataset: Dataset, placed: pd.DataFrame) -> dict[str, pd.Series]:
    """Say which placed rows cannot be scored for what their window holds.

    Parameters
    ----------
    dataset : Dataset
    placed : DataFrame
        The placed table.

    Returns
    -------
    dict
        By kind of reason: the reasons (Series of str by row of ``placed``).
    """
    rows = placed[placed["reason"] == ""]
    found: dict[str, dict[int, str]] = {
        "unreadable": {},
        "too long": {},
        "reference mismatch": {},
    }
    genes = dataset.genes.index.get_indexer(pd.Index(rows["gene_id"]))
    minus = (dataset.genes["strand"].to_numpy()[genes] == "-") if len(rows) else np.empty(0, bool)
    starts = rows["index"].to_numpy(np.int64)
    lengths = rows["reference"].str.len().to_numpy(np.int64)
    n_letters = dataset.windows.shape[1]
    outside = (starts < 0) | (starts + lengths > n_letters)
    for row, length in zip(rows.index[outside].tolist(), lengths[outside], strict=True):
        found["too long"][row] = (
            f"the reference allele of {length:,} letters reaches out of the gene's window"
        )
    single = ~outside & (lengths == 1)
    codes = np.asarray(dataset.windows[genes[single], starts[single]])
    here = _LETTERS[np.where(minus[single], COMPLEMENT[codes], codes)]
    given = rows["reference"].to_numpy(object)[single]
    for place in np.flatnonzero(here != given).tolist():
        row = int(rows.index[single][place])
        found["reference mismatch"][row] = _mismatch(here[place], given[place])
    for place in np.flatnonzero(~outside & (lengths != 1)).tolist():
        row, length = int(rows.index[place]), int(lengths[place])
        reference = rows["reference"].iloc[place]
        window = dataset.windows[genes[place], starts[place] : starts[place] + length]
        letters = decode(reverse_complement(window) if minus[place] else window)
        if not rows["alternative"].iloc[place] or not length:
            found["unreadable"][row] = (
                f"{reference or 'no allele'} was given without an alternative"
            )
        elif letters != reference:
            found["reference mismatch"][row] = _mismatch(letters, reference)
    return {kind: pd.Series(reasons, dtype=object) for kind, reasons in found.items()}


def _mismatch(window: str, reference: str) -> str:
    return f"reference {reference} was given, the window has {window}"

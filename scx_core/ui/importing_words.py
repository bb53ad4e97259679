"""What came of an import, in sentences; no streamlit."""

from typing import Final

from scx_core.dataset import Dataset
from scx_core.errors import counted
from scx_core.importing.places import MOSTLY_UNKNOWN

_MOST_REASONS: Final = 3


def outcome_sentences(dataset: Dataset) -> list[str]:
    """Say what an import made: genes, populations, what was left out, windows of N.

    Parameters
    ----------
    dataset : Dataset
    """
    genes, finest = dataset.genes, dataset.finest_populations
    told = [
        f"{counted(len(genes), 'gene')} × {counted(len(finest), 'population')} on the genome "
        f"{dataset.metadata.get('assembly', 'not named')}."
    ]
    dropped = dataset.dropped
    if len(dropped):
        reasons = dropped["reason"].value_counts()
        listed = "; ".join(f"{count:,}: {why}" for why, count in reasons[:_MOST_REASONS].items())
        rest = len(reasons) - _MOST_REASONS
        more = f"; and {counted(rest, 'other reason')}" if rest > 0 else ""
        told.append(
            f"Left out: {counted(len(dropped), 'gene or name', 'genes or names')} ({listed}{more})."
        )
    else:
        told.append("Nothing was left out.")
    mostly = int((genes["unknown_fraction"] > MOSTLY_UNKNOWN).sum())
    if mostly:
        told.append(
            f"{counted(mostly, 'window is', 'windows are')} mostly N: the genome file does not hold "
            "these genes' sequence, and what is predicted for them means nothing."
        )
    return told

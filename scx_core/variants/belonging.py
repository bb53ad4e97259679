"""Whether a list belongs to the dataset at all: its organism, its genome build."""

import pandas as pd

from scx_core.errors import join_some
from scx_core.sequence.chromosomes import match_names
from scx_core.variants.build import BuildReport
from scx_core.variants.genome import KNOWN_BUILDS, Letters, canonical_build

_APART = "This list and the dataset do not go together"
_WAY = "choose the dataset that it belongs to"


def tell_apart(report: BuildReport, alleles: pd.DataFrame, letters: Letters, told: str) -> str:
    """Say that a list is of another organism or genome build than the dataset, where it is.

    Parameters
    ----------
    report : BuildReport
        Of the list.
    alleles : DataFrame
        As the list has them: ``chromosome`` (``""`` not given).
    letters : Letters
        Of the dataset's genome.
    told : str
        Build of the list as the person says; ``""`` if she does not.

    Returns
    -------
    str
        A sentence; ``""`` where nothing speaks against the list.
    """
    here = canonical_build(letters.assembly)
    given = list(dict.fromkeys(alleles["chromosome"].fillna("").astype(str)))
    given = [name for name in given if name]
    if given and not match_names(given, letters.chromosomes):
        return (
            f"{_APART}: none of its chromosomes ({join_some(given)}) is in {here} "
            f"({join_some(letters.chromosomes)}). It is of another organism, or of chromosomes that "
            f"the dataset leaves out; {_WAY}."
        )
    if report.chain is not None:
        return f"This list is on {report.chain.source}, the dataset on {here}: its positions are moved."
    if told:
        return ""
    if report.kind == "another":
        return (
            f"{_APART}: too few of its alleles are those of {here}. It is on another genome build, or "
            f"of another organism; {_WAY}, or say which build it is on."
        )
    if is_stated_elsewhere(report, here):
        return (
            f"{_APART}: the list says it is on {report.build}, the dataset is on {here}, and its "
            f"alleles are too few to tell; {_WAY}, or say which build it is on."
        )
    return ""


def is_stated_elsewhere(report: BuildReport, here: str) -> bool:
    """Say whether the list's own word is all that is known, and names another build."""
    return (
        report.kind == "too few"
        and report.build != here
        and {report.build, here} <= KNOWN_BUILDS
        and report.chain is None
    )

"""Names of chromosomes, with and without ``chr``."""

from collections.abc import Iterable
from typing import Final

from scx_core.errors import ScxError, join_some

_MITOCHONDRIAL: Final = frozenset({"M", "MT", "MTDNA"})


def core_name(name: str) -> str:
    """Chromosome name without ``chr``; the mitochondrial genome is M."""
    core = name[3:] if name.lower().startswith("chr") else name
    return "M" if core.upper() in _MITOCHONDRIAL else core


def match_names(given: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Match chromosome names, with or without ``chr``, one by one.

    Parameters
    ----------
    given : iterable of str
        As a list of variants has them; a mixture does no harm there.
    known : iterable of str

    Returns
    -------
    dict
        Known name by given name; those that match none are left out.
    """
    names = list(known)
    by_name = {core_name(name): name for name in reversed(names)} | {name: name for name in names}
    return {
        name: by_name.get(name) or by_name[core_name(name)]
        for name in dict.fromkeys(given)
        if name in by_name or core_name(name) in by_name
    }


def require_names(
    names: Iterable[str], known: Iterable[str], place: str, source: str
) -> dict[str, str]:
    """Match chromosome names, with or without ``chr``, and refuse what cannot be meant.

    Parameters
    ----------
    names : iterable of str
        As in an annotation, a BED file or a variant list.
    known : iterable of str
        As in a genome file, or a dataset.
    place, source : str
        What the known and the given names come from, for a message.

    Returns
    -------
    dict
        Known name by the given name; names that are not known are left out.

    Raises
    ------
    ScxError
        If no name matches, or if names with and without ``chr`` are mixed.
    """
    wanted = sorted(set(names))
    there = list(known)
    exact = {name: name for name in wanted if name in set(there)}
    by_core = {core_name(name): name for name in there}
    toggled = {
        name: by_core[core_name(name)]
        for name in wanted
        if name not in exact and core_name(name) in by_core
    }
    # The mitochondrial genome has two names (chrM, MT) even where the others agree.
    mixed = [name for name in toggled if core_name(name) != "M"]
    if exact and mixed and any(core_name(name) != "M" for name in exact):
        raise ScxError(
            "Chromosome names with and without 'chr' are mixed: "
            f"{join_some(exact, 3)} match {place} as they are, {join_some(mixed, 3)} only "
            "without or with 'chr'; write them all one way."
        )
    matched = exact | toggled
    if not matched:
        raise ScxError(
            f"No chromosome name matches: the {source} has {join_some(wanted)}; {place} has "
            f"{join_some(there)}."
        )
    return matched

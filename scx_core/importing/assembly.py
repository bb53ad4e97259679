"""Which genome build a genome file holds: told by the lengths of its chromosomes."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from scx_core.importing.request import ImportRequest
from scx_core.sequence.assemblies import ASSEMBLIES, sequences
from scx_core.sequence.chromosomes import core_name

#: Shorter sequences are alike in several builds, as mitochondrial genomes are.
_SHORTEST: Final = 200_000


def find_assembly(chromosomes: Mapping[str, int]) -> str:
    """Name the assembly in which chromosomes have these lengths.

    Known are the assemblies that bioframe ships: of human, mouse, fly, worm, zebrafish, yeast.

    Parameters
    ----------
    chromosomes : mapping of str to int
        Length in bases by name, whoever gave it; see `scx_core.sequence.chromosomes`.

    Returns
    -------
    str
        UCSC's name, such as ``"hg38"``; empty where none fits, or more than one.
    """
    named = {core_name(name): length for name, length in chromosomes.items()}
    fitting = [name for name in ASSEMBLIES if _fits(named, _lengths(name))]
    return fitting[0] if len(fitting) == 1 else ""


def name_assembly(
    request: ImportRequest, chromosomes: Mapping[str, int]
) -> tuple[ImportRequest, tuple[str, ...]]:
    """Fill in the build that was not given, and compare one that was with the genome.

    Returns
    -------
    request : ImportRequest
    notices : tuple of str
    """
    found = find_assembly(chromosomes)
    if not found:
        return request, ()
    if not request.assembly:
        told = f"The genome build is {found}: the chromosomes have its lengths."
        return replace(request, assembly=found), (told,)
    if _common_name(request.assembly) in (found, None):
        return request, ()
    return request, (
        f"The genome build was given as {request.assembly}, but the chromosomes of "
        f"{request.genome.name} have the lengths of {found}.",
    )


def _fits(chromosomes: Mapping[str, int], lengths: Mapping[str, int]) -> bool:
    """Whether all chromosomes of a known name have the length of an assembly, and one does."""
    known = [length == lengths[name] for name, length in chromosomes.items() if name in lengths]
    return bool(known) and all(known)


def _common_name(text: str) -> str | None:
    """UCSC's name of a build; None for one that is not known here."""
    return _names().get(text.lower().split(".p")[0])


@cache
def _lengths(assembly: str) -> dict[str, int]:
    """Length of each long chromosome of an assembly by `core_name`."""
    return {
        core_name(sequence.name): sequence.length
        for sequence in sequences(assembly)
        if sequence.assembled and sequence.length >= _SHORTEST
    }


@cache
def _names() -> dict[str, str]:
    import bioframe

    listed = bioframe.assemblies_available()
    files = listed["seqinfo"].str.removesuffix(".seqinfo.tsv")
    return {
        **dict(zip(listed["provider_build"].str.lower(), files, strict=True)),
        # bioframe 0.8 lists danRer11 with the file of danRer10: the file's own name counts.
        **{name.lower(): name for name in ASSEMBLIES},
    }

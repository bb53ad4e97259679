"""Cells that spell whole variants: ``chr22_39570542_A_C_b38``, also among rsIDs in one column."""

import re
from collections.abc import Sequence
from typing import Final

from scx_core.errors import ScxError
from scx_core.variants.reading.typed import Meant, read_item
from scx_core.variants.reading.values import is_nothing, is_unknown_allele
from scx_core.variants.reading.variant_list import join_notes

Texts = dict[str, list[str]]

_TAKEN: Final = ("id", "chromosome", "position", "reference", "alternative", "effect_allele",
                 "genome")  # fmt: skip
_ALLELES: Final = ("reference", "alternative", "effect_allele", "other_allele", "alleles",
                   "genotype", "first_allele", "second_allele")  # fmt: skip
#: The usual form of an id beside a position of the row's own; by far the most rows have it.
_SPELLED: Final = re.compile(r"[A-Za-z0-9]+[:_-][0-9]+[:_-]([ACGT]+)[:_/>-]([ACGT]+)")
#: An id that names a chromosome and a position, and no array's probe.
_PLACED: Final = re.compile(
    r"(?:(?:grch|hg|b|build)[0-9]{2}[:_-])?(?:chr)?(?:[0-9]{1,2}|X|Y|XY|MT?|NC_[0-9]+\.[0-9]+)"
    r"[:_-](?:g\.)?[0-9]{3,}.*",
    re.IGNORECASE,
)


def take_apart(texts: Texts, builds: list[str], n: int) -> list[str]:
    """Read cells that spell variants, row by row, where columns of the table do not say it.

    A column of ids may hold rsIDs in some rows and whole variants in others. Beside a position of
    the row's own, the alleles that its id spells go to ``spelled_reference`` and
    ``spelled_alternative``; they are the row's alleles where it has no others.

    Parameters
    ----------
    texts : dict of str to list of str
        Cells by role; ``variant`` is taken out.
    builds : list of str
        Builds of the rows, as far as they are known.
    n : int
        Number of rows.

    Returns
    -------
    list of str
        Builds, with those that cells state.
    """
    whole = texts.pop("variant", None)
    combined = whole if whole is not None else texts.get("id")
    if combined is None or (whole is None and not any(map(is_spelled, combined))):
        return builds
    given = {name: name in texts for name in _TAKEN}
    with_place = given["chromosome"] and given["position"]
    alleles = [texts[name] for name in _ALLELES if name in texts]
    for name in (*_TAKEN, "spelled_reference", "spelled_alternative"):
        texts.setdefault(name, [""] * n)
    # Columns may be shared with the user's rows.
    for name in (*_TAKEN, "reason", "reason_kind", "note"):
        texts[name] = list(texts[name])
    builds = list(builds)
    for place, cell in enumerate(combined):
        if is_nothing(cell) or texts["reason"][place] or (whole is None and not is_spelled(cell)):
            continue
        placed = with_place and not is_nothing(texts["position"][place])
        if placed and (usual := _SPELLED.fullmatch(cell)):
            _keep_spelled(texts, place, usual[1], usual[2], alleles)
            continue
        try:
            meant = _join(read_item(cell))
        except ScxError as error:
            if not placed and whole is not None and not texts["id"][place]:
                texts["reason"][place] = str(error).rstrip(".")
                texts["reason_kind"][place] = "unreadable"
            continue
        if placed:
            _keep_meant(texts, place, meant, alleles)
            continue
        texts["note"][place] = join_notes(texts["note"][place], meant.texts.get("note", ""))
        builds[place] = builds[place] or meant.build
        for name in _TAKEN:
            # Chromosome and position go together, and with alleles that the genome has to complete;
            # else other columns of the table come first.
            together = name in ("chromosome", "position") or meant.texts.get("genome", "")
            if together or not given[name]:
                texts[name][place] = meant.texts.get(name, "") or texts[name][place]
        _keep_meant(texts, place, meant, alleles)
    for name in ("alternative", "effect_allele"):
        if not given[name] and not any(texts[name]):
            del texts[name]
    return builds


def is_spelled(cell: str) -> bool:
    """Say whether an id names a chromosome and a position."""
    if cell[:2] in ("rs", "RS"):
        return False
    return _PLACED.fullmatch(cell.strip()) is not None


def _join(items: Sequence[Meant]) -> Meant:
    """Put the alternatives of one variant into one cell, as a table has them."""
    first = items[0]
    if len(items) == 1:
        return first
    alternatives = ",".join(item.texts.get("alternative", "") for item in items)
    return Meant(first.texts | {"alternative": alternatives}, first.build)


def _keep_meant(texts: Texts, place: int, meant: Meant, alleles: Sequence[Sequence[str]]) -> None:
    reference = meant.texts.get("reference", "")
    alternative = meant.texts.get("alternative", "")
    if reference and alternative and not meant.texts.get("genome", ""):
        _keep_spelled(texts, place, reference, alternative, alleles)


def _keep_spelled(
    texts: Texts, place: int, reference: str, alternative: str, alleles: Sequence[Sequence[str]]
) -> None:
    texts["spelled_reference"][place] = reference
    texts["spelled_alternative"][place] = alternative
    if not alleles or all(is_unknown_allele(column[place]) for column in alleles):
        texts["reference"][place], texts["alternative"][place] = reference, alternative

"""Tables that give start and end of a variant: 1-based as VEP and ANNOVAR, or 0-based as BED."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scx_core.variants.reading.spellings import KNOWN_COLUMNS, STARTS, plain_name
from scx_core.variants.reading.values import read_position

_WHOLE: Final = re.compile(r"[0-9]{1,10}")
_FIRST_LETTERS: Final = re.compile(r"[^A-Za-z-]*([ACGTN]+)(?![A-Za-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Interval:
    """The columns of an interval.

    Attributes
    ----------
    start, end : str
        Columns; ``end`` is ``""`` where each row spans one base, of which ``start`` is the column
        with the 1-based position.
    zero_based : bool
        Start is 0-based and end exclusive; else both are 1-based, the last base included.
    notice : str
        What was found, as a sentence.
    """

    start: str
    end: str
    zero_based: bool
    notice: str


def find_interval(
    columns: Sequence[str], sample: Sequence[Sequence[str]], roles: Mapping[str, str]
) -> Interval | None:
    """Find start and end, and how they count: by the length of the alleles, else if all span one base.

    Parameters
    ----------
    columns : sequence of str
    sample : sequence of sequence of str
        Cells of some rows.
    roles : mapping of str to str
        Column by role, as far as it is known.

    Returns
    -------
    Interval or None
        None where there is none, or nothing tells how it counts.
    """
    plain = {plain_name(column): column for column in reversed(columns)}
    start = next((plain[name] for name in STARTS if name in plain), "")
    end = next((plain[name] for name in KNOWN_COLUMNS["end"] if name in plain), "")
    if not (start and end):
        return None
    alleles = roles.get("reference") or roles.get("alleles", "")
    first, last = columns.index(start), columns.index(end)
    third = columns.index(alleles) if alleles else -1
    spans, by_length = set(), [0, 0]
    for cells in sample:
        if len(cells) <= max(first, last, third):
            continue
        here, there = cells[first].strip(), cells[last].strip()
        if not (_WHOLE.fullmatch(here) and _WHOLE.fullmatch(there)):
            if here or there:
                return None
            continue
        span = int(there) - int(here)
        spans.add(span)
        letters = _FIRST_LETTERS.match(cells[third].strip()) if alleles else None
        if letters is not None and span in (len(letters[1]) - 1, len(letters[1])):
            by_length[span == len(letters[1])] += 1
    ones, zeros = by_length
    if spans == {1} and zeros >= ones:
        return Interval(
            end, "", False,
            f"Each row spans one base as in BED (0-based), so {end!r} is taken for its position.",
        )  # fmt: skip
    if spans == {0} and ones >= zeros:
        return Interval(
            start, end, False,
            f"Each row begins and ends at the same base, so {start!r} is its position.",
        )  # fmt: skip
    if ones == zeros:
        return None
    counts = "0-based, as in BED" if zeros > ones else "1-based"
    return Interval(
        start, end, zeros > ones,
        f"By the length of the alleles, {start!r} and {end!r} are {counts}.",
    )  # fmt: skip


def place_changes(texts: dict[str, list[str]], zero_based: bool) -> None:
    """Make the 1-based position as VCF has it of the start of each row, in place.

    An insertion (reference ``-``) between two bases is written with the base before it, which the
    genome gives as N (see `scx_core.variants.variant.Variant.fill`).

    Parameters
    ----------
    texts : dict of str to list of str
        With ``position`` (the start), ``reference``, ``alternative``, ``genome``; ``end`` is
        taken out.
    zero_based : bool
        See `Interval`.
    """
    ends = texts.pop("end", None)
    if ends is None:
        return
    starts = texts["position"]
    references = texts.get("reference", [""] * len(starts))
    alternatives = texts.get("alternative", [""] * len(starts))
    inserted = [
        place
        for place, (reference, alternative) in enumerate(zip(references, alternatives, strict=True))
        if reference.strip() == "-" and alternative.strip().isalpha()
    ]
    if not (zero_based or inserted):
        return
    positions = [_one_based(start) for start in starts] if zero_based else list(starts)
    if inserted:
        references, alternatives = list(references), list(alternatives)
        genome = texts["genome"] = list(texts.get("genome", [""] * len(starts)))
        for place in inserted:
            positions[place] = _before(starts[place], ends[place])
            references[place], alternatives[place] = "N", f"N{alternatives[place].strip().upper()}"
            genome[place] = "N"
        texts["reference"], texts["alternative"] = references, alternatives
    texts["position"] = positions


def _one_based(start: str) -> str:
    value = read_position(start).value
    return str(int(value) + 1) if value else "1" if start.strip() == "0" else start


def _before(start: str, end: str) -> str:
    """Position of the base before an insertion: the smaller of both, in VEP, ANNOVAR and BED alike."""
    values = [read_position(cell).value for cell in (start, end)]
    return str(min(int(value) for value in values)) if all(values) else start

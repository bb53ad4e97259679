"""What the columns of a table are: by their names, else by what they hold."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scx_core.errors import ScxError, join_some
from scx_core.variants.assemblies import name_of_build
from scx_core.variants.reading.effect import find_effect
from scx_core.variants.reading.intervals import Interval, find_interval
from scx_core.variants.reading.spellings import (
    BARE_FORMATS,
    KNOWN_COLUMNS,
    BareFormat,
    Provider,
    find_provider,
    is_name,
    plain_name,
)
from scx_core.variants.reading.values import is_nothing, read_number
from scx_core.variants.reading.variant_list import NO_EFFECT, EffectAllele

#: Roles that give alleles of the variant.
ALLELES: Final = frozenset(
    {"reference", "alternative", "effect_allele", "other_allele", "alleles", "genotype",
     "first_allele", "second_allele"}
)  # fmt: skip

_BUILD_IN_NAME: Final = re.compile(
    r"(grch|hg|b|build)(36|37|38|18|19)$|^(hg|grch|b)(36|37|38|18|19)"
)

_CHROMOSOME: Final = re.compile(
    r"chr[A-Za-z0-9_.]+|[0-9]{1,2}(?:\.0)?|X|Y|MT?|[IVX]{1,5}", re.IGNORECASE
)
_PREFIXED: Final = re.compile(r"chr[A-Za-z0-9_.]+", re.IGNORECASE)
_POSITION: Final = re.compile(r"[0-9]{3,10}(?:\.0)?")
_RSID: Final = re.compile(r"rs[0-9]+", re.IGNORECASE)
_ALLELE: Final = re.compile(r"[ACGT]+|-", re.IGNORECASE)
_BUILD: Final = r"(?:grch|hg|b|build)[0-9]{2}"
_LETTERS: Final = r"(?:sn[vp][:_])?[ACGT]+[:_/>-][ACGT]+(?:,[ACGT]+)*(?:[:_-](?:grch|hg|b)[0-9]+)?"
_PLACE: Final = rf"(?:{_BUILD}[:_-])?(?:chr)?[A-Za-z0-9.]+[:_-][0-9,]{{3,}}"
_WITH_ALLELES: Final = re.compile(rf"{_PLACE}[:_-]?{_LETTERS}|NC_.*:.*[ACGT].*", re.IGNORECASE)
_VARIANT: Final = re.compile(
    rf"{_PLACE}(?:[:_-]?{_LETTERS})?|{_PLACE}-[0-9,]{{3,}}|NC_.*:.*", re.IGNORECASE
)
#: Two alleles or more in one cell: ``A/C``, ``A>C``, ``[A/C]``, ``A|C``, ``A/C/G``, ``["A","C"]``.
PAIR_OF_ALLELES: Final = re.compile(
    r"\[?\"?\s*([A-Za-z]+|-)\"?\s*([/>|,])\s*\"?((?:[A-Za-z]+|-)(?:\s*\"?[/|,]\"?\s*(?:[A-Za-z]+|-))*)\s*\"?\]?"
)
#: What looks like alleles, whatever stands between them.
_ALLELE_LIKE: Final = re.compile(r"[ACGTN]+(?:[^A-Za-z0-9.+]+(?:[ACGTN]+|-))*", re.IGNORECASE)
_NO_ALLELE: Final = re.compile(r"freq|frq|count|number|af$|ac$|an$|ancestral|derived|percent")
#: Share of the filled cells that must look right.
_ENOUGH: Final = 0.9


@dataclass(frozen=True)
class Understanding:
    """What the columns of a table were taken for.

    Attributes
    ----------
    roles : mapping of str to str
        Column by role.
    notices : tuple of str
        What was guessed by content, and what was ambiguous.
    effect : EffectAllele
    provider : str
        Whose format the table has, ``""`` if that is not known.
    zero_based : bool
        Whether the position is the start of an interval as in BED.
    puzzling : str
        A column that seems to hold alleles which are not understood, where no other has any.
    """

    roles: Mapping[str, str]
    notices: tuple[str, ...]
    effect: EffectAllele = NO_EFFECT
    provider: str = ""
    zero_based: bool = False
    puzzling: str = ""


def guess_roles(
    columns: Sequence[str],
    sample: Sequence[Sequence[str]],
    given: Mapping[str, str] | None = None,
    named: bool = True,
) -> Understanding:
    """Find out which column is what.

    Parameters
    ----------
    columns : sequence of str
    sample : sequence of sequence of str
        Cells of some rows.
    given : mapping of str to str, optional
        Column by role, as corrected by the person; ``""`` for a role that no column has.
    named : bool
        Whether the table has a header.

    Raises
    ------
    ScxError
        If a given column or role does not exist.
    """
    given = given or {}
    cells = {name: _filled(sample, place) for place, name in enumerate(columns)}
    provider = find_provider(frozenset(map(plain_name, columns))) if named else None
    bare = None if named else find_bare_format(sample)
    own = _roles_of(columns, provider, bare)
    roles, notices = roles_by_name(columns, KNOWN_COLUMNS, given, own)
    refused = {role for role, column in given.items() if not column}
    _settle_ids(roles, cells, given)
    _drop_unlike(roles, cells, given)
    interval = None
    if "position" not in roles and "position" not in given:
        interval = find_interval(columns, sample, roles)
        notices += _take_interval(roles, interval)
    spells = roles.get("variant", "")
    if spells and not _looks_like(cells[spells], _WITH_ALLELES):
        spells = ""
    effect = find_effect(columns, roles, given, provider, spells)
    notices += _by_content(roles, cells, refused, named, spells)
    notices += [effect.sentence] if effect.basis else []
    puzzling = "" if spells or ALLELES & set(roles) else _puzzling(roles, cells)
    return Understanding(
        roles, tuple(notices), effect, provider.name if provider else bare.name if bare else "",
        interval is not None and interval.zero_based, puzzling,
    )  # fmt: skip


def _take_interval(roles: dict[str, str], interval: Interval | None) -> list[str]:
    if interval is None:
        return []
    roles["position"] = interval.start
    if interval.end:
        roles["end"] = interval.end
    else:
        roles.pop("end", None)
    return [interval.notice]


def _roles_of(
    columns: Sequence[str], provider: Provider | None, bare: BareFormat | None
) -> dict[str, str]:
    """Give the roles of columns as a provider's description has them; ``""`` for none."""
    if bare is not None:
        return dict(zip(columns, bare.roles, strict=False))
    if provider is None:
        return {}
    plain = {column: plain_name(column) for column in columns}
    return {
        column: provider.roles[name] for column, name in plain.items() if name in provider.roles
    }


def find_bare_format(sample: Sequence[Sequence[str]]) -> BareFormat | None:
    """Find the format of rows without a header, None if it is none that is known."""
    return next((bare for bare in BARE_FORMATS if bare.fits(sample)), None)


def roles_by_name(
    columns: Sequence[str],
    known: Mapping[str, Sequence[str]],
    given: Mapping[str, str],
    own: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], list[str]]:
    """Find the columns with known names; those that are given come first.

    Parameters
    ----------
    columns : sequence of str
    known : mapping of str to sequence of str
        Names by role, see `plain_name`; the first one that is there wins.
    given : mapping of str to str
        Column by role, ``""`` for none.
    own : mapping of str to str, optional
        Role by column, ``""`` for none, as the table's format has it; it comes before `known`.

    Returns
    -------
    roles : dict of str to str
    notices : list of str

    Raises
    ------
    ScxError
        If a given column or role does not exist.
    """
    _check_given(columns, given, known)
    roles, notices = _by_name(columns, known, given, own or {})
    return roles | {role: column for role, column in given.items() if column}, notices


def _check_given(
    columns: Sequence[str], given: Mapping[str, str], known: Mapping[str, Sequence[str]]
) -> None:
    for role, column in given.items():
        if role not in known:
            raise ScxError(
                f"{role!r} is nothing that a column can be; choose of {join_some(known, 20)}."
            )
        if column and column not in columns:
            raise ScxError(
                f"There is no column {column!r} for the {role.replace('_', ' ')}; the table has "
                f"{join_some(columns, 20)}."
            )


def _by_name(
    columns: Sequence[str],
    known: Mapping[str, Sequence[str]],
    given: Mapping[str, str],
    own: Mapping[str, str],
) -> tuple[dict[str, str], list[str]]:
    taken = {*given.values(), *own}
    roles = {
        role: column
        for column, role in own.items()
        if role and role not in given and column not in given.values()
    }
    notices = []
    plain = {column: _without_build(plain_name(column)) for column in columns}
    for role, names in known.items():
        if role in given or role in roles:
            continue
        found = [
            column
            for name in names
            for column in columns
            if is_name(plain[column], name) and column not in taken and column not in roles.values()
        ]
        if found:
            roles[role] = found[0]
            builds = {name_of_build(column.replace("_", " ")) for column in found}
            if role == "position" and len(builds - {""}) > 1:
                notices.append(
                    f"Positions are given on several genome builds ({join_some(found)}); those of "
                    f"{found[0]!r} are used."
                )
    return roles, notices


def _without_build(plain: str) -> str:
    return _BUILD_IN_NAME.sub("", plain) or plain


def _filled(sample: Sequence[Sequence[str]], place: int) -> list[str]:
    cells = (cells[place].strip().strip('"') for cells in sample if place < len(cells))
    return [cell for cell in cells if not is_nothing(cell)]


def _looks_like(cells: Sequence[str], pattern: re.Pattern[str]) -> bool:
    fitting = sum(pattern.fullmatch(cell) is not None for cell in cells)
    return bool(cells) and fitting >= _ENOUGH * len(cells)


def _settle_ids(
    roles: dict[str, str], cells: Mapping[str, Sequence[str]], given: Mapping[str, str]
) -> None:
    """Tell rsIDs from whole variants in columns named ``variant``, ``MarkerName`` and the like."""
    for role in ("position", "id", "variant"):
        column = roles.get(role, "")
        if not column or role in given:
            continue
        whole = _looks_like(cells[column], _VARIANT)
        if role != "variant" and whole and "variant" not in roles:
            roles["variant"] = roles.pop(role)
        elif role == "variant" and not whole:
            del roles["variant"]
            if "id" not in roles and "id" not in given:
                roles["id"] = column


def _drop_unlike(
    roles: dict[str, str], cells: Mapping[str, Sequence[str]], given: Mapping[str, str]
) -> None:
    """Let go columns that bear a known name and hold something else (``effect``: missense)."""
    for role in ("beta", "odds_ratio", "z_score", "p_value", "minus_log10_p", "p_exponent"):
        found = cells[roles[role]] if role in roles and role not in given else []
        numbers = sum(math.isfinite(read_number(cell, "")[0]) for cell in found)
        if 2 * numbers < len(found):
            del roles[role]
    found = cells[roles["alleles"]] if "alleles" in roles and "alleles" not in given else []
    # What "allele" names and is none has to be told; a "change" may be that of a protein.
    weak = plain_name(roles.get("alleles", "")) in ("change", "substitution", "observed")
    if weak and found and not _looks_like(found, PAIR_OF_ALLELES):
        del roles["alleles"]
    if ALLELES & set(roles) - {"alleles"} and not _looks_like(found, PAIR_OF_ALLELES):
        # VEP's and other annotations repeat the alternative allele so.
        roles.pop("alleles", None)


def _by_content(
    roles: dict[str, str],
    cells: Mapping[str, Sequence[str]],
    refused: set[str],
    named: bool,
    spells: str,
) -> list[str]:
    """Fill in the roles without which no row can be placed."""
    guessed: dict[str, str] = {}

    def take(role: str, fits: Callable[[Sequence[str]], bool]) -> bool:
        if role in roles or role in refused:
            return False
        used = set(roles.values())
        column = next((name for name in cells if name not in used and fits(cells[name])), None)
        if column is not None:
            roles[role] = guessed[role] = column
        return column is not None

    def looks(pattern: re.Pattern[str]) -> Callable[[Sequence[str]], bool]:
        return lambda found: _looks_like(found, pattern)

    if "variant" not in roles and not {"chromosome", "position"} <= set(roles):
        take("variant", looks(_VARIANT))
    if "id" not in roles:
        take("id", looks(_RSID))
    if "variant" not in roles:
        # With an rsID, publications and counts must not pass for places.
        certain = named and "id" in roles and not {"chromosome", "position"} & set(roles)
        take("chromosome", looks(_PREFIXED if certain else _CHROMOSOME))
        if "chromosome" in roles:
            take("position", _looks_like_positions)
        if "position" not in roles and "chromosome" in guessed:
            del roles["chromosome"], guessed["chromosome"]
    # No guess outranks what the variants themselves spell.
    if not spells and not ALLELES & set(roles) and ("position" in roles or "variant" in roles):
        _ = take("alleles", looks(PAIR_OF_ALLELES)) or (
            take("first_allele", looks(_ALLELE)) and take("second_allele", looks(_ALLELE))
        )
    if not guessed:
        return []
    pairs = ", ".join(f"{column!r} as {role.replace('_', ' ')}" for role, column in guessed.items())
    return [f"By what they hold, columns were taken so: {pairs}; correct this where it is wrong."]


def _looks_like_positions(cells: Sequence[str]) -> bool:
    """Whole numbers, most of them different and some large."""
    if not _looks_like(cells, _POSITION):
        return False
    numbers = [int(cell.removesuffix(".0")) for cell in cells if _POSITION.fullmatch(cell)]
    return max(numbers) > 10_000 and len(set(numbers)) > len(numbers) // 2


def _puzzling(roles: Mapping[str, str], cells: Mapping[str, Sequence[str]]) -> str:
    """Find a column that seems to hold alleles in a table in which no column is known to."""
    for column, found in cells.items():
        if column in roles.values() or not found:
            continue
        name = plain_name(column)
        named = "allele" in name and not _NO_ALLELE.search(name)
        numbers = sum(math.isfinite(read_number(cell, "")[0]) for cell in found)
        if (named and 2 * numbers < len(found)) or _looks_like(found, _ALLELE_LIKE):
            return column
    return ""

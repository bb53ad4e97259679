"""Which column holds the allele that the effects of a table belong to, by what the table says."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from scx_core.variants.reading.spellings import Provider, plain_name
from scx_core.variants.reading.variant_list import Basis, EffectAllele

#: Roles that are effects of an allele.
EFFECTS: Final = ("beta", "odds_ratio", "z_score")

#: Names of one of two alleles that do not say which one that is: ``A1``, ``Allele_B``.
_NUMBERED: Final = re.compile(r"(?:a|allele)([012])|allele([ab])|(minor|major)allele")
_ALLELE: Final = r"(?:a|allele)([012ab])"
_SHARE: Final = r"(?:allele)?(?:af|freq|frequency|frq|ac|count|ct)"
#: Columns of frequencies or counts that are named after an allele: ``AF_Allele2``, ``A1FREQ``,
#: ``Freq1``, ``Freq.Allele1.HapMapCEU``, ``af_alt``.
_FREQUENCIES: Final = (
    re.compile(rf"{_SHARE}(?:of)?{_ALLELE}(?!\d).*"),
    re.compile(rf"{_ALLELE}(?:case|cases|ctrl|control|controls)?{_SHARE}s?"),
    re.compile(r"(?:freq|frq|af)([012])"),
    re.compile(r"(?:af|freq|frq)(alt|ref)(?:cases|controls)?|(alt|ref)(?:erence|ernative|ernate)?(?:af|freqs?|frequency)"),
)  # fmt: skip
#: Columns of effects that are named after an allele: ``BETA_A1``, ``OR(A1)``.
_EFFECT_OF: Final = re.compile(rf"(?:beta|b|or|effect|oddsratio|logor){_ALLELE}")
#: The effect allele by convention, and the other one.
_PAIRS: Final = (("1", "2"), ("1", "0"), ("b", "a"), ("minor", "major"))


def find_effect(
    columns: Sequence[str],
    roles: dict[str, str],
    given: Mapping[str, str],
    provider: Provider | None,
    spells: str,
) -> EffectAllele:
    """Find the effect allele, and say why it is this one.

    Parameters
    ----------
    columns : sequence of str
    roles : dict of str to str
        Column by role; the roles of numbered alleles (``A1``, ``A2``) are added: effect and other
        allele, or two alleles of which neither is named where the table has no effects.
    given : mapping of str to str
        Column by role as the person corrected it.
    provider : Provider or None
        Whose files have these columns.
    spells : str
        Column that spells whole variants with their alleles, ``""`` for none.

    Returns
    -------
    EffectAllele
    """
    plain: dict[str, str] = {}
    for column in columns:
        plain.setdefault(plain_name(column), column)
    numbered = _numbered(plain, {*roles.values(), *given.values()})
    has_effects = any(role in roles for role in EFFECTS)
    chosen = _choose(plain, roles, given, provider, spells, numbered, has_effects)
    if chosen.basis and chosen.basis != "split":
        found = {"effect_allele": chosen.column, "other_allele": chosen.other}
        roles |= {
            role: column
            for role, column in found.items()
            if column and column != spells and role not in given
        }
    elif not _gives_alleles(roles, spells):
        _add_unordered(roles, numbered)
    return chosen if has_effects else EffectAllele()


def _numbered(plain: Mapping[str, str], taken: set[str]) -> dict[str, str]:
    """Find columns such as ``A1`` by what follows, ``"1"``."""
    found: dict[str, str] = {}
    for name, column in plain.items():
        match = _NUMBERED.fullmatch(name)
        if match and column not in taken:
            found.setdefault(next(filter(None, match.groups())), column)
    return found


def _choose(
    plain: Mapping[str, str],
    roles: Mapping[str, str],
    given: Mapping[str, str],
    provider: Provider | None,
    spells: str,
    numbered: Mapping[str, str],
    has_effects: bool,
) -> EffectAllele:
    if "effect_allele" in given:
        column = given["effect_allele"]
        other = given.get("other_allele") or _partner(column, roles, _numbered(plain, set()))
        return EffectAllele(column, other, "given" if column else "", "so it was chosen")
    described = plain.get(provider.effect, "") if provider is not None else ""
    if roles.get("effect_allele", described) != described:
        column = roles["effect_allele"]
        other = roles.get("other_allele", "")
        return EffectAllele(column, other, "named", "its name says so")
    if not has_effects:
        return EffectAllele()
    pair = {**numbered}
    if {"reference", "alternative"} <= set(roles):
        pair |= {"alt": roles["alternative"], "ref": roles["reference"]}
    if provider is not None and described:
        other = plain.get(provider.other, "")
        return _by_format(described, other, provider, _named_after(plain, pair), pair)
    for basis, reason, key in _named_after(plain, pair):
        other = next((pair[b if a == key else a] for a, b in (*_PAIRS, ("alt", "ref"))
                      if key in (a, b) and {a, b} <= set(pair)), "")  # fmt: skip
        return EffectAllele(pair[key], other, basis, reason)
    return _by_convention(roles, spells, numbered)


def _by_format(
    column: str,
    other: str,
    provider: Provider,
    named: Sequence[tuple[Basis, str, str]],
    pair: Mapping[str, str],
) -> EffectAllele:
    """Take a provider's word, unless a column of the table is named after the other allele."""
    against = next((reason for _, reason, key in named if pair[key] == other != column), "")
    if against:
        reason = f"{provider.name} describes its files so, but of {other!r}, {against}"
        return EffectAllele(column, other, "split", reason)
    supported = any(pair[key] == column for _, _, key in named)
    reason = f"so {provider.name} describes its files"
    return EffectAllele(column, other, "format", reason, supported)


def _partner(column: str, roles: Mapping[str, str], numbered: Mapping[str, str]) -> str:
    """Find the other allele of a column that the person chose."""
    pairs = [
        (roles.get("reference", ""), roles.get("alternative", "")),
        (roles.get("effect_allele", ""), roles.get("other_allele", "")),
        *((numbered.get(a, ""), numbered.get(b, "")) for a, b in _PAIRS),
    ]
    for one, another in pairs:
        if column and column in (one, another) and one and another:
            return another if column == one else one
    return ""


def _named_after(plain: Mapping[str, str], pair: Mapping[str, str]) -> list[tuple[Basis, str, str]]:
    """Find columns of effects, else of frequencies, that are named after one of the alleles."""
    found: list[tuple[Basis, str, str]] = []
    patterns: tuple[tuple[Basis, tuple[re.Pattern[str], ...]], ...] = (
        ("named", (_EFFECT_OF,)), ("frequency", _FREQUENCIES),
    )  # fmt: skip
    for basis, forms in patterns:
        keys: dict[str, str] = {}
        for name, column in plain.items():
            for form in forms:
                match = form.fullmatch(name)
                if match is not None:
                    keys.setdefault(next(filter(None, match.groups())), column)
                    break
        keys = {key: column for key, column in keys.items() if key in pair}
        # Frequencies of both alleles tell neither from the other.
        if len(keys) == 1:
            key, column = next(iter(keys.items()))
            found.append((basis, f"{column!r} is named after it", key))
    return found


def _by_convention(
    roles: Mapping[str, str], spells: str, numbered: Mapping[str, str]
) -> EffectAllele:
    usual = "this is the usual meaning of such a column"
    both = [(numbered[a], numbered[b]) for a, b in _PAIRS if a in numbered and b in numbered]
    alone = [(numbered[a], "") for a, _ in _PAIRS if a in numbered]
    by_number = next(iter(both + alone), ("", ""))
    ordered = (roles.get("alternative", ""), roles.get("reference", ""))
    if not all(ordered):
        ordered = (spells, spells) if spells else ("", "")
    if ordered[0] and numbered.get("minor", "") == by_number[0] != "":
        return EffectAllele(ordered[0], by_number[0], "split", "no column says which of them")
    column, other = by_number if by_number[0] else ordered
    return EffectAllele(column, other, "convention", usual) if column else EffectAllele()


def _gives_alleles(roles: Mapping[str, str], spells: str) -> bool:
    named = ("alternative", "effect_allele", "first_allele", "alleles", "genotype")
    return bool(spells) or any(role in roles for role in named)


def _add_unordered(roles: dict[str, str], numbered: Mapping[str, str]) -> None:
    """Take ``A1`` and ``A2`` of a table without effects for two alleles in no order."""
    pair = next(((a, b) for a, b in _PAIRS if a in numbered and b in numbered), None)
    columns = [column for key, column in numbered.items() if pair is None or key in pair][:2]
    if pair is None:
        columns = columns[:1]
    roles |= dict(zip(("first_allele", "second_allele"), columns, strict=False))

"""What the columns of a table are: by their names, else by what they hold."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from scx_core.errors import ScxError, join_some
from scx_core.variants.assemblies import name_of_build
from scx_core.variants.reading.values import is_nothing, read_number

#: Names by which columns are known, letters and digits only, small; the first name wins. A name
#: may also carry a build: ``POS_hg19``.
KNOWN_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "chromosome": (
        "hmchrom", "chromosome", "chrom", "chr", "chrid", "chromid", "chromosomeid", "chrname",
        "chromosomename", "seqname", "seqnames", "seqid", "contig",
    ),
    "position": (
        "hmpos", "position", "pos", "bp", "chrpos", "chrposition", "basepairlocation",
        "basepairposition", "basepair", "bppos", "bpposition", "genpos", "physpos",
        "physicalposition", "start1based",
    ),
    "id": (
        "hmrsid", "rsid", "rsids", "snp", "snps", "snpid", "rs", "rsnumber", "dbsnp", "dbsnpid",
        "id", "variantid", "markername", "marker", "markerid", "name", "snpname", "variant",
    ),
    "variant": (
        "variant", "variantid", "hgvs", "hgvsg", "variants", "locations", "chrposrefalt",
        "chrposid", "cptid", "uniqid", "location",
    ),
    "reference": (
        "reference", "ref", "referenceallele", "refallele", "refbase", "allelereference",
    ),
    "alternative": (
        "alternative", "alternate", "alt", "altallele", "alternativeallele", "alternateallele",
        "mut", "mutant", "variantallele",
    ),
    "effect_allele": (
        "hmeffectallele", "effectallele", "effallele", "riskallele", "testedallele", "codedallele",
        "inceffectallele", "ea", "a1", "allele1",
    ),
    "other_allele": (
        "hmotherallele", "otherallele", "noneffectallele", "noncodedallele", "nonriskallele", "nea",
        "oa", "a2", "allele2", "a0", "allele0",
    ),
    "alleles": ("alleles", "allele", "change", "substitution", "basechange"),
    "beta": (
        "hmbeta", "beta", "b", "effect", "effects", "effectsize", "logor", "logodds", "lnor",
        "estimate",
    ),
    "odds_ratio": ("hmoddsratio", "oddsratio", "or"),
    "p_value": ("hmpvalue", "p", "pvalue", "pval", "pvalues", "gwasp", "pbolt", "pboltlmm"),
    "minus_log10_p": (
        "minuslog10p", "neglog10pvalue", "neglog10p", "mlog10p", "mlogp", "log10p", "pvaluemlog",
        "nlogp", "nlog10p", "logp",
    ),
    "haplotype": ("haplotype", "haplotypeid", "phaseset"),
    "gene": (
        "gene", "genes", "genename", "genesymbol", "symbol", "nearestgene", "mappedgene", "hgnc",
    ),
    "build": ("build", "genomebuild", "assembly", "ncbibuild", "genomeassembly"),
    "current_id": ("snpidcurrent", "rscurrent", "currentid", "currentrsid", "mergedinto"),
}  # fmt: skip
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
_VARIANT: Final = re.compile(
    r"(?:chr)?[A-Za-z0-9.]+[:_-][0-9,]{3,}(?:[:_-]?[ACGT]+[:_/>-][ACGT]+(?:_b[0-9]+)?)?|NC_.*:g\..*",
    re.IGNORECASE,
)
_WHOLE: Final = re.compile(r"[0-9]{1,10}")
#: Two alleles in one cell: ``A/C``, ``A>C``, ``[A/C]``, ``A|C``.
PAIR_OF_ALLELES: Final = re.compile(r"\[?\s*([A-Za-z-]+)\s*[/>|]\s*([A-Za-z-]+)\s*\]?")
_STARTS: Final = ("start", "chromstart", "startposition", "genomestart")
_ENDS: Final = ("end", "chromend", "stop", "endposition", "genomestop")
#: Share of the filled cells that must look right.
_ENOUGH: Final = 0.9


def plain_name(name: str) -> str:
    """Give letters and digits of a column's name, in small letters."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def guess_roles(
    columns: Sequence[str],
    sample: Sequence[Sequence[str]],
    given: Mapping[str, str] | None = None,
    named: bool = True,
) -> tuple[dict[str, str], tuple[str, ...]]:
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

    Returns
    -------
    roles : dict of str to str
        Column by role.
    notices : tuple of str
        What was guessed by content, and what was ambiguous.

    Raises
    ------
    ScxError
        If a given column or role does not exist.
    """
    given = given or {}
    roles, notices = roles_by_name(columns, KNOWN_COLUMNS, given)
    refused = {role for role, column in given.items() if not column}
    cells = {name: _filled(sample, place) for place, name in enumerate(columns)}
    _settle_ids(roles, cells, given)
    _drop_unlike(roles, cells, given)
    if "position" not in roles and "position" not in given:
        notices += _by_interval(roles, cells)
    notices += _by_content(roles, cells, refused, named)
    return roles, tuple(notices)


def roles_by_name(
    columns: Sequence[str], known: Mapping[str, Sequence[str]], given: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Find the columns with known names; those that are given come first.

    Parameters
    ----------
    columns : sequence of str
    known : mapping of str to sequence of str
        Names by role, see `plain_name`; the first one that is there wins.
    given : mapping of str to str
        Column by role, ``""`` for none.

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
    roles, notices = _by_name(columns, known, given)
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
    columns: Sequence[str], known: Mapping[str, Sequence[str]], given: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    roles: dict[str, str] = {}
    notices = []
    taken = set(given.values())
    plain = {column: _without_build(plain_name(column)) for column in columns}
    for role, names in known.items():
        if role in given:
            continue
        found = [
            column
            for name in names
            for column in columns
            if plain[column] == name and column not in taken and column not in roles.values()
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
    for role in ("beta", "odds_ratio", "p_value", "minus_log10_p"):
        found = cells[roles[role]] if role in roles and role not in given else []
        numbers = sum(math.isfinite(read_number(cell, "")[0]) for cell in found)
        if 2 * numbers < len(found):
            del roles[role]
    found = cells[roles["alleles"]] if "alleles" in roles and "alleles" not in given else []
    if found and not _looks_like(found, PAIR_OF_ALLELES):
        del roles["alleles"]


def _by_interval(roles: dict[str, str], cells: Mapping[str, Sequence[str]]) -> list[str]:
    """Find the position in a table of intervals of one letter."""
    plain = {plain_name(column): column for column in reversed(list(cells))}
    start = next((plain[name] for name in _STARTS if name in plain), "")
    end = next((plain[name] for name in _ENDS if name in plain), "")
    if not (start and end and cells[start] and len(cells[start]) == len(cells[end])):
        return []
    if not (_looks_like(cells[start], _WHOLE) and _looks_like(cells[end], _WHOLE)):
        return []
    lengths = {
        int(last) - int(first)
        for first, last in zip(cells[start], cells[end], strict=True)
        if _WHOLE.fullmatch(first) and _WHOLE.fullmatch(last)
    }
    if lengths == {1}:
        roles["position"] = end
        return [
            f"Each row spans one letter as in BED (0-based), so {end!r} is taken for its position."
        ]
    if lengths == {0}:
        roles["position"] = start
        return [f"Each row begins and ends at the same letter, so {start!r} is its position."]
    return []


def _by_content(
    roles: dict[str, str], cells: Mapping[str, Sequence[str]], refused: set[str], named: bool
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
    alleles = {"reference", "alternative", "effect_allele", "other_allele", "alleles"}
    if not alleles & set(roles) and ("position" in roles or "variant" in roles):
        both = take("reference", looks(_ALLELE)) and take("alternative", looks(_ALLELE))
        if not both and "reference" in guessed:
            roles["alternative"] = guessed["alternative"] = roles.pop("reference")
            del guessed["reference"]
    if not guessed:
        return []
    pairs = ", ".join(f"{column!r} as {role}" for role, column in guessed.items())
    return [f"By what they hold, columns were taken so: {pairs}; correct this where it is wrong."]


def _looks_like_positions(cells: Sequence[str]) -> bool:
    """Whole numbers, most of them different and some large."""
    if not _looks_like(cells, _POSITION):
        return False
    numbers = [int(cell.removesuffix(".0")) for cell in cells if _POSITION.fullmatch(cell)]
    return max(numbers) > 10_000 and len(set(numbers)) > len(numbers) // 2

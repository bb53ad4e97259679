"""Downloads of the GWAS catalogue: a row is an association, a part is a SNP of it.

The columns are those of the catalogue's download (``SNPS``, ``CHR_ID``, ``STRONGEST SNP-RISK
ALLELE``, in capitals or not, of any year) or of a table saved from its web pages (``riskAllele``,
``locations``). See https://www.ebi.ac.uk/gwas/docs/fileheaders.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from scx_core.errors import ScxError, join_some
from scx_core.variants.reading.qualifiers import qualify
from scx_core.variants.reading.roles import Understanding, roles_by_name
from scx_core.variants.reading.settling import settle
from scx_core.variants.reading.spellings import plain_name
from scx_core.variants.reading.tables import TableParser, p_of_logarithm
from scx_core.variants.reading.values import describe_date, is_nothing, read_number
from scx_core.variants.reading.variant_list import EffectAllele, join_notes

#: Names of the catalogue's columns, as those of `KNOWN_COLUMNS`.
GWAS_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("snps",),
    "risk_allele": ("strongestsnpriskallele", "riskallele"),
    "chromosome": ("chrid",),
    "position": ("chrpos",),
    "locations": ("locations",),
    "merged": ("merged",),
    "current_id": ("snpidcurrent",),
    "p_value": ("pvalue",),
    "minus_log10_p": ("pvaluemlog",),
    "effect_size": ("ororbeta",),
    "interval": ("95citext",),
    "odds_ratio": ("orvalue",),
    "beta": ("beta",),
    "gene": ("mappedgene", "mappedgenes"),
    "reported_gene": ("reportedgenes",),
    "trait": ("diseasetrait", "traitname", "trait", "reportedtrait"),
    "cohort": ("studyaccession", "accessionid", "pubmedid"),
}
_BETWEEN: Final = re.compile(r"\s*[;,|]\s*|\s+x\s+|\s+(?=rs[0-9])", re.IGNORECASE)
_RISK: Final = re.compile(r"(.*\S)\s*-\s*([^-]*)")
_MARKUP: Final = re.compile(r"</?[a-z]+>", re.IGNORECASE)
_LETTERS: Final = re.compile(r"[ACGT]+", re.IGNORECASE)
_RSID: Final = re.compile(r"rs[0-9]+", re.IGNORECASE)
_PLACE: Final = re.compile(r"(?:chr)?[0-9XYM]{1,2}[:_][0-9]+.*", re.IGNORECASE)
_UNIT: Final = re.compile(r"[A-Za-z]")
_BUILD_NOTICE: Final = (
    "The file does not name its genome build; the GWAS catalogue's positions have been on GRCh38 "
    "(hg38) since 2014."
)


def is_gwas_header(columns: Sequence[str]) -> bool:
    """Say whether a table is a download of the GWAS catalogue."""
    plain = {plain_name(column) for column in columns}
    return {"snps", "strongestsnpriskallele"} <= plain or {"riskallele", "locations"} <= plain


class GwasParser(TableParser):
    """Reads the rows of a GWAS catalogue (see `Parser`)."""

    def _guess(
        self,
        cells: Sequence[Sequence[str]],  # noqa: ARG002 - the names alone tell
        roles: Mapping[str, str] | None,
        name: str,
    ) -> Understanding:
        found, notices = roles_by_name(self.columns, GWAS_COLUMNS, roles or {})
        if not {"id", "risk_allele"} & set(found):
            raise ScxError(
                f"{name[:1].upper() + name[1:]} needs a column of SNPs; it has "
                f"{join_some(self.columns, 12)}. Say which one it is."
            )
        effect = EffectAllele(found.get("risk_allele", ""), "", "named", "its name says so")
        return Understanding(found, (*notices, _BUILD_NOTICE), effect)

    def _format(self) -> str:
        return "GWAS catalogue"

    def _interpret(
        self, columns: Mapping[str, list[str]], problems: Mapping[int, str], n: int, first_row: int
    ) -> pd.DataFrame:
        cells = {role: columns[column] for role, column in self.roles.items()}
        names = ("id", "chromosome", "position", "effect_allele", "effect_size", "effect_kind",
                 "p_value", "qualifier", "reason", "reason_kind", "note")  # fmt: skip
        texts: dict[str, list[str]] = {name: [] for name in names}
        rows, parts = [], []
        qualifiers = qualify(cells, n)
        for place in range(n):
            row = {role: values[place].strip() for role, values in cells.items()}
            shared = _read_association(row) | {"qualifier": qualifiers[place]}
            if place in problems:
                shared |= {"reason": problems[place], "reason_kind": "unreadable"}
            for part, snp in enumerate(_read_snps(row)):
                rows.append(first_row + place)
                parts.append(part)
                snp["note"] = join_notes(snp.get("note", ""), shared["note"])
                for name in names:
                    texts[name].append((shared | snp).get(name, ""))
        return settle(texts, np.array(rows, np.int64), np.array(parts, np.int64))


def _split(text: str) -> list[str]:
    return [] if is_nothing(text) else [piece for piece in _BETWEEN.split(text.strip()) if piece]


def _read_snps(row: Mapping[str, str]) -> list[dict[str, str]]:
    """Give id, place, risk allele and note of each SNP of a row; one at least."""
    alleles = [_read_risk(piece) for piece in _split(row.get("risk_allele", ""))]
    ids = _split(row.get("id", "")) or [name for name, _, _ in alleles] or [""]
    chromosomes, positions, note = _read_places(row, len(ids))
    current = _current_id(row) if len(ids) == 1 else ""
    snps = []
    for number, name in enumerate(ids):
        allele, remark, problem = _allele_of(name, number, alleles, len(ids), current)
        merged = ""
        if current:
            merged = (
                "an older rsID was merged into this one"
                if current == name
                else f"{name} was merged into {current}"
            )
        own = (
            f"{name} is a place of the publication's own genome build, which the catalogue does not "
            "name"
            if not positions[number] and _PLACE.fullmatch(name)
            else ""
        )
        snp = {
            "id": name,
            "chromosome": chromosomes[number],
            "position": positions[number],
            "effect_allele": allele,
            "note": join_notes(join_notes(merged, remark), note),
        }
        if own:
            snp |= {"reason": own, "reason_kind": "no position"}
        elif problem:
            # Not the same as an allele that nobody reported (rs123-?).
            snp |= {"reason": problem, "reason_kind": "unreadable"}
        snps.append(snp)
    return snps


def _read_risk(text: str) -> tuple[str, str, str]:
    """Take ``rs123-A`` apart: id, allele (``""`` for ``?``), why it is not understood."""
    match = _RISK.fullmatch(_MARKUP.sub("", text))
    if match is None:
        return text, "", ""
    allele = match[2].strip()
    if _LETTERS.fullmatch(allele):
        return match[1], allele.upper(), ""
    unknown = is_nothing(allele)
    return match[1], "", "" if unknown else f"the risk allele {allele!r} is not letters of DNA"


def _allele_of(
    name: str, number: int, alleles: Sequence[tuple[str, str, str]], n_snps: int, current: str
) -> tuple[str, str, str]:
    """Find the risk allele of a SNP: allele, a note where there is none for it, a reason if it is none."""
    same = [
        found for found in alleles if found[0].lower() in (name.lower(), current.lower() or name)
    ]
    if same:
        return same[0][1], "", same[0][2]
    if not alleles:
        return "", "", ""
    if len(alleles) != n_snps:
        return "", f"which risk allele is that of {name} is not clear", ""
    other, allele, problem = alleles[number]
    if _RSID.fullmatch(other) and allele:
        return "", f"the risk allele {allele} is of {other}, not of {name}, so left out", ""
    return allele, "", problem


def _read_places(row: Mapping[str, str], n_snps: int) -> tuple[list[str], list[str], str]:
    """Give chromosome and position of each SNP of a row, and a note where that is not clear."""
    if "locations" in row:
        places = [piece.partition(":") for piece in _split(row["locations"])]
        chromosomes, positions = [p[0] for p in places], [p[2] for p in places]
    else:
        chromosomes = _split(row.get("chromosome", ""))
        positions = _split(row.get("position", ""))
    if not positions:
        return (chromosomes * n_snps)[:n_snps] or [""] * n_snps, [""] * n_snps, ""
    if len(chromosomes) == 1:
        chromosomes *= len(positions)
    if len(positions) != n_snps or len(chromosomes) != n_snps:
        counts = f"{n_snps} SNPs, {len(chromosomes)} chromosomes and {len(positions)} positions"
        return (
            [""] * n_snps,
            [""] * n_snps,
            f"the row names {counts}, so none of the positions is used",
        )
    return chromosomes, positions, ""


def _current_id(row: Mapping[str, str]) -> str:
    """Give the rsID into which that of a row was merged, ``""`` if it was not."""
    if row.get("merged", "").removesuffix(".0") != "1":
        return ""
    number = row.get("current_id", "").lower().removeprefix("rs").removesuffix(".0")
    return f"rs{number}" if number.isdecimal() else ""


def _read_association(row: Mapping[str, str]) -> dict[str, str]:
    """Give effect, p-value and note, which all SNPs of a row share."""
    size, kind = _read_effect(row)
    p_value = row.get("p_value", "")
    if is_nothing(p_value):
        p_value = p_of_logarithm(row.get("minus_log10_p", ""))
    dates = {describe_date(row.get(role, "")) for role in ("gene", "reported_gene")} - {""}
    return {"effect_size": size, "effect_kind": kind, "p_value": p_value,
            "note": "; ".join(sorted(dates))}  # fmt: skip


def _read_effect(row: Mapping[str, str]) -> tuple[str, str]:
    """Tell odds ratios from betas: these have a unit and a direction behind their interval."""
    ratio, beta = row.get("odds_ratio", ""), row.get("beta", "")
    if not is_nothing(ratio) and ratio != "-":
        return ratio, "or"
    if not is_nothing(beta) and beta != "-":
        number, _, unit = beta.partition(" ")
        return _signed(number, unit), "beta"
    size = row.get("effect_size", "")
    if is_nothing(size):
        return "", ""
    unit = re.sub(r"\[.*?\]", "", row.get("interval", "")).replace("NR", "")
    if _UNIT.search(unit):
        return _signed(size, unit), "beta"
    value, _ = read_number(size, "effect")
    return size, "or" if value >= 1 else ""


def _signed(size: str, unit: str) -> str:
    return f"-{size}" if "decrease" in unit.lower() and not size.startswith("-") else size

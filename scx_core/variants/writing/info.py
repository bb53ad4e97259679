"""INFO fields of an annotated VCF: what is declared, and the entries of each variant."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Final

import numpy as np
import pandas as pd

from scx_core.mutagenesis.effects import EFFECT
from scx_core.variants.writing.columns import SPREAD, given_changes, is_haplotype

PREFIX: Final = "SCX_"
#: Characters that mean something in an INFO value (VCF 4.3, section 1.2), white space, and our own ``|``.
_MEANINGFUL: Final = str.maketrans(
    {letter: f"%{ord(letter):02X}" for letter in "%;=,| \t\r\n"}
)  # fmt: skip
_NAME: Final = re.compile(r"[0-9A-Za-z!#$%&+./:;?@^_|~-][0-9A-Za-z!#$%&*+./:;=?@^_|~-]*")
_ALLELE: Final = re.compile(r"[ACGTN]+")

#: Parts of an entry of SCX_EFFECT, in order, and the columns that they come from.
_ENTRY: Final = {
    "Allele": "", "Gene": "gene_id", "Symbol": "gene_name", "TSS_distance_bp": "relative_to_tss",
    "cCRE": "region", "Alleles": "alleles", "Population": "largest_population",
    "Effect_log10": "", "Spread_log10": "", "Fold_change": "", "Runs": "runs",
    "Runs_that_agree": "sign_agreement", "Specificity": "specificity",
    "Rank_in_window": "rank_in_window", "Percentile_in_window": "percentile_in_window",
    "Percentile_genome": "percentile_genome", "Risk_allele": "risk_allele",
    "Risk_effect_log10": "risk_effect", "Risk_direction": "risk_direction",
    "Trait_increasing_allele": "trait_increasing_allele",
}  # fmt: skip
_MEANT: Final = (
    "predicted(alternative) - predicted(reference), log10 expression, by models that never saw the "
    "gene, mean over runs; positive: the alternative raises expression"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What one allele does to one gene.

    Attributes
    ----------
    allele : str
        The changed letters, plus strand.
    effect : float
        In the population where it is largest, log10.
    symbol, population : str
    text, everywhere : str
        The entry of SCX_EFFECT and that of SCX_ALL, without the allele, escaped; the second may be
        empty.
    """

    allele: str
    effect: float
    symbol: str
    population: str
    text: str
    everywhere: str


@dataclass(frozen=True, slots=True)
class Part:
    """One variant of a row: where it lies, what it does, or why that is not known.

    Attributes
    ----------
    row, part : int
    id, chromosome : str
        Empty where unknown.
    position : int
        1-based; 0 where unknown.
    reference, alternative : str
        As the scored table has them; the reference is the genome's where that is known.
    lifted_from, reason_kind : str
    entries, together : tuple of Entry
        Of the variant alone, and of the haplotypes that begin with it.
    reasons : tuple of (gene_id, reason)
    """

    row: int
    part: int
    id: str
    chromosome: str
    position: int
    reference: str
    alternative: str
    lifted_from: str
    reason_kind: str
    entries: tuple[Entry, ...]
    together: tuple[Entry, ...]
    reasons: tuple[tuple[str, str], ...]


def declarations(populations: Sequence[str], *, everywhere: bool, rows: bool) -> list[str]:
    """Give the header lines of the INFO fields.

    Parameters
    ----------
    populations : sequence of str
        In the order of the entries of SCX_ALL.
    everywhere : bool
        SCX_ALL is written.
    rows : bool
        Records are made of the rows of a table.
    """
    fields = [
        ("MAX", "A", "Float", f"Largest effect over genes and populations: {_MEANT}"),
        ("FOLD_CHANGE", "A", "Float", "10 ** SCX_MAX; 1 is no change"),
        ("GENE", "A", "String", "Symbol of the gene of SCX_MAX"),
        ("POPULATION", "A", "String", "Cell population of SCX_MAX"),
        ("EFFECT", ".", "String", f"Effects on each gene, in the population where it is largest: "
         f"{_MEANT}; spread: standard deviation over runs. Format: {'|'.join(_ENTRY)}"),
        ("HAPLOTYPE", ".", "String", "Effects of this and the following variants of a haplotype together, as "
         f"in SCX_EFFECT. Format: Changes|{'|'.join(list(_ENTRY)[1:])}"),
        ("REASON", ".", "String", "Why there is no effect. Format: Allele|Gene|Reason"),
    ]  # fmt: skip
    place = "chromosome:position (1-based)"
    if rows:
        fields += [
            ("LIFTED_FROM", "1", "String", f"Place in the list's own genome build, {place}"),
            ("ROW", "1", "Integer", "Data row of the list, counted from 1"),
        ]
    else:
        where = f"Place on the dataset's genome, {place}, where the record is on another build"
        fields.append(("LIFTED", "1", "String", where))
    if everywhere:
        listed = "|".join(escape(name) for name in populations)
        fields.append(
            ("ALL", ".", "String", "Effects (log10 expression, alternative - reference) on each gene in "
             f"every population. Format: Allele|Gene|{listed}")
        )  # fmt: skip
    note = "Special characters are written as in VCF 4.3 (%2C is a comma)."
    return [
        f'##INFO=<ID={PREFIX}{name},Number={number},Type={kind},Description="{_quoted(text)}. {note}">'
        for name, number, kind, text in fields
    ]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@lru_cache(maxsize=100_000)
def escape(text: str) -> str:
    """Write a text such that it can be part of an INFO value."""
    return text.translate(_MEANINGFUL)


def is_name(chromosome: str) -> bool:
    """Say whether a VCF can have a contig of this name."""
    return _NAME.fullmatch(chromosome) is not None


def is_allele(allele: str) -> bool:
    """Say whether a VCF can have an allele of these letters."""
    return _ALLELE.fullmatch(allele) is not None


def parts_of(
    scored: pd.DataFrame, populations: Sequence[str], *, as_given: bool, everywhere: bool
) -> Iterator[Part]:
    """Give the variants of a chunk of results, sorted by row and part.

    Parameters
    ----------
    scored : DataFrame
        Of each part, the change that the list gives, or all
        three substitutions where it gives none.
    populations : sequence of str
    as_given : bool
        Effects as the list's alleles have it: turned round where its alternative is the letter of
        the genome. Else against the genome.
    everywhere : bool
        Entries hold the effects in all populations.
    """
    lines = scored.sort_values(["row", "part"], kind="stable", ignore_index=True)
    how = {"as_given": as_given, "everywhere": everywhere}
    alone = _by_line(given_changes(lines), populations, **how)
    done = lines["reason"].fillna("") == ""
    together = _by_line(lines[done & is_haplotype(lines)], populations, **how)
    columns = [
        _text(lines, name) if name not in ("row", "part", "position") else _whole(lines, name)
        for name in (
            "row", "part", "id", "chromosome", "position", "genome_reference", "reference",
            "alternative", "lifted_from", "reason_kind", "gene_id", "reason",
        )
    ]  # fmt: skip
    told = zip(range(len(lines)), *columns, strict=True)
    for (row, part), group in groupby(told, key=lambda line: (line[1], line[2])):
        members = list(group)
        first = members[0]
        yield Part(
            row, part, first[3], first[4], first[5],
            reference=first[6] or first[7], alternative=first[8], lifted_from=first[9],
            reason_kind=first[10],
            entries=tuple(alone[line[0]] for line in members if line[0] in alone),
            together=tuple(together[line[0]] for line in members if line[0] in together),
            reasons=tuple((line[11], line[12]) for line in members if line[12]),
        )  # fmt: skip


def _by_line(
    kept: pd.DataFrame, populations: Sequence[str], *, as_given: bool, everywhere: bool
) -> dict[int, Entry]:
    """Make the entries of lines, by the index of the line."""
    if kept.empty:
        return {}
    swapped = _series(kept, "alleles").astype(str).str.contains("swapped").to_numpy()
    sign = np.where(swapped & as_given, -1.0, 1.0)
    effect = sign * kept["largest_effect"].to_numpy(np.float64)
    names = _text(kept, "largest_population")
    # The numbers of an entry that are not columns as they stand.
    computed = {
        "Effect_log10": _numbers(effect),
        "Spread_log10": _numbers(_at(kept, SPREAD, names)),
        "Fold_change": _numbers(10.0**effect),
    }
    texts = [
        computed[title] if title in computed else _shown(_series(kept, column))
        for title, column in _ENTRY.items()
        if title != "Allele"
    ]
    joined = ["|".join(values) for values in zip(*texts, strict=True)]
    spelled = [""] * len(kept)
    if everywhere:
        table = kept.reindex(columns=[EFFECT + name for name in populations])
        rows = (table.to_numpy(np.float64) * sign[:, None]).tolist()
        spelled = ["|".join([f"{value:.5g}" for value in row]).replace("nan", "") for row in rows]
    genes = [escape(gene) for gene in _text(kept, "gene_id")]
    made = map(
        Entry, _text(kept, "substitution"), effect.tolist(), _text(kept, "gene_name"), names,
        joined,
        [f"{gene}|{values}" if values else "" for gene, values in zip(genes, spelled, strict=True)],
    )  # fmt: skip
    return dict(zip(kept.index.tolist(), made, strict=True))


def _at(kept: pd.DataFrame, prefix: str, names: Sequence[str]) -> np.ndarray:
    """Take each line's number from the column of its population; NaN where there is none."""
    wanted = [prefix + name for name in names]
    columns = [str(name) for name in kept.columns]
    places = pd.Index(columns).get_indexer(pd.Index(wanted))
    found = np.full(len(kept), np.nan)
    for place in np.unique(places[places >= 0]):
        chosen = places == place
        found[chosen] = kept.iloc[chosen, place].to_numpy(np.float64)
    return found


def _series(table: pd.DataFrame, name: str) -> pd.Series:
    return table[name] if name in table else pd.Series("", index=table.index, dtype=object)


def _text(table: pd.DataFrame, name: str) -> list[str]:
    values = _series(table, name)
    return [
        "" if is_missing else str(value)
        for value, is_missing in zip(values.tolist(), values.isna(), strict=True)
    ]


def _whole(table: pd.DataFrame, name: str) -> list[int]:
    return _series(table, name).replace("", 0).astype("Int64").fillna(0).astype(int).tolist()


def _numbers(values: np.ndarray) -> list[str]:
    return ["" if value != value else f"{value:.6g}" for value in values.tolist()]


def _shown(values: pd.Series) -> list[str]:
    if pd.api.types.is_float_dtype(values) or pd.api.types.is_integer_dtype(values):
        return _numbers(values.to_numpy(np.float64, na_value=np.nan))
    return [
        "" if is_missing else escape(str(value))
        for value, is_missing in zip(values.tolist(), values.isna(), strict=True)
    ]

"""The columns of results: their names and order, units, directions and sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from scx_core.mutagenesis.effects import EFFECT

SPREAD: Final = "spread: "


@dataclass(frozen=True, slots=True)
class Column:
    """A column of results.

    Attributes
    ----------
    name : str
    unit : str
        Empty for text and names.
    direction : str
        What more, less or the sign means; for text, what it says.
    source : str
        What it was read or computed from.
    whole : bool
        The numbers are whole; a column with gaps would else be written as 3.0.
    optional : bool
        Written only where the scored table has it.
    """

    name: str
    unit: str
    direction: str
    source: str
    whole: bool = False
    optional: bool = False


_FILE: Final = "the uploaded list"
_GENOME: Final = "the dataset's genome"
_MODEL: Final = "the models that never saw the gene"
_LARGEST: Final = "of largest_population"

#: Results in the order in which they are written; effects and spreads per population follow.
RESULTS: Final[tuple[Column, ...]] = (
    Column("row", "", "data row of the list, counted from 1", _FILE, whole=True),
    Column("part", "", "allele or SNP within the row, counted from 0", _FILE, whole=True),
    Column("id", "", "rsID or other name", _FILE, optional=True),
    Column("gene_id", "", "gene whose window holds the variant", "the annotation"),
    Column("gene_name", "", "its symbol", "the annotation"),
    Column("strand", "", "strand of the gene, + or -", "the annotation"),
    Column(
        "relative_to_tss", "bp", "negative is upstream of the gene's TSS, on its strand; the TSS is 0",
        "position and the annotation", whole=True,
    ),
    Column(
        "index", "bp", "place in the gene's window, from 0 in the direction of the gene",
        "position and the annotation", whole=True,
    ),
    Column("chromosome", "", "as the dataset's genome names it", _FILE),
    Column("position", "bp", "1-based, on the dataset's genome", _FILE, whole=True),
    Column("reference", "", "the list's allele that the genome has, plus strand", "list and genome"),
    Column("alternative", "", "the list's other allele, plus strand, aligned to the left", _FILE),
    Column("genome_reference", "", "letters of the genome there, plus strand", _GENOME),
    Column("substitution", "", "what they are changed to, plus strand", "computed"),
    Column("given", "", "True: this change is the list's own", _FILE),
    Column("alleles", "", "how the list's alleles agree with the genome", "list and genome"),
    Column("ambiguous", "", "True: A/T or C/G, the strand cannot be told", _FILE),
    Column(
        "effect_is", "", "which of reference and alternative is the list's effect allele; empty: none",
        _FILE, optional=True,
    ),
    Column("region", "", "cCREs that hold the variant", "the dataset's cCREs"),
    Column("region_class", "", "their classes", "the dataset's cCREs"),
    Column("lifted_from", "", "place in the list's own genome build", "list and chain file"),
    Column("fold", "", "fold in which the gene was held out", _MODEL, whole=True),
    Column("runs", "", "models of that fold that were averaged", _MODEL, whole=True),
    Column(
        "largest_effect", "log10 expression",
        "positive: substitution raises expression, against genome_reference; " + _LARGEST, _MODEL,
    ),
    Column("largest_population", "", "population with the largest absolute effect", _MODEL),
    Column(
        "fold_change", "", "10 ** largest_effect; 1 is no change, 2 is twice as much; " + _LARGEST,
        _MODEL,
    ),
    Column(
        "given_effect", "log10 expression",
        "positive: the list's alternative raises expression, against its reference; " + _LARGEST,
        _MODEL,
    ),
    Column(
        "sign_agreement", "runs", "runs whose effect has the sign of the mean; " + _LARGEST, _MODEL,
        whole=True,
    ),
    Column(
        "specificity", "0 to 1", "0: the same size in all populations, 1: in one population only",
        "absolute effects over populations (tau)",
    ),
    Column(
        "rank_in_window", "", "1: the largest absolute effect of all substitutions of the window; "
        + _LARGEST, _MODEL, whole=True,
    ),
    Column(
        "percentile_in_window", "%", "share of the window's substitutions with a smaller absolute "
        "effect; " + _LARGEST, _MODEL,
    ),
    Column(
        "percentile_genome", "%", "share of matched random substitutions with a smaller absolute "
        "effect", _MODEL,
    ),
    Column("risk_allele", "", "risk or effect allele that the list names, plus strand; empty: unknown", _FILE),
    Column(
        "risk_effect", "log10 expression",
        "positive: the risk allele raises expression, against the other; " + _LARGEST, _MODEL,
    ),
    Column("risk_direction", "", "raises, lowers, no effect or unknown: what the risk allele does", _MODEL),
    Column(
        "trait_increasing_allele", "", "allele that goes with more of the trait or a higher risk; "
        "empty: unknown", _FILE, optional=True,
    ),
    Column("effect_allele", "", "allele to which effect_size belongs", _FILE, optional=True),
    Column("other_allele", "", "the other allele", _FILE, optional=True),
    Column(
        "effect_size", "as in the list", "of effect_allele on the trait", _FILE, optional=True
    ),
    Column("effect_kind", "", "beta, or (odds ratio) or z (z-score)", _FILE, optional=True),
    Column("p_value", "", "of the association", _FILE, optional=True),
    Column(
        "haplotype", "", "name of the haplotype, in the line of all its changes together", _FILE,
        optional=True,
    ),
    Column("note", "", "duplicates, repaired values", _FILE, optional=True),
    Column(
        "outside_by", "bp", "beyond the nearest window, or out of the window", "position and the annotation",
        whole=True, optional=True,
    ),
    Column("reason_kind", "", "kind of reason; empty: scored", "computed"),
    Column("reason", "", "why there is no effect; empty: scored", "computed"),
)  # fmt: skip
_BY_NAME: Final = {column.name: column for column in RESULTS}
_EFFECT_OF: Final = (
    "positive: substitution raises expression, against genome_reference; mean over runs"
)


def population_columns(populations: Sequence[str]) -> list[str]:
    """Names of the columns of effects, then of spreads."""
    return [EFFECT + name for name in populations] + [SPREAD + name for name in populations]


def column_dictionary(populations: Sequence[str]) -> pd.DataFrame:
    """Say what every column of results means.

    Parameters
    ----------
    populations : sequence of str
        Of the model.

    Returns
    -------
    DataFrame
        ``name, unit, direction, source`` in the order of the written table; the columns of the
        user's list come before them, as they are.
    """
    records = [(item.name, item.unit, item.direction, item.source) for item in RESULTS]
    records += [(EFFECT + name, "log10 expression", _EFFECT_OF, _MODEL) for name in populations]
    records += [
        (SPREAD + name, "log10 expression", "standard deviation of the effect over runs", _MODEL)
        for name in populations
    ]
    return pd.DataFrame(records, columns=["name", "unit", "direction", "source"])


def result_columns(scored: pd.DataFrame, populations: Sequence[str]) -> list[str]:
    """Give the names of the result columns to write, in order.

    Parameters
    ----------
    scored : DataFrame
        Says which optional columns there are; columns that are not known here come last.
    populations : sequence of str
    """
    wanted = [item.name for item in RESULTS if not item.optional or item.name in scored]
    wanted += population_columns(populations)
    return wanted + [str(name) for name in scored.columns if name not in set(wanted)]


def is_whole(name: str) -> bool:
    """Say whether a column of results holds whole numbers."""
    return name in _BY_NAME and _BY_NAME[name].whole


def is_haplotype(scored: pd.DataFrame) -> pd.Series:
    """Say which lines are those of several changes together."""
    if "haplotype" not in scored:
        return pd.Series(data=False, index=scored.index)
    return scored["haplotype"].fillna("") != ""


def given_changes(scored: pd.DataFrame) -> pd.DataFrame:
    """Keep the changes that the list asks for.

    Parameters
    ----------
    scored : DataFrame
        See `scx_core.variants.score_variants`.

    Returns
    -------
    DataFrame
        Scored lines only: the list's own change of each part, and all three substitutions of a
        part for which the list gives no alternative. No haplotypes.
    """
    done = scored[(scored["reason"].fillna("") == "") & ~is_haplotype(scored)]
    if done.empty:
        return done
    given = done["given"].eq(True)
    has_own = given.groupby([done["row"], done["part"], done["gene_id"]]).transform("any")
    return done[given | ~has_own]

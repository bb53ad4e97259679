"""What the Variants page says: names of variants and outcomes, the ranked table, its filters; no streamlit."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from scx_core.dataset import Dataset
from scx_core.mutagenesis import EFFECT
from scx_core.ui.words import signed
from scx_core.variants.measures import SPREAD

SCORED: Final = "in a window"
#: What came of rows, by reason kind, as a person would say it.
_OUTCOMES: Final = {
    SCORED: "scored",
    "outside windows": "outside every window",
    "other chromosome": "on a chromosome without genes here",
    "reference mismatch": "alleles do not fit the genome",
    "unknown sequence": "N in the genome or the alleles",
    "unknown id": "rsID not found",
    "no position": "no position",
    "not lifted": "no place on this genome build",
    "wrong build": "on another genome build",
    "beyond the chromosome": "beyond the chromosome's end",
    "symbolic allele": "symbolic allele",
    "too long": "longer than a window",
    "unreadable": "not readable",
    "no alternative allele": "no alternative allele",
    "other test": "covariates and other tests",
    "gene not in a trained fold": "gene in no trained fold",
    "removes the TSS": "removes the TSS",
}
ANY, IN_REGION, IN_NONE = "anywhere", "in a cCRE", "in no cCRE"
#: A line of a table, as a mapping or a series.
Row = Mapping[str, Any] | Mapping[Hashable, Any] | pd.Series
_LONGEST_ALLELE: Final = 12
_MISSING: Final = ("", "nan", "None", ".", "<NA>")


def outcome_word(kind: str) -> str:
    """Name what came of a row, by its reason kind."""
    return _OUTCOMES.get(kind, kind)


def format_words(name: str) -> str:
    """Name a format within a sentence: ``a **VCF**``, ``**summary statistics**``."""
    return f"**{name}**" if name.endswith("s") else f"a **{name}**"


def allele_text(letters: object) -> str:
    """Write an allele, a long one by its beginning and length."""
    text = str(letters)
    if len(text) <= _LONGEST_ALLELE or not text.isalpha():
        return text
    return f"{text[:8]}… ({len(text):,})"


def change_of(row: Row) -> str:
    """Write what is changed, on the plus strand: ``A>C``."""
    if row.get("haplotype"):
        return str(row["substitution"])
    return f"{allele_text(row['genome_reference'])}>{allele_text(row['substitution'])}"


def place_of(row: Row) -> str:
    """Write where a variant lies: ``chr22:39,570,542``."""
    return f"{row['chromosome']}:{int(row['position']):,}"


def label_of(row: Row) -> str:
    """Name a variant: its haplotype or id, else its place and the list's alleles."""
    if row.get("haplotype"):
        return f"haplotype {row['haplotype']}"
    name = str(row.get("id", "") or "")
    if name not in _MISSING:
        return name
    if pd.isna(row.get("position")):
        return f"row {row['row']}"
    alleles = [allele_text(row.get(key, "") or "") for key in ("reference", "alternative")]
    return f"{place_of(row)} {'>'.join(alleles)}" if all(alleles) else place_of(row)


def labels_by_row(scored: pd.DataFrame) -> dict[int, str]:
    """Name each scored row, for figures; of several parts, the first, and that there are more."""
    done = scored[(scored["haplotype"] == "") & (scored["reason"] == "")]
    parts = done.drop_duplicates(["row", "part"])
    first = parts.drop_duplicates("row")
    several = set(parts.loc[parts["part"] > 0, "row"])
    names = [label_of(row) for row in first.to_dict("records")]
    return {
        int(row): f"{name} +" if row in several else name
        for row, name in zip(first["row"], names, strict=True)
    }


def token_of(row: Row) -> str:
    """Name a line of the ranked table in the address: ``12.0@ENSG00000100346``."""
    token = f"{row['row']}.{row['part']}@{row['gene_id']}"
    return f"{token}+{row['haplotype']}" if row.get("haplotype") else token


def one_per_gene(scored: pd.DataFrame) -> pd.DataFrame:
    """Keep one line for each variant and gene, strongest first.

    The list's own change where it names one, else the strongest of the three substitutions;
    haplotypes are lines of their own.

    Parameters
    ----------
    scored : DataFrame
        See `scx_core.variants.scoring.score_placed`.

    Returns
    -------
    DataFrame
        Scored lines, with ``token`` (unique) and ``label``; a gene without symbol has its id for
        ``gene_name``.
    """
    done = scored[scored["reason"] == ""]
    size = done["largest_effect"].astype(float).abs()
    ordered = done.assign(own=done["given"].eq(True), size=size).sort_values(
        ["own", "size"], ascending=False, kind="stable"
    )
    kept = ordered.drop_duplicates(["row", "part", "gene_id", "haplotype"])
    kept = kept.sort_values("size", ascending=False, kind="stable").drop(columns=["own", "size"])
    symbols = kept["gene_name"].astype(str)
    kept["gene_name"] = symbols.mask(symbols.isin(_MISSING), kept["gene_id"])
    records = kept[
        ["row", "part", "gene_id", "haplotype", "id", "chromosome", "position", "reference",
         "alternative"]
    ].to_dict("records")  # fmt: skip
    tokens = pd.Series([token_of(row) for row in records], kept.index, dtype=object)
    names = pd.Series([label_of(row) for row in records], kept.index, dtype=object)
    return kept.assign(token=tokens, label=names)


@dataclass(frozen=True)
class Filters:
    """Which lines of the ranked table are shown.

    Attributes
    ----------
    text : str
        Found in the variant's name, place or gene, or in any column of the user's row.
    genes : tuple of str
        Gene ids; empty for all.
    region : str
        `ANY`, `IN_REGION`, `IN_NONE` or a class of cCREs.
    largest_p : float or None
        Only variants with a p-value up to this.
    population : str
        Effects in this population; ``""`` for each variant's largest.
    """

    text: str = ""
    genes: tuple[str, ...] = ()
    region: str = ANY
    largest_p: float | None = None
    population: str = ""


def apply_filters(best: pd.DataFrame, rows: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """Keep the lines that the filters let through, strongest first.

    Parameters
    ----------
    best : DataFrame
        From `one_per_gene`.
    rows : DataFrame
        The user's rows, by row number.
    filters : Filters
    """
    kept = best
    if filters.genes:
        kept = kept[kept["gene_id"].isin(filters.genes)]
    if filters.region != ANY:
        inside = kept["region"].fillna("") != ""
        if filters.region in (IN_REGION, IN_NONE):
            kept = kept[inside if filters.region == IN_REGION else ~inside]
        else:
            kept = kept[[filters.region in region_classes(text) for text in kept["region_class"]]]
    if filters.largest_p is not None:
        kept = kept[kept["p_value"] <= filters.largest_p]
    if filters.text.strip():
        kept = kept[_holds(kept, rows, filters.text.strip())]
    if filters.population:
        size = kept[EFFECT + filters.population].abs()
        kept = kept.loc[size.sort_values(ascending=False, kind="stable").index]
    return kept


def _holds(best: pd.DataFrame, rows: pd.DataFrame, text: str) -> pd.Series:
    """Say which lines hold a text, in capitals or not."""
    places = best["chromosome"].astype(str) + ":" + best["position"].astype(str)
    own = rows.loc[best["row"].unique()]
    found = pd.Series(data=False, index=own.index)
    for name in own:
        found |= own[name].astype(str).str.contains(text, case=False, regex=False)
    held = best["row"].map(found)
    for values in (best["label"], best["gene_name"], best["gene_id"], best["region"], places):
        held |= values.astype(str).str.contains(text, case=False, regex=False)
    wanted = text.replace(",", "")
    return held | places.str.contains(wanted, case=False, regex=False)


def region_classes(text: object) -> list[str]:
    """Give the classes of the cCREs that hold a variant, from the column ``region_class``."""
    return [name for name in str(text or "").split("; ") if name not in _MISSING]


def all_region_classes(best: pd.DataFrame) -> list[str]:
    """Give the classes of cCREs that any variant lies in, sorted."""
    found = best["region_class"].dropna().unique()
    return sorted({name for text in found for name in region_classes(text)})


def ranked_table(best: pd.DataFrame, population: str = "") -> pd.DataFrame:
    """Make the table of the page from lines of `one_per_gene`.

    Parameters
    ----------
    best : DataFrame
    population : str
        Whose effects are shown; ``""`` for each line's largest.

    Returns
    -------
    DataFrame
        ``variant, id, gene, change, effect`` (log10), ``fold, population, spread`` (log10),
        ``agreeing, rank, window, genome`` (%), ``tss`` (bp), ``region, risk, p_value, row``.
    """
    names = best["largest_population"].astype(str)
    if population:
        names = pd.Series(population, index=best.index)
    effect, spread = (_values_in(best, prefix, names) for prefix in (EFFECT, SPREAD))
    region = best["region"].fillna("").astype(str)
    classes = best["region_class"].fillna("").astype(str)
    risk = best["risk_allele"].fillna("").astype(str)
    direction = best["risk_direction"].fillna("unknown").astype(str)
    return pd.DataFrame(
        {
            "variant": best["label"].to_numpy(object),
            "gene": best["gene_name"].astype(str).to_numpy(object),
            "change": [change_of(row) for row in best[_CHANGE].to_dict("records")],
            "effect": effect,
            "population": names.to_numpy(object),
            "fold": 10**effect,
            "spread": spread,
            "agreeing": _agreeing(best),
            "rank": best["rank_in_window"].astype("Int64").array,
            "window": best["percentile_in_window"].to_numpy(float),
            "genome": best["percentile_genome"].to_numpy(float),
            "tss": best["relative_to_tss"].astype("Int64").array,
            "region": region.where(classes == "", region + " (" + classes + ")").to_numpy(object),
            "risk": risk.where(direction == "unknown", risk + " " + direction).to_numpy(object),
            "p_value": best["p_value"].to_numpy(float),
            "place": [place_of(row) for row in best[_CHANGE].to_dict("records")],
            "row": best["row"].to_numpy(int),
        }
    )


_CHANGE: Final = ["chromosome", "position", "genome_reference", "substitution", "haplotype"]


def _values_in(best: pd.DataFrame, prefix: str, names: pd.Series) -> np.ndarray:
    """Give each line's value in the population that is named for it."""
    values = np.full(len(best), np.nan)
    for name in names.unique():
        here = (names == name).to_numpy()
        values[here] = best.loc[here, prefix + name].to_numpy(float)
    return values


def _agreeing(best: pd.DataFrame) -> list[str]:
    pairs = zip(best["sign_agreement"], best["runs"], strict=True)
    return ["" if pd.isna(count) else f"{int(count)} of {int(runs)}" for count, runs in pairs]


def facts_of(row: Row) -> list[str]:
    """Tell what is worth knowing of a chosen line beside its effect."""
    facts = [place_of(row), f"{offset_text(row['relative_to_tss'])} bp from the TSS"]
    alleles = str(row.get("alleles") or "")
    if alleles and alleles not in ("match", "not given"):
        facts.append(f"alleles {alleles} against the genome")
    region, classes = (str(row.get(name) or "") for name in ("region", "region_class"))
    facts.append(f"in {region} ({classes})" if region and classes else region or "in no cCRE")
    if not pd.isna(row.get("p_value")):
        facts.append(f"P = {row['p_value']:.3g}")
    if not pd.isna(row.get("specificity")):
        facts.append(specificity_words(float(row["specificity"])))
    if row.get("lifted_from"):
        facts.append(f"lifted from {row['lifted_from']}")
    facts.append(f"fold {int(row['fold'])}, never trained on this gene")
    if row.get("note"):
        facts.append(str(row["note"]))
    return facts


def specificity_words(value: float) -> str:
    """Say how far an effect is one of single populations: tau, from 0 (all alike) to 1 (one alone)."""
    how = "hardly" if value < 1 / 3 else "partly" if value < 5 / 6 else "strongly"
    return f"{how} cell-type specific ({value:.2f}; 1 = one population only)"


def offset_text(position: Any) -> str:
    """Write a distance from the TSS with its sign."""
    return f"{int(position):+,}".replace("-", "−")


def elsewhere(best: pd.DataFrame, chosen: pd.Series) -> str:
    """Say what the same variant does in the windows of other genes; ``""`` if it is in one alone."""
    same = (best["row"] == chosen["row"]) & (best["part"] == chosen["part"])
    same &= (best["gene_id"] != chosen["gene_id"]) & (best["haplotype"] == "")
    others = [
        f"{row['gene_name']} ({signed(float(row['largest_effect']))})"
        for _, row in best[same].head(5).iterrows()
    ]
    return ", ".join(others)


def classes_by_population(dataset: Dataset, names: Sequence[str]) -> dict[str, str]:
    """Give the coarsest group of each population; empty where there are none or only one.

    Parameters
    ----------
    dataset : Dataset
    names : sequence of str
        Populations of any level.
    """
    parents = dataset.populations["parent"].fillna("").astype(str).to_dict()
    found = {}
    for name in names:
        top = name
        for _ in range(len(parents)):
            if not parents.get(top):
                break
            top = parents[top]
        found[name] = top if top != name else ""
    return found if len(set(found.values())) > 1 else {}

"""Tables of scores from elsewhere: one line for each variant and track, or a column for each track."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.errors import ScxError, counted, join_some
from scx_core.sequence.chromosomes import core_name
from scx_core.variants.reading import VariantList, read_variants
from scx_core.variants.reading.spellings import plain_name
from scx_core.variants.reading.values import is_nothing, read_number

#: Names of a column that tells tracks apart, letters and digits only, small.
_TRACK: Final = (
    "track", "trackname", "population", "cellpopulation", "celltype", "tissue", "target",
    "targetname", "biosample", "assay", "output", "feature",
)  # fmt: skip
#: Names of the column of scores, where a long table has other columns of numbers.
_SCORE: Final = (
    "score", "variantscore", "rawscore", "effect", "effectsize", "value", "prediction", "delta",
    "sad", "logfc", "log2fc", "logfoldchange", "beta", "zscore",
)  # fmt: skip
_GENE: Final = ("geneid", "ensemblid", "ensemblgeneid", "ensg", "ensembl", "targetgene")
#: Names of a column that numbers the rows.
_COUNTER: Final = ("", "unnamed0", "index", "row", "rowname", "rownumber", "column1")
#: What a column is to the reader of variants, if it cannot be a score.
_NO_SCORE: Final = frozenset(
    {"chromosome", "position", "id", "variant", "reference", "alternative", "effect_allele",
     "other_allele", "alleles", "haplotype", "build", "current_id", "gene", "p_value",
     "minus_log10_p", "odds_ratio", "first_allele", "second_allele", "genotype", "end",
     "reference_is", "strand", "p_exponent"}
)  # fmt: skip
#: What a column is to the reader of variants that here may name a track or a gene.
_QUALIFIERS: Final = frozenset({"test", "trait", "cohort", "credible_set"})
#: Share of the filled cells of a column of scores that must be numbers.
_ENOUGH: Final = 0.5
#: So many numbers without a negative one look like sizes, not signed effects.
_MANY: Final = 10
_ALLELES: Final = ["chromosome", "position", "reference", "alternative", "id", "gene"]


@dataclass(frozen=True)
class OutsideScores:
    """Scores of variants from another tool.

    Attributes
    ----------
    name : str
        Of the table.
    variants : DataFrame
        One line for each variant (and gene, where the table names genes): ``row`` (data row where
        it first comes, from 1), ``chromosome, position`` (1-based; NA unknown), ``reference,
        alternative`` (as in the table; the score is for the alternative against the reference),
        ``id``, ``gene``.
    scores : ndarray of float64, shape (variants, tracks)
        In the table's own unit; NaN where it has none.
    tracks : tuple of str
    refused : DataFrame
        ``row, reason``: what could not be used.
    roles : mapping of str to str
        Column by role, ``track`` and ``score`` among them where the table is long.
    build : str
        Genome build as stated by the table, ``""`` if not.
    notices : tuple of str
    """

    name: str
    variants: pd.DataFrame
    scores: NDArray[np.float64]
    tracks: tuple[str, ...]
    refused: pd.DataFrame
    roles: Mapping[str, str]
    build: str
    notices: tuple[str, ...]


def read_outside(
    path: Path,
    *,
    name: str = "",
    roles: Mapping[str, str] | None = None,
    scores: Sequence[str] | None = None,
    track: str | None = None,
) -> OutsideScores:
    """Read a table of scores.

    Parameters
    ----------
    path : Path
        TSV or CSV, plain or gzip, with columns for chromosome, position and two alleles, or for
        whole variants (``chr22:39570542:A:C``), or for rsIDs and two alleles; free names. Long form:
        a column that tells the tracks apart, and one of scores. Wide form: a column for each track.
    name : str
        How figures call it, by default the file's name without its end.
    roles : mapping of str to str, optional
        Corrects what columns are (see `scx_core.variants.reading.read_variants`).
    scores : sequence of str, optional
        Columns of scores, by default all columns of numbers that are nothing else.
    track : str, optional
        The column that tells tracks apart; ``""`` for none.

    Raises
    ------
    ScxError
        If it cannot be read, or has no column of scores.
    """
    name = name or path.name.removesuffix(".gz").rsplit(".", 1)[0]
    listed = read_variants(path, roles=roles)
    rows = listed.rows
    track = _find(rows, _TRACK, listed.roles) if track is None else track
    gene = listed.roles.get("gene") or _find(rows, _GENE, listed.roles)
    taken = {column for role, column in listed.roles.items() if role in _NO_SCORE} | {track, gene}
    _check_columns(path.name, rows, [*(scores or ()), *([track] if track else [])])
    columns, notices = _score_columns(path.name, rows, scores, taken, bool(track))
    alleles, reasons = _one_part_each(listed, rows[gene] if gene else None)
    numbers, wrong = _read_scores(rows[columns])
    if track:
        labels = rows[track].str.strip()
        wrong += [(row, "the row names no track") for row in rows.index[labels == ""]]
        numbers = numbers.where(labels != "")
    else:
        labels = None
    scored, repeated = _gather(alleles, numbers, labels)
    refused = pd.DataFrame([*reasons, *wrong, *repeated], columns=["row", "reason"])
    found = {"track": track, "score": columns[0]} if track else {}
    variants, values, tracks = scored
    return OutsideScores(
        name, variants, values, tracks, refused.sort_values("row", kind="stable", ignore_index=True),
        {**listed.roles, **found, **({"gene": gene} if gene else {})}, listed.build,
        (*listed.notices, *notices, *_tell_sizes(values, tracks)),
    )  # fmt: skip


def _find(rows: pd.DataFrame, names: Sequence[str], roles: Mapping[str, str]) -> str:
    """Find the column of one of some names, the first name first; ``""`` if there is none."""
    taken = {column for role, column in roles.items() if role not in _QUALIFIERS}
    free = {plain_name(c): str(c) for c in reversed(rows.columns) if c not in taken}
    return next((free[known] for known in names if known in free), "")


def _check_columns(file: str, rows: pd.DataFrame, wanted: Sequence[str]) -> None:
    missing = [column for column in wanted if column not in rows.columns]
    if missing:
        raise ScxError(
            f"{file} has no column {join_some(map(repr, missing))}; it has {join_some(rows.columns, 12)}."
        )


def _score_columns(
    file: str, rows: pd.DataFrame, wanted: Sequence[str] | None, taken: set[str], is_long: bool
) -> tuple[list[str], list[str]]:
    """Give the columns of scores (one of a long table), and a sentence about the others."""
    free = [str(column) for column in rows.columns if column not in taken]
    columns = list(wanted) if wanted is not None else _numeric(rows[free])
    if wanted is None and is_long and len(columns) > 1:
        named = [column for column in columns if plain_name(column) in _SCORE]
        columns = named if len(named) == 1 else columns
    if not columns:
        raise ScxError(
            f"{file} has no column of scores; it has {join_some(rows.columns, 12)}. Say which one is."
        )
    if is_long and len(columns) > 1:
        raise ScxError(
            f"{file} has a row for each track and several columns of numbers "
            f"({join_some(columns)}); say which one holds the scores."
        )
    others = [column for column in free if column not in columns]
    return columns, [f"Columns that are not used: {join_some(others, 8)}."] if others else []


def _numeric(rows: pd.DataFrame) -> list[str]:
    return [
        str(column)
        for column in rows
        if _is_numeric(rows[column]) and not _numbers_rows(str(column), rows[column])
    ]


def _is_numeric(cells: pd.Series) -> bool:
    plain = np.isfinite(pd.to_numeric(cells, errors="coerce").to_numpy(np.float64))
    # What pandas does not read may be empty, or a number with a decimal comma.
    others = [text for text in cells[~plain].tolist() if not is_nothing(text)]
    numbers = plain.sum() + sum(np.isfinite(read_number(text, "")[0]) for text in others)
    return bool(numbers) and numbers >= _ENOUGH * (plain.sum() + len(others))


def _numbers_rows(name: str, cells: pd.Series) -> bool:
    """Say whether a column only numbers the rows, as pandas and R write it."""
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(float)
    return plain_name(name) in _COUNTER and any(
        np.array_equal(numbers, np.arange(len(cells)) + first) for first in (0, 1)
    )


def _one_part_each(
    listed: VariantList, genes: pd.Series | None
) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Give the one variant of each row with the alleles of its score, and why others have none."""
    alleles = listed.alleles
    several = alleles.loc[alleles["part"] > 0, "row"].unique()
    alone = ~alleles["row"].isin(several)
    usable = alone & (alleles["reason"] == "")
    wrong = alleles[alone & ~usable]
    reasons = list(zip(wrong["row"].tolist(), wrong["reason"].tolist(), strict=True))
    reasons += [(int(row), "several variants share one score") for row in several]
    kept = alleles[usable].copy()
    # The score is for the effect allele, where the table names one that is its reference.
    turned = (kept["effect_allele"] == kept["reference"]) & (kept["reference"] != "")
    first, second = kept["reference"].copy(), kept["alternative"].copy()
    kept["reference"] = first.mask(turned, second)
    kept["alternative"] = second.mask(turned, first)
    kept["gene"] = kept["row"].map(genes).str.strip() if genes is not None else ""
    return kept[["row", *_ALLELES]], reasons


def _read_scores(cells: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    numbers, wrong = {}, []
    rows = cells.index.tolist()
    for column in cells:
        read = pd.to_numeric(cells[column], errors="coerce").to_numpy(np.float64, copy=True)
        read[~np.isfinite(read)] = np.nan
        texts = cells[column].astype(str).tolist()
        for place in np.flatnonzero(np.isnan(read)):
            if is_nothing(texts[place]):
                continue
            read[place], _ = read_number(texts[place], "")
            if np.isnan(read[place]):
                shown = texts[place].strip()[:30]
                wrong.append((rows[place], f"the score {shown!r} in {column!r} is not a number"))
        numbers[column] = read
    return pd.DataFrame(numbers, index=cells.index), wrong


def _gather(
    alleles: pd.DataFrame, numbers: pd.DataFrame, labels: pd.Series | None
) -> tuple[tuple[pd.DataFrame, NDArray[np.float64], tuple[str, ...]], list[tuple[int, str]]]:
    """Bring the scores of a variant together, whatever the form of the table."""
    same = alleles.assign(chromosome=core_names(alleles["chromosome"])).groupby(
        _ALLELES, sort=False, dropna=False
    )
    variant = same.ngroup().to_numpy()
    variants = alleles[~pd.Series(variant, alleles.index).duplicated()].reset_index(drop=True)
    read = numbers.loc[alleles["row"]].to_numpy(np.float64)
    if labels is None:
        tracks = tuple(str(name) for name in numbers)
        lines, column = np.divmod(np.arange(read.size), len(tracks))
    else:
        codes, found = pd.factorize(labels.loc[alleles["row"]])
        tracks = tuple(str(name) for name in found if name)
        lines, column = np.arange(len(alleles)), codes
    flat = read.ravel()
    known = np.flatnonzero(np.isfinite(flat))
    places = pd.Series(variant[lines[known]] * max(len(tracks), 1) + column[known])
    again = places.duplicated().to_numpy()
    values = np.full((len(variants), len(tracks)), np.nan)
    values.ravel()[places[~again]] = flat[known[~again]]
    rows = alleles["row"].to_numpy()[np.unique(lines[known[again]])]
    repeated = [
        (int(row), "an earlier row scores the same variant; the first counts") for row in rows
    ]
    return (variants, values, tracks), repeated


def core_names(names: pd.Series) -> pd.Series:
    """Give the one name of each chromosome."""
    texts = names.astype(str)
    return texts.map({name: core_name(name) for name in texts.unique()})


def _tell_sizes(values: NDArray[np.float64], tracks: Sequence[str]) -> list[str]:
    unsigned = (np.isfinite(values).sum(axis=0) >= _MANY) & ~(values < 0).any(axis=0)
    sizes = [tracks[place] for place in np.flatnonzero(unsigned).tolist()]
    if not sizes:
        return []
    return [
        f"{counted(len(sizes), 'track has', 'tracks have')} no negative score ({join_some(sizes)}): "
        "if these are sizes and not signed effects, compare them with absolute effects."
    ]

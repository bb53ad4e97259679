"""Which windows a variant falls in."""

import re
from typing import Final

import bioframe
import numpy as np
import pandas as pd

from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import BASES, CODE_LETTERS, COMPLEMENT
from scx_core.variants.variant import Variant

_BED: Final = ("chromosome", "start", "end")
_POSITION: Final = re.compile(r"[0-9]{1,10}")
_PLACED_COLUMNS: Final = (
    "row", "gene_id", "index", "relative_to_tss", "genome_reference", "change", "alleles", "region",
    "reason",
)  # fmt: skip


def place_variants(dataset: Dataset, table: pd.DataFrame) -> pd.DataFrame:
    """Find the gene windows and cCREs of each variant, or say why there are none.

    Parameters
    ----------
    dataset : Dataset
    table : DataFrame
        ``row``, ``chromosome``, ``position`` (1-based, text or number), ``reference``,
        ``alternative`` (plus strand); other columns are left alone.

    Returns
    -------
    DataFrame
        For each variant and gene one row: ``row, gene_id, index`` (in the window),
        ``relative_to_tss`` (bp on the gene's strand), ``genome_reference`` (plus strand),
        ``change`` (the given substitution), ``alleles`` (how the given alleles agree with the
        genome), ``region`` (names of cCREs), ``reason`` (empty where it can be scored; such a row has no gene).
    """
    variants, refused = _parse_rows(table)
    chromosome_names = _match_names(dataset, variants)
    windows = _window_table(dataset)
    known = variants["chromosome"].map(chromosome_names)
    refused += [
        (row, f"chromosome {name} is not in the dataset")
        for row, name in variants.loc[known.isna(), ["row", "chromosome"]].itertuples(index=False)
    ]
    variants = variants.assign(chromosome=known)[known.notna()]
    if variants.empty:
        return _only_reasons(refused)
    points = variants.assign(start=variants["position"] - 1, end=variants["position"])
    placed = bioframe.overlap(
        points, windows, how="inner", cols1=_BED, cols2=_BED, suffixes=("", "_window")
    ).rename(columns={"gene_id_window": "gene_id"})
    outside = points[~points["row"].isin(placed["row"])]
    refused += _distances(outside, windows)
    placed = _describe(dataset, placed, _regions_of(dataset, points))
    parts = [placed, _only_reasons(refused)]
    filled = [part for part in parts if not part.empty]
    return pd.concat(filled, ignore_index=True).sort_values("row", kind="stable")


def _only_reasons(refused: list[tuple[int, str]]) -> pd.DataFrame:
    missing = pd.DataFrame(refused, columns=["row", "reason"])
    return missing.reindex(columns=list(_PLACED_COLUMNS))


def _parse_rows(table: pd.DataFrame) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    records, refused = [], []
    columns = ["row", "chromosome", "position", "reference", "alternative"]
    for row, chromosome, position, reference, alternative in table[columns].itertuples(index=False):
        try:
            number = _position(position)
            variant = Variant(
                _chromosome(chromosome), number, _allele(reference), _allele(alternative)
            )
        except ScxError as error:
            refused.append((row, str(error).rstrip(".")))
        else:
            records.append(
                (row, variant.chromosome, variant.position, variant.reference, variant.alternative)
            )
    return pd.DataFrame(records, columns=columns).astype({"position": np.int64}), refused


def _position(value: object) -> int:
    text = str(value).strip().removesuffix(".0")
    if _POSITION.fullmatch(text) is None:
        raise ScxError(f"position {text[:30]!r} is not a whole number of a chromosome's size")
    return int(text)


def _chromosome(value: object) -> str:
    """Undo what tables do to numbers: 22.0 is 22."""
    return str(value).strip().removesuffix(".0")


def _allele(value: object) -> str:
    text = str(value).strip()
    return "" if text in ("?", ".", "nan", "None", "NA") else text


def _match_names(dataset: Dataset, variants: pd.DataFrame) -> dict[str, str]:
    """Dataset's chromosome by the given name, with or without ``chr``."""
    by_core = {
        str(name).removeprefix("chr"): str(name) for name in dataset.genes["chromosome"].unique()
    }
    given = variants["chromosome"].unique()
    return {
        name: by_core[core] for name in given if (core := str(name).removeprefix("chr")) in by_core
    }


def _window_table(dataset: Dataset) -> pd.DataFrame:
    genes = dataset.genes
    first_base = genes["tss"].to_numpy(np.int64) - 1
    plus = (genes["strand"] == "+").to_numpy()
    before = np.where(plus, dataset.upstream, dataset.downstream - 1)
    after = np.where(plus, dataset.downstream, dataset.upstream + 1)
    return pd.DataFrame(
        {
            "chromosome": genes["chromosome"].astype(str).to_numpy(),
            "start": first_base - before,
            "end": first_base + after,
            "gene_id": genes.index.to_numpy(),
            "gene_name": genes["gene_name"].astype(str).to_numpy(),
        }
    )


def _distances(outside: pd.DataFrame, windows: pd.DataFrame) -> list[tuple[int, str]]:
    if outside.empty:
        return []
    nearest = bioframe.closest(
        outside, windows, cols1=_BED, cols2=_BED, suffixes=("", "_window")
    ).drop_duplicates("row")
    return [
        (row, f"outside every window; {distance + 1:,} bp beyond that of {name}")
        for row, distance, name in nearest[["row", "distance", "gene_name_window"]].itertuples(
            index=False
        )
    ]


def _regions_of(dataset: Dataset, points: pd.DataFrame) -> pd.Series:
    """Names of the cCREs that hold each variant, by row."""
    if dataset.regions.empty or points.empty:
        return pd.Series(dtype=str)
    found = bioframe.overlap(
        points, dataset.regions, how="inner", cols1=_BED, cols2=_BED, suffixes=("", "_region")
    )
    return found.groupby("row")["name_region"].agg(lambda names: ", ".join(sorted(set(names))))


def _describe(dataset: Dataset, placed: pd.DataFrame, regions: pd.Series) -> pd.DataFrame:
    rows = dataset.genes.index.get_indexer(pd.Index(placed["gene_id"]))
    genes = dataset.genes.iloc[rows]
    minus = (genes["strand"] == "-").to_numpy()
    tss = genes["tss"].to_numpy(np.int64)
    offset = placed["position"].to_numpy(np.int64) - tss
    index = dataset.upstream + np.where(minus, -offset, offset)  # see `position_to_index`
    codes = np.asarray(dataset.windows[rows, index])
    letters = np.array(list(CODE_LETTERS))[np.where(minus, COMPLEMENT[codes], codes)]
    given = placed[["reference", "alternative"]].itertuples(index=False)
    compared = [
        compare_alleles(letter, reference, alternative)
        for letter, (reference, alternative) in zip(letters.tolist(), given, strict=True)
    ]
    alleles = np.array([how for how, _ in compared], dtype=object)
    # Where the file's alternative is the genome's letter, its reference is the change.
    change = np.where(alleles == "swapped", placed["reference"], placed["alternative"])
    return pd.DataFrame(
        {
            "row": placed["row"].to_numpy(),
            "gene_id": placed["gene_id"].to_numpy(),
            "index": index,
            "relative_to_tss": index - dataset.upstream,
            "genome_reference": letters.astype(object),
            "change": change.astype(object),
            "alleles": alleles,
            "region": placed["row"].map(regions).fillna("").to_numpy(object),
            "reason": [reason for _, reason in compared],
        },
        columns=list(_PLACED_COLUMNS),
    )


def compare_alleles(genome: str, reference: str, alternative: str) -> tuple[str, str]:
    """How the given alleles agree with the genome, and why they cannot be scored ("" if they can)."""
    if genome not in BASES:
        return "unknown", f"the genome has {genome} there"
    if not reference and not alternative:
        return "not given", ""
    if reference == genome or (not reference and alternative != genome):
        return "match", ""
    if alternative == genome:
        return "swapped", ""
    return "mismatch", f"reference {reference} was given, the genome has {genome}"

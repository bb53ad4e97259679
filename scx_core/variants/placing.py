"""Which windows a variant falls in, and where in them.

Positions are 1-based in tables, spans 0-based half-open.
"""

from dataclasses import dataclass
from typing import Final

import bioframe
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scx_core.dataset import Dataset
from scx_core.sequence.chromosomes import match_names
from scx_core.variants.alleles import ALLELE_COLUMNS, CHECKED_COLUMNS, Strand, check_alleles
from scx_core.variants.genome import Letters, window_table

__all__ = [
    "PLACED_COLUMNS",
    "REASON_KINDS",
    "distance_text",
    "place_alleles",
]

#: Kinds of reasons why something cannot be scored; ``""`` where it can.
REASON_KINDS: Final = (
    "", "unreadable", "no position", "unknown id", "other chromosome", "outside windows",
    "reference mismatch", "unknown sequence", "not lifted", "symbolic allele", "too long",
    "beyond the chromosome", "gene not in a trained fold", "wrong build", "removes the TSS",
)  # fmt: skip
#: Columns of the placed table.
PLACED_COLUMNS: Final = (
    "row", "part", "gene_id", "index", "relative_to_tss", "chromosome", "position", "reference",
    "alternative", "genome_reference", "alleles", "ambiguous", "effect_is", "region",
    "region_class", "lifted_from", "outside_by", "reason", "reason_kind",
)  # fmt: skip
#: Alleles this near to a window are left-aligned before they are said to lie outside.
_REACH: Final = 1000
_SPAN: Final = ("chromosome", "start", "end")

Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]


def place_alleles(
    dataset: Dataset,
    alleles: pd.DataFrame,
    letters: Letters,
    regions: pd.DataFrame | None = None,
    *,
    strand: Strand = "plus first",
) -> pd.DataFrame:
    """Find the gene windows and regions of each allele, or say why there are none.

    Parameters
    ----------
    dataset : Dataset
    alleles : DataFrame
        ``row, part, chromosome`` (with or without ``chr``), ``position`` (1-based, <NA> unknown),
        ``reference, alternative, effect_allele, other_allele`` (upper case, ``""`` not given) and
        ``reason`` (one that is not ``""`` is passed on). ``id, order, reason_kind, lifted_from`` may
        be missing.
    letters : Letters
        Of the dataset's genome.
    regions : DataFrame, optional
        ``chromosome, start, end`` (0-based half-open), ``name, region_class``; the dataset's cCREs
        if not given.
    strand : {"plus", "plus first", "minus first", "either"}
        See `scx_core.variants.alleles.check_alleles`.

    Returns
    -------
    DataFrame
        One row for each part and gene window, and one for each part in no window, in input order.
        ``row, part, gene_id``; ``index`` (window index of the first letter of the reference, on the
        gene's strand) and ``relative_to_tss`` (bp from the TSS to that letter, negative upstream);
        ``chromosome, position, reference, alternative, genome_reference, alleles, ambiguous,
        effect_is`` (see `scx_core.variants.alleles.Judgement`); ``region, region_class`` (of the
        regions that the reference touches, by position, separated by ``", "`` and ``"; "``);
        ``lifted_from``; ``outside_by`` (bp beyond the nearest window, or that stick out of the
        window; <NA> inside); ``reason, reason_kind`` (``""``: can be scored, and has a gene).
    """
    windows = _Windows.of(dataset)
    parts = _prepare(alleles, letters, list(windows.by_chromosome))
    usable = parts["reason"].to_numpy(object) == ""
    gap = np.zeros(len(parts), np.int64)
    nearest = np.zeros(len(parts), np.int64)
    gap[usable], nearest[usable] = windows.nearest(parts[usable])
    near = usable & (gap <= _REACH)
    parts = _check(parts, near, letters, windows.length, strand)
    member, gene = windows.overlapping(parts, np.flatnonzero(near))
    lone = np.ones(len(parts), bool)
    lone[member] = False
    moved = near & lone
    gap[moved], nearest[moved] = windows.nearest(parts[moved])
    regions = dataset.regions if regions is None else regions
    inside = _place_in_windows(dataset, parts, windows, member, gene)
    inside = _add_regions(inside, parts, member, regions, letters)
    outside = _tell_outside(dataset, parts, np.flatnonzero(lone), usable, gap, nearest)
    order = np.argsort(np.concatenate([member, np.flatnonzero(lone)]), kind="stable")
    columns = {
        name: np.concatenate([inside[name], outside[name]])[order] for name in PLACED_COLUMNS
    }
    placed = pd.DataFrame(columns)
    for name in ("index", "relative_to_tss", "position", "outside_by"):
        placed[name] = _nullable(columns[name])
    return placed


@dataclass(frozen=True)
class _Windows:
    """The windows of a dataset, all equally long.

    Attributes
    ----------
    table : DataFrame
        See `scx_core.variants.genome.window_table`.
    length : int
    by_chromosome : dict
        Sorted starts, and the rows of their genes.
    """

    table: pd.DataFrame
    length: int
    by_chromosome: dict[str, tuple[Indices, Indices]]

    @classmethod
    def of(cls, dataset: Dataset) -> "_Windows":
        table = window_table(dataset)
        starts = table["start"].to_numpy(np.int64)
        order = np.argsort(starts, kind="stable")
        numbers, names = pd.factorize(table["chromosome"].to_numpy(object)[order])
        by_chromosome = {}
        for number, name in enumerate(names):
            rows = order[numbers == number]
            by_chromosome[str(name)] = (starts[rows], rows)
        return cls(table, dataset.upstream + dataset.downstream, by_chromosome)

    def nearest(self, parts: pd.DataFrame) -> tuple[Indices, Indices]:
        """How far each span lies beyond the nearest window (bp; 0: they overlap), and its gene."""
        gap, gene = np.zeros((2, len(parts)), np.int64)
        start, end = parts["start"].to_numpy(np.int64), parts["end"].to_numpy(np.int64)
        numbers, names = pd.factorize(parts["chromosome"])
        for number, name in enumerate(names):
            here = np.flatnonzero(numbers == number)
            starts, genes = self.by_chromosome[name]
            after = np.searchsorted(starts, end[here])
            before = np.maximum(after - 1, 0)
            after = np.minimum(after, len(starts) - 1)
            # Of windows equally long, the last to start is the last to end.
            beyond = np.maximum(start[here] - (starts[before] + self.length) + 1, 0)
            ahead = np.maximum(starts[after] - end[here] + 1, 0)
            beyond = np.where(starts[before] < end[here], beyond, ahead)
            ahead = np.where(starts[after] >= end[here], ahead, beyond)
            gap[here] = np.minimum(beyond, ahead)
            gene[here] = genes[np.where(beyond <= ahead, before, after)]
        return gap, gene

    def overlapping(self, parts: pd.DataFrame, rows: Indices) -> tuple[Indices, Indices]:
        """Pairs of a part (among ``rows``) and a gene whose window it touches, sorted."""
        if not len(rows):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        pairs = bioframe.overlap(
            parts[list(_SPAN)].iloc[rows].reset_index(drop=True), self.table[list(_SPAN)],
            how="inner", cols1=_SPAN, cols2=_SPAN, return_index=True, return_input=False,
        )  # fmt: skip
        member = rows[pairs["index"].to_numpy(np.int64)]
        gene = pairs["index_"].to_numpy(np.int64)
        order = np.lexsort((gene, member))
        return member[order], gene[order]


def _prepare(alleles: pd.DataFrame, letters: Letters, chromosomes: list[str]) -> pd.DataFrame:
    """Give parts the dataset's chromosome names and spans; refuse those that cannot be placed."""
    none = pd.Series("", index=alleles.index, dtype=object)
    columns = ("id", "chromosome", *ALLELE_COLUMNS, "reason", "reason_kind", "lifted_from")
    parts = pd.DataFrame({name: alleles.get(name, none).astype(object) for name in columns})
    parts = parts.fillna("").assign(row=alleles["row"], part=alleles["part"])
    for name in {"order", "ordered"} & set(alleles.columns):
        parts[name] = alleles[name].to_numpy()
    parts = parts.reset_index(drop=True)
    unsorted = (parts["reason"] != "") & (parts["reason_kind"] == "")
    parts.loc[unsorted, "reason_kind"] = "unreadable"
    given = pd.to_numeric(alleles["position"]).astype("Int64").fillna(0).to_numpy(np.int64)
    parts["position"] = given
    names = match_names(parts["chromosome"].astype(str).unique(), chromosomes)
    known = parts["chromosome"].map(names)
    lengths = known.map(letters.chromosomes).astype(float).fillna(np.inf).to_numpy()
    parts = _add_span(parts)
    placeless = (given < 1) | (parts["chromosome"] == "").to_numpy()
    named = (parts["id"] != "").to_numpy()
    _refuse(parts, placeless & named, "unknown id", "the position of {0[id]} is not known")
    _refuse(parts, placeless, "no position", "the position is not known")
    foreign = known.isna().to_numpy()
    _refuse(
        parts, foreign, "other chromosome", "chromosome {0[chromosome]} has no gene of the dataset"
    )
    beyond = parts["end"].to_numpy() > lengths
    what = "position {0[position]:,} is beyond the end of chromosome {0[chromosome]}"
    _refuse(parts, beyond, "beyond the chromosome", what)
    parts["chromosome"] = known.fillna(parts["chromosome"])
    for name, empty in (("genome_reference", ""), ("alleles", ""), ("effect_is", "")):
        parts[name] = empty
    return parts.assign(ambiguous=False)


def _add_span(parts: pd.DataFrame) -> pd.DataFrame:
    lengths = np.fromiter(map(len, parts["reference"]), np.int64, len(parts))
    start = parts["position"].to_numpy(np.int64) - 1
    return parts.assign(start=start, end=start + np.maximum(lengths, 1))


def _refuse(parts: pd.DataFrame, rows: Mask, kind: str, reason: str) -> None:
    """Give a reason to rows that have none; ``{0[id]}`` in it stands for a row's id."""
    refused = rows & (parts["reason"] == "").to_numpy()
    told = parts.loc[refused, ["id", "chromosome", "position"]].to_dict("records")
    parts.loc[refused, "reason"] = [reason.format(row) for row in told]
    parts.loc[refused, "reason_kind"] = kind


def _check(
    parts: pd.DataFrame, rows: Mask, letters: Letters, longest: int, strand: Strand
) -> pd.DataFrame:
    """Compare the alleles of some rows with the genome, and left-align them."""
    if not rows.any():
        return parts
    checked = check_alleles(parts[rows], letters, longest, strand=strand)
    for name in CHECKED_COLUMNS:
        column = parts[name].to_numpy(copy=True)
        column[rows] = checked[name].to_numpy()
        parts[name] = column
    return _add_span(parts)


Columns = dict[str, NDArray]


def _place_in_windows(
    dataset: Dataset, parts: pd.DataFrame, windows: _Windows, member: Indices, gene: Indices
) -> Columns:
    """Describe pairs of part and window."""
    columns = _columns_of(parts, member)
    place = windows.table.iloc[gene]
    start, end = (parts[name].to_numpy(np.int64)[member] for name in ("start", "end"))
    sticks_out = np.maximum(place["start"].to_numpy() - start, end - place["end"].to_numpy())
    # On the minus strand the first letter of the reference is its last on the plus strand.
    tss = place["tss"].to_numpy()
    relative = np.where(place["minus"], tss - end, start + 1 - tss)
    crossing = sticks_out > 0
    names = _gene_names(dataset)
    blamed = crossing & np.isin(columns["reason_kind"], ["", "unknown sequence"])
    columns["reason"][blamed] = [
        f"the reference reaches {distance_text(bp)} out of the window of {name}"
        for bp, name in zip(sticks_out[blamed], names[gene[blamed]], strict=True)
    ]
    columns["reason_kind"][blamed] = "outside windows"
    return columns | {
        "gene_id": dataset.genes.index.to_numpy(object)[gene],
        "index": _blank(relative + dataset.upstream, crossing),
        "relative_to_tss": _blank(relative, crossing),
        "outside_by": _blank(sticks_out, ~crossing),
    }


def _tell_outside(
    dataset: Dataset, parts: pd.DataFrame, rows: Indices, usable: Mask, gap: Indices, gene: Indices
) -> Columns:
    """Describe parts in no window: where they had no other reason, by how far they miss one."""
    columns = _columns_of(parts, rows)
    missed = usable[rows]
    names = _gene_names(dataset)[gene[rows[missed]]]
    columns["reason"][missed] = [
        f"outside every window; {distance_text(bp)} beyond that of {name}"
        for bp, name in zip(gap[rows[missed]].tolist(), names, strict=True)
    ]
    columns["reason_kind"][missed] = "outside windows"
    for name in ("genome_reference", "alleles", "effect_is"):
        columns[name][:] = ""
    columns["ambiguous"][:] = False
    nothing = np.full(len(rows), None, object)
    position = columns["position"]
    return columns | {
        "position": _blank(position, position < 1),
        "gene_id": np.full(len(rows), "", object),
        "index": nothing,
        "relative_to_tss": nothing,
        "outside_by": _blank(gap[rows], ~missed),
        "region": np.full(len(rows), "", object),
        "region_class": np.full(len(rows), "", object),
    }


def _columns_of(parts: pd.DataFrame, rows: Indices) -> Columns:
    return {name: parts[name].to_numpy()[rows] for name in PLACED_COLUMNS if name in parts.columns}


def _gene_names(dataset: Dataset) -> NDArray[np.object_]:
    names = dataset.genes["gene_name"].astype(str).to_numpy(object)
    return np.where(names == "", dataset.genes.index.to_numpy(object), names)


def _blank(values: NDArray, rows: Mask) -> NDArray[np.object_]:
    filled = values.astype(object)
    filled[rows] = None
    return filled


def _nullable(values: NDArray) -> pd.arrays.IntegerArray:
    missing = pd.isna(values)
    return pd.arrays.IntegerArray(np.where(missing, 0, values).astype(np.int64), missing)


def _add_regions(
    columns: Columns, parts: pd.DataFrame, member: Indices, regions: pd.DataFrame, letters: Letters
) -> Columns:
    """Name the regions that the reference of each pair touches."""
    names = np.full(len(parts), "", object)
    classes = np.full(len(parts), "", object)
    known = match_names(regions["chromosome"].astype(str).unique(), letters.chromosomes)
    regions = regions.assign(chromosome=regions["chromosome"].astype(str).map(known))
    regions = regions[regions["chromosome"].notna()].reset_index(drop=True)
    rows = np.unique(member)
    if len(regions) and len(rows):
        found = bioframe.overlap(
            parts[list(_SPAN)].iloc[rows].reset_index(drop=True), regions[list(_SPAN)],
            how="inner", cols1=_SPAN, cols2=_SPAN, return_index=True, return_input=False,
        )  # fmt: skip
        region = found["index_"].to_numpy(np.int64)
        part = rows[found["index"].to_numpy(np.int64)]
        order = np.lexsort((region, regions["start"].to_numpy()[region], part))
        for column, text, between in ((names, "name", ", "), (classes, "region_class", "; ")):
            words = regions[text].astype(str).to_numpy(object)[region[order]]
            _join(column, part[order], words, between)
    return columns | {"region": names[member], "region_class": classes[member]}


def _join(
    column: NDArray[np.object_], rows: Indices, words: NDArray[np.object_], between: str
) -> None:
    """Write the words of each row into the column; nearly all rows have one."""
    again = np.zeros(len(rows), bool)
    again[1:] = rows[1:] == rows[:-1]
    column[rows[~again]] = words[~again]
    for row, word in zip(rows[again], words[again], strict=True):
        column[row] = f"{column[row]}{between}{word}"


def distance_text(bp: int) -> str:
    """Show a distance: ``870 bp``, ``3.9 kb``, ``12.3 Mb``."""
    if bp < 1000:
        return f"{bp} bp"
    return f"{bp / 1e3:,.1f} kb" if bp < 999_950 else f"{bp / 1e6:,.1f} Mb"

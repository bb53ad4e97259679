"""Gene families: genes that must be tested together, because one tells about the other.

A network that saw a paralogue of a test gene in training may remember it instead of reading the
sequence; random folds leak so.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from scx_core.annotation.blocks import read_blocks
from scx_core.dataset import Dataset
from scx_core.errors import ScxError, counted, join_some
from scx_core.gene_ids import strip_version
from scx_core.kernels.shared_seeds import find_seeds, pair_genes
from scx_core.training.overlaps import overlapping_neighbours
from scx_core.training.settings import TrainingSettings

#: Bases before the TSS and from it on that are compared: promoter and first coding exons.
UPSTREAM: Final = 500
DOWNSTREAM: Final = 1000
#: Seeds in the same place that make a family, and how far places may differ (insertions, another
#: length of the 5'UTR).
_FAMILY_SEEDS: Final = 20
_SHIFT: Final = 80
#: Seeds anywhere, on either strand, that do: a stretch of so many identical letters.
_STRETCH: Final = 200
#: Neighbours share a stretch with few others; seeds of more genes than the other are repeats.
_FEW_GENES: Final = 4
_MOST_GENES: Final = 200

#: Headers of the first column, in lower case without spaces, _ and -.
_GENE_COLUMNS: Final = frozenset(
    {
        "gene", "geneid", "genename", "genesymbol", "genestableid", "ensemblgeneid", "symbol",
        "wbgene", "id", "name",
    }
)  # fmt: skip


def families_of(
    dataset: Dataset, settings: TrainingSettings
) -> tuple[pd.Series | None, tuple[str, ...]]:
    """Give the gene families that the settings ask for, and what is worth knowing about them.

    Returns
    -------
    families : Series of str or None
        By gene id; None where the split is not by family.
    notices : tuple of str

    Raises
    ------
    ScxError
        If the table of families cannot be used.
    """
    if settings.split != "family":
        return None, ()
    if settings.families:
        return read_families(Path(settings.families), dataset.genes)
    ids = dataset.genes.index.astype(str)
    related = derive_families(dataset.windows, dataset.upstream)
    number = _joined(related, *overlapping_neighbours(dataset))
    return pd.Series(ids[number], index=dataset.genes.index, name="family"), ()


def _joined(
    family: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Join the families of pairs of genes; gives the row of the first gene of each one's family."""
    rows = np.arange(len(family))
    pairs = (np.concatenate([rows, one]), np.concatenate([family, other]))
    linked = coo_matrix((np.ones(len(pairs[0]), bool), pairs), shape=(len(family),) * 2)
    _, joined = connected_components(linked, directed=False)
    _, first_row, of_gene = np.unique(joined, return_index=True, return_inverse=True)
    return first_row[of_gene].astype(np.int64)


def derive_families(windows: NDArray[np.uint8], upstream: int) -> NDArray[np.int64]:
    """Find genes of similar sequence around the TSS: paralogues, and neighbours that share it.

    Two genes are related if, from 500 bases before the TSS to 1,000 after it, they share

    - 20 seeds (see `scx_core.kernels.shared_seeds`) on the gene's strand, each at most 80 bases
      apart as counted from the TSS, or
    - 200 seeds of few genes anywhere on either strand, as neighbours with one promoter do.

    Seeds of more than 200 genes link each gene to the next few that have it in the same place: a
    large family is one, whatever its size. A family is all genes that are related, directly or through others.

    Parameters
    ----------
    windows : ndarray of uint8, shape (genes, length)
        Base codes on the gene's strand, may be memory-mapped.
    upstream : int
        Window index of the TSS.

    Returns
    -------
    ndarray of int64, shape (genes,)
        Row of the first gene of each gene's family.

    Notes
    -----
    Chosen on the worm (16,722 genes, 3 seconds: 13,948 families, the largest 88 collagens and their
    neighbours). Repeats land on either strand, so distant genes with seeds in the same place on
    *opposite* strands tell how many pairs are no paralogues: 82 for 1,634 at 20 seeds (5 %), 168 for
    2,926 at 10, 29 for 1,062 at 40. Expression across populations correlates by 0.13 in related
    pairs of families of fewer than 12 genes, by 0.005 in random pairs. Of planted copies of 500
    bases, 97 % are found at 80 % identity and 71 % at 75 % if seven in ten changes are in the third
    letter of a codon, 48 % and 3 % if changes are even.
    """
    first = max(upstream - UPSTREAM, 0)
    codes = np.ascontiguousarray(windows[:, first : upstream + DOWNSTREAM])
    in_place, anywhere = _count_shared(codes)
    pairs = np.concatenate([_at_least(in_place, _FAMILY_SEEDS), _at_least(anywhere, _STRETCH)])
    return _joined(np.arange(len(codes)), pairs >> 32, pairs & 0xFFFFFFFF)


def _count_shared(codes: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of genes, ``gene << 32 | other``, once for each seed shared in place and anywhere."""
    seeds = find_seeds(codes)
    none = np.empty(0, np.int64)
    limits = (_MOST_GENES, _FEW_GENES, _SHIFT)
    in_place, anywhere = (
        np.empty(count, np.int64) for count in pair_genes(seeds, *limits, none, none)
    )
    pair_genes(seeds, *limits, in_place, anywhere)
    return in_place, anywhere


def _at_least(pairs: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """Pairs that occur at least so often."""
    different, counts = np.unique(pairs, return_counts=True)
    return different[counts >= least]


@dataclass(frozen=True)
class _Row:
    line: int
    gene: str
    family: str


def read_families(path: Path, genes: pd.DataFrame) -> tuple[pd.Series, tuple[str, ...]]:
    """Read a table of gene families: gene and family, TSV or CSV, plain or gzip.

    A gene is named by its id (the Ensembl version does not matter) or its symbol. A header line may
    name the first column gene, gene_id, symbol or the like; lines that begin with ``#`` are
    comments.

    Parameters
    ----------
    path : Path
    genes : DataFrame
        Gene table.

    Returns
    -------
    families : Series of str
        By gene id, of every gene: one that the table leaves out is a family of its own.
    notices : tuple of str
        How many genes are missing on either side.

    Raises
    ------
    ScxError
        If a line has not two columns, a gene has two families, or no gene of the table is known.
    """
    rows = _read_rows(path)
    by_name = _gene_ids_by_name(genes)
    bare = strip_version(pd.Series([row.gene for row in rows], dtype=object))
    found: dict[str, _Row] = {}
    unknown = set()
    for row, without_version in zip(rows, bare, strict=True):
        gene_id = by_name.get(row.gene) or by_name.get(without_version)
        if gene_id is None:
            unknown.add(row.gene)
        elif row.family:
            known = found.setdefault(gene_id, row)
            if known.family != row.family:
                raise ScxError(
                    f"{path.name} puts {row.gene} into two families, {known.family!r} (line "
                    f"{known.line:,}) and {row.family!r} (line {row.line:,}); keep one."
                )
    if not found:
        raise ScxError(
            f"None of the genes of {path.name} is in the dataset and has a family (its first line "
            f"is {rows[0].gene!r}, {rows[0].family!r}); give gene ids or symbols, and their families."
        )
    taken = {row.family for row in found.values()}
    family = {
        gene_id: found[gene_id].family if gene_id in found else _own_family(gene_id, taken)
        for gene_id in genes.index.astype(str)
    }
    series = pd.Series(family, name="family").set_axis(genes.index)
    return series, _table_notices(path, len(genes) - len(found), unknown)


def _read_rows(path: Path) -> list[_Row]:
    content = b"".join(block.content for block in read_blocks(path)).decode()
    numbered = [
        (number, line)
        for number, line in enumerate(content.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    separator = "\t" if any("\t" in line for _, line in numbered[:1]) else ","
    rows = []
    for number, line in numbered:
        cells = _cells(line, separator)
        if len(cells) != 2 or not cells[0]:
            raise ScxError(
                f"{path.name}, line {number:,}: a gene and its family were expected, not "
                f"{line.strip()[:60]!r}; give two columns with tabs or commas between."
            )
        rows.append(_Row(number, *cells))
    if rows and _plain(rows[0].gene) in _GENE_COLUMNS:
        rows = rows[1:]
    if not rows:
        raise ScxError(f"{path.name} names no gene; give a table of two columns, gene and family.")
    return rows


def _cells(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    except csv.Error:
        return []


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace(" ", "").replace("-", "")


def _gene_ids_by_name(genes: pd.DataFrame) -> dict[str, str]:
    """Gene id of each id and of each symbol that one gene has; an id goes before a symbol."""
    ids = genes.index.to_series().astype(str)
    symbols = genes["gene_name"].astype(str)
    symbols = symbols[~symbols.duplicated(keep=False)]
    return dict(zip(symbols, symbols.index.astype(str), strict=True)) | dict(
        zip(ids, ids, strict=True)
    )


def _own_family(gene_id: str, taken: set[str]) -> str:
    return f"{gene_id} alone" if gene_id in taken else gene_id


def _table_notices(path: Path, n_missing: int, unknown: set[str]) -> tuple[str, ...]:
    notices = []
    if unknown:
        notices.append(
            f"{counted(len(unknown), 'gene')} of {path.name} "
            f"{'is' if len(unknown) == 1 else 'are'} not in the dataset, or share a symbol there, "
            f"and were passed over: {join_some(sorted(unknown), 3)}."
        )
    if n_missing:
        notices.append(
            f"{counted(n_missing, 'gene')} of the dataset "
            f"{'has' if n_missing == 1 else 'have'} no family in {path.name}; each counts as a "
            "family of its own."
        )
    return tuple(notices)

"""Tables of the Datasets page; no streamlit here."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
from natsort import natsorted

from scx_core.dataset import Dataset

_STEP: Final = "\u2003"  # indents by the width of an m, and survives HTML


def genes_expressed(dataset: Dataset) -> pd.Series:
    """Count the genes above the floor, by population of any level."""
    floor = float(dataset.metadata["floor"])
    return (dataset.expression > floor).sum()


def marking_level(dataset: Dataset, level: str) -> str | None:
    """Name the level that marks populations of ``level`` in figures; None where nothing is above.

    That is the class where there is one, else the coarsest.
    """
    coarser = dataset.levels[dataset.levels.index(level) + 1 :]
    if not coarser:
        return None
    return "class" if "class" in coarser else coarser[-1]


def group_of(populations: pd.DataFrame, names: Sequence[str], level: str) -> pd.Series:
    """Name the group of a coarser level that each population belongs to.

    Parameters
    ----------
    populations : DataFrame
        `Dataset.populations`.
    names : sequence of str
    level : str

    Returns
    -------
    Series of str by population
        "" where a population belongs to none of that level.
    """
    parent = populations["parent"].astype(str).to_dict()
    level_by_name = populations["level"].astype(str).to_dict()

    def group(name: str) -> str:
        above = parent[name]
        while above and level_by_name[above] != level:
            above = parent[above]
        return above

    return pd.Series({name: group(name) for name in names}, dtype=object)


def population_table(dataset: Dataset, order: Sequence[str]) -> pd.DataFrame:
    """Tabulate populations of one level: parent, cells, genes expressed, median of those.

    Columns that say nothing (no parents, no numbers of cells) are left out.
    """
    floor = float(dataset.metadata["floor"])
    values = dataset.expression[list(order)]
    rows = dataset.populations.loc[list(order)]
    expressed = values.where(values > floor)
    table = pd.DataFrame(
        {
            "Population": list(order),
            "Part of": rows["parent"].astype(str).to_numpy(),
            "Cells": rows["n_cells"].to_numpy(float),
            "Genes expressed": expressed.notna().sum().to_numpy(),
            "Median": expressed.median().to_numpy(float),
        }
    )
    if not table["Part of"].any():
        table = table.drop(columns="Part of")
    return table if table["Cells"].notna().any() else table.drop(columns="Cells")


def population_tree(dataset: Dataset) -> pd.DataFrame:
    """Tabulate all populations as a tree, coarsest first, each followed by its parts.

    Returns
    -------
    DataFrame
        ``Name`` (indented by depth), ``Level``, ``Parts`` (populations right below),
        ``Cells``, ``Genes expressed``.
    """
    populations = dataset.populations
    parents = populations["parent"].astype(str)
    expressed = genes_expressed(dataset)
    parts = {str(name): list(rows.index) for name, rows in parents.groupby(parents, sort=False)}
    levels = list(reversed(dataset.levels))
    tops = sorted(
        parts.get("", []), key=lambda name: levels.index(str(populations.loc[name, "level"]))
    )
    rows = []
    waiting = [(name, 0) for name in reversed(tops)]
    while waiting:
        name, depth = waiting.pop()
        below = parts.get(name, [])
        waiting += [(part, depth + 1) for part in reversed(below)]
        rows.append(
            {
                "Name": _STEP * depth + str(name),
                "Level": str(populations.loc[name, "level"]),
                "Parts": len(below),
                "Cells": float(populations.loc[name, "n_cells"]),
                "Genes expressed": int(expressed[name]),
            }
        )
    table = pd.DataFrame(rows)
    return table if table["Cells"].notna().any() else table.drop(columns="Cells")


def chromosomes_of(genes: pd.DataFrame) -> list[str]:
    """List the chromosomes that hold genes, in the order of people: 2 before 10."""
    return natsorted(genes["chromosome"].astype(str).unique())


def search_genes(genes: pd.DataFrame, text: str, chromosomes: Sequence[str] = ()) -> pd.DataFrame:
    """Genes that a text and a choice of chromosomes leave.

    Parameters
    ----------
    genes : DataFrame
        `Dataset.genes`.
    text : str
        Part of a symbol, gene id or transcript id, in any case, or a whole chromosome name.
    chromosomes : sequence of str
        Empty: all.
    """
    chromosome = genes["chromosome"].astype(str)
    if chromosomes:
        genes = genes[chromosome.isin(chromosomes)]
        chromosome = chromosome.loc[genes.index]
    text = text.strip()
    if not text:
        return genes
    found = chromosome.str.lower() == text.lower()
    for names in (genes.index.to_series(), genes["gene_name"], genes["transcript_id"]):
        found |= names.astype(str).str.contains(text, case=False, regex=False).to_numpy()
    return genes[found]

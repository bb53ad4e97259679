"""Which changes of one copy of the genome fall in one gene's window, and are scored together."""

from dataclasses import dataclass

import pandas as pd

from scx_core.errors import counted, join_some
from scx_core.mutagenesis import Alteration
from scx_core.variants.altered import alteration_on_gene


@dataclass(frozen=True)
class Haplotype:
    """Changes of one haplotype in the window of one gene.

    Attributes
    ----------
    rows : tuple of int
        Rows of the placed table, by position on the genome.
    name : str
        As the list has it.
    alterations : tuple of Alteration
        On the gene's strand.
    substitution : str
        Such as ``A>C+G>T``, plus strand.
    note : str
        What is scored together, and what of the haplotype is not.
    """

    rows: tuple[int, ...]
    name: str
    alterations: tuple[Alteration, ...]
    substitution: str
    note: str


def group_haplotypes(placed: pd.DataFrame) -> list[Haplotype]:
    """Find the parts that are scored together: same haplotype, same gene.

    A part whose alternative is the genome's letter (``alleles`` says swapped) changes nothing, one
    that has no alternative or has a reason cannot be part of it, and the same change given twice
    counts once. Where fewer than two changes are left there is no haplotype to score.

    Parameters
    ----------
    placed : DataFrame, index 0, 1, …
        The placed table with ``haplotype`` and ``strand``.
    """
    named = placed[(placed["haplotype"] != "") & (placed["gene_id"] != "")]
    found = []
    for (_, name), members in named.groupby(["gene_id", "haplotype"], sort=False):
        fitting = members[
            (members["reason"] == "")
            & (members["alternative"] != "")
            & ~members["alleles"].fillna("").str.contains("swapped")
        ]
        fitting = fitting.sort_values("position", kind="stable").drop_duplicates(
            ["position", "reference", "alternative"]
        )
        if len(fitting) > 1:
            found.append(_make(str(name), fitting, members))
    return found


def _make(name: str, fitting: pd.DataFrame, members: pd.DataFrame) -> Haplotype:
    columns = fitting[["chromosome", "position", "reference", "alternative"]]
    changes = [
        (f"{chromosome}:{int(position):,}", f"{reference}>{alternative}")
        for chromosome, position, reference, alternative in columns.itertuples(index=False)
    ]
    minus = fitting["strand"].iloc[0] == "-"
    note = "scored together: " + join_some([" ".join(change) for change in changes], 10)
    same = ["position", "reference", "alternative"]
    left_out = len(members.drop_duplicates(same)) - len(fitting)
    if left_out:
        note += (
            f"; {counted(left_out, 'part')} of the haplotype left out (not scored, or the "
            "genome's own letter)"
        )
    return Haplotype(
        rows=tuple(fitting.index.tolist()),
        name=name,
        alterations=tuple(
            alteration_on_gene(int(index), reference, alternative, minus)
            for index, reference, alternative in fitting[
                ["index", "reference", "alternative"]
            ].itertuples(index=False)
        ),
        substitution="+".join(change for _, change in changes),
        note=note,
    )

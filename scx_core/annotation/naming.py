"""Other names of sequences, as rows of a GFF3 say them, for organisms that no table knows.

NCBI and Ensembl give each sequence a row: ``NC_010462.3 . region ... chromosome=Y;genome=chromosome``,
``1 . chromosome ... Alias=CM000663.2,chr1,NC_000001.11``.
"""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from scx_core.annotation.gathering import AnnotationRows
from scx_core.sequence.chromosomes import MITOCHONDRIAL, SEX_Y, core_name, match_names
from scx_core.sequence.genome import Genome


def left_out_names(chromosomes: pd.Series, aliases: Mapping[str, tuple[str, ...]]) -> pd.Series:
    """Give Y and the mitochondrial genome these names, where a row says that they are that."""
    named = {
        sequence: core
        for sequence, names in aliases.items()
        for core in map(core_name, names)
        if core in (SEX_Y, MITOCHONDRIAL)
    }
    return chromosomes.replace(named)


def name_as_genome(rows: AnnotationRows, genome: Genome) -> AnnotationRows:
    """Give sequences that the genome knows by another name alone the name that it has."""
    given = pd.concat([rows.genes["chromosome"], rows.transcripts["chromosome"]]).unique()
    direct = match_names(given, genome.chromosomes)
    renamed: dict[str, str] = {}
    for name in given:
        if name not in direct:
            found = match_names(rows.aliases.get(name, ()), genome.chromosomes)
            renamed.update((name, known) for known in list(found.values())[:1])
    taken = [*renamed.values(), *direct.values()]
    if len(set(taken)) < len(taken):
        return rows  # two sequences of the file would become one
    return replace(
        rows,
        genes=rows.genes.assign(chromosome=rows.genes["chromosome"].replace(renamed)),
        transcripts=rows.transcripts.assign(
            chromosome=rows.transcripts["chromosome"].replace(renamed)
        ),
        aliases={renamed.get(name, name): names for name, names in rows.aliases.items()},
    )

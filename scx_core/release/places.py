"""Ids of the genes of a release, and a table of positions that may lie beside it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scx_core.annotation.delimited import read_delimited
from scx_core.errors import ScxError, counted

_GIVEN: Final = "position given with the release"
_NAME: Final = ("gene", "gene_name", "symbol", "name", "gene_id")
_CHROMOSOME: Final = ("chromosome", "chrom", "chr", "seqname")


@dataclass(frozen=True)
class Place:
    """Where a gene may lie.

    Attributes
    ----------
    chromosome : str
        Empty where it is not known.
    tss : int
        1-based.
    strand, transcript_id, rule : str
    n_transcripts : int
    chosen : bool
        Worth believing without a look at the letters.
    """

    chromosome: str
    tss: int
    strand: str
    transcript_id: str = ""
    rule: str = _GIVEN
    n_transcripts: int = 1
    chosen: bool = True


def gene_ids(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give each gene an id of its own: its name, numbered where it is there several times.

    Returns
    -------
    ids, notices : tuple of str
    """
    number_of = Counter(names)
    taken = set(names)
    seen: Counter[str] = Counter()
    ids = []
    for name in names:
        if number_of[name] == 1:
            ids.append(name)
            continue
        while True:
            seen[name] += 1
            candidate = f"{name}_{seen[name]}"
            if candidate not in taken:
                break
        taken.add(candidate)
        ids.append(candidate)
    twice = [name for name, number in number_of.items() if number > 1]
    if not twice:
        return tuple(ids), ()
    first = [gene_id for gene_id, name in zip(ids, names, strict=True) if name == twice[0]]
    return tuple(ids), (
        f"{counted(len(twice), 'name stands', 'names stand')} for several genes; their ids are "
        f"numbered ({', '.join(first)}), their names are kept.",
    )


def read_places(path: Path, names: Sequence[str]) -> list[Place | None]:
    """Read a table of positions: gene, tss (1-based), strand; of choice chromosome and row.

    ``row`` is the row of the gene in the sequences (from 0). Without it a gene is found by its name,
    if only one row has it.

    Raises
    ------
    ScxError
        If a column is missing, or a line names another gene than its row or no position.
    """
    table = read_delimited(path)
    columns = {
        "gene": table.find(*_NAME), "tss": table.find("tss"), "strand": table.find("strand"),
    }  # fmt: skip
    missing = [name for name, column in columns.items() if column is None]
    if missing:
        raise ScxError(
            f"{path.name} has no column {' and no column '.join(missing)}; a table of positions has "
            "gene, tss (1-based) and strand, and may have chromosome and row."
        )
    chromosome, row = table.find(*_CHROMOSOME), table.find("row")
    rows_of: dict[str, list[int]] = {}
    for number, name in enumerate(names):
        rows_of.setdefault(name, []).append(number)
    places: list[Place | None] = [None] * len(names)
    for line, cells in table.cells.iterrows():
        name, tss, strand = (str(cells[str(columns[key])]) for key in ("gene", "tss", "strand"))
        where = f"{path.name}, line {line:,}"
        if not tss.isdecimal() or int(tss) < 1 or strand not in ("+", "-"):
            raise ScxError(
                f"{where}: tss {tss!r} and strand {strand!r} are no position; give a whole number from "
                "1, and + or -."
            )
        found = rows_of.get(name, [])
        if row is not None:
            text = str(cells[row])
            if not text.isdecimal() or int(text) >= len(names) or names[int(text)] != name:
                raise ScxError(
                    f"{where}: row {text} of the sequences is not {name}; mend the table, or leave the "
                    "column out."
                )
            found = [int(text)]
        if len(found) == 1:
            where_on = "" if chromosome is None else str(cells[chromosome])
            places[found[0]] = Place(where_on, int(tss), strand)
    return places

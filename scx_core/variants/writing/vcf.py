"""An annotated VCF: the input's own records with our INFO fields, or records made of a table."""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, BinaryIO, Final

import numpy as np
import pandas as pd
from natsort import natsorted

from scx_core import __version__
from scx_core.errors import ScxError
from scx_core.variants.reading.source import LIMIT_STREAMED, Source
from scx_core.variants.writing.info import (
    PREFIX,
    Entry,
    Part,
    declarations,
    escape,
    is_allele,
    is_name,
    parts_of,
)
from scx_core.variants.writing.whole import whole_file

_OURS: Final = re.compile(rf"##INFO=<ID={PREFIX}|##scx_")
_COLUMNS: Final = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
#: Columns of a record up to INFO.
_INFO: Final = 7
#: Reasons that say that the position is not one on the dataset's genome.
_ELSEWHERE: Final = frozenset({"not lifted", "wrong build", "beyond the chromosome"})


@dataclass(frozen=True)
class VcfCounts:
    """What a written VCF holds.

    Attributes
    ----------
    records : int
    with_effect : int
        Records that have an effect.
    without_record : int
        Variants that could not be in a VCF, for want of a position on the genome.
    """

    records: int
    with_effect: int
    without_record: int


def write_vcf(
    target: Path | BinaryIO,
    scored: pd.DataFrame | Iterable[pd.DataFrame],
    populations: Sequence[str],
    header: Mapping[str, object],
    *,
    source: Path | None = None,
    contigs: Mapping[str, int] | None = None,
    assembly: str = "",
    everywhere: bool = True,
) -> VcfCounts:
    """Write scored variants as an annotated VCF.

    Parameters
    ----------
    target : Path or binary stream
        A path that ends in ``.gz`` is compressed in blocks (BGZF).
    scored : DataFrame or iterable of DataFrame
        Results, chunk after chunk, rows in the order of the list.
    populations : sequence of str
        Of the model.
    header : mapping
        What made the file; written as ``##scx_name=value``.
    source : Path, optional
        The VCF that was scored, plain or gzip. Its header and records stay as they are, letter by
        letter; INFO gains fields that begin with ``SCX_``, and loses those of an earlier run.
        Effects are then alternative − reference as the record has them. Without it, records are
        made of the scored table and sorted, with the genome's letters as REF.
    contigs : mapping of str to int, optional
        Length (bp) by chromosome, in the order of the genome. Used without ``source``.
    assembly : str
        Of the genome. Used without ``source``.
    everywhere : bool
        Also write the effects in all populations (``SCX_ALL``).

    Returns
    -------
    VcfCounts

    Raises
    ------
    ScxError
        If ``source`` is not the file that was scored, or cannot be read.
    """
    chunks = [scored] if isinstance(scored, pd.DataFrame) else scored
    parts = _rows(chunks, populations, as_given=source is not None, everywhere=everywhere)
    declared = declarations(populations, everywhere=everywhere, rows=source is None)
    with tempfile.TemporaryFile() as body:
        if source is not None:
            top, counts = _annotate(source, parts, body, declared)
        else:
            top, counts = _make_records(parts, body, declared, contigs or {}, assembly)
        told = {**header, "made_by": f"scX Explorer {__version__}"}
        if counts.without_record:
            told["variants_without_record"] = (
                f"{counts.without_record} (no position on this genome; see the table of all rows)"
            )
        lines = [
            f"##scx_{_key(name)}={' '.join(str(value).split())}" for name, value in told.items()
        ]
        with whole_file(target) as file:
            file.write("".join(f"{line}\n" for line in [*top[:-1], *lines, top[-1]]).encode())
            body.seek(0)
            shutil.copyfileobj(body, file, 1 << 20)
    return counts


def _key(name: str) -> str:
    return re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "value"


def _rows(
    chunks: Iterable[pd.DataFrame], populations: Sequence[str], *, as_given: bool, everywhere: bool
) -> Iterator[tuple[int, list[Part]]]:
    """Give the parts of each row, in order."""
    last = 0
    for chunk in chunks:
        parts = parts_of(chunk, populations, as_given=as_given, everywhere=everywhere)
        for row, members in groupby(parts, key=lambda part: part.row):
            if row <= last:
                raise ScxError(
                    f"Results of row {row:,} follow those of row {last:,}; give them in the order "
                    "of the list."
                )
            last = row
            yield row, list(members)


def _annotate(
    source: Path, rows: Iterator[tuple[int, list[Part]]], body: IO[bytes], declared: list[str]
) -> tuple[list[str], VcfCounts]:
    """Copy records with our fields in INFO; give the header, and what was written."""
    top: list[str] = []
    number = with_effect = short = 0
    separator: str | None = "\t"
    due = next(rows, None)
    for line in Source.of(source, None, LIMIT_STREAMED).lines():
        if line.startswith("#"):
            top.append(line)
            # As the reader does: where no tab stands between the names, spaces do.
            separator = "\t" if "\t" in line or line.startswith("##") else None
            continue
        if not line or line.isspace():
            continue
        number += 1
        parts: list[Part] = []
        if due is not None and due[0] == number:
            parts, due = due[1], next(rows, None)
        record = line.split(separator)
        if len(record) <= _INFO:
            short += 1
            continue
        _check_place(source, number, record, parts)
        record[_INFO] = _with_ours(record[_INFO], _own_info(parts, record[4]))
        with_effect += any(part.entries for part in parts)
        body.write(("\t".join(record) + "\n").encode())
    if due is not None:
        raise ScxError(
            f"{source.name} has {number:,} records and there are results of record {due[0]:,}; give "
            "the file that was scored."
        )
    if not top or not top[-1].startswith("#CHROM"):
        raise ScxError(f"{source.name} has no line of column names (#CHROM); give a whole VCF.")
    kept = [line for line in top[:-1] if _OURS.match(line) is None]
    names = "\t".join(top[-1].split(separator))
    return [*kept, *declared, names], VcfCounts(number - short, with_effect, short)


def _check_place(source: Path, number: int, record: list[str], parts: list[Part]) -> None:
    """Refuse another file than the one that was scored, told by the places of its substitutions."""
    if len(record[3]) != 1:  # others may have been moved when they were aligned
        return
    for part in parts:
        single = len(part.reference) == len(part.alternative) == 1
        if single and part.entries and not part.lifted_from and record[1] != str(part.position):
            raise ScxError(
                f"Record {number:,} of {source.name} is at position {record[1]}, and that which was "
                f"scored at {part.position}; give the file that was scored."
            )


def _with_ours(info: str, ours: list[str]) -> str:
    theirs = [
        field
        for field in info.split(";")
        if field not in ("", ".") and not field.startswith(PREFIX)
    ]
    return ";".join([*theirs, *ours]) or "."


def _own_info(parts: list[Part], alternatives: str) -> list[str]:
    """Give our fields of a record of the user's, which has a part for each of its alternatives."""
    alleles = [] if alternatives in (".", "") else alternatives.split(",")
    called = {
        part.part: alleles[part.part] if part.part < len(alleles) else part.alternative
        for part in parts
    }
    named = [(called[part.part] or entry.allele, entry) for part in parts for entry in part.entries]
    reasons = [(called[part.part], *reason) for part in parts for reason in part.reasons]
    fields = _info(alleles, named, reasons)
    fields += _haplotypes(parts)
    lifted = next((part for part in parts if part.lifted_from and part.position), None)
    if lifted is not None:
        fields.append(f"{PREFIX}LIFTED={escape(lifted.chromosome)}:{lifted.position}")
    return fields


def _info(
    alleles: Sequence[str],
    named: Sequence[tuple[str, Entry]],
    reasons: Sequence[tuple[str, str, str]],
) -> list[str]:
    """Give the fields of a record.

    Parameters
    ----------
    alleles : sequence of str
        Those of ALT.
    named : sequence of (allele, Entry)
    reasons : sequence of (allele, gene_id, reason)
    """
    fields: dict[str, list[str]] = {}
    if named and alleles:
        best: dict[str, Entry] = {}
        for allele, entry in named:
            if allele not in best or abs(entry.effect) > abs(best[allele].effect):
                best[allele] = entry
        found = [best.get(allele) for allele in alleles]
        fields["MAX"] = [f"{entry.effect:.6g}" if entry else "." for entry in found]
        fields["FOLD_CHANGE"] = [f"{10**entry.effect:.6g}" if entry else "." for entry in found]
        fields["GENE"] = [escape(entry.symbol) or "." if entry else "." for entry in found]
        fields["POPULATION"] = [escape(entry.population) if entry else "." for entry in found]
    if named:
        fields["EFFECT"] = [f"{escape(allele)}|{entry.text}" for allele, entry in named]
        if named[0][1].everywhere:
            fields["ALL"] = [f"{escape(allele)}|{entry.everywhere}" for allele, entry in named]
    if reasons:
        fields["REASON"] = ["|".join(map(escape, reason)) for reason in reasons]
    return [f"{PREFIX}{name}={','.join(values)}" for name, values in fields.items()]


def _haplotypes(parts: Sequence[Part]) -> list[str]:
    entries = [entry for part in parts for entry in part.together]
    told = ",".join(f"{escape(entry.allele)}|{entry.text}" for entry in entries)
    return [f"{PREFIX}HAPLOTYPE={told}"] if told else []


def _make_records(
    rows: Iterator[tuple[int, list[Part]]],
    body: IO[bytes],
    declared: list[str],
    contigs: Mapping[str, int],
    assembly: str,
) -> tuple[list[str], VcfCounts]:
    """Write a sorted record for each variant; give the header, and what was written."""
    chromosomes: list[str] = []
    positions: list[int] = []
    starts = [0]
    with_effect = without = 0
    with tempfile.TemporaryFile() as unsorted:
        for _, parts in rows:
            for part in parts:
                if not _has_place(part):
                    without += 1
                    continue
                raw = _record(part).encode()
                unsorted.write(raw)
                chromosomes.append(part.chromosome)
                positions.append(part.position)
                starts.append(starts[-1] + len(raw))
                with_effect += bool(part.entries)
        others = natsorted(set(chromosomes) - set(contigs))
        rank = {name: place for place, name in enumerate([*contigs, *others])}
        order = np.lexsort([positions, [rank[name] for name in chromosomes]])
        for place in order.tolist():
            unsorted.seek(starts[place])
            body.write(unsorted.read(starts[place + 1] - starts[place]))
    build = f",assembly={escape(assembly)}" if assembly else ""
    lines = ["##fileformat=VCFv4.3"]
    lines += [f"##contig=<ID={name},length={size}{build}>" for name, size in contigs.items()]
    lines += [f"##contig=<ID={name}>" for name in others]
    counts = VcfCounts(len(positions), with_effect, without)
    return [*lines, *declared, _COLUMNS], counts


def _has_place(part: Part) -> bool:
    return part.position > 0 and is_name(part.chromosome) and part.reason_kind not in _ELSEWHERE


def _record(part: Part) -> str:
    reference = part.reference if is_allele(part.reference) else "N"
    alleles = list(dict.fromkeys(entry.allele for entry in part.entries))
    if not alleles and is_allele(part.alternative) and part.alternative != reference:
        alleles = [part.alternative]
    fields = [f"{PREFIX}ROW={part.row}"]
    if part.lifted_from:
        fields.append(f"{PREFIX}LIFTED_FROM={escape(part.lifted_from)}")
    fields += _info(
        alleles,
        [(entry.allele, entry) for entry in part.entries],
        [(part.alternative, *reason) for reason in part.reasons],
    )
    fields += _haplotypes([part])
    name = "_".join(part.id.split()) or "."
    record = [part.chromosome, str(part.position), name, reference, ",".join(alleles) or "."]
    return "\t".join([*record, ".", ".", ";".join(fields)]) + "\n"

"""Reading a list, whole or in chunks."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import pandas as pd

from scx_core.errors import ScxError
from scx_core.variants.assemblies import read_accession
from scx_core.variants.reading.duplicates import Duplicates
from scx_core.variants.reading.formats import make_parser
from scx_core.variants.reading.parser import WRONG_BUILD, Parser
from scx_core.variants.reading.source import LIMIT_READ, LIMIT_STREAMED, Source
from scx_core.variants.reading.variant_list import EffectAllele, VariantList

#: Rows of a chunk: a million rows then take less than 100 MB.
CHUNK_ROWS: Final = 20_000
#: Text of a chunk beyond which it ends early: rows may be long.
_CHUNK_LETTERS: Final = 32_000_000
#: Rows by which the genome build is looked for before any is given out.
_LOOKED_AT: Final = 1000


class VariantReader:
    """A list of variants that is read in chunks; made by `open_variants`.

    Iterating starts anew each time.

    Attributes
    ----------
    share_read : float
        Of the file as it lies on disk, while it is read.
    """

    def __init__(
        self,
        source: Source,
        roles: Mapping[str, str] | None,
        chunk_rows: int,
        limit_rows: int | None = None,
    ) -> None:
        self._source = source
        self._roles = dict(roles or {})
        self._chunk_rows = chunk_rows
        self._limit_rows = limit_rows
        self.share_read = 0.0
        first = make_parser(source, roles)
        self._named = ""
        if looked_at := _some(first, source, _LOOKED_AT):
            _, alleles = first.parse(looked_at, 1)
            self._named = next(iter(_builds_of_names(alleles["chromosome"]).values()), "")
        self._build = first.build
        self._parser = self._make_parser()

    def _make_parser(self) -> Parser:
        return make_parser(self._source, self._roles, self._build)

    @property
    def format(self) -> str:
        """See `VariantList.format`."""
        return self._parser.format

    @property
    def roles(self) -> Mapping[str, str]:
        """Column by what it was taken for; correct it by opening with ``roles``."""
        return self._parser.roles

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the user's rows."""
        return self._parser.columns

    @property
    def effect(self) -> EffectAllele:
        """Which allele the effects belong to, and why."""
        return self._parser.effect

    @property
    def build(self) -> str:
        """Genome build as stated by the list, or by its chromosomes' accessions; ``""`` if by none."""
        return self._parser.build or self._named

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about the whole list; more may come while it is read."""
        own = (self._source.notice,) if self._source.notice else ()
        return (*own, *self._parser.notices)

    def __iter__(self) -> Iterator[VariantList]:
        """Give chunks of the list; rows are numbered through.

        Raises
        ------
        ScxError
            If the file is damaged or not text, or has more rows than allowed.
        """
        self._parser = self._make_parser()
        duplicates = Duplicates()
        records = self._parser.records(self._source.lines(self._report))
        n_rows = 0
        while chunk := _take(records, self._chunk_rows):
            first_row = n_rows + 1
            n_rows += len(chunk)
            self._check_limit(n_rows)
            # Nothing here keeps a chunk, so that only the caller's is in memory.
            yield self._parse(chunk, first_row, duplicates)
        if not n_rows:
            raise ScxError(f"{self._source.name} has a header but no row; give the complete list.")

    def _parse(self, records: list[str], first_row: int, duplicates: Duplicates) -> VariantList:
        rows, alleles = self._parser.parse(records, first_row)
        records.clear()
        alleles = _refuse_other_builds(alleles, self.build)
        return VariantList(
            rows,
            duplicates.mark(alleles),
            self.format,
            self.roles,
            self.build,
            self.notices,
            self.effect,
        )

    def _report(self, share: float) -> None:
        self.share_read = share

    def _check_limit(self, n_rows: int) -> None:
        if self._limit_rows is not None and n_rows > self._limit_rows:
            raise ScxError(
                f"{self._source.name} has more than {self._limit_rows:,} rows; score it as a job (scx "
                "variants), or split it."
            )


def _builds_of_names(chromosomes: pd.Series) -> dict[str, str]:
    """Give the builds that accessions among the names of chromosomes state: NC_000022.10 is hg19."""
    names = {str(name): read_accession(str(name)) for name in chromosomes.unique()}
    return {name: found[1] for name, found in names.items() if found and found[1]}


def _refuse_other_builds(alleles: pd.DataFrame, build: str) -> pd.DataFrame:
    """Refuse the parts whose chromosome is one of another build than the list's."""
    others = {
        name: found
        for name, found in _builds_of_names(alleles["chromosome"]).items()
        if build and found != build
    }
    if not others:
        return alleles
    refused = alleles["chromosome"].isin(list(others)) & (alleles["reason"] == "")
    reasons = [
        f"{name} is a chromosome of {others[name]}, and the list is on {build}; give it in a list of "
        "its own"
        for name in alleles.loc[refused, "chromosome"]
    ]
    alleles = alleles.copy()
    alleles.loc[refused, "reason"] = reasons
    alleles.loc[refused, "reason_kind"] = WRONG_BUILD
    return alleles


def _some(parser: Parser, source: Source, most: int) -> list[str]:
    return list(islice(parser.records(iter(source.head())), most))


def _take(records: Iterator[str], most: int) -> list[str]:
    """Take the next records, fewer if they are long."""
    taken: list[str] = []
    letters = 0
    for record in records:
        taken.append(record)
        letters += len(record)
        if len(taken) == most or letters > _CHUNK_LETTERS:
            break
    return taken


def open_variants(
    path: Path,
    *,
    roles: Mapping[str, str] | None = None,
    chunk_rows: int = CHUNK_ROWS,
    limit_bytes: int = LIMIT_STREAMED,
    name: str | None = None,
) -> VariantReader:
    """Open a list of any length, to be read in chunks.

    Parameters
    ----------
    path : Path
        VCF, BCF, GWAS catalogue, summary statistics, table or list, plain or gzip; told by content.
    roles : mapping of str to str, optional
        Corrects what columns of a table are: column by role, ``""`` for none.
    chunk_rows : int
        Rows of a chunk at most.
    limit_bytes : int
        Unpacked size beyond which the file is refused.
    name : str, optional
        How messages call the list, by default the file's name. It is never used as a path.

    Raises
    ------
    ScxError
        If there is no such file, it is binary or empty, or a table without places and rsIDs.
    """
    return VariantReader(Source.of(path, name, limit_bytes), roles, chunk_rows)


def read_variants(
    source: Path | str,
    *,
    roles: Mapping[str, str] | None = None,
    limit_rows: int | None = None,
    limit_bytes: int = LIMIT_READ,
    name: str | None = None,
) -> VariantList:
    """Read a list into memory.

    Parameters
    ----------
    source : Path or str
        A file (a `Path`), or what was typed or pasted (a `str`, which is never taken for a path).
    roles : mapping of str to str, optional
        Corrects what columns of a table are: column by role, ``""`` for none.
    limit_rows : int, optional
        Rows beyond which the list is refused.
    limit_bytes : int
        Unpacked size beyond which it is refused.
    name : str, optional
        How messages call the list, by default the file's name. It is never used as a path.

    Raises
    ------
    ScxError
        If there is no such file or no row, it is binary, damaged or too large, or a table without
        places and rsIDs.
    """
    opened = VariantReader(Source.of(source, name, limit_bytes), roles, CHUNK_ROWS, limit_rows)
    chunks = list(opened)
    if len(chunks) == 1:
        return replace(chunks[0], notices=opened.notices)
    return VariantList(
        pd.concat([chunk.rows for chunk in chunks]),
        pd.concat([chunk.alleles for chunk in chunks], ignore_index=True),
        opened.format,
        opened.roles,
        opened.build,
        opened.notices,
        opened.effect,
    )

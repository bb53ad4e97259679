"""Read and check the rows of a GTF or GFF3: genes, transcripts and the parts of transcripts."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import numpy as np
import pandas as pd

from scx_core.annotation.blocks import POSITION_DIGITS, Block, Lines, read_blocks, split_lines
from scx_core.annotation.half_life import CDS, EXON, STOP_CODON, UTR3, UTR5
from scx_core.errors import ScxError, counted
from scx_core.progress import Progress, no_progress

_COLUMNS: Final = [
    "chromosome", "source", "feature", "start", "end", "score", "strand", "frame", "attributes",
]  # fmt: skip
_USED: Final = ["chromosome", "feature", "start", "end", "strand", "attributes"]
_KINDS: Final = {
    "exon": EXON, "cds": CDS, "stop_codon": STOP_CODON, "five_prime_utr": UTR5, "5utr": UTR5,
    "three_prime_utr": UTR3, "3utr": UTR3,
}  # fmt: skip
_TRANSCRIPT_FEATURES: Final = ("transcript", "mrna")
#: A stable accession rather than a symbol: WBGene00022277, FBgn0031208, ENSG00000100346.18.
_ACCESSION: Final = r"[A-Za-z]{2,}\d{6,}(?:\.\d+)?"
_ID_PREFIX: Final = r"^(?i:gene|transcript|mrna|rna)[:-]"
GTF, GFF3 = "GTF", "GFF3"


@dataclass(frozen=True)
class AnnotationRows:
    """What a GTF or GFF3 holds, before any choice.

    Attributes
    ----------
    style : str
        ``"GTF"`` or ``"GFF3"``.
    genes : DataFrame
        In file order: ``key`` (what transcripts refer to), ``gene_id``, ``gene_name``,
        ``gene_type`` ("" if none), ``chromosome``, ``start``, ``end`` (1-based), ``strand``.
    transcripts : DataFrame
        In file order: ``gene_key``, ``transcript_id``, ``transcript_type`` ("" if none),
        ``chromosome``, ``start``, ``end``, ``strand``, ``is_ensembl_canonical``,
        ``is_mane_select``.
    parts : DataFrame
        ``transcript`` (row of ``transcripts``), ``kind``, ``start``, ``end`` (1-based).
    notices : tuple of str
    """

    style: str
    genes: pd.DataFrame
    transcripts: pd.DataFrame
    parts: pd.DataFrame
    notices: tuple[str, ...]


def read_rows(path: Path, style: str, progress: Progress = no_progress) -> AnnotationRows:
    """Stream a GTF or GFF3 and keep the rows about genes, transcripts and their parts.

    Raises
    ------
    ScxError
        If a line is broken (with its number) or the file has no gene rows.
    """
    gather = _Gather(path, style)
    for table in _tables(path, style, progress):
        gather.add(table)
    return gather.finish()


def _tables(path: Path, style: str, progress: Progress) -> Iterator[pd.DataFrame]:
    """Yield the checked rows of one block after another, with their ``line`` numbers."""
    for block in read_blocks(path, progress):
        lines = split_lines(block.content)
        stop = _fasta_section(block.content) if style == GFF3 else None
        keep = lines.is_data if stop is None else lines.is_data & (lines.starts < stop)
        wrong = np.flatnonzero(keep & (lines.columns != len(_COLUMNS)))
        if wrong.size:
            columns = counted(int(lines.columns[wrong[0]]), "column")
            raise ScxError(
                f"{path.name}, line {block.first_line + wrong[0]:,}: {columns} instead of the 9 of "
                f"a {style}; mend or remove the line."
            )
        if keep.any():
            _refuse_positions(lines, keep, block, path)
            numbers = block.first_line + np.flatnonzero(keep)
            yield _parse(lines.keep(keep), numbers, path, style)
        if stop is not None:
            return


def _fasta_section(content: bytes) -> int | None:
    """Where the sequences that may end a GFF3 begin, if they do in this block."""
    if content.startswith(b"##FASTA"):
        return 0
    found = content.find(b"\n##FASTA")
    return None if found < 0 else found


def _parse(content: bytes, numbers: np.ndarray, path: Path, style: str) -> pd.DataFrame:
    options: dict[str, Any] = {
        "sep": "\t", "header": None, "names": _COLUMNS, "usecols": _USED,
        "quoting": csv.QUOTE_NONE, "keep_default_na": False, "index_col": False,
    }  # fmt: skip
    types: dict[str, Any] = {
        "chromosome": "category", "feature": "category", "strand": "category",
        "start": np.int64, "end": np.int64, "attributes": str,
    }  # fmt: skip
    table = pd.read_csv(BytesIO(content), dtype=types, **options)
    table["line"] = numbers
    allowed = ["+", "-", "."] if style == GTF else ["+", "-", ".", "?"]
    for is_wrong, problem in (
        (table["start"] < 1, "start {start} is below 1"),
        (table["end"] < table["start"], "end {end} is before start {start}"),
        (~table["strand"].isin(allowed), "strand {strand!r} is not '+', '-' or '.'"),
        (table["chromosome"] == "", "the chromosome is empty"),
    ):
        if is_wrong.any():
            row = table[is_wrong].iloc[0]
            raise ScxError(
                f"{path.name}, line {row['line']:,}: {problem.format(**row)}; mend or remove the "
                "line."
            )
    return table


def _refuse_positions(lines: Lines, keep: np.ndarray, block: Block, path: Path) -> None:
    for name in ("start", "end"):
        column = _COLUMNS.index(name)
        good = lines.hold_positions(keep, column)
        if not good.all():
            line = int(np.flatnonzero(keep)[np.argmin(good)])
            value = lines.text(line).split("\t")[column]
            raise ScxError(
                f"{path.name}, line {block.first_line + line:,}: {name} {value!r} is not a whole "
                f"number of 1 to {POSITION_DIGITS} digits; mend or remove the line."
            )


class _Gather:
    """Keep of each block what is needed, small: parts of transcripts as integers."""

    def __init__(self, path: Path, style: str) -> None:
        self.path, self.style = path, style
        self.genes: list[pd.DataFrame] = []
        self.transcripts: list[pd.DataFrame] = []
        self.parts: list[pd.DataFrame] = []
        self.codes: dict[str, int] = {}  # transcript (with its place) -> number

    def add(self, table: pd.DataFrame) -> None:
        feature = table["feature"].str.lower()
        is_gene = (feature == "gene") | (feature == "pseudogene") | feature.str.endswith("_gene")
        self.genes.append(self._genes(table[is_gene]))
        self.transcripts.append(self._transcripts(table[feature.isin(_TRANSCRIPT_FEATURES)]))
        kind = feature.astype(object).map(_KINDS)
        self.parts.append(self._parts(table.assign(kind=kind)[kind.notna()]))

    def attribute(self, rows: pd.DataFrame, name: str) -> pd.Series:
        """Value of an attribute; "" where a row lacks it."""
        gtf, gff = rf'(?:^|;)\s*{name}\s+"?([^";]*)', rf"(?:^|;)\s*{name}=([^;]*)"
        found = rows["attributes"].str.extract(gtf if self.style == GTF else gff, expand=False)
        values = found.astype(object).fillna("").str.strip()
        if self.style == GFF3:
            encoded = values.str.contains("%", regex=False)
            values = values.where(~encoded, values[encoded].map(unquote).reindex(values.index))
        return values

    def first_of(self, rows: pd.DataFrame, *names: str) -> pd.Series:
        """Value of the first of these attributes that a row has; "" where it has none."""
        values = self.attribute(rows, names[0])
        for name in names[1:]:
            empty = values == ""
            if not empty.any():
                break
            values = values.where(~empty, self.attribute(rows, name))
        return values

    def _required(self, values: pd.Series, rows: pd.DataFrame, what: str) -> pd.Series:
        if (values == "").any():
            row = rows[values == ""].iloc[0]
            raise ScxError(
                f"{self.path.name}, line {row['line']:,}: the {row['feature']} row has no {what}; "
                "mend or remove the line."
            )
        return values

    def _genes(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Gene rows.

        The gene id is the attribute ``gene_id``; without one (WormBase, FlyBase), ``Name`` where
        that is a stable accession (``WBGene00022277``); else ``ID`` without its prefix. The name
        is ``gene_name``, else ``Name``, ``locus``, ``sequence_name`` or ``ID``, whichever first
        is there and is not already the gene id.
        """
        own_id = self.attribute(rows, "ID").str.replace(_ID_PREFIX, "", regex=True)
        name = self.attribute(rows, "Name")
        gene_id = self.attribute(rows, "gene_id")
        accession = name.where(name.str.fullmatch(_ACCESSION), "")
        gene_id = gene_id.where(gene_id != "", accession)
        gene_id = self._required(gene_id.where(gene_id != "", own_id), rows, "gene id")
        gene_name = self.attribute(rows, "gene_name")
        locus, sequence = self.attribute(rows, "locus"), self.attribute(rows, "sequence_name")
        for other in (name, locus, sequence, own_id):
            gene_name = gene_name.where((gene_name != "") | (other == gene_id), other)
        gene_name = gene_name.where(gene_name != "", gene_id)
        key = gene_id if self.style == GTF else self.attribute(rows, "ID")
        return pd.DataFrame(
            {
                "key": key,
                "gene_id": gene_id,
                "gene_name": gene_name,
                "gene_type": self.first_of(rows, "gene_type", "gene_biotype", "biotype"),
            }
        ).join(_place(rows))

    def _transcripts(self, rows: pd.DataFrame) -> pd.DataFrame:
        if self.style == GTF:
            key = self._required(self.attribute(rows, "transcript_id"), rows, "transcript_id")
            gene_key = self._required(self.attribute(rows, "gene_id"), rows, "gene_id")
            transcript_id = key
            tag = '(?:^|;)\\s*tag\\s+"?{}(?:["; ]|$)'
        else:
            key, gene_key = self.attribute(rows, "ID"), self.attribute(rows, "Parent")
            transcript_id = self.attribute(rows, "transcript_id")
            own_id = key.str.replace(_ID_PREFIX, "", regex=True)
            transcript_id = transcript_id.where(transcript_id != "", own_id)
            tag = "(?:^|;)\\s*tag=(?:[^;]*,)?{}(?:[,;]|$)"
        table = pd.DataFrame(
            {
                "key": key,
                "gene_key": gene_key,
                "transcript_id": transcript_id,
                "transcript_type": self.first_of(
                    rows, "transcript_type", "transcript_biotype", "biotype"
                ),
                "is_ensembl_canonical": rows["attributes"].str.contains(
                    tag.format("Ensembl_canonical")
                ),
                "is_mane_select": rows["attributes"].str.contains(tag.format("MANE_Select")),
            }
        ).join(_place(rows))
        return self._explode(table, "gene_key")

    def _parts(self, rows: pd.DataFrame) -> pd.DataFrame:
        name = "transcript_id" if self.style == GTF else "Parent"
        parent = self.attribute(rows, name)
        if self.style == GTF:
            self._required(parent, rows, "transcript_id")
        table = self._explode(rows.assign(parent=parent), "parent")
        numbers, unique = pd.factorize(_placed_key(table, "parent"))
        known = np.array(
            [self.codes.setdefault(key, len(self.codes)) for key in unique], dtype=np.int32
        )
        return pd.DataFrame(
            {
                "transcript": known[numbers],
                "kind": table["kind"].to_numpy(np.int8),
                "start": table["start"].to_numpy(np.int64),
                "end": table["end"].to_numpy(np.int64),
            }
        )

    def _explode(self, table: pd.DataFrame, column: str) -> pd.DataFrame:
        """GFF3 lets one row belong to several parents: one row each."""
        if self.style == GTF or not table[column].str.contains(",", regex=False).any():
            return table
        return table.assign(**{column: table[column].str.split(",")}).explode(
            column, ignore_index=True
        )

    def finish(self) -> AnnotationRows:
        genes = pd.concat(self.genes, ignore_index=True) if self.genes else pd.DataFrame()
        if genes.empty:
            raise ScxError(
                f"{self.path.name} has no gene rows; give the complete {self.style} of GENCODE, "
                "Ensembl or WormBase."
            )
        transcripts = pd.concat(self.transcripts, ignore_index=True)
        parts = pd.concat(self.parts, ignore_index=True)
        notices = []
        nameless = transcripts["key"] == ""
        if nameless.any():
            notices.append(
                counted(
                    int(nameless.sum()),
                    "transcript row has no ID and was left out",
                    "transcript rows have no ID and were left out",
                )
                + ", because other rows refer to an ID."
            )
        transcripts = transcripts[~nameless]
        placed = _placed_key(transcripts, "key") + "\t" + transcripts["gene_key"]
        transcripts = transcripts[~placed.duplicated().to_numpy()].reset_index(drop=True)
        parts, orphans = self._number_parts(parts, transcripts)
        if orphans:
            notices.append(
                counted(
                    orphans,
                    "exon, CDS or UTR row belongs to no transcript or mRNA row and was left out.",
                    "exon, CDS or UTR rows belong to no transcript or mRNA row and were left out.",
                )
            )
        return AnnotationRows(
            self.style, genes, transcripts.drop(columns="key"), parts, tuple(notices)
        )

    def _number_parts(
        self, parts: pd.DataFrame, transcripts: pd.DataFrame
    ) -> tuple[pd.DataFrame, int]:
        """Let parts refer to rows of the transcript table."""
        codes = _placed_key(transcripts, "key").map(self.codes)
        owner = pd.DataFrame({"code": codes, "row": np.arange(len(transcripts))}).dropna()
        if owner["code"].is_unique:
            row_of = np.full(len(self.codes), -1, dtype=np.int32)
            row_of[owner["code"].to_numpy(np.int64)] = owner["row"]
            rows = row_of[parts["transcript"]]
            known = rows >= 0
            numbered = parts[known].assign(transcript=rows[known])
            return numbered.reset_index(drop=True), int((~known).sum())
        # A GFF3 transcript with two parent genes stands in two rows: its parts go to both.
        joined = parts.merge(owner, left_on="transcript", right_on="code")
        orphans = int((~parts["transcript"].isin(owner["code"])).sum())
        return joined.assign(transcript=joined["row"])[list(parts.columns)], orphans


def _place(rows: pd.DataFrame) -> pd.DataFrame:
    place = rows[["chromosome", "start", "end", "strand"]]
    return place.astype({"chromosome": str, "strand": str}).replace({"strand": {"?": "."}})


def _placed_key(table: pd.DataFrame, column: str) -> pd.Series:
    """Id with chromosome and strand: the same id on X and Y (PAR) is two transcripts."""
    place = table["chromosome"].astype(str) + table["strand"].astype(str) + "\t"
    return place + table[column].astype(str)

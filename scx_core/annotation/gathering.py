"""What the rows of a GTF or GFF3 say of genes, transcripts and their parts, gathered block by block."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation import spellings
from scx_core.annotation.attributes import GTF, attribute, bare_id, first_of, has_tag
from scx_core.annotation.completing import add_genes, extents
from scx_core.errors import ScxError, counted

#: A stable accession rather than a symbol: WBGene00022277, FBgn0031208, ENSG00000100346.18.
_ACCESSION: Final = r"[A-Za-z]{2,}\d{6,}(?:\.\d+)?"
_ID_PREFIX: Final = r"^(?i:gene|transcript|mrna|rna)[:-]"


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
        ``is_mane_select``, ``is_refseq_select``, ``start_unknown``, ``end_unknown`` (an end of the
        transcript was not found).
    parts : DataFrame
        ``transcript`` (row of ``transcripts``), ``kind``, ``start``, ``end`` (1-based).
    notices : tuple of str
    aliases : mapping of str to tuple of str
        Other names of sequences, where rows say them.
    """

    style: str
    genes: pd.DataFrame
    transcripts: pd.DataFrame
    parts: pd.DataFrame
    notices: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Gather:
    """Keep of each block what is needed, small: parts of transcripts as integers."""

    def __init__(self, path: Path, style: str) -> None:
        self.path, self.style = path, style
        self.genes: list[pd.DataFrame] = []
        self.transcripts: list[pd.DataFrame] = []
        self.implied: list[pd.DataFrame] = []  # transcripts that only their parts name
        self.parts: list[pd.DataFrame] = []
        self.codes: dict[str, int] = {}  # transcript (with its place) -> number
        self.gene_keys: set[str] = set()
        self.placed: set[str] = set()  # transcript rows, with their place
        self.aliases: dict[str, tuple[str, ...]] = {}
        self.bare: set[str] = set()  # transcript rows that hold nothing but the id

    def add(self, table: pd.DataFrame) -> None:
        """Take the rows of a block."""
        feature = table["feature"].str.lower()
        if self.style != GTF:
            self._take_aliases(table[feature.isin(spellings.SEQUENCES) & (table["start"] == 1)])
        is_gene = (feature == "gene") | (feature == "pseudogene") | feature.str.endswith("_gene")
        genes = self._genes(table[is_gene])
        self.genes.append(genes)
        self.gene_keys.update(genes["key"])
        transcripts = self._transcripts(table[feature.isin(spellings.TRANSCRIPTS)])
        self.transcripts.append(transcripts)
        self.placed.update(_placed_key(transcripts, "key"))
        kind = feature.astype(object).map(spellings.PARTS)
        self.parts.append(self._parts(table.assign(kind=kind)[kind.notna()]))

    def _take_aliases(self, rows: pd.DataFrame) -> None:
        """Keep what rows of whole sequences say of their names; the first row of each counts."""
        kind = self.attribute(rows, spellings.KIND_OF_SEQUENCE)
        whole = self.attribute(rows, spellings.CHROMOSOME).where(kind == spellings.CHROMOSOME, "")
        whole = whole.where(kind != spellings.MITOCHONDRION, spellings.MITOCHONDRION)
        others = self.attribute(rows, spellings.SEQUENCE_NAMES)
        sequences = rows["chromosome"].astype(str)
        for sequence, one, more in zip(sequences, whole, others, strict=True):
            names = tuple(name for name in (one, *more.split(",")) if name)
            if names:
                self.aliases.setdefault(sequence, names)

    def attribute(self, rows: pd.DataFrame, name: str) -> pd.Series:
        """Value of an attribute; "" where a row lacks it."""
        return attribute(rows, name, self.style)

    def first_of(self, rows: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
        """Value of the first of these attributes that a row has; "" where it has none."""
        return first_of(rows, names, self.style)

    def _required(self, values: pd.Series, rows: pd.DataFrame, what: str) -> pd.Series:
        if (values == "").any():
            row = rows[values == ""].iloc[0]
            raise ScxError(
                f"{self.path.name}, line {row['line']:,}: the {row['feature']} row has no {what}; "
                "fix or remove the line."
            )
        return values

    def _genes(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Gene rows.

        The gene id is the attribute ``gene_id``; without one (WormBase, FlyBase), ``Name`` where
        that is a stable accession (``WBGene00022277``); else ``ID`` without its prefix; else all
        that the row says (AUGUSTUS). For the name see `_gene_names`.
        """
        own_id = self.attribute(rows, "ID").str.replace(_ID_PREFIX, "", regex=True)
        name = self.attribute(rows, "Name")
        gene_id = self.first_of(rows, spellings.GENE_ID)
        accession = name.where(name.str.fullmatch(_ACCESSION), "")
        gene_id = gene_id.where(gene_id != "", accession)
        gene_id = gene_id.where(gene_id != "", own_id)
        if self.style == GTF:
            gene_id = gene_id.where(gene_id != "", bare_id(rows))
        gene_id = self._required(gene_id, rows, "gene id")
        key = gene_id if self.style == GTF else self.attribute(rows, "ID")
        return pd.DataFrame(
            {
                "key": key,
                "gene_id": gene_id,
                "gene_name": self._gene_names(rows, gene_id, (name, own_id)),
                "gene_type": self._types(rows, spellings.GENE_TYPE),
            }
        ).join(_place(rows))

    def _gene_names(
        self, rows: pd.DataFrame, gene_id: pd.Series, beside: tuple[pd.Series, ...]
    ) -> pd.Series:
        """Symbol of the gene, else what else it is called and is not its id, else its id.

        ``beside`` are ``Name`` and ``ID`` of gene rows.
        """
        names = self.first_of(rows, spellings.SYMBOL)
        others = [self.attribute(rows, name) for name in spellings.SYMBOL_BESIDE_NAME]
        for other in (*beside[:1], *others, *beside[1:]):
            names = names.where((names != "") | (other == gene_id), other)
        return names.where(names != "", gene_id)

    def _types(self, rows: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
        types = self.first_of(rows, names)
        return types.where(~types.isin(spellings.PROTEIN_CODING), spellings.PROTEIN_CODING[0])

    def _transcripts(self, rows: pd.DataFrame) -> pd.DataFrame:
        if self.style == GTF:
            key = self.attribute(rows, "transcript_id")
            # AUGUSTUS: the row holds the id alone, and its parts name transcript and gene.
            bare = bare_id(rows).where(key == "", "")
            self.bare.update(bare[bare != ""])
            rows = rows[bare == ""]
            key = self._required(key.loc[rows.index], rows, "transcript_id")
            gene_key = self._required(self.attribute(rows, "gene_id"), rows, "gene_id")
            transcript_id = key
        else:
            key, gene_key = self.attribute(rows, "ID"), self.attribute(rows, "Parent")
            own_id = key.str.replace(_ID_PREFIX, "", regex=True)
            # gffread leaves gene rows out, and names the gene on the transcript's row.
            gene_key = gene_key.where(gene_key != "", self.first_of(rows, spellings.GENE_ID))
            gene_key = gene_key.where(gene_key != "", own_id)
            transcript_id = self.attribute(rows, "transcript_id")
            transcript_id = transcript_id.where(transcript_id != "", own_id)
        start_unknown, end_unknown = self._unknown_ends(rows)
        table = pd.DataFrame(
            {
                "key": key,
                "gene_key": gene_key,
                "transcript_id": transcript_id,
                "transcript_type": self._types(rows, spellings.TRANSCRIPT_TYPE),
                "is_ensembl_canonical": has_tag(rows, spellings.ENSEMBL_CANONICAL, self.style),
                "is_mane_select": has_tag(rows, spellings.MANE_SELECT, self.style),
                "is_refseq_select": has_tag(rows, spellings.REFSEQ_SELECT, self.style),
                "start_unknown": start_unknown,
                "end_unknown": end_unknown,
            }
        ).join(_place(rows))
        return self._explode(table.join(self._owners(rows, gene_key)), "gene_key")

    def _owners(self, rows: pd.DataFrame, gene_key: pd.Series) -> pd.DataFrame:
        """Read what transcript rows say of their gene, where it has no row so far; "" elsewhere."""
        names = ["gene_id", "gene_name", "gene_type", "reference_gene"]
        owners = pd.DataFrame("", index=rows.index, columns=names, dtype=object)
        unowned = rows[~gene_key.isin(self.gene_keys)]
        if unowned.empty:
            return owners
        gene_id = self.first_of(unowned, spellings.GENE_ID)
        said = {
            "gene_id": gene_id,
            "gene_name": self._gene_names(unowned, gene_id, ()),
            "gene_type": self._types(unowned, spellings.GENE_TYPE),
            "reference_gene": self.first_of(unowned, spellings.REFERENCE_GENE),
        }
        owners.loc[unowned.index, names] = pd.DataFrame(said)
        return owners

    def _unknown_ends(self, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        """Whether the 5' end and the 3' end of transcripts were not found."""
        start = has_tag(rows, spellings.START_NOT_FOUND, self.style)
        end = has_tag(rows, spellings.END_NOT_FOUND, self.style)
        if rows["attributes"].str.contains(spellings.PARTIAL, regex=False).any():
            partial = self.attribute(rows, spellings.PARTIAL) == "true"
            minus = rows["strand"].astype(str) == "-"
            left = partial & (self.attribute(rows, spellings.UNKNOWN_LEFT) != "")
            right = partial & (self.attribute(rows, spellings.UNKNOWN_RIGHT) != "")
            # NCBI's GTF does not say which end is missing: it may be the start.
            either = partial & ~left & ~right
            start |= either | left.where(~minus, right)
            end |= either | right.where(~minus, left)
        return start, end

    def _parts(self, rows: pd.DataFrame) -> pd.DataFrame:
        name = "transcript_id" if self.style == GTF else "Parent"
        parent = self.attribute(rows, name)
        if self.style == GTF:
            self._required(parent, rows, "transcript_id")
        table = self._explode(rows.assign(parent=parent), "parent")
        numbers, unique = pd.factorize(_placed_key(table, "parent"))
        if self.style == GTF:
            new = [key not in self.codes and key not in self.placed for key in unique]
            first = np.unique(numbers, return_index=True)[1][np.array(new, bool)]
            if len(first):
                self.implied.append(self._transcripts(table.iloc[first]))
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
        """Bring the blocks together.

        Raises
        ------
        ScxError
            If there are neither genes nor transcripts.
        """
        parts = pd.concat(self.parts, ignore_index=True) if self.parts else pd.DataFrame()
        genes = pd.concat(self.genes, ignore_index=True) if self.genes else pd.DataFrame()
        transcripts, notices = self._all_transcripts(genes, parts)
        genes, told = add_genes(genes, transcripts)
        if genes.empty:
            raise ScxError(
                f"{self.path.name} has no gene rows and no transcripts; give the complete "
                f"{self.style} of GENCODE, Ensembl, NCBI, UCSC or WormBase."
            )
        notices += told
        parts, orphans = self._number_parts(parts, transcripts)
        if orphans:
            notices.append(
                counted(
                    orphans,
                    "exon, CDS or UTR row belongs to no transcript or mRNA row and was left out.",
                    "exon, CDS or UTR rows belong to no transcript or mRNA row and were left out.",
                )
            )
        owners = ["key", "gene_id", "gene_name", "gene_type", "reference_gene"]
        return AnnotationRows(
            self.style, genes, transcripts.drop(columns=owners), parts, tuple(notices), self.aliases
        )

    def _all_transcripts(
        self, genes: pd.DataFrame, parts: pd.DataFrame
    ) -> tuple[pd.DataFrame, list[str]]:
        """Give the transcript rows, and the transcripts that have parts and no row."""
        if not self.transcripts:
            return pd.DataFrame(), []
        transcripts = pd.concat(self.transcripts, ignore_index=True)
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
        implied = self._implied(transcripts, genes, parts)
        if len(implied):
            notices.append(
                counted(
                    len(implied),
                    "transcript has no row that names its gene and was",
                    "transcripts have no row that names their gene and were",
                )
                + " put together from exon and CDS rows."
            )
            transcripts = pd.concat([transcripts, implied], ignore_index=True)
        placed = _placed_key(transcripts, "key") + "\t" + transcripts["gene_key"]
        return transcripts[~placed.duplicated().to_numpy()].reset_index(drop=True), notices

    def _implied(
        self, transcripts: pd.DataFrame, genes: pd.DataFrame, parts: pd.DataFrame
    ) -> pd.DataFrame:
        """Transcripts that stand in no row: old UCSC GTF, AUGUSTUS; CDS rows of a gene in GFF3.

        A transcript that has a row elsewhere (FlyBase's trans-splicing) is no other one here, and
        where other transcripts have rows, parts without one are strays.
        """
        if self.style == GTF:
            implied = pd.concat([transcripts.head(0), *self.implied], ignore_index=True)
            if len(transcripts):
                implied = implied[implied["key"].isin(self.bare)]
        elif genes.empty:
            return transcripts.head(0)
        else:
            codes = _placed_key(genes, "key").map(self.codes)
            alone = codes.notna() & ~genes["key"].isin(transcripts["gene_key"])
            owners = genes[alone & (genes["key"] != "")]
            implied = owners.assign(gene_key=owners["key"], transcript_id=owners["gene_id"])
            for name in transcripts.columns.difference(implied.columns):
                implied[name] = False if transcripts[name].dtype == bool else ""
            implied = implied[list(transcripts)]
        implied = implied[~implied["key"].isin(transcripts["key"])].reset_index(drop=True)
        if implied.empty:
            return implied
        codes = _placed_key(implied, "key").map(self.codes)
        start, end = extents(parts, codes.to_numpy().astype(np.int64))
        return implied.assign(start=start, end=end)

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

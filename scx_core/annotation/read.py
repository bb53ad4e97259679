"""From an annotation file to the gene table."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from scx_core.annotation.blocks import first_data_lines
from scx_core.annotation.definitions import SPLICED, check_definition, redefine
from scx_core.annotation.exons import exon_places, no_exons
from scx_core.annotation.genes import (
    dropped_table,
    gene_reasons,
    refuse_mixed_names,
    refuse_none_left,
)
from scx_core.annotation.half_life import (
    ALL_HALF_LIFE_FEATURES,
    CDS,
    GC_PARTS,
    HALF_LIFE_FEATURES,
    half_life,
    lacks_stop_codons,
)
from scx_core.annotation.naming import left_out_names, name_as_genome
from scx_core.annotation.rows import GFF3, GTF, AnnotationRows, read_rows
from scx_core.annotation.stop_codons import find_stop_codons
from scx_core.annotation.transcripts import (
    GIVEN_TSS,
    CanonicalList,
    choose_transcripts,
    read_canonical,
)
from scx_core.annotation.tss_table import read_feature_table, read_tss_table
from scx_core.errors import ScxError, counted
from scx_core.gene_ids import strip_version
from scx_core.progress import Progress, no_progress, part_of
from scx_core.sequence.genome import Genome
from scx_core.sequence.interval import Interval

GENE_COLUMNS: Final = [
    "gene_name", "chromosome", "strand", "tss", "transcript_id", "transcript_rule",
    "n_transcripts", *HALF_LIFE_FEATURES,
]  # fmt: skip
_SNIFFED_LINES = 50
_NO_TRANSCRIPT: Final = "no coding transcript"


@dataclass(frozen=True)
class Annotation:
    """Genes with their TSS.

    Attributes
    ----------
    genes : DataFrame
        Index ``gene_id``; ``gene_name``, ``chromosome``, ``strand``, ``tss`` (1-based),
        ``transcript_id``, ``transcript_rule``, ``n_transcripts`` (candidates) and
        `HALF_LIFE_FEATURES` (raw, NaN where not computable); in file order. GC contents where a
        table gave them.
    transcripts : DataFrame
        A row per candidate transcript of these genes: ``gene_id``, the columns of ``genes``
        (``transcript_rule`` is "" where not chosen) and ``chosen``.
    dropped : DataFrame
        ``gene_id``, ``gene_name``, ``source`` ("annotation"), ``reason``.
    features : tuple of str
        The half-life features that at least one gene has.
    notices : tuple of str
    exons : DataFrame
        Places of the chosen transcripts; see `scx_core.annotation.exons.exon_places`. No rows where
        the file says nothing of exons.
    """

    genes: pd.DataFrame
    transcripts: pd.DataFrame
    dropped: pd.DataFrame
    features: tuple[str, ...]
    notices: tuple[str, ...]
    exons: pd.DataFrame = field(default_factory=no_exons)

    def __post_init__(self) -> None:
        missing = set(GENE_COLUMNS) - set(self.genes.columns)
        if missing or not self.genes.index.is_unique:
            raise ScxError(f"The gene table lacks {sorted(missing)} or has a gene id twice.")


def read_annotation(
    path: Path,
    *,
    canonical: Path | None = None,
    features: Path | None = None,
    genome: Genome | None = None,
    half_life_definition: str = SPLICED,
    progress: Progress = no_progress,
) -> Annotation:
    """Read genes from a GTF (GENCODE, Ensembl), GFF3 (GENCODE, Ensembl, WormBase) or TSS table.

    Protein-coding genes with a coding transcript are kept; genes of the Y chromosome and of the
    mitochondrial genome, ERCC spike-ins and transgenes are dropped, each with its reason. Where a
    gene id stands in several rows, the first one in the file that can be used is kept. The TSS is
    the first base of the chosen transcript (`transcripts.choose_transcripts`).

    Parameters
    ----------
    path : Path
        Plain or gzip; the format is told by the content.
    canonical : Path, optional
        Transcripts to take where listed: one transcript id, or gene and transcript, per line.
    features : Path, optional
        TSV or CSV with a gene id column and any of `ALL_HALF_LIFE_FEATURES` (raw values), which
        replace those of the annotation.
    genome : Genome, optional
        Tells whether CDS rows hold the stop codon, where the annotation has no stop_codon rows;
        see `scx_core.annotation.stop_codons`.
    half_life_definition : str
        One of `scx_core.annotation.definitions.DEFINITIONS`; a table of TSSs or features is taken
        as it is.
    progress : Progress

    Raises
    ------
    ScxError
        If a file is missing, empty, truncated, not text, has a broken line (with its 1-based
        number), no gene can be used, or there is no such definition.
    """
    path = Path(path)
    check_definition(half_life_definition)
    wanted = None if canonical is None else read_canonical(Path(canonical))
    own = None if features is None else read_feature_table(Path(features))
    style = _sniff(path)
    if style is None:
        annotation = _from_table(path, wanted)
    else:
        rows = read_rows(path, style, part_of(progress, 0.0, 0.9))
        progress(0.9, "Choosing transcripts")
        asked = _Asked(wanted, genome, half_life_definition)
        annotation = _from_rows(rows, path.name, asked)
    if own is not None:
        annotation = _with_features(annotation, own, Path(str(features)).name)
    progress(1.0, counted(len(annotation.genes), "gene"))
    return annotation


def _sniff(path: Path) -> str | None:
    """GTF or GFF3 by the first lines that look like either; None for a table."""
    lines = first_data_lines(path, _SNIFFED_LINES)
    if not lines:
        raise ScxError(f"{path.name} holds only comments; give the complete file.")
    for line in lines:
        columns = line.split("\t")
        attributes = columns[8] if len(columns) == 9 else ""
        if re.match(r"\s*[\w-]+\s+[^\s=]", attributes):
            return GTF
        if re.match(r"\s*[\w-]+\s*=", attributes):
            return GFF3
    return None


@dataclass(frozen=True)
class _Asked:
    """What `read_annotation` is asked for, beside the rows."""

    canonical: CanonicalList | None
    genome: Genome | None
    definition: str


def _from_rows(rows: AnnotationRows, file: str, asked: _Asked) -> Annotation:
    refuse_mixed_names(rows.genes["chromosome"], file)
    if asked.genome is not None:
        rows = name_as_genome(rows, asked.genome)
    genes = rows.genes.assign(gene_id=strip_version(rows.genes["gene_id"]))
    notices = list(rows.notices)
    if not (genes["gene_type"] != "").any():
        genes = genes.drop(columns="gene_type")
        notices.append(
            f"{file} gives no gene types, so every gene with a coding transcript is taken as "
            "protein-coding."
        )
    has_cds = bool((rows.parts["kind"] == CDS).any())
    reasons = gene_reasons(
        genes.assign(chromosome=left_out_names(genes["chromosome"], rows.aliases))
    )
    candidates = _candidates(rows, genes[reasons == ""], has_cds=has_cds)
    reasons = reasons.mask((reasons == "") & ~genes.index.isin(candidates["gene"]), _NO_TRANSCRIPT)
    reasons = _drop_repeats(genes, reasons)
    dropped = dropped_table(genes, reasons)
    if (reasons != "").all():
        refuse_none_left(dropped, file)
    candidates = candidates[candidates["gene"].isin(genes.index[reasons == ""])]
    candidates = candidates.sort_values("gene", kind="stable").reset_index(drop=True)

    parts = _parts_of(rows.parts, candidates["row"].to_numpy())
    stop_codons = find_stop_codons(candidates, parts, rows.style, file, asked.genome)
    lengths = half_life(candidates, parts, stop_codon_in_cds=stop_codons.in_cds)
    candidates["cds_length"] = lengths.cds_length
    candidates["spliced_length"] = lengths.spliced_length
    owners = genes.loc[candidates["gene"], ["gene_id", "gene_name"]].reset_index(drop=True)
    candidates = pd.concat([owners, candidates], axis=1)
    rule, rule_notices = choose_transcripts(candidates, asked.canonical, has_cds=has_cds)
    is_plus = candidates["strand"] == "+"
    features, defined = redefine(
        lengths.features, candidates, parts, asked.definition, stop_codon_in_cds=stop_codons.in_cds
    )
    transcripts = pd.concat([candidates, features], axis=1).assign(
        tss=candidates["start"].where(is_plus, candidates["end"]),
        transcript_rule=rule,
        n_transcripts=candidates.groupby("gene")["row"].transform("size"),
        chosen=rule != "",
    )
    chosen = np.flatnonzero(transcripts["chosen"])
    exons = exon_places(
        transcripts.iloc[chosen],
        _parts_of(parts, chosen),
        stop_from_utr3=lacks_stop_codons(parts, stop_codon_in_cds=stop_codons.in_cds),
    )
    notices += (*rule_notices, *stop_codons.notices, *lengths.notices, *defined)
    annotation = _annotation(transcripts, dropped, tuple(notices))
    return replace(annotation, exons=exons)


def _candidates(rows: AnnotationRows, genes: pd.DataFrame, *, has_cds: bool) -> pd.DataFrame:
    """Protein-coding transcripts of these genes, with a CDS where the file has CDS rows.

    Joined by the id that the file uses and the place: the same id on X and Y is two genes.
    """
    transcripts = rows.transcripts.assign(row=np.arange(len(rows.transcripts)))
    if (transcripts["transcript_type"] != "").any():
        transcripts = transcripts[transcripts["transcript_type"] == "protein_coding"]
    if has_cds:
        coding = rows.parts.loc[rows.parts["kind"] == CDS, "transcript"].unique()
        transcripts = transcripts[transcripts["row"].isin(coding)]
    keys = genes[["key", "chromosome", "strand"]].assign(gene=genes.index)
    return transcripts.merge(
        keys.rename(columns={"key": "gene_key"}), on=["gene_key", "chromosome", "strand"]
    )


def _parts_of(parts: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Parts of the chosen transcript rows, renumbered; a row that two genes share comes twice."""
    owner = pd.DataFrame({"transcript": rows, "place": np.arange(len(rows))})
    joined = parts.merge(owner, on="transcript")
    return joined.assign(transcript=joined["place"]).drop(columns="place")


def _drop_repeats(genes: pd.DataFrame, reasons: pd.Series) -> pd.Series:
    """Keep the first usable row of each gene id."""
    usable = genes[reasons == ""]
    repeated = usable[usable["gene_id"].duplicated()]
    first = usable.drop_duplicates("gene_id")
    first = first[first["gene_id"].isin(repeated["gene_id"])]
    places = zip(first["chromosome"], first["start"] - 1, first["end"], strict=True)
    reason_of = {
        gene_id: f"gene id stands in several rows; the first, at {Interval(*place)}, is kept"
        for gene_id, place in zip(first["gene_id"], places, strict=True)
    }
    reasons = reasons.copy()
    reasons[repeated.index] = repeated["gene_id"].map(reason_of)
    return reasons


def _from_table(path: Path, wanted: CanonicalList | None) -> Annotation:
    genes = read_tss_table(path)
    refuse_mixed_names(genes["chromosome"], path.name)
    reasons = gene_reasons(genes)
    dropped = dropped_table(genes, reasons)
    if (reasons != "").all():
        refuse_none_left(dropped, path.name)
    kept = genes[reasons == ""].reset_index(drop=True)
    transcripts = kept.assign(transcript_rule=GIVEN_TSS, n_transcripts=1, chosen=True)
    notices = [
        f"{path.name} is a table of TSSs without gene types, so every gene in it is taken as "
        "protein-coding."
    ]
    if wanted is not None:
        notices.append(f"{wanted.file} was not used, because a table of TSSs gives one per gene.")
    missing = [name for name in HALF_LIFE_FEATURES if kept[name].isna().all()]
    if missing:
        notices.append(
            f"{path.name} has no values for {', '.join(missing)}; give a table of features, or go on "
            "without them."
        )
    return _annotation(transcripts, dropped, tuple(notices))


def _annotation(
    transcripts: pd.DataFrame, dropped: pd.DataFrame, notices: tuple[str, ...]
) -> Annotation:
    given = [name for name in GC_PARTS if name in transcripts]
    columns = [*GENE_COLUMNS, *given]
    transcripts = transcripts[["gene_id", *columns, "chosen"]].reset_index(drop=True)
    features = [*HALF_LIFE_FEATURES, *given]
    transcripts[features] = transcripts[features].astype(float)
    genes = transcripts[transcripts["chosen"]].set_index("gene_id")[columns]
    return Annotation(genes, transcripts, dropped, _known(genes), notices)


def _known(genes: pd.DataFrame) -> tuple[str, ...]:
    return tuple(
        name for name in ALL_HALF_LIFE_FEATURES if name in genes and genes[name].notna().any()
    )


def _with_features(annotation: Annotation, own: pd.DataFrame, file: str) -> Annotation:
    """Let the user's values replace those of the annotation, gene by gene."""
    genes, transcripts = annotation.genes.copy(), annotation.transcripts.copy()
    matched = genes.index.intersection(own.index)
    if matched.empty:
        raise ScxError(
            f"None of the {len(own):,} gene ids in {file} (first {own.index[0]}) is a gene of the "
            f"annotation (first {genes.index[0]}); give features by the annotation's gene ids."
        )
    names = [str(name) for name in own.columns]
    for name in names:
        if name not in genes:  # GC contents are no part of an annotation
            genes[name] = transcripts[name] = np.nan
        genes[name] = own[name].reindex(genes.index).fillna(genes[name])
    chosen = transcripts.index[transcripts["chosen"]]
    transcripts.loc[chosen, names] = genes.loc[transcripts.loc[chosen, "gene_id"], names].to_numpy()
    without = len(genes) - len(matched)
    notices = [f"Values of {', '.join(names)} for {counted(len(matched), 'gene')} are from {file}."]
    if without:
        notices.append(
            counted(without, "gene is", "genes are")
            + f" not in {file}; what the annotation gives stays there."
        )
    extra = len(own) - len(matched)
    if extra:
        notices.append(
            f"{counted(extra, 'gene')} of {file} "
            f"{'is no usable gene' if extra == 1 else 'are not usable genes'} of the annotation."
        )
    return replace(
        annotation,
        genes=genes,
        transcripts=transcripts,
        features=_known(genes),
        notices=(*annotation.notices, *notices),
    )

"""Rows of small GTF and GFF3 files, for the tests of the annotation."""

from pathlib import Path

PLUS_EXONS = [(101, 200), (301, 400), (501, 700), (901, 1000)]
MINUS_EXONS = [(2001, 2100), (2201, 2300), (2401, 2450), (2501, 2600)]


def gtf_row(feature, place, strand, attributes, chromosome="chr1"):
    text = " ".join(f'{name} "{value}";' for name, value in attributes)
    return "\t".join([chromosome, "test", feature, *map(str, place), ".", strand, ".", text])


def gtf_gene(gene_id, place, strand="+", kind="protein_coding", name=None, chromosome="chr1"):
    attributes = [("gene_id", gene_id), ("gene_name", name or gene_id)]
    if kind:
        attributes.insert(1, ("gene_type", kind))
    return gtf_row("gene", place, strand, attributes, chromosome)


def gtf_transcript(
    gene_id, transcript_id, exons, cds, *, stop=(), strand="+", tags=(), chromosome="chr1",
    kind="protein_coding",
):  # fmt: skip
    base = [("gene_id", gene_id), ("transcript_id", transcript_id)]
    if kind:
        base.append(("transcript_type", kind))
    starts, ends = zip(*exons, strict=True)
    tagged = base + [("tag", tag) for tag in tags]
    rows = [gtf_row("transcript", (min(starts), max(ends)), strand, tagged, chromosome)]
    for feature, places in (("exon", exons), ("CDS", cds), ("stop_codon", stop)):
        rows += [gtf_row(feature, place, strand, base, chromosome) for place in places]
    return rows


def gff_row(feature, place, strand, attributes):
    return "\t".join(["1", "test", feature, *map(str, place), ".", strand, ".", attributes])


def write(path: Path, rows: list[str], head: str = "") -> Path:
    path.write_text(head + "".join(row + "\n" for row in rows))
    return path


def gtf_both(*, stop_rows: bool) -> list[str]:
    plus_stop = [(658, 660)] if stop_rows else []
    minus_stop = [(2201, 2202), (2100, 2100)] if stop_rows else []
    plus_cds, minus_cds = [(321, 400), (501, 657)], [(2401, 2440), (2203, 2300)]
    return [
        gtf_gene("ENSG00000000001.4", (101, 1000), name="PLUS"),
        *gtf_transcript("ENSG00000000001.4", "TP", PLUS_EXONS, plus_cds, stop=plus_stop),
        gtf_gene("ENSG00000000002.1", (2001, 2600), "-", name="MINUS"),
        *gtf_transcript(
            "ENSG00000000002.1", "TM", MINUS_EXONS[::-1], minus_cds, stop=minus_stop, strand="-"
        ),
    ]


def gff_both(*, ensembl: bool) -> list[str]:
    rows = []
    for number, name, strand, exons, orf in (
        ("1", "PLUS", "+", PLUS_EXONS, [(321, 400), (501, 660)]),
        ("2", "MINUS", "-", MINUS_EXONS, [(2401, 2440), (2201, 2300), (2100, 2100)]),
    ):
        place, gene, transcript = (
            (exons[0][0], exons[-1][1]),
            f"ENSG0000000000{number}",
            f"T{name[0]}",
        )
        if ensembl:
            kind = "biotype=protein_coding"
            head = f"ID=gene:{gene};Name={name};{kind};gene_id={gene};version=4"
            body = (
                f"ID=transcript:{transcript};Parent=gene:{gene};{kind};transcript_id={transcript}"
            )
            parent, feature = f"Parent=transcript:{transcript}", "mRNA"
        else:
            head = f"ID={gene}.4;gene_id={gene}.4;gene_type=protein_coding;gene_name={name}"
            body = f"ID={transcript};Parent={gene}.4;transcript_id={transcript};transcript_type=protein_coding"
            parent, feature = f"ID=x;Parent={transcript};gene_id={gene}.4", "transcript"
        rows += [gff_row("gene", place, strand, head), gff_row(feature, place, strand, body)]
        rows += [gff_row("exon", exon, strand, parent) for exon in exons]
        rows += [gff_row("CDS", part, strand, parent) for part in orf]
    if not ensembl:  # GENCODE's GFF3 has stop_codon rows inside the CDS
        rows.append(gff_row("stop_codon", (658, 660), "+", "ID=y;Parent=TP"))
    return rows


def coding(gene_id, chromosome, name=None, kind="protein_coding", strand="+", cds=((11, 40),)):
    return [
        gtf_gene(gene_id, (1, 100), strand, kind, name, chromosome),
        *gtf_transcript(
            gene_id, f"T_{gene_id}", [(1, 100)], cds, strand=strand, chromosome=chromosome
        ),
    ]

"""Each provider's way to write the same two genes, from the description of its format.

AAA1 lies on the plus strand: exons 5001-5400 and 6001-9000, start codon 5101-5103, stop codon
6598-6600. BBB2 lies on the minus strand: exons 17501-18000 and 15001-16000, start codon
17798-17800, stop codon 15501-15503.
"""

import pytest
from annotation_rows import write

from scx_core.annotation import read_annotation
from scx_core.sequence.genome import Genome

PLUS, MINUS = (100, 2400, 900, 600), (200, 500, 800, 1500)
EXONS = {"+": [(5001, 5400), (6001, 9000)], "-": [(17501, 18000), (15001, 16000)]}
#: CDS without and with the stop codon.
CDS = {"+": [(5101, 5400), (6001, 6597)], "-": [(17501, 17800), (15504, 16000)]}
CODING = {"+": [(5101, 5400), (6001, 6600)], "-": [(17501, 17800), (15501, 16000)]}
STOP = {"+": [(6598, 6600)], "-": [(15501, 15503)]}
SPAN = {"+": (5001, 9000), "-": (15001, 18000)}


def line(feature, place, strand, attributes, chromosome="chr1", source="x"):
    return "\t".join([chromosome, source, feature, *map(str, place), ".", strand, ".", attributes])


def parts(strand, attributes, *, cds=CDS, stop=True, chromosome="chr1"):
    found = [("exon", place) for place in EXONS[strand]] + [("CDS", place) for place in cds[strand]]
    if stop:
        found += [("stop_codon", place) for place in STOP[strand]]
    return [line(feature, place, strand, attributes, chromosome) for feature, place in found]


def both(rows_of, plus, minus):
    return [*rows_of("+", *plus), *rows_of("-", *minus)]


def gencode(strand, gene, name, transcript, suffix="", tag='tag "Ensembl_canonical";'):
    own = f'gene_id "{gene}{suffix}"; gene_type "protein_coding"; gene_name "{name}"; level 2;'
    full = (
        f'{own} transcript_id "{transcript}"; transcript_type "protein_coding"; tag "basic"; {tag}'
    )
    return [
        line("gene", SPAN[strand], strand, own),
        line("transcript", SPAN[strand], strand, full),
        *parts(strand, full),
    ]


def ensembl_gtf(strand, gene, name, transcript):
    own = f'gene_id "{gene}"; gene_version "3"; gene_name "{name}"; gene_biotype "protein_coding";'
    full = f'{own} transcript_id "{transcript}"; transcript_version "1"; transcript_biotype "protein_coding";'
    return [
        line("gene", SPAN[strand], strand, own, "1"),
        line("transcript", SPAN[strand], strand, full + ' tag "Ensembl_canonical";', "1"),
        *parts(strand, full, chromosome="1"),
    ]


def ncbi_gtf(strand, gene, name, transcript):
    own = f'gene_id "{gene}"; db_xref "GeneID:9"; gbkey "Gene"; gene "{name}";'
    full = f'gene_id "{gene}"; transcript_id "{transcript}"; gbkey "mRNA"; gene "{name}"; '
    return [
        line("gene", SPAN[strand], strand, f'{own} transcript_id ""; gene_biotype "protein_coding";'),
        line("transcript", SPAN[strand], strand,
             full + 'product "cyclin; type D"; tag "MANE Select"; transcript_biotype "mRNA";'),
        *parts(strand, full + 'product "cyclin; gene_id 7";'),
    ]  # fmt: skip


def ncbi_gff3(strand, gene, name, transcript):
    own = f"ID=gene-{gene};Dbxref=GeneID:9;Name={name};gbkey=Gene;gene={name};gene_biotype=protein_coding"
    full = f"gbkey=mRNA;gene={name};transcript_id={transcript}"
    return [
        line("gene", SPAN[strand], strand, own),
        line("mRNA", SPAN[strand], strand,
             f"ID=rna-{transcript};Parent=gene-{gene};Name={transcript};tag=MANE Select;{full}"),
        *parts(strand, f"ID=x;Parent=rna-{transcript};{full}", cds=CODING, stop=False),
    ]  # fmt: skip


def ucsc(strand, gene, name, transcript):
    full = f'gene_id "{gene}"; transcript_id "{transcript}";  gene_name "{name}";'
    return [line("transcript", SPAN[strand], strand, full), *parts(strand, full)]


def ucsc_table_browser(strand, gene, name, transcript):
    # Neither gene nor transcript rows, and the gene id is the transcript's.
    return parts(strand, f'gene_id "{transcript}"; transcript_id "{transcript}"; ')


def flybase_gtf(strand, gene, name, transcript):
    full = f'gene_id "{gene}"; gene_symbol "{name}"; transcript_id "{transcript}"; transcript_symbol "{name}-RA";'
    return [
        line("gene", SPAN[strand], strand, f'gene_id "{gene}"; gene_symbol "{name}";'),
        line("mRNA", SPAN[strand], strand, full),
        *parts(strand, full + " # SO:0000459:gene_with_trans_spliced_transcript"),
    ]


def flybase_gff3(strand, gene, name, transcript):
    return [
        line("gene", SPAN[strand], strand, f"ID={gene};Name={name};fullname=x;Alias=A,B"),
        line("mRNA", SPAN[strand], strand, f"ID={transcript};Name={name}-RA;Parent={gene}"),
        *parts(strand, f"Parent={transcript}", cds=CODING, stop=False),
    ]


def wormbase_gff3(strand, gene, name, transcript):
    return [
        line("gene", SPAN[strand], strand,
             f"ID=Gene:{gene};Name={gene};locus={name};sequence_name=Y74C9A.3;biotype=protein_coding"),
        line("mRNA", SPAN[strand], strand, f"ID=Transcript:{transcript};Parent=Gene:{gene}"),
        *parts(strand, f"Parent=Transcript:{transcript}", cds=CODING, stop=False),
    ]  # fmt: skip


def tair(strand, gene, name, transcript):
    protein = f"{transcript}-Protein"
    cds = [
        line("CDS", place, strand, f"Parent={transcript},{protein};") for place in CODING[strand]
    ]
    exons = [line("exon", place, strand, f"Parent={transcript}") for place in EXONS[strand]]
    return [
        line("gene", SPAN[strand], strand, f"ID={gene};Note=protein_coding_gene;Name={gene}"),
        line("mRNA", SPAN[strand], strand, f"ID={transcript};Parent={gene};Name={transcript};Index=1"),
        *exons, *cds,
    ]  # fmt: skip


def araport(strand, gene, name, transcript):
    return [
        line("gene", SPAN[strand], strand,
             f"ID={gene};Name={gene};Note=cyclin;symbol={name};locus_type=protein_coding"),
        line("mRNA", SPAN[strand], strand, f"ID={transcript};Parent={gene};Name={transcript}"),
        *parts(strand, f"Parent={transcript}", cds=CODING, stop=False),
    ]  # fmt: skip


def sgd(strand, gene, name, transcript):
    # SGD has no exon rows, and its genes have two names; here with exons, for the same numbers.
    return [
        line("gene", SPAN[strand], strand, f"ID={gene};Name={gene};gene={name};Alias={name}"),
        line("mRNA", SPAN[strand], strand, f"ID={gene}_mRNA;Name={gene}_mRNA;Parent={gene}"),
        *parts(strand, f"Parent={gene}_mRNA;Name={gene}_CDS", cds=CODING, stop=False),
    ]


def gffread_gtf(strand, gene, name, transcript):
    full = f'transcript_id "{transcript}"; gene_id "{gene}"; gene_name "{name}"'
    return [line("transcript", SPAN[strand], strand, full), *parts(strand, full + ";")]


def gffread_gff3(strand, gene, name, transcript):
    return [
        line("mRNA", SPAN[strand], strand, f"ID={transcript};geneID={gene};gene_name={name}"),
        *parts(strand, f"Parent={transcript}", cds=CODING, stop=False),
    ]


def braker(strand, gene, name, transcript):
    full = f'transcript_id "{gene}.t1"; gene_id "{gene}";'
    return [
        line("gene", SPAN[strand], strand, gene),
        line("transcript", SPAN[strand], strand, f"{gene}.t1"),
        line("intron", (5401, 6000), strand, full),
        *parts(strand, full, cds=CODING),
    ]


def augustus_gff3(strand, gene, name, transcript):
    return [
        line("gene", SPAN[strand], strand, f"ID={gene}"),
        line("transcript", SPAN[strand], strand, f"ID={gene}.t1;Parent={gene}"),
        *parts(strand, f"ID=x;Parent={gene}.t1", cds=CODING),
    ]


ENSEMBL = (
    ("ENSG00000100001", "AAA1", "ENST00000200001"),
    ("ENSG00000100002", "BBB2", "ENST00000200002"),
)
SYMBOLS = ("AAA1", "AAA1", "NM_000101.2"), ("BBB2", "BBB2", "NM_000202.1")
FLY = ("FBgn0099901", "dpp2", "FBtr0099901"), ("FBgn0099902", "mod(x4)", "FBtr0099902")
WORM = ("WBGene00022277", "abc-1", "Y74C9A.3.1"), ("WBGene00022278", "abc-2", "Y74C9A.2.1")
PLANT = ("AT1G70210", "CYCD1;1", "AT1G70210.1"), ("AT4G34160", "CYCD3;1", "AT4G34160.1")
YEAST = ("YAL901W", "ABC1", "-"), ("YAL902C", "DEF2", "-")
NONE = ("g1", "g1", "-"), ("g2", "g2", "-")


def with_suffix(names, *suffixes):
    return tuple((*name, suffix) for name, suffix in zip(names, suffixes, strict=True))


@pytest.mark.parametrize(
    ("form", "rows_of", "given", "named"),
    [
        ("gtf", gencode, with_suffix(ENSEMBL, ".14", ".3"), "symbol"),
        ("gtf", gencode, with_suffix(ENSEMBL, ".14_5", ".3_1"), "symbol"),  # lift37
        ("gtf", gencode, with_suffix(PLANT, "", ""), "symbol"),  # CYCD1;1
        ("gtf", ensembl_gtf, ENSEMBL, "symbol"),
        ("gtf", ncbi_gtf, SYMBOLS, "symbol"),
        ("gff3", ncbi_gff3, SYMBOLS, "symbol"),
        ("gtf", ucsc, SYMBOLS, "symbol"),
        ("gtf", ucsc_table_browser, SYMBOLS, "transcript"),
        ("gtf", flybase_gtf, FLY, "symbol"),
        ("gff3", flybase_gff3, FLY, "symbol"),
        ("gff3", wormbase_gff3, WORM, "symbol"),
        ("gff3", tair, PLANT, "id"),
        ("gff3", araport, (("AT1G70210", "CYCD1%3B1", "a"), ("AT4G34160", "X", "b")), "symbol"),
        ("gff3", sgd, YEAST, "symbol"),
        ("gtf", gffread_gtf, SYMBOLS, "symbol"),
        ("gff3", gffread_gff3, SYMBOLS, "symbol"),
        ("gtf", braker, NONE, "id"),
        ("gff3", augustus_gff3, NONE, "id"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_same_two_genes_from_every_provider(tmp_path, form, rows_of, given, named):
    annotation = read_annotation(write(tmp_path / f"a.{form}", both(rows_of, *given)))
    genes = annotation.genes
    ids, symbols, transcripts = (
        [str(names[place]).replace("%3B", ";") for names in given] for place in range(3)
    )
    assert genes.index.tolist() == (transcripts if named == "transcript" else ids)
    assert (
        genes["gene_name"].tolist()
        == {"symbol": symbols, "id": ids, "transcript": transcripts}[named]
    )
    assert genes["tss"].tolist() == [5001, 18000]
    features = ["utr5_length", "utr3_length", "orf_length", "intron_length"]
    assert [tuple(row) for row in genes[features].to_numpy()] == [PLUS, MINUS]
    assert genes["exon_density"].tolist() == pytest.approx([2000 / 900, 2000 / 800])


@pytest.mark.parametrize(
    ("form", "tag"), [("gtf", 'tag "MANE Select";'), ("gtf", 'tag "MANE_Select";'),
                      ("gtf", 'tag "basic,MANE Select";')],
)  # fmt: skip
def test_tags_with_spaces_and_in_lists(tmp_path, form, tag):
    longer = gencode("+", "ENSG00000100001", "AAA1", "LONG", tag="")
    short = (
        'gene_id "ENSG00000100001"; transcript_id "SHORT"; transcript_type "protein_coding"; ' + tag
    )
    rows = [line(kind, (5201, 5400), "+", short) for kind in ("transcript", "exon", "CDS")]
    gene = read_annotation(write(tmp_path / f"a.{form}", [*longer, *rows])).genes.iloc[0]
    assert (gene["transcript_id"], gene["transcript_rule"], gene["tss"]) == (
        "SHORT",
        "MANE_Select",
        5201,
    )


def test_refseq_select_is_ncbis_own_tag(tmp_path):
    rows = ncbi_gff3("+", "Aaa1", "Aaa1", "NM_1.1")
    rows += [
        line("mRNA", (5201, 5400), "+", "ID=rna-NM_2.1;Parent=gene-Aaa1;tag=RefSeq Select;transcript_id=NM_2.1"),
        line("exon", (5201, 5400), "+", "Parent=rna-NM_2.1"),
        line("CDS", (5301, 5360), "+", "Parent=rna-NM_2.1"),
    ]  # fmt: skip
    rows = [row.replace("tag=MANE Select;", "") for row in rows]
    gene = read_annotation(write(tmp_path / "a.gff3", rows)).genes.loc["Aaa1"]
    assert (gene["transcript_id"], gene["transcript_rule"]) == ("NM_2.1", "RefSeq_Select")


def test_stringtie_finds_genes_of_the_reference(tmp_path):
    def transcript(gene, name, reference, strand, place):
        full = f'gene_id "{gene}"; transcript_id "{name}"; '
        full += f'gene_name "{reference[0]}"; ref_gene_id "{reference[1]}"; ' if reference else ""
        return [line(kind, place, strand, full) for kind in ("transcript", "exon")]

    rows = [
        *transcript("MSTRG.1", "ENST1", ("AAA1", "ENSG00000100001"), "+", (5001, 9000)),
        *transcript("MSTRG.1", "MSTRG.1.2", None, "+", (5001, 9500)),
        *transcript("MSTRG.2", "MSTRG.2.1", None, ".", (12001, 12800)),
        # Two genes of the reference in one, and one in two: MSTRG keeps its own name.
        *transcript("MSTRG.3", "ENST3", ("CCC3", "ENSG00000100003"), "-", (21001, 22000)),
        *transcript("MSTRG.3", "ENST4", ("DDD4", "ENSG00000100004"), "-", (21001, 23000)),
        *transcript("MSTRG.5", "ENST5", ("EEE5", "ENSG00000100005"), "-", (31001, 32000)),
        *transcript("MSTRG.6", "ENST6", ("EEE5", "ENSG00000100005"), "-", (41001, 42000)),
    ]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert annotation.genes.index.tolist() == ["ENSG00000100001", "MSTRG.3", "MSTRG.5", "MSTRG.6"]
    assert annotation.genes["gene_name"].tolist() == ["AAA1", "CCC3", "EEE5", "EEE5"]
    assert annotation.genes["tss"].tolist() == [5001, 23000, 32000, 42000]
    assert annotation.dropped[["gene_id", "reason"]].values.tolist() == [["MSTRG.2", "no strand"]]
    assert (
        "5 genes have no rows of their own and were put together from transcripts."
        in annotation.notices
    )


def test_one_gene_at_two_places_without_rows_is_two(tmp_path):
    rows = ucsc("+", "AAA1", "AAA1", "NM_1") + [
        row.replace("chr1", "chrY") for row in ucsc("+", "AAA1", "AAA1", "NM_1")
    ]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert annotation.genes.loc["AAA1", ["chromosome", "tss"]].tolist() == ["chr1", 5001]
    assert annotation.dropped["reason"].tolist() == ["on the Y chromosome"]


def test_stray_parts_are_no_transcript_where_others_have_rows(tmp_path):
    rows = gencode("+", "ENSG00000100001", "AAA1", "ENST1")
    rows += [row.replace("ENST1", "STRAY") for row in rows if "\tCDS\t" in row]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert annotation.transcripts["transcript_id"].tolist() == ["ENST1"]
    assert annotation.notices == (
        "2 exon, CDS or UTR rows belong to no transcript or mRNA row and were left out.",
    )


def test_coding_rows_of_a_gene_without_transcripts_are_its_transcript(tmp_path):
    rows = [
        *wormbase_gff3("+", *WORM[0]),
        line("gene", (11001, 11900), "-", "ID=gene-cox1;Name=cox1;biotype=protein_coding"),
        line("CDS", (11001, 11900), "-", "ID=cds-1;Parent=gene-cox1"),
    ]
    annotation = read_annotation(write(tmp_path / "a.gff3", rows))
    gene = annotation.genes.loc["cox1"]
    assert (gene["transcript_id"], gene["tss"], gene["orf_length"]) == ("cox1", 11900, 900)
    assert annotation.genes["tss"].tolist() == [5001, 11900]


def nf(name, tags, exons, cds):
    full = f'gene_id "G"; transcript_id "{name}"; transcript_type "protein_coding"; '
    tagged = full + "".join(f'tag "{tag}"; ' for tag in tags)
    rows = [line("transcript", (exons[0][0], exons[-1][1]), "+", tagged)]
    rows += [line("exon", place, "+", full) for place in exons]
    return rows + [line("CDS", place, "+", full) for place in cds]


GENE = line("gene", (100, 9000), "+", 'gene_id "G"; gene_type "protein_coding"; gene_name "NAME";')
LONG = ([(2001, 5000)], [(2001, 4000)])
SHORT = ([(1001, 1900)], [(1101, 1400)])


@pytest.mark.parametrize("tag", ["mRNA_start_NF", "cds_start_NF", "mRNA_end_NF", "cds_end_NF"])
@pytest.mark.parametrize("canonical", [(), ("Ensembl_canonical",)])
def test_incomplete_transcripts_stand_back(tmp_path, tag, canonical):
    rows = [GENE, *nf("INCOMPLETE", (tag, *canonical), *LONG), *nf("COMPLETE", (), *SHORT)]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    gene = annotation.genes.loc["G"]
    assert (gene["transcript_id"], gene["transcript_rule"]) == ("COMPLETE", "longest CDS")
    assert (gene["tss"], gene["n_transcripts"]) == (1001, 2)
    assert not any("not found" in notice for notice in annotation.notices)
    listed = write(tmp_path / "list.txt", ["INCOMPLETE"])
    given = read_annotation(tmp_path / "a.gtf", canonical=listed).genes.loc["G"]
    assert given["transcript_id"] == "INCOMPLETE"
    assert given["transcript_rule"].startswith("given list (")


@pytest.mark.parametrize(
    ("tag", "rule", "told"),
    [
        ("mRNA_start_NF", "longest CDS (start not found)", "its first base need not be a TSS"),
        ("cds_start_NF", "longest CDS (start not found)", "its first base need not be a TSS"),
        ("mRNA_end_NF", "longest CDS (end not found)", "ORF and 3'UTR may be longer"),
        ("cds_end_NF", "longest CDS (end not found)", "ORF and 3'UTR may be longer"),
    ],
)
def test_an_only_incomplete_transcript_is_told(tmp_path, tag, rule, told):
    path = write(tmp_path / "a.gtf", [GENE, *nf("ONLY", (tag,), *LONG)])
    annotation = read_annotation(path)
    assert annotation.genes.loc["G", "transcript_rule"] == rule
    assert [notice for notice in annotation.notices if told in notice and "NAME" in notice]


def test_a_missing_start_is_worse_than_a_missing_end(tmp_path):
    rows = [GENE, *nf("NO_START", ("cds_start_NF",), *LONG), *nf("NO_END", ("cds_end_NF",), *SHORT)]
    gene = read_annotation(write(tmp_path / "a.gtf", rows)).genes.loc["G"]
    assert (gene["transcript_id"], gene["transcript_rule"]) == (
        "NO_END",
        "longest CDS (end not found)",
    )


@pytest.mark.parametrize(
    ("strand", "ranges", "rule"),
    [
        ("+", "partial=true;start_range=.,5001", " (start not found)"),
        ("+", "partial=true;end_range=9000,.", " (end not found)"),
        ("-", "partial=true;start_range=.,15001", " (end not found)"),
        ("-", "partial=true;end_range=18000,.", " (start not found)"),
        ("-", "partial=true", " (start not found)"),
        ("-", "end_range=18000,.", ""),
    ],
)
def test_partial_transcripts_of_ncbi(tmp_path, strand, ranges, rule):
    rows = [
        row.replace("tag=MANE Select", ranges)
        for row in ncbi_gff3(strand, "AAA1", "AAA1", "NM_1.1")
    ]
    gene = read_annotation(write(tmp_path / "a.gff3", rows)).genes.loc["AAA1"]
    assert gene["transcript_rule"] == f"longest CDS{rule}"


def test_quotes_that_do_not_pair_leave_a_line_as_it_is(tmp_path):
    rows = gencode("+", "ENSG00000100001", "AAA1", "ENST1")
    rows[0] = rows[0].replace('gene_name "AAA1";', 'gene_name "AAA1; note "5\' end";')
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert annotation.genes["gene_name"].tolist() == ["AAA1"]


def pig(tmp_path, *sequences):
    rows = []
    for name, said, gene in sequences:
        rows.append(line("region", (1, 30000), "+", f"ID={name}:1..30000;{said}", name))
        rows += [
            row.replace("chr1\t", f"{name}\t") for row in ncbi_gff3("+", gene, gene, f"NM_{gene}")
        ]
    return write(tmp_path / "a.gff3", rows)


def test_rows_of_sequences_say_which_is_y(tmp_path):
    path = pig(
        tmp_path,
        ("NC_010443.5", "Name=1;chromosome=1;genome=chromosome", "AAA1"),
        ("NC_010462.3", "Name=Y;chromosome=Y;genome=chromosome", "ONY"),
        ("NC_000845.1", "Name=MT;genome=mitochondrion", "COX1"),
        ("NW_018085246.1", "Name=Unknown;chromosome=Unknown;genome=genomic", "UNPLACED"),
        ("NW_018085247.1", "chromosome=1;genome=genomic", "ON_A_SCAFFOLD"),
    )
    annotation = read_annotation(path)
    assert annotation.genes["chromosome"].to_dict() == {
        "AAA1": "NC_010443.5", "UNPLACED": "NW_018085246.1", "ON_A_SCAFFOLD": "NW_018085247.1",
    }  # fmt: skip
    assert annotation.dropped.set_index("gene_id")["reason"].to_dict() == {
        "ONY": "on the Y chromosome", "COX1": "on the mitochondrial genome",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("in_genome", "said", "given"),
    [
        ("chr1", "chromosome=1;genome=chromosome", "chr1"),
        ("AEMK02000123.1", "Alias=chrUn_x,AEMK02000123.1", "AEMK02000123.1"),
        ("NC_010443.5", "chromosome=1;genome=chromosome", "NC_010443.5"),
        ("other", "chromosome=1;genome=chromosome", "NC_010443.5"),
        ("chr1", "chromosome=1;genome=genomic", "NC_010443.5"),  # a scaffold that lies on it
    ],
)
def test_rows_of_sequences_lead_to_the_names_of_the_genome(tmp_path, in_genome, said, given):
    path = pig(tmp_path, ("NC_010443.5", said, "AAA1"))
    fasta = tmp_path / "g.fa"
    fasta.write_text(f">{in_genome}\n" + "ACGT" * 3000 + "\n>chr2\nACGT\n")
    genome = Genome.open(fasta, tmp_path / "cache")
    annotation = read_annotation(path, genome=genome)
    genome.close()
    assert annotation.genes["chromosome"].tolist() == [given]
    assert annotation.genes["orf_length"].tolist() == [900]

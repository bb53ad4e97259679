"""GTF and GFF3: half-life features by hand, transcript rules, genes dropped, formats."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scx_core.annotation import HALF_LIFE_FEATURES, log10_half_life, read_annotation
from scx_core.errors import ScxError

PLUS_EXONS = [(101, 200), (301, 400), (501, 700), (901, 1000)]
MINUS_EXONS = [(2001, 2100), (2201, 2300), (2401, 2450), (2501, 2600)]

# Worked by hand. Plus: start codon at 321 in exon 2, stop codon 658-660 in exon 3, so one intron
# lies in each UTR. 5'UTR 100 + 20; ORF 80 (321-400) + 160 (501-660); 3'UTR 40 (661-700) + 100;
# introns 100 + 100 + 200; 4 exons. Sum of the parts 120 + 240 + 140 = 500 = the exons.
PLUS = {"utr5_length": 120, "utr3_length": 140, "orf_length": 240, "intron_length": 400}
PLUS["exon_density"] = 1000 * 4 / 240
# Minus: read from 2600 down; start codon at 2440 (an intron in the 5'UTR); the stop codon is split
# by an intron: 2202, 2201 and 2100. 5'UTR 100 + 10; ORF 40 + 100 + 1; 3'UTR 2001-2099; introns
# 100 + 100 + 50; 4 exons.
MINUS = {"utr5_length": 110, "utr3_length": 99, "orf_length": 141, "intron_length": 250}
MINUS["exon_density"] = 1000 * 4 / 141


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


FORMS = {
    "gtf": gtf_both(stop_rows=True),
    "gtf without stop_codon": gtf_both(stop_rows=False),
    "gff3 of ensembl": gff_both(ensembl=True),
    "gff3 of gencode": gff_both(ensembl=False),
}


@pytest.mark.parametrize("form", FORMS)
def test_half_life_features_worked_by_hand(tmp_path, form):
    annotation = read_annotation(write(tmp_path / "annotation.txt", FORMS[form]))
    genes = annotation.genes
    assert list(genes.index) == ["ENSG00000000001", "ENSG00000000002"]
    assert list(genes["gene_name"]) == ["PLUS", "MINUS"]
    assert list(genes["tss"]) == [101, 2600]
    assert list(genes["transcript_id"]) == ["TP", "TM"]
    for gene, expected in zip(genes.index, (PLUS, MINUS), strict=True):
        assert genes.loc[gene, list(HALF_LIFE_FEATURES)].to_dict() == pytest.approx(expected)
    assert annotation.features == HALF_LIFE_FEATURES


def test_gzip_under_any_name_reads_the_same(tmp_path):
    plain = write(tmp_path / "a.gtf", FORMS["gtf"], head="#!genome-build GRCh38\n")
    packed = tmp_path / "no_suffix"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    pd.testing.assert_frame_equal(read_annotation(plain).genes, read_annotation(packed).genes)


def test_small_blocks_give_the_same(tmp_path, monkeypatch):
    path = write(tmp_path / "a.gtf", FORMS["gtf"])
    whole = read_annotation(path)
    monkeypatch.setattr(
        "scx_core.annotation.blocks.read_blocks.__kwdefaults__", {"block_bytes": 100}
    )
    fractions = []
    pieces = read_annotation(path, progress=lambda fraction, _: fractions.append(fraction))
    pd.testing.assert_frame_equal(whole.transcripts, pieces.transcripts)
    assert fractions == sorted(fractions)
    assert len(fractions) > 5
    assert fractions[-1] == 1.0


def test_cds_to_the_end_of_its_transcript_is_not_extended(tmp_path):
    rows = [gtf_gene("G", (1, 90)), *gtf_transcript("G", "T", [(1, 90)], [(1, 90)])]
    rows += [gtf_gene("H", (101, 190)), *gtf_transcript("H", "U", [(101, 190)], [(101, 184)])]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert annotation.genes.loc["G", ["orf_length", "utr3_length"]].tolist() == [90, 0]
    assert annotation.genes.loc["H", ["orf_length", "utr3_length"]].tolist() == [87, 3]
    assert any("in the 1 transcripts" in notice for notice in annotation.notices)


def test_repeated_and_overlapping_exons_count_once(tmp_path):
    exons = [(1, 100), (1, 100), (50, 120), (201, 300)]
    rows = [gtf_gene("G", (1, 300)), *gtf_transcript("G", "T", exons, [(11, 97)], stop=[(98, 100)])]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    gene = annotation.genes.loc["G"]
    assert gene["utr3_length"] == 20 + 100
    assert gene["intron_length"] == 80
    assert gene["exon_density"] == pytest.approx(1000 * 2 / 90)
    assert any(notice.startswith("2 exon rows repeat or overlap") for notice in annotation.notices)


def test_log10_half_life_adds_a_tenth():
    np.testing.assert_allclose(log10_half_life(np.array([0.0, 9.9, np.nan])), [-1, 1, np.nan])
    frame = pd.DataFrame({"utr5_length": [99.9]})
    assert log10_half_life(frame).iloc[0, 0] == pytest.approx(2)


def four_transcripts(tags: dict[str, list[str]]) -> list[str]:
    """SHORT, LONG and TIE share a gene; LONG and TIE have a CDS of 60, TIE the longer mRNA."""
    rows = [gtf_gene("G", (1, 500))]
    for name, exons, cds in (
        ("SHORT", [(1, 500)], [(11, 40)]),
        ("LONG", [(21, 200)], [(31, 90)]),
        ("TIE", [(31, 300)], [(41, 100)]),
        ("ALSO_TIE", [(41, 310)], [(51, 110)]),
    ):
        rows += gtf_transcript("G", name, exons, cds, tags=tags.get(name, ()))
    rows += gtf_transcript("G", "DECAY", [(1, 500)], [(2, 400)], kind="nonsense_mediated_decay")
    return rows + gtf_transcript("G", "NO_CDS", [(1, 500)], [])


@pytest.mark.parametrize(
    ("tags", "chosen", "rule"),
    [
        ({}, "ALSO_TIE", "longest CDS"),
        ({"SHORT": ["basic", "MANE_Select"]}, "SHORT", "MANE_Select"),
        ({"LONG": ["MANE_Select"], "SHORT": ["Ensembl_canonical"]}, "SHORT", "Ensembl_canonical"),
        ({"SHORT": ["not_Ensembl_canonical"]}, "ALSO_TIE", "longest CDS"),
        ({"NO_CDS": ["Ensembl_canonical"]}, "ALSO_TIE", "longest CDS"),
    ],
)
def test_transcript_rule(tmp_path, tags, chosen, rule):
    annotation = read_annotation(write(tmp_path / "a.gtf", four_transcripts(tags)))
    gene = annotation.genes.loc["G"]
    assert (gene["transcript_id"], gene["transcript_rule"]) == (chosen, rule)
    assert gene["n_transcripts"] == 4
    table = annotation.transcripts.set_index("transcript_id")
    assert set(table.index) == {"SHORT", "LONG", "TIE", "ALSO_TIE"}
    assert table.index[table["chosen"]].tolist() == [chosen]
    assert (table.loc[~table["chosen"], "transcript_rule"] == "").all()


def test_gff3_tags_in_one_attribute(tmp_path):
    rows = gff_both(ensembl=True)
    rows.append(
        gff_row("mRNA", (311, 1000), "+", "ID=transcript:T2;Parent=gene:ENSG00000000001;"
                "biotype=protein_coding;tag=basic,Ensembl_canonical,MANE_Select")
    )  # fmt: skip
    rows += [gff_row(kind, (331, 390), "+", "Parent=transcript:T2") for kind in ("exon", "CDS")]
    gene = read_annotation(write(tmp_path / "a", rows)).genes.loc["ENSG00000000001"]
    assert gene[["transcript_id", "transcript_rule", "tss"]].tolist() == [
        "T2", "Ensembl_canonical", 311,
    ]  # fmt: skip


@pytest.mark.parametrize("line", ["LONG", "G\tLONG", "G,LONG", "# mine\nLONG\nSHORT\nNOWHERE"])
def test_given_list_comes_first(tmp_path, line):
    path = write(tmp_path / "a.gtf", four_transcripts({"SHORT": ["Ensembl_canonical"]}))
    annotation = read_annotation(path, canonical=write(tmp_path / "list.txt", [line]))
    assert annotation.genes.loc["G", ["transcript_id", "transcript_rule"]].tolist() == [
        "LONG", "given list",
    ]  # fmt: skip
    if "NOWHERE" in line:
        assert any("list.txt are not coding transcripts" in text for text in annotation.notices)


def test_given_list_tolerates_versions_and_refuses_strangers(tmp_path):
    rows = [gtf_gene("G", (1, 300))]
    for number, cds in (("1", (1, 30)), ("2", (1, 90))):
        rows += gtf_transcript("G", f"ENST0000000000{number}.7", [(1, 300)], [cds])
    path = write(tmp_path / "a.gtf", rows)
    wanted = write(tmp_path / "list.txt", ["ENST00000000001.2"])
    assert read_annotation(path, canonical=wanted).genes["transcript_rule"].tolist() == [
        "given list"
    ]
    write(wanted, ["NM_000001"])
    with pytest.raises(ScxError, match=r"None of the 1 transcripts in list.txt \(NM_000001\)"):
        read_annotation(path, canonical=wanted)


def coding(gene_id, chromosome, name=None, kind="protein_coding", strand="+", cds=((11, 40),)):
    return [
        gtf_gene(gene_id, (1, 100), strand, kind, name, chromosome),
        *gtf_transcript(
            gene_id, f"T_{gene_id}", [(1, 100)], cds, strand=strand, chromosome=chromosome
        ),
    ]


def test_genes_dropped_with_their_reason(tmp_path):
    rows = [
        *coding("KEPT", "chr1"),
        *coding("YELLOW", "chrYHet"),
        *coding("ON_Y", "chrY"),
        *coding("ENSG00000182378.15_PAR_Y", "chrX"),
        *coding("ENSG00000198888.2", "chrM"),
        *coding("ERCC-00002", "ERCC-00002"),
        *coding("ENSG00000104884", "chr19", name="ERCC2"),
        *coding("tdTomato", "tdTomato"),
        *coding("LNC", "chr1", kind="lncRNA"),
        *coding("NO_STRAND", "chr1", strand="."),
        *coding("NO_CDS", "chr1", cds=()),
    ]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert list(annotation.genes.index) == ["KEPT", "YELLOW", "ENSG00000104884"]
    assert annotation.dropped.set_index("gene_id")["reason"].to_dict() == {
        "ON_Y": "on the Y chromosome",
        "ENSG00000182378_PAR_Y": "on the Y chromosome (pseudoautosomal copy)",
        "ENSG00000198888": "on the mitochondrial genome",
        "ERCC-00002": "ERCC spike-in",
        "tdTomato": "transgene",
        "LNC": "not protein-coding (gene type lncRNA)",
        "NO_STRAND": "no strand",
        "NO_CDS": "no coding transcript",
    }
    assert set(annotation.dropped["source"]) == {"annotation"}


@pytest.mark.parametrize("chromosome", ["MT", "chrMT", "M", "MtDNA", "mitochondrion_genome"])
def test_mitochondrial_names(tmp_path, chromosome):
    rows = [*coding("KEPT", "2L"), *coding("DROPPED", chromosome)]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert annotation.dropped["reason"].tolist() == ["on the mitochondrial genome"]


def test_repeated_gene_id_keeps_the_first_usable_row(tmp_path):
    rows = [
        *coding("ENSG00000000009.1", "chrY"),
        *coding("ENSG00000000009.2", "chr3"),
        *coding("ENSG00000000009.3", "chr4"),
    ]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert annotation.genes["chromosome"].to_dict() == {"ENSG00000000009": "chr3"}
    assert annotation.dropped["reason"].tolist() == [
        "on the Y chromosome",
        "gene id stands in several rows; the first, at chr3:1-100, is kept",
    ]


def test_same_ids_on_two_chromosomes_do_not_mix(tmp_path):
    rows = [*coding("PAR", "chrX"), *coding("PAR", "chrY", cds=((11, 90),))]
    gene = read_annotation(write(tmp_path / "a.gtf", rows)).genes.loc["PAR"]
    assert (gene["chromosome"], gene["n_transcripts"], gene["orf_length"]) == ("chrX", 1, 33)


def test_no_gene_types_keeps_all_and_says_so(tmp_path):
    rows = [gtf_gene("G", (1, 90), kind=None)]
    rows += gtf_transcript("G", "T", [(1, 90)], [(1, 30)], kind=None)
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    assert list(annotation.genes.index) == ["G"]
    assert any("gives no gene types" in notice for notice in annotation.notices)


def test_without_cds_goes_on_with_what_there_is(tmp_path):
    rows = [gtf_gene("G", (1, 500))]
    rows += gtf_transcript("G", "SPREAD", [(1, 50), (451, 500)], [])
    rows += gtf_transcript("G", "DENSE", [(101, 300), (351, 360)], [])
    annotation = read_annotation(write(tmp_path / "a.gtf", rows))
    gene = annotation.genes.loc["G"]
    assert gene[["transcript_id", "transcript_rule"]].tolist() == ["DENSE", "longest transcript"]
    assert gene["intron_length"] == 50
    assert annotation.features == ("intron_length",)
    assert any(
        "no CDS rows, so utr5_length, utr3_length, orf_length, exon_density cannot" in notice
        for notice in annotation.notices
    )


def test_wormbase_gff3_of_utr_rows(tmp_path):
    rows = [
        gff_row("gene", (101, 900), "-", "ID=Gene:Y74C9A.3;Name=WBGene00022277"),
        gff_row("mRNA", (121, 900), "-", "ID=Transcript:Y74C9A.3.1;Parent=Gene:Y74C9A.3"),
        gff_row("five_prime_UTR", (881, 900), "-", "Parent=Transcript:Y74C9A.3.1"),
        gff_row("five_prime_UTR", (801, 805), "-", "Parent=Transcript:Y74C9A.3.1"),
        gff_row("mRNA", (101, 700), "-", "ID=Transcript:Y74C9A.3.2;Parent=Gene:Y74C9A.3"),
        gff_row("three_prime_UTR", (101, 110), "-", "Parent=Transcript:Y74C9A.3.2"),
        gff_row("mRNA", (101, 700), "-", "Parent=Gene:Y74C9A.3"),
        gff_row("gene", (1, 20), "+", "ID=Gene:WBGene00199193"),
    ]
    annotation = read_annotation(write(tmp_path / "a", rows, head="##gff-version 3\n"))
    gene = annotation.genes.loc["WBGene00022277"]
    assert gene["gene_name"] == "Y74C9A.3"
    assert gene[["tss", "transcript_id", "n_transcripts"]].tolist() == [900, "Y74C9A.3.1", 2]
    assert gene[["utr5_length", "utr3_length"]].tolist() == [25, 0]
    assert annotation.features == ("utr5_length", "utr3_length")
    assert annotation.dropped[["gene_id", "reason"]].to_numpy().tolist() == [
        ["WBGene00199193", "no coding transcript"]
    ]
    assert any("1 transcript rows have no ID" in notice for notice in annotation.notices)


def test_ensembl_gtf_calls_the_types_biotypes(tmp_path):
    rows = [*coding("ENSG00000000001", "1"), *coding("ENSG00000000002", "1", kind="miRNA")]
    rows = [row.replace("gene_type", "gene_biotype") for row in rows]
    rows = [row.replace("transcript_type", "transcript_biotype") for row in rows]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows, head="#!genebuild 2024\n"))
    assert list(annotation.genes.index) == ["ENSG00000000001"]
    assert annotation.dropped["reason"].tolist() == ["not protein-coding (gene type miRNA)"]


def test_gff3_details(tmp_path):
    """An exon of two transcripts, an encoded name, and a FASTA section at the end."""
    rows = [
        gff_row("gene", (1, 300), "+", "ID=gene:FBgn0000001;Name=Su%28H%29;biotype=protein_coding"),
        gff_row("mRNA", (1, 300), "+", "ID=transcript:A;Parent=gene:FBgn0000001"),
        gff_row("mRNA", (101, 300), "+", "ID=transcript:B;Parent=gene:FBgn0000001"),
        gff_row("exon", (1, 50), "+", "Parent=transcript:A"),
        gff_row("exon", (101, 300), "+", "Parent=transcript:A,transcript:B"),
        gff_row("CDS", (151, 210), "+", "Parent=transcript:A,transcript:B"),
        "##FASTA",
        ">1",
        "ACGT",
    ]
    annotation = read_annotation(write(tmp_path / "a", rows))
    gene = annotation.genes.loc["FBgn0000001"]
    assert gene[["gene_name", "transcript_id"]].tolist() == ["Su(H)", "A"]
    lengths = annotation.transcripts.set_index("transcript_id")[["utr5_length", "utr3_length"]]
    assert lengths.loc["A"].tolist() == [100, 90]
    assert lengths.loc["B"].tolist() == [50, 90]


GOOD = gtf_both(stop_rows=True)


def broken(line: int, column: int, value: str) -> list[str]:
    fields = GOOD[line].split("\t")
    fields[column] = value
    return [*GOOD[:line], "\t".join(fields), *GOOD[line + 1 :]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [*GOOD[:4], "chr1\ttest\texon\t5", *GOOD[4:]],
            r"a\.gtf, line 7: 4 columns instead of the 9",
        ),
        (broken(5, 3, "12x"), r"a\.gtf, line 8: start '12x' is not a whole number"),
        (broken(5, 4, ""), r"a\.gtf, line 8: end '' is not a whole number"),
        (broken(2, 4, "3"), r"a\.gtf, line 5: end 3 is before start 101"),
        (broken(2, 3, "0"), r"a\.gtf, line 5: start 0 is below 1"),
        (broken(3, 6, "?"), r"a\.gtf, line 6: strand '\?' is not"),
        (broken(2, 8, 'gene_id "G";'), r"a\.gtf, line 5: the exon row has no transcript_id"),
        (broken(0, 8, 'gene_name "G";'), r"a\.gtf, line 3: the gene row has no gene id"),
        ([row for row in GOOD if "\tgene\t" not in row], r"a\.gtf has no gene rows"),
        ([row.replace("protein_coding", "lncRNA") for row in GOOD], "No gene of a.gtf can be used"),
        ([*GOOD, *coding("G", "1")], r"same chromosome in two ways \(1, chr1\)"),
    ],
)
def test_broken_annotation(tmp_path, rows, message):
    path = write(tmp_path / "a.gtf", rows, head="#comment\n\n")
    with pytest.raises(ScxError, match=message):
        read_annotation(path)


def test_line_number_in_a_later_block(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "scx_core.annotation.blocks.read_blocks.__kwdefaults__", {"block_bytes": 300}
    )
    path = write(tmp_path / "a.gtf", broken(9, 4, "x"), head="# one\n# two\n")
    with pytest.raises(ScxError, match=r"line 12: end 'x'"):
        read_annotation(path)


def test_files_that_are_no_text(tmp_path):
    with pytest.raises(ScxError, match="There is no file"):
        read_annotation(tmp_path / "missing.gtf")
    with pytest.raises(ScxError, match="cannot be read"):
        read_annotation(tmp_path)
    path = tmp_path / "a.gtf"
    for content, message in (
        (b"", "is empty"),
        (b"# nothing\n", "holds only comments"),
        (gzip.compress("\n".join(GOOD).encode())[:-40], "broken or truncated gzip"),
        (b"\x1f\x8bnot gzip at all, by far", "broken or truncated gzip"),
        (("\n".join(GOOD[:3]) + "\n").encode() + b"\xe9\n", "line 4: byte 0xe9 is not UTF-8"),
        (b"\x89HDF\r\n\x1a\n\0\0\0", "line 1: byte 0x89 is not UTF-8"),
        (b"text\nand\0\0\0\nmore", r"is not a text file \(line 2\)"),
    ):
        path.write_bytes(content)
        with pytest.raises(ScxError, match=message):
            read_annotation(path)

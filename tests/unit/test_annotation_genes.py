"""Which transcript stands for a gene, and which genes are dropped."""

import pytest
from annotation_rows import coding, gff_both, gff_row, gtf_gene, gtf_transcript, write

from scx_core.annotation import read_annotation
from scx_core.errors import ScxError


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
        assert any(
            "1 transcript in list.txt is no coding transcript" in text
            for text in annotation.notices
        )


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

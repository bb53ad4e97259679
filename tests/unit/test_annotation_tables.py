"""Tables of TSSs and of half-life features."""

from pathlib import Path

import pytest

from scx_core.annotation import HALF_LIFE_FEATURES, read_annotation
from scx_core.errors import ScxError

TABLE = """# made by hand
gene_id\tchromosome\ttss\tstrand\tgene_name\ttranscript_id\torf_length
ENSG00000000001.3\tchr1\t1,001\t+\tONE\tENST1\t300
ENSG00000000002\tchr2\t2000\t-1\t\tENST2\tNA

ENSG00000000003\tchrM\t30\t+\tMITO\tENST3\t90
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_tss_table(tmp_path):
    annotation = read_annotation(write(tmp_path / "tss.txt", TABLE))
    genes = annotation.genes
    assert list(genes.index) == ["ENSG00000000001", "ENSG00000000002"]
    assert genes["tss"].tolist() == [1001, 2000]
    assert genes["strand"].tolist() == ["+", "-"]
    assert genes["gene_name"].tolist() == ["ONE", "ENSG00000000002"]
    assert genes["transcript_rule"].tolist() == ["given TSS"] * 2
    assert genes["n_transcripts"].tolist() == [1, 1]
    assert genes["orf_length"].iloc[0] == 300
    assert genes["orf_length"].isna().tolist() == [False, True]
    assert annotation.features == ("orf_length",)
    assert annotation.dropped["reason"].tolist() == ["on the mitochondrial genome"]
    assert annotation.transcripts["chosen"].all()


def test_csv_with_a_commented_header_and_other_names(tmp_path):
    text = '##from GFF3\n#WBGene,chrom,seqname,strand,tss\nWBGene00022277,chrI,Y74C9A.3,-,10232\n"WBGene00022276",chrI,"a ""name"", quoted",+,10413\n'
    annotation = read_annotation(write(tmp_path / "tss.csv", text))
    gene = annotation.genes.loc["WBGene00022277"]
    assert gene[["gene_name", "chromosome", "tss"]].tolist() == ["Y74C9A.3", "chrI", 10232]
    assert annotation.genes["gene_name"].iloc[1] == 'a "name", quoted'
    assert annotation.features == ()
    assert any("has no values for utr5_length" in notice for notice in annotation.notices)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "strand",
            "side",
            r"lacks a column for strand; its columns are gene_id, chromosome, tss, side",
        ),
        ("2000", "0", r"tss\.txt, line 4: tss is '0', not a position"),
        ("2000", "20.5", r"tss\.txt, line 4: tss is '20\.5'"),
        ("2000", "9e2", r"tss\.txt, line 4: tss is '9e2'"),
        ("2000", "2,00", r"tss\.txt, line 4: tss is '2,00'"),
        ("2000", "²000", r"tss\.txt, line 4: tss is '²000'"),
        ("2000", "٢000", r"tss\.txt, line 4: tss is '٢000'"),
        ("2000", "9" * 20, r"tss\.txt, line 4: tss is '9{20}', not a position"),
        ("ENST2", "E" * 140_000, r"tss\.txt, line 4: a cell cannot be read \(field larger"),
        ("-1", "x", r"tss\.txt, line 4: strand is 'x'"),
        ("chr2", "", r"tss\.txt, line 4: the chromosome is empty"),
        ("\tNA", "", r"tss\.txt, line 4: 6 columns instead of the 7"),
        ("90", "-9", r"tss\.txt, line 6: orf_length is '-9'"),
        ("0002\t", "0001\t", r"has the gene id ENSG00000000001 on lines 3, 4"),
        ("ENSG00000000003", "", r"tss\.txt, line 6: the gene id is empty"),
        ("gene_name", "tss", r"has the column tss more than once"),
    ],
)
def test_broken_tss_table(tmp_path, old, new, message):
    with pytest.raises(ScxError, match=message):
        read_annotation(write(tmp_path / "tss.txt", TABLE.replace(old, new)))


def test_header_alone_is_refused(tmp_path):
    with pytest.raises(ScxError, match="no rows below its header"):
        read_annotation(write(tmp_path / "tss.txt", "gene_id\tchrom\ttss\tstrand\n"))


def test_own_features_replace_and_fill(tmp_path):
    own = write(
        tmp_path / "own.csv",
        "gene,orf_length,utr5_length\nENSG00000000001.9,330,12\nENSG00000000077,1,1\n",
    )
    annotation = read_annotation(write(tmp_path / "tss.txt", TABLE), features=own)
    assert annotation.genes["orf_length"].tolist()[0] == 330
    assert annotation.genes["utr5_length"].tolist()[0] == 12
    assert annotation.genes[list(HALF_LIFE_FEATURES)].iloc[1].isna().all()
    assert annotation.transcripts["utr5_length"].tolist()[0] == 12
    assert annotation.features == ("utr5_length", "orf_length")
    text = " ".join(annotation.notices)
    assert "Values of utr5_length, orf_length for 1 gene are from own.csv." in text
    assert "1 gene is not in own.csv" in text
    assert "1 gene of own.csv is no usable gene" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gene,length\nA,3\n", r"own\.csv needs a column gene_id and at least one of utr5_length"),
        ("gene,orf_length\nA,x\n", r"own\.csv, line 2: orf_length is 'x'"),
        ("gene,orf_length\nA,1\nA,2\n", r"gene id A on lines 2, 3"),
        ("gene,orf_length\nA,1\n", r"None of the 1 gene ids in own\.csv \(first A\)"),
        ('gene,orf_length\n"A,1\nB,2\n', "quotes that do not close"),
    ],
)
def test_broken_features(tmp_path, text, message):
    own = write(tmp_path / "own.csv", text)
    with pytest.raises(ScxError, match=message):
        read_annotation(write(tmp_path / "tss.txt", TABLE), features=own)

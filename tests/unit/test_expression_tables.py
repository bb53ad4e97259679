"""Tables of text as programs and spreadsheets write them: separators, numbers, formats."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scx_core.errors import ScxError
from scx_core.expression import ColumnChoice, Expression, match_genes, read_expression
from scx_core.expression.layout import choose_separator

TWO = {"neuron": [0.5, 1.5, 2.5], "glia": [0.25, 2.25, 4.25]}


def read(folder: Path, text: str, name: str = "m.tsv", **options) -> Expression:
    (folder / name).write_text(text, encoding="utf-8")
    return read_expression(folder / name, **options)


def values_of(expression: Expression) -> dict[str, list[float]]:
    return {name: list(row) for name, row in expression.mean.iterrows()}


def refuse(folder: Path, text: str, match: str, name: str = "m.tsv", **options) -> None:
    with pytest.raises(ScxError, match=match) as caught:
        read(folder, text, name, **options)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


# Separators


def test_names_with_commas_between_tabs(tmp_path):
    expression = read(
        tmp_path,
        "gene\tT cell, CD4, naive\tB cell, IgM, memory\nA\t0.5\t0.25\nB\t1.5\t2.25\n",
    )
    assert values_of(expression) == {
        "T cell, CD4, naive": [0.5, 1.5],
        "B cell, IgM, memory": [0.25, 2.25],
    }


@pytest.mark.parametrize(
    "text",
    [
        "gene;a, x;b, y\nA;0.5;1\nB;2;3\n",  # as many commas as semicolons
        'gene,"a, x","b, y"\nA,0.5,1\nB,2,3\n',
        '"a, x"\t"b, y"\nA\t0.5\t1\nB\t2\t3\n',  # R leaves out the first header
        '"a, x" "b, y"\n"A" 0.5 1\n"B" 2 3\n',  # R's write.table
        "# made on Monday, by hand, again\ngene\ta, x\tb, y\nA\t0.5\t1\nB\t2\t3\n",
        "#gene\ta, x\tb, y\nA\t0.5\t1\nB\t2\t3\n",
        "\n\ngene\ta, x\tb, y\n\nA\t0.5\t1\nB\t2\t3\n",
    ],
)
def test_the_separator_is_the_one_with_which_the_table_is_regular(tmp_path, text):
    assert values_of(read(tmp_path, text)) == {"a, x": [0.5, 2.0], "b, y": [1.0, 3.0]}


def test_the_message_about_a_ragged_table_counts_by_its_usual_separator():
    assert choose_separator("gene\ta, b", ["x", "y\t1\t2"]) == "\t"


def test_utf_16_of_a_spreadsheet(tmp_path):
    (tmp_path / "m.txt").write_bytes("gene\ta\tb\r\nA\t0.5\t1\r\n".encode("utf-16"))
    assert values_of(read_expression(tmp_path / "m.txt")) == {"a": [0.5], "b": [1.0]}


# Numbers


def test_decimal_commas(tmp_path):
    expression = read(tmp_path, "gene;neuron;glia\nA;0,435;1,286\nB;12;2,572\n", "m.csv")
    assert values_of(expression) == {"neuron": [0.435, 12.0], "glia": [1.286, 2.572]}
    assert any("decimal comma" in notice for notice in expression.notices)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("gene;a;b\nA;1.234,5;0\nB;12;3\n", [1234.5, 12.0]),
        ("gene;a;b\nA;1.234;0,5\nB;12;3\n", [1234.0, 12.0]),
        ("gene\ta\tb\nA\t0,5\t1\nB\t1,25\t3\n", [0.5, 1.25]),
        ('gene,a,b\nA,"0,5",1\nB,"1,25",3\n', [0.5, 1.25]),
        ('gene,a,b\nA,"1,234",0.5\nB,"12",3\n', [1234.0, 12.0]),
        ("gene\ta\tb\nA\t1,234\t0.5\nB\t12\t3\n", [1234.0, 12.0]),
        ("gene\ta\tb\nA\t1 234\t0.5\nB\t12\t3\n", [1234.0, 12.0]),
        ("gene\ta\tb\nA\t1e-3\t0.5\nB\t2E+02\t3\n", [0.001, 200.0]),
        ("gene;a;b\nA;1,5E-3;0\nB;2E2;3\n", [0.0015, 200.0]),
    ],
)
def test_numbers_of_all_hands(tmp_path, text, values):
    assert values_of(read(tmp_path, text, "m.csv"))["a"] == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("gene\ta\tb\nA\t1,234\t0\nB\t12\t3\n", r"'1,234' \(line 2, column 'a'\).*1234 or 1\.234"),
        ("gene;a;b\nA;0;1\nB;1.234;3\n", r"'1\.234' \(line 3, column 'a'\).*1234 or 1\.234"),
        ("gene\ta\tb\nA\t0,5\t1\n\nB\t1\t1.5\n", r"'0,5' \(line 2.*'1\.5' \(line 4, column 'b'\)"),
        (
            "gene;a\nA;0,5\nB;n.d.\n",
            r"Line 3, column 2 .*'n\.d\.', which is not a number with a dec",
        ),
    ],
)
def test_numbers_that_may_mean_two_things_are_asked_about(tmp_path, text, match):
    refuse(tmp_path, text, match)


# Tables without a header


def test_star_counts_are_named(tmp_path):
    rows = "N_unmapped\t14\t200\t300\nN_multimapping\t9\t10\t20\nG1\t10\t100\t5\n"
    refuse(tmp_path, rows, r"STAR's ReadsPerGene\.out\.tab.*column 2 unstranded", "s.out.tab")


@pytest.mark.parametrize(
    "rows",
    [
        "ENSG1\t10\nENSG2\t20\n",  # htseq-count of one sample
        "AAA1,0.5,0.25,3\nBBB2,1.5,2.25,4\n",
        "Idh1\t5\t5\t5\nBBB2\t1\t2\t3\n",
    ],
)
def test_a_table_without_a_header_is_asked_about(tmp_path, rows):
    refuse(tmp_path, rows, "seems to have no header: put a line with gene and their names above")


@pytest.mark.parametrize("first", ["gene", "", "Gene ID", "gene/cluster", "Unnamed: 0", "X"])
def test_clusters_may_be_numbered(tmp_path, first):
    expression = read(tmp_path, f"{first}\t0\t1\t2\nA\t0.5\t1\t2\nB\t3\t4.5\t5\n")
    assert list(expression.mean.index) == ["0", "1", "2"]


# Formats


def test_feature_counts(tmp_path):
    expression = read(
        tmp_path,
        '# Program:featureCounts v2.0.1; Command:"featureCounts" "-a" "x.gtf" "a.bam"\n'
        "Geneid\tChr\tStart\tEnd\tStrand\tLength\tneuron.bam\tglia.bam\n"
        "G1\tchr1;chr1\t100;300\t200;400\t+;+\t200\t10\t20\n"
        "G2\tchr1\t900\t950\t-\t51\t90\t180\n",
    )
    assert values_of(expression) == {"neuron.bam": [1e3, 9e3], "glia.bam": [1e3, 9e3]}


def test_feature_counts_of_one_exon_each(tmp_path):
    expression = read(
        tmp_path,
        "Geneid\tChr\tStart\tEnd\tStrand\tLength\tn.bam\tg.bam\n"
        "G1\t1\t100\t200\t+\t101\t10\t20\nG2\t1\t900\t950\t-\t51\t90\t180\n",
    )
    assert list(expression.mean.index) == ["n.bam", "g.bam"]
    assert any("Start (position), End (position), Length" in note for note in expression.notices)


GCT_2 = "#1.2\n2\t2\nName\tDescription\tLiver, left\tSkin\nE1.5\tAAA1\t0.5\t2\nE2.6\t7157\t1.5\t3\n"
GCT_3 = (
    "#1.3\n2\t2\t2\t1\nid\tpr_gene\tpr_size\tLiver, left\tSkin\ndose\tna\tna\t10\t20\n"
    "E1.5\tAAA1\t100\t0.5\t2\nE2.6\t7157\t200\t1.5\t3\n"
)


@pytest.mark.parametrize(
    "text", [GCT_2, GCT_3, GCT_2.replace("#1.2\n2\t2\n", "#1.2\t\t\t\n2\t2\t\t\n")]
)
@pytest.mark.parametrize("packed", [True, False])
def test_gct(tmp_path, text, packed):
    path = tmp_path / ("t.gct.gz" if packed else "t.gct")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    expression = read_expression(path)
    assert values_of(expression) == {"Liver, left": [0.5, 1.5], "Skin": [2.0, 3.0]}
    assert list(expression.mean.columns) == ["E1.5", "E2.6"]
    assert "AAA1" in set(expression.names.to_numpy().ravel())


def test_a_broken_gct(tmp_path):
    refuse(tmp_path, "#1.2\nName\tDescription\tLiver\n", r"begins as GCT 1\.2, but its second line")


HPA = "Gene\tGene name\tCell type\tnTPM\n" + "".join(
    f"ENSG0{gene}\tS{gene}\t{cell}\t{gene + place / 4}\n"
    for gene in range(1, 4)
    for place, cell in enumerate(["B-cells", "Adipocytes"])
)


def test_a_long_table_is_made_wide(tmp_path):
    expression = read(tmp_path, HPA)
    assert values_of(expression) == {"B-cells": [1.0, 2.0, 3.0], "Adipocytes": [1.25, 2.25, 3.25]}
    assert list(expression.mean.columns) == ["ENSG01", "ENSG02", "ENSG03"]
    assert list(expression.names["Gene name"]) == ["S1", "S2", "S3"]
    assert any("'nTPM' of 2 populations ('Cell type')" in note for note in expression.notices)


def test_a_long_table_with_several_values_asks_which(tmp_path):
    lines = HPA.splitlines()
    text = "\n".join([lines[0] + "\tpTPM", *(line + "\t7.5" for line in lines[1:])]) + "\n"
    refuse(tmp_path, text, r"one row for each gene and 'Cell type'.*\(nTPM, pTPM\): choose one")
    expression = read_expression(tmp_path / "m.tsv", columns=ColumnChoice(others=("pTPM",)))
    assert values_of(expression)["B-cells"] == [1.0, 2.0, 3.0]


def test_a_long_table_with_a_hole(tmp_path):
    text = HPA.replace("ENSG03\tS3\tAdipocytes\t3.25\n", "")
    refuse(tmp_path, text, "1 of 6 pairs have no row, the first being 'ENSG03' in 'Adipocytes'")


def test_transcripts_of_a_gene_are_no_long_table(tmp_path):
    text = "gene\ttranscript\tneuron\tglia\n" + "".join(
        f"G{n // 2}\tT{n}\t{n}.5\t0.25\n" for n in range(6)
    )
    expression = read(tmp_path, text)
    assert list(expression.mean.index) == ["neuron", "glia"]
    assert list(expression.names["transcript"]) == [f"T{n}" for n in range(6)]


# Columns of numbers that are no population


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("length", [1500, 1600, 1700]),
        ("Gene length (bp)", [1500, 1600, 1700]),
        ("effective_length", [1500.5, 1600.25, 1700.75]),
        ("size", [1500, 1600, 1700]),
        ("locus_start", [99000, 99001, 99002]),
        ("chromStart", [99000, 99001, 99002]),
        ("End", [99000, 99001, 99002]),
        ("strand", [1, -1, 1]),
        ("chromosome_name", [1, 2, 3]),
        ("Chr", [1, "X", "MT"]),
        ("entrezgene_id", [5000, 7157, 672]),
        ("NCBI gene ID", [5000, 7157, 672]),
        ("percentage_gene_gc_content", [45.5, 61.25, 38.0]),
        ("GC", [0.455, 0.6125, 0.38]),
        ("Unnamed: 0", [1, 2, 3]),
        ("padj", [0.5, 0.25, 1]),
        ("total", [0.75, 3.75, 6.75]),
        ("Mean", [0.375, 1.875, 3.375]),
        ("description", ["one", "two", "three"]),
    ],
)
@pytest.mark.parametrize("last", [True, False])
def test_columns_that_are_no_population(tmp_path, header, values, last):
    rows = []
    for place, value in enumerate(values):
        numbers = [str(TWO["neuron"][place]), str(TWO["glia"][place])]
        rows.append(
            [f"G{place}", *numbers, str(value)] if last else [f"G{place}", str(value), *numbers]
        )
    head = ["gene", "neuron", "glia", header] if last else ["gene", header, "neuron", "glia"]
    text = "\n".join("\t".join(row) for row in [head, *rows]) + "\n"
    assert values_of(read(tmp_path, text)) == TWO
    if header in ("length", "GC"):
        kept = read_expression(tmp_path / "m.tsv", columns=ColumnChoice(populations=(header,)))
        assert header in kept.mean.index


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("GC", [12.5, 0.0, 130.25]),  # germinal centre
        ("End", [0.5, 3.25, 8.0]),  # endothelium
        ("Total", [9.0, 1.0, 2.5]),
        ("Lymphoid", [1500, 1600, 1700]),
        ("ID2 neurons", [1500, 1600, 1700]),
    ],
)
def test_populations_with_such_names_stay(tmp_path, header, values):
    rows = [f"G{n}\t{value}\t{n}.5\t0.25" for n, value in enumerate(values)]
    expression = read(tmp_path, "\n".join([f"gene\t{header}\tneuron\tglia", *rows]) + "\n")
    assert list(expression.mean.index) == [header, "neuron", "glia"]


def test_a_column_unlike_the_others_is_asked_about(tmp_path):
    rows = [f"G{n}\t{1000 + 17 * n % 389}\t{n % 7}.5\t{n % 5}.25" for n in range(120)]
    text = "\n".join(["gene\tbeans\tneuron\tglia", *rows]) + "\n"
    refuse(tmp_path, text, r"'beans' may be no population .*--not-population NAME.*--is-population")
    path = tmp_path / "m.tsv"
    out = read_expression(path, columns=ColumnChoice(others=("beans",)))
    assert list(out.mean.index) == ["neuron", "glia"]
    kept = read_expression(path, columns=ColumnChoice(populations=("beans",)))
    assert list(kept.mean.index) == ["beans", "neuron", "glia"]
    with pytest.raises(ScxError, match=r"no column of numbers 'bean'; its columns of numbers are"):
        read_expression(path, columns=ColumnChoice(others=("bean",)))
    with pytest.raises(ScxError, match="a population and none at once"):
        ColumnChoice(("a", "b"), ("b",))


def test_numbers_of_rows_are_no_population_whatever_they_are_called(tmp_path):
    rows = [f"G{n}\t{n}\t{n % 7}.5\t{n % 5}.25" for n in range(120)]
    expression = read(tmp_path, "\n".join(["gene\tV1\tneuron\tglia", *rows]) + "\n")
    assert list(expression.mean.index) == ["neuron", "glia"]


# Names that a spreadsheet changed


def test_dates_among_gene_names_are_said_to_be_dates(tmp_path):
    expression = read(
        tmp_path, "gene,a,b\nAAA1,1.5,2\n1-Mar,3,4\n1-Mar,7,8\n2-Sep,5,6\n2.31E+13,1,1\nBBB2,2,9\n"
    )
    genes = pd.DataFrame({"gene_name": ["AAA1", "BBB2", "MARCHF1"]}, ["E1", "E2", "E3"])
    match = match_genes(expression.names, genes)
    assert match.gene_ids == ["E1", "E2"]
    dropped = match.unmatched[match.unmatched["source"] == "expression"]
    reasons = dict(zip(dropped["gene_name"], dropped["reason"], strict=True))
    assert sorted(reasons) == ["1-Mar", "2-Sep", "2.31E+13"]
    assert "a date that a spreadsheet made of a name such as MARCHF1" in reasons["1-Mar"]
    assert "a number that a spreadsheet made" in reasons["2.31E+13"]
    assert any("1-Mar, 2-Sep" in notice and "spreadsheet" in notice for notice in match.notices)


def test_large_values_are_exact_with_commas_and_without(tmp_path):
    plain = read(tmp_path, "gene\ta\tb\nA\t3000000001\t1\nB\t1\t0\n", normalize="none")
    grouped = read(
        tmp_path, "gene\ta\tb\nA\t3,000,000,001\t1\nB\t1\t0\n", "g.tsv", normalize="none"
    )
    np.testing.assert_array_equal(plain.mean, grouped.mean)
    assert plain.mean.loc["a", "A"] == 3000000001

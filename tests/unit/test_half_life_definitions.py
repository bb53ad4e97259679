"""The three definitions of the half-life features, by hand on both strands, and where they are kept.

Plus: transcript 101-1000, start codon 321-323, CDS 321-400 and 501-657, stop codon 658-660.
Minus: transcript 2600-2001, start codon 2440-2438, CDS 2440-2401 and 2300-2203, stop codon 2202,
2201 and, over an intron, 2100.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from annotation_rows import gff_both, gtf_both, gtf_gene, gtf_transcript, write
from typer.testing import CliRunner

from scx_core.annotation import DEFINITIONS, HALF_LIFE_FEATURES, read_annotation
from scx_core.commands import app
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.importing import ImportRequest
from scx_core.importing.build import spliced_lengths

#: 5'UTR, 3'UTR, ORF, introns, density; in the order of the features.
EXPECTED = {
    "spliced": [(120, 140, 240, 400, 4000 / 240), (110, 99, 141, 250, 4000 / 141)],
    # On the genome: 321 - 101, 1000 - 657; 80 + 157 bases of CDS; what is left of 900. Minus:
    # 2600 - 2440, 2203 - 2001; 40 + 98; what is left of 600.
    "scxpresso": [(220, 343, 237, 100, 4000 / 237), (160, 202, 138, 100, 4000 / 138)],
    # Two exons with coding bases each; the third of the minus one holds a base of the stop codon.
    "xpresso": [(120, 140, 240, 400, 2000 / 240), (110, 99, 141, 250, 2000 / 141)],
}
FORMS = {
    "gtf": gtf_both(stop_rows=True),
    "gtf without stop_codon": gtf_both(stop_rows=False),
    "gff3 of ensembl": gff_both(ensembl=True),
    "gff3 of gencode": gff_both(ensembl=False),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("definition", DEFINITIONS)
def test_definitions_worked_by_hand(tmp_path, form, definition):
    path = write(tmp_path / "annotation.txt", FORMS[form])
    genes = read_annotation(path, half_life_definition=definition).genes
    for row, expected in zip(
        genes[list(HALF_LIFE_FEATURES)].to_numpy(), EXPECTED[definition], strict=True
    ):
        assert row.tolist() == pytest.approx(list(expected))


def test_exons_keep_their_places_by_every_definition(tmp_path):
    path = write(tmp_path / "a.gtf", FORMS["gtf"])
    tables = [read_annotation(path, half_life_definition=name).exons for name in DEFINITIONS]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


def test_a_cds_whose_end_was_not_found_has_no_stop_codon_to_take_off(tmp_path):
    exons, cds = [(101, 200), (301, 400)], [(151, 200), (301, 350)]
    rows = [gtf_gene("G", (101, 400)), *gtf_transcript("G", "T", exons, cds, tags=("cds_end_NF",))]
    rows = [*rows, *FORMS["gtf"]]  # which has stop_codon rows
    genes = read_annotation(write(tmp_path / "a.gtf", rows), half_life_definition="scxpresso").genes
    assert genes.loc["G", ["orf_length", "utr3_length"]].tolist() == [100, 50]


def test_without_exons_a_definition_says_that_it_does_not_apply(tmp_path):
    rows = [row for row in FORMS["gtf"] if "\texon\t" not in row]
    annotation = read_annotation(write(tmp_path / "a.gtf", rows), half_life_definition="scxpresso")
    assert annotation.genes["orf_length"].tolist() == [240, 141]
    assert [text for text in annotation.notices if "definition scxpresso" in text]


def test_unknown_definitions_are_refused(tmp_path):
    path = write(tmp_path / "a.gtf", FORMS["gtf"])
    with pytest.raises(ScxError, match=r"no definition 'genomic'.*spliced, scxpresso, xpresso"):
        read_annotation(path, half_life_definition="genomic")
    with pytest.raises(ScxError, match="no definition 'genomic'"):
        ImportRequest(genome=path, annotation=path, expression=path, half_life="genomic")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    letters = "".join(np.random.default_rng(3).choice(list("ACGT"), size=3000))
    (tmp_path / "g.fa").write_text(f">chr1\n{letters}\n")
    (tmp_path / "e.tsv").write_text(
        "gene\tA\tB\nENSG00000000001\t1.5\t2.5\nENSG00000000002\t0.5\t3.5\n"
    )
    return {
        "genome": tmp_path / "g.fa",
        "annotation": write(tmp_path / "a.gtf", FORMS["gtf"]),
        "expression": tmp_path / "e.tsv",
    }


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_the_command_line_takes_the_definition_and_the_dataset_keeps_it(
    tmp_path, files, definition
):
    asked = [text for use, path in files.items() for text in (f"--{use}", str(path))]
    ran = CliRunner().invoke(
        app,
        ["--workspace", str(tmp_path / "ws"), "import", "new", *asked, "--half-life", definition,
         "--upstream", "300", "--downstream", "200", "--normalize", "none"],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    dataset = Dataset.open(tmp_path / "ws" / "datasets" / "new")
    assert dataset.half_life_definition == definition
    values = dataset.genes[list(HALF_LIFE_FEATURES)].to_numpy()
    assert values.tolist() == [pytest.approx(list(row)) for row in EXPECTED[definition]]
    chosen = dataset.transcripts[dataset.transcripts["chosen"]]
    assert chosen["utr5_length"].tolist() == [row[0] for row in EXPECTED[definition]]


def test_a_dataset_of_before_is_spliced(tmp_path, files):
    path = tmp_path / "ws" / "datasets" / "old"
    dataset = Dataset.build(path, **files, normalize="none", upstream=300, downstream=200)
    assert dataset.half_life_definition == "spliced"
    stored = path / "dataset.json"
    stored.write_text(stored.read_text().replace('"half_life_definition"', '"another"'))
    assert Dataset.open(path).half_life_definition == "spliced"


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_spliced_lengths_do_not_depend_on_the_definition(tmp_path, definition):
    path = write(tmp_path / "a.gtf", FORMS["gtf"])
    annotation = read_annotation(path, half_life_definition=definition)
    lengths = spliced_lengths(annotation.genes, annotation.exons, definition)
    assert lengths.tolist() == [500, 350]

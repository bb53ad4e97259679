"""The whole path on real files: worm, human chromosome 22, embryo cells, PBMC."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scanpy
from typer.testing import CliRunner

from scx_core.commands import app
from scx_core.dataset import Dataset
from scx_core.errors import ScxError
from scx_core.sequence.alphabet import decode

pytestmark = pytest.mark.real
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")


@pytest.fixture(scope="module")
def worm(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = real / "worm"
    return Dataset.build(
        tmp_path_factory.mktemp("ws") / "datasets" / "worm",
        genome=folder / "ce10.fa.gz",
        annotation=folder / "WS220.tss.tsv.gz",
        expression=folder / "cengen.tpm.tsv.gz",
        metadata=folder / "cengen.n_cells.tsv",
        normalize="none",
        assembly="ce10",
    )


@pytest.fixture(scope="module")
def brain(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = real / "human"
    return Dataset.build(
        tmp_path_factory.mktemp("ws") / "datasets" / "brain",
        genome=folder / "hg38.chr22.fa.gz",
        annotation=folder / "gencode.v32.chr22.coding.gtf.gz",
        expression=folder / "brain.aibs.mean.tsv.gz",
        regions=folder / "ccre.pls.GM12878.hg38.chr22.bed",
        assembly="GRCh38",
    )


def read_chromosomes(path: Path) -> dict[str, str]:
    """Read a FASTA without our code."""
    parts: dict[str, list[str]] = {}
    with gzip.open(path, "rt") as file:
        for line in file:
            if line.startswith(">"):
                lines = parts.setdefault(line[1:].split()[0], [])
            else:
                lines.append(line.strip())
    return {name: "".join(lines).upper() for name, lines in parts.items()}


def test_worm_has_16722_genes_and_130_populations(worm: Dataset) -> None:
    assert (len(worm.genes), len(worm.populations)) == (16_722, 130)
    assert worm.windows.shape == (16_722, 10_500)
    assert worm.half_life_features == ()
    assert worm.populations["n_cells"].sum() == 70_296
    assert worm.populations.loc["ADA", "n_cells"] == 606
    reasons = worm.dropped["reason"].str.extract(r"(mitochondrial)", expand=False)
    assert reasons.notna().sum() == 12
    worm.validate()


def test_worm_windows_equal_independent_slices_on_both_strands(worm: Dataset, real: Path) -> None:
    chromosomes = read_chromosomes(real / "worm" / "ce10.fa.gz")
    assert sum(map(len, chromosomes.values())) == 100_286_070
    rng = np.random.default_rng(0)
    plus = worm.genes.index[worm.genes["strand"] == "+"]
    minus = worm.genes.index[worm.genes["strand"] == "-"]
    for gene_id in [*rng.choice(plus, 100, replace=False), *rng.choice(minus, 100, replace=False)]:
        gene = worm.genes.loc[gene_id]
        padded = "N" * 7000 + chromosomes[gene["chromosome"]] + "N" * 7000
        tss = int(gene["tss"]) + 7000  # 1-based, in the padded text
        if gene["strand"] == "+":
            expected = padded[tss - 1 - 7000 : tss - 1 + 3500]
        else:
            expected = padded[tss - 3500 : tss + 7000][::-1].translate(COMPLEMENT)
        assert decode(worm.windows[worm.row_of(gene_id)]) == expected, gene_id


def test_worm_expression_equals_the_table(worm: Dataset, real: Path) -> None:
    table = pd.read_csv(real / "worm" / "cengen.tpm.tsv.gz", sep="\t", index_col=0)
    table = table.loc[worm.genes.index, worm.expression.columns]
    expected = np.where(table > 0, np.log10(table.where(table > 0, 1)), -4)
    np.testing.assert_allclose(worm.expression, expected, atol=1e-6)
    assert worm.metadata["smallest_log10"] == pytest.approx(np.log10(table[table > 0].min().min()))


def test_cacna1i_holds_the_letters_of_the_paper(brain: Dataset, real: Path) -> None:
    gene_id = brain.find_gene("CACNA1I")
    gene = brain.genes.loc[gene_id]
    assert (gene_id, gene["tss"], gene["strand"]) == ("ENSG00000100346", 39_570_753, "+")
    window = decode(brain.windows[brain.row_of(gene_id)])
    assert window[6789] == window[7672] == "A"  # rs7288455 and rs5757730
    assert window[7000:].startswith("ATGGCTGAGAGC")
    assert gene["unknown_fraction"] == 0
    assert len(brain.half_life_features) == 8
    # rs7288455 = chr22:39,570,542 (1-based) lies in EH38E2164864, rs5757730 in no cCRE.
    at = brain.regions["start"].lt(39_570_542) & brain.regions["end"].ge(39_570_542)
    near = brain.regions["start"].lt(39_571_425) & brain.regions["end"].ge(39_571_425)
    assert not at.any()  # this file of cCREs does not hold it
    assert not near.any()
    # The regions around the gene are the rows of the file, taken without our code.
    bed = real / "human" / "ccre.pls.GM12878.hg38.chr22.bed"
    rows = [line.split("\t") for line in bed.read_text().splitlines()]
    around = [(int(row[1]), int(row[2])) for row in rows if abs(int(row[1]) - 39_570_753) < 200_000]
    assert around
    inside = brain.regions[brain.regions["start"].sub(39_570_753).abs() < 200_000]
    assert sorted(zip(inside["start"], inside["end"], strict=True)) == sorted(around)


def test_windows_of_unknown_letters_are_counted_and_dropped(
    brain: Dataset, real: Path, tmp_path: Path
) -> None:
    mostly = int((brain.genes["unknown_fraction"] > 0.5).sum())
    assert 0 < mostly < len(brain.genes)
    assert any(
        n.startswith(f"{mostly:,} of {len(brain.genes):,} genes have") for n in brain.notices
    )
    folder = real / "human"
    dropped = Dataset.build(
        tmp_path / "datasets" / "known",
        genome=folder / "hg38.chr22.fa.gz",
        annotation=folder / "gencode.v32.chr22.coding.gtf.gz",
        expression=folder / "brain.aibs.mean.tsv.gz",
        max_unknown=0.5,
    )
    assert len(dropped.genes) == len(brain.genes) - mostly
    assert dropped.dropped["reason"].str.startswith("window is").sum() == mostly


def build_embryo(real: Path, tmp_path: Path, **options: object) -> Dataset:
    folder = real / "human"
    return Dataset.build(
        tmp_path / "datasets" / "embryo",
        genome=folder / "hg38.chr22.fa.gz",
        annotation=folder / "gencode.v32.chr22.coding.gtf.gz",
        expression=folder / "embryo.yan2013.h5ad",
        levels={"population": "cell_type"},
        **options,  # type: ignore[arg-type]
    )


def test_embryo_cells_are_rpkm_and_stay_so(real: Path, tmp_path: Path) -> None:
    import anndata

    dataset = build_embryo(real, tmp_path, normalize="none")
    assert len(dataset.populations) == 6
    cells = anndata.read_h5ad(real / "human" / "embryo.yan2013.h5ad")
    blast = cells[cells.obs["cell_type"] == "blast"]
    genes = dataset.genes["expression_name"]
    np.testing.assert_allclose(
        dataset.mean["blast"], blast[:, genes].X.mean(axis=0), rtol=1e-4, atol=1e-6
    )


def test_embryo_warns_when_counts_are_assumed(real: Path, tmp_path: Path) -> None:
    dataset = build_embryo(real, tmp_path, normalize="cp10k")
    assert any("look normalised already" in notice for notice in dataset.notices)
    assert any("fewer than 10 cells" in notice for notice in dataset.notices)


def test_pbmc_symbols_match_those_of_chr22_and_the_others_are_listed(
    real: Path, tmp_path: Path
) -> None:
    cells = scanpy.datasets.pbmc68k_reduced()
    path = tmp_path / "pbmc.h5ad"
    cells.write_h5ad(path)
    folder = real / "human"
    files = {
        "genome": folder / "hg38.chr22.fa.gz",
        "annotation": folder / "gencode.v32.chr22.coding.gtf.gz",
        "expression": path,
        "levels": {"population": "bulk_labels"},
    }
    with pytest.raises(ScxError, match="raw"):  # X is scaled: negative values
        Dataset.build(tmp_path / "datasets" / "pbmc", **files)  # type: ignore[arg-type]
    dataset = Dataset.build(
        tmp_path / "datasets" / "pbmc", layer="raw", log1p=True, **files  # type: ignore[arg-type]
    )  # fmt: skip
    assert len(dataset.populations) == 10
    names = pd.read_csv(
        folder / "gencode.v32.chr22.coding.gtf.gz", sep="\t", header=None, usecols=[8]
    )[8]
    symbols = set(names.str.extract(r'gene_name "([^"]+)"', expand=False))
    in_file = set(cells.raw.var_names)
    assert len(dataset.genes) > 5
    assert set(dataset.genes["expression_name"]) <= in_file & symbols
    unmatched = dataset.dropped[dataset.dropped["source"] == "expression"]
    assert set(unmatched["gene_name"]) | set(dataset.genes["expression_name"]) == in_file


@pytest.mark.slow
def test_worm_trains_predicts_mutates_and_scores_from_the_command_line(
    worm: Dataset, tmp_path: Path
) -> None:
    root = tmp_path / "ws"
    (root / "datasets").mkdir(parents=True)
    (root / "datasets" / "worm").symlink_to(worm.path)

    def run(*words: object) -> str:
        result = CliRunner().invoke(app, ["--workspace", str(root), *map(str, words)])
        assert result.exit_code == 0, result.output
        return result.stdout

    quick = ("--split", "chromosome", "--folds", "chrIV", "--runs", 1, "--epochs", 3)
    trained = json.loads(run("train", "worm", "quick", *quick, "--json"))
    assert trained["settings"]["folds"] == [3]
    tested = worm.genes.index[worm.genes["chromosome"] == "chrIV"]
    gene = worm.genes.loc[tested[100]]
    predicted = json.loads(run("predict", "quick", "--gene", tested[100], "--json"))
    assert len(predicted["predictions"][tested[100]]) == 130
    mutated = json.loads(run("ism", "quick", "--gene", tested[100], "--json"))
    assert mutated["runs"] == 1
    variants = [f"chrIV:{int(gene['tss']) + offset}" for offset in (-50, 0, 50)]
    words = [word for variant in variants for word in ("--variant", variant)]
    rows = json.loads(run("variants", "quick", *words, "--json"))["rows"]
    assert {row["row"] for row in rows if row["gene_id"] == tested[100]} == {1, 2, 3}

"""Variants on real files: one variant in five forms, a GWAS catalogue, summary statistics of hg19."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from scx_core.dataset import Dataset
from scx_core.ensemble import Ensemble
from scx_core.store import Workspace
from scx_core.training.architecture import architecture_for
from scx_core.training.folds import make_folds
from scx_core.training.protocol import train
from scx_core.training.settings import TrainingSettings
from scx_core.variants.pipeline import Scorer, ScoringOptions, count_outcomes
from scx_core.variants.reading import read_variants
from scx_core.variants.rsid_sources import register
from scx_core.variants.score_file import score_file

pytestmark = pytest.mark.real
#: cCREs around CACNA1I (the paper's Figure 4): the registry's release on disk lacks one of them.
CCRES = """\
chr22\t39567386\t39567737\tEH38E3482229
chr22\t39568601\t39568948\tEH38E3482230
chr22\t39569440\t39569761\tEH38E3482231
chr22\t39569834\t39570117\tEH38E3482232
chr22\t39570244\t39570564\tEH38E2164864
"""
CATALOGUE = "gwas_catalog.2016.hg38.tsv.gz"


@pytest.fixture(scope="module")
def place(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("variants")
    (root / "ccres.bed").write_text(CCRES)
    folder = real / "human"
    dataset = Dataset.build(
        root / "datasets" / "brain",
        genome=folder / "hg38.chr22.fa.gz",
        annotation=folder / "gencode.v32.chr22.coding.gtf.gz",
        expression=folder / "brain.aibs.mean.tsv.gz",
        regions=root / "ccres.bed",
        assembly="GRCh38",
        cache=root / "cache",
    )
    folds = make_folds(dataset.genes, TrainingSettings())
    fold = int(folds.loc[dataset.find_gene("CACNA1I"), "fold"])
    settings = TrainingSettings(folds=(fold,), runs=2, epochs=2, max_restarts=0)
    train(dataset, root / "models" / "brain", architecture_for(dataset), settings)
    workspace = Workspace(root)
    (root / "dbsnp.vcf").write_text(VCF)
    register(workspace, root / "dbsnp.vcf", "dbsnp", build="hg38")
    return workspace


@pytest.fixture(scope="module")
def opened(place: Workspace) -> tuple[Ensemble, Dataset]:
    return (
        Ensemble.open(place.model_path("brain")),
        Dataset.open(place.dataset_path("brain")),
    )


VCF = """\
##fileformat=VCFv4.2
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
22\t39570542\trs7288455\tA\tC\t.\t.\t.
22\t39571425\trs5757730\tA\tG\t.\t.\t.
"""


def forms(real: Path) -> dict[str, str]:
    """The paper's two variants in every form."""
    with gzip.open(real / "human" / CATALOGUE, "rt") as file:
        header, row = (file.readline().rstrip("\n").split("\t") for _ in range(2))
    # A row of the catalogue as it is, but for the variant: it lacks these two.
    rows = []
    for rsid, position, risk in (("rs7288455", 39570542, "C"), ("rs5757730", 39571425, "?")):
        changed = {
            "CHR_ID": "22", "CHR_POS": f"{position}.0", "SNPS": rsid,
            "STRONGEST SNP-RISK ALLELE": f"{rsid}-{risk}", "SNP_ID_CURRENT": rsid[2:],
        }  # fmt: skip
        rows.append(
            "\t".join(changed.get(name, value) for name, value in zip(header, row, strict=True))
        )
    return {
        "rsID": "rs7288455\nrs5757730\n",
        "position": "chr22:39570542\nchr22:39571425\n",
        "VCF": VCF,
        "GWAS catalogue": "\n".join(["\t".join(header), *rows]) + "\n",
        "HGVS": "NC_000022.11:g.39570542A>C\nNC_000022.11:g.39571425A>G\n",
    }


def test_five_forms_of_a_variant_have_the_same_effects(
    real: Path, place: Workspace, opened: tuple[Ensemble, Dataset]
) -> None:
    tables = {}
    for form, text in forms(real).items():
        scorer = Scorer(place, *opened, ScoringOptions(genome_percentiles=False))
        scored = scorer.score(scorer.place(read_variants(text)).placed)
        scorer.close()
        assert (scored["reason"] == "").all(), (form, scored["reason"].tolist())
        tables[form] = scored.sort_values(["position", "substitution"]).reset_index(drop=True)
    first = tables["position"]
    assert first["gene_name"].unique().tolist() == ["CACNA1I"]
    assert first["index"].tolist() == [6789] * 3 + [7672] * 3
    assert first["region"].tolist() == ["EH38E2164864"] * 3 + [""] * 3
    assert set(first["genome_reference"]) == {"A"}
    shared = [
        "gene_id", "index", "relative_to_tss", "genome_reference", "substitution", "region",
        "largest_effect", "largest_population", "rank_in_window", "fold", "runs",
        *(name for name in first if name.startswith(("effect: ", "spread: "))),
    ]  # fmt: skip
    for form, table in tables.items():
        pd.testing.assert_frame_equal(table[shared], first[shared], obj=form)


def test_the_catalogue_goes_through_whole(
    real: Path, place: Workspace, opened: tuple[Ensemble, Dataset], tmp_path: Path
) -> None:
    summary = score_file(place, *opened, real / "human" / CATALOGUE, tmp_path / "result")
    assert summary["rows"] == 923
    assert sum(summary["by_outcome"].values()) == 923
    assert summary["by_outcome"]["in a window"] > 0
    target = tmp_path / "result" / "effects.tsv.gz"
    with gzip.open(target, "rt") as file:
        n_header = int(file.readline().rpartition(":")[2])
    # A "#" within a cell is no comment.
    table = pd.read_csv(target, sep="\t", skiprows=n_header, dtype=str, keep_default_na=False)
    assert set(table["row"].astype(int)) == set(range(1, 924))
    given = pd.read_csv(
        real / "human" / CATALOGUE, sep="\t", dtype=str, keep_default_na=False, quoting=3
    )
    first = table.drop_duplicates("row")
    assert first["DISEASE/TRAIT"].tolist() == given["DISEASE/TRAIT"].tolist()
    outside = table[table["SNPS"].str.contains("rs9611198")]
    assert (
        outside["reason"]
        .str.contains(r"outside every window; 3\.9 kb beyond that of CACNA1I")
        .all()
    )
    assert len(outside)
    unknown = table[
        (table["STRONGEST SNP-RISK ALLELE"].str.endswith("?")) & (table["reason"] == "")
    ]
    assert len(unknown)
    assert set(unknown["risk_direction"]) == {"unknown"}


def test_hg19_statistics_are_told_from_hg38(
    real: Path, place: Workspace, opened: tuple[Ensemble, Dataset]
) -> None:
    given = read_variants(real / "human" / "pgc3_scz.sample.hg19.chr22.tsv.gz")
    assert len(given) == 1402
    scorer = Scorer(place, *opened, ScoringOptions(genome_percentiles=False, ranked_genes=0))
    placed = scorer.place(given)
    scorer.close()
    assert placed.report.kind == "another"
    assert any("hg19ToHg38.over.chain.gz" in sentence for sentence in placed.notices)
    assert count_outcomes(placed.placed, len(given))["rows"].sum() == 1402

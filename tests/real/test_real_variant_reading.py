"""Real lists of variants go through whole: every row, and what the readers take it for."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from scx_core.store import Workspace
from scx_core.variants import rsids
from scx_core.variants.reading import VariantList, read_variants

pytestmark = pytest.mark.real


def raw_table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def check_rows(read: VariantList, raw: pd.DataFrame) -> None:
    assert read.rows.columns.tolist() == raw.columns.tolist()
    assert read.rows.to_numpy().tolist() == raw.to_numpy().tolist()
    assert read.alleles["row"].drop_duplicates().tolist() == list(range(1, len(raw) + 1))
    assert int(read.count_reasons().sum()) == len(raw)


@pytest.fixture(scope="module")
def catalogue(real: Path) -> Path:
    return real / "human" / "gwas_catalog.2016.hg38.tsv.gz"


def test_gwas_catalogue(catalogue: Path) -> None:
    raw = raw_table(catalogue)
    read = read_variants(catalogue)
    assert read.format == "GWAS catalogue"
    assert len(read) == 923
    check_rows(read, raw)
    alleles = read.alleles
    assert len(alleles) == 923  # one SNP a row in this selection
    assert set(alleles["reason"]) == {""}
    assert alleles["id"].tolist() == raw["SNPS"].tolist()
    assert alleles["position"].tolist() == raw["CHR_POS"].astype(float).astype(int).tolist()
    assert alleles["p_value"].tolist() == raw["P-VALUE"].astype(float).tolist()
    # The risk allele is that behind the dash; one row names it for another SNP id (rs6917824L).
    given = raw["STRONGEST SNP-RISK ALLELE"].str.extract(r"-([ACGT])$")[0].fillna("")
    assert int((alleles["effect_allele"] != given).sum()) == 1
    odd = alleles[alleles["effect_allele"] != given].iloc[0]
    assert odd["note"].startswith("the risk allele G is of rs6917824, not of rs6917824L")
    assert int((alleles["effect_allele"] == "").sum()) == 355
    kinds = alleles["effect_kind"].value_counts().to_dict()
    assert kinds == {"or": 535, "beta": 249, "": 139}
    unit = raw["95% CI (TEXT)"].str.contains("decrease")
    assert (alleles.loc[unit, "effect_size"].dropna() <= 0).all()
    assert int(alleles["note"].str.contains("merged").sum()) == 3
    # The same SNP for the same trait in the same publication, and nothing else, is said twice.
    about = alleles.assign(trait=raw["DISEASE/TRAIT"], paper=raw["PUBMEDID"])
    places = about["position"].notna()
    about["id"] = about["id"].mask(places, "")
    key = ["chromosome", "position", "id", "effect_allele", "trait", "paper"]
    again = about[about["reason"] == ""].duplicated(key)
    assert int(alleles["note"].str.contains("same as row").sum()) == int(again.sum()) > 0


def test_pgc_summary_statistics(real: Path) -> None:
    path = real / "human" / "pgc3_scz.sample.hg19.chr22.tsv.gz"
    raw = raw_table(path)
    read = read_variants(path)
    assert read.format == "summary statistics"
    assert len(read) == 1402
    assert read.build == ""  # its header does not say so
    check_rows(read, raw)
    alleles = read.alleles
    assert set(alleles["reason"]) == {""}
    assert alleles["alternative"].tolist() == raw["EffectAllele"].tolist()
    assert alleles["reference"].tolist() == raw["OtherAllele"].tolist()
    assert alleles["effect_allele"].tolist() == raw["EffectAllele"].tolist()
    assert alleles["effect_size"].tolist() == raw["B"].astype(float).tolist()
    assert set(alleles["effect_kind"]) == {"beta"}
    assert alleles["p_value"].tolist() == raw["P"].astype(float).tolist()


def test_a_cut_catalogue_says_so(catalogue: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tsv"
    cut.write_bytes(gzip.decompress(catalogue.read_bytes())[:-1200])
    read = read_variants(cut)
    assert len(read) < 923
    assert read.alleles["reason_kind"].tolist() == [""] * (len(read) - 1) + ["unreadable"]


def test_a_catalogue_resolves_its_own_ids(catalogue: Path, tmp_path: Path) -> None:
    raw = raw_table(catalogue)
    workspace = Workspace(tmp_path)
    source = rsids.register(workspace, catalogue, "gwas-2016", build="hg38")
    assert source.n_ids == raw["SNPS"].nunique() == 754
    found = rsids.resolve(workspace, raw["SNPS"].tolist())
    places = raw.drop_duplicates("SNPS")
    assert found["id"].tolist() == places["SNPS"].tolist()
    assert found["position"].tolist() == places["CHR_POS"].astype(float).astype(int).tolist()
    missing = rsids.resolve(workspace, ["rs7288455"])
    assert "in none of the sources of rsIDs on hg38 (gwas-2016)" in missing["reason"][0]

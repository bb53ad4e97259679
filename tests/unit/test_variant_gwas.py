"""Downloads of the GWAS catalogue: several SNPs a row, risk alleles, merged ids."""

import math

import pandas as pd
import pytest

from scx_core.errors import ScxError
from scx_core.variants.reading import VariantList, read_variants

NEW = (
    "MAPPED_GENE", "CHR_ID", "CHR_POS", "STRONGEST SNP-RISK ALLELE", "SNPS", "MERGED",
    "SNP_ID_CURRENT", "P-VALUE", "PVALUE_MLOG", "OR or BETA", "95% CI (TEXT)",
)  # fmt: skip
OLD = (
    "Reported Gene(s)", "Chr_id", "Chr_pos", "Strongest SNP-Risk Allele", "SNPs", "Merged",
    "Snp_id_current", "p-Value", "Pvalue_mlog", "OR or beta", "95% CI (text)",
)  # fmt: skip


def row(**cells: str) -> list[str]:
    by_name = {
        "MAPPED_GENE": "CACNA1I", "CHR_ID": "22", "CHR_POS": "39570542",
        "STRONGEST SNP-RISK ALLELE": "rs7288455-C", "SNPS": "rs7288455", "MERGED": "0",
        "SNP_ID_CURRENT": "7288455", "P-VALUE": "2e-06", "PVALUE_MLOG": "5.7",
        "OR or BETA": "1.08", "95% CI (TEXT)": "[1.04-1.12]",
    }  # fmt: skip
    names = {"gene": 0, "chromosome": 1, "position": 2, "risk": 3, "snps": 4, "merged": 5,
             "current": 6, "p": 7, "mlog": 8, "effect": 9, "ci": 10}  # fmt: skip
    values = [by_name[name] for name in NEW]
    for name, cell in cells.items():
        values[names[name]] = cell
    return values


def catalogue(*rows: list[str], header: tuple[str, ...] = NEW) -> VariantList:
    return read_variants("\n".join("\t".join(cells) for cells in (header, *rows)))


def one(**cells: str) -> pd.Series:
    read = catalogue(row(**cells))
    assert len(read.alleles) == 1
    return read.alleles.iloc[0]


@pytest.mark.parametrize("header", [NEW, OLD])
def test_a_row_of_the_download(header: tuple[str, ...]) -> None:
    read = catalogue(row(), header=header)
    assert read.format == "GWAS catalogue"
    assert read.build == ""
    assert "on GRCh38 (hg38) since 2014" in read.notices[0]
    part = read.alleles.iloc[0]
    assert part[["id", "chromosome", "position"]].tolist() == ["rs7288455", "22", 39570542]
    assert (part["reference"], part["alternative"], part["effect_allele"]) == ("", "", "C")
    assert (part["effect_size"], part["effect_kind"], part["p_value"]) == (1.08, "or", 2e-6)
    assert part["reason"] == part["note"] == ""
    assert read.rows.loc[1].tolist() == row()
    assert read.roles["risk_allele"] == header[3]


@pytest.mark.parametrize(
    "risk", ["rs7288455-?", "rs7288455-", "rs7288455", "", "NR", "rs7288455 -?"]
)
def test_unknown_risk_alleles(risk: str) -> None:
    part = one(risk=risk)
    assert part["effect_allele"] == part["note"] == part["reason"] == ""
    assert part["position"] == 39570542


@pytest.mark.parametrize(
    ("snps", "risk", "chromosomes", "positions"),
    [
        ("rs1; rs2", "rs1-A; rs2-G", "22;22", "5;6"),
        ("rs1;rs2", "rs2-G;rs1-A", "22", "5;6"),
        ("rs1, rs2", "rs1-A, rs2-G", "22, 22", "5, 6"),
        ("rs1 x rs2", "rs1-A x rs2-G", "22 x 22", "5 x 6"),
        ("rs1 X rs2", "rs1-A X rs2-G", "22.0 X 22.0", "5.0 X 6.0"),
    ],
)
def test_several_snps_are_parts(snps: str, risk: str, chromosomes: str, positions: str) -> None:
    read = catalogue(row(), row(snps=snps, risk=risk, chromosome=chromosomes, position=positions))
    alleles = read.alleles[read.alleles["row"] == 2]
    assert alleles["part"].tolist() == [0, 1]
    assert alleles["id"].tolist() == ["rs1", "rs2"]
    assert alleles["chromosome"].tolist() == ["22", "22"]
    assert alleles["position"].tolist() == [5, 6]
    assert alleles["effect_allele"].tolist() == ["A", "G"]
    assert alleles["p_value"].tolist() == [2e-6, 2e-6]


def test_lists_of_different_lengths_are_not_guessed_at() -> None:
    read = catalogue(row(snps="rs1; rs2", risk="rs1-A", chromosome="22", position="5"))
    alleles = read.alleles
    assert alleles["position"].isna().all()
    assert alleles["effect_allele"].tolist() == ["A", ""]
    assert alleles["reason"].tolist() == ["", ""]  # the rsIDs may be found yet
    assert "2 SNPs, 1 chromosomes and 1 positions" in alleles["note"][0]
    assert "which risk allele is that of rs2 is not clear" in alleles["note"][1]


def test_a_risk_allele_of_another_snp_is_left_out() -> None:
    part = one(snps="rs4765905", risk="rs17597926-G")
    assert part["effect_allele"] == ""
    assert part["note"] == "the risk allele G is of rs17597926, not of rs4765905, so left out"
    assert one(snps="rs1", risk="rs2-?")["note"] == ""


@pytest.mark.parametrize("risk", ["rs1-del", "rs1-A/G", "rs1-A or T"])
def test_risk_alleles_that_are_not_understood_are_not_unknown_ones(risk: str) -> None:
    part = one(snps="rs1", risk=risk)
    assert (part["effect_allele"], part["reason_kind"]) == ("", "unreadable")
    assert "is not letters of DNA" in part["reason"]
    unknown = one(snps="rs1", risk="rs1-?")
    assert unknown["reason"] == unknown["note"] == ""
    assert one(snps="rs1", risk="rs1-<b>A</b>")["effect_allele"] == "A"


def test_merged_ids() -> None:
    part = one(snps="rs1", risk="rs1-A", merged="1", current="2")
    assert (part["id"], part["effect_allele"]) == ("rs1", "A")
    assert part["note"] == "rs1 was merged into rs2"
    part = one(snps="rs1", risk="rs2-A", merged="1.0", current="2.0")
    assert part["effect_allele"] == "A"
    part = one(snps="rs2", risk="rs2-A", merged="1", current="2")
    assert part["note"] == "an older rsID was merged into this one"


def test_rows_without_position() -> None:
    part = one(chromosome="", position="")
    assert part["position"] is pd.NA
    assert (part["id"], part["reason"]) == ("rs7288455", "")
    part = one(chromosome="", position="", snps="chr6:31353908", risk="chr6:31353908-A")
    assert part["reason_kind"] == "no position"
    assert "publication's own genome build" in part["reason"]
    part = one(chromosome="", position="", snps="", risk="")
    assert (part["reason_kind"], part["id"]) == ("no position", "")


@pytest.mark.parametrize(
    ("effect", "ci", "size", "kind"),
    [
        ("1.08", "[1.04-1.12]", 1.08, "or"),
        ("1.08", "[NR]", 1.08, "or"),
        ("0.05", "[0.03-0.07] unit increase", 0.05, "beta"),
        ("0.05", "[0.03-0.07] (unit decrease)", -0.05, "beta"),
        ("1.2", "[NR] mg/dl decrease", -1.2, "beta"),
        ("0.05", "[0.03-0.07]", 0.05, ""),
        ("", "[NR]", math.nan, ""),
        ("NR", "", math.nan, ""),
    ],
)
def test_odds_ratios_and_betas(effect: str, ci: str, size: float, kind: str) -> None:
    part = one(effect=effect, ci=ci)
    assert part["effect_size"] == pytest.approx(size, nan_ok=True)
    assert part["effect_kind"] == kind


def test_tiny_p_values() -> None:
    assert one(p="1E-400")["p_value"] > 0
    assert one(p="", mlog="5.5")["p_value"] == pytest.approx(10**-5.5)
    assert math.isnan(one(p="", mlog="")["p_value"])


def test_dates_for_genes_are_noted() -> None:
    assert "gene '1-Mar' is a date" in one(gene="1-Mar")["note"]
    assert one(gene="MARCHF1 - SEPTIN2")["note"] == ""


def test_a_table_saved_from_the_web_pages() -> None:
    read = read_variants(
        "riskAllele\tpValue\tpValueAnnotation\triskFrequency\torValue\tbeta\tci\tmappedGenes\t"
        "traitName\tlocations\n"
        "rs7288455-C\t3 x 10-8\t-\tNR\t1.08\t-\t[1.04-1.12]\tCACNA1I\tschizophrenia\t22:39570542\n"
        "rs5757730-?\t2E-6\t-\tNR\t-\t0.05 unit decrease\t[NR]\tCACNA1I\ttrait\t22:39571425\n"
    )
    assert read.format == "GWAS catalogue"
    alleles = read.alleles
    assert alleles["id"].tolist() == ["rs7288455", "rs5757730"]
    assert alleles["position"].tolist() == [39570542, 39571425]
    assert alleles["effect_allele"].tolist() == ["C", ""]
    assert alleles["effect_size"].tolist() == [1.08, -0.05]
    assert alleles["effect_kind"].tolist() == ["or", "beta"]
    assert alleles["p_value"].tolist() == [3e-8, 2e-6]


def test_short_rows_keep_their_reason() -> None:
    read = catalogue(row()[:4], row())
    assert read.alleles["reason"].tolist() == ["the row ends after 4 of 11 columns", ""]


def test_repeated_associations_are_marked() -> None:
    read = catalogue(row(), row(p="5e-8"), row(risk="rs7288455-A"))
    assert read.alleles["note"].tolist() == ["", "same as row 1", ""]


def test_roles_of_a_catalogue_can_be_corrected() -> None:
    text = "SNPS\tSTRONGEST SNP-RISK ALLELE\tCHR_ID\tCHR_POS\tpos38\nrs1\trs1-A\t22\t5\t6\n"
    assert read_variants(text, roles={"position": "pos38"}).alleles["position"][0] == 6
    with pytest.raises(ScxError, match="needs a column of SNPs"):
        read_variants(text, roles={"id": "", "risk_allele": ""})

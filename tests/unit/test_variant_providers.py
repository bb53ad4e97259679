"""Lists as programs and portals write them, by their own descriptions: columns, and whose effect it is.

Each example has two rows: chr22:5000 A>C with effect 0.2 of C, and chr22:6000 G>T with -0.3 of T, where
G and T stand the other way round in formats whose allele columns have no order.
"""

from dataclasses import dataclass

import pandas as pd
import pytest

from scx_core.variants.reading import VariantList, read_variants
from scx_core.variants.reading.spellings import BARE_FORMATS, PROVIDERS


@dataclass(frozen=True)
class Example:
    """A file, and what its rows mean where that differs from the two rows above."""

    text: str
    basis: str = "format"
    effects: tuple[str, ...] = ("C", "T")
    others: tuple[str, ...] = ("A", "G")
    sizes: tuple[float, ...] = (0.2, -0.3)
    kind: str = "beta"
    p: float = 1e-9
    ordered: bool = False
    tabs: bool = True


EXAMPLES = {
    # https://saigegit.github.io/SAIGE-doc/docs/single_step2.html: BETA is of Allele2
    "SAIGE": Example(
        "CHR POS MarkerID Allele1 Allele2 AC_Allele2 AF_Allele2 MissingRate BETA SE Tstat var p.value N\n"
        "22 5000 22:5000:A:C A C 10 .1 0 0.2 .1 2 1 1e-9 100\n"
        "22 6000 22:6000:G:T G T 10 .1 0 -0.3 .1 2 1 1e-9 100\n", tabs=False,
    ),
    "SAIGE, quantitative trait, 0.4x": Example(
        "CHR POS rsid SNPID Allele1 Allele2 AC_Allele2 AF_Allele2 imputationInfo N BETA SE Tstat p.value\n"
        "22 5000 rs1 x1 A C 10 .1 1 100 0.2 .1 2 1e-9\n"
        "22 6000 rs2 x2 G T 10 .1 1 100 -0.3 .1 2 1e-9\n", tabs=False,
    ),
    # https://rgcgithub.github.io/regenie/options/#output: BETA is of ALLELE1
    "REGENIE": Example(
        "CHROM GENPOS ID ALLELE0 ALLELE1 A1FREQ INFO N TEST BETA SE CHISQ LOG10P EXTRA\n"
        "22 5000 rs1 A C .1 1 100 ADD 0.2 .1 4 9 NA\n22 6000 rs2 G T .1 1 100 ADD -0.3 .1 4 9 NA\n",
        tabs=False,
    ),
    # BOLT-LMM manual, 8.1: ALLELE1 is the effect allele; GENPOS in Morgans or centimorgans
    "BOLT-LMM": Example(
        "SNP CHR BP GENPOS ALLELE1 ALLELE0 A1FREQ F_MISS BETA SE P_BOLT_LMM_INF P_BOLT_LMM\n"
        "rs1 22 5000 40.5 C A .1 0 0.2 .1 2e-9 1e-9\nrs2 22 6000 41.5 T G .1 0 -0.3 .1 2e-9 1e-9\n",
    ),
    # GEMMA manual, 4.6.2: allele1 is the minor allele, to which beta belongs
    "GEMMA, Wald": Example(
        "chr rs ps n_miss allele1 allele0 af beta se logl_H1 l_remle p_wald\n"
        "22 rs1 5000 0 C A .1 0.2 .1 -9 1 1e-9\n22 rs2 6000 0 T G .1 -0.3 .1 -9 1 1e-9\n",
    ),
    "GEMMA, likelihood ratio and score": Example(
        "chr rs ps n_miss allele1 allele0 af beta se l_mle p_lrt p_score\n"
        "22 rs1 5000 0 C A .1 0.2 .1 1 1e-9 0.5\n22 rs2 6000 0 T G .1 -0.3 .1 1 1e-9 0.5\n",
    ),
    # SNPTEST manual: "the alleles are coded 0 (allele A) and 1 (allele B)"
    "SNPTEST": Example(
        "# Analysis: x\nalternate_ids rsid chromosome position alleleA alleleB index info all_maf "
        "frequentist_add_pvalue frequentist_add_info frequentist_add_beta_1 frequentist_add_se_1 comment\n"
        "--- rs1 22 5000 A C 0 1 .1 1e-9 1 0.2 .1 NA\n--- rs2 22 6000 G T 1 1 .1 1e-9 1 -0.3 .1 NA\n",
        tabs=False,
    ),
    # SNPTEST 2.5.4 and later name the model behind the number of the coefficient
    "SNPTEST, newer": Example(
        "alternate_ids rsid chromosome position alleleA alleleB frequentist_add_pvalue "
        "frequentist_add_beta_1:genotype/bin1=1 frequentist_add_se_1:genotype/bin1=1 comment\n"
        "--- rs1 22 5000 A C 1e-9 0.2 .1 NA\n--- rs2 22 6000 G T 1e-9 -0.3 .1 NA\n", tabs=False,
    ),
    # https://genome.sph.umich.edu/wiki/METAL_Documentation: Effect is of Allele1, small letters
    "METAL": Example(
        "MarkerName Allele1 Allele2 Freq1 FreqSE Effect StdErr P-value Direction\n"
        "22:5000 c a .1 0 0.2 .1 1e-9 ++\n22:6000 t g .1 0 -0.3 .1 1e-9 --\n",
    ),
    "METAL, sample-size scheme": Example(
        "MarkerName Allele1 Allele2 Weight Zscore P-value Direction\n"
        "22:5000 c a 100 2 1e-9 ++\n22:6000 t g 100 -3 1e-9 --\n",
        sizes=(2, -3), kind="z",
    ),
    # https://www.cog-genomics.org/plink/1.9/formats: OR, BETA are of A1
    "PLINK .assoc": Example(
        " CHR SNP BP A1 F_A F_U A2 CHISQ P OR\n"
        " 22 rs1 5000 C .1 .1 A 9 1e-9 1.2\n 22 rs2 6000 T .1 .1 G 9 1e-9 0.7\n",
        sizes=(1.2, 0.7), kind="or", tabs=False,
    ),
    "PLINK .assoc.logistic": Example(
        " CHR SNP BP A1 TEST NMISS OR STAT P\n"
        " 22 rs1 5000 C ADD 100 1.2 3 1e-9\n 22 rs2 6000 T ADD 100 0.7 3 1e-9\n",
        others=("", ""), sizes=(1.2, 0.7), kind="or", ordered=True, tabs=False,
    ),
    "PLINK .assoc.dosage": Example(
        " CHR SNP BP A1 A2 FRQ INFO BETA SE P\n"
        " 22 rs1 5000 C A .1 1 0.2 .1 1e-9\n 22 rs2 6000 T G .1 1 -0.3 .1 1e-9\n", tabs=False,
    ),
    # https://www.cog-genomics.org/plink/2.0/formats#glm_linear: BETA is of A1
    "PLINK 2 .glm.linear": Example(
        "#CHROM POS ID REF ALT PROVISIONAL_REF? A1 OMITTED A1_FREQ TEST OBS_CT BETA SE T_STAT P ERRCODE\n"
        "22 5000 rs1 A C N C A .1 ADD 100 0.2 .1 2 1e-9 .\n"
        "22 6000 rs2 T G N T G .1 ADD 100 -0.3 .1 2 1e-9 .\n", ordered=True,
    ),
    "PLINK 2 .glm.logistic.hybrid": Example(
        "#CHROM POS ID REF ALT A1 FIRTH? TEST OBS_CT OR LOG(OR)_SE Z_STAT P ERRCODE\n"
        "22 5000 rs1 A C C N ADD 100 1.2 .1 2 1e-9 .\n22 6000 rs2 G T T N ADD 100 0.7 .1 2 1e-9 .\n",
        sizes=(1.2, 0.7), kind="or", ordered=True,
    ),
    # https://finngen.gitbook.io/documentation/data-description: beta is of alt
    "FinnGen": Example(
        "#chrom pos ref alt rsids nearest_genes pval mlogp beta sebeta af_alt af_alt_cases af_alt_controls\n"
        "22 5000 A C rs1,rs9 TAB1 1e-9 9 0.2 .1 .1 .1 .1\n"
        "22 6000 G T rs2 TAB1,SYN3 1e-9 9 -0.3 .1 .1 .1 .1\n", ordered=True,
    ),
    "FinnGen fine-mapping": Example(
        "trait region v rsid chromosome position allele1 allele2 maf beta se p mean sd prob cs\n"
        "T2D r 22:5000:A:C rs1 chr22 5000 A C .1 0.2 .1 1e-9 0 1 .9 1\n"
        "T2D r 22:6000:G:T rs2 chr22 6000 G T .1 -0.3 .1 1e-9 0 1 .9 1\n",
    ),
    # README of the Neale lab's round 2: "alt is the effect allele", whatever minor_allele says
    "Neale lab": Example(
        "variant minor_allele minor_AF low_confidence_variant n_complete_samples AC ytx beta se tstat pval\n"
        "22:5000:A:C A .1 false 100 10 5 0.2 .1 2 1e-9\n22:6000:G:T T .1 false 100 10 5 -0.3 .1 2 1e-9\n",
        ordered=True,
    ),
    # GTEx: "the effect of the alternative allele relative to the reference"
    "GTEx": Example(
        "variant_id gene_id tss_distance ma_samples ma_count maf pval_nominal slope slope_se\n"
        "chr22_5000_A_C_b38 ENSG1.1 5 1 1 .1 1e-9 0.2 .1\n"
        "chr22_6000_G_T_b38 ENSG1.1 5 1 1 .1 1e-9 -0.3 .1\n", ordered=True,
    ),
    "eQTL Catalogue": Example(
        "molecular_trait_id chromosome position ref alt variant ma_samples maf pvalue beta se type rsid\n"
        "ENSG1 22 5000 A C chr22_5000_A_C 1 .1 1e-9 0.2 .1 SNP rs1\n"
        "ENSG1 22 6000 G T chr22_6000_G_T 1 .1 1e-9 -0.3 .1 SNP rs2\n", ordered=True,
    ),
    # Open Targets: "the effect allele is the alternative allele"
    "Open Targets": Example(
        "studyLocusId studyId variantId chromosome position beta pValueMantissa pValueExponent\n"
        "s1 GCST1 22_5000_A_C 22 5000 0.2 1.0 -9\ns1 GCST1 22_6000_G_T 22 6000 -0.3 1.0 -9\n",
        ordered=True,
    ),
    "Open Targets Genetics": Example(
        "study_id lead_chrom lead_pos lead_ref lead_alt tag_chrom tag_pos tag_ref tag_alt tag_beta tag_pval\n"
        "GCST1 22 7000 T A 22 5000 A C 0.2 1e-9\nGCST1 22 7000 T A 22 6000 G T -0.3 1e-9\n",
        ordered=True,
    ),
    # https://www.ebi.ac.uk/gwas/docs/summary-statistics-format
    "GWAS-SSF": Example(
        "chromosome base_pair_location effect_allele other_allele beta standard_error "
        "effect_allele_frequency p_value variant_id rsid\n"
        "22 5000 C A 0.2 .1 .1 1e-9 22_5000_A_C rs1\n22 6000 T G -0.3 .1 .1 1e-9 22_6000_G_T rs2\n",
        basis="named",
    ),
    "GWAS-SSF with ref_allele": Example(
        "chromosome base_pair_location effect_allele other_allele beta standard_error "
        "effect_allele_frequency neg_log_10_p_value ref_allele\n"
        "22 5000 C A 0.2 .1 .1 9 OA\n22 6000 T G -0.3 .1 .1 9 EA\n", basis="named", ordered=True,
    ),
    "GWAS catalogue, harmonised": Example(
        "hm_variant_id hm_rsid hm_chrom hm_pos hm_other_allele hm_effect_allele hm_beta "
        "chromosome base_pair_location effect_allele other_allele beta p_value\n"
        "22_5000_A_C rs1 22 5000 A C 0.2 22 99 A C -0.2 1e-9\n"
        "22_6000_G_T rs2 22 6000 G T -0.3 22 98 G T 0.3 1e-9\n", basis="named",
    ),
    # https://github.com/bulik/ldsc/wiki: A1 is the allele to which Z belongs
    "LDSC": Example(
        "SNP A1 A2 Z N\nrs1 C A 2 100\nrs2 T G -3 100\n", sizes=(2, -3), kind="z", p=float("nan"),
    ),
    "GCTA .ma": Example(
        "SNP A1 A2 freq b se p N\nrs1 C A .1 0.2 .1 1e-9 100\nrs2 T G .1 -0.3 .1 1e-9 100\n",
    ),
    "fastGWA": Example(
        "CHR SNP POS A1 A2 N AF1 BETA SE P\n22 rs1 5000 C A 100 .1 0.2 .1 1e-9\n"
        "22 rs2 6000 T G 100 .1 -0.3 .1 1e-9\n", basis="frequency",
    ),
    "GCTA-COJO": Example(
        "Chr SNP bp refA freq b se p n\n22 rs1 5000 C .1 0.2 .1 1e-9 9\n"
        "22 rs2 6000 T .1 -0.3 .1 1e-9 9\n", others=("", ""), ordered=True,
    ),
    "allele1 and allele2 beside an rsID": Example(
        "rsid chromosome position allele1 allele2 beta p\nrs1 22 5000 C A 0.2 1e-9\n"
        "rs2 22 6000 T G -0.3 1e-9\n", basis="convention",
    ),
    # Files of no known provider, by what their columns are named after
    "a frequency of Allele2": Example(
        "chr pos Allele1 Allele2 freq_allele2 beta p\n22 5000 A C .1 0.2 1e-9\n"
        "22 6000 G T .1 -0.3 1e-9\n", basis="frequency",
    ),
    "GIANT": Example(
        "SNP Allele1 Allele2 Freq.Allele1.HapMapCEU b SE p N\nrs1 C A .1 0.2 .1 1e-9 9\n"
        "rs2 T G .1 -0.3 .1 1e-9 9\n", basis="frequency",
    ),
    "an effect of A2": Example(
        "CHR BP A1 A2 BETA_A2 P\n22 5000 A C 0.2 1e-9\n22 6000 G T -0.3 1e-9\n", basis="named",
    ),
    "A1 and A2": Example(
        "CHR BP A1 A2 BETA P\n22 5000 C A 0.2 1e-9\n22 6000 T G -0.3 1e-9\n", basis="convention",
    ),
    "ref and alt": Example(
        "CHR BP REF ALT BETA P\n22 5000 A C 0.2 1e-9\n22 6000 G T -0.3 1e-9\n", basis="convention",
        ordered=True,
    ),
}  # fmt: skip


def read(example: Example) -> VariantList:
    lines = example.text.split("\n")
    text = "\n".join(
        line if line.startswith("# ") or not example.tabs else "\t".join(line.split())
        for line in lines
    )
    return read_variants(text)


@pytest.mark.parametrize("name", EXAMPLES)
def test_columns_of_providers(name: str) -> None:
    example = EXAMPLES[name]
    listed = read(example)
    assert listed.format == "summary statistics"
    assert listed.effect.basis == example.basis
    parts = listed.alleles
    assert parts["reason"].tolist() == ["", ""]
    assert parts["effect_allele"].tolist() == list(example.effects)
    assert parts["other_allele"].tolist() == list(example.others)
    assert parts["effect_size"].tolist() == list(example.sizes)
    assert parts["effect_kind"].tolist() == [example.kind] * 2
    assert parts["p_value"].tolist() == pytest.approx([example.p] * 2, nan_ok=True)
    assert parts["ordered"].tolist() == [example.ordered] * 2
    if example.text.startswith(("SNP A1", "SNP Allele1")):
        assert parts["id"].tolist() == ["rs1", "rs2"]
    else:
        assert parts["position"].tolist() == [5000, 6000]
        assert set(parts["chromosome"].str.removeprefix("chr")) == {"22"}
    # The reason is on screen: it is a sentence about the list.
    assert listed.effect.sentence in listed.notices


def test_every_provider_with_effects_has_an_example() -> None:
    described = {provider.name for provider in PROVIDERS if provider.effect}
    told = {"".join(EXAMPLES[name].text.split()) for name in EXAMPLES}
    reasons = {read(example).effect.reason for example in EXAMPLES.values()}
    assert {name for name in described if f"so {name} describes its files" not in reasons} == set()
    assert len(told) == len(EXAMPLES)


def test_a_quantitative_trait_of_plink_names_no_allele() -> None:
    listed = read_variants(" CHR SNP BP NMISS BETA SE R2 T P\n 22 rs1 5000 100 0.2 .1 .1 2 1e-9\n")
    part = listed.alleles.iloc[0]
    assert (part["effect_size"], part["effect_allele"], part["alternative"]) == (0.2, "", "")
    assert listed.effect.basis == ""


def test_alleles_of_the_reference_beside_ssf_are_ordered() -> None:
    parts = read(EXAMPLES["GWAS-SSF with ref_allele"]).alleles
    assert parts[["reference", "alternative"]].to_numpy().tolist() == [["A", "C"], ["T", "G"]]


def test_a_persons_choice_outranks_the_format() -> None:
    text = "\n".join(
        ["CHR\tBP\tA1\tA2\tBETA\tP", "22\t5000\tC\tA\t0.2\t1e-9", "22\t6000\tT\tG\t-0.3\t1e-9"]
    )
    listed = read_variants(text, roles={"effect_allele": "A2"})
    assert listed.effect.basis == "given"
    assert listed.roles["other_allele"] == "A1"
    assert listed.alleles["effect_allele"].tolist() == ["A", "G"]
    none = read_variants(text, roles={"effect_allele": ""})
    assert none.alleles["effect_allele"].tolist() == ["", ""]
    assert none.effect.sentence == ""


def test_two_candidates_are_asked_about() -> None:
    listed = read_variants(
        "SNP\tref\talt\tminor_allele\tbeta\tp\n22:5000\tA\tC\tA\t.2\t.1\n22:6000\tG\tT\tT\t.2\t.1\n"
    )
    assert listed.effect.basis == "split"
    assert listed.alleles["effect_allele"].tolist() == ["", ""]
    assert any(
        "may belong to the allele of 'alt' or of 'minor_allele'" in notice
        and "Choose the column" in notice
        for notice in listed.notices
    )


def test_two_alleles_without_effects_have_no_order() -> None:
    for text in (
        "22\trs1\t0\t5000\tC\tA\n22\trs2\t0.5\t6000\tG\tT\n",  # PLINK .bim
        "chr\tid\tpos\tA1\tA2\n22\trs1\t5000\tC\tA\n22\trs2\t6000\tG\tT\n",
        "chr\tid\tpos\tminor_allele\tmajor_allele\n22\trs1\t5000\tC\tA\n22\trs2\t6000\tG\tT\n",
        "chr\tid\tpos\talleles\n22\trs1\t5000\tC/A\n22\trs2\t6000\tG/T\n",
    ):
        parts = read_variants(text).alleles
        assert parts["ordered"].tolist() == [False, False]
        pairs = parts[["reference", "alternative"]].to_numpy().tolist()
        assert [set(pair) for pair in pairs] == [{"A", "C"}, {"G", "T"}]
        assert parts["effect_allele"].tolist() == ["", ""]
        assert parts["position"].tolist() == [5000, 6000]


def test_genotypes_are_alleles_without_order() -> None:
    parts = read_variants(
        "# rsid\tchromosome\tposition\tgenotype\nrs1\t22\t5000\tCA\nrs2\t22\t6000\tGG\n"
        "i3\t22\t7000\tII\nrs4\t22\t8000\t--\nrs5\tMT\t100\tA\n"
    ).alleles
    assert parts["ordered"].tolist() == [False] * 5
    pairs = parts[["reference", "alternative"]].to_numpy().tolist()
    # One base twice: a change from the genome's base (N) to it, if that is another.
    assert [pairs[0], pairs[1], pairs[4]] == [["C", "A"], ["N", "G"], ["N", "A"]]
    assert parts["reason_kind"].tolist() == [
        "", "", "symbolic allele", "no alternative allele", "",
    ]  # fmt: skip
    both = read_variants(
        "#AncestryDNA raw data download\nrsid\tchromosome\tposition\tallele1\tallele2\n"
        "rs1\t22\t5000\tC\tA\nrs2\t22\t6000\tG\tG\nrs3\t22\t7000\t0\t0\n"
    ).alleles
    assert both[["reference", "alternative"]].to_numpy().tolist() == [
        ["C", "A"], ["N", "G"], ["", ""],
    ]  # fmt: skip
    assert both["reason_kind"].tolist() == ["", "", "no alternative allele"]
    assert both["effect_allele"].tolist() == [""] * 3


VEP = (
    ("22", "5000", "5000", "A/C", "+"),
    ("22", "6000", "6000", "C/A", "-"),
    ("22", "7001", "7000", "-/GATTA", "+"),
    ("22", "8000", "8001", "AG/-", "+"),
    ("22", "9000", "9001", "AC/GT", "-1"),
    ("22", "9500", "9500", "A/C/G", "1"),
)
VEP_MEANS = [
    [5000, "A", "C"], [6000, "G", "T"], [7000, "N", "NGATTA"], [7999, "NAG", "N"],
    [9000, "GT", "AC"], [9500, "A", "C"], [9500, "A", "G"],
]  # fmt: skip


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("separator", ["\t", " "])
@pytest.mark.parametrize("remarks", [False, True])
def test_the_default_input_of_vep(header: bool, separator: str, remarks: bool) -> None:
    rows = [separator.join((*row, f"id{n}") if remarks else row) for n, row in enumerate(VEP)]
    names = ("chromosome", "start", "end", "allele", "strand", "identifier")
    first = [separator.join(names if remarks else names[:5])] if header else []
    listed = read_variants("\n".join([*first, *rows]))
    parts = listed.alleles
    assert parts["reason"].tolist() == [""] * 7
    assert parts[["position", "reference", "alternative"]].to_numpy().tolist() == VEP_MEANS
    assert parts["ordered"].all()
    assert "minus strand" in parts["note"][1]


@pytest.mark.parametrize("header", ["", "Chr\tStart\tEnd\tRef\tAlt\tFunc.refGene\n"])
def test_the_input_of_annovar(header: str) -> None:
    parts = read_variants(
        f"{header}22\t5000\t5000\tA\tC\tx\n22\t6000\t6001\tGC\t-\ty\n22\t7000\t7000\t-\tGATTA\tz\n"
        "22\t8000\t8001\tAC\tGT\tx\n"
    ).alleles
    assert parts["reason"].tolist() == [""] * 4
    assert parts[["position", "reference", "alternative"]].to_numpy().tolist() == [
        [5000, "A", "C"], [5999, "NGC", "N"], [7000, "N", "NGATTA"], [8000, "AC", "GT"],
    ]  # fmt: skip


def test_the_mutation_annotation_format() -> None:
    parts = read_variants(
        "Hugo_Symbol\tNCBI_Build\tChromosome\tStart_Position\tEnd_Position\tStrand\t"
        "Reference_Allele\tTumor_Seq_Allele1\tTumor_Seq_Allele2\n"
        "TAB1\tGRCh38\tchr22\t5000\t5000\t+\tA\tA\tC\nTAB1\tGRCh38\tchr22\t7000\t7001\t+\t-\t-\tGA\n"
    ).alleles
    assert parts[["position", "reference", "alternative"]].to_numpy().tolist() == [
        [5000, "A", "C"], [7000, "N", "NGA"],
    ]  # fmt: skip


@pytest.mark.parametrize("zero_based", [False, True])
def test_intervals_count_by_the_length_of_their_alleles(zero_based: bool) -> None:
    rows = [(5000, "A", "C"), (6000, "GC", "AA"), (7000, "T", "G")]
    first = 1 if zero_based else 0
    text = "".join(f"22\t{at - first}\t{at + len(a) - 1}\t{a}\t{b}\n" for at, a, b in rows)
    listed = read_variants("chrom\tchromStart\tchromEnd\tref\talt\n" + text)
    assert listed.alleles["position"].tolist() == [5000, 6000, 7000]
    assert listed.alleles["reference"].tolist() == ["A", "GC", "T"]
    counts = "0-based" if zero_based else "1-based"
    assert any(counts in notice for notice in listed.notices)


def test_bare_formats_are_described() -> None:
    assert all(len(bare.cells) == len(bare.roles) for bare in BARE_FORMATS)
    assert all(bare.source.startswith("https://") for bare in (*BARE_FORMATS, *PROVIDERS))


def test_covariates_of_a_regression_are_not_the_variant() -> None:
    rows = [
        f" 22 rs{n} {5000 + n} C {test} 100 {beta} 2 {p}"
        for n in range(3)
        for test, beta, p in (("ADD", 0.2, 1e-9), ("AGE", -1.05, 1e-99), ("COV2", 0.001, 0.9))
    ]
    listed = read_variants("\n".join([" CHR SNP BP A1 TEST NMISS BETA STAT P", *rows]))
    good = listed.alleles[listed.alleles["reason"] == ""]
    assert good["row"].tolist() == [1, 4, 7]
    assert good["effect_size"].tolist() == [0.2] * 3
    assert good["p_value"].tolist() == [1e-9] * 3
    assert set(good["note"]) == {""}  # no row is the same as another
    refused = listed.alleles[listed.alleles["reason"] != ""]
    assert set(refused["reason_kind"]) == {"other test"}
    assert refused["reason"].iloc[0] == (
        "the row is of AGE, not of the variant's effect ADD (column 'TEST')"
    )
    assert any(
        "6 rows are of other tests or covariates: AGE (3), COV2 (3)" in n for n in listed.notices
    )


@pytest.mark.parametrize(
    ("tests", "kept"),
    [
        (("ADD", "DOMDEV", "GENO_2DF"), "ADD"),
        (("DOM", "AGE"), "DOM"),
        (("ALLELIC", "TREND", "GENO"), "TREND"),
        (("ADD-CONDTL", "ADD-INT_2DF"), "ADD-CONDTL"),
        (("add", "age"), "add"),
    ],
)
def test_one_genetic_model_is_kept(tests: tuple[str, ...], kept: str) -> None:
    rows = "".join(f"22\t5000\tA\tC\t{test}\t.1\t.5\n" for test in tests)
    parts = read_variants("chr\tpos\tref\talt\tTEST\tbeta\tp\n" + rows).alleles
    assert [t for t, why in zip(tests, parts["reason"], strict=True) if not why] == [kept]


def test_a_column_model_of_something_else_filters_nothing() -> None:
    parts = read_variants("chr\tpos\tref\talt\tmodel\n22\t5\tA\tC\tm1\n22\t5\tA\tC\tm2\n").alleles
    assert parts["reason"].tolist() == ["", ""]
    assert parts["note"].tolist() == ["", ""]


@pytest.mark.parametrize("column", ["trait", "phenotype", "cohort", "study", "cs", "credible_set"])
def test_rows_about_something_else_are_not_the_same(column: str) -> None:
    parts = read_variants(
        f"chr\tpos\tref\talt\t{column}\tbeta\n22\t5\tA\tC\tx\t.1\n22\t5\tA\tC\ty\t-.2\n"
        "22\t5\tA\tC\tx\t.1\n"
    ).alleles
    assert parts["qualifier"].tolist() == ["x", "y", "x"]
    assert parts["note"].tolist() == ["", "", "same as row 1"]
    assert parts["effect_size"].tolist() == [0.1, -0.2, 0.1]


def test_alleles_that_are_not_understood_are_named_and_not_left_out() -> None:
    parts = read_variants("chr\tpos\tallele\n22\t5000\tA/C\n22\t6000\tp.Ala5Val\n").alleles
    assert (
        parts["reason"][1]
        == "the allele (column 'allele') 'p.Ala5Val' is not written in A, C, G, T"
    )
    unknown = read_variants("chr\tpos\tmy_allele_code\n22\t5000\txx1\n22\t6000\txx2\n").alleles
    assert set(unknown["reason_kind"]) == {"unreadable"}
    assert "the column 'my_allele_code' seems to hold alleles" in unknown["reason"][0]
    alone = read_variants(
        "rsid\tchr\tpos\trisk_allele\nrs1\t22\t5000\tx\nrs2\t22\t6000\tA\n"
    ).alleles
    assert alone["reason_kind"].tolist() == ["unreadable", ""]
    assert "the effect allele 'x'" in alone["reason"][0]


def test_half_of_a_pair_without_order_is_no_change() -> None:
    parts = read_variants("22\trs1\t0\t5000\t0\tA\n22\trs2\t0\t6000\tAT\tA\n").alleles
    assert parts["reason_kind"].tolist() == ["no alternative allele", ""]
    assert parts["reason"][0] == "the row gives only one of its two alleles (0)"


def test_a_map_of_plink_has_positions() -> None:
    parts = read_variants("22\trs1\t0\t5000\n22\trs2\t0.1\t6000\n").alleles
    assert parts["position"].tolist() == [5000, 6000]
    assert parts["id"].tolist() == ["rs1", "rs2"]


def test_half_a_pair_is_no_change() -> None:
    parts = read_variants("SNP\tCHR\tBP\tA1\tA2\tBETA\nrs1\t22\t5\t0\tG\t.1\n").alleles
    assert parts["reason"].tolist() == ["the row gives no effect allele (0)"]
    assert parts["reason_kind"].tolist() == ["no alternative allele"]


def test_alleles_that_an_id_spells_are_kept_beside_the_rows_own() -> None:
    listed = read(EXAMPLES["SAIGE"])
    spelled: pd.DataFrame = listed.alleles[["spelled_reference", "spelled_alternative"]]
    assert spelled.to_numpy().tolist() == [["A", "C"], ["G", "T"]]
    # Where the row has no others, they are the row's.
    parts = read_variants("ID\tCHR\tPOS\tp\n22:5000:A:C\t22\t5000\t.1\nrs5\t22\t6000\t.1\n").alleles
    assert parts[["reference", "alternative"]].to_numpy().tolist() == [["A", "C"], ["", ""]]

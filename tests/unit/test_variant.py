"""A variant: its rules, the ways to type it, HGVS, and names of genome builds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scx_core.errors import ScxError
from scx_core.sequence.alphabet import BASES
from scx_core.variants.assemblies import (
    build_of_comments,
    build_of_length,
    name_of_build,
    read_accession,
)
from scx_core.variants.variant import TypedVariant, Variant, read_typed

RS7288455 = Variant("chr22", 39570542, "A", "C")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chr22:39570542:A:C", RS7288455),
        ("22-39570542-a-c", Variant("22", 39570542, "A", "C")),
        ("chr22:39,570,542", Variant("chr22", 39570542)),
        ("22:39,570,542 A>C", Variant("22", 39570542, "A", "C")),
        ("chr22 39570542 A>C", RS7288455),
        ("chr22:39570542A>C", RS7288455),
        ("chr22:39570542 A/C", RS7288455),
        ("chr22_39570542_A_C_b38", RS7288455),
        ("NC_000022.11:g.39570542A>C", RS7288455),
        ("chr22:g.39570542A>C", RS7288455),
        ("chr22:39570542\xa0A→C", RS7288455),
        ("22–39570542–A–C", Variant("22", 39570542, "A", "C")),
        ("X_5_G_T", Variant("X", 5, "G", "T")),
        ("chrUn_KI270742v1_5_A_C", Variant("chrUn_KI270742v1", 5, "A", "C")),
        ("chr1:5:A:AT", Variant("chr1", 5, "A", "AT")),
    ],
)
def test_typed_variants(text: str, expected: Variant) -> None:
    assert Variant.parse(text) == expected


alleles = st.text("ACGT", min_size=1, max_size=6)


@given(
    st.sampled_from(["chr1", "22", "chrX", "II", "chr6_GL000250v2_alt"]),
    st.integers(1, 10**9),
    st.tuples(alleles, alleles).filter(lambda pair: pair[0] != pair[1]),
)
def test_shown_variants_are_read_back(
    chromosome: str, position: int, pair: tuple[str, str]
) -> None:
    variant = Variant(chromosome, position, *pair)
    assert Variant.parse(str(variant)) == variant


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rs7288455", "is not a variant"),
        ("", "is not a variant"),
        ("chr1:100-200", "is not a variant"),
        ("chr1:3,9", "is not a variant"),
        ("chr1:0:A:C", "begin at 1"),
        ("chr1:99999999999:A:C", "beyond every chromosome"),
        ("chr1:" + "9" * 5000, "beyond every chromosome"),
        ("chr1:5:A:A", "both A"),
        ("chr1:5:A:Z", "not one of A, C, G, T"),
        ("NM_021096.4:c.5A>C", "type 'c.'"),
        ("NC_000022.9:g.5A>C", "neither GRCh37 nor GRCh38"),
        ("NC_000022.11:g.5_6inv", "not a substitution, del, dup, ins or delins"),
        ("NC_000022.11:g.5_9delAT", "names 2 letters for the places 5 to 9"),
        ("NC_000022.11:g.9_5del", "for the places 9 to 5"),
        ("NC_000022.11:g.5_7insA", "between which it inserts"),
        ("NC_000022.11:g.1_3del", "the first letter of the chromosome"),
        ("NC_000022.11:g.1000_900000del", "no more than 100,000"),
    ],
)
def test_other_texts_are_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ScxError, match=says) as refused:
        Variant.parse(text)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


def test_builds_of_typed_variants() -> None:
    assert read_typed("NC_000022.10:g.39570542A>C").build == "hg19"
    assert read_typed("NC_000022.11:g.39570542A>C").build == "hg38"
    assert read_typed("chr22_39570542_A_C_b37").build == "hg19"
    assert read_typed("chr22:39570542:A:C") == TypedVariant(RS7288455)


def apply(genome: str, variant: Variant) -> str:
    """Change a genome whose first letter is position 1."""
    start = variant.position - 1
    end = start + len(variant.reference)
    assert genome[start:end] == variant.reference
    return genome[:start] + variant.alternative + genome[end:]


GENOME = "ACGTTGCAAC"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("chr1:g.3G>T", "ACTTTGCAAC"),
        ("chr1:g.3del", "ACTTGCAAC"),
        ("chr1:g.3delG", "ACTTGCAAC"),
        ("chr1:g.3_5del", "ACGCAAC"),
        ("chr1:g.3_5delGTT", "ACGCAAC"),
        ("chr1:g.3_4insAA", "ACGAATTGCAAC"),
        ("chr1:g.3dup", "ACGGTTGCAAC"),
        ("chr1:g.3_5dup", "ACGTTGTTGCAAC"),
        ("chr1:g.3_5dupGTT", "ACGTTGTTGCAAC"),
        ("chr1:g.3_5delinsA", "ACAGCAAC"),
        ("chr1:g.3_5delGTTinsAA", "ACAAGCAAC"),
        ("chr1:g.10_11insT", "ACGTTGCAACT"),
    ],
)
def test_hgvs_changes_the_genome_as_it_says(name: str, expected: str) -> None:
    variant = Variant.parse(name)
    start = variant.position - 1
    filled = variant.fill(GENOME[start : start + len(variant.reference)])
    assert apply(GENOME, filled) == expected


def test_filling_needs_as_many_letters() -> None:
    with pytest.raises(ScxError, match=r"spans 4 letters, of which the genome gives 2"):
        Variant.parse("chr1:g.3_5del").fill("AC")
    assert Variant.parse("chr1:g.3_5del").needs_genome
    assert not RS7288455.needs_genome


def test_a_delins_of_one_letter_is_a_substitution_of_any() -> None:
    assert Variant.parse("chr1:g.3delinsT") == Variant("chr1", 3, "", "T")


def test_rules_of_a_variant() -> None:
    assert RS7288455.is_substitution
    assert not Variant("1", 5, "A", "AT").is_substitution
    assert str(Variant("1", 5)) == "1:5"
    assert Variant("1", 5, "a", "n").alternative == "N"
    with pytest.raises(ScxError, match="needs a chromosome"):
        Variant("", 5)


@pytest.mark.parametrize(
    ("text", "build"),
    [
        ("GRCh38.p14", "hg38"),
        ("grch38", "hg38"),
        ("GCA_000001405.15", "hg38"),
        ("GCA_000001405.1", "hg19"),
        ("GCF_000001405.25", "hg19"),
        ("human_g1k_v37", "hg19"),
        ("hs37d5", "hg19"),
        ("b37", "hg19"),
        ("POS_hg19", "hg19"),
        ("NCBI36", "hg18"),
        ("T2T-CHM13v2.0", "hs1"),
        ("ce10", ""),
        ("fib38x", ""),
        ("", ""),
    ],
)
def test_names_of_builds(text: str, build: str) -> None:
    assert name_of_build(text) == build


def test_accessions_tell_chromosome_and_build() -> None:
    assert read_accession("NC_000022.11") == ("chr22", "hg38")
    assert read_accession("NC_000001.10") == ("chr1", "hg19")
    assert read_accession("NC_000023.10") == ("chrX", "hg19")
    assert read_accession("NC_000024.10") == ("chrY", "hg38")
    assert read_accession("NC_000022.9") == ("chr22", "")
    assert read_accession("CM000684.2") == ("chr22", "hg38")
    assert read_accession("NC_060946.1") == ("chr22", "hs1")
    assert read_accession("NC_003279.8") == ("chrI", "ce11")
    # The mitochondrial genome is the same sequence in two builds; a scaffold is no chromosome.
    for other in ("NC_012920.1", "NC_000025.1", "KI270728.1", "NC_000022", "chr22"):
        assert read_accession(other) is None
    # Between the two builds every chromosome has a new version.
    for number in range(1, 25):
        versions = [
            version
            for version in range(1, 20)
            if read_accession(f"NC_{number:06d}.{version}")[1]  # type: ignore[index]
        ]
        assert versions[1] == versions[0] + 1
        assert len(versions) == 2


def test_lengths_tell_the_build() -> None:
    assert build_of_length("chr22", 50818468) == "hg38"
    assert build_of_length("22", 51304566) == "hg19"
    assert build_of_length("22", 5) == build_of_length("II", 51304566) == ""
    assert build_of_length("NC_000023.11", 156040895) == "hg38"


@pytest.mark.parametrize(
    ("text", "variant"),
    [
        ("NC_000022.11:39570541:A:C", RS7288455),
        ("nc_000022.11:39570541:a:c", RS7288455),
        ("NC_000022.11:100:GT:CA", Variant("chr22", 101, "GT", "CA")),
        ("NC_000022.11:100:2:CA", Variant("chr22", 101, "NN", "CA")),
        ("NC_000022.11:100::CA", Variant("chr22", 100, "N", "NCA")),
        ("NC_000022.11:100:GT:", Variant("chr22", 100, "NGT", "N")),
    ],
)
def test_spdi_counts_between_the_letters(text: str, variant: Variant) -> None:
    read = read_typed(text)
    assert read.variant == variant
    assert read.build == "hg38"
    assert f"the position is {variant.position}" in read.note
    # The same text with a name that is no accession is 1-based.
    assert read_typed("chr22:39570541:A:C").variant.position == 39570541
    assert read_typed("NC_000022.11:39570542").variant.position == 39570542


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("NC_000022.11:5:A:A", "changes nothing"),
        ("NC_000022.11:0::A", "the start of the chromosome"),
        ("NC_000022.11:5:200000:A", "no more than 100,000"),
    ],
)
def test_spdi_that_cannot_be_used_is_refused(text: str, told: str) -> None:
    with pytest.raises(ScxError, match=told):
        read_typed(text)


@pytest.mark.parametrize(
    ("lines", "build"),
    [
        (["##reference=file:///refs/human_g1k_v37.fasta"], "hg19"),
        (["##contig=<ID=chr22,length=50818468>"], "hg38"),
        (['##contig=<ID=22,assembly="b37",length=51304566>'], "hg19"),
        (["##contig=<ID=I,length=15072421,assembly=ce10>"], "ce10"),
        (['##genomeReference="GRCh37"'], "hg19"),
        (["# Genome build: GRCh38"], "hg38"),
        (["##reference=file:///data/mine.fa"], ""),
        (["##source=hg19ToHg38"], ""),
        ([], ""),
    ],
)
def test_comments_state_the_build(lines: list[str], build: str) -> None:
    assert build_of_comments(lines) == (build, "")


def test_contradicting_comments_are_not_believed() -> None:
    build, notice = build_of_comments(["##reference=hg38", "##contig=<ID=22,length=51304566>"])
    assert build == ""
    assert "hg19, hg38" in notice


@given(st.integers(1, 20), st.sampled_from(["del", "dup"]), st.integers(1, 5))
def test_deletions_and_duplications_of_any_place(start: int, kind: str, length: int) -> None:
    genome = "".join(BASES[(place * place + place // 3) % 4] for place in range(40))
    first, last = start + 1, start + length
    filled = Variant.parse(f"chr1:g.{first}_{last}{kind}")
    filled = filled.fill(genome[filled.position - 1 :][: len(filled.reference)])
    middle = genome[first - 1 : last] * (2 if kind == "dup" else 0)
    assert apply(genome, filled) == genome[: first - 1] + middle + genome[last:]

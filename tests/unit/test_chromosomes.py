"""Names of chromosomes: whoever wrote them, they mean the same sequence."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from scx_core.annotation.genes import gene_reasons, refuse_mixed_names
from scx_core.errors import ScxError
from scx_core.sequence.assemblies import ASSEMBLIES, sequences
from scx_core.sequence.chromosomes import (
    core_name,
    is_main,
    match_names,
    require_names,
    same_chromosome,
)

HUMAN = [*(f"chr{number}" for number in range(1, 23)), "chrX", "chrY", "chrM"]
MOUSE = [*(str(number) for number in range(1, 20)), "X", "Y", "MT"]
ZEBRAFISH = [*(str(number) for number in range(1, 26)), "MT"]
YEAST = ["chrI", "chrII", "chrIII", "chrIV", "chrV", "chrVI", "chrVII", "chrVIII", "chrIX", "chrX",
         "chrXI", "chrXII", "chrXIII", "chrXIV", "chrXV", "chrXVI", "chrM"]  # fmt: skip
WORM = ["I", "II", "III", "IV", "V", "X", "MtDNA"]


@pytest.mark.parametrize(
    ("names", "core"),
    [
        (("22", "chr22", "CHR22", "Chr22", "022", "NC_000022.10", "NC_000022.11", "NC_000022",
          "nc_000022.11", "CM000684.1", "CM000684.2", "NC_060946.1", "chromosome_22"), "22"),
        (("X", "x", "chrX", "NC_000023.11", "CM000685.2", "NC_000086.8", "NC_004354.4"), "X"),
        (("Y", "chry", "NC_000024.9", "NC_000024.10", "CM000686.2", "NC_000087.8"), "Y"),
        (("M", "MT", "chrM", "chrMT", "mito", "MtDNA", "NC_012920.1", "J01415.2", "NC_005089.1",
          "NC_001328.1", "NC_001224.1", "mitochondrion_genome", "NC_037304.1"), "M"),
        (("KI270728.1", "chrUn_KI270728v1", "chr16_KI270728v1_random"), "KI270728"),
        (("KI270706.1", "chr1_KI270706v1_random", "NT_187361.1"), "KI270706"),
        (("GL000191.1", "chr1_gl000191_random", "NT_113878.1"), "GL000191"),
        (("GL000250.2", "chr6_GL000250v2_alt"), "GL000250"),
        (("IV", "iv", "chrIV", "chriv", "BK006938.2", "NC_003282.8"), "IV"),
        (("2L", "chr2L", "2l", "NT_033779.5", "AE014134.6"), "2L"),
        (("3", "NC_003074.8", "CP002686.1", "NC_000069.7", "NC_051338.1"), "3"),
    ],
)  # fmt: skip
def test_names_of_one_sequence_have_one_core(names: tuple[str, ...], core: str) -> None:
    assert {core_name(name) for name in names} == {core}


@pytest.mark.parametrize("name", ["hs37d5", "scaffold_12", "contig.1", "6_apd_hap1", "chr", "NC_1"])
def test_other_names_stay_apart(name: str) -> None:
    assert core_name(name) == core_name(f"chr{name}") or name == "chr"
    assert not is_main(name)
    assert core_name(name) != core_name(name + "1")


@pytest.mark.parametrize("assembly", ASSEMBLIES)
def test_every_alias_of_a_well_known_assembly_finds_its_sequence(assembly: str) -> None:
    known = [sequence.name for sequence in sequences(assembly)]
    # chrU of the fly gathers what has no place, under the name Un.
    chromosomes = [s for s in sequences(assembly) if is_main(s.name) and s.name != "chrU"]
    assert len(chromosomes) >= 6
    for sequence in chromosomes:
        assert sequence.aliases
        for alias in sequence.aliases:
            assert match_names([alias], known) == {alias: sequence.name}


def test_numbers_of_plink_are_read_where_the_genome_says_so() -> None:
    codes = {"23": "chrX", "24": "chrY", "25": "chrX", "26": "chrM", "XY": "chrX", "PAR1": "chrX"}
    assert match_names(codes, HUMAN) == codes
    assert match_names(["23"], ["chrX"]) == {"23": "chrX"}  # a dataset of one chromosome
    assert match_names(["23", "24", "25"], ZEBRAFISH) == {"23": "23", "24": "24", "25": "25"}
    assert match_names(["23"], MOUSE) == {}  # 19 autosomes: 23 is no chromosome of a mouse
    assert match_names(["23", "29"], ["chr1", "chrX"]) == {}  # a list of cattle
    assert match_names(["23"], [*WORM]) == {}
    assert match_names(["23"], [*HUMAN[:22], "chr23"]) == {"23": "chr23"}


def test_roman_numerals_are_read_beside_numbers_of_one_genome() -> None:
    assert match_names(["4", "chr10", "16"], YEAST) == {
        "4": "chrIV",
        "chr10": "chrX",
        "16": "chrXVI",
    }
    assert match_names(["x", "iv"], YEAST) == {"x": "chrX", "iv": "chrIV"}
    assert match_names(["4", "5"], WORM) == {"4": "IV", "5": "V"}
    assert match_names(["10"], WORM) == {}  # X is no number in a worm
    # A human list beside a worm: not a part of it is taken.
    assert match_names(["1", "2", "22"], WORM) == {}
    numbers = [str(number) for number in range(1, 17)]
    assert match_names(YEAST[:16], numbers) == dict(zip(YEAST, numbers, strict=False))
    assert match_names(WORM, HUMAN) == {"X": "chrX", "MtDNA": "chrM"}


def test_the_same_name_comes_first_then_the_one_without_chr() -> None:
    hg19 = ["chr1", "chrM", "chrMT"]
    assert match_names(["MT", "chrM", "M"], hg19) == {"MT": "chrMT", "chrM": "chrM", "M": "chrM"}
    # Two sequences of one accession are told by their own names alone.
    both = ["GL000008.1", "GL000008.2"]
    assert match_names(["GL000008.2", "chr4_GL000008v2_random"], both) == {
        "GL000008.2": "GL000008.2"
    }


def test_names_that_two_assemblies_give_to_different_sequences_mean_neither() -> None:
    # In GRCh37 and GRCh38.
    assert core_name("HSCHRUN_RANDOM_CTG1") == "HSCHRUN_RANDOM_CTG1"
    assert core_name("HSCHR1_CTG1_UNLOCALIZED") == "KI270706"


def test_only_main_chromosomes_can_be_mixed() -> None:
    genome = ["chr1", "chr2", "chrM", "KI270728.1"]
    given = ["1", "2", "MT", "KI270728.1"]
    assert require_names(given, genome, "g.fa", "annotation") == dict(
        zip(given, genome, strict=True)
    )
    with pytest.raises(ScxError, match="with and without 'chr' are mixed"):
        require_names(["1", "chr2", "KI270728.1"], genome, "g.fa", "annotation")
    refuse_mixed_names(pd.Series(["chr1", "KI270728.1", "chrUn_KI270728v1", "chrM", "MT"]), "a.gtf")
    with pytest.raises(ScxError, match=r"two ways \(NC_000001.11, chr1\)"):
        refuse_mixed_names(pd.Series(["NC_000001.11", "chr1"]), "a.gtf")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("NC_000024.10", "on the Y chromosome"),
        ("CM000686.2", "on the Y chromosome"),
        ("NC_000087.8", "on the Y chromosome"),
        ("chry", "on the Y chromosome"),
        ("NC_012920.1", "on the mitochondrial genome"),
        ("J01415.2", "on the mitochondrial genome"),
        ("NC_000023.11", ""),
    ],
)
def test_genes_of_y_and_mt_are_left_out_under_any_name(name: str, told: str) -> None:
    genes = pd.DataFrame(
        {"gene_id": ["G1"], "gene_name": ["A"], "chromosome": [name], "strand": ["+"]}
    )
    assert gene_reasons(genes).tolist() == [told]


def test_one_name_against_another() -> None:
    assert same_chromosome("NC_000022.11", "22")
    assert same_chromosome("23", "chrX")
    assert not same_chromosome("23", "chr23x")
    assert not same_chromosome("2", "22")


def test_names_are_known_without_the_heavy_packages() -> None:
    code = (
        "import sys; from scx_core.sequence.chromosomes import core_name\n"
        "core_name('NC_000022.11') == '22' or sys.exit('not known')\n"
        "sys.exit(', '.join({'bioframe', 'pandas', 'matplotlib'} & set(sys.modules)) or 0)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, timeout=60, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr

"""Published variants of chromosome 22 placed on hg38: positions, windows, cCREs, genome build."""

import itertools
from pathlib import Path

import pandas as pd
import pytest

from scx_core.annotation import read_regions
from scx_core.dataset import Dataset
from scx_core.store import Workspace
from scx_core.variants.build import detect_build
from scx_core.variants.genome import Letters, WindowLetters, open_letters
from scx_core.variants.liftover import Chain, lift, register_chain
from scx_core.variants.placing import place_alleles

pytestmark = pytest.mark.real

#: Blocks of hg19 and hg38 around CACNA1I: start in each (0-based), bases. The offset is 396,005 at
#: its TSS (39,966,758 in hg19) and differs by two bases before it and by one behind it.
BLOCKS = (
    (37_880_000, 37_483_993, 800_000),
    (38_680_000, 38_283_995, 1_620_000),
    (40_300_000, 39_903_996, 690_000),
)
SHIFT = 396_005
#: cCREs around the TSS of CACNA1I, as the paper has them.
CCRES = """
chr22\t39567386\t39567737\tEH38E3482229
chr22\t39568601\t39568948\tEH38E3482230
chr22\t39569440\t39569761\tEH38E3482231
chr22\t39569834\t39570117\tEH38E3482232
chr22\t39570244\t39570564\tEH38E2164864
"""
#: Parts of the chromosome that the genome file holds.
KNOWN = ((32_000_000, 32_300_000), (37_200_000, 40_600_000))


def is_known(positions: pd.Series) -> pd.Series:
    first, second = (positions.between(start + 1, end) for start, end in KNOWN)
    return first | second


@pytest.fixture(scope="module")
def space(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    space = Workspace(tmp_path_factory.mktemp("ws"))
    folder = real / "human"
    Dataset.build(
        space.dataset_path("chr22"),
        genome=folder / "hg38.chr22.fa.gz",
        annotation=folder / "gencode.v32.chr22.coding.gtf.gz",
        expression=folder / "brain.aibs.mean.tsv.gz",
        regions=folder / "ccre.pls.K562.hg38.chr22.bed",
        normalize="none",
        assembly="hg38",
    )
    return space


@pytest.fixture(scope="module")
def dataset(space: Workspace) -> Dataset:
    return Dataset.open(space.dataset_path("chr22"))


@pytest.fixture(scope="module")
def letters(space: Workspace, dataset: Dataset) -> Letters:
    return open_letters(dataset, space.cache_path)


@pytest.fixture(scope="module")
def chain(space: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """A part of hg19ToHg38 that the genome file holds, made for the test."""
    (source, target, _), last = BLOCKS[0], BLOCKS[-1]
    lines = [
        f"chain 1 chr22 51304566 + {source} {last[0] + last[2]} "
        f"chr22 50818468 + {target} {last[1] + last[2]} 1"
    ]
    for block, after in itertools.pairwise(BLOCKS):
        ends = (block[0] + block[2], block[1] + block[2])
        lines.append(f"{block[2]}\t{after[0] - ends[0]}\t{after[1] - ends[1]}")
    path = tmp_path_factory.mktemp("chain") / "part.over.chain"
    path.write_text("\n".join([*lines, str(last[2])]) + "\n\n")
    return register_chain(space, path, "hg19", "hg38")


@pytest.fixture(scope="module")
def pgc(real: Path) -> pd.DataFrame:
    """Summary statistics as a reader gives them: the effect allele is the alternative."""
    table = pd.read_csv(real / "human" / "pgc3_scz.sample.hg19.chr22.tsv.gz", sep="\t")
    return pd.DataFrame(
        {
            "row": range(1, len(table) + 1),
            "part": 0,
            "chromosome": table["CHR"].astype(str),
            "position": table["POS"].astype("Int64"),
            "reference": table["OtherAllele"],
            "alternative": table["EffectAllele"],
            "effect_allele": table["EffectAllele"],
            "other_allele": table["OtherAllele"],
            "reason": "",
        }
    )


@pytest.fixture(scope="module")
def catalogue(real: Path) -> pd.DataFrame:
    """Rows of the GWAS catalogue with one SNP and a position."""
    table = pd.read_csv(real / "human" / "gwas_catalog.2016.hg38.tsv.gz", sep="\t", dtype=str)
    table = table[table["CHR_POS"].notna() & table["SNPS"].str.fullmatch(r"rs\d+")]
    risk = table["STRONGEST SNP-RISK ALLELE"].str.extract(r"-([ACGT])$", expand=False).fillna("")
    return pd.DataFrame(
        {
            "row": table.index + 1,
            "part": 0,
            "id": table["SNPS"],
            "chromosome": table["CHR_ID"],
            "position": table["CHR_POS"].astype(float).astype("Int64"),
            "reference": "",
            "alternative": "",
            "effect_allele": risk,
            "other_allele": "",
            "reason": "",
        }
    )


def make_alleles(*rows: tuple[str, int, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["chromosome", "position", "reference", "alternative"])
    frame.insert(0, "row", range(1, len(rows) + 1))
    return frame.assign(part=0, effect_allele="", other_allele="", reason="")


@pytest.fixture
def ccres(tmp_path: Path) -> pd.DataFrame:
    (tmp_path / "ccres.bed").write_text(CCRES.lstrip())
    return read_regions(tmp_path / "ccres.bed")


def test_the_two_variants_of_the_paper(
    dataset: Dataset, letters: Letters, ccres: pd.DataFrame
) -> None:
    alleles = make_alleles(("chr22", 39_570_542, "", ""), ("22", 39_571_425, "A", "G"))
    for known in (letters, WindowLetters("hg38", "Windows.", dataset)):
        placed = place_alleles(dataset, alleles, known, ccres)
        mine = placed[placed["gene_id"] == dataset.find_gene("CACNA1I")]
        assert mine["index"].tolist() == [6_789, 7_672]
        assert mine["relative_to_tss"].tolist() == [-211, 672]
        assert mine["genome_reference"].tolist() == ["A", "A"]
        assert mine["alleles"].tolist() == ["not given", "match"]
        assert mine["region"].tolist() == ["EH38E2164864", ""]
        assert mine["reason"].tolist() == ["", ""]


def test_the_genome_file_of_the_import_is_found(letters: Letters) -> None:
    assert letters.complete
    assert letters.source == "Letters are from hg38.chr22.fa.gz, the genome file of the import."
    assert letters.chromosomes == {"chr22": 50_818_468}
    assert letters.text("chr22", 39_570_541, 39_570_542) == "A"


def test_a_catalogue_is_placed_whole(
    dataset: Dataset, letters: Letters, catalogue: pd.DataFrame
) -> None:
    placed = place_alleles(dataset, catalogue, letters)
    assert set(placed["row"]) == set(catalogue["row"])
    by_row = placed.set_index("row")
    names = catalogue.set_index("row")["id"]
    missed = by_row.loc[names.index[names == "rs9611198"]]
    assert set(missed["reason"]) == {"outside every window; 3.9 kb beyond that of CACNA1I"}
    # At 39,559,868; the window begins 7,000 before the TSS, at 39,563,753.
    assert set(missed["outside_by"]) == {3_885}
    kinds = placed.drop_duplicates("row")["reason_kind"].value_counts()
    assert kinds.sum() == len(catalogue)
    assert kinds["other chromosome"] == (catalogue["chromosome"] != "22").sum()
    assert kinds[""] == 13
    unknown = placed[placed["reason_kind"] == "unknown sequence"]
    assert not is_known(unknown["position"]).any()
    assert is_known(placed.loc[placed["reason"] == "", "position"]).all()


def test_the_catalogue_is_on_hg38_by_its_risk_alleles_alone(
    letters: Letters, catalogue: pd.DataFrame
) -> None:
    """The risk allele itself is the genome's letter in 22 % of these rows, less than by chance."""
    report = detect_build(letters, catalogue)
    assert (report.kind, report.build) == ("same", "hg38")
    fit = report.fits[0]
    assert (fit.compared, fit.strand) == ("effect allele or its transition", "forward")
    assert fit.n < 50
    moved = catalogue.assign(position=catalogue["position"] + 5_000)
    assert detect_build(letters, moved).kind in ("another", "too few")


def test_hg19_is_not_taken_for_hg38(letters: Letters, pgc: pd.DataFrame) -> None:
    report = detect_build(letters, pgc)
    assert report.kind == "another"
    forward = report.table.query("compared == 'either allele' and strand == 'forward'").iloc[0]
    assert forward["n"] == is_known(pgc["position"]).sum() == 127
    assert 0.35 < forward["rate"] < 0.65
    assert forward["high"] < 0.7
    said = " ".join(report.sentences)
    assert "The list is not on hg38" in said
    assert "hg19ToHg38.over.chain.gz" in said


def test_hg19_fits_after_lifting(letters: Letters, pgc: pd.DataFrame, chain: Chain) -> None:
    report = detect_build(letters, pgc, "GRCh37", [chain])
    assert (report.kind, report.verdict) == ("lifted", "lifted from hg19 fits")
    assert (report.build, report.chain) == ("hg19", chain)
    # The columns do not say which allele is the reference: either is looked for in the genome.
    lifted = report.table.query("lifted_from == 'hg19' and strand == 'forward'")
    assert lifted.set_index("compared").loc["either allele", "rate"] > 0.97


def test_lifted_positions_are_those_of_hg38(
    dataset: Dataset, letters: Letters, pgc: pd.DataFrame, chain: Chain
) -> None:
    lifted = lift(pgc, chain)
    for source, target, size in BLOCKS:
        inside = pgc["position"].between(source + 1, source + size)
        moved = pgc.loc[inside, "position"] - source + target
        assert lifted.loc[inside, "position"].tolist() == moved.tolist()
        assert inside.sum() > 5
    outside = ~pgc["position"].between(BLOCKS[0][0] + 1, sum(BLOCKS[-1][::2]))
    assert (lifted["reason_kind"] == "not lifted").tolist() == outside.tolist()
    placed = place_alleles(dataset, lifted, letters)
    assert set(placed["row"]) == set(pgc["row"])
    scored = placed[placed["reason"] == ""]
    assert len(scored) > 3
    assert scored["alleles"].isin(["match", "swapped"]).mean() > 0.95
    assert (placed["lifted_from"] != "").all()
    assert (scored["effect_is"] != "").all()
    # The variant of the paper, by its position in hg19.
    old = make_alleles(("22", 39_570_542 + SHIFT, "A", "C"))
    row = place_alleles(dataset, lift(old, chain), letters).query("reason == ''").iloc[0]
    assert (row["position"], row["index"], row["lifted_from"]) == (
        39_570_542, 6_789, "22:39966547",
    )  # fmt: skip
